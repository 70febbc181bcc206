//! The accept loop: HTTP/1 with deadlines, caps, and an end.
//!
//! axum's own loop has no deadlines at all, and hyper-util's automatic one waits without end for a first byte; hyper's HTTP/1
//! connection with a timer ends silent, slow and idle connections (measured: INTAKE, facts 8 and T11). TLS is a proxy's work.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::Service as _;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::connections::{Clients, Place};
use crate::config::{GuardConfig, IpPrefix};
use crate::shutdown::Shutdown;
use crate::task;
use crate::telemetry::Metrics;

/// How long parts of a connection may take, and how many connections there may be.
#[derive(Debug, Clone)]
pub struct Limits {
    /// From the first moment, or the end of an answer, until the headers of a request are there.
    pub header: Duration,
    /// From the headers until the whole body is there.
    pub body: Duration,
    /// After so long a connection ends with its next answer, and is cut off soon after that: nobody reads an answer for longer.
    pub life: Duration,
    /// How long open requests have at a shutdown.
    pub drain: Duration,
    /// Connections in all; more wait in the system's queue. Beyond half of them, each ends with its first answer.
    pub connections: usize,
    /// Connections of one client; more are closed at once.
    pub per_client: usize,
    /// Requests that are worked on at the same time; more get `503` at once.
    pub in_flight: usize,
}

impl Limits {
    /// The deadlines of the design, and the caps of the configuration.
    pub fn new(guard: &GuardConfig) -> Self {
        let (seconds, count) = (Duration::from_secs, |count: u32| usize::try_from(count).unwrap_or(usize::MAX));
        Self {
            header: seconds(5),
            body: seconds(10),
            life: seconds(60),
            drain: seconds(9),
            connections: count(guard.connections).min(Semaphore::MAX_PERMITS),
            per_client: count(guard.connections_per_client),
            in_flight: count(guard.in_flight).min(Semaphore::MAX_PERMITS),
        }
    }
}

/// The peer of a connection, for handlers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// The most bytes of a request's line and headers.
const MOST_HEADER: usize = 32 * 1024;

/// Serves until a shutdown is requested and the open requests are answered, or their time is over.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    limits: Limits,
    trusted: Vec<IpPrefix>,
    metrics: Arc<Metrics>,
    mut shutdown: Shutdown,
) {
    let clients = Clients::new(limits.per_client, trusted);
    let slots = Arc::new(Semaphore::new(limits.connections));
    let mut open = JoinSet::new();
    let server = Server { app, limits, shutdown: shutdown.clone() };
    loop {
        while open.try_join_next().is_some() {}
        let accepted = async {
            // The semaphore is never closed.
            let slot = Arc::clone(&slots).acquire_owned().await.ok();
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            () = shutdown.requested() => break,
            accepted = accepted => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                pause_after(&error).await;
                continue;
            }
        };
        let Some(place) = clients.enter(peer.ip()) else {
            metrics.connection_refused("client");
            continue;
        };
        let kept = slots.available_permits() >= server.limits.connections / 2;
        let held = (place, slot, Counted::new(&metrics));
        task::spawn_in(&mut open, server.clone().connection(stream, peer, kept, held));
    }
    drop(listener);
    drain(open, server.limits.drain).await;
}

/// Out of files or memory: whoever is served now gives some back. Other errors are of one connection that has gone.
async fn pause_after(error: &io::Error) {
    let gone = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    );
    if !gone {
        tracing::error!(%error, "no connection can be accepted; raise the limit of open files (LimitNOFILE) if it is too low");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn drain(mut open: JoinSet<()>, time: Duration) {
    let all = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(time, all).await.is_err() {
        tracing::warn!("some connections did not end in time and were cut off");
    }
}

/// The gauge of open connections, while it lives.
struct Counted(Arc<Metrics>);

impl Counted {
    fn new(metrics: &Arc<Metrics>) -> Self {
        metrics.connections.inc();
        Self(Arc::clone(metrics))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.dec();
    }
}

#[derive(Clone)]
struct Server {
    app: Router,
    limits: Limits,
    shutdown: Shutdown,
}

impl Server {
    /// Serves one connection. It is `kept` for more than one request only while most places are free: a client that idles on one
    /// would keep others waiting until its deadline, seconds in which the counter could have answered thousands.
    async fn connection(
        mut self,
        stream: TcpStream,
        peer: SocketAddr,
        kept: bool,
        held: (Place, Option<tokio::sync::OwnedSemaphorePermit>, Counted),
    ) {
        // An answer is one write; waiting for more would only delay it.
        let _ = stream.set_nodelay(true);
        let app = TowerToHyperService::new(self.app.clone());
        let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            app.call(request.map(Body::new))
        });
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(self.limits.header).max_buf_size(MOST_HEADER).keep_alive(kept);
        let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
        let ended = tokio::select! {
            done = connection.as_mut() => {
                if done.is_err_and(|error| error.is_timeout()) {
                    held.2.0.connections_timed_out.inc();
                }
                true
            }
            () = tokio::time::sleep(self.limits.life) => false,
            () = self.shutdown.requested() => false,
        };
        if !ended {
            connection.as_mut().graceful_shutdown();
            // What is left of a request has its own deadlines; whoever does not read an answer is cut off.
            let _ = tokio::time::timeout(self.limits.header + self.limits.body, connection).await;
        }
    }
}
