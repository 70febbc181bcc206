//! From a folder to a site: the phases in their order, each over all pages at once.
//!
//! Pages are read once: for what the rest of the site must know of them ([`Facts`]), and for their text as HTML ([`Bodies`](super::body::Bodies)). Only a
//! fixed amount of text stays in memory until it is written; pages beyond it are read a second time.

mod indexed;
mod ready;

use std::fmt::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::allow::Allowed;
use super::body::BodyWriter;
use super::checks::variants::Variants;
use super::checks::{Checks, PageChecked};
use super::discover::{Found, Listing, discover};
use super::facts::Facts;
use super::forms::Forms;
use super::incremental::{self, Memory};
use super::kept::Kept;
use super::library::Library;
use super::model::{self, Ground, Model, Sections};
use super::nav::PageId;
use super::page::Reader;
use super::read::read_found;
use super::render::{Rendered, Renderer};
use super::resolve::{self, Known, Seen};
use super::write::{Output, WriteError, Written, is_as_stamped, keeps_clear_of};
use super::{export, parts, print, read, settings, threads};
use crate::config::Config;
use crate::diag::{Code, Diagnostic, Severity, Span};
use crate::ordered;
use crate::source::{Digest, Source};
use crate::theme::{Theme, ThemeError};
use crate::vpath::{OutputPath, SourcePath};
use ready::{Ready, text_of, texts_of};

/// How many pages a thread takes at most before another may take the next: few, so that all threads end together.
const AT_ONCE: usize = 4;

/// How a site is built.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Whether drafts are pages.
    pub drafts: bool,
    /// Whether warnings keep the site from being written.
    pub strict: bool,
}

/// Is told how far a build is.
pub trait Observer: Sync {
    /// A phase begins, in which there are so many things to do.
    fn phase(&self, name: &str, count: usize);
    /// One of them is done.
    fn step(&self);
}

/// What came of a build or a check.
#[derive(Debug, Default)]
pub struct Report {
    /// What is wrong with the content, sorted; paths count from the content folder.
    pub diagnostics: Vec<Diagnostic>,
    /// How many pages the site has.
    pub pages: usize,
    /// What was written; `None` for a check, and where errors kept the site from being written.
    pub written: Option<Written>,
}

