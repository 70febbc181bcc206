//! The texts of a few pages in one file: what the client looks for a query in, and takes snippets from.
//!
//! The file is a JSON array of pages, each `[number, address, title, locales, text, headings, segments]`, as a zlib stream. `locales` has a bit
//! for each locale of the site in which the page has its own text. `text` has the mark U+007F before each segment. `headings` are
//! numbers and ids in turn: distance of the beginning from that of the heading before, length (both in UTF-16 units without marks),
//! level, id. `segments` gives each segment's number in the page's first language, where that is not simply its own.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use zlib_rs::{DeflateConfig, compress_bound, compress_slice};

use super::{Edition, Entry};

/// How hard texts and grams are compressed (zlib's levels): from 4 to 6, time grows by half for a seventieth of the bytes.
const LEVEL: i32 = 4;

/// The file of the texts that pages have in one locale. `first` is the number of the first page; `None` if none of them has a text of its own.
pub fn pack(first: usize, pages: &[Option<Entry>], locale: usize) -> Option<Vec<u8>> {
    let json = rows(first, pages, locale);
    (json.len() > 2).then(|| compressed(json.as_bytes()))
}

/// The same of all pages of a site, if only with none.
pub fn whole(pages: &[Option<Entry>], locale: usize) -> Vec<u8> {
    compressed(rows(0, pages, locale).as_bytes())
}

fn rows(first: usize, pages: &[Option<Entry>], locale: usize) -> String {
    let mut json = String::from("[");
    for (number, entry) in (first..).zip(pages) {
        let Some(entry) = entry else { continue };
        let Some(edition) = entry.editions.get(locale).and_then(Option::as_ref) else { continue };
        if json.len() > 1 {
            json.push(',');
        }
        record(number, entry, edition, &mut json);
    }
    json.push(']');
    json
}

fn record(number: usize, entry: &Entry, edition: &Edition, json: &mut String) {
    let bits = entry.editions.iter().enumerate().map(|(at, edition)| u32::from(edition.is_some()) << at.min(31));
    let locales: u32 = bits.fold(0, |all, bit| all | bit);
    let text = &edition.text;
    let mut headings = Vec::with_capacity(4 * text.headings.len());
    let mut last = 0;
    for heading in &text.headings {
        headings.extend([(heading.start - last).into(), heading.length.into(), heading.level.into()]);
        headings.push(serde_json::Value::from(heading.id.as_str()));
        last = heading.start;
    }
    let row = (number, &entry.address, &edition.title, locales, &text.marked, headings, segments(entry, edition));
    // Numbers and texts are always JSON.
    json.push_str(&serde_json::to_string(&row).unwrap_or_default());
}

/// The number of each segment among those of the page's first language; empty if they are 0, 1, 2 and so on.
fn segments(entry: &Entry, edition: &Edition) -> Vec<usize> {
    let Some(first) = entry.editions.iter().flatten().next() else { return Vec::new() };
    if first.text.keys == edition.text.keys {
        return Vec::new();
    }
    let mut numbers = FxHashMap::default();
    for (number, key) in first.text.keys.iter().enumerate() {
        numbers.entry(key).or_insert(number);
    }
    let beyond = first.text.keys.len();
    let found: Vec<usize> =
        edition.text.keys.iter().enumerate().map(|(at, key)| numbers.get(key).copied().unwrap_or(beyond + at)).collect();
    if found.iter().enumerate().all(|(at, number)| at == *number) { Vec::new() } else { found }
}

/// Bytes as a zlib stream (RFC 1950).
pub fn compressed(bytes: &[u8]) -> Vec<u8> {
    thread_local! {
        /// Where the stream is written, as long as it may become.
        static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    ROOM.with_borrow_mut(|room| {
        let most = compress_bound(bytes.len());
        if room.len() < most {
            room.resize(most, 0);
        }
        // Within that bound nothing can go wrong.
        compress_slice(room, bytes, DeflateConfig::new(LEVEL)).0.to_vec()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::search::text::Text;

    fn edition(html: &str) -> Option<Edition> {
        Some(Edition { title: "T".into(), text: Text::of_html(html) })
    }

    fn opened(bytes: &[u8]) -> String {
        String::from_utf8(miniz_oxide::inflate::decompress_to_vec_zlib(bytes).unwrap()).unwrap()
    }

    #[test]
    fn a_page_is_a_row_with_its_headings_and_the_order_of_its_segments() {
        let seg = |key: &str, words: &str| format!("<span class=\"seg\" data-seg=\"{key}\">{words}</span>");
        let ja = edition(&format!("<h1 id=\"x\">{}</h1><p>{}</p>", seg("a", "い"), seg("b", "ろ")));
        let en = edition(&format!("<p>{}</p><h1 id=\"x\">{}</h1>", seg("b", "two"), seg("a", "one")));
        let pages = [None, Some(Entry { address: "x/".into(), editions: vec![ja, en] })];
        let row = |locale| opened(&pack(4, &pages, locale).unwrap());
        assert_eq!(row(0), "[[5,\"x/\",\"T\",3,\"\u{7F}い\\n\u{7F}ろ\",[0,1,1,\"x\"],[]]]");
        assert_eq!(row(1), "[[5,\"x/\",\"T\",3,\"\u{7F}two\\n\u{7F}one\",[4,3,1,\"x\"],[1,0]]]");
        assert_eq!(pack(4, &pages, 2), None);
    }

    #[test]
    fn what_does_not_compress_comes_back_too() {
        let bytes: Vec<u8> = (0..70_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert_eq!(miniz_oxide::inflate::decompress_to_vec_zlib(&compressed(&bytes)).unwrap(), bytes);
        assert_eq!(miniz_oxide::inflate::decompress_to_vec_zlib(&compressed(&[])).unwrap(), Vec::<u8>::new());
    }
}
