//! `madoguchi serve`: joins the preview and the counter, and keeps both running.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::task::JoinHandle;

use super::failure::{Failure, FailureKind};
use super::press;
use crate::config::{Config, ConfigError, Environment};
use crate::preview::mail;
use crate::preview::reload::{self, Keeper, Shared};
use crate::preview::server::{self, Hosts, Server};
use crate::preview::watch::{Watch, WatchError};
use crate::shutdown;
use crate::site::live::{Configure, LiveError};
use crate::task;

mod browser;
#[cfg(feature = "intake")]
mod counter;
mod tell;

use tell::Teller;

/// Where it listens if no address is given.
const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8000);
/// How many ports after that are tried.
const PORTS: u16 = 100;

#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// The site's folder: with a `madoguchi.toml`, or any localized docset
    #[arg(long, value_name = "DIR", default_value = ".")]
    site: PathBuf,
    /// The address to listen on [default: 127.0.0.1:8000, or the next free port]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Another name by which browsers reach it (repeatable)
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// Open the site in the browser
    #[arg(long)]
    open: bool,
    /// Drafts are always shown here, with a mark; the option is that of `build`
    #[arg(long)]
    drafts: bool,
    /// Look at the files again and again, where the file system has no events
    #[arg(long)]
    poll: bool,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        let runtime = Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|why| Failure::environment(format!("no threads can be started: {why}"), ""))?;
        let ended = runtime.block_on(self.serve());
        // Whoever still listens is a browser, which comes again.
        runtime.shutdown_background();
        ended
    }

    async fn serve(self) -> Result<(), Failure> {
        let config = loaded(&self.site)?.0;
        let listener = listener(self.listen.as_deref()).await?;
        let address = listener.local_addr().map_err(|why| Failure::environment(why.to_string(), ""))?;
        let watch = Watch::start(reload::of_config(&config), self.poll).map_err(Failure::from)?;
        let (trigger, shutdown) = shutdown::channel();
        let shared = Arc::new(Shared::default());
        let teller = Arc::new(Teller::default());
        let keeper = Keeper { shared: Arc::clone(&shared), listener: teller.clone(), watch, shutdown: shutdown.clone() };
        let site = self.site.clone();
        let configure: Box<Configure> = Box::new(move || loaded(&site));
        let keeper = tokio::task::spawn_blocking(move || keeper.run(configure));
        let hosts = Hosts::new(vec![address], self.host);
        let (requests, counting) = counter(&shared, address, shutdown);
        let mail = mail::router(config.root.join("var/mail"));
        let app = server::router(Server { shared, explain: teller, hosts }, requests, vec![mail]);
        announce(address);
        if self.open {
            browser::open(&shown(address));
        }
        let ended = tokio::select! {
            signal = shutdown::signal() => {
                signal.map(|_| ()).map_err(|why| Failure::environment(format!("signals cannot be heard: {why}"), ""))
            }
            served = server::serve(listener, app) => {
                served.map_err(|why| Failure::environment(format!("the preview can no longer listen: {why}"), ""))
            }
            kept = keeper => kept.unwrap_or(Ok(())).map_err(|error| match error {
                LiveError::Config(error) => error.into(),
                LiveError::Theme(error) => press::theme_failure(&error),
            }),
        };
        trigger.pull();
        // What the counter has taken, it writes down; it does not take long over it.
        let _ = counting.await;
        ended
    }
}

/// What answers below `/requests/`, and what works behind it until the process is to end.
#[cfg(feature = "intake")]
fn counter(shared: &Arc<Shared>, address: SocketAddr, shutdown: shutdown::Shutdown) -> (Option<Router>, JoinHandle<()>) {
    let counter = counter::Counter::default();
    let router = counter.router();
    let Ok(address) = crate::config::WebAddress::parse(&shown(address)) else { return (None, task::spawn(async {})) };
    (Some(router), task::spawn(counter.keep(Arc::clone(shared), address, shutdown)))
}

