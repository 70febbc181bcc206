//! The order of system calls: nobody is told of a success before the disk has it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;

use crate::counter::Site;
use crate::load::Load;
use crate::mailbox::until;
use crate::world::World;

/// What the counter does with the disk and with its clients. A page of the log is 4096 bytes long.
const CALLS: [&str; 4] = ["-y", "-s4200", "-etrace=write,writev,pwrite64,sendto,sendmsg,fdatasync,fsync", "-esignal=none"];

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why, and one that is not, what it saw")]
fn no_success_is_answered_before_its_commit_is_on_disk() {
    if let Err(why) = can_trace() {
        println!("SKIPPED: no_success_is_answered_before_its_commit_is_on_disk: {why}");
        return;
    }
    let mut world = World::sqlite("order of system calls");
    let trace = tempfile::NamedTempFile::new().unwrap();
    let mut counter = world.site().run(traced(world.site(), trace.path()));
    assert!(counter.listens(), "{}", world.site().log());
    let load = Load::start(&[world.site().address], 4, &mut world.chance);
    std::thread::sleep(Duration::from_secs(3));
    let answered = load.stop();
    counter.signal("TERM");
    until("the counter stops", || std::fs::read(trace.path()).unwrap().ends_with(b"+++ exited with 0 +++\n"));
    let seen = read(&String::from_utf8_lossy(&std::fs::read(trace.path()).unwrap())).unwrap();
    assert!(answered.iter().all(|request| seen.answered.contains(&request.reference)), "each answer is seen in the trace");
    println!("order of system calls: {} answers, {} syncs of the log, each answer after its own", seen.answers, seen.syncs);
}

fn can_trace() -> Result<(), String> {
    let output = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    let output = output.map_err(|_| "strace is not installed".to_owned())?;
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " ");
    if output.status.success() { Ok(()) } else { Err(format!("strace may not trace here ({said})")) }
}

/// The tracer is not between us and the counter: `-D`.
fn traced(site: &Site, trace: &std::path::Path) -> Command {
    let counter = site.command(None);
    let mut command = Command::new("strace");
    command.args(["-D", "-f"]).args(CALLS).arg("-o").arg(trace).arg(counter.get_program()).args(counter.get_args());
    for (name, value) in counter.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

#[derive(Default)]
struct Seen {
    answered: BTreeSet<String>,
    answers: usize,
    syncs: usize,
}

/// Goes through the calls in their order. A request is in the log of the database when its reference has been written there, and on
/// disk when a sync that began later has ended.
fn read(trace: &str) -> Result<Seen, String> {
    let mut seen = Seen::default();
    // References that were written; those that the syncs under way, by thread, will bring to disk; those on disk.
    let (mut written, mut on_disk) = (BTreeSet::new(), BTreeSet::new());
    let mut under_way = BTreeMap::<&str, BTreeSet<String>>::new();
    for line in trace.lines() {
        let (thread, call) = line.split_once(' ').unwrap_or_default();
        let call = call.trim_start();
        if call.contains("sync(") && call.contains("requests.db-wal>") {
            under_way.insert(thread, written.clone());
        }
        if call.contains("sync") && (call.contains("sync(") || call.contains("resumed>")) && call.ends_with(" = 0") {
            if let Some(synced) = under_way.remove(thread) {
                on_disk.extend(synced);
                seen.syncs += 1;
            }
        } else if call.contains("write") && call.contains("requests.db-wal>") {
            written.extend(references(call));
        } else if call.contains("HTTP/1.1 201 ") {
            let all: Vec<_> = references(call).collect();
            if all.is_empty() || !all.iter().all(|reference| on_disk.contains(reference)) {
                return Err(format!("answered, and not on disk: {call}"));
            }
            seen.answered.extend(all);
            seen.answers += 1;
        }
    }
    Ok(seen)
}

/// What is a reference: `SR-` and four groups of four. A group may end in `SR` as well, and begins none.
fn references(text: &str) -> impl Iterator<Item = String> {
    let whole = |text: &str| {
        text.char_indices().all(|(at, c)| if [2, 7, 12, 17].contains(&at) { c == '-' } else { c.is_ascii_alphanumeric() })
    };
    let found = text.match_indices("SR-").filter_map(|(at, _)| text.get(at..at + "SR-XXXX-XXXX-XXXX-XXXX".len()));
    found.filter(move |text| whole(text)).map(str::to_owned)
}

#[test]
fn a_trace_in_the_wrong_order_is_seen() {
    let (write, sync) =
        ("7 pwrite64(9</x/requests.db-wal>, \"SR-AAAA-AASR-AAAA-AAAA\", 22, 0) = 22\n", "7 fdatasync(9</x/requests.db-wal>");
    let answer = "8 writev(10<socket:[1]>, [{iov_base=\"HTTP/1.1 201 Created\\r\\n\\r\\n{SR-AAAA-AASR-AAAA-AAAA}\"}], 1) = 50\n";
    let wrong = [
        format!("{write}{answer}{sync}) = 0\n"),
        format!("{write}{sync} <unfinished ...>\n{answer}7 <... fdatasync resumed>) = 0\n"),
        format!("{sync} <unfinished ...>\n{}7 <... fdatasync resumed>) = 0\n{answer}", write.replace('7', "6")),
        format!("{write}{sync}) = -1 EIO (Input/output error)\n{answer}"),
    ];
    for trace in wrong {
        assert!(read(&trace).is_err(), "{trace}");
    }
    assert_eq!(read(&format!("{write}{sync} <unfinished ...>\n7 <... fdatasync resumed>) = 0\n{answer}")).unwrap().answers, 1);
}
