//! A disk that fails, fills up, or loses power. What was answered must be on it; nothing else is promised.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::disk_image::{after_power_cut, faults, options};
use crate::mailbox::{requests, wait_until_sent};
use crate::support::{Counter, Reply, Request, Setup, free_port, sound, try_raw, with};

const FORM: &str = "/requests/service-request";
/// Requests after which a fault must have come.
const MOST: usize = 1_500;

/// The syncs that fail: the first few fall into the start, the others up to where the log is written back into the database.
fn syncs() -> Vec<u32> {
    if is_long() { (1..=40).chain((50..=300).step_by(10)).collect() } else { vec![1, 4, 7, 12, 33] }
}

/// The writes that fail: a start has about a hundred, a request some twenty.
fn writes() -> Vec<u32> {
    if is_long() { (1..=40).chain((50..=3_000).step_by(50)).collect() } else { vec![1, 20, 150, 400, 1_100] }
}

fn is_long() -> bool {
    std::env::var_os("TEST_LONG").is_some()
}

/// A counter whose calls on its database are traced, and fail as a fault says.
struct Traced {
    counter: Counter,
    trace: TempDir,
    references: Vec<String>,
}

impl Traced {
    fn spawn(fault: Option<&str>) -> Self {
        let (folder, trace) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let under = options(trace.path(), &folder.path().join("var/requests.db"), fault);
        let counter = Counter::spawn(folder, free_port(), &Setup { under, ..Setup::default() });
        Self { counter, trace, references: Vec::new() }
    }

    fn faults(&self) -> usize {
        faults(self.trace.path())
    }

    /// Sends requests by four clients at once, until the fault has come and some more have been sent, or it has ended.
    fn post(&mut self) {
        let (sent, references) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let (address, after) = (self.counter.address, Mutex::new(None));
        let this = &*self;
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Some(reply) = post(address) {
                        references.lock().unwrap().extend(reference(&reply));
                        let sent = sent.fetch_add(1, Ordering::Relaxed);
                        let mut after = after.lock().unwrap();
                        // The whole trace is read, so not each time.
                        if after.is_none() && sent % 16 == 0 && this.faults() > 0 {
                            *after = Some(sent);
                        }
                        if sent > after.map_or(MOST, |after| after + 24) {
                            break;
                        }
                    }
                });
            }
        });
        self.references = references.into_inner().unwrap();
    }

    /// Everything that was answered would have outlived a power cut, and a new start has it and goes on.
    fn nothing_is_lost(mut self, what: &str) {
        let folder = self.counter.take_folder();
        // The trace of a counter that goes on is not whole.
        drop(self.counter);
        let disk = tempfile::tempdir().unwrap();
        has_all(&after_power_cut(self.trace.path(), disk.path()), &self.references, &format!("{what}: after a power cut"));
        let counter = Counter::at(folder, free_port(), &Setup::default());
        has_all(&counter.database(), &self.references, what);
        assert_eq!(post(counter.address).map(|reply| reply.status), Some(201), "{what}");
    }
}

/// Fetches a token and sends a request; nothing if nobody answers.
fn post(address: std::net::SocketAddr) -> Option<Reply> {
    let token = try_raw(address, &Request::new("GET", &format!("{FORM}/token")).bytes())?;
    let token = token.json()["token"].as_str()?.to_owned();
    try_raw(address, &Request::json(FORM, &with(&sound(), &[("token", &token)])).bytes())
}

fn reference(reply: &Reply) -> Option<String> {
    assert!([201, 503].contains(&reply.status), "{reply:?}");
    (reply.status == 201).then(|| reply.json()["reference"].as_str().unwrap().to_owned())
}

/// The database is whole, and holds these requests. One that has never been written to holds none.
fn has_all(database: &Path, references: &[String], what: &str) {
    if references.is_empty() && !database.exists() {
        return;
    }
    let database = rusqlite::Connection::open(database).unwrap();
    let check: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok", "{what}");
    if references.is_empty() {
        return;
    }
    let mut statement = database.prepare("SELECT reference FROM requests").unwrap();
    let stored: HashSet<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let lost: Vec<_> = references.iter().filter(|reference| !stored.contains(*reference)).collect();
    assert!(lost.is_empty(), "{what}: {} of {} lost", lost.len(), references.len());
}

#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn has_strace(test: &str) -> bool {
    let has = Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_ok();
    if !has {
        println!("SKIPPED: disk::{test}: strace is not installed");
    }
    has
}

