//! Limits of requests in time, in memory that never grows.
//!
//! The generic cell rate algorithm (ITU-T I.371): a cell remembers the time at which its budget will be whole again. Each key has a
//! cell in each of two rows, chosen by two hashes with a key of the process; it is refused only if both are spent. An attacker
//! with n prefixes thus makes an innocent client wait with a chance of (n / 65,536)², and uses no memory at all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

const CELLS: usize = 65_536;

/// So many in a minute for each key, all at once if they were saved up.
#[derive(Debug)]
pub(in super::super) struct Limit {
    /// Microseconds that one request costs.
    cost: u64,
    /// Microseconds that may be spent in advance.
    burst: u64,
    rows: [Box<[AtomicU64]>; 2],
    seed: [u8; 32],
    began: Instant,
}

impl Limit {
    /// `per_minute` requests a minute.
    pub(in super::super) fn new(per_minute: u32, seed: [u8; 32]) -> Self {
        let cost = 60_000_000 / u64::from(per_minute.max(1));
        let row = || (0..CELLS).map(|_| AtomicU64::new(0)).collect();
        Self { cost, burst: 60_000_000, rows: [row(), row()], seed, began: Instant::now() }
    }

    /// Takes one request of a key from its budget.
    ///
    /// # Errors
    /// The budget is spent; one more would be taken after this time.
    pub(in super::super) fn take(&self, key: &[u8]) -> Result<(), Duration> {
        let now = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let hash = blake3::keyed_hash(&self.seed, key);
        let cell = |row: usize| {
            let at = usize::from(u16::from_le_bytes([hash.as_bytes()[2 * row], hash.as_bytes()[2 * row + 1]]));
            &self.rows[row][at]
        };
        let waits = [0, 1].map(|row| self.spend(cell(row), now));
        match waits {
            [Err(one), Err(other)] => Err(Duration::from_micros(one.min(other))),
            _ => Ok(()),
        }
    }

    fn spend(&self, cell: &AtomicU64, now: u64) -> Result<(), u64> {
        let next = |whole: u64| {
            let whole = whole.max(now) + self.cost;
            (whole <= now + self.burst).then_some(whole)
        };
        let spent = cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        spent.map(|_| ()).map_err(|whole| (whole + self.cost).saturating_sub(now + self.burst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_budget_is_spent_and_comes_back() {
        let limit = Limit::new(20, [7; 32]);
        assert_eq!((0..30).filter(|_| limit.take(b"a").is_ok()).count(), 20);
        let wait = limit.take(b"a").unwrap_err();
        assert!(wait > Duration::from_secs(2) && wait <= Duration::from_secs(3), "{wait:?}");
        assert!(limit.take(b"b").is_ok(), "others are not concerned");
        tokio::time::advance(wait).await;
        assert!(limit.take(b"a").is_ok() && limit.take(b"a").is_err());
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!((0..30).filter(|_| limit.take(b"a").is_ok()).count(), 20, "no more than one minute is saved up");
    }

    #[tokio::test(start_paused = true)]
    async fn many_clients_do_not_hinder_others() {
        let limit = Limit::new(5, [1; 32]);
        for n in 0..600_u32 {
            while limit.take(&n.to_le_bytes()).is_ok() {}
        }
        let innocent = (1_000_000..1_001_000_u32).filter(|n| limit.take(&n.to_le_bytes()).is_err()).count();
        assert!(innocent <= 5, "{innocent} of 1,000 were refused");
    }
}
