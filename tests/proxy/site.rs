//! The pages of the site through the proxy.

use crate::stand::{Proxy, before_each};
use crate::support::Request;

#[test]
fn pages_come_with_the_strict_policy_and_links_that_work() {
    before_each("pages_come_with_the_strict_policy_and_links_that_work", "", |stand| {
        let page = stand.get("/ja/submit-a-service-request/");
        assert_eq!(page.status, 200, "{:?}: {page:?}", stand.kind);
        assert!(page.text().contains("<form class=\"request\""));
        for (name, value) in [
            ("content-type", "text/html"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("content-security-policy", "default-src 'none'"),
            ("content-security-policy", "frame-ancestors 'none'"),
        ] {
            assert!(page.header(name).is_some_and(|found| found.contains(value)), "{:?}: {name}: {page:?}", stand.kind);
        }
        // Links are relative: a folder without its slash would lead all of them one folder too high.
        let bare = stand.get("/ja/submit-a-service-request");
        let to = bare.header("location").unwrap_or_default();
        assert!(matches!(bare.status, 301 | 308) && to.ends_with("/ja/submit-a-service-request/"), "{:?}: {bare:?}", stand.kind);
        assert!(!to.contains(':') || to.starts_with("https://docs.example.com/"), "{to}");
    });
}

/// The tests of what a first view weighs count gzip at level 6.
#[test]
fn a_page_is_sent_no_heavier_than_is_promised() {
    before_each("a_page_is_sent_no_heavier_than_is_promised", "", |stand| {
        let path = "/ja/submit-a-service-request/";
        let sent = stand.send(&Request::new("GET", path).header("Accept-Encoding", "gzip, deflate, br, zstd"));
        assert_eq!(sent.header("content-encoding"), Some("gzip"), "{:?}", stand.kind);
        let counted = miniz_oxide::deflate::compress_to_vec(&stand.get(path).body, 6).len();
        // What stands around the stream, and around each piece of it.
        assert!(sent.body.len() <= counted + counted / 50 + 100, "{:?}: {} of {counted}", stand.kind, sent.body.len());
    });
}

#[test]
fn what_has_its_digest_in_its_name_is_kept_by_browsers() {
    before_each("what_has_its_digest_in_its_name_is_kept_by_browsers", "", |stand| {
        let page = stand.get("/en/").text();
        let style = page.split("href=\"").find_map(|part| part.split('"').next().filter(|path| path.ends_with(".css"))).unwrap();
        let asset = stand.get(style.trim_start_matches(".."));
        assert_eq!((asset.status, asset.header("content-type").unwrap().split(';').next()), (200, Some("text/css")));
        assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"), "{:?}", stand.kind);
        assert_eq!(asset.header("x-content-type-options"), Some("nosniff"), "{:?}", stand.kind);
        assert_eq!(stand.get("/en/").header("cache-control"), Some("no-cache"), "{:?}: pages are asked for again", stand.kind);
    });
}

#[test]
fn an_address_that_leads_nowhere_is_told_in_its_language() {
    before_each("an_address_that_leads_nowhere_is_told_in_its_language", "", |stand| {
        for (path, words) in [
            ("/ja/nothing/", "lang=\"ja\""),
            ("/en/nothing/", "lang=\"en\""),
            ("/en/nothing/deeper", "lang=\"en\""),
            ("/nothing", "lang=\"ja\""),
            ("/assets/", "lang=\"ja\""),
            ("/assets/nothing.css", "lang=\"ja\""),
        ] {
            let reply = stand.get(path);
            assert_eq!(reply.status, 404, "{:?}: {path}: {reply:?}", stand.kind);
            let html = reply.text();
            assert!(html.starts_with(&format!("<!doctype html>\n<html {words}")), "{:?}: {path}: {html}", stand.kind);
            assert!(reply.header("content-security-policy").is_some(), "{:?}: {path}: {reply:?}", stand.kind);
            assert_eq!(reply.header("cache-control"), Some("no-cache"), "{:?}: {path}", stand.kind);
        }
    });
}

#[test]
fn nothing_is_served_without_encryption_or_outside_of_the_site() {
    before_each("nothing_is_served_without_encryption_or_outside_of_the_site", "", |stand| {
        let reply = stand.get_plain("/requests/service-request?company=x");
        assert!(matches!(reply.status, 301 | 308), "{reply:?}");
        assert_eq!(reply.header("location"), Some("https://docs.example.com/requests/service-request?company=x"));
        for path in ["/../Cargo.toml", "/ja/%2e%2e/%2e%2e/etc/passwd", "/healthz", "/readyz", "/metrics", "/requests/../metrics"]
        {
            let reply = stand.send(&Request::new("GET", path));
            assert!(matches!(reply.status, 400 | 403 | 404), "{:?}: {path}: {reply:?}", stand.kind);
        }
        let page = stand.get("/en/");
        let version = page.header("server").unwrap_or_default();
        assert!(!version.contains('/'), "no version is told: {version}");
        assert!(stand.kind == Proxy::Caddy || version == "nginx");
    });
}
