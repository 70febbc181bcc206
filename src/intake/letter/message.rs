//! A message put together by lettre from parts that are clean already.

use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, Date, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox as Name, Message, MultiPart, MultiPartKind, SinglePart};

use super::{LetterError, address, text, time};
use crate::config::Mailbox;
use crate::intake::outbox::Millis;

/// What a message is made of.
pub(super) struct Draft<'a> {
    pub(super) from: &'a Mailbox,
    pub(super) to: &'a str,
    pub(super) reply_to: Option<Address>,
    pub(super) subject: String,
    pub(super) date: Millis,
    pub(super) message_id: &'a str,
    /// Headers whose values are constants of the program.
    pub(super) marks: &'a [(&'static str, &'static str)],
    pub(super) text: String,
    /// A file of JSON: its name, and what it holds.
    pub(super) json: Option<(String, String)>,
}

/// The widest name of a sender.
const NAME_COLUMNS: usize = 40;

/// The message with CRLF line ends.
pub(super) fn bytes(draft: Draft<'_>) -> Result<Vec<u8>, LetterError> {
    let mut builder = Message::builder()
        .from(sender(draft.from)?)
        .to(Name::new(None, draft.to.parse().map_err(|_| LetterError::Address("mailbox"))?))
        .subject(draft.subject)
        .header(date(draft.date)?)
        .message_id(Some(draft.message_id.to_owned()));
    if let Some(address) = draft.reply_to {
        builder = builder.reply_to(Name::new(None, address));
    }
    for (name, value) in draft.marks {
        builder = builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), (*value).to_owned()));
    }
    let text = part(ContentType::TEXT_PLAIN, draft.text)?;
    let message = match draft.json {
        Some((name, json)) => builder.multipart(mixed(draft.message_id, text, attached(name, json)?)),
        None => builder.singlepart(text),
    };
    let mut bytes = message.map_err(|error| LetterError::Message(error.to_string()))?.formatted();
    if !bytes.ends_with(b"\r\n") {
        bytes.extend_from_slice(b"\r\n");
    }
    Ok(bytes)
}

fn sender(from: &Mailbox) -> Result<Name, LetterError> {
    let address = address::plain(&from.address).ok_or(LetterError::Address("from"))?;
    Ok(Name::new(from.name.as_deref().map(|name| text::one_line(name, NAME_COLUMNS)), address))
}

/// A fixed date: a new one at each try would be another message.
fn date(at: Millis) -> Result<Date, LetterError> {
    let written = time::moment(at)?.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    Date::parse(&written).map_err(|_| LetterError::Time)
}

/// The boundary is fixed too. Base64 holds no `_`, so that it stands in no part.
fn mixed(message_id: &str, text: SinglePart, file: SinglePart) -> MultiPart {
    let name: String = message_id.chars().filter(|c| c.is_ascii_alphanumeric()).take(40).collect();
    MultiPart::builder().kind(MultiPartKind::Mixed).boundary(format!("_{name}_")).singlepart(text).singlepart(file)
}

fn part(kind: ContentType, text: String) -> Result<SinglePart, LetterError> {
    Ok(SinglePart::builder().header(kind).body(encoded(text)?))
}

fn attached(name: String, json: String) -> Result<SinglePart, LetterError> {
    let kind = ContentType::parse("application/json").map_err(|error| LetterError::Message(error.to_string()))?;
    Ok(Attachment::new(name).body(encoded(json)?, kind))
}

fn encoded(text: String) -> Result<Body, LetterError> {
    let crlf = text.replace("\r\n", "\n").replace('\n', "\r\n");
    Body::new_with_encoding(crlf, ContentTransferEncoding::Base64)
        .map_err(|_| LetterError::Message("base64 cannot hold the text".into()))
}
