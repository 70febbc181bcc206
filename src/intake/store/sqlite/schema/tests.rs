//! Stores of each version, and what statements cost on them.

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
        let insert = format!("INSERT INTO deliveries (request, since, due, purpose, state, hold) VALUES (1, 0, 0, {wrong})");
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

/// Two requests as version 4 wrote them: one by its token, one by a key of its own; and the traces of a third.
const OF_VERSION_4: &str = "
    INSERT INTO requests (reference, form, submission_id, fingerprint, status_key, received_at, answers) VALUES
        ('b', 'f', 'token-0a0b0c0d0e0f00010203040506070809', x'01', 'k', 5, '{}'), ('a', 'f', 'own', x'02', 'l', 6, '{}');
    INSERT INTO tokens (expires_at, id) VALUES (255, x'0a0b0c0d0e0f00010203040506070809');
    INSERT INTO deliveries (id, reference, purpose, state, since, due, fence, note) VALUES
        (3, 'b', 'escalation', 'sent', 7, 7, 2, '250'), (4, 'b', 'confirmation', 'queued', 5, 5, 0, ''),
        (8, 'a', 'escalation', 'held', 6, 6, 0, ''), (9, 'a', 'confirmation', 'queued', 6, 6, 0, '');
    INSERT INTO letters SELECT id, 'from', 'to', '<m' || id || '>', x'00' FROM deliveries;
    INSERT INTO confirmations (digest, at, reference) VALUES (x'03', 5, 'b'), (x'04', 6, 'a');
    DELETE FROM deliveries WHERE id = 9;
";

#[test]
fn what_version_4_stored_is_found_under_its_number_and_goes_with_its_request() {
    let mut db = database(4);
    db.execute_batch(OF_VERSION_4).unwrap();
    migrate(&mut db).unwrap();
    let rows = |sql: &str| {
        let mut statement = db.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.collect::<Result<Vec<String>, _>>().unwrap().join(" ")
    };
    let mails = "SELECT reference || d.id || purpose || state || d.since || fence || note || message_id
        FROM deliveries d JOIN requests ON number = request JOIN letters ON delivery = d.id ORDER BY d.id";
    assert_eq!(rows(mails), "b3escalationsent72250<m3> b4confirmationqueued50<m4> a8escalationheld60<m8>");
    assert_eq!(rows("SELECT submission_id FROM requests ORDER BY number"), "token-ff-0a0b0c0d0e0f00010203040506070809 own");
    assert_eq!(rows("SELECT reference || at FROM confirmations JOIN requests ON number = request ORDER BY at"), "b5 a6");
    assert_eq!(db.execute(sql::insert_delivery!(), (2, "confirmation", "queued", 9, None::<&str>)), Ok(1));
    assert_eq!(db.last_insert_rowid(), 10, "a number is never used again");
    assert_eq!(db.execute(sql::FORGET, ["b"]), Ok(1));
    assert_eq!(rows(mails), "a8escalationheld60<m8>");
    assert_eq!(rows("SELECT group_concat(delivery) FROM letters"), "8");
}
