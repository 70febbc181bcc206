//! The status page, which is the receipt: received, or passed to the desk, and nothing else of the request.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawQuery, State as Shared};
use axum::http::{HeaderMap, Response, StatusCode};

use super::State;
use super::answer::{self, Referrer};
use super::language::locale;
use super::named::Named;
use super::problem::Refusal;
use crate::intake::ids::Reference;
use crate::intake::store::Status;
use crate::intake::submission::decode::{Sent, urlencoded};

/// The state of a request, for whoever has its key. An unknown reference and a wrong key give the same answer.
pub(super) async fn status(
    Shared(state): Shared<Arc<State>>,
    Named(reference): Named,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let query = urlencoded(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let locale = locale(&state.counter.locales, query.get("locale"), &headers);
    let found = match state.found(&reference, &query).await {
        Ok(found) => found,
        Err(refusal) => {
            state.counter.metrics.refused(refusal.code());
            return state.notice(&refusal, locale, None, Referrer::Never);
        }
    };
    match state.receipt(&found.0, &found.1, locale) {
        Ok(html) => answer::page(StatusCode::OK, Referrer::Never, html),
        Err(_) => state.notice(&Refusal::NotShown, locale, None, Referrer::Never),
    }
}

impl State {
    async fn found(&self, reference: &str, query: &Sent) -> Result<(Reference, Status), Refusal> {
        let reference = Reference::parse(reference).map_err(|_| Refusal::NotFound)?;
        let key = query.get("key").unwrap_or_default();
        // Whatever keeps it from being read: the request that this is the receipt of was taken.
        let status = self.counter.store.status(&reference, key).await.map_err(Refusal::from).map_err(|_| Refusal::NotShown)?;
        status.map(|status| (reference, status)).ok_or(Refusal::NotFound)
    }
}
