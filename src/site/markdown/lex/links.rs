//! Links, among them those without words of their own: `<xref:UID>` and `[](xref:UID)` take the name of the page that they lead to.

use std::ops::Range;

use pulldown_cmark::LinkType;

use super::{Kind, Lexer, Tag, Txt};
use crate::site::link;

impl Lexer<'_> {
    pub(super) fn link(&mut self, kind: LinkType, destination: &str, range: Range<usize>) {
        let destination = self.restored(destination);
        let scheme = if kind == LinkType::Email { "mailto:" } else { "" };
        let start = self.flow.add(scheme).start;
        let txt = Txt { start, end: self.flow.add(&destination).end };
        self.links += 1;
        self.open_tag(Tag::Link(txt), &range);
    }

    pub(super) fn end_link(&mut self, opened: usize, range: &Range<usize>) {
        self.links -= 1;
        let Some(txt) = self.without_words(opened, range) else { return self.close(opened) };
        // What an autolink shows is its address, markup to a reader.
        self.flow.events.truncate(opened + 1);
        self.flow.events[opened].kind = Kind::Xref(txt);
        (self.last, self.shown) = (' ', ' ');
    }

    /// The destination of a link that names a uid and has no words of its own.
    fn without_words(&self, opened: usize, range: &Range<usize>) -> Option<Txt> {
        let Kind::Start(Tag::Link(txt)) = self.flow.events[opened].kind else { return None };
        let is_bare = self.flow.events.len() == opened + 1 || self.prepared.text[range.start..].starts_with('<');
        (is_bare && link::uid(self.flow.get(txt)).is_some()).then_some(txt)
    }
}
