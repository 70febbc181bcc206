//! The index of a whole site, made while its pages are rendered, in any order and by many threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::gram::{Collector, Gram};
use super::inverted::{self, BLOCK, Block};
use super::{Edition, Entry, PACK, file_name, fold, pack, shards, shards_of};
use crate::source::Digest;

/// A file of the index, below the output folder.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

/// The index being made.
pub(crate) struct Index {
    tags: Vec<String>,
    pages: usize,
    shards: usize,
    packs: Vec<Mutex<Waiting<Option<Entry>>>>,
    blocks: Vec<Mutex<Waiting<Vec<Grams>>>>,
    /// By locale, by block.
    turned: Vec<Vec<Mutex<Block>>>,
    /// By locale, the bytes of all texts as they are.
    sizes: Vec<AtomicUsize>,
    /// Paths and digests of the files of texts.
    made: Mutex<Vec<(String, Digest)>>,
}

/// The grams of one page in one locale.
pub(super) type Grams = Vec<Gram>;

/// What is done together, when the last of it is there.
struct Waiting<T> {
    there: Vec<T>,
    missing: usize,
}

impl<T: Default> Waiting<T> {
    fn of(count: usize) -> Mutex<Self> {
        Mutex::new(Self { there: (0..count).map(|_| T::default()).collect(), missing: count })
    }

    /// Puts one thing in its place, and gives all when they are complete.
    fn put(place: &Mutex<Self>, at: usize, thing: T) -> Option<Vec<T>> {
        let mut waiting = place.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting.there.get_mut(at)? = thing;
        waiting.missing = waiting.missing.saturating_sub(1);
        (waiting.missing == 0).then(|| std::mem::take(&mut waiting.there))
    }
}

impl Index {
    /// For so many pages in locales with these tags.
    pub(crate) fn new(tags: Vec<String>, pages: usize) -> Self {
        let parts = |size: usize| (0..pages.div_ceil(size)).map(move |at| size.min(pages - at * size));
        let turned = tags.iter().map(|_| parts(BLOCK).map(|_| Mutex::default()).collect()).collect();
        Self {
            pages,
            shards: shards(pages),
            packs: parts(PACK).map(Waiting::of).collect(),
            blocks: parts(BLOCK).map(Waiting::of).collect(),
            turned,
            sizes: tags.iter().map(|_| AtomicUsize::new(0)).collect(),
            made: Mutex::default(),
            tags,
        }
    }

