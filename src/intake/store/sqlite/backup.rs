//! A copy of the database beside a running counter, that can be put in its place.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::super::error::StoreError;
use super::super::{row, sql};
use super::private;

/// What was not sent when the copy was made may have been sent since: a copy that is put in the database's place says so, and repeats
/// nothing in silence.
const UNSENT_IS_UNKNOWN: &str = "UPDATE deliveries SET state = 'unknown', lease_until = NULL,
    note = 'from a backup: it may have been sent after the backup was made' WHERE state IN ('queued', 'leased', 'deferred')";

/// Copies what is committed now into a new file, which appears whole or not at all; how many requests it holds.
///
/// `VACUUM INTO` reads one state of the database, whatever is written meanwhile, and holds up nobody. It leaves out what was deleted.
pub(super) fn backup(db: &Connection, file: &Path) -> Result<u64, StoreError> {
    if file.exists() {
        let help = "name a file that does not exist; keep several backups, for the newest may hold the damage already".into();
        return Err(StoreError::Unsafe { what: format!("{} exists already", file.display()), help });
    }
    let part = part(file);
    let copied = copy(db, &part).and_then(|requests| {
        put_in_place(&part, file).map_err(|error| error.to_string())?;
        Ok(requests)
    });
    copied.map_err(|why| {
        // It holds nothing that is not in the database.
        let _ = fs::remove_file(&part);
        StoreError::Unavailable(format!("the backup cannot be written to {}: {why}", file.display()))
    })
}

/// The name of a copy that is not whole yet.
fn part(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn copy(db: &Connection, part: &Path) -> Result<u64, String> {
    // SQLite takes an empty file, and this one is for its owner alone. One that an interrupted backup has left is emptied.
    private().create(true).truncate(true).open(part).map_err(|error| error.to_string())?;
    let name = part.to_str().ok_or("the name is not UTF-8")?;
    db.execute("VACUUM INTO ?1", [name]).map_err(|error| error.to_string())?;
    finish(part).map_err(|error| error.to_string())
}

fn finish(part: &Path) -> rusqlite::Result<u64> {
    let copy = Connection::open(part)?;
    copy.pragma_update(None, "secure_delete", true)?;
    copy.pragma_update(None, "temp_store", "memory")?;
    copy.pragma_update_and_check(None, "journal_mode", "memory", |_| Ok(()))?;
    copy.execute(UNSENT_IS_UNKNOWN, [])?;
    copy.query_row(sql::COUNT_REQUESTS, [], |row| row.get(0)).map(row::unsigned)
}

/// What bears the name is on disk.
fn put_in_place(part: &Path, file: &Path) -> std::io::Result<()> {
    File::open(part)?.sync_all()?;
    fs::rename(part, file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
