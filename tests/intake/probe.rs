//! The operator's test mail, `madoguchi intake --probe`: real servers, and one that says what it is told to.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;
use std::sync::mpsc::{Receiver, channel};

use mail_parser::MessageParser;

use crate::mailbox::{files, text};
use crate::smtp::{Server, certificates};
use crate::support::{Counter, Setup, command, free_port, site};

/// A server's answers, by the first word of what it answers; and what it has heard, once it is asked.
struct Model {
    port: u16,
    heard: Receiver<String>,
}

impl Model {
    /// A good server with a login, but for one answer. An empty one hangs up.
    fn but(changed: &'static str, answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, heard) = channel();
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let (mut lines, mut out) = (BufReader::new(stream.try_clone().unwrap()).lines(), stream);
                let mut verb = "greeting".to_owned();
                loop {
                    let reply = if verb == changed { answer } else { usual(&verb) };
                    if reply.is_empty() || out.write_all(format!("{reply}\r\n").as_bytes()).is_err() {
                        break;
                    }
                    let message = verb == "DATA" && reply.starts_with('3');
                    let mut next = || lines.next().and_then(Result::ok);
                    let Some(mut line) = next() else { break };
                    while message && line != "." {
                        let _ = tell.send(line);
                        line = next().unwrap_or_else(|| ".".into());
                    }
                    verb = if message { "dot".into() } else { line.split([' ', ':']).next().unwrap().to_owned() };
                    let _ = tell.send(line);
                }
            }
        });
        Self { port, heard }
    }

    /// All lines that it has heard so far.
    fn heard(&self) -> String {
        self.heard.try_iter().map(|line| line + "\n").collect()
    }
}

fn usual(verb: &str) -> &'static str {
    match verb {
        "greeting" => "220 mx.example.com ESMTP",
        "EHLO" => "250-mx.example.com\r\n250 AUTH PLAIN",
        "AUTH" => "235 2.7.0 welcome",
        "DATA" => "354 go on",
        "dot" => "250 2.0.0 queued as 4Z",
        "QUIT" => "221 bye",
        _ => "250 2.1.0 fine",
    }
}

