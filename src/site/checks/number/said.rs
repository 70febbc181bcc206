//! Numbers that are said in words, and the small changes that a translation makes to numbers: what explains a difference.

use super::Number;

/// English words that say a number. A source that has one may be translated with digits, and the other way round.
const WORDS: &[(&str, &[u32])] = &[
    ("zero", &[0]),
    ("no", &[0]),
    ("one", &[1]),
    ("first", &[1]),
    ("once", &[1]),
    ("single", &[1]),
    ("two", &[2]),
    ("second", &[2]),
    ("secondary", &[2]),
    ("twice", &[2]),
    ("both", &[2]),
    ("double", &[2]),
    ("dual", &[2]),
    ("pair", &[2]),
    ("either", &[2]),
    ("half", &[2, 6, 30]),
    ("ternary", &[3]),
    ("another", &[2]),
    ("three", &[3]),
    ("third", &[3]),
    ("triple", &[3]),
    ("couple", &[2]),
    ("quarter", &[3, 4]),
    ("quarterly", &[3, 4]),
    ("four", &[4]),
    ("fourth", &[4]),
    ("five", &[5]),
    ("fifth", &[5]),
    ("six", &[6]),
    ("sixth", &[6]),
    ("semiannual", &[2, 6]),
    ("seven", &[7]),
    ("seventh", &[7]),
    ("weekly", &[1, 7]),
    ("week", &[1, 7]),
    ("eight", &[8]),
    ("eighth", &[8]),
    ("nine", &[9]),
    ("ninth", &[9]),
    ("ten", &[10]),
    ("tenth", &[10]),
    ("eleven", &[11]),
    ("twelve", &[12]),
    ("annual", &[1, 12]),
    ("annually", &[1, 12]),
    ("yearly", &[1, 12]),
    ("twelfth", &[12]),
    ("noon", &[12]),
    ("midnight", &[0, 12, 24]),
    ("dozen", &[12]),
    ("thirteen", &[13]),
    ("fourteen", &[14]),
    ("fifteen", &[15]),
    ("sixteen", &[16]),
    ("sixteenth", &[16]),
    ("eighteen", &[18]),
    ("twenty", &[20]),
    ("daily", &[1, 24]),
    ("thirty", &[30]),
    ("forty", &[40]),
    ("fifty", &[50]),
    ("sixty", &[60]),
    ("seventy", &[70]),
    ("eighty", &[80]),
    ("ninety", &[90]),
    ("fiftieth", &[50]),
    ("hundred", &[100]),
    ("thousand", &[1000]),
    ("million", &[1_000_000]),
];

/// Japanese words that say a number without a numeral.
const JAPANESE: &[(&str, u32)] = &[
    ("ゼロ", 0),
    ("ツー", 2),
    ("スリー", 3),
    ("サード", 3),
    ("セカンド", 2),
    ("ダブル", 2),
    ("双", 2),
    ("両", 2),
    ("半", 2),
    ("全額", 100),
];

/// Months; their first letters say as much, from three on.
const MONTHS: [&str; 12] =
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

/// The values that the words of a text say: English number words and months, and Japanese or Chinese numerals up to 99.
pub(super) fn said(text: &str) -> Vec<u32> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphabetic());
    let mut all: Vec<u32> = words.flat_map(values).collect();
    let compounds =
        all.windows(2).filter(|pair| matches!(pair[0], 20..=90) && (1..=9).contains(&pair[1])).map(|pair| pair[0] + pair[1]);
    all.extend(compounds.collect::<Vec<_>>());
    all.extend(numerals(text));
    all.extend(JAPANESE.iter().filter(|(word, _)| text.contains(word)).map(|(_, value)| *value));
    all
}

fn values(word: &str) -> Vec<u32> {
    let known = WORDS
        .iter()
        .find(|(name, _)| *name == word || word.strip_suffix('s') == Some(name) || word.strip_suffix("th") == Some(name));
    let month = MONTHS.iter().position(|month| word.len() >= 3 && month.starts_with(word));
    let month = month.and_then(|at| u32::try_from(at + 1).ok());
    known.map_or(&[][..], |(_, values)| values).iter().copied().chain(month).collect()
}

