//! Leases, and what their holders record.

use rusqlite::{Connection, params};

use super::super::error::StoreError;
use super::super::row::Columns;
use super::super::{row, sql};
use super::read;
use crate::intake::crash;
use crate::intake::outbox::{Lease, Millis, Outcome};
use crate::intake::retry::LONGEST_WAIT;

/// SQLite has one writer, so that nobody else can have chosen the same.
pub(super) const LEASE: &str = concat!(
    "UPDATE deliveries SET may_repeat = CASE WHEN state = 'unknown' THEN 1 ELSE may_repeat END,
    attempts = attempts + 1, fence = fence + 1, state = 'leased', since = $1, lease_until = $2, worker = $3
    WHERE id IN (",
    sql::waiting!(),
    ") RETURNING id"
);

/// No final dot was written under these leases: `unknown` is recorded before it.
const TAKE_OVER: &str = "UPDATE deliveries SET since = CASE WHEN state = 'leased' THEN $1 ELSE since END,
    state = CASE WHEN state = 'leased' THEN 'queued' ELSE state END, lease_until = NULL WHERE lease_until IS NOT NULL";

pub(super) fn lease(db: &Connection, worker: &str, now: Millis, until: Millis, limit: usize) -> Result<Vec<Lease>, StoreError> {
    crash::point("store.before-lease");
    let mut chosen = Vec::new();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    read::each(db, LEASE, params![now, until, worker, now.saturating_add(LONGEST_WAIT), limit], |row| {
        chosen.push(row.integer(0)?);
        Ok(())
    })?;
    chosen.sort_unstable();
    let leases = chosen.into_iter().filter_map(|id| read::one(db, sql::LEASED, [id], |row| row::lease(row)).transpose());
    let leases = leases.collect();
    crash::point("store.after-lease");
    leases
}

pub(super) fn take_over(db: &Connection, now: Millis) -> Result<(), StoreError> {
    db.execute(TAKE_OVER, [now])?;
    Ok(())
}

pub(super) fn record(db: &Connection, id: i64, fence: i64, outcome: &Outcome, now: Millis) -> Result<bool, StoreError> {
    crash::point("store.before-record");
    let changed = match outcome {
        Outcome::Sent { reply } => db.prepare_cached(sql::RECORD_SENT)?.execute(params![now, reply, id, fence]),
        Outcome::Deferred { due, why } => db.prepare_cached(sql::RECORD_DEFERRED)?.execute(params![now, why, due, id, fence]),
        Outcome::Unreached { due, why } => db.prepare_cached(sql::RECORD_UNREACHED)?.execute(params![now, why, due, id, fence]),
        Outcome::Unknown { due, why } => db.prepare_cached(sql::RECORD_UNKNOWN)?.execute(params![due, now, why, id, fence]),
        Outcome::Held { reason, why } => {
            db.prepare_cached(sql::RECORD_HELD)?.execute(params![now, why, reason.name(), id, fence])
        }
    }?;
    crash::point("store.after-record");
    Ok(changed == 1)
}

pub(super) fn extend(db: &Connection, id: i64, fence: i64, until: Millis) -> Result<bool, StoreError> {
    Ok(db.prepare_cached(sql::EXTEND)?.execute(params![until, id, fence])? == 1)
}

pub(super) fn release(db: &Connection, id: i64, fence: i64, now: Millis) -> Result<bool, StoreError> {
    Ok(db.prepare_cached(sql::RELEASE_LEASE)?.execute(params![now, id, fence])? == 1)
}
