//! Breaks found lately. A heading is set in its article and in the list of its contents, a title in its page, beside its neighbours, and in
//! every list of pages: mostly the text was seen before.

use std::cell::RefCell;

use twox_hash::XxHash3_64;

/// How many texts a thread remembers: the headings and titles of some hundred pages, with some hundred bytes for each.
const PLACES: usize = 4096;

/// A text and its breaks.
type Known = Option<(Box<str>, Box<[usize]>)>;

thread_local! {
    /// By the text's hash; a newer text takes the place of an older one.
    static KNOWN: RefCell<Vec<Known>> = const { RefCell::new(Vec::new()) };
}

/// Gives the breaks of a text to `then`.
pub(super) fn with_breaks<T>(text: &str, then: impl FnOnce(&[usize]) -> T) -> T {
    // What is not Japanese has no breaks, which is told at a glance.
    if text.is_ascii() {
        return then(&[]);
    }
    KNOWN.with_borrow_mut(|known| {
        if known.is_empty() {
            known.resize(PLACES, None);
        }
        let place = &mut known[XxHash3_64::oneshot(text.as_bytes()) as usize % PLACES];
        if place.as_ref().is_none_or(|(same, _)| **same != *text) {
            *place = Some((text.into(), super::breaks(text).into()));
        }
        then(place.as_ref().map_or(&[], |(_, breaks)| breaks))
    })
}

#[cfg(test)]
mod tests {
    use super::with_breaks;

    #[test]
    fn what_was_seen_before_has_the_same_breaks() {
        let texts: Vec<String> = (0..9000).map(|n| format!("顧客{n}の代理で問題を報告する")).collect();
        for text in texts.iter().chain(&texts[..3]).chain(&texts[..3]) {
            with_breaks(text, |found| assert_eq!(found, super::super::breaks(text)));
        }
        with_breaks("", |found| assert!(found.is_empty()));
    }
}
