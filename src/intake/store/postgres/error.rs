//! What PostgreSQL's errors mean to the store, and its rows.

use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;

use super::super::error::StoreError;
use super::super::row::Columns;
use super::away;

impl From<tokio_postgres::Error> for StoreError {
    /// The details of an error may hold what the reader wrote; only the message is passed on.
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else { return away(&error.to_string()) };
        let waited = [
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::QUERY_CANCELED,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
        ];
        if waited.contains(said.code()) { Self::Busy } else { away(&format!("{} ({})", said.message(), said.code().code())) }
    }
}

/// Why there is no connection.
pub(super) fn of_pool(error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            match error.as_db_error() {
                Some(_) => error.into(),
                None => away(&format!("{error}{cause}")),
            }
        }
        PoolError::PostCreateHook(HookError::Message(what)) => StoreError::Unsafe {
            what: what.into_owned(),
            help: "set it in postgresql.conf, or for the counter's role by ALTER ROLE … SET".into(),
        },
        PoolError::Timeout(_) => away("there is no connection in time"),
        error => away(&error.to_string()),
    }
}

impl Columns for Row {
    fn integer(&self, at: usize) -> Result<i64, StoreError> {
        Ok(self.try_get(at)?)
    }

    fn maybe_integer(&self, at: usize) -> Result<Option<i64>, StoreError> {
        Ok(self.try_get(at)?)
    }

    fn text(&self, at: usize) -> Result<String, StoreError> {
        Ok(self.try_get(at)?)
    }

    fn maybe_text(&self, at: usize) -> Result<Option<String>, StoreError> {
        Ok(self.try_get(at)?)
    }

    fn bytes(&self, at: usize) -> Result<Vec<u8>, StoreError> {
        Ok(self.try_get(at)?)
    }
}
