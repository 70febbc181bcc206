//! The counter without a socket: its addresses as a router, and what works behind them.
//!
//! `madoguchi intake` serves it on a listener of its own; whoever has a server already, as the preview does, adds [`Mounted::router`]
//! to it. For trying forms out:
//!
//! ```text
//! let config = mount::trial(&config, &address);            // http://127.0.0.1:8000/, where the pages are served
//! let counter = mount::prepare_trial(&config).await?.start();
//! let app = app.merge(counter.router());                   // /requests/…, /healthz and /readyz
//! …
//! counter.stop().await;
//! ```
//!
//! It has to be called inside a runtime of tokio, with time and network enabled.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rustls::RootCertStore;
use tokio::task::JoinHandle;

use super::outbox::StoreOutbox;
use super::{counter, now, of_store, refused, watch};
use crate::cli::failure::Failure;
use crate::config::{Config, IntakeConfig, Mailbox, Smtp, SmtpLogin, StoreConfig, WebAddress};
use crate::intake::authorities;
use crate::intake::http::{self, Limits};
use crate::intake::mailer::Mailer;
use crate::intake::outbox::ConfirmationLimits;
use crate::intake::store::{Options, Retention, Store, StoreError};
use crate::intake::worker::{Pace, Status, SystemClock, Worker};
use crate::ordered;
use crate::shutdown::{self, Shutdown, Trigger};
use crate::task;
use crate::telemetry::Metrics;

/// After it was asked to stop everything has ended in this time, whatever hangs.
const END: Duration = Duration::from_millis(9_800);

/// The most previews of one site at the same time.
const MOST_TRIALS: u32 = 99;

/// A counter that is ready, and does nothing yet.
#[derive(Debug)]
pub(in crate::cli) struct Prepared {
    router: Router,
    store: Store,
    worker: MailWorker,
    parts: Parts,
}

/// What both a prepared and a working counter have.
#[derive(Debug)]
struct Parts {
    metrics: Arc<Metrics>,
    status: Arc<Status>,
    limits: Limits,
    retention: Retention,
}

/// A counter that works: it mails, watches its store, and deletes what has been kept long enough.
#[derive(Debug)]
pub(in crate::cli) struct Mounted {
    router: Router,
    store: Store,
    metrics: Arc<Metrics>,
    limits: Limits,
    trigger: Trigger,
    shutdown: Shutdown,
    tasks: Vec<JoinHandle<()>>,
}

type MailWorker = Worker<StoreOutbox, Mailer, SystemClock>;

/// Opens the store that the configuration names, and puts the counter together. A dangerous configuration is refused with a reason.
pub(in crate::cli) async fn prepare(config: &Config) -> Result<Prepared, Failure> {
    let needs = counter::Needs::of(config)?;
    let store = open(&config.intake).await.map_err(|error| of_store(&error))?;
    with(config, needs, store).await
}

/// The same for a configuration of [`trial`]. A database that another preview has is left to it: the next name is taken.
#[cfg_attr(not(feature = "preview"), expect(dead_code, reason = "for the preview"))]
pub(in crate::cli) async fn prepare_trial(config: &Config) -> Result<Prepared, Failure> {
    let needs = counter::Needs::of(config)?;
    let limits = ConfirmationLimits { per_address: 0, in_all: u32::MAX, ..ConfirmationLimits::default() };
    let options = Options { confirmations: limits, ..Options::counter(now(), 0) };
    for number in 1..=MOST_TRIALS {
        match Store::open(&numbered(&config.intake.store, number), options.clone()).await {
            Err(StoreError::SecondCounter(_)) => {}
            store => return with(config, needs, store.map_err(|error| of_store(&error))?).await,
        }
    }
    Err(refused("there are too many previews", "stop some of them"))
}

/// `preview.db`, `preview-2.db`, `preview-3.db` …
fn numbered(store: &StoreConfig, number: u32) -> StoreConfig {
    match store {
        StoreConfig::Sqlite(file) if number > 1 => {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy();
            StoreConfig::Sqlite(file.with_file_name(format!("{stem}-{number}.db")))
        }
        store => store.clone(),
    }
}

/// The configuration for trying forms out at an address: the store is `var/preview.db`, mail goes to files in `var/mail`, and nobody is
/// limited. Of `[intake]`, in the file or in the environment, only `from` counts; what a form misses is made up.
#[cfg_attr(not(feature = "preview"), expect(dead_code, reason = "for the preview"))]
pub(in crate::cli) fn trial(config: &Config, address: &WebAddress) -> Result<Config, Failure> {
    let below = |path: &str| WebAddress::parse(&format!("{address}{path}")).map_err(|why| refused(why, ""));
    let made_up = |name: &str| Mailbox::parse(&format!("{name}@example.com")).map_err(|why| refused(why, ""));
    let mut trial = config.clone();
    let defaults = Config::without_file(&config.root, &[]).intake;
    trial.intake = IntakeConfig {
        store: StoreConfig::Sqlite(config.root.join("var/preview.db")),
        smtp: Some(Smtp::Directory(config.root.join("var/mail"))),
        from: Some(config.intake.from.clone().map_or_else(|| made_up("preview"), Ok)?),
        public_url: Some(below("requests/")?),
        site_url: Some(address.clone()),
        allowed_origins: vec![address.origin()],
        ..defaults
    };
    trial.intake.guard.per_minute = None;
    trial.intake.guard.haste_seconds = 0;
    for (_, form) in trial.forms.iter_mut().filter(|(_, form)| form.mailbox.is_none()) {
        form.mailbox = Some(made_up("desk")?);
    }
    Ok(trial)
}

