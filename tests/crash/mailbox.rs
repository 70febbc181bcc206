//! A mail server that fails as it is told, and the mailbox behind it: the judge of what has arrived.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::chance::Chance;

/// Where the dialogue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Greeting,
    Ehlo,
    Mail,
    Rcpt,
    Data,
    /// After so many bytes of the message.
    Body(u64),
    /// After the final dot.
    Dot,
}

/// What the server does there. In all other steps it does its duty.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Answer,
    /// Answers late.
    Slow(Duration),
    /// Answers this instead; it takes no mail then.
    Say(&'static str),
    /// Hangs up without a word; after the dot it has the mail all the same.
    Cut,
    /// Hangs up in the middle of its answer.
    Half,
    /// Answers when the gate is opened.
    Hold(Arc<Gate>),
}

/// What happens to one connection.
#[derive(Debug, Clone)]
pub(crate) struct Fate(pub(crate) Step, pub(crate) Act);

/// Holds an answer back.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    reached: AtomicBool,
    open: AtomicBool,
    passed: AtomicBool,
}

impl Gate {
    pub(crate) fn wait_until_reached(&self) {
        until("the mail server is spoken to", || self.reached.load(Ordering::SeqCst));
    }

    pub(crate) fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }

    /// Waits for the end of the connection that was held.
    pub(crate) fn wait_until_passed(&self) {
        until("the held connection ends", || self.passed.load(Ordering::SeqCst));
    }

    fn hold(&self) {
        self.reached.store(true, Ordering::SeqCst);
        until("a gate is opened", || self.open.load(Ordering::SeqCst));
    }
}

/// Waits until something is so, for a minute at most.
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < end, "in vain for a minute: until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A mail that has arrived whole, its dot included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copy {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) bytes: Vec<u8>,
    /// Whether `250` went out to the end.
    pub(crate) answered: bool,
}

/// The mail server; it lives as long as the process.
pub(crate) struct Mailbox {
    pub(crate) address: SocketAddr,
    copies: Mutex<Vec<Copy>>,
    script: Mutex<VecDeque<Fate>>,
    chance: Mutex<Chance>,
    healthy: AtomicBool,
}

impl Mailbox {
    /// One that takes every mail until it is told otherwise.
    pub(crate) fn start(chance: Chance) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mailbox = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            copies: Mutex::default(),
            script: Mutex::default(),
            chance: Mutex::new(chance),
            healthy: AtomicBool::new(true),
        });
        let server = Arc::clone(&mailbox);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (server, stream) = (Arc::clone(&server), stream.unwrap());
                // An error here is a counter that has hung up, or died.
                std::thread::spawn(move || drop(server.serve(&stream)));
            }
        });
        mailbox
    }

    /// From now on it fails at random, or no more.
    pub(crate) fn set_healthy(&self, healthy: bool) {
        self.healthy.store(healthy, Ordering::SeqCst);
    }

    /// What happens to the next connections.
    pub(crate) fn script(&self, fates: impl IntoIterator<Item = Fate>) {
        self.script.lock().unwrap().extend(fates);
    }

    /// All that has arrived, by Message-ID, in the order of its arrival.
    pub(crate) fn mails(&self) -> BTreeMap<String, Vec<Copy>> {
        let mut mails = BTreeMap::<String, Vec<Copy>>::new();
        for copy in self.copies.lock().unwrap().iter() {
            mails.entry(message_id(&copy.bytes)).or_default().push(copy.clone());
        }
        mails
    }

    fn fate(&self) -> Fate {
        let scripted = self.script.lock().unwrap().pop_front();
        let healthy = self.healthy.load(Ordering::SeqCst);
        scripted.unwrap_or_else(|| if healthy { Fate(Step::Dot, Act::Answer) } else { any(&mut self.chance.lock().unwrap()) })
    }

    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let fate = self.fate();
        let ended = self.dialogue(stream, &fate);
        if let Act::Hold(gate) = &fate.1 {
            gate.passed.store(true, Ordering::SeqCst);
        }
        ended
    }

    fn dialogue(&self, stream: &TcpStream, fate: &Fate) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream);
        let (mut from, mut to) = (String::new(), Vec::new());
        if !act(stream, fate, Step::Greeting, "220 mail.example.com\r\n")? {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            let goes_on = match verb.as_str() {
                "EHLO" => act(stream, fate, Step::Ehlo, "250-mail.example.com\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")?,
                "MAIL" => {
                    from = path(&line);
                    act(stream, fate, Step::Mail, "250 2.1.0 Ok\r\n")?
                }
                "RCPT" => {
                    to.push(path(&line));
                    act(stream, fate, Step::Rcpt, "250 2.1.5 Ok\r\n")?
                }
                "DATA" => {
                    act(stream, fate, Step::Data, "354 Go on\r\n")? && {
                        let Some(bytes) = body(&mut lines, fate)? else { return Ok(()) };
                        let copy = Copy { from: from.clone(), to: std::mem::take(&mut to), bytes, answered: false };
                        self.dot(stream, fate, copy)?
                    }
                }
                "QUIT" => return (&*stream).write_all(b"221 2.0.0 Bye\r\n"),
                _ => {
                    (&*stream).write_all(b"502 5.5.2 What?\r\n")?;
                    true
                }
            };
            if !goes_on {
                return Ok(());
            }
        }
    }

    /// A mail has arrived. It is kept unless it is refused in so many words.
    fn dot(&self, stream: &TcpStream, fate: &Fate, copy: Copy) -> std::io::Result<bool> {
        if matches!(fate, Fate(Step::Dot, Act::Say(_))) {
            return act(stream, fate, Step::Dot, "");
        }
        let mut copies = self.copies.lock().unwrap();
        let place = copies.len();
        copies.push(copy);
        drop(copies);
        let goes_on = act(stream, fate, Step::Dot, "250 2.0.0 Ok: queued\r\n")?;
        self.copies.lock().unwrap()[place].answered = goes_on;
        Ok(goes_on)
    }
}

