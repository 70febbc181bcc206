//! Threats that no other file here covers: encodings, names, proxies' headers, old tokens, victims' addresses, a locked store.

use std::time::{Duration, Instant};

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS};

use crate::mailbox::{attached, files, letters, text, wait_until_sent};
use crate::support::{Counter, Reply, Request, Setup, free_port, send, sound, with};

const FORM: &str = "/requests/service-request";
const URLENCODED: &str = "application/x-www-form-urlencoded";
/// Nothing but the limit or the token that a test is about stands in its way.
const OPEN: &str = "token = false\nper_minute = 0\nconnections_per_client = 5000";

fn with_guard(guard: &str) -> Counter {
    Counter::with(Setup { guard: guard.to_owned(), ..Setup::default() })
}

/// A form's fields in another encoding, as a browser sends a page that was saved in it.
fn encoded(fields: &[(&str, &str)], encoding: &'static Encoding) -> Request {
    let percent = |bytes: &[u8]| bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", percent(&encoding.encode(value).0))).collect();
    Request::new("POST", FORM).header("Content-Type", URLENCODED).body(pairs.join("&"))
}

#[test]
fn a_page_in_shift_jis_is_taken_as_it_was_typed_and_others_are_refused() {
    let counter = with_guard(OPEN);
    assert!(counter.get(FORM).text().contains("accept-charset=\"UTF-8\""), "the page asks for UTF-8");
    let name = "髙﨑㈱①～ﾊﾟ";
    let fields = |charset| with(&sound(), &[("requester_name", name), ("step", "confirm"), ("_charset_", charset)]);
    let taken = send(counter.address, &encoded(&fields("Shift_JIS"), SHIFT_JIS));
    assert_eq!(taken.status, 303, "{}", taken.text());
    wait_until_sent(&counter);
    let letter = &letters(&counter)[0];
    assert_eq!(attached(&letter.bytes)["answers"]["requester_name"], name);
    assert!(text(&letter.bytes).contains(name));
    for (charset, encoding) in [("EUC-JP", EUC_JP), ("ISO-2022-JP", ISO_2022_JP), ("UTF-8", SHIFT_JIS), ("", EUC_JP)] {
        let reply = send(counter.address, &encoded(&fields(charset), encoding));
        assert_eq!(reply.status, 400, "{charset}: {}", reply.text());
        assert!(reply.text().contains("UTF-8") && reply.text().contains("03-0000-0000"), "{}", reply.text());
    }
    assert_eq!(counter.rows(), 1);
}

#[test]
fn what_cannot_be_seen_and_whom_an_address_means_is_written_out_for_the_desk() {
    let counter = with_guard(OPEN);
    let hidden = "invoice\u{202E}fdp.exe \u{2067}x \u{E0041}\u{E0042} \u{1b}[31m";
    let fields = with(&sound(), &[("description", hidden), ("email", "taro@exаmple.jp"), ("customer_tenant", "日本.example")]);
    let reply = counter.post_json(FORM, &fields);
    assert_eq!(reply.status, 201, "{}", reply.text());
    wait_until_sent(&counter);
    let desk = &letters(&counter)[0];
    let shown = text(&desk.bytes);
    assert!(shown.contains("invoice<U+202E>fdp.exe <U+2067>x <U+E0041><U+E0042> ␛[31m"), "{shown}");
    assert!(shown.contains("xn--exmple-4nf.jp") && shown.contains("xn--wgv71a.example"), "{shown}");
    assert!(shown.contains("letters of different scripts") && shown.contains("exаmple (а <U+0430>)\n"), "{shown}");
    assert_eq!(shown.matches("<U+0430>").count(), 1, "Japanese with Latin is as it should be: {shown}");
    assert_eq!(attached(&desk.bytes)["answers"]["description"], hidden, "the file has it as it was typed");
}

#[test]
fn names_stand_once_in_a_form_too() {
    let counter = with_guard(OPEN);
    let post = |more: &str| {
        let mut request = Request::form(FORM, &sound());
        request.body.extend(more.as_bytes());
        send(counter.address, &request)
    };
    assert_eq!(post("").status, 200);
    // A browser's own fields and those of the page are no surprise.
    assert_eq!(post("&_charset_=UTF-8&website=&page=%2Fja%2F&locale=ja&token=&pow=&submission_id=").status, 200);
    for more in ["&title=b", "&title%5B%5D=b", "&Title=b", "&nonsense=1", "&page=a&page=b", "&utm_source=x"] {
        let reply = post(more);
        assert_eq!(reply.status, 422, "{more}");
        assert!(reply.text().contains("仮想マシンが起動しません"), "{more}: the text is kept");
    }
}

