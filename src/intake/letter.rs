//! The two mails of a request: to the desk, and to the requester. Pure: the same values give the same bytes.
//!
//! A mail is rendered once, when the request is taken; its bytes are stored and sent as they are however often it takes. What
//! cannot be rendered is therefore found out before the request is accepted. The desk's mail holds what the requester typed;
//! the requester's holds none of it, for a form that mails typed text to a typed address is a relay for anybody's spam
//! (Zendesk, January 2026).
//!
//! Both are text in UTF-8, base64 throughout, so that no relay has anything to convert. ISO-2022-JP cannot hold 髙, 﨑 or
//! half-width kana. They are not signed: DKIM is the work of the relay, which has the key.

mod address;
mod attachment;
mod confirmation;
mod escalation;
mod hours;
mod message;
mod probe;
mod scripts;
mod text;
mod time;

use std::fmt;

pub use address::{digest, wire};

use super::ids::Reference;
use super::outbox::{Letter, Millis};
use super::submission::Submission;
use crate::config::{FormConfig, Mailbox};
use crate::form::FormSpec;
use crate::locale::LocaleSet;
use crate::theme::Theme;

/// What the mails of a form are made from, whoever sends it.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// The form.
    pub form: &'a FormSpec,
    /// What the configuration says of it.
    pub config: &'a FormConfig,
    /// The sender of all mail.
    pub from: &'a Mailbox,
    /// The locales of the site.
    pub locales: &'a LocaleSet,
    /// The words of the mails.
    pub theme: &'a Theme,
}

/// A request as it was taken.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What was sent.
    pub submission: &'a Submission,
    /// Its number.
    pub reference: &'a Reference,
    /// When it was taken.
    pub received_at: Millis,
    /// A request taken shortly before that may be the same.
    pub twin: Option<&'a Reference>,
}

/// Why a mail cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LetterError {
    /// The form has no mailbox.
    NoMailbox,
    /// An address of the configuration cannot stand in a mail.
    Address(&'static str),
    /// The time lies outside the years that a mail can name.
    Time,
    /// The message could not be put together.
    Message(String),
    /// Code that makes the message failed; a person must look at it.
    Panic,
}

impl fmt::Display for LetterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMailbox => f.write_str("the form has no mailbox; set `mailbox` in its table of madoguchi.toml"),
            Self::Address(key) => write!(f, "the address of `{key}` in madoguchi.toml cannot stand in a mail; use another"),
            Self::Time => f.write_str("the time of the request is none that a mail can name; set the clock of this machine"),
            Self::Message(why) => write!(f, "the mail cannot be put together: {why}"),
            Self::Panic => f.write_str("the mail cannot be put together: a fault in the program"),
        }
    }
}

impl std::error::Error for LetterError {}

/// Whether mail can go from the one address to the other: to be asked before a counter takes requests, for none could be accepted.
///
/// # Errors
/// The address that cannot stand in a mail, by its key.
pub fn deliverable(from: &Mailbox, mailbox: &Mailbox) -> Result<(), LetterError> {
    address::plain(&from.address).ok_or(LetterError::Address("from"))?;
    address::wire(&mailbox.address).map(drop).ok_or(LetterError::Address("mailbox"))
}

/// Whether a zone of this name is known: to be asked before a counter takes requests.
pub fn knows_zone(name: &str) -> bool {
    time::zone(name).is_some()
}

/// The mail to the desk: all answers with their labels in the desk's locale, and the same for machines as JSON.
///
/// # Errors
/// See [`LetterError`]; none of them is the requester's doing.
pub fn escalation(desk: &Desk<'_>, request: &Request<'_>) -> Result<Letter, LetterError> {
    guarded(|| escalation::letter(desk, request))
}

/// The mail to the requester, in the reader's language and without a word that they typed; nothing where the form sends none,
/// the request is held, or the address is one that cannot be mailed to (`a..b@docomo.ne.jp`).
///
/// # Errors
/// See [`LetterError`].
pub fn confirmation(desk: &Desk<'_>, request: &Request<'_>) -> Result<Option<Letter>, LetterError> {
    guarded(|| confirmation::letter(desk, request))
}

/// A test mail to the desk, in its language, which says of itself that it is none of a request. It has the sender, the recipient and
/// the envelope of an escalation. `name` tells it from other tests.
///
/// # Errors
/// See [`LetterError`].
pub fn probe(desk: &Desk<'_>, name: &str, at: Millis) -> Result<Letter, LetterError> {
    guarded(|| probe::letter(desk, name, at))
}

/// Whether there would be a mail to the requester.
pub fn confirms(desk: &Desk<'_>, submission: &Submission) -> bool {
    confirmation::recipient(desk, submission).is_some()
}

/// lettre panics on line breaks in a display name; none gets that far, but a panic here would be met at each try.
fn guarded<T>(make: impl FnOnce() -> Result<T, LetterError>) -> Result<T, LetterError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(make)).unwrap_or(Err(LetterError::Panic))
}

#[cfg(test)]
pub(in crate::intake) mod tests;
