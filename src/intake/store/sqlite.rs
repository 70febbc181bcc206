//! The store in a SQLite file: one thread writes and commits for all who wait, another reads.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use super::super::ids::Reference;
use super::super::outbox::{Accepted, Lease, Millis, NewRequest, Outcome};
use super::error::StoreError;
use super::meter::Meter;
use super::values::{After, Entry, Filter, Forgotten, Found, Options, Purged, Retention, Retried, Role, Stats, Status, Which};

mod accept;
mod backup;
mod checkpoint;
mod erase;
mod error;
mod lease;
mod operator;
mod read;
mod room;
mod schema;
mod snapshot;
mod writer;

pub(super) use snapshot::Snapshot;

/// How long a statement waits for another process before the store is called busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// A SQLite database.
#[derive(Debug, Clone)]
pub(super) struct Sqlite(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    file: PathBuf,
    room: room::Room,
    options: Options,
    writer: writer::Writer,
    reader: read::Reader,
    meter: Arc<Meter>,
}

impl Sqlite {
    pub(super) async fn open(file: PathBuf, options: Options) -> Result<Self, StoreError> {
        on_a_thread(move || Self::open_here(file, options)).await
    }

    fn open_here(file: PathBuf, options: Options) -> Result<Self, StoreError> {
        let (db, lock) = match options.role {
            Role::Counter => Self::as_counter(&file, &options)?,
            Role::Operator => (Self::as_operator(&file)?, None),
        };
        let meter = Arc::new(Meter::new());
        let reader = read::Reader::start(connect(&file)?)?;
        let writer = writer::Writer::start(db, connect(&file)?, lock, &options, Arc::clone(&meter))?;
        let room = room::Room::new(file.clone(), options.reserve);
        Ok(Self(Arc::new(Shared { file, room, options, writer, reader, meter })))
    }

    fn as_counter(file: &Path, options: &Options) -> Result<(Connection, Option<File>), StoreError> {
        make(file)?;
        let lock = lock(file)?;
        let mut db = connect(file)?;
        schema::migrate(&mut db)?;
        prepare(&mut db, options)?;
        Ok((db, Some(lock)))
    }

    /// A command makes and changes nothing that the counter relies on.
    fn as_operator(file: &Path) -> Result<Connection, StoreError> {
        if !file.is_file() {
            let what = format!("there is no database at {}", file.display());
            let help = "name the site's folder with `--site`; the counter makes the database when it first starts".into();
            return Err(StoreError::Unsafe { what, help });
        }
        let db = connect(file)?;
        schema::check(&db)?;
        Ok(db)
    }

    pub(super) async fn accept(&self, request: NewRequest) -> Result<Accepted, StoreError> {
        let (limits, meter) = (self.0.options.confirmations, Arc::clone(&self.0.meter));
        let accepted = self.0.writer.try_write(move |db| accept::accept(db, &request, limits, &meter)).await?;
        if accepted == Accepted::New {
            self.0.meter.accepted();
        }
        Ok(accepted)
    }

    pub(super) async fn find(&self, form: &str, submission_id: &str) -> Result<Option<Found>, StoreError> {
        let (form, id) = (form.to_owned(), submission_id.to_owned());
        self.0.reader.read(move |db| read::find(db, &form, &id)).await
    }

    pub(super) async fn twin(&self, form: &str, fingerprint: [u8; 32], since: Millis) -> Result<Option<Reference>, StoreError> {
        let form = form.to_owned();
        self.0.reader.read(move |db| read::twin(db, &form, fingerprint, since)).await
    }

    pub(super) async fn status(&self, reference: &Reference) -> Result<Option<(String, Status)>, StoreError> {
        let reference = reference.clone();
        self.0.reader.read(move |db| read::status(db, &reference)).await
    }

    pub(super) async fn secret(&self) -> Result<[u8; 32], StoreError> {
        self.0.reader.read(read::secret).await
    }

    pub(super) async fn number(&self, name: &'static str) -> Result<i64, StoreError> {
        self.0.reader.read(move |db| Ok(read::number(db, name)?.unwrap_or_default())).await
    }

