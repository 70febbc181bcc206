//! What is deleted.

use deadpool_postgres::{ClientWrapper, Transaction};

use super::super::clock::{self, Seen};
use super::super::error::StoreError;
use super::super::row::{self, Columns};
use super::super::sql;
use super::super::values::{Forgotten, Purged, Retention};
use super::{Lock, each, execute, lock, number, one};
use crate::intake::crash;
use crate::intake::ids::Reference;
use crate::intake::outbox::{ConfirmationLimits, Millis};

pub(super) async fn forget(
    client: &mut ClientWrapper,
    reference: &Reference,
    unsent: bool,
    now: Millis,
) -> Result<Forgotten, StoreError> {
    let transaction = client.transaction().await?;
    let mails = format!("{} FOR UPDATE", sql::UNSENT);
    let rows = each(&transaction, &mails, &[&reference.as_str()]).await?;
    let states: Result<Vec<_>, StoreError> = rows.iter().map(|row| Ok((row.text(0)?, row.maybe_integer(1)?))).collect();
    let verdict = row::may_forget(&states?, unsent, now);
    if verdict == Forgotten::Gone {
        execute(&transaction, sql::FORGET, &[&reference.as_str()]).await?;
        crash::point("store.in-forget");
        owe_wipe(&transaction).await?;
    }
    transaction.commit().await?;
    Ok(verdict)
}

/// What was purged, and whether a wipe is owed: for it, or since one before could not be done.
pub(super) async fn purge(
    client: &mut ClientWrapper,
    now: Millis,
    retention: &Retention,
    limits: ConfirmationLimits,
) -> Result<(Purged, bool), StoreError> {
    crash::point("store.before-purge");
    let believed = look_at_clock(client, now).await?;
    let purged = if believed { delete_old(client, now, retention, limits).await? } else { Purged::ClockJumped };
    Ok((purged, owes_wipe(client).await?))
}

async fn delete_old(
    client: &mut ClientWrapper,
    now: Millis,
    retention: &Retention,
    limits: ConfirmationLimits,
) -> Result<Purged, StoreError> {
    let transaction = client.transaction().await?;
    lock(&transaction, Lock::Purge).await?;
    let mut requests = 0;
    for (form, kept) in retention {
        requests += execute(&transaction, sql::PURGE, &[form, &row::before(now, *kept)]).await?;
        crash::point("store.in-purge");
    }
    execute(&transaction, sql::PURGE_TOKENS, &[&now]).await?;
    let confirmed = now.saturating_sub(limits.window.max(limits.per_address));
    let digests = execute(&transaction, sql::PURGE_CONFIRMATIONS, &[&confirmed]).await?;
    if requests + digests > 0 {
        owe_wipe(&transaction).await?;
    }
    transaction.commit().await?;
    crash::point("store.after-purge");
    Ok(Purged::Done(requests))
}

/// Remembers, in the transaction that deletes, that a wipe must follow, whatever becomes of this process. The last thing in it: others
/// that delete wait for this row.
async fn owe_wipe(db: &Transaction<'_>) -> Result<(), StoreError> {
    execute(db, sql::RAISE, &[&sql::DELETIONS]).await.map(|_| ())
}

async fn owes_wipe(client: &ClientWrapper) -> Result<bool, StoreError> {
    Ok(number(client, sql::DELETIONS).await? != number(client, sql::WIPED).await?)
}

/// Whether the clock is believed; what it shows is remembered. All counters remember it together, so that one whose clock is wrong
/// is found out by the others.
pub(super) async fn look_at_clock(client: &mut ClientWrapper, now: Millis) -> Result<bool, StoreError> {
    let transaction = client.transaction().await?;
    lock(&transaction, Lock::Purge).await?;
    let (since, last) = (number(&transaction, sql::DOUBT_SINCE).await?, number(&transaction, sql::DOUBT_LAST).await?);
    let seen = Seen { believed: number(&transaction, sql::CLOCK).await?, doubt: since.zip(last) };
    let (believed, seen) = clock::look(seen, now);
    remember(&transaction, seen).await?;
    transaction.commit().await?;
    Ok(believed)
}

async fn remember(db: &Transaction<'_>, seen: Seen) -> Result<(), StoreError> {
    for (name, value) in seen.numbers() {
        match value {
            Some(value) => execute(db, sql::SET_NUMBER, &[&name, &value]).await?,
            None => execute(db, sql::DROP_NUMBER, &[&name]).await?,
        };
    }
    Ok(())
}

/// Gives the space of deleted rows back. What the server keeps elsewhere (its log, replicas, backups) is the operator's. A wipe that
/// another does is waited for, as long as any lock is.
pub(super) async fn wipe(client: &ClientWrapper) -> Result<(), StoreError> {
    execute(client, "SELECT pg_advisory_lock($1)", &[&Lock::Wipe.number()]).await?;
    wipe_and_unlock(client).await
}

/// The same, unless another wipes now. What that one does not see is still owed.
pub(super) async fn wipe_unless_another_does(client: &ClientWrapper) -> Result<(), StoreError> {
    let row = one(client, "SELECT pg_try_advisory_lock($1)::int::bigint", &[&Lock::Wipe.number()]).await?;
    if row.map(|row| row.integer(0)).transpose()? == Some(1) { wipe_and_unlock(client).await } else { Ok(()) }
}

/// VACUUM runs in no transaction, so that the lock is the session's.
async fn wipe_and_unlock(client: &ClientWrapper) -> Result<(), StoreError> {
    let wiped = wipe_tables(client).await;
    // The session, which is not used again, would let go of it as it ends, but perhaps only after the next wipe has asked.
    let unlocked = execute(client, "SELECT pg_advisory_unlock($1)", &[&Lock::Wipe.number()]).await;
    wiped.and(unlocked.map(|_| ()))
}

async fn wipe_tables(client: &ClientWrapper) -> Result<(), StoreError> {
    crash::point("store.before-wipe");
    let deletions = number(client, sql::DELETIONS).await?;
    // Each by itself: several in one message would be a transaction, which VACUUM refuses.
    for table in ["requests", "deliveries", "letters", "tokens", "confirmations"] {
        client.batch_execute(&format!("VACUUM {table}")).await?;
    }
    if let Some(deletions) = deletions {
        execute(client, sql::SET_NUMBER, &[&sql::WIPED, &deletions]).await?;
    }
    Ok(())
}
