//! Ordered maps and sets, filled entry by entry.
//!
//! `collect` sorts the entries before it builds a map of them. That sort is compiled anew for each type of entry, and for maps even for each
//! iterator: more than two thousand lines each time, for maps that mostly have a dozen entries. Where there are many, `collect` is faster.

use std::collections::{BTreeMap, BTreeSet};

/// A map of entries. Of those with the same key it holds the last, as if collected.
pub(crate) fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    map
}

/// The same of entries that may fail.
///
/// # Errors
/// The first failure.
pub(crate) fn try_map<K: Ord, V, E>(entries: impl IntoIterator<Item = Result<(K, V), E>>) -> Result<BTreeMap<K, V>, E> {
    let mut map = BTreeMap::new();
    for entry in entries {
        let (key, value) = entry?;
        map.insert(key, value);
    }
    Ok(map)
}

/// A set of entries.
pub(crate) fn set<T: Ord>(entries: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    for entry in entries {
        set.insert(entry);
    }
    set
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_filled_is_what_would_be_collected() {
        let entries = [(3, "three"), (1, "one"), (2, "two"), (1, "the last one")];
        assert_eq!(super::map(entries), entries.into_iter().collect());
        assert_eq!(super::try_map(entries.map(Ok::<_, ()>)), Ok(super::map(entries)));
        assert_eq!(super::try_map([Ok((1, 1)), Err("one"), Err("two")]), Err("one"));
        assert_eq!(super::set(entries), entries.into_iter().collect());
    }
}
