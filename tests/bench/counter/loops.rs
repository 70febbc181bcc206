//! Two ways to offer load: so many clients that wait for their answers, and so many requests a second whatever comes of them.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::client::{Answer, Client, NoAnswer};

/// How long a client of the open loop waits for its answer: more is a fault, whatever the load.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came of the requests of a run.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The references of those that were taken.
    pub(crate) references: Vec<String>,
    /// The answers in which they stand, which are read when nothing is measured any more.
    receipts: Vec<Vec<u8>>,
    /// How long those took that were taken, in milliseconds, ascending.
    pub(crate) taken: Vec<f64>,
    /// Likewise those that were answered `503`.
    pub(crate) refused: Vec<f64>,
    /// By how much the client itself was late with requests, in milliseconds, ascending. Part of the times above.
    pub(crate) late: Vec<f64>,
    /// How many went unanswered because the client itself could not send them for seconds.
    pub(crate) unsent: usize,
    /// Other answers, and errors.
    pub(crate) other: Vec<String>,
    /// How long the run was, in seconds.
    pub(crate) seconds: f64,
}

impl Outcome {
    fn add(&mut self, answer: Result<Answer, NoAnswer>, took: Duration) {
        let millis = took.as_secs_f64() * 1000.0;
        match answer {
            Ok(answer) if answer.status == 201 => {
                self.receipts.push(answer.body);
                self.taken.push(millis);
            }
            Ok(answer) if answer.status == 503 => self.refused.push(millis),
            Ok(answer) => self.other.push(format!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body))),
            Err(NoAnswer::ClientLate) => self.unsent += 1,
            Err(NoAnswer::Fault(error)) => self.other.push(error),
        }
    }

    fn finished(mut self, seconds: f64) -> Self {
        let json = |body: Vec<u8>| serde_json::from_slice::<serde_json::Value>(&body).unwrap_or_default();
        let read = |body| json(body)["reference"].as_str().unwrap_or("no reference").to_owned();
        self.references = std::mem::take(&mut self.receipts).into_iter().map(read).collect();
        self.taken.sort_by(f64::total_cmp);
        self.refused.sort_by(f64::total_cmp);
        self.late.sort_by(f64::total_cmp);
        self.seconds = seconds;
        self
    }

    /// Requests taken a second.
    pub(crate) fn rate(&self) -> f64 {
        self.taken.len() as f64 / self.seconds
    }
}

/// The value below which so many of a hundred lie. Values ascend; of none it is 0.
pub(crate) fn percentile(values: &[f64], percent: f64) -> f64 {
    let at = (values.len() as f64 * percent / 100.0).ceil() as usize;
    values.get(at.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// Clients that each send the next request when the last one is answered, until the time is over or no request is left.
pub(crate) async fn closed(address: SocketAddr, clients: usize, time: Duration, requests: VecDeque<Vec<u8>>) -> Outcome {
    let (requests, outcome) = (Arc::new(Mutex::new(requests)), Arc::new(Mutex::new(Outcome::default())));
    let began = Instant::now();
    let mut lanes = JoinSet::new();
    for _ in 0..clients {
        let (requests, outcome) = (Arc::clone(&requests), Arc::clone(&outcome));
        lanes.spawn(async move {
            let mut client = Client::new(address);
            while began.elapsed() < time {
                let Some(request) = requests.lock().unwrap().pop_front() else { return };
                let asked = Instant::now();
                let answer = client.send(&request).await;
                outcome.lock().unwrap().add(answer, asked.elapsed());
            }
        });
    }
    while lanes.join_next().await.is_some() {}
    let seconds = began.elapsed().as_secs_f64();
    std::mem::take(&mut *outcome.lock().unwrap()).finished(seconds)
}

/// So many requests a second for a time, each at its moment. What was refused may be sent again later: a `503` uses nothing up.
pub(crate) async fn open(address: SocketAddr, per_second: f64, time: Duration, requests: VecDeque<Vec<u8>>) -> Outcome {
    let (requests, outcome) = (Arc::new(Mutex::new(requests)), Arc::new(Mutex::new(Outcome::default())));
    let idle: Arc<Mutex<Vec<Client>>> = Arc::default();
    let mut ticks = interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (began, mut sent, mut lanes) = (Instant::now(), 0.0, JoinSet::new());
    while began.elapsed() < time {
        ticks.tick().await;
        while sent / per_second < began.elapsed().as_secs_f64() {
            let due = began + Duration::from_secs_f64(sent / per_second);
            sent += 1.0;
            let (requests, outcome, idle) = (Arc::clone(&requests), Arc::clone(&outcome), Arc::clone(&idle));
            lanes.spawn(async move {
                let Some(request) = requests.lock().unwrap().pop_front() else {
                    return outcome.lock().unwrap().other.push("no request was left to send".into());
                };
                let waiting = idle.lock().unwrap().pop();
                let mut client = waiting.unwrap_or_else(|| Client::new(address));
                outcome.lock().unwrap().late.push(due.elapsed().as_secs_f64() * 1000.0);
                let answer = timeout(PATIENCE, client.send(&request)).await;
                let answer = answer.unwrap_or_else(|_| Err(NoAnswer::Fault(format!("no answer within {PATIENCE:?}"))));
                if answer.as_ref().is_ok_and(|answer| answer.status == 503) {
                    requests.lock().unwrap().push_back(request);
                }
                outcome.lock().unwrap().add(answer, due.elapsed());
                if client.is_connected() {
                    idle.lock().unwrap().push(client);
                }
            });
        }
        while lanes.try_join_next().is_some() {}
    }
    let seconds = began.elapsed().as_secs_f64();
    while lanes.join_next().await.is_some() {}
    std::mem::take(&mut *outcome.lock().unwrap()).finished(seconds)
}
