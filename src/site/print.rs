//! A print of a whole section of the navigation: its articles in one page, one after the other (`exports = ["print"]`).
//!
//! A section is an entry of the first level of a table of contents with every page below it; the entries with no page below them are one
//! section together. One of a single article has no print: its page is one. The print stands beside the first article that it holds, under
//! the name [`NAME`]. Nothing of this is made unless `exports` asks for it; a page that is printed is read once more.

mod rewrite;

use std::collections::HashMap;

use super::body::Body;
use super::model::{Label, Model};
use super::nav::{NodeId, PageId};
use super::render::{Rendered, Renderer};
use super::threads;
use super::view::{PrintPart, PrintView, Printed};
use crate::config::Export;
use crate::locale::LocaleId;
use crate::theme::{Shared, ThemeError};
use crate::vpath::UrlPath;
use rewrite::Place;

/// The name of a print, beside the page that it begins with.
pub(crate) const NAME: &str = "print.html";

/// How many articles one page holds at most: a longer section is cut into parts, since browsers lay out and print a page as a whole.
const MOST: usize = 200;

/// The texts of a page in some locales.
pub(crate) type Texts<'t> = dyn Fn(PageId, &[LocaleId]) -> Result<Vec<Option<Body>>, ThemeError> + Sync + 't;

/// A section, or a part of one that is too long for one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Print {
    /// The entry that is the section; `None` for those that have nothing below them.
    node: Option<NodeId>,
    /// Its articles in their order; never empty.
    pages: Vec<PageId>,
    /// The first page of each part of the section.
    parts: Vec<PageId>,
}

/// Whether a site has prints.
pub(crate) fn is_wanted(model: &Model<'_>) -> bool {
    model.config.exports.contains(&Export::Print)
}

/// All prints of a site that has them.
pub(crate) fn prints(model: &Model<'_>) -> Vec<Print> {
    let tables = model.nav.tables().iter().filter(|_| is_wanted(model));
    let sections = tables.flat_map(|table| {
        let own = model.nav.range(table.top.clone()).map(|(id, _)| id).filter(|id| !below(model, *id).is_empty());
        own.map(Some).chain([None]).map(move |node| (node, pages(model, table.top.clone(), node)))
    });
    sections.filter(|(_, pages)| pages.len() > 1).flat_map(|(node, pages)| cut(node, &pages)).collect()
}

/// The prints of one section.
fn cut(node: Option<NodeId>, pages: &[PageId]) -> Vec<Print> {
    let parts: Vec<PageId> = pages.chunks(MOST).filter_map(|part| part.first().copied()).collect();
    pages.chunks(MOST).map(|part| Print { node, pages: part.to_vec(), parts: parts.clone() }).collect()
}

/// The address of the print of the section that holds an entry of the first level, or those that have nothing below them.
pub(crate) fn of_section(
    model: &Model<'_>,
    top: std::ops::Range<u32>,
    node: Option<NodeId>,
    locale: LocaleId,
) -> Option<UrlPath> {
    let node = node.filter(|node| is_wanted(model) && !below(model, *node).is_empty());
    let pages = if is_wanted(model) { pages(model, top, node) } else { Vec::new() };
    pages.first().filter(|_| pages.len() > 1).map(|first| address(model, *first, locale))
}

/// The articles of a section in their order.
fn pages(model: &Model<'_>, top: std::ops::Range<u32>, node: Option<NodeId>) -> Vec<PageId> {
    match node {
        Some(node) => own(model, node).into_iter().chain(below(model, node)).collect(),
        None => {
            let lone = model.nav.range(top).filter(|(id, _)| below(model, *id).is_empty());
            lone.filter_map(|(id, _)| own(model, id)).collect()
        }
    }
}

/// The page of an entry, if this is where it stands in the navigation.
fn own(model: &Model<'_>, id: NodeId) -> Option<PageId> {
    let page = model.nav.get(id)?.page()?;
    (model.nav.node_of(page) == Some(id) && model.facts(page).is_shown(model.drafts)).then_some(page)
}

// Recursion is bounded: tables of contents are cut at `toc::MAX_DEPTH`.
fn below(model: &Model<'_>, id: NodeId) -> Vec<PageId> {
    let children = model.nav.get(id).map(|node| node.children.clone()).unwrap_or_default();
    let of = |(id, _)| own(model, id).into_iter().chain(below(model, id)).collect::<Vec<_>>();
    model.nav.range(children).flat_map(of).collect()
}

