//! Metrics in the text format of Prometheus. Names and labels hold no personal data.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

type Label = [(&'static str, String); 1];
type Counted = Family<Label, Counter>;

/// What needs a person's attention. Each is a metric (`madoguchi_alarm`) and, when it begins, a log line; `content/manual/operating.md` lists
/// all, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// The mail to the desk of some request is not sent for longer than it may be.
    OldestUnsent,
    /// No request can be taken: the disk is below its reserve, or the store cannot be written.
    NotReady,
    /// A delivery is held, and needs a person.
    Held,
    /// No mail flows: [`MailDown`](Self::MailDown) or [`MailFault`](Self::MailFault).
    MailServer,
    /// The mail server cannot be reached.
    MailDown,
    /// The mail server refuses the counter as a whole: authentication, TLS, or it is blocked.
    MailFault,
    /// A mail was refused for good; it is held.
    MailHeld,
    /// Our own code failed on a mail; from the third time on it is held.
    MailPanic,
    /// Confirmations were left out because there were too many.
    Confirmations,
}

impl Alarm {
    const ALL: [Self; 9] = [
        Self::OldestUnsent,
        Self::NotReady,
        Self::Held,
        Self::MailServer,
        Self::MailDown,
        Self::MailFault,
        Self::MailHeld,
        Self::MailPanic,
        Self::Confirmations,
    ];

    /// Its name: the value of the label `alarm`, and of the key `alarm` in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::OldestUnsent => "oldest_unsent",
            Self::NotReady => "not_ready",
            Self::Held => "held",
            Self::MailServer => "mail_server",
            Self::MailDown => "mail_down",
            Self::MailFault => "mail_fault",
            Self::MailHeld => "mail_held",
            Self::MailPanic => "mail_panic",
            Self::Confirmations => "confirmations",
        }
    }
}

/// The metrics that the process counts itself. What the store knows is added as a [`Queue`] when they are asked for.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    accepted: Counted,
    refused: Counted,
    smtp: Family<[(&'static str, &'static str); 2], Counter>,
    connections_refused: Counted,
    /// Open connections.
    pub connections: Gauge,
    /// Connections that ended because no whole head of a request came in time, idle ones among them.
    pub connections_timed_out: Counter,
    /// Requests that were answered from the store because they came again.
    pub replayed: Counter,
    /// Requests that the honeypot holds.
    pub honeypot: Counter,
    alarms: [AtomicBool; Alarm::ALL.len()],
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("madoguchi");
        let metrics = Self {
            accepted: Family::default(),
            refused: Family::default(),
            smtp: Family::default(),
            connections_refused: Family::default(),
            connections: Gauge::default(),
            connections_timed_out: Counter::default(),
            replayed: Counter::default(),
            honeypot: Counter::default(),
            alarms: Default::default(),
            registry: Registry::default(),
        };
        registry.register("requests_accepted", "Requests taken, by form", metrics.accepted.clone());
        registry.register("requests_refused", "Requests not taken, by the code of the answer", metrics.refused.clone());
        registry.register("requests_replayed", "Repeats that were answered from the store", metrics.replayed.clone());
        registry.register("requests_honeypot", "Requests that the honeypot holds", metrics.honeypot.clone());
        registry.register("smtp_tries", "Tries to send a mail, by phase of the dialogue and outcome", metrics.smtp.clone());
        registry.register("connections", "Open connections", metrics.connections.clone());
        registry.register("connections_refused", "Connections closed at once, by reason", metrics.connections_refused.clone());
        let timed_out = "Connections ended because no whole head of a request came in time, idle ones among them";
        registry.register("connections_timed_out", timed_out, metrics.connections_timed_out.clone());
        Self { registry, ..metrics }
    }
}

impl Metrics {
    /// A request of this form was taken.
    pub fn accepted(&self, form: &str) {
        self.accepted.get_or_create(&[("form", form.to_owned())]).inc();
    }

    /// A request was not taken; the code is that of the answer.
    pub fn refused(&self, code: &'static str) {
        self.refused.get_or_create(&[("code", code.to_owned())]).inc();
    }

