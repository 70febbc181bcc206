//! What the operator asks for.

use rusqlite::{Connection, params};

use super::super::error::StoreError;
use super::super::values::{After, Entry, Filter, Retried, Which};
use super::super::{row, sql};
use super::read;
use crate::intake::crash;
use crate::intake::ids::Reference;
use crate::intake::outbox::{HoldReason, Millis};

const RETRY: &str = sql::retry!("id = $2");

pub(super) fn list(db: &Connection, filter: &Filter, after: After, limit: usize) -> Result<Vec<Entry>, StoreError> {
    let (time, reference) = row::after(after);
    let form = filter.form.as_deref().unwrap_or_default();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut entries = Vec::new();
    read::each(db, &sql::list(&filter.states), params![form, time, reference, limit], |row| row::add_entry(&mut entries, row))?;
    Ok(entries)
}

pub(super) fn show(db: &Connection, reference: &Reference) -> Result<Option<Entry>, StoreError> {
    let mut entries = Vec::new();
    read::each(db, &sql::show(), [reference.as_str()], |row| row::add_entry(&mut entries, row))?;
    Ok(entries.pop())
}

pub(super) fn retry(db: &Connection, which: &Which, now: Millis) -> Result<Vec<Retried>, StoreError> {
    make_due(db, which, now, |retried| retried.due_now)
}

pub(super) fn release(db: &Connection, reference: &Reference, now: Millis) -> Result<Vec<Retried>, StoreError> {
    make_due(db, &Which::One(reference.clone()), now, |retried| retried.hold == Some(HoldReason::Honeypot))
}

fn make_due(db: &Connection, which: &Which, now: Millis, wanted: impl Fn(&Retried) -> bool) -> Result<Vec<Retried>, StoreError> {
    let mut found = candidates(db, which, now)?;
    for (id, retried) in &mut found {
        retried.due_now = wanted(retried) && db.prepare_cached(RETRY)?.execute(params![now, *id])? == 1;
        crash::point("store.in-retry");
    }
    db.prepare_cached(sql::RAISE)?.execute([sql::SIGNAL])?;
    Ok(found.into_iter().map(|(_, retried)| retried).collect())
}

fn candidates(db: &Connection, which: &Which, now: Millis) -> Result<Vec<(i64, Retried)>, StoreError> {
    let mut found = Vec::new();
    let mut add = |row: &rusqlite::Row<'_>| {
        found.push(row::retried(row, now)?);
        Ok(())
    };
    match which {
        Which::One(reference) => read::each(db, sql::TO_RETRY_ONE, [reference.as_str()], &mut add),
        Which::All => read::each(db, sql::TO_RETRY, [], &mut add),
    }?;
    Ok(found)
}
