use std::collections::BTreeMap;
use std::path::Path;

use axum::body::{Body, HttpBody};
use axum::http::{Request, StatusCode};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::*;
use crate::config::{self, Environment};

const SITE: &str = r#"
[site]
title = { ja = "案内", en = "Guidance" }
source_locale = "en"
locales = ["ja", "en"]
[form.service-request]
spec = "content/forms/service-request.toml"
[intake]
store = "postgres://nobody@192.0.2.1/nothing"
smtp = "smtps://mail.example.com"
public_url = "https://docs.example.com/requests/"
"#;

fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let forms = folder.path().join("content/forms");
    std::fs::create_dir_all(&forms).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/forms/service-request.toml");
    std::fs::copy(shipped, forms.join("service-request.toml")).unwrap();
    std::fs::write(folder.path().join("madoguchi.toml"), SITE).unwrap();
    folder
}

async fn mounted(folder: &Path) -> Mounted {
    let config = config::load(folder, &Environment::default(), |_| Vec::new()).unwrap();
    let config = trial(&config, &WebAddress::parse("http://127.0.0.1:8000/").unwrap()).unwrap();
    prepare_trial(&config).await.unwrap().start()
}

async fn ask(counter: &Mounted, request: Request<Body>) -> (StatusCode, String) {
    let response = TowerToHyperService::new(counter.router()).call(request).await.unwrap();
    let (status, mut body) = (response.status(), std::pin::pin!(response.into_body()));
    let mut bytes = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
        bytes.extend_from_slice(frame.unwrap().data_ref().unwrap());
    }
    (status, String::from_utf8(bytes).unwrap())
}

async fn post(counter: &Mounted) -> (StatusCode, String) {
    let ask_token = Request::get("/requests/service-request/token").body(Body::empty()).unwrap();
    let token: serde_json::Value = serde_json::from_str(&ask(counter, ask_token).await.1).unwrap();
    let fields = BTreeMap::from([
        ("token", token["token"].as_str().unwrap()),
        ("requester_name", "山田 太郎"),
        ("company", "株式会社サンプル"),
        ("email", "taro@example.co.jp"),
        ("service", "partner-center"),
        ("severity", "b"),
        ("title", "題"),
        ("description", "一行目"),
        ("preferred_language", "ja"),
        ("consent", "yes"),
    ]);
    let request = Request::post("/requests/service-request")
        .header("Content-Type", "application/json")
        .header("Origin", "http://127.0.0.1:8000")
        .header("Sec-Fetch-Site", "same-origin");
    ask(counter, request.body(Body::from(serde_json::to_vec(&fields).unwrap())).unwrap()).await
}

/// How many mails lie in the folder, once there are so many or five seconds have passed.
async fn mails(folder: &Path, most: usize) -> usize {
    let count = || {
        let entries = std::fs::read_dir(folder.join("var/mail")).map(|entries| {
            entries.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "eml")).count()
        });
        entries.unwrap_or_default()
    };
    for _ in 0..100 {
        if count() >= most {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_can_be_tried_out_without_a_socket_and_mail_goes_to_files() {
    let folder = site();
    let counter = mounted(folder.path()).await;
    let (status, answer) = post(&counter).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    assert!(answer.contains("http://127.0.0.1:8000/requests/status/SR-"), "{answer}");
    assert_eq!(mails(folder.path(), 2).await, 2);
    assert_eq!(post(&counter).await.0, StatusCode::CREATED);
    assert_eq!(mails(folder.path(), 4).await, 4, "the same person gets a confirmation again: somebody looks at it");
    assert!(folder.path().join("var/preview.db").is_file());
    counter.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_preview_of_a_site_has_a_store_of_its_own_and_a_stopped_one_leaves_it() {
    let folder = site();
    let (one, two) = (mounted(folder.path()).await, mounted(folder.path()).await);
    assert!(one.store().description().ends_with("preview.db") && two.store().description().ends_with("preview-2.db"));
    assert_eq!(post(&two).await.0, StatusCode::CREATED);
    one.stop().await;
    let next = mounted(folder.path()).await;
    assert!(next.store().description().ends_with("preview.db"));
    next.stop().await;
    two.stop().await;
}
