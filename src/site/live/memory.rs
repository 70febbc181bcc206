//! What is known of pages, kept between runs in `SITE/var/cache`, so that a big site is shown before all of it is read again.
//!
//! A page is taken from memory only if every file that it was made from holds what it held then. The memory may be deleted, or be corrupt, at
//! any time: then pages are read.

mod code;

use std::path::PathBuf;
use std::sync::PoisonError;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::Live;
use super::pages::Known;
use crate::locale::LocaleSet;
use crate::site::catalog::PageFiles;
use crate::site::facts::Facts;
use crate::site::{read, write};
use crate::source::Digest;
use crate::vpath::SourcePath;
use code::{Reader, Writer};

/// A smaller site is read before anybody has looked.
const FEWEST: usize = 200;

/// Changes with what is written.
const VERSION: &str = "madoguchi live 1";

/// A page as it was read.
struct Kept {
    /// What was given: its own files by path, each with the locale that its name and the docset's settings tell.
    given: Digest,
    /// Its own files and the included ones, in lower case, each with its digest; `None` for a file that was not there.
    made_from: Vec<(Box<str>, Option<Digest>)>,
    facts: Facts,
    known: Known,
}

/// Pages by their address.
type Memory = FxHashMap<String, Kept>;

impl Live {
    fn memory(&self) -> PathBuf {
        self.config.root.join("var/cache/live")
    }

    /// Takes what is known of pages from memory, where nothing has changed since; gives the pages that must be read.
    pub(super) fn recall(&mut self) -> Vec<usize> {
        let count = self.catalog.pages.len();
        let bytes = Some(self.memory()).filter(|_| count >= FEWEST).and_then(|file| read::bytes(&file).ok()).unwrap_or_default();
        let mut memory = parse(&bytes, &read::program(), &self.config.site.locales);
        let kept: Vec<bool> = {
            let (this, memory) = (&*self, &memory);
            let pages = this.catalog.pages.par_iter();
            pages.map(|page| memory.get(&page.address).is_some_and(|kept| this.holds(page, kept))).collect()
        };
        let mut unread = Vec::new();
        for (at, kept) in kept.into_iter().enumerate() {
            let kept = Some(&self.catalog.pages[at].address).filter(|_| kept).and_then(|address| memory.remove(address));
            let (facts, known) = kept.map_or_else(
                || {
                    unread.push(at);
                    (Facts::none(), Known::default())
                },
                |kept| (kept.facts, kept.known),
            );
            self.facts.push(facts);
            self.reads += 1;
            self.known.push(Known { read: self.reads, ..known });
        }
        unread
    }

    /// Whether a page would be read from the same as then.
    fn holds(&self, page: &PageFiles, kept: &Kept) -> bool {
        let same = |(path, then): &(Box<str>, Option<Digest>)| {
            let Some(path) = SourcePath::parse(path).ok().and_then(|path| self.catalog.file(&path)) else {
                return then.is_none();
            };
            self.digest(path).is_some_and(|now| Some(now) == *then)
        };
        kept.given == self.given(page) && kept.made_from.iter().all(same)
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

    /// Remembers what is known of pages, if many were read; `unread` is how many had to be.
    pub(super) fn remember(&self, unread: usize) {
        if self.facts.len() < FEWEST || unread * 50 < self.facts.len() {
            return;
        }
        let digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        let mut remember = Remember::new(&read::program(), &self.config.site.locales);
        for ((page, facts), known) in self.catalog.pages.iter().zip(&self.facts).zip(&self.known) {
            let own = page.files.iter().map(|(path, _)| path.as_str().to_lowercase().into());
            let made_from = own.chain(known.uses.iter().cloned()).map(|path: Box<str>| {
                let file = SourcePath::parse(&path).ok().and_then(|path| self.catalog.file(&path));
                let digest = file.map(|file| digests.get(file).copied());
                // A file that is there, and was not read, tells nothing.
                (path, digest)
            });
            let made_from: Option<Vec<_>> = made_from
                .map(|(path, digest)| digest.map_or(Some((path.clone(), None)), |d| d.map(|d| (path, Some(d)))))
                .collect();
            if let Some(made_from) = made_from.filter(|_| !known.broken) {
                remember.add(&page.address, self.given(page), &made_from, facts, known);
            }
        }
        // Nothing is lost with a memory that cannot be kept.
        let _ = write::keep(&self.memory(), &remember.bytes());
    }
}

/// What is remembered in some bytes; nothing if they are not whole, or of another program or other locales.
fn parse(bytes: &[u8], program: &str, locales: &LocaleSet) -> Memory {
    let Some((body, sum)) = bytes.split_last_chunk::<16>() else { return Memory::default() };
    if Digest::of(body).0 != *sum {
        return Memory::default();
    }
    read(&mut Reader::new(body), &head(program, locales)).unwrap_or_default()
}

fn head(program: &str, locales: &LocaleSet) -> String {
    format!("{VERSION} {} {program} {locales:?}", env!("CARGO_PKG_VERSION"))
}

fn read(from: &mut Reader<'_>, head: &str) -> Option<Memory> {
    if from.text()? != head {
        return None;
    }
    let mut memory = Memory::default();
    for _ in 0..from.number()? {
        let address = from.text()?.to_owned();
        let given = from.digest()?;
        let made_from = from.list(|from| Some((from.text()?.into(), from.option(Reader::digest)?)))?;
        let facts = code::facts(from)?;
        let uses: Vec<Box<str>> = from.list(|from| Some(from.text()?.into()))?;
        let known = Known { uses: uses.into(), ..Known::default() };
        memory.insert(address, Kept { given, made_from, facts, known });
    }
    Some(memory)
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
    fn add(&mut self, address: &str, given: Digest, made_from: &[(Box<str>, Option<Digest>)], facts: &Facts, known: &Known) {
        self.count += 1;
        self.out.text(address);
        self.out.digest(given);
        self.out.list(made_from, |out, (path, digest)| {
            out.text(path);
            out.option(digest.as_ref(), |out, digest| out.digest(*digest));
        });
        code::write_facts(&mut self.out, facts);
        self.out.list(&known.uses, |out, path| out.text(path));
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

    #[test]
    fn damaged_bytes_are_no_memory() {
        let locales = LocaleSet::new(vec![], crate::locale::Locale::parse("en").unwrap());
        let mut remember = Remember::new("p", &locales);
        remember.add(
            "a/",
            Digest([1; 16]),
            &[("a.md".into(), Some(Digest([2; 16]))), ("b.md".into(), None)],
            &Facts::none(),
            &Known::default(),
        );
        let bytes = remember.bytes();
        let memory = parse(&bytes, "p", &locales);
        assert_eq!(memory["a/"].made_from[0], ("a.md".into(), Some(Digest([2; 16]))));
        assert!(parse(&bytes, "another", &locales).is_empty());
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x55;
            assert!(parse(&damaged, "p", &locales).is_empty(), "{at}");
            assert!(parse(&bytes[..at], "p", &locales).is_empty(), "{at}");
        }
    }
}
