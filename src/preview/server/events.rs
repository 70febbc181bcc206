//! The stream of revisions: what there is at once, then each as it comes. Whoever was away learns from the first what has changed.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_core::Stream;
use tokio::sync::mpsc;

use super::Desk;
use crate::preview::reload::Revision;
use crate::task;

/// The time between two signs of life on a quiet stream.
const LIFE: Duration = Duration::from_secs(15);

pub(super) struct Events(mpsc::Receiver<Event>);

impl Stream for Events {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}

pub(super) async fn events(State(desk): State<Arc<Desk>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (sender, receiver) = mpsc::channel(1);
    task::spawn(async move {
        let shared = &desk.server.shared;
        let mut revisions = shared.revisions();
        loop {
            // A slow reader gets the newest revision, not all of them.
            let revision = *revisions.borrow_and_update();
            if sender.send(event(revision, &shared.session)).await.is_err() {
                return;
            }
            tokio::select! {
                changed = revisions.changed() => if changed.is_err() { return },
                () = sender.closed() => return,
            }
        }
    });
    Sse::new(Events(receiver)).keep_alive(KeepAlive::new().interval(LIFE))
}

fn event(revision: Revision, session: &str) -> Event {
    let Revision { number, errors, warnings } = revision;
    let data = serde_json::json!({ "revision": number, "errors": errors, "warnings": warnings, "session": session });
    Event::default().event("revision").id(number.to_string()).data(data.to_string())
}
