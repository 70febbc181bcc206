//! Stores to test, and requests to put into them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use madoguchi::config::StoreConfig;
use madoguchi::intake::ids::Reference;
use madoguchi::intake::outbox::{Accepted, DeliveryState, Letter, Millis, NewRequest, Purpose, UsedToken};
use madoguchi::intake::store::{Options, Store, StoreError};
use madoguchi::redact::Secret;

use super::postgres::Server;

/// When tests begin.
pub(crate) const NOW: Millis = 1_800_000_000_000;
pub(crate) const SECOND: Millis = 1000;
pub(crate) const MINUTE: Millis = 60 * SECOND;
pub(crate) const HOUR: Millis = 60 * MINUTE;
pub(crate) const DAY: Millis = 24 * HOUR;

/// A place for a store, which is empty at first.
pub(crate) struct Place {
    pub(crate) config: StoreConfig,
    /// What is kept while the store is: its folder, or its server.
    _kept: (Option<tempfile::TempDir>, Option<Arc<Server>>),
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("var/requests.db");
        Self { config: StoreConfig::Sqlite(file), _kept: (Some(folder), None) }
    }

    pub(crate) fn postgres() -> Result<Self, String> {
        Server::shared().map(Self::on)
    }

    pub(crate) fn on(server: Arc<Server>) -> Self {
        Self { config: StoreConfig::Postgres(Secret::new(server.database())), _kept: (None, Some(server)) }
    }

    pub(crate) async fn counter(&self) -> Store {
        self.open(Options::counter(NOW, 0)).await.unwrap()
    }

    pub(crate) async fn operator(&self) -> Store {
        self.open(Options::operator(NOW, 0)).await.unwrap()
    }

    pub(crate) async fn open(&self, options: Options) -> Result<Store, StoreError> {
        Store::open(&self.config, options).await
    }
}

/// Runs a test on SQLite and on PostgreSQL.
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
pub(crate) fn on_both(name: &str, test: impl AsyncFn(Place)) {
    run(test(Place::sqlite()));
    match Place::postgres() {
        Ok(place) => run(test(place)),
        Err(why) => println!("SKIPPED: {name} on PostgreSQL: {why}"),
    }
}

/// Accepts so many requests, and returns their references.
pub(crate) async fn fill(store: &Store, count: usize) -> Vec<Reference> {
    let mut references = Vec::new();
    for _ in 0..count {
        let request = request();
        references.push(request.reference.clone());
        assert_eq!(store.accept(request).await, Ok(Accepted::New));
    }
    references
}

/// The state of a request's mail to the desk.
pub(crate) async fn state(store: &Store, reference: &Reference) -> DeliveryState {
    store.show(reference).await.unwrap().unwrap().deliveries[0].state
}

/// A request unlike any other, taken at [`NOW`].
pub(crate) fn request() -> NewRequest {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut random = [7; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    let reference = Reference::from_random(random);
    let mut fingerprint = [0; 32];
    fingerprint[..8].copy_from_slice(&number.to_le_bytes());
    NewRequest {
        status_key: format!("key-{number}"),
        form: "service-request".into(),
        submission_id: Some(format!("submission-{number}")),
        fingerprint,
        token: Some(UsedToken { id: u128::from(number).to_be_bytes(), expires_at: NOW + DAY }),
        received_at: NOW,
        answers: format!(r#"{{"_locale":"ja","requester_name":"山田 {number}","title":"停止"}}"#),
        escalation: letter(&reference, Purpose::Escalation),
        confirmation: None,
        left_out: false,
        hold: None,
        reference,
    }
}

/// As [`request`], with a confirmation to the address of this digest.
pub(crate) fn confirmed(digest: u8) -> NewRequest {
    let request = request();
    let letter = letter(&request.reference, Purpose::Confirmation);
    NewRequest { confirmation: Some((letter, [digest; 32])), ..request }
}

fn letter(reference: &Reference, purpose: Purpose) -> Letter {
    let name = purpose.name();
    Letter {
        purpose,
        mail_from: "guidance@example.com".into(),
        rcpt_to: format!("{name}@example.com"),
        message_id: format!("<{reference}.{name}@example.com>"),
        bytes: format!("Subject: [{reference}]\r\n\r\n本文 of the {name}\r\n").repeat(40).into_bytes(),
    }
}

/// Runs a test on a runtime of its own.
pub(crate) fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(test);
}
