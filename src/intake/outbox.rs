//! What is still to be mailed, and how far it is: the words that the store, the HTTP side and the mail worker share. Pure values.
//!
//! All times are whole milliseconds since 1970-01-01T00:00:00Z ([`Millis`]); whoever knows the time passes it in.

use super::ids::Reference;

/// Milliseconds since the Unix epoch, in UTC.
pub type Millis = i64;

/// Which of the two mails of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// To the desk.
    Escalation,
    /// To the requester.
    Confirmation,
}

/// How far a delivery is. Nothing is ever discarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryState {
    /// Waits for its first try.
    Queued,
    /// A worker has it, and has not written the final dot.
    Leased,
    /// The server took it.
    Sent,
    /// Was refused or not answered for now; waits for its next try.
    Deferred,
    /// The final dot may have been sent; the answer is not known.
    Unknown,
    /// Needs a person.
    Held,
}

/// Why a delivery needs a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoldReason {
    /// The field that people do not see was filled in.
    Honeypot,
    /// The server refused the mailbox or the mail for good.
    Refused,
    /// The mail cannot be sent at all (rendering or the dialogue failed in our own code, three times).
    Poison,
}

/// Gives each variant the name by which it is stored, listed and measured.
macro_rules! names {
    ($kind:ident: $($variant:ident = $name:literal),+) => {
        impl $kind {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name where it is stored, listed and measured.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The one of this name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

names!(Purpose: Escalation = "escalation", Confirmation = "confirmation");
names!(DeliveryState: Queued = "queued", Leased = "leased", Sent = "sent", Deferred = "deferred", Unknown = "unknown", Held = "held");
names!(HoldReason: Honeypot = "honeypot", Refused = "refused", Poison = "poison");

/// A mail as it will be sent, whatever happens: rendered once, when the request is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// To whom it is for.
    pub purpose: Purpose,
    /// The envelope's sender; empty for `<>`.
    pub mail_from: String,
    /// The envelope's only recipient.
    pub rcpt_to: String,
    /// The Message-ID with its angle brackets, fixed for all tries.
    pub message_id: String,
    /// The whole message with CRLF line ends, before dot-stuffing.
    pub bytes: Vec<u8>,
}

/// All that one transaction writes when a request is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// Its number.
    pub reference: Reference,
    /// The key of its status page.
    pub status_key: String,
    /// The form's name.
    pub form: String,
    /// The idempotency key, scoped by form; `None` where the client sent none.
    pub submission_id: Option<String>,
    /// The digest of its answers ([`Submission::fingerprint`](super::submission::Submission::fingerprint)).
    pub fingerprint: [u8; 32],
    /// The token that it uses up.
    pub token: Option<UsedToken>,
    /// When it was taken.
    pub received_at: Millis,
    /// The answers as a JSON object of strings, in the specification's order, with `locale` and `page` under keys that begin with `_`.
    pub answers: String,
    /// The mail to the desk.
    pub escalation: Letter,
    /// The mail to the requester, and the digest of the address it goes to (lower-cased, without `+tag`), by which it is limited.
    pub confirmation: Option<(Letter, [u8; 32])>,
    /// Whether one was not even made, for the store had said that the limit of all is reached: it is counted as left out.
    pub left_out: bool,
    /// Why it is held from the start, if it is.
    pub hold: Option<HoldReason>,
}

/// A token that was used up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedToken {
    /// Its random id.
    pub id: [u8; 16],
    /// When it would have expired: from then on it need not be remembered.
    pub expires_at: Millis,
}

/// What became of a request at the store. In every case the commit is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// It is stored.
    New,
    /// It was stored before, under the same key and with the same content: the number it got then, and its status key.
    Replayed(Reference, String),
    /// Its key belongs to a request with other content; nothing is stored.
    KeyReused,
    /// Its token was used before; nothing is stored.
    TokenUsed,
}

/// What limits confirmations (INTAKE: the autoresponder is the abuse channel).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfirmationLimits {
    /// At most one for an address in this time.
    pub per_address: Millis,
    /// At most so many in all …
    pub in_all: u32,
    /// … in this time.
    pub window: Millis,
}

impl Default for ConfirmationLimits {
    fn default() -> Self {
        Self { per_address: 24 * 60 * 60 * 1000, in_all: 30, window: 60 * 60 * 1000 }
    }
}

/// A delivery that a worker has: nobody else may touch it until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The delivery's number in the store.
    pub delivery: i64,
    /// The fencing token: rises with each lease of the delivery; a write with an old one changes nothing.
    pub fence: i64,
    /// The request.
    pub reference: Reference,
    /// The form's name.
    pub form: String,
    /// How many tries there were before this one that count; see [`Outcome::Unreached`].
    pub attempts: u32,
    /// Whether an earlier try may have arrived (it was `unknown`).
    pub may_repeat: bool,
    /// The mail.
    pub letter: Letter,
}

/// How a try ended. `Unknown` is also written before the final dot goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server took it, with this reply.
    Sent {
        /// The server's last reply, one line.
        reply: String,
    },
    /// Not now; the next try is due then.
    Deferred {
        /// When it is due.
        due: Millis,
        /// Why, for the operator.
        why: String,
    },
    /// The server was not reached, or lets nobody in: as [`Deferred`](Self::Deferred), and the try does not count.
    Unreached {
        /// When it is due.
        due: Millis,
        /// Why, for the operator.
        why: String,
    },
    /// The final dot goes out, or went out and no answer came; the same bytes go again then, unless an answer is recorded before.
    Unknown {
        /// When it is due.
        due: Millis,
        /// Why, for the operator.
        why: String,
    },
    /// A person must look.
    Held {
        /// The kind of reason.
        reason: HoldReason,
        /// Why, for the operator.
        why: String,
    },
}
