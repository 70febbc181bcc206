//! Phrase breaks: where a line of Japanese may end in a heading, a name of the navigation or a button, so that no phrase is torn.
//!
//! A browser may end a line of Japanese between almost any two characters. Short texts in large letters read better if lines end
//! between phrases: a `<wbr>` stands there, and the style sheet forbids all other breaks (`word-break: keep-all`).
//!
//! The phrases are those of [BudouX](https://github.com/google/budoux). The crate brings the trained model; its scores are looked up
//! here by packed characters instead of slices of text, and once for all places around them: every heading of a site passes through.

mod memo;

use std::sync::LazyLock;

use budoux_phf_rs::{Model, Parser, ScoreMap};
use rustc_hash::FxHashMap;

/// Texts of fewer characters than this stay on one line even in the largest letters on a screen of 320 px.
const SHORT: usize = 9;
/// No line begins with one of these (JIS X 4051 4.3, JLREQ 3.1.7): closing brackets, stops, marks of repetition, small kana.
fn is_never_first(character: char) -> bool {
    matches!(
        character,
        ')' | ']' | '}' | '.' | ',' | ':' | ';' | '?' | '!' | '%' | '»' | '‐' | '–' | '—' | '’' | '”' | '‥' | '…' | '‼' | '⁇'
            ..='⁉'
                | '、' | '。' | '々' | '〉' | '》' | '」' | '』' | '】' | '〕' | '〗' | '〙' | '〜' | '〟' | '〻'
                | 'ぁ' | 'ぃ' | 'ぅ' | 'ぇ' | 'ぉ' | 'っ' | 'ゃ' | 'ゅ' | 'ょ' | 'ゎ' | 'ゕ' | 'ゖ' | 'ゝ' | 'ゞ' | '゠'
                | 'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ' | 'ッ' | 'ャ' | 'ュ' | 'ョ' | 'ヮ' | 'ヵ' | 'ヶ' | '・'..='ヾ' | 'ㇰ'..='ㇿ'
                | '！' | '％' | '）' | '，' | '．' | '：' | '；' | '？' | '］' | '｝'
    )
}

/// No line ends with one of these: opening brackets.
fn is_never_last(character: char) -> bool {
    matches!(
        character,
        '(' | '[' | '{' | '«' | '‘' | '“' | '〈' | '《' | '「' | '『' | '【' | '〔' | '〖' | '〘' | '〝' | '（' | '［' | '｛'
    )
}

/// The scores of the model's features, in which one, two or three neighbours stand at several places around an end: all scores of the same
/// characters are found at once.
#[derive(Default)]
struct Scores {
    base: i32,
    /// Of one character at each of the six places.
    one: FxHashMap<u64, [i16; 6]>,
    /// Of two, from the second, third and fourth place on.
    two: FxHashMap<u64, [i16; 3]>,
    /// Of three, from the first to the fourth place on.
    three: FxHashMap<u64, [i16; 4]>,
}

static SCORES: LazyLock<Scores> = LazyLock::new(|| Scores::of(&Parser::japanese_parser().model));

impl Scores {
    fn of(model: &Model) -> Self {
        let one = table([model.uw1, model.uw2, model.uw3, model.uw4, model.uw5, model.uw6]);
        let two = table([model.bw1, model.bw2, model.bw3]);
        let three = table([model.tw1, model.tw2, model.tw3, model.tw4]);
        Self { base: -(model.total_score / 2), one, two, three }
    }

    /// The sum of the scores for an end before each character, one place further on; above 0 a phrase ends there. Three times 0 stands
    /// before the characters and after them.
    fn sums(&self, codes: &[u64]) -> Vec<i32> {
        let mut sums = vec![self.base; codes.len()];
        for (at, codes) in codes.windows(3).enumerate() {
            let pair = codes[0] << 16 | codes[1];
            add(&mut sums, at + 1, self.one.get(&codes[0]));
            add(&mut sums, at, self.two.get(&pair));
            add(&mut sums, at + 1, self.three.get(&(pair << 16 | codes[2])));
        }
        sums
    }
}

/// The scores of features of as many characters, from the first place on.
fn table<const PLACES: usize>(features: [&ScoreMap; PLACES]) -> FxHashMap<u64, [i16; PLACES]> {
    let mut all = FxHashMap::default();
    all.reserve(features.iter().map(|map| map.len()).sum());
    for (place, map) in features.iter().enumerate() {
        for (text, score) in map.entries() {
            let characters = text.chars().fold(0, |all, character| all << 16 | packed(character));
            all.entry(characters).or_insert([0; PLACES])[place] = *score;
        }
    }
    all
}

/// Adds scores to the sum for which the characters stand in the first place, to that before it for which they stand in the second, and so on.
fn add<const PLACES: usize>(sums: &mut [i32], first: usize, scores: Option<&[i16; PLACES]>) {
    for (back, score) in scores.into_iter().flatten().enumerate() {
        if let Some(sum) = first.checked_sub(back).and_then(|at| sums.get_mut(at)) {
            *sum += i32::from(*score);
        }
    }
}

