//! The text of an article that a reader sees, taken from its finished HTML: so what is searched is what is shown.
//!
//! Blocks, rows' cells and line breaks are apart; links of headings (to themselves and to their twins), what is hidden, and traps for
//! robots are no text of the article. Alternative texts of images and values of attributes are not seen, and not taken. A line's end in code is
//! a space, as elsewhere: what goes on behind it is found.

mod markup;

use crate::site::html::tag_end;
use markup::{Attributes, decoded};

/// Marks the beginning of a segment in [`Text::marked`]; text never holds it (U+007F, a control that HTML does not allow).
pub const MARK: char = '\u{7F}';

/// The text of an article.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// The words, a line for each block, with a [`MARK`] before each segment.
    pub marked: String,
    /// The headings in their order.
    pub headings: Vec<Heading>,
    /// The key of each marked segment.
    pub keys: Vec<Box<str>>,
}

/// A heading; its place in UTF-16 code units of the text without marks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heading {
    /// Where it begins.
    pub start: usize,
    /// How long it is.
    pub length: usize,
    /// 1 to 6.
    pub level: u8,
    /// Its id; empty if it has none.
    pub id: String,
    /// Its words.
    pub words: String,
}

impl Text {
    /// Reads an article as the press writes it: well-formed, elements closed in their order.
    pub fn of_html(html: &str) -> Self {
        let mut reader = Reader { out: Self::default(), units: 0, space: false, heading: 0, skip: None };
        let mut rest = html;
        while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
            reader.words(&rest[..at]);
            let end = tag_end(&rest[at..]);
            reader.tag(&rest[at..at + end]);
            rest = &rest[at + end..];
        }
        reader.words(rest);
        let text = &mut reader.out;
        text.marked.truncate(text.marked.trim_end_matches('\n').len());
        reader.out
    }

    /// The words without marks.
    pub fn plain(&self) -> String {
        self.marked.replace(MARK, "")
    }
}

struct Reader {
    out: Text,
    /// UTF-16 code units so far.
    units: usize,
    /// White space waits for the next word of the line.
    space: bool,
    /// Where the open heading begins in the marked text.
    heading: usize,
    /// The element that is not read, and how many of its name are open.
    skip: Option<(String, usize)>,
}

impl Reader {
    fn words(&mut self, raw: &str) {
        if self.skip.is_some() {
            return;
        }
        let text = decoded(raw);
        let mut rest = &*text;
        while !rest.is_empty() {
            let end = rest.find(|c: char| c.is_whitespace() || c == MARK).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            self.word(word);
            let mut left = after.chars();
            self.space |= left.next().is_some_and(|c| c != MARK);
            rest = left.as_str();
        }
    }

    /// Adds characters of which none is white space.
    fn word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        self.part();
        self.out.marked.push_str(word);
        // In UTF-8 a character begins with a byte that is not 10xxxxxx; one of four bytes, with 11110xxx, has two units.
        self.units += word.bytes().map(|byte| usize::from(byte & 0xC0 != 0x80) + usize::from(byte >= 0xF0)).sum::<usize>();
    }

    /// Writes the space that waits.
    fn part(&mut self) {
        if std::mem::take(&mut self.space) && !self.is_at_line_start() {
            self.push(' ');
        }
    }

    fn push(&mut self, c: char) {
        self.out.marked.push(c);
        self.units += 1;
    }

    fn is_at_line_start(&self) -> bool {
        self.out.marked.trim_end_matches(MARK).chars().next_back().is_none_or(|c| c == '\n')
    }

    fn break_line(&mut self) {
        self.space = false;
        if !self.is_at_line_start() {
            self.push('\n');
        }
    }

    fn tag(&mut self, tag: &str) {
        let (closes, inner) = match tag.strip_prefix("</") {
            Some(inner) => (true, inner),
            None => (false, &tag[1..]),
        };
        let name = &inner[..inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len())];
        if let Some((skipped, open)) = &mut self.skip {
            if skipped == name {
                *open = if closes { *open - 1 } else { *open + 1 };
                if *open == 0 {
                    self.skip = None;
                }
            }
            return;
        }
        let attributes = if closes { Attributes::default() } else { Attributes::of(&inner[name.len()..]) };
        if is_unseen(attributes) && !is_void(name) {
            self.skip = Some((name.to_owned(), 1));
            return;
        }
        if is_block(name) {
            self.break_line();
        }
        if let Some(level) = heading_level(name) {
            if closes { self.end_heading() } else { self.start_heading(level, attributes.id) }
        } else if let Some(key) = attributes.segment.filter(|_| name == "span") {
            self.segment(key);
        }
    }

    fn start_heading(&mut self, level: u8, id: &str) {
        let id = decoded(id).into_owned();
        self.heading = self.out.marked.len();
        self.out.headings.push(Heading { start: self.units, length: 0, level, id, words: String::new() });
    }

    fn end_heading(&mut self) {
        let end = self.units - usize::from(self.out.marked.ends_with('\n'));
        let words = self.out.marked[self.heading..].trim_end_matches('\n').replace('\n', " ").replace(MARK, "");
        if let Some(heading) = self.out.headings.last_mut() {
            heading.length = end.saturating_sub(heading.start);
            heading.words = words;
        }
    }

    /// The beginning of a segment. The next stretch of the same segment is no beginning.
    fn segment(&mut self, key: &str) {
        if self.out.keys.last().is_none_or(|last| **last != *key) {
            self.part();
            self.out.marked.push(MARK);
            self.out.keys.push(key.into());
        }
    }
}

