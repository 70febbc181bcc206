//! The navigation beside a page: the part of it that leads to the page, rendered once for all pages that share it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::model::Model;
use super::nav::{Level, Node, NodeId, PageId};
use super::print;
use super::view::{Entry, NavView};
use crate::locale::LocaleId;
use crate::theme::{Shared, ThemeError};
use crate::vpath::UrlPath;

/// Encloses a node's number where its `aria-current` goes. No name holds it: see [`Model::node_name`].
const MARK: char = '\u{1}';

/// The name of an attribute that marks the page being read.
const CURRENT: &str = " aria-current=\"page\"";

type Key = (LocaleId, String, Vec<(u32, u32, Option<NodeId>)>, bool);

/// The entries of nodes that do not lead on: the same in every part of the navigation that is seen from one folder.
type Known = Mutex<FxHashMap<NodeId, Arc<str>>>;

/// From so many folders entries are known at once. Pages come folder by folder.
const FOLDERS: usize = 64;

/// A rendered part of the navigation, and by node the places where a mark may go.
struct Rendered {
    html: Arc<String>,
    places: Vec<(u32, usize)>,
}

/// Parts of the navigation rendered so far.
#[derive(Default)]
pub(crate) struct Sidebars {
    rendered: Mutex<HashMap<Key, Arc<Rendered>>>,
    /// By language, folder, and whether the view is parallel.
    known: Mutex<HashMap<(LocaleId, String, bool), Arc<Known>>>,
}

impl Sidebars {
    /// The navigation beside a page at an address; `None` if the docset has none.
    pub(crate) fn html(
        &self,
        model: &Model<'_>,
        page: PageId,
        locale: LocaleId,
        here: &UrlPath,
        parallel: bool,
    ) -> Result<Option<Shared>, ThemeError> {
        let node = model.nav.node_of(page);
        let levels = match node {
            Some(node) => model.nav.section(node),
            None => model
                .edition(page, locale)
                .and_then(|e| model.nav.table_of(&e.file))
                .map(|table| model.nav.top(table))
                .unwrap_or_default(),
        };
        if levels.is_empty() {
            return Ok(None);
        }
        let shared = sharable(&levels, node);
        let base = base(here, parallel);
        let path = shared.iter().map(|level| (level.shown.start, level.shown.end, level.current)).collect();
        let key = (locale, base.as_str().to_owned(), path, parallel);
        let known = self.rendered.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let rendered = match known {
            Some(rendered) => rendered,
            None => {
                let outlook = Outlook { model, locale, base: &base, parallel, known: &self.known(locale, &base, parallel) };
                let fresh = Arc::new(outlook.render(&shared)?);
                self.rendered.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert(fresh).clone()
            }
        };
        Ok(Some(rendered.with_current(node)))
    }

    fn known(&self, locale: LocaleId, base: &UrlPath, parallel: bool) -> Arc<Known> {
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (locale, base.as_str().to_owned(), parallel);
        if all.len() >= FOLDERS && !all.contains_key(&key) {
            all.clear();
        }
        Arc::clone(all.entry(key).or_default())
    }
}

/// The levels without what tells siblings apart: on the last level of a page without pages below it nothing leads on.
fn sharable(levels: &[Level], node: Option<NodeId>) -> Vec<Level> {
    let mut shared = levels.to_vec();
    if let Some(last) = shared.last_mut().filter(|last| last.current == node) {
        last.current = None;
    }
    shared
}

/// An address from which relative references are the same for all pages of a folder: the page's own name is replaced. The start page has none.
fn base(here: &UrlPath, parallel: bool) -> UrlPath {
    let path = here.as_str();
    let page = if parallel { path.strip_suffix("parallel/").unwrap_or(path) } else { path };
    let Some(above) = page.trim_end_matches('/').rfind('/') else { return here.clone() };
    let folder = &page[..=above];
    UrlPath::new(format!("{folder}{MARK}/{}", if parallel { "parallel/" } else { "" }))
}

/// From where a part of the navigation is seen.
struct Outlook<'a> {
    model: &'a Model<'a>,
    locale: LocaleId,
    base: &'a UrlPath,
    parallel: bool,
    known: &'a Known,
}

