//! `madoguchi intake`: puts the counter together, and keeps it running.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::task::JoinHandle;

use super::failure::{Failure, FailureKind};
use crate::config::{Config, IntakeConfig, Smtp};
use crate::intake::authorities;
use crate::intake::http::{self, Limits};
use crate::intake::mailer::Mailer;
use crate::intake::outbox::Millis;
use crate::intake::store::{Options, Retention, Store, StoreError};
use crate::intake::worker::{Pace, SystemClock, Worker};
use crate::shutdown::{self, Trigger};
use crate::telemetry::{self, Metrics};

mod counter;
mod outbox;
mod watch;

use outbox::StoreOutbox;

/// After a signal everything has ended in this time, whatever hangs.
const END: Duration = Duration::from_millis(9_800);

#[derive(Debug, clap::Args)]
pub(super) struct Intake {
    /// The site's folder, with a `madoguchi.toml`
    #[arg(long, value_name = "DIR", default_value = ".")]
    site: PathBuf,
    /// What the log tells: off, error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log: String,
}

impl Intake {
    pub(super) fn run(self) -> Result<(), Failure> {
        telemetry::start(&self.log).map_err(|_| {
            Failure::usage(format!("`{}` is no level of the log", self.log), "use off, error, warn, info, debug or trace")
        })?;
        let config = counter::configuration(&self.site)?;
        let runtime = Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|why| Failure::environment(format!("no threads can be started: {why}"), ""))?;
        let ended = runtime.block_on(run(&config));
        // What still runs has had its time.
        runtime.shutdown_background();
        ended
    }
}

/// What was started, and what it needs to end.
struct Running {
    store: Store,
    trigger: Trigger,
    tasks: Vec<JoinHandle<()>>,
}

async fn run(config: &Config) -> Result<(), Failure> {
    let running = start(config).await?;
    let failed = tokio::select! {
        signal = shutdown::signal() => {
            let name = signal.map_err(|why| Failure::environment(format!("signals cannot be heard: {why}"), ""))?;
            tracing::info!(signal = name, "stopping: no more connections, open requests are answered");
            None
        }
        error = running.store.failed() => Some(error),
    };
    running.trigger.pull();
    if let Some(error) = failed {
        // Nothing more may be answered; what was answered is on disk.
        return Err(of_store(&error));
    }
    let all = async {
        for task in running.tasks {
            // A task that has panicked has ended too; the panic is in the log.
            let _ = task.await;
        }
    };
    if tokio::time::timeout(END, all).await.is_err() {
        tracing::warn!("not everything has ended in time");
    }
    tracing::info!("stopped");
    Ok(())
}

async fn start(config: &Config) -> Result<Running, Failure> {
    let needs = counter::Needs::of(config)?;
    let store = open(&config.intake).await?;
    let secret = match &config.intake.secret {
        Some(secret) => secret.expose_secret().as_bytes().to_vec(),
        None => store.secret().await.map_err(|error| of_store(&error))?.to_vec(),
    };
    let (listener, admin) = listeners(&config.intake).await?;
    let metrics = Arc::new(Metrics::default());
    let worker = worker(&config.intake, &store)?;
    let status = worker.status();
    let counter = counter::assemble(config, needs, store.clone(), Arc::clone(&metrics), worker.bell())?;
    announce(config, &listener, admin.as_ref(), &store);
    let limits = Limits::new(&config.intake.guard);
    let no_random = |why| Failure::environment(format!("the system gives no random numbers: {why}"), "");
    let app = http::router(counter, &secret, &limits).map_err(no_random)?;
    let (trigger, shutdown) = shutdown::channel();
    let trusted = config.intake.trusted_proxies.clone();
    let mut tasks =
        vec![tokio::spawn(http::serve(listener, app, limits.clone(), trusted, Arc::clone(&metrics), shutdown.clone()))];
    if let Some(admin) = admin {
        let app = http::health::admin_router(store.clone(), Arc::clone(&metrics));
        tasks.push(tokio::spawn(http::serve(admin, app, limits, Vec::new(), Arc::new(Metrics::default()), shutdown.clone())));
    }
    tasks.push(tokio::spawn(worker.run(shutdown.receiver())));
    tasks.push(tokio::spawn(watch::watch(store.clone(), metrics, status, retention(config), shutdown)));
    Ok(Running { store, trigger, tasks })
}

