//! Segment keys of one page, each with its ordinal among equal source texts.

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::site::unit::SegmentKey;

/// Counts how often each text was given a key, by the text's hash.
#[derive(Default)]
pub(super) struct Keys(FxHashMap<u64, usize>);

impl Keys {
    /// Keys for about so many segments.
    pub(super) fn with_capacity(segments: usize) -> Self {
        Self(FxHashMap::with_capacity_and_hasher(segments, FxBuildHasher))
    }

    /// The key of the next segment with this source text.
    pub(super) fn key(&mut self, source: &str) -> SegmentKey {
        let hash = SegmentKey::hash(source);
        let seen = self.0.entry(hash).or_insert(0);
        *seen += 1;
        SegmentKey::from_hash(hash, *seen - 1)
    }
}
