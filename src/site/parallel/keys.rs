//! Segment keys of one page, each with its ordinal among equal source texts.

use std::collections::HashMap;

use crate::site::unit::SegmentKey;

/// Counts how often each key was given.
#[derive(Default)]
pub(super) struct Keys(HashMap<SegmentKey, usize>);

impl Keys {
    /// The key of the next segment with this source text.
    pub(super) fn key(&mut self, source: &str) -> SegmentKey {
        let first = SegmentKey::new(source, 0);
        let seen = self.0.entry(first.clone()).or_insert(0);
        *seen += 1;
        if *seen == 1 { first } else { SegmentKey::new(source, *seen - 1) }
    }
}
