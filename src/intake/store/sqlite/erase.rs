//! What is deleted, so that nothing of it is left.

use rusqlite::{Connection, params};

use super::super::clock::{self, Seen};
use super::super::error::StoreError;
use super::super::row::Columns;
use super::super::values::{Forgotten, Purged, Retention};
use super::super::{row, sql};
use super::read;
use super::room::Room;
use super::writer::fatal;
use crate::intake::crash;
use crate::intake::ids::Reference;
use crate::intake::outbox::{ConfirmationLimits, Millis};

/// Bytes that a page has more in the log, and in the log's index (<https://sqlite.org/fileformat2.html> §4).
const FRAME: u64 = 32;

pub(super) fn forget(db: &Connection, reference: &Reference, unsent: bool, now: Millis) -> Result<Forgotten, StoreError> {
    let mut states = Vec::new();
    read::each(db, sql::UNSENT, [reference.as_str()], |row| {
        states.push((row.text(0)?, row.maybe_integer(1)?));
        Ok(())
    })?;
    let verdict = row::may_forget(&states, unsent, now);
    if verdict == Forgotten::Gone {
        db.prepare_cached(sql::FORGET)?.execute([reference.as_str()])?;
        crash::point("store.in-forget");
        owe_wipe(db)?;
    }
    Ok(verdict)
}

/// What was purged, and whether a wipe is owed: for it, or since one before could not be done.
pub(super) fn purge(
    db: &Connection,
    now: Millis,
    retention: &Retention,
    limits: ConfirmationLimits,
) -> Result<(Purged, bool), StoreError> {
    crash::point("store.before-purge");
    let purged = if look_at_clock(db, now)? { delete_old(db, now, retention, limits)? } else { Purged::ClockJumped };
    Ok((purged, owes_wipe(db)?))
}

fn delete_old(db: &Connection, now: Millis, retention: &Retention, limits: ConfirmationLimits) -> Result<Purged, StoreError> {
    let mut requests = 0;
    for (form, kept) in retention {
        requests += db.prepare_cached(sql::PURGE)?.execute(params![form, row::before(now, *kept)])?;
        crash::point("store.in-purge");
    }
    db.prepare_cached(sql::PURGE_TOKENS)?.execute([now])?;
    let confirmed = now.saturating_sub(limits.window.max(limits.per_address));
    let digests = db.prepare_cached(sql::PURGE_CONFIRMATIONS)?.execute([confirmed])?;
    if requests + digests > 0 {
        owe_wipe(db)?;
    }
    crash::point("store.after-purge");
    Ok(Purged::Done(u64::try_from(requests).unwrap_or_default()))
}

/// Remembers, in the transaction that deletes, that a wipe must follow, whatever becomes of this process.
fn owe_wipe(db: &Connection) -> Result<(), StoreError> {
    db.prepare_cached(sql::RAISE)?.execute([sql::DELETIONS])?;
    Ok(())
}

fn owes_wipe(db: &Connection) -> Result<bool, StoreError> {
    Ok(read::number(db, sql::DELETIONS)? != read::number(db, sql::WIPED)?)
}

/// Whether the clock is believed; what it shows is remembered.
pub(super) fn look_at_clock(db: &Connection, now: Millis) -> Result<bool, StoreError> {
    let (since, last) = (read::number(db, sql::DOUBT_SINCE)?, read::number(db, sql::DOUBT_LAST)?);
    let seen = Seen { believed: read::number(db, sql::CLOCK)?, doubt: since.zip(last) };
    let (believed, seen) = clock::look(seen, now);
    for (name, value) in seen.numbers() {
        match value {
            Some(value) => db.prepare_cached(sql::SET_NUMBER)?.execute(params![name, value])?,
            None => db.prepare_cached(sql::DROP_NUMBER)?.execute([name])?,
        };
    }
    Ok(believed)
}

/// Leaves no trace of what was deleted. `secure_delete` has overwritten it in the database, but a page whose rows were moved may
/// hold an old copy of one between them (after 300 deletions among 900 requests one was found, in two of three runs): so the
/// database is written anew, with its copy in memory, and the write-ahead log is cut to nothing.
///
/// The new database goes into the log first. So the log is cut before as well: a reader hinders that before anything is written, and
/// where writing fails there is nothing in the log that would need room in the database.
pub(super) fn wipe(db: &Connection, room: &Room) -> Result<(), StoreError> {
    crash::point("store.before-wipe");
    let deletions = read::number(db, sql::DELETIONS)?;
    cut_log(db)?;
    room.has_for_wipe(size_anew(db)?)?;
    vacuum(db)?;
    cut_log(db)?;
    if let Some(deletions) = deletions {
        db.prepare_cached(sql::SET_NUMBER)?.execute(params![sql::WIPED, deletions])?;
    }
    Ok(())
}

/// How many bytes of log the database makes when it is written anew.
fn size_anew(db: &Connection) -> Result<u64, StoreError> {
    let number = |name: &str| db.pragma_query_value(None, name, |row| row.get(0)).map(row::unsigned);
    let (pages, free, size) = (number("page_count")?, number("freelist_count")?, number("page_size")?);
    Ok(pages.saturating_sub(free).saturating_mul(size + FRAME))
}

/// Writes the database anew. Where that finds no room, what it has taken is given back: else the disk would stay full.
fn vacuum(db: &Connection) -> Result<(), StoreError> {
    match db.execute_batch("VACUUM").map_err(StoreError::from) {
        // A disk that fails must not be written to again.
        Err(error @ StoreError::Fatal(_)) => Err(error),
        Err(error) => fatal(cut_log(db)).and(Err(error)),
        Ok(()) => Ok(()),
    }
}

/// Writes the log back into the database, and cuts it to nothing.
fn cut_log(db: &Connection) -> Result<(), StoreError> {
    let busy: i64 = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(()) } else { Err(StoreError::Busy) }
}
