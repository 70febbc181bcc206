//! Search without a server: an index in files beside the pages of each language, which the script `search.js` of the theme reads.
//!
//! # What is found
//!
//! Of each article the text that a reader sees ([`text`]) is folded ([`fold`]): width, case and the spellings of one sound become one. A query
//! is folded by the same rule, written once here and once in `search.js`; both are held against the vectors in `tests/corpus/search.json`.
//! A page is found if its folded text holds the folded query. No words are cut out of Japanese, so none can be cut wrongly.
//!
//! # The files
//!
//! For each locale `L`, below `L/search/`:
//!
//! | file | what |
//! |---|---|
//! | `index.json` | how many pages and grams' files there are, all locales with their own first, and a key that changes with every byte of the index; where all texts are few, those of the locale in one piece as well, as they would stand in `p/` |
//! | `g/NNN.bin` | grams ([`gram`]): for each gram whose hash falls to this file, the pages that hold it, and whether in a heading ([`inverted`]); none of them where all texts are few ([`SCANNED`]) |
//! | `p/NNN.bin` | the texts of [`PACK`] pages with titles, headings, and the borders of segments ([`pack`]); none of them where all texts are few |
//!
//! All but the first are zlib streams (RFC 1950), which browsers open by themselves. The grams tell which pages may hold a query: for two
//! characters, and for three of scripts with spaces, exactly those that do; for longer ones the texts of the candidates decide. So a query
//! fetches a few files of grams and the texts of few pages, however large the site. On a small site it fetches
//! `index.json` of each language and scans the texts: to ask for a file takes a browser longer than to read some 50 KB.
//!
//! # For a preview
//!
//! [`live::Live`] makes the same files, byte for byte, one at a time from pages in memory.

pub mod fold;
pub mod gram;
pub(crate) mod index;
pub mod inverted;
pub mod live;
pub mod pack;
pub(crate) mod page;
pub mod text;

/// How many pages' texts stand in one file. Few, since a query that looks into one page pays for all of them; not one, since files cost
/// more than bytes and texts of neighbours compress together.
pub const PACK: usize = 4;

/// With fewer bytes of text in all languages together there are no grams: opened, the texts are some 150 KB, no more than a query may move on
/// the largest site, and the grams of few pages are more bytes than their texts.
pub const SCANNED: usize = 400_000;

/// A page as search sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The address below each locale.
    pub address: String,
    /// By locale; `None` where the page has no text of its own.
    pub editions: Vec<Option<Edition>>,
}

/// A page in one locale.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edition {
    /// What the page is called in lists.
    pub title: String,
    /// The text of the article.
    pub text: text::Text,
}

/// How many files the grams of so many pages are spread over: a power of two, so that each holds the grams of about twelve pages, which
/// are some six kilobytes.
pub fn shards(pages: usize) -> usize {
    pages.div_ceil(12).max(1).next_power_of_two()
}

/// How an index is cut into files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    /// How many files of grams each locale has: none where the texts are scanned.
    pub(crate) shards: usize,
    /// How many pages' texts stand in one file.
    pub(crate) pack: usize,
}

impl Cut {
    /// For so many pages whose texts have so many bytes in all languages together.
    pub(crate) fn of(pages: usize, bytes: usize) -> Self {
        if bytes < SCANNED { Self { shards: 0, pack: pages.max(1) } } else { Self { shards: shards(pages), pack: PACK } }
    }
}

/// The name of a file of grams or of texts, below a locale's `search/`.
pub fn file_name(folder: &str, number: usize) -> String {
    format!("{folder}/{number:03}.bin")
}
