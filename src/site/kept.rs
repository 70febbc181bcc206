//! The text of pages, kept from reading to rendering: in memory while there is room, then in a file.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::body::Bodies;
use super::write::spill::Spill;

/// The text of pages. What can be kept nowhere is read again.
pub(crate) struct Kept {
    pages: Vec<Mutex<Text>>,
    /// The most bytes that are kept in memory.
    room: usize,
    /// The bytes that are.
    used: AtomicUsize,
    /// Where the file is made.
    folder: PathBuf,
    spill: OnceLock<Spill>,
}

#[derive(Default)]
enum Text {
    #[default]
    None,
    InMemory(Bodies),
    InFile(Spilled),
}

/// Bodies whose texts are in the file.
struct Spilled {
    bodies: Bodies,
    from: u64,
    lengths: Vec<usize>,
}

impl Kept {
    /// With the index of ten thousand pages this stays under 400 MiB in all.
    pub(crate) const ROOM: usize = 176 << 20;

    /// For so many pages, with so many bytes in memory and the others in a file that is made in a folder.
    pub(crate) fn new(pages: usize, room: usize, folder: PathBuf) -> Self {
        let pages = (0..pages).map(|_| Mutex::default()).collect();
        Self { pages, room, used: AtomicUsize::new(0), folder, spill: OnceLock::new() }
    }

    /// Keeps the text of a page, if it is to be kept at all.
    pub(crate) fn keep(&self, at: usize, bodies: impl FnOnce() -> Bodies) {
        if at < self.pages.len() {
            let text = self.placed(bodies());
            self.set(at, text);
        }
    }

    fn placed(&self, mut bodies: Bodies) -> Text {
        let size = bodies.size();
        if self.used.fetch_add(size, Ordering::Relaxed) + size <= self.room {
            // Copied, so that the room in which they were written serves the next: an allocator that shrinks a block in place keeps it all.
            bodies.texts().for_each(|text| *text = Arc::new(text.as_str().to_owned()));
            return Text::InMemory(bodies);
        }
        let spill = self.spill.get_or_init(|| Spill::make(&self.folder));
        Spilled::put(bodies, spill).map_or(Text::None, Text::InFile)
    }

    /// Keeps a page's text that was only lent out.
    pub(crate) fn put_back(&self, at: usize, bodies: Bodies) {
        self.set(at, Text::InMemory(bodies));
    }

    fn set(&self, at: usize, text: Text) {
        if let Some(place) = self.pages.get(at) {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = text;
        }
    }

    pub(crate) fn take(&self, at: usize) -> Option<Bodies> {
        let text = std::mem::take(&mut *self.pages.get(at)?.lock().unwrap_or_else(PoisonError::into_inner));
        match text {
            Text::None => None,
            Text::InMemory(bodies) => Some(bodies),
            Text::InFile(spilled) => spilled.take(self.spill.get()?),
        }
    }
}

impl Spilled {
    fn put(mut bodies: Bodies, spill: &Spill) -> Option<Self> {
        let texts: Vec<Arc<String>> = bodies.texts().map(std::mem::take).collect();
        let from = spill.put(&texts.iter().map(|text| text.as_str()).collect::<Vec<_>>()).ok()?;
        Some(Self { bodies, from, lengths: texts.iter().map(|text| text.len()).collect() })
    }

    fn take(mut self, spill: &Spill) -> Option<Bodies> {
        let bytes = spill.take(self.from, self.lengths.iter().sum()).ok()?;
        let mut rest = simdutf8::basic::from_utf8(&bytes).ok()?;
        for (text, length) in self.bodies.texts().zip(self.lengths) {
            let (one, others) = rest.split_at_checked(length)?;
            *text = Arc::new(one.to_owned());
            rest = others;
        }
        Some(self.bodies)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::site::body::tests::bodies;

    fn texts(kept: &Kept, at: usize) -> Option<Vec<String>> {
        Some(kept.take(at)?.texts().map(|text| String::clone(text)).collect())
    }

    fn kept(room: usize, folder: &Path) -> Kept {
        let kept = Kept::new(3, room, folder.to_owned());
        kept.keep(0, || bodies(&["最初の本文", ""]));
        kept.keep(1, || bodies(&["<p>second</p>", "二番目", "x"]));
        kept
    }

    #[test]
    fn a_text_comes_back_from_memory_and_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let first = bodies(&["最初の本文", ""]).size();
        for room in [0, first, usize::MAX] {
            let kept = kept(room, &folder.path().join("var/cache"));
            assert_eq!(texts(&kept, 1).unwrap(), ["<p>second</p>", "二番目", "x"]);
            assert_eq!(texts(&kept, 0).unwrap(), ["最初の本文", ""]);
            assert!(kept.take(0).is_none() && kept.take(2).is_none() && kept.take(9).is_none());
        }
    }

    #[test]
    fn the_file_has_no_name_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let kept = kept(0, folder.path());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(texts(&kept, 0).is_some());
    }

    #[test]
    fn where_no_file_can_be_made_nothing_is_kept_that_finds_no_room() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let kept = kept(bodies(&["最初の本文", ""]).size(), &folder.path().join("file"));
        assert!(texts(&kept, 0).is_some() && kept.take(1).is_none());
    }

    #[test]
    fn what_was_lent_out_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let kept = kept(0, folder.path());
        let lent = kept.take(0).unwrap();
        kept.put_back(0, lent);
        assert_eq!(texts(&kept, 0).unwrap(), ["最初の本文", ""]);
    }
}
