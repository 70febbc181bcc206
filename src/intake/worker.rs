//! The loop between the outbox and the mail server: an edge.
//!
//! It takes the oldest deliveries that are due, hands several over at once, and records how each ended. What it promises:
//!
//! - before a final dot goes out, the delivery is durably `unknown`; the answer moves it on;
//! - a mail is given to the server only while its lease holds: the store refuses a write with an old fence, and then no dot goes out;
//! - asked to stop, it gives back what has not reached its dot, waits a little for the answers to the others, and leaves them `unknown`;
//! - a mail on which our own code fails three times is held, and the others go on.
//!
//! Times of the outbox are those of the wall clock, for they outlive us; deadlines and the circuit run by one that never jumps.

mod delivery;
mod status;

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tracing::{error, info, warn};

use super::mailer::{Carried, Mailer};
use super::outbox::{Lease, Letter, Millis, Outcome};
use super::retry::{Circuit, CircuitState, Ending};
use crate::ordered::Map;
use crate::telemetry::Alarm;
use delivery::{Delivery, Done};
pub use status::{Count, Status};

/// How long a lease lasts: longer than all that comes before a final dot ([`Deadlines::before_dot`](super::mailer::Deadlines)).
pub const LEASE: Millis = 10 * 60 * 1_000;
/// How often the outbox is looked at when nothing calls.
const LOOK: Duration = Duration::from_secs(1);

/// The deliveries, as the worker needs them. In every case `Ok` means that it is on disk.
pub trait Outbox: Send + Sync + 'static {
    /// Why the store does not do it. It must name no address and no text of a request.
    type Error: Display + Send;

    /// Leases at most so many deliveries that are due, the oldest requests first, until a time.
    ///
    /// Due are `queued` ones, and `deferred` and `unknown` ones whose time has come or lies further ahead than
    /// [`LONGEST_WAIT`](super::retry::LONGEST_WAIT): that one was planned before the clock was set back.
    fn lease(&self, most: usize, now: Millis, until: Millis) -> impl Future<Output = Result<Vec<Lease>, Self::Error>> + Send;

    /// Records how a try ended, or that its dot goes out now. `false` if the fence is an old one: nothing has changed.
    /// After an [`Outcome::Unknown`] the same lease may record once more.
    fn record(&self, lease: &Lease, outcome: Outcome, now: Millis) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// Gives a lease back whose final dot was not written, also where [`Outcome::Unknown`] has announced it: the delivery is queued
    /// again, and the try is not counted. `false` if the lease was lost, or has ended.
    fn release(&self, lease: &Lease) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// When an operator last asked for all mail to be tried at once, which closes circuits.
    fn retried_at(&self) -> impl Future<Output = Result<Option<Millis>, Self::Error>> + Send {
        async { Ok(None) }
    }
}

/// Who hands a mail over: the mailer, or a test's stand-in.
pub trait Carrier: Send + Sync + 'static {
    /// As [`Mailer::carry`].
    fn carry(&self, letter: &Letter, before_dot: impl Future<Output = bool> + Send) -> impl Future<Output = Carried> + Send;
}

impl Carrier for Mailer {
    async fn carry(&self, letter: &Letter, before_dot: impl Future<Output = bool> + Send) -> Carried {
        Mailer::carry(self, letter, before_dot).await
    }
}

/// The wall clock.
pub trait Clock: Send + Sync + 'static {
    /// What it shows.
    fn now(&self) -> Millis;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the clock of an edge")]
    fn now(&self) -> Millis {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
    }
}

/// How the worker works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The most mails under way at once; one more where all these wait at their dots.
    pub at_once: usize,
    /// How long the answers to final dots are waited for when it is asked to stop.
    pub grace: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { at_once: 4, grace: Duration::from_secs(8) }
    }
}

/// The worker. Make it, keep its [`status`](Worker::status) and [`bell`](Worker::bell), then [`run`](Worker::run) it.
#[derive(Debug)]
pub struct Worker<O, C, K> {
    outbox: Arc<O>,
    carrier: Arc<C>,
    clock: Arc<K>,
    pace: Pace,
    bell: Arc<Notify>,
    status: Arc<Status>,
    circuit: Circuit,
    /// The deliveries under way whose dots are not known to be written, each with whether it is.
    before_dot: Map<task::Id, Arc<AtomicBool>>,
    began: Instant,
    retried_at: Option<Millis>,
    /// How often our own code failed on a delivery.
    panics: Map<i64, u32>,
}

impl<O: Outbox, C: Carrier, K: Clock> Worker<O, C, K> {
    /// A worker that has not begun.
    pub fn new(outbox: Arc<O>, carrier: C, clock: K, pace: Pace) -> Self {
        Self {
            outbox,
            carrier: Arc::new(carrier),
            clock: Arc::new(clock),
            pace,
            bell: Arc::default(),
            status: Arc::default(),
            circuit: Circuit::new(pace.at_once),
            before_dot: Map::new(),
            began: Instant::now(),
            retried_at: None,
            panics: Map::new(),
        }
    }

    /// To be rung when a request has been stored: it is mailed at once.
    pub fn bell(&self) -> Arc<Notify> {
        self.bell.clone()
    }

    /// What metrics and alarms read.
    pub fn status(&self) -> Arc<Status> {
        self.status.clone()
    }

