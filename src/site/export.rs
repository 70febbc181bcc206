//! The same text for other readers: each page as plain Markdown, as aligned pairs, and a list of all pages.
//!
//! Nothing of this is made unless `exports` asks for it. A page that is exported is read once more, for its source text is not kept.

mod markdown;
mod places;

use std::fmt::Write as _;
use std::ops::Range;

use serde::Serialize;

use super::facts::Availability;
use super::link;
use super::markdown::flow::{Flow, Kind, NONE, Tag};
use super::model::Model;
use super::nav::PageId;
use super::page::{Page, Version};
use super::render::Rendered;
use super::unit::{Half, Segment};
use crate::config::Export;
use crate::locale::LocaleId;
use crate::ordered::Map;
use crate::vpath::UrlPath;

/// The name of a page's Markdown, beside its HTML.
const MARKDOWN: &str = "index.md";
/// The name of a page's pairs, beside its HTML.
const PAIRS: &str = "pairs.jsonl";
/// The name of a locale's list of pages (llmstxt.org).
pub(crate) const LIST: &str = "llms.txt";

/// Whether pages must be read for what is exported of them.
pub(crate) fn reads_pages(exports: &[Export]) -> bool {
    exports.iter().any(|export| matches!(export, Export::Markdown | Export::Pairs))
}

/// The paths of all that may be exported of a page.
pub(crate) fn planned<'m>(model: &'m Model<'_>, id: PageId) -> impl Iterator<Item = UrlPath> + 'm {
    let exports = &model.config.exports;
    let names = [(Export::Markdown, MARKDOWN), (Export::Pairs, PAIRS)];
    let names = names.into_iter().filter(|(export, _)| exports.contains(export));
    names.flat_map(move |(_, name)| model.locales().ids().map(move |locale| beside(model, id, locale, name)))
}

/// What is exported of a page.
pub(crate) fn of_page(model: &Model<'_>, id: PageId, page: &Page) -> Vec<Rendered> {
    let exports = &model.config.exports;
    let mut files = Vec::new();
    for (locale, version) in model.locales().ids().zip(&page.versions) {
        let Some(version) = version else { continue };
        if exports.contains(&Export::Markdown) {
            let text = markdown(model, id, locale, version).into();
            files.push(Rendered { path: beside(model, id, locale, MARKDOWN).output(), text });
        }
        let original = page.original_of(locale, model.locales()).filter(|_| version.half == Half::Target);
        if let (Some(original), true) = (original, exports.contains(&Export::Pairs)) {
            let text = pairs(model, locale, version, original).into();
            files.push(Rendered { path: beside(model, id, locale, PAIRS).output(), text });
        }
    }
    files
}

fn beside(model: &Model<'_>, id: PageId, locale: LocaleId, name: &str) -> UrlPath {
    UrlPath::new(format!("{}{name}", model.url(id, locale).as_str()))
}

/// One language of a page, without front matter; a page whose title stands there only begins with it.
fn markdown(model: &Model<'_>, id: PageId, locale: LocaleId, version: &Version) -> String {
    let text = markdown::text(model, id, locale, version);
    let text = text.trim_matches('\n');
    let title =
        version.front().title.as_deref().filter(|_| version.owns_front() && version.outline.title(&version.flow).is_none());
    title.map_or_else(|| format!("{text}\n"), |title| format!("# {title}\n\n{text}\n"))
}

/// A source and its translation, as a line of JSON.
#[derive(Serialize)]
struct Pair<'a> {
    key: &'a str,
    source_locale: &'a str,
    target_locale: &'a str,
    source: &'a str,
    target: Option<&'a str>,
    /// Without markup.
    source_plain: String,
    target_plain: Option<String>,
    /// `initial` where there is no target, else `translated` (XLIFF 2).
    state: &'static str,
    /// `MT` or `HT`, if it is known.
    made_by: Option<&'a str>,
    block: &'static str,
    source_place: Place<'a>,
    target_place: Option<Place<'a>>,
}

/// Where a text stands: its file below the content folder, and bytes in it.
#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    start: usize,
    end: usize,
}

fn pairs(model: &Model<'_>, locale: LocaleId, version: &Version, original: &Version) -> String {
    let document = &version.document;
    let (source_words, target_words) = (words(&original.flow), words(&version.flow));
    let mut out = String::new();
    for (number, segment) in (0_u32..).zip(&document.segments) {
        let side = |half| document.side(half);
        let text = |half: Half| segment.range(half).and_then(|range| side(half).text.get(range));
        let place = |half: Half| place(segment, half, side(half));
        let target = text(Half::Target).filter(|text| !text.trim().is_empty());
        let plain = |words: &Map<u32, Words>| words.get(&number).map(|words| words.plain.trim().to_owned());
        let source = text(Half::Source).unwrap_or_default();
        let block = source_words.get(&number).or_else(|| target_words.get(&number)).map_or("other", |words| words.block);
        let pair = Pair {
            key: segment.key.as_str(),
            source_locale: model.tag(document.source_locale),
            target_locale: model.tag(locale),
            source,
            target,
            source_plain: plain(&source_words).unwrap_or_else(|| source.trim().to_owned()),
            target_plain: target.map(|text| plain(&target_words).unwrap_or_else(|| text.trim().to_owned())),
            state: if target.is_some() { "translated" } else { "initial" },
            made_by: document.front.translation_type.as_deref(),
            block,
            source_place: place(Half::Source).unwrap_or(Place { file: side(Half::Source).path.as_str(), start: 0, end: 0 }),
            target_place: place(Half::Target),
        };
        // Texts and numbers are always JSON.
        out.push_str(&serde_json::to_string(&pair).unwrap_or_default());
        out.push('\n');
    }
    out
}

