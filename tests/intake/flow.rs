//! The ways of a request: without script, with it, and again.

use crate::support::{Counter, Request, Setup, percent, send, sound, with};

const FORM: &str = "/requests/service-request";

fn pairs(owned: &[(String, String)]) -> Vec<(&str, &str)> {
    owned.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn without_script_a_request_is_reviewed_confirmed_and_receipted() {
    let counter = Counter::start();
    let fields = with(&sound(), &[("locale", "ja"), ("page", "/ja/x/"), ("submission_id", ""), ("token", ""), ("website", "")]);
    let review = counter.post_form(FORM, &fields);
    assert_eq!(review.status, 200, "{}", review.text());
    let html = review.text();
    assert!(html.contains("<html lang=\"ja\"") && html.contains("入力内容の確認"), "{html}");
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script>alert"), "values are escaped");
    assert_eq!(counter.rows(), 0, "a review stores nothing");
    let hidden = review.hidden();
    let confirm = counter.post_form(FORM, &with(&pairs(&hidden), &[("step", "confirm")]));
    assert_eq!(confirm.status, 303, "{}", confirm.text());
    let status = confirm.header("location").unwrap().to_owned();
    let receipt = counter.get(&status[status.find("/requests/").unwrap()..]);
    assert_eq!(receipt.status, 200);
    let text = receipt.text();
    assert!(text.contains("SR-") && text.contains("担当者からご連絡します。") && text.contains("lang=\"ja\""), "{text}");
    assert!(!text.contains("山田") && !text.contains("仮想マシン"), "nothing of the request is shown");
    assert_eq!(receipt.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(counter.rows(), 1);
    let answers: serde_json::Value = serde_json::from_str(&counter.column("SELECT answers FROM requests")).unwrap();
    assert_eq!(answers["description"], "一行目\n二行目 <script>alert(1)</script>");
    assert_eq!((answers["_locale"].as_str(), answers["_page"].as_str()), (Some("ja"), Some("/ja/x/")));
    // The same page sent again, as after the back button or a double click.
    let again = counter.post_form(FORM, &with(&pairs(&hidden), &[("step", "confirm")]));
    assert_eq!((again.status, again.header("location")), (303, Some(status.as_str())));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(counter.rows(), 1);
}

#[test]
fn a_way_back_from_the_review_keeps_everything() {
    let counter = Counter::start();
    let review = counter.post_form(FORM, &with(&sound(), &[("locale", "en")]));
    let edit = counter.post_form(FORM, &with(&pairs(&review.hidden()), &[("step", "edit")]));
    assert_eq!(edit.status, 200);
    let html = edit.text();
    for (_, value) in sound().iter().filter(|(_, value)| value.len() > 3 && !value.contains('\n')) {
        assert!(html.contains(value), "{value}\n{html}");
    }
    assert!(html.contains("lang=\"en\""));
}

#[test]
fn a_bad_field_keeps_the_text_and_leads_to_the_field() {
    let counter = Counter::start();
    let reply =
        counter.post_form(FORM, &with(&sound(), &[("email", "山田@"), ("title", ""), ("locale", "ja"), ("severity", "a")]));
    assert_eq!(reply.status, 422);
    let html = reply.text();
    assert!(html.contains("山田@") && html.contains("仮想") || html.contains("一行目"), "{html}");
    assert!(html.contains("href=\"#md-form-service-request-email\""), "{html}");
    assert!(html.contains("name@example.com"), "{html}");
    assert_eq!(reply.header("referrer-policy"), Some("strict-origin-when-cross-origin"));
}

#[test]
fn answers_of_a_review_that_were_changed_are_reviewed_again() {
    let counter = Counter::start();
    let review = counter.post_form(FORM, &sound());
    let hidden = review.hidden();
    let changed = counter.post_form(FORM, &with(&pairs(&hidden), &[("step", "confirm"), ("title", "別の件名")]));
    assert_eq!(changed.status, 422);
    assert!(changed.text().contains("別の件名") && counter.rows() == 0);
    let again = counter.post_form(FORM, &with(&pairs(&changed.hidden()), &[("step", "confirm")]));
    assert_eq!(again.status, 303, "the fresh token counts");
}

#[test]
fn json_gets_a_reference_and_a_repeat_gets_the_same() {
    let counter = Counter::start();
    let token = counter.token("service-request");
    let fields = with(&sound(), &[("token", &token)]);
    let request = Request::json(FORM, &fields).header("Idempotency-Key", "\"8e03978e-40d5-43e8-bc93-6894a57f9324\"");
    let first = send(counter.address, &request);
    assert_eq!(first.status, 201, "{}", first.text());
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert_eq!(first.header("cache-control"), Some("no-store"));
    assert!(first.json()["reference"].as_str().unwrap().starts_with("SR-"));
    assert!(first.json()["status"].as_str().unwrap().contains("/requests/status/SR-"));
    let again = send(counter.address, &request);
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), (None, Some("true")));
    let form =
        with(&sound(), &[("submission_id", "8e03978e-40d5-43e8-bc93-6894a57f9324"), ("step", "confirm"), ("locale", "en")]);
    assert_eq!(counter.post_form(FORM, &form).status, 303, "a repeat by the page without script");
    let reused = Request::json(FORM, &with(&fields, &[("title", "another")]))
        .header("Idempotency-Key", "8e03978e-40d5-43e8-bc93-6894a57f9324");
    let reused = send(counter.address, &reused);
    assert_eq!((reused.status, reused.code().as_str()), (422, "key_reused"));
    assert!(!reused.json()["token"].as_str().unwrap().is_empty(), "a fresh token comes with it");
    assert_eq!(counter.rows(), 1);
}

