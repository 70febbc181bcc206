//! What is wrong with a theme, where, and what to do.

use std::fmt;
use std::ops::Range;

use crate::source::{LineIndex, floor_char_boundary};

/// What kind of thing is wrong with a theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeErrorKind {
    /// The theme folder or a file of it cannot be read.
    Unreadable,
    /// A file stands where the theme does not look for it.
    Misplaced,
    /// A template or message file is not UTF-8.
    NotUtf8,
    /// A template cannot be understood.
    Template,
    /// A template was asked for that the theme does not have.
    NoSuchTemplate,
    /// A template failed while it was rendered.
    Render,
    /// A message file cannot be understood.
    MessageFile,
    /// Message files do not agree in their keys.
    MessageKey,
    /// A style sheet names a file that the theme does not have, or style sheets import each other in a circle.
    Asset,
}

/// A place in a file of a theme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as a person would name it.
    pub file: String,
    /// The whole text of the file.
    pub text: String,
    /// The stretch that is meant, in bytes of the text, on character boundaries.
    pub range: Range<usize>,
    /// The line where it begins, from 1.
    pub line: usize,
    /// The column where it begins, in characters, from 1.
    pub column: usize,
}

impl Place {
    /// A stretch of a file, moved to character boundaries where needed.
    pub(super) fn new(file: &str, text: &str, range: Range<usize>) -> Self {
        let start = floor_char_boundary(text, range.start);
        let end = floor_char_boundary(text, range.end).max(start);
        let position = LineIndex::new(text).position(text, start);
        Self { file: file.to_owned(), text: text.to_owned(), range: start..end, line: position.line, column: position.column }
    }

    /// The line where the place begins, without its end.
    pub fn excerpt(&self) -> &str {
        self.text.lines().nth(self.line - 1).unwrap_or_default()
    }
}

/// One thing that is wrong with a theme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeError {
    /// What kind.
    pub kind: ThemeErrorKind,
    /// What, in a sentence without its full stop. It names the file if there is no place.
    pub message: String,
    /// Where, if it is known.
    pub place: Option<Box<Place>>,
    /// What to do next; may be empty.
    pub help: String,
}

impl ThemeError {
    pub(super) fn new(kind: ThemeErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), place: None, help: String::new() }
    }

    #[must_use]
    pub(super) fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }

    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

impl fmt::Display for ThemeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}:{}:{}: ", place.file, place.line, place.column)?;
        }
        f.write_str(&self.message)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, " ({})", self.help) }
    }
}

impl std::error::Error for ThemeError {}
