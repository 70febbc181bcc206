//! Segments that have no translation.

use super::pair::Pair;
use super::words::OBJECT;
use crate::diag::{Code, Diagnostic};
use crate::locale::Locale;
use crate::site::markdown::cjk::is_cjk_or_hangul;

/// Reports a segment without target text, or with that of the source, and tells whether it is one.
pub(super) fn check(pair: &Pair<'_>, out: &mut Vec<Diagnostic>) -> bool {
    let [source, target] = pair.markdown();
    if target.trim().is_empty() && pair.source.text.contains(char::is_alphanumeric) {
        let [_, locale] = pair.locales;
        let message = format!("the segment has no text in {locale}");
        out.push(pair.diagnostic(
            Code::TranslationMissing,
            pair.sides[1].clone(),
            message,
            pair.sides[0].clone(),
            "translate the source",
        ));
        return true;
    }
    let same = source.split_whitespace().eq(target.split_whitespace());
    if !(same && is_prose(&pair.source.text, pair.locales[0]) || is_english(pair)) {
        return same;
    }
    let message = if same { "the target is the text of the source" } else { "the target is not translated" };
    out.push(pair.diagnostic(
        Code::SegmentUntranslated,
        pair.sides[1].clone(),
        message,
        pair.sides[0].clone(),
        "translate it, or allow it here if it is a name",
    ));
    true
}

/// Whether the target is English prose where its language has another script.
fn is_english(pair: &Pair<'_>) -> bool {
    let [_, locale] = pair.locales;
    let foreign = matches!(locale.language(), "ja" | "zh" | "yue" | "ko" | "ru" | "uk" | "bg" | "el" | "th" | "he" | "ar" | "hi");
    foreign && pair.target.text.chars().all(|c| c.is_ascii() || !c.is_alphabetic()) && is_english_prose(&pair.target.text)
}

fn is_prose(text: &str, locale: &Locale) -> bool {
    if locale.is_cjk() || locale.language() == "ko" {
        return text.chars().filter(|c| is_cjk_or_hangul(*c)).count() > 8;
    }
    if locale.language() == "en" { is_english_prose(text) } else { lower_words(text).count() >= 4 }
}

/// Words that stand in sentences, and hardly ever in names and titles of products.
const SENTENCE_WORDS: [&str; 39] = [
    "is", "are", "was", "were", "be", "been", "has", "have", "had", "will", "can", "must", "should", "may", "you", "your",
    "they", "their", "it", "its", "we", "our", "this", "that", "these", "those", "which", "when", "if", "how", "what", "who",
    "not", "the", "an", "to", "or", "please", "and",
];

/// Whether a text is English sentences rather than names: at least four words, two of them such as sentences are made of.
fn is_english_prose(text: &str) -> bool {
    let words =
        text.split(|c: char| c.is_whitespace() || c == OBJECT).map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let words: Vec<&str> = words.filter(|word| word.contains(char::is_alphabetic)).collect();
    let in_sentences = words.iter().filter(|word| SENTENCE_WORDS.contains(word)).count();
    words.len() >= 4 && in_sentences >= 2
}

/// Words in lower case, which names rarely have.
fn lower_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() > 1 && word.chars().all(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_prose() {
        for text in [
            "Azure Active Directory Premium P2 for Faculty",
            "Microsoft 365 Business Voice (without calling plan)",
            "Cloud Solution Provider Terms and Conditions of Use",
            "select Field1 from Table where Field2 = 'your name'",
            "GET /v1/customers/{customer_id}/users",
        ] {
            assert!(!is_english_prose(text), "{text}");
        }
        assert!(is_english_prose("Select the customer that you want to help."));
    }
}