    /// All files that it may become.
    pub(crate) fn planned(&self) -> impl Iterator<Item = String> + '_ {
        let numbered = |folder: &'static str, count: usize| (0..count).map(move |number| file_name(folder, number));
        self.tags.iter().flat_map(move |tag| {
            let names = numbered("g", self.shards).chain(numbered("p", self.packs.len())).chain(["index.json".to_owned()]);
            names.map(move |name| format!("{tag}/search/{name}"))
        })
    }

    /// Takes the page of a number, and gives the files that are ready with it. Each page is given once.
    pub(crate) fn add(&self, number: usize, entry: Entry) -> Vec<File> {
        for (edition, size) in entry.editions.iter().zip(&self.sizes) {
            size.fetch_add(edition.as_ref().map_or(0, |edition| edition.text.marked.len()), Ordering::Relaxed);
        }
        let grams = (0..self.tags.len()).map(|locale| entry.editions.get(locale).and_then(Option::as_ref).map(grams));
        let grams = grams.map(Option::unwrap_or_default).collect();
        if let Some(block) = Waiting::put(&self.blocks[number / BLOCK], number % BLOCK, grams) {
            self.turn(number / BLOCK, block);
        }
        let pages = Waiting::put(&self.packs[number / PACK], number % PACK, Some(entry));
        pages.map(|pages| self.texts(number / PACK, &pages)).unwrap_or_default()
    }

    fn turn(&self, number: usize, mut pages: Vec<Vec<Grams>>) {
        for (locale, turned) in self.turned.iter().enumerate() {
            let of_locale: Vec<Grams> =
                pages.iter_mut().map(|page| page.get_mut(locale).map(std::mem::take).unwrap_or_default()).collect();
            *turned[number].lock().unwrap_or_else(PoisonError::into_inner) = Block::of(&of_locale, self.shards);
        }
    }

    fn texts(&self, number: usize, pages: &[Option<Entry>]) -> Vec<File> {
        let mut files = Vec::with_capacity(self.tags.len());
        for (locale, tag) in self.tags.iter().enumerate() {
            let Some(bytes) = pack::pack(number * PACK, pages, locale) else { continue };
            let path = format!("{tag}/search/{}", file_name("p", number));
            self.made.lock().unwrap_or_else(PoisonError::into_inner).push((path.clone(), Digest::of(&bytes)));
            files.push(File { path, bytes });
        }
        files
    }

    /// The files that are left when every page was given, each handed to `put`; the directories last.
    ///
    /// # Errors
    /// Those of `put`.
    pub(crate) fn finish<E: Send>(self, put: impl Fn(File) -> Result<(), E> + Sync) -> Result<(), E> {
        let mut made = self.made.into_inner().unwrap_or_else(PoisonError::into_inner);
        let sizes: Vec<usize> = self.sizes.into_iter().map(AtomicUsize::into_inner).collect();
        let shards = shards_of(self.pages, sizes.iter().sum());
        let texts: Vec<Vec<usize>> = self.tags.iter().map(|tag| texts(&made, tag)).collect();
        for (tag, turned) in self.tags.iter().zip(self.turned) {
            let blocks: Vec<Block> =
                turned.into_iter().map(|block| block.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
            let write = |number: usize| {
                let bytes = inverted::file(&blocks, number);
                let path = format!("{tag}/search/{}", file_name("g", number));
                let digest = Digest::of(&bytes);
                put(File { path: path.clone(), bytes }).map(|()| (path, digest))
            };
            let written: Result<Vec<_>, E> = (0..shards).into_par_iter().map(write).collect();
            made.extend(written?);
        }
        made.sort_unstable();
        let directory = Directory { tags: &self.tags, pages: self.pages, sizes: &sizes, key: &key(&made) };
        for (at, (tag, texts)) in self.tags.iter().zip(&texts).enumerate() {
            put(File { path: format!("{tag}/search/index.json"), bytes: directory.of(at, texts).into_bytes() })?;
        }
        Ok(())
    }
}

/// The grams of a page in one locale.
pub(super) fn grams(edition: &Edition) -> Grams {
    thread_local! {
        static COLLECTOR: std::cell::RefCell<Collector> = std::cell::RefCell::default();
    }
    let headings: Vec<String> = edition.text.headings.iter().map(|heading| fold::fold(&heading.words)).collect();
    let folded = fold::fold(&edition.text.marked);
    COLLECTOR.with_borrow_mut(|collector| collector.collect(&folded, headings.iter().map(String::as_str)))
}

/// What changes with every byte of the index: old files in a browser's cache must not be read with new ones.
pub(super) fn key(made: &[(String, Digest)]) -> String {
    let all: String = made.iter().map(|(path, digest)| format!("{path} {}\n", digest.hex())).collect();
    Digest::of(all.as_bytes()).hex()[..10].to_owned()
}

/// The numbers of the files of texts that were made for a locale.
fn texts(made: &[(String, Digest)], tag: &str) -> Vec<usize> {
    let folder = format!("{tag}/search/p/");
    let number = |(path, _): &(String, Digest)| path.strip_prefix(&folder)?.strip_suffix(".bin")?.parse().ok();
    let mut all: Vec<usize> = made.iter().filter_map(number).collect();
    all.sort_unstable();
    all
}

/// What is told of an index in `index.json`.
pub(super) struct Directory<'a> {
    pub(super) tags: &'a [String],
    pub(super) pages: usize,
    /// By locale, the bytes of all texts as they are.
    pub(super) sizes: &'a [usize],
    pub(super) key: &'a str,
}

impl Directory<'_> {
    /// The file of a locale that has these files of texts: where there are no grams, all of them are fetched.
    pub(super) fn of(&self, locale: usize, texts: &[usize]) -> String {
        let others: Vec<&String> = self.tags.iter().enumerate().filter(|(at, _)| *at != locale).map(|(_, tag)| tag).collect();
        let shards = shards_of(self.pages, self.sizes.iter().sum());
        let texts = (shards == 0).then_some(texts);
        serde_json::json!({
            "format": 2, "key": self.key, "pages": self.pages, "shards": shards, "pack": PACK, "bytes": self.sizes[locale],
            "bit": locale.min(31), "locale": self.tags[locale], "others": others, "texts": texts,
        })
        .to_string()
    }
}
