//! What a process counts while it works with its store.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::super::outbox::Millis;
use super::values::{Tally, Work};

const SIZES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256];
const TIMES: &[Duration] = &[
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(5),
];

/// How long it counts that the limit of all confirmations was found reached. One that could go out again in this time is left out.
const SPENT: Millis = 1000;

/// Counts commits, and knows when the limit of all confirmations was last found reached.
#[derive(Debug)]
pub(super) struct Meter {
    work: Mutex<Work>,
    spent: AtomicI64,
}

impl Meter {
    pub(super) fn new() -> Self {
        let batch_sizes = Tally { bounds: SIZES, counts: vec![0; SIZES.len() + 1], sum: 0 };
        let commit_times = Tally { bounds: TIMES, counts: vec![0; TIMES.len() + 1], sum: Duration::ZERO };
        let work = Mutex::new(Work { accepted: 0, commits: 0, batch_sizes, commit_times });
        Self { work, spent: AtomicI64::new(Millis::MIN) }
    }

    /// The limit of all confirmations is reached at this time.
    pub(super) fn spent(&self, now: Millis) {
        self.spent.store(now, Ordering::Relaxed);
    }

    /// Whether it was reached a moment ago.
    pub(super) fn is_spent(&self, now: Millis) -> bool {
        (0..SPENT).contains(&now.saturating_sub(self.spent.load(Ordering::Relaxed)))
    }

    /// A commit is on disk that held so many pieces of work, and took so long.
    pub(super) fn committed(&self, size: usize, took: Duration) {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        work.commits += 1;
        let size = u64::try_from(size).unwrap_or(u64::MAX);
        work.batch_sizes.counts[SIZES.partition_point(|bound| *bound < size)] += 1;
        work.batch_sizes.sum += size;
        work.commit_times.counts[TIMES.partition_point(|bound| *bound < took)] += 1;
        work.commit_times.sum += took;
    }

    /// A new request is on disk.
    pub(super) fn accepted(&self) {
        self.work.lock().unwrap_or_else(PoisonError::into_inner).accepted += 1;
    }

    pub(super) fn snapshot(&self) -> Work {
        self.work.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
