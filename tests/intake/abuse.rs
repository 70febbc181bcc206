//! What stands against abuse: tokens, the honeypot, limits, origins, work.

use std::time::{Duration, Instant};

use sha2::Digest;

use crate::mailbox::{files, letters, requests, said, wait_until_sent};
use crate::support::{Counter, Reply, Request, Setup, free_port, send, sound, with};

const FORM: &str = "/requests/service-request";
/// Limits on connections are off, so that only the limit of requests is met.
const OPEN: &str = "connections_per_client = 5000";

fn code_of(counter: &Counter, fields: &[(&str, &str)]) -> (u16, String) {
    let reply = counter.post_json(FORM, fields);
    (reply.status, if reply.status == 201 { String::new() } else { reply.code() })
}

/// The work that is asked for with a token: SHA-256 with 16 leading zero bits.
fn proof(token: &str) -> String {
    let is_proof = |n: &String| sha2::Sha256::digest(format!("{token}:{n}"))[..2] == [0, 0];
    (0_u32..).map(|n| n.to_string()).find(is_proof).unwrap()
}

#[test]
fn a_token_is_needed_once_for_each_request_and_a_fresh_one_comes_with_the_refusal() {
    let counter = Counter::start();
    let missing = counter.post_json(FORM, &sound());
    assert_eq!((missing.status, missing.code().as_str()), (422, "token_required"));
    let fresh = missing.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(code_of(&counter, &with(&sound(), &[("token", "f.00.1.00")])), (422, "token_invalid".into()));
    let used = with(&sound(), &[("token", &fresh), ("submission_id", "one")]);
    assert_eq!(code_of(&counter, &used), (201, String::new()));
    let stolen = with(&used, &[("submission_id", "two"), ("title", "another")]);
    assert_eq!(code_of(&counter, &stolen), (422, "token_used".into()));
    assert_eq!(counter.rows(), 1);
}

#[test]
fn tokens_and_keys_hold_across_a_restart() {
    let counter = Counter::start();
    let (used, kept) = (counter.token("service-request"), counter.token("service-request"));
    let first = with(&sound(), &[("token", &used), ("submission_id", "one")]);
    let answer = counter.post_json(FORM, &first);
    assert_eq!(answer.status, 201);
    let folder = counter.stop();
    let counter = Counter::at(folder, free_port(), &Setup::default());
    let again = counter.post_json(FORM, &first);
    assert_eq!((again.status, again.json()["reference"].clone()), (201, answer.json()["reference"].clone()));
    assert_eq!(code_of(&counter, &with(&sound(), &[("token", &used), ("submission_id", "two")])), (422, "token_used".into()));
    assert_eq!(code_of(&counter, &with(&sound(), &[("token", &kept), ("submission_id", "two")])), (201, String::new()));
}

#[test]
fn a_request_in_the_trap_is_answered_as_any_other_and_held() {
    let counter = Counter::start();
    let token = counter.token("service-request");
    let reply = counter.post_json(FORM, &with(&sound(), &[("token", &token), ("website", "http://spam.example")]));
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert_eq!(counter.rows(), 1, "nothing is lost");
    let held = "SELECT count(*) FROM deliveries WHERE state = 'held' AND hold = 'honeypot'";
    assert_eq!(counter.column(held), "1");
    // Without script the trap goes through the review as well.
    let review = counter.post_form(FORM, &with(&sound(), &[("website", "x"), ("title", "other")]));
    let hidden = review.hidden();
    let hidden: Vec<_> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(counter.post_form(FORM, &with(&hidden, &[("step", "confirm")])).status, 303);
    assert_eq!(counter.column(held), "2");
}

