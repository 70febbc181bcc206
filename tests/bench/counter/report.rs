//! What is measured, and how it is told.

use std::io::Write;
use std::time::Duration;

use crate::client;
use crate::loops::{self, Outcome, percentile};
use crate::server::{Disk, Server, Shim, Sink, own_syncs};

/// How much is done.
#[derive(Clone)]
pub(crate) struct Scale {
    /// The parts that are measured; all if empty.
    pub(crate) parts: Vec<String>,
    /// Lines for `[intake.guard]`, to compare other settings than the defaults.
    pub(crate) guard: String,
    starts: usize,
    rounds: usize,
    closed: Duration,
    open: Duration,
}

impl Scale {
    /// What `cargo bench --bench counter -- ARGUMENTS` asks for.
    pub(crate) fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (parts, guard) = (Vec::new(), String::new());
        let mut scale =
            Self { parts, guard, starts: 20, rounds: 5, closed: Duration::from_secs(4), open: Duration::from_secs(10) };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--bench" => {} // Added by `cargo bench`.
                "--short" => {
                    (scale.starts, scale.rounds) = (3, 1);
                    (scale.closed, scale.open) = (Duration::from_millis(500), Duration::from_secs(1));
                }
                "--rounds" => {
                    let rounds = arguments.next().and_then(|number| number.parse().ok());
                    scale.rounds = rounds.ok_or("--rounds needs a number")?;
                }
                "--guard" => scale.guard = arguments.next().ok_or("--guard needs lines of [intake.guard]")?,
                part if PARTS.contains(&part) => scale.parts.push(argument),
                _ => return Err(format!("unknown argument {argument}; the parts are {}", PARTS.join(", "))),
            }
        }
        Ok(scale)
    }

    fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
    }
}

const PARTS: [&str; 5] = ["start", "batches", "usual", "slow", "overload"];

const CLIENTS: usize = 64;
/// The default of the configuration.
const BATCH: u32 = 256;
/// A disk as most servers have one: cloud volumes and drives without a cache that outlives a power cut take 0.5 to 3 ms. The machine's
/// own may answer from its host's memory, and then commits cost hardly more than the work that is done for them.
const USUAL: Disk = Disk::Slow(1);
/// The disk on which commits, not cores, are what is short. On a fast one the client, which has a core or less to itself, cannot
/// offer three times what the counter takes.
const SLOW: Disk = Disk::Slow(4);
/// How often it is measured in a round what the machine's disk takes.
const SYNCS: usize = 100;
/// Requests that are made for a closed run of a second, more than can be taken.
const MOST_PER_SECOND: f64 = 9_000.0;

pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}

/// Everything that is asked for, in turn.
pub(crate) async fn run(scale: &Scale) -> Result<(), String> {
    let mail = Sink::start();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    say(&format!("{cores} cores; load before: {}; mail goes to {}", load(), mail.name()));
    let bench = Bench { scale, mail, shim: Shim::build() };
    if scale.wants("start") {
        bench.starts();
    }
    if scale.wants("batches") {
        bench.batches(Disk::Own).await?;
    }
    if !bench.shim.is_there() {
        say("\nthere is no compiler of C (cc): nothing is measured on a slow disk");
        return Ok(());
    }
    if scale.wants("usual") {
        bench.batches(USUAL).await?;
    }
    if scale.wants("slow") {
        bench.batches(SLOW).await?;
    }
    if scale.wants("overload") {
        bench.overload(SLOW).await?;
    }
    say(&format!("load after: {}", load()));
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    percentile(&values, 50.0)
}

/// One number beside its target.
fn check(what: &str, measured: f64, at_least: bool, target: f64) {
    let met = if at_least { measured >= target } else { measured <= target };
    let (sign, verdict) = (if at_least { "≥" } else { "≤" }, if met { "met" } else { "not met" });
    say(&format!("  {what}: {measured:.1} (target {sign} {target}: {verdict})"));
}

