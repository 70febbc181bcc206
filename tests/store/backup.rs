//! Backup and restore on PostgreSQL, with the very commands of the manual, while requests are taken.

use std::process::Command;

use madoguchi::config::StoreConfig;
use madoguchi::intake::outbox::{DeliveryState, Outcome};
use madoguchi::intake::store::{Filter, Options, Store, StoreError};
use madoguchi::redact::Secret;

use crate::manual::of_the_manual;
use crate::postgres::Server;
use crate::support::{MINUTE, NOW, Place, fill, run, state};

/// Runs commands of the manual for a database of the test.
pub(crate) fn shell(server: &Server, address: &str, folder: &std::path::Path, commands: &str) {
    let (base, _) = address.rsplit_once('/').unwrap();
    let commands = commands
        .replace("postgres://madoguchi@db.example.com/madoguchi", address)
        .replace("postgres://madoguchi@db.example.com", base)
        .replace("/var/backups/madoguchi", &folder.display().to_string());
    let script = format!("set -eu\nPATH={}:$PATH\n{commands}", server.programs().display());
    let output = Command::new("sh").args(["-c", &script]).env("HOME", folder).output().unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn a_dump_beside_running_counters_holds_every_request_that_was_answered_before() {
    let server = match Server::shared() {
        Ok(server) => server,
        Err(why) => {
            return println!(
                "SKIPPED: backup::a_dump_beside_running_counters_holds_every_request_that_was_answered_before: {why}"
            );
        }
    };
    let place = Place::on(server.clone());
    let StoreConfig::Postgres(address) = &place.config else { unreachable!() };
    let folder = tempfile::tempdir().unwrap();
    run(async {
        let store = place.counter().await;
        let sent = fill(&store, 1).await.remove(0);
        let lease = store.lease("w", NOW, NOW + MINUTE, 1).await.unwrap().remove(0);
        assert!(store.record(&lease, Outcome::Sent { reply: "250 Ok".into() }, NOW).await.unwrap());
        let waiting = fill(&store, 20).await;
        let leased = store.lease("w", NOW, NOW + MINUTE, 1).await.unwrap().remove(0).reference;
        let load = tokio::spawn({
            let store = store.clone();
            async move { fill(&store, 200).await }
        });
        let (commands, dump) = (of_the_manual("postgres-backup"), folder.path().to_owned());
        let (of_dump, text) = (server.clone(), address.expose_secret().to_owned());
        tokio::task::spawn_blocking(move || shell(&of_dump, &text, &dump, &commands)).await.unwrap();
        load.await.unwrap();
        store.close().await;
        shell(&server, address.expose_secret(), folder.path(), &of_the_manual("postgres-restore"));

        let (base, _) = address.expose_secret().rsplit_once('/').unwrap();
        let restored = StoreConfig::Postgres(Secret::new(format!("{base}/restored")));
        let restored = Store::open(&restored, Options::counter(NOW, 0)).await.unwrap();
        assert_eq!(state(&restored, &sent).await, DeliveryState::Sent);
        for reference in waiting.iter().chain([&leased]) {
            assert_eq!(state(&restored, reference).await, DeliveryState::Unknown, "it may have been sent since");
        }
        let kept = restored.list(&Filter::default(), None, 1000).await.unwrap().len();
        assert!((21..=221).contains(&kept), "{kept}");
        let again = restored.lease("w", NOW, NOW + MINUTE, 1000).await.unwrap();
        assert!(
            again.len() == kept - 1 && again.iter().all(|lease| lease.may_repeat),
            "all but what was sent, and not in silence"
        );
        fill(&restored, 3).await;
        let refused = restored.backup(&folder.path().join("copy")).await;
        assert!(matches!(refused, Err(StoreError::Unsafe { help, .. }) if help.contains("pg_dump")));
    });
}
