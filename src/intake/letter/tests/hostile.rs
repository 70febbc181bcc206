//! Text that tries to be more than text, and text that is rare.

use std::collections::BTreeSet;

use mail_parser::MessageParser;
use proptest::prelude::*;

use super::samples::Sample;
use super::text;
use crate::intake::letter::text::{one_line, visible};
use crate::intake::outbox::Letter;

/// The header fields of the desk's mail, whatever is typed.
const FIELDS: [&str; 9] =
    ["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];

/// The names of the header fields, taken from the bytes themselves.
fn fields(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let head = text.split("\r\n\r\n").next().unwrap();
    let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    lines.map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

/// What holds for every mail: lines, line ends, and what a parser makes of the head.
fn check(letter: &Letter, may_lack: &str) {
    let found = fields(&letter.bytes);
    let unique: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(unique.len(), found.len(), "a field stands twice: {found:?}");
    let known: BTreeSet<&str> = FIELDS.into_iter().collect();
    assert!(known.difference(&unique).all(|name| *name == may_lack) && unique.is_subset(&known), "{found:?}");
    assert!(letter.bytes.is_ascii(), "all is encoded");
    let text = std::str::from_utf8(&letter.bytes).unwrap();
    assert!(!text.replace("\r\n", "").contains(['\r', '\n', '\0']));
    for line in text.split("\r\n") {
        assert!(line.len() <= 78 || line.starts_with("Reply-To: ") && line.len() <= 270, "{line}");
    }
    let message = MessageParser::default().parse(&letter.bytes).unwrap();
    assert_eq!(message.to().unwrap().iter().count(), 1);
    assert_eq!(message.to().unwrap().first().unwrap().address(), Some("escalations@example.com"));
    assert!(message.cc().is_none() && message.bcc().is_none());
    assert_eq!(message.attachment_count(), 1);
}

fn json(letter: &Letter) -> serde_json::Value {
    let message = MessageParser::default().parse(&letter.bytes).unwrap();
    serde_json::from_slice(message.attachment(0).unwrap().contents()).unwrap()
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
        "Bcc: evil@example.org",
        "\r\n\r\n<html>",
        "\r\n.\r\n",
        "=?UTF-8?B?Cg==?=",
        "=?utf-8?q?=0D=0ABcc:_x@y?=",
        "--_SR0410",
        ":",
        "<",
        ">",
        "\"",
        "\\",
        ",",
        ";",
        "@",
        " ",
        "\t",
        "山田",
        "髙",
        "🏴",
        "e\u{301}",
        "\u{202E}",
        "\u{E0041}",
        "\u{FEFF}",
        "a",
        "X-Spam: no",
        "\u{1b}[31m",
    ]);
    prop_oneof![
        prop::collection::vec(parts, 0..24).prop_map(|parts| parts.concat()),
        ".{0,80}",
        prop::collection::vec(any::<char>(), 0..60).prop_map(String::from_iter),
        "[a-z]{900,1300}",
    ]
}

proptest! {
    #[test]
    fn nothing_that_is_typed_becomes_a_header(
        name in hostile(), email in hostile(), title in hostile(), text_typed in hostile(), page in hostile(), zone in hostile(),
    ) {
        let fields = [("requester_name", &*name), ("email", &*email), ("title", &*title), ("started_at", &*zone),
            ("time_zone", &*zone), ("description", &*text_typed)];
        let mut sample = Sample::new(&fields);
        sample.submission.page = Some(page);
        let letter = sample.escalation();
        check(&letter, "Reply-To");
        let read = MessageParser::default().parse(&letter.bytes).unwrap().subject().unwrap().to_owned();
        let subject = format!("[SR-0410-6105-0R3G-G28A] {}", one_line(&title, 60 - 25));
        prop_assert_eq!(read.trim_end(), subject.trim_end());
        let json = json(&letter);
        for (field, value) in fields {
            prop_assert_eq!(json["answers"][field].as_str(), Some(value));
        }
        if let Some(confirmation) = sample.confirmation() {
            let message = MessageParser::default().parse(&confirmation.bytes).unwrap();
            prop_assert_eq!(message.to().unwrap().iter().count(), 1);
            prop_assert_eq!(super::super::wire(&email), Some(confirmation.rcpt_to));
        }
    }

    #[test]
    fn a_japanese_text_arrives_as_it_was_typed(typed in "[ぁ-ヶ一-龠々〆ヵｦ-ﾟ！-～①-⑳㈱㍻a-z0-9 　\n。、・「」]{1,400}") {
        let letter = Sample::new(&[("description", &typed), ("title", &typed)]).escalation();
        check(&letter, "Reply-To");
        prop_assert!(text(&letter).contains(&typed));
    }

    #[test]
    fn a_line_for_a_header_is_short_and_can_be_seen(typed in hostile(), columns in 1_usize..80) {
        let line = one_line(&typed, columns);
        prop_assert!(unicode_width::UnicodeWidthStr::width(&*line) <= columns && line.len() <= 240);
        let unseen = line.chars().any(|c| c.is_control() || c == '\u{202E}');
        prop_assert!(!unseen);
    }
}

#[test]
fn every_character_of_cp932_arrives() {
    let mut all = String::new();
    for lead in (0x81..=0x9F).chain(0xE0..=0xFC_u8) {
        for trail in (0x40..=0x7E).chain(0x80..=0xFC_u8) {
            let pair = [lead, trail];
            let (decoded, damaged) = encoding_rs::SHIFT_JIS.decode_without_bom_handling(&pair);
            if !damaged && decoded.chars().count() == 1 {
                all.push_str(&decoded);
            }
        }
        all.push('\n');
    }
    all.extend(('\u{FF61}'..='\u{FF9F}').chain('!'..='~'));
    assert!(all.chars().count() > 9_000, "{}", all.chars().count());
    let letter = Sample::new(&[("description", &all)]).escalation();
    assert!(text(&letter).contains(&all));
    assert_eq!(json(&letter)["answers"]["description"], all);
    let characters: Vec<char> = all.chars().filter(|c| !c.is_whitespace()).collect();
    for part in characters.chunks(12) {
        let title: String = part.iter().collect();
        let letter = Sample::new(&[("title", &title)]).escalation();
        let message = MessageParser::default().parse(&letter.bytes).unwrap();
        assert_eq!(message.subject(), Some(&*format!("[SR-0410-6105-0R3G-G28A] {title}")));
    }
}

#[test]
fn what_cannot_be_seen_is_written_out_and_said() {
    let typed = "a\0b\u{1b}[31m\x7f\u{85}\u{202E}txt.exe\u{E0041}\tz";
    let shown = visible(typed);
    assert_eq!(shown.text, "a␀b␛[31m␡<U+0085><U+202E>txt.exe<U+E0041>\tz");
    let letter = Sample::new(&[("description", typed)]).escalation();
    let text = text(&letter);
    assert!(text.contains(&*shown.text) && text.contains("Caution: the request holds characters that cannot be seen."), "{text}");
    assert_eq!(json(&letter)["answers"]["description"], typed);
}