/// The counter meets a fault that it cannot live with: it ends with an error, and a supervisor starts it again.
fn ends_at(calls: &str, error: &str, places: Vec<u32>) {
    let mut during_requests = 0;
    for place in places {
        let fault = format!("{calls}:error={error}:when={place}");
        let mut traced = Traced::spawn(Some(&fault));
        if traced.counter.listens() {
            traced.post();
            during_requests += 1;
        }
        let until = Instant::now() + Duration::from_secs(20);
        while traced.counter.runs() {
            assert!(Instant::now() < until, "{fault}: it goes on; {} faults, {}", traced.faults(), traced.counter.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(traced.counter.wait(), Some(4), "{fault}: {}", traced.counter.log());
        assert_eq!(traced.faults(), 1, "{fault}: what failed is not tried again");
        traced.nothing_is_lost(&fault);
    }
    assert!(during_requests > 0, "no fault came while requests did");
}

#[test]
fn a_failed_sync_ends_the_counter() {
    if has_strace("a_failed_sync_ends_the_counter") {
        ends_at("fsync,fdatasync", "EIO", syncs());
    }
}

#[test]
fn a_sync_that_finds_no_room_ends_the_counter() {
    if has_strace("a_sync_that_finds_no_room_ends_the_counter") {
        ends_at("fsync,fdatasync", "ENOSPC", syncs());
    }
}

#[test]
fn a_failed_write_ends_the_counter() {
    if has_strace("a_failed_write_ends_the_counter") {
        ends_at("pwrite64", "EIO", writes());
    }
}

#[test]
fn a_write_that_finds_no_room_fails_its_requests_only() {
    if !has_strace("a_write_that_finds_no_room_fails_its_requests_only") {
        return;
    }
    for place in writes() {
        let fault = format!("pwrite64:error=ENOSPC:when={place}");
        let mut traced = Traced::spawn(Some(&fault));
        if traced.counter.listens() {
            traced.post();
            assert!(traced.counter.runs(), "{fault}: {}", traced.counter.log());
            // If it was the write by which readiness is tried, that counts for a second.
            is_taken_again(&traced.counter);
        }
        assert!(traced.faults() > 0, "{fault}: it never came");
        traced.nothing_is_lost(&fault);
    }
}

#[test]
fn what_was_answered_outlives_a_power_cut() {
    if !has_strace("what_was_answered_outlives_a_power_cut") {
        return;
    }
    let mut traced = Traced::spawn(None);
    assert!(traced.counter.listens());
    let (address, references) = (traced.counter.address, Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(reply) = post(address) {
                    let mut references = references.lock().unwrap();
                    references.extend(reference(&reply));
                    if references.len() == 150 {
                        traced.counter.signal("-KILL");
                    }
                }
            });
        }
    });
    traced.references = references.into_inner().unwrap();
    traced.nothing_is_lost("a power cut");
}