#[test]
fn files_are_not_taken_in_any_shape() {
    let counter = with_guard(OPEN);
    let part = "--x\r\nContent-Disposition: form-data; name=\"title\"; filename=\"../../etc/passwd\"\r\n\r\nMZ\r\n";
    let headers = [
        "multipart/form-data; boundary=x",
        "multipart/form-data; boundary=",
        "multipart/form-data",
        "multipart/mixed; boundary=x",
    ];
    for media in headers {
        for body in [part.repeat(1000) + "--x--", part.to_owned(), String::new()] {
            let reply = send(counter.address, &Request::new("POST", FORM).header("Content-Type", media).body(body));
            assert_eq!((reply.status, reply.code().as_str()), (415, "unsupported_media_type"), "{media}");
        }
    }
    assert_eq!(counter.rows(), 0);
}

#[test]
fn no_header_makes_one_client_many() {
    let guard = "per_minute = 3\nconnections_per_client = 5000".to_owned();
    let counter = Counter::with(Setup { guard, intake: "trusted_proxies = [\"127.0.0.1\"]".into(), ..Setup::default() });
    let chain = (0..1000).map(|n| format!("203.0.113.{}", n % 250)).collect::<Vec<_>>().join(", ");
    let long = format!("{chain}, 198.51.100.1");
    let attempts: [&[(&str, &str)]; 8] = [
        &[("X-Forwarded-For", "198.51.100.1")],
        &[("X-Forwarded-For", "203.0.113.1, 198.51.100.1")],
        &[("X-Forwarded-For", "203.0.113.2"), ("X-Forwarded-For", "198.51.100.1")],
        &[("X-Forwarded-For", "198.51.100.1"), ("Forwarded", "for=203.0.113.3")],
        &[("X-Forwarded-For", "198.51.100.1"), ("X-Real-IP", "203.0.113.4")],
        &[("X-Forwarded-For", "198.51.100.1"), ("CF-Connecting-IP", "203.0.113.5"), ("True-Client-IP", "203.0.113.6")],
        &[("X-Forwarded-For", &long)],
        &[("X-Forwarded-For", "::ffff:198.51.100.1")],
    ];
    let post = |headers: &[(&str, &str)]| {
        let base = Request::json(FORM, &[]);
        send(counter.address, &headers.iter().fold(base, |request, (name, value)| request.header(name, value))).status
    };
    assert_eq!(attempts.map(post), [422, 422, 422, 429, 429, 429, 429, 429]);
}

const SECRET: &str = "a secret of the test, long enough for the counter";

