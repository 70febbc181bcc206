//! Stores of older versions are brought up to date.

use std::sync::Arc;
use std::time::{Duration, Instant};

use madoguchi::config::StoreConfig;
use madoguchi::intake::outbox::Accepted;
use madoguchi::intake::store::{Options, StoreError};

use crate::postgres::Server;
use crate::support::{Place, confirmed, fill, run};

/// The first index of a database takes longer to be made than any call may take.
const SLOW: &str = "CREATE SEQUENCE made;
    CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS
        $$ BEGIN IF nextval('made') = 1 THEN PERFORM pg_sleep(6); END IF; END $$;
    CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION slow()";

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn a_database_of_postgresql_that_kept_samples_keeps_none() {
    let server = match Server::shared() {
        Ok(server) => server,
        Err(why) => return println!("SKIPPED: upgrade::a_database_of_postgresql_that_kept_samples_keeps_none: {why}"),
    };
    let place = Place::on(Arc::clone(&server));
    let StoreConfig::Postgres(address) = &place.config else { unreachable!() };
    let database = address.expose_secret().rsplit_once('/').unwrap().1;
    let samples = || {
        let columns = "SELECT attname FROM pg_stats WHERE tablename IN ('requests', 'deliveries', 'letters') AND attname IN ('answers', 'note', 'rcpt_to', 'bytes')";
        server.sql(database, columns).lines().count()
    };
    run(async {
        // As the first version left it.
        let store = place.counter().await;
        let references = fill(&store, 20).await;
        let answered = confirmed(1);
        let both = answered.reference.clone();
        assert_eq!(store.accept(answered).await, Ok(Accepted::New));
        store.close().await;
        server.sql(
            database,
            "ALTER TABLE deliveries ADD reference text REFERENCES requests ON DELETE CASCADE;
            UPDATE deliveries SET reference = (SELECT reference FROM requests WHERE number = request);
            ALTER TABLE deliveries DROP request, ALTER reference SET NOT NULL, ADD UNIQUE (reference, purpose);
            ALTER TABLE confirmations ADD reference text REFERENCES requests ON DELETE CASCADE;
            UPDATE confirmations SET reference = (SELECT reference FROM requests WHERE number = request);
            ALTER TABLE confirmations DROP request, ALTER reference SET NOT NULL;
            CREATE INDEX confirmations_reference ON confirmations (reference);
            ALTER TABLE requests DROP number;
            ALTER TABLE requests ALTER answers SET STATISTICS -1;
            ALTER TABLE deliveries ALTER note SET STATISTICS -1;
            ALTER TABLE letters ALTER rcpt_to SET STATISTICS -1, ALTER bytes SET STATISTICS -1;
            UPDATE madoguchi SET version = 1;
            ANALYZE",
        );
        assert_eq!(samples(), 4, "the test can find them");
        let refused = place.open(Options::operator(0, 0)).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unsafe { .. }), "{refused:?}");

        let store = place.counter().await;
        assert_eq!(samples(), 0);
        server.sql(database, "ANALYZE");
        assert_eq!(samples(), 0, "and none are kept from now on");
        for (reference, mails) in [(&references[7], 1), (&both, 2)] {
            assert_eq!(store.show(reference).await.unwrap().unwrap().deliveries.len(), mails, "{reference}");
        }
        store.close().await;
    });
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn a_migration_on_postgresql_takes_its_time_and_other_counters_wait_for_it() {
    let test = "a_migration_on_postgresql_takes_its_time_and_other_counters_wait_for_it";
    let server = match Server::shared() {
        Ok(server) => server,
        Err(why) => return println!("SKIPPED: upgrade::{test}: {why}"),
    };
    let place = Place::on(Arc::clone(&server));
    let StoreConfig::Postgres(address) = &place.config else { unreachable!() };
    server.sql(address.expose_secret().rsplit_once('/').unwrap().1, SLOW);
    run(async {
        let began = Instant::now();
        let (first, second) = tokio::join!(place.counter(), place.counter());
        assert!(began.elapsed() > Duration::from_secs(6), "the test is slow enough");
        assert_eq!(first.secret().await, second.secret().await);
        fill(&first, 1).await;
        assert_eq!(second.stats().await.unwrap().requests, 1);
    });
}
