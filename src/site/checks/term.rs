//! The glossary: terms that are kept, or translated one way.

use std::ops::Range;

use super::pair::Pair;
use crate::config::LocaleMap;
use crate::diag::{Code, Diagnostic};
use crate::locale::LocaleId;
use crate::ordered::Map;

/// The terms that have a translation of their own in one locale, the longest first.
#[derive(Debug, Default)]
pub(super) struct Glossary<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Glossary<'a> {
    pub(super) fn new(terms: &'a Map<String, LocaleMap>, locale: LocaleId) -> Self {
        let own = |texts: &'a LocaleMap| texts.get(locale).filter(|(id, _)| *id == locale).map(|(_, text)| text);
        let mut all: Vec<_> = terms.iter().filter_map(|(term, texts)| Some((term.as_str(), own(texts)?))).collect();
        all.sort_unstable_by_key(|(term, _)| (std::cmp::Reverse(term.len()), *term));
        Self(all)
    }

    /// Reports each term of the source whose translation the target lacks, and each that it writes in another case, width or spacing.
    pub(super) fn check(&self, pair: &Pair<'_>, out: &mut Vec<Diagnostic>) {
        let mut taken: Vec<Range<usize>> = Vec::new();
        for (term, translation) in &self.0 {
            let places = occurrences(&pair.source.text, term);
            // A term within a longer one is part of that one.
            let places: Vec<_> =
                places.into_iter().filter(|at| !taken.iter().any(|long| long.start < at.end && at.start < long.end)).collect();
            let Some(first) = places.first() else { continue };
            let target = &pair.target.text;
            let slip = near(target, translation).into_iter().find(|at| target[at.clone()] != **translation);
            if slip.is_some() || !target.contains(translation) {
                out.push(report(pair, term, translation, first, slip));
            }
            taken.extend(places);
        }
    }
}

fn report(pair: &Pair<'_>, term: &str, translation: &str, source: &Range<usize>, slip: Option<Range<usize>>) -> Diagnostic {
    let message = match &slip {
        Some(at) => {
            format!("the target writes `{}`; the glossary has `{translation}` for `{term}`", &pair.target.text[at.clone()])
        }
        None => format!("the target lacks `{translation}`, which the glossary has for `{term}`"),
    };
    let (at, there) = (pair.target_words(slip.as_ref()), pair.source_words(Some(source)));
    pair.diagnostic(Code::TermDiffers, at, message, there, format!("write `{translation}`"))
}

/// Where a text has a term as a word of its own. A term in lower case may begin a sentence, and may stand in the plural.
fn occurrences(text: &str, term: &str) -> Vec<Range<usize>> {
    let lower = !term.chars().any(char::is_uppercase);
    let starts = text.char_indices().map(|(at, _)| at);
    let found = starts.filter_map(|at| {
        let written = text.get(at..at + term.len())?;
        let equal = written == term || (lower && written.eq_ignore_ascii_case(term) && same_but_first(written, term));
        let end = at + term.len();
        (equal && is_bound(text, at..end, lower)).then_some(at..end)
    });
    found.collect()
}

fn same_but_first(written: &str, term: &str) -> bool {
    let rest = |text: &str| text.char_indices().nth(1).map_or(String::new(), |(at, _)| text[at..].to_owned());
    rest(written) == rest(term)
}

/// Whether no letter or digit of the same kind of script goes on at either end.
fn is_bound(text: &str, at: Range<usize>, plural: bool) -> bool {
    let word =
        |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || (c.is_alphabetic() && !super::typography::is_cjk(c)));
    let after = &text[at.end..];
    let after = if plural { after.strip_prefix('s').unwrap_or(after) } else { after };
    !word(text[..at.start].chars().next_back()) && !word(after.chars().next())
}

/// Where a text has a term in any case, width and spacing, as whole words.
fn near(text: &str, term: &str) -> Vec<Range<usize>> {
    let wanted: Vec<char> = folded(term).map(|(_, c)| c).collect();
    let letters: Vec<(Range<usize>, char)> = folded(text).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let same = |window: &&[(Range<usize>, char)]| window.iter().map(|(_, c)| *c).eq(wanted.iter().copied());
    let windows = letters.windows(wanted.len()).filter(same);
    windows
        .filter_map(|window| Some(window.first()?.0.start..window.last()?.0.end))
        .filter(|at| is_bound(text, at.clone(), false))
        .collect()
}

/// The letters of a text in lower case and half width, without spaces.
fn folded(text: &str) -> impl Iterator<Item = (Range<usize>, char)> {
    text.char_indices().filter(|(_, c)| !c.is_whitespace()).map(|(at, c)| {
        let half = match c {
            '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            c => c,
        };
        (at..at + c.len_utf8(), half.to_lowercase().next().unwrap_or(half))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_a_word_of_its_own() {
        assert_eq!(occurrences("21Vianet, 21Vianets, 21Vianet", "21Vianet"), [0..8, 21..29]);
        assert_eq!(occurrences("Customers and customer", "customer"), [0..8, 14..22]);
        assert!(occurrences("CUSTOMER", "customer").is_empty());
        assert!(occurrences("partnership", "partner").is_empty());
    }

    #[test]
    fn a_slip_of_case_width_or_space_is_near() {
        let text = "21 vianet と２１Ｖｉａｎｅｔは21Vianetが";
        let found: Vec<&str> = near(text, "21Vianet").into_iter().map(|at| &text[at]).collect();
        assert_eq!(found, ["21 vianet", "２１Ｖｉａｎｅｔ", "21Vianet"]);
    }
}
