//! Every step that the schema has taken.

use super::SCHEMA;

/// Each brings the schema from the version of its place to the next. Never changed once released, only added to.
pub(super) const MIGRATIONS: [&str; SCHEMA as usize] = [
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
    "
    -- What belongs to a request names it by a number, and the key that is made of a token begins with the token's time: both rise, so that
    -- requests which share a commit share the pages of these indexes. By random texts each wrote one of its own in each of them.
    CREATE TABLE numbered (
        number INTEGER PRIMARY KEY,
        reference TEXT NOT NULL UNIQUE,
        form TEXT NOT NULL,
        submission_id TEXT,
        fingerprint BLOB NOT NULL,
        status_key TEXT NOT NULL,
        received_at INTEGER NOT NULL,
        answers TEXT NOT NULL,
        UNIQUE (form, submission_id)
    ) STRICT;
    INSERT INTO numbered (reference, form, submission_id, fingerprint, status_key, received_at, answers)
        SELECT reference, form, submission_id, fingerprint, status_key, received_at, answers FROM requests ORDER BY rowid;
    UPDATE numbered SET submission_id = 'token-' || printf('%x', t.expires_at) || '-' || lower(hex(t.id))
        FROM tokens t WHERE submission_id = 'token-' || lower(hex(t.id));

    CREATE TABLE mails (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        request INTEGER NOT NULL REFERENCES requests ON DELETE CASCADE,
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
        UNIQUE (request, purpose)
    ) STRICT;
    INSERT INTO sqlite_sequence (name, seq) SELECT 'mails', seq FROM sqlite_sequence WHERE name = 'deliveries';
    INSERT INTO mails SELECT d.id, n.number, d.purpose, d.state, d.since, d.due, d.attempts, d.may_repeat, d.fence, d.worker,
        d.lease_until, d.hold, d.note FROM deliveries d JOIN numbered n ON n.reference = d.reference ORDER BY d.id;

    CREATE TABLE confirmed (
        digest BLOB NOT NULL,
        at INTEGER NOT NULL,
        request INTEGER NOT NULL REFERENCES requests ON DELETE CASCADE
    ) STRICT;
    INSERT INTO confirmed SELECT c.digest, c.at, n.number FROM confirmations c JOIN numbered n ON n.reference = c.reference;

    DROP TABLE confirmations;
    DROP TABLE deliveries;
    DROP TABLE requests;
    ALTER TABLE numbered RENAME TO requests;
    ALTER TABLE mails RENAME TO deliveries;
    ALTER TABLE confirmed RENAME TO confirmations;
    CREATE INDEX requests_received ON requests (received_at, reference);
    CREATE INDEX deliveries_waiting ON deliveries (id)
        WHERE state = 'queued' OR state = 'deferred' OR state = 'unknown' OR state = 'leased';
    CREATE INDEX confirmations_at ON confirmations (at);
    CREATE INDEX confirmations_digest ON confirmations (digest, at);
    CREATE INDEX confirmations_request ON confirmations (request);
",
];
