//! Included files, put in the place of the directives that name them.

use super::{Assembler, Directive, Document, Ev, Flow, Half, Kind, Tag, Txt, assembled, line, span};

impl Assembler<'_> {
    pub(super) fn inline_mark(&mut self, event: Ev, number: u32) {
        if let Some(Directive::Include(path)) = self.directives.get(number as usize).cloned() {
            self.include(&path, event, false);
        }
    }

    /// A paragraph that is an include alone gives way to the included blocks.
    pub(super) fn paragraph(&mut self, at: usize, next: usize) {
        let words = |event: &&Ev| !matches!(event.kind, Kind::SoftBreak) && !self.is_blank(event);
        let inner = self.lexed.events[at + 1..next - 1].iter().filter(words);
        let includes: Option<Vec<(Ev, String)>> = inner.map(|event| Some((*event, self.include_path(event)?))).collect();
        let Some(includes) = includes.filter(|includes| !includes.is_empty()) else { return self.copy(at, next) };
        for (event, path) in includes {
            self.include(&path, event, true);
        }
    }

    pub(super) fn is_blank(&self, event: &Ev) -> bool {
        matches!(event.kind, Kind::Text(txt) if self.out.get(txt).trim().is_empty())
    }

    pub(super) fn include_path(&self, event: &Ev) -> Option<String> {
        let Kind::Mark(number) = event.kind else { return None };
        match self.directives.get(number as usize) {
            Some(Directive::Include(path)) => Some(path.clone()),
            _ => None,
        }
    }

    pub(super) fn include(&mut self, path: &str, event: Ev, as_block: bool) {
        let side = self.document.side(self.half);
        let at = span(side, event.start as usize..event.end as usize);
        let Some((document, place)) = self.includes.open(path, &at, self.document.target_locale, self.place, self.found) else {
            return;
        };
        let half = if document.target.is_some() && document.target_locale == self.document.target_locale {
            self.half
        } else {
            Half::Source
        };
        let inner = assembled(&document, half, self.locales, self.includes, &place, self.found);
        let locale = |document: &Document, half: Half| match half {
            Half::Target => document.target_locale.unwrap_or(document.source_locale),
            Half::Source => document.source_locale,
        };
        let foreign = (locale(&document, half) != locale(self.document, self.half)).then_some(locale(&document, half));
        let wrap = foreign.map(|id| self.open(if as_block { Tag::Foreign(id) } else { Tag::ForeignInline(id) }, event));
        let inner = if as_block { inner } else { self.in_line(inner, event) };
        self.splice(inner);
        if let Some(start) = wrap {
            self.close(start);
        }
    }

    /// What of an included flow can stand within a line. What cannot is reported.
    fn in_line(&mut self, mut inner: Flow, event: Ev) -> Flow {
        let fault = line::reduce(&mut inner);
        if let Some(fault) = fault {
            self.malformed_at(event, fault);
        }
        inner
    }

    /// Adds an included flow.
    fn splice(&mut self, inner: Flow) {
        let text = self.out.text.len() as u32;
        let (images, snippets, origins) =
            (self.out.images.len() as u32, self.out.snippets.len() as u32, self.out.origins.len() as u16);
        let base = self.out.events.len() as u32;
        let moved = |txt: Txt| Txt { start: txt.start + text, end: txt.end + text };
        for event in &inner.events {
            let kind = match event.kind {
                Kind::Text(txt) => Kind::Text(moved(txt)),
                Kind::Code(txt) => Kind::Code(moved(txt)),
                Kind::Xref(txt) => Kind::Xref(moved(txt)),
                Kind::Raw(txt) => Kind::Raw(moved(txt)),
                Kind::Anchor(txt) => Kind::Anchor(moved(txt)),
                Kind::Form(txt) => Kind::Form(moved(txt)),
                Kind::Video(txt) => Kind::Video(moved(txt)),
                Kind::Unknown(txt) => Kind::Unknown(moved(txt)),
                Kind::Image(index) => Kind::Image(index + images),
                Kind::Snippet(index) => Kind::Snippet(index + snippets),
                Kind::Start(Tag::CodeBlock(txt)) => Kind::Start(Tag::CodeBlock(moved(txt))),
                Kind::Start(Tag::Link(txt)) => Kind::Start(Tag::Link(moved(txt))),
                Kind::Start(Tag::Div(txt)) => Kind::Start(Tag::Div(moved(txt))),
                Kind::Start(Tag::Tab(txt)) => Kind::Start(Tag::Tab(moved(txt))),
                other => other,
            };
            self.out.events.push(Ev { kind, pair: event.pair + base, origin: event.origin + origins, ..*event });
        }
        self.out.text.push_str(&inner.text);
        self.out.images.extend(inner.images);
        self.out.snippets.extend(inner.snippets);
        self.out.origins.extend(inner.origins);
    }
}
