//! What is done at intervals while the counter runs: alarms, and the end of what has been kept long enough.

use std::sync::Arc;
use std::time::Duration;

use super::now;
use crate::intake::http::health;
use crate::intake::outbox::HoldReason;
use crate::intake::retry::CircuitState;
use crate::intake::store::{Purged, Retention, Store};
use crate::intake::worker::Status;
use crate::shutdown::Shutdown;
use crate::telemetry::{Alarm, Metrics};

/// How often the store is looked at for alarms.
const LOOK: Duration = Duration::from_secs(15);
/// How often what has been kept long enough is deleted.
const PURGE: Duration = Duration::from_secs(60 * 60);
/// How often the operator is told of what the honeypot holds, from the start on.
const DIGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Watches until the end.
pub(super) async fn watch(store: Store, metrics: Arc<Metrics>, status: Arc<Status>, kept: Retention, mut shutdown: Shutdown) {
    let mut left_out = None;
    let [mut looks, mut purges, mut digests] = [LOOK, PURGE, DIGEST].map(tokio::time::interval);
    loop {
        tokio::select! {
            () = shutdown.requested() => return,
            _ = looks.tick() => look(&store, &metrics, &status, &mut left_out).await,
            _ = purges.tick() => purge(&store, &kept).await,
            _ = digests.tick() => digest(&store).await,
        }
    }
}

async fn look(store: &Store, metrics: &Metrics, status: &Status, left_out: &mut Option<u64>) {
    let now = health::look(store, metrics).await.confirmations_left_out;
    let more = left_out.replace(now).is_some_and(|before| now > before);
    if !more {
        health::told(metrics, Alarm::Confirmations, false);
    } else if metrics.alarm(Alarm::Confirmations, true) {
        let alarm = Alarm::Confirmations.name();
        tracing::warn!(alarm, "confirmations are left out, for there are too many; requests are still taken");
    }
    let (circuit, help) = (status.circuit(), "the line with `mail_down` or `mail_fault` says why");
    health::alarm(metrics, Alarm::MailServer, circuit != CircuitState::Closed, help, "no mail goes out");
    health::told(metrics, Alarm::MailDown, circuit == CircuitState::Open);
    health::told(metrics, Alarm::MailFault, circuit == CircuitState::Fault);
    for count in status.counts() {
        metrics.smtp(count.phase.name(), count.ending, count.tries);
    }
}

/// What people do not see may have been filled in by a password manager: somebody must look, or a request is lost silently.
async fn digest(store: &Store) {
    // A store that cannot be read is an alarm of its own.
    let held = store.stats().await.ok().and_then(|stats| stats.held.get(&HoldReason::Honeypot).copied()).unwrap_or_default();
    if held > 0 {
        let help = "read them with `madoguchi requests list` and `show`, then `release` or `forget` each";
        tracing::warn!(held, help, "the honeypot holds requests that nobody has looked at");
    }
}

async fn purge(store: &Store, kept: &Retention) {
    match store.purge(now(), kept).await {
        Ok(Purged::Done(0)) => {}
        Ok(Purged::Done(requests)) => tracing::info!(requests, "deleted requests past their retention period"),
        Ok(Purged::ClockJumped) => {
            tracing::warn!("the clock has jumped; nothing is deleted until it has agreed with itself for a day");
        }
        Err(error) => {
            let help = error.help();
            tracing::warn!(
                %error,
                help,
                "what has been kept long enough could not be deleted, or not without a trace; it is tried again in an hour"
            );
        }
    }
}
