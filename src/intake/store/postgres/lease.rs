//! Leases, and what their holders record.

use deadpool_postgres::Client;

use super::super::error::StoreError;
use super::super::row::{self, Columns};
use super::super::sql;
use super::{Value, each, execute, one};
use crate::intake::crash;
use crate::intake::outbox::{Lease, Millis, Outcome};
use crate::intake::retry::LONGEST_WAIT;

/// What another worker is choosing in this moment is passed over.
const LEASE: &str = concat!(
    "WITH chosen AS (",
    sql::waiting!(),
    " FOR UPDATE SKIP LOCKED)
    UPDATE deliveries d SET may_repeat = CASE WHEN state = 'unknown' THEN 1 ELSE may_repeat END,
    attempts = attempts + 1, fence = fence + 1, state = 'leased', since = $1, lease_until = $2, worker = $3
    FROM chosen WHERE d.id = chosen.id RETURNING d.id"
);

pub(super) async fn lease(
    client: &mut Client,
    worker: &str,
    now: Millis,
    until: Millis,
    limit: usize,
) -> Result<Vec<Lease>, StoreError> {
    crash::point("store.before-lease");
    let transaction = client.transaction().await?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = each(&transaction, LEASE, &[&now, &until, &worker, &now.saturating_add(LONGEST_WAIT), &limit]).await?;
    let mut chosen = rows.iter().map(|row| row.integer(0)).collect::<Result<Vec<i64>, StoreError>>()?;
    chosen.sort_unstable();
    let mut leases = Vec::with_capacity(chosen.len());
    for id in chosen {
        leases.extend(one(&transaction, sql::LEASED, &[&id]).await?.as_ref().map(row::lease).transpose()?);
    }
    transaction.commit().await?;
    crash::point("store.after-lease");
    Ok(leases)
}

pub(super) async fn record(client: &Client, lease: &Lease, outcome: &Outcome, now: Millis) -> Result<bool, StoreError> {
    crash::point("store.before-record");
    let (id, fence): (Value<'_>, Value<'_>) = (&lease.delivery, &lease.fence);
    let changed = match outcome {
        Outcome::Sent { reply } => execute(client, sql::RECORD_SENT, &[&now, reply, id, fence]).await,
        Outcome::Deferred { due, why } => execute(client, sql::RECORD_DEFERRED, &[&now, why, due, id, fence]).await,
        Outcome::Unreached { due, why } => execute(client, sql::RECORD_UNREACHED, &[&now, why, due, id, fence]).await,
        Outcome::Unknown { due, why } => execute(client, sql::RECORD_UNKNOWN, &[due, &now, why, id, fence]).await,
        Outcome::Held { reason, why } => execute(client, sql::RECORD_HELD, &[&now, why, &reason.name(), id, fence]).await,
    }?;
    crash::point("store.after-record");
    Ok(changed == 1)
}
