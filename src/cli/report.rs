//! What is wrong with the content, written for people, as JSON, or as SARIF.

use std::io::{self, Write};

use crate::diag::{Code, Diagnostic, Severity};
use crate::source::Position;
use crate::vpath::SourcePath;

mod human;
mod json;
mod levels;
mod place;
mod sarif;
mod summary;
#[cfg(test)]
mod tests;

pub use levels::{Levels, parse_code};

/// A diagnostic at the level that the command gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The level.
    pub severity: Severity,
    /// What, where, and what to do.
    pub diagnostic: Diagnostic,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people, with excerpts and a summary at the end. Nothing is written if nothing is wrong.
    Human {
        /// With the colours of a terminal.
        colour: bool,
        /// How many warnings are shown in full; all errors are.
        most: usize,
    },
    /// One JSON object.
    Json,
    /// A SARIF 2.1.0 log.
    Sarif,
}

/// Gives the text of a file, or nothing if it cannot be read.
pub type Read<'a> = dyn Fn(&SourcePath) -> Option<String> + 'a;

/// Writes findings, which stand in order. Each file's text is read once, unless the texts grow too large to be held.
///
/// # Errors
/// The stream cannot be written.
pub fn write(out: &mut dyn Write, format: Format, findings: &[Finding], read: &Read<'_>) -> io::Result<()> {
    let mut texts = place::Texts::new(read);
    match format {
        Format::Human { colour, most } => human::write(out, findings, &mut texts, colour, most),
        Format::Json => json::write(out, findings, &mut texts),
        Format::Sarif => sarif::write(out, findings, &mut texts),
    }
}

/// A finding as [`Format::Human`] writes it, without colour, and where it is: line and column, from one.
pub fn one(finding: &Finding, read: &Read<'_>) -> (String, Option<Position>) {
    let mut texts = place::Texts::new(read);
    let at = texts.locate(&finding.diagnostic.span).map(|located| located.start);
    (human::one(finding, &mut texts, false), at)
}

/// Whether one of the findings is an error.
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

impl Finding {
    fn code(&self) -> Code {
        self.diagnostic.code
    }
}
