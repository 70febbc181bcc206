//! Rows as values, whichever back end they come from.

use std::time::Duration;

use super::super::ids::Reference;
use super::super::outbox::{Accepted, ConfirmationLimits, DeliveryState, HoldReason, Lease, Letter, Millis, NewRequest, Purpose};
use super::error::StoreError;
use super::values::{After, Delivery, Entry, Forgotten, Found, Retried, Stats, Status};
use crate::ordered;

/// A row of a result, by the places of its columns.
pub(super) trait Columns {
    fn integer(&self, at: usize) -> Result<i64, StoreError>;
    fn maybe_integer(&self, at: usize) -> Result<Option<i64>, StoreError>;
    fn text(&self, at: usize) -> Result<String, StoreError>;
    fn maybe_text(&self, at: usize) -> Result<Option<String>, StoreError>;
    fn bytes(&self, at: usize) -> Result<Vec<u8>, StoreError>;
}

/// The columns of [`FIND`](super::sql::FIND).
pub(super) fn found(row: &impl Columns) -> Result<Found, StoreError> {
    let fingerprint = row.bytes(2)?.try_into().map_err(|_| damaged("a fingerprint", "not 32 bytes"))?;
    Ok(Found { reference: reference(row, 0)?, status_key: row.text(1)?, fingerprint })
}

/// The column of [`TWIN`](super::sql::TWIN).
pub(super) fn twin(row: &impl Columns) -> Result<Reference, StoreError> {
    reference(row, 0)
}

/// The columns of [`STATUS`](super::sql::STATUS): the key, and what it opens.
pub(super) fn status(row: &impl Columns) -> Result<(String, Status), StoreError> {
    let status = Status { form: row.text(1)?, received_at: row.integer(2)?, passed_on_at: row.maybe_integer(3)? };
    Ok((row.text(0)?, status))
}

/// What a key opens. An unknown reference has a key that is compared as well, so that neither answer nor time tells it from a
/// wrong one. Digests of BLAKE3 are compared in constant time.
pub(super) fn unlocked(row: Option<(String, Status)>, key: &str) -> Option<Status> {
    let (right, status) = row.map_or((String::new(), None), |(right, status)| (right, Some(status)));
    let same = blake3::hash(right.as_bytes()) == blake3::hash(key.as_bytes());
    status.filter(|_| same && !right.is_empty())
}

/// The columns of [`LEASED`](super::sql::LEASED).
pub(super) fn lease(row: &impl Columns) -> Result<Lease, StoreError> {
    let letter = Letter {
        purpose: purpose(row, 6)?,
        mail_from: row.text(7)?,
        rcpt_to: row.text(8)?,
        message_id: row.text(9)?,
        bytes: row.bytes(10)?,
    };
    Ok(Lease {
        delivery: row.integer(0)?,
        fence: row.integer(1)?,
        reference: reference(row, 2)?,
        form: row.text(3)?,
        // The store counts this try already: one that crashes the process counts too.
        attempts: count(row, 4)?.saturating_sub(1),
        may_repeat: row.integer(5)? != 0,
        letter,
    })
}

/// Puts rows of [`list`](super::sql::list), one for each mail, together to requests.
pub(super) fn add_entry(entries: &mut Vec<Entry>, row: &impl Columns) -> Result<(), StoreError> {
    let (reference, mail) = (reference(row, 0)?, delivery(row)?);
    match entries.last_mut().filter(|last| last.reference == reference) {
        Some(last) => last.deliveries.push(mail),
        None => entries.push(Entry {
            reference,
            form: row.text(1)?,
            received_at: row.integer(2)?,
            answers: row.text(3)?,
            deliveries: vec![mail],
        }),
    }
    Ok(())
}

fn delivery(row: &impl Columns) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        id: row.integer(4)?,
        purpose: purpose(row, 5)?,
        state: state(row, 6)?,
        since: row.integer(7)?,
        due: row.integer(8)?,
        attempts: count(row, 9)?,
        may_repeat: row.integer(10)? != 0,
        leased_until: row.maybe_integer(11)?,
        hold: hold(row, 12)?,
        note: row.text(13)?,
        message_id: row.text(14)?,
    })
}

/// The columns of [`TO_RETRY`](super::sql::TO_RETRY): the delivery's number, and what a retry makes of it.
pub(super) fn retried(row: &impl Columns, now: Millis) -> Result<(i64, Retried), StoreError> {
    let (was, hold) = (state(row, 3)?, hold(row, 4)?);
    let idle = row.maybe_integer(6)?.is_none_or(|until| until <= now);
    let waits = matches!(was, DeliveryState::Deferred | DeliveryState::Unknown | DeliveryState::Held);
    let due_now = waits && idle && hold != Some(HoldReason::Honeypot);
    let may_repeat = row.integer(5)? != 0 || was == DeliveryState::Unknown;
    Ok((row.integer(0)?, Retried { reference: reference(row, 1)?, purpose: purpose(row, 2)?, was, hold, due_now, may_repeat }))
}

