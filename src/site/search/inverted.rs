//! From the grams of pages to the pages of grams.
//!
//! Pages are turned over in blocks of [`BLOCK`], as they are rendered, so that of all grams only lists of small numbers stay in memory. In the end
//! each file of grams takes its part from all blocks.
//!
//! The file, opened: the length of the keys in bytes; the keys, in the order of their characters, each as a control character that tells how many
//! characters it shares with the one before it (U+0001 for none), and the others; the length of each key's list in
//! bytes; the lists. A list has a number for each page, in order: twice the distance from the page before it (the first: from page −1, less
//! one), and one more if the gram stands in a heading. All numbers are LEB128: seven bits a byte, lowest first.

use super::gram::{Gram, HEADING, characters, shard};
use super::pack::compressed;

/// How many pages are turned over at once.
pub const BLOCK: usize = 128;

/// The grams of up to [`BLOCK`] pages, by the file that they belong to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// Where each file's part ends in `bytes`.
    ends: Vec<u32>,
    bytes: Vec<u8>,
}

impl Block {
    /// Turns over the grams of the block's pages, in their order.
    pub fn of(pages: &[Vec<Gram>], shards: usize) -> Self {
        let all = pages.iter().map(Vec::len).sum();
        let mut rows: Vec<(Gram, u32, u32)> = Vec::with_capacity(all);
        let mut ends = vec![0_u32; shards];
        for (page, grams) in (0..).zip(pages) {
            for marked in grams {
                let gram = marked & !HEADING;
                let at = shard(gram, shards) as u32;
                ends[at as usize] += 1;
                rows.push((gram, page << 1 | u32::from(gram != *marked), at));
            }
        }
        let mut sorted = placed(&rows, &ends);
        let mut block = Self { ends: Vec::with_capacity(shards), bytes: Vec::with_capacity(all * 2) };
        let mut from = 0;
        for count in ends {
            let part = &mut sorted[from..from + count as usize];
            part.sort_unstable();
            block.part(part);
            from += count as usize;
        }
        block
    }

    /// Writes the sorted rows of one file.
    fn part(&mut self, rows: &[(Gram, u32)]) {
        let mut last = 0;
        for list in rows.chunk_by(|a, b| a.0 == b.0) {
            leb128(list[0].0 - last, &mut self.bytes);
            leb128(list.len() as u64, &mut self.bytes);
            self.bytes.extend(list.iter().map(|(_, page)| *page as u8));
            last = list[0].0;
        }
        self.ends.push(self.bytes.len() as u32);
    }

    /// The part of one file: each gram with its pages, twice their number in the block and one more for a heading.
    fn lists(&self, shard: usize) -> impl Iterator<Item = (Gram, &[u8])> {
        let end = |at: usize| self.ends.get(at).map_or(0, |end| *end as usize);
        let start = shard.checked_sub(1).map_or(0, end);
        let mut rest = self.bytes.get(start..end(shard)).unwrap_or_default();
        let mut gram = 0;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            gram += from_leb128(&mut rest)?;
            let count = from_leb128(&mut rest)? as usize;
            let (list, after) = rest.split_at_checked(count)?;
            rest = after;
            Some((gram, list))
        })
    }
}

/// The rows in the order of their files, of which the counts are known.
fn placed(rows: &[(Gram, u32, u32)], counts: &[u32]) -> Vec<(Gram, u32)> {
    let starts = counts.iter().scan(0_u32, |sum, count| Some(std::mem::replace(sum, *sum + count)));
    let mut next: Vec<u32> = starts.collect();
    let mut sorted = vec![(0, 0); rows.len()];
    for (gram, page, shard) in rows {
        let place = &mut next[*shard as usize];
        sorted[*place as usize] = (*gram, *page);
        *place += 1;
    }
    sorted
}

