//! The statements that both back ends understand, written once.
//!
//! Parameters are numbered `$1`, `$2` … and first appear in that order, since SQLite takes `$1` for a name and numbers it by its place.
//! Columns are texts, blobs and 64-bit integers only; times are milliseconds since 1970.

use super::super::outbox::DeliveryState;
use super::error::StoreError;

/// The version of the schema; how many migrations there are.
pub(super) const SCHEMA: i64 = 5;

/// A command that meets a database which no counter of its version has opened.
pub(super) fn older(found: i64) -> StoreError {
    StoreError::Unsafe {
        what: format!("the database has schema {found}, and this version needs {SCHEMA}"),
        help: "start the counter of this version: it brings the database up to date".into(),
    }
}

/// `numbers`: how often an operator has asked for a retry.
pub(super) const SIGNAL: &str = "signal";
/// `numbers`: confirmations left out because of their limits.
pub(super) const LEFT_OUT: &str = "confirmations_left_out";
/// `numbers`: the latest time that the clock has shown and that is believed.
pub(super) const CLOCK: &str = "clock";
/// `numbers`: since when the clock shows another time, steadily; and the last time that it did.
pub(super) const DOUBT_SINCE: &str = "clock_doubt_since";
/// See [`DOUBT_SINCE`].
pub(super) const DOUBT_LAST: &str = "clock_doubt_last";
/// `numbers`: how often something was deleted that must leave no trace. It rises in the transaction that deletes.
pub(super) const DELETIONS: &str = "deletions";
/// `numbers`: how many deletions there were when the last wipe began that came to its end. While it is another number, a wipe is owed.
/// A mark that a wipe takes away could be one that another process has set meanwhile.
pub(super) const WIPED: &str = "deletions_wiped";

/// The newest request of a form with this content, of the last thousand since a time: there is no index over contents, which every request
/// would have to pay for.
pub(super) const TWIN: &str = "SELECT reference FROM (SELECT reference, form, fingerprint FROM requests WHERE received_at >= $1
    ORDER BY received_at DESC, reference DESC LIMIT 1000) AS newest WHERE form = $2 AND fingerprint = $3 LIMIT 1";

pub(super) const FIND: &str = "SELECT reference, status_key, fingerprint FROM requests WHERE form = $1 AND submission_id = $2";

pub(super) const STATUS: &str = "SELECT r.status_key, r.form, r.received_at,
    (SELECT d.since FROM deliveries d WHERE d.request = r.number AND d.purpose = 'escalation' AND d.state = 'sent')
    FROM requests r WHERE r.reference = $1";

pub(super) const SECRET: &str = "SELECT bytes FROM secret";
pub(super) const MAKE_SECRET: &str = "INSERT INTO secret (id, bytes) VALUES (1, $1) ON CONFLICT DO NOTHING";

/// A request, if its key is new.
macro_rules! insert_request {
    () => {
        "INSERT INTO requests
        (reference, form, submission_id, fingerprint, status_key, received_at, answers) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (form, submission_id) DO NOTHING"
    };
}
pub(super) use insert_request;
/// A delivery, whose number each back end has a way of its own to tell, as it has for that of its request.
macro_rules! insert_delivery {
    () => {
        "INSERT INTO deliveries (request, purpose, state, since, due, hold) VALUES ($1, $2, $3, $4, $4, $5)"
    };
}
pub(super) use insert_delivery;
pub(super) const INSERT_LETTER: &str =
    "INSERT INTO letters (delivery, mail_from, rcpt_to, message_id, bytes) VALUES ($1, $2, $3, $4, $5)";
pub(super) const USE_TOKEN: &str = "INSERT INTO tokens (id, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";

/// How many confirmations went out since `$1`, and to the address `$2` since `$3`.
pub(super) const CONFIRMATIONS: &str = "SELECT (SELECT count(*) FROM confirmations WHERE at > $1),
    (SELECT count(*) FROM confirmations WHERE digest = $2 AND at > $3)";
pub(super) const INSERT_CONFIRMATION: &str = "INSERT INTO confirmations (digest, at, request) VALUES ($1, $2, $3)";

