//! A segment in both languages, and the places of a diagnostic on both sides.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::words::Words;
use crate::diag::{Code, Diagnostic, Span};
use crate::locale::Locale;
use crate::site::markdown::lex::span;
use crate::site::unit::{Document, Half};

/// A segment that has a target.
pub(super) struct Pair<'a> {
    pub(super) document: &'a Arc<Document>,
    /// Its ranges in the source side and in the target side.
    pub(super) sides: [Range<usize>; 2],
    pub(super) source: &'a Words,
    pub(super) target: &'a Words,
    /// The locales of the source and of the target.
    pub(super) locales: [&'a Locale; 2],
}

impl<'a> Pair<'a> {
    /// The segment's Markdown on both sides.
    pub(super) fn markdown(&self) -> [&'a str; 2] {
        [Half::Source, Half::Target].map(|half| {
            let range = self.sides[usize::from(half == Half::Target)].clone();
            self.document.side(half).text.get(range).unwrap_or_default()
        })
    }

    /// Whether a side's language writes `1,5` for one and a half. Those that do not are fewer.
    pub(super) fn decimal_comma(&self, side: usize) -> bool {
        let points = ["en", "ja", "zh", "yue", "ko", "th", "he", "hi", "ms", "fil"];
        !points.contains(&self.locales[side].language())
    }

    /// A range of the target's words, or all of the target, in its side's text.
    pub(super) fn target_words(&self, words: Option<&Range<usize>>) -> Range<usize> {
        words.and_then(|range| self.target.side(range)).unwrap_or_else(|| self.sides[1].clone())
    }

    /// A range of the source's words, or all of the source, in its side's text.
    pub(super) fn source_words(&self, words: Option<&Range<usize>>) -> Range<usize> {
        words.and_then(|range| self.source.side(range)).unwrap_or_else(|| self.sides[0].clone())
    }

    /// A range of the target side's text as a place in its file.
    pub(super) fn target_span(&self, range: Range<usize>) -> Span {
        span(self.document.side(Half::Target), range)
    }

    /// A diagnostic at a place of the target side, with the place in the source side that it is held against.
    pub(super) fn diagnostic(
        &self,
        code: Code,
        at: Range<usize>,
        message: impl Into<String>,
        source: Range<usize>,
        help: impl Into<Cow<'static, str>>,
    ) -> Diagnostic {
        let source = span(self.document.side(Half::Source), source);
        Diagnostic::new(code, self.target_span(at), message).related(source, "the source").help(help)
    }
}
