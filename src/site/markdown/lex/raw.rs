//! Raw HTML: exact shapes become events of their own, marks of directives are found again, the rest is left for the sanitizer.

use std::ops::Range;

use super::{Kind, Lexer, NONE};
use crate::site::markdown::rawhtml;

impl<'p> Lexer<'p> {
    pub(super) fn raw(&mut self, raw: &str, range: Range<usize>) {
        let marks = self.prepared.marks;
        if marks.in_text(raw) {
            let number = raw.trim().strip_prefix("<!--").and_then(|r| r.strip_suffix("-->"));
            let number = number.and_then(|r| r.strip_prefix(marks.open)?.strip_suffix(marks.close)?.parse::<u32>().ok());
            if let Some(number) = number {
                return self.block(Kind::Mark(number), &range);
            }
        }
        let raw = self.restored(raw);
        match rawhtml::exact(raw.trim()) {
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
            _ => self.raw_pieces(&raw, range),
        }
    }

    /// Raw HTML, cut at the borders of segments where it is as written.
    pub(super) fn raw_pieces(&mut self, raw: &str, range: Range<usize>) {
        if self.prepared.text.get(range.clone()) != Some(raw) {
            let txt = self.flow.add(raw);
            return self.inline(Kind::Raw(txt), range);
        }
        let prepared: &'p str = &self.prepared.text;
        let mut at = range.start;
        while at < range.end {
            let (end, segment) = self.cut(at, range.end);
            let span = self.span(&(at..end));
            let txt = self.flow.add(&prepared[at..end]);
            self.push(Kind::Raw(txt), span, segment);
            at = end;
        }
        self.last = ' ';
    }
}
