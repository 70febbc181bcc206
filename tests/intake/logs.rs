//! Nothing that a requester sent is in a log, at any level, nor in a core dump.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{Counter, Request, Setup, send, sound, with};

const CANARIES: [&str; 8] =
    ["CanaryPath", "CanaryHeader", "CanaryName", "canary-mail", "CanaryTitle", "CanaryText", "203.0.113.77", "CanaryTrap"];

#[test]
fn no_log_line_holds_what_was_sent() {
    let variables = vec![("MADOGUCHI_INTAKE_SECRET", "canary-secret-canary-secret-canary-secret".to_owned())];
    let counter =
        Counter::with(Setup { log: "trace", variables, intake: "trusted_proxies = [\"127.0.0.1\"]".into(), ..Setup::default() });
    let token = counter.token("service-request");
    let fields = with(
        &sound(),
        &[
            ("requester_name", "CanaryName"),
            ("email", "canary-mail@example.com"),
            ("title", "CanaryTitle"),
            ("description", "CanaryText"),
            ("token", &token),
        ],
    );
    let post = |fields: &[(&str, &str)]| {
        send(counter.address, &Request::json("/requests/service-request", fields).header("X-Forwarded-For", "203.0.113.77"))
            .status
    };
    assert_eq!(post(&fields), 201);
    assert_eq!(post(&with(&fields, &[("email", "canary-mail"), ("website", "CanaryTrap")])), 422);
    assert_eq!(post(&with(&fields, &[("title", "CanaryTitle\n")])), 422);
    assert_eq!(counter.post_form("/requests/service-request", &fields).status, 200);
    // Nor what stands around a request, where a line break could forge a line of the log.
    for path in ["/requests/CanaryPath%0a%7B%22level%22:%22ERROR%22%7D", "/requests/service-request?company=CanaryPath%0a"] {
        let odd = ["User-Agent", "Referer", "Accept-Language", "Host"];
        let odd = odd.iter().fold(Request::new("GET", path), |request, name| request.header(name, "CanaryHeader"));
        assert!([200, 400, 404].contains(&send(counter.address, &odd).status));
    }
    std::thread::sleep(Duration::from_secs(2));
    let log = counter.log();
    assert!(log.contains("\"level\":\"INFO\"") && log.contains("accepted"), "{log}");
    for canary in CANARIES.iter().chain(&["canary-secret", token.as_str()]) {
        assert!(!log.contains(canary), "{canary} is in the log:\n{log}");
    }
    for line in log.lines().filter(|line| line.starts_with('{')) {
        let parsed: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(parsed["timestamp"].is_string() && parsed["level"].is_string(), "{line}");
    }
}

/// Shells run what follows with core dumps allowed, in a folder where they would be written.
fn dumping(folder: &Path) -> Vec<String> {
    let script = format!("ulimit -c unlimited; cd '{}' && exec \"$0\" \"$@\"", folder.display());
    ["sh".to_owned(), "-c".to_owned(), script].to_vec()
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn no_core_dump_is_written_where_other_programs_leave_one() {
    let folder = tempfile::tempdir().unwrap();
    let under = dumping(folder.path());
    let mut counter = Counter::with(Setup { under: under.clone(), ..Setup::default() });
    let token = counter.token("service-request");
    let fields = with(&sound(), &[("description", "CanaryText"), ("token", &token)]);
    assert_eq!(counter.post_json("/requests/service-request", &fields).status, 201);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", counter.pid())).unwrap();
    let core: Vec<_> = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "{limits}");
    assert!(counter.signal("-ABRT"));
    let ended = counter.ended();
    assert!(ended.signal() == Some(6) && !ended.core_dumped(), "{ended:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let other = Command::new("sh").args(&under[1..]).args(["sh", "-c", "kill -ABRT $$"]).stderr(Stdio::null()).status().unwrap();
    if !other.core_dumped() {
        println!(
            "SKIPPED: logs::no_core_dump_is_written_where_other_programs_leave_one: no other program leaves a dump on this machine"
        );
    }
}
