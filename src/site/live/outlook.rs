//! What other pages can see of a page, and which parts of the site must be made again when that changes.

use crate::site::facts::{Edition, Facts};

/// What has changed of pages that were read again, as far as others can see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Changed {
    /// Whether it is shown, or its uids: the navigation.
    pub(super) standing: bool,
    /// What it is called: the names of the navigation.
    pub(super) names: bool,
    /// Places, languages, parallel views: the links of other pages.
    pub(super) places: bool,
}

impl Changed {
    /// Compares a page with what it was.
    pub(super) fn compare(&mut self, old: &Facts, new: &Facts) {
        self.standing |= old.is_shown(true) != new.is_shown(true) || old.uids != new.uids;
        let pairs = || old.editions.iter().zip(&new.editions);
        let named = |(a, b): (&Edition, &Edition)| a.name == b.name && a.title == b.title;
        self.names |= old.editions.len() != new.editions.len() || !pairs().all(named);
        let placed = |(a, b): (&Edition, &Edition)| a.places == b.places && a.availability == b.availability && a.file == b.file;
        self.places |= old.editions.len() != new.editions.len() || !pairs().all(placed) || old.parallel != new.parallel;
    }

    /// Whether anything has.
    pub(super) fn any(self) -> bool {
        self.standing || self.names || self.places
    }
}
