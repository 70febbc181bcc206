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
    let [ours, theirs] = [&pair.source.links, &pair.target.links].map(|links| normal(links));
    report(pair, Code::LinkDiffers, "address", &ours, &theirs, out);
}

/// Destinations without what may differ: percent-encoding, and the language of an address or of a parallel file.
fn normal(links: &[Item]) -> Vec<Item> {
    links.iter().map(|link| Item { text: without_language(&percent_decode(&link.text)), at: link.at.clone() }).collect()
}

fn without_language(destination: &str) -> String {
    let (path, fragment) = destination.split_once('#').map_or((destination, None), |(path, fragment)| (path, Some(fragment)));
    let is_tag = |part: &str| {
        let (language, region) = part.split_once('-').unwrap_or((part, ""));
        language.len() == 2 && (region.len() == 2 || region.len() == 4) && Locale::parse(part).is_ok()
    };
    let parts: Vec<&str> = path.split('/').filter(|part| !is_tag(part)).collect();
    let mut out = parts.join("/").trim_end_matches('/').to_owned();
    // `name.ja.md` is the translation of `name.md`.
    let stem = out.strip_suffix(".md").and_then(|name| name.rsplit_once('.'));
    if let Some(length) = stem.filter(|(_, tag)| Locale::parse(tag).is_ok()).map(|(stem, _)| stem.len()) {
        out.truncate(length);
        out.push_str(".md");
    }
    // A fragment in another script is a translated heading's; whether it leads anywhere is checked where links are.
    match fragment.filter(|fragment| fragment.is_ascii()) {
        Some(fragment) => format!("{out}#{fragment}"),
        None => out,
    }
}

/// Reports inline code that only one side has.
pub(super) fn code(pair: &Pair<'_>, out: &mut Vec<Diagnostic>) {
    report(pair, Code::CodeDiffers, "code", &pair.source.code, &pair.target.code, out);
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
    report(pair, Code::PlaceholderDiffers, "placeholder", &ours, &theirs, out);
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

/// Reports the first thing on each side that the other has fewer of.
fn report(pair: &Pair<'_>, code: Code, what: &str, ours: &[Item], theirs: &[Item], out: &mut Vec<Diagnostic>) {
    let (missing, extra) = (first_alone(ours, theirs), first_alone(theirs, ours));
    let message = match (missing, extra) {
        (None, None) => return,
        (Some(n), Some(m)) => format!("the source has the {what} `{}`, the target `{}`", n.text, m.text),
        (Some(n), None) => format!("the {what} `{}` of the source is not in the target", n.text),
        (None, Some(m)) => format!("the {what} `{}` is not in the source", m.text),
    };
    let at = extra.map_or_else(|| pair.sides[1].clone(), |item| item.at.clone());
    let there = missing.map_or_else(|| pair.sides[0].clone(), |item| item.at.clone());
    out.push(pair.diagnostic(code, at, message, there, format!("use the {what} of the source, unchanged")));
}

/// The first thing of which there are more in `all` than in `others`.
fn first_alone<'i>(all: &'i [Item], others: &[Item]) -> Option<&'i Item> {
    let count = |items: &[Item], text: &str| items.iter().filter(|item| item.text == text).count();
    all.iter().find(|item| count(all, &item.text) > count(others, &item.text))
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
        for (ours, theirs) in [
            ("https://a.example/en-us/b/", "https://a.example/ja-jp/b"),
            ("x.md#a", "x.ja.md#a"),
            ("x.md#a-b", "x.md#%E8%A6%8B%E5%87%BA%E3%81%97"),
        ] {
            let [ours, theirs] = [ours, theirs].map(|link| without_language(&percent_decode(link)));
            assert!(ours == theirs || ours.split('#').next() == Some(&theirs), "{ours} {theirs}");
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
