//! What an address names: a form, a request, a file.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, Path};
use axum::http::Response;
use axum::http::request::Parts;

use super::State;
use super::problem::Refusal;

/// The part of an address that its route leaves open. Where that is not UTF-8, the address leads nowhere, and the answer is ours.
pub(super) struct Named(pub(super) String);

impl FromRequestParts<Arc<State>> for Named {
    type Rejection = Response<Body>;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Self::Rejection> {
        let named = Path::from_request_parts(parts, state).await;
        named.map(|Path(name)| Self(name)).map_err(|_| state.refuse(&Refusal::NotFound, &parts.headers, None))
    }
}