/// A small disk of its own at a folder; it goes when it is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// With these options of a tmpfs. Nothing, and a word about it, where nothing may be mounted.
    #[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
    fn mount(folder: &Path, options: &str, test: &str) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "none"]).arg(folder).stderr(Stdio::null());
        if mount.status().is_ok_and(|status| status.success()) {
            return Some(Self(folder.to_owned()));
        }
        println!("SKIPPED: disk::{test}: a small disk cannot be mounted here");
        None
    }

    /// Fills it so far that this many bytes are free.
    fn leave(&self, bytes: u64) {
        let disk = rustix::fs::statvfs(&self.0).unwrap();
        std::fs::write(self.ballast(), vec![1; usize::try_from(disk.f_bavail * disk.f_frsize - bytes).unwrap()]).unwrap();
    }

    fn clear(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    /// Makes files until there can be no more, though there is room.
    fn leave_no_inode(&self) {
        let folder = self.0.join("files");
        std::fs::create_dir_all(&folder).unwrap();
        let made = (0..).find(|n| std::fs::write(folder.join(format!("{n}")), "").is_err());
        let disk = rustix::fs::statvfs(&self.0).unwrap();
        assert!(made.is_some() && disk.f_ffree == 0 && disk.f_bavail > 1_000, "{made:?}");
    }

    fn give_inodes(&self) {
        std::fs::remove_dir_all(self.0.join("files")).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// A counter whose database stands on a small disk, and keeps so much of it in reserve.
fn on_small_disk(test: &str, reserve: &str) -> Option<(Counter, SmallDisk)> {
    let folder = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount(&folder.path().join("var"), "size=8m", test)?;
    // The mails, as files, stand on another disk.
    let variables =
        vec![("MADOGUCHI_INTAKE_DISK_RESERVE", reserve.to_owned()), ("MADOGUCHI_INTAKE_SMTP", "directory:mail".to_owned())];
    Some((Counter::at(folder, free_port(), &Setup { variables, ..Setup::default() }), disk))
}

/// Posts until one is taken; the disk is looked at once a second.
fn is_taken_again(counter: &Counter) {
    let until = Instant::now() + Duration::from_secs(10);
    while post(counter.address).map(|reply| reply.status) != Some(201) {
        assert!(Instant::now() < until, "{}", counter.log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_disk_below_its_reserve_takes_nothing_until_there_is_room() {
    let test = "a_disk_below_its_reserve_takes_nothing_until_there_is_room";
    let Some((counter, disk)) = on_small_disk(test, "2MiB") else { return };
    assert_eq!((post(counter.address).unwrap().status, counter.get("/readyz").status), (201, 200));
    disk.leave(1 << 20);
    assert_eq!((counter.get("/readyz").status, counter.get("/healthz").status), (503, 200), "alive, and not ready");
    std::thread::sleep(Duration::from_millis(1_100));
    let rows = counter.rows();
    for (locale, contact) in [("ja", "電話 03-0000-0000"), ("en", "Call 03-0000-0000")] {
        let token = counter.token("service-request");
        let fields = with(&sound(), &[("token", &token), ("locale", locale), ("step", "confirm")]);
        let (json, page) = (counter.post_json(FORM, &fields), counter.post_form(FORM, &fields));
        assert_eq!((json.status, json.code().as_str(), json.json()["contact"].as_str()), (503, "unavailable", Some(contact)));
        assert!(page.status == 503 && page.text().contains(contact), "{page:?}");
        assert!(json.header("retry-after").is_some() && page.header("retry-after").is_some());
    }
    assert_eq!(counter.rows(), rows);
    disk.clear();
    is_taken_again(&counter);
    assert_eq!(counter.get("/readyz").status, 200);
}

#[test]
fn a_disk_that_is_full_loses_nothing_that_was_answered() {
    let Some((mut counter, disk)) = on_small_disk("a_disk_that_is_full_loses_nothing_that_was_answered", "0MiB") else { return };
    disk.leave(300 << 10);
    let mut references = Vec::new();
    let refused = (0..MOST).filter_map(|_| {
        let reply = post(counter.address).unwrap();
        references.extend(reference(&reply));
        (reply.status == 503).then_some(reply)
    });
    let refused: Vec<_> = refused.take(5).collect();
    assert!(refused.len() == 5 && !references.is_empty(), "{} taken", references.len());
    assert!(refused.iter().all(|reply| reply.json()["contact"].as_str().is_some()));
    let confirm = |_| {
        let token = counter.token("service-request");
        counter.post_form(FORM, &with(&sound(), &[("token", &token), ("locale", "en"), ("step", "confirm")]))
    };
    let page = (0..50).map(confirm).find(|page| page.status == 503);
    let text = page.expect("the disk is full").text();
    assert!(
        text.contains("It is not certain whether") && !text.contains("Nothing") && text.contains("Call 03-0000-0000"),
        "{text}"
    );
    disk.clear();
    is_taken_again(&counter);
    assert!(counter.runs(), "{}", counter.log());
    assert!(counter.signal("-KILL"));
    counter.wait();
    has_all(&counter.database(), &references, "a full disk");
}

#[test]
fn a_disk_without_inodes_loses_nothing_that_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let test = "a_disk_without_inodes_loses_nothing_that_was_answered";
    let Some(disk) = SmallDisk::mount(&folder.path().join("var"), "size=64m,nr_inodes=64", test) else { return };
    // Mail becomes files on the same disk: none can be made.
    let counter = Counter::at(folder, free_port(), &Setup::default());
    disk.leave_no_inode();
    let mut references: Vec<_> = (0..5).filter_map(|_| reference(&post(counter.address).unwrap())).collect();
    has_all(&counter.database(), &references, "no inode");
    let waits = "SELECT count(*) FROM deliveries WHERE state = 'deferred'";
    let until = Instant::now() + Duration::from_secs(20);
    while !references.is_empty() && counter.column(waits) == "0" {
        assert!(Instant::now() < until, "{}", counter.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    let folder = counter.stop();
    disk.leave_no_inode();
    // The database's log went with it, and cannot be made anew: it says so, and is not there at all.
    let mut refused = Counter::spawn(folder, free_port(), &Setup::default());
    assert!(!refused.listens() && refused.wait() == Some(4), "{}", refused.log());
    let counter = {
        let folder = refused.take_folder();
        disk.give_inodes();
        Counter::at(folder, free_port(), &Setup::default())
    };
    references.extend(post(counter.address).and_then(|reply| reference(&reply)));
    assert!(!references.is_empty() && requests(counter.folder.path(), &["retry", "--all"]).status.success());
    wait_until_sent(&counter);
    has_all(&counter.database(), &references, "inodes again");
}
