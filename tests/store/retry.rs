//! What an operator asks of a store that is full.

use madoguchi::config::StoreConfig;
use madoguchi::intake::store::Which;

use super::postgres::Server;
use super::support::{NOW, Place, run};

/// As many as wait after a long outage.
const MAILS: usize = 30_000;

/// References of sixteen digits, each with a mail that waits.
const FILL: &str = "WITH made AS (
    INSERT INTO requests (reference, form, fingerprint, status_key, received_at, answers)
    SELECT 'SR-' || regexp_replace(to_char(n, 'FM0000000000000000'), '(....)(....)(....)(....)', '\\1-\\2-\\3-\\4'),
        'service-request', '', '', 0, '{}' FROM generate_series(1, 30000) n RETURNING number)
    INSERT INTO deliveries (request, purpose, state, since, due) SELECT number, 'escalation', 'deferred', 0, 1 FROM made";

/// One round trip for each mail took longer than a call may.
#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn everything_is_retried_at_once_after_a_long_outage_on_postgres() {
    let server = match Server::shared() {
        Ok(server) => server,
        Err(why) => {
            println!("SKIPPED: everything_is_retried_at_once_after_a_long_outage_on_postgres: {why}");
            return;
        }
    };
    let place = Place::on(server.clone());
    run(async {
        let store = place.counter().await;
        let StoreConfig::Postgres(address) = &place.config else { unreachable!() };
        let database = address.expose_secret().rsplit('/').next().unwrap().to_owned();
        server.sql(&database, FILL);
        let retried = store.retry(&Which::All, NOW).await.unwrap();
        assert_eq!(retried.len(), MAILS);
        assert!(retried.iter().all(|mail| mail.due_now));
        let due = server.sql(&database, &format!("SELECT count(*) FROM deliveries WHERE due = {NOW}"));
        assert_eq!(due, MAILS.to_string());
    });
}
