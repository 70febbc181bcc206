//! Writing the log back into the database, beside the thread that writes.
//!
//! A passive checkpoint holds up nobody (<https://sqlite.org/wal.html> §2.1), but what is committed while it runs stays in the log, and
//! the log begins anew only when all of it is in the database. So a thread with a connection of its own writes back what there is, and
//! the writer then the little that came meanwhile.

use std::sync::mpsc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::super::error::StoreError;

/// Writes back what is in the log and what no reader needs there.
///
/// # Errors
/// Of a write or an `fsync` that failed, above all.
pub(super) fn write_back(db: &Connection) -> Result<(), StoreError> {
    Ok(db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
}

/// The thread that writes back. It ends, and its connection is closed, when this is dropped.
pub(super) struct Checkpointer {
    orders: Option<mpsc::Sender<()>>,
    results: mpsc::Receiver<Result<(), StoreError>>,
    thread: Option<JoinHandle<()>>,
    under_way: bool,
}

impl Checkpointer {
    /// Starts the thread, which calls `ended` when it has written back. Until it is told to, it does nothing.
    pub(super) fn start(db: Connection, ended: impl Fn() + Send + 'static) -> Result<Self, StoreError> {
        // Whoever closes the database last writes back: that is for the writer alone.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        let (orders, ordered) = mpsc::channel();
        let (tell, results) = mpsc::channel();
        let run = move || {
            while ordered.recv().is_ok() {
                if tell.send(write_back(&db)).is_err() {
                    return;
                }
                ended();
            }
        };
        let thread = std::thread::Builder::new().name("store-checkpoint".to_owned()).spawn(run);
        let thread = thread.map_err(|error| StoreError::Unavailable(format!("no thread can be started: {error}")))?;
        Ok(Self { orders: Some(orders), results, thread: Some(thread), under_way: false })
    }

    /// Begins to write back, unless that is under way.
    pub(super) fn begin(&mut self) {
        if !self.under_way {
            self.under_way = self.orders.as_ref().is_some_and(|orders| orders.send(()).is_ok());
        }
    }

    /// What came of it, once: nothing while it is under way, or was not begun.
    pub(super) fn ended(&mut self) -> Option<Result<(), StoreError>> {
        let result = self.results.try_recv().ok()?;
        self.under_way = false;
        Some(result)
    }

    /// Waits until nothing is under way.
    ///
    /// # Errors
    /// What was under way has failed.
    pub(super) fn wait(&mut self) -> Result<(), StoreError> {
        if !std::mem::take(&mut self.under_way) {
            return Ok(());
        }
        let ended = || StoreError::Fatal("the thread that writes the log back has ended".into());
        self.results.recv().map_err(|_| ended())?
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(thread) = self.thread.take() {
            // It has nothing to tell any more: a panic of it was an error of `wait`.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn database(file: &Path) -> Connection {
        let db = super::super::connect(file).unwrap();
        db.execute_batch("CREATE TABLE IF NOT EXISTS words (word TEXT)").unwrap();
        db
    }

    fn pages(file: &Path) -> u64 {
        std::fs::metadata(file.with_extension("db-wal")).unwrap().len() / 4096
    }

    #[test]
    fn the_log_stays_short_while_it_is_written_to_all_the_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("words.db");
        let db = database(&file);
        let (tell, told) = mpsc::channel();
        let mut checkpointer =
            Checkpointer::start(super::super::connect(&file).unwrap(), move || tell.send(()).unwrap()).unwrap();
        assert!(checkpointer.ended().is_none());
        let mut longest = 0;
        for _ in 0..40 {
            checkpointer.begin();
            let write = || assert_eq!(db.execute("INSERT INTO words VALUES (hex(randomblob(20000)))", []), Ok(1));
            (0..10).for_each(|_| write());
            while told.try_recv().is_err() {
                write();
            }
            checkpointer.ended().unwrap().unwrap();
            write_back(&db).unwrap();
            longest = longest.max(pages(&file));
        }
        let written: u32 = db.query_row("SELECT sum(length(word)) / 4096 FROM words", [], |row| row.get(0)).unwrap();
        assert!(u64::from(written) > 2 * longest, "{written} pages went through a log of {longest}");
    }

    #[test]
    fn what_is_under_way_is_waited_for_and_its_connection_closed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("words.db");
        let db = database(&file);
        let mut checkpointer = Checkpointer::start(super::super::connect(&file).unwrap(), || {}).unwrap();
        checkpointer.wait().unwrap();
        checkpointer.begin();
        checkpointer.wait().unwrap();
        assert!(checkpointer.ended().is_none());
        drop(checkpointer);
        drop(db);
        assert!(!file.with_extension("db-wal").exists(), "the last one to close has removed the log");
    }
}
