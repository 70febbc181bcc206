//! What every request meets first and last: headers that make no sense, addresses that lead nowhere, faults of our own.

use std::any::Any;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use axum::middleware::Next;

use super::State;
use super::answer::{self, Referrer};
use super::guard::origin::{Sender, sender};
use super::headers;
use super::language::locale;
use super::problem::Refusal;
use crate::locale::LocaleId;

pub(super) const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Refuses repeated headers, warns of a proxy that is not trusted, and lets pages of allowed origins read the answer.
pub(super) async fn check(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response<Body> {
    if let Err(refusal) = headers::check(request.headers()) {
        return state.refuse(&refusal, request.headers(), None);
    }
    state.warn_of_proxy(&request);
    let sender = sender(request.headers(), &state.origins);
    let mut response = next.run(request).await;
    if let Sender::Ours(origin) = sender {
        allow(response.headers_mut(), origin);
    }
    response
}

fn allow(headers: &mut HeaderMap, origin: &str) {
    if let Ok(origin) = HeaderValue::from_str(origin) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("idempotency-replayed, retry-after"));
        headers.append(VARY, HeaderValue::from_static("origin"));
    }
}

/// The question of a browser before a script of another origin posts (Fetch, CORS preflight): yes for allowed origins only.
pub(super) async fn preflight(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response<Body> {
    if !matches!(sender(&headers, &state.origins), Sender::Ours(_)) || !headers.contains_key(ORIGIN) {
        return state.refuse(&Refusal::OriginRefused, &headers, None);
    }
    let mut response = answer::plain(StatusCode::NO_CONTENT, "text/plain; charset=utf-8", "");
    let allowed = response.headers_mut();
    allowed.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    allowed.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type, idempotency-key"));
    allowed.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

/// There is nothing at this address.
pub(super) async fn not_found(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response<Body> {
    state.refuse(&Refusal::NotFound, &headers, None)
}

/// The address does not know the method.
pub(super) async fn method_not_allowed(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response<Body> {
    state.refuse(&Refusal::MethodNotAllowed, &headers, None)
}

/// A panic: nothing of it is shown, and the place of it is in the log.
pub(super) fn fault(_: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let body = r#"{"status":500,"code":"internal"}"#;
    answer::plain(StatusCode::INTERNAL_SERVER_ERROR, "application/problem+json", body)
}

impl State {
    /// A refusal before it is known who asks: a page for those who want pages, else a problem.
    pub(super) fn refuse(&self, refusal: &Refusal, headers: &HeaderMap, form: Option<&str>) -> Response<Body> {
        self.refuse_in(locale(&self.counter.locales, None, headers), refusal, headers, form)
    }

    /// The same, in a language that is known.
    pub(super) fn refuse_in(
        &self,
        locale: LocaleId,
        refusal: &Refusal,
        headers: &HeaderMap,
        form: Option<&str>,
    ) -> Response<Body> {
        self.counter.metrics.refused(refusal.code());
        if headers::wants_page(headers) {
            self.notice(refusal, locale, form, Referrer::Origin)
        } else {
            self.problem(refusal, locale, form, None)
        }
    }

    /// Behind a proxy that is not trusted all clients look like one, and share its limits.
    fn warn_of_proxy(&self, request: &Request) {
        let Some(peer) = request.extensions().get::<super::listen::Peer>() else { return };
        let untrusted = !super::client::is_trusted(peer.0.ip(), &self.counter.config.trusted_proxies);
        if untrusted && request.headers().contains_key(FORWARDED_FOR) {
            self.warned_of_proxy.call_once(|| {
                tracing::warn!(
                    "X-Forwarded-For comes from a peer that is no trusted proxy, and is not believed; if it is your proxy, add its \
                     address to `trusted_proxies` in [intake], for example [\"127.0.0.1\"]"
                );
            });
        }
    }

    /// Pages of ours that are served from an origin that is not configured cannot send anything.
    pub(super) fn warn_of_origin(&self) {
        self.warned_of_origin.call_once(|| {
            tracing::warn!(
                "a page of another origin tried to send a request and was refused; if it was a page of yours, add its origin to \
                 `allowed_origins` in [intake]"
            );
        });
    }
}
