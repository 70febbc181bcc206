//! Text: cut at the borders of segments, with directives in it, bare addresses linked, and Japanese set rightly.

use std::ops::Range;

use pulldown_cmark::{Event, TagEnd};

use super::{Kind, Lexer, NONE, Tag};
use crate::site::markdown::directive::{self, Directive};
use crate::site::markdown::{rawhtml, text};

/// A stretch of the prepared text that lies within one segment, or within none.
pub(super) struct Cut {
    /// Where it ends.
    pub(super) end: usize,
    /// The bytes of the side's text that it stands for.
    pub(super) span: (u32, u32),
    pub(super) segment: u32,
}

impl<'p> Lexer<'p> {
    pub(super) fn in_code(&self) -> bool {
        let innermost = self.open.last().copied().flatten().map(|at| self.flow.events[at].kind);
        matches!(innermost, Some(Kind::Start(Tag::CodeBlock(_))))
    }

    pub(super) fn text(&mut self, text: &str, range: Range<usize>) {
        if self.in_code() {
            let code = self.restored(text);
            let (span, txt) = (self.span(&range), self.flow.add(&code));
            self.push(Kind::Text(txt), span, NONE);
            return;
        }
        // Text that is not as written (an entity, an escape) is short, and lies within one segment.
        if !self.is_as_written(text, &range) {
            let span = self.span(&range);
            let segment = self.segment_of(span.0, span.1);
            let text = self.restored(text);
            return self.words(&text, span, segment, text.chars().next());
        }
        let from = range.start.max(self.address.end.min(range.end));
        let mut at = from;
        while at < range.end {
            let Cut { end, span, segment } = self.cut(at, range.end);
            if self.stops.none_in(&self.prepared.text, &(at..end)) {
                self.words_of_prepared(at..end, span, segment);
            } else {
                self.piece(at..end, segment);
            }
            at = end;
        }
    }

    /// Words as written, with nothing in them that asks for more.
    fn words_of_prepared(&mut self, range: Range<usize>, span: (u32, u32), segment: u32) {
        let words: &'p str = &self.prepared.text[range];
        if self.pending_break.is_some() {
            self.flush_break(words.chars().next());
        }
        self.add_words(words, span, segment);
    }

    /// Whether an event's text is the very bytes of the prepared text that its range names.
    pub(super) fn is_as_written(&self, text: &str, range: &Range<usize>) -> bool {
        let prepared = self.prepared.text.as_ptr() as usize;
        (text.as_ptr() as usize == prepared + range.start && text.len() == range.len())
            || self.prepared.text.get(range.clone()) == Some(text)
    }

    /// The prepared text from `at` on, up to `to` or the first border of a segment.
    pub(super) fn cut(&self, at: usize, to: usize) -> Cut {
        let map = &self.prepared.map;
        let start = map.original_near(at, &self.near.start);
        let piece = self.piece_at(start);
        let next = piece.and_then(|piece| self.side.pieces.get(piece + 1));
        let border = next.map_or(usize::MAX, |next| map.changed_near(next.start, &self.near.border));
        let end =
            if border <= at { at + self.prepared.text[at..].chars().next().map_or(1, char::len_utf8) } else { border.min(to) };
        let span = (start as u32, map.original_near(end, &self.near.end) as u32);
        Cut { end, span, segment: piece.and_then(|piece| self.side.pieces[piece].segment).unwrap_or(NONE) }
    }

    /// Text of one segment: marks become directives, bare addresses links, the rest words.
    pub(super) fn piece(&mut self, range: Range<usize>, segment: u32) {
        let marks = self.prepared.marks;
        let prepared: &'p str = &self.prepared.text;
        let mut at = range.start;
        while at < range.end {
            let rest = &prepared[at..range.end];
            let mark = if self.prepared.is_marked(rest) { rest.find(marks.open) } else { None };
            let stop = mark.map_or(range.end, |mark| at + mark);
            self.plain(at..stop, segment);
            at = stop;
            let Some(after) = mark.and_then(|_| prepared[at..].find(marks.close)).map(|close| at + close) else { continue };
            let number = prepared[at..after].trim_start_matches(marks.open).parse().unwrap_or(usize::MAX);
            let end = after + marks.close.len_utf8();
            self.inline_mark(number, at..end);
            at = end;
        }
    }

    pub(super) fn inline_mark(&mut self, number: usize, range: Range<usize>) {
        match self.prepared.found.get(number).map(|f| f.directive.clone()) {
            Some(Directive::Image(spec)) => self.add_image(spec, String::new(), range),
            Some(Directive::NoLoc(text)) => {
                let span = self.span(&range);
                let segment = self.segment_of(span.0, span.1);
                let literal = self.literal.len();
                self.words(&text, span, segment, text.chars().next());
                self.literal.truncate(literal);
            }
            Some(_) => self.inline(Kind::Mark(number as u32), range),
            None => {}
        }
    }

