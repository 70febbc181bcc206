//! An outbox in memory that keeps the store's promises, and can be made to fail.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use super::super::{Clock, Outbox};
use crate::intake::ids::Reference;
use crate::intake::mailer::tests::letter;
use crate::intake::outbox::{DeliveryState, HoldReason, Lease, Letter, Millis, Outcome};
use crate::intake::retry::LONGEST_WAIT;

#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) state: DeliveryState,
    pub(super) due: Millis,
    pub(super) attempts: u32,
    pub(super) reason: Option<HoldReason>,
    /// Whether it was ever `unknown`.
    pub(super) may_repeat: bool,
    fence: i64,
    until: Millis,
    before: bool,
    letter: Letter,
}

#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) rows: Mutex<BTreeMap<i64, Row>>,
    /// So many writes fail from now on.
    pub(super) failures: AtomicU32,
    pub(super) retried: AtomicI64,
}

impl Memory {
    pub(super) fn with(letters: usize) -> Arc<Self> {
        let memory = Self::default();
        for n in 1..=letters {
            memory.add(n);
        }
        Arc::new(memory)
    }

    pub(super) fn add(&self, n: usize) {
        let state = DeliveryState::Queued;
        let row = Row {
            state,
            due: 0,
            attempts: 0,
            reason: None,
            may_repeat: false,
            fence: 0,
            until: 0,
            before: false,
            letter: letter(n),
        };
        self.rows.lock().unwrap().insert(i64::try_from(n).unwrap(), row);
    }

    pub(super) fn row(&self, n: i64) -> Row {
        self.rows.lock().unwrap()[&n].clone()
    }

    pub(super) fn state(&self, n: i64) -> DeliveryState {
        self.row(n).state
    }

    pub(super) fn all(&self, state: DeliveryState) -> bool {
        self.rows.lock().unwrap().values().all(|row| row.state == state)
    }

    fn fails(&self) -> Result<(), &'static str> {
        let failed = self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if failed.is_ok() { Err("the disk is on fire") } else { Ok(()) }
    }
}

impl Outbox for Memory {
    type Error = &'static str;

    async fn lease(&self, most: usize, now: Millis, until: Millis) -> Result<Vec<Lease>, Self::Error> {
        let mut rows = self.rows.lock().unwrap();
        let is_due = |due: Millis| due <= now || due > now + LONGEST_WAIT;
        let open = rows.iter_mut().filter(|(_, row)| match row.state {
            DeliveryState::Queued => true,
            DeliveryState::Deferred | DeliveryState::Unknown => is_due(row.due),
            DeliveryState::Leased => is_due(row.until),
            DeliveryState::Sent | DeliveryState::Held => false,
        });
        let leased = open.take(most).map(|(n, row)| {
            row.before = row.may_repeat;
            (row.state, row.until) = (DeliveryState::Leased, until);
            row.fence += 1;
            row.attempts += 1;
            Lease {
                delivery: *n,
                fence: row.fence,
                reference: Reference::from_random([*n as u8; 10]),
                form: "service-request".into(),
                attempts: row.attempts - 1,
                may_repeat: row.may_repeat,
                letter: row.letter.clone(),
            }
        });
        Ok(leased.collect())
    }

    async fn record(&self, lease: &Lease, outcome: Outcome, _: Millis) -> Result<bool, Self::Error> {
        self.fails()?;
        let mut rows = self.rows.lock().unwrap();
        let row = rows.get_mut(&lease.delivery).unwrap();
        if row.fence != lease.fence {
            return Ok(false);
        }
        match outcome {
            Outcome::Sent { .. } => row.state = DeliveryState::Sent,
            Outcome::Deferred { due, .. } => (row.state, row.due) = (DeliveryState::Deferred, due),
            Outcome::Unreached { due, .. } => {
                (row.state, row.due, row.attempts) = (DeliveryState::Deferred, due, row.attempts - 1);
            }
            Outcome::Unknown { due, .. } => (row.state, row.due, row.may_repeat) = (DeliveryState::Unknown, due, true),
            Outcome::Held { reason, .. } => (row.state, row.reason) = (DeliveryState::Held, Some(reason)),
        }
        Ok(true)
    }

    async fn release(&self, lease: &Lease) -> Result<bool, Self::Error> {
        self.fails()?;
        let mut rows = self.rows.lock().unwrap();
        let row = rows.get_mut(&lease.delivery).unwrap();
        if row.fence != lease.fence {
            return Ok(false);
        }
        row.may_repeat = row.before;
        row.state = DeliveryState::Queued;
        row.attempts -= 1;
        Ok(true)
    }

    async fn retried_at(&self) -> Result<Option<Millis>, Self::Error> {
        Ok(Some(self.retried.load(Ordering::SeqCst)).filter(|at| *at > 0))
    }
}

/// A wall clock that goes with the runtime's, and can be set.
#[derive(Debug, Clone)]
pub(super) struct FakeClock {
    began: Instant,
    shift: Arc<AtomicI64>,
}

impl FakeClock {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), shift: Arc::new(AtomicI64::new(1_795_355_220_000)) }
    }

    pub(super) fn turn(&self, by: Millis) {
        self.shift.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Millis {
        self.shift.load(Ordering::SeqCst) + i64::try_from(self.began.elapsed().as_millis()).unwrap()
    }
}
