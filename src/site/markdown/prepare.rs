//! The changes made to a side's text before it is parsed: marks for directives, neutral characters that let emphasis
//! work beside Japanese punctuation, and repairs for display.

use std::borrow::Cow;
use std::ops::Range;

use super::cjk::{self, Delimiters};
use super::comments;
use super::directive::{self, Directive, Found};
use super::edits::{Edits, OffsetMap};
use super::repair::{self, is_in};
use crate::site::unit::{Document, Half, Side};

/// Three characters that a text does not hold.
///
/// The two that enclose a directive's number are of the private use area: neither punctuation nor white space to a CommonMark parser, so that a
/// directive within a line stands there like a word. The third stands beside delimiter runs; see [`cjk::delimiters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Makes a delimiter run flank.
    pub(crate) neutral: char,
    /// Opens a directive's number.
    pub(crate) open: char,
    /// Closes it.
    pub(crate) close: char,
}

impl Marks {
    /// Characters that the text does not use; `None` if it uses all that could serve.
    pub(crate) fn for_text(text: &str) -> Option<Self> {
        let free = |row: u32| {
            let [open, close] = [char::from_u32(row)?, char::from_u32(row + 1)?];
            (!text.contains([open, close])).then_some((open, close))
        };
        let usual = memchr::memchr(0xEE, text.as_bytes()).is_none().then_some(('\u{E000}', '\u{E001}'));
        let (open, close) = usual.or_else(|| (0xE000..0xF000).step_by(2).find_map(free))?;
        Some(Self { neutral: cjk::sentinel_for(text)?, open, close })
    }

    pub(crate) fn mark(self, number: usize) -> String {
        format!("{}{number}{}", self.open, self.close)
    }

    /// Whether any of the three stands in the text.
    pub(crate) fn in_text(self, text: &str) -> bool {
        // The first byte of the private use area's first half, and of the supplementary planes.
        memchr::memchr2(0xEE, 0xF0, text.as_bytes()).is_some() && text.contains([self.neutral, self.open, self.close])
    }
}

/// A text ready for the parser.
pub(crate) struct Prepared<'t> {
    pub(crate) text: Cow<'t, str>,
    pub(crate) map: OffsetMap,
    pub(crate) marks: Marks,
    pub(crate) found: Vec<Found>,
    /// Where stars stand in the side's text.
    pub(crate) stars: Vec<usize>,
    /// Block markers made text; see [`repair::displaced_markers`].
    pub(crate) displaced: Vec<Range<usize>>,
    /// Comments in which directives were left as they are.
    comments: Vec<Range<usize>>,
}

impl Prepared<'_> {
    /// Whether a mark stands in a piece of the text as it is written there.
    pub(crate) fn is_marked(&self, piece: &str) -> bool {
        matches!(self.text, Cow::Owned(_)) && self.marks.in_text(piece)
    }

    /// Whether a directive, a displaced marker or a comment was found in code, of which there are none.
    pub(crate) fn changes(&self, code: &[Range<usize>]) -> bool {
        let found = self.found.iter().map(|found| found.range.start).chain(self.displaced.iter().map(|marker| marker.start));
        !code.is_empty() && found.chain(self.comments.iter().map(|comment| comment.start)).any(|at| is_in(code, at))
    }

    /// Of the code that a parse has found that which holds: what stands in a comment that begins in code was read without its directives.
    pub(crate) fn certain(&self, mut code: Vec<Range<usize>>) -> Vec<Range<usize>> {
        let is_none = |comment: &&Range<usize>| is_in(&code, comment.start);
        let none: Vec<Range<usize>> =
            self.comments.iter().filter(is_none).map(|comment| comment.start + 1..comment.end).collect();
        code.retain(|range| !is_in(&none, range.start));
        code
    }
}

