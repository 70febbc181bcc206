//! Styles and scripts of the counter's pages, from the theme. Their names hold a digest, so that they may be kept for ever.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::named::Named;
use super::problem::Refusal;
use super::{State, answer};

/// A static file by its name with the digest.
pub(super) async fn asset(Shared(state): Shared<Arc<State>>, Named(path): Named, headers: HeaderMap) -> Response<Body> {
    let wanted = format!("assets/{path}");
    let Some(asset) = state.counter.theme.assets().iter().find(|asset| asset.path == wanted) else {
        return state.refuse(&Refusal::NotFound, &headers, None);
    };
    let mut response = answer::plain(StatusCode::OK, media(&path), asset.bytes.clone());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}

fn media(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}