fn is_void(name: &str) -> bool {
    matches!(name, "br" | "hr" | "img" | "input" | "wbr" | "col" | "source")
}

/// Whether an element is no part of what a reader sees of the article.
fn is_unseen(attributes: Attributes<'_>) -> bool {
    let class = |class: &str| matches!(class, "heading-link" | "heading-twin" | "hidden" | "form-trap");
    attributes.hidden || attributes.class.split(' ').any(class)
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "li"
            | "ul"
            | "ol"
            | "dl"
            | "dt"
            | "dd"
            | "table"
            | "caption"
            | "thead"
            | "tbody"
            | "tfoot"
            | "tr"
            | "td"
            | "th"
            | "blockquote"
            | "pre"
            | "figure"
            | "figcaption"
            | "details"
            | "summary"
            | "section"
            | "article"
            | "aside"
            | "header"
            | "footer"
            | "br"
            | "hr"
            | "form"
            | "fieldset"
            | "legend"
            | "option"
            | "optgroup"
            | "select"
            | "button"
            | "textarea"
            | "address"
            | "center"
    )
}

fn heading_level(name: &str) -> Option<u8> {
    let level = name.strip_prefix('h')?.parse().ok()?;
    (1..=6).contains(&level).then_some(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_are_seen_a_line_for_each_block() {
        let html = "<div class=\"heading\"><h1 id=\"a-b\"><span class=\"seg\" data-seg=\"k1\" id=\"s-k1\">A &amp; B</span></h1>\
                    <a class=\"heading-link\" href=\"#a-b\" aria-label=\"x\">#</a></div>\n<p>one\n<b>two</b><br>three</p>\n\
                    <table><tr><td>x</td><td>y</td></tr></table><p hidden>no <i>no</i></p>";
        let text = Text::of_html(html);
        assert_eq!(text.marked, "\u{7F}A & B\none two\nthree\nx\ny");
        let heading = Heading { start: 0, length: 5, level: 1, id: "a-b".into(), words: "A & B".into() };
        assert_eq!((text.headings, text.keys.len()), (vec![heading], 1));
    }

    #[test]
    fn places_of_headings_count_utf16_and_no_marks() {
        let text = Text::of_html("<p><span class=\"seg\" data-seg=\"k\">𠮷野</span></p><h2 id=\"x\">見出し</h2><p>y</p>");
        let heading = &text.headings[0];
        assert_eq!((heading.start, heading.length, heading.words.as_str()), (4, 3, "見出し"));
    }

    #[test]
    fn stretches_of_one_segment_are_one() {
        let text = Text::of_html(
            "<p><span class=\"seg\" data-seg=\"k\">a</span> <em><span class=\"seg\" data-seg=\"k\">b</span></em></p>",
        );
        assert_eq!((text.marked.as_str(), text.keys.len()), ("\u{7F}a b", 1));
    }
}
