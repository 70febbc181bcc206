//! The changes made to a side's text before it is parsed: marks for directives, neutral characters that let emphasis
//! work beside Japanese punctuation, and repairs for display.

use std::borrow::Cow;

use super::directive::{self, Directive, Found};
use super::edits::{Edits, OffsetMap};
use super::{cjk, repair};
use crate::site::unit::{Document, Half, Side};

/// Three characters that a text does not hold, of the private use area: they are neither punctuation nor white space to
/// a CommonMark parser, so that they change no flanking but where they stand for that.
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
    /// The first three private characters from a row that the text does not use.
    pub(crate) fn for_text(text: &str) -> Self {
        let free = |row: u32| {
            let chars = [0, 1, 2].map(|n| char::from_u32(row + n).unwrap_or('\u{E000}'));
            (!chars.iter().any(|c| text.contains(*c))).then_some(chars)
        };
        let plain = !text.as_bytes().contains(&0xEE);
        let rows = (0xE000..0xF800).step_by(0x10);
        let [neutral, open, close] = if plain {
            ['\u{E000}', '\u{E001}', '\u{E002}']
        } else {
            rows.filter_map(|row| free(row)).next().unwrap_or(['\u{F8F0}', '\u{F8F1}', '\u{F8F2}'])
        };
        Self { neutral, open, close }
    }

    pub(crate) fn mark(self, number: usize) -> String {
        format!("{}{number}{}", self.open, self.close)
    }

    /// Whether any of the three can stand in the text.
    pub(crate) fn in_text(self, text: &str) -> bool {
        memchr::memchr(0xEE, text.as_bytes()).is_some() && text.contains([self.neutral, self.open, self.close])
            || self.neutral >= '\u{F000}' && text.contains([self.neutral, self.open, self.close])
    }
}

/// A text ready for the parser.
pub(crate) struct Prepared<'t> {
    pub(crate) text: Cow<'t, str>,
    pub(crate) map: OffsetMap,
    pub(crate) marks: Marks,
    pub(crate) found: Vec<Found>,
}

/// Prepares a side, with further edits that an earlier parse found to be needed.
pub(crate) fn prepare<'t>(document: &Document, half: Half, side: &'t Side, further: &Edits) -> Prepared<'t> {
    let text = side.text.as_str();
    let marks = Marks::for_text(text);
    let found = directive::find(text);
    let mut edits = further.clone();
    repair::markers(document, half, side, &mut edits);
    mark_directives(text, &found, marks, &mut edits);
    for at in cjk::sentinels(text) {
        edits.replace(at..at, marks.neutral);
    }
    let (text, map) = edits.apply(text);
    Prepared { text, map, marks, found }
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

/// Takes away the indentation under `:::column:::`, which would be read as code.
fn outdent_columns(text: &str, found: &[Found], edits: &mut Edits) {
    for (at, column) in found.iter().enumerate() {
        let Directive::Column(_) = column.directive else { continue };
        let end = found[at..].iter().find(|f| f.directive == Directive::ColumnEnd).map_or(text.len(), |f| f.range.start);
        let start = column.range.end;
        let lines = || {
            let mut next = start;
            let lines = text[start..end].split_inclusive('\n').map(move |line| {
                let offset = next;
                next += line.len();
                (offset, line)
            });
            lines.skip(1)
        };
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let own = column.range.start - text[..column.range.start].rfind('\n').map_or(0, |at| at + 1);
        let least = lines().filter(|(_, line)| !line.trim().is_empty()).map(|(_, line)| indent(line)).min().unwrap_or(0);
        if least <= own {
            continue;
        }
        for (offset, line) in lines() {
            edits.replace(offset..offset + indent(line).min(least - own), "");
        }
    }
}
