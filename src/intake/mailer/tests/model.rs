//! A mail server that does what a script says, honest about one thing only: what it answers to the final dot agrees with
//! whether it took the mail. Its mailbox is the truth.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::sleep;

/// What the server does when a step is reached.
#[derive(Debug, Clone, Default)]
pub(in crate::intake) struct Act {
    /// What it sends.
    pub(in crate::intake) bytes: Vec<u8>,
    /// Where it pauses: so many bytes have gone, so long.
    pub(in crate::intake) pauses: Vec<(usize, Duration)>,
    /// What it does then.
    pub(in crate::intake) then: Then,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::intake) enum Then {
    #[default]
    Listen,
    HangUp,
    FallSilent,
}

impl Act {
    pub(in crate::intake) fn say(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec(), ..Self::default() }
    }
}

/// The steps of a whole dialogue, in order.
pub(in crate::intake) const STEPS: [&str; 7] = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot", "QUIT"];

#[derive(Debug, Clone)]
pub(in crate::intake) struct Script {
    /// By the order of [`STEPS`].
    pub(in crate::intake) acts: [Act; 7],
    /// Whether the server takes the mail when the dot has come.
    pub(in crate::intake) takes: bool,
}

impl Script {
    /// A server as it should be.
    pub(in crate::intake) fn good() -> Self {
        let acts = [
            "220 mx.example.com\r\n",
            "250-mx.example.com\r\n250-SIZE 10240000\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "250 2.1.0 Ok\r\n",
            "250 2.1.5 Ok\r\n",
            "354 End data with <CR><LF>.<CR><LF>\r\n",
            "250 2.0.0 Ok: queued as 4Z\r\n",
            "221 Bye\r\n",
        ];
        Self { acts: acts.map(Act::say), takes: true }
    }

    /// The same, but for one step. What is no success at the dot goes with a mail that was not taken.
    pub(in crate::intake) fn but(step: &str, act: Act) -> Self {
        let mut script = Self::good();
        script.takes = step != "dot" || act.bytes.first() == Some(&b'2');
        script.acts[STEPS.iter().position(|name| *name == step).unwrap()] = act;
        script
    }
}

/// What the server has seen.
#[derive(Debug, Default)]
pub(in crate::intake) struct Seen {
    /// The mails that it took: recipient and message, undone of dot-stuffing.
    pub(in crate::intake) mailbox: Vec<(String, Vec<u8>)>,
    /// The commands, without the message.
    pub(in crate::intake) commands: Vec<String>,
}

pub(in crate::intake) type Shared = Arc<Mutex<Seen>>;

/// Serves one connection until the client hangs up.
pub(in crate::intake) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, script: Script, seen: Shared) {
    let mut server = Server { stream, read: Vec::new(), seen };
    let Some(()) = server.act(&script.acts[0]).await else { return };
    let mut rcpt = String::new();
    while let Some(line) = server.line().await {
        let command = String::from_utf8_lossy(&line).trim_end().to_owned();
        server.seen.lock().unwrap().commands.push(command.clone());
        let verb = command.split([' ', ':']).next().unwrap().to_owned();
        if verb == "AUTH" {
            let Some(()) = server.log_in(&command).await else { return };
            continue;
        }
        let Some(step) = STEPS.iter().position(|name| *name == verb) else {
            let Some(()) = server.act(&Act::say("500 what?\r\n")).await else { return };
            continue;
        };
        if verb == "RCPT" {
            rcpt = command.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned();
        }
        let Some(()) = server.act(&script.acts[step]).await else { return };
        if verb == "DATA" && script.acts[step].bytes.starts_with(b"354") {
            let Some(message) = server.message().await else { return };
            if script.takes {
                server.seen.lock().unwrap().mailbox.push((rcpt.clone(), message));
            }
            let Some(()) = server.act(&script.acts[5]).await else { return };
        }
        if verb == "QUIT" {
            return;
        }
    }
}

struct Server<S> {
    stream: S,
    read: Vec<u8>,
    seen: Shared,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Server<S> {
    async fn act(&mut self, act: &Act) -> Option<()> {
        let mut sent = 0;
        for (at, pause) in &act.pauses {
            let at = (*at).clamp(sent, act.bytes.len());
            self.put(&act.bytes[sent..at]).await?;
            sleep(*pause).await;
            sent = at;
        }
        self.put(&act.bytes[sent..]).await?;
        match act.then {
            Then::Listen => Some(()),
            Then::HangUp => None,
            Then::FallSilent => {
                while self.line().await.is_some() {}
                None
            }
        }
    }

    /// Lets `user` with the password `pass` in.
    async fn log_in(&mut self, command: &str) -> Option<()> {
        let mut given = command.to_owned();
        for _ in 0..if command == "AUTH LOGIN" { 2 } else { 0 } {
            self.act(&Act::say("334 more\r\n")).await?;
            given = format!("{given} {}", String::from_utf8_lossy(&self.line().await?).trim_end());
        }
        let right = ["AUTH PLAIN AHVzZXIAcGFzcw==", "AUTH LOGIN dXNlcg== cGFzcw=="].contains(&&*given);
        self.act(&Act::say(if right { "235 in\r\n" } else { "535 out\r\n" })).await
    }

    async fn put(&mut self, bytes: &[u8]) -> Option<()> {
        self.stream.write_all(bytes).await.ok()?;
        self.stream.flush().await.ok()
    }

    async fn line(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(end) = self.read.windows(2).position(|pair| pair == b"\r\n") {
                return Some(self.read.drain(..end + 2).collect());
            }
            let mut part = [0; 4096];
            let length = self.stream.read(&mut part).await.ok().filter(|length| *length > 0)?;
            self.read.extend_from_slice(&part[..length]);
        }
    }

    async fn message(&mut self) -> Option<Vec<u8>> {
        let mut message = Vec::new();
        loop {
            let line = self.line().await?;
            match line.strip_prefix(b".") {
                Some(b"\r\n") => return Some(message),
                Some(rest) => message.extend_from_slice(rest),
                None => message.extend_from_slice(&line),
            }
        }
    }
}
