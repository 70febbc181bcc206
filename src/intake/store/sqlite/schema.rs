//! The schema on SQLite, and how it is brought up to date.

use rusqlite::{Connection, TransactionBehavior};

use super::super::error::StoreError;
use super::super::sql::{SCHEMA, older};
use crate::intake::crash;

mod migrations;
#[cfg(test)]
mod tests;

use migrations::MIGRATIONS;

/// What marks a database as ours: `MADO`. SQLite keeps it in the file's header for this.
const APPLICATION: i64 = 0x4D41_444F;

/// Brings the schema up to date, in one transaction that keeps all others out. A table that is made anew is dropped for it, which must
/// not delete what refers to its rows: for this long nothing does (<https://sqlite.org/lang_altertable.html#otheralter>).
pub(super) fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    db.pragma_update(None, "foreign_keys", false)?;
    let migrated = migrate_at_once(db);
    db.pragma_update(None, "foreign_keys", true)?;
    migrated
}

fn migrate_at_once(db: &mut Connection) -> Result<(), StoreError> {
    crash::point("store.before-migration");
    let transaction = db.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    ours(&transaction, version)?;
    let first = usize::try_from(version).unwrap_or(usize::MAX);
    for migration in MIGRATIONS.get(first..).unwrap_or_default() {
        transaction.execute_batch(migration)?;
        crash::point("store.in-migration");
    }
    if version < SCHEMA {
        sound(&transaction)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", SCHEMA)?;
    }
    transaction.commit()?;
    crash::point("store.after-migration");
    Ok(())
}

/// That whatever refers to a row still has it.
fn sound(db: &Connection) -> Result<(), StoreError> {
    let lost: i64 = db.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
    if lost == 0 { Ok(()) } else { Err(StoreError::Damaged(format!("{lost} rows belong to rows that are not there"))) }
}

/// Refuses a database whose schema is not the one that this version knows.
pub(super) fn check(db: &Connection) -> Result<(), StoreError> {
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    ours(db, version)?;
    if version < SCHEMA { Err(older(version)) } else { Ok(()) }
}

/// Refuses a database of a newer version, and one of another program.
fn ours(db: &Connection, version: i64) -> Result<(), StoreError> {
    let application: i64 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let objects: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let empty = application == 0 && version == 0 && objects == 0;
    if !empty && application != APPLICATION {
        let what = "the database belongs to another program".to_owned();
        return Err(StoreError::Unsafe { what, help: "name another file in `store`".into() });
    }
    if version > SCHEMA {
        return Err(StoreError::NewerSchema { found: version, known: SCHEMA });
    }
    Ok(())
}
