//! A request is taken once, and nothing of it is lost.

use std::time::Duration;

use madoguchi::config::StoreConfig;
use madoguchi::intake::outbox::{Accepted, ConfirmationLimits, DeliveryState, HoldReason, NewRequest, Purpose};
use madoguchi::intake::store::{Filter, Options, Store, StoreError};
use tokio::task::JoinSet;

use super::support::{DAY, HOUR, NOW, Place, confirmed, fill, on_both, request};

#[test]
fn what_was_accepted_is_there_after_a_restart() {
    on_both("what_was_accepted_is_there_after_a_restart", async |place| {
        let request = request();
        let store = place.counter().await;
        assert_eq!(store.accept(request.clone()).await, Ok(Accepted::New));
        let secret = store.secret().await.unwrap();
        store.close().await;
        let store = place.counter().await;
        assert_eq!(store.secret().await.unwrap(), secret, "the secret is made once");
        assert_ne!(secret, [0; 32]);
        let entry = store.show(&request.reference).await.unwrap().unwrap();
        assert_eq!((entry.answers, entry.form), (request.answers.clone(), request.form.clone()));
        assert_eq!((entry.deliveries.len(), entry.deliveries[0].state), (1, DeliveryState::Queued));
        let lease = &store.lease("w", NOW, NOW + HOUR, 10).await.unwrap()[0];
        assert_eq!(lease.letter, request.escalation, "the mail is what it was, byte for byte");
        assert_eq!(store.accept(request.clone()).await, Ok(Accepted::Replayed(request.reference, request.status_key)));
    });
}

#[test]
fn a_key_is_looked_at_before_the_token() {
    on_both("a_key_is_looked_at_before_the_token", async |place| {
        let store = place.counter().await;
        let first = request();
        store.accept(first.clone()).await.unwrap();
        let replayed = Accepted::Replayed(first.reference.clone(), first.status_key.clone());
        let again = NewRequest { reference: request().reference, ..first.clone() };
        assert_eq!(store.accept(again.clone()).await, Ok(replayed), "the same content, its token used up");
        let other = NewRequest { fingerprint: [9; 32], token: request().token, ..again.clone() };
        assert_eq!(store.accept(other.clone()).await, Ok(Accepted::KeyReused));
        let other_form = NewRequest { form: "translation-feedback".into(), ..other };
        assert_eq!(store.accept(other_form).await, Ok(Accepted::New), "a key is scoped by its form");
        let token_again = NewRequest { token: first.token.clone(), ..request() };
        assert_eq!(store.accept(token_again.clone()).await, Ok(Accepted::TokenUsed));
        assert_eq!(store.show(&token_again.reference).await, Ok(None), "nothing of it is stored");
        let fresh = NewRequest { token: request().token, ..token_again };
        assert_eq!(store.accept(fresh).await, Ok(Accepted::New), "and its key is still free");
        let found = store.find(&first.form, first.submission_id.as_deref().unwrap()).await.unwrap().unwrap();
        assert_eq!(
            (found.reference, found.status_key, found.fingerprint),
            (first.reference, first.status_key, first.fingerprint)
        );
        assert_eq!(store.find("service-request", "nobody's").await, Ok(None));
    });
}

#[test]
fn requests_without_a_key_are_all_taken() {
    on_both("requests_without_a_key_are_all_taken", async |place| {
        let store = place.counter().await;
        for _ in 0..3 {
            let anonymous = NewRequest { submission_id: None, token: None, ..request() };
            assert_eq!(store.accept(anonymous).await, Ok(Accepted::New));
        }
        assert_eq!(store.stats().await.unwrap().requests, 3);
    });
}

#[test]
fn the_newest_request_with_the_same_content_is_found() {
    on_both("the_newest_request_with_the_same_content_is_found", async |place| {
        let store = place.counter().await;
        let first = NewRequest { submission_id: None, ..request() };
        let second = NewRequest { submission_id: None, fingerprint: first.fingerprint, received_at: NOW + 1, ..request() };
        for one in [first.clone(), second.clone(), request()] {
            store.accept(one).await.unwrap();
        }
        let twin = async |form: &str, since| store.twin(form, first.fingerprint, since).await.unwrap();
        assert_eq!(twin("service-request", NOW).await, Some(second.reference.clone()));
        assert_eq!(twin("service-request", NOW + 1).await, Some(second.reference));
        assert_eq!((twin("service-request", NOW + 2).await, twin("translation-feedback", NOW).await), (None, None));
    });
}

