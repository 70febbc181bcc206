//! YAML and JSON files as one kind of tree, in which every value knows its place in the file.
//!
//! JSON is read by the YAML reader, of which it is a subset (YAML 1.2.2 §1.3), because `serde_json` gives no places.
//! The tree is built from events, without recursion, so that no input can exhaust the stack.

use std::ops::Range;

use granit_parser::{Event, Parser};

/// How deep lists and maps may be nested. The deepest real table of contents takes 12.
pub const MAX_DEPTH: usize = 140;

/// A value and the bytes of the file that it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// Its bytes, quotation marks included.
    pub at: Range<usize>,
    /// What it is.
    pub value: Value,
}

/// The three kinds of value. Numbers, truth values and null are texts, as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A scalar.
    Text(String),
    /// A sequence.
    List(Vec<Data>),
    /// A mapping, in the file's order.
    Map(Vec<(String, Data)>),
}

/// What was wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The byte where reading stopped.
    pub at: usize,
    /// What was wrong, in a sentence without its full stop.
    pub message: String,
}

impl Data {
    /// The value of a key, whatever its case; of two equal keys the first.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.pairs().iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    }

    /// The text of a scalar; `None` for YAML's null.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) if !matches!(text.as_str(), "" | "~" | "null") => Some(text),
            _ => None,
        }
    }

    /// The text of a key's value, without the white space around it.
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Self::text).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The members of a list; none for other values.
    pub fn list(&self) -> &[Self] {
        if let Value::List(list) = &self.value { list } else { &[] }
    }

    /// The members of a list, or the value itself: many settings take one or several.
    pub fn one_or_many(&self) -> &[Self] {
        if let Value::List(list) = &self.value { list } else { std::slice::from_ref(self) }
    }

    /// The keys and values of a map; none for other values.
    pub fn pairs(&self) -> &[(String, Self)] {
        if let Value::Map(map) = &self.value { map } else { &[] }
    }
}

/// Reads the first document of a YAML file: what could be read, and what stopped the reading.
pub fn yaml(text: &str) -> (Option<Data>, Option<Damage>) {
    // A byte order mark is content to the reader, but not to the writer of the file.
    let skipped = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut tree = Tree { skipped, ..Tree::default() };
    let mut damage = None;
    for event in Parser::new_from_str(&text[skipped..]) {
        let step = event
            .map_err(|error| Damage { at: error.marker().byte_offset().map_or(0, |at| at + skipped), message: error.info() });
        match step.and_then(|(event, span)| tree.take(event, span.byte_range().unwrap_or_default())) {
            Ok(true) => {}
            Ok(false) => break,
            Err(found) => {
                damage = Some(found);
                break;
            }
        }
    }
    (tree.finish(), damage)
}

/// Reads a JSON file, with the comments and trailing commas that settings files have.
pub fn json(text: &str) -> (Option<Data>, Option<Damage>) {
    yaml(&without_comments(text))
}

