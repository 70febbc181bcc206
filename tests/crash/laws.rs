//! What must be true when all is over, judged by the answers and the mailbox.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::counter::Site;
use crate::load::Answered;
use crate::mailbox::{Copy, Mailbox};

/// What a proof has counted.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) requests: usize,
    pub(crate) mails: usize,
    /// Copies beyond the first.
    pub(crate) repeats: usize,
    /// Mails of which the store says that they may repeat.
    pub(crate) may_repeat: usize,
}

/// All requests of the store, by reference.
pub(crate) fn rows(site: &Site) -> BTreeMap<String, Value> {
    let output = site.requests(&["export", "--format", "jsonl"], None);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| (row["reference"].as_str().unwrap().to_owned(), row)).collect()
}

/// Holds the store and the mailbox against what was answered. Everything must have been sent.
pub(crate) fn check(site: &Site, mailbox: &Mailbox, answered: &[Answered]) -> Figures {
    let (rows, mut mails) = (rows(site), mailbox.mails());
    let mut figures = Figures { requests: rows.len(), mails: mails.len(), ..Figures::default() };
    for request in answered {
        let row = rows.get(&request.reference).unwrap_or_else(|| panic!("lost: {request:?}"));
        assert_eq!(row["answers"]["title"], *request.title, "a reference stands for the request that it was given to");
        for delivery in row["deliveries"].as_array().unwrap() {
            let copies = mails.remove(delivery["message_id"].as_str().unwrap()).unwrap_or_default();
            check_delivery(request, delivery, &copies);
            figures.repeats += copies.len().saturating_sub(1);
            figures.may_repeat += usize::from(delivery["may_repeat"] == true);
        }
    }
    assert_eq!(rows.len(), answered.len(), "each request is stored once, and every request stored was answered in the end");
    assert!(mails.is_empty(), "mail of which the store knows nothing: {mails:?}");
    figures
}

fn check_delivery(request: &Answered, delivery: &Value, copies: &[Copy]) {
    assert_eq!(delivery["state"], "sent", "{request:?} {delivery}");
    assert!(copies.iter().any(|copy| copy.answered), "`sent`, and no mail was answered 250: {delivery} {copies:?}");
    assert!(copies.len() == 1 || delivery["may_repeat"] == true, "a repeat that is not recorded: {delivery} {copies:?}");
    let is_escalation = delivery["purpose"] == "escalation";
    // A confirmation has no sender to whom a refusal could go (RFC 3834 §3.3).
    let (from, to) = if is_escalation { ("guidance@example.com", "desk@example.com") } else { ("", request.email.as_str()) };
    for copy in copies {
        assert_eq!(copy.bytes, copies[0].bytes, "each copy has the same bytes");
        assert_eq!((copy.from.as_str(), copy.to.as_slice()), (from, &[to.to_owned()][..]));
    }
    let mail = mail_parser::MessageParser::default().parse(&copies[0].bytes).unwrap();
    let text = mail.body_text(0).unwrap_or_default();
    assert!(mail.subject().is_some_and(|subject| subject.contains(&request.reference)), "{mail:?}");
    assert_eq!(text.contains(&request.title), is_escalation, "the desk gets the text, the confirmation has none of it: {text}");
}

/// SQLite's own judgement of its files.
pub(crate) fn check_database(site: &Site) {
    let database = rusqlite::Connection::open(site.database()).unwrap();
    let said: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(said, "ok");
    let mut orphans = database.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(!orphans.exists([]).unwrap(), "rows without their request");
}
