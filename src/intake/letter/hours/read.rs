//! The clock times in an answer of words, and the zone that it names. What is not certain is not read.

use unicode_normalization::UnicodeNormalization;

/// A clock time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// Minutes since midnight; from 1,440 on those of the next day, as in `26時`.
    pub(super) minutes: i32,
    /// Whether a range ends with it.
    pub(super) ends_range: bool,
}

/// What an answer says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hours {
    /// Its times, as they follow each other.
    pub(super) clocks: Vec<Clock>,
    /// The zone that it names, by the name in the IANA database.
    pub(super) zone: Option<&'static str>,
}

/// How zones are named that mean one thing only; `CST` and `IST` do not.
const ZONES: &[(&str, &str)] = &[
    ("日本標準時", "Asia/Tokyo"),
    ("日本時間", "Asia/Tokyo"),
    ("東京時間", "Asia/Tokyo"),
    ("japan standard time", "Asia/Tokyo"),
    ("japan time", "Asia/Tokyo"),
    ("tokyo time", "Asia/Tokyo"),
    ("jst", "Asia/Tokyo"),
    ("中国時間", "Asia/Shanghai"),
    ("北京時間", "Asia/Shanghai"),
    ("上海時間", "Asia/Shanghai"),
    ("北京时间", "Asia/Shanghai"),
    ("china time", "Asia/Shanghai"),
    ("beijing time", "Asia/Shanghai"),
    ("shanghai time", "Asia/Shanghai"),
    ("協定世界時", "UTC"),
    ("utc", "UTC"),
];
/// What concerns no zone, though it looks like it.
const HARMLESS: &[&str] =
    &["営業時間", "業務時間", "勤務時間", "就業時間", "時間帯", "現地時間", "local time", "メール", "オフィス", "リモート"];
/// What tells that another zone is meant, or a duration.
const DOUBTFUL: &[&str] = &["時間", "时间", "標準時", "夏時", "米国", "英国", "欧州", "東部", "西部", "太平洋"];
/// The words beside which a time is sure to be of the zone that was chosen. Any other may name a place.
const WORDS: &str = " a after afternoon also am an and any anytime at available before best between business but by call daily day \
    days email evening every except excluding fri friday fridays from hour hours holiday holidays i in is lunch mail me mon monday \
    mondays morning mornings national of office on only or our phone please pm preferred preferably public sat saturday saturdays sun \
    sunday sundays the thu thur thurs thursday thursdays til till time to tue tues tuesday tuesdays until we wed wednesday wednesdays \
    weekday weekdays weekend weekends work workday workdays working ";
/// The most times that are read.
const MOST: usize = 8;

/// Reads an answer; nothing where it holds no time, or one that is not certain.
pub(super) fn hours(typed: &str) -> Option<Hours> {
    let mut text = typed.nfkc().collect::<String>().to_lowercase().replace("a.m.", "am").replace("p.m.", "pm");
    if text.split("utc").skip(1).any(|after| after.trim_start().starts_with(['+', '-', '\u{2212}', '–'])) {
        return None;
    }
    let mut zone = None;
    for (name, known) in ZONES {
        if text.contains(name) {
            if zone.is_some_and(|zone| zone != *known) {
                return None;
            }
            zone = Some(*known);
            text = text.replace(name, " ");
        }
    }
    for word in HARMLESS {
        text = text.replace(word, " ");
    }
    if DOUBTFUL.iter().any(|word| text.contains(word)) || !is_known(&text) {
        return None;
    }
    let clocks = clocks(&text)?;
    (1..=MOST).contains(&clocks.len()).then_some(Hours { clocks, zone })
}

/// Whether all words are known: English ones by the list; of other scripts those that do not spell foreign names.
fn is_known(text: &str) -> bool {
    let known = |word: &str| word.is_empty() || WORDS.contains(&format!(" {word} "));
    let spells = |c: char| matches!(c, '\u{3041}'..='\u{309F}' | '々' | '〆' | 'ー' | '\u{4E00}'..='\u{9FFF}');
    text.split(|c: char| !c.is_ascii_alphabetic()).all(known)
        && text.chars().all(|c| c.is_ascii() || !c.is_alphabetic() || spells(c))
        && !text.contains(['+', '\u{2212}'])
}

