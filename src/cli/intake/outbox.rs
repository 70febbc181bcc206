//! The store as the mail worker needs it: here the two meet.

use crate::intake::outbox::{Lease, Millis, Outcome};
use crate::intake::store::{Store, StoreError};
use crate::intake::worker::Outbox;

/// The store under the name of one worker.
#[derive(Debug)]
pub(super) struct StoreOutbox {
    pub(super) store: Store,
    /// Tells the workers of several counters apart.
    pub(super) worker: String,
}

impl Outbox for StoreOutbox {
    type Error = StoreError;

    async fn lease(&self, most: usize, now: Millis, until: Millis) -> Result<Vec<Lease>, StoreError> {
        self.store.lease(&self.worker, now, until, most).await
    }

    async fn record(&self, lease: &Lease, outcome: Outcome, now: Millis) -> Result<bool, StoreError> {
        self.store.record(lease, outcome, now).await
    }

    async fn release(&self, lease: &Lease) -> Result<bool, StoreError> {
        self.store.release_lease(lease, super::now()).await
    }

    /// The store's signal is a number that rises; that it has changed is all that counts.
    async fn retried_at(&self) -> Result<Option<Millis>, StoreError> {
        self.store.signal().await.map(Some)
    }
}
