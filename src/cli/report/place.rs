//! From byte offsets to lines, columns and excerpts.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::Read;
use crate::diag::Span;
use crate::ordered::Map;
use crate::source::{LineIndex, Position, floor_char_boundary};
use crate::vpath::SourcePath;

/// The most bytes of text that are held at once.
const MOST_HELD: usize = 32 << 20;
/// The most columns that an excerpt takes, without the line number before it.
const WIDTH: usize = 148;
/// The most columns of an excerpt that are marked.
const MARKED: usize = 100;
const TAB: usize = 4;
/// A byte order mark, which takes no column and is not shown.
const MARK: char = '\u{feff}';

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Located {
    /// The first character.
    pub(super) start: Position,
    /// The character after the last.
    pub(super) end: Position,
    /// The line that `start` is in.
    pub(super) excerpt: Excerpt,
}

/// A line, cut around what is meant where it is long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// The line without its end; `…` stands where it is cut.
    pub(super) text: String,
    /// The bytes of `text` that are meant.
    pub(super) marked: Range<usize>,
}

/// The texts of files, each read when it is first asked for.
pub(super) struct Texts<'a> {
    read: &'a Read<'a>,
    held: Map<SourcePath, Option<Text>>,
    bytes: usize,
}

impl<'a> Texts<'a> {
    pub(super) fn new(read: &'a Read<'a>) -> Self {
        Self { read, held: Map::new(), bytes: 0 }
    }

    /// Where a span is; nothing if it means the file as a whole, or the file cannot be read.
    pub(super) fn locate(&mut self, span: &Span) -> Option<Located> {
        if (span.start, span.end) == (0, 0) {
            return None;
        }
        if !self.held.contains_key(&span.path) {
            self.hold(&span.path);
        }
        self.held.get_mut(&span.path)?.as_mut().map(|text| text.locate(span.start, span.end))
    }

    fn hold(&mut self, path: &SourcePath) {
        if self.bytes > MOST_HELD {
            self.held.clear();
            self.bytes = 0;
        }
        let text = (self.read)(path).map(Text::new);
        self.bytes += text.as_ref().map_or(0, |text| text.text.len());
        self.held.insert(path.clone(), text);
    }
}

struct Text {
    text: String,
    lines: LineIndex,
    /// The last place asked for. Places come in order, so that a long line is not counted from its start each time.
    last: (usize, Position),
}

impl Text {
    fn new(text: String) -> Self {
        Self { lines: LineIndex::new(&text), text, last: (0, Position { line: 1, column: 1 }) }
    }

    fn locate(&mut self, start: usize, end: usize) -> Located {
        let mark = if self.text.starts_with(MARK) { MARK.len_utf8() } else { 0 };
        let start = floor_char_boundary(&self.text, start).max(mark);
        let end = floor_char_boundary(&self.text, end).max(start);
        let from = self.position(start);
        self.last = (start, from);
        let to = self.position(end);
        Located { start: self.shown(from), end: self.shown(to), excerpt: excerpt(&self.text, start..end) }
    }

    fn position(&self, offset: usize) -> Position {
        let (last, Position { line, column }) = self.last;
        let Some(between) = self.text.get(last..offset) else { return self.lines.position(&self.text, offset) };
        if between.contains('\n') {
            return self.lines.position(&self.text, offset);
        }
        Position { line, column: column + between.chars().count() }
    }

    /// A byte order mark takes no column.
    fn shown(&self, at: Position) -> Position {
        let mark = usize::from(at.line == 1 && at.column > 1 && self.text.starts_with(MARK));
        Position { line: at.line, column: at.column - mark }
    }
}

fn excerpt(text: &str, span: Range<usize>) -> Excerpt {
    let (meant, used, meant_cut) = fit(text[span.clone()].chars(), MARKED);
    let before = || text[..span.start].chars().rev();
    let after = || text[span.start + meant..].chars();
    let room = WIDTH - used;
    let (wish_left, wish_right) = (fit(before(), room).1, fit(after(), room).1);
    let left = if wish_right < room / 2 { room - wish_right } else { room / 2 };
    let (left, left_used, left_cut) = fit(before(), left.min(wish_left));
    let (right, _, right_cut) = if meant_cut { (0, 0, true) } else { fit(after(), room - left_used) };
    let cut = |yes: bool| if yes { "…" } else { "" };
    let shown = &text[span.start - left..span.start + meant + right];
    let begin = cut(left_cut).len() + left;
    Excerpt { text: format!("{}{shown}{}", cut(left_cut), cut(right_cut)), marked: begin..begin + meant }
}

/// How many bytes of a line's characters fit into some columns, how many columns they take, and whether the line goes on.
fn fit(chars: impl Iterator<Item = char>, columns: usize) -> (usize, usize, bool) {
    let (mut bytes, mut used) = (0, 0);
    for char in chars {
        let width = if char == '\t' { TAB } else { char.width().unwrap_or(1) };
        if matches!(char, '\n' | '\r' | MARK) {
            return (bytes, used, false);
        }
        if used + width > columns {
            return (bytes, used, true);
        }
        bytes += char.len_utf8();
        used += width;
    }
    (bytes, used, false)
}
