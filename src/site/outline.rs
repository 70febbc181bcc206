//! Headings and anchors: ids that are the same in all locales, because they come from the source's headings.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::markdown::flow::{Flow, Kind, Tag};
use super::markdown::rawhtml;
use super::octets;

/// A heading of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The index of its start among the flow's events.
    pub at: usize,
    /// Its level, from 1.
    pub level: u8,
    /// Its id, unique in the page.
    pub id: String,
}

/// The headings of a flow, and every other id that a fragment can name there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// The headings, in order.
    pub headings: Vec<Heading>,
    /// The author's own anchors.
    pub anchors: BTreeSet<String>,
}

impl Outline {
    /// The outline of a source flow, whose headings give the ids.
    pub fn of_source(flow: &Flow) -> Self {
        let mut ids = Ids::default();
        let headings =
            starts(flow).map(|(at, level)| Heading { at, level, id: ids.unique(slug(&heading_text(flow, at))) }).collect();
        Self { headings, anchors: anchors(flow, 0..flow.events.len()) }
    }

    /// The outline of a target flow: each heading has the id of the source's heading at the same place of the skeleton, or one of its own.
    pub fn of_target(flow: &Flow, source_flow: &Flow, source: &Self) -> Self {
        let twins: FxHashMap<_, _> = source.headings.iter().map(|h| (source_flow.position(h.at), h.id.as_str())).collect();
        let mut taken: FxHashSet<&str> = FxHashSet::default();
        // Nearly no heading has no twin.
        let mut ids = LazyCell::new(|| Ids { given: source.headings.iter().map(|h| h.id.clone()).collect(), ..Ids::default() });
        let heading = |(at, level)| {
            let twin = twins.get(&flow.position(at)).filter(|id| taken.insert(id));
            let own = || ids.unique(slug(&heading_text(flow, at)));
            Heading { at, level, id: twin.map_or_else(own, |id| (*id).to_owned()) }
        };
        Self { headings: starts(flow).map(heading).collect(), anchors: anchors(flow, 0..flow.events.len()) }
    }

    /// Whether a fragment names a place here.
    pub fn has(&self, fragment: &str) -> bool {
        self.anchors.contains(fragment) || self.headings.iter().any(|heading| heading.id == fragment)
    }

    /// The page's title as its text has it: the first heading of level 1, else the first heading.
    pub fn title(&self, flow: &Flow) -> Option<String> {
        let first = self.headings.iter().find(|h| h.level == 1).or(self.headings.first())?;
        Some(first.name(flow)).filter(|text| !text.is_empty())
    }
}

impl Heading {
    /// Its words, without markup.
    pub fn name(&self, flow: &Flow) -> String {
        on_one_line(&flow.plain(self.at + 1, flow.after(self.at) - 1))
    }

    /// The ids that name it: its own, and the anchors within it.
    pub fn ids(&self, flow: &Flow) -> BTreeSet<String> {
        let mut ids = anchors(flow, self.at..flow.after(self.at));
        ids.insert(self.id.clone());
        ids
    }
}

/// A text with one space for each run of white space, and none at its ends.
pub(crate) fn on_one_line(text: &str) -> String {
    if octets::is_spaced_once(text) {
        return text.to_owned();
    }
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        line.push_str(if line.is_empty() { "" } else { " " });
        line.push_str(word);
    }
    line
}

impl Flow {
    /// Where an event stands in the skeleton that the sides of a document share.
    pub(crate) fn position(&self, at: usize) -> (u16, u32, usize) {
        let event = &self.events[at];
        let origin = event.origin;
        let (place, delta) = self.origins.get(origin as usize).map_or((0, 0), |o| o.side().position(event.start as usize));
        (origin, place, delta)
    }
}

/// The headings that say something. Of others, which hold an anchor at most, only that is left.
fn starts(flow: &Flow) -> impl Iterator<Item = (usize, u8)> + '_ {
    flow.events.iter().enumerate().filter_map(|(at, event)| match event.kind {
        Kind::Start(Tag::Heading(level)) if says_something(flow, at) => Some((at, level)),
        _ => None,
    })
}

