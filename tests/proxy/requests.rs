//! Requests through the proxy: to the counter, by several clients, forged, too large, and while the counter is down.

use std::net::Ipv4Addr;

use crate::stand::{ORIGIN, Proxy, Stand, before_each, before_each_but};
use crate::support::{Reply, Request, sound, with};

const FORM: &str = "/requests/service-request";
const ONE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// A form as a browser posts it from a page of the site.
fn form(fields: &[(&str, &str)]) -> Request {
    Request::form(FORM, fields).header("Origin", ORIGIN).header("Sec-Fetch-Site", "same-origin").header("Accept", "text/html")
}

/// Goes on from a page of the counter.
fn next(page: &Reply, step: &str) -> Request {
    let hidden = page.hidden();
    let mut fields: Vec<_> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("step", step));
    form(&fields)
}

/// The part of an address after the host.
fn path(address: &str) -> &str {
    address.strip_prefix(ORIGIN).unwrap_or_else(|| panic!("not of this site: {address}"))
}

#[test]
fn a_request_goes_the_whole_way() {
    before_each("a_request_goes_the_whole_way", "", |stand| {
        let review = stand.send(&form(&with(&sound(), &[("locale", "ja")])));
        assert_eq!(review.status, 200, "{:?}: {}", stand.kind, review.text());
        assert_eq!(review.header("cache-control"), Some("no-store"));
        assert!(review.header("content-security-policy").unwrap().contains("form-action 'self'"));
        let style = review
            .text()
            .split("href=\"")
            .find_map(|part| part.split('"').next().filter(|at| at.ends_with(".css")).map(str::to_owned));
        assert_eq!(stand.get(path(&style.unwrap())).status, 200);
        let sent = stand.send(&next(&review, "confirm"));
        assert_eq!(sent.status, 303, "{:?}: {}", stand.kind, sent.text());
        let receipt = stand.get(path(sent.header("location").unwrap()));
        assert!(receipt.status == 200 && receipt.text().contains("SR-"), "{receipt:?}");
        assert_eq!(receipt.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(stand.rows(), 1);
        let token = stand.get(&format!("{FORM}/token")).json()["token"].as_str().unwrap().to_owned();
        let json = Request::json(FORM, &with(&sound(), &[("token", &token)])).header("Origin", ORIGIN);
        assert_eq!(stand.send(&json.header("Idempotency-Key", "one")).status, 201);
        assert_eq!(stand.rows(), 2);
    });
}

#[test]
fn only_pages_of_this_origin_may_send() {
    before_each("only_pages_of_this_origin_may_send", "", |stand| {
        let post = |headers: &[(&str, &str)]| {
            let request =
                headers.iter().fold(Request::form(FORM, &sound()), |request, (name, value)| request.header(name, value));
            stand.send(&request).status
        };
        assert_eq!(post(&[("Origin", ORIGIN), ("Sec-Fetch-Site", "same-origin")]), 200);
        assert_eq!(post(&[("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")]), 403);
        assert_eq!(post(&[("Origin", "null"), ("Sec-Fetch-Site", "same-origin")]), 403);
        assert_eq!(post(&[("Origin", "http://docs.example.com")]), 403);
        assert_eq!(post(&[("Sec-Fetch-Site", "cross-site")]), 403);
        assert_eq!(post(&[("Origin", ORIGIN), ("Origin", "https://evil.example")]), 400, "{:?}: two origins", stand.kind);
        assert_eq!(post(&[("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")]), 400, "{:?}", stand.kind);
    });
}

#[test]
fn clients_behind_the_proxy_are_told_apart_whatever_they_say_of_themselves() {
    before_each("clients_behind_the_proxy_are_told_apart_whatever_they_say_of_themselves", "per_minute = 4", |stand| {
        let from = |source, forged: &[(&str, &str)]| {
            let request = forged.iter().fold(Request::json(FORM, &[]), |request, (name, value)| request.header(name, value));
            stand.send_from(source, &request).status
        };
        assert_eq!((0..6).map(|_| from(ONE, &[])).collect::<Vec<_>>(), [422, 422, 422, 422, 429, 429], "{:?}", stand.kind);
        assert_eq!(from(OTHER, &[]), 422, "{:?}: another client", stand.kind);
        for forged in ["198.51.100.1", "127.0.0.1", "198.51.100.1, 127.0.0.1", "127.0.0.3", "", "unknown", "[::1]:80", ",,,"] {
            for name in ["X-Forwarded-For", "x-forwarded-for", "Forwarded", "X-Real-IP", "X_Forwarded_For", "True-Client-IP"] {
                assert_eq!(from(ONE, &[(name, forged)]), 429, "{:?}: {name}: {forged}", stand.kind);
            }
            assert_eq!(from(ONE, &[("X-Forwarded-For", forged), ("X-Forwarded-For", "203.0.113.9")]), 429, "{:?}", stand.kind);
        }
        assert_eq!(
            from(ONE, &[("Connection", "close, X-Forwarded-For"), ("X-Forwarded-For", "198.51.100.1")]),
            429,
            "{:?}",
            stand.kind
        );
        let page = stand.send_from(ONE, &form(&[("locale", "ja")]).header("Accept-Language", "ja"));
        assert!(page.status == 429 && page.text().contains("1分ほど待って") && page.header("retry-after").is_some());
        assert!(!stand.log().contains("trusted_proxies"), "the proxy of the manual is trusted: {}", stand.log());
    });
}

#[test]
fn a_proxy_that_is_not_trusted_is_told_once_with_the_cure() {
    let untrusted = ("trusted_proxies = [\"127.0.0.1\", \"::1\"]\n", "");
    before_each_but("a_proxy_that_is_not_trusted_is_told_once_with_the_cure", "per_minute = 3", untrusted, |stand| {
        let from = |source| stand.send_from(source, &Request::json(FORM, &[])).status;
        assert_eq!((from(ONE), from(OTHER), from(ONE), from(OTHER)), (422, 422, 422, 429), "all clients share one limit");
        let told = stand.log();
        let warnings: Vec<&str> = told.lines().filter(|line| line.contains("X-Forwarded-For")).collect();
        assert!(warnings.len() == 1 && warnings[0].contains("add its address to `trusted_proxies`"), "{:?}: {told}", stand.kind);
    });
}

#[test]
fn a_request_that_is_too_large_is_told_so_in_words() {
    before_each("a_request_that_is_too_large_is_told_so_in_words", "", |stand| {
        // From just above what the counter takes to just below what the proxies let through.
        for kilobytes in [129, 300, 700, 1000] {
            let long = "x".repeat(kilobytes * 1024);
            let page = stand.send(&form(&with(&sound(), &[("description", &long)])).header("Accept-Language", "ja"));
            assert_eq!(page.status, 413, "{:?}: {kilobytes} KiB: {page:?}", stand.kind);
            let words = "大きすぎます";
            assert!(page.text().contains(words) && page.text().contains("03-0000-0000"), "{:?}: {}", stand.kind, page.text());
        }
        let huge = stand.send(&form(&[("description", &"x".repeat(3 << 20))]));
        assert_eq!(huge.status, 413, "{:?}: {huge:?}", stand.kind);
        assert_eq!(stand.rows(), 0);
    });
}

/// The counter judges some requests by their headers. Nginx would take a connection that ends on unread bytes for one that failed.
#[test]
fn a_refusal_arrives_however_much_is_still_on_its_way() {
    before_each("a_refusal_arrives_however_much_is_still_on_its_way", "per_minute = 1", |stand| {
        for kilobytes in [1, 100, 120, 900] {
            let body = "x".repeat(kilobytes * 1024);
            let limited = || stand.send(&form(&[("description", &body)])).status;
            let foreign =
                || stand.send(&Request::form(FORM, &[("description", &body)]).header("Origin", "https://evil.example")).status;
            limited();
            for _ in 0..5 {
                assert_eq!((limited(), foreign()), (429, 403), "{:?}: {kilobytes} KiB", stand.kind);
            }
        }
    });
}

#[test]
fn what_two_programs_could_read_differently_is_refused() {
    before_each("what_two_programs_could_read_differently_is_refused", "token = false", |stand| {
        let json = serde_json::to_string(&sound().into_iter().collect::<std::collections::BTreeMap<_, _>>()).unwrap();
        let head =
            format!("POST {FORM} HTTP/1.1\r\nHost: docs.example.com\r\nContent-Type: application/json\r\nConnection: close\r\n");
        let chunk = format!("{:x}\r\n{json}\r\n0\r\n\r\n", json.len());
        let hidden = format!("0\r\n\r\nPOST {FORM} HTTP/1.1\r\nHost: docs.example.com\r\nContent-Length: 2\r\n\r\n{{}}");
        let two = format!("Content-Length: {0}\r\nContent-Length: {1}\r\n\r\n{json}", json.len(), json.len() - 1);
        for (what, rest) in [
            ("two kinds of length", format!("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n{hidden}")),
            ("two kinds of length", format!("Transfer-Encoding: chunked\r\nContent-Length: {}\r\n\r\n{chunk}", chunk.len())),
            ("two lengths", two),
            ("an encoding with a space", format!("Transfer-Encoding : chunked\r\n\r\n{chunk}")),
            ("an unknown encoding", format!("Transfer-Encoding: xchunked\r\n\r\n{chunk}")),
            ("a negative length", format!("Content-Length: -1\r\n\r\n{json}")),
            ("a signed length", format!("Content-Length: +{}\r\n\r\n{json}", json.len())),
            ("two hosts", format!("Host: evil.example\r\nContent-Length: {}\r\n\r\n{json}", json.len())),
            ("a chunk that is no number", format!("Transfer-Encoding: chunked\r\n\r\nzz\r\n{json}\r\n0\r\n\r\n")),
        ] {
            let reply = stand.raw_from(ONE, format!("{head}{rest}").as_bytes());
            let expected = match (stand.kind, what) {
                // RFC 9112 §6.3: with both, the encoding counts, and a proxy that goes on must take the length away. Go does.
                (Proxy::Caddy, "two kinds of length") => &[201, 400, 422][..],
                // Caddy finds out while it passes the body on, and the counter drops what is not whole.
                (Proxy::Caddy, "a chunk that is no number") => &[400, 503],
                _ => &[400, 501],
            };
            assert!(expected.contains(&reply.status), "{:?}: {what}: {reply:?}", stand.kind);
        }
        assert!(stand.rows() <= 1, "{:?}: nothing was smuggled", stand.kind);
        // What is in order, but comes in pieces of unknown length, is taken.
        let whole =
            stand.raw_from(ONE, format!("{head}Idempotency-Key: whole\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}").as_bytes());
        assert_eq!(whole.status, 201, "{:?}: {whole:?}", stand.kind);
    });
}

/// While the counter is down a reader gets a page of the site that says so, in each language, and what else to do.
#[test]
fn while_the_counter_is_down_a_page_of_the_site_says_so() {
    before_each("while_the_counter_is_down_a_page_of_the_site_says_so", "", |mut stand: Stand| {
        stand.counter = None;
        let page = stand.send(&form(&sound()));
        assert_eq!(page.status, 503, "{:?}: {page:?}", stand.kind);
        let html = page.text();
        assert!(
            html.contains("リクエストを受け付けることができません") && html.contains("cannot be taken"),
            "{:?}: {html}",
            stand.kind
        );
        assert!(html.contains("契約書に記載された連絡先") && html.contains("the contact in your agreement"), "{html}");
        assert!(page.header("content-security-policy").is_some(), "{:?}: {page:?}", stand.kind);
        assert_eq!(page.header("cache-control"), Some("no-cache"), "{:?}: {page:?}", stand.kind);
        let style = html.split("href=\"").find_map(|part| part.split('"').next().filter(|at| at.ends_with(".css"))).unwrap();
        assert_eq!(stand.get(style).status, 200, "its look does not depend on where it is shown");
        assert_eq!(stand.get("/ja/").status, 200, "the site stays");
    });
}

/// The key of a status page is a secret, and what an address fills in is the requester's own.
#[test]
fn what_stands_behind_the_question_mark_is_in_no_log_of_the_proxy() {
    before_each("what_stands_behind_the_question_mark_is_in_no_log_of_the_proxy", "", |mut stand| {
        assert_eq!(stand.get("/requests/service-request?company=canary&locale=en").status, 200);
        assert_eq!(stand.get("/requests/status/SR-04HM-ASW9-NF6Y-Y07Z?key=canary").status, 404);
        assert_eq!(
            stand.send(&Request::new("GET", "/ja/nothing/?q=canary").header("Referer", "https://x/?key=canary")).status,
            404
        );
        assert!(!stand.log().contains("canary"));
        // While nobody answers, proxies write what they could not pass on.
        stand.counter = None;
        assert_eq!(stand.get("/requests/status/SR-04HM-ASW9-NF6Y-Y07Z?key=canary").status, 503);
        assert_eq!(stand.get("/requests/service-request?company=canary&locale=en").status, 503);
        let file = |name: &str| std::fs::read_to_string(stand.folder.path().join(name)).unwrap_or_default();
        let (access, errors) = (file("access.log"), file("error.log") + &stand.proxy.said());
        assert_eq!(access.contains("/requests/status/"), stand.kind == Proxy::Nginx, "{access}");
        assert!(!access.contains("canary") && !errors.contains("canary"), "{:?}: {access}\n{errors}", stand.kind);
    });
}