/// Adds a row of [`COUNT_DELIVERIES`](super::sql::COUNT_DELIVERIES).
pub(super) fn add_count(stats: &mut Stats, row: &impl Columns) -> Result<(), StoreError> {
    let number = unsigned(row.integer(2)?);
    *stats.deliveries.entry(state(row, 0)?).or_default() += number;
    if let Some(reason) = hold(row, 1)? {
        *stats.held.entry(reason).or_default() += number;
    }
    Ok(())
}

/// A state and a reason of which there is nothing count zero.
pub(super) fn no_counts() -> Stats {
    Stats {
        deliveries: ordered::map(DeliveryState::ALL.iter().map(|state| (*state, 0))),
        held: ordered::map(HoldReason::ALL.iter().map(|reason| (*reason, 0))),
        ..Stats::default()
    }
}

/// A count is never negative.
pub(super) fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

/// The state in which a request's mail begins.
pub(super) fn first_state(request: &NewRequest) -> DeliveryState {
    if request.hold.is_some() { DeliveryState::Held } else { DeliveryState::Queued }
}

/// What a request under a key that was used before comes to.
pub(super) fn repeated(found: Found, request: &NewRequest) -> Accepted {
    if found.fingerprint == request.fingerprint {
        Accepted::Replayed(found.reference, found.status_key)
    } else {
        Accepted::KeyReused
    }
}

/// Whether one more confirmation may go out after so many in all, and so many to its address.
pub(super) fn may_confirm((in_all, to_address): (i64, i64), limits: ConfirmationLimits) -> bool {
    !is_spent((in_all, to_address), limits) && to_address == 0
}

/// Whether none may go out to anybody.
pub(super) fn is_spent((in_all, _): (i64, i64), limits: ConfirmationLimits) -> bool {
    in_all >= i64::from(limits.in_all)
}

/// Whether a request may be deleted whose mails are in these states, each with the end of its lease. One before its final dot, or
/// after it and not answered, is a worker's.
pub(super) fn may_forget(mails: &[(String, Option<Millis>)], unsent: bool, now: Millis) -> Forgotten {
    let leased = mails.iter().any(|(_, until)| until.is_some_and(|until| until > now));
    let sent = mails.iter().all(|(state, _)| state == DeliveryState::Sent.name());
    match (mails.is_empty(), leased, sent || unsent) {
        (true, ..) => Forgotten::NotFound,
        (_, true, _) => Forgotten::Leased,
        (.., false) => Forgotten::Unsent,
        (.., true) => Forgotten::Gone,
    }
}

/// The time so long ago.
pub(super) fn before(now: Millis, kept: Duration) -> Millis {
    now.saturating_sub(Millis::try_from(kept.as_millis()).unwrap_or(Millis::MAX))
}

/// Where a listing begins.
pub(super) fn after(after: After) -> (Millis, String) {
    after.map_or((Millis::MIN, String::new()), |(time, reference)| (time, reference.to_string()))
}

fn reference(row: &impl Columns, at: usize) -> Result<Reference, StoreError> {
    let text = row.text(at)?;
    Reference::parse(&text).map_err(|_| damaged("a reference", &text))
}

fn purpose(row: &impl Columns, at: usize) -> Result<Purpose, StoreError> {
    let name = row.text(at)?;
    Purpose::parse(&name).ok_or_else(|| damaged("the purpose of a mail", &name))
}

fn state(row: &impl Columns, at: usize) -> Result<DeliveryState, StoreError> {
    let name = row.text(at)?;
    DeliveryState::parse(&name).ok_or_else(|| damaged("the state of a mail", &name))
}

fn hold(row: &impl Columns, at: usize) -> Result<Option<HoldReason>, StoreError> {
    let Some(name) = row.maybe_text(at)? else { return Ok(None) };
    HoldReason::parse(&name).map(Some).ok_or_else(|| damaged("the reason why a mail is held", &name))
}

fn count(row: &impl Columns, at: usize) -> Result<u32, StoreError> {
    let number = row.integer(at)?;
    u32::try_from(number).map_err(|_| damaged("a count", &number.to_string()))
}

fn damaged(what: &str, value: &str) -> StoreError {
    StoreError::Damaged(format!("{what} is `{value}`"))
}