    /// That there is room is looked at first: a write that fills the disk is no test.
    pub(super) async fn ready(&self) -> Result<(), StoreError> {
        let room = self.0.room.clone();
        on_a_thread(move || room.has_reserve()).await?;
        self.0.writer.write(|db| Ok(db.execute("UPDATE numbers SET value = value WHERE 0", [])?)).await.map(|_| ())
    }

    pub(super) async fn failed(&self) -> StoreError {
        self.0.writer.failed().await
    }

    pub(super) async fn close(&self) {
        self.0.reader.close().await;
        self.0.writer.close().await;
    }

    pub(super) async fn lease(&self, worker: &str, now: Millis, until: Millis, limit: usize) -> Result<Vec<Lease>, StoreError> {
        let worker = worker.to_owned();
        self.0.writer.write(move |db| lease::lease(db, &worker, now, until, limit)).await
    }

    pub(super) async fn record(&self, lease: &Lease, outcome: Outcome, now: Millis) -> Result<bool, StoreError> {
        let (id, fence) = (lease.delivery, lease.fence);
        self.0.writer.write(move |db| lease::record(db, id, fence, &outcome, now)).await
    }

    pub(super) async fn extend(&self, lease: &Lease, until: Millis) -> Result<bool, StoreError> {
        let (id, fence) = (lease.delivery, lease.fence);
        self.0.writer.write(move |db| lease::extend(db, id, fence, until)).await
    }

    pub(super) async fn release_lease(&self, lease: &Lease, now: Millis) -> Result<bool, StoreError> {
        let (id, fence) = (lease.delivery, lease.fence);
        self.0.writer.write(move |db| lease::release(db, id, fence, now)).await
    }

    pub(super) async fn list(&self, filter: &Filter, after: After, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let filter = filter.clone();
        self.0.reader.read(move |db| operator::list(db, &filter, after, limit)).await
    }

    pub(super) async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Snapshot::take(self.0.file.clone()).await
    }

    pub(super) async fn show(&self, reference: &Reference) -> Result<Option<Entry>, StoreError> {
        let reference = reference.clone();
        self.0.reader.read(move |db| operator::show(db, &reference)).await
    }

    pub(super) async fn retry(&self, which: &Which, now: Millis) -> Result<Vec<Retried>, StoreError> {
        let which = which.clone();
        self.0.writer.write(move |db| operator::retry(db, &which, now)).await
    }

    pub(super) async fn release(&self, reference: &Reference, now: Millis) -> Result<Vec<Retried>, StoreError> {
        let reference = reference.clone();
        self.0.writer.write(move |db| operator::release(db, &reference, now)).await
    }

    pub(super) async fn forget(&self, reference: &Reference, unsent: bool, now: Millis) -> Result<Forgotten, StoreError> {
        let reference = reference.clone();
        let forgotten = self.0.writer.write(move |db| erase::forget(db, &reference, unsent, now)).await?;
        // One that is not found may have been deleted by a command that did not live to wipe.
        if matches!(forgotten, Forgotten::Gone | Forgotten::NotFound) {
            self.wipe().await?;
        }
        Ok(forgotten)
    }

    pub(super) async fn purge(&self, now: Millis, retention: &Retention) -> Result<Purged, StoreError> {
        let (retention, limits) = (retention.clone(), self.0.options.confirmations);
        let (purged, owes_wipe) = self.0.writer.write(move |db| erase::purge(db, now, &retention, limits)).await?;
        if owes_wipe {
            self.wipe().await?;
        }
        Ok(purged)
    }

    pub(super) async fn wipe(&self) -> Result<(), StoreError> {
        let room = self.0.room.clone();
        self.0.writer.alone(move |db| erase::wipe(db, &room)).await
    }

    pub(super) async fn backup(&self, file: &Path) -> Result<u64, StoreError> {
        let file = file.to_owned();
        self.0.reader.read(move |db| backup::backup(db, &file)).await
    }

    pub(super) async fn stats(&self) -> Result<Stats, StoreError> {
        self.0.reader.read(read::stats).await
    }

    pub(super) fn meter(&self) -> &Meter {
        &self.0.meter
    }

    pub(super) fn description(&self) -> String {
        format!("SQLite {}", self.0.file.display())
    }
}

