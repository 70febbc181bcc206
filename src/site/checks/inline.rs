//! What must be the same in both languages: where links lead, code, placeholders, and how much stands in bold.

use std::ops::Range;

use super::pair::Pair;
use super::words::Item;
use crate::diag::{Code, Diagnostic};
use crate::locale::Locale;
use crate::vpath::percent_decode;

/// Reports a link or an image that only one side has.
pub(super) fn links(pair: &Pair<'_>, out: &mut Vec<Diagnostic>) {
    if pair.source.links.is_empty() && pair.target.links.is_empty() {
        return;
    }
    // A fragment in another script is a translated heading's; whether it leads anywhere is checked where links are.
    let translated = |link: &Item| {
        percent_decode(&link.text).split_once('#').is_some_and(|(_, fragment)| fragment.is_empty() || !fragment.is_ascii())
    };
    let fragments = !pair.source.links.iter().chain(&pair.target.links).any(translated);
    let [ours, theirs] = [&pair.source.links, &pair.target.links].map(|links| normal(links, fragments));
    report(pair, Code::LinkDiffers, "address", [&ours, &theirs], counted, out);
}

/// Destinations without what may differ: percent-encoding, and the language of an address or of a parallel file.
fn normal(links: &[Item], fragments: bool) -> Vec<Item> {
    let destination = |text: &str| {
        let text = percent_decode(text);
        let (path, fragment) = text.split_once('#').unwrap_or((&text, ""));
        let path = without_language(path);
        if fragments && !fragment.is_empty() { format!("{path}#{fragment}") } else { path }
    };
    links.iter().map(|link| Item { text: destination(&link.text), at: link.at.clone() }).collect()
}

fn without_language(path: &str) -> String {
    let is_language = |part: &&str| part.contains('-') && Locale::is_part_of_address(part);
    let parts: Vec<&str> = path.split('/').filter(|part| !is_language(part)).collect();
    let mut out = parts.join("/").trim_end_matches('/').to_owned();
    // `name.ja.md` is the translation of `name.md`.
    let stem = out.strip_suffix(".md").and_then(|name| name.rsplit_once('.'));
    if let Some(length) = stem.filter(|(_, tag)| Locale::parse(tag).is_ok()).map(|(stem, _)| stem.len()) {
        out.truncate(length);
        out.push_str(".md");
    }
    out
}

/// Reports inline code that only one side has. How often it is repeated is a matter of grammar.
pub(super) fn code(pair: &Pair<'_>, out: &mut Vec<Diagnostic>) {
    report(pair, Code::CodeDiffers, "code", [&pair.source.code, &pair.target.code], once, out);
}

/// Reports a placeholder that only one side has.
pub(super) fn placeholders(pair: &Pair<'_>, out: &mut Vec<Diagnostic>) {
    let [ours, theirs] = [(pair.source, 0), (pair.target, 1)].map(|(words, side)| -> Vec<Item> {
        let all = placeholders_of(&words.text).into_iter();
        all.map(|range| {
            let at = if side == 0 { pair.source_words(Some(&range)) } else { pair.target_words(Some(&range)) };
            Item { text: words.text[range].to_owned(), at }
        })
        .collect()
    });
    report(pair, Code::PlaceholderDiffers, "placeholder", [&ours, &theirs], once, out);
}

/// Placeholders: `{name}`, `{{name}}`, `${name}`, `%s`, `%1`, `%NAME%`.
fn placeholders_of(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (start, c) in text.char_indices().filter(|(_, c)| matches!(c, '{' | '%')) {
        if found.last().is_some_and(|last| start < last.end) {
            continue;
        }
        let rest = &text[start..];
        let length = if c == '{' { braces(rest) } else { percent(rest).filter(|_| !follows_digit(&text[..start])) };
        found.extend(length.map(|length| start..start + length));
    }
    found
}

fn follows_digit(before: &str) -> bool {
    before.trim_end().ends_with(|c: char| c.is_ascii_digit())
}

