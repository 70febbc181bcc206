//! Random texts through the whole counter: what is typed arrives as it was typed, and stays what it is.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::mailbox::{attached, files, header_names, letters, records, requests, said, text, wait_until_sent};
use crate::support::{Counter, Reply, Setup, sound, with};

/// How many cases: what `PROPTEST_CASES` says, or 10,000 in a long run (`TEST_LONG`), or 128.
fn cases() -> usize {
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return Config::default().cases as usize;
    }
    if std::env::var_os("TEST_LONG").is_some() { 10_000 } else { 128 }
}

/// So many values.
fn some<T>(strategy: impl Strategy<Value = T>, count: usize) -> Vec<T> {
    let mut runner = TestRunner::default();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// A counter that takes whatever comes, as fast as it comes.
fn open_counter() -> Counter {
    let guard = "token = false\nper_minute = 0\nconnections_per_client = 5000\nconnections = 6000".to_owned();
    Counter::with(Setup { guard, ..Setup::default() })
}

/// Sends fields as JSON, or as a page without script does; again where the counter has no time for it now.
fn post(counter: &Counter, form: &str, fields: &[(&str, &str)], as_json: bool) -> Reply {
    let path = format!("/requests/{form}");
    let once = || {
        if as_json { counter.post_json(&path, fields) } else { counter.post_form(&path, &with(fields, &[("step", "confirm")])) }
    };
    for _ in 0..20 {
        let reply = once();
        if reply.status != 503 {
            return reply;
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    once()
}

/// The reference of a request that was taken.
fn taken(reply: &Reply) -> Option<String> {
    match reply.status {
        201 => Some(reply.json()["reference"].as_str().unwrap().to_owned()),
        303 => {
            let status = reply.header("location").unwrap();
            let rest = &status[status.find("SR-").unwrap()..];
            Some(rest.split('?').next().unwrap().to_owned())
        }
        _ => None,
    }
}

/// Texts as Japanese people write them, with what encodings have damaged before.
fn japanese() -> impl Strategy<Value = String> {
    let rare = prop::sample::select(vec![
        "髙",
        "﨑",
        "鄧",
        "柗",
        "𠮷",
        "㈱",
        "①",
        "Ⅲ",
        "㍻",
        "ﾊﾟ",
        "か\u{3099}",
        "ゔ",
        "〜",
        "～",
        "−",
        "－",
        "‖",
        "￥",
        "\\",
        "¥",
        "👩\u{200D}👩\u{200D}👧",
        "🏴",
        "葛\u{E0100}",
        "=",
        "+",
        "@",
        "＝",
        ",",
        "\"",
        "'",
        "<b>",
        "&amp;",
        "%41",
        "\u{FFFD}",
        "\u{FEFF}",
        "=?UTF-8?B?",
        ";",
    ]);
    let usual = "[ぁ-ヶ一-龠々〆ヵｦ-ﾟ！-～a-z0-9 　。、・「」ー]{0,12}";
    prop::collection::vec(prop_oneof![usual.prop_map(String::from), rare.prop_map(str::to_owned)], 0..6)
        .prop_map(|parts| parts.concat())
}

/// A line, and a text of several lines. Neither is empty.
fn typed() -> impl Strategy<Value = (String, String)> {
    let lines = prop::collection::vec(japanese(), 1..6).prop_map(|lines| format!("{}本", lines.join("\n")));
    let line = (japanese(), japanese()).prop_map(|(a, b)| format!("{a}題{b}").chars().take(110).collect());
    (line, lines)
}

#[test]
fn japanese_is_the_same_in_form_store_mail_and_export() {
    let counter = open_counter();
    let mut sent = BTreeMap::new();
    for (number, (line, lines)) in some(typed(), cases()).into_iter().enumerate() {
        // A browser sends line breaks as CR LF; one kind is kept.
        let crlf = lines.replace('\n', "\r\n");
        let fields = with(&sound(), &[("title", &line), ("company", &line), ("description", &crlf), ("locale", "ja")]);
        let reply = post(&counter, "service-request", &fields, number % 2 == 0);
        let reference = taken(&reply).unwrap_or_else(|| panic!("{line:?} {lines:?}: {}", reply.text()));
        sent.insert(reference, (line, lines));
    }
    assert_eq!(sent.len(), cases());
    wait_until_sent(&counter);
    in_the_mail(&counter, &sent);
    in_the_exports(&counter, &sent);
}

fn in_the_mail(counter: &Counter, sent: &BTreeMap<String, (String, String)>) {
    let files = files(counter);
    for (reference, (line, lines)) in sent {
        let mail = &files[&format!("{reference}.v1.eml")];
        let (shown, json) = (text(mail), attached(mail));
        assert!(shown.contains(line) && shown.contains(lines), "{line:?} {lines:?}\n{shown}");
        assert_eq!((json["answers"]["title"].as_str(), json["answers"]["description"].as_str()), (Some(&**line), Some(&**lines)));
    }
}

fn in_the_exports(counter: &Counter, sent: &BTreeMap<String, (String, String)>) {
    let lines = said(&requests(counter.folder.path(), &["export", "--format", "jsonl"]));
    let rows: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), sent.len());
    for row in rows {
        let (line, lines) = &sent[row["reference"].as_str().unwrap()];
        let answers = &row["answers"];
        for (field, expected) in [("title", line), ("company", line), ("description", lines)] {
            assert_eq!(answers[field].as_str(), Some(&**expected));
        }
    }
    let csv = records(&said(&requests(counter.folder.path(), &["export", "--format", "csv"])));
    let column = |name: &str| csv[0].iter().position(|found| found == name).unwrap();
    let (reference, title, description) = (column("reference"), column("title"), column("description"));
    assert_eq!(csv.len(), sent.len() + 1);
    for row in &csv[1..] {
        let (line, lines) = &sent[&row[reference]];
        assert_eq!((&row[title], &row[description]), (&guarded(line), &guarded(lines)));
    }
}

/// A text as it stands in a cell: an apostrophe comes before what a spreadsheet could take for a formula.
fn guarded(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

/// Texts that look for a way out of their field.
fn hostile() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "\r\n",
        "\n",
        "\r",
        "\0",
        "\u{85}",
        "\u{2028}",
        "\u{2029}",
        "\u{b}",
        "\r\n ",
        "%0d%0a",
        "\r\n\r\n<html>",
        "\r\n.\r\n",
        "Bcc: evil@example.org",
        "evil@example.org",
        ", ",
        "<evil@example.org>",
        "=?UTF-8?B?DQpCY2M6IHg=?=",
        "=?utf-8?q?=0D=0ABcc:_x@y?=",
        "--_SR",
        "boundary=",
        ":",
        "\"",
        "\\",
        ";",
        "@",
        "@example.jp",
        " ",
        "\t",
        "a",
        "山田",
        "{{ reference }}",
        "{answer}",
        "%s",
        "\u{202E}",
        "\u{E0041}",
        "\u{200B}",
        "\u{1b}[31m",
        "X-Spam: no",
        "e\u{301}",
        "2026-11-22T22:47",
        "Asia/Tokyo",
        "b",
        "yes",
        "8e03978e-40d5-43e8-bc93-6894a57f9324",
        "+81-3-0000-0000",
    ]);
    prop_oneof![
        4 => prop::collection::vec(parts.clone(), 1..4).prop_map(|parts| parts.concat()),
        3 => prop::collection::vec(parts, 0..16).prop_map(|parts| parts.concat()),
        1 => ".{0,60}",
        1 => prop::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter),
        1 => "[a-z]{300,1300}",
    ]
}

