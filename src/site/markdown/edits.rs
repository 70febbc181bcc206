//! A text changed for parsing, and the way back from its offsets to the original's.
//!
//! What the writer wrote is never touched: repairs for display and marks for the parser are edits of a copy.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;

/// Replacements in a text, by byte ranges of the original. An empty range inserts.
#[derive(Debug, Default, Clone)]
pub(crate) struct Edits {
    list: Vec<(Range<usize>, String)>,
}

impl Edits {
    /// Replaces a range.
    pub(crate) fn replace(&mut self, range: Range<usize>, with: impl Into<String>) {
        self.list.push((range, with.into()));
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// The changed text and the map of its offsets. Of overlapping edits the first by place, then by entry, is done.
    pub(crate) fn apply<'t>(&mut self, text: &'t str) -> (Cow<'t, str>, OffsetMap) {
        if self.list.is_empty() {
            return (Cow::Borrowed(text), OffsetMap::default());
        }
        self.list.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(text.len() + self.list.len() * 8);
        let mut map = OffsetMap::default();
        let mut done = 0;
        for (range, with) in &self.list {
            if range.start < done || range.end > text.len() {
                continue;
            }
            out.push_str(&text[done..range.start]);
            map.anchors.push((out.len(), range.start));
            out.push_str(with);
            map.anchors.push((out.len(), range.end));
            done = range.end;
        }
        out.push_str(&text[done..]);
        (Cow::Owned(out), map)
    }
}

/// Leads from offsets of a changed text to those of the original.
#[derive(Debug, Default, Clone)]
pub(crate) struct OffsetMap {
    /// Pairs of (changed, original): one at the start and one at the end of each edit.
    anchors: Vec<(usize, usize)>,
}

/// Where the last look-up in a sorted list ended: who goes through a text in order finds the next place beside it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Hint(Cell<usize>);

impl Hint {
    /// How many of a sorted list's first elements lie `before`: [`slice::partition_point`], for look-ups that mostly go ahead by little.
    #[inline]
    pub(crate) fn partition_point<T>(&self, list: &[T], before: impl Fn(&T) -> bool) -> usize {
        const NEAR: usize = 5;
        let from = self.0.get();
        let goes_on = from <= list.len() && (from == 0 || before(&list[from - 1]));
        // The same place as the last time: nearly always.
        if goes_on && list.get(from).is_none_or(|next| !before(next)) {
            return from;
        }
        let ahead = &list[from.min(list.len())..list.len().min(from + NEAR)];
        let near = ahead.iter().take_while(|next| before(next)).count();
        let found =
            if goes_on && (near < NEAR || from + near == list.len()) { from + near } else { list.partition_point(before) };
        self.0.set(found);
        found
    }
}

impl OffsetMap {
    /// Where edits stand in the changed text: the first and the last byte of each, or the byte after what was taken away.
    pub(crate) fn edited(&self) -> impl Iterator<Item = usize> + '_ {
        self.anchors.chunks_exact(2).flat_map(|edit| [edit[0].0, edit[1].0.saturating_sub(1).max(edit[0].0)])
    }

    /// The original's offset. Inside inserted text it is the offset of the insertion.
    pub(crate) fn original(&self, changed: usize) -> usize {
        self.original_near(changed, &Hint::default())
    }

    /// The same, for look-ups in order.
    #[inline]
    pub(crate) fn original_near(&self, changed: usize, hint: &Hint) -> usize {
        let next = hint.partition_point(&self.anchors, |(at, _)| *at <= changed);
        let Some((at, original)) = next.checked_sub(1).map(|last| self.anchors[last]) else {
            return changed;
        };
        let mapped = original + (changed - at);
        self.anchors.get(next).map_or(mapped, |(_, limit)| mapped.min(*limit))
    }

    /// The changed text's offset for one of the original; the end of what replaced it, where that is gone.
    pub(crate) fn changed(&self, original: usize) -> usize {
        self.changed_near(original, &Hint::default())
    }

    /// The same, for look-ups in order.
    pub(crate) fn changed_near(&self, original: usize, hint: &Hint) -> usize {
        let next = hint.partition_point(&self.anchors, |(_, at)| *at <= original);
        let Some((changed, at)) = next.checked_sub(1).map(|last| self.anchors[last]) else {
            return original;
        };
        let mapped = changed + (original - at);
        self.anchors.get(next).map_or(mapped, |(limit, _)| mapped.min(*limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lead_back() {
        let mut edits = Edits::default();
        edits.replace(6..6, "XX");
        edits.replace(0..2, "");
        edits.replace(3..5, "日本語");
        let (text, map) = edits.apply("abcdefgh");
        assert_eq!(text, "c日本語fXXgh");
        let back: Vec<_> = [0, 1, 4, 10, 11, 12, 13, 14].map(|at| map.original(at)).into();
        assert_eq!(back, [2, 3, 5, 5, 6, 6, 6, 7]);
    }
}
