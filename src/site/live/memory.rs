//! What is known of pages, kept between runs in `SITE/var/cache`, so that the pages of a big site need not all be read again.
//!
//! A page is taken from memory only if every file that it was made from holds what it held then. The memory may be deleted, or be corrupt, at
//! any time: then pages are read.

mod code;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::PoisonError;

use rustc_hash::FxHashMap;

use super::Live;
use super::pages::{Known, Learned};
use crate::locale::LocaleSet;
use crate::site::catalog::PageFiles;
use crate::site::{read, write};
use crate::source::Digest;
use crate::vpath::SourcePath;
use code::{Reader, Writer};

/// A smaller site is read before anybody has looked.
const FEWEST: usize = 200;

/// Changes with what is written.
const VERSION: &str = "madoguchi live 2";

/// What was known of pages when the memory was written. Each is decoded when it is asked for.
#[derive(Debug, Default)]
pub(super) struct Memory {
    bytes: Vec<u8>,
    /// By address, where in the bytes a page stands.
    places: FxHashMap<String, Range<usize>>,
}

/// What a page was made from.
struct Origin {
    /// What was given: its own files by path, each with the locale that its name and the docset's settings tell.
    given: Digest,
    /// Its own files and the included ones, in lower case, each with its digest; `None` for a file that was not there.
    made_from: Vec<(Box<str>, Option<Digest>)>,
}

impl Memory {
    /// What some bytes hold; nothing if they are not whole, or of another program or other locales.
    fn parse(bytes: Vec<u8>, program: &str, locales: &LocaleSet) -> Self {
        let Some((body, sum)) = bytes.split_last_chunk::<16>() else { return Self::default() };
        if Digest::of(body).0 != *sum {
            return Self::default();
        }
        let places = places(body, &head(program, locales)).unwrap_or_default();
        Self { bytes, places }
    }

    /// What a page was made from, and what reads the rest.
    fn page(&self, address: &str) -> Option<(Origin, Reader<'_>)> {
        let mut from = Reader::new(self.bytes.get(self.places.get(address)?.clone())?);
        let given = from.digest()?;
        let made_from = from.list(|from| Some((from.text()?.into(), from.option(Reader::digest)?)))?;
        Some((Origin { given, made_from }, from))
    }
}

fn places(body: &[u8], head: &str) -> Option<FxHashMap<String, Range<usize>>> {
    let mut from = Reader::new(body);
    if from.text()? != head {
        return None;
    }
    let mut places = FxHashMap::default();
    for _ in 0..from.number()? {
        let address = from.text()?.to_owned();
        let length = from.block()?.len();
        let end = body.len() - from.left();
        places.insert(address, end - length..end);
    }
    Some(places)
}

fn head(program: &str, locales: &LocaleSet) -> String {
    format!("{VERSION} {} {program} {locales:?}", env!("CARGO_PKG_VERSION"))
}

impl Live {
    fn memory_file(&self) -> PathBuf {
        self.config.root.join("var/cache/live")
    }

    /// The memory of the last run.
    pub(super) fn memory(&self) -> &Memory {
        self.memory.get_or_init(|| {
            let file = Some(self.memory_file()).filter(|_| self.catalog.pages.len() >= FEWEST);
            let bytes = file.and_then(|file| read::bytes(&file).ok()).unwrap_or_default();
            Memory::parse(bytes, &read::program(), &self.config.site.locales)
        })
    }

    /// What was known of a page, if it would be read from the same as then; nothing while nobody has looked into the memory.
    pub(super) fn recalled(&self, at: usize) -> Option<Learned> {
        let page = &self.catalog.pages[at];
        let (origin, mut from) = self.memory.get()?.page(&page.address)?;
        if !self.holds(page, &origin) {
            return None;
        }
        let facts = code::facts(&mut from)?;
        let uses: Vec<Box<str>> = from.list(|from| Some(from.text()?.into()))?;
        Some(Learned { facts, known: Known { uses: uses.into(), read: self.count_reading(), broken: false } })
    }

    /// Whether a page would be read from the same as then.
    fn holds(&self, page: &PageFiles, origin: &Origin) -> bool {
        let same = |(path, then): &(Box<str>, Option<Digest>)| {
            let Some(path) = SourcePath::parse(path).ok().and_then(|path| self.catalog.file(&path)) else {
                return then.is_none();
            };
            self.digest(path).is_some_and(|now| Some(now) == *then)
        };
        origin.given == self.given(page) && origin.made_from.iter().all(same)
    }

