//! Words of a YAML page under keys that have no place on it. They are not dropped without a word.

use std::ops::Range;

use crate::diag::{Code, Diagnostic, Span};
use crate::site::data::Data;
use crate::source::Source;

/// So many keys are named by a report.
const MOST_NAMES: usize = 5;

/// The last words of the names of keys that hold settings, even where those have white space.
const SETTINGS: [&str; 21] = [
    "url",
    "href",
    "src",
    "uid",
    "id",
    "type",
    "style",
    "class",
    "layout",
    "icon",
    "range",
    "author",
    "manager",
    "tags",
    "keywords",
    "services",
    "products",
    "roles",
    "levels",
    "languages",
    "date",
];

/// A key, and where its value begins.
pub(super) struct Key<'a> {
    pub(super) name: &'a str,
    pub(super) value_at: usize,
}

/// The keys whose words are not on the page, each once, and how many more there are than are named.
#[derive(Default)]
pub(super) struct Unshown {
    keys: Vec<(String, usize)>,
    has_more: bool,
}

impl Unshown {
    pub(super) fn push(&mut self, key: &Key<'_>) {
        let is_known = self.keys.iter().any(|(name, _)| name == key.name);
        match () {
            () if is_known => {}
            () if self.keys.len() == MOST_NAMES => self.has_more = true,
            () => self.keys.push((key.name.to_owned(), key.value_at)),
        }
    }
}

/// Whether a key's text is for readers: not under the key of a setting, and more than the name of something, which is ASCII without white
/// space.
pub(super) fn is_words(key: &Key<'_>, value: &Data) -> bool {
    !is_setting(key.name) && value.text().is_some_and(|text| text.trim().contains(|c: char| c.is_whitespace() || !c.is_ascii()))
}

/// `monikerRange` ends in the word `range`, `arrange` does not.
fn is_setting(name: &str) -> bool {
    let ends_in = |word: &str| {
        let (before, last) = name.len().checked_sub(word.len()).and_then(|at| name.split_at_checked(at)).unwrap_or_default();
        let is_word = before.is_empty() || before.ends_with(['_', '-']) || last.starts_with(|c: char| c.is_ascii_uppercase());
        last.eq_ignore_ascii_case(word) && is_word
    };
    name.contains('.') || SETTINGS.iter().any(|word| ends_in(word))
}

/// Reports once a page what it does not show, at the first key.
pub(super) fn report(unshown: &Unshown, source: &Source) -> Option<Diagnostic> {
    let (name, value_at) = unshown.keys.first()?;
    let names: Vec<_> = unshown.keys.iter().map(|(name, _)| format!("`{name}`")).collect();
    let more = if unshown.has_more { " and others" } else { "" };
    let message = format!("the page does not show the text of {}{more}", names.join(", "));
    let span = Span::new(source.path.clone(), place(name, *value_at, &source.text));
    Some(Diagnostic::new(Code::FrontMatter, span, message).help("write it under `summary` or `content`"))
}

/// Where a key stands: the last time before its value. A key with escapes is written otherwise than it reads; its value stands for it.
fn place(name: &str, value_at: usize, text: &str) -> Range<usize> {
    let found = text.get(..value_at).and_then(|before| before.rfind(name));
    found.map_or(value_at..value_at, |start| start..start + name.len())
}
