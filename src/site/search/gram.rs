//! Grams: the overlapping pieces of a folded text by which its pages are found.
//!
//! - Every two characters without a space between or beside them; where one of them is [dense](super::fold::is_dense), with a space as well.
//! - Every three characters of which none is dense, spaces among them, unless the first or last is the only one that is none.
//!
//! So a query of two characters is one gram, and a longer one has grams for every part of it.

use rustc_hash::FxHashMap;

use super::fold::is_dense;

/// A gram as a number: its characters in 21 bits each, the first lowest; the third is 0 where there are two.
pub type Gram = u64;

const BITS: u32 = 21;

/// The grams of a folded text, in its order, with repetitions.
pub fn grams(folded: &str) -> impl Iterator<Item = Gram> + '_ {
    let mut window = [None::<char>; 2];
    folded.chars().flat_map(move |c| {
        let [a, b] = window;
        window = [b, Some(c)];
        let two = b.and_then(|b| pair(b, c));
        let three = a.zip(b).and_then(|(a, b)| triple(a, b, c));
        two.into_iter().chain(three)
    })
}

fn pair(a: char, b: char) -> Option<Gram> {
    let spaced = a == ' ' || b == ' ';
    (!spaced || is_dense(a) || is_dense(b)).then(|| u64::from(u32::from(a)) | u64::from(u32::from(b)) << BITS)
}

fn triple(a: char, b: char, c: char) -> Option<Gram> {
    let dense = is_dense(a) || is_dense(b) || is_dense(c);
    (!dense).then(|| u64::from(u32::from(a)) | u64::from(u32::from(b)) << BITS | u64::from(u32::from(c)) << (2 * BITS))
}

/// The characters of a gram.
pub fn characters(gram: Gram) -> impl Iterator<Item = char> {
    (0..3).map(move |at| (gram >> (at * BITS)) as u32 & 0x1F_FFFF).filter(|c| *c != 0).filter_map(char::from_u32)
}

/// A number by which grams are in the order of their characters, the first of them first.
pub fn in_order(gram: Gram) -> u64 {
    let part = |at: u32| gram >> (at * BITS) & 0x1F_FFFF;
    part(0) << (2 * BITS) | part(1) << BITS | part(2)
}

/// The file of so many (a power of two) that a gram stands in: FNV-1a (32 bits) over its characters, and the upper half folded on the lower.
pub fn shard(gram: Gram, shards: usize) -> usize {
    let hash = characters(gram).fold(0x811C_9DC5_u32, |hash, c| (hash ^ u32::from(c)).wrapping_mul(0x0100_0193));
    (hash ^ hash >> 15) as usize & (shards - 1)
}

/// The grams of one page, each once, with whether it stands in a heading; reused from page to page.
#[derive(Debug, Default)]
pub struct Collector {
    seen: FxHashMap<Gram, bool>,
}

impl Collector {
    /// Collects the grams of a folded text and of its folded headings.
    pub fn collect<'h>(&mut self, text: &str, headings: impl IntoIterator<Item = &'h str>) -> Vec<(Gram, bool)> {
        self.seen.clear();
        for heading in headings {
            self.seen.extend(grams(heading).map(|gram| (gram, true)));
        }
        for gram in grams(text) {
            self.seen.entry(gram).or_insert(false);
        }
        self.seen.iter().map(|(gram, heading)| (*gram, *heading)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        grams(text).map(|gram| characters(gram).collect()).collect()
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
