//! The text of pages, kept in memory from reading to rendering.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::body::Bodies;

/// The text of as many pages as a fixed amount of memory holds; the others are read again.
pub(crate) struct Kept {
    pages: Vec<Mutex<Option<Bodies>>>,
    /// Of how many pages the text was written.
    written: AtomicUsize,
    /// The bytes that it takes.
    used: AtomicUsize,
}

impl Kept {
    /// With the index of ten thousand pages this stays under 400 MiB in all.
    const ROOM: usize = 184 << 20;

    pub(crate) fn new(pages: usize) -> Self {
        let pages = (0..pages).map(|_| Mutex::default()).collect();
        Self { pages, written: AtomicUsize::new(0), used: AtomicUsize::new(0) }
    }

    /// Keeps the text of a page, if there may be room for it. It is asked for packed if all pages would not find room as those so far did.
    pub(crate) fn keep(&self, at: usize, bodies: impl FnOnce(bool) -> Bodies) {
        let used = self.used.load(Ordering::Relaxed);
        let Some(place) = self.pages.get(at).filter(|_| used < Self::ROOM) else { return };
        let written = self.written.fetch_add(1, Ordering::Relaxed);
        let bodies = bodies(used * self.pages.len() > Self::ROOM * written);
        let size = bodies.size();
        if self.used.fetch_add(size, Ordering::Relaxed) + size <= Self::ROOM {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(bodies);
        }
    }

    /// Keeps a page's text that was only lent out.
    pub(crate) fn put_back(&self, at: usize, bodies: Bodies) {
        if let Some(place) = self.pages.get(at) {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(bodies);
        }
    }

    pub(crate) fn take(&self, at: usize) -> Option<Bodies> {
        self.pages.get(at)?.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
