//! YAML of one mapping, as its scalar entries: a quick reading of the plain case, a full one, and one for damaged text.

use std::borrow::Cow;

use granit_parser::{Event, Parser, ScalarStyle};

use super::Entry;
use super::block;

/// Why text is not YAML, and at which byte.
pub(super) struct Damage {
    pub(super) what: String,
    pub(super) at: usize,
}

/// The entries of YAML in which every line is `key: scalar`, the scalar plain or in quotation marks without escapes, and no
/// key stands twice. `None` if any line is anything else, so that the answer is that of [`full`] or none.
pub(super) fn plain(yaml: &str) -> Option<Vec<Entry<'_>>> {
    let mut entries: Vec<Entry<'_>> = Vec::with_capacity(16);
    let mut rest = yaml;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest.as_bytes());
        let line = end.map_or(rest, |end| rest[..end].strip_suffix('\r').unwrap_or(&rest[..end]));
        rest = end.map_or("", |end| &rest[end + 1..]);
        if line.is_empty() {
            continue;
        }
        let (key, value) = line.split_at_checked(memchr::memchr(b':', line.as_bytes())?)?;
        let value = scalar(value.strip_prefix(": ")?)?;
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
    let named = bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    named && key.len() <= 64 && !is_null(key)
}

fn scalar(written: &str) -> Option<&str> {
    let value = written.trim_matches(' ');
    let is_refused = |c| matches!(c, '\u{2028}' | '\u{2029}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    if may_be_refused(value) && value.contains(|c: char| c.is_control() || is_refused(c)) {
        return None;
    }
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote) {
            return inner.strip_suffix(quote).filter(|inner| !inner.contains([quote, '\\']));
        }
    }
    let bytes = value.as_bytes();
    let means_itself = |byte: &u8| !b"-?:,[]{}#&*!|>'\"%@`".contains(byte);
    let means_more =
        memchr::memchr_iter(b' ', bytes).any(|at| bytes[at - 1] == b':' || bytes[at + 1] == b'#') || value.ends_with(':');
    let sound = bytes.first().is_some_and(means_itself) && !means_more;
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

/// The scalar entries of a YAML mapping, in its order, each as it is written: YAML would turn `1.10` into a number. Nulls, lists and
/// mappings are left out. Equal keys are kept.
pub(super) fn full(yaml: &str) -> Result<Vec<Entry<'_>>, Damage> {
    let mut mapping = Mapping::default();
    for event in Parser::new_from_str(yaml) {
        let (event, at) = event.map_err(|error| damage(yaml, error.marker().byte_offset(), error.info()))?;
        mapping.take(event).map_err(|what| damage(yaml, at.start.byte_offset(), what))?;
    }
    Ok(mapping.entries)
}

/// What is wrong, in the line of a place.
fn damage(yaml: &str, at: Option<usize>, what: impl Into<String>) -> Damage {
    let before = yaml.get(..at.unwrap_or_default()).unwrap_or_default();
    Damage { what: what.into(), at: before.rfind('\n').map_or(0, |end| end + 1) }
}

/// Entries of text that is not YAML: each line that begins with a key and holds more than a marker.
pub(super) fn by_line(text: &str) -> Vec<Entry<'_>> {
    let entries = text.lines().filter_map(block::key);
    let said = entries.filter(|(_, value)| !value.is_empty() && !opens_block(value) && !is_null(value));
    said.map(|(key, value)| (key.into(), unquoted(value).into())).collect()
}

/// Whether the lines below are the value.
pub(super) fn opens_block(value: &str) -> bool {
    matches!(value, "|" | ">" | ">-" | "|-")
}

