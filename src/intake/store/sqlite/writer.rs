//! The one thread that writes. What waits when it comes to look goes into one transaction, and all who wait are answered when its one
//! commit is on disk (group commit). Where a piece of work fails, the others are done again, each in a savepoint.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use super::super::error::StoreError;
use super::super::meter::Meter;
use super::super::values::Options;
use super::checkpoint::{self, Checkpointer};
use super::{Failure, PATIENCE, spawn};
use crate::intake::crash;

/// Pages in the write-ahead log from which it is written back into the database: 64 MiB. At SQLite's default of 4 MiB a busy counter
/// writes the same pages back, and syncs twice, every few hundred requests; at 16 MiB a crowd of 64 waited for that ten times a second, and
/// an eighth fewer were taken. A longer log would be read for longer when a counter starts after it was killed.
const CHECKPOINT: i64 = 16_000;

/// Pages at which a disk that writes back more slowly than the log grows is waited for: 128 MiB.
const LONGEST: i64 = 2 * CHECKPOINT;

/// From so many on, those that share a commit are a crowd, and more of it is on the way.
const CROWD: usize = 8;

/// The longest time for which more of a crowd is waited for, from one commit to the next, until half of it is there. On a quick disk each
/// commit would come as soon as a few wait, and cost more of the machine than it gives: what a commit costs but the disk's time is the same
/// for one and for many. Half, so that one half is written while the other is read.
const PACE: Duration = Duration::from_millis(5);

/// How often it is looked whether half of a crowd is there.
const LOOK: Duration = Duration::from_micros(200);

/// The least time for which another process is waited for.
const GRAIN: Duration = Duration::from_millis(10);

/// Work that shares its commit with others.
trait Task: Send {
    /// Does it, in a transaction. If that is rolled back it may be done again.
    fn work(&mut self, db: &Connection) -> Result<(), StoreError>;
    /// When it was handed over.
    fn since(&self) -> Instant;
    /// Tells whoever waits what came of it: its own result, unless the commit failed.
    fn answer(self: Box<Self>, failed: Option<&StoreError>);
}

struct Piece<T, F> {
    since: Instant,
    work: F,
    result: Option<Result<T, StoreError>>,
    /// The work goes back with its result: whoever asked drops it, and not the one thread that all wait for.
    answer: oneshot::Sender<(Result<T, StoreError>, F)>,
}

impl<T: Send, F: Fn(&Connection) -> Result<T, StoreError> + Send> Task for Piece<T, F> {
    fn work(&mut self, db: &Connection) -> Result<(), StoreError> {
        let result = (self.work)(db);
        let verdict = result.as_ref().map(|_| ()).map_err(StoreError::clone);
        self.result = Some(result);
        verdict
    }

    fn since(&self) -> Instant {
        self.since
    }

    fn answer(self: Box<Self>, failed: Option<&StoreError>) {
        let result = match failed {
            Some(error) => Err(error.clone()),
            None => self.result.unwrap_or_else(|| Err(ended())),
        };
        // Whoever asked may have gone away.
        let _ = self.answer.send((result, self.work));
    }
}

type Alone = Box<dyn FnOnce(&Connection) -> Result<(), StoreError> + Send>;

enum Job {
    Grouped(Box<dyn Task>),
    /// Outside any transaction.
    Alone(Alone),
    /// The log has been written back beside us, or that has failed.
    WrittenBack,
    /// What was handed over before it is done, what comes after it is not.
    Close(oneshot::Sender<()>),
}

/// The way to the thread that writes.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::UnboundedSender<Job>,
    room: Arc<Semaphore>,
    failure: Failure,
}

impl Writer {
    /// Keeps `lock` until the connection is closed. `beside` is another connection, by which the log is written back.
    pub(super) fn start(
        mut db: Connection,
        beside: Connection,
        lock: Option<File>,
        options: &Options,
        meter: Arc<Meter>,
    ) -> Result<Self, StoreError> {
        let (jobs, waiting) = mpsc::unbounded_channel();
        let (tell, failure) = watch::channel(None);
        let wal_pages = Arc::new(AtomicI64::new(0));
        let seen = Arc::clone(&wal_pages);
        db.wal_hook(Some(move |_: &mut _, pages| {
            seen.store(i64::from(pages), Ordering::Relaxed);
            Ok(())
        }))?;
        let last = Last { began: Instant::now(), size: 0, known: 0 };
        let wake = jobs.downgrade();
        let checkpointer = Checkpointer::start(beside, move || {
            // Nobody can ask for anything any more: the thread is about to end.
            let _ = wake.upgrade().map(|jobs| jobs.send(Job::WrittenBack));
        })?;
        let thread = Thread { checkpointer, db, _lock: lock, waiting, batch: options.batch.max(1), meter, wal_pages, last };
        spawn("store-writer", move || thread.run(&tell))?;
        Ok(Self { jobs, room: Arc::new(Semaphore::new(options.waiting)), failure })
    }