type MailWorker = Worker<StoreOutbox, Mailer, SystemClock>;

fn worker(config: &IntakeConfig, store: &Store) -> Result<MailWorker, Failure> {
    let smtp = config.smtp.as_ref().ok_or_else(|| refused("`smtp` in [intake] is not set", ""))?;
    let mailer = Mailer::new(smtp, config.smtp_login.clone(), mail_authorities(config)?);
    let mailer = mailer.map_err(|error| refused(error.to_string(), "correct `smtp` in [intake]"))?;
    let worker = format!("{:016x}-{}", now(), std::process::id());
    Ok(Worker::new(Arc::new(StoreOutbox { store: store.clone(), worker }), mailer, SystemClock, Pace::default()))
}

/// Who may vouch for the mail server.
fn mail_authorities(config: &IntakeConfig) -> Result<RootCertStore, Failure> {
    let Some(file) = &config.smtp_ca_file else { return Ok(authorities::public()) };
    let help = "`smtp_ca_file` in [intake] names a PEM file with the certificate of the authority";
    authorities::of_file(file).map_err(|why| Failure::environment(why, help))
}

/// How long the requests of each form are kept.
fn retention(config: &Config) -> Retention {
    config.forms.iter().map(|(name, form)| (name.clone(), form.retention)).collect()
}

async fn open(config: &IntakeConfig) -> Result<Store, Failure> {
    let batch = usize::try_from(config.batch).unwrap_or(usize::MAX);
    let options = Options { batch, ..Options::counter(now(), config.disk_reserve.0) };
    Store::open(&config.store, options).await.map_err(|error| of_store(&error))
}

fn of_store(error: &StoreError) -> Failure {
    Failure::environment(error.to_string(), error.help())
}

async fn listeners(config: &IntakeConfig) -> Result<(TcpListener, Option<TcpListener>), Failure> {
    let bind = |address| async move {
        TcpListener::bind(address).await.map_err(|why| {
            Failure::environment(
                format!("cannot listen on {address}: {why}"),
                "set `listen` in [intake] to another address or port",
            )
        })
    };
    let admin = match config.admin_listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    Ok((bind(config.listen).await?, admin))
}

/// Says where it listens, and what it uses. No secret is among it.
fn announce(config: &Config, listener: &TcpListener, admin: Option<&TcpListener>, store: &Store) {
    let address = |listener: &TcpListener| listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
    let mail = match &config.intake.smtp {
        Some(Smtp::Smtp(server)) => format!("smtp://{}:{}", server.host, server.port),
        Some(Smtp::Smtps(server)) => format!("smtps://{}:{}", server.host, server.port),
        Some(Smtp::StartTls(server)) => format!("smtp+starttls://{}:{}", server.host, server.port),
        Some(Smtp::Directory(folder)) => format!("files in {}", folder.display()),
        None => String::new(),
    };
    let public = config.intake.public_url.as_ref().map(ToString::to_string).unwrap_or_default();
    let metrics = admin.map(|admin| format!("metrics:   http://{}/metrics\n", address(admin))).unwrap_or_default();
    let text = format!(
        "listening: http://{}/requests/ (public: {public})\n{metrics}store:     {}\nmail:      {mail}\n",
        address(listener),
        store.description()
    );
    // Where nobody reads, nobody is told.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

/// A configuration that the counter does not start with.
fn refused(message: impl Into<String>, help: impl Into<String>) -> Failure {
    Failure { kind: FailureKind::Configuration, message: message.into(), help: help.into() }
}
