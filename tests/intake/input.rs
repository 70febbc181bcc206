//! What may come in, and what must come of it.

use crate::support::{Counter, Request, raw, send, sound, with};

const FORM: &str = "/requests/service-request";
const URLENCODED: &str = "application/x-www-form-urlencoded";

#[test]
fn no_encoding_but_the_named_one_is_read() {
    let counter = Counter::start();
    let post = |body: &[u8]| send(counter.address, &Request::new("POST", FORM).header("Content-Type", URLENCODED).body(body));
    for body in
        [&b"title=%8ER%93c"[..], b"title=\xb3\xed", b"title=%C0%AF", b"title=%ED%A0%80", b"\xef\xbb\xbftitle=x", b"\xff\xfet\0"]
    {
        let reply = post(body);
        assert_eq!(reply.status, 400, "{body:?}");
        assert!(reply.text().contains("UTF-8"), "{}", reply.text());
    }
    let json =
        |body: &[u8]| send(counter.address, &Request::new("POST", FORM).header("Content-Type", "application/json").body(body));
    for body in [&b"{\"title\":\"\x8er\"}"[..], b"{\"title\":\"\\ud800\"}", b"\xef\xbb\xbf{}", b"{\0\"\0"] {
        let reply = json(body);
        assert_eq!(reply.status, 400, "{body:?}");
        assert!(["bad_encoding", "malformed"].contains(&reply.code().as_str()));
    }
    let review = post(b"title=%8ER%93c&_charset_=Shift_JIS");
    assert!(review.status == 422 && review.text().contains("山田") && !review.text().contains('\u{FFFD}'), "{}", review.text());
}

#[test]
fn line_breaks_and_controls_are_refused_in_every_field_of_one_line() {
    let counter = Counter::start();
    for field in ["requester_name", "company", "email", "title", "customer_name", "phone"] {
        for text in ["a\r\nBcc: x@example.com", "a\nb", "a\0b", "a\u{1b}[31m", "a\u{85}b", "a\u{2028}b", "a\u{202e}b"] {
            let reply = counter.post_json(FORM, &with(&sound(), &[(field, text)]));
            assert_eq!(reply.status, 422, "{field} {text:?}");
            assert_eq!(reply.json()["errors"][0]["code"], "control_char", "{field} {text:?}: {}", reply.text());
        }
    }
}

#[test]
fn sizes_are_bounded() {
    let counter = Counter::start();
    let large = "x".repeat(129 * 1024);
    for request in [Request::form(FORM, &[("title", &large)]), Request::json(FORM, &[("title", &large)])] {
        assert_eq!(send(counter.address, &request).status, 413);
    }
    let declared = Request::json(FORM, &[]).header("Content-Length", "99999999999").body("{");
    assert_eq!(send(counter.address, &declared).status, 413, "before a byte of it is read");
    let chunks = format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    let chunked =
        Request::new("POST", FORM).header("Content-Type", "application/json").header("Transfer-Encoding", "chunked").body(chunks);
    assert_eq!(send(counter.address, &chunked).status, 413);
    let header = Request::new("GET", FORM).header("X-Long", &"x".repeat(100_000));
    assert_eq!(send(counter.address, &header).status, 431);
    for (field, text) in
        [("title", "あ".repeat(3000)), ("token", "t".repeat(60_000)), ("description", format!("a{}", "\u{301}".repeat(50_000)))]
    {
        let reply = counter.post_json(FORM, &with(&sound(), &[(field, &text)]));
        assert_eq!(reply.status, 422, "{field}");
        let code = reply.json()["errors"][0]["code"].as_str().unwrap().to_owned();
        assert!(code == "too_long" || code == "too_large", "{field} {code}");
    }
}

