//! Slips of width and punctuation in languages that are set in full-width characters.

use std::ops::Range;

use super::pair::Pair;
use crate::diag::{Code, Diagnostic};
use crate::site::markdown::cjk;

/// Whether a character belongs to a script written without spaces.
pub(super) fn is_cjk(c: char) -> bool {
    cjk::is_cjk(c)
}

/// Reports the first character of the target that has the wrong width.
pub(super) fn width(pair: &Pair<'_>, out: &mut Vec<Diagnostic>) {
    if !pair.locales[1].is_cjk() || pair.target.text.is_ascii() {
        return;
    }
    let Some((range, message, help)) = slip(&pair.target.text, &pair.source.text) else { return };
    out.push(pair.diagnostic(Code::WidthSlip, pair.target_words(Some(&range)), message, pair.sides[0].clone(), help));
}

type Slip = (Range<usize>, String, &'static str);

fn slip(text: &str, source: &str) -> Option<Slip> {
    let full = run(text, |c| matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ'));
    if let Some(range) = full.filter(|range| !source.contains(&text[range.clone()])) {
        let message = format!("`{}` is written in full width", &text[range.clone()]);
        return Some((range, message, "write Latin letters and digits in half width"));
    }
    if let Some(range) = run(text, |c| matches!(c, '\u{FF61}'..='\u{FF9F}')) {
        let message = format!("`{}` is written in half width", &text[range.clone()]);
        return Some((range, message, "write kana and their punctuation in full width"));
    }
    punctuation(text).or_else(|| brackets(text))
}

/// The first run of such characters.
fn run(text: &str, is: impl Fn(char) -> bool) -> Option<Range<usize>> {
    let start = text.find(&is)?;
    let length = text[start..].find(|c| !is(c)).unwrap_or(text.len() - start);
    Some(start..start + length)
}

/// A comma of ASCII between two letters of the script, or a comma or a full stop after the last one. Within a text a full stop may part a name
/// (`モデル.データ`).
fn punctuation(text: &str) -> Option<Slip> {
    let found = text.char_indices().filter(|(_, c)| matches!(c, ',' | '.')).find(|(at, c)| {
        let before = text[..*at].chars().next_back();
        let after = text[at + 1..].trim_start().chars().next();
        before.is_some_and(is_letter) && after.is_none_or(|after| *c == ',' && is_letter(after))
    });
    let (at, c) = found?;
    Some((at..at + 1, format!("`{c}` stands in half width after a full-width character"), "write `、` or `。`"))
}

/// Kana, Han and the like, without their punctuation.
fn is_letter(c: char) -> bool {
    is_cjk(c) && c.is_alphabetic()
}

/// A pair of brackets, one of them in full width and the other in half width.
fn brackets(text: &str) -> Option<Slip> {
    let mut open: Vec<(usize, char)> = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '(' | '（' => open.push((at, c)),
            ')' | '）' => {
                let (start, opened) = open.pop()?;
                if (opened == '(') != (c == ')') {
                    let message = format!("`{opened}` is closed by `{c}`");
                    return Some((start..at + c.len_utf8(), message, "write both brackets in the same width"));
                }
            }
            _ => {}
        }
    }
    None
}

/// Reports a sentence of the target that ends twice, or does not end though that of the source does.
pub(super) fn sentence_end(pair: &Pair<'_>, out: &mut Vec<Diagnostic>) {
    let [source, target] = [&pair.source.text, &pair.target.text];
    if let Some(range) = doubled(target).filter(|range| !source.contains(&target[range.clone()])) {
        let message = format!("`{}` ends the sentence twice", &target[range.clone()]);
        let at = pair.target_words(Some(&range));
        return out.push(pair.diagnostic(Code::SentenceEnd, at, message, pair.sides[0].clone(), "keep one of the two"));
    }
    if pair.locales[1].is_cjk() && lacks_end(source, target) {
        let message = "the sentence has no end, though that of the source has one";
        out.push(pair.diagnostic(Code::SentenceEnd, pair.sides[1].clone(), message, pair.sides[0].clone(), "end it with `。`"));
    }
}

/// Two marks that end a sentence or a clause, side by side.
fn doubled(text: &str) -> Option<Range<usize>> {
    let marks = |c: char| matches!(c, '。' | '、' | '．' | '，' | '.' | ',');
    let mut from = 0;
    while let Some(found) = run(&text[from..], marks).map(|range| range.start + from..range.end + from) {
        let written = &text[found.clone()];
        // A full stop may begin a name (`、.NET`), and three are an ellipsis.
        let name =
            written.ends_with('.') && text[found.end..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '\\'));
        let meant = name || written.contains("..") || written == ",.";
        if written.chars().count() > 1 && !meant {
            return Some(found);
        }
        from = found.end;
    }
    None
}

/// Whether the source is a statement with its end, and the target one without: it ends in hiragana as verbs and adjectives do in their plain form, and not as nouns (見出し) or particles.
fn lacks_end(source: &str, target: &str) -> bool {
    let ends = source.trim_end().trim_end_matches([')', '"', '”', '\'']).ends_with(['.', '。']);
    let last = target.trim_end().chars().next_back();
    ends && source.split_whitespace().count() >= 4 && last.is_some_and(|c| "うくぐすつぬぶむるいただん".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_width_are_found() {
        for (text, wrong) in [
            ("ＡＢＣを選ぶ", "ＡＢＣ"),
            ("ﾊﾟｰﾄﾅｰです", "ﾊﾟｰﾄﾅｰ"),
            ("東京,大阪", ","),
            ("選びます.", "."),
            ("名前 （任意) です", "（任意)"),
        ] {
            assert_eq!(slip(text, "").map(|(at, ..)| &text[at]), Some(wrong), "{text}");
        }
        for text in [
            "E5 を選びますか?",
            "1,000 件 (任意)",
            "名前（任意）、住所",
            "Contoso, Ltd. の",
            "モデル.データ",
            "見る https://a.example/b.",
        ] {
            assert_eq!(slip(text, ""), None, "{text}");
        }
    }

    #[test]
    fn a_sentence_ends_once() {
        assert_eq!(doubled("です。。"), Some(6..12));
        assert_eq!(doubled("です。."), Some(6..10));
        assert_eq!(doubled("です... 1.5 など、次、... と、.NET"), None);
        assert!(lacks_end("Open the page for it.", "ページを開きます"));
        assert!(!lacks_end("Open the page for it.", "ページの表示"));
        assert!(!lacks_end("Do so as of No.", "法令の"));
        assert!(!lacks_end("Open it", "開きます"));
    }
}
