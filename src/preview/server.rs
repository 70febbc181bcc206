//! The preview over HTTP: every file that a build would publish, at the same address; below `/-/` what the browser's side needs.

mod events;
mod guard;
mod last_good;
mod media;
mod page;
mod state;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Path as UrlPath;
use axum::handler::Handler;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, get_service};
use rust_embed::RustEmbed;
use tokio::net::TcpListener;

use super::reload::Shared;
use crate::ordered;
use crate::ordered::Map;
use last_good::LastGood;

pub use guard::Hosts;
pub use state::{Explain, Finding};

/// What the server answers with.
pub struct Server {
    /// The site.
    pub shared: Arc<Shared>,
    /// How findings are put into words.
    pub explain: Arc<dyn Explain>,
    /// The names that it answers to.
    pub hosts: Hosts,
}

/// The state of all handlers.
struct Desk {
    server: Server,
    last_good: Mutex<LastGood>,
}

/// The files of the browser's side.
#[derive(RustEmbed)]
#[folder = "src/preview/client"]
struct Client;

/// All addresses of the preview. `requests` answers below `/requests/`; without it a sentence says why nothing does.
pub fn router(server: Server, requests: Option<Router>, more: Vec<Router>) -> Router {
    let desk = Arc::new(Desk { server, last_good: Mutex::default() });
    // The state goes to the handlers and not to the router: routers are compiled for each type of state, ten thousand lines each time.
    let app = Router::new()
        .route("/-/events", get_service(events::events.with_state(Arc::clone(&desk))))
        .route("/-/state", get_service(state::state.with_state(Arc::clone(&desk))))
        .route("/-/{name}", get(client))
        .fallback_service(page::page.with_state(Arc::clone(&desk)));
    let app = app.merge(requests.unwrap_or_else(no_counter));
    let app = more.into_iter().fold(app, Router::merge);
    app.layer(from_fn_with_state(desk, guard::guard))
}

/// Answers until the listener is dropped.
///
/// # Errors
/// The listener fails.
pub async fn serve(listener: TcpListener, app: Router) -> std::io::Result<()> {
    axum::serve(listener, app).await
}

async fn client(UrlPath(name): UrlPath<String>) -> Response {
    let Some(file) = Client::get(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [(header::CONTENT_TYPE, media::kind(&name)), (header::CACHE_CONTROL, "no-cache")];
    (headers.map(|(name, value)| (name, HeaderValue::from_static(value))), file.data.into_owned()).into_response()
}

/// What stands in the counter's place in a program without it.
fn no_counter() -> Router {
    let sentence = || async {
        let text = "このプログラムには受付が含まれていません。フォームは送信できません。\nThis program was built without the counter: forms cannot be sent.\n";
        (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text)
    };
    Router::new().route("/requests/{*rest}", axum::routing::any(sentence))
}

/// The fields of a query, percent-decoded.
fn query(text: Option<&str>) -> Map<String, String> {
    let pairs = text.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    ordered::map(pairs.map(|(name, value)| (name.to_owned(), crate::vpath::percent_decode(&value.replace('+', " ")))))
}
