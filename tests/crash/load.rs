//! Clients that repeat each request under its key until it is answered, and remember every answer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::chance::Chance;
use crate::support::{Reply, Request, parse, sound, with};

const FORM: &str = "/requests/service-request";
/// A request that is not answered for so long will never be.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request that was answered.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    /// As it was sent, key and token included.
    request: Request,
    pub(crate) reference: String,
    /// Words that stand in this request only.
    pub(crate) title: String,
    pub(crate) email: String,
}

/// Counts over all clients.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Posts without an answer, or with one that says "not now".
    pub(crate) unanswered: AtomicU64,
}

/// The clients at work.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    pub(crate) counts: Arc<Counts>,
    clients: Vec<JoinHandle<Vec<Answered>>>,
}

impl Load {
    /// Each post goes to any of these counters.
    pub(crate) fn start(counters: &[SocketAddr], clients: usize, chance: &mut Chance) -> Self {
        let (stop, counts) = (Arc::new(AtomicBool::new(false)), Arc::new(Counts::default()));
        let client = |number| {
            let (stop, chance) = (Arc::clone(&stop), chance.split());
            let line = Line { counters: counters.to_vec(), counts: Arc::clone(&counts) };
            std::thread::spawn(move || Client { number, line, chance }.work(&stop))
        };
        let clients = (0..clients).map(client).collect();
        Self { stop, counts, clients }
    }

    /// Lets every client end its request, and gives all that was answered. The counters must be there.
    pub(crate) fn stop(self) -> Vec<Answered> {
        self.stop.store(true, Ordering::SeqCst);
        self.clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    }
}

/// The way to the counters.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    counters: Vec<SocketAddr>,
    counts: Arc<Counts>,
}

impl Line {
    pub(crate) fn to(counters: &[SocketAddr]) -> Self {
        Self { counters: counters.to_vec(), counts: Arc::default() }
    }

    /// Sends until there is an answer other than "not now".
    fn answer(&self, request: &Request, chance: &mut Chance) -> Reply {
        let end = Instant::now() + PATIENCE;
        loop {
            match post(*chance.one_of(&self.counters), request) {
                Some(reply) if ![429, 503].contains(&reply.status) => return reply,
                reply => assert!(Instant::now() < end, "not answered in a minute; last: {reply:?}"),
            }
            self.counts.unanswered.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(chance.millis(5, 50));
        }
    }

    /// Sends a request until it has a reference.
    fn reference(&self, request: &Request, chance: &mut Chance) -> String {
        let reply = self.answer(request, chance);
        assert_eq!(reply.status, 201, "a sound request with a fresh token is taken: {}", reply.text());
        reply.json()["reference"].as_str().unwrap().to_owned()
    }

    fn token(&self, chance: &mut Chance) -> String {
        let reply = self.answer(&Request::new("GET", &format!("{FORM}/token")), chance);
        reply.json()["token"].as_str().unwrap().to_owned()
    }

    /// Sends a request of this name until it is answered.
    pub(crate) fn send(&self, name: &str, chance: &mut Chance) -> Answered {
        let token = self.token(chance);
        // No title is the beginning of another: one that is forgotten is searched for.
        let (title, email) = (format!("障害 {name}番"), format!("p{name}@example.co.jp"));
        let fields = with(&sound(), &[("token", &token), ("title", &title), ("email", &email)]);
        let request = Request::json(FORM, &fields).header("Idempotency-Key", &format!("key-{}", name.replace('+', ".")));
        let reference = if chance.percent(10) { self.twice(&request, chance) } else { self.reference(&request, chance) };
        Answered { request, reference, title, email }
    }

    /// Sends the same twice at once.
    fn twice(&self, request: &Request, chance: &mut Chance) -> String {
        let mut other = chance.split();
        std::thread::scope(|scope| {
            let first = scope.spawn(|| self.reference(request, &mut other));
            let second = self.reference(request, chance);
            assert_eq!(first.join().unwrap(), second, "one key, two references");
            second
        })
    }

    /// Sends the same again; the answer must be the same.
    pub(crate) fn repeat(&self, answered: &Answered, chance: &mut Chance) {
        let again = self.reference(&answered.request, chance);
        assert_eq!(again, answered.reference, "one key, two references");
    }
}

struct Client {
    number: usize,
    line: Line,
    chance: Chance,
}

impl Client {
    fn work(mut self, stop: &AtomicBool) -> Vec<Answered> {
        let mut all: Vec<Answered> = Vec::new();
        while !stop.load(Ordering::SeqCst) {
            all.push(self.line.send(&format!("{}-{}", self.number, all.len()), &mut self.chance));
            match self.chance.below(10) {
                0..2 => self.line.repeat(&all[all.len() - 1], &mut self.chance),
                2 => self.line.repeat(self.chance.clone().one_of(&all), &mut self.chance),
                _ => {}
            }
            std::thread::sleep(self.chance.millis(0, 120));
        }
        all
    }
}

/// One try: the whole answer, or nothing.
fn post(address: SocketAddr, request: &Request) -> Option<Reply> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(&request.bytes()).ok()?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all).ok()?;
    all.windows(4).position(|part| part == b"\r\n\r\n")?;
    let reply = parse(&all);
    let length: usize = reply.header("content-length")?.parse().ok()?;
    (reply.body.len() == length).then_some(reply)
}
