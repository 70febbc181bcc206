//! Hours without a mail server.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::intake::retry::LONGEST_WAIT;

const QUEUED: usize = 10_000;

/// A counter with so many mails. The server swallows the first at its dot and is gone, until so many seconds have passed.
fn swallowed(mails: usize, back: &Arc<AtomicU64>) -> Counter {
    let (began, until) = (Instant::now(), back.clone());
    let acts = move |letter: &Letter| {
        let is_back = began.elapsed().as_secs() >= until.load(Ordering::SeqCst);
        if letter.message_id == "<1@example.com>" && !is_back { Some(silent_at("dot")) } else { is_back.then(Script::good) }
    };
    Counter::start(Memory::with(mails), acts)
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_waits_at_its_dot_holds_up_no_probe_and_its_silence_closes_no_circuit() {
    let back = Arc::new(AtomicU64::new(u64::MAX));
    let counter = swallowed(10, &back);
    sleep(Duration::from_secs(5)).await;
    assert_eq!((counter.outbox.state(1), counter.status.circuit()), (DeliveryState::Unknown, CircuitState::Open));
    minutes(9).await;
    let tries: u64 = counter.status.counts().iter().map(|count| count.tries).sum();
    assert!((10..20).contains(&tries), "{tries} in nine minutes: three, after 15 and 30 seconds, then each minute");
    // The answer to the dot is waited for no longer, and the server is as far away as before.
    minutes(1).await;
    assert!(counter.status.counts().iter().any(|count| count.ending == "unanswered"));
    assert_eq!((counter.status.circuit(), counter.status.reached_at()), (CircuitState::Open, None));
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_waits_at_its_dot_holds_up_nothing_when_the_server_is_back() {
    let back = Arc::new(AtomicU64::new(120));
    let counter = swallowed(40, &back);
    minutes(4).await;
    assert_eq!((counter.outbox.state(1), counter.status.circuit()), (DeliveryState::Unknown, CircuitState::Closed));
    assert_eq!(counter.arrived()[1..].iter().collect::<std::collections::BTreeSet<_>>().len(), 39);
    assert_eq!(counter.most.load(Ordering::SeqCst), 4, "at once, with the one that waits");
}

/// A counter whose server is away for two minutes after it has swallowed so many mails, and then silent at the dots of some. Those
/// that come to it are numbered from 0.
fn silent_when_back(swallowed: usize, is_silent: impl Fn(u64) -> bool + Send + Sync + 'static) -> Counter {
    let (began, came) = (Instant::now(), AtomicU64::new(0));
    let acts = move |letter: &Letter| {
        if began.elapsed() < Duration::from_secs(120) {
            let is_swallowed = (1..=swallowed).any(|n| letter.message_id == format!("<{n}@example.com>"));
            return is_swallowed.then(|| silent_at("dot"));
        }
        Some(if is_silent(came.fetch_add(1, Ordering::SeqCst)) { silent_at("dot") } else { Script::good() })
    };
    Counter::start(Memory::with(20), acts)
}

fn sent(counter: &Counter) -> usize {
    counter.outbox.rows.lock().unwrap().values().filter(|row| row.state == DeliveryState::Sent).count()
}

#[tokio::test(start_paused = true)]
async fn one_that_is_silent_at_its_dot_after_an_outage_holds_up_no_others() {
    // The first probe, the one after it that goes alone, and one of the next two.
    for silent in 0..3 {
        let counter = silent_when_back(0, move |came| came == silent);
        minutes(2 + 2).await;
        assert_eq!((sent(&counter), counter.status.circuit()), (19, CircuitState::Closed), "number {silent}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_no_dot_is_probed_on_after_an_outage() {
    let counter = silent_when_back(0, |_| true);
    minutes(2 + 5).await;
    assert!((4..=5).contains(&counter.arrived().len()), "each minute, until all places are taken: {:?}", counter.arrived());
    minutes(55).await;
    assert!(counter.arrived().len() >= 20, "{:?}", counter.arrived());
    assert_eq!((counter.status.circuit(), sent(&counter)), (CircuitState::Open, 0));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_dies_with_all_mails_at_their_dots_is_found_out_and_asked_again() {
    let counter = silent_when_back(4, |_| false);
    minutes(1).await;
    assert_eq!((counter.status.circuit(), counter.arrived().len()), (CircuitState::Open, 4));
    minutes(1 + 2).await;
    assert_eq!((sent(&counter), counter.status.circuit()), (16, CircuitState::Closed));
    assert_eq!(counter.most.load(Ordering::SeqCst), 5, "one more than the four that wait");
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_is_asked_as_before_though_no_answer_comes_in_time() {
    let counter = Counter::start(Memory::with(20), |_| Some(silent_at("dot")));
    minutes(25).await;
    assert_eq!(counter.status.circuit(), CircuitState::Closed);
    assert_eq!(counter.most.load(Ordering::SeqCst), 5, "one more than the four that wait");
    assert!(counter.arrived().len() >= 10, "{:?}", counter.arrived());
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_mails_outlast_an_outage_and_go_in_their_order() {
    let began = Instant::now();
    // The server is there again after so many seconds.
    let back = Arc::new(AtomicU64::new(u64::MAX));
    let until = back.clone();
    let acts = move |_: &Letter| (began.elapsed().as_secs() >= until.load(Ordering::SeqCst)).then(Script::good);
    let counter = Counter::start(Memory::with(QUEUED), acts);
    minutes(6 * 60).await;
    assert_eq!((counter.arrived().len(), counter.status.circuit()), (0, CircuitState::Open));
    let tries: u64 = counter.status.counts().iter().map(|count| count.tries).sum();
    assert!((300..500).contains(&tries), "{tries} in six hours");

    back.store(began.elapsed().as_secs(), Ordering::SeqCst);
    sleep(Duration::from_secs(62)).await;
    assert!(!counter.arrived().is_empty(), "the first goes within a minute");
    while counter.arrived().len() < QUEUED && began.elapsed().as_secs() < 8 * 3600 {
        minutes(1).await;
    }
    let arrived = counter.arrived();
    assert!(counter.outbox.all(DeliveryState::Sent), "{} arrived", arrived.len());
    assert_eq!(arrived.len(), QUEUED, "each once");
    // Four go at once, so that a mail may overtake three others.
    for (place, number) in arrived.iter().enumerate() {
        assert!(number.abs_diff(place + 1) < 8, "mail {number} came as number {}", place + 1);
    }
}

/// How long the first mail takes when the server is back after two hours, and answers it once with this.
async fn after_an_outage(answer: Script) -> Duration {
    let (began, answers) = (Instant::now(), AtomicU64::new(0));
    let acts = move |letter: &Letter| {
        let is_first = || letter.message_id == "<1@example.com>" && answers.fetch_add(1, Ordering::SeqCst) == 0;
        let is_back = began.elapsed() >= Duration::from_secs(2 * 3600);
        is_back.then(|| if is_first() { answer.clone() } else { Script::good() })
    };
    let counter = Counter::start(Memory::with(20), acts);
    minutes(2 * 60).await;
    assert!(counter.outbox.rows.lock().unwrap().values().all(|row| row.attempts == 0), "no try has reached the server");
    let back = Instant::now();
    while counter.outbox.state(1) != DeliveryState::Sent {
        sleep(Duration::from_secs(1)).await;
    }
    back.elapsed()
}

#[tokio::test(start_paused = true)]
async fn the_oldest_mail_was_no_probe_to_its_own_cost() {
    // A minute at most until the server is asked, then the wait after a first try.
    let later = after_an_outage(Script::but("MAIL", Act::say("451 later\r\n"))).await;
    assert!(later < Duration::from_secs(90), "{later:?}");
    let shut = after_an_outage(Script::but("MAIL", Act::say("421 later\r\n"))).await;
    assert!(shut < Duration::from_secs(130), "{shut:?}, with one probe more");
    let cut = after_an_outage(Script::but("dot", Act { then: Then::HangUp, ..Act::default() })).await;
    assert!((600..670).contains(&cut.as_secs()), "{cut:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_fails_at_random_gets_every_mail_in_the_end() {
    let tries = AtomicU64::new(0);
    let acts = move |_: &Letter| {
        let n = blake3::hash(&tries.fetch_add(1, Ordering::SeqCst).to_le_bytes()).as_bytes()[0];
        let cut = |step| Script::but(step, Act { then: Then::HangUp, ..Act::default() });
        match n % 16 {
            0 => None,
            1 => Some(cut("greeting")),
            2 => Some(Script::but("EHLO", Act::say("421 busy\r\n"))),
            3 => Some(Script::but("RCPT", Act::say("451 grey\r\n"))),
            4 => Some(cut("DATA")),
            5 => Some(cut("dot")),
            6 => Some(silent_at("dot")),
            7 => Some(Script::but("dot", Act::say("452 full\r\n"))),
            _ => Some(Script::good()),
        }
    };
    let counter = Counter::start(Memory::with(300), acts);
    minutes(48 * 60).await;
    assert!(counter.outbox.all(DeliveryState::Sent), "{:?}", counter.status.counts());
    let mut copies: BTreeMap<usize, usize> = BTreeMap::new();
    for number in counter.arrived() {
        *copies.entry(number).or_default() += 1;
    }
    assert_eq!(copies.len(), 300);
    for (number, copies) in copies {
        let row = counter.outbox.row(i64::try_from(number).unwrap());
        assert!(
            copies == 1 || row.may_repeat && copies <= usize::try_from(row.attempts).unwrap(),
            "{number} came {copies} times"
        );
        assert!(row.due < super::super::Clock::now(&counter.clock) + LONGEST_WAIT);
    }
}