    /// So many tries to send a mail have ended since the start at this phase of the dialogue, in this way.
    pub fn smtp(&self, phase: &'static str, ending: &'static str, tries: u64) {
        let counter = self.smtp.get_or_create(&[("phase", phase), ("outcome", ending)]);
        counter.inc_by(tries.saturating_sub(counter.get()));
    }

    /// A connection was closed at once: `client` (too many of one client).
    pub fn connection_refused(&self, reason: &'static str) {
        self.connections_refused.get_or_create(&[("reason", reason.to_owned())]).inc();
    }

    /// Sets or ends an alarm. Whether it has changed.
    pub fn alarm(&self, alarm: Alarm, on: bool) -> bool {
        self.alarms[alarm as usize].swap(on, Ordering::Relaxed) != on
    }

    /// The text for Prometheus (OpenMetrics 1.0).
    ///
    /// # Errors
    /// A metric cannot be written as text.
    pub fn text(&self, queue: Queue) -> Result<String, fmt::Error> {
        let (mut text, mut now) = (String::new(), Registry::with_prefix("madoguchi"));
        let alarms = Alarm::ALL.map(|alarm| (alarm.name(), self.alarms[alarm as usize].load(Ordering::Relaxed)));
        now.register_collector(Box::new(Snapshot { queue, alarms }));
        encode_registry(&mut text, &self.registry)?;
        encode_registry(&mut text, &now)?;
        encode_eof(&mut text)?;
        Ok(text)
    }
}

