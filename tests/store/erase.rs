//! What is left of a request on PostgreSQL after it was deleted.

use std::fs;
use std::path::{Path, PathBuf};

use madoguchi::config::StoreConfig;
use madoguchi::intake::ids::Reference;
use madoguchi::intake::outbox::{Accepted, Millis, NewRequest, Outcome};
use madoguchi::intake::store::{Forgotten, Purged, Retention, Store};

use crate::backup::shell;
use crate::manual::of_the_manual;
use crate::postgres::Server;
use crate::support::{DAY, NOW, Place, fill, request, run};

/// A word that stands nowhere but in one request.
const CANARY: &str = "ウグイス張りの廊下";

/// Files of the server's tables that hold the canary, its log (WAL) aside.
fn tables_with_canary(server: &Server) -> Vec<PathBuf> {
    // What is in memory only is written, so that it can be seen.
    server.sql("postgres", "CHECKPOINT");
    let mut found = Vec::new();
    let mut folders = vec![Path::new(&server.data()).join("base")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if fs::read(&path).is_ok_and(|bytes| memchr::memmem::find(&bytes, CANARY.as_bytes()).is_some()) {
                found.push(path);
            }
        }
    }
    found
}

/// A request with the canary in its answers and in its mail, which is too long to stand in a row.
fn with_canary() -> NewRequest {
    let mut request = request();
    request.answers = format!(r#"{{"title":"{CANARY}"}}"#);
    // Bytes that do not compress, so that the mail is legible wherever it lies.
    let noise = (0..4000_u32).map(|n| char::from(33 + (n.wrapping_mul(2_654_435_761) >> 25) as u8 % 90)).collect::<String>();
    request.escalation.rcpt_to = format!("{CANARY}@example.com");
    request.escalation.bytes = format!("Subject: x\r\n\r\n{CANARY}\r\n{noise}\r\n").into_bytes();
    request
}

/// Stores one request with the canary between others, all sent.
async fn filled(store: &Store, before: usize, after: usize) -> Reference {
    fill(store, before).await;
    let request = with_canary();
    let reference = request.reference.clone();
    assert_eq!(store.accept(request).await, Ok(Accepted::New));
    fill(store, after).await;
    for lease in store.lease("w", NOW, NOW + DAY, 100).await.unwrap() {
        assert!(store.record(&lease, Outcome::Sent { reply: format!("250 {}", lease.letter.rcpt_to) }, NOW).await.unwrap());
    }
    reference
}

async fn purged(store: &Store, now: Millis) -> Purged {
    let retention = Retention::from_iter([("service-request".to_owned(), std::time::Duration::from_secs(86_400))]);
    store.purge(now, &retention).await.unwrap()
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn neither_a_forgotten_request_nor_an_old_one_is_in_the_tables_of_postgresql() {
    let server = match Server::start() {
        Ok(server) => server,
        Err(why) => {
            return println!("SKIPPED: erase::neither_a_forgotten_request_nor_an_old_one_is_in_the_tables_of_postgresql: {why}");
        }
    };
    let server = std::sync::Arc::new(server);
    for (by_age, before, after) in [(false, 20, 20), (false, 20, 0), (true, 20, 20)] {
        let place = Place::on(server.clone());
        let StoreConfig::Postgres(address) = &place.config else { unreachable!() };
        let what = format!("by age: {by_age}, {before} before and {after} after");
        run(async {
            let store = place.counter().await;
            let reference = filled(&store, before, after).await;
            server.sql(address.expose_secret().rsplit_once('/').unwrap().1, "ANALYZE");
            assert!(!tables_with_canary(&server).is_empty(), "the test can find it");
            if by_age {
                assert_eq!(purged(&store, NOW + DAY).await, Purged::Done(41));
            } else {
                assert_eq!(store.forget(&reference, false, NOW).await, Ok(Forgotten::Gone));
            }
            assert_eq!(store.show(&reference).await, Ok(None));
            // The rows are gone, and vacuumed; bytes of them may lie in the free space of their pages until the tables are written anew.
            shell(&server, address.expose_secret(), Path::new("/"), &of_the_manual("postgres-erase"));
            assert_eq!(tables_with_canary(&server), Vec::<PathBuf>::new(), "{what}, after the command of the manual");
            fill(&store, 1).await;
            store.close().await;
        });
    }
}
