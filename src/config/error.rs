//! What is wrong with the configuration.

use std::fmt;

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigErrorKind {
    /// A file or folder cannot be read.
    Unreadable,
    /// The file is not UTF-8 or not TOML.
    Syntax,
    /// A key, or a `MADOGUCHI_` variable, is not known.
    Unknown,
    /// A value is not of its kind, or not allowed.
    Value,
    /// Something that must be given is not.
    Missing,
}

/// Where a setting stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file. Line and column count from one, the column in characters; absent for the file as a whole.
    File {
        /// The file.
        file: String,
        /// Line and column.
        at: Option<(usize, usize)>,
    },
    /// In an environment variable.
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, at: Some((line, column)) } => write!(f, "{file}:{line}:{column}"),
            Self::File { file, at: None } => f.write_str(file),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// An error in the configuration: what, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// What kind.
    pub kind: ConfigErrorKind,
    /// Where.
    pub place: Place,
    /// What, in a sentence without its full stop.
    pub message: String,
    /// What to do next; may be empty.
    pub help: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for ConfigError {}
