//! Grams: the overlapping pieces of a folded text by which its pages are found.
//!
//! - Every two characters without a space between or beside them; where one of them is [dense](super::fold::is_dense), with a space as well.
//! - Every three characters of which none is dense, spaces among them, unless the first or last is the only one that is none.
//!
//! So a query of two characters is one gram, and a longer one has grams for every part of it.

use super::fold::is_dense;

/// A gram as a number: its characters in 21 bits each, the first highest, so that numbers stand in the order of their characters; the lowest
/// part is 0 where there are two. The highest bit is free.
pub type Gram = u64;

const BITS: u32 = 21;

/// Marks a gram that stands in a heading.
pub const HEADING: Gram = 1 << 63;

/// Gives the grams of a folded text, in its order, with repetitions.
pub fn each(folded: &str, mut found: impl FnMut(Gram)) {
    // The two characters before: as far as they stand in a gram together, and whether the last is dense.
    let (mut two, mut one) = (0, 0);
    let (mut sparse, mut dense, mut spaced) = (0_u32, false, true);
    for c in folded.chars() {
        let (number, is_dense, is_space) = (u64::from(u32::from(c)), !c.is_ascii() && is_dense(c), c == ' ');
        if one != 0 && (!(spaced || is_space) || dense || is_dense) {
            found(one << (2 * BITS) | number << BITS);
        }
        sparse = if is_dense { 0 } else { sparse + 1 };
        if sparse > 2 {
            found(two << (2 * BITS) | one << BITS | number);
        }
        (two, one) = (one, number);
        (dense, spaced) = (is_dense, is_space);
    }
}

/// The same in a list.
pub fn grams(folded: &str) -> Vec<Gram> {
    let mut all = Vec::new();
    each(folded, |gram| all.push(gram));
    all
}

/// The characters of a gram.
pub fn characters(gram: Gram) -> impl Iterator<Item = char> {
    (0..3).rev().map(move |at| (gram >> (at * BITS)) as u32 & 0x1F_FFFF).filter(|c| *c != 0).filter_map(char::from_u32)
}

/// The file of so many (a power of two) that a gram stands in: FNV-1a (32 bits) over its characters, and the upper half folded on the lower.
pub fn shard(gram: Gram, shards: usize) -> usize {
    let hash = characters(gram).fold(0x811C_9DC5_u32, |hash, c| (hash ^ u32::from(c)).wrapping_mul(0x0100_0193));
    (hash ^ hash >> 15) as usize & (shards - 1)
}

/// The grams of one page, each once, marked where it stands in a heading; reused from page to page.
#[derive(Debug, Default)]
pub struct Collector {
    /// A hash table with open addressing: 0 where there is none. Its length is a power of two, more than twice the grams in it.
    slots: Vec<Gram>,
    count: usize,
}

impl Collector {
    /// Collects the grams of a folded text and of its folded headings, in no order.
    pub fn collect<'h>(&mut self, text: &str, headings: impl IntoIterator<Item = &'h str>) -> Vec<Gram> {
        // Most texts have fewer than half as many grams as bytes: the table need not grow, and is small enough for the processor's cache.
        self.count = 0;
        self.slots.clear();
        self.slots.resize(text.len().next_power_of_two().max(1 << 10), 0);
        for heading in headings {
            each(heading, |gram| self.insert(gram | HEADING));
        }
        each(text, |gram| self.insert(gram));
        let mut all = Vec::with_capacity(self.count);
        all.extend(self.slots.iter().copied().filter(|gram| *gram != 0));
        all
    }

    /// Keeps a gram, unless it is there with or without its mark.
    fn insert(&mut self, gram: Gram) {
        if 2 * self.count >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        // The multiplier is that of Fibonacci hashing: 2^64 divided by the golden ratio.
        let mut at = ((gram & !HEADING).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & mask;
        loop {
            let Some(slot) = self.slots.get_mut(at) else { return };
            if *slot == 0 {
                *slot = gram;
                self.count += 1;
                return;
            }
            if (*slot ^ gram) & !HEADING == 0 {
                return;
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let before = std::mem::take(&mut self.slots);
        self.slots = vec![0; 2 * before.len()];
        self.count = 0;
        before.into_iter().filter(|gram| *gram != 0).for_each(|gram| self.insert(gram));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        grams(text).into_iter().map(|gram| characters(gram).collect()).collect()
    }

    #[test]
    fn dense_scripts_have_pairs_and_others_pairs_and_triples() {
        assert_eq!(shown("東京都"), ["東京", "京都"]);
        assert_eq!(shown("abc"), ["ab", "bc", "abc"]);
        assert_eq!(shown("a bc"), ["a b", "bc", " bc"]);
        assert_eq!(shown("a の"), [" の"]);
    }

    #[test]
    fn every_two_characters_without_space_are_a_gram() {
        let text = "Azure の請求書 (invoice) 21vianet。";
        let chars: Vec<char> = text.chars().collect();
        let all = shown(text);
        for pair in chars.windows(2).filter(|pair| !pair.contains(&' ')) {
            assert!(all.contains(&pair.iter().collect()), "{pair:?}");
        }
    }
}
