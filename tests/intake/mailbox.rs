//! What a counter has mailed, what its operator asks, and how both are read back.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use mail_parser::MessageParser;

use crate::support::Counter;

/// Runs `madoguchi requests`.
pub(crate) fn requests(folder: &Path, arguments: &[&str]) -> Output {
    operators(folder, arguments).output().unwrap()
}

/// The command `madoguchi requests`.
pub(crate) fn operators(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi"));
    command.arg("requests").args(arguments).arg("--site").arg(folder);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MADOGUCHI_")) {
        command.env_remove(name);
    }
    command
}

/// What a command has written to standard output.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Waits until no mail is left to be sent, those that are held aside.
pub(crate) fn wait_until_sent(counter: &Counter) {
    let until = Instant::now() + Duration::from_secs(120);
    while counter.column("SELECT count(*) FROM deliveries WHERE state NOT IN ('sent', 'held')") != "0" {
        assert!(Instant::now() < until, "{}", counter.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A mail as it was rendered and stored, with its envelope.
pub(crate) struct Letter {
    pub(crate) reference: String,
    pub(crate) purpose: String,
    pub(crate) mail_from: String,
    pub(crate) rcpt_to: String,
    pub(crate) bytes: Vec<u8>,
}

/// All mails of the store, in their order.
pub(crate) fn letters(counter: &Counter) -> Vec<Letter> {
    let database = rusqlite::Connection::open(counter.database()).unwrap();
    let sql = "SELECT reference, purpose, mail_from, rcpt_to, bytes
        FROM letters JOIN deliveries ON id = delivery JOIN requests ON number = request ORDER BY id";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        let [reference, purpose, mail_from, rcpt_to] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
        Ok(Letter { reference, purpose, mail_from, rcpt_to, bytes: row.get(4)? })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// The files into which mails were written, by name.
pub(crate) fn files(counter: &Counter) -> BTreeMap<String, Vec<u8>> {
    let Ok(folder) = std::fs::read_dir(counter.folder.path().join("var/mail")) else { return BTreeMap::new() };
    let read = |path: std::path::PathBuf| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap());
    folder.map(|entry| read(entry.unwrap().path())).collect()
}

/// The text of a mail with LF line ends, as a mail program shows it.
pub(crate) fn text(bytes: &[u8]) -> String {
    let message = MessageParser::default().parse(bytes).unwrap();
    message.body_text(0).unwrap().replace("\r\n", "\n")
}

/// The answers in a mail's attachment.
pub(crate) fn attached(bytes: &[u8]) -> serde_json::Value {
    let message = MessageParser::default().parse(bytes).unwrap();
    serde_json::from_slice(message.attachment(0).unwrap().contents()).unwrap()
}

/// The names of a mail's header fields, read from the bytes themselves.
pub(crate) fn header_names(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap();
    let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    let mut names: Vec<String> = lines.map(|line| line.split(':').next().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// The records of a CSV text (RFC 4180), without its byte order mark.
pub(crate) fn records(csv: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut rest =
        csv.strip_prefix('\u{feff}').expect("a byte order mark, without which a spreadsheet guesses").chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut cell)),
            '\r' if !quoted && rest.next_if_eq(&'\n').is_some() => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            c => cell.push(c),
        }
    }
    assert!(record.is_empty() && cell.is_empty() && !quoted, "the last line is whole");
    records
}
