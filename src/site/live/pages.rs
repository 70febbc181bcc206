//! Reading the pages of a live site, with a note of what each was read from.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::Live;
use super::outlook;
use crate::diag::{Code, Diagnostic, Span};
use crate::locale::{LocaleId, LocaleSet};
use crate::site::catalog::PageFiles;
use crate::site::facts::{AllFacts, Facts};
use crate::site::library::Library;
use crate::site::markdown::include::Includes;
use crate::site::nav::PageId;
use crate::site::page::{Page, Read, Reader};
use crate::site::read::read_found;
use crate::site::threads;
use crate::site::unit::Document;
use crate::source::Source;
use crate::vpath::SourcePath;

/// How many pages a thread takes at most before another may take the next.
const AT_ONCE: usize = 4;
/// How many pages are read before somebody else may have the site: about a hundredth of a second's work.
const TOGETHER: usize = 32;

/// A page that was read.
#[derive(Debug)]
pub(super) struct Learned {
    pub(super) facts: Facts,
    pub(super) known: Known,
}

/// What is known of how a page was read.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The files that it includes, or would if they were there, in lower case; sorted.
    pub(super) uses: Box<[Box<str>]>,
    /// The number of the reading.
    pub(super) read: u64,
    /// A file of the page could not be read: what is known of it is from before.
    pub(super) broken: bool,
}

/// Notes which files a page includes.
struct Noting<'a> {
    library: &'a Library<'a>,
    locales: &'a LocaleSet,
    seen: Mutex<Vec<Box<str>>>,
}

impl Includes for Noting<'_> {
    fn document(&self, path: &SourcePath, target: Option<LocaleId>) -> Option<Arc<Document>> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(path.as_str().to_lowercase().into());
        if let Some(target) = target {
            let beside = format!("{}.{}.{}", path.stem(), self.locales.get(target), path.extension());
            seen.push(beside.to_lowercase().into());
        }
        drop(seen);
        self.library.document(path, target)
    }
}

impl Live {
    /// A file of the listing, as it is now. What it leaves out is noted.
    pub(super) fn read(&self, path: &SourcePath) -> Result<Source, Diagnostic> {
        let Some(found) = self.listing.find(path) else {
            return Err(Diagnostic::new(Code::Unreadable, Span::file(path.clone()), "there is no such file"));
        };
        let source = read_found(&self.listing, found)?;
        self.allowed.note(&source);
        Ok(source)
    }

    /// The same, for a part of the site that stays. The digest of a file that was never read is noted; that of any other stays what it was
    /// when the file was last found changed, for only so does everything that is made from it hear of the change.
    pub(super) fn take(&self, path: &SourcePath) -> Result<Source, Diagnostic> {
        let source = self.read(path)?;
        let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        digests.entry(path.clone()).or_insert_with(|| source.digest());
        Ok(source)
    }

    /// Reads a page, and notes in `uses` what it includes.
    pub(super) fn page(
        &self,
        files: &PageFiles,
        found: &mut Vec<Diagnostic>,
        library: &Library<'_>,
        read: &Read<'_>,
    ) -> (Page, Box<[Box<str>]>) {
        let locales = &self.config.site.locales;
        let noting = Noting { library, locales, seen: Mutex::default() };
        let page = Reader { locales, settings: &self.catalog.settings, read, includes: &noting }.page(files, found);
        let mut uses = noting.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        uses.sort_unstable();
        uses.dedup();
        (page, uses.into())
    }

    /// What is known of a page. A page of which nothing is known yet is read.
    pub(super) fn learned(&self, page: usize) -> &Learned {
        self.entries[page].get_or_init(|| {
            let read: &Read<'_> = &|path: &SourcePath| self.take(path);
            self.learn(page, &Library::new(&self.catalog, &self.config.site.locales, read), read)
        })
    }

    /// The facts of a page, in the same way.
    pub(super) fn facts(&self, page: PageId) -> &Facts {
        &self.learned(page.0 as usize).facts
    }

    /// From memory where it still holds, else by reading.
    fn learn(&self, page: usize, library: &Library<'_>, read: &Read<'_>) -> Learned {
        self.recalled(page).unwrap_or_else(|| {
            self.unread.fetch_add(1, Ordering::Relaxed);
            self.read_page(page, library, read)
        })
    }

