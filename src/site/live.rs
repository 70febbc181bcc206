//! A site that is kept up to date while its files are edited, and rendered page by page when somebody asks.
//!
//! It owns what a build borrows: configuration, theme, forms, listing, catalog, the facts of every page, the navigation. A changed file
//! renews only what is made from it ([`Live::refresh`]); the text of a page is written when it is asked for ([`Live::answer`]). Whatever the
//! edits, what is answered equals what a clean build writes.
//!
//! A big site is shown before it was read ([`Live::begin`]): a page, and each that it names, is read when it is asked for, the others
//! bit by bit ([`Live::read_more`]). Only the navigation supposes something until then ([`Live::complete`]).

mod answer;
mod change;
mod findings;
mod indexed;
mod memory;
pub(crate) mod news;
mod outlook;
mod pages;
mod places;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use rustc_hash::FxHashMap;

use super::allow::Allowed;
use super::catalog::Catalog;
use super::discover::{Listing, discover_state};
use super::forms::Forms;
use super::library::Library;
use super::model::{self, Ground, Model, Sections};
use super::nav::Nav;
use super::page::Read;
use super::parts;
use crate::config::{Config, ConfigError};
use crate::diag::Diagnostic;
use crate::locale::LocaleId;
use crate::source::Digest;
use crate::theme::{Theme, ThemeError};
use crate::vpath::SourcePath;

pub use answer::{Answer, Content};
pub use findings::{Audit, Auditor, Findings, Rest};
pub use news::Changes;
pub use places::{PageState, Place, Segments, SourceFile};

use memory::Memory;
use pages::{Learned, SoFar};

/// Reads the configuration, and gives the language tags that had to be looked for in the content, if they had to be.
pub type Configure = dyn Fn() -> Result<(Config, Option<Vec<String>>), ConfigError> + Send + Sync;

/// What a site is made from cannot be used at all.
#[derive(Debug)]
pub enum LiveError {
    /// The configuration.
    Config(ConfigError),
    /// The theme.
    Theme(Box<ThemeError>),
}

/// What is wrong outside of the content. The parts that were last good stay in use.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Faults {
    /// Of the configuration.
    pub config: Option<ConfigError>,
    /// Of the theme.
    pub theme: Option<ThemeError>,
}

/// A site in memory.
pub struct Live {
    configure: Box<Configure>,
    config: Config,
    /// The language tags of the content's files, if the configuration does not name the locales.
    tags: Option<Vec<String>>,
    theme: Theme,
    web_roots: Vec<Option<String>>,
    listing: Listing,
    /// What is wrong with the listing.
    listed: Vec<Diagnostic>,
    forms: Forms,
    /// What is wrong with the forms.
    formed: Vec<Diagnostic>,
    catalog: Catalog,
    /// What is wrong with settings, redirections and addresses.
    catalogued: Vec<Diagnostic>,
    /// By page of the catalog; empty where it was not read yet. Links are as they are written, none looked up.
    entries: Vec<OnceLock<Learned>>,
    /// What the last run knew of them.
    memory: OnceLock<Memory>,
    /// Whether pages may not have been read yet.
    reading: bool,
    /// Whether pages are read when they are asked for, and not all at once.
    unhurried: bool,
    /// No page before this one is unread.
    next: AtomicUsize,
    nav: Nav,
    /// What is wrong with the tables of contents.
    navigated: Vec<Diagnostic>,
    table_locales: Vec<LocaleId>,
    allowed: Arc<Allowed>,
    /// Of every file that the site is made from, as it was when it was first read or last found changed.
    digests: Mutex<FxHashMap<SourcePath, Digest>>,
    faults: Faults,
    /// The language tag that each file names, if the site's locales come from them.
    tag_of: FxHashMap<SourcePath, String>,
    /// Counts changes of anything.
    generation: u64,
    /// Counts changes of what pages know of each other.
    outlook: u64,
    /// Counts changes of the theme, the forms and the configuration.
    stage: u64,
    /// Counts the pages read.
    reads: AtomicU64,
    /// How many pages had to be read for want of a memory.
    unread: AtomicUsize,
    extras: Mutex<answer::Extras>,
    resources: Mutex<answer::Resources>,
    indexed: Mutex<indexed::Indexed>,
}

impl Live {
    /// Reads a site, all of it.
    ///
    /// # Errors
    /// The configuration cannot be used. A fault in the site's own theme is none: the built-in one is used until it is mended.
    pub fn start(configure: Box<Configure>) -> Result<Self, LiveError> {
        Self::of(configure, false)
    }

    /// The same, but for the pages: they are read when they are asked for, or by [`Live::read_more`]. When there are no more,
    /// [`Live::complete`] is called.
    ///
    /// # Errors
    /// Those of [`Live::start`].
    pub fn begin(configure: Box<Configure>) -> Result<Self, LiveError> {
        Self::of(configure, true)
    }

