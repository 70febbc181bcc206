//! One state of the database, on a connection of its own.

use std::path::PathBuf;

use super::super::error::StoreError;
use super::super::sql;
use super::super::values::{After, Entry, Filter};
use super::{connect, on_a_thread, operator, read};

/// A thread whose connection reads in one transaction, which ends with it.
#[derive(Debug)]
pub(in super::super) struct Snapshot(read::Reader);

impl Snapshot {
    pub(super) async fn take(file: PathBuf) -> Result<Self, StoreError> {
        let reader = on_a_thread(move || read::Reader::start(connect(&file)?)).await?;
        // The state is that of the first statement that reads (<https://sqlite.org/isolation.html>).
        let begin = reader.read(|db| {
            db.execute_batch("BEGIN")?;
            read::number(db, sql::SIGNAL)
        });
        begin.await?;
        Ok(Self(reader))
    }

    pub(in super::super) async fn list(&self, filter: &Filter, after: After, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let filter = filter.clone();
        self.0.read(move |db| operator::list(db, &filter, after, limit)).await
    }

    pub(in super::super) async fn close(self) {
        self.0.close().await;
    }
}
