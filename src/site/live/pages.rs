//! Reading the pages of a live site, with a note of what each was read from.

use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::Live;
use super::outlook;
use crate::diag::{Code, Diagnostic, Span};
use crate::locale::{LocaleId, LocaleSet};
use crate::site::catalog::PageFiles;
use crate::site::facts::Facts;
use crate::site::library::Library;
use crate::site::markdown::include::Includes;
use crate::site::page::{Page, Read, Reader};
use crate::site::read::read_found;
use crate::site::unit::Document;
use crate::source::Source;
use crate::vpath::SourcePath;

/// How many pages a thread takes at most before another may take the next.
const AT_ONCE: usize = 4;

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

    /// Reads pages anew, and says what of it others can see.
    pub(super) fn read_pages(&mut self, pages: Vec<usize>) -> outlook::Changed {
        self.facts.extend((self.facts.len()..self.catalog.pages.len()).map(|_| Facts::none()));
        self.known.resize_with(self.catalog.pages.len(), Known::default);
        let this: &Self = self;
        let read: &Read<'_> = &|path: &SourcePath| this.take(path);
        let library = Library::new(&this.catalog, &this.config.site.locales, read);
        let one = |at: usize| {
            let mut found = Vec::new();
            let (page, uses) = this.page(&this.catalog.pages[at], &mut found, &library, read);
            let broken = is_broken(&found, &this.catalog.pages[at]);
            (at, Facts::of(&page, &this.config.site.locales, found), uses, broken)
        };
        let fresh: Vec<_> = match pages.as_slice() {
            [] => return outlook::Changed::default(),
            [at] => vec![one(*at)],
            _ => pages.into_par_iter().with_max_len(AT_ONCE).map(one).collect(),
        };
        let mut changed = outlook::Changed::default();
        for (at, facts, uses, broken) in fresh {
            self.reads += 1;
            self.known[at] = Known { uses, read: self.reads, broken };
            let old = &mut self.facts[at];
            if broken && !old.editions.is_empty() {
                // The rest of the site goes on with what is known; the page itself is shown as it last was.
                old.diagnostics = facts.diagnostics;
                continue;
            }
            changed.compare(old, &facts);
            *old = facts;
        }
        changed
    }
}

/// Whether a file of the page itself could not be read.
pub(super) fn is_broken(found: &[Diagnostic], files: &PageFiles) -> bool {
    let own = |path: &SourcePath| files.files.iter().any(|(file, _)| file == path);
    found.iter().any(|d| matches!(d.code, Code::Unreadable | Code::NotUtf8 | Code::PathOutside) && own(&d.span.path))
}