    /// The digest of a file, which is noted as that of the file that the site is made from.
    fn digest(&self, path: &SourcePath) -> Option<Digest> {
        let known = self.digests.lock().unwrap_or_else(PoisonError::into_inner).get(path).copied();
        known.or_else(|| {
            let digest = Digest::of(&read::read_found_bytes(&self.listing, self.listing.find(path)?).ok()?);
            self.digests.lock().unwrap_or_else(PoisonError::into_inner).entry(path.clone()).or_insert(digest);
            Some(digest)
        })
    }

    /// What a page is read with beside its files' text.
    fn given(&self, page: &PageFiles) -> Digest {
        let files = page.files.iter().map(|(path, hint)| (path.as_str(), hint, self.catalog.settings.locale_of(path)));
        Digest::of(format!("{:?}", files.collect::<Vec<_>>()).as_bytes())
    }

    /// Remembers what is known of pages, if many had to be read.
    pub(super) fn remember(&self, unread: usize) {
        if self.entries.len() < FEWEST || unread * 50 < self.entries.len() {
            return;
        }
        let digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        let mut remember = Remember::new(&read::program(), &self.config.site.locales);
        for (page, entry) in self.catalog.pages.iter().zip(&self.entries) {
            let Some(entry) = entry.get().filter(|entry| !entry.known.broken) else { continue };
            let own = page.files.iter().map(|(path, _)| path.as_str().to_lowercase().into());
            let made_from = own.chain(entry.known.uses.iter().cloned()).map(|path: Box<str>| {
                let file = SourcePath::parse(&path).ok().and_then(|path| self.catalog.file(&path));
                let digest = file.map(|file| digests.get(file).copied());
                // A file that is there, and was not read, tells nothing.
                (path, digest)
            });
            let made_from: Option<Vec<_>> = made_from
                .map(|(path, digest)| digest.map_or(Some((path.clone(), None)), |d| d.map(|d| (path, Some(d)))))
                .collect();
            if let Some(made_from) = made_from {
                remember.add(&page.address, &Origin { given: self.given(page), made_from }, entry);
            }
        }
        drop(digests);
        // Nothing is lost with a memory that cannot be kept.
        let _ = write::keep(&self.memory_file(), &[&remember.bytes()]);
    }
}

/// Pages as bytes.
struct Remember {
    out: Writer,
    count: usize,
    head: String,
}

impl Remember {
    fn new(program: &str, locales: &LocaleSet) -> Self {
        Self { out: Writer::default(), count: 0, head: head(program, locales) }
    }

    /// Adds a page.
    fn add(&mut self, address: &str, origin: &Origin, entry: &Learned) {
        let mut page = Writer::default();
        page.digest(origin.given);
        page.list(&origin.made_from, |out, (path, digest)| {
            out.text(path);
            out.option(digest.as_ref(), |out, digest| out.digest(*digest));
        });
        code::write_facts(&mut page, &entry.facts);
        page.list(&entry.known.uses, |out, path| out.text(path));
        self.count += 1;
        self.out.text(address);
        self.out.block(page);
    }

    fn bytes(self) -> Vec<u8> {
        let mut out = Writer::default();
        out.text(&self.head);
        out.number(self.count);
        out.append(self.out);
        let mut bytes = out.bytes();
        let sum = Digest::of(&bytes);
        bytes.extend_from_slice(&sum.0);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::facts::Facts;

    #[test]
    fn damaged_bytes_are_no_memory() {
        let locales = LocaleSet::new(vec![], crate::locale::Locale::parse("en").unwrap());
        let mut remember = Remember::new("p", &locales);
        let made_from = vec![("a.md".into(), Some(Digest([2; 16]))), ("b.md".into(), None)];
        let entry = Learned { facts: Facts::none(), known: Known::default() };
        remember.add("a/", &Origin { given: Digest([1; 16]), made_from: made_from.clone() }, &entry);
        let bytes = remember.bytes();
        let memory = Memory::parse(bytes.clone(), "p", &locales);
        let (origin, mut rest) = memory.page("a/").unwrap();
        assert_eq!((origin.given, origin.made_from), (Digest([1; 16]), made_from));
        assert!(code::facts(&mut rest).is_some());
        assert!(Memory::parse(bytes.clone(), "another", &locales).places.is_empty());
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x55;
            assert!(Memory::parse(damaged, "p", &locales).places.is_empty(), "{at}");
            assert!(Memory::parse(bytes[..at].to_vec(), "p", &locales).places.is_empty(), "{at}");
        }
    }
}
