//! One state of the store, while others write.

use madoguchi::intake::ids::Reference;
use madoguchi::intake::outbox::{Accepted, DeliveryState, NewRequest, Outcome};
use madoguchi::intake::store::{Entry, Filter, Forgotten, StoreError};

use super::support::{MINUTE, NOW, fill, on_both, request};

fn references(entries: &[Entry]) -> Vec<Reference> {
    entries.iter().map(|entry| entry.reference.clone()).collect()
}

/// An export goes through the store twice. What is taken in between may have a field that nobody has answered before, or bear a time before
/// that of requests which are written already.
#[test]
fn a_snapshot_is_one_state_whatever_is_written_meanwhile() {
    on_both("a_snapshot_is_one_state_whatever_is_written_meanwhile", async |place| {
        let (counter, all) = (place.counter().await, Filter::default());
        let before = fill(&counter, 3).await;
        let operator = place.operator().await;
        let snapshot = operator.snapshot().await.unwrap();
        let late = NewRequest { received_at: NOW - MINUTE, ..request() };
        assert_eq!(counter.accept(late.clone()).await, Ok(Accepted::New));
        let lease = counter.lease("w", NOW, NOW + MINUTE, 1).await.unwrap().remove(0);
        assert!(counter.record(&lease, Outcome::Sent { reply: "250 Ok".into() }, NOW).await.unwrap());

        let first = snapshot.list(&all, None, 2).await.unwrap();
        let last = first.last().map(|last| (last.received_at, last.reference.clone()));
        let rest = snapshot.list(&all, last, 2).await.unwrap();
        let seen = [first, rest].concat();
        assert_eq!(references(&seen), before);
        assert!(seen.iter().all(|entry| entry.deliveries[0].state == DeliveryState::Queued));
        let now = [vec![late.reference], before.clone()].concat();
        assert_eq!(references(&operator.list(&all, None, 9).await.unwrap()), now);

        let forgotten = counter.forget(&before[0], true, NOW).await;
        assert!(matches!(forgotten, Err(StoreError::Busy) | Ok(Forgotten::Gone)), "{forgotten:?}");
        assert_eq!(references(&snapshot.list(&all, None, 9).await.unwrap()), before);
        snapshot.close().await;
        assert_eq!(counter.wipe().await, Ok(()));
        assert_eq!(references(&operator.list(&all, None, 9).await.unwrap()).len(), 3);
    });
}
