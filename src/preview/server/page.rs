//! The files of the site, with the preview's own script and style sheet in the head of pages.

use std::sync::{Arc, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use memchr::memmem;

use super::last_good::Shown;
use super::{Desk, media, state};
use crate::site::live::{Answer, Content, Live};
use crate::source::Digest;
use crate::theme::ThemeError;

/// The header that tells which revision an answer is of.
const REVISION: HeaderName = HeaderName::from_static("x-madoguchi-revision");

/// How an answer is sent.
struct Sent<'a> {
    status: StatusCode,
    revision: u64,
    headers: &'a HeaderMap,
}

pub(super) async fn page(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let mut revisions = desk.server.shared.revisions();
    // Before the site was read there is nothing to answer with; who asks gets the page as soon as it is.
    if revisions.wait_for(|revision| revision.number > 0).await.is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let work = move || answer(&desk, request.uri().path(), request.uri().query(), request.headers());
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        (
            StatusCode::INTERNAL_SERVER_ERROR,
            "the page could not be made: the program has a fault, which it has written to its terminal\n",
        )
            .into_response()
    })
}

fn answer(desk: &Desk, path: &str, query: Option<&str>, headers: &HeaderMap) -> Response {
    let Some(live) = desk.server.shared.live() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    // Asked for while the site is held: what is answered is at least of this revision.
    let sent = Sent { status: StatusCode::OK, revision: desk.server.shared.revision().number, headers };
    let path = path.trim_start_matches('/');
    match live.answer(path) {
        Answer::Found(content) => found(desk, path, content, sent),
        Answer::Moved(to) => moved(&to, query),
        Answer::Missing(content) => match below_base(&live, path) {
            Some(rest) => moved(rest, query),
            None => found(desk, "", content, Sent { status: StatusCode::NOT_FOUND, ..sent }),
        },
        Answer::Failed(error) => failed(desk, &live, path, error.as_deref(), sent),
    }
}

/// A site that is published below a path writes that path into a few addresses, which start at the root here.
fn below_base<'p>(live: &Live, path: &'p str) -> Option<&'p str> {
    let base = live.config().site.base_url.as_ref()?.path().trim_matches('/');
    path.strip_prefix(base)?.strip_prefix('/').filter(|_| !base.is_empty())
}

fn moved(to: &str, query: Option<&str>) -> Response {
    let mut address = String::from("/");
    crate::vpath::percent_encode_into(to.trim_start_matches('/'), &mut address);
    if let Some(query) = query {
        address.push('?');
        address.push_str(query);
    }
    match HeaderValue::from_str(&address) {
        Ok(address) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, address)]).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn found(desk: &Desk, path: &str, content: Content, sent: Sent<'_>) -> Response {
    let kind = media::kind(content.path.as_str());
    let shown = Shown { digest: Digest::of(&content.bytes), bytes: content.bytes };
    if kind.starts_with("text/html") && sent.status == StatusCode::OK {
        desk.last_good.lock().unwrap_or_else(PoisonError::into_inner).keep(path, shown.clone());
    }
    send(&shown, kind, &sent)
}

/// A page that cannot be rendered now, as it last was; if it never was, what is wrong.
fn failed(desk: &Desk, live: &Live, path: &str, error: Option<&ThemeError>, sent: Sent<'_>) -> Response {
    let kept = desk.last_good.lock().unwrap_or_else(PoisonError::into_inner).get(path);
    if let Some(shown) = kept {
        return send(&shown, "text/html; charset=utf-8", &sent);
    }
    let text = state::in_words(desk, live, path, error);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{path}</title>\n</head>\n<body>\n<main><h1>{path}</h1>\n<pre>{text}</pre></main>\n</body>\n</html>\n",
        path = escaped(&format!("/{path}")),
        text = escaped(&text),
    );
    let shown = Shown { digest: Digest::of(html.as_bytes()), bytes: html.into_bytes().into() };
    send(&shown, "text/html; charset=utf-8", &Sent { status: StatusCode::INTERNAL_SERVER_ERROR, ..sent })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn send(shown: &Shown, kind: &'static str, sent: &Sent<'_>) -> Response {
    let tag = format!("\"{}\"", shown.digest.hex());
    let known = sent.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let fresh =
        known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag || one.trim() == "*"));
    let mut answer = if fresh && sent.status == StatusCode::OK {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let body = if kind.starts_with("text/html") { with_client(&shown.bytes, sent.revision) } else { shown.bytes.to_vec() };
        let mut answer = Response::new(Body::from(body));
        *answer.status_mut() = sent.status;
        answer
    };
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(REVISION, HeaderValue::from(sent.revision));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    answer
}

/// A page with the preview's own script and style sheet, at the end of its head.
fn with_client(page: &[u8], revision: u64) -> Vec<u8> {
    let at = memmem::find(page, b"</head>").unwrap_or(0);
    let client = format!(
        "<link rel=\"stylesheet\" href=\"/-/preview.css\"><script type=\"module\" src=\"/-/preview.js\" data-revision=\"{revision}\"></script>"
    );
    [&page[..at], client.as_bytes(), &page[at..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_stands_at_the_end_of_the_head() {
        let page = String::from_utf8(with_client(b"<head><title>x</title></head><body></head>", 7)).unwrap();
        assert!(page.starts_with("<head><title>x</title><link rel=\"stylesheet\" href=\"/-/preview.css\"><script"), "{page}");
        assert!(page.contains("data-revision=\"7\"></script></head><body></head>"), "{page}");
    }
}
