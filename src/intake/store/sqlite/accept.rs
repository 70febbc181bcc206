//! A request is stored.

use rusqlite::{Connection, OptionalExtension, params};

use super::super::error::StoreError;
use super::super::{row, sql};
use super::read;
use crate::intake::crash;
use crate::intake::outbox::{Accepted, ConfirmationLimits, DeliveryState, Letter, NewRequest};

/// Stores a request, if it is new. To be run in a transaction.
pub(super) fn accept(db: &Connection, request: &NewRequest, limits: ConfirmationLimits) -> Result<Accepted, StoreError> {
    if let Some(id) = &request.submission_id
        && let Some(found) = read::find(db, &request.form, id)?
    {
        return Ok(row::repeated(found, request));
    }
    if let Some(token) = &request.token
        && db.prepare_cached(sql::USE_TOKEN)?.execute(params![token.id, token.expires_at])? == 0
    {
        return Ok(Accepted::TokenUsed);
    }
    insert(db, request)?;
    let escalation = row::first_state(request);
    deliver(db, request, &request.escalation, escalation)?;
    crash::point("store.in-accept");
    confirm(db, request, limits)?;
    Ok(Accepted::New)
}

fn insert(db: &Connection, request: &NewRequest) -> Result<(), StoreError> {
    db.prepare_cached(sql::INSERT_REQUEST)?.execute(params![
        request.reference.as_str(),
        request.form,
        request.submission_id,
        request.fingerprint,
        request.status_key,
        request.received_at,
        request.answers,
    ])?;
    Ok(())
}

fn deliver(db: &Connection, request: &NewRequest, letter: &Letter, state: DeliveryState) -> Result<(), StoreError> {
    let values = params![
        request.reference.as_str(),
        letter.purpose.name(),
        state.name(),
        request.received_at,
        request.hold.map(|reason| reason.name()),
    ];
    let delivery: i64 = db.prepare_cached(sql::INSERT_DELIVERY)?.query_row(values, |row| row.get(0))?;
    let values = params![delivery, letter.mail_from, letter.rcpt_to, letter.message_id, letter.bytes];
    db.prepare_cached(sql::INSERT_LETTER)?.execute(values)?;
    Ok(())
}

fn confirm(db: &Connection, request: &NewRequest, limits: ConfirmationLimits) -> Result<(), StoreError> {
    let Some((letter, digest)) = request.confirmation.as_ref().filter(|_| request.hold.is_none()) else { return Ok(()) };
    let now = request.received_at;
    let since = params![now.saturating_sub(limits.window), digest, now.saturating_sub(limits.per_address)];
    let sent = db.prepare_cached(sql::CONFIRMATIONS)?.query_row(since, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    if !row::may_confirm(sent.unwrap_or_default(), limits) {
        db.prepare_cached(sql::RAISE)?.execute([sql::LEFT_OUT])?;
        return Ok(());
    }
    db.prepare_cached(sql::INSERT_CONFIRMATION)?.execute(params![digest, now, request.reference.as_str()])?;
    deliver(db, request, letter, DeliveryState::Queued)
}