pub(super) const NUMBER: &str = "SELECT value FROM numbers WHERE name = $1";
pub(super) const SET_NUMBER: &str =
    "INSERT INTO numbers (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
pub(super) const DROP_NUMBER: &str = "DELETE FROM numbers WHERE name = $1";
pub(super) const RAISE: &str =
    "INSERT INTO numbers (name, value) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET value = numbers.value + 1";

/// Which deliveries a lease at `$1` may take. What lies behind `$4`, the longest wait from then, was planned by a clock that has been set
/// back. The numbers of deliveries rise with their requests, so that the oldest goes first. The states stand as in the index.
macro_rules! waiting {
    () => {
        "SELECT id FROM deliveries WHERE (state = 'queued' OR state = 'deferred' OR state = 'unknown' OR state = 'leased')
        AND (due <= $1 OR due > $4) AND (lease_until IS NULL OR lease_until <= $1 OR lease_until > $4) ORDER BY id LIMIT $5"
    };
}
pub(super) use waiting;

/// What a worker is handed. The columns of [`lease`](super::row::lease).
pub(super) const LEASED: &str = "SELECT d.id, d.fence, r.reference, r.form, d.attempts, d.may_repeat, d.purpose,
    l.mail_from, l.rcpt_to, l.message_id, l.bytes
    FROM deliveries d JOIN requests r ON r.number = d.request JOIN letters l ON l.delivery = d.id WHERE d.id = $1";

// What a lease may write: nothing, once its fence is no longer the delivery's.
pub(super) const RECORD_SENT: &str =
    "UPDATE deliveries SET state = 'sent', since = $1, note = $2, hold = NULL, lease_until = NULL
    WHERE id = $3 AND fence = $4 AND state IN ('leased', 'unknown')";
pub(super) const RECORD_DEFERRED: &str = "UPDATE deliveries SET state = 'deferred', since = $1, note = $2, due = $3,
    hold = NULL, lease_until = NULL WHERE id = $4 AND fence = $5 AND state IN ('leased', 'unknown')";
/// The same, and the lease's try does not count. After a crash before this it does, once.
pub(super) const RECORD_UNREACHED: &str = "UPDATE deliveries SET state = 'deferred', since = $1, note = $2, due = $3,
    attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE attempts END, hold = NULL, lease_until = NULL
    WHERE id = $4 AND fence = $5 AND state IN ('leased', 'unknown')";
pub(super) const RECORD_HELD: &str = "UPDATE deliveries SET state = 'held', since = $1, note = $2, hold = $3, lease_until = NULL
    WHERE id = $4 AND fence = $5 AND state IN ('leased', 'unknown')";
/// The lease goes on under the first of them, until it is due, and ends with the second.
pub(super) const RECORD_UNKNOWN: &str = "UPDATE deliveries SET
    lease_until = CASE WHEN state = 'unknown' THEN NULL WHEN lease_until > $1 THEN lease_until ELSE $1 END,
    due = $1, state = 'unknown', since = $2, note = $3, hold = NULL
    WHERE id = $4 AND fence = $5 AND state IN ('leased', 'unknown')";
pub(super) const EXTEND: &str = "UPDATE deliveries SET lease_until = $1
    WHERE id = $2 AND fence = $3 AND state IN ('leased', 'unknown') AND lease_until IS NOT NULL";
/// The dot was announced, and did not go out, where `unknown` is still under the lease.
pub(super) const RELEASE_LEASE: &str = "UPDATE deliveries SET
    attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE attempts END, since = $1,
    due = CASE WHEN state = 'unknown' THEN $1 ELSE due END, note = CASE WHEN state = 'unknown' THEN '' ELSE note END,
    state = 'queued', lease_until = NULL
    WHERE id = $2 AND fence = $3 AND state IN ('leased', 'unknown') AND lease_until IS NOT NULL";

/// One delivery for [`retried`](super::row::retried).
pub(super) const TO_RETRY_ONE: &str = "SELECT d.id, r.reference, d.purpose, d.state, d.hold, d.may_repeat, d.lease_until
    FROM deliveries d JOIN requests r ON r.number = d.request WHERE r.reference = $1 ORDER BY d.id";
