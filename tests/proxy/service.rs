//! The service: systemd's own judgement of the unit, and a boot with it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::manual::{block, replaced};
use crate::program_at;
use crate::support::{Setup, site};

/// The most that `systemd-analyze security` may find, in tenths: 0 is a service that can do nothing, 96 one without any limits. What is
/// left is mostly the network, which the counter needs.
const EXPOSED: &str = "15";

/// The unit in a folder, with a program that exists; systemd's judgement, or nothing where there is no systemd.
fn judged(arguments: &[&str]) -> Option<Output> {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("madoguchi.service");
    let program = env!("CARGO_BIN_EXE_madoguchi");
    std::fs::write(&unit, replaced(&block("ini"), &[("/usr/local/bin/madoguchi", program)])).unwrap();
    Command::new("systemd-analyze").args(arguments).arg(&unit).output().ok()
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let Some(output) = judged(&["verify", "--man=no"]) else {
        return println!("SKIPPED: systemd_finds_nothing_wrong_with_the_unit: systemd is not installed");
    };
    let told = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<&str> = told.lines().filter(|line| line.contains("madoguchi")).collect();
    assert!(output.status.success() && ours.is_empty(), "{told}");
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn the_unit_leaves_the_service_little_to_do_harm_with() {
    let Some(output) = judged(&["security", "--offline=true", "--no-pager", "--threshold", EXPOSED]) else {
        return println!("SKIPPED: the_unit_leaves_the_service_little_to_do_harm_with: systemd is not installed");
    };
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("Overall exposure level"), "{told}");
}

/// Everything that a boot needs, in a folder. A debug build has its theme where it was compiled, which the unit may hide: the site has a
/// copy.
fn prepare(folder: &Path) {
    program_at(&folder.join("madoguchi"));
    std::fs::write(folder.join("madoguchi.service"), block("ini")).unwrap();
    std::fs::write(folder.join("smtp-password"), "a secret\n").unwrap();
    let intake = "store = \"sqlite:/var/lib/madoguchi/requests.db\"\nsmtp_user = \"madoguchi\"".to_owned();
    site(&folder.join("site"), 8025, &Setup { intake, site: "theme = \"copy\"".to_owned(), ..Setup::default() });
    let theme = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes/default");
    std::fs::create_dir(folder.join("site/themes")).unwrap();
    let copied = Command::new("cp").arg("-r").arg(theme).arg(folder.join("site/themes/copy")).status();
    assert!(copied.unwrap().success());
    let file = folder.join("site/madoguchi.toml");
    let places = [("directory:var/mail", "smtp://127.0.0.1:2525")];
    std::fs::write(&file, replaced(&std::fs::read_to_string(&file).unwrap(), &places)).unwrap();
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn systemd_boots_with_the_unit_and_keeps_the_counter_running() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/proxy/boot.sh");
    let boot = Command::new("bash").arg(script).arg(folder.path()).stdin(Stdio::null()).output().unwrap();
    let Ok(told) = std::fs::read_to_string(folder.path().join("told")) else {
        let why = String::from_utf8_lossy(&boot.stderr).lines().last().unwrap_or("systemd does not come up").to_owned();
        return println!("SKIPPED: systemd_boots_with_the_unit_and_keeps_the_counter_running: {why}");
    };
    let expected = [
        "ready",
        "user madoguchi",
        "nonewprivs: 1",
        "seccomp: 2",
        "core: 0 0",
        "ready again after 1 restart",
        "stopped: success",
        "within 10 s",
        "madoguchi its own 700",
        "requests.db its own 600",
    ];
    for line in expected {
        assert!(told.lines().any(|one| one == line), "`{line}` is not told:\n{told}");
    }
}
