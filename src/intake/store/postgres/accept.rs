//! A request is stored.

use deadpool_postgres::{Client, Transaction};

use super::super::error::StoreError;
use super::super::meter::Meter;
use super::super::row::{self, Columns};
use super::super::sql;
use super::{Lock, execute, lock, one};
use crate::intake::crash;
use crate::intake::outbox::{Accepted, ConfirmationLimits, DeliveryState, Letter, NewRequest};

const INSERT_REQUEST: &str = concat!(sql::insert_request!(), " RETURNING number");
const INSERT_DELIVERY: &str = concat!(sql::insert_delivery!(), " RETURNING id");

/// Stores a request, if it is new. The unique key of the request makes a repeat wait for the first one's commit.
pub(super) async fn accept(
    client: &mut Client,
    request: &NewRequest,
    limits: ConfirmationLimits,
    meter: &Meter,
) -> Result<Accepted, StoreError> {
    let transaction = client.transaction().await?;
    let Some(number) = insert(&transaction, request).await? else {
        return repeated(transaction, request).await;
    };
    if let Some(token) = &request.token
        && execute(&transaction, sql::USE_TOKEN, &[&&token.id[..], &token.expires_at]).await? == 0
    {
        transaction.rollback().await?;
        return Ok(Accepted::TokenUsed);
    }
    deliver(&transaction, number, request, &request.escalation, row::first_state(request)).await?;
    crash::point("store.in-accept");
    confirm(&transaction, number, request, limits, meter).await?;
    crash::point("store.before-commit");
    transaction.commit().await?;
    crash::point("store.after-commit");
    Ok(Accepted::New)
}

async fn repeated(transaction: Transaction<'_>, request: &NewRequest) -> Result<Accepted, StoreError> {
    let found = one(&transaction, sql::FIND, &[&request.form, &request.submission_id]).await?;
    transaction.rollback().await?;
    let found = found.as_ref().map(row::found).transpose()?;
    // Forgotten in this moment: it can be sent anew.
    found.map(|found| row::repeated(found, request)).ok_or(StoreError::Busy)
}

/// The number of the request's row, if it is new.
async fn insert(db: &Transaction<'_>, request: &NewRequest) -> Result<Option<i64>, StoreError> {
    let values: [super::Value<'_>; 7] = [
        &request.reference.as_str(),
        &request.form,
        &request.submission_id,
        &&request.fingerprint[..],
        &request.status_key,
        &request.received_at,
        &request.answers,
    ];
    one(db, INSERT_REQUEST, &values).await?.map(|row| row.integer(0)).transpose()
}

async fn deliver(
    db: &Transaction<'_>,
    number: i64,
    request: &NewRequest,
    letter: &Letter,
    state: DeliveryState,
) -> Result<(), StoreError> {
    let (purpose, state, hold) = (letter.purpose.name(), state.name(), request.hold.map(|reason| reason.name()));
    let row = one(db, INSERT_DELIVERY, &[&number, &purpose, &state, &request.received_at, &hold]).await?;
    let row = row.ok_or_else(|| super::away("an insertion gave no number"))?;
    let delivery = row.integer(0)?;
    let values: [super::Value<'_>; 5] = [&delivery, &letter.mail_from, &letter.rcpt_to, &letter.message_id, &letter.bytes];
    execute(db, sql::INSERT_LETTER, &values).await.map(|_| ())
}

/// Whoever may send a confirmation waits for those before, so that the limits hold across counters; once they are reached nobody
/// waits. The lock is the last one taken, so that none waits in a circle.
async fn confirm(
    db: &Transaction<'_>,
    number: i64,
    request: &NewRequest,
    limits: ConfirmationLimits,
    meter: &Meter,
) -> Result<(), StoreError> {
    if request.left_out {
        return left_out(db).await;
    }
    let Some((letter, digest)) = request.confirmation.as_ref().filter(|_| request.hold.is_none()) else { return Ok(()) };
    let mut sent = confirmed(db, request, digest, limits).await?;
    if row::may_confirm(sent, limits) {
        lock(db, Lock::Confirmation).await?;
        sent = confirmed(db, request, digest, limits).await?;
    }
    if !row::may_confirm(sent, limits) {
        if row::is_spent(sent, limits) {
            meter.spent(request.received_at);
        }
        return left_out(db).await;
    }
    let values: [super::Value<'_>; 3] = [&&digest[..], &request.received_at, &number];
    execute(db, sql::INSERT_CONFIRMATION, &values).await?;
    deliver(db, number, request, letter, DeliveryState::Queued).await
}

async fn left_out(db: &Transaction<'_>) -> Result<(), StoreError> {
    execute(db, sql::RAISE, &[&sql::LEFT_OUT]).await.map(|_| ())
}

/// How many confirmations went out in all, and to the address.
async fn confirmed(
    db: &Transaction<'_>,
    request: &NewRequest,
    digest: &[u8; 32],
    limits: ConfirmationLimits,
) -> Result<(i64, i64), StoreError> {
    let now = request.received_at;
    let (window, per_address) = (now.saturating_sub(limits.window), now.saturating_sub(limits.per_address));
    let row = one(db, sql::CONFIRMATIONS, &[&window, &&digest[..], &per_address]).await?;
    let sent = row.map(|row| Ok::<_, StoreError>((row.integer(0)?, row.integer(1)?))).transpose()?;
    Ok(sent.unwrap_or_default())
}