/// Why there is no report.
#[derive(Debug)]
pub enum BuildError {
    /// The theme does not serve.
    Theme(Box<ThemeError>),
    /// The output cannot be written.
    Write(WriteError),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Theme(error) => error.fmt(f),
            Self::Write(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BuildError {}

impl From<ThemeError> for BuildError {
    fn from(error: ThemeError) -> Self {
        Self::Theme(Box::new(error))
    }
}

impl From<WriteError> for BuildError {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

/// Builds the site into the configured output folder.
///
/// # Errors
/// See [`BuildError`]. Errors in the content are no error of the build: they stand in the report, and nothing is written.
pub fn build(config: &Config, options: &Options, observer: &dyn Observer) -> Result<Report, BuildError> {
    Run::start(config, options, observer)?.go(true)
}

/// Runs all phases without writing.
///
/// # Errors
/// See [`BuildError`].
pub fn check(config: &Config, options: &Options, observer: &dyn Observer) -> Result<Report, BuildError> {
    Run::start(config, options, observer)?.go(false)
}

/// The language tags that the files of a docset name, for a site that does not say which it has.
pub fn discovered_tags(content: &Path) -> Vec<String> {
    let listing = discover(content, "").value;
    let of = |found: &Found| may_name_a_locale(&found.path).then(|| tag_of(&read_found(&listing, found).ok()?))?;
    let tags = ordered::set(threads::map(&listing.files, threads::ANY, |_, found| of(found)).into_iter().flatten());
    tags.into_iter().collect()
}

/// Whether a file is one that [`tag_of`] asks.
pub(crate) fn may_name_a_locale(path: &SourcePath) -> bool {
    matches!(path.extension().as_str(), "md" | "yml") || settings::is_settings(path)
}

/// The language tag that a file names: of itself, or of what it has settings for.
pub(crate) fn tag_of(source: &Source) -> Option<String> {
    let docset = settings::is_settings(&source.path).then(|| settings::read(std::slice::from_ref(source)).value);
    let published = docset.and_then(|settings| settings.any_locale().map(str::to_owned));
    published.or_else(|| super::page::content_locale(&source.text).map(str::to_owned))
}

struct Run<'a> {
    config: &'a Config,
    options: &'a Options,
    observer: &'a dyn Observer,
    theme: Theme,
    listing: Listing,
    forms: Forms,
    /// What was wrong with the listing, the forms and the theme.
    listed: Vec<Diagnostic>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Run<'a> {
    fn start(config: &'a Config, options: &'a Options, observer: &'a dyn Observer) -> Result<Self, BuildError> {
        let list = || discover(&config.root, &config.site.content);
        let (theme, found) = threads::join(|| parts::theme(config), list);
        let theme = theme?;
        let mut listed = Vec::new();
        let listing = found.unpack(&mut listed);
        let forms = Forms::read(config, &listing, &mut listed);
        listed.extend(parts::without_words(config, &theme));
        observer.phase("discover", listing.files.len());
        Ok(Self { config, options, observer, theme, listing, forms, diagnostics: listed.clone(), listed })
    }

    fn go(mut self, write: bool) -> Result<Report, BuildError> {
        if write {
            keeps_clear_of(&self.config.site.out, &[&self.config.root, &self.config.content_folder()])?;
        }
        let cache = incremental::place(&self.config.root, &self.config.site.out);
        let memory = if write { Memory::read(&cache) } else { Memory::default() };
        let inputs = memory.inputs.map(|_| self.inputs());
        if inputs.is_some() && inputs == memory.inputs && is_as_stamped(&self.config.site.out, &memory.stamps) {
            let written = Written { files: memory.stamps.len(), changed: 0, removed: 0 };
            return Ok(Report { diagnostics: memory.diagnostics, pages: memory.pages, written: Some(written) });
        }
        let listing = std::mem::take(&mut self.listing);
        let digests: Vec<OnceLock<Digest>> = listing.files.iter().map(|_| OnceLock::new()).collect();
        let allowed = Allowed::default();
        let read = |path: &SourcePath| read_listed(&listing, path, &digests).inspect(|source| allowed.note(source));
        let mut diagnostics = std::mem::take(&mut self.diagnostics);
        let (catalog, tables) = threads::join(
            || parts::catalog(&listing, &self.config.site.locales, &read, &mut diagnostics),
            || parts::tables(&listing, &read),
        );
        let tables = tables.unpack(&mut diagnostics);
        let library = Library::new(&catalog, &self.config.site.locales, &read);
        let reader = library.reader();
        let web_roots = model::web_roots(&self.config.site);
        let ground = Ground {
            config: &self.config.site,
            theme: &self.theme,
            catalog: &catalog,
            library: &library,
            forms: &self.forms,
            web_roots: &web_roots,
            drafts: self.options.drafts,
        };
        let kept = Kept::new(if write { catalog.pages.len() } else { 0 }, Kept::ROOM, incremental::folder(&self.config.root));
        let checks = (!write).then(|| Checks::new(&self.config.site));
        let variants = Mutex::default();
        let mut facts = self.facts(&ground, &reader, &kept, checks.as_ref(), &variants);
        let (mut uids, mut found) = (Vec::new(), Vec::with_capacity(facts.len()));
        for (at, facts) in facts.iter_mut().enumerate() {
            uids.extend(facts.uids.drain(..).map(|uid| (uid, PageId(at as u32))));
            found.push(std::mem::take(&mut facts.diagnostics));
        }
        catalog.name(uids);
        let gather = || {
            diagnostics.reserve(found.iter().map(Vec::len).sum());
            found.iter_mut().for_each(|found| diagnostics.append(found));
        };
        let (nav, ()) = threads::join(|| parts::nav(tables, &catalog, &facts, &web_roots, self.options.drafts), gather);
        let nav = nav.unpack(&mut diagnostics);
        let table_locales = model::table_locales(&nav, &facts, &self.config.site.locales);
        let model = Model { ground: &ground, facts: &facts, nav: &nav, table_locales, sections: Sections::default() };
        self.observer.phase("resolve", facts.len());
        let resolve = || {
            let (mut found, resources) = resolve::all(&model, &listing);
            diagnostics.append(&mut found);
            diagnostics.extend(library.take_diagnostics());
            diagnostics.extend(variants.into_inner().unwrap_or_else(PoisonError::into_inner).diagnostics());
            allowed.apply(&mut diagnostics);
            diagnostics.sort();
            diagnostics.dedup();
            (diagnostics, resources)
        };
        let plan = || model.pages().flat_map(|page| model.outputs(page)).collect::<Vec<OutputPath>>();
        let prove = || threads::join(|| self.prove(&model, &reader, &kept), || if write { plan() } else { Vec::new() });
        let ((diagnostics, resources), (proven, mut planned)) = threads::join(resolve, prove);
        let (renderer, pages, extras) = proven?;
        let stops = |d: &Diagnostic| d.code.severity() == Severity::Error || self.options.strict;
        let mut report = Report { pages: pages.len(), written: None, diagnostics };
        if !write || report.diagnostics.iter().any(stops) {
            return Ok(report);
        }
        planned.extend(extras.iter().map(|file| file.path.clone()));
        planned.extend(resources.iter().filter_map(|resource| OutputPath::parse(resource.as_str()).ok()));
        let index = indexed::index(&model, &pages);
        planned.extend(index.iter().flat_map(|index| index.planned()).filter_map(|path| OutputPath::parse(&path).ok()));
        planned.extend(pages.iter().flat_map(|page| export::planned(&model, *page)).map(|path| path.output()));
        let prints = print::prints(&model);
        planned.extend(prints.iter().flat_map(|print| model.locales().ids().map(|id| print.address(&model, id).output())));
        let output = Output::open(&self.config.site.out, memory.stamps, planned)?;
        let site = Ready { renderer, reader: &reader, kept: &kept, listing: &listing, pages, index, prints, resources, extras };
        let inputs_now = || inputs.unwrap_or_else(|| self.inputs_of(&listing, &digests));
        let (done, inputs) = threads::join(|| site.write(&output, self.observer), inputs_now);
        if let Err(error) = done {
            output.abandon();
            return Err(error);
        }
        let diagnostics = std::mem::take(&mut report.diagnostics);
        let memory = Memory { inputs: Some(inputs), stamps: output.stamps(), diagnostics, pages: report.pages };
        // Only now: before, the text of pages takes the room.
        let finish = || threads::join(|| output.finish(), || drop(kept)).0;
        let (finished, text) = threads::join(finish, || memory.text());
        let written = finished?;
        // What is known of the site, and the templates, are many small pieces. Giving them back takes a while, for which nobody who ends the
        // process has to wait.
        let theme = self.theme;
        rayon::spawn(move || drop((facts, nav, catalog, listing, theme)));
        incremental::keep(&text, &cache);
        report.diagnostics = memory.diagnostics;
        report.written = Some(written);
        Ok(report)
    }

    /// A digest of everything that goes into the site.
    fn inputs(&self) -> Digest {
        let digests: Vec<OnceLock<Digest>> = self.listing.files.iter().map(|_| OnceLock::new()).collect();
        self.inputs_of(&self.listing, &digests)
    }

    /// The same, where the digests of files that were read are known.
    fn inputs_of(&self, listing: &Listing, known: &[OnceLock<Digest>]) -> Digest {
        let digest = |at: usize, found: &Found| {
            known[at].get().copied().or_else(|| read::read_found_bytes(listing, found).ok().map(|bytes| Digest::of(&bytes)))
        };
        let digests: Vec<Option<Digest>> = threads::map(&listing.files, threads::ANY, digest);
        let (site, options) = (&self.config.site, self.options);
        let (theme, forms) = (self.theme.digest(), self.forms.digest());
        // What is wrong with links and names does not show in the files that are left.
        let listed = &self.listed;
        let mut all =
            format!("{} {site:?} {options:?} {theme:?} {forms:?} {} {listed:?}", env!("CARGO_PKG_VERSION"), read::program());
        for (found, digest) in listing.files.iter().zip(digests) {
            let _ = write!(all, "\0{}\0{digest:?}", found.path);
        }
        Digest::of(all.as_bytes())
    }

    fn facts(
        &self,
        ground: &Ground<'_>,
        reader: &Reader<'_>,
        kept: &Kept,
        checks: Option<&Checks<'_>>,
        variants: &Mutex<Variants>,
    ) -> Vec<Facts> {
        self.observer.phase("read", ground.catalog.pages.len());
        threads::map(&ground.catalog.pages, AT_ONCE, |at, files| {
            let mut found = Vec::new();
            let page = reader.page(files, &mut found);
            if let Some(checks) = checks {
                let PageChecked { mut diagnostics, variants: more } = checks.page(&page, &found);
                found.append(&mut diagnostics);
                variants.lock().unwrap_or_else(PoisonError::into_inner).append(more);
            }
            self.observer.step();
            let mut facts = Facts::of(&page, reader.locales, found);
            let id = PageId(at as u32);
            let seen = Seen::default();
            resolve::at_once(ground, id, &mut facts, &seen);
            let known = Known::Only(id, &facts);
            kept.keep(at, || BodyWriter { ground, seen, known, page: id, facts: &facts }.bodies(&page));
            facts
        })
    }

    /// Renders one page of each kind, so that a template's error is found before anything is written; gives what renders the others, the
    /// pages, and what the site has beside them.
    fn prove<'m>(&self, model: &'m Model<'m>, reader: &Reader<'_>, kept: &Kept) -> Result<Proven<'m>, BuildError> {
        let renderer = Renderer::new(model)?;
        let pages: Vec<PageId> = model.pages().collect();
        let with_parallel = pages.iter().find(|page| !model.facts(**page).parallel.is_empty());
        for page in [with_parallel, pages.first()].into_iter().flatten() {
            let text = text_of(model, reader, kept, *page)?;
            renderer.page(*page, &text)?;
            kept.put_back(page.0 as usize, text);
        }
        if let Some(print) = print::prints(model).first() {
            renderer.print(&print.shortened(), &[model.locales().default_id()], &|page, locales| {
                texts_of(model, reader, page, locales)
            })?;
        }
        model.forms.prove(model.theme)?;
        let extras = renderer.extras()?;
        Ok((renderer, pages, extras))
    }
}

/// What renders pages, the pages, and what the site has beside them.
type Proven<'m> = (Renderer<'m>, Vec<PageId>, Vec<Rendered>);

fn read_listed(listing: &Listing, path: &SourcePath, digests: &[OnceLock<Digest>]) -> Result<Source, Diagnostic> {
    match listing.position(path).and_then(|at| Some((listing.files.get(at)?, digests.get(at)?))) {
        Some((found, digest)) => {
            let source = read_found(listing, found)?;
            digest.get_or_init(|| source.digest());
            Ok(source)
        }
        None => Err(Diagnostic::new(Code::Unreadable, Span::file(path.clone()), "there is no such file")),
    }
}