struct Bench<'a> {
    scale: &'a Scale,
    mail: Sink,
    shim: Shim,
}

/// What one closed run gave.
struct Run {
    outcome: Outcome,
    commits: f64,
    syncs: f64,
}

impl Run {
    fn taken(&self) -> f64 {
        self.outcome.taken.len() as f64
    }

    fn told(&self) -> String {
        let at = |percent| percentile(&self.outcome.taken, percent);
        let (commits, syncs) = (self.commits, self.syncs);
        format!(
            "{:.0} a second, p50 {:.1} ms, p99 {:.1} ms, {commits} commits, {syncs} syncs",
            self.outcome.rate(),
            at(50.0),
            at(99.0)
        )
    }
}

impl Bench<'_> {
    fn server(&self, site: tempfile::TempDir, disk: Disk, batch: u32) -> Server {
        Server::start(site, (disk, &self.shim), &format!("batch = {batch}"), &self.scale.guard, &self.mail)
    }

    /// From the start of the process until it takes connections and has said so.
    fn starts(&self) {
        let mut times = Vec::new();
        let mut folder = tempfile::tempdir().unwrap();
        for _ in 0..self.scale.starts {
            let server = self.server(folder, Disk::Own, BATCH);
            times.push(server.started.as_secs_f64() * 1000.0);
            folder = server.counter.stop();
        }
        say(&format!("\nstart, {} times; the first one makes the store", self.scale.starts));
        let (first, longest) = (times[0], times.iter().copied().fold(0.0, f64::max));
        check("median, ms", median(times), false, 200.0);
        say(&format!("  first {first:.1} ms, longest {longest:.1} ms"));
    }

    /// Shared commits against one commit for each request, in turns.
    async fn batches(&self, disk: Disk) -> Result<(), String> {
        let (rounds, seconds) = (self.scale.rounds, self.scale.closed.as_secs_f64());
        say(&format!("\n{CLIENTS} clients on {}, {rounds} rounds of {seconds:.1} s", disk.name()));
        let (mut shared, mut single, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            syncs.extend(own_syncs(SYNCS));
            shared.push(self.closed(disk, BATCH).await?);
            single.push(self.closed(disk, 1).await?);
            let told = |runs: &[Run]| runs.last().map(Run::told).unwrap_or_default();
            say(&format!("  shared: {}\n  single: {}", told(&shared), told(&single)));
        }
        say(&format!("  the machine's disk takes {:.2} ms for an fsync", median(syncs)));
        let of = |runs: &[Run], value: fn(&Run) -> f64| median(runs.iter().map(value).collect());
        let rate = |run: &Run| run.outcome.rate();
        say(&format!("  taken a second: {:.0} shared, {:.0} single", of(&shared, rate), of(&single, rate)));
        let ratios = shared.iter().zip(&single).map(|(shared, single)| rate(shared) / rate(single));
        check("ratio", median(ratios.collect()), true, 4.0);
        check("taken for each commit, by the metrics", of(&shared, |run| run.taken() / run.commits), true, 16.0);
        if self.shim.is_there() {
            check("taken for each fsync or fdatasync", of(&shared, |run| run.taken() / run.syncs), true, 16.0);
        }
        Ok(())
    }

    async fn closed(&self, disk: Disk, batch: u32) -> Result<Run, String> {
        let (server, time) = (self.server(tempfile::tempdir().unwrap(), disk, batch), self.scale.closed);
        let address = server.counter.address;
        let requests = client::requests(address, (MOST_PER_SECOND * time.as_secs_f64()) as usize).await?;
        let (commits, syncs) = (server.commits(), server.syncs());
        let outcome = loops::closed(address, CLIENTS, time, requests).await;
        let (commits, syncs) = (server.commits() - commits, (server.syncs() - syncs) as f64);
        verify(&outcome, server)?;
        Ok(Run { outcome, commits, syncs })
    }

    /// Four fifths of what can be taken, then three times as much as can be taken, in turns.
    async fn overload(&self, disk: Disk) -> Result<(), String> {
        let capacity = self.closed(disk, BATCH).await?.outcome.rate();
        let (rounds, seconds) = (self.scale.rounds, self.scale.open.as_secs_f64());
        say(&format!("\nopen loop on {}, {rounds} rounds of {seconds:.0} s; capacity {capacity:.0} a second", disk.name()));
        let (mut refusals, mut ratios, mut peak, mut references) = (Vec::new(), Vec::new(), 0, 0);
        let mut unsent = 0;
        for _ in 0..rounds {
            let calm = self.offer(disk, 0.8 * capacity).await?;
            let crowd = self.offer(disk, 3.0 * capacity).await?;
            refusals.push(percentile(&crowd.outcome.refused, 99.0));
            ratios.push(percentile(&crowd.outcome.taken, 99.0) / percentile(&calm.outcome.taken, 99.0));
            peak = peak.max(crowd.peak_kib);
            references += calm.outcome.references.len() + crowd.outcome.references.len();
            unsent += calm.outcome.unsent + crowd.outcome.unsent;
            say(&format!("  0.8: {}\n  3:   {}", calm.told(), crowd.told()));
        }
        check("p99 of 503 at 3, ms", median(refusals), false, 250.0);
        check("p99 of those taken at 3, against 0.8", median(ratios), false, 2.0);
        check("most memory, MiB", peak as f64 / 1024.0, false, 128.0);
        say(&format!("  all {references} references are in the store"));
        if unsent > 0 {
            say(&format!(
                "  the machine was too busy: the client itself could not send {unsent} requests for seconds; measure again"
            ));
        }
        Ok(())
    }

    async fn offer(&self, disk: Disk, per_second: f64) -> Result<Offered, String> {
        let server = self.server(tempfile::tempdir().unwrap(), disk, BATCH);
        let (address, time) = (server.counter.address, self.scale.open);
        // As many as are offered, should all be taken: the capacity was measured on the same busy machine.
        let requests = client::requests(address, (per_second * time.as_secs_f64()).ceil() as usize + 1).await?;
        let outcome = loops::open(address, per_second, time, requests).await;
        let peak_kib = server.peak_kib();
        verify(&outcome, server)?;
        Ok(Offered { outcome, peak_kib })
    }
}

