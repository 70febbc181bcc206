//! Slips of the pen: a word that stands twice, a bracket without its counterpart.

use std::ops::Range;

use super::pair::Pair;
use super::words::OBJECT;
use crate::diag::{Code, Diagnostic};

/// Reports a word of the target that stands twice in a row, unless the source has it so.
pub(super) fn doubled(pair: &Pair<'_>, out: &mut Vec<Diagnostic>) {
    let [source, target] = [&pair.source.text, &pair.target.text];
    let locale = pair.locales[1];
    let found = if locale.is_cjk() { doubled_particle(target) } else { doubled_word(target, locale.language()) };
    if let Some(range) = found.filter(|range| !source.contains(&target[range.clone()])) {
        let message = format!("`{}` says the same word twice", &target[range.clone()]);
        let at = pair.target_words(Some(&range));
        out.push(pair.diagnostic(Code::WordDoubled, at, message, pair.sides[0].clone(), "keep one of the two"));
    }
}

/// A particle twice, of those that never follow themselves. の does after も (ものの).
fn doubled_particle(text: &str) -> Option<Range<usize>> {
    let found = ["をを", "がが", "にに", "のの"].iter().flat_map(|pair| text.match_indices(pair));
    let meant = |at: usize, pair: &str| pair == "のの" && text[..at].ends_with('も') || text[at + pair.len()..].starts_with('し');
    found.filter(|(at, pair)| !meant(*at, pair)).map(|(at, pair)| at..at + pair.len()).min_by_key(|range| range.start)
}

/// Languages that say a word twice to mean more of it, or another thing (Indonesian `sama sama`, Turkish `adım adım`). Others of that kind are
/// written without case, and are not looked at.
const REDUPLICATE: [&str; 13] = ["vi", "id", "ms", "jv", "su", "tl", "fil", "sw", "tr", "az", "kk", "ky", "uz"];

/// Words that may follow themselves, by language: mostly a pronoun beside an article or another pronoun (German `die die`, French `vous vous`).
const MAY_FOLLOW_THEMSELVES: &[(&str, &[&str])] = &[
    ("af", &["nie", "die"]),
    ("cs", &["se", "si", "to"]),
    ("da", &["det", "den", "de", "der"]),
    ("de", &["die", "der", "das", "dem", "den", "sie", "es", "ihr", "ihnen", "was"]),
    ("el", &["του", "της", "τους", "τα", "το"]),
    ("en", &["that", "had"]),
    ("et", &["see"]),
    ("fi", &["se", "ne"]),
    ("fr", &["vous", "nous"]),
    ("gl", &["se"]),
    ("hr", &["se", "je"]),
    ("hu", &["az", "ez"]),
    ("it", &["via", "piano", "passo"]),
    ("nb", &["det", "den", "de"]),
    ("nl", &["je", "ze", "jullie", "die", "dat", "het", "wat", "wie"]),
    ("nn", &["det", "den", "dei"]),
    ("no", &["det", "den", "de"]),
    ("pl", &["to"]),
    ("pt", &["se"]),
    ("sl", &["se", "je"]),
    ("sr", &["se", "je"]),
    ("sv", &["det", "den", "de"]),
];

/// A word in lower case twice, with a space between, where the language has no reason to say it twice.
fn doubled_word(text: &str, language: &str) -> Option<Range<usize>> {
    if REDUPLICATE.contains(&language) {
        return None;
    }
    let known = MAY_FOLLOW_THEMSELVES.iter().find(|(name, _)| *name == language);
    let meant = |word: &str| known.is_some_and(|(_, words)| words.contains(&word));
    let words = text.split(char::is_whitespace).filter(|word| !word.is_empty()).map(|word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        start..start + word.len()
    });
    let words: Vec<Range<usize>> = words.collect();
    let same = |two: &&[Range<usize>]| {
        let word = &text[two[0].clone()];
        word == &text[two[1].clone()] && word.len() > 1 && word.chars().all(char::is_lowercase) && !meant(word)
    };
    words.windows(2).find(same).map(|two| two[0].start..two[1].end)
}

