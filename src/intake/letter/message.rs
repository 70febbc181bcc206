//! A message put together by lettre from parts that are clean already.
//!
//! Its headers are set one by one. lettre's builder of whole messages reads them back to find an envelope, which took a fifth of the time
//! of a request; ours has an envelope already.

use std::io::Write;

use lettre::Address;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, From, HeaderName, HeaderValue, Headers, MIME_VERSION_1_0, ReplyTo, Subject, To,
};
use lettre::message::{Attachment, Body, Mailbox as Name, Mailboxes, MultiPart, SinglePart};

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
    let headers = headers(&draft)?;
    let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(encoded(&draft.text)?);
    let parts = match draft.json {
        Some((name, json)) => mixed(draft.message_id, text, attached(name, &json)?)?.formatted(),
        None => text.formatted(),
    };
    let mut bytes = Vec::with_capacity(parts.len() + 1024);
    write!(bytes, "{headers}").map_err(message)?;
    bytes.extend_from_slice(&parts);
    if !bytes.ends_with(b"\r\n") {
        bytes.extend_from_slice(b"\r\n");
    }
    Ok(bytes)
}

fn headers(draft: &Draft<'_>) -> Result<Headers, LetterError> {
    let one = |name: Name| Mailboxes::new().with(name);
    let to = draft.to.parse().map_err(|_| LetterError::Address("mailbox"))?;
    let mut headers = Headers::with_capacity(10);
    headers.set(From::from(one(sender(draft.from)?)));
    headers.set(To::from(one(Name::new(None, to))));
    headers.set(Subject::from(draft.subject.clone()));
    headers.insert_raw(raw("Date", date(draft.date)?));
    headers.insert_raw(raw("Message-ID", draft.message_id.to_owned()));
    if let Some(address) = &draft.reply_to {
        headers.set(ReplyTo::from(one(Name::new(None, address.clone()))));
    }
    for (name, value) in draft.marks {
        headers.insert_raw(raw(name, (*value).to_owned()));
    }
    headers.set(MIME_VERSION_1_0);
    Ok(headers)
}

/// A header whose value is ours.
fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

fn message(why: impl ToString) -> LetterError {
    LetterError::Message(why.to_string())
}

fn sender(from: &Mailbox) -> Result<Name, LetterError> {
    let address = address::plain(&from.address).ok_or(LetterError::Address("from"))?;
    Ok(Name::new(from.name.as_deref().map(|name| text::one_line(name, NAME_COLUMNS)), address))
}

/// A fixed date: a new one at each try would be another message.
fn date(at: Millis) -> Result<String, LetterError> {
    Ok(time::moment(at)?.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())
}

/// The boundary is fixed too. Base64 holds no `_`, so that it stands in no part.
fn mixed(message_id: &str, text: SinglePart, file: SinglePart) -> Result<MultiPart, LetterError> {
    let name: String = message_id.chars().filter(|c| c.is_ascii_alphanumeric()).take(40).collect();
    let kind = ContentType::parse(&format!("multipart/mixed; boundary=\"_{name}_\"")).map_err(message)?;
    Ok(MultiPart::builder().header(kind).singlepart(text).singlepart(file))
}

fn attached(name: String, json: &str) -> Result<SinglePart, LetterError> {
    let kind = ContentType::parse("application/json").map_err(message)?;
    Ok(Attachment::new(name).body(encoded(json)?, kind))
}

/// In base64, with CRLF line ends. As bytes: a text lettre would look through for line ends once more.
fn encoded(text: &str) -> Result<Body, LetterError> {
    let lf = if text.contains('\r') { &text.replace("\r\n", "\n") } else { text };
    let crlf = lf.replace('\n', "\r\n").into_bytes();
    Body::new_with_encoding(crlf, ContentTransferEncoding::Base64).map_err(|_| message("base64 cannot hold the text"))
}