#[test]
fn two_keys_that_differ_are_refused_and_two_that_agree_are_one() {
    let counter = Counter::start();
    let token = counter.token("service-request");
    let request = |field: &str| {
        let fields = with(&sound(), &[("token", &token), ("submission_id", field)]);
        send(counter.address, &Request::json(FORM, &fields).header("Idempotency-Key", "a"))
    };
    assert_eq!((request("b").status, request("b").code().as_str()), (400, "keys_differ"));
    assert_eq!(request("a").status, 201);
    let bad = send(counter.address, &Request::json(FORM, &sound()).header("Idempotency-Key", "a b"));
    assert_eq!((bad.status, bad.code().as_str()), (400, "bad_key"));
}

#[test]
fn without_a_key_the_token_is_the_key() {
    let counter = Counter::start();
    let fields = sound();
    let token = counter.token("service-request");
    let fields = with(&fields, &[("token", &token)]);
    let (first, again) = (counter.post_json(FORM, &fields), counter.post_json(FORM, &fields));
    assert_eq!((first.status, &first.body), (201, &again.body));
    assert_eq!((again.header("idempotency-replayed"), counter.rows()), (Some("true"), 1));
}

#[test]
fn a_thousand_equal_posts_at_once_are_one_request() {
    let guard = "per_minute = 0\nconnections_per_client = 5000\nconnections = 6000\nin_flight = 2000".to_owned();
    let counter = Counter::with(Setup { guard, ..Setup::default() });
    let token = counter.token("service-request");
    let request = Request::json(FORM, &with(&sound(), &[("token", &token)])).header("Idempotency-Key", "one");
    let bytes = request.bytes();
    let replies: Vec<_> = std::thread::scope(|scope| {
        let posts: Vec<_> = (0..1000).map(|_| scope.spawn(|| crate::support::raw(counter.address, &bytes))).collect();
        posts.into_iter().map(|post| post.join().unwrap()).collect()
    });
    assert!(replies.iter().all(|reply| reply.status == 201), "{:?}", replies.iter().find(|reply| reply.status != 201));
    assert!(replies.iter().all(|reply| reply.body == replies[0].body));
    let new = replies.iter().filter(|reply| reply.header("idempotency-replayed").is_none()).count();
    assert_eq!((new, counter.rows()), (1, 1));
}