/// Prepares a side, with further edits that an earlier parse found to be needed. What stands in `code`, as far as that is known, stays as it is.
pub(crate) fn prepare<'t>(
    document: &Document,
    half: Half,
    side: &'t Side,
    further: &Edits,
    code: &[Range<usize>],
) -> Prepared<'t> {
    let text = side.text.as_str();
    let mut edits = further.clone();
    let mut displaced = repair::displaced_markers(document, half, side);
    displaced.retain(|marker| !is_in(code, marker.start));
    for marker in &displaced {
        edits.replace(marker.end - 1..marker.end - 1, "\\");
    }
    let Delimiters { sentinels, stars } = cjk::delimiters(text);
    let Some(marks) = Marks::for_text(text) else {
        // A text that uses all of two thousand private characters holds no directives that a person wrote.
        let (text, map) = edits.apply(text);
        let marks = Marks { neutral: '\u{FDD0}', open: '\u{FDD1}', close: '\u{FDD2}' };
        return Prepared { text, map, marks, found: Vec::new(), stars, displaced, comments: Vec::new() };
    };
    let mut found = directive::find(text);
    found.retain(|found| !is_in(code, found.range.start));
    // A mark would end the comment, and show what stands behind it.
    let mut comments = if found.is_empty() { Vec::new() } else { comments::find(text, code) };
    comments.retain(|comment| {
        let next = found.partition_point(|found| found.range.start < comment.start);
        found.get(next).is_some_and(|found| found.range.start < comment.end)
    });
    found.retain(|found| !is_in(&comments, found.range.start));
    mark_directives(text, &found, marks, &mut edits);
    for at in sentinels {
        edits.replace(at..at, marks.neutral);
    }
    let (text, map) = edits.apply(text);
    Prepared { text, map, marks, found, stars, displaced, comments }
}

fn mark_directives(text: &str, found: &[Found], marks: Marks, edits: &mut Edits) {
    for (number, one) in found.iter().enumerate() {
        if matches!(one.directive, Directive::Unknown(_)) {
            continue;
        }
        let mark = marks.mark(number);
        let written = if one.directive.is_block() && directive::starts_line(text, one.range.start) {
            format!("<!--{mark}-->{}", new_line(text, one))
        } else {
            mark
        };
        edits.replace(one.range.clone(), written);
    }
    outdent_columns(text, found, edits);
}

/// What must follow a block's mark so that text behind it on its line is no part of it: a line end and the line's lead.
fn new_line(text: &str, one: &Found) -> String {
    let rest = &text[one.range.end..];
    if rest.lines().next().is_none_or(|line| line.trim().is_empty()) {
        return String::new();
    }
    let line = text[..one.range.start].rfind('\n').map_or(0, |at| at + 1);
    let lead: String = text[line..one.range.start].chars().map(|c| if c == '>' { c } else { ' ' }).collect();
    format!("\n{lead}")
}

/// Takes away the indentation of columns in a row and of what stands in them, which would be read as code.
fn outdent_columns(text: &str, found: &[Found], edits: &mut Edits) {
    let mut rows = Vec::new();
    for (at, one) in found.iter().enumerate() {
        let lead = directive::before(text, one.range.start);
        let base = *rows.last().unwrap_or(&lead.len());
        match one.directive {
            Directive::Row => rows.push(lead.len()),
            Directive::Column(_) | Directive::ColumnEnd | Directive::RowEnd
                if lead.len() > base && indent(lead) == lead.len() =>
            {
                edits.replace(one.range.start - lead.len() + base..one.range.start, "");
            }
            _ => {}
        }
        match one.directive {
            Directive::Column(_) => {
                let ends =
                    |next: &&Found| matches!(next.directive, Directive::Column(_) | Directive::ColumnEnd | Directive::RowEnd);
                let end = found[at + 1..].iter().find(ends).map_or(text.len(), |next| next.range.start);
                outdent(text, one.range.end..end, base, edits);
            }
            Directive::RowEnd => {
                rows.pop();
            }
            _ => {}
        }
    }
}

/// Takes away what the lines behind the first are indented by beyond `base`, as far as all are.
fn outdent(text: &str, range: Range<usize>, base: usize, edits: &mut Edits) {
    let lines = || {
        let mut next = range.start;
        let lines = text[range.clone()].split_inclusive('\n').map(move |line| {
            next += line.len();
            (next - line.len(), line)
        });
        lines.skip(1)
    };
    let least = lines().filter(|(_, line)| !line.trim().is_empty()).map(|(_, line)| indent(line)).min().unwrap_or(0);
    if least <= base {
        return;
    }
    for (offset, line) in lines().filter(|(_, line)| !line.trim().is_empty()) {
        edits.replace(offset..offset + indent(line).min(least - base), "");
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}
