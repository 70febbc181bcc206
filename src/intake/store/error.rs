//! Why the store did not do what was asked.

use std::fmt;
use std::path::PathBuf;

/// Why the store did not do what was asked. Nothing is half done: the transaction was rolled back, or its outcome is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// More waits than can be taken, or another process holds the database for too long. Try again soon (`503`).
    Busy,
    /// The store cannot be used for now: the disk is full, the database server is away. Try again later (`503`).
    Unavailable(String),
    /// What was written may not be on disk, and trying again would hide it: the process must stop taking requests and exit.
    Fatal(String),
    /// The database was made by a newer version of this program.
    NewerSchema {
        /// The version of its schema.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// Another counter runs on the same SQLite database; the file is its lock.
    SecondCounter(PathBuf),
    /// The database is set up so that an accepted request could be lost, or is not ours: what, and what to do.
    Unsafe {
        /// What is wrong.
        what: String,
        /// What to do next.
        help: String,
    },
    /// What was deleted cannot be written over: the disk has no room for a database that is written anew (SQLite). Nothing else has
    /// failed, and the next purge tries it again.
    NoRoomToWipe {
        /// How many bytes it takes for a moment.
        needed: u64,
        /// How many are free beyond the reserve.
        free: u64,
    },
    /// A row holds what this program never writes.
    Damaged(String),
}

impl StoreError {
    /// What the operator can do next.
    pub fn help(&self) -> &str {
        match self {
            Self::Busy => "try again; if it stays so, look for another process that holds the database",
            Self::Unavailable(_) => "see that the disk has room and the database server runs; nothing accepted is lost",
            Self::Fatal(_) => "look at the disk and the system's log, then start the counter again",
            Self::NewerSchema { .. } => "run the newer version; a schema never goes back",
            Self::SecondCounter(_) => "stop the other counter, or use PostgreSQL for several",
            Self::Unsafe { help, .. } => help,
            Self::NoRoomToWipe { .. } => {
                "make room on the disk, and run the command again, or wait: the counter tries every hour"
            }
            Self::Damaged(_) => "restore the database from a backup, and keep the damaged one",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("the store is busy"),
            Self::Unavailable(why) => write!(f, "the store cannot be used: {why}"),
            Self::Fatal(why) => write!(f, "the store has failed: {why}"),
            Self::NewerSchema { found, known } => {
                write!(f, "the database has schema {found}, and this version knows up to {known}")
            }
            Self::SecondCounter(lock) => write!(f, "another counter uses this database ({} is locked)", lock.display()),
            Self::Unsafe { what, .. } => f.write_str(what),
            Self::NoRoomToWipe { needed, free } => write!(
                f,
                "what was deleted is still legible in the files of the database: to write it anew takes {needed} bytes of the disk, and \
                 {free} are free beyond the reserve"
            ),
            Self::Damaged(what) => write!(f, "the database holds what cannot be read: {what}"),
        }
    }
}

impl std::error::Error for StoreError {}
