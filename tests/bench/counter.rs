//! The counter under load: the release build, real sockets, a real disk, a real mail server if there is one.
//!
//! ```text
//! cargo bench --bench counter                  measures; about seven minutes
//! cargo bench --bench counter -- --short       the whole way once, in a few seconds; measures nothing worth quoting
//! cargo bench --bench counter -- overload --guard 'in_flight = 64'     one part, with another setting
//! ```
//!
//! How it measures:
//! - the client runs on the same machine, in one thread, and takes its share of the cores;
//! - tokens are fetched before the time that is measured, and every request has its own, as from a page with script;
//! - limits by client are off, since all requests come from one address; all other settings are the defaults;
//! - mail goes to Postfix's `smtp-sink` (package postfix) while requests come in; without it, to a folder;
//! - contestants take turns (A B A B …); what is quoted are medians, and medians of the ratios of a round;
//! - disks that take 1 and 4 ms longer for an `fsync` are made of the machine's by a preloaded library (`counter/slow-disk.c`, built
//!   with `cc`), which delays those calls and touches no other. It also counts them. What the machine's own takes is measured too.
//!
//! Latencies of the open loop run from the moment at which a request was to be sent, whether or not a connection was free.
//!
//! Exit code 0: measured; 1: something that was accepted is not in the store, or the counter did not do its work.

use std::io::Write;
use std::process::ExitCode;

#[path = "counter/client.rs"]
mod client;
#[path = "counter/loops.rs"]
mod loops;
#[path = "../intake/port.rs"]
mod port;
#[path = "counter/report.rs"]
mod report;
#[path = "counter/server.rs"]
mod server;
#[path = "../intake/support.rs"]
#[allow(dead_code, reason = "shared with the tests of the counter, which use all of it")]
mod support;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        // So `cargo test --all-targets` calls it, on a debug build.
        let _ = writeln!(std::io::stdout(), "counter: nothing to do; `cargo bench --bench counter` measures");
        return ExitCode::SUCCESS;
    }
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "counter: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<String>) -> Result<(), String> {
    let scale = report::Scale::from_arguments(arguments.into_iter())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(report::run(&scale))
}