/// What the store knows at one time.
#[derive(Debug, Default)]
pub struct Queue {
    /// Whether requests can be taken.
    pub ready: bool,
    /// Requests kept.
    pub requests: u64,
    /// Deliveries by the name of their state.
    pub deliveries: Vec<(&'static str, u64)>,
    /// Held deliveries by the name of the reason.
    pub held: Vec<(&'static str, u64)>,
    /// For how many seconds the oldest request waits whose mail to the desk is not sent.
    pub oldest_unsent: f64,
    /// Confirmations left out because of their limits.
    pub confirmations_left_out: u64,
    /// Commits on disk since the start.
    pub commits: u64,
    /// How long commits took, in seconds.
    pub commit_seconds: Tally,
    /// How many requests and records shared a commit.
    pub batch_sizes: Tally,
}

/// A histogram: counts by upper bound, the last one for what is above all bounds.
#[derive(Debug, Default)]
pub struct Tally {
    /// The sum of all values.
    pub sum: f64,
    /// Bounds and counts; the last bound is infinity.
    pub buckets: Vec<(f64, u64)>,
}

#[derive(Debug)]
struct Snapshot {
    queue: Queue,
    alarms: [(&'static str, bool); Alarm::ALL.len()],
}

impl Collector for Snapshot {
    fn encode(&self, mut to: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let queue = &self.queue;
        let alarms = self.alarms.map(|(name, on)| (name, u64::from(on)));
        gauge(&mut to, "ready", "Whether requests can be taken", u64::from(queue.ready))?;
        gauge(&mut to, "requests_kept", "Requests in the store", queue.requests)?;
        gauges(&mut to, "deliveries", "Mails by state", "state", &queue.deliveries)?;
        gauges(&mut to, "deliveries_held", "Mails that need a person, by reason", "reason", &queue.held)?;
        gauges(&mut to, "alarm", "What needs attention", "alarm", &alarms)?;
        ConstGauge::new(queue.oldest_unsent).encode(to.encode_descriptor(
            "oldest_unsent_seconds",
            "Age of the oldest request whose mail to the desk is not sent",
            None,
            MetricType::Gauge,
        )?)?;
        counter(
            &mut to,
            "confirmations_left_out",
            "Confirmations not sent because of their limits",
            queue.confirmations_left_out,
        )?;
        counter(&mut to, "commits", "Commits on disk", queue.commits)?;
        histogram(&mut to, "commit_seconds", "Time of a commit", &queue.commit_seconds)?;
        histogram(&mut to, "commit_batch_size", "Requests and records in a commit", &queue.batch_sizes)
    }
}

fn gauge(to: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
    #[expect(clippy::cast_precision_loss, reason = "metrics are floating point; counts stay far below 2^53")]
    ConstGauge::new(value as f64).encode(to.encode_descriptor(name, help, None, MetricType::Gauge)?)
}

fn gauges(to: &mut DescriptorEncoder<'_>, name: &str, help: &str, label: &str, values: &[(&str, u64)]) -> fmt::Result {
    let mut family = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (value, count) in values {
        #[expect(clippy::cast_precision_loss, reason = "metrics are floating point; counts stay far below 2^53")]
        ConstGauge::new(*count as f64).encode(family.encode_family(&[(label, *value)])?)?;
    }
    Ok(())
}

fn counter(to: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
    ConstCounter::new(value).encode(to.encode_descriptor(name, help, None, MetricType::Counter)?)
}

fn histogram(to: &mut DescriptorEncoder<'_>, name: &str, help: &str, tally: &Tally) -> fmt::Result {
    let mut encoder: MetricEncoder<'_> = to.encode_descriptor(name, help, None, MetricType::Histogram)?;
    let count = tally.buckets.iter().map(|(_, count)| count).sum();
    encoder.encode_histogram::<NoLabelSet>(tally.sum, count, &tally.buckets, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_what_was_counted() {
        let metrics = Metrics::default();
        metrics.accepted("service-request");
        metrics.refused("bad_encoding");
        metrics.smtp("dot", "sent", 2);
        metrics.smtp("dot", "sent", 3);
        assert!(metrics.alarm(Alarm::Held, true) && !metrics.alarm(Alarm::Held, true));
        let commit_seconds = Tally { sum: 0.5, buckets: vec![(0.1, 1), (f64::INFINITY, 2)] };
        let queue =
            Queue { ready: true, deliveries: vec![("queued", 3)], oldest_unsent: 1.5, commit_seconds, ..Queue::default() };
        let text = metrics.text(queue).unwrap();
        for line in [
            "madoguchi_requests_accepted_total{form=\"service-request\"} 1",
            "madoguchi_requests_refused_total{code=\"bad_encoding\"} 1",
            "madoguchi_smtp_tries_total{phase=\"dot\",outcome=\"sent\"} 3",
            "madoguchi_deliveries{state=\"queued\"} 3.0",
            "madoguchi_alarm{alarm=\"held\"} 1.0",
            "madoguchi_alarm{alarm=\"not_ready\"} 0.0",
            "madoguchi_ready 1.0",
            "madoguchi_oldest_unsent_seconds 1.5",
            "madoguchi_commit_seconds_bucket{le=\"0.1\"} 1",
            "madoguchi_commit_seconds_bucket{le=\"+Inf\"} 3",
            "madoguchi_commit_seconds_count 3",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    /// An operator looks an alarm up by its name, wherever it was met.
    #[test]
    fn the_manual_lists_every_alarm_in_both_languages() {
        let names = Alarm::ALL.map(Alarm::name);
        for page in ["operating.md", "operating.ja.md"] {
            let text = std::fs::read_to_string(root().join("content/manual").join(page)).unwrap();
            let rows = text.split("madoguchi_alarm{").nth(1).unwrap().lines().filter_map(|line| line.strip_prefix("| `"));
            let told: Vec<&str> = rows.take(names.len()).filter_map(|row| row.split('`').next()).collect();
            assert_eq!(told, names, "{page}");
        }
    }

    /// A name written anew where it is logged would be no metric, and stand in no list.
    #[test]
    fn the_log_takes_the_names_of_alarms_from_here() {
        let mut folders = vec![root().join("src")];
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                match path.is_dir() {
                    true => folders.push(path),
                    false => {
                        let text = String::from_utf8(std::fs::read(&path).unwrap()).unwrap_or_default();
                        assert!(!text.contains(&format!("alarm = {}", '"')), "{}", path.display());
                    }
                }
            }
        }
    }

    fn root() -> &'static std::path::Path {
        std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
    }
}
