//! A delivery belongs to one worker at a time.

use std::collections::BTreeSet;

use madoguchi::intake::outbox::{DeliveryState, HoldReason, Lease, NewRequest, Outcome};
use madoguchi::intake::store::Store;

use super::support::{HOUR, MINUTE, NOW, Place, SECOND, fill, on_both, request, run, state};

fn sent() -> Outcome {
    Outcome::Sent { reply: "250 2.0.0 Ok: queued as 4F1".into() }
}

fn unknown(due: i64) -> Outcome {
    Outcome::Unknown { due, why: "the final dot".into() }
}

async fn one(store: &Store, now: i64) -> Lease {
    let mut leases = store.lease("worker", now, now + MINUTE, 1).await.unwrap();
    leases.pop().unwrap()
}

#[test]
fn the_oldest_that_is_due_goes_first_and_to_one_worker() {
    on_both("the_oldest_that_is_due_goes_first_and_to_one_worker", async |place| {
        let store = place.counter().await;
        let mut oldest = Vec::new();
        for minutes in [1, 2, 3] {
            let request = NewRequest { received_at: NOW + minutes * MINUTE, ..request() };
            oldest.push(request.reference.clone());
            store.accept(request).await.unwrap();
        }
        assert_eq!(store.lease("w", NOW, NOW + HOUR, 10).await, Ok(Vec::new()), "nothing is due");
        let first = store.lease("w", NOW + HOUR, NOW + 2 * HOUR, 2).await.unwrap();
        let second = store.lease("v", NOW + HOUR, NOW + 2 * HOUR, 2).await.unwrap();
        let leased: Vec<_> = first.iter().chain(&second).map(|lease| lease.reference.clone()).collect();
        assert_eq!(leased, oldest);
        assert_eq!((first[0].attempts, first[0].may_repeat), (0, false));
    });
}

#[test]
fn after_an_outage_the_oldest_request_goes_first_whenever_it_was_planned() {
    on_both("after_an_outage_the_oldest_request_goes_first_whenever_it_was_planned", async |place| {
        let store = place.counter().await;
        let oldest = fill(&store, 3).await;
        for (lease, minutes) in store.lease("w", NOW, NOW + HOUR, 3).await.unwrap().iter().zip([30, 20, 10]) {
            let why = "421 4.3.2 not now".to_owned();
            assert_eq!(store.record(lease, Outcome::Deferred { due: NOW + minutes * MINUTE, why }, NOW).await, Ok(true));
        }
        let first = one(&store, NOW + HOUR).await;
        assert_eq!(first.reference, oldest[0], "though it was planned last");
    });
}

#[test]
fn a_clock_that_is_set_back_keeps_no_mail_waiting() {
    on_both("a_clock_that_is_set_back_keeps_no_mail_waiting", async |place| {
        let store = place.counter().await;
        let reference = fill(&store, 1).await.remove(0);
        let past = NOW - 10 * 365 * 24 * HOUR;
        assert_eq!(one(&store, past).await.reference, reference);
        assert_eq!(store.lease("w", past, past + HOUR, 9).await, Ok(Vec::new()), "a lease of the new time holds");
    });
}

#[test]
fn many_workers_never_share_a_delivery() {
    on_both("many_workers_never_share_a_delivery", async |place| {
        let store = place.counter().await;
        fill(&store, 60).await;
        let mut workers = tokio::task::JoinSet::new();
        for worker in 0..8 {
            let store = store.clone();
            workers.spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let leases = store.lease(&format!("w{worker}"), NOW, NOW + HOUR, 3).await.unwrap();
                    if leases.is_empty() {
                        return mine;
                    }
                    mine.extend(leases.iter().map(|lease| lease.delivery));
                }
            });
        }
        let mut all: Vec<i64> = workers.join_all().await.concat();
        // Two who look at the same moment may each see nothing while the other chooses.
        all.extend(store.lease("last", NOW, NOW + HOUR, 100).await.unwrap().iter().map(|lease| lease.delivery));
        assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (60, 60));
    });
}