/// What one open run gave.
struct Offered {
    outcome: Outcome,
    peak_kib: u64,
}

impl Offered {
    fn told(&self) -> String {
        let (taken, refused, late) = (&self.outcome.taken, &self.outcome.refused, &self.outcome.late);
        format!(
            "offered {:.0} a second, taken {:.0}: p50 {:.1} ms, p99 {:.1} ms; {} got 503: p99 {:.1} ms; {:.0} MiB; client late: p99 {:.1} ms",
            late.len() as f64 / self.outcome.seconds,
            self.outcome.rate(),
            percentile(taken, 50.0),
            percentile(taken, 99.0),
            refused.len(),
            percentile(refused, 99.0),
            self.peak_kib as f64 / 1024.0,
            percentile(late, 99.0)
        )
    }
}

/// Every request has an answer that was to be expected, and every reference is in the store.
fn verify(outcome: &Outcome, server: Server) -> Result<(), String> {
    let given_up = server.metric("madoguchi_connections_timed_out_total");
    if outcome.unsent as f64 > given_up {
        return Err(format!("{} requests got no answer, and the counter had given up {given_up} connections", outcome.unsent));
    }
    if let Some(first) = outcome.other.first() {
        let log = server.counter.log();
        let end = log.lines().rev().take(8).collect::<Vec<_>>().join("\n");
        return Err(format!("{} requests went wrong; the first: {first}\nthe log, last line first:\n{end}", outcome.other.len()));
    }
    match server.lost(&outcome.references)? {
        0 => Ok(()),
        lost => Err(format!("{lost} of {} references are not in the store", outcome.references.len())),
    }
}
