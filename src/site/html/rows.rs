//! The parallel view: two flows of one page in aligned rows.
//!
//! Blocks are paired by their place in the skeleton that both sides share, never by counting. Where both sides have the same
//! container (a list, an alert, a group of tabs) it is written once, with rows inside; so a list stays one list.

use std::fmt::Write as _;

use rustc_hash::FxHashMap;

use super::Writer;
use crate::site::markdown::flow::{Kind, Tag};

/// Writes two flows as rows. The first leads: its ids are the page's.
pub(crate) struct Rows<'a> {
    pub(crate) lead: Writer<'a>,
    pub(crate) follow: Writer<'a>,
    /// The tags of the two languages.
    pub(crate) tags: [&'a str; 2],
    pub(crate) out: String,
}

/// A block, or a run of inline events, as a pair of indices.
#[derive(Clone, Copy)]
struct Part {
    from: usize,
    to: usize,
}

impl Rows<'_> {
    /// Both flows as rows.
    pub(crate) fn body(mut self) -> String {
        self.out = String::with_capacity(self.lead.out.capacity() + self.follow.out.capacity());
        let (lead, follow) =
            (parts(&self.lead, 0, self.lead.flow.events.len()), parts(&self.follow, 0, self.follow.flow.events.len()));
        self.pair(&lead, &follow);
        self.out
    }

    /// Pairs two lists of siblings; what has no counterpart gathers in one row up to the next pair.
    fn pair(&mut self, lead: &[Part], follow: &[Part]) {
        let places: FxHashMap<_, usize> =
            follow.iter().enumerate().rev().map(|(i, part)| (self.follow.flow.position(part.from), i)).collect();
        let (mut lead_done, mut follow_done) = (0, 0);
        for (i, part) in lead.iter().enumerate() {
            let twin = places.get(&self.lead.flow.position(part.from)).copied().filter(|j| *j >= follow_done);
            if let Some(j) = twin {
                self.rest(&lead[lead_done..i], &follow[follow_done..j]);
                self.both(*part, follow[j]);
                (lead_done, follow_done) = (i + 1, j + 1);
            }
        }
        self.rest(&lead[lead_done..], &follow[follow_done..]);
    }

    fn rest(&mut self, lead: &[Part], follow: &[Part]) {
        if lead.is_empty() && follow.is_empty() {
            return;
        }
        let items =
            |writer: &Writer<'_>, parts: &[Part]| parts.iter().any(|p| writer.flow.events[p.from].kind == Kind::Start(Tag::Item));
        if items(&self.lead, lead) || items(&self.follow, follow) {
            self.out.push_str("<li>");
            self.row(lead, follow);
            self.out.push_str("</li>\n");
        } else {
            self.row(lead, follow);
        }
    }

    fn both(&mut self, lead: Part, follow: Part) {
        // A form stands once, in the leading language, over the whole width.
        if let Kind::Form(name) = self.lead.flow.events[lead.from].kind {
            return self.leading(|lead| lead.form(name));
        }
        let tag = |writer: &Writer<'_>, part: Part| match writer.flow.events[part.from].kind {
            Kind::Start(tag) => Some(tag),
            _ => None,
        };
        match (tag(&self.lead, lead), tag(&self.follow, follow)) {
            (Some(a), Some(b)) if is_shared(a) && alike(a, b) => self.container(a, lead, follow),
            _ => self.row(&[lead], &[follow]),
        }
    }

    fn container(&mut self, tag: Tag, lead: Part, follow: Part) {
        match tag {
            Tag::List(None) => self.out.push_str("<ul class=\"rows\">\n"),
            Tag::List(Some(1)) => self.out.push_str("<ol class=\"rows\">\n"),
            Tag::List(Some(first)) => {
                let _ = writeln!(self.out, "<ol class=\"rows\" start=\"{first}\">");
            }
            Tag::Item => self.out.push_str("<li>"),
            _ => self.leading(|lead| lead.open_block(tag)),
        }
        self.titles(tag, lead, follow);
        let (a, b) = (parts(&self.lead, lead.from + 1, lead.to - 1), parts(&self.follow, follow.from + 1, follow.to - 1));
        self.pair(&a, &b);
        self.leading(|lead| lead.close_block(tag));
    }

    /// The titles of an alert or a tab, in both languages.
    fn titles(&mut self, tag: Tag, lead: Part, follow: Part) {
        match tag {
            Tag::Alert(_) => {
                let open = |this: &mut Self, side: usize| {
                    let _ = write!(this.out, "<div class=\"cell\" lang=\"{}\">", this.tags[side]);
                };
                self.out.push_str("<div class=\"row\">");
                open(self, 0);
                self.lead.block_title(tag, lead.from + 1, lead.to - 1);
                self.out.push_str(&std::mem::take(&mut self.lead.out));
                self.out.push_str("</div>");
                open(self, 1);
                self.follow.block_title(tag, follow.from + 1, follow.to - 1);
                self.out.push_str(&std::mem::take(&mut self.follow.out));
                self.out.push_str("</div></div>\n");
            }
            Tag::Tab(_) => {
                let words = |writer: &Writer<'_>, tab: Part| writer.flow.plain(tab.from + 1, writer.flow.after(tab.from + 1));
                let equal = words(&self.lead, lead) == words(&self.follow, follow);
                self.lead.tab_title(lead.from + 1, lead.to - 1);
                let a = std::mem::take(&mut self.lead.out);
                self.following(|follower| follower.tab_title(follow.from + 1, follow.to - 1));
                let b = std::mem::take(&mut self.follow.out);
                let [first, second] = self.tags;
                let second = if equal { String::new() } else { format!(" <span lang=\"{second}\">{b}</span>") };
                let _ = writeln!(self.out, "<summary><span lang=\"{first}\">{a}</span>{second}</summary>");
            }
            _ => {}
        }
    }

    /// A row with a cell for each language. Nothing else stands in a row, so that either language can come first.
    fn row(&mut self, lead: &[Part], follow: &[Part]) {
        let [first, second] = self.tags;
        let _ = write!(self.out, "<div class=\"row\"><div class=\"cell\" lang=\"{first}\">");
        self.leading(|leader| cell(leader, lead));
        let _ = write!(self.out, "</div><div class=\"cell\" lang=\"{second}\">");
        std::mem::swap(&mut self.out, &mut self.follow.out);
        self.following(|follower| cell(follower, follow));
        std::mem::swap(&mut self.out, &mut self.follow.out);
        self.out.push_str("</div></div>\n");
    }
}