    /// Works until `stop` becomes true or its sender is gone.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let bell = self.bell.clone();
        let mut under_way = JoinSet::new();
        while !*stop.borrow_and_update() {
            self.look_at_dots();
            self.begin(&mut under_way, &stop).await;
            tokio::select! {
                Some(done) = under_way.join_next_with_id() => self.end(done),
                // Rung for each request: it is not heard, but remembered, while no more can begin.
                () = bell.notified(), if self.room(&under_way) > 0 => {}
                () = sleep(LOOK) => {}
                changed = stop.changed() => if changed.is_err() { break },
            }
        }
        // A delivery that waits for its answer bounds itself; this is for a store that does not answer.
        let drained = async { while under_way.join_next().await.is_some() {} };
        drop(timeout(self.pace.grace + Duration::from_secs(1), drained).await);
    }

    /// Lets the circuit go on without those that have come to their dots.
    fn look_at_dots(&mut self) {
        let before = self.before_dot.len();
        self.before_dot.retain(|_, dotted| !dotted.load(Ordering::SeqCst));
        for _ in self.before_dot.len()..before {
            self.circuit.heard(None, self.uptime());
        }
    }

    /// How many more could be under way. One more than all may be where all wait at their dots: a server that has died since answers
    /// none of them for minutes, and must be found out before that, and asked again.
    fn room(&self, under_way: &JoinSet<Done>) -> usize {
        let (most, busy) = (self.pace.at_once.max(1), under_way.len());
        if busy == most && self.before_dot.is_empty() { 1 } else { most.saturating_sub(busy) }
    }

    /// Leases as many deliveries as the circuit lets through, and begins them.
    async fn begin(&mut self, under_way: &mut JoinSet<Done>, stop: &watch::Receiver<bool>) {
        let room = self.room(under_way);
        if room == 0 {
            return;
        }
        self.heed_the_operator().await;
        let free = self.circuit.free(self.uptime(), self.before_dot.len()).min(room);
        if free == 0 {
            return;
        }
        let now = self.clock.now();
        match self.outbox.lease(free, now, now.saturating_add(LEASE)).await {
            Ok(leases) => {
                for lease in leases {
                    let delivery = self.delivery(lease, stop.clone());
                    let dotted = delivery.dotted.clone();
                    self.before_dot.insert(under_way.spawn(delivery.run()).id(), dotted);
                }
            }
            Err(why) => warn!(%why, "the outbox cannot be read; it is tried again"),
        }
    }

    fn delivery(&self, lease: Lease, stop: watch::Receiver<bool>) -> Delivery<O, C, K> {
        Delivery {
            panics: self.panics.get(&lease.delivery).copied().unwrap_or(0),
            open_for: self.circuit.open_for(self.uptime()),
            lease: Arc::new(lease),
            dotted: Arc::default(),
            outbox: self.outbox.clone(),
            carrier: self.carrier.clone(),
            clock: self.clock.clone(),
            grace: self.pace.grace,
            stop,
        }
    }

    /// Takes in how a delivery ended.
    fn end(&mut self, done: Result<(task::Id, Done), JoinError>) {
        let (task, ending) = match done {
            Ok((task, done)) => (task, self.count(done)),
            Err(error) => (error.id(), None),
        };
        let counted = self.before_dot.remove(&task).is_some();
        let contact = ending.as_ref().and_then(Ending::contact);
        let (before, now) = (self.circuit.state(), self.uptime());
        // One that says nothing after its dot was heard at its dot.
        if counted || contact.is_some() {
            self.circuit.heard(contact, now);
        }
        if let (Some(ending), Some(contact)) = (ending, contact) {
            self.status.heard(contact, self.circuit.state(), self.clock.now());
            self.announce(before, ending.phase().name());
        }
    }

    /// Counts a delivery that has ended.
    fn count(&mut self, done: Done) -> Option<Ending> {
        if done.panicked {
            *self.panics.entry(done.delivery).or_default() += 1;
        } else {
            self.panics.remove(&done.delivery);
        }
        let ending = done.ending?;
        self.status.count(ending.phase(), ending.name());
        Some(ending)
    }

    /// Says when the circuit changes: the alarm for the operator.
    fn announce(&self, before: CircuitState, phase: &str) {
        match (before, self.circuit.state()) {
            (before, after) if before == after => {}
            (_, CircuitState::Closed) => info!("the mail server takes mail again"),
            (_, CircuitState::Open) => {
                warn!(alarm = Alarm::MailDown.name(), phase, "the mail server cannot be reached; mail waits");
            }
            (_, CircuitState::Fault) => {
                error!(alarm = Alarm::MailFault.name(), phase, "the mail server does not let us in; mail waits for the operator");
            }
        }
    }

    async fn heed_the_operator(&mut self) {
        // What cannot be read now is read a second later.
        let Ok(asked) = self.outbox.retried_at().await else { return };
        if asked.is_some() && asked != self.retried_at {
            self.circuit.reset();
            self.status.reset();
        }
        self.retried_at = asked;
    }

    /// Milliseconds by the clock that never jumps.
    fn uptime(&self) -> Millis {
        Millis::try_from(self.began.elapsed().as_millis()).unwrap_or(Millis::MAX)
    }
}

#[cfg(test)]
mod tests;
