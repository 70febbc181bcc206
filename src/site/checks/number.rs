//! The numbers of a text, as values that can be compared across languages.

mod said;

use std::ops::Range;

pub(super) use said::is_explained;

/// A number of a text, and the values it may have: `150` of `150 万` is 150 by itself, and 1500000 with its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) at: Range<usize>,
    pub(super) values: Vec<String>,
}

impl Number {
    /// Whether two numbers may be the same.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.values.iter().any(|value| other.values.contains(value))
    }

    /// The number by itself, if it is whole and small enough for a word or a clock.
    pub(super) fn small(&self) -> Option<u32> {
        self.values.first()?.parse().ok()
    }
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

/// The numbers of a text in order. Digits of any width count; a comma, a full stop or a space groups digits or begins a fraction as it does in
/// the text's language (`decimal_comma`: `1.000,5`).
pub(super) fn numbers(text: &str, decimal_comma: bool) -> Vec<Number> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c| digit(c).is_some()).map(|first| at + first) {
        let end = start + written(&text[start..]);
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
fn written(text: &str) -> usize {
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let goes_on =
            digit(c).is_some() || (separates(c, &text[at + c.len_utf8()..]) && next.is_some_and(|n| digit(n).is_some()));
        if !goes_on {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}

/// Whether a character stands within a number, before the rest of the text. Spaces only group digits by three.
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
    let plain: String = text[at.clone()].chars().filter_map(|c| digit(c).or(matches!(c, '.' | '．').then_some('.'))).collect();
    // Where a comma begins the fraction a full stop groups, and neither tells what the other text means by it.
    let value = if decimal_comma { plain.replace('.', "") } else { plain };
    let value = without_zeros(&value);
    let mut values = vec![value.clone()];
    if value.len() == 2 && text[..at.start].ends_with(['\'', '’', '‘']) {
        values.extend([format!("20{value}"), format!("19{value}")]);
    }
    // A fraction of nothing, as in 2.0, may be left out.
    if let Some((whole, _)) = value.split_once('.').filter(|(_, fraction)| fraction.bytes().all(|digit| digit == b'0')) {
        values.push(whole.to_owned());
    }
    // The 1990s are the 90s.
    if value.len() == 4 && text[at.end..].starts_with('s') {
        values.push(value[2..].to_owned());
    }
    values.extend(scale(&text[at.end..]).map(|zeros| scaled(&value, zeros)));
    Number { at, values }
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

    fn values(text: &str, decimal_comma: bool) -> String {
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
            assert_eq!(values(text, false), found, "{text}");
        }
        assert_eq!(values("1.000 und 2,5 %", true), "1000 2 5");
    }
}
