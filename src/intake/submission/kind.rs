//! How each kind of answer is read: what is normalised, what is refused.
//!
//! Names and free text stay as typed, for normalising changes them (`㈱` would be `(株)`, `ﾊﾟ` would be `パ`). Addresses, numbers and
//! identifiers are NFKC, so that full-width input is understood.

use unicode_normalization::UnicodeNormalization;

use super::fault::FaultCode;
use crate::form::{Field, Kind};

/// An answer in the form in which it is kept; empty where nothing was answered.
///
/// # Errors
/// It is no answer of the field's kind.
pub(super) fn normalised(field: &Field, typed: &str) -> Result<String, FaultCode> {
    if typed.chars().all(char::is_whitespace) {
        return Ok(String::new());
    }
    match field.kind {
        Kind::Text => Ok(lines(typed)),
        Kind::Line => one_line(typed).map(str::to_owned),
        // White space around an answer comes with pasting, and means nothing here.
        kind => {
            let line = one_line(typed.trim())?;
            // ASCII is its own NFKC.
            if line.is_ascii() { exact(field, kind, line) } else { exact(field, kind, line.nfkc().collect::<String>().trim()) }
        }
    }
}

fn exact(field: &Field, kind: Kind, text: &str) -> Result<String, FaultCode> {
    let lower = || text.to_lowercase();
    match kind {
        Kind::Email => keep(is_email(text), text, FaultCode::BadEmail),
        Kind::Phone => phone(text).ok_or(FaultCode::BadPhone),
        Kind::Id => keep(text.bytes().all(|b| b.is_ascii_graphic()), text, FaultCode::BadId),
        Kind::Guid => guid(&lower()).ok_or(FaultCode::BadGuid),
        Kind::Tenant => tenant(lower()).ok_or(FaultCode::BadTenant),
        Kind::DateTime => date_time(text).ok_or(FaultCode::BadDateTime),
        Kind::TimeZone => time_zone(text).ok_or(FaultCode::BadTimeZone),
        Kind::Choice | Kind::Select | Kind::Consent => {
            keep(field.choices.iter().any(|choice| choice.value == text), text, FaultCode::UnknownChoice)
        }
        Kind::Line | Kind::Text => Ok(text.to_owned()),
    }
}

fn keep(sound: bool, text: &str, code: FaultCode) -> Result<String, FaultCode> {
    if sound { Ok(text.to_owned()) } else { Err(code) }
}

/// All line breaks as LF: CR LF, CR, NEL (U+0085), LS and PS (U+2028, U+2029).
fn lines(typed: &str) -> String {
    // Most texts hold none but LF, as the bytes tell with which the others begin.
    if !typed.bytes().any(|byte| matches!(byte, b'\r' | 0xC2 | 0xE2)) {
        return typed.to_owned();
    }
    typed.replace("\r\n", "\n").replace(['\r', '\u{85}', '\u{2028}', '\u{2029}'], "\n")
}

/// Refuses control characters (general category Cc), line and paragraph separators, and what has the property Bidi_Control (UAX #9).
pub(super) fn one_line(text: &str) -> Result<&str, FaultCode> {
    let bidi = |c| matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let refused = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || bidi(c);
    if text.chars().any(refused) { Err(FaultCode::ControlChar) } else { Ok(text) }
}

/// Whether mail can be sent there, leniently: dots may stand anywhere before the `@`, as in addresses that Japanese mobile
/// carriers gave out until 2009 (`a..b.@docomo.ne.jp`), and letters may be of any script (RFC 6531).
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let atom = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let local_sound = (1..=64).contains(&local.len()) && local.chars().all(atom) && local != ".";
    text.len() <= 254 && local_sound && is_domain(domain)
}

/// A domain name with at least one dot (RFC 1123 §2.1), in letters of any script (RFC 5890).
fn is_domain(text: &str) -> bool {
    let within = |c: char| c.is_alphanumeric() || c == '-' || unicode_normalization::char::is_combining_mark(c);
    let label = |label: &str| {
        let ends = label.starts_with('-') || label.ends_with('-');
        (1..=63).contains(&label.len()) && !ends && label.chars().all(within)
    };
    let last_is_number = text.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    text.len() <= 253 && text.contains('.') && !last_is_number && text.split('.').all(label)
}

/// Hyphens of all kinds become `-`; an extension may follow. Three digits are the least (emergency numbers).
fn phone(text: &str) -> Option<String> {
    let one_hyphen = |c| match c {
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | 'ー' | '─' | '﹣' => '-',
        c => c,
    };
    let number: String = text.chars().map(one_hyphen).collect();
    let sound = |text: &str| text.chars().all(|c| c.is_ascii_digit() || " +-().,/#*;=:".contains(c));
    let rest = || ["内線", "ext", "Ext", "EXT", "x"].iter().fold(number.clone(), |rest, word| rest.replace(word, ""));
    let sound = sound(&number) || sound(&rest());
    (sound && number.bytes().filter(u8::is_ascii_digit).count() >= 3).then_some(number)
}

/// 32 hexadecimal digits, in groups or not, in braces or not; kept as 8-4-4-4-12 (RFC 9562 §4).
fn guid(text: &str) -> Option<String> {
    let bare = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let digits = bare.replace('-', "");
    let sound = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let grouped = || [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-");
    sound.then(grouped).filter(|grouped| bare == digits || bare == grouped)
}

fn tenant(text: String) -> Option<String> {
    guid(&text).or_else(|| is_domain(&text).then_some(text))
}

/// `2026-11-22T22:47`, also with a space for the `T`, slashes for hyphens, and seconds, which are left out.
fn date_time(text: &str) -> Option<String> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let date = numbers(date, ['-', '/'], &[4, 2, 2])?;
    let time = numbers(time.trim_start(), [':', ':'], &[2, 2, 2]).or_else(|| numbers(time.trim_start(), [':', ':'], &[2, 2]))?;
    let [year, month, day] = date[..] else { return None };
    let small = |n: i16| i8::try_from(n).ok();
    let second = time.get(2).copied().unwrap_or(0);
    let (month, day, hour, minute) = (small(month)?, small(day)?, small(time[0])?, small(time[1])?);
    jiff::civil::DateTime::new(year, month, day, hour, minute, small(second)?, 0).ok()?;
    (year >= 1900).then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}"))
}

/// Numbers of at most so many digits each; as many as there are in `most`.
fn numbers(text: &str, separators: [char; 2], most: &[usize]) -> Option<Vec<i16>> {
    let parts: Vec<&str> = text.split(separators).collect();
    let digits = |(part, most): (&&str, &usize)| {
        let sound = (1..=*most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|_| sound)
    };
    let numbers: Vec<i16> = parts.iter().zip(most).map(digits).collect::<Option<_>>()?;
    (parts.len() == most.len()).then_some(numbers)
}

/// A zone of the IANA database by its full name. Short names are refused: `CST` may be China or the middle of America.
fn time_zone(text: &str) -> Option<String> {
    let zone = jiff::tz::TimeZoneDatabase::bundled().get(text).ok()?;
    zone.iana_name().filter(|name| name.contains('/') || *name == "UTC").map(str::to_owned)
}
