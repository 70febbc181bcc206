//! A counter that may die at any time, and an operator's commands beside it.

use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::{self, Setup, free_port};

const SIGKILL: i32 = 9;
const SIGABRT: i32 = 6;

/// A folder with a configuration, in which counters live and die.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    folder: TempDir,
    setup: Setup,
}

impl Site {
    /// On SQLite, or on the PostgreSQL database of this address.
    pub(crate) fn new(mail: SocketAddr, postgres: Option<String>) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let mut variables = vec![("MADOGUCHI_INTAKE_SMTP", format!("smtp://{mail}"))];
        variables.extend(postgres.map(|address| ("MADOGUCHI_INTAKE_STORE", address)));
        let public_url = Some("https://docs.example.com/requests/".to_owned());
        let setup = Setup { variables, public_url, ..Setup::default() };
        support::site(folder.path(), port, &setup);
        Self { address: SocketAddr::from(([127, 0, 0, 1], port)), folder, setup }
    }

    /// The database, if it is SQLite.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("var/requests.db")
    }

    /// Starts a counter, which ends itself at a crash point if one is named.
    pub(crate) fn spawn(&self, point: Option<&str>) -> Counter {
        self.run(self.command(point))
    }

    /// The command that starts a counter.
    pub(crate) fn command(&self, point: Option<&str>) -> Command {
        armed(support::command(self.folder.path(), &self.setup), point)
    }

    /// Runs a command that is a counter.
    pub(crate) fn run(&self, mut command: Command) -> Counter {
        let log = File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        Counter { child: command.stderr(log).spawn().unwrap(), address: self.address }
    }

    /// What all counters here have said.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder.path().join("log")).unwrap_or_default()).into_owned()
    }

    /// `madoguchi requests`, which ends itself at a crash point if one is named.
    pub(crate) fn requests(&self, arguments: &[&str], point: Option<&str>) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi"));
        command.arg("requests").args(arguments).arg("--site").arg(self.folder.path());
        command.envs(self.setup.variables.iter().map(|(name, value)| (name, value)));
        armed(command, point).output().unwrap()
    }
}

fn armed(mut command: Command, point: Option<&str>) -> Command {
    match point {
        Some(point) => command.env("TEST_CRASH_POINT", point),
        None => command.env_remove("TEST_CRASH_POINT"),
    };
    command
}

/// Whether a command ended itself at its crash point.
pub(crate) fn crashed(output: &Output) -> bool {
    output.status.signal() == Some(SIGABRT)
}

/// A process.
pub(crate) struct Counter {
    child: Child,
    address: SocketAddr,
}

impl Counter {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it takes connections in time; it may have died before.
    pub(crate) fn listens(&mut self) -> bool {
        let end = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(self.address).is_err() {
            if !self.lives() || Instant::now() > end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    pub(crate) fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// `kill -9`. Whether it was that which ended it.
    pub(crate) fn kill(&mut self) -> bool {
        let _ = self.child.kill();
        self.child.wait().unwrap().signal() == Some(SIGKILL)
    }

    /// Whether it ends itself at its crash point in time.
    pub(crate) fn crashes(&mut self, within: Duration) -> bool {
        let end = Instant::now() + within;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.signal() == Some(SIGABRT);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    /// Sends a signal: `STOP`, `CONT`, `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let done = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).stderr(Stdio::null()).status();
        assert!(done.unwrap().success(), "SIG{name} finds nobody");
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
