//! Comments in a text (CommonMark 4.6, 6.6), found before it is parsed.
//!
//! One that begins a line and that nobody ends goes on to the end of the text. In a quote or a list it would end with that: there it is none.

use std::iter::Peekable;
use std::ops::Range;

use memchr::memmem;

use super::directive::{before, starts_line};
use super::repair::is_in;

/// The comments of a text that do not begin in `code`, in order.
pub(super) fn find(text: &str, code: &[Range<usize>]) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut ends = Ahead(memmem::find_iter(bytes, "-->").peekable());
    let mut blank_lines = Ahead(memchr::memchr_iter(b'\n', bytes).filter(|at| is_blank(&text[at + 1..])).peekable());
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut last = None;
    for start in memmem::find_iter(bytes, "<!--") {
        // Behind another one nothing is at the line's start.
        let is_first = last.is_none_or(|last: usize| memchr::memchr(b'\n', &bytes[last..start]).is_some());
        last = Some(start);
        let is_behind = found.last().is_none_or(|last| last.end <= start);
        if !is_behind || is_in(code, start) || is_escaped(text, start) {
            continue;
        }
        // The dashes that open it may close it: `<!-->`.
        let end = ends.from(start + "<!".len()).map(|at| at + "-->".len());
        let end = if is_first && starts_line(text, start) {
            end.or_else(|| before(text, start).trim().is_empty().then_some(text.len()))
        } else {
            // Within a paragraph, and no longer than that.
            end.filter(|end| blank_lines.from(start).is_none_or(|blank| *end <= blank))
        };
        found.extend(end.map(|end| start..end));
    }
    found
}

/// Places in ascending order, asked for in ascending order.
struct Ahead<I: Iterator<Item = usize>>(Peekable<I>);

impl<I: Iterator<Item = usize>> Ahead<I> {
    /// The first one that is not before `at`.
    fn from(&mut self, at: usize) -> Option<usize> {
        while self.0.next_if(|next| *next < at).is_some() {}
        self.0.peek().copied()
    }
}

/// Whether a text begins with a blank line.
fn is_blank(text: &str) -> bool {
    let rest = text.trim_start_matches([' ', '\t', '\r']);
    rest.is_empty() || rest.starts_with('\n')
}

fn is_escaped(text: &str, at: usize) -> bool {
    text[..at].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'t>(text: &'t str, code: &[Range<usize>]) -> Vec<&'t str> {
        find(text, code).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn a_comment_ends_where_commonmark_ends_it() {
        assert_eq!(found("<!--\n\na\n--> b\n- <!-- c --> <!-- d\ne -->", &[]), ["<!--\n\na\n-->", "<!-- c -->", "<!-- d\ne -->"]);
        assert_eq!(found("a <!-- b\n\nc --> \\<!-- d -->", &[]), [""; 0]);
        assert_eq!(found("a\n<!-- b\n\nc", &[]), ["<!-- b\n\nc"]);
        assert_eq!(found("> <!-- b\n\nc", &[]), [""; 0]);
    }

    #[test]
    fn a_text_of_nothing_but_beginnings_is_read_once() {
        // Each looked for its end anew, and for its line's beginning: minutes.
        assert_eq!(found(&"a <!--\n".repeat(200_000), &[]).len(), 0);
        assert_eq!(found(&format!("{}\n\n-->", "a <!-- ".repeat(200_000)), &[]).len(), 0);
        assert_eq!(found(&"<!-->".repeat(200_000), &[]).len(), 200_000);
    }

    #[test]
    fn code_holds_none() {
        assert_eq!(found("`<!--` <!-- a --> `b`", &[0..6, 18..21]), ["<!-- a -->"]);
    }
}
