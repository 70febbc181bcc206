//! Repairs for display: what the format's tags kept from being markup, and markers that translation displaced.
//!
//! A repair changes only what is shown, and each is reported. Nothing is invented: markers are taken away or made text, never added.

use std::ops::Range;

use super::edits::Edits;
use crate::site::unit::{Document, Form, Half, Side};

/// The block markers (`1.`, `-`, `+`) that stand at the start of a line only because the tags before them are gone.
///
/// They are text where the other language's segment does not begin with a marker, or where they frame words (`- or -`).
pub(crate) fn displaced_markers(document: &Document, half: Half, side: &Side) -> Vec<Range<usize>> {
    if document.form != Form::Localized {
        return Vec::new();
    }
    let other = document.side(half.other());
    let mut found = Vec::new();
    for segment in &document.segments {
        let (Some(own), Some(twin)) = (segment.range(half), segment.range(half.other())) else { continue };
        let text = &side.text[own.clone()];
        let Some(marker) = block_marker(text) else { continue };
        let framed = text.len() > 4 && text.starts_with("- ") && text.trim_end().ends_with(" -");
        let twin_has_it = block_marker(&other.text[twin]).is_some();
        if (framed || !twin_has_it) && super::directive::starts_line(&side.text, own.start) {
            found.push(own.start..own.start + marker);
        }
    }
    found
}

/// The length of the block marker that the text begins with: up to nine digits and `.` or `)`, or `-`, `+`, `*`, then a space (CommonMark 5.2).
fn block_marker(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let len = match (digits, bytes.get(digits)) {
        (0, Some(b'-' | b'+' | b'*')) => 1,
        (1..=9, Some(b'.' | b')')) => digits + 1,
        _ => return None,
    };
    matches!(bytes.get(len), Some(b' ' | b'\t')).then_some(len)
}

/// Takes the emphasis markers `**` out of a segment's text that begins at `start`, outside of code. Escaped ones stay if they are `meant`.
pub(crate) fn without_strong(text: &str, start: usize, code: &[Range<usize>], meant: bool, edits: &mut Edits) {
    for run in strong_runs(text) {
        if !(is_in(code, start + run.range.start) || run.escaped && meant) {
            edits.replace(start + run.range.start..start + run.range.end, "");
        }
    }
}

/// Whether a text has as many escaped `\*\*` as its source. Of those the writer wants to see the stars; all others come of the export, which
/// escapes what a translation made of markers.
pub(crate) fn means_stars(text: &str, source: &str) -> bool {
    let escaped = |text: &str| strong_runs(text).filter(|run| run.escaped).count();
    let own = escaped(text);
    own > 0 && own == escaped(source)
}

/// Whether a byte stands in one of some ranges, which are sorted.
pub(crate) fn is_in(ranges: &[Range<usize>], at: usize) -> bool {
    let next = ranges.partition_point(|range| range.start <= at);
    next > 0 && at < ranges[next - 1].end
}

/// Two stars or more, with the backslashes before them.
struct Run {
    range: Range<usize>,
    /// Whether the first of them is escaped.
    escaped: bool,
}

fn strong_runs(text: &str) -> impl Iterator<Item = Run> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let star = at + memchr::memchr(b'*', &bytes[at..])?;
            let escaped = star > 0 && bytes[star - 1] == b'\\';
            let (stars, end) = stars(bytes, star);
            at = end;
            if stars >= 2 {
                return Some(Run { range: star - usize::from(escaped)..end, escaped });
            }
        }
    })
}

/// How many stars follow each other, escaped or not, and where they end.
fn stars(bytes: &[u8], first: usize) -> (usize, usize) {
    let (mut stars, mut end) = (1, first + 1);
    loop {
        end += match &bytes[end..] {
            [b'*', ..] => 1,
            [b'\\', b'*', ..] => 2,
            _ => return (stars, end),
        };
        stars += 1;
    }
}

/// How many `**` a text holds outside of code.
pub(crate) fn strong_markers(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut markers, mut in_code, mut at) = (0, false, 0);
    while let Some(found) = memchr::memchr2(b'`', b'*', &bytes[at..]).map(|found| at + found) {
        at = found + 1;
        if bytes[found] == b'`' {
            in_code = !in_code;
        } else if bytes.get(at) == Some(&b'*') {
            at += 1;
            markers += usize::from(!in_code);
        }
    }
    markers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strong_markers_go_and_code_stays() {
        let text = "選択し****、`**a**`\\*\\*と*b*";
        let mut edits = Edits::default();
        let code = text.find('`').unwrap()..text.rfind('`').unwrap();
        without_strong(text, 0, &[code], false, &mut edits);
        assert_eq!(edits.apply(text).0, "選択し、`**a**`と*b*");
    }

    #[test]
    fn strong_markers_are_counted_outside_of_code() {
        for (text, count) in [
            ("", 0),
            ("a*b", 0),
            ("**a**", 2),
            ("***a*", 1),
            ("****", 2),
            ("`**`**", 1),
            ("*`*`*", 0),
            ("**`a**", 1),
            ("日**本`**`", 1),
        ] {
            assert_eq!(strong_markers(text), count, "{text}");
        }
    }

    #[test]
    fn block_markers_are_those_of_commonmark() {
        for (text, len) in [("1. x", Some(2)), ("- x", Some(1)), ("12) x", Some(3)), ("1.x", None), ("x", None), ("**x**", None)]
        {
            assert_eq!(block_marker(text), len, "{text}");
        }
    }
}
