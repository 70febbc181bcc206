//! The connection: whole replies in, lines out, each within its time.

use std::future::Future;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::reply::Reply;

/// The most that a server may say before a reply ends: a hundred of the longest lines.
const MOST_BYTES: usize = 200_000;

/// A connection of any kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Why no reply came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Broken {
    /// Not in time.
    Late,
    /// The server hung up.
    Closed,
    /// What came is no reply, or came unasked.
    Garbage,
    /// The connection failed.
    Failed(std::io::ErrorKind),
}

impl Broken {
    /// The end of a sentence that begins with "the server".
    pub(super) fn said(&self) -> String {
        match self {
            Self::Late => "did not answer in time".into(),
            Self::Closed => "hung up".into(),
            Self::Garbage => "sent what is no reply".into(),
            Self::Failed(kind) => format!("was lost: {kind}"),
        }
    }
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Self::Closed,
            kind => Self::Failed(kind),
        }
    }
}

/// A connection and what has come in over it.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    read: Vec<u8>,
}

impl Wire {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream, read: Vec::new() }
    }

    /// Sends a command and reads its reply.
    pub(super) async fn ask(&mut self, command: &[u8], within: Duration) -> Result<Reply, Broken> {
        bounded(within, async {
            self.nothing_unasked().await?;
            self.put(command).await?;
            self.reply().await
        })
        .await
    }

    /// Reads the reply to something that was sent, or the greeting.
    pub(super) async fn hear(&mut self, within: Duration) -> Result<Reply, Broken> {
        bounded(within, self.reply()).await
    }

    /// Sends bytes that have no reply of their own.
    pub(super) async fn send(&mut self, bytes: &[u8], within: Duration) -> Result<(), Broken> {
        bounded(within, self.put(bytes)).await
    }

    /// Refuses what the server says before it is asked: it would be taken for the answer to the next command, or, sent before
    /// TLS, for words that were said under it (CVE-2011-0411). What is still on its way cannot be seen.
    pub(super) async fn nothing_unasked(&mut self) -> Result<(), Broken> {
        let mut byte = [0];
        let read = if self.read.is_empty() { timeout(Duration::ZERO, self.stream.read(&mut byte)).await } else { Ok(Ok(1)) };
        match read {
            Err(_) => Ok(()),
            Ok(Ok(0)) => Err(Broken::Closed),
            Ok(Ok(_)) => Err(Broken::Garbage),
            Ok(Err(error)) => Err(error.into()),
        }
    }

    /// The bare connection, for TLS to be put around it.
    pub(super) fn into_stream(self) -> Box<dyn Stream> {
        self.stream
    }

    async fn put(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        self.stream.write_all(bytes).await?;
        Ok(self.stream.flush().await?)
    }

    async fn reply(&mut self) -> Result<Reply, Broken> {
        loop {
            if let Some((reply, taken)) = Reply::parse(&self.read).map_err(|_| Broken::Garbage)? {
                self.read.drain(..taken);
                return Ok(reply);
            }
            let mut part = [0; 4096];
            let length = self.stream.read(&mut part).await?;
            self.read.extend_from_slice(&part[..length]);
            if length == 0 {
                return Err(Broken::Closed);
            }
            if self.read.len() > MOST_BYTES {
                return Err(Broken::Garbage);
            }
        }
    }
}

async fn bounded<T>(within: Duration, work: impl Future<Output = Result<T, Broken>>) -> Result<T, Broken> {
    timeout(within, work).await.unwrap_or(Err(Broken::Late))
}
