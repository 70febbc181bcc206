//! How a command can fail: what, where, and what to do next, with an exit code for each kind.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::config::{ConfigError, ConfigErrorKind};

/// The kinds of failure, which are the exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// 1: the content has errors, which the report has named.
    Content = 1,
    /// 2: the command was called wrongly.
    Usage = 2,
    /// 3: the configuration is wrong.
    Configuration = 3,
    /// 4: a file, the network or a database does not do what is needed.
    Environment = 4,
}

impl FailureKind {
    /// The exit code.
    pub fn exit_code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// Why a command has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// Where and what, in a sentence without its full stop; empty if all has been said.
    pub message: String,
    /// What to do next; may be empty.
    pub help: String,
}

impl Failure {
    /// The content has errors, which the report has named.
    pub fn content() -> Self {
        Self { kind: FailureKind::Content, message: String::new(), help: String::new() }
    }

    /// The command was called wrongly.
    pub fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { kind: FailureKind::Usage, message: message.into(), help: help.into() }
    }

    /// A file, the network or a database does not do what is needed.
    pub fn environment(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { kind: FailureKind::Environment, message: message.into(), help: help.into() }
    }

    /// What came of writing to standard output. A reader that has gone away is no failure.
    ///
    /// # Errors
    /// Standard output cannot be written for another reason.
    pub fn of_output(result: io::Result<()>) -> Result<(), Self> {
        match result {
            Err(why) if why.kind() != io::ErrorKind::BrokenPipe => {
                Err(Self::environment(format!("standard output cannot be written: {why}"), "look at where it is redirected to"))
            }
            _ => Ok(()),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let unreadable = error.kind == ConfigErrorKind::Unreadable;
        let kind = if unreadable { FailureKind::Environment } else { FailureKind::Configuration };
        Self { kind, message: error.to_string(), help: error.help }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.message.is_empty() {
            writeln!(f, "error: {}", self.message)?;
        }
        if !self.help.is_empty() {
            writeln!(f, "help: {}", self.help)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Place;

    #[test]
    fn a_failure_says_where_what_and_what_next() {
        let place = Place::File { file: "madoguchi.toml".into(), at: Some((2, 1)) };
        let error =
            ConfigError { kind: ConfigErrorKind::Unknown, place, message: "unknown key `a`".into(), help: "drop it".into() };
        let failure = Failure::from(error);
        assert_eq!(failure.kind, FailureKind::Configuration);
        assert_eq!(failure.to_string(), "error: madoguchi.toml:2:1: unknown key `a`\nhelp: drop it\n");
        assert_eq!(Failure::content().to_string(), "");
    }

    #[test]
    fn a_reader_that_has_gone_away_is_no_failure() {
        assert_eq!(Failure::of_output(Err(io::ErrorKind::BrokenPipe.into())), Ok(()));
        assert!(Failure::of_output(Err(io::ErrorKind::StorageFull.into())).is_err());
    }
}
