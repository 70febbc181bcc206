//! The text of pages, kept in memory from reading to rendering.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::body::Bodies;

/// The text of as many pages as a fixed amount of memory holds; the others are read again.
pub(crate) struct Kept {
    pages: Vec<Mutex<Option<Bodies>>>,
    /// Bytes that may still be used.
    room: AtomicUsize,
}

impl Kept {
    /// With the index of ten thousand pages this stays under 400 MiB in all.
    const ROOM: usize = 200 << 20;

    pub(crate) fn new(pages: usize) -> Self {
        Self { pages: (0..pages).map(|_| Mutex::default()).collect(), room: AtomicUsize::new(Self::ROOM) }
    }

    /// Keeps the text of a page, if there may be room for it.
    pub(crate) fn keep(&self, at: usize, bodies: impl FnOnce() -> Bodies) {
        let Some(place) = self.pages.get(at).filter(|_| self.room.load(Ordering::Relaxed) > 0) else { return };
        let bodies = bodies();
        let take = |room: usize| Some(room.saturating_sub(bodies.size()));
        let room = self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).unwrap_or_default();
        if room >= bodies.size() {
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