    fn read_page(&self, at: usize, library: &Library<'_>, read: &Read<'_>) -> Learned {
        let mut found = Vec::new();
        let files = &self.catalog.pages[at];
        let (page, uses) = self.page(files, &mut found, library, read);
        let broken = is_broken(&found, files);
        let mut facts = Facts::of(&page, &self.config.site.locales, found);
        // What is wrong is looked for apart from this, and with more eyes.
        facts.diagnostics = Vec::new();
        Learned { facts, known: Known { uses, read: self.count_reading(), broken } }
    }

    /// The number of a reading that is none of another.
    pub(super) fn count_reading(&self) -> u64 {
        self.reads.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Reads some pages of which nothing is known yet. Whether there may be more.
    pub fn read_more(&self) -> bool {
        self.memory();
        let first = self.next.load(Ordering::Relaxed);
        let unknown = (first..self.entries.len()).filter(|at| self.entries[*at].get().is_none());
        let due: Vec<usize> = unknown.take(TOGETHER).collect();
        let read: &Read<'_> = &|path: &SourcePath| self.take(path);
        let library = Library::new(&self.catalog, &self.config.site.locales, read);
        threads::for_each(&due, AT_ONCE, |_, at| _ = self.entries[*at].get_or_init(|| self.learn(*at, &library, read)));
        self.next.store(due.last().map_or(self.entries.len(), |last| last + 1), Ordering::Relaxed);
        !due.is_empty()
    }

    /// Reads pages anew, and says what of it others can see. Of what is not known yet while the site is being read nobody has seen anything.
    pub(super) fn read_pages(&mut self, mut pages: Vec<usize>) -> outlook::Changed {
        self.entries.resize_with(self.catalog.pages.len(), OnceLock::new);
        pages.retain(|at| !self.reading || self.entries[*at].get().is_some());
        let this: &Self = self;
        let read: &Read<'_> = &|path: &SourcePath| this.take(path);
        let library = Library::new(&this.catalog, &this.config.site.locales, read);
        let one = |at: usize| (at, this.read_page(at, &library, read));
        let fresh: Vec<_> = match pages.as_slice() {
            [] => return outlook::Changed::default(),
            [at] => vec![one(*at)],
            _ => threads::map(&pages, AT_ONCE, |_, at| one(*at)),
        };
        let mut changed = outlook::Changed::default();
        for (at, mut fresh) in fresh {
            self.resources.get_mut().unwrap_or_else(PoisonError::into_inner).forget(at);
            let old = self.entries[at].take().map_or_else(Facts::none, |old| old.facts);
            if fresh.known.broken && !old.editions.is_empty() {
                // The rest of the site goes on with what is known; the page itself is shown as it last was.
                fresh.facts = old;
            } else {
                changed.compare(&old, &fresh.facts);
            }
            self.entries[at] = fresh.into();
        }
        changed
    }
}

/// The pages of a live site. Who asks for one that was not read waits until it is.
impl AllFacts for Live {
    fn count(&self) -> usize {
        self.entries.len()
    }

    fn of(&self, page: PageId) -> Option<&Facts> {
        ((page.0 as usize) < self.entries.len()).then(|| self.facts(page))
    }
}

/// What is known of a live site's pages so far. Of the others it is supposed that they are part of the site, as nearly all are.
pub(super) struct SoFar<'a>(pub(super) &'a Live);

impl AllFacts for SoFar<'_> {
    fn count(&self) -> usize {
        self.0.entries.len()
    }

    fn of(&self, page: PageId) -> Option<&Facts> {
        Some(&self.0.entries.get(page.0 as usize)?.get()?.facts)
    }

    fn is_shown(&self, page: PageId, drafts: bool) -> bool {
        self.of(page).is_none_or(|facts| facts.is_shown(drafts))
    }
}

/// Whether a file of the page itself could not be read.
pub(super) fn is_broken(found: &[Diagnostic], files: &PageFiles) -> bool {
    let own = |path: &SourcePath| files.files.iter().any(|(file, _)| file == path);
    found.iter().any(|d| matches!(d.code, Code::Unreadable | Code::NotUtf8 | Code::PathOutside) && own(&d.span.path))
}
