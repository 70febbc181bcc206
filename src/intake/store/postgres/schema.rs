//! The schema on PostgreSQL, and how it is brought up to date.

use deadpool_postgres::{Client, ClientWrapper};

use super::super::error::StoreError;
use super::super::row::Columns;
use super::super::sql::{SCHEMA, older};
use super::{Lock, execute, lock, one};
use crate::intake::crash;

/// Each brings the schema from the version of its place to the next. Never changed once released, only added to.
const MIGRATIONS: [&str; SCHEMA as usize] = ["
    CREATE TABLE requests (
        reference text PRIMARY KEY,
        form text NOT NULL,
        submission_id text,
        fingerprint bytea NOT NULL,
        status_key text NOT NULL,
        received_at bigint NOT NULL,
        answers text NOT NULL,
        UNIQUE (form, submission_id)
    );
    CREATE INDEX requests_received ON requests (received_at, reference);

    CREATE TABLE deliveries (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        reference text NOT NULL REFERENCES requests ON DELETE CASCADE,
        purpose text NOT NULL CHECK (purpose IN ('escalation', 'confirmation')),
        state text NOT NULL CHECK (state IN ('queued', 'leased', 'sent', 'deferred', 'unknown', 'held')),
        since bigint NOT NULL,
        due bigint NOT NULL,
        attempts bigint NOT NULL DEFAULT 0,
        may_repeat bigint NOT NULL DEFAULT 0,
        fence bigint NOT NULL DEFAULT 0,
        worker text,
        lease_until bigint,
        hold text CHECK (hold IN ('honeypot', 'refused', 'poison')),
        note text NOT NULL DEFAULT '',
        UNIQUE (reference, purpose)
    );
    CREATE INDEX deliveries_waiting ON deliveries (id) WHERE state IN ('queued', 'deferred', 'unknown', 'leased');

    CREATE TABLE letters (
        delivery bigint PRIMARY KEY REFERENCES deliveries ON DELETE CASCADE,
        mail_from text NOT NULL,
        rcpt_to text NOT NULL,
        message_id text NOT NULL,
        bytes bytea NOT NULL
    );

    -- ANALYZE would keep samples of what was sent, which outlive the rows.
    ALTER TABLE requests ALTER answers SET STATISTICS 0;
    ALTER TABLE deliveries ALTER note SET STATISTICS 0;
    ALTER TABLE letters ALTER rcpt_to SET STATISTICS 0, ALTER bytes SET STATISTICS 0;

    CREATE TABLE tokens (id bytea PRIMARY KEY, expires_at bigint NOT NULL);
    CREATE INDEX tokens_expiry ON tokens (expires_at);

    CREATE TABLE confirmations (
        digest bytea NOT NULL,
        at bigint NOT NULL,
        reference text NOT NULL REFERENCES requests ON DELETE CASCADE
    );
    CREATE INDEX confirmations_at ON confirmations (at);
    CREATE INDEX confirmations_digest ON confirmations (digest, at);
    CREATE INDEX confirmations_reference ON confirmations (reference);

    CREATE TABLE numbers (name text PRIMARY KEY, value bigint NOT NULL);
    CREATE TABLE secret (id bigint PRIMARY KEY CHECK (id = 1), bytes bytea NOT NULL);
", "
    -- The first databases were made without these, and ANALYZE has kept samples; a type that is set anew, even to the same, drops them.
    ALTER TABLE requests ALTER answers TYPE text, ALTER answers SET STATISTICS 0;
    ALTER TABLE deliveries ALTER note TYPE text, ALTER note SET STATISTICS 0;
    ALTER TABLE letters ALTER rcpt_to TYPE text, ALTER bytes TYPE bytea, ALTER rcpt_to SET STATISTICS 0, ALTER bytes SET STATISTICS 0;
", "
    -- Concerns SQLite only.
", "
    -- Concerns SQLite only.
", "
    -- What belongs to a request names it by a number, and the key that is made of a token begins with the token's time, as on SQLite.
    ALTER TABLE requests ADD number bigint GENERATED ALWAYS AS IDENTITY UNIQUE;
    UPDATE requests SET submission_id = 'token-' || to_hex(t.expires_at) || '-' || encode(t.id, 'hex')
        FROM tokens t WHERE submission_id = 'token-' || encode(t.id, 'hex');

    ALTER TABLE deliveries ADD request bigint;
    UPDATE deliveries d SET request = r.number FROM requests r WHERE r.reference = d.reference;
    ALTER TABLE deliveries DROP reference, ALTER request SET NOT NULL, ADD UNIQUE (request, purpose),
        ADD FOREIGN KEY (request) REFERENCES requests (number) ON DELETE CASCADE;

    ALTER TABLE confirmations ADD request bigint;
    UPDATE confirmations c SET request = r.number FROM requests r WHERE r.reference = c.reference;
    ALTER TABLE confirmations DROP reference, ALTER request SET NOT NULL,
        ADD FOREIGN KEY (request) REFERENCES requests (number) ON DELETE CASCADE;
    CREATE INDEX confirmations_request ON confirmations (request);
"];

/// Brings the schema up to date, in one transaction, one counter after the other.
pub(super) async fn migrate(client: &mut ClientWrapper) -> Result<(), StoreError> {
    crash::point("store.before-migration");
    let transaction = client.transaction().await?;
    lock(&transaction, Lock::Migration).await?;
    transaction.batch_execute("CREATE TABLE IF NOT EXISTS madoguchi (version bigint NOT NULL)").await.map_err(foreign)?;
    let version = one(&transaction, "SELECT version FROM madoguchi", &[]).await?.map(|row| row.integer(0)).transpose()?;
    let found = version.unwrap_or_default();
    if found > SCHEMA {
        return Err(StoreError::NewerSchema { found, known: SCHEMA });
    }
    for migration in MIGRATIONS.get(usize::try_from(found).unwrap_or(usize::MAX)..).unwrap_or_default() {
        transaction.batch_execute(migration).await.map_err(foreign)?;
        crash::point("store.in-migration");
    }
    if found < SCHEMA {
        execute(&transaction, "DELETE FROM madoguchi", &[]).await?;
        execute(&transaction, "INSERT INTO madoguchi (version) VALUES ($1)", &[&SCHEMA]).await?;
    }
    transaction.commit().await?;
    crash::point("store.after-migration");
    Ok(())
}

/// Refuses a database whose schema is not the one that this version knows.
pub(super) async fn check(client: &Client) -> Result<(), StoreError> {
    let made = one(client, "SELECT count(*) FROM pg_tables WHERE tablename = 'madoguchi'", &[]).await?;
    let made = made.map(|row| row.integer(0)).transpose()?.unwrap_or_default() > 0;
    let row = if made { one(client, "SELECT version FROM madoguchi", &[]).await? } else { None };
    let found = row.map(|row| row.integer(0)).transpose()?.unwrap_or_default();
    match found {
        found if found > SCHEMA => Err(StoreError::NewerSchema { found, known: SCHEMA }),
        found if found < SCHEMA => Err(older(found)),
        _ => Ok(()),
    }
}

/// A schema that cannot be made: the database holds tables of others, or the role may not make any.
fn foreign(error: tokio_postgres::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Unavailable(what) => StoreError::Unsafe {
            what: format!("the tables cannot be made: {what}"),
            help: "give the counter a database of its own, whose owner is the role that it uses".into(),
        },
        other => other,
    }
}
