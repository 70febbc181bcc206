//! `madoguchi intake`: puts the counter together, and keeps it running.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::Builder;

use super::failure::{Failure, FailureKind};
use super::memory;
use crate::config::{Config, IntakeConfig, Smtp};
use crate::intake::http;
use crate::intake::outbox::Millis;
use crate::intake::store::{Store, StoreError};
use crate::shutdown;
use crate::task;
use crate::telemetry::{self, Metrics};

mod counter;
pub(super) mod mount;
mod outbox;
mod probe;
mod watch;

use mount::Mounted;

#[derive(Debug, clap::Args)]
pub(super) struct Intake {
    /// The site's folder, with a `madoguchi.toml`
    #[arg(long, value_name = "DIR", default_value = ".")]
    site: PathBuf,
    /// What the log tells: off, error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log: String,
    /// Send a test mail to the mailbox of each form, and say step by step what came of it; take no requests
    #[arg(long)]
    probe: bool,
}

impl Intake {
    pub(super) fn run(self) -> Result<(), Failure> {
        telemetry::start(&self.log).map_err(|_| {
            Failure::usage(format!("`{}` is no level of the log", self.log), "use off, error, warn, info, debug or trace")
        })?;
        if let Err(why) = memory::keep() {
            tracing::warn!(%why, "core dumps cannot be switched off; see to it that none is kept");
        }
        let config = counter::configuration(&self.site)?;
        if self.probe {
            return probe::run(&config);
        }
        // What the store's threads have done is looked at before any other work: a request that is on disk is answered before the next one
        // is read. By default it waits for dozens of others in between.
        let runtime = Builder::new_multi_thread().global_queue_interval(1).enable_all().build();
        let runtime = runtime.map_err(|why| Failure::environment(format!("no threads can be started: {why}"), ""))?;
        let ended = runtime.block_on(run(&config));
        // What still runs has had its time.
        runtime.shutdown_background();
        ended
    }
}

async fn run(config: &Config) -> Result<(), Failure> {
    let counter = start(config).await?;
    let failed = tokio::select! {
        signal = shutdown::signal() => {
            let name = signal.map_err(|why| Failure::environment(format!("signals cannot be heard: {why}"), ""))?;
            tracing::info!(signal = name, "stopping: no more connections, open requests are answered");
            None
        }
        failure = counter.failed() => Some(failure),
    };
    if let Some(failure) = failed {
        // Nothing more may be answered; what was answered is on disk.
        return Err(failure);
    }
    counter.stop().await;
    tracing::info!("stopped");
    Ok(())
}

async fn start(config: &Config) -> Result<Mounted, Failure> {
    let prepared = mount::prepare(config).await?;
    let (listener, admin) = listeners(&config.intake).await?;
    announce(config, &listener, admin.as_ref(), prepared.store());
    let mut counter = prepared.start();
    let (limits, shutdown) = (counter.limits(), counter.shutdown());
    let trusted = config.intake.trusted_proxies.clone();
    let serving = http::serve(listener, counter.router(), limits.clone(), trusted, counter.metrics(), shutdown.clone());
    counter.attend(task::spawn(serving));
    if let Some(admin) = admin {
        let app = http::health::admin_router(counter.store().clone(), counter.metrics());
        counter.attend(task::spawn(http::serve(admin, app, limits, Vec::new(), Arc::new(Metrics::default()), shutdown)));
    }
    Ok(counter)
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
    let mail = way(&config.intake);
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

/// Where mail is handed over, for people.
fn way(config: &IntakeConfig) -> String {
    match &config.smtp {
        Some(Smtp::Smtp(server)) => format!("smtp://{}:{}", server.host, server.port),
        Some(Smtp::Smtps(server)) => format!("smtps://{}:{}", server.host, server.port),
        Some(Smtp::StartTls(server)) => format!("smtp+starttls://{}:{}", server.host, server.port),
        Some(Smtp::Directory(folder)) => format!("files in {}", folder.display()),
        None => String::new(),
    }
}

fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

/// A configuration that the counter does not start with.
fn refused(message: impl Into<String>, help: impl Into<String>) -> Failure {
    Failure { kind: FailureKind::Configuration, message: message.into(), help: help.into() }
}
