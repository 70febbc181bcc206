//! A client with connections that are kept, and requests that are made beforehand.

use std::collections::VecDeque;
use std::net::SocketAddr;

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::support::{Request, sound, with};

pub(crate) const FORM: &str = "/requests/service-request";

/// One connection, which is opened again when the counter has closed it.
pub(crate) struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
    /// Since when the counter waits for a request on this connection, at the earliest.
    waits_since: Instant,
}

/// The counter ends connections on which no request comes for five seconds. A client that is not given a core for about so long has a
/// connection and cannot write to it: what it does not get then is no fault of the counter.
const OWN_DELAY: Duration = Duration::from_secs(4);

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// The client was so late with its own request that the counter had given up waiting.
    ClientLate,
    /// Anything else.
    Fault(String),
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, buffer: Vec::new(), waits_since: Instant::now() }
    }

    /// Whether its connection was kept after the last answer.
    pub(crate) fn is_connected(&self) -> bool {
        self.stream.is_some()
    }

    /// Sends a request and reads its answer. A kept connection that turns out to be closed before the first byte of an answer is
    /// replaced once: the counter ends idle ones.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<Answer, NoAnswer> {
        let kept = self.stream.is_some();
        let answer = match self.exchange(request).await {
            Err(_) if kept && self.buffer.is_empty() => self.exchange(request).await,
            other => other,
        };
        answer.map_err(|(error, delay)| match delay > OWN_DELAY && self.buffer.is_empty() {
            true => NoAnswer::ClientLate,
            false => NoAnswer::Fault(error.to_string()),
        })
    }

    /// An error comes with how long the counter had to wait for the request.
    async fn exchange(&mut self, request: &[u8]) -> Result<Answer, (std::io::Error, Duration)> {
        self.buffer.clear();
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                self.waits_since = Instant::now();
                connected(self.address).await.map_err(|error| (error, Duration::ZERO))?
            }
        };
        let written = stream.write_all(request).await;
        let delay = self.waits_since.elapsed();
        match written {
            Ok(()) => self.answer(stream).await.map_err(|error| (error, delay)),
            Err(error) => Err((error, delay)),
        }
    }

    async fn answer(&mut self, mut stream: TcpStream) -> std::io::Result<Answer> {
        let head = read(&mut stream, &mut self.buffer).await?;
        if !head.closes {
            self.stream = Some(stream);
            self.waits_since = Instant::now();
        }
        Ok(Answer { status: head.status, body: self.buffer[head.length..head.length + head.body].to_vec() })
    }
}

/// Reads until a whole answer is at the beginning of the buffer.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<Head> {
    let head = loop {
        match Head::parse(buffer) {
            Some(head) => break head,
            None => more(stream, buffer).await?,
        }
    };
    while buffer.len() < head.length + head.body {
        more(stream, buffer).await?;
    }
    Ok(head)
}

async fn connected(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    match stream.read_buf(buffer).await? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

/// What is known of an answer from its head.
struct Head {
    status: u16,
    length: usize,
    body: usize,
    /// Whether the connection ends with it.
    closes: bool,
}

impl Head {
    /// Reads what hyper writes: names of headers in lower case. Nothing if it is not whole.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = memchr::memmem::find(bytes, b"\r\n\r\n")?;
        let text = std::str::from_utf8(&bytes[..end]).ok()?;
        let status = text.get(9..12)?.parse().ok()?;
        let header = |name: &str| text.lines().skip(1).find_map(|line| line.strip_prefix(name));
        let body = header("content-length: ").map_or(Some(0), |length| length.parse().ok())?;
        Some(Self { status, length: end + 4, body, closes: header("connection: close").is_some() })
    }
}

fn kept(request: Request) -> Vec<u8> {
    request.header("Connection", "keep-alive").bytes()
}

/// So many requests that are in order, each with a token of its own.
pub(crate) async fn requests(address: SocketAddr, count: usize) -> Result<VecDeque<Vec<u8>>, String> {
    let mut all = VecDeque::with_capacity(count);
    while all.len() < count {
        let tokens = tokens(address, ASKED_AT_ONCE.min(count - all.len())).await;
        for token in tokens.map_err(|error| format!("no token: {error}"))? {
            let number = all.len();
            let (email, title) = (format!("taro.{number}@example.co.jp"), format!("仮想マシン{number}が起動しません"));
            let fields = [("token", token.as_str()), ("locale", "ja"), ("email", &email), ("title", &title)];
            all.push_back(kept(Request::json(FORM, &with(&sound(), &fields))));
        }
    }
    Ok(all)
}

/// How many tokens are asked for without waiting for answers.
const ASKED_AT_ONCE: usize = 64;

async fn tokens(address: SocketAddr, count: usize) -> std::io::Result<Vec<String>> {
    let ask = kept(Request::new("GET", "/requests/service-request/token")).repeat(count);
    let (mut stream, mut buffer, mut tokens) = (connected(address).await?, Vec::new(), Vec::new());
    stream.write_all(&ask).await?;
    for _ in 0..count {
        let head = read(&mut stream, &mut buffer).await?;
        let json: serde_json::Value = serde_json::from_slice(&buffer[head.length..head.length + head.body])?;
        tokens.push(json["token"].as_str().unwrap_or_default().to_owned());
        drop(buffer.drain(..head.length + head.body));
    }
    Ok(tokens)
}
