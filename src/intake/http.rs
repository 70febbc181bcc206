//! The counter's HTTP: what stands between a socket and the store.
//!
//! A request passes in this order: `listen` (deadlines, caps), `headers` (nothing repeated), `guard::origin`, `guard::limits` (of its
//! client), the body within its time and size, a place among those worked on, `submission::decode`, `submission::check`, then `submit`
//! (idempotency, token, proof of work, the limits of its address and of all) and the store. Only when the store's
//! commit is on disk does `answer` say yes.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::sync::{Notify, Semaphore};
use tower_http::catch_panic::CatchPanicLayer;

use self::guard::limits::RateLimits;
use self::guard::token::Signer;
use super::outbox::Millis;
use super::store::Store;
use crate::config::{FormConfig, IntakeConfig, LocaleMap, Mailbox, Origin, WebAddress};
use crate::form::FormSpec;
use crate::locale::LocaleSet;
use crate::ordered::Map;
use crate::telemetry::Metrics;
use crate::theme::Theme;

mod answer;
mod assets;
mod client;
mod connections;
mod edge;
mod guard;
mod headers;
pub mod health;
mod language;
mod listen;
mod named;
mod page;
mod problem;
mod review;
mod status;
mod submit;

pub use listen::{Limits, serve};

/// What the counter is made of. Everything is ready: nothing here is looked up while a request waits.
#[derive(Debug)]
pub struct Counter {
    /// The site's locales.
    pub locales: LocaleSet,
    /// The site's title.
    pub title: LocaleMap,
    /// The look and the words of its pages.
    pub theme: Theme,
    /// The forms by name.
    pub forms: Map<String, Form>,
    /// The `[intake]` table.
    pub config: IntakeConfig,
    /// The public address of `/requests/`.
    pub public_url: WebAddress,
    /// The sender of all mail.
    pub from: Mailbox,
    /// Where requests are kept.
    pub store: Store,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Rung when a request was taken, so that it is mailed at once.
    pub bell: Arc<Notify>,
}

/// A form that the counter takes.
#[derive(Debug)]
pub struct Form {
    /// What it asks.
    pub spec: FormSpec,
    /// What the configuration says of it.
    pub config: FormConfig,
}

/// The counter with what it needs to guard itself.
#[derive(Debug)]
struct State {
    counter: Counter,
    signer: Signer,
    /// The origins that may post: those of the configuration, and the counter's own, from which its review page posts.
    origins: Vec<Origin>,
    limits: Option<RateLimits>,
    places: Arc<Semaphore>,
    gate: Arc<health::Gate>,
    body_time: std::time::Duration,
    warned_of_proxy: std::sync::Once,
    warned_of_origin: std::sync::Once,
}

/// The counter's addresses. `secret` is the store's, or the configuration's.
///
/// # Errors
/// The system gives no random numbers.
pub fn router(counter: Counter, secret: &[u8], limits: &Limits) -> Result<Router, getrandom::Error> {
    let mut origins = counter.config.allowed_origins.clone();
    origins.push(counter.public_url.origin());
    let state = Arc::new(State {
        signer: Signer::new(secret),
        origins,
        limits: counter.config.guard.per_minute.map(RateLimits::new).transpose()?,
        places: Arc::new(Semaphore::new(limits.in_flight)),
        gate: Arc::default(),
        body_time: limits.body,
        warned_of_proxy: std::sync::Once::new(),
        warned_of_origin: std::sync::Once::new(),
        counter,
    });
    let edge = axum::middleware::from_fn_with_state(Arc::clone(&state), edge::check);
    Ok(Router::new()
        .route("/requests/{form}", post(submit::submit).get(page::form).options(edge::preflight))
        .route("/requests/{form}/token", get(submit::token).options(edge::preflight))
        .route("/requests/status/{reference}", get(status::status))
        .route("/requests/assets/{*path}", get(assets::asset))
        .route("/healthz", get(|| async { (StatusCode::OK, "alive\n") }))
        .route("/readyz", get(health::ready))
        .fallback(edge::not_found)
        .method_not_allowed_fallback(edge::method_not_allowed)
        .layer(edge)
        .layer(CatchPanicLayer::custom(edge::fault))
        .with_state(state))
}

/// Random bytes of the system.
fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map(|()| bytes)
}

/// The time.
fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}