    /// Waits for the thread's end.
    pub(super) async fn failed(&self) -> StoreError {
        let mut failure = self.failure.clone();
        let error = failure.wait_for(Option::is_some).await.ok().and_then(|error| error.clone());
        error.unwrap_or_else(ended)
    }

    /// As [`Writer::write`], unless too many wait already.
    pub(super) async fn try_write<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Ok(_place) = self.room.try_acquire() else { return Err(StoreError::Busy) };
        self.write(work).await
    }

    /// Does some work in the next transaction, and returns when it is on disk. It may be done twice, the first time for nothing.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let piece = Piece { since: Instant::now(), work, result: None, answer };
        let (result, _work) = self.hand_over(Job::Grouped(Box::new(piece)), answered).await?;
        result
    }

    /// Does some work outside any transaction.
    pub(super) async fn alone(
        &self,
        work: impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        let job = move |db: &Connection| {
            let result = work(db);
            let _ = answer.send(result.clone());
            result
        };
        self.hand_over(Job::Alone(Box::new(job)), answered).await?
    }

    /// Does what waits, closes the database and lets go of its lock.
    pub(super) async fn close(&self) {
        let (closed, is_closed) = oneshot::channel();
        if self.jobs.send(Job::Close(closed)).is_ok() {
            // Dropped without a word when the thread has ended.
            let _ = is_closed.await;
        }
    }

    async fn hand_over<A>(&self, job: Job, answered: oneshot::Receiver<A>) -> Result<A, StoreError> {
        let failure = || self.failure.borrow().clone().unwrap_or_else(ended);
        self.jobs.send(job).map_err(|_| failure())?;
        answered.await.map_err(|_| failure())
    }
}

fn ended() -> StoreError {
    StoreError::Fatal("its writer has ended".into())
}

struct Thread {
    // Dropped in this order: the last connection closes the database, and then the lock is let go of.
    checkpointer: Checkpointer,
    db: Connection,
    _lock: Option<File>,
    waiting: mpsc::UnboundedReceiver<Job>,
    batch: usize,
    meter: Arc<Meter>,
    wal_pages: Arc<AtomicI64>,
    last: Last,
}

/// The last group.
struct Last {
    began: Instant,
    size: usize,
    /// How many it was together with those who waited at its end.
    known: usize,
}

impl Thread {
    /// Works until nobody can ask any more, or until the first write that may not be on disk. What waits then is dropped, which its
    /// owners see.
    fn run(mut self, tell: &watch::Sender<Option<StoreError>>) {
        while let Some(job) = self.waiting.blocking_recv() {
            match self.work(job).and_then(|asked| self.write_back().map(|()| asked)) {
                Ok(None) => {}
                Ok(Some(closed)) => {
                    drop(self);
                    // Whoever has gone away need not know.
                    let _ = closed.send(());
                    return;
                }
                Err(error) => {
                    // Closing would write back, and `fsync` again.
                    let _ = self.db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
                    tell.send_replace(Some(error));
                    return;
                }
            }
        }
    }

