//! Facts as bytes: numbers in groups of seven bits, texts with their length before them.

use crate::diag::Span;
use crate::locale::LocaleId;
use crate::site::facts::{Availability, Edition, Facts, Places, Use, Worded, Written};
use crate::site::frontmatter::Date;
use crate::source::Digest;
use crate::vpath::SourcePath;

#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    pub(super) fn number(&mut self, mut number: usize) {
        while number >= 0x80 {
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Something that is read only if it is asked for.
    pub(super) fn block(&mut self, block: Self) {
        self.number(block.0.len());
        self.append(block);
    }

    pub(super) fn digest(&mut self, digest: Digest) {
        self.0.extend_from_slice(&digest.0);
    }

    pub(super) fn option<T>(&mut self, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        self.0.push(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    pub(super) fn list<T>(&mut self, all: &[T], write: impl Fn(&mut Self, &T)) {
        self.number(all.len());
        all.iter().for_each(|one| write(self, one));
    }

    fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    fn locale(&mut self, locale: LocaleId) {
        self.0.push(locale.0);
    }

    fn worded(&mut self, worded: &Worded) {
        self.text(&worded.text);
        self.locale(worded.locale);
    }

    fn date(&mut self, date: &Date) {
        self.number(usize::from(date.year));
        self.0.extend([date.month, date.day]);
    }
}

/// Reads what a [`Writer`] wrote. Everything may be missing.
pub(super) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn text(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.block()?).ok()
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.0.len()
    }

    pub(super) fn block(&mut self) -> Option<&'b [u8]> {
        let length = self.number()?;
        let (block, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(block)
    }

    pub(super) fn digest(&mut self) -> Option<Digest> {
        let (digest, rest) = self.0.split_first_chunk::<16>()?;
        self.0 = rest;
        Some(Digest(*digest))
    }

    pub(super) fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.flag()? { read(self).map(Some) } else { Some(None) }
    }

    pub(super) fn list<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        // A length that is not true must not fill the memory.
        let mut all = Vec::with_capacity(count.min(self.0.len()));
        for _ in 0..count {
            all.push(read(self)?);
        }
        Some(all)
    }

    fn flag(&mut self) -> Option<bool> {
        self.byte().map(|byte| byte == 1)
    }

    fn locale(&mut self) -> Option<LocaleId> {
        self.byte().map(LocaleId)
    }

    fn worded(&mut self) -> Option<Worded> {
        Some(Worded { text: self.text()?.to_owned(), locale: self.locale()? })
    }

    fn date(&mut self) -> Option<Date> {
        Some(Date { year: u16::try_from(self.number()?).ok()?, month: self.byte()?, day: self.byte()? })
    }

    fn string(&mut self) -> Option<String> {
        self.text().map(str::to_owned)
    }

    fn path(&mut self) -> Option<SourcePath> {
        SourcePath::parse(self.text()?).ok()
    }
}

pub(super) fn write_facts(out: &mut Writer, facts: &Facts) {
    out.list(&facts.editions, edition);
    out.list(&facts.parallel, |out, locale| out.locale(*locale));
    out.list(&facts.links, |out, link| {
        out.0.push(match link.what {
            Use::Link => 0,
            Use::EmptyLink => 1,
            Use::Image => 2,
            Use::Snippet => 3,
            Use::Form => 4,
        });
        out.locale(link.locale);
        out.text(link.at.path.as_str());
        out.number(link.at.start);
        out.number(link.at.end);
        out.text(&link.destination);
    });
    out.list(&facts.uids, |out, uid| out.text(uid));
    out.flag(facts.draft);
}

fn edition(out: &mut Writer, edition: &Edition) {
    match edition.availability {
        Availability::Original => out.0.push(0),
        Availability::Translated => out.0.push(1),
        Availability::Partial => out.0.push(2),
        Availability::Fallback(locale) => out.0.extend([3, locale.0]),
    }
    out.worded(&edition.title);
    out.worded(&edition.name);
    out.option(edition.description.as_ref(), |out, text| out.text(text));
    out.option(edition.date.as_ref(), Writer::date);
    out.option(edition.basis.as_ref(), Writer::date);
    out.flag(edition.machine);
    out.option(edition.robots.as_ref(), |out, text| out.text(text));
    out.text(edition.file.as_str());
    out.text(edition.places.packed());
}

/// Facts, without what was wrong: that is found again when the page is looked at.
pub(super) fn facts(from: &mut Reader<'_>) -> Option<Facts> {
    Some(Facts {
        editions: from.list(read_edition)?,
        parallel: from.list(Reader::locale)?,
        links: links(from)?,
        files: Vec::new(),
        uids: from.list(Reader::string)?,
        draft: from.flag()?,
        diagnostics: Vec::new(),
    })
}

fn links(from: &mut Reader<'_>) -> Option<Vec<Written>> {
    // Nearly all links of a page stand in one or two files.
    let mut last: Option<SourcePath> = None;
    let count = from.number()?;
    let mut links = Vec::with_capacity(count.min(from.0.len()));
    for _ in 0..count {
        let what = match from.byte()? {
            0 => Use::Link,
            1 => Use::EmptyLink,
            2 => Use::Image,
            3 => Use::Snippet,
            4 => Use::Form,
            _ => return None,
        };
        let (locale, path) = (from.locale()?, from.text()?);
        if last.as_ref().is_none_or(|last| last.as_str() != path) {
            last = Some(SourcePath::parse(path).ok()?);
        }
        let at = Span { path: last.clone()?, start: from.number()?, end: from.number()? };
        links.push(Written { what, locale, at, destination: from.text()?.into() });
    }
    Some(links)
}

fn read_edition(from: &mut Reader<'_>) -> Option<Edition> {
    let availability = match from.byte()? {
        0 => Availability::Original,
        1 => Availability::Translated,
        2 => Availability::Partial,
        3 => Availability::Fallback(from.locale()?),
        _ => return None,
    };
    let (title, name) = (from.worded()?, from.worded()?);
    let (description, date, basis) = (from.option(Reader::string)?, from.option(Reader::date)?, from.option(Reader::date)?);
    let (machine, robots, file) = (from.flag()?, from.option(Reader::string)?, from.path()?);
    let places = Places::unpacked(from.text()?);
    Some(Edition { availability, title, name, description, date, basis, machine, robots, file, places })
}
