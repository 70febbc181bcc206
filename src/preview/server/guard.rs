//! Who may ask: a page of another site must not read the preview, nor a name that leads here only for the moment (DNS rebinding).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Desk;

/// The widest policy that a site can have ([`headers::policy`](crate::site::headers::policy)) whose forms are sent to itself: what it forbids, a
/// reader's browser will forbid. The preview's own script and style sheet fall under it as well.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The names that a preview answers to.
#[derive(Debug, Clone)]
pub struct Hosts {
    listen: Vec<SocketAddr>,
    names: Vec<String>,
}

impl Hosts {
    /// Those of the addresses that it listens on, and more names.
    pub fn new(listen: Vec<SocketAddr>, names: Vec<String>) -> Self {
        Self { listen, names: names.into_iter().map(|name| name.to_ascii_lowercase()).collect() }
    }

    /// Whether a `Host` is one of them: an address that is listened on, `localhost`, or a name that was given.
    fn knows(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let (name, port) = parts(&host);
        if self.names.iter().any(|known| *known == host || known == name) {
            return true;
        }
        self.listen.iter().any(|listen| {
            let same_port = port.map_or(listen.port() == 80, |port| port == listen.port());
            // An address in place of a name cannot be turned to lead elsewhere: open to the network, each of this machine's is fine.
            let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
            let own = address.is_ok_and(|ip| ip == listen.ip() || ip.is_loopback() || listen.ip().is_unspecified());
            same_port && (name == "localhost" || own)
        })
    }

    /// Whether an `Origin` is one of them.
    fn knows_origin(&self, origin: &str) -> bool {
        let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        host.is_some_and(|host| self.knows(host))
    }
}

/// A host's name, and its port if one is written.
fn parts(host: &str) -> (&str, Option<u16>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port.parse().ok()),
        _ => (host, None),
    }
}

/// Lets through who may ask, and what may be asked; sets the headers that all answers have.
pub(super) async fn guard(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let mut answer = match refused(&desk, &request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    let headers = answer.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    answer
}

fn refused(desk: &Desk, request: &Request) -> Option<Response> {
    let hosts = &desk.server.hosts;
    let text =
        |headers: &HeaderMap, name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::to_owned);
    let host = text(request.headers(), header::HOST).or_else(|| request.uri().authority().map(ToString::to_string));
    if !host.as_deref().is_some_and(|host| hosts.knows(host)) {
        let name = host.unwrap_or_default();
        let sentence = format!("this preview does not answer to the name `{name}`; start it with `--host NAME` if it should\n");
        return Some((StatusCode::MISDIRECTED_REQUEST, sentence).into_response());
    }
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let origin = request.headers().get(header::ORIGIN);
    let known = origin.is_none_or(|origin| origin.to_str().is_ok_and(|origin| hosts.knows_origin(origin)));
    if !known && (!reads || path.starts_with("/-/")) {
        return Some((StatusCode::FORBIDDEN, "the request comes from a page of another site\n").into_response());
    }
    if !reads && !path.starts_with("/requests/") {
        let allow = [(header::ALLOW, HeaderValue::from_static("GET, HEAD"))];
        return Some((StatusCode::METHOD_NOT_ALLOWED, allow, "only forms are sent here\n").into_response());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_published_page_may_do_it_may_do_here() {
        let config = crate::config::Config::without_file(std::path::Path::new("."), &[]);
        let theme = crate::theme::Theme::load(None, &config.site.locales).unwrap();
        let published = crate::site::headers::policy(&config, &theme);
        for directive in published.split("; ") {
            let (name, sources) = directive.split_once(' ').unwrap();
            let here = POLICY.split("; ").find_map(|here| here.strip_prefix(name)).unwrap_or_default();
            assert!(sources.split(' ').all(|source| here.split(' ').any(|known| known == source)), "{directive}: {here}");
        }
    }

    #[test]
    fn only_known_names_are_answered() {
        let local = Hosts::new(vec!["127.0.0.1:8000".parse().unwrap()], vec!["Docs.Test".into()]);
        for known in ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000", "[::1]:8000", "docs.test", "docs.test:9000"] {
            assert!(local.knows(known), "{known}");
        }
        for other in
            ["127.0.0.1", "127.0.0.1:8001", "evil.example:8000", "192.168.0.7:8000", "", "[::2]:8000", "localhost.evil:8000"]
        {
            assert!(!local.knows(other), "{other}");
        }
        assert!(local.knows_origin("http://localhost:8000") && local.knows_origin("https://docs.test"));
        assert!(!local.knows_origin("null") && !local.knows_origin("http://evil.example"));
        let open = Hosts::new(vec!["0.0.0.0:80".parse().unwrap()], Vec::new());
        assert!(open.knows("192.168.0.7") && open.knows("192.168.0.7:80") && !open.knows("evil.example"));
    }
}
