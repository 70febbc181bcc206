//! YAML of one mapping, as its scalar entries: a quick reading of the plain case, a full one, and one for damaged text.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Error, NonFiniteFloatPolicy, Options};

use super::Entry;
use super::block;
use crate::ordered;

/// Why text is not YAML, and at which byte.
pub(super) struct Damage {
    pub(super) what: String,
    pub(super) at: usize,
}

/// The entries of YAML in which every line is `key: scalar`, the scalar plain or in quotation marks without escapes, and no
/// key stands twice. `None` if any line is anything else, so that the answer is that of [`full`] or none.
pub(super) fn plain(yaml: &str) -> Option<Vec<Entry<'_>>> {
    let mut entries: Vec<Entry<'_>> = Vec::with_capacity(16);
    for line in yaml.split_terminator('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let (key, rest) = line.split_once(':')?;
        let value = scalar(rest)?;
        if !is_plain_key(key) || entries.len() > 100 || entries.iter().any(|(known, _)| known == key) {
            return None;
        }
        entries.push((key.into(), value.into()));
    }
    Some(entries)
}

/// A word of letters: numbers, truth values and nulls have rules of their own as keys.
fn is_plain_key(key: &str) -> bool {
    let mut bytes = key.bytes();
    let named =
        bytes.next().is_some_and(|b| b.is_ascii_alphabetic()) && bytes.all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    named && key.len() <= 64 && !is_null(key)
}

fn scalar(rest: &str) -> Option<&str> {
    let value = rest.strip_prefix(' ')?.trim_matches(' ');
    let is_refused = |c| matches!(c, '\u{2028}' | '\u{2029}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    if may_be_refused(value) && value.contains(|c: char| c.is_control() || is_refused(c)) {
        return None;
    }
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote) {
            return inner.strip_suffix(quote).filter(|inner| !inner.contains([quote, '\\']));
        }
    }
    let first = value.chars().next()?;
    let means_more = value.as_bytes().windows(2).any(|pair| matches!(pair, b": " | b" #")) || value.ends_with(':');
    let sound = !"-?:,[]{}#&*!|>'\"%@`".contains(first) && !means_more;
    (sound && !is_null(value)).then_some(value)
}

/// Whether a byte stands in a value with which a control character begins, or another that YAML refuses: nearly none has one. All bytes are
/// looked at, without leaving early: so the compiler looks at many at once.
fn may_be_refused(value: &str) -> bool {
    value.bytes().fold(false, |found, byte| found | matches!(byte, 0..=0x1F | 0x7F | 0xC2 | 0xE2 | 0xEF))
}

fn is_null(value: &str) -> bool {
    value == "~" || value.eq_ignore_ascii_case("null")
}

/// The scalar entries of a YAML mapping, in its order; nulls, lists and mappings are left out. Equal keys are kept.
///
/// It is read twice: first to see which values are scalars, then for these as text, because YAML would turn `1.10`
/// into a number.
pub(super) fn full(yaml: &str) -> Result<Vec<Entry<'_>>, Damage> {
    let kinds = read(yaml, None)?;
    let scalars = ordered::set(kinds.into_iter().enumerate().filter(|(_, (_, value))| value.is_some()).map(|(at, _)| at));
    let entries = read(yaml, Some(&scalars))?;
    Ok(entries.into_iter().filter_map(|(key, value)| Some((key.into(), value?.into()))).collect())
}

/// Entries of text that is not YAML: each line that begins with a key and holds more than a marker.
pub(super) fn by_line(text: &str) -> Vec<Entry<'_>> {
    let entries = text.lines().filter_map(block::key);
    let said = entries.filter(|(_, value)| !matches!(*value, "" | "|" | ">" | ">-" | "|-") && !is_null(value));
    said.map(|(key, value)| (key.into(), unquoted(value).into())).collect()
}

fn unquoted(value: &str) -> &str {
    let inner = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

type Entries = Vec<(String, Option<String>)>;

fn read(yaml: &str, scalars: Option<&BTreeSet<usize>>) -> Result<Entries, Damage> {
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
    };
    read_with(yaml, scalars, options).map_err(|error| Damage { what: reason(&error), at: offset(&error, yaml) })
}

