//! The schema on SQLite, and how it is brought up to date.

use rusqlite::{Connection, TransactionBehavior};

use super::super::error::StoreError;
use super::super::sql::{SCHEMA, older};
use crate::intake::crash;

/// What marks a database as ours: `MADO`. SQLite keeps it in the file's header for this.
const APPLICATION: i64 = 0x4D41_444F;

/// Each brings the schema from the version of its place to the next. Never changed once released, only added to.
const MIGRATIONS: [&str; SCHEMA as usize] = [
    "
    CREATE TABLE requests (
        reference TEXT PRIMARY KEY,
        form TEXT NOT NULL,
        submission_id TEXT,
        fingerprint BLOB NOT NULL,
        status_key TEXT NOT NULL,
        received_at INTEGER NOT NULL,
        answers TEXT NOT NULL,
        UNIQUE (form, submission_id)
    ) STRICT;
    CREATE INDEX requests_received ON requests (received_at, reference);

    -- A number is never used again, so that the lease of a delivery that was deleted cannot write to another.
    -- For each row of a list of more than two SQLite would make and drop a table, which cost more than to write the row.
    CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        reference TEXT NOT NULL REFERENCES requests ON DELETE CASCADE,
        purpose TEXT NOT NULL CHECK (purpose IN ('escalation', 'confirmation')),
        state TEXT NOT NULL CHECK (state = 'queued' OR state = 'leased' OR state = 'sent' OR state = 'deferred' OR state = 'unknown'
            OR state = 'held'),
        since INTEGER NOT NULL,
        due INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        may_repeat INTEGER NOT NULL DEFAULT 0,
        fence INTEGER NOT NULL DEFAULT 0,
        worker TEXT,
        lease_until INTEGER,
        hold TEXT CHECK (hold = 'honeypot' OR hold = 'refused' OR hold = 'poison'),
        note TEXT NOT NULL DEFAULT '',
        UNIQUE (reference, purpose)
    ) STRICT;
    CREATE INDEX deliveries_waiting ON deliveries (id) WHERE state IN ('queued', 'deferred', 'unknown', 'leased');

    -- Beside the delivery, so that a change of state does not write the mail again.
    CREATE TABLE letters (
        delivery INTEGER PRIMARY KEY REFERENCES deliveries ON DELETE CASCADE,
        mail_from TEXT NOT NULL,
        rcpt_to TEXT NOT NULL,
        message_id TEXT NOT NULL,
        bytes BLOB NOT NULL
    ) STRICT;

    CREATE TABLE tokens (id BLOB PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX tokens_expiry ON tokens (expires_at);

    CREATE TABLE confirmations (
        digest BLOB NOT NULL,
        at INTEGER NOT NULL,
        reference TEXT NOT NULL REFERENCES requests ON DELETE CASCADE
    ) STRICT;
    CREATE INDEX confirmations_at ON confirmations (at);
    CREATE INDEX confirmations_digest ON confirmations (digest, at);
    CREATE INDEX confirmations_reference ON confirmations (reference);

    CREATE TABLE numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE secret (id INTEGER PRIMARY KEY CHECK (id = 1), bytes BLOB NOT NULL) STRICT;
",
    "
    -- Concerns PostgreSQL only.
",
    "
    -- Its list of four cost each row a table.
    DROP INDEX deliveries_waiting;
    CREATE INDEX deliveries_waiting ON deliveries (id)
        WHERE state = 'queued' OR state = 'deferred' OR state = 'unknown' OR state = 'leased';
",
    "
    -- By time, so that tokens used together share a page: by their random numbers each wrote one of its own, and one of the index by time.
    -- A token is signed with its time, so that its number is never used with another.
    CREATE TABLE used_tokens (expires_at INTEGER NOT NULL, id BLOB NOT NULL, PRIMARY KEY (expires_at, id)) STRICT, WITHOUT ROWID;
    INSERT INTO used_tokens (expires_at, id) SELECT expires_at, id FROM tokens;
    DROP TABLE tokens;
    ALTER TABLE used_tokens RENAME TO tokens;
",
];

/// Brings the schema up to date, in one transaction that keeps all others out.
pub(super) fn migrate(db: &mut Connection) -> Result<(), StoreError> {
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
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", SCHEMA)?;
    }
    transaction.commit()?;
    crash::point("store.after-migration");
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::super::super::sql;
    use super::super::lease::LEASE;
    use super::*;

    /// What `EXPLAIN` says in one of its columns.
    fn explained(db: &Connection, how: &str, statement: &str, column: &str) -> String {
        let mut explain = db.prepare(&format!("{how} {statement}")).unwrap();
        let rows =
            explain.query_map(rusqlite::params_from_iter([0; 5].iter().take(explain.parameter_count())), |row| row.get(column));
        rows.unwrap().collect::<Result<Vec<String>, _>>().unwrap().join("\n")
    }

    fn database(versions: usize) -> Connection {
        let db = Connection::open_in_memory().unwrap();
        for migration in &MIGRATIONS[..versions] {
            db.execute_batch(migration).unwrap();
        }
        let application = if versions == 0 { 0 } else { APPLICATION };
        db.pragma_update(None, "application_id", application).unwrap();
        db.pragma_update(None, "user_version", i64::try_from(versions).unwrap()).unwrap();
        db
    }

    #[test]
    fn a_delivery_is_written_without_a_table_of_its_own() {
        let mut db = database(0);
        migrate(&mut db).unwrap();
        for statement in [sql::insert_delivery!(), sql::RECORD_UNKNOWN, sql::RECORD_SENT] {
            assert!(!explained(&db, "EXPLAIN", statement, "opcode").contains("OpenEphemeral"), "{statement}");
        }
        for wrong in ["'escalation', 'done', NULL", "'escalation', 'held', 'other'", "'other', 'held', NULL"] {
            let insert =
                format!("INSERT INTO deliveries (reference, since, due, purpose, state, hold) VALUES ('a', 0, 0, {wrong})");
            assert!(db.execute(&insert, []).unwrap_err().to_string().contains("CHECK"), "{wrong}");
        }
    }

    #[test]
    fn a_token_that_was_used_stays_so_in_stores_of_each_version() {
        for version in 1..MIGRATIONS.len() {
            let mut db = database(version);
            let used = |db: &Connection, id: u8| db.execute(sql::USE_TOKEN, rusqlite::params![[id; 16], 5]).unwrap();
            assert_eq!(used(&db, 1), 1, "{version}");
            migrate(&mut db).unwrap();
            assert_eq!([used(&db, 1), used(&db, 2), used(&db, 2)], [0, 1, 0], "{version}");
            assert_eq!(db.execute(sql::PURGE_TOKENS, [5]).unwrap(), 2, "{version}");
        }
    }

    #[test]
    fn a_lease_looks_at_what_waits_alone_in_stores_of_each_version() {
        for version in 1..=MIGRATIONS.len() {
            let mut db = database(version);
            migrate(&mut db).unwrap();
            let plan = explained(&db, "EXPLAIN QUERY PLAN", LEASE, "detail");
            assert!(plan.contains("deliveries_waiting"), "{version}: {plan}");
        }
    }
}
