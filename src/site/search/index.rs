//! The index of a whole site, made while its pages are rendered, in any order and by many threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::gram::{Collector, Gram};
use super::inverted::{self, BLOCK, Block};
use super::{Cut, Edition, Entry, PACK, SCANNED, file_name, fold, pack, shards};
use crate::site::threads;
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
    /// Pages of packs that are complete, with their numbers, as long as all texts are few: of a small site they become one file.
    held: Mutex<Vec<(usize, Vec<Option<Entry>>)>>,
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
            held: Mutex::default(),
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
        pages.map(|pages| self.packed(number / PACK, pages)).unwrap_or_default()
    }

    /// Takes the pages of a pack, and gives the files that are ready with them.
    fn packed(&self, number: usize, pages: Vec<Option<Entry>>) -> Vec<File> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.push((number, pages));
        // Every size is counted before the pack of its page is held: the last one to come sees all of them.
        if self.bytes() < SCANNED {
            return Vec::new();
        }
        let ready = std::mem::take(&mut *held);
        drop(held);
        ready.iter().flat_map(|(number, pages)| self.texts(*number, pages)).collect()
    }

    /// The bytes of all texts so far.
    fn bytes(&self) -> usize {
        self.sizes.iter().map(|size| size.load(Ordering::Relaxed)).sum()
    }

    /// The texts of a small site, by locale; nothing of one whose texts are written already.
    fn small(&self) -> Vec<Vec<u8>> {
        let mut held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        held.sort_unstable_by_key(|(number, _)| *number);
        let pages: Vec<Option<Entry>> = held.into_iter().flat_map(|(_, pages)| pages).collect();
        (0..self.tags.len()).map(|locale| pack::whole(&pages, locale)).collect()
    }

    fn turn(&self, number: usize, mut pages: Vec<Vec<Grams>>) {
        for (locale, turned) in self.turned.iter().enumerate() {
            let of_locale: Vec<Grams> =
                pages.iter_mut().map(|page| page.get_mut(locale).map(std::mem::take).unwrap_or_default()).collect();
            *turned[number].lock().unwrap_or_else(PoisonError::into_inner) = Block::of(&of_locale, self.shards);
        }
    }

    /// The file of a number in each locale.
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
    pub(crate) fn finish<E: Send + Sync>(self, put: impl Fn(File) -> Result<(), E> + Sync) -> Result<(), E> {
        let small = self.small();
        let mut made = self.made.into_inner().unwrap_or_else(PoisonError::into_inner);
        let sizes: Vec<usize> = self.sizes.into_iter().map(AtomicUsize::into_inner).collect();
        let cut = Cut::of(self.pages, sizes.iter().sum());
        for (tag, turned) in self.tags.iter().zip(self.turned) {
            let blocks: Vec<Block> =
                turned.into_iter().map(|block| block.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
            let write = |number: usize, _: &()| {
                let bytes = inverted::file(&blocks, number);
                let path = format!("{tag}/search/{}", file_name("g", number));
                let digest = Digest::of(&bytes);
                put(File { path: path.clone(), bytes }).map(|()| (path, digest))
            };
            made.extend(threads::try_map(&vec![(); cut.shards], threads::ANY, write)?);
        }
        made.sort_unstable();
        let directory = Directory { tags: &self.tags, pages: self.pages, cut, sizes: &sizes, key: &key(&made) };
        for ((at, tag), own) in self.tags.iter().enumerate().zip(&small) {
            put(File { path: format!("{tag}/search/index.json"), bytes: directory.of(at, own).into_bytes() })?;
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

/// What is told of an index in `index.json`.
pub(super) struct Directory<'a> {
    pub(super) tags: &'a [String],
    pub(super) pages: usize,
    pub(super) cut: Cut,
    /// By locale, the bytes of all texts as they are.
    pub(super) sizes: &'a [usize],
    pub(super) key: &'a str,
}

impl Directory<'_> {
    /// The file of a locale. It tells of all, so that a browser asks but once. Where there are no grams, the texts of the locale itself,
    /// `own`, stand in it in base64 (RFC 4648 §4): to ask for another file takes a browser ten times as long as to decode this one.
    pub(super) fn of(&self, locale: usize, own: &[u8]) -> String {
        let others = (0..self.tags.len()).filter(|other| *other != locale);
        let of_locale = |at: usize| {
            let mut told = serde_json::json!({ "locale": self.tags[at], "bit": at.min(31), "bytes": self.sizes[at] });
            if at == locale && self.cut.shards == 0 {
                told["packed"] = BASE64_STANDARD.encode(own).into();
            }
            told
        };
        let locales: Vec<serde_json::Value> = std::iter::once(locale).chain(others).map(of_locale).collect();
        serde_json::json!({
            "format": 4, "key": self.key, "pages": self.pages, "shards": self.cut.shards, "pack": self.cut.pack, "locales": locales,
        })
        .to_string()
    }
}
