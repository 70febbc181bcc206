//! A PostgreSQL server of our own, on loopback and in a temporary folder. The tests share it; it ends with the last of them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::port::free_port;

/// Debian's `nobody`: PostgreSQL refuses to run as root.
pub(crate) const NOBODY: u32 = 65_534;

pub(crate) struct Server {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
}

impl Server {
    /// The server that runs, or a new one.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn shared() -> Result<Arc<Self>, String> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return Ok(server);
        }
        let server = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&server);
        Ok(server)
    }

    /// A server of one's own, to be restarted.
    pub(crate) fn start() -> Result<Self, String> {
        let programs = programs().ok_or("PostgreSQL is not installed (Debian: postgresql-15)")?;
        let folder = tempfile::Builder::new().prefix("pg").tempdir().map_err(|error| error.to_string())?;
        if is_root() {
            std::os::unix::fs::chown(folder.path(), Some(NOBODY), Some(NOBODY)).map_err(|error| error.to_string())?;
        }
        let port = free_port();
        let server = Self { folder, programs, port };
        let data = server.data();
        server.run("initdb", &["-D", &data, "-A", "trust", "-U", "intake", "--locale=C.UTF-8", "-E", "UTF8"])?;
        server.up()?;
        Ok(server)
    }

    /// Starts it, if it is down.
    pub(crate) fn up(&self) -> Result<(), String> {
        let (folder, port) = (self.folder.path().display(), self.port);
        let options = format!("-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}");
        let log = self.folder.path().join("log").display().to_string();
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-l", &log, "-o", &options, "start"])
    }

    /// Stops it: `fast`, or `immediate`, which is a crash.
    pub(crate) fn down(&self, mode: &str) {
        let _ = self.run("pg_ctl", &["-D", &self.data(), "-w", "-m", mode, "stop"]);
    }

    /// A new, empty database: its address.
    pub(crate) fn database(&self) -> String {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        format!("postgres://intake@127.0.0.1:{}/{name}", self.port)
    }

    /// Runs statements in a database.
    pub(crate) fn sql(&self, database: &str, statements: &str) -> String {
        let port = self.port.to_string();
        let arguments =
            ["-h", "127.0.0.1", "-p", &port, "-U", "intake", "-d", database, "-v", "ON_ERROR_STOP=1", "-Atc", statements];
        let output = self.command("psql", &arguments).output().unwrap();
        said(output).unwrap()
    }

    /// The folder of its programs.
    pub(crate) fn programs(&self) -> &Path {
        &self.programs
    }

    /// The folder of its data.
    pub(crate) fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// The server keeps what it inherits open, so that its output must not be a pipe that somebody waits for.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let said = self.folder.path().join("said");
        let open = || File::options().create(true).append(true).open(&said).unwrap();
        let status =
            self.command(program, arguments).stdout(open()).stderr(open()).status().map_err(|error| error.to_string())?;
        let text = || fs::read_to_string(&said).unwrap_or_default();
        if status.success() { Ok(()) } else { Err(format!("{program}: {}", text())) }
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("LC_ALL", "C.UTF-8").env("HOME", self.folder.path());
        if is_root() {
            std::os::unix::process::CommandExt::uid(&mut command, NOBODY);
            std::os::unix::process::CommandExt::gid(&mut command, NOBODY);
        }
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.down("immediate");
    }
}

fn said(output: Output) -> Result<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// The folder of the newest version that Debian has installed.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(Result::ok);
    let folders = versions.map(|version| version.path().join("bin")).filter(|folder| Path::new(folder).join("initdb").exists());
    folders.max()
}
