//! Puts lexed events in order: alerts, tabs, columns, included files, images with descriptions.

mod included;
mod line;

use std::sync::Arc;

use super::directive::{AlertKind, Directive, ImageKind};
use super::flow::{Ev, Flow, Kind, NONE, Tag, Txt};
use super::include::{Includes, Place};
use super::lex::{Lexed, lex, span};
use crate::diag::{Code, Diagnostic};
use crate::locale::LocaleSet;
use crate::site::unit::{Document, Half};

/// A side of a document as a [`Flow`], with its included files.
pub(crate) fn flow(
    document: &Arc<Document>,
    half: Half,
    locales: &LocaleSet,
    includes: &dyn Includes,
    found: &mut Vec<Diagnostic>,
) -> Flow {
    let place = Place::of_page(document.side(half).path.clone());
    assembled(document, half, locales, includes, &place, found)
}

fn assembled(
    document: &Arc<Document>,
    half: Half,
    locales: &LocaleSet,
    includes: &dyn Includes,
    place: &Place,
    found: &mut Vec<Diagnostic>,
) -> Flow {
    let Lexed { flow: mut from, directives } = lex(document, half, locales, found);
    if directives.is_empty() && !needs_structure(&from) {
        return from;
    }
    let room = Vec::with_capacity(from.events.len());
    let events = std::mem::replace(&mut from.events, room);
    let lexed = Flow { events, ..Flow::default() };
    let mut assembler = Assembler { lexed, directives, out: from, locales, includes, place, document, half, found };
    let all = assembler.lexed.events.len();
    assembler.siblings(0, all);
    assembler.out
}

/// Whether something other than directives asks for new structure: tabs, or quotes that may be callouts.
fn needs_structure(flow: &Flow) -> bool {
    flow.events.iter().any(|event| match event.kind {
        Kind::Start(Tag::Link(txt)) => flow.get(txt).starts_with("#tab/"),
        Kind::Start(Tag::Quote) => true,
        _ => false,
    })
}

struct Assembler<'a> {
    /// The lexed events; their text is that of `out`.
    lexed: Flow,
    directives: Vec<Directive>,
    out: Flow,
    locales: &'a LocaleSet,
    includes: &'a dyn Includes,
    place: &'a Place,
    document: &'a Arc<Document>,
    half: Half,
    found: &'a mut Vec<Diagnostic>,
}

/// How many rows and columns may be open at once among siblings.
const MOST_OPEN: usize = 12;

/// Elements opened by a mark among siblings, and closed by another or by the siblings' end.
#[derive(Default)]
struct Opened(Vec<usize>);

