//! The numbers of a text, as values that can be compared across languages.

mod comma;
mod said;
mod spaced;

use std::iter;
use std::ops::Range;

use said::is_explained;
pub(super) use spaced::with_spaces;

/// A number of a text, and the values it may have: `150` of `150 万` is 150 by itself, and 1500000 with its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) at: Range<usize>,
    pub(super) values: Vec<String>,
    /// The numbers that it may be instead of one: those of a date, a time or a list, in a language that could mean a fraction.
    parts: Vec<Number>,
}

impl Number {
    /// Whether two numbers may be the same.
    fn meets(&self, other: &Self) -> bool {
        self.values.iter().any(|value| other.values.contains(value))
    }

    /// The number, and what it may be instead.
    fn with_parts(&self) -> impl Iterator<Item = &Self> {
        iter::once(self).chain(&self.parts)
    }

    /// The number by itself, if it is whole and small enough for a word or a clock.
    pub(super) fn small(&self) -> Option<u32> {
        self.values.first()?.parse().ok()
    }
}

/// Whether the other text says a number of a text as well, whole or in parts, or explains why it does not.
pub(super) fn is_said(number: &Number, own: &str, other: &str, others: &[Number]) -> bool {
    let met = || others.iter().flat_map(Number::with_parts).any(|one| number.meets(one));
    let in_parts = || !number.parts.is_empty() && number.parts.iter().all(|part| is_said(part, own, other, others));
    met() || is_explained(number, own, other, others) || in_parts()
}

/// Whether a number counts things that the other text may just list: up to ten, with the Japanese counter つ.
pub(super) fn is_count(number: &Number, text: &str) -> bool {
    number.small().is_some_and(|value| value <= 10) && text[number.at.end..].trim_start().starts_with('つ')
}

/// Powers of ten that follow a number as words. `K` and `M` stand directly behind it.
const SCALES: [(&str, usize); 17] = [
    ("百万", 6),
    ("千万", 7),
    ("百", 2),
    ("千", 3),
    ("万", 4),
    ("萬", 4),
    ("億", 8),
    ("亿", 8),
    ("兆", 12),
    ("만", 4),
    ("억", 8),
    ("hundred", 2),
    ("thousand", 3),
    ("million", 6),
    ("billion", 9),
    ("trillion", 12),
    ("lakh", 5),
];

/// The numbers of a text in order. Digits of any width count; a comma, a full stop or a space groups digits or begins a fraction as it may do in
/// the text's language (`decimal_comma`: `1.000,5`, but also version `1.2`).
pub(super) fn numbers(text: &str, decimal_comma: bool) -> Vec<Number> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c| digit(c).is_some()).map(|first| at + first) {
        let end = start + written(&text[start..], decimal_comma);
        let bare = !text[start..end].contains('.') && is_bare_fraction(&text[..start]);
        let start = if bare { start - 1 } else { start };
        found.push(number(text, start..end, decimal_comma));
        at = end;
    }
    found
}

/// Whether the digits after this text are a fraction without its zero: `.5`.
fn is_bare_fraction(before: &str) -> bool {
    before.strip_suffix('.').is_some_and(|before| before.is_empty() || before.ends_with([' ', '\u{a0}', '(', '$']))
}

/// A decimal digit of either width.
fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
        _ => None,
    }
}