/// A program without the counter says so.
#[cfg(not(feature = "intake"))]
fn counter(_: &Arc<Shared>, _: SocketAddr, _: shutdown::Shutdown) -> (Option<Router>, JoinHandle<()>) {
    (None, task::spawn(async {}))
}

/// The configuration of a preview, and the language tags that were looked for. What is set for the real counter does not count, not
/// even as an error: forms are sent to the preview.
fn loaded(site: &std::path::Path) -> Result<(Config, Option<Vec<String>>), ConfigError> {
    let mut tags = None;
    let environment = Environment::of_process()?.without_intake();
    let config = crate::config::load(site, &environment, |content| {
        let found = press::discovered_tags(content);
        tags = Some(found.clone());
        found
    })?;
    Ok((config, tags))
}

/// Listens on the address that was given, or on the first free port.
async fn listener(given: Option<&str>) -> Result<TcpListener, Failure> {
    let refused = |address: &dyn std::fmt::Display, why: io::Error| {
        Failure::environment(format!("cannot listen on {address}: {why}"), "name another address with `--listen`")
    };
    if let Some(given) = given {
        let address = parsed(given)?;
        return TcpListener::bind(address).await.map_err(|why| refused(&address, why));
    }
    let mut last = None;
    for port in ADDRESS.port()..=ADDRESS.port() + PORTS {
        match TcpListener::bind(SocketAddr::new(ADDRESS.ip(), port)).await {
            Err(why) if why.kind() == io::ErrorKind::AddrInUse => last = Some(why),
            bound => return bound.map_err(|why| refused(&ADDRESS, why)),
        }
    }
    Err(refused(&ADDRESS, last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into())))
}

/// An address with its port; a port alone is on this machine, an address alone has the usual port.
fn parsed(text: &str) -> Result<SocketAddr, Failure> {
    let local = text.strip_prefix("localhost:").unwrap_or(text);
    let port = local.strip_prefix(':').unwrap_or(local).parse().ok().map(|port| SocketAddr::new(ADDRESS.ip(), port));
    let address = text.trim_matches(['[', ']']).parse().ok().map(|ip| SocketAddr::new(ip, ADDRESS.port()));
    text.parse().ok().or(port).or(address).ok_or_else(|| {
        Failure::usage(format!("`{text}` is no address to listen on"), "write it as 127.0.0.1:8000, or [::1]:8000")
    })
}

/// The address that a browser on this machine opens.
fn shown(address: SocketAddr) -> String {
    let host = match address.ip() {
        ip if ip.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
        std::net::IpAddr::V6(ip) => format!("[{ip}]"),
        ip => ip.to_string(),
    };
    format!("http://{host}:{}/", address.port())
}

fn announce(address: SocketAddr) {
    // Where nobody reads, nobody is told.
    let _ = writeln!(io::stdout(), "{}", shown(address));
    let _ = io::stdout().flush();
    if !address.ip().is_loopback() {
        let _ = writeln!(
            io::stderr(),
            "warning: {address} is open to the network: whoever reaches this machine reads the site, and sends forms to var/mail"
        );
    }
}

impl From<WatchError> for Failure {
    fn from(error: WatchError) -> Self {
        Self { kind: FailureKind::Environment, message: error.message, help: error.help }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_be_short() {
        for (text, address) in [
            ("127.0.0.1:9000", "127.0.0.1:9000"),
            ("9000", "127.0.0.1:9000"),
            (":9000", "127.0.0.1:9000"),
            ("localhost:9000", "127.0.0.1:9000"),
            ("0.0.0.0", "0.0.0.0:8000"),
            ("[::1]:0", "[::1]:0"),
            ("::1", "[::1]:8000"),
        ] {
            assert_eq!(parsed(text).unwrap(), address.parse().unwrap(), "{text}");
        }
        assert_eq!(parsed("docs.example.com").unwrap_err().kind, FailureKind::Usage);
    }
}
