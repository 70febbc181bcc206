//! Reading: a thread with a connection of its own, which sees what is committed and never waits for the writer.

use rusqlite::{Connection, OptionalExtension, Params, params};
use tokio::sync::{mpsc, oneshot};

use super::super::error::StoreError;
use super::super::row::Columns;
use super::super::values::{Found, Stats, Status};
use super::super::{row, sql};
use super::spawn;
use crate::intake::ids::Reference;
use crate::intake::outbox::Millis;

type Work = Box<dyn FnOnce(&Connection) + Send>;

enum Job {
    Read(Work),
    Close(oneshot::Sender<()>),
}

/// The way to the thread that reads.
#[derive(Debug)]
pub(super) struct Reader(mpsc::UnboundedSender<Job>);

impl Reader {
    pub(super) fn start(db: Connection) -> Result<Self, StoreError> {
        let (jobs, mut waiting) = mpsc::unbounded_channel::<Job>();
        spawn("store-reader", move || {
            while let Some(job) = waiting.blocking_recv() {
                match job {
                    Job::Read(work) => work(&db),
                    Job::Close(closed) => {
                        drop(db);
                        let _ = closed.send(());
                        return;
                    }
                }
            }
        })?;
        Ok(Self(jobs))
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let ended = || StoreError::Fatal("its reader has ended".into());
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |db| {
            let _ = answer.send(work(db));
        });
        self.0.send(Job::Read(work)).map_err(|_| ended())?;
        answered.await.unwrap_or_else(|_| Err(ended()))
    }

    pub(super) async fn close(&self) {
        let (closed, is_closed) = oneshot::channel();
        if self.0.send(Job::Close(closed)).is_ok() {
            let _ = is_closed.await;
        }
    }
}

/// The one row of a query, if there is one.
pub(super) fn one<T>(
    db: &Connection,
    statement: &str,
    values: impl Params,
    read: impl FnOnce(&rusqlite::Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = db.prepare_cached(statement)?;
    let mut rows = statement.query(values)?;
    rows.next()?.map(read).transpose()
}

/// Reads every row of a query.
pub(super) fn each(
    db: &Connection,
    statement: &str,
    values: impl Params,
    mut read: impl FnMut(&rusqlite::Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached(statement)?;
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()? {
        read(row)?;
    }
    Ok(())
}

pub(super) fn find(db: &Connection, form: &str, submission_id: &str) -> Result<Option<Found>, StoreError> {
    one(db, sql::FIND, params![form, submission_id], |row| row::found(row))
}

pub(super) fn twin(db: &Connection, form: &str, fingerprint: [u8; 32], since: Millis) -> Result<Option<Reference>, StoreError> {
    one(db, sql::TWIN, params![since, form, fingerprint], |row| row::twin(row))
}

pub(super) fn status(db: &Connection, reference: &Reference) -> Result<Option<(String, Status)>, StoreError> {
    one(db, sql::STATUS, [reference.as_str()], |row| row::status(row))
}

pub(super) fn secret(db: &Connection) -> Result<[u8; 32], StoreError> {
    let secret = one(db, sql::SECRET, [], |row| row.bytes(0))?.and_then(|bytes| bytes.try_into().ok());
    secret.ok_or_else(|| StoreError::Damaged("there is no secret of 32 bytes".into()))
}

/// Makes the secret if there is none.
pub(super) fn make_secret(db: &Connection) -> Result<(), StoreError> {
    let secret = super::super::new_secret()?;
    db.execute(sql::MAKE_SECRET, [secret])?;
    Ok(())
}

pub(super) fn number(db: &Connection, name: &str) -> Result<Option<i64>, StoreError> {
    one(db, sql::NUMBER, [name], |row| row.integer(0))
}

pub(super) fn stats(db: &Connection) -> Result<Stats, StoreError> {
    let mut stats = row::no_counts();
    each(db, sql::COUNT_DELIVERIES, [], |row| row::add_count(&mut stats, row))?;
    stats.requests = row::unsigned(db.query_row(sql::COUNT_REQUESTS, [], |row| row.get(0)).optional()?.unwrap_or_default());
    stats.oldest_unsent = one(db, sql::OLDEST_UNSENT, [], |row| row.maybe_integer(0))?.flatten();
    stats.confirmations_left_out = row::unsigned(number(db, sql::LEFT_OUT)?.unwrap_or_default());
    Ok(stats)
}
