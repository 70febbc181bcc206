//! A wipe for which the disk has no room: requests are taken all the same.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::mailbox::{operators, requests, wait_until_sent};
use crate::support::{Counter, Reply, sound, with};

/// A request of 3 MB, 750 pages, beside which the others are small.
const LARGE: &str = "INSERT INTO requests (reference, form, fingerprint, status_key, received_at, answers)
    VALUES ('SR-0000-0000-0000-0000', 'service-request', x'', '', 4102444800000, hex(randomblob(1500000)))";
/// A write in the midst of those by which that database is written anew.
const FAULT: &str = "inject=pwrite64:error=ENOSPC:when=600";

fn post(counter: &Counter) -> Reply {
    let token = counter.token("service-request");
    counter.post_json("/requests/service-request", &with(&sound(), &[("token", &token)]))
}

/// A counter with a large database, and a request that was mailed.
fn large() -> (Counter, String) {
    let counter = Counter::start();
    let reference = post(&counter).json()["reference"].as_str().unwrap().to_owned();
    wait_until_sent(&counter);
    let database = rusqlite::Connection::open(counter.database()).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    database.execute(LARGE, []).unwrap();
    (counter, reference)
}

fn log_length(counter: &Counter) -> u64 {
    std::fs::metadata(counter.database().with_extension("db-wal")).unwrap().len()
}

/// The request is deleted and the log short; requests are taken, and the same command wipes once there is room.
fn goes_on(counter: &Counter, reference: &str) {
    assert_eq!(counter.column(&format!("SELECT count(*) FROM requests WHERE reference = '{reference}'")), "0");
    assert!(log_length(counter) < 100_000, "{} bytes", log_length(counter));
    assert_eq!((post(counter).status, counter.get("/readyz").status), (201, 200));
    let owed = "SELECT count(DISTINCT value) FROM numbers WHERE name IN ('deletions', 'deletions_wiped')";
    let wiped = || counter.column(&format!("{owed} HAVING count(*) = 2")) == "1";
    assert_eq!(requests(counter.folder.path(), &["forget", reference]).status.code(), Some(2));
    assert!(wiped(), "nothing is owed");
}

#[test]
fn a_wipe_below_the_reserve_is_refused_and_says_what_it_needs() {
    let (counter, reference) = large();
    let mut forget = operators(counter.folder.path(), &["forget", &reference]);
    let refused = forget.env("MADOGUCHI_INTAKE_DISK_RESERVE", "999999GiB").output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(4), "{said}");
    assert!(said.contains("still legible") && said.contains(" 0 are free beyond") && said.contains("make room"), "{said}");
    goes_on(&counter, &reference);
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn a_wipe_that_finds_no_room_after_all_gives_back_what_it_has_taken() {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        println!("SKIPPED: room::a_wipe_that_finds_no_room_after_all_gives_back_what_it_has_taken: strace is not installed");
        return;
    }
    let (counter, reference) = large();
    let trace = tempfile::NamedTempFile::new().unwrap();
    let log = counter.database().with_extension("db-wal");
    let forget = operators(counter.folder.path(), &["forget", &reference]);
    let failed = with_fault(&forget, &log, trace.path()).output().unwrap();
    let said = String::from_utf8(failed.stderr).unwrap();
    assert_eq!(failed.status.code(), Some(4), "{said}");
    let calls = std::fs::read_to_string(trace.path()).unwrap();
    assert_eq!(calls.lines().filter(|call| call.ends_with("(INJECTED)")).count(), 1, "the fault has come: {said}");
    goes_on(&counter, &reference);
}

/// The same command, and one write into the database's log that finds no room.
fn with_fault(command: &Command, log: &Path, trace: &Path) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "signal=none", "-e", "trace=pwrite64", "-e", FAULT, "-P"]).arg(log).arg("-o").arg(trace);
    strace.arg(command.get_program()).args(command.get_args());
    for (name, _) in command.get_envs() {
        strace.env_remove(name);
    }
    strace
}