fn says_something(flow: &Flow, at: usize) -> bool {
    flow.events[at + 1..flow.after(at) - 1].iter().any(|event| match event.kind {
        Kind::Text(txt) => !flow.get(txt).trim().is_empty(),
        Kind::Raw(txt) => flow.get(txt).contains(" alt="),
        Kind::Code(_) | Kind::Xref(_) | Kind::Image(_) | Kind::Unknown(_) => true,
        _ => false,
    })
}

fn anchors(flow: &Flow, among: Range<usize>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for event in &flow.events[among] {
        match event.kind {
            Kind::Anchor(txt) => {
                found.insert(flow.get(txt).to_owned());
            }
            Kind::Raw(txt) => {
                let raw = flow.get(txt);
                for tag in rawhtml::tags(raw) {
                    let ids = tag.attributes.iter().filter(|(name, _)| name == "id" || (name == "name" && tag.name == "a"));
                    found.extend(ids.map(|(_, value)| raw[value.clone()].to_owned()));
                }
            }
            _ => {}
        }
    }
    found
}

/// A heading's text as its slug reads it: words as they are written, with the letters of entities and of raw tags.
fn heading_text(flow: &Flow, at: usize) -> String {
    let mut text = String::with_capacity(64);
    for event in &flow.events[at + 1..flow.after(at) - 1] {
        match event.kind {
            Kind::Text(txt) => {
                let written = flow
                    .origins
                    .get(event.origin as usize)
                    .and_then(|o| o.side().text.get(event.start as usize..event.end as usize));
                let entity = written.filter(|w| w.starts_with('&') && w.ends_with(';'));
                text.push_str(entity.unwrap_or(flow.get(txt)));
            }
            Kind::Code(txt) | Kind::Xref(txt) | Kind::Raw(txt) => text.push_str(flow.get(txt)),
            Kind::HardBreak => text.push_str("br"),
            Kind::SoftBreak => text.push(' '),
            Kind::Image(image) => text.push_str(&flow.images[image as usize].spec.alt),
            _ => {}
        }
    }
    text
}

/// The fragment of an English heading (FORMAT §2.4): lower-case, only `a`–`z`, digits, `_` and `-`, each space a `-`.
///
/// Where nothing of that remains (a heading in Japanese alone), letters and digits of any script are kept, so that it can be linked to.
pub fn slug(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    let mut ascii = String::with_capacity(lower.len());
    ascii.extend(lower.bytes().filter_map(|byte| match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => Some(char::from(byte)),
        b' ' => Some('-'),
        _ => None,
    }));
    if ascii.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
        return ascii;
    }
    let kept: String = lower
        .chars()
        .filter_map(|c| if c.is_whitespace() { Some('-') } else { (c.is_alphanumeric() || c == '-').then_some(c) })
        .collect();
    if kept.is_empty() { "section".to_owned() } else { kept }
}

/// Ids given so far in a page.
#[derive(Default)]
struct Ids {
    given: FxHashSet<String>,
    next: FxHashMap<String, usize>,
}

impl Ids {
    /// The id itself, or with `-1`, `-2` … behind it if it is taken.
    fn unique(&mut self, id: String) -> String {
        if self.given.insert(id.clone()) {
            return id;
        }
        let count = self.next.entry(id.clone()).or_insert(0);
        loop {
            *count += 1;
            let numbered = format!("{id}-{count}");
            if self.given.insert(numbered.clone()) {
                return numbered;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_those_that_the_pipeline_makes() {
        for (text, expected) in [
            ("Report problems on behalf of a customer", "report-problems-on-behalf-of-a-customer"),
            ("Step 1<br>Create", "step-1brcreate"),
            ("Déclaration", "dclaration"),
            ("&lt;DynamicEndpoint&gt;", "ltdynamicendpointgt"),
            ("Q# API  reference?", "q-api--reference"),
            ("What's new?", "whats-new"),
            ("日本語 の見出し", "日本語-の見出し"),
            ("!?", "section"),
        ] {
            assert_eq!(slug(text), expected);
        }
    }

    #[test]
    fn equal_slugs_are_numbered_in_order() {
        let mut ids = Ids::default();
        let given: Vec<_> = ["a", "a-1", "a", "a"].map(|id| ids.unique(id.to_owned())).into();
        assert_eq!(given, ["a", "a-1", "a-2", "a-3"]);
    }
}
