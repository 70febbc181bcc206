//! Backup and restore, with the very commands of the manual, beside a counter that takes requests.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::mailbox::{files, requests, said, wait_until_sent};
use crate::manual::of_the_manual;
use crate::support::{Counter, Setup, free_port, sound, with};

const FORM: &str = "/requests/service-request";

/// Runs commands of the manual in a test's folder, as the user of the test. What `systemctl` does, the test does.
fn run(folder: &Path, commands: &str) {
    let commands = commands
        .replace("/srv/madoguchi", &folder.display().to_string())
        .replace("/var/lib/madoguchi", &folder.join("var").display().to_string())
        .replace("/var/backups/madoguchi", &folder.join("backups").display().to_string())
        .replace(" -o madoguchi -g madoguchi", "");
    let script =
        format!("set -eu\nmadoguchi() {{ {} \"$@\"; }}\nsystemctl() {{ :; }}\n{commands}", env!("CARGO_BIN_EXE_madoguchi"));
    let output = Command::new("sh").args(["-c", &script]).env_remove("MADOGUCHI_INTAKE_SMTP").output().unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// A counter whose mail goes to this server.
fn counter(folder: tempfile::TempDir, smtp: &str) -> Counter {
    let guard = "token = false\nper_minute = 0\nconnections_per_client = 5000".to_owned();
    let variables = vec![("MADOGUCHI_INTAKE_SMTP", smtp.to_owned())];
    Counter::at(folder, free_port(), &Setup { guard, variables, ..Setup::default() })
}

/// Sends a request under this key; its reference, if it was taken.
fn post(counter: &Counter, key: &str) -> Option<String> {
    let reply = counter.post_json(FORM, &with(&sound(), &[("submission_id", key), ("title", key)]));
    (reply.status == 201).then(|| reply.json()["reference"].as_str().unwrap().to_owned())
}

#[test]
fn a_backup_beside_a_running_counter_holds_every_request_that_was_answered_before() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("backups")).unwrap();
    // The first mails arrive; then the mail server is away.
    let first = counter(folder, "directory:var/mail");
    let mut answered: BTreeMap<String, String> =
        (0..5).map(|n| (format!("early-{n}"), post(&first, &format!("early-{n}")).unwrap())).collect();
    wait_until_sent(&first);
    let away = counter(first.stop(), "smtp://127.0.0.1:9");
    let before = back_up_under_load(&away);
    answered.extend(before);
    let folder = away.stop();
    let commands = of_the_manual("sqlite-restore");
    let lines: Vec<&str> = commands.lines().collect();
    assert_eq!((lines[0], lines[lines.len() - 1]), ("systemctl stop madoguchi", "systemctl start madoguchi"));
    run(folder.path(), &commands);
    std::fs::remove_dir_all(folder.path().join("var/mail")).unwrap();
    let restored = counter(folder, "directory:var/mail");
    is_whole(&restored, &answered);
}

/// Backs up while requests are taken; those that were answered before it began, by their keys.
fn back_up_under_load(counter: &Counter) -> BTreeMap<String, String> {
    let (taken, stop) = (Mutex::new(BTreeMap::new()), AtomicBool::new(false));
    let mut before = BTreeMap::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (taken, stop) = (&taken, &stop);
            scope.spawn(move || {
                let numbers = (0..).take_while(|_| !stop.load(Ordering::Relaxed));
                for key in numbers.map(|n| format!("load-{thread}-{n}")) {
                    if let Some(reference) = post(counter, &key) {
                        taken.lock().unwrap().insert(key, reference);
                    }
                }
            });
        }
        let count = || taken.lock().unwrap().len();
        let more = |least: usize| {
            let until = Instant::now() + Duration::from_secs(60);
            while count() < least {
                assert!(Instant::now() < until, "{}", counter.log());
                std::thread::sleep(Duration::from_millis(5));
            }
        };
        more(100);
        before = taken.lock().unwrap().clone();
        // One that an interrupted backup has left is in nobody's way.
        std::fs::write(counter.folder.path().join("backups/requests.db.part"), "half").unwrap();
        run(counter.folder.path(), &of_the_manual("sqlite-backup"));
        more(count() + 20);
        stop.store(true, Ordering::Relaxed);
    });
    before
}

/// All of these are in the restored store, go out, say that they may arrive twice, and are still known as they were.
fn is_whole(counter: &Counter, answered: &BTreeMap<String, String>) {
    assert_eq!(counter.column("PRAGMA integrity_check"), "ok");
    assert_eq!(counter.column("SELECT count(*) FROM deliveries WHERE state = 'queued'"), "0", "nothing goes again in silence");
    wait_until_sent(counter);
    let listed = said(&requests(counter.folder.path(), &["list", "--all", "--json"]));
    let rows = listed.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let kept: BTreeMap<String, bool> = rows
        .map(|row| (row["reference"].as_str().unwrap().to_owned(), row["deliveries"][0]["may_repeat"].as_bool().unwrap()))
        .collect();
    let mails = files(counter);
    for (key, reference) in answered {
        let waited = key.starts_with("load-");
        assert_eq!(kept.get(reference), Some(&waited), "{key}");
        assert_eq!(mails.contains_key(&format!("{reference}.v1.eml")), waited, "{key}: what was sent is not sent again");
        assert_eq!(post(counter, key).as_ref(), Some(reference), "a repeat is a repeat");
    }
}

#[test]
fn a_backup_is_for_its_owner_alone_and_takes_the_place_of_no_file() {
    use std::os::unix::fs::PermissionsExt;
    let counter = counter(tempfile::tempdir().unwrap(), "directory:var/mail");
    let reference = post(&counter, "one").unwrap();
    let folder = counter.folder.path();
    let file = folder.join("copy.db");
    let name = file.to_str().unwrap();
    let done = requests(folder, &["backup", name]);
    let told = String::from_utf8(done.stderr.clone()).unwrap();
    assert!(done.status.success() && told.contains("Requests in the backup: 1.") && done.stdout.is_empty(), "{told}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = std::fs::read(&file).unwrap();
    let again = requests(folder, &["backup", name]);
    assert_eq!(again.status.code(), Some(4));
    assert!(String::from_utf8(again.stderr).unwrap().contains("exists already"));
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
    let nowhere = requests(folder, &["backup", folder.join("no/copy.db").to_str().unwrap()]);
    assert_eq!(nowhere.status.code(), Some(4));
    // What is deleted is in no later backup.
    wait_until_sent(&counter);
    assert!(requests(folder, &["forget", &reference]).status.success());
    assert!(requests(folder, &["backup", folder.join("later.db").to_str().unwrap()]).status.success());
    let later = std::fs::read(folder.join("later.db")).unwrap();
    let holds = |bytes: &[u8]| memchr::memmem::find(bytes, "顧客㈱".as_bytes()).is_some();
    assert!(holds(&bytes) && !holds(&later));
    let left: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(left.iter().all(|name| !name.contains(".part")), "{left:?}");
}