async fn with(config: &Config, needs: counter::Needs, store: Store) -> Result<Prepared, Failure> {
    let secret = match &config.intake.secret {
        Some(secret) => secret.expose_secret().as_bytes().to_vec(),
        None => store.secret().await.map_err(|error| of_store(&error))?.to_vec(),
    };
    let metrics = Arc::new(Metrics::default());
    let worker = worker(&config.intake, &store)?;
    let status = worker.status();
    let counter = counter::assemble(config, needs, store.clone(), Arc::clone(&metrics), worker.bell())?;
    let limits = Limits::new(&config.intake.guard);
    let no_random = |why| Failure::environment(format!("the system gives no random numbers: {why}"), "");
    let router = http::router(counter, &secret, &limits).map_err(no_random)?;
    Ok(Prepared { router, store, worker, parts: Parts { metrics, status, limits, retention: retention(config) } })
}

impl Prepared {
    /// What it stores in.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Lets it work.
    pub(in crate::cli) fn start(self) -> Mounted {
        let Self { router, store, worker, parts } = self;
        let Parts { metrics, status, limits, retention } = parts;
        let (trigger, shutdown) = shutdown::channel();
        let watching = watch::watch(store.clone(), Arc::clone(&metrics), status, retention, shutdown.clone());
        let tasks = vec![task::spawn(worker.run(shutdown.receiver())), task::spawn(watching)];
        Mounted { router, store, metrics, limits, trigger, shutdown, tasks }
    }
}

impl Mounted {
    /// Answers `/requests/…`, `/healthz` and `/readyz`, and everything else with `404`; it has a fallback of its own. A request without the
    /// counter's own accept loop has no peer, and counts as one of `0.0.0.0`.
    pub(in crate::cli) fn router(&self) -> Router {
        self.router.clone()
    }

    /// What it stores in.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// What it counts.
    pub(super) fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// The limits of an accept loop.
    pub(super) fn limits(&self) -> Limits {
        self.limits.clone()
    }

    /// Hears that it is to stop.
    pub(super) fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Adds a task that ends when it is to stop.
    pub(super) fn attend(&mut self, task: JoinHandle<()>) {
        self.tasks.push(task);
    }

    /// Returns when the store has failed for good: nothing may be answered after that, and the process should end.
    pub(in crate::cli) async fn failed(&self) -> Failure {
        of_store(&self.store.failed().await)
    }

    /// Stops it: requests under way are answered, mail that has not reached its final dot waits for the next start. Takes up to ten
    /// seconds. Stop serving first.
    pub(in crate::cli) async fn stop(self) {
        self.trigger.pull();
        let all = async {
            for task in self.tasks {
                // A task that has panicked has ended too; the panic is in the log.
                let _ = task.await;
            }
            self.store.close().await;
        };
        if tokio::time::timeout(END, all).await.is_err() {
            tracing::warn!("not everything has ended in time");
        }
    }
}

fn worker(config: &IntakeConfig, store: &Store) -> Result<MailWorker, Failure> {
    let worker = format!("{:016x}-{}", now(), std::process::id());
    Ok(Worker::new(Arc::new(StoreOutbox { store: store.clone(), worker }), mailer(config)?, SystemClock, Pace::default()))
}

/// What hands the counter's mail over.
pub(super) fn mailer(config: &IntakeConfig) -> Result<Mailer, Failure> {
    let smtp = config.smtp.as_ref().ok_or_else(|| refused("`smtp` in [intake] is not set", ""))?;
    let login = config.smtp_user.clone().zip(config.smtp_password.clone()).map(|(user, password)| SmtpLogin { user, password });
    let mailer = Mailer::new(smtp, login, mail_authorities(config)?);
    mailer.map_err(|error| refused(error.to_string(), "correct `smtp` in [intake]"))
}

/// Who may vouch for the mail server.
fn mail_authorities(config: &IntakeConfig) -> Result<RootCertStore, Failure> {
    let Some(file) = &config.smtp_ca_file else { return Ok(authorities::public()) };
    let help = "`smtp_ca_file` in [intake] names a PEM file with the certificate of the authority";
    authorities::of_file(file).map_err(|why| Failure::environment(why, help))
}

/// How long the requests of each form are kept.
fn retention(config: &Config) -> Retention {
    ordered::map(config.forms.iter().map(|(name, form)| (name.clone(), form.retention)))
}

async fn open(config: &IntakeConfig) -> Result<Store, StoreError> {
    let batch = usize::try_from(config.batch).unwrap_or(usize::MAX);
    let options = Options { batch, ..Options::counter(now(), config.disk_reserve.0) };
    Store::open(&config.store, options).await
}

#[cfg(test)]
mod tests;
