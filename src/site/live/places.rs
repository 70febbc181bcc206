//! What a page is to its writer: its files, the state of its translation, and where in them each part of it stands.

use rustc_hash::FxHashSet;

use super::Live;
use crate::diag::{Code, Diagnostic, Span};
use crate::locale::LocaleId;
use crate::ordered::Map;
use crate::site::facts::Availability;
use crate::site::library::Library;
use crate::site::markdown::flow::{Kind, NONE, Tag};
use crate::site::markdown::lex::span;
use crate::site::page::{Page, Read, Version};
use crate::source::{LineIndex, Position};
use crate::vpath::SourcePath;

/// A page in a locale, as its writer sees it. Paths count from the content folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageState {
    /// The locale.
    pub locale: String,
    /// Its files.
    pub sources: Vec<SourceFile>,
    /// What its readers get: `original`, `translated`, `partial` or `fallback`.
    pub availability: &'static str,
    /// Whether it says of itself that a machine has translated it.
    pub machine: bool,
    /// Whether it is a draft.
    pub draft: bool,
    /// Its segments; none for a page in one language.
    pub segments: Segments,
    /// Every heading, the first place of every segment, and every block at the top that has neither, in the order of the page.
    pub places: Vec<Place>,
}

/// A file of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path.
    pub path: SourcePath,
    /// The locale that its name tells.
    pub locale: Option<String>,
}

/// How many segments a page has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Segments {
    /// All of them.
    pub total: usize,
    /// Those without a target, or with the source as it.
    pub untranslated: usize,
}

/// Where a part of a page is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The heading's id, of a heading.
    pub id: Option<String>,
    /// The segment's key, of a segment.
    pub segment: Option<String>,
    /// The file.
    pub path: SourcePath,
    /// The line and column, where they are known.
    pub position: Option<Position>,
}

impl Live {
    /// What the page at an address is to its writer; `found` is what is wrong with it.
    pub fn state_of(&self, path: &str, found: &[Diagnostic]) -> Option<PageState> {
        let (id, locale, _) = self.page_at(path)?;
        let at = id.0 as usize;
        let (files, facts) = (&self.catalog.pages[at], self.facts(id));
        let read: &Read<'_> = &|path: &SourcePath| self.read(path);
        let library = Library::new(&self.catalog, &self.config.site.locales, read);
        let (page, _) = self.page(files, &mut Vec::new(), &library, read);
        let tag = |id: LocaleId| self.config.site.locales.get(id).as_str().to_owned();
        let edition = facts.editions.get(locale.index());
        let shown = page.shown(locale, &self.config.site.locales).map(|(_, version)| version);
        Some(PageState {
            locale: tag(locale),
            sources: files.files.iter().map(|(path, id)| SourceFile { path: path.clone(), locale: id.map(tag) }).collect(),
            availability: match edition.map(|edition| edition.availability) {
                Some(Availability::Original) | None => "original",
                Some(Availability::Translated) => "translated",
                Some(Availability::Partial) => "partial",
                Some(Availability::Fallback(_)) => "fallback",
            },
            machine: edition.is_some_and(|edition| edition.machine),
            draft: facts.draft,
            segments: segments(&page, locale, found),
            places: shown.map(|version| self.places(version)).unwrap_or_default(),
        })
    }

    fn places(&self, version: &Version) -> Vec<Place> {
        let mut lines: Map<SourcePath, Option<(String, LineIndex)>> = Map::new();
        let found = parts(version).into_iter();
        found
            .map(|(id, segment, span)| {
                let text = lines.entry(span.path.clone()).or_insert_with(|| {
                    let text = self.read(&span.path).ok()?.text;
                    let index = LineIndex::new(&text);
                    Some((text, index))
                });
                let position = text.as_ref().map(|(text, index)| index.position(text, span.start));
                Place { id, segment, path: span.path, position }
            })
            .collect()
    }
}

/// The segments of a page in a locale.
fn segments(page: &Page, locale: LocaleId, found: &[Diagnostic]) -> Segments {
    let Some(version) = page.versions.get(locale.index()).and_then(Option::as_ref) else { return Segments::default() };
    if version.document.target_locale != Some(locale) {
        return Segments::default();
    }
    let missing = version.document.segments.iter().filter(|segment| segment.target.is_none()).count();
    let target = version.document.target.as_ref().map(|side| &side.path);
    let same = found.iter().filter(|d| d.code == Code::SegmentUntranslated && Some(&d.span.path) == target).count();
    Segments { total: version.document.segments.len(), untranslated: missing + same }
}

type Part = (Option<String>, Option<String>, Span);

/// Every heading, every segment's first place, and every block at the top with neither.
fn parts(version: &Version) -> Vec<Part> {
    let flow = &version.flow;
    let at = |event: usize| {
        let event = &flow.events[event];
        span(flow.origins[event.origin as usize].side(), event.start as usize..event.end as usize)
    };
    let mut seen: FxHashSet<(u16, u32)> = FxHashSet::default();
    let mut parts: Vec<Part> = Vec::new();
    for block in flow.siblings(0, flow.events.len()) {
        let before = parts.len();
        for event in block..flow.after(block) {
            let Some(known) = flow.events.get(event) else { continue };
            if matches!(known.kind, Kind::Start(Tag::Heading(_))) {
                let heading = version.outline.headings.iter().find(|heading| heading.at == event);
                parts.extend(heading.map(|heading| (Some(heading.id.clone()), None, at(event))));
            }
            if known.segment != NONE && seen.insert((known.origin, known.segment)) {
                let segment = flow.origins[known.origin as usize].document.segments.get(known.segment as usize);
                parts.extend(segment.map(|segment| (None, Some(segment.key.as_str().to_owned()), at(event))));
            }
        }
        if parts.len() == before && matches!(flow.events[block].kind, Kind::Start(tag) if !tag.is_inline()) {
            parts.push((None, None, at(block)));
        }
    }
    parts
}
