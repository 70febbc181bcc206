//! What a disk holds after a power cut: only what was synced. Read from a trace of the counter's system calls.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The options of `strace` for a trace that [`after_power_cut`] can read, of calls on the database and its write-ahead log only.
///
/// Each thread has a file of its own, so that no call is split in two; the times put them in order.
pub(crate) fn options(folder: &Path, database: &Path, fault: Option<&str>) -> Vec<String> {
    let log = format!("{}-wal", database.display());
    let fixed = [
        "strace",
        "-D",
        "-f",
        "-ff",
        "-ttt",
        "-y",
        "-xx",
        "-s",
        "1000000",
        "--seccomp-bpf",
        "-qq",
        "-e",
        "signal=none",
        "-e",
        "trace=pwrite64,ftruncate,fsync,fdatasync",
    ];
    let paths = ["-P".to_owned(), database.display().to_string(), "-P".to_owned(), log];
    let fault = fault.into_iter().flat_map(|fault| ["-e".to_owned(), format!("inject={fault}")]);
    let output = ["-o".to_owned(), folder.join("trace").display().to_string()];
    fixed.map(str::to_owned).into_iter().chain(paths).chain(fault).chain(output).collect()
}

/// Every call that a trace holds, in order.
fn calls(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let texts = files.map(|file| std::fs::read_to_string(file).unwrap()).collect::<String>();
    let mut calls: Vec<String> = texts.lines().map(str::to_owned).collect();
    // Times have as many digits, so that they sort as texts do.
    calls.sort();
    calls
}

/// How often the fault has come.
pub(crate) fn faults(folder: &Path) -> usize {
    calls(folder).iter().filter(|call| call.ends_with("(INJECTED)")).count()
}

/// A file as the program sees it, and as the disk has it.
#[derive(Default)]
struct File {
    seen: Vec<u8>,
    durable: Vec<u8>,
}

/// Writes what was synced, and nothing else, of the files that a trace names into a folder of their own; the database's name there.
pub(crate) fn after_power_cut(trace: &Path, into: &Path) -> PathBuf {
    let mut files: BTreeMap<String, File> = BTreeMap::new();
    for call in calls(trace).iter().filter_map(|line| Call::parse(line)) {
        let file = files.entry(call.file).or_default();
        match call.what {
            What::Write(bytes, at) => {
                file.seen.resize(file.seen.len().max(at + bytes.len()), 0);
                file.seen[at..at + bytes.len()].copy_from_slice(&bytes);
            }
            What::Truncate(length) => file.seen.resize(length, 0),
            What::Sync => file.durable.clone_from(&file.seen),
        }
    }
    for (name, file) in &files {
        std::fs::write(into.join(name), &file.durable).unwrap();
    }
    into.join("requests.db")
}

/// A call that did what it was to do.
struct Call {
    file: String,
    what: What,
}

enum What {
    Write(Vec<u8>, usize),
    Truncate(usize),
    Sync,
}

impl Call {
    /// `TIME NAME(NUMBER<\xPATH>, …) = RESULT`; nothing for a call that failed, or did not return.
    fn parse(line: &str) -> Option<Self> {
        let (_, call) = line.split_once(' ')?;
        let (call, result) = call.rsplit_once(" = ")?;
        let done: usize = result.trim().parse().ok()?;
        let (name, arguments) = call.trim_end().trim_end_matches(')').split_once('(')?;
        let (file, arguments) = arguments.split_once('<')?.1.split_once('>')?;
        let path = String::from_utf8(unhex(file)).ok()?;
        let what = match name {
            "pwrite64" => {
                let mut parts = arguments.trim_start_matches(", ").split(", ");
                let bytes = unhex(parts.next()?.trim_matches('"'));
                What::Write(bytes[..done].to_vec(), parts.nth(1)?.parse().ok()?)
            }
            "ftruncate" => What::Truncate(arguments.trim_start_matches(", ").parse().ok()?),
            _ => What::Sync,
        };
        Some(Self { file: path.rsplit('/').next()?.to_owned(), what })
    }
}

/// `\x6d\x61`.
fn unhex(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
}
