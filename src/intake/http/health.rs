//! Whether the counter can do its work, for balancers and for Prometheus.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::handler::Handler;
use axum::http::{Response, StatusCode};
use axum::routing::{get, get_service};
use tokio::time::Instant;

use super::{State, answer, now};
use crate::intake::outbox::HoldReason;
use crate::intake::store::{self, Stats, Store, StoreError};
use crate::task;
use crate::telemetry::{Alarm, Metrics, Queue, Tally};

const TEXT: &str = "text/plain; charset=utf-8";
/// From this age on an unsent request is an alarm: five minutes hold the first three tries.
const OLDEST: f64 = 5.0 * 60.0;

/// Whether a request could be accepted now. What is seen counts for requests too: none is taken after somebody was told that none is.
pub(super) async fn ready(Shared(state): Shared<Arc<State>>) -> Response<Body> {
    readiness(state.gate.look(&state.counter.store).await)
}

/// Why it is not ready is for the log, not for whoever asks.
fn readiness(is_ready: bool) -> Response<Body> {
    match is_ready {
        true => answer::plain(StatusCode::OK, TEXT, "ready\n"),
        false => answer::plain(StatusCode::SERVICE_UNAVAILABLE, TEXT, "not ready\n"),
    }
}

/// Whether the store was ready when it was last looked at.
///
/// Below the disk reserve a database still takes rows, up to the moment when it takes no more; by then it is too late.
#[derive(Debug, Default)]
pub(super) struct Gate {
    last: std::sync::Mutex<Option<(Instant, bool)>>,
    looking: tokio::sync::Mutex<()>,
}

/// How long a look at the store counts.
const FRESH: Duration = Duration::from_secs(1);
/// How long one at a store that was ready counts while the next look is under way, so that nobody waits for it.
const STALE: Duration = Duration::from_secs(2);

impl Gate {
    /// Looks at the store if the last look is too old. One request looks; others wait for it only if the last look is far too old.
    pub(super) async fn is_open(self: &Arc<Self>, store: &Store) -> bool {
        match self.seen() {
            Some((age, ready)) if age < FRESH => ready,
            Some((age, true)) if age < STALE => {
                self.look_aside(store);
                true
            }
            _ => {
                let _looking = self.looking.lock().await;
                match self.seen() {
                    Some((age, ready)) if age < FRESH => ready,
                    _ => self.look(store).await,
                }
            }
        }
    }

    fn look_aside(self: &Arc<Self>, store: &Store) {
        let (gate, store) = (Arc::clone(self), store.clone());
        if gate.looking.try_lock().is_ok() {
            task::spawn(async move {
                // Another may have come first; then there is nothing to do.
                if let Ok(_looking) = gate.looking.try_lock() {
                    gate.look(&store).await;
                }
            });
        }
    }

    async fn look(&self, store: &Store) -> bool {
        let ready = store.ready().await.is_ok();
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), ready));
        ready
    }

    /// How old the last look is, and what it saw.
    fn seen(&self) -> Option<(Duration, bool)> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.map(|(at, ready)| (at.elapsed(), ready))
    }
}

/// The addresses of `admin_listen`: `/metrics`, `/healthz` and `/readyz`. The last two answer there as well while connections to the
/// public address wait.
pub fn admin_router(store: Store, metrics: Arc<Metrics>) -> Router {
    let ready = |Shared(store): Shared<Store>| async move { readiness(store.ready().await.is_ok()) };
    // The state goes to the handlers and not to the router: routers are compiled for each type of state, ten thousand lines each time.
    Router::new()
        .route("/healthz", get(|| async { answer::plain(StatusCode::OK, TEXT, "alive\n") }))
        .route("/readyz", get_service(ready.with_state(store.clone())))
        .route("/metrics", get_service(text.with_state(Arc::new((store, metrics)))))
}

async fn text(Shared(shared): Shared<Arc<(Store, Arc<Metrics>)>>) -> Response<Body> {
    let (store, metrics) = &*shared;
    let queue = look(store, metrics).await;
    match metrics.text(queue) {
        Ok(text) => answer::plain(StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", text),
        Err(_) => answer::plain(StatusCode::INTERNAL_SERVER_ERROR, TEXT, ""),
    }
}

/// Looks at the store, and sets or ends the alarms by what it sees; each change is a log line. To be called regularly.
pub async fn look(store: &Store, metrics: &Metrics) -> Queue {
    let ready = store.ready().await;
    let stats = store.stats().await;
    if let Err(error) = &ready {
        alarm(metrics, Alarm::NotReady, true, error.help(), &error.to_string());
    } else {
        alarm(metrics, Alarm::NotReady, false, "", "");
    }
    let queue = queue(store, ready, stats.unwrap_or_default());
    let held = queue.held.iter().filter(|(reason, _)| *reason != "honeypot").map(|(_, count)| count).sum::<u64>();
    let retry = "read `madoguchi requests list`, mend the cause, then `madoguchi requests retry`";
    let late = format!("the oldest unsent request waits for {:.0} s", queue.oldest_unsent);
    alarm(metrics, Alarm::Held, held > 0, retry, "the mail server refuses mails for good; they are held");
    alarm(metrics, Alarm::OldestUnsent, queue.oldest_unsent > OLDEST, "look at the mail server", &late);
    let held_for = |reason: HoldReason| queue.held.iter().any(|(name, count)| *name == reason.name() && *count > 0);
    told(metrics, Alarm::MailHeld, held_for(HoldReason::Refused));
    told(metrics, Alarm::MailPanic, held_for(HoldReason::Poison));
    queue
}

/// Sets or ends an alarm; each change is a log line.
pub fn alarm(metrics: &Metrics, alarm: Alarm, on: bool, help: &str, what: &str) {
    match on {
        true if metrics.alarm(alarm, on) => tracing::error!(alarm = alarm.name(), help, "{what}"),
        true => {}
        false => told(metrics, alarm, on),
    }
}

/// Sets or ends an alarm whose beginning another place tells the log; here its end is a log line.
pub fn told(metrics: &Metrics, alarm: Alarm, on: bool) {
    if metrics.alarm(alarm, on) && !on {
        tracing::info!(alarm = alarm.name(), "the alarm is over");
    }
}

fn queue(store: &Store, ready: Result<(), StoreError>, stats: Stats) -> Queue {
    let work = store.work();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of an age stay far below 2^53")]
    let age = stats.oldest_unsent.map_or(0.0, |since| (now() - since).max(0) as f64 / 1000.0);
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let number = |count: &u64| *count as f64;
    Queue {
        ready: ready.is_ok(),
        requests: stats.requests,
        deliveries: stats.deliveries.iter().map(|(state, count)| (state.name(), *count)).collect(),
        held: stats.held.iter().map(|(reason, count)| (reason.name(), *count)).collect(),
        oldest_unsent: age,
        confirmations_left_out: stats.confirmations_left_out,
        commits: work.commits,
        commit_seconds: tally(&work.commit_times, std::time::Duration::as_secs_f64),
        batch_sizes: tally(&work.batch_sizes, number),
    }
}

fn tally<T>(tally: &store::Tally<T>, number: impl Fn(&T) -> f64) -> Tally {
    // The exposition format writes the largest number as +Inf.
    let bounds = tally.bounds.iter().map(&number).chain([f64::INFINITY]);
    Tally { sum: number(&tally.sum), buckets: bounds.zip(tally.counts.iter().copied()).collect() }
}