fn braces(text: &str) -> Option<usize> {
    let open = text.len() - text.trim_start_matches('{').len();
    let name = text[open..].bytes().take_while(|b| b.is_ascii_alphanumeric() || b"_-.:".contains(b)).count();
    let closes = text[open + name..].bytes().take_while(|b| *b == b'}').count();
    (name > 0 && closes >= open).then_some(2 * open + name)
}

fn percent(text: &str) -> Option<usize> {
    let name = text[1..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let word = &text[1..=name];
    match text.as_bytes().get(1 + name) {
        Some(b'%') if name > 1 && word.bytes().any(|b| b.is_ascii_alphabetic()) => Some(name + 2),
        _ => matches!(word, "s" | "d" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9").then_some(2),
    }
}

/// Reports the first thing on each side that the other lacks, as `count` counts.
fn report(pair: &Pair<'_>, code: Code, what: &str, [ours, theirs]: [&[Item]; 2], count: Count, out: &mut Vec<Diagnostic>) {
    let alone = |all: &'_ [Item], others: &[Item]| all.iter().find(|item| count(all, item) > count(others, item)).cloned();
    let (missing, extra) = (alone(ours, theirs), alone(theirs, ours));
    let message = match (&missing, &extra) {
        (None, None) => return,
        (Some(n), Some(m)) => format!("the source has the {what} `{}`, the target `{}`", n.text, m.text),
        (Some(n), None) => format!("the {what} `{}` of the source is not in the target", n.text),
        (None, Some(m)) => format!("the {what} `{}` is not in the source", m.text),
    };
    let at = extra.map_or_else(|| pair.sides[1].clone(), |item| item.at);
    let there = missing.map_or_else(|| pair.sides[0].clone(), |item| item.at);
    out.push(pair.diagnostic(code, at, message, there, format!("use the {what} of the source, unchanged")));
}

/// How often something counts as standing among others.
type Count = fn(&[Item], &Item) -> usize;

fn counted(items: &[Item], one: &Item) -> usize {
    items.iter().filter(|item| item.text == one.text).count()
}

fn once(items: &[Item], one: &Item) -> usize {
    counted(items, one).min(1)
}

/// Reports that the sides differ in how many times something stands in bold.
pub(super) fn bold(pair: &Pair<'_>, out: &mut Vec<Diagnostic>) {
    let times = |count: usize| if count == 1 { "once".to_owned() } else { format!("{count} times") };
    let [ours, theirs] = [pair.source, pair.target].map(|words| words.strong.len());
    let message = match (ours, theirs) {
        (ours, 0) => format!("the source has bold text {}, the target none", times(ours)),
        (0, theirs) => format!("the target has bold text {}, the source none", times(theirs)),
        (ours, theirs) => format!("the source has bold text {}, the target {}", times(ours), times(theirs)),
    };
    let at = pair.target.strong.last().filter(|_| theirs > ours).cloned().unwrap_or_else(|| pair.sides[1].clone());
    let there = pair.source.strong.last().filter(|_| ours > theirs).cloned().unwrap_or_else(|| pair.sides[0].clone());
    out.push(pair.diagnostic(Code::BoldDiffers, at, message, there, "set in bold what the source emphasises"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_an_address_says_nothing() {
        for (ours, theirs) in [("https://a.example/en-us/b/", "https://a.example/ja-jp/b"), ("x.md", "x.ja.md")] {
            assert_eq!(without_language(ours), without_language(theirs));
        }
        assert_ne!(without_language("a/b.md"), without_language("a/c.md"));
        assert_eq!(without_language("release-1.2.md"), "release-1.2.md");
    }

    #[test]
    fn placeholders_are_those_of_templates_and_shells() {
        for (text, found) in [
            ("Dear {name}, {{user.id}}, ${HOME}", vec!["{name}", "{{user.id}}", "{HOME}"]),
            ("%s of %1 in %TEMP%", vec!["%s", "%1", "%TEMP%"]),
            ("50 %s, 100%, { a b }, {}", vec![]),
        ] {
            let all: Vec<&str> = placeholders_of(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(all, found, "{text}");
        }
    }
}