/// A number that may be a time.
#[derive(Debug, Clone, Copy)]
struct Number {
    minutes: i32,
    /// Whether it is a time by itself.
    sure: bool,
    /// Whether it counts to twelve.
    halved: bool,
    ends_range: bool,
}

fn clocks(text: &str) -> Option<Vec<Clock>> {
    let mut numbers: Vec<Number> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let (number, after) = number(before, from)?;
        rest = after;
        if let Some(number) = number {
            numbers.push(Number { ends_range: !numbers.is_empty() && is_range(before), ..number });
        }
    }
    if numbers.windows(2).any(|pair| pair[0].ends_range && pair[1].ends_range) {
        return None;
    }
    for at in 0..numbers.len() {
        if numbers[at].sure {
            continue;
        }
        // `9-18` and `9 to 18:00` are ranges; `9` is anything, and `9-5 pm` is not certain.
        let other = if numbers[at].ends_range { at.checked_sub(1) } else { Some(at + 1) };
        let other = other.and_then(|other| numbers.get(other))?;
        let joined = numbers[at].ends_range || other.ends_range;
        if !joined || other.halved {
            return None;
        }
    }
    Some(numbers.into_iter().map(|number| Clock { minutes: number.minutes, ends_range: number.ends_range }).collect())
}

/// Whether this stands between the two ends of a range.
fn is_range(between: &str) -> bool {
    const SIGNS: &[&str] = &["-", "–", "—", "‐", "~", "〜", "～", "to", "till", "til", "until", "から", "より", "到", "至"];
    let plain = between.trim().trim_end_matches("午後").trim_end_matches("午前").trim();
    SIGNS.contains(&plain)
}

/// The number at the beginning of a text, if it may be a time, and what follows it. Nothing at all if it makes no sense.
fn number<'a>(before: &str, from: &'a str) -> Option<(Option<Number>, &'a str)> {
    let (hour, rest) = digits(from);
    let (minute, rest, marked) = match rest.chars().next() {
        Some(':') => {
            let (minute, rest) = digits(&rest[1..]);
            (minute?, rest, true)
        }
        Some('時' | '点') => {
            let rest = &rest['時'.len_utf8()..];
            match rest.strip_prefix('半') {
                Some(rest) => (30, rest, true),
                None => match digits(rest) {
                    (Some(minute), after) if after.starts_with('分') => (minute, &after['分'.len_utf8()..], true),
                    _ => (0, rest, true),
                },
            }
        }
        // A date, a floor, a number of something.
        Some('月' | '日' | '/' | '号' | '階' | '番' | '分' | '週' | '人' | '名') => return Some((None, rest)),
        _ => (0, rest, false),
    };
    if before.ends_with('/') || (before.ends_with('月') && !marked) {
        return Some((None, rest));
    }
    let spoken = rest.trim_start();
    let (half, rest) = match (before.trim_end(), spoken) {
        (before, _) if before.ends_with("午前") => (Some(0), rest),
        (before, _) if before.ends_with("午後") => (Some(12), rest),
        (_, spoken) if word(spoken, "am") => (Some(0), &spoken[2..]),
        (_, spoken) if word(spoken, "pm") => (Some(12), &spoken[2..]),
        _ => (None, rest),
    };
    let hour = i32::from(hour?);
    let hour = match half {
        Some(half) if (0..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    let minutes = hour * 60 + i32::from(minute);
    let sound = hour <= 29 && minute < 60;
    sound.then_some((Some(Number { minutes, sure: marked || half.is_some(), halved: half.is_some(), ends_range: false }), rest))
}

fn word(text: &str, word: &str) -> bool {
    text.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// The one or two digits at the beginning; nothing if there are none or more.
fn digits(text: &str) -> (Option<u8>, &str) {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let value = text[..length].parse().ok().filter(|_| (1..=2).contains(&length));
    (value, &text[length..])
}
