//! Inline events as HTML: text, emphasis, links, code, and the spans that make segments findable.

use super::{Writer, escape};
use crate::site::facts::Worded;
use crate::site::link;
use crate::site::markdown::flow::{Ev, Kind, NONE, Tag};
use crate::site::markdown::rawhtml;
use crate::theme::phrases;

impl Writer<'_> {
    /// Writes the inline events between two indices. Raw HTML among them is sanitized together with everything around it.
    pub(crate) fn inline(&mut self, from: usize, to: usize) {
        let raw = self.flow.events[from..to].iter().any(|event| matches!(event.kind, Kind::Raw(_)));
        if !raw {
            return self.inline_events(from, to);
        }
        let before = std::mem::take(&mut self.out);
        self.inline_events(from, to);
        let mixed = std::mem::replace(&mut self.out, before);
        self.out.push_str(&rawhtml::sanitize(&mixed));
    }

    fn inline_events(&mut self, from: usize, to: usize) {
        for at in from..to {
            let event = self.flow.events[at];
            self.enter_segment(&event);
            let of_segment = self.segment.is_some() && event.segment != NONE;
            match event.kind {
                Kind::Start(_) if of_segment => self.within += 1,
                Kind::End if of_segment => self.within = self.within.saturating_sub(1),
                _ => {}
            }
            self.inline_event(at, &event);
        }
        self.leave_segment();
    }

    fn inline_event(&mut self, at: usize, event: &Ev) {
        let flow = self.flow;
        match event.kind {
            Kind::Text(txt) if event.foreign => {
                self.out.push_str("<span");
                self.attribute("lang", self.other);
                self.out.push('>');
                self.words(flow.get(txt));
                self.out.push_str("</span>");
            }
            Kind::Text(txt) => self.text(flow.get(txt)),
            Kind::Code(txt) => {
                self.out.push_str("<code>");
                self.words(flow.get(txt));
                self.out.push_str("</code>");
            }
            Kind::Xref(txt) => self.xref(flow.get(txt), at),
            Kind::Raw(txt) => self.raw(flow.get(txt), at),
            Kind::Anchor(txt) => self.anchor(flow.get(txt)),
            Kind::SoftBreak => self.out.push('\n'),
            Kind::HardBreak => self.out.push_str("<br>"),
            Kind::Task(done) => self.out.push_str(if done { "☑ " } else { "☐ " }),
            Kind::Image(image) => self.image(image as usize, at),
            Kind::Unknown(txt) => self.words(flow.get(txt)),
            Kind::Start(tag) => self.open_inline(tag, at),
            Kind::End => {
                if let Some(tag) = flow.tag(at) {
                    self.close_inline(tag, event.pair as usize);
                }
            }
            Kind::Rule | Kind::Snippet(_) | Kind::Form(_) | Kind::Video(_) | Kind::Mark(_) => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_heading { phrases::marked(text, &mut self.out, escape::text) } else { self.words(text) }
    }

    /// A link whose words are the name of its page, marked where that is not in the language around it; without such a page, the uid.
    fn xref(&mut self, written: &str, at: usize) {
        let uid = || Worded { text: link::uid(written).unwrap_or_default(), locale: self.locale };
        let name = self.surroundings.name(written).unwrap_or_else(uid);
        let href = self.surroundings.link(self.origin(at), written);
        self.out.push_str(if href.is_some() { "<a" } else { "<span class=\"broken-link\"" });
        if let Some(href) = &href {
            self.attribute("href", href);
        }
        if name.locale != self.locale {
            self.enter(name.locale);
            self.leave();
        }
        self.out.push('>');
        self.text(&name.text);
        self.out.push_str(if href.is_some() { "</a>" } else { "</span>" });
    }

    fn open_inline(&mut self, tag: Tag, at: usize) {
        match tag {
            Tag::Emphasis => self.out.push_str("<em>"),
            Tag::Strong => self.out.push_str("<strong>"),
            Tag::Strike => self.out.push_str("<del>"),
            Tag::Sub => self.out.push_str("<sub>"),
            Tag::Sup => self.out.push_str("<sup>"),
            // A link without words is reported; nobody could see it, and whoever tabs to it would hear nothing.
            Tag::Link(_) if self.flow.after(at) == at + 2 => {}
            Tag::Link(txt) => match self.surroundings.link(self.origin(at), self.flow.get(txt)) {
                Some(href) => {
                    self.out.push_str("<a");
                    self.attribute("href", &href);
                    self.out.push('>');
                }
                None => {
                    self.dead_links.push(at);
                    self.out.push_str("<span class=\"broken-link\">");
                }
            },
            Tag::ForeignInline(locale) => {
                self.out.push_str("<span");
                self.enter(locale);
                self.out.push('>');
            }
            _ => {}
        }
    }

    fn close_inline(&mut self, tag: Tag, start: usize) {
        if matches!(tag, Tag::ForeignInline(_)) {
            self.leave();
        }
        self.out.push_str(match tag {
            Tag::Emphasis => "</em>",
            Tag::Strong => "</strong>",
            Tag::Strike => "</del>",
            Tag::Sub => "</sub>",
            Tag::Sup => "</sup>",
            Tag::ForeignInline(_) => "</span>",
            Tag::Link(_) if self.flow.after(start) == start + 2 => "",
            Tag::Link(_) if self.dead_links.last() == Some(&start) => "</span>",
            Tag::Link(_) => "</a>",
            _ => "",
        });
    }

    pub(crate) fn anchor(&mut self, id: &str) {
        if self.is_new(id) && !self.is_heading(id) {
            self.out.push_str("<a");
            self.id(id);
            self.out.push_str("></a>");
        }
    }

    /// Opens and closes segments' spans. An element that is larger than a segment stands around its span, never across it: such an element's
    /// events belong to no segment.
    fn enter_segment(&mut self, event: &Ev) {
        let wanted = (event.segment != NONE).then_some((event.origin, event.segment));
        // A line break, an anchor or included words may stand within an element of the segment, whose span must not end before the element.
        if wanted == self.segment || self.within > 0 {
            return;
        }
        self.leave_segment();
        let Some((origin, segment)) = wanted else { return };
        let document = &self.flow.origins[origin as usize].document;
        let Some(segment) = document.segments.get(segment as usize) else { return };
        self.segment = wanted;
        self.out.push_str("<span class=\"seg\" data-seg=\"");
        let key = segment.key.as_str();
        self.out.push_str(key);
        self.out.push('"');
        self.segment_id(key);
        self.out.push('>');
    }

    fn leave_segment(&mut self) {
        self.within = 0;
        if self.segment.take().is_some() {
            self.out.push_str("</span>");
        }
    }
}
