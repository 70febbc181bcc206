//! What SQLite's errors mean to the store, and its rows.

use rusqlite::{ErrorCode, Row};

use super::super::error::StoreError;
use super::super::row::Columns;

impl From<rusqlite::Error> for StoreError {
    /// A failed read, write or `fsync` and a damaged file end the process; a full disk and a lock end the request.
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt) => Self::Fatal(error.to_string()),
            Some(ErrorCode::NotADatabase) => {
                Self::Unsafe { what: "the file is no SQLite database".into(), help: "name another file in `store`".into() }
            }
            None => Self::Damaged(error.to_string()),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

impl Columns for Row<'_> {
    fn integer(&self, at: usize) -> Result<i64, StoreError> {
        Ok(self.get(at)?)
    }

    fn maybe_integer(&self, at: usize) -> Result<Option<i64>, StoreError> {
        Ok(self.get(at)?)
    }

    fn text(&self, at: usize) -> Result<String, StoreError> {
        Ok(self.get(at)?)
    }

    fn maybe_text(&self, at: usize) -> Result<Option<String>, StoreError> {
        Ok(self.get(at)?)
    }

    fn bytes(&self, at: usize) -> Result<Vec<u8>, StoreError> {
        Ok(self.get(at)?)
    }
}
