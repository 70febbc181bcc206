//! What the site has at an address, rendered when it is asked for.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use rustc_hash::FxHashMap;

use super::Live;
use super::pages::is_broken;
use crate::config::Export;
use crate::locale::LocaleId;
use crate::site::body::BodyWriter;
use crate::site::catalog::is_published;
use crate::site::extras::Single;
use crate::site::facts::Use;
use crate::site::library::Library;
use crate::site::model::Model;
use crate::site::nav::PageId;
use crate::site::read::read_found_bytes;
use crate::site::render::{Rendered, Renderer};
use crate::site::resolve::Target;
use crate::site::{export, print, threads};
use crate::theme::ThemeError;
use crate::vpath::{OutputPath, SourcePath, UrlPath, percent_decode};

/// What is at an address.
#[derive(Debug)]
pub enum Answer {
    /// A file of the site.
    Found(Content),
    /// Nothing, but there is something at this path.
    Moved(String),
    /// Nothing: the page that says so.
    Missing(Content),
    /// A page that cannot be rendered now: its files cannot be read, or a template fails.
    Failed(Option<Box<ThemeError>>),
}

/// A file of the site.
#[derive(Debug, Clone)]
pub struct Content {
    /// Its path in the site, which tells its type: `ja/billing/index.html`.
    pub path: OutputPath,
    /// Its bytes, as a build writes them.
    pub bytes: Arc<[u8]>,
}

impl Content {
    pub(super) fn new(path: OutputPath, bytes: Vec<u8>) -> Self {
        Self { path, bytes: bytes.into() }
    }
}

/// Files beside the pages, made all at once, and for which state of the site.
#[derive(Debug, Default)]
pub(super) struct Extras {
    generation: u64,
    files: HashMap<OutputPath, Arc<[u8]>>,
}

/// Files of the docset that pages name. What pages name is looked up when somebody asks for a file.
#[derive(Debug, Default)]
pub(super) struct Resources {
    /// By page; `None` where it was not looked up since the page was read.
    of_page: Vec<Option<Vec<SourcePath>>>,
    /// How many pages name a file.
    counts: FxHashMap<SourcePath, usize>,
}

impl Resources {
    /// Pages, or the files that they name, are others.
    pub(super) fn forget_all(&mut self) {
        *self = Self::default();
    }

