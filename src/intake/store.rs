//! Where requests are kept: one [`Store`], on SQLite for one counter or on PostgreSQL for several.
//!
//! It promises four things. A request that [`Store::accept`] has answered is on disk, with its mails, its idempotency record and its
//! used token, in one transaction. A delivery belongs to one worker at a time, and a worker that has lost its lease changes nothing
//! ([`Store::record`]). Nothing is discarded but by [`Store::forget`] and [`Store::purge`]. After a write that may not be on disk
//! the store refuses everything ([`StoreError::Fatal`]), since a second `fsync` would report success for what was lost
//! (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
//!
//! Whoever knows the time passes it in; the store itself asks no clock but to measure how long a commit takes.

use super::ids::Reference;
use super::outbox::{Accepted, Lease, Millis, NewRequest, Outcome};
use crate::config::StoreConfig;

mod clock;
mod error;
pub mod export;
mod meter;
mod postgres;
mod row;
mod snapshot;
mod sql;
mod sqlite;
mod values;

pub use error::StoreError;
pub use snapshot::Snapshot;
pub use values::{
    After, Delivery, Entry, Filter, Forgotten, Found, Options, Purged, Retention, Retried, Role, Stats, Status, Tally, Which,
    Work,
};

/// The store. A clone is cheap and shares everything.
#[derive(Debug, Clone)]
pub struct Store(Back);

#[derive(Debug, Clone)]
enum Back {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// The same call on either back end.
macro_rules! each {
    ($store:expr, $back:ident => $call:expr) => {
        match &$store.0 {
            Back::Sqlite($back) => $call,
            Back::Postgres($back) => $call,
        }
    };
}

impl Store {
    /// Opens the store, makes it if there is none, and brings its schema up to date under a lock.
    ///
    /// A counter on SQLite takes over all leases: its predecessor is dead, as it holds the lock, and had not written a final dot.
    ///
    /// # Errors
    /// The database cannot be reached, is newer than this program, is set up unsafely, or has another counter (SQLite).
    pub async fn open(config: &StoreConfig, options: Options) -> Result<Self, StoreError> {
        match config {
            StoreConfig::Sqlite(file) => sqlite::Sqlite::open(file.clone(), options).await.map(Back::Sqlite),
            StoreConfig::Postgres(address) => postgres::Postgres::open(address, options).await.map(Back::Postgres),
        }
        .map(Self)
    }

    /// Stores a request with all that belongs to it, in one transaction, and returns when its commit is on disk.
    ///
    /// In this order: a request under the same form and key is [`Accepted::Replayed`] if its content is the same, even if the
    /// token was used, and [`Accepted::KeyReused`] if it is not; a used token is [`Accepted::TokenUsed`]. The confirmation is left
    /// out, and counted, where its limits are reached, and for a request that is held.
    ///
    /// # Errors
    /// The request is not stored, or (`Fatal`, `Unavailable`) may be; a repeat under the same key finds out.
    pub async fn accept(&self, request: NewRequest) -> Result<Accepted, StoreError> {
        each!(self, back => back.accept(request).await)
    }

    /// The request stored under an idempotency key of a form. To be asked before the token is checked, so that a repeat gets its
    /// answer although its token is used up.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn find(&self, form: &str, submission_id: &str) -> Result<Option<Found>, StoreError> {
        each!(self, back => back.find(form, submission_id).await)
    }