/// Runs of 一 to 九 and 十.
fn numerals(text: &str) -> Vec<u32> {
    let value = |c: char| "〇一二三四五六七八九十".chars().position(|numeral| numeral == c).and_then(|at| u32::try_from(at).ok());
    let runs = text.split(|c| value(c).is_none()).filter(|run| !run.is_empty());
    let read = |run: &str| {
        let (mut tens, mut ones, mut has_ten) = (0, 0, false);
        for value in run.chars().filter_map(value) {
            if value == 10 {
                (tens, ones, has_ten) = (ones.max(1), 0, true);
            } else {
                ones = value;
            }
        }
        if has_ten { 10 * tens + ones } else { ones }
    };
    runs.map(read).collect()
}

/// Whether a number that only one text has is explained by the other: its words say it; it is the hour of the other clock, or its minutes; it
/// is a way to say “always” (24/7, 24 時間 365 日), the base of a numeral system (16 進), or “at least three” for “more than two”. A one is
/// said by many words of every language.
pub(super) fn is_explained(number: &Number, own: &str, other: &str, others: &[Number]) -> bool {
    let words = said(other);
    let smalls = || others.iter().flat_map(Number::with_parts).filter_map(Number::small);
    let says = |value: u32| words.contains(&value) || smalls().any(|other| other == value);
    if number.values.iter().filter_map(|value| value.parse().ok()).any(|value| words.contains(&value)) {
        return true;
    }
    let Some(value) = number.small() else { return false };
    let hour = |other: u32| (other + 12 == value || value + 12 == other || (other == 24 && value == 0)) && other <= 24;
    let minutes =
        value == 0 && own[..number.at.start].ends_with(':') && (has_clock(own, other) || other.contains(['時', '点', '시']));
    let by_clock = value <= 24 && has_clock(own, other) && (value == 0 || smalls().any(hour));
    let always = matches!(value, 7 | 24 | 365) && (is_always(own) || is_always(other));
    let base = own[number.at.end..].trim_start().starts_with('進');
    let from_there = other.contains("more than") && value > 0 && says(value - 1);
    value == 1 || minutes || by_clock || always || base || from_there
}

fn has_clock(one: &str, other: &str) -> bool {
    let clock = |text: &str| {
        let lower = text.to_ascii_lowercase();
        ["am", "pm", "a.m", "p.m"].iter().any(|half| {
            lower.match_indices(half).any(|(at, _)| {
                let before = lower[..at].trim_end().chars().next_back();
                let after = lower[at + half.len()..].chars().next();
                before.is_some_and(|c| c.is_ascii_digit()) && !after.is_some_and(char::is_alphanumeric)
            })
        }) || ["午前", "午後", "上午", "下午", "오전", "오후"].iter().any(|half| text.contains(half))
    };
    clock(one) || clock(other)
}

fn is_always(text: &str) -> bool {
    ["24/7", "24x7", "24 x 7", "24 時間", "24時間", "around the clock", "年中無休"].iter().any(|always| text.contains(always))
}

#[cfg(test)]
mod tests {
    use super::super::numbers;
    use super::*;

    fn explained(number: &str, own: &str, other: &str) -> bool {
        let all = numbers(own, false);
        let number = all.iter().find(|one| own[one.at.start..].starts_with(number)).unwrap();
        is_explained(number, own, other, &numbers(other, false))
    }

    #[test]
    fn words_say_numbers() {
        assert_eq!(said("Both the third of March, in twenty-four days"), [2, 3, 3, 20, 4, 24]);
        assert_eq!(said("二十一日、十二、三つ"), [21, 12, 3]);
        assert_eq!(said("a maybe"), Vec::<u32>::new());
    }

    #[test]
    fn what_a_translation_may_change_is_explained() {
        for (number, own, other) in [
            ("2", "2 つの方法", "Two ways"),
            ("3", "2021 年 3 月", "March 2021"),
            ("17", "17:00 まで", "until 5:00 PM"),
            ("7", "24/7 support", "24 時間のサポート"),
            ("1", "1 つのアカウント", "an account"),
            ("6", "6 か月", "half a year"),
            ("16", "16 進コード", "a hex code"),
            ("3", "3 つ以上", "more than two"),
            ("3", "3rd party", "サード パーティ"),
            ("00", "8:00 AM", "午前 8 時"),
            ("00", "at 11:00", "11時に"),
            ("100 万", "100 万個", "one million"),
        ] {
            assert!(explained(number, own, other), "{number}: {own} / {other}");
        }
        for (number, own, other) in [("30", "30 日以内", "within 60 days"), ("5", "5 件", "some"), ("17", "17 件", "5 items")]
        {
            assert!(!explained(number, own, other), "{number}: {own} / {other}");
        }
    }
}
