//! Where running text needs a closer look: nearly none of it does, and finding out for each of a page's hundreds of stretches by itself
//! costs more than finding all places of the page at once.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::site::markdown::edits::Hint;
use crate::site::markdown::prepare::Prepared;
use crate::site::octets;

static FIND_ADDRESS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("://"));

/// Places of a prepared text, in order: edits (marks, neutral characters, repairs), stars, `://` of bare addresses and, in a script without
/// spaces, each space that may be left over between sentences.
pub(super) struct Stops {
    places: Vec<usize>,
    hint: Hint,
    is_cjk: bool,
}

impl Stops {
    pub(super) fn of(prepared: &Prepared<'_>, is_cjk: bool) -> Self {
        let bytes = prepared.text.as_bytes();
        let mut places: Vec<usize> = prepared.map.edited().collect();
        places.extend(memchr::memchr_iter(b'*', bytes));
        places.extend(FIND_ADDRESS.find_iter(bytes));
        if is_cjk {
            octets::each(bytes, b' ', |at| {
                if at > 0 && may_end_sentence(bytes[at - 1]) {
                    places.push(at);
                }
            });
        }
        // Sorted runs one behind the other, which a stable sort merges.
        places.sort();
        Self { places, hint: Hint::default(), is_cjk }
    }

    /// Whether a stretch of the prepared text is words and nothing else.
    pub(super) fn none_in(&self, text: &str, range: &Range<usize>) -> bool {
        let first = self.hint.partition_point(&self.places, |place| *place < range.start);
        let none = self.places.get(first).is_none_or(|place| *place >= range.end);
        // What stands before a space at the start is not known here.
        none && !(self.is_cjk && text.as_bytes().get(range.start) == Some(&b' '))
    }
}

/// Whether a byte is the last of one of the characters after which [`is_leftover_space`](super::text::is_leftover_space) looks for a space.
fn may_end_sentence(byte: u8) -> bool {
    matches!(byte, 0x81 | 0x82 | 0x89 | 0x8D | 0x8F | 0x91 | 0x9F)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_character_that_may_end_a_sentence_is_looked_after() {
        let ends = ('\u{80}'..='\u{FFFF}').filter(|c| crate::site::markdown::text::is_leftover_space(*c, '次'));
        let bytes: Vec<u8> = ends.map(|c| *c.encode_utf8(&mut [0; 4]).as_bytes().last().unwrap()).collect();
        assert_eq!(bytes.len(), 7);
        assert!(bytes.into_iter().all(super::may_end_sentence));
        assert!(('\0'..'\u{80}').all(|c| !crate::site::markdown::text::is_leftover_space(c, '次')));
    }
}
