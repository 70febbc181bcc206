//! Numbers in languages that begin a fraction with a comma: `1.000,5`. Versions, dates and names keep their full stops there too (`1.2`), and a comma
//! without a space may part a list, so that a number may have several readings.

use std::ops::Range;

use super::{Number, digit, plain, without_zeros};

pub(super) const COMMAS: [char; 2] = [',', '，'];
pub(super) const POINTS: [char; 2] = ['.', '．'];

/// Whether a comma between a number and the rest of the text begins the fraction. In `1,2,3` and `1.2,5` it parts a list.
pub(super) fn begins_fraction(before: &str, rest: &str) -> bool {
    let mut after = rest.trim_start_matches(|c| digit(c).is_some()).chars();
    let goes_on = after.next().is_some_and(is_mark) && after.next().is_some_and(|c| digit(c).is_some());
    !goes_on && !before.contains(COMMAS) && is_grouped(before)
}

/// What a number may mean, with a full stop before its fraction: what the language says, then what is written.
pub(super) fn readings(written: &str) -> Vec<String> {
    let (whole, fraction) = written.split_once(COMMAS).map_or((written, None), |(whole, fraction)| (whole, Some(fraction)));
    let is_own = is_grouped(whole) && !fraction.is_some_and(|fraction| fraction.contains(is_mark));
    let own = is_own.then(|| {
        let fraction = fraction.map(|fraction| format!(".{}", plain(fraction))).unwrap_or_default();
        whole.chars().filter_map(digit).chain(fraction.chars()).collect::<String>()
    });
    let digits = |group: &str| group.chars().take_while(|c| digit(*c).is_some()).count();
    let as_written = written.split(COMMAS).skip(1).all(|group| digits(group) == 3).then(|| plain(written));
    let as_written = as_written.filter(|value| own.as_ref() != Some(value));
    own.into_iter().chain(as_written).collect()
}

/// The digits between full stops and commas, each as a number; none where there is only one.
pub(super) fn parts(text: &str, at: &Range<usize>) -> Vec<Number> {
    let mut end = at.start;
    let part = |piece: &str| {
        let start = end;
        end += piece.len();
        let digits = piece.trim_end_matches(is_mark);
        Number { at: start..start + digits.len(), values: vec![without_zeros(&plain(digits))], parts: Vec::new() }
    };
    let parts: Vec<Number> = text[at.clone()].split_inclusive(is_mark).map(part).filter(|part| !part.at.is_empty()).collect();
    if parts.len() > 1 { parts } else { Vec::new() }
}

/// Whether each full stop stands before exactly three digits, and after some.
fn is_grouped(number: &str) -> bool {
    let mut groups = number.split(POINTS);
    groups.next().is_some_and(|first| !first.is_empty()) && groups.all(|group| group.chars().filter_map(digit).count() == 3)
}

fn is_mark(c: char) -> bool {
    COMMAS.contains(&c) || POINTS.contains(&c)
}