fn unquoted(value: &str) -> &str {
    let inner = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

/// How deep lists and maps may be nested in front matter; nothing in them is used.
const MAX_DEPTH: usize = 140;

/// The bytes that aliases may stand for, as a few lines of them could fill the memory.
const MOST_COPIED: usize = 1 << 20;

/// A mapping's entries, read from events.
#[derive(Default)]
struct Mapping<'y> {
    entries: Vec<Entry<'y>>,
    /// The key whose value comes next.
    key: Option<Cow<'y, str>>,
    /// How many lists and maps are open, the mapping itself included.
    open: usize,
    /// The scalars that have an anchor, in the order of the numbers that the parser gives them.
    anchors: Vec<(usize, Option<Cow<'y, str>>)>,
    /// The bytes that aliases have stood for.
    copied: usize,
    /// The document has ended.
    ended: bool,
}

impl<'y> Mapping<'y> {
    fn take(&mut self, event: Event<'y>) -> Result<(), &'static str> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let is_key = self.open == 1 && self.key.is_none();
                let null = !is_key && style == ScalarStyle::Plain && (text.is_empty() || is_null(&text));
                let value = (!null).then_some(text);
                if anchor != 0 {
                    self.anchors.push((anchor, value.clone()));
                }
                self.node(value)
            }
            Event::Alias(anchor) => {
                let known = self.anchors.binary_search_by_key(&anchor, |(known, _)| *known);
                let value = known.ok().and_then(|at| self.anchors[at].1.clone());
                self.copied += value.as_ref().map_or(0, |value| value.len());
                if self.copied > MOST_COPIED { Err("its aliases stand for too much text") } else { self.node(value) }
            }
            Event::MappingStart(..) if self.open == 0 => self.enter(),
            Event::SequenceStart(..) | Event::MappingStart(..) if self.open == 0 => Err(NO_MAPPING),
            Event::SequenceStart(..) | Event::MappingStart(..) if self.open == 1 && self.key.is_none() => Err("a key is no text"),
            Event::SequenceStart(..) | Event::MappingStart(..) => self.enter(),
            Event::SequenceEnd | Event::MappingEnd => {
                self.open -= 1;
                if self.open == 1 { self.node(None) } else { Ok(()) }
            }
            Event::DocumentStart(..) if self.ended => Err("there is a second document"),
            Event::DocumentEnd => {
                self.ended = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn enter(&mut self) -> Result<(), &'static str> {
        self.open += 1;
        if self.open > MAX_DEPTH { Err("lists and maps are nested too deep") } else { Ok(()) }
    }

    /// Takes a whole node: a scalar, or what is left out.
    fn node(&mut self, value: Option<Cow<'y, str>>) -> Result<(), &'static str> {
        match (self.open, self.key.take()) {
            (0, _) if value.is_some() => return Err(NO_MAPPING),
            (1, None) => self.key = Some(value.unwrap_or_default()),
            (1, Some(key)) => self.entries.extend(value.map(|value| (key, value))),
            (_, key) => self.key = key,
        }
        Ok(())
    }
}

const NO_MAPPING: &str = "there is no mapping of keys to values";

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
    fn keys_and_values_are_what_is_written() {
        let texts = |yaml| full(yaml).map_err(|damage| damage.what).unwrap();
        let pairs = |all: &[(&'static str, &'static str)]| {
            all.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect::<Vec<_>>()
        };
        assert_eq!(
            texts("null: 1.10\na: !!int 007\nb: ~\nc: 'null'\nd: [x, {y: z}]\n"),
            pairs(&[("null", "1.10"), ("a", "007"), ("c", "null")])
        );
        assert_eq!(texts("a: &x |\n  two\n  lines\nb: *x\nb: {c: *x}\n"), pairs(&[("a", "two\nlines\n"), ("b", "two\nlines\n")]));
        assert_eq!(texts("&k key: 1\nb: *k\n"), pairs(&[("key", "1"), ("b", "key")]));
        assert_eq!(texts("# nothing\n"), []);
        for no_mapping in ["- a\n", "text\n", "[a]: b\n", "a: b\n...\n---\nc: d\n"] {
            assert!(full(no_mapping).is_err(), "{no_mapping}");
        }
        assert!(full(&format!("a: {}", "[".repeat(MAX_DEPTH + 1))).is_err());
        let many = |aliases| full(&format!("a: &x {}\n{}", "y".repeat(1 << 10), "b: *x\n".repeat(aliases))).is_ok();
        assert!(many(1 << 10) && !many((1 << 10) + 1));
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
