//! Where running text needs a closer look: nearly none of it does, and finding out for each of a page's hundreds of stretches by itself
//! costs more than finding all places of the page at once.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::site::markdown::edits::Hint;
use crate::site::markdown::prepare::Prepared;
use crate::site::octets;

static FIND_ADDRESS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("://"));

/// Places of a prepared text: edits (marks, neutral characters, repairs), stars, `://` of bare addresses and, in a script without spaces,
/// each space that may be left over between sentences. Each kind stands in a list of its own, in order: nothing has to be sorted.
pub(super) struct Stops {
    places: [Sorted; 4],
    is_cjk: bool,
}

/// Places of one kind, in order, and where the last look-up ended.
struct Sorted {
    all: Vec<usize>,
    hint: Hint,
}

impl Sorted {
    #[inline]
    fn none_in(&self, range: &Range<usize>) -> bool {
        let first = self.hint.partition_point(&self.all, |place| *place < range.start);
        self.all.get(first).is_none_or(|place| *place >= range.end)
    }
}

impl Stops {
    pub(super) fn of(prepared: &Prepared<'_>, is_cjk: bool) -> Self {
        let (bytes, map, near) = (prepared.text.as_bytes(), &prepared.map, Hint::default());
        let edited = map.edited().collect();
        let stars = prepared.stars.iter().map(|star| map.changed_near(*star, &near)).collect();
        let addresses = FIND_ADDRESS.find_iter(bytes).collect();
        let mut spaces = Vec::new();
        if is_cjk {
            octets::each(bytes, b' ', |at| {
                if at > 0 && may_end_sentence(bytes[at - 1]) {
                    spaces.push(at);
                }
            });
        }
        let places = [edited, stars, addresses, spaces].map(|all| Sorted { all, hint: Hint::default() });
        Self { places, is_cjk }
    }

    /// Whether a stretch of the prepared text is words and nothing else.
    pub(super) fn none_in(&self, text: &str, range: &Range<usize>) -> bool {
        // What stands before a space at the start is not known here.
        let may_begin_with_space = self.is_cjk && text.as_bytes().get(range.start) == Some(&b' ');
        !may_begin_with_space && self.places.iter().all(|places| places.none_in(range))
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
