//! What an operator asks, beside a running counter.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::mailbox::{operators, records, requests, said};
use crate::support::{Counter, Reply, Setup, free_port, sound, with};

const FORM: &str = "/requests/service-request";
/// A word that stands nowhere but in one request.
const CANARY: &str = "ウグイス張りの廊下";

fn reference(reply: &Reply) -> String {
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["reference"].as_str().unwrap().to_owned()
}

/// A counter with one request that was mailed.
fn mailed() -> (Counter, String) {
    let counter = Counter::start();
    let token = counter.token("service-request");
    let fields = with(&sound(), &[("token", &token), ("title", CANARY), ("company", "=cmd|' /C calc'!A0")]);
    let reference = reference(&counter.post_json(FORM, &fields));
    let until = Instant::now() + Duration::from_secs(20);
    while counter.column("SELECT count(*) FROM deliveries WHERE state <> 'sent'") != "0" {
        assert!(Instant::now() < until, "{}", counter.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    (counter, reference)
}

/// Whether the canary is legible in the files of the store.
fn holds_canary(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder.join("var")).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file()).any(|path| {
        let bytes = std::fs::read(path).unwrap();
        memchr::memmem::find(&bytes, CANARY.as_bytes()).is_some()
    })
}

#[test]
fn a_request_is_listed_shown_and_counted() {
    let (counter, reference) = mailed();
    let folder = counter.folder.path();
    assert!(!said(&requests(folder, &["list"])).contains(&reference), "what has arrived waits for nobody");
    let listed = said(&requests(folder, &["list", "--all"]));
    assert!(listed.contains(&reference) && listed.contains("sent"), "{listed}");
    assert!(!listed.contains("more than once"), "one try without doubt arrives once: {listed}");
    let shown = said(&requests(folder, &["show", &reference.to_lowercase().replace('-', "")]));
    assert!(shown.contains(CANARY) && shown.contains(&format!("<{reference}.v1@example.com>")), "{shown}");
    let stats = said(&requests(folder, &["stats"]));
    assert!(stats.lines().any(|line| line.split_whitespace().eq(["requests", "1"])), "{stats}");
}

#[test]
fn an_export_holds_no_formulas_and_every_word() {
    let (counter, reference) = mailed();
    let csv = said(&requests(counter.folder.path(), &["export", "--format", "csv"]));
    assert!(csv.contains(CANARY) && csv.contains(",'=cmd|"), "{csv}");
    let lines = said(&requests(counter.folder.path(), &["export", "--format", "jsonl"]));
    let one: serde_json::Value = serde_json::from_str(lines.trim()).unwrap();
    assert_eq!((one["reference"].as_str(), one["answers"]["title"].as_str()), (Some(&*reference), Some(CANARY)));
    assert_eq!(one["answers"]["company"], "=cmd|' /C calc'!A0");
}

/// More requests than are read at a time, and more text than a pipe holds.
fn filled() -> Counter {
    let guard = "token = false\nper_minute = 0\nconnections_per_client = 5000\nconnections = 6000".to_owned();
    let counter = Counter::with(Setup { guard, ..Setup::default() });
    let description = "長い説明".repeat(60);
    std::thread::scope(|scope| {
        for part in 0..8 {
            let (counter, description) = (&counter, &description);
            scope.spawn(move || {
                for n in 0..65 {
                    let title = format!("{part}-{n}");
                    let fields = with(&sound(), &[("title", &title), ("description", description)]);
                    assert_eq!(counter.post_json(FORM, &fields).status, 201);
                }
            });
        }
    });
    counter
}

#[test]
fn an_export_beside_a_counter_holds_one_state_and_every_answer_of_it() {
    let counter = filled();
    let folder = counter.folder.path();
    let mut export = operators(folder, &["export"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = export.stdout.take().unwrap();
    let mut csv = vec![0; 10];
    out.read_exact(&mut csv).unwrap();
    // Its columns are settled, and it waits for its reader.
    let fields = with(&sound(), &[("title", "後から"), ("error_text", "AADSTS50034")]);
    let late = reference(&counter.post_json(FORM, &fields));
    out.read_to_end(&mut csv).unwrap();
    assert!(export.wait().unwrap().success());
    let rows = records(&String::from_utf8(csv).unwrap());
    assert!(!rows.iter().flatten().any(|cell| *cell == late), "it came after the export had begun");
    assert_eq!(rows.len(), 1 + 520);
    let rows = records(&said(&requests(folder, &["export"])));
    let column = rows[0].iter().position(|name| name == "error_text").unwrap();
    assert_eq!((rows.len(), &*rows[521][0], &*rows[521][column]), (1 + 521, &*late, "AADSTS50034"));
}

#[test]
fn a_forgotten_request_leaves_no_trace_in_the_store() {
    let (counter, reference) = mailed();
    let folder = counter.folder.path().to_owned();
    assert!(holds_canary(&folder));
    let forgotten = requests(&folder, &["forget", &reference]);
    assert!(forgotten.status.success(), "{forgotten:?}");
    assert!(!holds_canary(&folder), "the running counter's files hold nothing of it");
    assert!(!counter.log().contains(CANARY));
    assert_eq!(requests(&folder, &["show", &reference]).status.code(), Some(2), "there is no such request any more");
    assert_eq!(requests(&folder, &["show", "SR-1"]).status.code(), Some(2));
}

#[test]
fn what_a_command_did_not_live_to_wipe_the_next_counter_wipes() {
    let (mut counter, reference) = mailed();
    let mut forget = operators(counter.folder.path(), &["forget", &reference]);
    let died = forget.env("TEST_CRASH_POINT", "store.before-wipe").output().unwrap();
    assert_eq!(died.status.code(), None, "{died:?}");
    // A counter that stops in order cuts the log as well.
    assert!(counter.signal("-KILL"));
    counter.wait();
    assert!(holds_canary(counter.folder.path()), "the test can find it");
    let counter = Counter::at(counter.take_folder(), free_port(), &Setup::default());
    let until = Instant::now() + Duration::from_secs(20);
    while holds_canary(counter.folder.path()) {
        assert!(Instant::now() < until, "{}", counter.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}