#[test]
fn outcomes_are_recorded_with_what_the_server_said() {
    on_both("outcomes_are_recorded_with_what_the_server_said", async |place| {
        let store = place.counter().await;
        let request = request();
        store.accept(request.clone()).await.unwrap();
        let lease = one(&store, NOW).await;
        let deferred = Outcome::Deferred { due: NOW + 15 * SECOND, why: "451 4.7.1 greylisted".into() };
        assert_eq!(store.record(&lease, deferred, NOW + SECOND).await, Ok(true));
        assert_eq!(store.lease("w", NOW + 14 * SECOND, NOW + HOUR, 9).await, Ok(Vec::new()));
        let lease = one(&store, NOW + 15 * SECOND).await;
        assert_eq!((lease.attempts, lease.may_repeat), (1, false));
        let held = Outcome::Held { reason: HoldReason::Refused, why: "550 5.1.1 no such user".into() };
        assert_eq!(store.record(&lease, held, NOW + MINUTE).await, Ok(true));
        let mail = store.show(&request.reference).await.unwrap().unwrap().deliveries.remove(0);
        assert_eq!((mail.state, mail.hold, mail.attempts), (DeliveryState::Held, Some(HoldReason::Refused), 2));
        assert_eq!((mail.note.as_str(), mail.since, mail.leased_until), ("550 5.1.1 no such user", NOW + MINUTE, None));
        assert_eq!(store.lease("w", NOW + 1000 * HOUR, NOW + 2000 * HOUR, 9).await, Ok(Vec::new()), "held waits for a person");
    });
}

#[test]
fn a_try_that_did_not_reach_the_server_does_not_count() {
    on_both("a_try_that_did_not_reach_the_server_does_not_count", async |place| {
        let store = place.counter().await;
        let reference = fill(&store, 1).await.remove(0);
        let unreached = || Outcome::Unreached { due: NOW + 15 * SECOND, why: "nobody there".into() };
        let first = one(&store, NOW).await;
        assert_eq!(store.record(&first, unreached(), NOW + SECOND).await, Ok(true));
        assert_eq!(store.record(&first, unreached(), NOW + SECOND).await, Ok(false), "it is taken back once");
        let mail = store.show(&reference).await.unwrap().unwrap().deliveries.remove(0);
        assert_eq!((mail.state, mail.attempts, mail.due), (DeliveryState::Deferred, 0, NOW + 15 * SECOND));
        assert_eq!((mail.note.as_str(), mail.since, mail.leased_until), ("nobody there", NOW + SECOND, None));
        assert_eq!(store.lease("w", NOW + 14 * SECOND, NOW + HOUR, 9).await, Ok(Vec::new()));
        let second = one(&store, NOW + MINUTE).await;
        assert_eq!((second.attempts, second.fence > first.fence), (0, true), "no fence comes twice");
        assert_eq!(store.record(&first, sent(), NOW + MINUTE).await, Ok(false));
        // A folder for mail may fail after its dot was announced.
        assert_eq!(store.record(&second, unknown(NOW + HOUR), NOW + MINUTE).await, Ok(true));
        assert_eq!(store.record(&second, unreached(), NOW + MINUTE).await, Ok(true));
        let why = "451 later".to_owned();
        let third = one(&store, NOW + 2 * MINUTE).await;
        store.record(&third, Outcome::Deferred { due: NOW + 3 * MINUTE, why }, NOW + 2 * MINUTE).await.unwrap();
        assert_eq!(one(&store, NOW + 3 * MINUTE).await.attempts, 1, "one that did counts");
    });
}

#[test]
fn what_is_sent_is_sent_once_and_shows_in_the_status() {
    on_both("what_is_sent_is_sent_once_and_shows_in_the_status", async |place| {
        let store = place.counter().await;
        let request = request();
        store.accept(request.clone()).await.unwrap();
        let lease = one(&store, NOW).await;
        assert_eq!(store.record(&lease, unknown(NOW + 10 * MINUTE), NOW).await, Ok(true));
        assert_eq!(state(&store, &request.reference).await, DeliveryState::Unknown, "on disk before the dot");
        assert_eq!(store.record(&lease, sent(), NOW + SECOND).await, Ok(true));
        assert_eq!(store.record(&lease, sent(), NOW + SECOND).await, Ok(false), "a second time changes nothing");
        let later = Outcome::Deferred { due: NOW, why: String::new() };
        assert_eq!(store.record(&lease, later, NOW).await, Ok(false));
        assert_eq!(store.lease("w", NOW + 1000 * HOUR, NOW + 2000 * HOUR, 9).await, Ok(Vec::new()));
        let status = store.status(&request.reference, &request.status_key).await.unwrap().unwrap();
        assert_eq!(status.passed_on_at, Some(NOW + SECOND));
    });
}

