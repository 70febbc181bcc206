//! One state of the database, on a connection of its own.

use deadpool_postgres::{ClientWrapper, Object};

use super::super::error::StoreError;
use super::super::values::{After, Entry, Filter};
use super::{Postgres, in_time, operator};

/// A connection that reads in one transaction, which ends with it.
pub(in super::super) struct Snapshot(ClientWrapper);

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Snapshot(…)")
    }
}

impl Snapshot {
    /// Whoever writes what is read may be held up, by a reader of a pipe for instance; not for ever, for nothing can be vacuumed meanwhile.
    pub(super) async fn take(store: &Postgres) -> Result<Self, StoreError> {
        let client = Object::take(store.client().await?);
        in_time(async {
            client.batch_execute("SET idle_in_transaction_session_timeout = '10min'").await?;
            client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
            // The state is that of the first statement that reads (PostgreSQL manual, §13.2.2).
            Ok(client.batch_execute("SELECT 1").await?)
        })
        .await?;
        Ok(Self(client))
    }

    pub(in super::super) async fn list(&self, filter: &Filter, after: After, limit: usize) -> Result<Vec<Entry>, StoreError> {
        in_time(operator::list(&self.0, filter, after, limit)).await
    }
}
