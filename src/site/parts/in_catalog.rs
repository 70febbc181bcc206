//! How the navigation finds pages.

use crate::site::catalog::Catalog;
use crate::site::facts::AllFacts;
use crate::site::nav::{NavTarget, PageId, Pages};
use crate::site::redirect::RedirectTarget;
use crate::vpath::SourcePath;

/// The pages that are shown.
pub(super) struct InCatalog<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) facts: &'a dyn AllFacts,
    pub(super) drafts: bool,
    /// Whether an address that starts with `/` and names no page leads into a web site.
    pub(super) web: bool,
}

impl InCatalog<'_> {
    fn shown(&self, page: PageId) -> Option<PageId> {
        Some(page).filter(|page| self.facts.is_shown(*page, self.drafts))
    }
}

impl Pages for InCatalog<'_> {
    fn page(&self, path: &SourcePath) -> Option<PageId> {
        self.shown(self.catalog.page(path)?)
    }

    fn ignoring_case(&self, path: &SourcePath) -> Option<(PageId, SourcePath)> {
        let actual = self.catalog.file(path)?;
        Some((self.page(actual)?, actual.clone()))
    }

    fn uid(&self, uid: &str) -> Option<PageId> {
        self.shown(self.catalog.uid(uid)?)
    }

    fn moved(&self, path: &SourcePath) -> Option<RedirectTarget> {
        self.catalog.end_of(path).cloned()
    }

    fn site(&self, address: &str) -> Option<NavTarget> {
        match self.catalog.at_site(address) {
            Some((page, fragment)) => Some(NavTarget::Page(self.shown(page)?, fragment)),
            None => self.web.then(|| NavTarget::SiteAbsolute(address.to_owned())),
        }
    }
}
