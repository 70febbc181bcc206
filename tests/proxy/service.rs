//! The service: systemd's own judgement of the unit.

use std::process::{Command, Output};

use crate::manual::{block, replaced};

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
