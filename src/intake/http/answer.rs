//! Answers: pages, JSON and problems, each with the headers that it needs.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;

use super::guard::token::Token;
use super::problem::Refusal;
use super::{State, guard};
use crate::intake::outbox::Millis;
use crate::locale::LocaleId;

/// What a page of the counter may load: its own style sheet, icon and script, and nothing from anywhere else.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What a page tells others of where the reader came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Referrer {
    /// Nothing: the address holds a key.
    Never,
    /// The origin: with less, browsers post `Origin: null`, and a form could not be sent.
    Origin,
}

/// An answer with a media type, which is kept by nobody and means what it says.
pub(super) fn plain(status: StatusCode, media: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A page.
pub(super) fn page(status: StatusCode, referrer: Referrer, html: String) -> Response<Body> {
    let mut response = plain(status, "text/html; charset=utf-8", html);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    let policy = match referrer {
        Referrer::Never => "no-referrer",
        Referrer::Origin => "strict-origin-when-cross-origin",
    };
    headers.insert(REFERRER_POLICY, HeaderValue::from_static(policy));
    response
}

/// A value as JSON. Values of ours always serialise; if one did not, the answer would be a fault of our own.
pub(super) fn json(status: StatusCode, media: &'static str, value: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(bytes) => plain(status, media, bytes),
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, media, "{}"),
    }
}

/// `303`: the receipt is read at another address.
pub(super) fn see_other(address: &str) -> Response<Body> {
    let mut response = plain(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", "");
    match HeaderValue::from_str(address) {
        Ok(value) => drop(response.headers_mut().insert(LOCATION, value)),
        Err(_) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    response
}

/// A problem by RFC 9457.
#[derive(Serialize)]
struct Problem<'a> {
    status: u16,
    code: &'static str,
    title: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<&'a str>,
    #[serde(flatten)]
    token: Option<IssuedToken>,
}

#[derive(Serialize)]
struct FieldProblem<'a> {
    field: &'a str,
    code: &'static str,
    message: String,
}

/// A token as programs get it.
#[derive(Serialize)]
pub(super) struct IssuedToken {
    token: String,
    expires: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pow: Option<Work>,
}

#[derive(Serialize)]
struct Work {
    algorithm: &'static str,
    bits: u32,
}

impl IssuedToken {
    /// A token with when it expires (RFC 3339), and the work that is asked for with it.
    pub(super) fn new(token: Token, work: bool) -> Self {
        let pow = work.then_some(Work { algorithm: "SHA-256", bits: guard::work::BITS });
        Self { token: token.text, expires: rfc3339(token.expires_at), pow }
    }
}

fn rfc3339(time: Millis) -> String {
    jiff::Timestamp::from_millisecond(time).map(|time| time.to_string()).unwrap_or_default()
}

impl State {
    /// A refusal as JSON, in the reader's language.
    pub(super) fn problem(
        &self,
        refusal: &Refusal,
        locale: LocaleId,
        form: Option<&str>,
        token: Option<IssuedToken>,
    ) -> Response<Body> {
        let messages = self.counter.theme.messages(locale);
        let key = refusal.message_key();
        let form = form.and_then(|name| self.counter.forms.get(name));
        let errors = match refusal {
            Refusal::InvalidFields(faults) => faults.as_slice(),
            _ => &[],
        };
        let error = |fault| FieldProblem {
            field: fault_field(fault),
            code: fault.code.id(),
            message: super::page::fault_message(messages, form.map(|form| &form.spec), locale, fault),
        };
        let contact = form.and_then(|form| form.config.contact.as_ref()?.get(locale));
        let problem = Problem {
            status: refusal.status().as_u16(),
            code: refusal.code(),
            title: messages.get(&key),
            errors: errors.iter().map(error).collect(),
            contact: contact.map(|(_, text)| text).filter(|_| refusal.status().is_server_error()),
            token,
        };
        finished(json(refusal.status(), "application/problem+json", &problem), refusal)
    }
}

fn fault_field(fault: &crate::intake::submission::Fault) -> &str {
    &fault.field
}

/// The headers that belong to a refusal in any form.
pub(super) fn finished(mut response: Response<Body>, refusal: &Refusal) -> Response<Body> {
    if let Some(seconds) = refusal.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if refusal.ends_connection() {
        response.headers_mut().insert(axum::http::header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