/// Blanks `//` and `/* */` outside of strings; every byte keeps its place.
fn without_comments(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let (mut at, mut in_string) = (0, false);
    while at < bytes.len() {
        let end = match (in_string, &text.as_bytes()[at..]) {
            (true, [b'\\', _, ..]) => at + 2,
            (_, [b'"', ..]) => {
                in_string = !in_string;
                at + 1
            }
            (false, [b'/', b'/', rest @ ..]) => blank(&mut bytes, at, 2 + memchr::memchr(b'\n', rest).unwrap_or(rest.len())),
            (false, [b'/', b'*', rest @ ..]) => {
                let length = memchr::memmem::find(rest, b"*/").map_or(rest.len(), |at| at + 2);
                blank(&mut bytes, at, 2 + length)
            }
            _ => at + 1,
        };
        at = end;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn blank(bytes: &mut [u8], at: usize, length: usize) -> usize {
    for byte in &mut bytes[at..at + length] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
    at + length
}

/// A tree while it grows: the collections that are still open, the innermost last.
#[derive(Default)]
struct Tree {
    open: Vec<Open>,
    root: Option<Data>,
    skipped: usize,
}

struct Open {
    data: Data,
    key: Option<String>,
}

impl Tree {
    /// Takes an event; `false` once the document is complete.
    fn take(&mut self, event: Event<'_>, at: Range<usize>) -> Result<bool, Damage> {
        let at = at.start + self.skipped..at.end + self.skipped;
        match event {
            Event::Scalar(text, ..) => self.add(Data { at, value: Value::Text(text.into_owned()) }),
            Event::SequenceStart(..) => self.enter(Data { at, value: Value::List(Vec::new()) })?,
            Event::MappingStart(..) => self.enter(Data { at, value: Value::Map(Vec::new()) })?,
            Event::SequenceEnd | Event::MappingEnd => self.leave(at.end),
            // Aliases would let a small file stand for a huge one, and no docset was seen to use them.
            Event::Alias(_) => return Err(Damage { at: at.start, message: "aliases are not supported".to_owned() }),
            Event::DocumentEnd => return Ok(false),
            _ => {}
        }
        Ok(true)
    }

    fn enter(&mut self, data: Data) -> Result<(), Damage> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Damage { at: data.at.start, message: format!("nested deeper than {MAX_DEPTH} levels") });
        }
        self.open.push(Open { data, key: None });
        Ok(())
    }

    fn leave(&mut self, end: usize) {
        if let Some(mut done) = self.open.pop() {
            done.data.at.end = end.max(done.data.at.start);
            self.add(done.data);
        }
    }

    fn add(&mut self, data: Data) {
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(data);
            return;
        };
        match (&mut open.data.value, open.key.take()) {
            (Value::List(list), _) => list.push(data),
            (Value::Map(map), Some(key)) => map.push((key, data)),
            // A key that is itself a list or map has no name that anything could ask for.
            (Value::Map(_), None) => open.key = Some(if let Value::Text(text) = data.value { text } else { String::new() }),
            (Value::Text(_), _) => {}
        }
    }

    /// Closes what is still open, so that a file is read up to its damage.
    fn finish(mut self) -> Option<Data> {
        while let Some(open) = self.open.last() {
            let end = open.data.at.end;
            self.leave(end);
        }
        self.root
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_knows_its_place() {
        let text = "\u{feff}- name: 窓口\n  HREF: \"a b.md\"\n";
        let (root, damage) = yaml(text);
        let root = root.unwrap();
        assert_eq!(damage, None);
        let entry = &root.list()[0];
        assert_eq!(&text[entry.get("NAME").unwrap().at.clone()], "窓口");
        assert_eq!(&text[entry.get("href").unwrap().at.clone()], "\"a b.md\"");
        assert_eq!(entry.text_of("href"), Some("a b.md"));
    }

    #[test]
    fn a_damaged_file_is_read_up_to_its_damage() {
        let (root, damage) = yaml("- name: a\n- name: [b\n- name: c\n");
        assert_eq!(root.unwrap().list()[0].text_of("name"), Some("a"));
        assert!(!damage.unwrap().message.is_empty());
    }

    #[test]
    fn json_may_have_tabs_comments_and_trailing_commas() {
        let (root, damage) = json("{\r\n\t// note \"x\"\r\n\t\"a\": [\"//b\", true,], /* c\n */\r\n\t\"d\\\"e\": null,\r\n}\r\n");
        let root = root.unwrap();
        assert_eq!(damage, None);
        assert_eq!(root.get("a").unwrap().list()[0].text(), Some("//b"));
        assert_eq!(root.get("a").unwrap().list()[1].text(), Some("true"));
        assert_eq!(root.text_of("d\"e"), None);
    }

    #[test]
    fn bombs_are_refused() {
        let deep = (0..10_000).map(|n| format!("{}- a:\n", "  ".repeat(n.min(400)))).collect::<String>();
        let flow = "[".repeat(10_000);
        let json_bomb = "{\"a\":".repeat(10_000);
        let aliases = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
        for bomb in [deep.as_str(), &flow, &json_bomb, aliases] {
            let (_, damage) = yaml(bomb);
            assert!(!damage.unwrap().message.is_empty());
        }
    }
}
