//! The same index for a preview: from pages in memory, a file at a time, when it is asked for.
//!
//! ```text
//! let mut live = Live::new(tags, pages);         // anew when pages come or go
//! live.set(number, entry);                       // for each page, and again when it was edited
//! let bytes = live.file("ja/search/g/003.bin");  // what a build would write there; None if it would write nothing
//! ```
//!
//! Nothing is made before it is asked for. An edit costs the page's own grams, and turning over its block of pages when the next file of
//! grams is asked for. `index.json` names a key that grows with each edit instead of a digest of all files, so that none has to be made for it.

use super::index::{Directory, Grams, grams};
use super::inverted::{self, BLOCK, Block};
use super::{Cut, Entry, file_name, pack, shards};

/// The index of pages in memory.
#[derive(Debug)]
pub struct Live {
    tags: Vec<String>,
    pages: Vec<Option<Entry>>,
    /// By locale, by block; none where a page has changed since.
    blocks: Vec<Vec<Option<Block>>>,
    edits: u64,
}

impl Live {
    /// For so many pages in locales with these tags. Until they are set, they hold nothing.
    pub fn new(tags: Vec<String>, pages: usize) -> Self {
        let blocks = tags.iter().map(|_| vec![None; pages.div_ceil(BLOCK)]).collect();
        Self { tags, pages: vec![None; pages], blocks, edits: 0 }
    }

    /// Sets the page of a number, as it is now. A page that is the same as before costs nothing later.
    pub fn set(&mut self, number: usize, entry: Entry) {
        let Some(place) = self.pages.get_mut(number).filter(|place| place.as_ref() != Some(&entry)) else { return };
        *place = Some(entry);
        self.edits += 1;
        for blocks in &mut self.blocks {
            blocks[number / BLOCK] = None;
        }
    }

    /// The file of an output path, as a build would write it; `None` for a path that is none of the index, or for texts of which there are none.
    /// Only the key in `index.json` differs: it counts the edits.
    pub fn file(&mut self, path: &str) -> Option<Vec<u8>> {
        let (tag, name) = path.split_once("/search/")?;
        let locale = self.tags.iter().position(|known| known == tag)?;
        if name == "index.json" {
            return Some(self.directory(locale));
        }
        let number: usize = name.get(2..)?.strip_suffix(".bin")?.parse().ok()?;
        match &name[..2] {
            "g/" if name == file_name("g", number) && number < self.cut().shards => Some(self.grams(locale, number)),
            "p/" if name == file_name("p", number) && self.cut().shards > 0 => self.texts(locale, number),
            _ => None,
        }
    }

    fn directory(&self, locale: usize) -> Vec<u8> {
        let cut = self.cut();
        let own = if cut.shards == 0 { pack::whole(&self.pages, locale) } else { Vec::new() };
        let (sizes, key) = (self.sizes(), format!("edit-{}", self.edits));
        Directory { tags: &self.tags, pages: self.pages.len(), cut, sizes: &sizes, key: &key }.of(locale, &own).into_bytes()
    }

    fn cut(&self) -> Cut {
        Cut::of(self.pages.len(), self.sizes().iter().sum())
    }

    /// The bytes of each locale's texts as they are.
    fn sizes(&self) -> Vec<usize> {
        let length = |entry: &Entry, locale: usize| entry.editions.get(locale)?.as_ref().map(|edition| edition.text.marked.len());
        let of = |locale| self.pages.iter().flatten().filter_map(|entry| length(entry, locale)).sum();
        (0..self.tags.len()).map(of).collect()
    }

    fn texts(&self, locale: usize, number: usize) -> Option<Vec<u8>> {
        let size = self.cut().pack;
        let pages = self.pages.chunks(size).nth(number)?;
        pack::pack(number * size, pages, locale)
    }

    fn grams(&mut self, locale: usize, number: usize) -> Vec<u8> {
        let shards = shards(self.pages.len());
        for (block, pages) in self.blocks[locale].iter_mut().zip(self.pages.chunks(BLOCK)) {
            block.get_or_insert_with(|| {
                let edition = |page: &Option<Entry>| page.as_ref()?.editions.get(locale)?.as_ref().map(grams);
                let all: Vec<Grams> = pages.iter().map(|page| edition(page).unwrap_or_default()).collect();
                Block::of(&all, shards)
            });
        }
        inverted::file(self.blocks[locale].iter().flatten(), number)
    }
}