    /// A request of a form with the same content that was taken since a time: with a request that has no key, perhaps the same.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn twin(&self, form: &str, fingerprint: [u8; 32], since: Millis) -> Result<Option<Reference>, StoreError> {
        each!(self, back => back.twin(form, fingerprint, since).await)
    }

    /// How far a request is, for whoever has its status key. A wrong key and an unknown reference give the same answer; keys are
    /// compared in constant time.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn status(&self, reference: &Reference, key: &str) -> Result<Option<Status>, StoreError> {
        let row = each!(self, back => back.status(reference).await)?;
        Ok(row::unlocked(row, key))
    }

    /// Whether the limit of all confirmations was found reached a moment before this time: then none need be made for
    /// [`accept`](Self::accept), which is told so by [`NewRequest::left_out`].
    pub fn confirmations_are_spent(&self, now: Millis) -> bool {
        each!(self, back => back.meter().is_spent(now))
    }

    /// The signing secret: random, made once, the same for all counters on this store.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn secret(&self) -> Result<[u8; 32], StoreError> {
        each!(self, back => back.secret().await)
    }

    /// Whether a request could be accepted now: the store can be written, and the disk holds more than its reserve (SQLite).
    ///
    /// # Errors
    /// It could not; the error says why.
    pub async fn ready(&self) -> Result<(), StoreError> {
        each!(self, back => back.ready().await)
    }

    /// Returns when the store has failed for good, with the reason: the process must then exit. Never returns otherwise.
    pub async fn failed(&self) -> StoreError {
        match &self.0 {
            Back::Sqlite(back) => back.failed().await,
            // Its server decides what is on disk; a new connection to it is a new beginning.
            Back::Postgres(_) => std::future::pending().await,
        }
    }

    /// Does what waits, then closes the store for all clones: the last thing that a process asks of it. On SQLite the lock that keeps
    /// a second counter out is free when it returns.
    pub async fn close(&self) {
        each!(self, back => back.close().await);
    }

    /// Leases up to `limit` deliveries that are due, the oldest request first, until `until`. Each is tried by nobody else before then.
    /// One whose lease has ended without a record is due again. So is one that was planned, or leased, for later than
    /// [`LONGEST_WAIT`](super::retry::LONGEST_WAIT) from now: by a clock that has been set back since.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn lease(&self, worker: &str, now: Millis, until: Millis, limit: usize) -> Result<Vec<Lease>, StoreError> {
        each!(self, back => back.lease(worker, now, until, limit).await)
    }

    /// Records how a try ended, and ends its lease. `false` means that the lease was lost: nothing has changed, and nothing more
    /// may be done with the delivery.
    ///
    /// The first [`Outcome::Unknown`] under a lease is the one before the final dot. It keeps the lease, at least until it is due, so that
    /// neither another worker nor the operator repeats the mail while the server thinks. A second one ends the lease.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn record(&self, lease: &Lease, outcome: Outcome, now: Millis) -> Result<bool, StoreError> {
        each!(self, back => back.record(lease, outcome, now).await)
    }

    /// Moves the end of a lease. `false`: it was lost.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn extend(&self, lease: &Lease, until: Millis) -> Result<bool, StoreError> {
        each!(self, back => back.extend(lease, until).await)
    }

    /// Gives a lease back whose final dot was not written, at a shutdown: the delivery is `queued` again and the try does not count, also
    /// where [`Outcome::Unknown`] announced the dot. Whoever has written it must not ask for this. `false`: the lease was lost, or has ended.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn release_lease(&self, lease: &Lease, now: Millis) -> Result<bool, StoreError> {
        each!(self, back => back.release_lease(lease, now).await)
    }

    /// A number that rises with each `retry` and `release` of an operator: a worker that sees it risen closes its circuits and looks
    /// for work.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn signal(&self) -> Result<i64, StoreError> {
        each!(self, back => back.number(sql::SIGNAL).await)
    }

    /// Requests in the order in which they were taken, from `after` on, at most `limit`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn list(&self, filter: &Filter, after: After, limit: usize) -> Result<Vec<Entry>, StoreError> {
        each!(self, back => back.list(filter, after, limit).await)
    }

    /// The state of the store as it is now, to be gone through more than once, or to the end: [`list`](Self::list) reads a new state each
    /// time, and passes over a request that was taken a moment earlier than another and committed after it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        match &self.0 {
            Back::Sqlite(back) => back.snapshot().await.map(snapshot::Back::Sqlite),
            Back::Postgres(back) => back.snapshot().await.map(snapshot::Back::Postgres),
        }
        .map(Snapshot)
    }

    /// One request.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn show(&self, reference: &Reference) -> Result<Option<Entry>, StoreError> {
        each!(self, back => back.show(reference).await)
    }

    /// Makes what is `deferred`, `unknown` or `held` due now, and raises the signal. What a worker has is left alone, and so is what the
    /// honeypot holds. All deliveries that it looked at are returned; none if there is no such request.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn retry(&self, which: &Which, now: Millis) -> Result<Vec<Retried>, StoreError> {
        each!(self, back => back.retry(which, now).await)
    }

    /// Sends what the honeypot holds of one request after all. Its other deliveries are left alone.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn release(&self, reference: &Reference, now: Millis) -> Result<Vec<Retried>, StoreError> {
        each!(self, back => back.release(reference, now).await)
    }

    /// Deletes a request with all that belongs to it, if all its mails are sent or if `unsent` is set, and wipes what is left of it
    /// in the files of the database (SQLite). Never while a worker has one of its mails.
    ///
    /// # Errors
    /// The store cannot be written; or the request is deleted and cannot be wiped now, because another process reads the database
    /// (`Busy`) or the disk has no room (`NoRoomToWipe`): the same call finishes it later, or the next [`purge`](Self::purge).
    pub async fn forget(&self, reference: &Reference, unsent: bool, now: Millis) -> Result<Forgotten, StoreError> {
        each!(self, back => back.forget(reference, unsent, now).await)
    }

    /// Deletes the requests whose mails have all been sent longer ago than their form's retention period, expired tokens, and old
    /// records of confirmations; then wipes, also what was deleted before by a call that could not wipe or did not live to. To be called
    /// at least once a day, better every hour. Requests of a form that is not named are kept. While another counter wipes (PostgreSQL),
    /// that is left to it, and to the next call.
    ///
    /// # Errors
    /// The store cannot be written; or what was deleted cannot be wiped now: the next call does it.
    pub async fn purge(&self, now: Millis, retention: &Retention) -> Result<Purged, StoreError> {
        each!(self, back => back.purge(now, retention).await)
    }

    /// Leaves no trace of what was deleted in the files of the database: on SQLite free pages are rewritten and the write-ahead log
    /// is emptied; on PostgreSQL the tables are vacuumed.
    ///
    /// # Errors
    /// Another process reads the database now, or the disk has no room for it or fails.
    pub async fn wipe(&self) -> Result<(), StoreError> {
        each!(self, back => back.wipe().await)
    }

    /// Copies the store into a new file beside running counters (SQLite), and returns how many requests are in it. What is not sent is
    /// `unknown` there, for it may be sent before the copy is used. PostgreSQL has its own ways, which the error names.
    ///
    /// # Errors
    /// The file exists, or cannot be written; the store cannot be read.
    pub async fn backup(&self, file: &std::path::Path) -> Result<u64, StoreError> {
        match &self.0 {
            Back::Sqlite(back) => back.backup(file).await,
            Back::Postgres(_) => Err(StoreError::Unsafe {
                what: "PostgreSQL makes its own backups".into(),
                help: "use `pg_dump`; the manual's page on the store has the commands".into(),
            }),
        }
    }

    /// What is kept, by state.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn stats(&self) -> Result<Stats, StoreError> {
        each!(self, back => back.stats().await)
    }

    /// What this process did with the store since it was opened.
    pub fn work(&self) -> Work {
        each!(self, back => back.meter().snapshot())
    }

    /// What it is, for the line that a start prints: no password.
    pub fn description(&self) -> String {
        each!(self, back => back.description())
    }
}

/// 32 random bytes.
fn new_secret() -> Result<[u8; 32], StoreError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| StoreError::Unavailable(format!("there are no random numbers: {error}")))?;
    Ok(secret)
}