fn place<'a>(segment: &Segment, half: Half, side: &'a super::unit::Side) -> Option<Place<'a>> {
    let Range { start, end } = side.file_range(segment.range(half)?);
    Some(Place { file: side.path.as_str(), start, end })
}

/// The words of a segment without markup, and the block that it stands in.
struct Words {
    plain: String,
    block: &'static str,
}

/// By segment of the flow's own document.
fn words(flow: &Flow) -> Map<u32, Words> {
    let mut found: Map<u32, Words> = Map::new();
    let mut open: Vec<Tag> = Vec::new();
    for event in &flow.events {
        match event.kind {
            Kind::Start(tag) => open.push(tag),
            Kind::End => drop(open.pop()),
            _ => {}
        }
        if event.segment == NONE || event.origin != 0 {
            continue;
        }
        let block = || open.iter().rev().find_map(|tag| block(*tag)).unwrap_or("other");
        let words = found.entry(event.segment).or_insert_with(|| Words { plain: String::new(), block: block() });
        match event.kind {
            Kind::Text(txt) | Kind::Code(txt) | Kind::Unknown(txt) => words.plain.push_str(flow.get(txt)),
            Kind::Xref(txt) => words.plain.push_str(&link::uid(flow.get(txt)).unwrap_or_default()),
            Kind::SoftBreak | Kind::HardBreak => words.plain.push(' '),
            Kind::Image(image) => words.plain.push_str(&flow.images[image as usize].spec.alt),
            _ => {}
        }
    }
    found
}

fn block(tag: Tag) -> Option<&'static str> {
    match tag {
        Tag::Heading(_) => Some("heading"),
        Tag::Item => Some("item"),
        Tag::TableCell(_) => Some("cell"),
        Tag::Alert(_) | Tag::Callout(_) => Some("alert"),
        Tag::Quote => Some("quote"),
        Tag::CodeBlock(_) => Some("code"),
        Tag::HtmlBlock => Some("html"),
        Tag::TabTitle => Some("tab"),
        Tag::Paragraph => Some("paragraph"),
        _ => None,
    }
}

/// `llms.txt` of every locale, if it is asked for: the pages in their reading order, each with what it is about.
pub(crate) fn lists(model: &Model<'_>) -> Vec<Rendered> {
    let wanted = model.config.exports.contains(&Export::Llms);
    let locales = model.locales().ids().filter(|_| wanted);
    locales.map(|locale| Rendered { path: list_path(model, locale).output(), text: list(model, locale).into() }).collect()
}

fn list_path(model: &Model<'_>, locale: LocaleId) -> UrlPath {
    UrlPath::new(format!("{}/{LIST}", model.tag(locale)))
}

fn list(model: &Model<'_>, locale: LocaleId) -> String {
    let here = list_path(model, locale);
    let mut out = format!("# {}\n", model.site_title(locale).text);
    let mut pages: Vec<PageId> = model.nav.reading_order().collect();
    let known: std::collections::HashSet<PageId> = pages.iter().copied().collect();
    pages.extend(model.pages().filter(|page| !known.contains(page)));
    let mut section = None;
    for page in pages {
        let (Some(edition), Some(name)) = (model.edition(page, locale), model.page_name(page, locale)) else { continue };
        let above = model.nav.node_of(page).and_then(|node| model.nav.ancestors(node).first().copied());
        let label = above.and_then(|node| model.nav.get(node)).map(|node| model.node_name(node, locale).text);
        if section.as_ref() != Some(&label) {
            let heading = label.as_deref().unwrap_or_else(|| model.theme.messages(locale).text("contents_title"));
            let _ = write!(out, "\n## {heading}\n\n");
            section = Some(label);
        }
        let shown = if let Availability::Fallback(shown) = edition.availability { shown } else { locale };
        let url = if model.config.exports.contains(&Export::Markdown) {
            beside(model, page, shown, MARKDOWN)
        } else {
            model.url(page, locale)
        };
        let _ = write!(out, "- [{}]({})", bracketed(&name.text), model.public(&here, &url));
        if let Some(description) = &edition.description {
            let _ = write!(out, ": {description}");
        }
        out.push('\n');
    }
    out
}

/// A name between the brackets of a link.
fn bracketed(name: &str) -> String {
    name.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}
