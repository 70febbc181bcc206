//! Numbers whose digits are grouped by plain spaces: `10 000` and `1 234,5`, in languages that begin a fraction with a comma. A space parts numbers
//! as well (`Windows 10 100 users`), so that they are read as one only where the other text has that one.

use std::ops::Range;

use super::comma::COMMAS;
use super::{Number, digit, number};

/// The numbers of a text; those that single spaces part are one number where they can be grouped digits and the others have it.
pub(in super::super) fn with_spaces(numbers: Vec<Number>, text: &str, others: &[Number]) -> Vec<Number> {
    let mut joined = Vec::with_capacity(numbers.len());
    let mut rest = numbers.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let groups = 1 + groups_after(first, after, text);
        // The longest that the others have: `1 234 567` may be followed by a number of three digits.
        let one = (2..=groups).rev().find_map(|length| {
            let one = number(text, first.at.start..rest[length - 1].at.end, true);
            others.iter().any(|other| one.meets(other)).then_some((one, length))
        });
        let (one, length) = one.unwrap_or_else(|| (first.clone(), 1));
        joined.push(one);
        rest = &rest[length..];
    }
    joined
}

/// How many of the numbers after a first one may be groups of its digits. A group with a fraction is the last.
fn groups_after(first: &Number, after: &[Number], text: &str) -> usize {
    const MOST: usize = 5;
    if !is_digits(&text[first.at.clone()], 1..4) {
        return 0;
    }
    let mut end = first.at.end;
    let mut count = 0;
    for next in after.iter().take(MOST) {
        let group = &text[next.at.clone()];
        let (whole, fraction) = group.split_once(COMMAS).map_or((group, None), |(whole, fraction)| (whole, Some(fraction)));
        if &text[end..next.at.start] != " " || !is_digits(whole, 3..4) {
            break;
        }
        count += 1;
        end = next.at.end;
        if fraction.is_some() {
            break;
        }
    }
    count
}

/// Whether a text is so many digits.
fn is_digits(text: &str, count: Range<usize>) -> bool {
    count.contains(&text.chars().count()) && text.chars().all(|c| digit(c).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::{is_said, numbers};
    use super::*;

    /// Whether an English text and a French one say the same numbers.
    fn agree(english: &str, french: &str) -> bool {
        let ours = numbers(english, false);
        let theirs = with_spaces(numbers(french, true), french, &ours);
        ours.iter().all(|number| is_said(number, english, french, &theirs))
            && theirs.iter().all(|number| is_said(number, french, english, &ours))
    }

    #[test]
    fn a_space_groups_digits_where_the_source_has_that_number() {
        for (english, french) in [
            ("10,000 files", "10 000 fichiers"),
            ("1,234.5 and 1,234,567", "1 234,5 et 1 234 567"),
            ("10,000 of 100 users", "10 000 100 utilisateurs"),
            ("Windows 10 100 users", "Windows 10 100 utilisateurs"),
            ("from 10 to 1,000", "de 10 à 1 000"),
            ("1,000 to 2,000", "1 000 – 2 000"),
        ] {
            assert!(agree(english, french), "{english} / {french}");
        }
        for (english, french) in [
            ("10,000 files", "10 00 fichiers"),
            ("10,000 files", "10  000 fichiers"),
            ("10,000 files", "1 0000 fichiers"),
            ("10 users", "10 100 utilisateurs"),
            ("10,100 users", "10 200 utilisateurs"),
            ("1,234.5", "1 234,6"),
            ("1,000", "1000 000"),
        ] {
            assert!(!agree(english, french), "{english} / {french}");
        }
    }
}