#[test]
fn what_the_trap_holds_is_told_to_the_operator_and_can_be_sent_after_all() {
    let counter = Counter::start();
    assert!(!counter.log().contains("honeypot"), "{}", counter.log());
    let fields = |token| with(&sound(), &[("token", token), ("website", "http://autofill.example")]);
    let trapped = counter.post_json(FORM, &fields(&counter.token("service-request"))).json();
    // A person whose password manager filled it in sees what everybody sees.
    let status = trapped["status"].as_str().unwrap();
    let page = counter.get(&status[status.find("/requests/").unwrap()..]);
    let reference = trapped["reference"].as_str().unwrap();
    assert!(page.status == 200 && page.text().contains(reference), "{}", page.text());
    let counter = Counter::at(counter.stop(), free_port(), &Setup::default());
    let until = Instant::now() + Duration::from_secs(10);
    while !counter.log().lines().any(|line| line.contains("honeypot") && line.contains("\"held\":1")) {
        assert!(Instant::now() < until, "once a day, from the start on: {}", counter.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    let folder = counter.folder.path();
    let listed = said(&requests(folder, &["list"]));
    assert!(listed.contains(reference) && listed.contains("honeypot"), "{listed}");
    assert!(requests(folder, &["release", reference]).status.success());
    wait_until_sent(&counter);
    assert_eq!((letters(&counter).len(), files(&counter).len()), (1, 1), "to the desk, and no confirmation");
}

#[test]
fn a_token_used_sooner_than_a_person_can_costs_time_or_work_and_no_click() {
    let counter = Counter::with(Setup { guard: format!("per_minute = 0\nhaste_seconds = 2\n{OPEN}"), ..Setup::default() });
    let took = |send: &dyn Fn() -> Reply, status: u16| {
        let began = Instant::now();
        assert_eq!(send().status, status);
        began.elapsed()
    };
    let (token, other) = (counter.token("service-request"), counter.token("service-request"));
    let waited = took(&|| counter.post_json(FORM, &with(&sound(), &[("token", &token)])), 201);
    assert!(waited > Duration::from_millis(1_500), "{waited:?}");
    let old = took(&|| counter.post_json(FORM, &with(&sound(), &[("token", &other), ("title", "another")])), 201);
    let worked = counter.token("service-request");
    let fields = [("token", worked.as_str()), ("pow", &proof(&worked)), ("title", "worked")];
    let worked = took(&|| counter.post_json(FORM, &with(&sound(), &fields)), 201);
    assert!(old.max(worked) < Duration::from_millis(1_000), "a token that is old enough, or worked for: {old:?} {worked:?}");
    let review = counter.post_form(FORM, &with(&sound(), &[("title", "by hand")]));
    let hidden = review.hidden();
    let hidden: Vec<_> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let by_hand = took(&|| counter.post_form(FORM, &with(&hidden, &[("step", "confirm")])), 303);
    assert!(by_hand > Duration::from_millis(1_000), "without script as well: {by_hand:?}");
    assert_eq!(counter.rows(), 4);
}

#[test]
fn a_token_is_for_its_form_and_its_pages() {
    let counter = Counter::with(Setup { intake: "allowed_origins = [\"https://docs.example.com\"]".into(), ..Setup::default() });
    let (ours, other) = (counter.token("service-request"), counter.token("translation-feedback"));
    assert_eq!(code_of(&counter, &with(&sound(), &[("token", &other)])), (422, "token_invalid".into()));
    let from = |origin: &str| {
        let request = Request::json(FORM, &with(&sound(), &[("token", &ours)])).header("Origin", origin);
        send(counter.address, &request)
    };
    assert_eq!(from("https://evil.example").code(), "origin_refused");
    assert_eq!((from("https://docs.example.com").status, counter.rows()), (201, 1), "a refusal has not used it up");
}

#[test]
fn one_client_is_limited_and_others_are_not() {
    let guard = format!("per_minute = 5\n{OPEN}");
    let counter = Counter::with(Setup { guard, intake: "trusted_proxies = [\"127.0.0.0/8\"]".into(), ..Setup::default() });
    let post = |forwarded: &str| send(counter.address, &Request::json(FORM, &[]).header("X-Forwarded-For", forwarded));
    let statuses: Vec<u16> = (0..8).map(|_| post("198.51.100.1").status).collect();
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429, 429, 429]);
    let limited = post("198.51.100.1");
    let wait: u64 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=13).contains(&wait) && limited.code() == "too_many");
    assert_eq!(post("198.51.100.2").status, 422, "another client");
    // What a client writes itself stands left of what the proxy adds.
    for n in 0..5 {
        assert_eq!(post(&format!("203.0.113.{n}, 198.51.100.1")).status, 429);
    }
    for n in 0..6 {
        let expected = if n < 5 { 422 } else { 429 };
        assert_eq!(post(&format!("2001:db8:1:2::{n}")).status, expected, "one /64 is one client");
    }
    let page = Request::form(FORM, &[]).header("X-Forwarded-For", "198.51.100.1").header("Accept-Language", "ja");
    let page = send(counter.address, &page);
    assert!(page.status == 429 && page.text().contains("1分ほど待って") && page.text().contains("03-0000-0000"));
    // The language of the form comes before that of the browser, also where the fields are not looked at.
    let fields: &[(&str, &str)] = &[("locale", "en"), ("title", "件名")];
    for request in [Request::form(FORM, fields), Request::json(FORM, fields)] {
        let request = request.header("X-Forwarded-For", "198.51.100.1").header("Accept-Language", "ja");
        let answer = send(counter.address, &request);
        assert!(answer.status == 429 && answer.text().contains("Please wait a minute"), "{answer:?}");
    }
}