fn address(model: &Model<'_>, first: PageId, locale: LocaleId) -> UrlPath {
    UrlPath::new(format!("{}{NAME}", model.url(first, locale).as_str()))
}

/// The id of an article in its print, which begins the ids in it.
fn id(number: usize) -> String {
    format!("p{number}")
}

impl Print {
    /// Its articles in their order.
    pub(crate) fn pages(&self) -> &[PageId] {
        &self.pages
    }

    /// Where it stands.
    pub(crate) fn address(&self, model: &Model<'_>, locale: LocaleId) -> UrlPath {
        address(model, self.pages[0], locale)
    }

    /// What the section is called: as its entry, else as its first page.
    fn name(&self, model: &Model<'_>, locale: LocaleId) -> Label {
        let node = self.node.and_then(|node| model.nav.get(node));
        let first = || model.page_name(self.parts[0], locale).unwrap_or_else(|| Label::plain(String::new()));
        node.map_or_else(first, |node| model.node_name(node, locale))
    }

    /// The same print with its first article only: enough to prove a template.
    pub(crate) fn shortened(&self) -> Self {
        Self { pages: self.pages[..1].to_vec(), ..self.clone() }
    }
}

impl Renderer<'_> {
    /// A print in some locales.
    ///
    /// # Errors
    /// The template, or the text of a page.
    pub(crate) fn print(&self, print: &Print, locales: &[LocaleId], texts: &Texts<'_>) -> Result<Vec<Rendered>, ThemeError> {
        let read: Vec<Vec<Option<Body>>> = threads::try_map(&print.pages, threads::ANY, |_, page| texts(*page, locales))?;
        let of = |(at, locale): (usize, &LocaleId)| {
            let texts: Vec<&Option<Body>> = read.iter().map(|texts| &texts[at]).collect();
            self.print_in(print, *locale, &texts)
        };
        locales.iter().enumerate().map(of).collect()
    }

    fn print_in(&self, print: &Print, locale: LocaleId, texts: &[&Option<Body>]) -> Result<Rendered, ThemeError> {
        let model = self.model;
        let (here, name) = (print.address(model, locale), print.name(model, locale));
        let mut frame = self.frame(&here, locale, &name.text);
        frame.title_lang = name.foreign.map(|id| model.tag(id));
        // Each article has a page of its own, which is what is to be found.
        frame.robots = Some("noindex");
        frame.languages = self.languages(&here, locale, |to| (print.address(model, to), false));
        let urls: Vec<UrlPath> = print.pages.iter().map(|page| model.url(*page, locale)).collect();
        let numbers: HashMap<&str, usize> = urls.iter().map(UrlPath::as_str).zip(1..).collect();
        let lang = model.theme.messages(locale).foreign().unwrap_or(model.tag(locale));
        let place = |number: usize| Place { number, from: &urls[number - 1], here: &here, numbers: &numbers, lang };
        let texts = texts.iter().zip(1..).filter_map(|(text, number)| Some((text.as_ref()?, number)));
        let articles = texts.filter_map(|(body, number)| self.printed(print.pages[number - 1], locale, body, &place(number)));
        let articles: Vec<Printed<'_>> = articles.collect();
        let part = |(first, number): (&PageId, usize)| PrintPart {
            number,
            href: here.relative_to(&address(model, *first, locale)),
            current: *first == print.pages[0],
        };
        let parts = if print.parts.len() > 1 { print.parts.iter().zip(1..).map(part).collect() } else { Vec::new() };
        self.rendered("print.html", &here, &PrintView { frame, articles, parts })
    }

    fn printed<'p>(&'p self, page: PageId, locale: LocaleId, body: &Body, place: &Place<'_>) -> Option<Printed<'p>> {
        let model = self.model;
        let (name, edition) = (model.page_name(page, locale)?, model.edition(page, locale)?);
        let form = model.theme.messages(locale).text("print_form");
        Some(Printed {
            id: id(place.number),
            name: name.text,
            name_lang: name.foreign.map(|id| model.tag(id)),
            href: place.here.relative_to(place.from),
            address: model.public(place.here, place.from),
            lang: (body.locale != locale).then(|| model.tag(body.locale)),
            dir: model.locales().get(body.locale).direction(),
            date: edition.date.map(|date| self.date(date, locale)),
            body: Shared::html(place.rewritten(&body.html, form)),
        })
    }
}
