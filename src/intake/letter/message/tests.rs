//! The bytes of a message are those that lettre's builders make of the same parts.

use std::io::Write;

use lettre::message::header::{
    ContentTransferEncoding, ContentType, From, HeaderName, HeaderValue, Headers, MIME_VERSION_1_0, ReplyTo, Subject, To,
};
use lettre::message::{Attachment, Body, Mailbox as Name, Mailboxes, MultiPart, SinglePart};
use proptest::prelude::*;

use super::{Draft, bytes, date, sender};
use crate::config::Mailbox;
use crate::intake::ids::Reference;
use crate::intake::letter::tests::samples::RECEIVED;
use crate::intake::letter::text::one_line;

/// The message by lettre alone.
fn by_lettre(draft: &Draft<'_>) -> Vec<u8> {
    let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(encoded(&draft.text));
    let parts = match &draft.json {
        Some((name, json)) => {
            let id: String = draft.message_id.chars().filter(|c| c.is_ascii_alphanumeric()).take(40).collect();
            let kind = ContentType::parse(&format!("multipart/mixed; boundary=\"_{id}_\"")).unwrap();
            let file = Attachment::new(name.clone()).body(encoded(json), ContentType::parse("application/json").unwrap());
            MultiPart::builder().header(kind).singlepart(text).singlepart(file).formatted()
        }
        None => text.formatted(),
    };
    let mut bytes = Vec::new();
    write!(bytes, "{}", headers(draft)).unwrap();
    bytes.extend_from_slice(&parts);
    bytes
}

fn headers(draft: &Draft<'_>) -> Headers {
    let one = |name: Name| Mailboxes::new().with(name);
    let raw = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
    let mut headers = Headers::new();
    headers.set(From::from(one(sender(draft.from).unwrap())));
    headers.set(To::from(one(Name::new(None, draft.to.clone()))));
    headers.set(Subject::from(draft.subject.clone()));
    headers.insert_raw(raw("Date", &date(draft.date).unwrap()));
    headers.insert_raw(raw("Message-ID", draft.message_id));
    if let Some(address) = &draft.reply_to {
        headers.set(ReplyTo::from(one(Name::new(None, address.clone()))));
    }
    for (name, value) in draft.marks {
        headers.insert_raw(raw(name, value));
    }
    headers.set(MIME_VERSION_1_0);
    headers
}

fn encoded(text: &str) -> Body {
    let crlf = text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes();
    Body::new_with_encoding(crlf, ContentTransferEncoding::Base64).unwrap()
}

/// Texts of all lengths around a line of base64, with all kinds of line ends.
fn typed() -> impl Strategy<Value = String> {
    prop_oneof![
        "(\r\n|\n|\r|a|山|=|\\.){0,200}",
        ".{0,80}",
        "[a-z]{900,1300}",
        prop::collection::vec(any::<char>(), 0..80).prop_map(String::from_iter)
    ]
}

/// Addresses that may stand in a header, some of them longer than a line.
fn address() -> impl Strategy<Value = lettre::Address> {
    "[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}@([a-z0-9]{1,60}\\.){1,3}example"
        .prop_filter_map("an address", |text| super::address::plain(&text))
}

proptest! {
    #[test]
    fn a_message_is_what_lettre_makes_of_it(
        name in prop::option::of(typed()), from in address(), to in address(), reply_to in prop::option::of(address()),
        subject in typed(), text in typed(), json in prop::option::of(typed()), random: [u8; 10],
        date in 0..4_000_000_000_000_i64, is_reply: bool,
    ) {
        let (reference, from) = (Reference::from_random(random), Mailbox { name, address: from.to_string() });
        let message_id = format!("<{reference}.v1@{}>", from.address.rsplit_once('@').unwrap().1);
        let marks: &[_] = match is_reply {
            true => &[("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")],
            false => &[("Auto-Submitted", "auto-generated")],
        };
        let draft = Draft {
            from: &from, to, reply_to, subject: one_line(&subject, 120), date, message_id: &message_id, marks, text,
            json: json.map(|json| (format!("{reference}.json"), json)),
        };
        prop_assert_eq!(String::from_utf8(bytes(&draft).unwrap()), String::from_utf8(by_lettre(&draft)));
    }
}

#[test]
fn lines_of_base64_are_cut_where_lettre_cuts_them() {
    let from = Mailbox { name: None, address: "a@example.com".into() };
    for length in 0..240 {
        let draft = Draft {
            from: &from,
            to: "b@example.com".parse().unwrap(),
            reply_to: None,
            subject: "x".into(),
            date: RECEIVED,
            message_id: "<a@example.com>",
            marks: &[],
            text: "x".repeat(length),
            json: Some(("SR-0410-6105-0R3G-G28A.json".into(), "\n".repeat(length))),
        };
        assert_eq!(bytes(&draft).unwrap(), by_lettre(&draft), "{length}");
    }
}