#[test]
fn a_thousand_equal_posts_at_once_are_one_request() {
    on_both("a_thousand_equal_posts_at_once_are_one_request", async |place| {
        let store = place.counter().await;
        let equal = request();
        let mut posts = JoinSet::new();
        for _ in 0..1000 {
            let post = NewRequest { reference: request().reference, status_key: request().status_key, ..equal.clone() };
            let store = store.clone();
            posts.spawn(async move { (post.reference.clone(), post.status_key.clone(), store.accept(post).await) });
        }
        let answers = posts.join_all().await;
        let new: Vec<_> = answers.iter().filter(|(_, _, answer)| *answer == Ok(Accepted::New)).collect();
        assert_eq!(new.len(), 1);
        let same = Accepted::Replayed(new[0].0.clone(), new[0].1.clone());
        assert_eq!(answers.iter().filter(|(_, _, answer)| *answer == Ok(same.clone())).count(), 999);
        let stats = store.stats().await.unwrap();
        assert_eq!((stats.requests, stats.deliveries[&DeliveryState::Queued]), (1, 1));
    });
}

#[test]
fn one_token_is_good_for_one_of_many_at_once() {
    on_both("one_token_is_good_for_one_of_many_at_once", async |place| {
        let store = place.counter().await;
        let token = request().token;
        let mut posts = JoinSet::new();
        for _ in 0..100 {
            let (post, store) = (NewRequest { token: token.clone(), ..request() }, store.clone());
            posts.spawn(async move { store.accept(post).await.unwrap() });
        }
        let answers = posts.join_all().await;
        assert_eq!(answers.iter().filter(|answer| **answer == Accepted::New).count(), 1);
        assert_eq!(answers.iter().filter(|answer| **answer == Accepted::TokenUsed).count(), 99);
        assert_eq!(store.stats().await.unwrap().requests, 1);
    });
}

async fn confirmations(store: &Store) -> usize {
    let entries = store.list(&Filter::default(), None, 1000).await.unwrap();
    entries.iter().flat_map(|entry| &entry.deliveries).filter(|mail| mail.purpose == Purpose::Confirmation).count()
}

#[test]
fn confirmations_have_limits_and_requests_have_none() {
    on_both("confirmations_have_limits_and_requests_have_none", async |place| {
        let confirmations_limits = ConfirmationLimits { in_all: 5, ..ConfirmationLimits::default() };
        let options = Options { confirmations: confirmations_limits, ..Options::counter(NOW, 0) };
        let store = place.open(options).await.unwrap();
        let at = |digest, received_at| NewRequest { received_at, ..confirmed(digest) };
        for request in [at(1, NOW), at(1, NOW + DAY - 1), at(1, NOW + DAY)] {
            assert_eq!(store.accept(request).await, Ok(Accepted::New));
        }
        assert_eq!(confirmations(&store).await, 2, "one a day for an address");
        let held = NewRequest { hold: Some(HoldReason::Honeypot), ..at(77, NOW + 3 * DAY) };
        store.accept(held.clone()).await.unwrap();
        assert_eq!(confirmations(&store).await, 2, "none for a request that is held");
        assert_eq!(store.show(&held.reference).await.unwrap().unwrap().deliveries[0].hold, Some(HoldReason::Honeypot));
        let mut posts = JoinSet::new();
        for digest in 100..150 {
            let (store, request) = (store.clone(), at(digest, NOW + 9 * DAY));
            posts.spawn(async move { store.accept(request).await.unwrap() });
        }
        assert!(posts.join_all().await.iter().all(|answer| *answer == Accepted::New));
        assert_eq!(confirmations(&store).await, 7, "five in an hour, however many come at once");
        store.accept(at(200, NOW + 9 * DAY + HOUR)).await.unwrap();
        assert_eq!(confirmations(&store).await, 8, "and again after the hour");
        assert_eq!(store.stats().await.unwrap().confirmations_left_out, 46);
    });
}

