//! What the sections are called that tables of contents lead to.
//!
//! Of most pages nobody asks that, so the rest of the site is not told the words of headings; the few pages that are asked are read again.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::Model;
use crate::locale::LocaleId;
use crate::site::facts::printable;
use crate::site::nav::PageId;
use crate::site::page::Version;

/// The words of headings, of the pages that were asked so far.
#[derive(Default)]
pub(crate) struct Sections(Mutex<FxHashMap<PageId, Arc<OfPage>>>);

/// By locale in which the page is written, the words by each id that names them.
type OfPage = Vec<FxHashMap<String, String>>;

impl Model<'_> {
    /// What a section is called in a locale; `None` if the page is not written in it, or the place is no heading.
    pub(super) fn section_name(&self, page: PageId, locale: LocaleId, place: &str) -> Option<String> {
        self.sections_of(page).get(locale.index())?.get(place).cloned()
    }

    fn sections_of(&self, page: PageId) -> Arc<OfPage> {
        let known = || self.sections.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sections) = known().get(&page) {
            return Arc::clone(sections);
        }
        let read = self.library.reader().page(&self.catalog.pages[page.0 as usize], &mut Vec::new());
        let sections = read.versions.iter().map(|version| version.as_ref().map(of_version).unwrap_or_default()).collect();
        Arc::clone(known().entry(page).or_insert(Arc::new(sections)))
    }
}

fn of_version(version: &Version) -> FxHashMap<String, String> {
    let mut names = FxHashMap::default();
    for heading in &version.outline.headings {
        let name = printable(heading.name(&version.flow));
        names.extend(heading.ids(&version.flow).into_iter().map(|id| (id, name.clone())).filter(|(_, name)| !name.is_empty()));
    }
    names
}