#[test]
fn a_lost_lease_changes_nothing() {
    on_both("a_lost_lease_changes_nothing", async |place| {
        let store = place.counter().await;
        let reference = fill(&store, 1).await.remove(0);
        let old = one(&store, NOW).await;
        assert_eq!(store.lease("w", NOW + MINUTE - 1, NOW + HOUR, 9).await, Ok(Vec::new()), "while it lives");
        let new = one(&store, NOW + MINUTE).await;
        assert!(new.fence > old.fence && new.attempts == 1 && !new.may_repeat);
        let (due, why) = (NOW, String::new());
        let deferred = [Outcome::Deferred { due, why: why.clone() }, Outcome::Unreached { due, why }];
        for outcome in [sent(), unknown(NOW + HOUR)].into_iter().chain(deferred) {
            assert_eq!(store.record(&old, outcome, NOW + MINUTE).await, Ok(false));
        }
        assert_eq!(store.extend(&old, NOW + HOUR).await, Ok(false));
        assert_eq!(store.release_lease(&old, NOW).await, Ok(false));
        assert_eq!(state(&store, &reference).await, DeliveryState::Leased);
        assert_eq!(store.extend(&new, NOW + HOUR).await, Ok(true));
        assert_eq!(store.lease("w", NOW + HOUR - 1, NOW + 2 * HOUR, 9).await, Ok(Vec::new()));
        assert_eq!(store.record(&new, sent(), NOW + MINUTE).await, Ok(true));
    });
}

#[test]
fn what_may_have_arrived_goes_again_when_it_is_due_and_says_so() {
    on_both("what_may_have_arrived_goes_again_when_it_is_due_and_says_so", async |place| {
        let store = place.counter().await;
        let request = request();
        store.accept(request.clone()).await.unwrap();
        let lost = one(&store, NOW).await;
        store.record(&lost, unknown(NOW + 10 * MINUTE), NOW).await.unwrap();
        assert_eq!(store.lease("w", NOW + 10 * MINUTE - 1, NOW + HOUR, 9).await, Ok(Vec::new()));
        let again = one(&store, NOW + 10 * MINUTE).await;
        assert!(again.may_repeat);
        assert_eq!(again.letter, request.escalation);
        assert_eq!(store.record(&lost, sent(), NOW + HOUR).await, Ok(false), "an answer that comes too late");
        store.record(&again, Outcome::Deferred { due: NOW + HOUR, why: "421".into() }, NOW + HOUR).await.unwrap();
        assert!(one(&store, NOW + HOUR).await.may_repeat, "it stays so");
    });
}

#[test]
fn a_shutdown_gives_back_what_was_not_sent() {
    on_both("a_shutdown_gives_back_what_was_not_sent", async |place| {
        let store = place.counter().await;
        let references = fill(&store, 3).await;
        let (before, announced, asked) = (one(&store, NOW).await, one(&store, NOW).await, one(&store, NOW).await);
        store.record(&announced, unknown(NOW + 10 * MINUTE), NOW).await.unwrap();
        for _ in 0..2 {
            store.record(&asked, unknown(NOW + 10 * MINUTE), NOW).await.unwrap();
        }
        for lease in [&before, &announced] {
            assert_eq!(store.release_lease(lease, NOW + SECOND).await, Ok(true));
            assert_eq!(store.release_lease(lease, NOW + SECOND).await, Ok(false));
            assert_eq!(state(&store, &lease.reference).await, DeliveryState::Queued);
        }
        assert_eq!(store.release_lease(&asked, NOW + SECOND).await, Ok(false), "its dot went out, and its lease has ended");
        let again = store.lease("w", NOW + SECOND, NOW + HOUR, 9).await.unwrap();
        let again: Vec<_> = again.into_iter().map(|lease| (lease.reference, lease.attempts, lease.may_repeat)).collect();
        assert_eq!(again, [(references[0].clone(), 0, false), (references[1].clone(), 0, false)], "the try does not count");
        assert_eq!(state(&store, &references[2]).await, DeliveryState::Unknown);
        assert_eq!(store.lease("w", NOW + 10 * MINUTE, NOW + HOUR, 9).await.unwrap().len(), 1, "and it waits until it is due");
    });
}

#[test]
fn a_restart_on_sqlite_takes_leases_over_at_once() {
    run(async {
        let place = Place::sqlite();
        let store = place.counter().await;
        let references = fill(&store, 2).await;
        let (leased, asked) = (one(&store, NOW).await, one(&store, NOW).await);
        store.record(&asked, unknown(NOW + 10 * MINUTE), NOW).await.unwrap();
        store.close().await;
        let operator = place.operator().await;
        assert_eq!(state(&operator, &leased.reference).await, DeliveryState::Leased, "an operator takes nothing over");
        operator.close().await;
        let store = place.counter().await;
        let again = one(&store, NOW).await;
        assert_eq!((&again.reference, again.may_repeat), (&leased.reference, false));
        assert_eq!(store.record(&leased, sent(), NOW).await, Ok(false));
        assert_eq!(state(&store, &asked.reference).await, DeliveryState::Unknown);
        assert_eq!(references.len(), 2);
    });
}