/// A counter behind a proxy that speaks for many clients.
fn behind_a_proxy(per_minute: u32) -> Counter {
    let guard = format!("per_minute = {per_minute}\n{OPEN}");
    Counter::with(Setup { guard, intake: "trusted_proxies = [\"127.0.0.1\"]".into(), ..Setup::default() })
}

#[test]
fn junk_shuts_out_those_who_send_it_and_nobody_else() {
    let counter = behind_a_proxy(5);
    let junk = |client: &str| {
        let request = Request::new("POST", FORM).header("Content-Type", "text/plain").header("X-Forwarded-For", client).body("x");
        send(counter.address, &request).status
    };
    let statuses: Vec<u16> = (0..60).flat_map(|n| [1, 2, 3, 4, 5].map(|m| junk(&format!("2001:db8:aa:{n:x}::{m}")))).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 415).count(), 20, "a /48 sends as much as four clients");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 280);
    // More than all may send, from others: whoever sends a request is not concerned.
    assert!((0..60).flat_map(|n| [n; 5]).all(|n| junk(&format!("203.0.113.{n}")) == 415));
    let token = counter.token("service-request");
    let request = Request::json(FORM, &with(&sound(), &[("token", &token)])).header("X-Forwarded-For", "2001:db8:ab::1");
    assert_eq!(send(counter.address, &request).status, 201);
}

#[test]
fn requests_with_their_tokens_reach_the_limit_of_all_and_a_repeat_is_answered_beyond_it() {
    let counter = behind_a_proxy(1);
    let post = |client: u32, n: u32| {
        let (token, key, email) = (counter.token("service-request"), format!("key-{n}"), format!("a{n}@example.com"));
        let fields = with(&sound(), &[("token", &token), ("submission_id", &key), ("email", &email)]);
        let client = format!("198.18.{}.{}", client / 256, client % 256);
        send(counter.address, &Request::json(FORM, &fields).header("X-Forwarded-For", &client))
    };
    let taken = (0..200).take_while(|n| post(*n, *n).status == 201).count();
    assert!((50..100).contains(&taken), "fifty, and those whose time has come meanwhile: {taken}");
    let over = (200..250).map(|n| post(n, n)).find(|reply| reply.status == 429).unwrap();
    assert_eq!((over.code().as_str(), over.header("retry-after").is_some()), ("too_many", true));
    assert_eq!(post(300, 0).header("idempotency-replayed"), Some("true"), "a repeat is answered all the same");
    // Without a script the text is kept, to be sent again.
    let form = |client: &str, fields: &[(&str, &str)]| {
        send(counter.address, &Request::form(FORM, fields).header("X-Forwarded-For", client))
    };
    let mut confirmed = (0..50).map(|n| {
        let email = format!("b{n}@example.com");
        let review = form(&format!("198.19.1.{n}"), &with(&sound(), &[("email", &email)])).hidden();
        let review: Vec<_> = review.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form(&format!("198.19.2.{n}"), &with(&review, &[("step", "confirm")]))
    });
    let refused = confirmed.find(|reply| reply.status != 303).unwrap();
    assert_eq!(refused.status, 429);
    assert!(refused.text().contains("仮想マシンが起動しません"), "{}", refused.text());
}

#[test]
fn a_header_of_an_untrusted_peer_changes_nothing_and_is_told_once() {
    let guard = format!("per_minute = 3\n{OPEN}");
    let counter = Counter::with(Setup { guard, ..Setup::default() });
    let post = |n: u8| send(counter.address, &Request::json(FORM, &[]).header("X-Forwarded-For", &format!("198.51.100.{n}")));
    let statuses: Vec<u16> = (0..6).map(|n| post(n).status).collect();
    assert_eq!(statuses, [422, 422, 422, 429, 429, 429]);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(counter.log().matches("trusted_proxies").count(), 1, "{}", counter.log());
}

