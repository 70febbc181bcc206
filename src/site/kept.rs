//! Pages kept in memory between the two times they are needed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::page::Page;

/// Pages kept from reading to rendering, as many as a fixed amount of memory holds; the others are read again.
pub(crate) struct Kept {
    pages: Vec<Mutex<Option<Page>>>,
    /// Bytes that may still be used.
    room: AtomicUsize,
}

impl Kept {
    /// With the index of ten thousand pages this stays under 400 MiB in all.
    const ROOM: usize = 160 << 20;

    pub(crate) fn new(pages: usize) -> Self {
        Self { pages: (0..pages).map(|_| Mutex::default()).collect(), room: AtomicUsize::new(Self::ROOM) }
    }

    pub(crate) fn keep(&self, at: usize, page: Page) {
        let size = page.size();
        let fits = self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(size)).is_ok();
        if let (true, Some(place)) = (fits, self.pages.get(at)) {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(page);
        }
    }

    pub(crate) fn take(&self, at: usize) -> Option<Page> {
        self.pages.get(at)?.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
