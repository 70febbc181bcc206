//! What is wrong with a live site: all that a check reports, page by page and beside the work of the preview.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::slice::ParallelSliceMut;
use rustc_hash::FxHashMap;

use super::Live;
use crate::diag::{Code, Diagnostic};
use crate::site::allow::Allowed;
use crate::site::catalog::PageFiles;
use crate::site::checks::variants::{Translated, Variants, Varied};
use crate::site::checks::{Checks, PageChecked};
use crate::site::facts::Facts;
use crate::site::library::Library;
use crate::site::model::Model;
use crate::site::nav::PageId;
use crate::site::page::Read;
use crate::site::render::Renderer;
use crate::site::{parts, resolve, threads};
use crate::theme::ThemeError;
use crate::vpath::SourcePath;

/// How many pages are looked at before somebody else may have the site.
const AT_ONCE: usize = 32;

/// Everything that is wrong with the content, sorted; paths count from the content folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// What a check reports.
    pub diagnostics: Vec<Diagnostic>,
    /// Why a template cannot be used though it could be read.
    pub template: Option<ThemeError>,
}

/// Finds what is wrong, a few pages at a time, and looks again only at what has changed.
#[derive(Default)]
pub struct Auditor {
    pages: FxHashMap<String, Audited>,
    /// How many pages were ever looked at: each has a number.
    numbers: u32,
    varied: Varied,
    /// The files that pages name, and how many do.
    files: FxHashMap<SourcePath, usize>,
    /// The state of the site that is being looked at.
    generation: u64,
    /// The first page that was not looked at in this state.
    next: usize,
    /// What is wrong beside the pages, and the states of the site in which it was looked at.
    standing: Vec<Diagnostic>,
    stood: Option<(u64, u64)>,
    /// The state of the theme in which the templates were proved, and what came of it.
    proved: (u64, Option<ThemeError>),
    /// The state of what the files leave out.
    allowed: u64,
    /// Something is otherwise than it was last summed up.
    news: bool,
}

/// What was found in a page.
#[derive(Default)]
struct Audited {
    number: u32,
    /// The reading of the page at which it was looked at.
    read: u64,
    /// The state of the other pages at which its links were looked up.
    outlook: u64,
    own: Vec<Diagnostic>,
    /// What its sentences translate.
    sources: Vec<Translated>,
    links: Vec<Diagnostic>,
    files: BTreeSet<SourcePath>,
}

/// What is found in a page now.
struct Look {
    at: usize,
    /// Nothing where the page was not read again.
    own: Option<(Vec<Diagnostic>, Variants)>,
    links: Vec<Diagnostic>,
    files: BTreeSet<SourcePath>,
}

/// What an auditor has come to.
pub enum Audit {
    /// There is more to look at.
    More,
    /// All was looked at; [`Auditor::findings`] sums it up, for which the site is not needed.
    Whole(Rest),
}

/// What is left to do when all was looked at.
pub struct Rest(Arc<Allowed>);

impl Auditor {
    /// Looks at some pages that have changed.
    pub fn step(&mut self, live: &Live) -> Audit {
        if self.generation != live.generation {
            (self.generation, self.next) = (live.generation, 0);
        }
        let due: Vec<usize> = (self.next..live.entries.len()).filter(|at| self.is_due(live, *at)).take(AT_ONCE).collect();
        let Some(last) = due.last() else { return Audit::Whole(self.rest(live)) };
        self.next = last + 1;
        let checks = Checks::new(&live.config.site);
        let looks: Vec<Look> = threads::map(&due, 4, |_, at| self.look(live, *at, &checks));
        looks.into_iter().for_each(|look| self.put(live, look));
        Audit::More
    }

    fn is_due(&self, live: &Live, at: usize) -> bool {
        let known = self.pages.get(&live.catalog.pages[at].address);
        known.is_none_or(|known| known.read != live.learned(at).known.read || known.outlook != live.outlook)
    }

    fn look(&self, live: &Live, at: usize, checks: &Checks<'_>) -> Look {
        let page = &live.catalog.pages[at];
        let known = self.pages.get(&page.address).is_some_and(|known| known.read == live.learned(at).known.read);
        let own = (!known).then(|| live.checked(page, checks));
        let (links, files) = live.linked(PageId(at as u32));
        Look { at, own, links, files }
    }

    /// Notes what was found in a page.
    fn put(&mut self, live: &Live, look: Look) {
        let Look { at, own, links, files } = look;
        let fresh = || Audited { number: self.numbers, ..Audited::default() };
        let page = self.pages.entry(live.catalog.pages[at].address.clone()).or_insert_with(fresh);
        self.numbers += u32::from(page.number == self.numbers);
        (page.read, page.outlook) = (live.learned(at).known.read, live.outlook);
        if let Some((own, variants)) = own {
            self.news |= page.own != own;
            page.own = own;
            page.sources = self.varied.put(page.number, &page.sources, variants);
        }
        self.news |= page.links != links;
        page.links = links;
        if page.files != files {
            let old = std::mem::replace(&mut page.files, files.clone());
            self.count(old, files);
        }
    }

    /// Counts the files that a page named, and names now.
    fn count(&mut self, old: BTreeSet<SourcePath>, new: BTreeSet<SourcePath>) {
        self.stood = None;
        for file in new {
            *self.files.entry(file).or_default() += 1;
        }
        for file in old {
            if let Some(count) = self.files.get_mut(&file) {
                *count -= 1;
                if *count == 0 {
                    self.files.remove(&file);
                }
            }
        }
    }