/// How long the number is that a text begins with: digits, and single separators between digits.
fn written(text: &str, decimal_comma: bool) -> usize {
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let rest = &text[at + c.len_utf8()..];
        let fraction = || decimal_comma && comma::COMMAS.contains(&c) && comma::begins_fraction(&text[..at], rest);
        let goes_on = digit(c).is_some() || (next.is_some_and(|n| digit(n).is_some()) && (separates(c, rest) || fraction()));
        if !goes_on {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}

/// Whether a character stands within a number of any language, before the rest of the text. Commas and spaces only group digits by three.
fn separates(c: char, rest: &str) -> bool {
    let three = || {
        let mut rest = rest.chars();
        rest.by_ref().take(3).filter(|c| digit(*c).is_some()).count() == 3 && rest.next().is_none_or(|c| digit(c).is_none())
    };
    match c {
        '.' | '．' => true,
        ',' | '，' | '\'' | '’' | '\u{a0}' | '\u{202f}' => three(),
        _ => false,
    }
}

fn number(text: &str, at: Range<usize>, decimal_comma: bool) -> Number {
    let written = &text[at.clone()];
    if !decimal_comma {
        return Number { values: values(&plain(written), text, &at, true), at, parts: Vec::new() };
    }
    let readings = comma::readings(written);
    let values = readings.iter().flat_map(|reading| values(reading, text, &at, readings.len() == 1)).collect();
    Number { values, parts: comma::parts(text, &at), at }
}

/// A number as it is written, without what groups its digits where a full stop begins the fraction.
fn plain(written: &str) -> String {
    written.chars().filter_map(|c| digit(c).or(comma::POINTS.contains(&c).then_some('.'))).collect()
}

/// The values that one reading of a number may have by what stands around it. Two thousand that may be `2.000` is not 2 (`is_sure`).
fn values(reading: &str, text: &str, at: &Range<usize>, is_sure: bool) -> Vec<String> {
    let value = without_zeros(reading);
    let mut values = vec![value.clone()];
    if value.len() == 2 && text[..at.start].ends_with(['\'', '’', '‘']) {
        values.extend([format!("20{value}"), format!("19{value}")]);
    }
    // A fraction of nothing, as in 2.0, may be left out.
    let of_nothing = |fraction: &str| is_sure && fraction.bytes().all(|digit| digit == b'0');
    if let Some((whole, _)) = value.split_once('.').filter(|(_, fraction)| of_nothing(fraction)) {
        values.push(whole.to_owned());
    }
    // The 1990s are the 90s.
    if value.len() == 4 && text[at.end..].starts_with('s') {
        values.push(value[2..].to_owned());
    }
    values.extend(scale(&text[at.end..]).map(|zeros| scaled(&value, zeros)));
    values
}

/// A version is kept as it is: only zeros before the first digit say nothing.
fn without_zeros(value: &str) -> String {
    let kept = value.trim_start_matches('0');
    if kept.is_empty() || kept.starts_with('.') { format!("0{kept}") } else { kept.to_owned() }
}

/// The power of ten that a text begins with, after a space or a hyphen.
fn scale(text: &str) -> Option<usize> {
    let word = text.strip_prefix([' ', '\u{a0}', '-']).unwrap_or(text);
    let is_word = |name: &str| {
        let end = word.get(name.len()..).and_then(|rest| rest.chars().next());
        word.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
            && !end.is_some_and(|c| c.is_ascii_alphabetic() && name.is_ascii() && c != 's')
    };
    let direct = |letter: char| text.strip_prefix(letter).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
    match () {
        () if direct('K') || direct('k') => Some(3),
        () if direct('M') => Some(6),
        () => SCALES.iter().find(|(name, _)| is_word(name)).map(|(_, zeros)| *zeros),
    }
}

/// A value with its decimal point moved to the right.
fn scaled(value: &str, zeros: usize) -> String {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let kept = fraction.get(zeros..).unwrap_or_default();
    let moved = &fraction[..fraction.len() - kept.len()];
    let point = if kept.is_empty() { "" } else { "." };
    without_zeros(&format!("{whole}{moved}{}{point}{kept}", "0".repeat(zeros - moved.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_values(text: &str, decimal_comma: bool) -> String {
        let all = numbers(text, decimal_comma);
        all.iter().map(|number| number.values.join("=")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for (text, found) in [
            ("Office 365, 21Vianet and E5.", "365 21 5"),
            ("１２３と４．５", "123 4.5"),
            ("1,000 and 10,20 and 1.5", "1000 10 20 1.5"),
            ("version 1.02.3.", "1.02.3"),
            ("01/31/2021", "1 31 2021"),
            ("150 万、1.5 million, 5K, 10 KB", "150=1500000 1.5=1500000 5=5000 10"),
            ("1,000,000", "1000000"),
            ("+1 (425) 555-0100", "1 425 555 100"),
            ("0.50 007", "0.50 7"),
            ("no number", ""),
            (".10 und v.5, ver .1.1", "0.10 5 1.1"),
            ("the 1990s", "1990=90"),
            ("2.0 and 1.0.0", "2.0=2 1.0.0"),
            ("April '19", "19=2019=1919"),
        ] {
            assert_eq!(all_values(text, false), found, "{text}");
        }
    }

    #[test]
    fn a_comma_may_begin_the_fraction_and_a_full_stop_group() {
        for (text, found) in [
            // What groups digits may also be a version, and a comma before digits is the fraction.
            ("1.000 und 2,5 %", "1000=1.000 2.5"),
            ("TLS 1.2, 2.0 und 2,0", "1.2 2.0=2 2.0=2"),
            ("1.000,5 und 1\u{202f}000,5", "1000.5 1000.5"),
            ("1.000.000", "1000000=1.000.000"),
            ("31.12.2021", "31.12.2021"),
            ("2,500 und 1,000.5", "2.500=2500 1000.5"),
            ("２，５", "2.5"),
            ("1,2,3", "1 2.3"),
            ("1.2,1.3 und 1.2,5", "1.2 1.3 1.2 5"),
            ("2,5, dann 3,5.", "2.5 3.5"),
            ("2,5 million", "2.5=2500000"),
            (".500", "0.500"),
        ] {
            assert_eq!(all_values(text, true), found, "{text}");
        }
    }

    /// Whether an English text and a German one say the same numbers.
    fn agree(english: &str, german: &str) -> bool {
        let (ours, theirs) = (numbers(english, false), numbers(german, true));
        ours.iter().all(|number| is_said(number, english, german, &theirs))
            && theirs.iter().all(|number| is_said(number, german, english, &ours))
    }

    #[test]
    fn numbers_of_two_languages_are_compared_by_what_they_may_mean() {
        for (english, german) in [
            ("Use TLS 1.2 or later.", "Verwenden Sie TLS 1.2 oder höher."),
            ("2.5%", "2,5 %"),
            ("1,000.5", "1.000,5"),
            ("10,000 files", "10.000 Dateien"),
            ("1,000", "1,000"),
            ("192.168.100.200", "192.168.100.200"),
            ("31.12.2021", "31.12.2021"),
            ("12/31/2021", "31.12.2021"),
            ("December 31, 2021", "31.12.2021"),
            ("2:30 PM", "14.30 Uhr"),
            ("ports 80,443 and 3,4,5", "Ports 80,443 und 3,4,5"),
            ("Windows 8.1,10", "Windows 8.1,10"),
        ] {
            assert!(agree(english, german), "{english} / {german}");
        }
        for (english, german) in [
            ("TLS 1.2", "TLS 1.3"),
            ("2.5%", "2,6 %"),
            ("2.5%", "5,2 %"),
            ("2 files", "2,5 Dateien"),
            ("2 files", "2.000 Dateien"),
            ("1,500", "1,5"),
            ("1.5", "1.500"),
            ("12/30/2021", "31.12.2021"),
        ] {
            assert!(!agree(english, german), "{english} / {german}");
        }
    }
}