/// The token that the counter would have issued so many hours before this fresh one.
fn aged(fresh: &str, hours: i64) -> String {
    let expiry = fresh.split('.').nth(2).unwrap();
    let expires_at = i64::from_str_radix(expiry, 16).unwrap() - hours * 3_600_000;
    let mut mac = blake3::Hasher::new_keyed(&blake3::derive_key("madoguchi 2026-11-24 token of a form", SECRET.as_bytes()));
    for part in [&b"f"[..], &[7; 16], &expires_at.to_le_bytes(), b"service-request"] {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    format!("f.{}.{expires_at:x}.{}", "07".repeat(16), mac.finalize().to_hex())
}

#[test]
fn a_token_is_good_for_a_day_and_then_one_more_click_is_all_it_takes() {
    let variables = vec![("MADOGUCHI_INTAKE_SECRET", SECRET.to_owned())];
    let counter = Counter::with(Setup { variables, ..Setup::default() });
    let fresh = counter.token("service-request");
    let (young, old) = (aged(&fresh, 23), aged(&fresh, 25));
    let with_token = |token: &str| counter.post_json(FORM, &with(&sound(), &[("token", token)]));
    let expired = with_token(&old);
    assert_eq!((expired.status, expired.code().as_str()), (422, "token_expired"), "{}", expired.text());
    assert_eq!(with_token(expired.json()["token"].as_str().unwrap()).status, 201, "a fresh one comes with the refusal");
    assert_eq!(with_token(&young).status, 201, "the test makes tokens as the counter does");
    let page = counter.post_form(FORM, &with(&sound(), &[("token", &old), ("step", "confirm"), ("title", "期限切れ")]));
    assert!(page.status == 422 && page.text().contains("期限切れ"), "the text is kept: {}", page.text());
    let hidden = page.hidden();
    let hidden: Vec<_> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(counter.post_form(FORM, &with(&hidden, &[("step", "confirm")])).status, 303);
    assert_eq!(counter.rows(), 3);
}

#[test]
fn a_thousand_requests_in_a_victims_name_are_one_confirmation() {
    let counter = with_guard(OPEN);
    let count = if std::env::var_os("TEST_LONG").is_some() { 1000 } else { 200 };
    let forms = ["victim@example.com", "Victim@Example.COM", "victim+{}@example.com", "ｖｉｃｔｉｍ@example.com"];
    for n in 0..count {
        let email = forms[n % forms.len()].replace("{}", &n.to_string());
        assert_eq!(counter.post_json(FORM, &with(&sound(), &[("email", &email)])).status, 201);
    }
    let sent = "SELECT count(*) FROM deliveries WHERE purpose = 'confirmation'";
    assert_eq!((counter.rows(), counter.column(sent).as_str()), (count, "1"), "all are taken, one is confirmed");
}

#[test]
fn thirty_confirmations_an_hour_go_out_and_then_there_is_an_alarm() {
    let admin = free_port();
    let intake = format!("admin_listen = \"127.0.0.1:{admin}\"");
    let counter = Counter::with(Setup { guard: OPEN.to_owned(), intake, ..Setup::default() });
    for n in 0..40 {
        let email = format!("victim{n}@example.com");
        assert_eq!(counter.post_json(FORM, &with(&sound(), &[("email", &email)])).status, 201);
    }
    wait_until_sent(&counter);
    let count = |ending: &str| files(&counter).keys().filter(|name| name.ends_with(ending)).count();
    assert_eq!((counter.rows(), count(".confirmation.v1.eml"), count(".eml")), (40, 30, 70));
    let alarm = "madoguchi_alarm{alarm=\"confirmations\"} 1.0";
    let until = Instant::now() + Duration::from_secs(30);
    while !send(([127, 0, 0, 1], admin).into(), &Request::new("GET", "/metrics")).text().lines().any(|line| line == alarm) {
        assert!(Instant::now() < until, "no alarm");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(counter.log().contains("\"alarm\":\"confirmations\""), "{}", counter.log());
}

#[test]
fn a_request_without_a_key_that_repeats_another_is_taken_and_the_desk_is_told() {
    let counter = with_guard(OPEN);
    let taken: Vec<String> = ["一", "一", "二"]
        .map(|title| {
            counter.post_json(FORM, &with(&sound(), &[("title", title)])).json()["reference"].as_str().unwrap().to_owned()
        })
        .into();
    let mails: Vec<_> = letters(&counter).into_iter().filter(|letter| letter.purpose == "escalation").collect();
    let [first, second, other] = [&mails[0], &mails[1], &mails[2]];
    assert!(text(&second.bytes).contains("same content") && text(&second.bytes).contains(&taken[0]), "{}", text(&second.bytes));
    assert!(
        [first, other]
            .iter()
            .all(|mail| !text(&mail.bytes).contains("same content") && attached(&mail.bytes)["may_repeat"].is_null())
    );
    assert_eq!(attached(&second.bytes)["may_repeat"], taken[0]);
}

#[test]
fn while_another_process_holds_the_store_requests_are_refused_in_time_and_taken_afterwards() {
    let counter = with_guard(OPEN);
    let other = rusqlite::Connection::open(counter.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    let fields = with(&sound(), &[("submission_id", "one"), ("locale", "en")]);
    let reply = counter.post_json(FORM, &fields);
    let waited = began.elapsed();
    assert_eq!(reply.status, 503, "{}", reply.text());
    // Five seconds, also behind the mail worker, which waits for its own.
    assert!(waited < Duration::from_secs(9) && reply.header("retry-after").is_some(), "{waited:?}");
    assert!(reply.json()["contact"].as_str().unwrap().contains("03-0000-0000"));
    other.execute_batch("ROLLBACK").unwrap();
    // What was found out of the store counts for a second.
    let until = Instant::now() + Duration::from_secs(5);
    while counter.post_json(FORM, &fields).status != 201 {
        assert!(Instant::now() < until, "{}", counter.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(counter.rows(), 1);
}

/// How long an answer took, the shortest of many times.
fn quickest(ask: impl Fn() -> Reply) -> Duration {
    let times = (0..60).map(|_| {
        let began = Instant::now();
        assert_eq!(ask().status, 404);
        began.elapsed()
    });
    times.min().unwrap()
}

#[test]
fn neither_words_nor_time_tell_whether_a_reference_exists() {
    let counter = with_guard(OPEN);
    let taken = counter.post_json(FORM, &sound()).json();
    let reference = taken["reference"].as_str().unwrap();
    let status = |reference: &str| counter.get(&format!("/requests/status/{reference}?key={}", "0".repeat(32)));
    let unknown = "SR-0000-0000-0000-0000";
    let (known, other) = (status(reference), status(unknown));
    let headers = |reply: &Reply| reply.headers.iter().filter(|(name, _)| name != "date").cloned().collect::<Vec<_>>();
    assert_eq!((&known.body, headers(&known)), (&other.body, headers(&other)));
    let (known, other) = (quickest(|| status(reference)), quickest(|| status(unknown)));
    // The store is asked the same question; a difference that shows here would be a way of its own.
    assert!(known.abs_diff(other) < Duration::from_millis(2), "{known:?} {other:?}");
}