/// Runs it in a folder that has a site.
fn probe(folder: &Path, variables: &[(&'static str, String)]) -> Output {
    let setup = Setup { variables: variables.to_vec(), ..Setup::default() };
    site(folder, free_port(), &setup);
    command(folder, &setup).arg("--probe").stdout(std::process::Stdio::piped()).output().unwrap()
}

fn with_login(smtp: String) -> [(&'static str, String); 3] {
    [
        ("MADOGUCHI_INTAKE_SMTP", smtp),
        ("MADOGUCHI_INTAKE_SMTP_USER", "guidance".into()),
        ("MADOGUCHI_INTAKE_SMTP_PASSWORD", "hunter2".into()),
    ]
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn each_step_is_said_and_each_form_has_its_mail() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Model::but("", ""));
    let output = probe(folder.path(), &with_login(format!("smtp://127.0.0.1:{}", server.port)));
    let said = words(&output.stdout);
    assert_eq!((output.status.code(), words(&output.stderr).as_str()), (Some(0), ""), "{said}");
    let port = server.port;
    let steps = format!(
        "test mail of [form.service-request] to desk@example.com through smtp://127.0.0.1:{port}
  connected          127.0.0.1:{port}
  greeted            220 mx.example.com ESMTP
  introduced         250 mx.example.com AUTH PLAIN
  logged in          235 2.7.0 welcome
  sender taken       250 2.1.0 fine
  recipient taken    250 2.1.0 fine
  message begun      354 go on
  mail taken         250 2.0.0 queued as 4Z
  now look           into the mailbox: <probe-"
    );
    assert!(said.starts_with(&steps), "{said}");
    assert!(said.contains("test mail of [form.translation-feedback] to desk@example.com"), "{said}");
    let heard = server.heard();
    assert_eq!(heard.matches("MAIL FROM:<guidance@example.com>\nRCPT TO:<desk@example.com>\nDATA\n").count(), 2, "{heard}");
    assert!(!said.contains("hunter2"), "{said}");
    assert!(!folder.path().join("var").exists(), "no store is made");
}

#[test]
fn what_a_server_refuses_is_said_with_what_to_do() {
    // What changes, the answer; the last step that went well, what is said of the failure, and the help.
    let cases = [
        (
            "greeting",
            "554 5.7.1 your address is blocked",
            "connected",
            "greeting: the server answered 554",
            "may send mail through it",
        ),
        ("EHLO", "", "greeted", "ehlo: the server hung up", "may send mail through it"),
        ("AUTH", "535 5.7.8 wrong password", "introduced", "auth: the server answered 535 5.7.8", "`smtp_user`"),
        ("EHLO", "250 mx.example.com", "introduced", "auth: the server offers no login", "`smtp_user`"),
        ("MAIL", "553 5.7.1 not your address", "logged in", "mail: the server answered 553", "`from`"),
        (
            "RCPT",
            "550 5.1.1 no such user",
            "sender taken",
            "rcpt: the server answered 550 5.1.1 no such user",
            "`mailbox` in [form.",
        ),
        ("RCPT", "451 4.7.1 greylisted", "sender taken", "rcpt: the server answered 451", "again in ten minutes"),
        ("DATA", "250 ok", "recipient taken", "data: the server answered 250", "again in ten minutes"),
        ("dot", "554 5.6.0 spam", "message begun", "dot: the server answered 554", "against the mail"),
        ("dot", "", "message begun", "nobody knows what became of the mail", "look into the mailbox"),
    ];
    for (changed, answer, last, failure, help) in cases {
        let (folder, server) = (tempfile::tempdir().unwrap(), Model::but(changed, answer));
        let output = probe(folder.path(), &with_login(format!("smtp://127.0.0.1:{}", server.port)));
        let (said, failed) = (words(&output.stdout), words(&output.stderr));
        assert_eq!(output.status.code(), Some(4), "{changed} {answer}: {failed}");
        assert!(said.lines().last().unwrap().trim().starts_with(last), "{changed} {answer}: {said}");
        assert_eq!((failed.matches("error: ").count(), failed.matches("help: ").count()), (2, 2), "one for each form: {failed}");
        assert!(failed.contains(failure) && failed.contains(help), "{changed} {answer}: {failed}");
        assert!(!failed.contains("hunter2") && !folder.path().join("var").exists(), "{failed}");
    }
}

#[test]
fn a_server_that_is_not_there_is_said_and_so_is_one_without_starttls() {
    let folder = tempfile::tempdir().unwrap();
    let gone = probe(folder.path(), &[("MADOGUCHI_INTAKE_SMTP", format!("smtp://127.0.0.1:{}", free_port()))]);
    let failed = words(&gone.stderr);
    assert!(
        gone.status.code() == Some(4) && failed.contains("cannot be reached") && failed.contains("`smtp` in [intake]"),
        "{failed}"
    );
    let server = Model::but("", "");
    let bare = probe(folder.path(), &with_login(format!("smtp+starttls://127.0.0.1:{}", server.port)));
    let failed = words(&bare.stderr);
    assert!(bare.status.code() == Some(4) && failed.contains("STARTTLS") && failed.contains("`smtps://`"), "{failed}");
    assert!(!server.heard().contains("AUTH"), "no password goes in the clear");
}

#[test]
fn the_certificate_is_judged_as_the_counter_judges_it() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [authority, certificate, key] = certificates(folder.path());
    let Some(server) = Server::start("the_certificate_is_judged_as_the_counter_judges_it", &[&certificate, &key]) else { return };
    let trusting = |file: &Path| {
        let smtp = ("MADOGUCHI_INTAKE_SMTP", format!("smtp+starttls://127.0.0.1:{}", server.port));
        probe(folder.path(), &[smtp, ("MADOGUCHI_INTAKE_SMTP_CA_FILE", file.display().to_string())])
    };
    let wrong = trusting(&certificates(other.path())[0]);
    let failed = words(&wrong.stderr);
    assert!(wrong.status.code() == Some(4) && failed.contains("tls: ") && failed.contains("`smtp_ca_file`"), "{failed}");
    assert!(server.taken().is_empty());
    let right = trusting(&authority);
    let said = words(&right.stdout);
    assert!(right.status.success() && said.contains("  encrypted          TLS 1.3\n"), "{said}{}", words(&right.stderr));
    let taken = server.taken();
    assert!(
        taken.len() == 2
            && taken.iter().all(
                |(to, from, tls, _)| (to.as_str(), from.as_str(), *tls) == ("desk@example.com", "guidance@example.com", true)
            )
    );
}

#[test]
fn it_works_beside_a_counter_that_runs_and_leaves_nothing_in_its_store() {
    let counter = Counter::start();
    let mut probing = command(counter.folder.path(), &Setup::default());
    let output = probing.arg("--probe").stdout(std::process::Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{}", words(&output.stderr));
    assert!(words(&output.stdout).contains("mail taken         written to "), "{}", words(&output.stdout));
    assert_eq!((counter.rows(), counter.column("SELECT count(*) FROM deliveries").as_str()), (0, "0"));
    let files = files(&counter);
    assert_eq!(files.len(), 2, "{:?}", files.keys());
    for (name, mail) in files {
        assert!(name.starts_with("probe-"), "{name}");
        let subject = MessageParser::default().parse(&mail).unwrap().subject().unwrap().to_owned();
        assert!(subject.starts_with("[TEST]") && text(&mail).contains("It is not a request"), "{subject}");
    }
}

#[test]
fn what_a_counter_would_not_start_with_is_refused_here_too() {
    let folder = tempfile::tempdir().unwrap();
    let output = probe(folder.path(), &[("MADOGUCHI_INTAKE_SMTP", "smtp://mail.example.com".into())]);
    assert!(output.status.code() == Some(3) && words(&output.stderr).contains("without encryption"), "{}", words(&output.stderr));
    let output = probe(folder.path(), &with_login("smtp://127.0.0.1:1".into())[..2]);
    assert!(output.status.code() == Some(3) && words(&output.stderr).contains("password"), "{}", words(&output.stderr));
}
