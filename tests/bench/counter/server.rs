//! The counter that is measured, on a disk of a known kind, with a mail server beside it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Counter, Request, Setup, free_port, send};

const SINK: &str = "/usr/sbin/smtp-sink";

/// How long an `fsync` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    /// As long as it takes here.
    Own,
    /// At least so many milliseconds; the calls are counted.
    Slow(u32),
}

impl Disk {
    /// The command that makes it so.
    fn command(self, trace: &Path) -> Vec<String> {
        let Self::Slow(millis) = self else { return Vec::new() };
        let inject = format!("inject=fsync,fdatasync:delay_exit={}", u64::from(millis) * 1000);
        // -D: the counter stays our own child. Calls that are not traced run at full speed by --seccomp-bpf.
        let words = ["strace", "-D", "-f", "--seccomp-bpf", "-qq", "-e", "signal=none", "-e", "trace=fsync,fdatasync"];
        let more = ["-e".to_owned(), inject, "-o".to_owned(), trace.display().to_string()];
        words.map(str::to_owned).into_iter().chain(more).collect()
    }

    pub(crate) fn name(self) -> String {
        match self {
            Self::Own => "the machine's disk".into(),
            Self::Slow(millis) => format!("a disk with {millis} ms for an fsync"),
        }
    }
}

/// A mail server that takes everything, if Postfix is installed.
pub(crate) struct Sink {
    child: Option<Child>,
    port: u16,
}

impl Sink {
    pub(crate) fn start() -> Self {
        let port = free_port();
        // As root it needs to be told whom to become, and then takes more connections than it is ever given.
        let mut command = Command::new(SINK);
        command.args(["-u", "nobody", &format!("127.0.0.1:{port}"), "100"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok();
        Self { child, port }
    }

    /// The configuration's line.
    fn smtp(&self) -> String {
        match self.child {
            Some(_) => format!("smtp://127.0.0.1:{}", self.port),
            None => "directory:var/mail".into(),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        if self.child.is_some() { "Postfix's smtp-sink" } else { "a folder" }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A counter under measurement.
pub(crate) struct Server {
    pub(crate) counter: Counter,
    /// How long it took until it answered.
    pub(crate) started: Duration,
    admin: u16,
    trace: PathBuf,
    /// Holds the trace.
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts one in a folder that may hold a store, with these lines of `[intake]` and `[intake.guard]`.
    pub(crate) fn start(site: tempfile::TempDir, disk: Disk, intake: &str, guard: &str, mail: &Sink) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (trace, admin) = (folder.path().join("trace"), free_port());
        let setup = Setup {
            intake: format!("admin_listen = \"127.0.0.1:{admin}\"\n{intake}"),
            guard: format!("per_minute = 0\nconnections_per_client = 100000\n{guard}"),
            log: "warn",
            under: disk.command(&trace),
            variables: vec![("MADOGUCHI_INTAKE_SMTP", mail.smtp())],
            ..Setup::default()
        };
        let began = Instant::now();
        let counter = Counter::at(site, free_port(), &setup);
        let started = began.elapsed();
        Self { counter, started, admin, trace, _folder: folder }
    }

    /// The value of a metric without labels.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = send(([127, 0, 0, 1], self.admin).into(), &Request::new("GET", "/metrics")).text();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {text}"))
    }

    /// Commits so far.
    pub(crate) fn commits(&self) -> f64 {
        self.metric("madoguchi_commit_batch_size_count")
    }

    /// Calls of `fsync` and `fdatasync` so far, where they are counted.
    pub(crate) fn syncs(&self) -> usize {
        let trace = std::fs::read_to_string(&self.trace).unwrap_or_default();
        // A call that another thread's call falls into is written on two lines.
        trace.lines().filter(|line| line.contains("sync(")).count()
    }

    /// The most memory it has ever held, in KiB.
    pub(crate) fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.counter.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Ends it, and says how many of these references are not in its store.
    pub(crate) fn lost(self, references: &[String]) -> Result<usize, String> {
        let folder = self.counter.stop();
        let text = |error: rusqlite::Error| error.to_string();
        let database = rusqlite::Connection::open(folder.path().join("var/requests.db")).map_err(text)?;
        let mut statement = database.prepare("SELECT reference FROM requests").map_err(text)?;
        let stored = statement.query_map([], |row| row.get(0)).and_then(Iterator::collect::<Result<HashSet<String>, _>>);
        let stored = stored.map_err(text)?;
        Ok(references.iter().filter(|reference| !stored.contains(*reference)).count())
    }
}
