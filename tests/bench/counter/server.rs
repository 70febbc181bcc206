//! The counter that is measured, on a disk of a known kind, with a mail server beside it.

use std::collections::HashSet;
use std::io::Write;
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
    /// So many milliseconds longer.
    Slow(u32),
}

impl Disk {
    /// The variables that make it so.
    fn variables(self, shim: &Shim, notes: &Path) -> Vec<(&'static str, String)> {
        let Some(library) = &shim.library else { return Vec::new() };
        let micros = if let Self::Slow(millis) = self { u64::from(millis) * 1000 } else { 0 };
        vec![
            ("LD_PRELOAD", library.display().to_string()),
            ("SLOW_DISK_MICROS", micros.to_string()),
            ("SLOW_DISK_NOTES", notes.display().to_string()),
        ]
    }

    pub(crate) fn name(self) -> String {
        match self {
            Self::Own => "the machine's disk".into(),
            Self::Slow(millis) => format!("a disk that takes {millis} ms longer for an fsync"),
        }
    }
}

/// How long the machine's disk takes for a page and its `fdatasync`, in milliseconds, each of so many times.
pub(crate) fn own_syncs(times: usize) -> Vec<f64> {
    let mut file = tempfile::tempfile().unwrap();
    let sync = |_| {
        let began = Instant::now();
        file.write_all(&[0; 4096]).unwrap();
        file.sync_data().unwrap();
        began.elapsed().as_secs_f64() * 1000.0
    };
    (0..times).map(sync).collect()
}

/// What counts `fsync` and makes it slower, if there is a compiler of C.
pub(crate) struct Shim {
    library: Option<PathBuf>,
    _folder: tempfile::TempDir,
}

impl Shim {
    pub(crate) fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/counter/slow-disk.c");
        let library = folder.path().join("slow-disk.so");
        let mut compiler = Command::new("cc");
        compiler.args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(source).stderr(Stdio::null());
        let is_built = compiler.status().is_ok_and(|status| status.success());
        Self { library: is_built.then_some(library), _folder: folder }
    }

    pub(crate) fn is_there(&self) -> bool {
        self.library.is_some()
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
    notes: PathBuf,
    /// Holds the notes.
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts one in a folder that may hold a store, with these lines of `[intake]` and `[intake.guard]`.
    pub(crate) fn start(site: tempfile::TempDir, (disk, shim): (Disk, &Shim), intake: &str, guard: &str, mail: &Sink) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (notes, admin) = (folder.path().join("notes"), free_port());
        let mail = ("MADOGUCHI_INTAKE_SMTP", mail.smtp());
        let setup = Setup {
            intake: format!("admin_listen = \"127.0.0.1:{admin}\"\n{intake}"),
            guard: format!("per_minute = 0\nconnections_per_client = 100000\n{guard}"),
            log: "warn",
            variables: disk.variables(shim, &notes).into_iter().chain([mail]).collect(),
            ..Setup::default()
        };
        let began = Instant::now();
        let counter = Counter::at(site, free_port(), &setup);
        let started = began.elapsed();
        Self { counter, started, admin, notes, _folder: folder }
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
    pub(crate) fn syncs(&self) -> u64 {
        std::fs::metadata(&self.notes).map_or(0, |notes| notes.len())
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
