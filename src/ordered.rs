//! Maps and sets in the order of their keys, for some dozens of entries: flat, sorted lists.
//!
//! Not for what a page's text fills, nor anything else of which thousands may come in any order: that takes time with the square of the
//! entries, and the standard library's trees and hash maps stand there. But each type of entry makes some six thousand lines of code of a
//! tree, and a tenth of that of a list.
//!
//! What is built of an iterator is filled entry by entry, and not sorted: a sort is as much code again.

use std::fmt;
use std::marker::PhantomData;

use litemap::LiteMap;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

/// A map in the order of its keys. To insert takes time in proportion to the entries that come after.
pub(crate) type Map<K, V> = LiteMap<K, V>;

/// A map of entries. Of those with the same key it holds the last, as if collected.
pub(crate) fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> Map<K, V> {
    let mut map = Map::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    map
}

/// The same of entries that may fail.
///
/// # Errors
/// The first failure.
pub(crate) fn try_map<K: Ord, V, E>(entries: impl IntoIterator<Item = Result<(K, V), E>>) -> Result<Map<K, V>, E> {
    let mut map = Map::new();
    for entry in entries {
        let (key, value) = entry?;
        map.insert(key, value);
    }
    Ok(map)
}

/// The entries that a parser reads. Short where a parser has one type for all maps: it takes no lists, as that of the crate would.
///
/// # Errors
/// What is wrong with an entry.
pub(crate) fn read<'de, K, V, A>(mut entries: A) -> Result<Map<K, V>, A::Error>
where
    K: Ord + Deserialize<'de>,
    V: Deserialize<'de>,
    A: MapAccess<'de>,
{
    let mut map = Map::new();
    while let Some((key, value)) = entries.next_entry()? {
        map.insert(key, value);
    }
    Ok(map)
}

/// The same for a field of a struct.
///
/// # Errors
/// What is wrong with an entry, or that there is no map.
pub(crate) fn field<'de, K, V, D>(deserializer: D) -> Result<Map<K, V>, D::Error>
where
    K: Ord + Deserialize<'de>,
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_map(Entries(PhantomData))
}

struct Entries<K, V>(PhantomData<(K, V)>);

impl<'de, K: Ord + Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Entries<K, V> {
    type Value = Map<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Map<K, V>, A::Error> {
        read(entries)
    }
}

/// A set of entries.
pub(crate) fn set<T: Ord>(entries: impl IntoIterator<Item = T>) -> Set<T> {
    let mut set = Set::default();
    set.extend(entries);
    set
}

/// A set in the order of its entries. To insert takes time in proportion to the entries that come after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set<T>(Vec<T>);

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> Set<T> {
    /// Puts an entry in; whether it was absent.
    pub(crate) fn insert(&mut self, entry: T) -> bool {
        let place = self.0.binary_search(&entry);
        if let Err(place) = place {
            self.0.insert(place, entry);
        }
        place.is_err()
    }

    pub(crate) fn extend(&mut self, entries: impl IntoIterator<Item = T>) {
        for entry in entries {
            self.insert(entry);
        }
    }

    /// Whether an entry is in the set.
    pub fn contains<Q: Ord + ?Sized>(&self, entry: &Q) -> bool
    where
        T: std::borrow::Borrow<Q>,
    {
        self.0.binary_search_by(|other| other.borrow().cmp(entry)).is_ok()
    }
}

impl<T> std::ops::Deref for Set<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> IntoIterator for Set<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Set<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn what_is_filled_is_what_a_tree_would_hold() {
        let entries = [(3, "three"), (1, "one"), (2, "two"), (1, "the last one")];
        let tree: BTreeMap<_, _> = entries.into_iter().collect();
        assert!(super::map(entries).iter().eq(&tree));
        assert_eq!(super::try_map(entries.map(Ok::<_, ()>)), Ok(super::map(entries)));
        assert_eq!(super::try_map([Ok((1, 1)), Err("one"), Err("two")]), Err("one"));
        let (set, tree) = (super::set(entries), BTreeSet::from(entries));
        assert!(set.iter().eq(&tree) && set.len() == 4);
        assert!(set.contains(&(1, "one")) && !set.contains(&(1, "two")));
    }
}
