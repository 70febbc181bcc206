//! The command line: what is asked, by whom it is done, and how it ended.
//!
//! Data goes to standard output, everything else to standard error. Only this room prints.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[cfg(feature = "site")]
mod build;
#[cfg(feature = "site")]
mod check;
pub mod failure;
#[cfg(feature = "site")]
mod headers;
#[cfg(feature = "site")]
mod init;
#[cfg(feature = "intake")]
mod intake;
#[cfg(feature = "intake")]
mod memory;
#[cfg(feature = "site")]
mod press;
#[cfg(feature = "site")]
pub mod progress;
#[cfg(feature = "site")]
pub mod report;
#[cfg(feature = "intake")]
mod requests;
#[cfg(feature = "preview")]
mod serve;
#[cfg(feature = "site")]
mod split;
#[cfg(feature = "site")]
mod terminal;

use failure::Failure;

/// Bilingual guidance from localized Markdown, and a counter that loses no service request.
#[derive(Debug, Parser)]
#[command(name = "madoguchi", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a new bilingual site with a form, or a configuration for existing Markdown
    #[cfg(feature = "site")]
    Init(init::Init),
    /// Build the site in every language
    #[cfg(feature = "site")]
    Build(build::Build),
    /// Say what is wrong with the content, without writing anything
    #[cfg(feature = "site")]
    Check(check::Check),
    /// Show the site as it is while its files are edited
    #[cfg(feature = "preview")]
    Serve(serve::Serve),
    /// Write one language of a localized file to standard output, as plain Markdown
    #[cfg(feature = "site")]
    Split(split::Split),
    /// Write the headers that the pages are served with, for a web server or a static host
    #[cfg(feature = "site")]
    Headers(headers::Headers),
    /// Run the counter: take requests, keep them, and mail them until they have arrived
    #[cfg(feature = "intake")]
    Intake(intake::Intake),
    /// See and change what the counter keeps; works beside a running counter
    #[cfg(feature = "intake")]
    Requests(requests::Requests),
}

/// Runs the command that the arguments ask for; the first is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no failure. Where nobody listens, nobody is told.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match done(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = write!(std::io::stderr(), "{failure}");
            failure.kind.exit_code()
        }
    }
}

fn done(command: Command) -> Result<(), Failure> {
    match command {
        #[cfg(feature = "site")]
        Command::Init(init) => init.run(),
        #[cfg(feature = "site")]
        Command::Build(build) => build.run(),
        #[cfg(feature = "site")]
        Command::Check(check) => check.run(),
        #[cfg(feature = "preview")]
        Command::Serve(serve) => serve.run(),
        #[cfg(feature = "site")]
        Command::Split(split) => split.run(),
        #[cfg(feature = "site")]
        Command::Headers(headers) => headers.run(),
        #[cfg(feature = "intake")]
        Command::Intake(intake) => intake.run(),
        #[cfg(feature = "intake")]
        Command::Requests(requests) => requests.run(),
    }
}