#[test]
fn a_status_is_shown_to_its_key_alone() {
    on_both("a_status_is_shown_to_its_key_alone", async |place| {
        let store = place.counter().await;
        let request = request();
        store.accept(request.clone()).await.unwrap();
        let status = store.status(&request.reference, &request.status_key).await.unwrap().unwrap();
        assert_eq!((status.form.as_str(), status.received_at, status.passed_on_at), ("service-request", NOW, None));
        for (reference, key) in
            [(&request.reference, "wrong"), (&request.reference, ""), (&super::support::request().reference, "")]
        {
            assert_eq!(store.status(reference, key).await, Ok(None));
        }
    });
}

#[test]
fn those_who_wait_share_a_commit_unless_each_is_to_have_its_own() {
    super::support::run(async {
        for (batch, most_commits) in [(256, 60), (1, 1000)] {
            let place = Place::sqlite();
            let store = place.open(Options { batch, ..Options::counter(NOW, 0) }).await.unwrap();
            let mut posts = JoinSet::new();
            for _ in 0..300 {
                let store = store.clone();
                posts.spawn(async move { store.accept(request()).await.unwrap() });
            }
            posts.join_all().await;
            let work = store.work();
            assert_eq!((work.accepted, work.batch_sizes.sum), (300, 300));
            assert_eq!(work.batch_sizes.counts.iter().sum::<u64>(), work.commits);
            assert!(work.commits <= most_commits, "{work:?}");
            assert!(batch > 1 || work.commits == 300, "{work:?}");
        }
    });
}

#[test]
fn more_than_can_wait_are_told_to_come_again() {
    super::support::run(async {
        let place = Place::sqlite();
        let store = place.open(Options { waiting: 10, ..Options::counter(NOW, 0) }).await.unwrap();
        let mut posts = JoinSet::new();
        for _ in 0..500 {
            let store = store.clone();
            posts.spawn(async move { store.accept(request()).await });
        }
        let answers = posts.join_all().await;
        let taken = answers.iter().filter(|answer| answer.is_ok()).count();
        let refused = answers.iter().filter(|answer| **answer == Err(StoreError::Busy)).count();
        assert_eq!(taken + refused, 500);
        assert!(taken > 0 && refused > 0, "{taken} taken");
        assert_eq!(store.stats().await.unwrap().requests, taken as u64);
        fill(&store, 1).await;
    });
}

#[test]
fn nobody_waits_for_another_process_behind_others_and_then_again() {
    super::support::run(async {
        let place = Place::sqlite();
        let store = place.counter().await;
        let StoreConfig::Sqlite(file) = &place.config else { unreachable!() };
        let other = rusqlite::Connection::open(file).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let (first, second) = (store.clone(), store.clone());
        let first = tokio::spawn(async move { first.lease("w", NOW, NOW + HOUR, 10).await });
        // The writer waits for the other process now, and this comes behind.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let second = tokio::spawn(async move { second.accept(request()).await });
        assert_eq!(first.await.unwrap(), Err(StoreError::Busy));
        // What is left of its own five seconds, and no five seconds more.
        let second = tokio::time::timeout(Duration::from_secs(4), second).await.expect("it waits again");
        assert_eq!(second.unwrap(), Err(StoreError::Busy));
        other.execute_batch("ROLLBACK").unwrap();
        fill(&store, 1).await;
    });
}

#[test]
fn confirmations_that_nobody_may_get_need_not_be_made() {
    on_both("confirmations_that_nobody_may_get_need_not_be_made", async |place| {
        let limits = ConfirmationLimits { in_all: 1, ..ConfirmationLimits::default() };
        let store = place.open(Options { confirmations: limits, ..Options::counter(NOW, 0) }).await.unwrap();
        assert_eq!(store.accept(confirmed(1)).await, Ok(Accepted::New));
        assert!(!store.confirmations_are_spent(NOW), "nobody was turned away");
        assert_eq!(store.accept(confirmed(2)).await, Ok(Accepted::New));
        assert!(store.confirmations_are_spent(NOW) && store.confirmations_are_spent(NOW + 999));
        assert!(!store.confirmations_are_spent(NOW + 1000), "then the store is asked again");
        assert_eq!(store.accept(NewRequest { left_out: true, ..request() }).await, Ok(Accepted::New));
        assert_eq!(store.stats().await.unwrap().confirmations_left_out, 2, "what was not made is counted all the same");
    });
}