#[test]
fn errors_come_in_the_readers_language_with_stable_codes() {
    let counter = Counter::start();
    let fields = with(&sound(), &[("email", "x"), ("title", ""), ("nonsense", "1"), ("locale", "ja")]);
    let reply = counter.post_json(FORM, &fields);
    assert_eq!((reply.status, reply.header("content-type")), (422, Some("application/problem+json")));
    let json = reply.json();
    assert_eq!(json["code"], "invalid_fields");
    let found: Vec<_> =
        json["errors"].as_array().unwrap().iter().map(|e| (e["field"].as_str().unwrap(), e["code"].as_str().unwrap())).collect();
    assert_eq!(found, [("email", "bad_email"), ("title", "missing"), ("nonsense", "unknown_field")]);
    assert!(json["errors"][0]["message"].as_str().unwrap().contains("メール"), "{json}");
    let english =
        send(counter.address, &Request::json(FORM, &with(&fields, &[("locale", "")])).header("Accept-Language", "en-GB"));
    assert!(english.json()["errors"][0]["message"].as_str().unwrap().contains("email"), "{english:?}");
}

#[test]
fn the_form_is_a_page_and_an_address_may_fill_it_in() {
    let counter = Counter::start();
    let reply = counter.get(&format!("{FORM}?company={}&requester_name=x&nonsense=1&locale=en", percent("会社 <b>")));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let html = reply.text();
    assert!(html.contains("value=\"会社 &lt;b&gt;\"") && !html.contains("value=\"x\""), "{html}");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert!(reply.header("content-security-policy").unwrap().starts_with("default-src 'none';"));
    let style = html.split("<link rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let asset = counter.get(&style[style.find("/requests/").unwrap()..]);
    assert_eq!((asset.status, asset.header("content-type")), (200, Some("text/css; charset=utf-8")));
    assert!(asset.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(counter.get("/requests/assets/site.css").status, 404);
    assert_eq!(counter.get("/requests/assets/..%2f..%2fmadoguchi.toml").status, 404);
}

#[test]
fn a_status_page_opens_with_its_key_only() {
    let counter = Counter::start();
    let token = counter.token("service-request");
    let taken = counter.post_json(FORM, &with(&sound(), &[("token", &token)])).json();
    let reference = taken["reference"].as_str().unwrap();
    let unknown = counter.get("/requests/status/SR-0000-0000-0000-0000?key=00000000000000000000000000000000");
    let wrong = counter.get(&format!("/requests/status/{reference}?key=00000000000000000000000000000000"));
    assert_eq!((unknown.status, wrong.status), (404, 404));
    assert_eq!(unknown.body, wrong.body, "nobody learns which references exist");
    for path in [format!("/requests/status/{reference}"), "/requests/status/x?key=%FF".into()] {
        assert_eq!(counter.get(&path).status, 404, "{path}");
    }
    // A store that cannot be read has taken the request all the same.
    let status = taken["status"].as_str().unwrap();
    let status = &status[status.find("/requests/").unwrap()..];
    rusqlite::Connection::open(counter.database()).unwrap().execute_batch("ALTER TABLE requests RENAME TO away").unwrap();
    // Nor can it say then whether what comes with a token that is none was taken before.
    let again = counter.post_json(FORM, &with(&sound(), &[("token", "none"), ("submission_id", "one")]));
    assert_eq!((again.status, again.code().as_str()), (503, "uncertain"));
    let hidden = counter.get(status);
    assert_eq!((hidden.status, hidden.header("retry-after")), (503, Some("30")), "{}", hidden.text());
    assert!(
        hidden.text().contains("送信し直す必要はありません") && !hidden.text().contains("受け付けていません"),
        "{}",
        hidden.text()
    );
}

#[test]
fn a_form_without_a_key_field_is_taken_as_well() {
    let counter = Counter::start();
    let token = counter.token("translation-feedback");
    let fields = [("page", "/ja/x/"), ("segment", "abc"), ("suggestion", "訳文の提案"), ("token", token.as_str())];
    let reply = counter.post_json("/requests/translation-feedback", &fields);
    assert_eq!(reply.status, 201, "{}", reply.text());
    let other = counter.post_json(FORM, &with(&sound(), &[("token", &token)]));
    assert_eq!((other.status, other.code().as_str()), (422, "token_invalid"), "a token is of one form");
}
