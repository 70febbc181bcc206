//! A message put together from parts that are clean already.
//!
//! The headers that can hold anybody's words or be too long for a line are encoded and folded by lettre. All else is written as it is:
//! lettre's builders copy each part several times and look through it for what is known here, which took a fifth of the instructions of a
//! request. The tests hold the bytes against those of lettre's builders.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use lettre::Address;
use lettre::message::header::{From, Header, HeaderValue, Headers, Subject};
use lettre::message::{Mailbox as Name, Mailboxes};

use super::{LetterError, address, text, time};
use crate::config::Mailbox;
use crate::intake::outbox::Millis;

/// What a message is made of.
#[derive(Debug, Clone)]
pub(super) struct Draft<'a> {
    pub(super) from: &'a Mailbox,
    pub(super) to: Address,
    pub(super) reply_to: Option<Address>,
    pub(super) subject: String,
    pub(super) date: Millis,
    pub(super) message_id: &'a str,
    /// Headers whose values are constants of the program.
    pub(super) marks: &'a [(&'static str, &'static str)],
    pub(super) text: String,
    /// A file of JSON: its name, which is a reference with its ending, and what it holds.
    pub(super) json: Option<(String, String)>,
}

/// The widest name of a sender.
const NAME_COLUMNS: usize = 40;

/// The message with CRLF line ends.
pub(super) fn bytes(draft: &Draft<'_>) -> Result<Vec<u8>, LetterError> {
    let typed = draft.text.len() + draft.json.as_ref().map_or(0, |(_, json)| json.len());
    // Base64 takes four bytes for three, and CRLF a few more; the headers take less than 1 KiB.
    let mut mail = String::with_capacity(1024 + typed * 3 / 2);
    head(&mut mail, draft)?;
    match &draft.json {
        Some((name, json)) => mixed(&mut mail, draft, name, json),
        None => part(&mut mail, TEXT, &draft.text),
    }
    Ok(mail.into_bytes())
}

fn head(mail: &mut String, draft: &Draft<'_>) -> Result<(), LetterError> {
    mail.push_str(&encoded(From::from(Mailboxes::new().with(sender(draft.from)?)).display()));
    field(mail, "To", draft.to.as_ref());
    mail.push_str(&encoded(Subject::from(draft.subject.clone()).display()));
    field(mail, "Date", &date(draft.date)?);
    field(mail, "Message-ID", draft.message_id);
    if let Some(address) = &draft.reply_to {
        field(mail, "Reply-To", address.as_ref());
    }
    for (name, value) in draft.marks {
        field(mail, name, value);
    }
    field(mail, "MIME-Version", "1.0");
    Ok(())
}

/// A header as lettre writes it: encoded and folded.
fn encoded(header: HeaderValue) -> String {
    let mut headers = Headers::with_capacity(1);
    headers.insert_raw(header);
    headers.to_string()
}

/// A header whose value is ours, or an address: ASCII without spaces, which is neither encoded nor folded.
fn field(mail: &mut String, name: &str, value: &str) {
    mail.extend([name, ": ", value, "\r\n"]);
}

fn sender(from: &Mailbox) -> Result<Name, LetterError> {
    let address = address::plain(&from.address).ok_or(LetterError::Address("from"))?;
    Ok(Name::new(from.name.as_deref().map(|name| text::one_line(name, NAME_COLUMNS)), address))
}

/// A fixed date: a new one at each try would be another message.
fn date(at: Millis) -> Result<String, LetterError> {
    Ok(time::moment(at)?.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())
}

const TEXT: &str = "Content-Type: text/plain; charset=utf-8\r\n";

/// The text, and the file. The boundary is fixed too. Base64 holds no `_`, so that it stands in no part.
fn mixed(mail: &mut String, draft: &Draft<'_>, name: &str, json: &str) {
    let id: String = draft.message_id.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let boundary = format!("_{id}_");
    let (kind, parameter) = ("Content-Type: multipart/mixed;", format!(" boundary=\"{boundary}\"\r\n"));
    let fold = if kind.len() + parameter.len() > LINE + "\r\n".len() { "\r\n" } else { "" };
    mail.extend([kind, fold, &parameter]);
    let file = format!("Content-Disposition: attachment; filename=\"{name}\"\r\nContent-Type: application/json\r\n");
    mail.push_str("\r\n");
    for (head, text) in [(TEXT, draft.text.as_str()), (&*file, json)] {
        mail.extend(["--", &boundary, "\r\n"]);
        part(mail, head, text);
    }
    mail.extend(["--", &boundary, "--\r\n"]);
}

/// A part with its head, in base64.
fn part(mail: &mut String, head: &str, text: &str) {
    mail.extend([head, "Content-Transfer-Encoding: base64\r\n\r\n"]);
    let encoded = BASE64_STANDARD.encode(with_crlf(text));
    let mut rest = encoded.as_str();
    while let Some((line, after)) = rest.split_at_checked(LINE).filter(|(_, after)| !after.is_empty()) {
        mail.extend([line, "\r\n"]);
        rest = after;
    }
    mail.extend([rest, "\r\n"]);
}

/// The longest line of base64 (RFC 2045 §6.8), and of a header that can be folded.
const LINE: usize = 76;

/// All line ends as CRLF.
fn with_crlf(text: &str) -> String {
    let mut crlf = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    // Lines are short: to look for a byte is quicker than to begin a search.
    while let Some(end) = rest.bytes().position(|byte| byte == b'\n') {
        let line = &rest[..end];
        crlf.extend([line.strip_suffix('\r').unwrap_or(line), "\r\n"]);
        rest = &rest[end + 1..];
    }
    crlf + rest
}

#[cfg(test)]
mod tests;
