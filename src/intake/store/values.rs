//! What the store is asked, and what it answers.

use std::time::Duration;

use super::super::ids::Reference;
use super::super::outbox::{ConfirmationLimits, DeliveryState, HoldReason, Millis, Purpose};
use crate::ordered::Map;

/// Who opens the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The counter: on SQLite the only one, which takes over what a former process had leased.
    Counter,
    /// A command of the operator, beside a running counter.
    Operator,
}

/// How the store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// The time.
    pub now: Millis,
    /// Who opens it.
    pub role: Role,
    /// The most requests and records that share one commit on SQLite. One makes each its own commit, to compare with.
    pub batch: usize,
    /// The most requests that wait for the writer; one more is answered [`StoreError::Busy`](super::StoreError::Busy).
    pub waiting: usize,
    /// What limits confirmations.
    pub confirmations: ConfirmationLimits,
    /// Free bytes below which the store is not ready, and which a wipe leaves free (SQLite).
    pub reserve: u64,
}

impl Options {
    /// What a counter needs. Batches of 256 commit in the time of one `fsync`, and 1,024 that wait are served in about a quarter
    /// of a second at the 4,500 rows a second that were measured.
    pub fn counter(now: Millis, reserve: u64) -> Self {
        Self { now, role: Role::Counter, batch: 256, waiting: 1024, confirmations: ConfirmationLimits::default(), reserve }
    }

    /// What a command of the operator needs.
    pub fn operator(now: Millis, reserve: u64) -> Self {
        Self { role: Role::Operator, ..Self::counter(now, reserve) }
    }
}

/// A request that was stored before under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its number.
    pub reference: Reference,
    /// The key of its status page.
    pub status_key: String,
    /// The digest of its answers.
    pub fingerprint: [u8; 32],
}

/// What the status page shows: how far a request is, and nothing else of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The form's name.
    pub form: String,
    /// When it was taken.
    pub received_at: Millis,
    /// When the desk's mail server took the mail, if it has.
    pub passed_on_at: Option<Millis>,
}

/// A request as the operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub reference: Reference,
    /// The form's name.
    pub form: String,
    /// When it was taken.
    pub received_at: Millis,
    /// The answers, as in [`NewRequest::answers`](super::super::outbox::NewRequest::answers).
    pub answers: String,
    /// Its mails: the escalation, then the confirmation if there is one.
    pub deliveries: Vec<Delivery>,
}

/// A mail of a request and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number in the store.
    pub id: i64,
    /// Which of the request's mails.
    pub purpose: Purpose,
    /// How far it is.
    pub state: DeliveryState,
    /// Since when it is in this state.
    pub since: Millis,
    /// When its next try is due; of no meaning once it is `sent` or `held`.
    pub due: Millis,
    /// How many tries there were that count, with the one under way; see [`Unreached`](super::super::outbox::Outcome::Unreached).
    pub attempts: u32,
    /// Whether it may have arrived more than once.
    pub may_repeat: bool,
    /// Until when a worker has it.
    pub leased_until: Option<Millis>,
    /// Why it is held.
    pub hold: Option<HoldReason>,
    /// The server's last reply, or why it was not sent; one line.
    pub note: String,
    /// The Message-ID with its angle brackets.
    pub message_id: String,
}

/// Which requests are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those with a delivery in one of these states; all if empty.
    pub states: Vec<DeliveryState>,
    /// Those of this form; all if none.
    pub form: Option<String>,
}

/// Where a listing goes on: after this request, in the order of time and reference.
pub type After = Option<(Millis, Reference)>;

/// How long requests are kept after their last mail was sent, by form.
pub type Retention = Map<String, Duration>;

/// Which requests are retried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// This one.
    One(Reference),
    /// All of them.
    All,
}

/// What `retry` or `release` did with a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retried {
    /// The request.
    pub reference: Reference,
    /// Which of its mails.
    pub purpose: Purpose,
    /// The state it was found in.
    pub was: DeliveryState,
    /// Why it was held, if it was.
    pub hold: Option<HoldReason>,
    /// Whether it is due now. It is not if a worker has it, if it is sent, or if another command is meant for it.
    pub due_now: bool,
    /// Whether the next try may be a repeat of one that arrived.
    pub may_repeat: bool,
}

/// What `forget` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgotten {
    /// The request and all that belonged to it is gone.
    Gone,
    /// There is no such request.
    NotFound,
    /// A mail of it was not sent; nothing was deleted.
    Unsent,
    /// A worker is sending a mail of it now; nothing was deleted.
    Leased,
}

/// What `purge` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purged {
    /// So many requests were past their time, and are gone.
    Done(u64),
    /// The clock has jumped since the store last saw it. Nothing was deleted, and nothing will be until the clock has agreed with
    /// itself for a day.
    ClockJumped,
}

/// What the counters of the store say. Those of the process count since it began.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stats {
    /// Requests kept.
    pub requests: u64,
    /// Deliveries by state; all states are there.
    pub deliveries: Map<DeliveryState, u64>,
    /// Deliveries that are held, by reason.
    pub held: Map<HoldReason, u64>,
    /// When the oldest request was taken whose mail to the desk is not sent and not held by the honeypot.
    pub oldest_unsent: Option<Millis>,
    /// Confirmations that were left out because of their limits, ever.
    pub confirmations_left_out: u64,
}

/// What one process did with its store since it began.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Work {
    /// Requests stored by this process (not repeats).
    pub accepted: u64,
    /// Commits that are on disk.
    pub commits: u64,
    /// How many requests and records shared a commit: upper bounds, and how many commits had at most so many but more than the
    /// bound before. The last count is of those above all bounds.
    pub batch_sizes: Tally<u64>,
    /// How long commits took, likewise.
    pub commit_times: Tally<Duration>,
}

/// A histogram.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally<T: 'static> {
    /// Upper bounds, each inclusive.
    pub bounds: &'static [T],
    /// One count for each bound, and one for what is above them all.
    pub counts: Vec<u64>,
    /// The sum of all values.
    pub sum: T,
}
