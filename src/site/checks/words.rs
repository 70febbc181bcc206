//! What a segment says in one language: its words without markup, and beside them what must be the same in every language.

use std::ops::Range;
use std::sync::Arc;

use crate::site::markdown::flow::{Ev, Flow, Kind, NONE, Tag};
use crate::site::markdown::rawhtml;
use crate::site::unit::Document;

/// What stands in [`Words::text`] for code, an image, a bare address or raw HTML: none of them is words.
pub(super) const OBJECT: char = '\u{FFFC}';

/// A segment in one language.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Its words, as a reader sees them.
    pub(super) text: String,
    /// Where the destinations of its links and images lead.
    pub(super) links: Vec<Item>,
    /// Its inline code.
    pub(super) code: Vec<Item>,
    /// What stands in bold, as ranges of the side's text.
    pub(super) strong: Vec<Range<usize>>,
    runs: Vec<Run>,
}

/// Something that is compared as a whole, and its range in the side's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) text: String,
    pub(super) at: Range<usize>,
}

/// A stretch of the words, up to the next run, and its range in the side's text.
#[derive(Debug)]
struct Run {
    at: usize,
    side: Range<usize>,
}

impl Words {
    /// The range of the side's text that a range of the words comes from. Where the words are not as written (an entity, a mended
    /// space), it is that of the whole stretch.
    pub(super) fn side(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let first = self.runs.partition_point(|run| run.at <= range.start).checked_sub(1)?;
        let last = self.runs.partition_point(|run| run.at < range.end.max(range.start + 1)).checked_sub(1)?;
        let exact = |at: usize| {
            let end = self.runs.get(at + 1).map_or(self.text.len(), |next| next.at);
            let run = &self.runs[at];
            (end - run.at == run.side.len()).then_some(run)
        };
        let start = exact(first).map_or(self.runs[first].side.start, |run| run.side.start + range.start - run.at);
        let end = exact(last).map_or(self.runs[last].side.end, |run| run.side.start + range.end - run.at);
        Some(start..end.max(start))
    }

    fn push(&mut self, text: &str, event: &Ev) {
        self.runs.push(Run { at: self.text.len(), side: event.start as usize..event.end as usize });
        self.text.push_str(text);
    }

    fn object(&mut self, event: &Ev) {
        self.push(OBJECT.encode_utf8(&mut [0; 4]), event);
    }
}

/// The words of each segment of a document, from the flow of a page that shows it; empty for those that the flow does not show.
pub(super) fn of_segments(flow: &Flow, document: &Arc<Document>) -> Vec<Words> {
    let mut all: Vec<Words> = document.segments.iter().map(|_| Words::default()).collect();
    let Some(origin) = flow.origins.iter().position(|origin| Arc::ptr_eq(&origin.document, document)) else { return all };
    let mut last = NONE;
    // Up to here stands an address that is its own words.
    let mut address = 0;
    for (at, event) in flow.events.iter().enumerate().filter(|(_, event)| usize::from(event.origin) == origin) {
        let is_break = matches!(event.kind, Kind::SoftBreak | Kind::HardBreak);
        let segment = if is_break { last } else { event.segment };
        let Some(words) = all.get_mut(segment as usize).filter(|_| !event.foreign) else { continue };
        last = segment;
        match event.kind {
            Kind::Text(_) if at < address => {}
            Kind::Text(txt) => words.push(flow.get(txt), event),
            Kind::SoftBreak | Kind::HardBreak => words.push(" ", event),
            Kind::Code(txt) => {
                words.code.push(item(flow.get(txt), event));
                words.object(event);
            }
            Kind::Xref(txt) => {
                words.links.push(item(flow.get(txt), event));
                words.object(event);
            }
            Kind::Raw(txt) => raw(flow.get(txt), event, words),
            Kind::Image(image) => {
                words.links.push(item(&flow.images[image as usize].spec.source, event));
                words.object(event);
            }
            Kind::Start(Tag::Link(txt)) => {
                words.links.push(item(flow.get(txt), event));
                if is_own_words(flow, at) {
                    address = event.pair as usize;
                    words.object(event);
                }
            }
            Kind::Start(Tag::Strong) => words.strong.push(event.start as usize..event.end as usize),
            _ => {}
        }
    }
    all
}

fn item(text: &str, event: &Ev) -> Item {
    Item { text: text.to_owned(), at: event.start as usize..event.end as usize }
}

/// Raw HTML: its links, and a space where it breaks the line.
fn raw(raw: &str, event: &Ev, words: &mut Words) {
    for tag in rawhtml::tags(raw) {
        let named = tag.attributes.iter().filter(|(name, value)| matches!(name.as_str(), "href" | "src") && !value.is_empty());
        words.links.extend(named.map(|(_, value)| item(&rawhtml::decoded(&raw[value.clone()]), event)));
    }
    if raw.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("<br")) {
        words.push(" ", event);
    }
}

/// Whether a link's words are an address.
fn is_own_words(flow: &Flow, link: usize) -> bool {
    match flow.events.get(link + 1).map(|event| event.kind) {
        Some(Kind::Text(txt)) => {
            let text = flow.get(txt);
            text.starts_with("http") || text.starts_with("www.") || text.contains('@')
        }
        _ => false,
    }
}
