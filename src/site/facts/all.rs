//! What is known of all pages of a site: at hand, or found out when somebody first asks.

use super::Facts;
use crate::site::nav::PageId;

/// The facts of every page.
pub(crate) trait AllFacts: Sync {
    /// How many pages there are.
    fn count(&self) -> usize;

    /// What is known of a page; `None` if there is no such page, or nothing is known of it yet.
    fn of(&self, page: PageId) -> Option<&Facts>;

    /// Whether a page is part of the site.
    fn is_shown(&self, page: PageId, drafts: bool) -> bool {
        self.of(page).is_some_and(|facts| facts.is_shown(drafts))
    }
}

impl AllFacts for Vec<Facts> {
    fn count(&self) -> usize {
        self.len()
    }

    fn of(&self, page: PageId) -> Option<&Facts> {
        self.get(page.0 as usize)
    }
}
