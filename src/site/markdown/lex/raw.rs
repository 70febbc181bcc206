//! Raw HTML: exact shapes become events of their own, marks of directives are found again, the rest is left for the sanitizer.

use std::ops::Range;

use super::words::Cut;
use super::{Ev, Kind, Lexer, NONE, Tag};
use crate::site::markdown::directive::Directive;
use crate::site::markdown::rawhtml::{self, Unfinished};

impl<'p> Lexer<'p> {
    pub(super) fn raw(&mut self, raw: &str, range: Range<usize>) {
        let marks = self.prepared.marks;
        if self.prepared.is_marked(raw) {
            let number = raw.trim().strip_prefix("<!--").and_then(|r| r.strip_suffix("-->"));
            let number = number.and_then(|r| r.strip_prefix(marks.open)?.strip_suffix(marks.close)?.parse::<u32>().ok());
            if let Some(number) = number.filter(|_| self.is_alone()) {
                return self.block_mark(number, &range);
            }
            self.misplaced.extend(number);
        }
        let restored = self.restored(raw);
        let exact = if self.unfinished == Unfinished::Nothing { rawhtml::exact(restored.trim()) } else { None };
        match exact {
            Some(rawhtml::Exact::Anchor(id)) => {
                self.anchors += 1;
                let txt = self.flow.add(id);
                let span = self.span(&range);
                self.push(Kind::Anchor(txt), span, NONE);
            }
            Some(rawhtml::Exact::AnchorEnd) if self.anchors > 0 => self.anchors -= 1,
            Some(rawhtml::Exact::Anchors(ids)) => {
                let span = self.span(&range);
                for id in ids {
                    let txt = self.flow.add(id);
                    self.push(Kind::Anchor(txt), span, NONE);
                }
            }
            Some(rawhtml::Exact::Break) => self.inline(Kind::HardBreak, range),
            Some(rawhtml::Exact::Comment) => {}
            _ => self.raw_pieces(raw, &restored, range),
        }
    }

    /// Whether a block of raw HTML has just begun. Marks of directives stand in one of their own; elsewhere in raw HTML they stay text.
    fn is_alone(&self) -> bool {
        self.flow.events.last().is_some_and(|last| last.kind == Kind::Start(Tag::HtmlBlock))
    }

    /// A directive on a line of its own takes the place of the block of raw HTML that its mark is.
    fn block_mark(&mut self, number: u32, range: &Range<usize>) {
        self.flow.events.pop();
        if let Some(open) = self.open.last_mut() {
            *open = None;
        }
        let directive = self.prepared.found.get(number as usize).map(|found| found.directive.clone());
        let Some(Directive::Image(spec)) = directive else { return self.block(Kind::Mark(number), range) };
        self.open_tag(Tag::Paragraph, range);
        self.add_image(spec, String::new(), range.clone());
        if let Some(opened) = self.open.pop().flatten() {
            self.close(opened);
        }
    }

    /// Raw HTML, cut at the borders of segments where it is as written.
    fn raw_pieces(&mut self, written: &str, restored: &str, range: Range<usize>) {
        let goes_on = self.unfinished != Unfinished::Nothing;
        self.unfinished = rawhtml::unfinished(restored, self.unfinished);
        if self.prepared.text.get(range.clone()) != Some(written) {
            let span = self.span(&range);
            let segment = self.segment_of(span.0, span.1);
            return self.raw_piece(restored, span, segment, goes_on);
        }
        let prepared: &'p str = &self.prepared.text;
        let mut at = range.start;
        while at < range.end {
            let Cut { end, span, segment } = self.cut(at, range.end);
            self.raw_piece(&self.restored(&prepared[at..end]), span, segment, goes_on && at == range.start);
            at = end;
        }
    }

    /// Adds a piece, to the one before it if that goes on: a tag or a comment may take several lines.
    fn raw_piece(&mut self, raw: &str, span: (u32, u32), segment: u32, goes_on: bool) {
        self.flush_break(None);
        self.last = ' ';
        let txt = self.flow.add(raw);
        if let Some(Ev { kind: Kind::Raw(before), end, segment: own, .. }) = self.flow.events.last_mut()
            && goes_on
            && (before.end, *own) == (txt.start, segment)
        {
            (before.end, *end) = (txt.end, span.1);
            return;
        }
        let at = self.push(Kind::Raw(txt), span, segment);
        self.flow.events[at].foreign = segment == NONE && self.other.is_some() && self.is_foreign(raw, true);
    }
}