impl Outlook<'_> {
    fn render(&self, levels: &[Level]) -> Result<Rendered, ThemeError> {
        let (model, locale) = (self.model, self.locale);
        let entries = Shared::html(self.entries(levels)?);
        let section = |first: &Level| print::of_section(model, first.all.clone(), first.current, locale);
        let print_href = levels.first().and_then(section).map(|print| self.base.relative_to(&print));
        let marked = model.theme.render("nav.html", &NavView { t: model.theme.messages(locale), entries, print_href })?;
        let (mut html, mut places) = (String::with_capacity(marked.len()), Vec::new());
        for (index, part) in marked.split(MARK).enumerate() {
            match part.parse().ok().filter(|_| index % 2 == 1) {
                Some(node) => places.push((node, html.len())),
                None => html.push_str(part),
            }
        }
        Ok(Rendered { html: Arc::new(html), places })
    }

    /// The entries of the first level, with those of the next below the one that leads on.
    fn entries(&self, levels: &[Level]) -> Result<String, ThemeError> {
        let Some((level, deeper)) = levels.split_first() else { return Ok(String::new()) };
        let more = |count: u32| if count > 0 { self.more() } else { Ok(String::new()) };
        let mut html = more(level.cut_before())?;
        for (id, node) in self.model.nav.range(level.shown.clone()) {
            if level.current == Some(id) {
                let items = if deeper.is_empty() { None } else { Some(Shared::html(self.entries(deeper)?)) };
                html.push_str(&self.entry(id, node, true, items)?);
            } else {
                html.push_str(&self.other(id, node)?);
            }
        }
        html.push_str(&more(level.cut_after())?);
        Ok(html)
    }

    /// The entry of a node that does not lead on, rendered once.
    fn other(&self, id: NodeId, node: &Node) -> Result<Arc<str>, ThemeError> {
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(Arc::clone(known));
        }
        let fresh: Arc<str> = self.entry(id, node, false, None)?.into();
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&fresh));
        Ok(fresh)
    }

    fn entry(&self, id: NodeId, node: &Node, leads_on: bool, items: Option<Shared>) -> Result<String, ThemeError> {
        let model = self.model;
        let label = model.node_name(node, self.locale);
        let below = || if leads_on { None } else { model.first_below(node, self.base, self.locale, self.parallel) };
        let href = model.node_href(node, self.base, self.locale, self.parallel).or_else(below);
        let entry = Entry {
            name: label.text,
            lang: label.foreign.map(|id| model.tag(id)),
            external: href.as_ref().is_some_and(|href| href.contains("://")),
            href,
            current_mark: format!("{MARK}{}{MARK}", id.0),
            open: leads_on,
            items,
            unfolded: false,
        };
        model.theme.render("entry.html", &entry)
    }

    /// Stands for the entries of a long level that are left out: all of them are on the contents page.
    fn more(&self) -> Result<String, ThemeError> {
        let messages = self.model.theme.messages(self.locale);
        let entry = Entry {
            name: format!("… {}", messages.get("contents_all")),
            lang: messages.foreign(),
            href: Some(self.base.relative_to(&self.model.contents(self.locale))),
            current_mark: String::new(),
            open: false,
            external: false,
            items: None,
            unfolded: false,
        };
        self.model.theme.render("entry.html", &entry)
    }
}

impl Rendered {
    /// The same with the node marked that is being read. It stands in one place, unless a theme's own template shows it twice.
    fn with_current(&self, node: Option<NodeId>) -> Shared {
        let mut places = self.places.iter().filter(|(number, _)| node.is_some_and(|node| node.0 == *number)).map(|(_, at)| *at);
        match (places.next(), places.next()) {
            (None, _) => Shared::html_with(Arc::clone(&self.html), 0, ""),
            (Some(at), None) => Shared::html_with(Arc::clone(&self.html), at, CURRENT),
            (Some(first), Some(second)) => {
                let mut html = self.html.as_str().to_owned();
                let all: Vec<usize> = [first, second].into_iter().chain(places).collect();
                all.iter().rev().for_each(|at| html.insert_str(*at, CURRENT));
                Shared::html(html)
            }
        }
    }
}

fn list(model: &Model<'_>, entries: &[Entry<'_>]) -> Result<Shared, ThemeError> {
    Ok(Shared::html(model.theme.render_each("entry.html", entries)?))
}

/// The whole navigation of a locale, for the page that lists everything.
pub(crate) fn tree(model: &Model<'_>, locale: LocaleId, here: &UrlPath) -> Result<Shared, ThemeError> {
    let mut all = Vec::new();
    for table in model.nav.tables() {
        all.append(&mut branch(model, table.top.clone(), locale, here)?);
    }
    let outside = model.pages().filter(|page| model.nav.node_of(*page).is_none());
    all.extend(outside.filter_map(|page| {
        let label = model.page_name(page, locale)?;
        let href = Some(here.relative_to(&model.url(page, locale)));
        let lang = label.foreign.map(|id| model.tag(id));
        let current_mark = String::new();
        Some(Entry { name: label.text, lang, href, current_mark, open: false, external: false, items: None, unfolded: true })
    }));
    list(model, &all)
}

// Recursion is bounded: tables of contents are cut at `toc::MAX_DEPTH`.
fn branch<'m>(
    model: &Model<'m>,
    range: std::ops::Range<u32>,
    locale: LocaleId,
    here: &UrlPath,
) -> Result<Vec<Entry<'m>>, ThemeError> {
    let entry = |node: &Node| {
        let label = model.node_name(node, locale);
        let href = model.node_href(node, here, locale, false);
        let below = branch(model, node.children.clone(), locale, here)?;
        Ok(Entry {
            name: label.text,
            lang: label.foreign.map(|id| model.tag(id)),
            external: href.as_ref().is_some_and(|href| href.contains("://")),
            href,
            current_mark: String::new(),
            open: true,
            items: if below.is_empty() { None } else { Some(list(model, &below)?) },
            unfolded: true,
        })
    };
    model.nav.range(range).map(|(_, node)| entry(node)).collect()
}