/// Reports a bracket of the target without its counterpart, where the brackets and quotations of the source are whole.
pub(super) fn bracket(pair: &Pair<'_>, out: &mut Vec<Diagnostic>) {
    let source = &pair.source.text;
    let is_whole = || lone_bracket(source).is_none() && !goes_on(source);
    let Some(range) = lone_bracket(&pair.target.text).filter(|_| is_whole()) else { return };
    let message = format!("`{}` has no counterpart", &pair.target.text[range.clone()]);
    let at = pair.target_words(Some(&range));
    out.push(pair.diagnostic(
        Code::BracketUnbalanced,
        at,
        message,
        pair.sides[0].clone(),
        "add the other bracket, or take this one out",
    ));
}

/// Whether a quotation begins or ends in another segment.
fn goes_on(text: &str) -> bool {
    let count = |mark: char| text.matches(mark).count();
    count('"') % 2 == 1 || count('“') != count('”')
}

/// A bracket that is not closed, or closes nothing. The width does not matter here; a closing parenthesis may follow an item's number, and a
/// smiley.
fn lone_bracket(text: &str) -> Option<Range<usize>> {
    let mut open: Vec<(usize, char)> = Vec::new();
    for (at, c) in text.char_indices() {
        let closes = match c {
            '(' | '（' => Some(')'),
            '「' => Some('」'),
            '『' => Some('』'),
            '【' => Some('】'),
            _ => None,
        };
        let this = if c == '）' { ')' } else { c };
        match closes {
            Some(closing) => open.push((at, closing)),
            None if matches!(this, ')' | '」' | '』' | '】') => match open.pop() {
                Some((_, closing)) if closing == this => {}
                None if this == ')' && is_marker(&text[..at]) => {}
                _ => return Some(at..at + c.len_utf8()),
            },
            None => {}
        }
    }
    open.first().map(|(at, _)| *at..*at + text[*at..].chars().next().map_or(1, char::len_utf8))
}

/// Whether a closing parenthesis after this text marks an item (`1)`, `a)`), or follows something that is no text.
fn is_marker(before: &str) -> bool {
    let word = before.rsplit(char::is_whitespace).next().unwrap_or(before);
    word.chars().count() <= 2 || before.ends_with([OBJECT, ':', ';'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_stand_twice() {
        assert_eq!(doubled_particle("設定をを開く"), Some(6..12));
        assert_eq!(doubled_particle("とはいうものの、ののしる"), None);
        assert_eq!(doubled_word("open the the page", "en"), Some(5..12));
        assert_eq!(doubled_word("New New York, 10 10", "en"), None);
    }

    #[test]
    fn words_that_a_language_says_twice_are_no_slip() {
        for (language, text) in [
            ("fr", "si vous vous connectez, nous nous excusons"),
            ("de", "alle, die die Seite öffnen, und der der Seite"),
            ("nl", "als je je aanmeldt"),
            ("hu", "az az oldal"),
            ("cs", "přihlaste se se svým účtem"),
            ("en", "all that that page had had"),
            ("id", "bersama sama sama"),
            ("vi", "luôn luôn"),
            ("hi", "साथ साथ"),
            ("th", "ต่าง ต่าง"),
        ] {
            assert_eq!(doubled_word(text, language), None, "{language}: {text}");
        }
        for (language, text) in [("fr", "ouvrez la la page"), ("de", "vous vous"), ("nl", "als je je de de"), ("en", "je je")] {
            assert!(doubled_word(text, language).is_some(), "{language}: {text}");
        }
    }

    #[test]
    fn brackets_without_a_counterpart() {
        for (text, lone) in [("「設定を開く", Some("「")), ("設定」を", Some("」")), ("(a「b)」", Some(")"))] {
            assert_eq!(lone_bracket(text).map(|at| &text[at]), lone, "{text}");
        }
        for text in ["1) 設定", "「a (b)」（c)", "a) b"] {
            assert_eq!(lone_bracket(text), None, "{text}");
        }
    }
}