    pub(super) fn plain(&mut self, range: Range<usize>, segment: u32) {
        let prepared: &'p str = &self.prepared.text;
        if range.is_empty() {
            return;
        }
        if self.links > 0 {
            return self.set(range, segment);
        }
        // An address may be cut into several events by characters that could be markup, so it is read from the text itself.
        let address = text::find_address(&prepared[range.clone()]).map(|found| {
            let start = range.start + found.start;
            let border = self.border(start);
            let full = text::find_address(&prepared[start..border]).map_or(found.len(), |f| f.end);
            start..start + full
        });
        let Some(address) = address else { return self.set(range, segment) };
        self.set(range.start..address.start, segment);
        let written = directive::unescape(&rawhtml::decoded(&self.restored(&prepared[address.clone()])));
        let txt = self.flow.add(&written);
        self.open_tag(Tag::Link(txt), &address);
        let span = self.span(&address);
        self.words(&written, span, segment, None);
        if let Some(opened) = self.open.pop().flatten() {
            self.close(opened);
        }
        let end = address.end;
        self.address = address;
        if end < range.end {
            self.plain(end..range.end, segment);
        }
    }

    /// The end of the piece that holds a byte of the prepared text; an address does not cross it.
    fn border(&self, at: usize) -> usize {
        let map = &self.prepared.map;
        let next = self.side.piece_at(map.original(at)).and_then(|piece| self.side.pieces.get(piece + 1));
        next.map(|next| map.changed(next.start)).filter(|border| *border > at).unwrap_or(self.prepared.text.len())
    }

    /// Whether an event that begins within a bare address is none: what closes behind it is text.
    pub(super) fn within_address(&mut self, event: &Event<'_>, range: &Range<usize>) -> bool {
        let inside = range.end <= self.address.end;
        match event {
            Event::Start(_) => true,
            Event::End(tag) if !inside => {
                let width = if matches!(tag, TagEnd::Emphasis) { 1 } else { 2 };
                let marker = range.end - width..range.end;
                let text: &'p str = self.prepared.text.get(marker.clone()).unwrap_or_default();
                self.text(text, marker);
                true
            }
            Event::End(_) => true,
            _ => inside,
        }
    }

    /// Whether the line that begins here goes on in a script without spaces, as the last one ended, with or without emphasis or a link between.
    pub(super) fn joins_next_line(&self, start: usize) -> bool {
        let neutral = self.prepared.marks.neutral;
        let markup = |c: char| c.is_ascii_whitespace() || matches!(c, '>' | '*' | '_' | '~' | '[') || c == neutral;
        let next = self.prepared.text[start..].trim_start_matches(markup).chars().next();
        next.is_some_and(|next| text::joins(self.shown, next))
    }

    /// Text as written, without the spaces that Japanese does not take.
    pub(super) fn set(&mut self, range: Range<usize>, segment: u32) {
        let prepared: &'p str = &self.prepared.text;
        let mut from = range.start;
        if self.is_cjk {
            for space in memchr::memchr_iter(b' ', &prepared.as_bytes()[range.clone()]).map(|at| range.start + at) {
                let before = prepared[from..space].chars().next_back().unwrap_or(self.last);
                let after = prepared[space + 1..].chars().next().unwrap_or('\n');
                if text::is_leftover_space(before, after) {
                    self.stretch(from..space, segment);
                    from = space + 1;
                }
            }
        }
        self.stretch(from..range.end, segment);
    }

    pub(super) fn stretch(&mut self, range: Range<usize>, segment: u32) {
        let text: &'p str = &self.prepared.text[range.clone()];
        if text.is_empty() {
            return;
        }
        let span = self.span(&range);
        let first = text.chars().next();
        if self.prepared.is_marked(text) {
            let clean = text.replace(self.prepared.marks.neutral, "");
            self.words(&clean, span, segment, clean.chars().next());
        } else {
            self.words(text, span, segment, first);
        }
    }

    pub(super) fn words(&mut self, words: &str, span: (u32, u32), segment: u32, first: Option<char>) {
        if words.is_empty() {
            return;
        }
        self.flush_break(first);
        if memchr::memchr(b'*', words.as_bytes()).is_some()
            && (words.contains("**") || (words.starts_with('*') && self.last == '*'))
        {
            self.literal.push((segment, span.0 as usize));
        }
        self.add_words(words, span, segment);
    }

    fn add_words(&mut self, words: &str, span: (u32, u32), segment: u32) {
        let txt = self.flow.add(words);
        let at = self.push(Kind::Text(txt), span, segment);
        self.flow.events[at].foreign = segment == NONE && self.other.is_some() && self.is_foreign(words, true);
        self.last = words.chars().next_back().unwrap_or(' ');
        self.shown = self.last;
    }
}
