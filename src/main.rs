//! The command.

use std::process::ExitCode;

/// Both halves allocate much and in many threads; a build of 10,000 pairs spent a sixth of its time in glibc's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    madoguchi::cli::run(std::env::args_os())
}
