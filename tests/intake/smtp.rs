//! Mail to a real server (aiosmtpd) that treats each recipient by its own script.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::mailbox::{letters, requests};
use crate::support::{Counter, Request, Setup, free_port, send, sound, with};

const FORM: &str = "/requests/service-request";
/// The environment that `tests/run` installs the server into.
const PYTHON: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/python/bin/python");

/// The server, and the folder with what it has taken.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    folder: tempfile::TempDir,
}

impl Server {
    /// Starts it; nothing if it is not installed.
    #[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
    pub(crate) fn start(test: &str, certificate: &[&Path]) -> Option<Self> {
        if !Path::new(PYTHON).exists() {
            println!("SKIPPED: smtp::{test}: aiosmtpd is not installed (tests/run installs it to {PYTHON})");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/intake/smtp/server.py");
        let mut command = Command::new(PYTHON);
        let mut child = command
            .arg(script)
            .arg(folder.path())
            .args(certificate)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Some(Self { child, port: port.trim().parse().unwrap(), folder })
    }

    /// What it has taken: recipient, sender, whether under TLS, and the mail.
    pub(crate) fn taken(&self) -> Vec<(String, String, bool, Vec<u8>)> {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let envelopes = files.filter(|file| file.extension().is_some_and(|extension| extension == "json"));
        let read = |file: PathBuf| {
            let envelope: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).ok()?;
            let text = |key: &str| envelope[key].as_str().unwrap_or_default().to_owned();
            // aiosmtpd shows the empty sender with its brackets.
            Some((
                text("to"),
                text("from").replace("<>", ""),
                envelope["tls"].as_bool()?,
                std::fs::read(file.with_extension("eml")).unwrap(),
            ))
        };
        envelopes.filter_map(read).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A counter that mails there, with more variables.
fn counter(smtp: String, more: &[(&'static str, String)]) -> Counter {
    let guard = "token = false\nper_minute = 0\nconnections_per_client = 5000".to_owned();
    let variables = [&[("MADOGUCHI_INTAKE_SMTP", smtp)], more].concat();
    Counter::with(Setup { guard, variables, ..Setup::default() })
}

/// Sends a request whose confirmation goes to this recipient; its reference.
fn request_of(counter: &Counter, name: &str) -> String {
    let reply = counter.post_json(FORM, &with(&sound(), &[("email", &format!("{name}@example.com")), ("title", name)]));
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["reference"].as_str().unwrap().to_owned()
}

/// What is known of a request's confirmation.
fn confirmation(counter: &Counter, reference: &str, what: &str) -> String {
    let request = format!("SELECT number FROM requests WHERE reference = '{reference}'");
    counter.column(&format!("SELECT {what} FROM deliveries WHERE request = ({request}) AND purpose = 'confirmation'"))
}

/// Waits until a try has ended in this state.
fn wait_for(counter: &Counter, reference: &str, state: &str) {
    let until = Instant::now() + Duration::from_secs(40);
    while confirmation(counter, reference, "state || coalesce(lease_until, '')") != state {
        let now = confirmation(counter, reference, "state || ': ' || note");
        assert!(Instant::now() < until, "{state} is not reached; it is {now}\n{}", counter.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn each_recipient_gets_what_its_server_allows() {
    let Some(server) = Server::start("each_recipient_gets_what_its_server_allows", &[]) else { return };
    let admin = free_port();
    let admin_listen = ("MADOGUCHI_INTAKE_ADMIN_LISTEN", format!("127.0.0.1:{admin}"));
    let counter = counter(format!("smtp://127.0.0.1:{}", server.port), &[admin_listen]);
    let count = |name: &str| server.taken().iter().filter(|(to, ..)| *to == format!("{name}@example.com")).count();
    // Name, state after the first try, what is said of it, copies at the server; and the same after the operator's `retry`.
    let scripts = [
        ("good", "sent", "queued as", 1, "sent", 1),
        ("slow", "sent", "queued as", 1, "sent", 1),
        ("grey", "deferred", "451", 0, "sent", 1),
        ("full", "deferred", "452", 0, "sent", 1),
        ("cut", "deferred", "", 0, "sent", 1),
        ("mismatch", "deferred", "", 0, "deferred", 0),
        ("unknown", "held", "550", 0, "held", 0),
        ("content", "held", "554", 0, "held", 0),
        ("swallow", "unknown", "", 1, "unknown", 2),
    ];
    for (name, state, note, copies, later, more) in scripts {
        let reference = request_of(&counter, name);
        wait_for(&counter, &reference, state);
        let said = confirmation(&counter, &reference, "note");
        assert!(said.contains(note) && count(name) == copies, "{name}: {said}, {} copies", count(name));
        if name == "grey" {
            // Five minutes from the server's answer (RFC 6647 §5), which is written down some milliseconds later.
            assert!(confirmation(&counter, &reference, "due - since").parse::<u64>().unwrap() > 299_000, "RFC 6647");
        }
        if state == "sent" {
            continue;
        }
        let tries = confirmation(&counter, &reference, "attempts").parse::<u32>().unwrap();
        assert!(requests(counter.folder.path(), &["retry", &reference]).status.success());
        while confirmation(&counter, &reference, "attempts").parse::<u32>().unwrap() == tries {
            std::thread::sleep(Duration::from_millis(20));
        }
        wait_for(&counter, &reference, later);
        assert_eq!(count(name), more, "{name}");
    }
    arrived_as_rendered(&counter, &server);
    let metrics = send(([127, 0, 0, 1], admin).into(), &Request::new("GET", "/metrics")).text();
    for (name, value) in [("held", "1.0"), ("mail_held", "1.0"), ("mail_panic", "0.0"), ("mail_down", "0.0")] {
        let line = format!("madoguchi_alarm{{alarm=\"{name}\"}} {value}");
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    assert!(counter.log().contains("\"alarm\":\"mail_held\""), "{}", counter.log());
}

/// Each copy is the mail of the store, byte for byte, from whom and to whom it should be; none is twice but where it was unknown.
fn arrived_as_rendered(counter: &Counter, server: &Server) {
    let (letters, taken) = (letters(counter), server.taken());
    for (to, from, _, bytes) in &taken {
        let letter = letters.iter().find(|letter| letter.bytes == *bytes).expect("no mail of ours");
        assert_eq!((&letter.rcpt_to, &letter.mail_from), (to, from));
        let copies = taken.iter().filter(|(.., other)| other == bytes).count();
        assert_eq!(copies, if to.starts_with("swallow@") { 2 } else { 1 }, "{to}");
    }
    let desk = letters.iter().filter(|letter| letter.purpose == "escalation");
    assert!(desk.clone().all(|letter| taken.iter().any(|(.., bytes)| *bytes == letter.bytes)) && desk.count() == 9);
}

/// Files of an authority, and of a certificate for this machine that it has signed, with its key.
pub(crate) fn certificates(folder: &Path) -> [PathBuf; 3] {
    let mut names = ["ca.pem", "server.pem", "key.pem"].into_iter();
    crate::certificates::certificates().map(|text| {
        let file = folder.join(names.next().unwrap());
        std::fs::write(&file, text).unwrap();
        file
    })
}

#[test]
fn a_server_with_an_authority_of_ones_own_gets_mail_under_tls_alone() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [authority, certificate, key] = certificates(folder.path());
    let test = "a_server_with_an_authority_of_ones_own_gets_mail_under_tls_alone";
    let Some(server) = Server::start(test, &[&certificate, &key]) else { return };
    let smtp = format!("smtp+starttls://127.0.0.1:{}", server.port);
    let trusting = |file: &Path| counter(smtp.clone(), &[("MADOGUCHI_INTAKE_SMTP_CA_FILE", file.display().to_string())]);
    // Another authority of the same name does not do.
    let wrong = trusting(&certificates(other.path())[0]);
    request_of(&wrong, "good");
    let until = Instant::now() + Duration::from_secs(20);
    while !wrong.log().contains("\"alarm\":\"mail_fault\"") {
        assert!(Instant::now() < until, "{}", wrong.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(server.taken().is_empty());
    let right = trusting(&authority);
    let reference = request_of(&right, "good");
    wait_for(&right, &reference, "sent");
    crate::mailbox::wait_until_sent(&right);
    let taken = server.taken();
    assert!(taken.len() == 2 && taken.iter().all(|(_, _, tls, _)| *tls), "{}", taken.len());
}