impl<'a> Rows<'a> {
    /// Lets the first column write at the end of the rows: there are many, and a text for each would be copied.
    fn leading(&mut self, write: impl FnOnce(&mut Writer<'a>)) {
        std::mem::swap(&mut self.out, &mut self.lead.out);
        write(&mut self.lead);
        std::mem::swap(&mut self.out, &mut self.lead.out);
    }

    /// Lets the second column write. An id stands once in a page: it has only those that the first has not.
    fn following(&mut self, write: impl FnOnce(&mut Writer<'a>)) {
        self.follow.ids = std::mem::take(&mut self.lead.ids);
        write(&mut self.follow);
        self.lead.ids = std::mem::take(&mut self.follow.ids);
    }
}

fn cell(writer: &mut Writer<'_>, parts: &[Part]) {
    for part in parts {
        // An item without a counterpart brings its content; the row stands in an item.
        let inner = writer.flow.events[part.from].kind == Kind::Start(Tag::Item);
        let (from, to) = if inner { (part.from + 1, part.to - 1) } else { (part.from, part.to) };
        writer.blocks(from, to);
    }
}

/// The blocks and runs of inline events between two indices. Titles of tabs are their tab's.
fn parts(writer: &Writer<'_>, from: usize, to: usize) -> Vec<Part> {
    let mut found = Vec::new();
    let mut at = from;
    while at < to {
        let end = match writer.flow.events[at].kind {
            Kind::Start(Tag::HtmlBlock) => writer.region_end(at, to),
            Kind::Start(tag) if !tag.is_inline() => writer.flow.after(at),
            Kind::Rule | Kind::Snippet(_) | Kind::Form(_) | Kind::Video(_) | Kind::Mark(_) => at + 1,
            _ => writer.run(at, to),
        };
        if writer.flow.events[at].kind != Kind::Start(Tag::TabTitle) {
            found.push(Part { from: at, to: end });
        }
        at = end;
    }
    found
}

/// Whether both languages may share the element: it holds blocks, and no words of its own.
fn is_shared(tag: Tag) -> bool {
    matches!(
        tag,
        Tag::List(_)
            | Tag::Item
            | Tag::Quote
            | Tag::Alert(_)
            | Tag::Callout(_)
            | Tag::Div(_)
            | Tag::Tabs
            | Tag::Tab(_)
            | Tag::Columns
            | Tag::Column(_)
    )
}

fn alike(a: Tag, b: Tag) -> bool {
    match (a, b) {
        (Tag::Div(_), Tag::Div(_)) | (Tag::Tab(_), Tag::Tab(_)) => true,
        (Tag::Alert(a) | Tag::Callout(a), Tag::Alert(b) | Tag::Callout(b)) => a == b,
        (a, b) => a == b,
    }
}
