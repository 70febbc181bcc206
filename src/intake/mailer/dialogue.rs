//! The SMTP dialogue (RFC 5321), step by step.

use std::future::Future;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::time::timeout;

use super::envelope::{Offers, stuffed};
use super::reply::Reply;
use super::tls::{Client, NoTls, Security};
use super::wire::{Broken, Stream, Wire};
use super::{Carried, Deadlines, Steps};
use crate::config::SmtpLogin;
use crate::intake::outbox::Letter;
use crate::intake::retry::{Ending, Phase, Said};

/// What is the same for every mail.
pub(super) struct Session<'a> {
    pub(super) hello: String,
    pub(super) security: &'a Security,
    pub(super) login: Option<&'a SmtpLogin>,
    pub(super) deadlines: Deadlines,
    pub(super) steps: Steps,
}

/// Hands a mail over on a fresh connection.
pub(super) async fn run(
    stream: Box<dyn Stream>,
    session: &Session<'_>,
    letter: &Letter,
    before_dot: impl Future<Output = bool> + Send,
) -> Carried {
    let mut dialogue = Dialogue { wire: Some(Wire::new(stream)), phase: Phase::Greeting, session };
    let ending = match timeout(session.deadlines.before_dot, dialogue.up_to_dot(letter)).await {
        Err(_) => dialogue.broken(&Broken::Late),
        Ok(Err(ending)) => ending,
        Ok(Ok(())) if before_dot.await => dialogue.dot().await,
        Ok(Ok(())) => return Carried::without_goodbye(Ending::Stopped),
    };
    // Inside the message, QUIT would be a line of it.
    let listens = !matches!(ending, Ending::Unanswered { .. }) && ending.phase() != Phase::Body;
    let goodbye = dialogue.wire.take().filter(|_| listens).map(|wire| goodbye(wire, session.deadlines.quit));
    Carried { ending, goodbye: goodbye.map(|goodbye| Box::pin(goodbye) as _) }
}

/// Says QUIT and lets the server hang up first, if it does so soon.
async fn goodbye(mut wire: Wire, within: Duration) {
    // The mail has its ending already; nothing that goes wrong here matters.
    drop(wire.ask(b"QUIT\r\n", within).await);
}

struct Dialogue<'a> {
    /// Absent only while TLS is put around it.
    wire: Option<Wire>,
    phase: Phase,
    session: &'a Session<'a>,
}