    /// Forgets a page that is there no more.
    fn remove(&mut self, address: &str) {
        let Some(page) = self.pages.remove(address) else { return };
        self.varied.put(page.number, &page.sources, Variants::default());
        self.count(page.files, BTreeSet::new());
        self.news = true;
    }

    fn rest(&mut self, live: &Live) -> Rest {
        if self.pages.len() > live.catalog.pages.len() {
            let gone: Vec<String> = self.pages.keys().filter(|address| live.catalog.at(address).is_none()).cloned().collect();
            gone.iter().for_each(|address| self.remove(address));
        }
        self.news |= self.varied.compare();
        if self.stood != Some((live.outlook, live.stage)) {
            self.stood = Some((live.outlook, live.stage));
            let standing = self.standing(live);
            self.news |= standing != self.standing;
            self.standing = standing;
        }
        if self.proved.0 != live.stage {
            let proved = live.prove().err();
            self.news |= proved != self.proved.1 || self.proved.0 == 0;
            self.proved = (live.stage, proved);
        }
        self.news |= live.allowed.changes() != self.allowed;
        self.allowed = live.allowed.changes();
        Rest(Arc::clone(&live.allowed))
    }

    /// What is wrong beside the pages.
    fn standing(&self, live: &Live) -> Vec<Diagnostic> {
        let parts = [&live.listed, &live.formed, &live.catalogued, &live.navigated];
        let mut standing: Vec<Diagnostic> = parts.into_iter().flatten().cloned().collect();
        // A theme with a fault is not the one in use, which need not have the words.
        if live.faults.theme.is_none() {
            standing.extend(parts::without_words(&live.config, &live.theme));
        }
        standing.extend(live.with(|model, _| {
            let mut files: BTreeSet<SourcePath> = self.files.keys().cloned().collect();
            files.extend(resolve::named_by_settings(model, &live.listing));
            resolve::of_site(model, &live.listing, &files)
        }));
        standing
    }

    /// Whether something is otherwise than [`Auditor::findings`] last said.
    pub fn has_news(&self) -> bool {
        self.news
    }

    /// What is wrong with the site.
    pub fn findings(&mut self, rest: Rest) -> Findings {
        self.news = false;
        let of_pages = self.pages.values().flat_map(|page| page.own.iter().chain(&page.links));
        let mut all: Vec<Diagnostic> = self.standing.iter().chain(of_pages).chain(self.varied.reports()).cloned().collect();
        rest.0.apply(&mut all);
        all.par_sort_unstable();
        all.dedup();
        Findings { diagnostics: all, template: self.proved.1.clone() }
    }
}

impl Live {
    /// What is wrong with the page at an address, looked at now, and what was found before that only the whole site tells.
    pub fn findings_of(&self, path: &str, before: &Findings) -> Vec<Diagnostic> {
        let Some((page, ..)) = self.page_at(path) else { return Vec::new() };
        let files = &self.catalog.pages[page.0 as usize];
        let is_own = |path: &SourcePath| files.files.iter().any(|(file, _)| file == path);
        let (mut all, _) = self.checked(files, &Checks::new(&self.config.site));
        all.extend(self.linked(page).0);
        let standing = [&self.listed, &self.catalogued, &self.navigated].into_iter().flatten();
        all.extend(standing.filter(|d| is_own(&d.span.path)).cloned());
        let varies = |d: &&Diagnostic| d.code == Code::TranslationVaries && is_own(&d.span.path);
        all.extend(before.diagnostics.iter().filter(varies).cloned());
        self.allowed.leave_out(&mut all);
        let uses = &self.learned(page.0 as usize).known.uses;
        all.extend(self.allowed.faults(|path| is_own(path) || uses.iter().any(|used| **used == *path.as_str().to_lowercase())));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What is wrong with a page by itself, and how its sentences are translated.
    fn checked(&self, files: &PageFiles, checks: &Checks<'_>) -> (Vec<Diagnostic>, Variants) {
        let read: &Read<'_> = &|path: &SourcePath| self.read(path);
        let library = Library::new(&self.catalog, &self.config.site.locales, read);
        let mut found = Vec::new();
        let (page, _) = self.page(files, &mut found, &library, read);
        let PageChecked { mut diagnostics, variants } = checks.page(&page, &found);
        found.append(&mut diagnostics);
        let mut all = Facts::of(&page, &self.config.site.locales, found).diagnostics;
        all.extend(library.take_diagnostics());
        (all, variants)
    }

    /// What is wrong with the links of a page, and the files that it names.
    fn linked(&self, page: PageId) -> (Vec<Diagnostic>, BTreeSet<SourcePath>) {
        let (mut diagnostics, mut files) = (Vec::new(), BTreeSet::new());
        let facts = self.facts(page);
        if facts.is_shown(true) {
            self.with(|model, _| resolve::of_page(&model.resolver(), page, facts, &mut diagnostics, &mut files));
        }
        (diagnostics, files)
    }

    /// Renders one page of each kind, each form, and what is no page, so that a template's error is known before somebody meets it.
    fn prove(&self) -> Result<(), ThemeError> {
        self.with(|model, library| {
            let first = |wanted: &dyn Fn(PageId, &Model<'_>) -> bool| model.pages().find(|page| wanted(*page, model));
            let pages = [first(&|page, model| !model.facts(page).parallel.is_empty()), first(&|_, _| true)];
            for page in pages.into_iter().flatten() {
                for locale in model.locales().ids() {
                    self.rendered(model, library, page, locale, false)?;
                    self.rendered(model, library, page, locale, true)?;
                }
            }
            model.forms.prove(model.theme)?;
            Renderer::new(model)?.extras().map(|_| ())
        })
    }
}
