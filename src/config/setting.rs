//! A setting as it was given: its value and where it stands, in the file or in the environment.

use std::ops::Range;

use serde::{Deserialize, Deserializer};

use super::error::{ConfigError, ConfigErrorKind, Place};
use crate::source::LineIndex;

/// A value and where it was given.
#[derive(Debug, Clone)]
pub(super) struct Given<T> {
    pub(super) value: T,
    pub(super) by: By,
}

/// What gave a value.
#[derive(Debug, Clone)]
pub(super) enum By {
    /// These bytes of the file.
    File(Range<usize>),
    /// An environment variable.
    Variable(String),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = toml::Spanned::<T>::deserialize(deserializer)?;
        let by = By::File(spanned.span());
        Ok(Self { value: spanned.into_inner(), by })
    }
}

/// The configuration file's text, to tell where its bytes stand.
pub(super) struct File<'a> {
    name: &'a str,
    text: &'a str,
    lines: LineIndex,
}

impl<'a> File<'a> {
    pub(super) fn new(name: &'a str, text: &'a str) -> Self {
        Self { name, text, lines: LineIndex::new(text) }
    }

    /// The place of a byte, or the file as a whole.
    pub(super) fn place(&self, offset: Option<usize>) -> Place {
        let at = offset.map(|offset| self.lines.position(self.text, offset)).map(|at| (at.line, at.column));
        Place::File { file: self.name.to_owned(), at }
    }

    /// An error at what was given.
    pub(super) fn error(
        &self,
        by: &By,
        kind: ConfigErrorKind,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> ConfigError {
        let place = match by {
            By::File(range) => self.place(Some(range.start)),
            By::Variable(name) => Place::Variable(name.clone()),
        };
        ConfigError { kind, place, message: message.into(), help: help.into() }
    }

    /// Gives a value its type. A parser's complaint completes the sentence "`KEY` …".
    pub(super) fn parse<T, U>(
        &self,
        key: &str,
        given: &Given<T>,
        parser: impl FnOnce(&T) -> Result<U, String>,
    ) -> Result<U, ConfigError> {
        parser(&given.value).map_err(|why| self.error(&given.by, ConfigErrorKind::Value, format!("`{key}` {why}"), ""))
    }
}

/// What a variable's text can be turned into.
pub(super) trait FromVariable: Sized {
    /// The value, or what it must be.
    fn from_variable(text: &str) -> Result<Self, String>;
}

impl FromVariable for String {
    fn from_variable(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl FromVariable for bool {
    fn from_variable(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "must be `true` or `false`".into())
    }
}

impl FromVariable for u32 {
    fn from_variable(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "must be a whole number of at least 0".into())
    }
}

impl FromVariable for Vec<String> {
    /// Parts between commas; empty ones are left out.
    fn from_variable(text: &str) -> Result<Self, String> {
        Ok(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }
}
