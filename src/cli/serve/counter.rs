//! The counter behind the forms of a preview: made anew when a form or the configuration changes.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any_service;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use crate::cli::failure::Failure;
use crate::cli::intake::mount::{self, Mounted};
use crate::config::{Config, WebAddress};
use crate::preview::reload::Shared;
use crate::shutdown::Shutdown;

/// How long the counter may take to end: longer than it takes to write a mail into a file.
const END: Duration = Duration::from_millis(1_500);

/// The counter that answers now, or why none does.
#[derive(Clone, Default)]
pub(super) struct Counter(Arc<RwLock<Standing>>);

#[derive(Clone)]
enum Standing {
    Answers(TowerToHyperService<Router>),
    Not(String),
}

impl Default for Standing {
    fn default() -> Self {
        Self::Not("受付は準備中です。\nThe counter is being made ready.\n".into())
    }
}

impl Counter {
    /// What answers below `/requests/`.
    pub(super) fn router(&self) -> Router {
        // As a service with a state of its own, so that the router has none, and is of the same type as others.
        Router::new().route("/requests/{*rest}", any_service(answer.with_state(self.clone())))
    }

    fn set(&self, state: Standing) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Keeps a counter for the site's forms until the process is to end. Its store and its mail are files in `var`, whatever is configured.
    pub(super) async fn keep(self, shared: Arc<Shared>, address: WebAddress, mut shutdown: Shutdown) {
        let mut revisions = shared.revisions();
        let mut made: Option<(u64, Option<Mounted>)> = None;
        loop {
            let stage = shared.live().map(|live| (live.stage(), live.config().clone()));
            if let Some((stage, config)) = stage.filter(|(stage, _)| made.as_ref().is_none_or(|(known, _)| known != stage)) {
                if let Some((_, Some(mounted))) = made.take() {
                    end(mounted).await;
                }
                made = Some((stage, self.mount(&config, &address).await));
            }
            tokio::select! {
                () = shutdown.requested() => break,
                changed = revisions.changed() => if changed.is_err() { break },
            }
        }
        if let Some((_, Some(mounted))) = made {
            end(mounted).await;
        }
    }

    async fn mount(&self, config: &Config, address: &WebAddress) -> Option<Mounted> {
        if config.forms.is_empty() {
            self.set(Standing::Not("このサイトにはフォームがありません。\nThis site has no form.\n".into()));
            return None;
        }
        match mounted(config, address).await {
            Ok(mounted) => {
                self.set(Standing::Answers(TowerToHyperService::new(mounted.router())));
                Some(mounted)
            }
            Err(failure) => {
                self.set(Standing::Not(format!("フォームは今送信できません。\nForms cannot be sent now.\n{failure}")));
                None
            }
        }
    }
}

async fn mounted(config: &Config, address: &WebAddress) -> Result<Mounted, Failure> {
    Ok(mount::prepare_trial(&mount::trial(config, address)?).await?.start())
}

async fn end(mounted: Mounted) {
    // What is not mailed by then waits in the store for the next start.
    let _ = tokio::time::timeout(END, mounted.stop()).await;
}

async fn answer(State(counter): State<Counter>, mut request: Request) -> Response {
    // What this router knows of the address, the counter's own must not take for its own.
    request.extensions_mut().clear();
    let state = counter.0.read().unwrap_or_else(PoisonError::into_inner).clone();
    match state {
        Standing::Answers(service) => match service.call(request).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        },
        Standing::Not(why) => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], why).into_response()
        }
    }
}