impl Assembler<'_> {
    fn siblings(&mut self, from: usize, to: usize) {
        let mut opened = Opened::default();
        let mut at = from;
        while at < to {
            let next = self.lexed.after(at);
            self.one(at, next, &mut opened);
            at = next;
        }
        if let Some(first) = opened.0.first() {
            let kind = self.out.events[*first].kind;
            if matches!(kind, Kind::Start(Tag::Columns)) {
                self.malformed(*first, "the row is not closed with `:::row-end:::`");
            }
        }
        while let Some(start) = opened.0.pop() {
            self.close(start);
        }
    }

    fn one(&mut self, at: usize, next: usize, opened: &mut Opened) {
        let event = self.lexed.events[at];
        match event.kind {
            Kind::Mark(number) => self.mark(event, number, opened),
            Kind::Start(Tag::Quote) => self.quote(at, next),
            Kind::Start(Tag::Heading(_)) => match self.tab_id(at, next) {
                Some(id) => self.tab(at, next, id, opened),
                None => self.copy(at, next),
            },
            Kind::Rule => {
                if let Some(tabs) = opened.0.iter().position(|start| self.out.events[*start].kind == Kind::Start(Tag::Tabs)) {
                    while opened.0.len() > tabs {
                        if let Some(start) = opened.0.pop() {
                            self.close(start);
                        }
                    }
                } else {
                    self.copy(at, next);
                }
            }
            Kind::Start(Tag::Paragraph) => self.paragraph(at, next),
            Kind::Start(tag) if !tag.is_leaf() && !tag.is_inline() => self.container(at, next),
            _ => self.copy(at, next),
        }
    }

    fn container(&mut self, at: usize, next: usize) {
        let start = self.open_as(self.lexed.events[at]);
        self.siblings(at + 1, next - 1);
        self.close(start);
    }

    fn open_as(&mut self, event: Ev) -> usize {
        self.out.events.push(event);
        self.out.events.len() - 1
    }

    fn open(&mut self, tag: Tag, like: Ev) -> usize {
        self.open_as(Ev { kind: Kind::Start(tag), segment: NONE, ..like })
    }

    fn close(&mut self, start: usize) {
        let end = self.out.events.len();
        let event = self.out.events[start];
        self.out.events.push(Ev { kind: Kind::End, pair: start as u32, ..event });
        self.out.events[start].pair = end as u32;
    }

    /// Copies events, with inline marks put in place.
    fn copy(&mut self, from: usize, to: usize) {
        let base = self.out.events.len();
        let plain = !self.lexed.events[from..to].iter().any(|event| matches!(event.kind, Kind::Mark(_)));
        if plain {
            let events = self.lexed.events[from..to].iter();
            self.out.events.extend(events.map(|event| Ev { pair: (event.pair as usize + base - from) as u32, ..*event }));
            return;
        }
        let mut stack = Vec::new();
        for at in from..to {
            let event = self.lexed.events[at];
            match event.kind {
                Kind::Start(_) => stack.push(self.open_as(event)),
                Kind::End => {
                    if let Some(start) = stack.pop() {
                        self.close(start);
                    }
                }
                Kind::Mark(number) => self.inline_mark(event, number),
                _ => self.leaf(event.kind, event),
            }
        }
    }

    fn leaf(&mut self, kind: Kind, like: Ev) {
        let pair = self.out.events.len() as u32;
        self.out.events.push(Ev { kind, pair, ..like });
    }

    fn quote(&mut self, at: usize, next: usize) {
        let first = self.lexed.events[at + 1];
        let event = self.lexed.events[at];
        let directive = match first.kind {
            Kind::Mark(number) => self.directives.get(number as usize).cloned(),
            _ => None,
        };
        let tag = match directive {
            Some(Directive::Alert(kind)) => Tag::Alert(kind),
            Some(Directive::Div(class)) => Tag::Div(self.out.add(&class)),
            Some(Directive::Video(address)) => {
                let txt = self.out.add(&address);
                self.leaf(Kind::Video(txt), event);
                return self.siblings(at + 2, next - 1);
            }
            _ => match self.callout(at + 1) {
                Some(kind) => Tag::Callout(kind),
                None => return self.container(at, next),
            },
        };
        let skip = if matches!(tag, Tag::Callout(_)) { 1 } else { 2 };
        let start = self.open(tag, event);
        self.siblings(at + skip, next - 1);
        self.close(start);
    }

    /// The kind of an alert in the older way of writing: a quote that begins with a bold label and a break or a colon.
    fn callout(&self, paragraph: usize) -> Option<AlertKind> {
        let events = &self.lexed.events;
        let is = |at: usize, tag: Tag| events.get(at).is_some_and(|e| e.kind == Kind::Start(tag));
        if !is(paragraph, Tag::Paragraph) || !is(paragraph + 1, Tag::Strong) {
            return None;
        }
        let end = events[paragraph + 1].pair as usize;
        let label: String = events[paragraph + 2..end]
            .iter()
            .filter_map(|e| if let Kind::Text(t) = e.kind { Some(self.out.get(t)) } else { None })
            .collect();
        let kind = label_kind(&label)?;
        // A bold word that goes on as a sentence is no label.
        let behind = events.get(end + 1).map(|event| event.kind);
        let goes_on =
            matches!(behind, Some(Kind::Text(t)) if !self.out.get(t).trim_start().starts_with([':', '：', '-', '–', '—']));
        let punctuated = label.trim_end().ends_with([':', '：', '.', '。', '!', '！']);
        (punctuated || !goes_on).then_some(kind)
    }

    /// The id of a tab, where a heading is nothing but anchors and a link to `#tab/ID`.
    fn tab_id(&self, at: usize, next: usize) -> Option<Txt> {
        let inner = self.lexed.events[at + 1..next - 1].iter().position(|e| !matches!(e.kind, Kind::Anchor(_)))?;
        let link = at + 1 + inner;
        let Kind::Start(Tag::Link(destination)) = self.lexed.events[link].kind else { return None };
        let rest = self.out.get(destination).strip_prefix("#tab/")?;
        let id = rest.split('/').next().unwrap_or_default().len() as u32;
        let start = destination.end - rest.len() as u32;
        (self.lexed.after(link) == next - 1).then_some(Txt { start, end: start + id })
    }

    fn tab(&mut self, at: usize, next: usize, id: Txt, opened: &mut Opened) {
        let event = self.lexed.events[at];
        let tabs = opened.0.iter().position(|start| self.out.events[*start].kind == Kind::Start(Tag::Tabs));
        match tabs {
            Some(tabs) => {
                while opened.0.len() > tabs + 1 {
                    if let Some(start) = opened.0.pop() {
                        self.close(start);
                    }
                }
            }
            None => opened.0.push(self.open(Tag::Tabs, event)),
        }
        opened.0.push(self.open(Tag::Tab(id), event));
        let title = self.open(Tag::TabTitle, event);
        let link = (at + 1..next).find(|i| matches!(self.lexed.events[*i].kind, Kind::Start(Tag::Link(_)))).unwrap_or(at + 1);
        self.copy(link + 1, self.lexed.after(link) - 1);
        self.close(title);
    }

    fn mark(&mut self, event: Ev, number: u32, opened: &mut Opened) {
        let Some(directive) = self.directives.get(number as usize).cloned() else { return };
        match directive {
            Directive::Row | Directive::Column(_) if opened.0.len() >= MOST_OPEN => {
                self.malformed_at(event, "rows and columns are nested too deep here");
            }
            Directive::Row => opened.0.push(self.open(Tag::Columns, event)),
            Directive::Column(span) => {
                self.close_column(opened);
                opened.0.push(self.open(Tag::Column(span), event));
            }
            Directive::ColumnEnd => self.close_column(opened),
            Directive::RowEnd => {
                self.close_column(opened);
                match opened.0.pop_if(|start| self.out.events[*start].kind == Kind::Start(Tag::Columns)) {
                    Some(start) => self.close(start),
                    None => self.malformed_at(event, "there is no open row to end here"),
                }
            }
            Directive::Snippet(spec) => {
                self.out.snippets.push(spec);
                self.leaf(Kind::Snippet(self.out.snippets.len() as u32 - 1), event);
            }
            Directive::Form(name) if name.is_empty() => {}
            Directive::Form(name) => {
                let txt = self.out.add(&name);
                self.leaf(Kind::Form(txt), event);
            }
            Directive::Include(path) => self.include(&path, event, true),
            Directive::ImageEnd => {
                if !self.out.images.iter().any(|image| image.spec.kind == ImageKind::Complex) {
                    self.malformed_at(event, "there is no image with a long description to end here");
                }
            }
            Directive::Alert(_) | Directive::Div(_) | Directive::Video(_) => {
                self.malformed_at(event, "this must be the first line of a block quote");
            }
            Directive::Transparent | Directive::Image(_) | Directive::NoLoc(_) | Directive::Unknown(_) => {}
        }
    }

    fn close_column(&mut self, opened: &mut Opened) {
        let column = opened.0.iter().rposition(|start| matches!(self.out.events[*start].kind, Kind::Start(Tag::Column(_))));
        if let Some(column) = column {
            while opened.0.len() > column {
                if let Some(start) = opened.0.pop() {
                    self.close(start);
                }
            }
        }
    }

    fn malformed(&mut self, start: usize, message: &str) {
        self.malformed_at(self.out.events[start], message);
    }

    fn malformed_at(&mut self, event: Ev, message: &str) {
        let at = span(self.document.side(self.half), event.start as usize..event.end as usize);
        self.found.push(
            Diagnostic::new(Code::ExtensionMalformed, at, message).help("The documentation shows how the extension is written."),
        );
    }
}

/// The alert that a bold label stands for, in the languages of the docsets read (FORMAT §3).
fn label_kind(label: &str) -> Option<AlertKind> {
    let label = label.trim().trim_end_matches([':', '：']).trim().to_lowercase();
    Some(match label.as_str() {
        "note" | "注" | "注意" | "メモ" | "备注" | "注意事項" | "참고" | "hinweis" | "anmerkung" => AlertKind::Note,
        "tip" | "ヒント" | "提示" | "팁" | "tipp" => AlertKind::Tip,
        "important" | "重要" | "중요" | "wichtig" => AlertKind::Important,
        "warning" | "警告" | "경고" | "warnung" => AlertKind::Warning,
        "caution" | "注意！" | "小心" | "주의" | "vorsicht" | "achtung" => AlertKind::Caution,
        _ => return None,
    })
}