/// All that could be retried.
pub(super) const TO_RETRY: &str = "SELECT d.id, r.reference, d.purpose, d.state, d.hold, d.may_repeat, d.lease_until
    FROM deliveries d JOIN requests r ON r.number = d.request
    WHERE d.state IN ('leased', 'deferred', 'unknown', 'held') ORDER BY d.id";
/// Makes those due that `$which` chooses by `$2`, unless a worker has them. Held becomes queued, and unknown stays so: what is not known
/// does not become known by trying again.
macro_rules! retry {
    ($which:literal) => {
        concat!(
            "UPDATE deliveries SET due = $1, lease_until = NULL,
            since = CASE WHEN state = 'held' THEN $1 ELSE since END,
            state = CASE WHEN state = 'held' THEN 'queued' ELSE state END, hold = NULL
            WHERE ",
            $which,
            " AND state IN ('deferred', 'unknown', 'held') AND (lease_until IS NULL OR lease_until <= $1)"
        )
    };
}
pub(super) use retry;

/// The columns of [`entries`](super::row::entries): one row for each mail of a request.
const ENTRY: &str = "SELECT r.reference, r.form, r.received_at, r.answers, d.id, d.purpose, d.state, d.since, d.due, d.attempts,
    d.may_repeat, d.lease_until, d.hold, d.note, l.message_id FROM";
const ITS_MAILS: &str = "JOIN deliveries d ON d.request = r.number JOIN letters l ON l.delivery = d.id";

/// One request.
pub(super) fn show() -> String {
    format!("{ENTRY} requests r {ITS_MAILS} WHERE r.reference = $1 ORDER BY d.id")
}

/// Requests of the form `$1` (all if it is empty) after the time `$2` and reference `$3`, at most `$4`.
pub(super) fn list(states: &[DeliveryState]) -> String {
    let names: Vec<String> = states.iter().map(|state| format!("'{}'", state.name())).collect();
    let in_state = match names.is_empty() {
        true => String::new(),
        false => format!(
            "AND EXISTS (SELECT 1 FROM deliveries s WHERE s.request = requests.number AND s.state IN ({}))",
            names.join(", ")
        ),
    };
    format!(
        "{ENTRY} (SELECT * FROM requests WHERE ($1 = '' OR form = $1) AND (received_at, reference) > ($2, $3) {in_state}
        ORDER BY received_at, reference LIMIT $4) r {ITS_MAILS} ORDER BY r.received_at, r.reference, d.id"
    )
}

/// Whether a mail of a request is unsent, and whether a worker has one.
pub(super) const UNSENT: &str = "SELECT state, lease_until FROM deliveries
    WHERE request = (SELECT number FROM requests WHERE reference = $1)";
/// With all that belongs to it.
pub(super) const FORGET: &str = "DELETE FROM requests WHERE reference = $1";
/// Requests of the form `$1` whose mails were all sent at or before `$2`.
pub(super) const PURGE: &str = "DELETE FROM requests WHERE form = $1 AND received_at <= $2 AND NOT EXISTS
    (SELECT 1 FROM deliveries d WHERE d.request = requests.number AND (d.state <> 'sent' OR d.since > $2))";
pub(super) const PURGE_TOKENS: &str = "DELETE FROM tokens WHERE expires_at <= $1";
pub(super) const PURGE_CONFIRMATIONS: &str = "DELETE FROM confirmations WHERE at <= $1";

pub(super) const COUNT_REQUESTS: &str = "SELECT count(*) FROM requests";
pub(super) const COUNT_DELIVERIES: &str = "SELECT state, hold, count(*) FROM deliveries GROUP BY state, hold";
pub(super) const OLDEST_UNSENT: &str = "SELECT min(r.received_at) FROM deliveries d JOIN requests r ON r.number = d.request
    WHERE d.state <> 'sent' AND d.purpose = 'escalation' AND (d.hold IS NULL OR d.hold <> 'honeypot')";
