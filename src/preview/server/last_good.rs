//! The pages that were shown last, as they were when they could be rendered.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::source::Digest;

/// How many pages are kept: more than anybody has open.
const MOST: usize = 64;

/// A page as it was shown.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) bytes: Arc<[u8]>,
    pub(super) digest: Digest,
}

/// Pages by their address, the last shown first.
#[derive(Debug, Default)]
pub(super) struct LastGood(VecDeque<(String, Shown)>);

impl LastGood {
    /// Keeps a page.
    pub(super) fn keep(&mut self, path: &str, shown: Shown) {
        self.0.retain(|(known, _)| known != path);
        self.0.push_front((path.to_owned(), shown));
        self.0.truncate(MOST);
    }

    /// A page that was kept.
    pub(super) fn get(&self, path: &str) -> Option<Shown> {
        self.0.iter().find(|(known, _)| known == path).map(|(_, shown)| shown.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_shown_last_are_kept() {
        let mut kept = LastGood::default();
        let page = |text: &str| Shown { bytes: text.as_bytes().into(), digest: Digest::of(text.as_bytes()) };
        for number in 0..=MOST {
            kept.keep(&format!("ja/{number}/"), page("old"));
        }
        kept.keep("ja/1/", page("new"));
        assert!(kept.get("ja/0/").is_none());
        assert_eq!(&*kept.get("ja/1/").unwrap().bytes, b"new");
        assert_eq!(kept.0.len(), MOST);
    }
}
