//! A message file: TOML with one flat table of texts, where each key knows its place.

use std::ops::Range;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::error::{Place, ThemeError, ThemeErrorKind};
use super::load::File;
use crate::ordered;
use crate::ordered::{Map, Set};

/// The texts of one locale, from one file or several laid over each other.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    file: Arc<Named>,
    entries: Map<String, Entry>,
}

#[derive(Debug, Default)]
struct Named {
    shown: String,
    text: String,
}

#[derive(Debug, Clone)]
struct Entry {
    text: String,
    file: Arc<Named>,
    range: Range<usize>,
}

impl Table {
    /// Reads a message file.
    pub(super) fn parse(file: &File) -> Result<Self, ThemeError> {
        let text = file.text()?;
        let named = Arc::new(Named { shown: file.shown.clone(), text: text.to_owned() });
        let parsed = DeTable::parse(text)
            .map_err(|error| named.error(ThemeErrorKind::MessageFile, error.message(), error.span().unwrap_or(0..0)))?;
        let mut entries = Map::new();
        for (key, value) in parsed.into_inner() {
            let DeValue::String(text) = value.get_ref() else {
                let message = format!("the message `{}` is not a text", key.get_ref());
                return Err(named.error(ThemeErrorKind::MessageFile, message, value.span()).help("write it in quotation marks"));
            };
            let entry = Entry { text: text.to_string(), file: named.clone(), range: key.span() };
            entries.insert(key.get_ref().to_string(), entry);
        }
        Ok(Self { file: named, entries })
    }

    /// This table with another over it.
    pub(super) fn with(mut self, over: Self) -> Self {
        for (key, entry) in over.entries {
            self.entries.insert(key, entry);
        }
        Self { file: over.file, entries: self.entries }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// The messages as those of another language, which calls itself so: where they name their own language they name that.
    pub(super) fn of_language(mut self, name: &str) -> Self {
        let Some(own) = self.entries.get("language_name").map(|entry| entry.text.clone()) else { return self };
        for key in OF_ITSELF {
            if let Some(entry) = self.entries.get_mut(key) {
                entry.text = entry.text.replace(&own, name);
            }
        }
        self
    }

    pub(super) fn into_texts(self) -> Map<String, String> {
        ordered::map(self.entries.into_iter().map(|(key, entry)| (key, entry.text)))
    }

    /// Whether the keys are exactly these. A key too many is looked for first: it is often one of the missing, misspelt.
    pub(super) fn check_keys(&self, wanted: &Set<&str>) -> Result<(), ThemeError> {
        if let Some((key, entry)) = self.entries.iter().find(|(key, _)| !wanted.contains(key.as_str())) {
            return Err(self.extra(key, entry, wanted));
        }
        let missing: Vec<_> = wanted.iter().copied().filter(|key| !self.has(key)).collect();
        if missing.is_empty() { Ok(()) } else { Err(self.missing(&missing)) }
    }

    /// Whether each message has only placeholders that the same message of `model` has, or that a date has.
    pub(super) fn check_placeholders(&self, model: &Self) -> Result<(), ThemeError> {
        for (key, entry) in &self.entries {
            let Some(wanted) = model.entries.get(key) else { continue };
            let known: Vec<_> = match key.as_str() {
                "date_pattern" => DATE.to_vec(),
                "mail_when" => WHEN.to_vec(),
                _ => placeholders(&wanted.text).collect(),
            };
            if let Some(wrong) = placeholders(&entry.text).find(|name| !known.contains(name)) {
                let message = format!("the message `{key}` has the placeholder `{{{wrong}}}`, for which there is no value");
                let names = known.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(", ");
                let help = if names.is_empty() { "it takes no placeholder".to_owned() } else { format!("it takes {names}") };
                return Err(entry.file.error(ThemeErrorKind::MessageKey, message, entry.range.clone()).help(help));
            }
        }
        Ok(())
    }

    fn extra(&self, key: &str, entry: &Entry, wanted: &Set<&str>) -> ThemeError {
        let absent = wanted.iter().filter(|wanted| !self.has(wanted));
        let near = nearest(key, absent.chain(wanted).copied()).unwrap_or_default();
        entry
            .file
            .error(ThemeErrorKind::MessageKey, format!("the key `{key}` is not known in every locale"), entry.range.clone())
            .help(format!("the nearest known key is `{near}`; a key of your own needs a message in each locale of the site"))
    }

    fn missing(&self, missing: &[&str]) -> ThemeError {
        let near = nearest(missing[0], self.keys()).unwrap_or_default();
        let range = self.entries.get(near).map_or(0..0, |entry| entry.range.clone());
        let place = self.entries.get(near).map_or(&self.file, |entry| &entry.file);
        let message = format!("`{}` lacks the key `{}`", self.file.shown, missing.join("`, `"));
        place
            .error(ThemeErrorKind::MessageKey, message, range)
            .help(format!("add it there; its nearest neighbour in the file is `{near}`"))
    }
}

impl Named {
    fn error(&self, kind: ThemeErrorKind, message: impl Into<String>, range: Range<usize>) -> ThemeError {
        ThemeError::new(kind, message).at(Place::new(&self.shown, &self.text, range))
    }
}

/// The messages that name the language of their reader.
const OF_ITSELF: [&str; 3] = ["language_name", "choose_text", "notice_fallback"];
/// The parts of a date that a pattern may name.
const DATE: [&str; 4] = ["year", "month", "month_name", "day"];
/// The parts of a time in a mail that a pattern may name.
const WHEN: [&str; 6] = ["year", "month", "month_name", "day", "weekday", "time"];

/// The names in `{…}`.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|from| from.split_once('}')).map(|(name, _)| name)
}

/// The candidate that takes the fewest edits to reach; the first of them if there are several.
fn nearest<'a>(key: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates.min_by_key(|candidate| edits(key.as_bytes(), candidate.as_bytes()))
}

/// How many bytes must be put in, left out or changed (Levenshtein's distance).
fn edits(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let change = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = change.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
