//! Raw HTML: addresses in it are resolved, segments marked, and a run of it is sanitized together with what it encloses.

use std::fmt::Write as _;

use super::Writer;
use super::media::is_elsewhere;
use crate::site::markdown::flow::{Kind, NONE, Tag};
use crate::site::markdown::rawhtml::{self, HOLE, RawTag};

impl Writer<'_> {
    /// Appends raw HTML with its addresses resolved and ids that the page has not yet; the sanitizer sees it before a reader does.
    pub(crate) fn raw(&mut self, raw: &str, at: usize) {
        if raw.contains(HOLE) {
            return self.raw(&raw.replace(HOLE, "data-x"), at);
        }
        let mut done = 0;
        for tag in rawhtml::tags(raw) {
            if tag.attributes.iter().any(|(name, _)| matches!(name.as_str(), "href" | "src" | "id")) {
                self.out.push_str(&raw[done..tag.range.start]);
                self.raw_tag(raw, &tag, at);
                done = tag.range.end;
            }
        }
        self.out.push_str(&raw[done..]);
    }

    fn raw_tag(&mut self, raw: &str, tag: &RawTag, at: usize) {
        let value = |wanted: &str| tag.attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| &raw[value.clone()]);
        let file = self.origin(at);
        let source = value("src").map(|written| self.surroundings.resource(file, &rawhtml::decoded(written)));
        if let ("img", Some(None)) = (tag.name.as_str(), &source) {
            return self.missing(&rawhtml::decoded(value("alt").unwrap_or_default()), self.flow.events[at].foreign);
        }
        if let ("img", Some(Some(address))) = (tag.name.as_str(), &source)
            && is_elsewhere(address)
        {
            let alt = rawhtml::decoded(value("alt").unwrap_or_default());
            return self.image_elsewhere(address, &alt, self.flow.events[at].foreign);
        }
        self.out.push('<');
        self.out.push_str(&tag.name);
        if self.flow.events[at].foreign && tag.name == "img" && value("lang").is_none() {
            self.attribute("lang", self.other);
        }
        for (name, range) in &tag.attributes {
            let written = &raw[range.clone()];
            match name.as_str() {
                "id" => {
                    let id = rawhtml::decoded(written);
                    if !self.is_heading(&id) {
                        self.id(&id);
                    }
                }
                "href" => {
                    if let Some(address) = self.surroundings.link(file, &rawhtml::decoded(written)) {
                        self.attribute("href", &address);
                    }
                }
                "src" => {
                    if let Some(address) = source.as_ref().and_then(Option::as_deref) {
                        self.attribute("src", address);
                    }
                }
                name => {
                    let _ = write!(self.out, " {name}=\"{}\"", written.replace('"', "&quot;"));
                }
            }
        }
        self.out.push('>');
    }

    /// Writes a block of raw HTML that begins at `from`, with the siblings that it encloses; gives the index after the last of them.
    ///
    /// The blocks between are rendered apart, so that the sanitizer parses only what the author wrote as HTML; a hole stands for each.
    pub(crate) fn raw_region(&mut self, from: usize, to: usize) -> usize {
        let end = self.region_end(from, to);
        let mut at = from;
        let mut holes = Vec::new();
        let mut open = Vec::new();
        let before = std::mem::take(&mut self.out);
        while at < end {
            let next = self.flow.after(at);
            if self.flow.events[at].kind == Kind::Start(Tag::HtmlBlock) {
                self.balance(at, next, &mut open);
                self.raw_pieces(at + 1, next - 1);
            } else {
                let html = std::mem::take(&mut self.out);
                self.blocks(at, next);
                let hole = std::mem::replace(&mut self.out, html);
                // A link cannot hold links: one that is still open ends here.
                if hole.contains("<a ") && open.iter().any(|name| name == "a") {
                    self.out.push_str("</a>");
                    open.retain(|name| name != "a");
                }
                let _ = write!(self.out, "<div {HOLE}=\"{}\"></div>", holes.len());
                holes.push(hole);
            }
            at = next;
        }
        let mixed = std::mem::take(&mut self.out);
        self.frame_tables(&rawhtml::sanitize(&mixed));
        let clean = std::mem::replace(&mut self.out, before);
        self.fill(&clean, &holes);
        self.out.push('\n');
        end
    }

    /// Appends sanitized HTML with the frame that a table of Markdown has around each table. One inside another scrolls with it.
    fn frame_tables(&mut self, clean: &str) {
        let (mut done, mut depth) = (0, 0);
        for tag in rawhtml::tags(clean).iter().filter(|tag| tag.name == "table") {
            depth += if tag.closes { -1 } else { 1 };
            if !tag.closes && depth == 1 {
                self.out.push_str(&clean[done..tag.range.start]);
                self.table_frame();
                done = tag.range.start;
            } else if tag.closes && depth == 0 {
                self.out.push_str(&clean[done..tag.range.end]);
                self.out.push_str("</div>");
                done = tag.range.end;
            }
        }
        self.out.push_str(&clean[done..]);
    }

    /// The index after the last sibling that a block of raw HTML encloses: where everything that it opens is closed, or the end.
    pub(crate) fn region_end(&self, from: usize, to: usize) -> usize {
        let mut open = Vec::new();
        let mut at = from;
        loop {
            let next = self.flow.after(at);
            if self.flow.events[at].kind == Kind::Start(Tag::HtmlBlock) {
                self.balance(at, next, &mut open);
            }
            at = next;
            if open.is_empty() || at >= to {
                return at;
            }
        }
    }

    /// Adds the tags of raw HTML between two indices to a balance of open elements.
    fn balance(&self, from: usize, to: usize, open: &mut Vec<String>) {
        for event in &self.flow.events[from..to] {
            if let Kind::Raw(txt) = event.kind {
                rawhtml::balance(self.flow.get(txt), open);
            }
        }
    }

    fn fill(&mut self, clean: &str, holes: &[String]) {
        let opening = format!("<div {HOLE}=\"");
        for (index, part) in clean.split(&opening).enumerate() {
            let hole = part.split_once("\"></div>").filter(|_| index > 0);
            match hole {
                Some((number, rest)) => {
                    self.out.push_str(number.parse().ok().and_then(|n: usize| holes.get(n)).map_or("", String::as_str));
                    self.out.push_str(rest);
                }
                None => self.out.push_str(part),
            }
        }
    }

    fn raw_pieces(&mut self, from: usize, to: usize) {
        for at in from..to {
            let event = self.flow.events[at];
            match event.kind {
                Kind::Raw(txt) => {
                    let raw = self.flow.get(txt);
                    if event.segment == NONE { self.raw(raw, at) } else { self.raw_segment(raw, at) }
                }
                Kind::Anchor(txt) => {
                    let flow = self.flow;
                    self.anchor(flow.get(txt));
                }
                Kind::HardBreak => self.out.push_str("<br>"),
                _ => {}
            }
        }
    }

    /// A segment within raw HTML: each run of words between its tags is marked.
    fn raw_segment(&mut self, raw: &str, at: usize) {
        let event = self.flow.events[at];
        let segments = &self.flow.origins[event.origin as usize].document.segments;
        let Some(segment) = segments.get(event.segment as usize) else { return self.raw(raw, at) };
        let tags = rawhtml::tags(raw);
        let mut done = 0;
        let ends = tags.iter().map(|tag| (tag.range.start, tag.range.end)).chain([(raw.len(), raw.len())]);
        for (start, end) in ends {
            let words = &raw[done..start];
            if words.trim().is_empty() {
                self.out.push_str(words);
            } else {
                self.out.push_str("<span class=\"seg\"");
                self.attribute("data-seg", segment.key.as_str());
                self.segment_id(segment.key.as_str());
                self.out.push('>');
                self.out.push_str(words);
                self.out.push_str("</span>");
            }
            self.raw(&raw[start..end], at);
            done = end;
        }
    }
}