impl Dialogue<'_> {
    /// All steps but the last.
    async fn up_to_dot(&mut self, letter: &Letter) -> Result<(), Ending> {
        if let Security::Tls(client) = self.session.security {
            self.shake_hands(client).await?;
        }
        self.greeting().await?;
        let mut offers = self.ehlo().await?;
        if let Security::StartTls(client) = self.session.security {
            self.start_tls(client, &offers).await?;
            offers = self.ehlo().await?;
        }
        if let Some(login) = self.session.login {
            self.auth(login, &offers).await?;
        }
        self.envelope(letter, &offers).await?;
        self.data(letter).await
    }

    async fn greeting(&mut self) -> Result<(), Ending> {
        self.phase = Phase::Greeting;
        let within = self.session.deadlines.command;
        let heard = self.wire()?.hear(within).await;
        let reply = heard.map_err(|broken| self.broken(&broken))?;
        self.positive(&reply)
    }

    async fn ehlo(&mut self) -> Result<Offers, Ending> {
        let reply = self.ask(Phase::Ehlo, &format!("EHLO {}\r\n", self.session.hello)).await?;
        Ok(Offers::read(&reply.lines))
    }

    async fn start_tls(&mut self, client: &Client, offers: &Offers) -> Result<(), Ending> {
        self.phase = Phase::StartTls;
        if !offers.starttls {
            return Err(self.fault("the server does not offer STARTTLS, without which nothing is sent to it"));
        }
        self.ask(Phase::StartTls, "STARTTLS\r\n").await?;
        let unasked = self.wire()?.nothing_unasked().await;
        match unasked {
            Err(Broken::Garbage) => Err(self.fault("the connection held more than the server's answer before it was encrypted")),
            Err(broken) => Err(self.broken(&broken)),
            Ok(()) => self.shake_hands(client).await,
        }
    }

    async fn shake_hands(&mut self, client: &Client) -> Result<(), Ending> {
        self.phase = Phase::Tls;
        let stream = self.wire.take().ok_or_else(|| self.broken(&Broken::Closed))?.into_stream();
        match timeout(self.session.deadlines.tls, client.shake_hands(stream)).await {
            Ok(Ok((stream, version))) => {
                self.wire = Some(Wire::new(stream));
                self.session.steps.done(Phase::Tls, || version);
                Ok(())
            }
            Ok(Err(NoTls::Refused(why))) => Err(self.fault(&why)),
            Ok(Err(NoTls::Lost(why))) => Err(self.not_now(&format!("the connection was lost: {why}"))),
            Err(_) => Err(self.broken(&Broken::Late)),
        }
    }

    /// PLAIN (RFC 4616), else LOGIN, which some servers know alone. Config and `carry` see to it that others cannot listen.
    async fn auth(&mut self, login: &SmtpLogin, offers: &Offers) -> Result<(), Ending> {
        self.phase = Phase::Auth;
        let (user, password) = (login.user.as_str(), login.password.expose_secret());
        if offers.plain {
            let token = BASE64_STANDARD.encode(format!("\0{user}\0{password}"));
            self.ask(Phase::Auth, &format!("AUTH PLAIN {token}\r\n")).await?;
        } else if offers.login {
            let mut command = "AUTH LOGIN\r\n".to_owned();
            for answer in [user, password] {
                let reply = self.said(&command).await?;
                self.expect(&reply, reply.code == 334)?;
                command = BASE64_STANDARD.encode(answer) + "\r\n";
            }
            self.ask(Phase::Auth, &command).await?;
        } else {
            return Err(
                self.fault("the server offers no login that we know (PLAIN, LOGIN); leave out `smtp_user` if it wants none")
            );
        }
        Ok(())
    }

    async fn envelope(&mut self, letter: &Letter, offers: &Offers) -> Result<(), Ending> {
        self.phase = Phase::Mail;
        let command = offers.mail_command(letter).map_err(|why| Ending::Refused { phase: Phase::Mail, why })?;
        self.ask(Phase::Mail, &command).await?;
        self.ask(Phase::Rcpt, &offers.rcpt_command(letter)).await?;
        Ok(())
    }

    async fn data(&mut self, letter: &Letter) -> Result<(), Ending> {
        self.phase = Phase::Data;
        let reply = self.said("DATA\r\n").await?;
        self.expect(&reply, reply.code == 354)?;
        self.session.steps.done(Phase::Data, || reply.shown());
        self.phase = Phase::Body;
        let within = self.session.deadlines.body;
        let sent = self.wire()?.send(&stuffed(&letter.bytes), within).await;
        sent.map_err(|broken| self.broken(&broken))
    }

    /// The final dot. From its first byte on, only a reply says what has become of the mail.
    async fn dot(&mut self) -> Ending {
        // What the server has said already it cannot have said of the whole mail.
        let quiet = match &mut self.wire {
            Some(wire) => wire.nothing_unasked().await,
            None => Err(Broken::Closed),
        };
        if let Err(broken) = quiet {
            return self.broken(&broken);
        }
        self.phase = Phase::Dot;
        let within = self.session.deadlines.dot;
        let answer = match &mut self.wire {
            Some(wire) => wire.ask(b".\r\n", within).await,
            None => Err(Broken::Closed),
        };
        match answer {
            Ok(reply) if reply.is_positive() => Ending::Sent { reply: reply.shown() },
            Ok(reply) if reply.code >= 400 => self.negative(&reply),
            Ok(reply) => Ending::Unanswered { why: format!("dot: the server answered {}", reply.shown()) },
            Err(broken) => Ending::Unanswered { why: format!("dot: the server {}", broken.said()) },
        }
    }

    fn wire(&mut self) -> Result<&mut Wire, Ending> {
        let closed = self.broken(&Broken::Closed);
        self.wire.as_mut().ok_or(closed)
    }

    /// Sends a command that must be answered by 2xx.
    async fn ask(&mut self, phase: Phase, command: &str) -> Result<Reply, Ending> {
        self.phase = phase;
        let reply = self.said(command).await?;
        self.positive(&reply)?;
        Ok(reply)
    }

    async fn said(&mut self, command: &str) -> Result<Reply, Ending> {
        let within = self.session.deadlines.command;
        let answer = self.wire()?.ask(command.as_bytes(), within).await;
        answer.map_err(|broken| self.broken(&broken))
    }

    fn positive(&self, reply: &Reply) -> Result<(), Ending> {
        self.expect(reply, reply.is_positive())?;
        self.session.steps.done(self.phase, || reply.shown());
        Ok(())
    }

    fn expect(&self, reply: &Reply, is_right: bool) -> Result<(), Ending> {
        if is_right { Ok(()) } else { Err(self.negative(reply)) }
    }

    /// What a reply other than the expected one means.
    fn negative(&self, reply: &Reply) -> Ending {
        let (phase, why) = (self.phase, format!("{}: the server answered {}", self.phase, reply.shown()));
        // RFC 4954 §6: login needed, too weak, wrong, or to be encrypted; whatever the command, it is not the mail's fault.
        let wants_login = [530, 534, 535, 538].contains(&reply.code);
        match reply.code {
            500.. if phase.is_contact() || wants_login => Ending::Fault { phase, why },
            500.. => Ending::Refused { phase, why },
            421 => Ending::NotNow { phase, why, said: Said::Nothing },
            450 | 451 if phase == Phase::Rcpt => Ending::NotNow { phase, why, said: Said::Greylisted },
            400.. => Ending::NotNow { phase, why, said: Said::Later },
            // No answer to what was asked.
            _ => Ending::NotNow { phase, why, said: Said::Nothing },
        }
    }

    fn fault(&self, why: &str) -> Ending {
        Ending::Fault { phase: self.phase, why: format!("{}: {why}", self.phase) }
    }

    fn not_now(&self, why: &str) -> Ending {
        Ending::NotNow { phase: self.phase, why: format!("{}: {why}", self.phase), said: Said::Nothing }
    }

    fn broken(&self, broken: &Broken) -> Ending {
        self.not_now(&format!("the server {}", broken.said()))
    }
}
