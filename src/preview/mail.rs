//! The mail of a preview: what the form has sent, as a list, as readable pages, and as the files themselves.
//!
//! An edge: it reads the folder into which the preview's counter writes its mail. Nothing else is ever read: a name in an address is
//! letters, digits and a few marks, and must be that of a plain file in the folder.

mod page;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path as Part, State};
use axum::handler::Handler;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::routing::get_service;

/// The most mails in the list; older ones are still there by their address.
const MOST: usize = 200;
/// What these pages may do: be shown, with the preview's own styles.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
const HTML: &str = "text/html; charset=utf-8";

/// A mail in the folder.
struct Mail {
    /// Its file's name without `.eml`.
    name: String,
    bytes: Vec<u8>,
}

/// The pages below `/-/mail/`, of the mails in `folder`, which need not exist yet.
pub fn router(folder: PathBuf) -> Router {
    let folder = Arc::new(folder);
    // The state goes to the handlers and not to the router: routers are compiled for each type of state, ten thousand lines each time.
    Router::new()
        .route("/-/mail/", get_service(list.with_state(folder.clone())))
        .route("/-/mail/{name}", get_service(file.with_state(folder.clone())))
        .route("/-/mail/{name}/", get_service(one.with_state(folder)))
}

async fn list(State(folder): State<Arc<PathBuf>>) -> Response<Body> {
    apart(move || {
        let (mails, more) = newest(&folder);
        let rows: Vec<_> = mails.iter().map(|mail| (mail.name.as_str(), mail.bytes.as_slice())).collect();
        answer(StatusCode::OK, HTML, page::list(&rows, more))
    })
    .await
}

async fn one(State(folder): State<Arc<PathBuf>>, Part(name): Part<String>) -> Response<Body> {
    apart(move || match read(&folder, &name) {
        Some(mail) => answer(StatusCode::OK, HTML, page::one(&mail.name, &mail.bytes)),
        None => absent(),
    })
    .await
}

async fn file(State(folder): State<Arc<PathBuf>>, Part(file): Part<String>) -> Response<Body> {
    apart(move || match file.strip_suffix(".eml").and_then(|name| read(&folder, name)) {
        // As text, so that a browser shows the headers as they are and never takes HTML in a mail for a page.
        Some(mail) => answer(StatusCode::OK, "text/plain; charset=utf-8", mail.bytes),
        None => absent(),
    })
    .await
}

/// Reads files where waiting for a disk holds nobody else up.
async fn apart(work: impl FnOnce() -> Response<Body> + Send + 'static) -> Response<Body> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| answer(StatusCode::INTERNAL_SERVER_ERROR, HTML, page::absent()))
}

fn absent() -> Response<Body> {
    answer(StatusCode::NOT_FOUND, HTML, page::absent())
}

fn answer(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The newest mails, and how many there are beside them.
fn newest(folder: &Path) -> (Vec<Mail>, usize) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".eml").map(str::to_owned));
    let mut found: Vec<(SystemTime, String)> = names.filter_map(|name| Some((written(folder, &name)?, name))).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    let more = found.len().saturating_sub(MOST);
    (found.iter().take(MOST).filter_map(|(_, name)| read(folder, name)).collect(), more)
}

fn read(folder: &Path, name: &str) -> Option<Mail> {
    written(folder, name)?;
    let bytes = fs::read(folder.join(format!("{name}.eml"))).ok()?;
    Some(Mail { name: name.to_owned(), bytes })
}

/// When a mail was written; `None` if the name is none of a mail, or leads to something else than a plain file.
fn written(folder: &Path, name: &str) -> Option<SystemTime> {
    let plain =
        !name.starts_with('.') && name.len() <= 200 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let data = fs::symlink_metadata(folder.join(format!("{name}.eml"))).ok().filter(|_| plain && !name.is_empty())?;
    if data.is_file() { data.modified().ok() } else { None }
}

#[cfg(test)]
mod tests;