fn read_with(yaml: &str, scalars: Option<&BTreeSet<usize>>, options: Options) -> Result<Entries, Error> {
    serde_saphyr::with_deserializer_from_str_with_options(yaml, options, |de| de.deserialize_any(Mapping { scalars }))
}

/// What is wrong, without the place that the parser adds: it counts the lines of this text, and readers count those of the file.
fn reason(error: &Error) -> String {
    let message = error.to_string();
    let line = message.lines().next().unwrap_or_default();
    line.rsplit_once(" at line ").map_or(line, |(what, _)| what).to_owned()
}

fn offset(error: &Error, yaml: &str) -> usize {
    let Some(location) = error.location() else { return 0 };
    let line = usize::try_from(location.line()).unwrap_or(1).max(1);
    yaml.split_inclusive('\n').take(line - 1).map(str::len).sum()
}

/// Reads a mapping's entries: their kinds if `scalars` is `None`, else the text of those at these places.
struct Mapping<'k> {
    scalars: Option<&'k BTreeSet<usize>>,
}

impl<'de> Visitor<'de> for Mapping<'_> {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of keys to values")
    }

    fn visit_unit<E>(self) -> Result<Entries, E> {
        Ok(Entries::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries = Entries::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = match self.scalars {
                None => map.next_value_seed(Kind)?.then(String::new),
                Some(places) if places.contains(&entries.len()) => Some(map.next_value::<String>()?),
                Some(_) => map.next_value::<IgnoredAny>().map(|_| None)?,
            };
            entries.push((key, value));
        }
        Ok(entries)
    }
}

/// Whether a value is a scalar that is not null.
struct Kind;

impl<'de> DeserializeSeed<'de> for Kind {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, de: D) -> Result<bool, D::Error> {
        de.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Kind {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Lines near the border of what the quick reading takes.
    fn line() -> impl Strategy<Value = String> {
        let key = prop::sample::select(vec!["title", "ms.date", "a", "Null", "no", "y", "k-1_x", "タイトル"]);
        let value = prop::sample::select(vec![
            "x",
            "true",
            "1.10",
            "007",
            "0x1F",
            "1e999",
            ".nan",
            "~",
            "null",
            "",
            "\"q\"",
            "'it'",
            "\"a\\n\"",
            "a: b",
            "a # b",
            "a#b",
            "- x",
            "日本語。",
            "[a]",
            "{a: b}",
            "|",
            ">",
            "*x",
            "&a x",
            "!t x",
            "!!int 3",
            "01/14/19",
            "@x",
            "`x`",
            "%x",
            "x:",
            "?",
            "? x",
            "'a''b'",
            "a\tb",
            "\u{a0}x",
            "\u{85}",
            "x\u{2028}y",
            "\"\"",
            "''",
            "'",
            "\"",
            "12:30",
            "<<",
            "=",
            "...",
            "---",
            "1_000",
            "inf",
            "\u{1F600}",
            "a\\b",
            "x,y]",
        ]);
        let glue = prop::sample::select(vec![": ", ":", ":  ", " : ", ":\t"]);
        let tail = prop::sample::select(vec!["\n", "\r\n", " \n", "\n\n", "\n  more\n", "\n- i\n", "\n#c\n", ""]);
        (key, glue, value, tail).prop_map(|(key, glue, value, tail)| format!("{key}{glue}{value}{tail}"))
    }

    #[test]
    fn damage_is_told_without_a_line_of_its_own() {
        let damage = full("title: x\ndate: [\ndescription: y\n").err().unwrap();
        assert_eq!((damage.what.contains("line"), damage.at), (false, "title: x\n".len()), "{}", damage.what);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4000, ..ProptestConfig::default() })]
        #[test]
        fn the_quick_reading_gives_what_yaml_gives(lines in prop::collection::vec(line(), 0..4)) {
            let yaml = lines.concat();
            if let Some(entries) = plain(&yaml) {
                let full = full(&yaml).map_err(|damage| TestCaseError::fail(format!("{yaml:?}: {}", damage.what)))?;
                prop_assert_eq!(entries, full, "{:?}", yaml);
            }
        }

        #[test]
        fn no_text_is_too_damaged_to_be_read(yaml in "(\\PC|[\\n:\"'\\[{}>|-]){0,60}") {
            let _ = (plain(&yaml), full(&yaml).is_ok(), by_line(&yaml));
        }
    }
}
