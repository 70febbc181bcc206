//! A request is taken once, and nothing of it is lost.

use madoguchi::intake::outbox::{Accepted, DeliveryState};
use madoguchi::intake::store::Filter;

use super::support::{Place, request, run};

#[test]
fn what_was_accepted_is_there_after_a_restart() {
    run(async {
        let place = Place::sqlite();
        let request = request();
        let store = place.counter().await;
        assert_eq!(store.accept(request.clone()).await, Ok(Accepted::New));
        store.close().await;
        let store = place.counter().await;
        let entry = store.show(&request.reference).await.unwrap().unwrap();
        assert_eq!((entry.answers, entry.form), (request.answers.clone(), request.form.clone()));
        assert_eq!(entry.deliveries.len(), 1);
        assert_eq!(entry.deliveries[0].state, DeliveryState::Queued);
        assert_eq!(store.list(&Filter::default(), None, 10).await.unwrap().len(), 1);
        let again = Accepted::Replayed(request.reference.clone(), request.status_key.clone());
        assert_eq!(store.accept(request).await, Ok(again));
    });
}
