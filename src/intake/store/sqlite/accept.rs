//! A request is stored.

use rusqlite::{Connection, OptionalExtension, params};

use super::super::error::StoreError;
use super::super::meter::Meter;
use super::super::{row, sql};
use super::read;
use crate::intake::crash;
use crate::intake::outbox::{Accepted, ConfirmationLimits, DeliveryState, Letter, NewRequest};

/// Stores a request, if it is new: its unique key tells. To be run in a transaction.
pub(super) fn accept(
    db: &Connection,
    request: &NewRequest,
    limits: ConfirmationLimits,
    meter: &Meter,
) -> Result<Accepted, StoreError> {
    let Some(number) = insert(db, request)? else {
        let id = request.submission_id.as_deref().unwrap_or_default();
        let found =
            read::find(db, &request.form, id)?.ok_or_else(|| StoreError::Damaged("a request that is there is not".into()))?;
        return Ok(row::repeated(found, request));
    };
    if let Some(token) = &request.token
        && db.prepare_cached(sql::USE_TOKEN)?.execute(params![token.id, token.expires_at])? == 0
    {
        db.prepare_cached(sql::FORGET)?.execute([request.reference.as_str()])?;
        return Ok(Accepted::TokenUsed);
    }
    let escalation = row::first_state(request);
    deliver(db, number, request, &request.escalation, escalation)?;
    crash::point("store.in-accept");
    confirm(db, number, request, limits, meter)?;
    Ok(Accepted::New)
}

/// The number of the request's row, if it is new.
fn insert(db: &Connection, request: &NewRequest) -> Result<Option<i64>, StoreError> {
    let inserted = db.prepare_cached(sql::insert_request!())?.execute(params![
        request.reference.as_str(),
        request.form,
        request.submission_id,
        request.fingerprint,
        request.status_key,
        request.received_at,
        request.answers,
    ])?;
    Ok((inserted == 1).then(|| db.last_insert_rowid()))
}

fn deliver(db: &Connection, number: i64, request: &NewRequest, letter: &Letter, state: DeliveryState) -> Result<(), StoreError> {
    let hold = request.hold.map(|reason| reason.name());
    let values = params![number, letter.purpose.name(), state.name(), request.received_at, hold];
    db.prepare_cached(sql::insert_delivery!())?.execute(values)?;
    let values = params![db.last_insert_rowid(), letter.mail_from, letter.rcpt_to, letter.message_id, letter.bytes];
    db.prepare_cached(sql::INSERT_LETTER)?.execute(values)?;
    Ok(())
}

fn left_out(db: &Connection) -> Result<(), StoreError> {
    db.prepare_cached(sql::RAISE)?.execute([sql::LEFT_OUT])?;
    Ok(())
}

fn confirm(
    db: &Connection,
    number: i64,
    request: &NewRequest,
    limits: ConfirmationLimits,
    meter: &Meter,
) -> Result<(), StoreError> {
    if request.left_out {
        return left_out(db);
    }
    let Some((letter, digest)) = request.confirmation.as_ref().filter(|_| request.hold.is_none()) else { return Ok(()) };
    let now = request.received_at;
    let since = params![now.saturating_sub(limits.window), digest, now.saturating_sub(limits.per_address)];
    let sent = db.prepare_cached(sql::CONFIRMATIONS)?.query_row(since, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let sent = sent.unwrap_or_default();
    if !row::may_confirm(sent, limits) {
        if row::is_spent(sent, limits) {
            meter.spent(now);
        }
        return left_out(db);
    }
    db.prepare_cached(sql::INSERT_CONFIRMATION)?.execute(params![digest, now, number])?;
    deliver(db, number, request, letter, DeliveryState::Queued)
}