#[test]
fn one_address_is_limited_whoever_sends_it() {
    let guard = format!("token = false\nper_minute = 3\n{OPEN}");
    let counter = Counter::with(Setup { guard, intake: "trusted_proxies = [\"127.0.0.1\"]".into(), ..Setup::default() });
    let post = |n: usize, email: &str| {
        let (title, client) = (format!("title {n}"), format!("198.51.100.{n}"));
        send(
            counter.address,
            &Request::json(FORM, &with(&sound(), &[("title", &title), ("email", email)])).header("X-Forwarded-For", &client),
        )
    };
    let statuses: Vec<u16> = (0..5).map(|n| post(n, ["Victim@example.com", "victim+x@example.com"][n % 2]).status).collect();
    assert_eq!(statuses, [201, 201, 201, 429, 429]);
    assert_eq!(post(9, "other@example.com").status, 201);
}

#[test]
fn only_pages_of_allowed_origins_may_send() {
    let intake = "allowed_origins = [\"https://docs.example.com\"]".to_owned();
    let counter = Counter::with(Setup { intake, ..Setup::default() });
    let own = format!("http://{}", counter.address);
    let post = |headers: &[(&str, &str)]| {
        let base = Request::json(FORM, &[]);
        send(counter.address, &headers.iter().fold(base, |request, (name, value)| request.header(name, value)))
    };
    for origin in ["https://docs.example.com", own.as_str()] {
        let reply = post(&[("Origin", origin), ("Sec-Fetch-Site", "cross-site")]);
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (422, Some(origin)));
        assert!(reply.header("vary").unwrap().contains("origin"));
    }
    assert_eq!(post(&[]).status, 422, "no browser");
    for origin in [
        "https://evil.example",
        "null",
        "https://docs.example.com.evil.example",
        "https://docs.example.com:444",
        "http://docs.example.com",
    ] {
        let reply = post(&[("Origin", origin)]);
        assert_eq!((reply.status, reply.code().as_str()), (403, "origin_refused"), "{origin}");
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
    assert_eq!(post(&[("Sec-Fetch-Site", "cross-site")]).status, 403);
    assert_eq!(post(&[("Origin", "https://docs.example.com"), ("Origin", "https://evil.example")]).status, 400);
    let token = Request::new("GET", &format!("{FORM}/token")).header("Origin", "https://evil.example");
    assert_eq!(send(counter.address, &token).status, 403);
}

#[test]
fn a_preflight_is_answered_for_allowed_origins_only() {
    let counter = Counter::with(Setup { intake: "allowed_origins = [\"https://docs.example.com\"]".into(), ..Setup::default() });
    for path in [FORM.to_owned(), format!("{FORM}/token")] {
        let ask = |origin: &str| {
            let request = Request::new("OPTIONS", &path).header("Origin", origin).header("Access-Control-Request-Method", "POST");
            send(counter.address, &request)
        };
        let yes = ask("https://docs.example.com");
        assert_eq!((yes.status, yes.header("access-control-allow-origin")), (204, Some("https://docs.example.com")));
        assert!(yes.header("access-control-allow-headers").unwrap().contains("idempotency-key"));
        assert_eq!(yes.header("access-control-allow-credentials"), None);
        let no = ask("https://evil.example");
        assert_eq!(
            (no.status, no.header("access-control-allow-origin"), no.header("access-control-allow-headers")),
            (403, None, None)
        );
    }
}

#[test]
fn under_pressure_programs_work_and_people_wait() {
    let guard = format!("per_minute = 0\nproof_of_work = true\n{OPEN}");
    let counter = Counter::with(Setup { guard, ..Setup::default() });
    let issued = counter.get(&format!("{FORM}/token")).json();
    assert_eq!((issued["pow"]["algorithm"].as_str(), issued["pow"]["bits"].as_u64()), (Some("SHA-256"), Some(16)));
    let token = issued["token"].as_str().unwrap();
    assert_eq!(code_of(&counter, &with(&sound(), &[("token", token)])), (422, "pow_required".into()));
    assert_eq!(code_of(&counter, &with(&sound(), &[("token", token), ("pow", &proof(token))])), (201, String::new()));
    let review = counter.post_form(FORM, &with(&sound(), &[("title", "by hand")]));
    let hidden = review.hidden();
    let hidden: Vec<_> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let confirm = with(&hidden, &[("step", "confirm")]);
    let hasty = counter.post_form(FORM, &confirm);
    assert!(hasty.status == 422 && hasty.text().contains("by hand"));
    std::thread::sleep(Duration::from_millis(5_200));
    assert_eq!(counter.post_form(FORM, &confirm).status, 303, "the token of the review has become old enough");
}
