//! A wipe that could not be done is owed until it is.

use std::time::Duration;

use madoguchi::config::StoreConfig;
use madoguchi::intake::ids::Reference;
use madoguchi::intake::outbox::{Millis, Outcome};
use madoguchi::intake::store::{Forgotten, Options, Purged, Retention, Store, StoreError};

use super::support::{DAY, HOUR, NOW, Place, fill, on_both, run};

/// Another session that hinders wiping, and nothing else.
enum Hindrance {
    Sqlite(rusqlite::Connection),
    Postgres(tokio_postgres::Client),
}

impl Hindrance {
    async fn at(place: &Place) -> Self {
        match &place.config {
            StoreConfig::Sqlite(file) => {
                let reader = rusqlite::Connection::open(file).unwrap();
                reader.execute_batch("BEGIN").unwrap();
                reader.query_row("SELECT count(*) FROM requests", [], |_| Ok(())).unwrap();
                Self::Sqlite(reader)
            }
            StoreConfig::Postgres(address) => {
                let connected = tokio_postgres::connect(address.expose_secret(), tokio_postgres::NoTls).await;
                let (session, connection) = connected.unwrap();
                tokio::spawn(connection);
                session.batch_execute("BEGIN; LOCK TABLE requests IN SHARE UPDATE EXCLUSIVE MODE").await.unwrap();
                Self::Postgres(session)
            }
        }
    }

    async fn end(self) {
        match self {
            Self::Sqlite(reader) => reader.close().unwrap(),
            Self::Postgres(session) => session.batch_execute("COMMIT").await.unwrap(),
        }
    }
}

/// Stores so many requests, all sent.
async fn sent(store: &Store, count: usize) -> Vec<Reference> {
    let references = fill(store, count).await;
    for lease in store.lease("w", NOW, NOW + HOUR, count).await.unwrap() {
        assert_eq!(store.record(&lease, Outcome::Sent { reply: "250 Ok".into() }, NOW).await, Ok(true));
    }
    references
}

async fn purged(store: &Store, now: Millis) -> Result<Purged, StoreError> {
    let kept = Retention::from_iter([("service-request".to_owned(), Duration::from_secs(86_400))]);
    store.purge(now, &kept).await
}

/// That nothing is owed: what hinders a wipe hinders no purge.
async fn nothing_is_owed(place: &Place, store: &Store, now: Millis) {
    let hindrance = Hindrance::at(place).await;
    assert_eq!(purged(store, now).await, Ok(Purged::Done(0)));
    hindrance.end().await;
}

#[test]
fn a_purge_that_could_not_wipe_is_followed_by_one_that_does() {
    on_both("a_purge_that_could_not_wipe_is_followed_by_one_that_does", async |place| {
        let store = place.counter().await;
        sent(&store, 3).await;
        let hindrance = Hindrance::at(&place).await;
        assert_eq!(purged(&store, NOW + DAY).await, Err(StoreError::Busy));
        assert_eq!(store.stats().await.unwrap().requests, 0, "they are deleted");
        store.close().await;
        let store = place.counter().await;
        assert_eq!(purged(&store, NOW + DAY).await, Err(StoreError::Busy), "another process owes the wipe still");
        hindrance.end().await;
        assert_eq!(purged(&store, NOW + DAY).await, Ok(Purged::Done(0)));
        nothing_is_owed(&place, &store, NOW + DAY).await;
    });
}

#[test]
fn a_command_that_could_not_wipe_is_followed_by_a_purge_that_does() {
    on_both("a_command_that_could_not_wipe_is_followed_by_a_purge_that_does", async |place| {
        let store = place.counter().await;
        let reference = sent(&store, 2).await.remove(0);
        nothing_is_owed(&place, &store, NOW).await;
        let hindrance = Hindrance::at(&place).await;
        let operator = place.operator().await;
        assert_eq!(operator.forget(&reference, false, NOW).await, Err(StoreError::Busy));
        operator.close().await;
        // A clock that has jumped forbids to delete, and not to wipe what is deleted.
        assert_eq!(purged(&store, NOW + 99 * DAY).await, Err(StoreError::Busy));
        hindrance.end().await;
        assert_eq!(purged(&store, NOW).await, Ok(Purged::Done(0)));
        assert_eq!(store.forget(&reference, false, NOW).await, Ok(Forgotten::NotFound));
        nothing_is_owed(&place, &store, NOW).await;
    });
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn of_counters_that_purge_together_one_wipes_and_a_command_waits_for_it() {
    let place = match Place::postgres() {
        Ok(place) => place,
        Err(why) => {
            println!("SKIPPED: of_counters_that_purge_together_one_wipes_and_a_command_waits_for_it: {why}");
            return;
        }
    };
    run(async {
        let (one, other) = (place.counter().await, place.counter().await);
        let reference = sent(&one, 3).await.remove(0);
        let hindrance = Hindrance::at(&place).await;
        let both: [_; 2] = tokio::join!(purged(&one, NOW + DAY), purged(&other, NOW + DAY)).into();
        assert_eq!(both.iter().filter(|result| result.is_ok()).count(), 1, "{both:?}");
        assert!(both.contains(&Err(StoreError::Busy)), "{both:?}");
        let ends = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            hindrance.end().await;
        };
        let (purged_again, forgotten, ()) =
            tokio::join!(purged(&one, NOW + DAY), other.forget(&reference, false, NOW + DAY), ends);
        assert_eq!((purged_again, forgotten), (Ok(Purged::Done(0)), Ok(Forgotten::NotFound)));
        nothing_is_owed(&place, &one, NOW + DAY).await;
    });
}

#[test]
fn a_wipe_for_which_the_disk_has_no_room_writes_nothing_and_is_owed() {
    run(async {
        let place = Place::sqlite();
        let StoreConfig::Sqlite(file) = &place.config else { unreachable!() };
        let log = || std::fs::metadata(file.with_extension("db-wal")).unwrap().len();
        let store = place.open(Options::counter(NOW, u64::MAX)).await.unwrap();
        sent(&store, 100).await;
        let size = 4096 * 100;
        assert!(log() > size);
        let refused = purged(&store, NOW + DAY).await.unwrap_err();
        assert!(matches!(refused, StoreError::NoRoomToWipe { needed, free: 0 } if needed > 0), "{refused:?}");
        assert!(log() < size, "{}", log());
        assert_eq!(fill(&store, 1).await.len(), 1, "requests are taken");
        store.close().await;
        let store = place.counter().await;
        assert_eq!(purged(&store, NOW + DAY).await, Ok(Purged::Done(0)));
        nothing_is_owed(&place, &store, NOW + DAY).await;
    });
}
