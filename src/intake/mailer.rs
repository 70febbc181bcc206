//! Hands one mail to the mail server and says how that ended: an edge.
//!
//! The dialogue is our own and not lettre's, which only puts messages together: it takes any 2xx or 3xx at any step (a `250` to
//! `DATA` sends the message as commands, and counts as sent), its timeouts do not bound an asynchronous dialogue, and a pooled
//! connection that was given up on reports the next mail's refusal as success. Here each mail has a connection of its own, each
//! step a deadline, and each reply must be the one that the step asks for.
//!
//! The server's word for a mail counts only after the final dot. Just before it, a future of the caller's is awaited, in which
//! the delivery becomes `unknown` on disk; what happens to us afterwards cannot be taken for "not sent".
//!
//! Nothing here writes a log: replies name addresses, and lines hold the mail.

mod dialogue;
mod directory;
mod envelope;
mod reply;
mod steps;
mod tls;
mod wire;

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::outbox::Letter;
use super::retry::{Ending, Phase, Said};
use crate::config::{MailServer, Smtp, SmtpLogin};
use dialogue::Session;
pub use steps::{Step, Steps};
use tls::Security;

/// How long each step may take, for the whole of it: a server that sends a byte a second is cut off too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Resolving the name and connecting.
    pub connect: Duration,
    /// Each command with its reply, and the greeting. RFC 5321 §4.5.3.2 advises two to five minutes.
    pub command: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// Sending the message.
    pub body: Duration,
    /// All that comes before the final dot; shorter than a lease.
    pub before_dot: Duration,
    /// The final dot and its reply. RFC 5321 advises ten minutes; this is a little less, so that a late reply is recorded
    /// before the delivery is due again.
    pub dot: Duration,
    /// Saying goodbye, which nobody waits for.
    pub quit: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            connect: seconds(30),
            command: seconds(120),
            tls: seconds(30),
            body: seconds(180),
            before_dot: seconds(480),
            dot: seconds(570),
            quit: Duration::from_millis(500),
        }
    }
}

/// A try that has ended. Record its ending, then say goodbye.
pub struct Carried {
    /// How it ended.
    pub ending: Ending,
    /// Ends the connection in good order; it may be dropped instead. Takes half a second at most.
    pub goodbye: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Carried {
    fn without_goodbye(ending: Ending) -> Self {
        Self { ending, goodbye: None }
    }
}

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried").field("ending", &self.ending.name()).finish_non_exhaustive()
    }
}

/// Why mail cannot be handed over as the configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadServer(String);

impl fmt::Display for BadServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadServer {}

/// Hands mails over, each on a connection of its own.
#[derive(Debug, Clone)]
pub struct Mailer {
    way: Way,
    login: Option<SmtpLogin>,
    deadlines: Deadlines,
    steps: Steps,
}

#[derive(Debug, Clone)]
enum Way {
    Server(MailServer, Security),
    Directory(PathBuf),
}

impl Mailer {
    /// A mailer for this server, whose certificate must come from one of these authorities.
    ///
    /// # Errors
    /// The server's name is none that a certificate can have.
    pub fn new(smtp: &Smtp, login: Option<SmtpLogin>, roots: rustls::RootCertStore) -> Result<Self, BadServer> {
        let way = match smtp {
            Smtp::Directory(folder) => Way::Directory(folder.clone()),
            Smtp::Smtp(server) => Way::Server(server.clone(), Security::None),
            Smtp::Smtps(server) => Way::Server(server.clone(), Security::Tls(tls::Client::new(server, roots)?)),
            Smtp::StartTls(server) => Way::Server(server.clone(), Security::StartTls(tls::Client::new(server, roots)?)),
        };
        Ok(Self { way, login, deadlines: Deadlines::default(), steps: Steps::default() })
    }

    /// The same with other deadlines.
    pub fn with_deadlines(self, deadlines: Deadlines) -> Self {
        Self { deadlines, ..self }
    }

    /// The same, which tells of each step that has gone well as soon as it has.
    pub fn with_steps(self, steps: Steps) -> Self {
        Self { steps, ..self }
    }

    /// Hands a mail over. `before_dot` is awaited once, when all but the final dot has been sent, and not at all if the try
    /// ends earlier; the dot goes out only if it gives `true`.
    pub async fn carry(&self, letter: &Letter, before_dot: impl Future<Output = bool> + Send) -> Carried {
        if let Err(why) = envelope::check(letter) {
            return Carried::without_goodbye(Ending::Refused { phase: Phase::Connect, why });
        }
        match &self.way {
            Way::Directory(folder) => Carried::without_goodbye(directory::write(folder, letter, before_dot).await),
            Way::Server(server, security) => match self.connect(server, security).await {
                Ok(stream) => {
                    self.steps.done(Phase::Connect, || stream.peer_addr().map(|peer| peer.to_string()).unwrap_or_default());
                    let hello = hello(stream.local_addr().ok().map(|address| address.ip()));
                    let Self { login, deadlines, steps, .. } = self;
                    let session = Session { hello, security, login: login.as_ref(), deadlines: *deadlines, steps: steps.clone() };
                    dialogue::run(Box::new(stream), &session, letter, before_dot).await
                }
                Err(ending) => Carried::without_goodbye(ending),
            },
        }
    }

    async fn connect(&self, server: &MailServer, security: &Security) -> Result<TcpStream, Ending> {
        let failed = |why| Ending::NotNow { phase: Phase::Connect, why, said: Said::Nothing };
        let (host, port) = (server.host.as_str(), server.port);
        let connecting = timeout(self.deadlines.connect, TcpStream::connect((host, port)));
        let stream = connecting.await.map_err(|_| failed(format!("{host}:{port} did not answer in time")))?;
        let stream = stream.map_err(|error| failed(format!("{host}:{port} cannot be reached: {error}")))?;
        let is_here = stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
        if matches!(security, Security::None) && !is_here {
            let why = format!("{host} is not this machine; without encryption mail goes to this machine only");
            return Err(Ending::Fault { phase: Phase::Connect, why });
        }
        Ok(stream)
    }
}

/// What we call ourselves: the address that we speak from (RFC 5321 §4.1.3), which is never wrong.
fn hello(ip: Option<IpAddr>) -> String {
    match ip.map(|ip| ip.to_canonical()) {
        Some(IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
        Some(IpAddr::V4(ip)) => format!("[{ip}]"),
        None => "[127.0.0.1]".to_owned(),
    }
}

#[cfg(test)]
pub(in crate::intake) mod tests;
