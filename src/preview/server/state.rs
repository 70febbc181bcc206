//! What is known of a page and of the site, as JSON: for the writer's panel, and for the words over a page that has an error.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::{Desk, query};
use crate::config::{Config, ConfigError};
use crate::diag::{Diagnostic, Severity};
use crate::site::live::{Findings, Live, Place};
use crate::theme::ThemeError;

/// How many errors of the whole site are told at once.
const MOST: usize = 20;

/// Puts what is wrong into the words in which the commands report it.
pub trait Explain: Send + Sync {
    /// What is wrong with the content.
    fn diagnostics(&self, config: &Config, found: &[Diagnostic]) -> Vec<Finding>;
    /// What is wrong with the configuration.
    fn config(&self, error: &ConfigError) -> Finding;
    /// What is wrong with the theme.
    fn theme(&self, config: &Config, error: &ThemeError) -> Finding;
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The code, such as `link-broken`.
    pub code: String,
    /// How grave it is.
    pub severity: Severity,
    /// What.
    pub message: String,
    /// What to do next.
    pub help: String,
    /// The file, from the site's folder.
    pub path: String,
    /// The line, from one.
    pub line: Option<usize>,
    /// The column, from one, in characters.
    pub column: Option<usize>,
    /// The whole report, as `check` prints it without colour.
    pub excerpt: String,
}

#[derive(Serialize)]
struct Told<'a> {
    revision: u64,
    session: &'a str,
    editor: &'a str,
    page: String,
    site: Site,
    #[serde(flatten)]
    of_page: Option<OfPage>,
    diagnostics: Vec<Finding>,
}

#[derive(Serialize)]
struct Site {
    errors: usize,
    warnings: usize,
    first: Vec<Finding>,
}

#[derive(Serialize)]
struct OfPage {
    locale: String,
    sources: Vec<SourceFile>,
    availability: &'static str,
    machine: bool,
    draft: bool,
    segments: Segments,
    places: Vec<At>,
}

#[derive(Serialize)]
struct SourceFile {
    path: String,
    locale: Option<String>,
}

#[derive(Serialize)]
struct Segments {
    total: usize,
    untranslated: usize,
}

#[derive(Serialize)]
struct At {
    id: Option<String>,
    segment: Option<String>,
    path: String,
    absolute: String,
    line: Option<usize>,
    column: Option<usize>,
}

pub(super) async fn state(State(desk): State<Arc<Desk>>, RawQuery(text): RawQuery) -> Response {
    let mut revisions = desk.server.shared.revisions();
    let _ = revisions.wait_for(|revision| revision.number > 0).await;
    let page = query(text.as_deref()).remove("page").unwrap_or_default();
    let told = tokio::task::spawn_blocking(move || told(&desk, page)).await.ok().flatten();
    let Some(told) = told else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let kinds = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (kinds.map(|(name, value)| (name, HeaderValue::from_static(value))), told).into_response()
}

fn told(desk: &Desk, page: String) -> Option<String> {
    let server = &desk.server;
    let live = server.shared.live()?;
    let (revision, findings) = (server.shared.revision(), server.shared.findings());
    let path = crate::vpath::percent_decode(page.trim_start_matches('/'));
    let found = live.findings_of(&path, &findings);
    let told = Told {
        revision: revision.number,
        session: &server.shared.session,
        editor: &live.config().editor,
        site: Site { errors: revision.errors, warnings: revision.warnings, first: first(desk, &live, &findings) },
        of_page: of_page(&live, &path, &found),
        diagnostics: server.explain.diagnostics(live.config(), &found),
        page,
    };
    serde_json::to_string(&told).ok()
}

/// The errors of the site, those outside of its content first.
fn first(desk: &Desk, live: &Live, findings: &Findings) -> Vec<Finding> {
    let explain = &desk.server.explain;
    let mut first: Vec<Finding> = live.faults().config.iter().map(|error| explain.config(error)).collect();
    let theme = live.faults().theme.iter().chain(&findings.template);
    first.extend(theme.map(|error| explain.theme(live.config(), error)));
    let errors = findings.diagnostics.iter().filter(|d| d.code.severity() == Severity::Error);
    let errors: Vec<Diagnostic> = errors.take(MOST).cloned().collect();
    first.extend(explain.diagnostics(live.config(), &errors));
    first.truncate(MOST);
    first
}

fn of_page(live: &Live, path: &str, found: &[Diagnostic]) -> Option<OfPage> {
    let state = live.state_of(path, found)?;
    let content = &live.config().site.content;
    let shown = |path: &crate::vpath::SourcePath| if content.is_empty() { path.to_string() } else { format!("{content}/{path}") };
    let folder = live.config().content_folder();
    let place = |place: Place| At {
        absolute: folder.join(place.path.as_str()).display().to_string(),
        path: shown(&place.path),
        line: place.position.map(|at| at.line),
        column: place.position.map(|at| at.column),
        id: place.id,
        segment: place.segment,
    };
    Some(OfPage {
        sources: state.sources.iter().map(|file| SourceFile { path: shown(&file.path), locale: file.locale.clone() }).collect(),
        locale: state.locale,
        availability: state.availability,
        machine: state.machine,
        draft: state.draft,
        segments: Segments { total: state.segments.total, untranslated: state.segments.untranslated },
        places: state.places.into_iter().map(place).collect(),
    })
}

/// Why a page cannot be shown.
pub(super) fn in_words(desk: &Desk, live: &Live, path: &str, error: Option<&ThemeError>) -> String {
    let explain = &desk.server.explain;
    let findings = desk.server.shared.findings();
    let path = crate::vpath::percent_decode(path);
    let mut all: Vec<Finding> = error.iter().map(|error| explain.theme(live.config(), error)).collect();
    all.extend(explain.diagnostics(live.config(), &live.findings_of(&path, &findings)));
    let errors = all.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| format!("{}\n", finding.excerpt)).collect()
}