#[test]
fn names_are_those_of_the_form_and_stand_once() {
    let counter = Counter::start();
    let post =
        |body: &str| send(counter.address, &Request::new("POST", FORM).header("Content-Type", "application/json").body(body));
    let codes = |body: &str| {
        let json = post(body).json();
        let errors = json["errors"].as_array().unwrap().clone();
        errors.iter().map(|e| format!("{} {}", e["field"].as_str().unwrap(), e["code"].as_str().unwrap())).collect::<Vec<_>>()
    };
    assert!(codes(r#"{"title":"a","title":"b"}"#).contains(&"title duplicate_field".to_owned()));
    assert!(codes(r#"{"title[]":"a"}"#).contains(&"title[] unknown_field".to_owned()));
    assert!(codes(r#"{"title":["a"]}"#).contains(&"title not_text".to_owned()));
    assert!(codes(r#"{"__proto__":"a"}"#).contains(&"__proto__ unknown_field".to_owned()));
    assert_eq!(post(&"[".repeat(100_000)).status, 400);
    assert_eq!(post("{").status, 400);
    let many = (0..300).map(|n| format!("a{n}=1")).collect::<Vec<_>>().join("&");
    let many = Request::new("POST", FORM).header("Content-Type", URLENCODED).body(many);
    assert_eq!(send(counter.address, &many).status, 400);
}

#[test]
fn whatever_page_an_address_names_the_form_can_be_sent() {
    let counter = Counter::start();
    let hidden = |address: &str| {
        let hidden = counter.get(address).hidden();
        hidden.into_iter().find(|(name, _)| name == "page").unwrap().1
    };
    assert_eq!(hidden(&format!("{FORM}?page=/ja/a")), "/ja/a");
    let long = format!("/{}", "a".repeat(2048));
    for (wrong, address) in [("/a\nb", "/a%0Ab"), ("/a\u{202e}b", "/a%E2%80%AEb"), (long.as_str(), long.as_str())] {
        assert_eq!(hidden(&format!("{FORM}?page={address}")), "", "{address}");
        // It may come from another page, which the reader cannot mend either.
        assert_eq!(counter.post_form(FORM, &with(&sound(), &[("page", wrong)])).status, 200, "{address}");
    }
    // A form that asks for the page shows the field when something is wrong with it.
    let reply = counter.post_form("/requests/translation-feedback", &[("page", "/a\nb"), ("segment", "a"), ("suggestion", "b")]);
    assert!(reply.status == 422 && !reply.hidden().iter().any(|(name, _)| name == "page"), "{}", reply.text());
}

#[test]
fn two_media_types_are_taken() {
    let counter = Counter::start();
    let post = |media: &str| send(counter.address, &Request::new("POST", FORM).header("Content-Type", media).body("{}"));
    for media in ["text/plain", "multipart/form-data; boundary=x", "application/json; charset=shift_jis", "application/xml", ""] {
        let reply = post(media);
        assert_eq!((reply.status, reply.code().as_str()), (415, "unsupported_media_type"), "{media}");
    }
    assert_eq!(post("application/json; charset=UTF-8").status, 422);
    assert_eq!(send(counter.address, &Request::new("POST", FORM).body("{}")).status, 415);
    let zipped =
        Request::new("POST", FORM).header("Content-Type", "application/json").header("Content-Encoding", "gzip").body("{}");
    assert_eq!(send(counter.address, &zipped).status, 415);
}

#[test]
fn what_stands_twice_is_refused() {
    let counter = Counter::start();
    for (name, value) in [
        ("Host", "localhost"),
        ("Origin", "http://127.0.0.1"),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", "a"),
        ("Sec-Fetch-Site", "same-origin"),
    ] {
        let base = Request::new("POST", FORM).header("Content-Type", "application/json").body("{}");
        let base = if name == "Content-Type" { base } else { base.header(name, value) };
        let reply = send(counter.address, &base.header(name, value));
        assert_eq!(reply.status, 400, "{name}: {}", reply.text());
    }
    let host = Request::new("GET", "/healthz").header("Host", "a").header("Host", "b");
    assert_eq!(send(counter.address, &host).status, 400);
}

#[test]
fn nothing_is_smuggled_behind_a_body() {
    let counter = Counter::start();
    let smuggled = "GET /requests/service-request/token HTTP/1.1\r\nHost: x\r\n\r\n";
    let two_lengths = format!(
        "POST {FORM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"
    );
    let differing = format!(
        "POST {FORM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: {}\r\n\r\n{{}}{smuggled}",
        2 + smuggled.len()
    );
    let odd = format!(
        "POST {FORM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: xchunked\r\n\r\n{smuggled}"
    );
    for bytes in [two_lengths, differing, odd] {
        let reply = raw(counter.address, bytes.as_bytes());
        assert!((400..500).contains(&reply.status), "{bytes}\n{reply:?}");
        let answers = reply.text().matches("HTTP/1.1 ").count();
        assert_eq!(answers, 0, "a second request was answered: {}", reply.text());
    }
}

/// What a server may do with a length told in two ways (RFC 9112 §6.3): the chunks count, and the connection ends. hyper does so, and shows
/// the length to nobody; what follows is no request.
#[test]
fn chunks_count_where_a_length_stands_beside_them_and_the_connection_ends() {
    let counter = Counter::start();
    let next = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let post = |length: &str, after: &str, body: &str| {
        let head = format!("POST {FORM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json");
        raw(counter.address, format!("{head}\r\n{length}{after}\r\n{body}{next}").as_bytes())
    };
    let request = || {
        let token = counter.token("service-request");
        String::from_utf8(Request::json(FORM, &with(&sound(), &[("token", &token)])).body).unwrap()
    };
    let chunked = "Transfer-Encoding: chunked\r\n";
    for (first, second) in [("Content-Length: 5\r\n", chunked), (chunked, "Content-Length: 5\r\n")] {
        let json = request();
        let reply = post(first, second, &format!("{:x}\r\n{json}\r\n0\r\n\r\n", json.len()));
        assert_eq!(reply.status, 201, "{}", reply.text());
        assert_eq!(reply.header("connection"), Some("close"));
        assert_eq!(reply.text().matches("HTTP/1.1").count(), 0, "what follows is not answered: {}", reply.text());
    }
    // One length told twice is one length (RFC 9110 §8.6), and what follows is a request.
    let json = request();
    let length = format!("Content-Length: {}\r\n", json.len());
    let reply = post(&length, &length, &json);
    assert_eq!((reply.status, reply.text().matches("HTTP/1.1 200").count()), (201, 1), "{}", reply.text());
    let reply = post(chunked, chunked, "0\r\n\r\n");
    assert_eq!((reply.status, reply.text().matches("HTTP/1.1").count()), (400, 0), "{}", reply.text());
}

#[test]
fn addresses_and_methods_are_those_of_the_design() {
    let counter = Counter::start();
    for path in [
        "/",
        "/requests",
        "/requests/",
        "/requests/nope",
        "/requests/../x",
        "/metrics",
        "/requests/nope/token",
        "/requests/status/",
    ] {
        assert_eq!(counter.get(path).status, 404, "{path}");
    }
    for path in ["/requests/%ff", "/requests/%ff/token", "/requests/status/%ff", "/requests/assets/%E3%81"] {
        let reply = counter.get(path);
        assert_eq!((reply.status, reply.code().as_str()), (404, "not_found"), "{path}");
        let kept = (reply.header("x-content-type-options"), reply.header("cache-control"));
        assert_eq!(kept, (Some("nosniff"), Some("no-store")), "{path}");
    }
    let json = send(counter.address, &Request::json("/requests/nope", &[]));
    assert_eq!((json.status, json.code().as_str()), (404, "unknown_form"));
    for method in ["PUT", "DELETE", "PATCH", "TRACE"] {
        let reply = send(counter.address, &Request::new(method, FORM));
        assert_eq!(reply.status, 405, "{method}");
        assert!(reply.header("allow").is_some_and(|allow| allow.contains("POST")), "{reply:?}");
    }
    assert_eq!(send(counter.address, &Request::new("HEAD", FORM)).status, 200);
    assert_eq!((counter.get("/healthz").status, counter.get("/readyz").status), (200, 200));
    let page = send(counter.address, &Request::new("GET", "/nope").header("Accept", "text/html").header("Accept-Language", "ja"));
    assert!(page.text().contains("lang=\"ja\"") && page.header("content-type").unwrap().starts_with("text/html"));
}

#[test]
fn expectations_and_old_clients_are_served() {
    let counter = Counter::start();
    let old = raw(counter.address, b"GET /healthz HTTP/1.0\r\n\r\n");
    assert_eq!(old.status, 200);
    let expecting = Request::json(FORM, &[]).header("Expect", "100-continue");
    let reply = send(counter.address, &expecting);
    assert!(reply.status == 100 || reply.status == 422, "{reply:?}");
}

#[test]
fn random_japanese_is_stored_as_it_was_typed() {
    let counter = Counter::start();
    let texts =
        ["髙﨑鄧柗", "㈱①Ⅲ ﾊﾟﾅｿﾆｯｸ", "か\u{3099}〜～−－‖￥\\", "𠮷野家で👩‍👩‍👧‍👦", " 前後の空白　", "=cmd|' /C calc'", "\u{FFFD}"];
    for (n, text) in texts.iter().enumerate() {
        let token = counter.token("service-request");
        let fields = with(&sound(), &[("title", text), ("description", text), ("token", &token)]);
        let reply = if n % 2 == 0 {
            counter.post_json(FORM, &fields)
        } else {
            counter.post_form(FORM, &with(&fields, &[("step", "confirm")]))
        };
        assert!(reply.status == 201 || reply.status == 303, "{text}: {}", reply.text());
        let stored = counter.column("SELECT answers FROM requests ORDER BY rowid DESC LIMIT 1");
        let stored: serde_json::Value = serde_json::from_str(&stored).unwrap();
        assert_eq!((stored["title"].as_str(), stored["description"].as_str()), (Some(*text), Some(*text)));
    }
}