    /// Does this job and those that wait behind it. Returns whom to tell of the end, if it was asked for.
    ///
    /// # Errors
    /// Fatal ones only; all others have been answered.
    fn work(&mut self, first: Job) -> Result<Option<oneshot::Sender<()>>, StoreError> {
        self.gather();
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Grouped(work) => group.push(work),
                Job::Alone(work) => {
                    self.commit(std::mem::take(&mut group))?;
                    // Two who write back would be in each other's way.
                    fatal(self.checkpointer.wait())?;
                    self.db.busy_timeout(PATIENCE)?;
                    fatal(work(&self.db))?;
                }
                Job::WrittenBack => {}
                Job::Close(closed) => return self.commit(group).map(|()| Some(closed)),
            }
            next = if group.len() < self.batch { self.waiting.try_recv().ok() } else { None };
        }
        self.commit(group).map(|()| None)
    }

    /// Lets half of a crowd come, before the next commit.
    fn gather(&self) {
        let Last { began, size, known } = self.last;
        let enough = (known / 2).min(self.batch);
        while size >= CROWD && self.waiting.len() < enough && began.elapsed() < PACE {
            std::thread::sleep(LOOK);
        }
    }

    fn commit(&mut self, mut group: Vec<Box<dyn Task>>) -> Result<(), StoreError> {
        if group.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let size = group.len();
        let begun = self.begin(&mut group);
        if group.is_empty() {
            return Ok(());
        }
        let result = begun.and_then(|()| self.transaction(&mut group));
        if result.is_ok() {
            self.meter.committed(group.len(), began.elapsed());
            crash::point("store.after-commit");
        } else if !self.db.is_autocommit() {
            let _ = self.db.execute_batch("ROLLBACK");
        }
        self.last = Last { began, size, known: size + self.waiting.len() };
        for task in group {
            task.answer(result.as_ref().err());
        }
        crash::point("store.after-answer");
        fatal(result)
    }

    /// Begins a transaction. Another process that holds the database is waited for as long as the first of the group has left; then
    /// those whose time is over are answered, and the others go on waiting. So nobody waits twice, behind others and for themselves.
    fn begin(&self, group: &mut Vec<Box<dyn Task>>) -> Result<(), StoreError> {
        while let Some(waited) = group.iter().map(|task| task.since().elapsed()).max() {
            self.db.busy_timeout(PATIENCE.saturating_sub(waited).max(GRAIN))?;
            match self.execute("BEGIN IMMEDIATE") {
                Err(StoreError::Busy) => {}
                other => return other,
            }
            let over = |task: &mut Box<dyn Task>| task.since().elapsed() + GRAIN >= PATIENCE;
            for task in group.extract_if(.., over) {
                task.answer(Some(&StoreError::Busy));
            }
        }
        Ok(())
    }

    /// # Errors
    /// Nothing of the group is stored, or (fatal) it may be.
    fn transaction(&self, group: &mut [Box<dyn Task>]) -> Result<(), StoreError> {
        if !self.together(group)? {
            self.execute("BEGIN IMMEDIATE")?;
            for task in group {
                self.savepoint(task)?;
            }
        }
        crash::point("store.before-commit");
        self.execute("COMMIT")
    }

    /// Does all of them, as if none could fail: a savepoint keeps a copy of each page that changes after it. If one does, nothing is done,
    /// and it is false.
    fn together(&self, group: &mut [Box<dyn Task>]) -> Result<bool, StoreError> {
        let alone = group.len() == 1;
        for task in group {
            match task.work(&self.db) {
                Ok(()) => {}
                Err(error) if alone || self.ends_all(&error) => return Err(error),
                Err(_) => return self.execute("ROLLBACK").map(|()| false),
            }
        }
        Ok(true)
    }

    /// A full disk or a failed write ends the transaction for all (<https://sqlite.org/lang_transaction.html> §3), and a disk that fails
    /// must not be written to again.
    fn ends_all(&self, error: &StoreError) -> bool {
        self.db.is_autocommit() || matches!(error, StoreError::Fatal(_))
    }

    /// Lets one task fail alone.
    fn savepoint(&self, task: &mut Box<dyn Task>) -> Result<(), StoreError> {
        self.execute("SAVEPOINT task")?;
        match task.work(&self.db) {
            Ok(()) => self.execute("RELEASE task"),
            Err(error) if self.ends_all(&error) => Err(error),
            Err(_) => self.execute("ROLLBACK TO task").and_then(|()| self.execute("RELEASE task")),
        }
    }

    fn execute(&self, statement: &str) -> Result<(), StoreError> {
        self.db.prepare_cached(statement)?.execute([])?;
        Ok(())
    }

    /// Has the log written back into the database once it is long, and then writes back the rest. SQLite would do so itself, and keep
    /// a failed `fsync` to itself.
    fn write_back(&mut self) -> Result<(), StoreError> {
        let pages = self.wal_pages.load(Ordering::Relaxed);
        let ended = match self.checkpointer.ended() {
            None if pages >= LONGEST => Some(self.checkpointer.wait()),
            ended => ended,
        };
        match ended {
            Some(result) => {
                self.wal_pages.store(0, Ordering::Relaxed);
                fatal(result.and_then(|()| checkpoint::write_back(&self.db)))
            }
            None if pages >= CHECKPOINT => {
                self.checkpointer.begin();
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// Only what ends the process.
pub(super) fn fatal(result: Result<(), StoreError>) -> Result<(), StoreError> {
    result.or_else(|error| if matches!(error, StoreError::Fatal(_)) { Err(error) } else { Ok(()) })
}
