mod logs;
mod memory;
mod outage;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use memory::{FakeClock, Memory};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::{Carrier, Pace, Status, Worker};
use crate::intake::mailer::Carried;
use crate::intake::mailer::tests::carry;
use crate::intake::mailer::tests::model::{Act, Script, Shared, Then};
use crate::intake::outbox::{DeliveryState, HoldReason, Letter};
use crate::intake::retry::{CircuitState, Ending, Phase, Said};

/// A mail server that does with each mail what a function says; nothing means that it is not there.
struct Server<F> {
    acts: F,
    seen: Shared,
    under_way: AtomicUsize,
    most: Arc<AtomicUsize>,
}

impl<F: Fn(&Letter) -> Option<Script> + Send + Sync + 'static> Carrier for Server<F> {
    async fn carry(&self, letter: &Letter, before_dot: impl Future<Output = bool> + Send) -> Carried {
        self.most.fetch_max(self.under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let carried = match (self.acts)(letter) {
            Some(script) => carry(script, self.seen.clone(), letter, before_dot).await,
            None => {
                let ending = Ending::NotNow { phase: Phase::Connect, why: "nobody there".into(), said: Said::Nothing };
                Carried { ending, goodbye: None }
            }
        };
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        carried
    }
}

/// A worker at work.
struct Counter {
    outbox: Arc<Memory>,
    seen: Shared,
    clock: FakeClock,
    status: Arc<Status>,
    bell: Arc<Notify>,
    most: Arc<AtomicUsize>,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Counter {
    fn start(outbox: Arc<Memory>, acts: impl Fn(&Letter) -> Option<Script> + Send + Sync + 'static) -> Self {
        let (seen, most, clock) = (Shared::default(), Arc::default(), FakeClock::new());
        let server = Server { acts, seen: seen.clone(), under_way: AtomicUsize::new(0), most: Arc::clone(&most) };
        let worker = Worker::new(outbox.clone(), server, clock.clone(), Pace::default());
        let (stop, stopped) = watch::channel(false);
        let (status, bell) = (worker.status(), worker.bell());
        Self { outbox, seen, clock, status, bell, most, stop, running: tokio::spawn(worker.run(stopped)) }
    }

    /// The numbers of the mails that arrived, in order.
    fn arrived(&self) -> Vec<usize> {
        let number = |bytes: &[u8]| {
            let text = std::str::from_utf8(bytes).unwrap();
            text.split(['<', '@']).nth(1).unwrap().parse().unwrap()
        };
        self.seen.lock().unwrap().mailbox.iter().map(|(_, bytes)| number(bytes)).collect()
    }

    async fn stop(self) -> (Arc<Memory>, Shared) {
        self.stop.send(true).unwrap();
        self.running.await.unwrap();
        (self.outbox, self.seen)
    }
}

fn silent_at(step: &str) -> Script {
    let mut script = Script::but(step, Act { then: Then::FallSilent, ..Act::default() });
    script.takes = true;
    script
}

async fn minutes(n: u64) {
    sleep(Duration::from_secs(60 * n)).await;
}

#[tokio::test(start_paused = true)]
async fn all_mail_goes_a_few_at_once_and_once_each() {
    let counter = Counter::start(Memory::with(20), |_| Some(Script::good()));
    minutes(1).await;
    let mut arrived = counter.arrived();
    arrived.sort_unstable();
    assert_eq!(arrived, (1..=20).collect::<Vec<_>>());
    assert!(counter.outbox.all(DeliveryState::Sent));
    assert_eq!(counter.most.load(Ordering::SeqCst), 4);
    let counts = counter.status.counts();
    assert_eq!((counts.len(), counts[0].phase, counts[0].ending, counts[0].tries), (1, Phase::Dot, "sent", 20));
    assert!(counter.status.reached_at().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_new_request_is_mailed_when_the_bell_rings() {
    let counter = Counter::start(Memory::with(0), |_| Some(Script::good()));
    sleep(Duration::from_millis(100)).await;
    counter.outbox.add(1);
    counter.bell.notify_one();
    let began = Instant::now();
    while counter.arrived().is_empty() {
        sleep(Duration::from_millis(1)).await;
    }
    assert!(began.elapsed() < Duration::from_millis(20), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_mail_without_an_answer_is_unknown_and_goes_again_after_ten_minutes() {
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = tries.clone();
    let acts =
        move |_: &Letter| Some(if counted.fetch_add(1, Ordering::SeqCst) == 0 { silent_at("dot") } else { Script::good() });
    let counter = Counter::start(Memory::with(1), acts);
    sleep(Duration::from_secs(5)).await;
    // While the answer is waited for, it is unknown already.
    assert_eq!((counter.outbox.state(1), counter.arrived()), (DeliveryState::Unknown, vec![1]));
    minutes(15).await;
    assert_eq!((counter.outbox.state(1), tries.load(Ordering::SeqCst)), (DeliveryState::Unknown, 1));
    minutes(10).await;
    assert_eq!((counter.outbox.state(1), counter.arrived()), (DeliveryState::Sent, vec![1, 1]));
    let seen = counter.seen.lock().unwrap();
    assert_eq!(seen.mailbox[0], seen.mailbox[1]);
}

#[tokio::test(start_paused = true)]
async fn stopped_before_its_dot_a_mail_is_queued_as_it_was() {
    for step in ["greeting", "EHLO", "MAIL", "RCPT", "DATA"] {
        let counter = Counter::start(Memory::with(6), move |_| Some(silent_at(step)));
        sleep(Duration::from_secs(5)).await;
        assert_eq!(counter.outbox.state(1), DeliveryState::Leased, "{step}");
        let began = Instant::now();
        let (outbox, seen) = counter.stop().await;
        assert!(began.elapsed() < Duration::from_secs(1) && seen.lock().unwrap().mailbox.is_empty());
        assert!(outbox.all(DeliveryState::Queued), "{step}");
        assert_eq!((outbox.row(1).attempts, outbox.row(1).may_repeat), (0, false));
    }
}

#[tokio::test(start_paused = true)]
async fn stopped_after_its_dot_a_mail_stays_unknown_unless_the_answer_comes_soon() {
    let counter = Counter::start(Memory::with(2), |_| Some(silent_at("dot")));
    sleep(Duration::from_secs(5)).await;
    let began = Instant::now();
    let (outbox, _) = counter.stop().await;
    assert!(outbox.all(DeliveryState::Unknown) && began.elapsed() <= Duration::from_secs(10), "{:?}", began.elapsed());

    let slow = Act { pauses: vec![(0, Duration::from_secs(10))], ..Act::say("250 Ok\r\n") };
    let counter = Counter::start(Memory::with(2), move |_| Some(Script::but("dot", slow.clone())));
    sleep(Duration::from_secs(5)).await;
    assert!(counter.outbox.all(DeliveryState::Unknown));
    let (outbox, _) = counter.stop().await;
    assert!(outbox.all(DeliveryState::Sent));
}

#[tokio::test(start_paused = true)]
async fn a_refused_mail_is_held_and_the_others_go() {
    let counter = Counter::start(Memory::with(5), |letter| {
        Some(if letter.message_id.starts_with("<2@") { Script::but("RCPT", Act::say("550 no\r\n")) } else { Script::good() })
    });
    minutes(1).await;
    assert_eq!((counter.outbox.state(2), counter.outbox.row(2).reason), (DeliveryState::Held, Some(HoldReason::Refused)));
    assert_eq!((counter.arrived().len(), counter.status.circuit()), (4, CircuitState::Closed));
}

#[tokio::test(start_paused = true)]
async fn an_operators_fault_holds_everything_until_somebody_acts() {
    let login = Arc::new(AtomicUsize::new(0));
    let works = login.clone();
    let acts = move |_: &Letter| {
        let fault = Script::but("MAIL", Act::say("530 log in\r\n"));
        Some(if works.load(Ordering::SeqCst) == 0 { fault } else { Script::good() })
    };
    let counter = Counter::start(Memory::with(50), acts);
    minutes(120).await;
    assert_eq!(counter.status.circuit(), CircuitState::Fault);
    let rows: Vec<_> = counter.outbox.rows.lock().unwrap().values().cloned().collect();
    assert!(rows.iter().all(|row| [DeliveryState::Queued, DeliveryState::Deferred].contains(&row.state)));
    assert!(rows.iter().all(|row| row.attempts == 0), "no mail had a try of its own");
    let tries: u64 = counter.status.counts().iter().map(|count| count.tries).sum();
    assert!(tries < 20, "the server was asked {tries} times");
    // Somebody sets the password right and asks for all mail to be tried.
    login.store(1, Ordering::SeqCst);
    counter.outbox.retried.store(1, Ordering::SeqCst);
    minutes(1).await;
    assert!(counter.outbox.all(DeliveryState::Sent));
    assert_eq!(counter.status.circuit(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_mail_on_which_our_code_fails_is_held_after_three_times() {
    let counter = Counter::start(Memory::with(5), |letter| {
        assert!(!letter.message_id.starts_with("<3@"), "a fault for the test");
        Some(Script::good())
    });
    minutes(30).await;
    let row = counter.outbox.row(3);
    assert_eq!((row.state, row.reason, row.attempts), (DeliveryState::Held, Some(HoldReason::Poison), 3));
    assert_eq!(counter.arrived().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn without_a_record_of_the_dot_there_is_none() {
    let counter = Counter::start(Memory::with(1), |_| Some(Script::good()));
    // The write before the dot fails, and the one that gives the lease back.
    counter.outbox.failures.store(2, Ordering::SeqCst);
    sleep(Duration::from_secs(5)).await;
    assert_eq!((counter.outbox.state(1), counter.arrived().len()), (DeliveryState::Leased, 0));
    minutes(11).await;
    assert_eq!((counter.outbox.state(1), counter.arrived().len()), (DeliveryState::Sent, 1));
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_recorded_however_often_it_takes() {
    let slow = Act { pauses: vec![(0, Duration::from_secs(10))], ..Act::say("250 Ok\r\n") };
    let counter = Counter::start(Memory::with(1), move |_| Some(Script::but("dot", slow.clone())));
    sleep(Duration::from_secs(5)).await;
    counter.outbox.failures.store(50, Ordering::SeqCst);
    minutes(1).await;
    assert_eq!((counter.outbox.state(1), counter.arrived().len()), (DeliveryState::Sent, 1));
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_has_lost_its_lease_writes_no_dot() {
    let slow = Act { pauses: vec![(0, Duration::from_secs(60))], ..Act::say("250 Ok\r\n") };
    let counter = Counter::start(Memory::with(1), move |_| Some(Script::but("RCPT", slow.clone())));
    sleep(Duration::from_secs(5)).await;
    // Another worker takes the delivery over, as after a pause longer than the lease.
    counter.clock.turn(11 * 60_000);
    let now = super::Clock::now(&counter.clock);
    let others = super::Outbox::lease(&*counter.outbox, 1, now, now + super::LEASE).await.unwrap();
    assert_eq!(others.len(), 1);
    counter.clock.turn(-11 * 60_000);
    sleep(Duration::from_secs(120)).await;
    assert_eq!((counter.outbox.state(1), counter.arrived().len()), (DeliveryState::Leased, 0));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_ten_years_delays_no_mail() {
    let there = Arc::new(AtomicUsize::new(0));
    let is_there = there.clone();
    let grey = Act::say("451 later\r\n");
    let acts = move |_: &Letter| {
        Some(if is_there.load(Ordering::SeqCst) == 0 { Script::but("RCPT", grey.clone()) } else { Script::good() })
    };
    let counter = Counter::start(Memory::with(3), acts);
    minutes(1).await;
    assert!(counter.outbox.all(DeliveryState::Deferred));
    there.store(1, Ordering::SeqCst);
    counter.clock.turn(-10 * 365 * 24 * 3_600_000);
    minutes(1).await;
    assert!(counter.outbox.all(DeliveryState::Sent));
}
