//! Comments in a text (CommonMark 4.6, 6.6), found before it is parsed.

use std::ops::Range;

use memchr::memmem;

use super::directive::starts_line;
use super::repair::is_in;

/// The comments of a text that do not begin in `code`, in order.
pub(super) fn find(text: &str, code: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for start in memmem::find_iter(text.as_bytes(), "<!--") {
        let is_behind = found.last().is_none_or(|last| last.end <= start);
        if is_behind && !is_in(code, start) && !is_escaped(text, start) {
            found.extend(end(text, start).map(|end| start..end));
        }
    }
    found
}

/// Where a comment ends; `None` where what begins is none.
fn end(text: &str, start: usize) -> Option<usize> {
    let rest = &text[start..];
    let closed = memmem::find(rest.as_bytes(), b"-->").map(|at| at + "-->".len());
    if !starts_line(text, start) {
        // Within a paragraph, and no longer than that.
        return closed.filter(|end| !has_blank_line(&rest[..*end])).map(|end| start + end);
    }
    // One that nobody ends goes on to the end of the text. In a quote or a list it ends with that.
    let is_first = text[..start].rfind('\n').map_or(&text[..start], |newline| &text[newline + 1..start]).trim().is_empty();
    closed.or(is_first.then_some(rest.len())).map(|end| start + end)
}

fn has_blank_line(text: &str) -> bool {
    text.split('\n').skip(1).any(|line| line.trim().is_empty())
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
    fn code_holds_none() {
        assert_eq!(found("`<!--` <!-- a --> `b`", &[0..6, 18..21]), ["<!-- a -->"]);
    }
}