    /// A page was read again.
    pub(super) fn forget(&mut self, page: usize) {
        for file in self.of_page.get_mut(page).and_then(Option::take).into_iter().flatten() {
            if let Some(count) = self.counts.get_mut(&file) {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// Looks up what some pages name.
    fn fill(&mut self, model: &Model<'_>, wanted: impl Fn(usize) -> bool) {
        self.of_page.resize(model.facts.count(), None);
        let due: Vec<usize> = (0..self.of_page.len()).filter(|at| self.of_page[*at].is_none() && wanted(*at)).collect();
        let looked_up = |at: usize| (at, named(model, PageId(at as u32)));
        let found: Vec<(usize, Vec<SourcePath>)> = match due.as_slice() {
            [at] => vec![looked_up(*at)],
            _ => threads::map(&due, threads::ANY, |_, at| looked_up(*at)),
        };
        for (at, files) in found {
            for file in &files {
                *self.counts.entry(file.clone()).or_default() += 1;
            }
            self.of_page[at] = Some(files);
        }
    }
}

impl Live {
    /// What the site has at a path, percent-encoded and without the leading `/`.
    pub fn answer(&self, path: &str) -> Answer {
        let path = percent_decode(path);
        let path = path.as_str();
        if !path.is_empty() && SourcePath::parse(path).is_ok_and(|sound| sound.as_str() != path.trim_end_matches('/')) {
            return self.missing(path);
        }
        if let Some((page, locale, parallel)) = self.page_at(path) {
            return self.article(page, locale, parallel);
        }
        if let Some(answer) = self.printed(path) {
            return answer;
        }
        if let Some(content) =
            self.asset(path).or_else(|| self.indexed(path)).or_else(|| self.exported(path)).or_else(|| self.resource(path))
        {
            return Answer::Found(content);
        }
        match self.extra(&UrlPath::new(path).output()) {
            Ok(Some(content)) => Answer::Found(content),
            Ok(None) if !path.ends_with('/') && self.is_somewhere(&format!("{path}/")) => Answer::Moved(format!("{path}/")),
            Ok(None) => self.missing(path),
            Err(error) => Answer::Failed(Some(Box::new(error))),
        }
    }

    /// The page at an address, its locale, and whether it is the parallel view.
    pub(super) fn page_at(&self, path: &str) -> Option<(PageId, LocaleId, bool)> {
        let path = path.strip_suffix("index.html").filter(|rest| rest.ends_with('/')).unwrap_or(path);
        let (tag, address) = path.split_once('/')?;
        let locale = self.config.site.locales.ids().find(|id| self.config.site.locales.get(*id).as_str() == tag)?;
        let shown = |address: &str| {
            self.catalog.at(address).filter(|page| self.facts(*page).is_shown(true) || self.learned(page.0 as usize).known.broken)
        };
        if !address.is_empty() && !address.ends_with('/') {
            return None;
        }
        if let Some(page) = shown(address) {
            return Some((page, locale, false));
        }
        let of = address.strip_suffix("parallel/").filter(|rest| rest.is_empty() || rest.ends_with('/'))?;
        let page = shown(of)?;
        let has = self.config.site.parallel && self.facts(page).parallel.contains(&locale);
        has.then_some((page, locale, true))
    }

    fn article(&self, id: PageId, locale: LocaleId, parallel: bool) -> Answer {
        if self.learned(id.0 as usize).known.broken {
            return Answer::Failed(None);
        }
        match self.with(|model, library| self.rendered(model, library, id, locale, parallel)) {
            Ok(Some(file)) => Answer::Found(Content::new(file.path, file.text.into_bytes())),
            Ok(None) => Answer::Failed(None),
            Err(error) => Answer::Failed(Some(Box::new(error))),
        }
    }

    /// One file of a page; `None` if there is no such file, or the page's own files cannot be read now.
    pub(super) fn rendered(
        &self,
        model: &Model<'_>,
        library: &Library<'_>,
        id: PageId,
        locale: LocaleId,
        parallel: bool,
    ) -> Result<Option<Rendered>, ThemeError> {
        let files = &self.catalog.pages[id.0 as usize];
        let mut found = Vec::new();
        let (page, _) = self.page(files, &mut found, library, &|path: &SourcePath| self.read(path));
        if is_broken(&found, files) {
            return Ok(None);
        }
        let Some(body) = BodyWriter::of(model, id).one(&page, locale, parallel)? else { return Ok(None) };
        Renderer::new(model)?.one(id, locale, &body)
    }

    /// What is published of a page beside its HTML.
    fn exported(&self, path: &str) -> Option<Content> {
        if !export::reads_pages(&self.config.site.exports) {
            return None;
        }
        let (id, _, parallel) = self.page_at(&path[..path.rfind('/')? + 1])?;
        let files = Some(&self.catalog.pages[id.0 as usize]).filter(|_| !parallel)?;
        let made = self.with(|model, library| {
            let (page, _) = self.page(files, &mut Vec::new(), library, &|path: &SourcePath| self.read(path));
            export::of_page(model, id, &page)
        });
        made.into_iter().find(|file| file.path.as_str() == path).map(|file| Content::new(file.path, file.text.into_bytes()))
    }

    /// A print of a section. While a page of it cannot be read, there is none.
    fn printed(&self, path: &str) -> Option<Answer> {
        if !self.config.site.exports.contains(&Export::Print) || !path.ends_with(print::NAME) {
            return None;
        }
        let texts = |model: &Model<'_>, library: &Library<'_>, id: PageId, locales: &[LocaleId]| {
            let files = &self.catalog.pages[id.0 as usize];
            let (page, _) = self.page(files, &mut Vec::new(), library, &|path: &SourcePath| self.read(path));
            let writer = BodyWriter::of(model, id);
            locales.iter().map(|locale| writer.one(&page, *locale, false)).collect()
        };
        self.with(|model, library| {
            let of = |print: print::Print| {
                let locale = model.locales().ids().find(|locale| print.address(model, *locale).as_str() == path)?;
                Some((print, locale))
            };
            let (print, locale) = print::prints(model).into_iter().find_map(of)?;
            if print.pages().iter().any(|page| self.learned(page.0 as usize).known.broken) {
                return Some(Answer::Failed(None));
            }
            let made = Renderer::new(model)
                .and_then(|renderer| renderer.print(&print, &[locale], &|page, locales| texts(model, library, page, locales)));
            Some(match made.map(|files| files.into_iter().next()) {
                Ok(Some(file)) => Answer::Found(Content::new(file.path, file.text.into_bytes())),
                Ok(None) => Answer::Failed(None),
                Err(error) => Answer::Failed(Some(Box::new(error))),
            })
        })
    }

    fn asset(&self, path: &str) -> Option<Content> {
        let asset = self.theme.assets().iter().find(|asset| asset.path == path)?;
        Some(Content::new(OutputPath::parse(path).ok()?, asset.bytes.clone()))
    }

    /// A file of the docset that is published as it stands.
    fn resource(&self, path: &str) -> Option<Content> {
        let path = SourcePath::parse(path).ok().filter(|parsed| parsed.as_str() == path)?;
        let found = self.listing.find(&path)?;
        if !is_published(&path) || !(self.catalog.settings.is_resource(&path) || self.is_named(&path)) {
            return None;
        }
        let bytes = read_found_bytes(&self.listing, found).ok()?;
        Some(Content::new(OutputPath::parse(path.as_str()).ok()?, bytes))
    }

    /// Whether a page names a file.
    fn is_named(&self, path: &SourcePath) -> bool {
        let mut resources = self.resources.lock().unwrap_or_else(PoisonError::into_inner);
        let resources = &mut *resources;
        let names = |resources: &Resources| resources.counts.get(path).is_some_and(|count| *count > 0);
        // Who asks for a file has seen it in a page, which was read.
        self.with(|model, _| resources.fill(model, |at| self.entries[at].get().is_some()));
        if self.reading && !names(resources) {
            self.with(|model, _| resources.fill(model, |_| true));
        }
        names(resources)
    }

    fn extra(&self, path: &OutputPath) -> Result<Option<Content>, ThemeError> {
        let single = self.with(|model, _| Renderer::new(model)?.extra(path.as_str()))?;
        match single {
            Single::Made(file) => return Ok(Some(Content::new(file.path, file.text.into_bytes()))),
            Single::Nothing => return Ok(None),
            Single::Unknown => {}
        }
        let mut extras = self.extras.lock().unwrap_or_else(PoisonError::into_inner);
        if extras.generation != self.generation {
            let files = self.with(|model, _| Renderer::new(model)?.extras())?;
            extras.files = files.into_iter().map(|file| (file.path, file.text.into_bytes().into())).collect();
            extras.generation = self.generation;
        }
        Ok(extras.files.get(path).map(|bytes| Content { path: path.clone(), bytes: Arc::clone(bytes) }))
    }

    fn is_somewhere(&self, path: &str) -> bool {
        self.page_at(path).is_some() || self.extra(&UrlPath::new(path).output()).is_ok_and(|extra| extra.is_some())
    }

    fn missing(&self, path: &str) -> Answer {
        let tag = path.split('/').next().unwrap_or_default();
        let known = self.config.site.locales.ids().any(|id| self.config.site.locales.get(id).as_str() == tag);
        let file = if known { format!("{tag}/404.html") } else { "404.html".to_owned() };
        match self.extra(&UrlPath::new(file).output()) {
            Ok(Some(content)) => Answer::Missing(content),
            Ok(None) => Answer::Failed(None),
            Err(error) => Answer::Failed(Some(Box::new(error))),
        }
    }
}

/// The files that a page names.
fn named(model: &Model<'_>, page: PageId) -> Vec<SourcePath> {
    let facts = model.facts(page);
    if !facts.is_shown(model.drafts) {
        return Vec::new();
    }
    let resolver = model.resolver();
    let links = facts.links.iter().filter(|link| matches!(link.what, Use::Link | Use::Image));
    let files = links.filter_map(|link| match resolver.check(page, link).0 {
        Target::File(path, _) => Some(path),
        _ => None,
    });
    let mut files: Vec<SourcePath> = files.collect();
    files.sort_unstable();
    files.dedup();
    files
}