/// All fields of a form that ships, and the hidden ones of every form.
fn fields(form: &str) -> Vec<String> {
    let file = format!("{}/content/forms/{form}.toml", env!("CARGO_MANIFEST_DIR"));
    let spec: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let groups = spec["group"].as_array().unwrap().iter();
    let names =
        groups.flat_map(|group| group["field"].as_array().unwrap()).map(|field| field["name"].as_str().unwrap().to_owned());
    let hidden = ["page", "locale", "website", "submission_id", "pow", "token", "_charset_"].map(str::to_owned);
    names.chain(hidden).collect::<BTreeSet<_>>().into_iter().collect()
}

const DESK: [&str; 9] =
    ["Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Reply-To", "Subject", "To"];
const REQUESTER: [&str; 10] = [
    "Auto-Submitted",
    "Content-Transfer-Encoding",
    "Content-Type",
    "Date",
    "From",
    "MIME-Version",
    "Message-ID",
    "Subject",
    "To",
    "X-Auto-Response-Suppress",
];

#[test]
fn nothing_that_is_typed_in_any_field_becomes_a_header_or_a_recipient() {
    let counter = open_counter();
    let feedback = vec![("page", "/ja/x/"), ("segment", "abc"), ("suggestion", "訳文"), ("email", "taro@example.co.jp")];
    let (mut accepted, mut refused) = (BTreeMap::new(), 0);
    for (form, base) in [("service-request", sound()), ("translation-feedback", feedback)] {
        let fields = fields(form);
        // Every field is met, however few cases there are.
        for (number, value) in some(hostile(), cases().max(3 * fields.len())).into_iter().enumerate() {
            let field = fields[number / 2 % fields.len()].as_str();
            let reply = post(&counter, form, &with(&base, &[(field, &value)]), number % 2 == 0);
            match taken(&reply) {
                Some(reference) => drop(accepted.insert(reference, (field.to_owned(), value))),
                None => {
                    assert!((400..=422).contains(&reply.status), "{field} {value:?}: {}", reply.text());
                    refused += 1;
                }
            }
        }
    }
    assert!(accepted.len() > 40 && refused > 40, "{} and {refused}", accepted.len());
    let letters = letters(&counter);
    let desk: BTreeSet<&str> = letters.iter().filter(|one| one.purpose == "escalation").map(|one| &*one.reference).collect();
    assert!(desk.iter().copied().eq(accepted.keys().map(String::as_str)), "one mail to the desk for each, and for no other");
    for letter in &letters {
        let (field, value) = &accepted[&letter.reference];
        let what = format!("{field} {value:?}\n{}", String::from_utf8_lossy(&letter.bytes));
        is_sound(letter, &what);
        if letter.purpose == "escalation" {
            let kept = &attached(&letter.bytes)["answers"][field];
            let line_breaks = value.replace("\r\n", "\n").replace(['\r', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
            let multi_line =
                ["description", "error_text", "steps_taken", "suggestion", "source_text", "target_text"].contains(&&**field);
            assert!(!multi_line || value.trim().is_empty() || kept.as_str() == Some(&*line_breaks), "{what}");
        }
    }
    confirmations_are_alike(&letters, &accepted);
}

/// The header fields are those that were meant, each line is short enough, and there is one recipient, in the mail and on its envelope.
fn is_sound(letter: &crate::mailbox::Letter, what: &str) {
    let (names, desk) = (header_names(&letter.bytes), letter.purpose == "escalation");
    let expected: Vec<&str> = if desk { DESK.to_vec() } else { REQUESTER.to_vec() };
    // An address that cannot stand in a header stands in none.
    let without_reply: Vec<&str> = expected.iter().copied().filter(|name| *name != "Reply-To").collect();
    assert!(names == expected || names == without_reply, "{names:?} {what}");
    let lines = std::str::from_utf8(&letter.bytes).unwrap().split("\r\n");
    assert!(lines.into_iter().all(|line| line.len() <= 998 && line.is_ascii() && !line.contains(['\r', '\n', '\0'])), "{what}");
    let message = mail_parser::MessageParser::default().parse(&letter.bytes).unwrap();
    let to: Vec<_> = message.to().unwrap().iter().map(|to| to.address().unwrap()).collect();
    assert_eq!(to, [letter.rcpt_to.as_str()], "{what}");
    assert!(message.cc().is_none() && message.bcc().is_none(), "{what}");
    assert_eq!(letter.mail_from, if desk { "guidance@example.com" } else { "" });
    if let Some(reply_to) = message.reply_to() {
        let (typed, read) = (attached(&letter.bytes), reply_to.first().and_then(|one| one.address()));
        let typed = typed["answers"]["email"].as_str();
        assert!(typed.is_some_and(|typed| !typed.is_ascii()) || read == typed, "{read:?} {what}");
    }
    assert!(!desk || letter.rcpt_to == "desk@example.com", "{what}");
    assert_eq!(message.attachment_count(), usize::from(desk), "{what}");
}

/// Confirmations of a form in a language differ in number and time only: no word of them was typed.
fn confirmations_are_alike(letters: &[crate::mailbox::Letter], accepted: &BTreeMap<String, (String, String)>) {
    let sent: Vec<_> = letters.iter().filter(|letter| letter.purpose == "confirmation").collect();
    assert!(!sent.is_empty() && sent.len() <= 30, "{}", sent.len());
    let mut texts = BTreeSet::new();
    for letter in sent {
        let shown = text(&letter.bytes).replace(&letter.reference, "SR");
        let timeless: String = shown.lines().filter(|line| !line.contains("JST")).collect();
        let (field, value) = &accepted[&letter.reference];
        assert!(value.chars().count() < 4 || !shown.contains(&**value), "{field} {value:?}\n{shown}");
        let desk = letters.iter().find(|one| one.reference == letter.reference && one.purpose == "escalation").unwrap();
        // A domain of other letters is written in its ASCII form.
        let answers = &attached(&desk.bytes)["answers"];
        let (typed, local) = (answers["email"].as_str().unwrap(), |address: &str| address.split('@').next().unwrap().to_owned());
        let alone = if typed.is_ascii() { typed == letter.rcpt_to } else { local(typed) == local(&letter.rcpt_to) };
        assert!(alone, "to the requester alone: {typed:?} {:?}", letter.rcpt_to);
        texts.insert(timeless);
    }
    assert!(texts.len() <= 4, "two forms in two languages: {texts:#?}");
}