/// Does what is due at a step; whether the dialogue goes on.
fn act(mut stream: &TcpStream, fate: &Fate, step: Step, answer: &str) -> std::io::Result<bool> {
    match &fate.1 {
        _ if fate.0 != step => {}
        Act::Answer => {}
        Act::Slow(time) => std::thread::sleep(*time),
        Act::Say(words) => {
            stream.write_all(words.as_bytes())?;
            return Ok(true);
        }
        Act::Cut => return Ok(false),
        Act::Half => {
            stream.write_all(&answer.as_bytes()[..answer.len() / 2])?;
            return Ok(false);
        }
        Act::Hold(gate) => gate.hold(),
    }
    stream.write_all(answer.as_bytes())?;
    Ok(true)
}

/// The message as it was before it was sent, without its dots; nothing if it does not arrive whole, or is not wanted.
fn body(lines: &mut impl BufRead, fate: &Fate) -> std::io::Result<Option<Vec<u8>>> {
    if fate.0 == Step::Data && matches!(fate.1, Act::Say(_)) {
        return Ok(None);
    }
    if let Step::Body(length) = fate.0 {
        lines.read_exact(&mut vec![0; length as usize])?;
        return Ok(None);
    }
    let mut bytes = Vec::new();
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line)? == 0 || !line.ends_with(b"\r\n") {
            return Ok(None);
        }
        match line.as_slice() {
            b".\r\n" => return Ok(Some(bytes)),
            [b'.', rest @ ..] => bytes.extend_from_slice(rest),
            whole => bytes.extend_from_slice(whole),
        }
    }
}

/// A server that does its duty in four of ten cases.
fn any(chance: &mut Chance) -> Fate {
    const STEPS: [Step; 6] = [Step::Greeting, Step::Ehlo, Step::Mail, Step::Rcpt, Step::Data, Step::Dot];
    match chance.below(100) {
        0..40 => Fate(Step::Dot, Act::Answer),
        40..55 => Fate(*chance.one_of(&STEPS), Act::Slow(chance.millis(1, 400))),
        55..65 => Fate(Step::Dot, Act::Cut),
        65..70 => Fate(Step::Dot, Act::Half),
        70..80 => Fate(*chance.one_of(&STEPS), Act::Say("451 4.3.0 Later\r\n")),
        80..83 => Fate(Step::Dot, Act::Say("554 5.6.0 Never\r\n")),
        // Less than the shortest mail has.
        83..90 => Fate(Step::Body(chance.below(600)), Act::Cut),
        90..95 => Fate(*chance.one_of(&STEPS), Act::Cut),
        _ => Fate(*chance.one_of(&STEPS), Act::Half),
    }
}

fn path(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(|| panic!("no address: {line:?}"), |(address, _)| address.to_owned())
}

fn message_id(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let line = head.lines().find_map(|line| line.strip_prefix("Message-ID: "));
    line.unwrap_or_else(|| panic!("a mail without Message-ID: {head}")).trim().to_owned()
}