/// Makes the file, and the folder it stands in, for its owner only. SQLite gives its other files the same mode.
fn make(file: &Path) -> Result<(), StoreError> {
    let why = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", file.display()));
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(why)?;
    }
    match private().create_new(true).open(file) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(why(error)),
        _ => {}
    }
    keep_private(file).map_err(why)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Takes others' rights away if somebody has given them. The file is not opened: closing it would drop SQLite's own locks
/// (<https://sqlite.org/howtocorrupt.html> §2.2).
#[cfg(unix)]
fn keep_private(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(file)?.permissions().mode();
    if mode & 0o077 == 0 { Ok(()) } else { fs::set_permissions(file, fs::Permissions::from_mode(mode & 0o700)) }
}

#[cfg(not(unix))]
fn keep_private(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Keeps a second counter out. The lock is on a file of its own, beside the database; the operating system lets go of it however
/// the process ends.
fn lock(file: &Path) -> Result<File, StoreError> {
    let mut name = file.as_os_str().to_owned();
    name.push(".counter");
    let path = PathBuf::from(name);
    let why = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", path.display()));
    let lock = private().create(true).truncate(false).open(&path).map_err(why)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::SecondCounter(path)),
        Err(TryLockError::Error(error)) => Err(why(error)),
    }
}

/// Opens a connection that keeps its promises: each commit is on disk, nothing deleted can be read, no copy lies in other files.
fn connect(file: &Path) -> Result<Connection, StoreError> {
    let db = Connection::open(file)?;
    db.busy_timeout(PATIENCE)?;
    db.set_prepared_statement_cache_capacity(64);
    // 16 MiB, in KiB if negative: a request touches a page in each of several indexes of random keys.
    db.pragma_update(None, "cache_size", -16 * 1024)?;
    // Without it some statements are prepared again whenever their values change, for plans that statistics could make better: there
    // are none.
    db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let journal = set_journal(&db)?;
    db.pragma_update(None, "synchronous", "full")?;
    let synchronous: i64 = db.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    let secure: i64 = db.pragma_update_and_check(None, "secure_delete", true, |row| row.get(0))?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "temp_store", "memory")?;
    // The writer does it, and sees whether it fails.
    db.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    if (journal.as_str(), synchronous, secure) != ("wal", 2, 1) {
        return Err(StoreError::Unsafe {
            what: format!(
                "SQLite did not take its settings: journal {journal}, synchronous {synchronous}, secure_delete {secure}"
            ),
            help: "put the database on a local disk".into(),
        });
    }
    Ok(db)
}

/// Sets the journal's mode, and returns what SQLite has made of it. The statement answers first and writes the file's header then,
/// so it is run to its end: a failure of that write must not be left to a reset, which nobody hears.
fn set_journal(db: &Connection) -> Result<String, StoreError> {
    let mut statement = db.prepare("PRAGMA journal_mode = wal")?;
    let modes = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    Ok(modes.concat())
}

/// Makes the secret, takes the leases of the dead predecessor over, and looks at the clock.
fn prepare(db: &mut Connection, options: &Options) -> Result<(), StoreError> {
    let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    read::make_secret(&transaction)?;
    lease::take_over(&transaction, options.now)?;
    erase::look_at_clock(&transaction, options.now)?;
    transaction.commit()?;
    Ok(())
}

/// Runs what blocks on a thread of its own.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, StoreError> + Send + 'static) -> Result<T, StoreError> {
    let (answer, answered) = oneshot::channel();
    let run = move || {
        let _ = answer.send(work());
    };
    spawn("store", run)?;
    answered.await.unwrap_or_else(|_| Err(StoreError::Fatal("a thread of the store has panicked".into())))
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map(|_| ()).map_err(|error| StoreError::Unavailable(format!("no thread can be started: {error}")))
}

/// What a thread of the store tells of its end.
type Failure = watch::Receiver<Option<StoreError>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_prepared_once_whatever_its_values() {
        let folder = tempfile::tempdir().unwrap();
        let mut db = connect(&folder.path().join("requests.db")).unwrap();
        schema::migrate(&mut db).unwrap();
        let mut statement = db.prepare(lease::LEASE).unwrap();
        for now in 1..4 {
            let rows = statement.query_map(rusqlite::params![now, now + 9, "worker", now + 99, 4], |row| row.get::<_, i64>(0));
            assert_eq!(rows.unwrap().count(), 0);
        }
        assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
    }
}
