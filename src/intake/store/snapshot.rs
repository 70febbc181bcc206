//! One state of the store, for whoever goes through it more than once.

use super::{After, Entry, Filter, StoreError, postgres, sqlite};

/// The store as it was at one moment, whatever is written meanwhile.
///
/// Until it is closed nothing that is deleted can be wiped, and on SQLite the log is not begun anew: it is for work that ends.
#[derive(Debug)]
pub struct Snapshot(pub(super) Back);

#[derive(Debug)]
pub(super) enum Back {
    Sqlite(sqlite::Snapshot),
    Postgres(postgres::Snapshot),
}

impl Snapshot {
    /// Requests as [`Store::list`](super::Store::list) gives them, all of the one state.
    ///
    /// # Errors
    /// The store cannot be read; or, on PostgreSQL, nothing was read for longer than the server was asked to keep the state.
    pub async fn list(&self, filter: &Filter, after: After, limit: usize) -> Result<Vec<Entry>, StoreError> {
        match &self.0 {
            Back::Sqlite(back) => back.list(filter, after, limit).await,
            Back::Postgres(back) => back.list(filter, after, limit).await,
        }
    }

    /// Lets go of the state.
    pub async fn close(self) {
        match self.0 {
            Back::Sqlite(back) => back.close().await,
            Back::Postgres(back) => drop(back),
        }
    }
}