    fn of(configure: Box<Configure>, unhurried: bool) -> Result<Self, LiveError> {
        let (config, tags) = configure().map_err(LiveError::Config)?;
        let mut faults = Faults::default();
        let theme = parts::theme(&config).or_else(|error| {
            faults.theme = Some(error);
            Theme::load(None, &config.site.locales)
        });
        let theme = theme.map_err(|error| LiveError::Theme(Box::new(error)))?;
        let mut live = Self {
            configure,
            tags,
            theme,
            web_roots: Vec::new(),
            listing: Listing::default(),
            listed: Vec::new(),
            forms: Forms::read(&config, &Listing::default(), &mut Vec::new()),
            formed: Vec::new(),
            catalog: Catalog::default(),
            catalogued: Vec::new(),
            entries: Vec::new(),
            memory: OnceLock::new(),
            reading: true,
            unhurried,
            next: AtomicUsize::new(0),
            nav: Nav::default(),
            navigated: Vec::new(),
            table_locales: Vec::new(),
            allowed: Arc::default(),
            digests: Mutex::default(),
            faults,
            tag_of: FxHashMap::default(),
            generation: 0,
            outlook: 0,
            stage: 1,
            reads: AtomicU64::new(0),
            unread: AtomicUsize::new(0),
            extras: Mutex::default(),
            resources: Mutex::default(),
            indexed: Mutex::default(),
            config,
        };
        live.read_all();
        Ok(live)
    }

    /// The configuration in use.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What is wrong outside of the content.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Changes when the theme, a form or the configuration does.
    pub fn stage(&self) -> u64 {
        self.stage
    }

    /// Keeps what is known of the pages of a big site for the next start.
    pub fn keep(&self) {
        self.remember(self.unread.load(Ordering::Relaxed));
    }

    /// Reads everything.
    fn read_all(&mut self) {
        self.web_roots = model::web_roots(&self.config.site);
        self.listed.clear();
        self.listing = discover_state(&self.config.root, &self.config.site.content).unpack(&mut self.listed);
        self.make_forms();
        self.make_catalog();
        self.entries = self.catalog.pages.iter().map(|_| OnceLock::new()).collect();
        (self.memory, self.reading) = (OnceLock::new(), true);
        (self.next, self.unread) = (AtomicUsize::new(0), AtomicUsize::new(0));
        self.generation += 1;
        self.outlook += 1;
        if !self.unhurried {
            while self.read_more() {}
            self.complete();
            return;
        }
        self.make_nav();
    }

    /// Whether there may be pages that were not read.
    pub fn is_reading(&self) -> bool {
        self.reading
    }

    fn make_forms(&mut self) {
        let mut found = Vec::new();
        let forms = Forms::read(&self.config, &self.listing, &mut found);
        let same = forms.digest() == self.forms.digest() && found == self.formed;
        (self.forms, self.formed) = (forms, found);
        for count in [&mut self.generation, &mut self.outlook, &mut self.stage] {
            *count += u64::from(!same);
        }
    }

    fn make_nav(&mut self) {
        let mut found = Vec::new();
        let uids = self
            .entries
            .iter()
            .enumerate()
            .filter_map(|(at, entry)| Some((at, &entry.get()?.facts)))
            .flat_map(|(at, facts)| facts.uids.iter().map(move |uid| (uid.clone(), super::nav::PageId(at as u32))));
        self.catalog.rename(uids);
        let read = |path: &SourcePath| self.take(path);
        let tables = parts::tables(&self.listing, &read).unpack(&mut found);
        self.nav = parts::nav(tables, &self.catalog, &SoFar(self), &self.web_roots, true).unpack(&mut found);
        self.navigated = found;
        self.make_table_locales();
    }

    fn make_table_locales(&mut self) {
        self.table_locales = model::table_locales(&self.nav, &SoFar(self), &self.config.site.locales);
    }

    fn ground<'a>(&'a self, library: &'a Library<'a>) -> Ground<'a> {
        Ground {
            config: &self.config.site,
            theme: &self.theme,
            catalog: &self.catalog,
            library,
            forms: &self.forms,
            web_roots: &self.web_roots,
            drafts: true,
        }
    }

    /// Does something with the resolved site, and with its included files.
    fn with<T>(&self, work: impl FnOnce(&Model<'_>, &Library<'_>) -> T) -> T {
        let read: &Read<'_> = &|path: &SourcePath| self.read(path);
        let locales = &self.config.site.locales;
        let library = Library::new(&self.catalog, locales, read);
        let ground = self.ground(&library);
        let table_locales = self.table_locales.clone();
        let model = Model { ground: &ground, facts: self, nav: &self.nav, table_locales, sections: Sections::default() };
        work(&model, &library)
    }
}
