//! A store with its counters, a mail server that fails, clients that do not give up, and an operator.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::chance::Chance;
use crate::counter::{Counter, Site};
use crate::laws::{self, Figures};
use crate::load::{Answered, Line, Load};
use crate::mailbox::Mailbox;
use crate::postgres::Server;

/// Clients for each store: so many that mail keeps up with them on two cores in a debug build.
const CLIENTS: usize = 4;

pub(crate) struct World {
    /// Shared with the operator.
    pub(crate) sites: Arc<Vec<Site>>,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) chance: Chance,
    postgres: Option<(Arc<Server>, String)>,
    began: Instant,
}

impl World {
    pub(crate) fn sqlite(proof: &str) -> Self {
        Self::new(Chance::of(proof), None, 1)
    }

    /// So many counters on one database.
    pub(crate) fn postgres(proof: &str, server: Arc<Server>, counters: usize) -> Self {
        Self::new(Chance::of(proof), Some(server), counters)
    }

    fn new(mut chance: Chance, server: Option<Arc<Server>>, counters: usize) -> Self {
        let postgres = server.map(|server| (server.database(), server)).map(|(address, server)| (server, address));
        let mailbox = Mailbox::start(chance.split());
        let address = postgres.as_ref().map(|(_, address)| address.clone());
        let sites = (0..counters).map(|_| Site::new(mailbox.address, address.clone())).collect();
        Self { sites: Arc::new(sites), mailbox, chance, postgres, began: Instant::now() }
    }

    pub(crate) fn site(&self) -> &Site {
        &self.sites[0]
    }

    pub(crate) fn line(&self) -> Line {
        Line::to(&self.addresses())
    }

    fn addresses(&self) -> Vec<std::net::SocketAddr> {
        self.sites.iter().map(|site| site.address).collect()
    }

    /// The clients go to work, the mail server begins to fail, and the operator to ask for retries.
    pub(crate) fn begin(&mut self) -> (Load, Operator) {
        self.mailbox.set_healthy(false);
        let operator = Operator::start(Arc::clone(&self.sites), self.chance.split());
        (Load::start(&self.addresses(), CLIENTS, &mut self.chance), operator)
    }

    /// Runs a statement on PostgreSQL.
    pub(crate) fn sql(&self, statement: &str) -> String {
        let (server, address) = self.postgres.as_ref().unwrap();
        server.sql(address.rsplit('/').next().unwrap(), statement)
    }

    /// Stands for ten minutes in which nothing is heard of a counter on PostgreSQL: its leases end, and what it left `unknown` is due.
    /// On SQLite there is no such wait.
    pub(crate) fn ten_minutes_without(&self, pid: u32) {
        self.end_leases(&format!("LIKE '%-{pid}'"));
    }

    fn end_leases(&self, workers: &str) {
        if self.postgres.is_some() {
            let waits = "lease_until IS NOT NULL AND state IN ('leased', 'unknown')";
            let end = format!("UPDATE deliveries SET lease_until = 1, due = 1 WHERE {waits} AND worker {workers}");
            // A counter that died before it had made the tables has no lease.
            self.sql(&format!("DO $$ BEGIN IF to_regclass('deliveries') IS NOT NULL THEN {end}; END IF; END $$"));
        }
    }

    /// With the mail server well again, waits until everything is sent; then holds all that was answered against store and mailbox, and
    /// repeats every request once more.
    pub(crate) fn end(&mut self, counters: &[&Counter], answered: &[Answered]) -> Figures {
        self.mailbox.set_healthy(true);
        let alive: Vec<String> = counters.iter().map(|counter| format!("'%-{}'", counter.pid())).collect();
        self.drain(&alive.join(", "));
        let figures = laws::check(self.site(), &self.mailbox, answered);
        let line = self.line();
        answered.iter().for_each(|request| line.repeat(request, &mut self.chance));
        assert_eq!(laws::rows(self.site()).len(), figures.requests, "a repeat stores nothing");
        figures
    }

    /// Waits as long as there are fewer unsent mails each minute. Where it comes to a halt, a living counter may hold a lease without
    /// knowing: it was away when its database answered. Then ten minutes pass for all.
    fn drain(&self, alive: &str) {
        let (mut fewest, mut since) = (u64::MAX, Instant::now());
        while fewest > 0 {
            // A counter may have died in the middle of a commit, which its database finishes.
            let halts = since.elapsed() > Duration::from_secs(5);
            self.end_leases(&if halts { "IS NOT NULL".into() } else { format!("NOT LIKE ALL (ARRAY[{alive}])") });
            let asked = self.site().requests(&["retry", "--all"], None);
            assert!(asked.status.success(), "{asked:?}");
            std::thread::sleep(Duration::from_millis(500));
            let unsent = self.unsent();
            if unsent < fewest {
                (fewest, since) = (unsent, Instant::now());
            }
            if since.elapsed() > Duration::from_secs(60) {
                let list = self.site().requests(&["list"], None);
                panic!("{unsent} mails are not sent: {}\n{}", String::from_utf8_lossy(&list.stdout), self.site().log());
            }
        }
    }

    pub(crate) fn unsent(&self) -> u64 {
        let output = self.site().requests(&["stats", "--json"], None);
        let stats: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let states = stats["deliveries"].as_object().unwrap();
        states.iter().filter(|(state, _)| *state != "sent").map(|(_, count)| count.as_u64().unwrap()).sum()
    }

    /// What the note quotes.
    #[expect(clippy::print_stdout, reason = "figures")]
    pub(crate) fn report(&self, proof: &str, what: &str, load: u64, figures: Figures) {
        println!(
            "{proof}: {what}; {} requests answered, {load} posts repeated for want of an answer; {} mails, {} copies more, \
             {} mails marked as repeatable; none lost; {:.0} s",
            figures.requests,
            figures.mails,
            figures.repeats,
            figures.may_repeat,
            self.began.elapsed().as_secs_f32()
        );
    }
}

/// An operator who wants everything to be tried again every second or so; this also closes circuits.
pub(crate) struct Operator {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Operator {
    fn start(sites: Arc<Vec<Site>>, mut chance: Chance) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                std::thread::sleep(chance.millis(500, 1_500));
                let asked = sites[0].requests(&["retry", "--all"], None);
                // 4: the store is not there yet, or is being restarted, or is busy.
                assert!(matches!(asked.status.code(), Some(0 | 4)), "{asked:?}");
            }
        });
        Self { stop, thread }
    }

    pub(crate) fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap();
    }
}

/// Runs a proof on PostgreSQL, or says why not.
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
pub(crate) fn with_postgres(name: &str, proof: impl FnOnce(Arc<Server>)) {
    match Server::shared() {
        Ok(server) => proof(server),
        Err(why) => println!("SKIPPED: {name}: {why}"),
    }
}