/// One file of grams, from its part of all blocks in their order.
pub fn file<'b>(blocks: impl IntoIterator<Item = &'b Block>, shard: usize) -> Vec<u8> {
    let mut rows: Vec<(Gram, u32, &[u8])> = Vec::new();
    for (number, block) in (0_u32..).zip(blocks) {
        rows.extend(block.lists(shard).map(|(gram, list)| (gram, number, list)));
    }
    of_rows(rows)
}

/// The file of some grams, each with the number and the pages of a block.
fn of_rows(mut rows: Vec<(Gram, u32, &[u8])>) -> Vec<u8> {
    // Stable: each block's part is in order, and the blocks of a gram stay in theirs.
    rows.sort_by_key(|(gram, _, _)| *gram);
    let (mut keys, mut lengths, mut lists) = (String::new(), Vec::new(), Vec::new());
    let mut last = 0;
    for parts in rows.chunk_by(|a, b| a.0 == b.0) {
        key(last, parts[0].0, &mut keys);
        last = parts[0].0;
        let before = lists.len();
        let mut next = 0;
        for (_, block, list) in parts {
            for page in *list {
                let number = u64::from(*block) * BLOCK as u64 + u64::from(page >> 1);
                leb128((number - next) << 1 | u64::from(page & 1), &mut lists);
                next = number + 1;
            }
        }
        leb128((lists.len() - before) as u64, &mut lengths);
    }
    let mut raw = Vec::with_capacity(keys.len() + lengths.len() + lists.len() + 4);
    leb128(keys.len() as u64, &mut raw);
    raw.extend_from_slice(keys.as_bytes());
    raw.append(&mut lengths);
    raw.append(&mut lists);
    compressed(&raw)
}

/// Appends a key after the one before it.
fn key(last: Gram, gram: Gram, keys: &mut String) {
    let shared = characters(last).zip(characters(gram)).take_while(|(a, b)| a == b).count();
    keys.push(char::from(1 + shared as u8));
    keys.extend(characters(gram).skip(shared));
}

/// Appends a number.
fn leb128(mut number: u64, out: &mut Vec<u8>) {
    while number > 0x7F {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes a number.
fn from_leb128(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::search::gram::Collector;

    #[test]
    fn lists_go_on_from_block_to_block() {
        let grams = |text: &str| Collector::default().collect(text, [text].into_iter().filter(|text| text.len() > 8));
        let first: Vec<_> = (0..BLOCK).map(|at| grams(if at % 2 == 0 { "東京" } else { "" })).collect();
        let second = vec![grams(""), grams("東京都区内")];
        let blocks = [Block::of(&first, 1), Block::of(&second, 1)];
        let raw = miniz_oxide::inflate::decompress_to_vec_zlib(&file(&blocks, 0)).unwrap();
        let keys = "\u{1}京都\u{1}区内\u{1}東京\u{1}都区";
        assert_eq!((raw[0] as usize, &raw[1..=keys.len()]), (keys.len(), keys.as_bytes()));
        let rest = &raw[1 + keys.len()..];
        assert_eq!(rest[..4], [2, 2, 65, 2]);
        // Page 129 alone, in a heading: 259 is 3 and 2 · 128.
        assert_eq!(rest[4..6], [0x83, 0x02]);
        // Page 0, then every second one.
        assert_eq!(rest[8..11], [0, 2, 2]);
        // From page 126 to 129, where it is in a heading: two pages between.
        assert_eq!(rest[8 + 64], 2 << 1 | 1);
    }

    #[test]
    fn a_key_says_only_what_is_new() {
        let pages = vec![Collector::default().collect("abc abd 都市 都内", [])];
        let raw = miniz_oxide::inflate::decompress_to_vec_zlib(&file(&[Block::of(&pages, 1)], 0)).unwrap();
        let keys = std::str::from_utf8(&raw[1..=usize::from(raw[0])]).unwrap();
        assert!(keys.contains("\u{1}ab\u{3}c\u{3}d\u{1}b") && keys.contains("\u{1}都内\u{2}市"), "{keys:?}");
    }
}