/// A character in 16 bits; the model knows none that need more.
fn packed(character: char) -> u64 {
    u64::from(u16::try_from(u32::from(character)).unwrap_or(u16::MAX))
}

/// The places, in bytes, where a line of the text may end; none for a text without kana, which is not Japanese, and for a short one.
pub fn breaks(text: &str) -> Vec<usize> {
    if text.is_ascii() {
        return Vec::new();
    }
    let mut characters: Vec<(usize, char)> = Vec::with_capacity(text.len());
    characters.extend(text.char_indices());
    let kana = |&(_, character): &(usize, char)| matches!(character, '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}');
    if characters.len() < SHORT || !characters.iter().any(kana) {
        return Vec::new();
    }
    let mut codes = Vec::with_capacity(characters.len() + 6);
    codes.extend([0; 3]);
    codes.extend(characters.iter().map(|(_, character)| packed(*character)));
    codes.extend([0; 3]);
    // A phrase of one character at either end would stand alone.
    let places = 2..characters.len() - 1;
    let sums = SCORES.sums(&codes);
    let ends = |at: &usize| sums[at + 1] > 0 && may_end(characters[at - 1].1, characters[*at].1);
    places.filter(ends).map(|at| characters[at].0).collect()
}

/// Whether a line may end between two characters at all. Beside a space it does so without help.
fn may_end(before: char, after: char) -> bool {
    let apart = before.is_whitespace() || after.is_whitespace() || (before.is_ascii() && after.is_ascii());
    !apart && !is_never_first(after) && !is_never_last(before)
}

/// The text as HTML with `<wbr>` at its breaks; `escape` writes a piece of it.
pub fn marked(text: &str, out: &mut String, escape: impl Fn(&str, &mut String)) {
    let mut done = 0;
    memo::with_breaks(text, |breaks| {
        for &at in breaks {
            escape(&text[done..at], out);
            out.push_str("<wbr>");
            done = at;
        }
    });
    escape(&text[done..], out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(text: &str) -> String {
        let mut out = String::new();
        marked(text, &mut out, |piece, out| out.push_str(piece));
        out.replace("<wbr>", "|")
    }

    #[test]
    fn a_long_text_ends_its_lines_between_phrases() {
        assert_eq!(phrases("顧客の代理で問題を報告する"), "顧客の|代理で|問題を|報告する");
        assert_eq!(phrases("Partner Centerの問題を報告する"), "Partner Centerの|問題を|報告する");
    }

    #[test]
    fn short_texts_and_other_languages_are_left_alone() {
        for text in
            ["次の手順", "", "Report a problem with Partner Center", "代表客户报告问题并提供技术支持", "診断情報収集方法説明書"]
        {
            assert_eq!(phrases(text), text);
        }
    }

    #[test]
    fn no_line_begins_or_ends_with_what_must_not() {
        let texts = [
            "料金は、いつから発生しますか?（税込）「注意」の場合",
            "「サービス正常性」とは何ですか？詳しい説明を見る。",
            "Microsoft AppSource と Azure Marketplace のサポートを受ける方法",
            "ユーザー・グループのライセンスを表示し、〜を割り当てる",
        ];
        for text in texts {
            for at in breaks(text) {
                let (before, after) = (text[..at].chars().next_back().unwrap(), text[at..].chars().next().unwrap());
                assert!(!is_never_first(after) && !is_never_last(before), "{text} at {at}");
                assert!(!before.is_whitespace() && !after.is_whitespace(), "{text} at {at}");
                assert!(text[at..].chars().count() > 1 && text[..at].chars().count() > 1, "{text} at {at}");
            }
        }
    }

    /// The quicker search finds what the crate's own finds.
    #[test]
    fn the_scores_are_those_of_the_model() {
        let parser = Parser::japanese_parser();
        let texts = "今日は天気です。𠮷野家へ行く。Google の使命は、世界中の情報を整理し、世界中の人がアクセスできて使えるようにすることです。";
        let characters: Vec<char> = texts.chars().collect();
        for text in characters.windows(12).map(|part| part.iter().collect::<String>()) {
            let theirs: Vec<usize> = parser.parse(&text).iter().map(|part| part.chars().count()).collect();
            let mut codes = vec![0; 3];
            codes.extend(text.chars().map(packed));
            codes.extend([0; 3]);
            let ours: Vec<usize> = (1..12).filter(|at| SCORES.sums(&codes)[at + 1] > 0).collect();
            let sums: Vec<usize> = theirs
                .iter()
                .scan(0, |sum, length| {
                    *sum += length;
                    Some(*sum)
                })
                .filter(|sum| *sum < 12)
                .collect();
            assert_eq!(ours, sums, "{text}");
        }
    }
}
