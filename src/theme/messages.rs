//! The words of the interface in every locale: flat tables whose keys agree.

use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};

use super::engine::Shared;
use super::error::ThemeError;
use super::load::Layers;
use super::toml_messages::Table;
use crate::locale::{Locale, LocaleId, LocaleSet};
use crate::ordered;
use crate::ordered::{Map, Set};

/// The messages of one locale. It serialises as a flat map, and cheaply: the map is made once and shared.
#[derive(Debug, Clone)]
pub struct Messages {
    texts: FxHashMap<String, String>,
    shared: Shared,
    /// Whether they are those of another language, for want of a message file.
    lent: bool,
}

impl Messages {
    fn new(texts: Map<String, String>, lent: bool) -> Result<Self, ThemeError> {
        let shared = Shared::new(&texts)?;
        Ok(Self { texts: texts.into_iter().collect(), shared, lent })
    }

    /// The tag of the language that they are in, if that is another than their locale's.
    pub fn foreign(&self) -> Option<&str> {
        self.lent.then(|| self.get("language_code"))
    }

    /// Adds the name of the file that holds the messages for scripts, as `script_words`.
    pub(super) fn set_script(&mut self, file: &str) -> Result<(), ThemeError> {
        self.texts.insert("script_words".to_owned(), file.to_owned());
        self.shared = Shared::new(&ordered::map(&self.texts))?;
        Ok(())
    }

    /// The message of this key. A key that no message file has is given back as it is.
    pub fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.texts.get(key).map_or(key, String::as_str)
    }

    /// The message of this key; empty for a key that no message file has.
    pub fn text(&self, key: &str) -> &str {
        self.texts.get(key).map_or("", String::as_str)
    }

    /// The message of this key with each `{name}` replaced by its value. A placeholder without a value stays.
    pub fn format(&self, key: &str, values: &[(&str, &str)]) -> String {
        fill(self.get(key), |name| value_of(values, name))
    }

    /// A date as readers of this locale write it; `month` and `day` count from 1.
    pub fn date(&self, year: u16, month: u8, day: u8) -> String {
        let pattern = self.get("date_pattern");
        let mut date = String::with_capacity(pattern.len());
        fill_into(&mut date, pattern, |date, part| {
            match part {
                "year" => date.push_str(&year.to_string()),
                "month" => date.push_str(&month.to_string()),
                "month_name" => date.push_str(self.get(&format!("month_{month}"))),
                "day" => date.push_str(&day.to_string()),
                _ => return None,
            }
            Some(())
        });
        date
    }

    /// All keys, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        ordered::set(self.texts.keys().map(String::as_str)).into_iter()
    }
}

impl Serialize for Messages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.shared.serialize(serializer)
    }
}

fn value_of<'v>(values: &[(&str, &'v str)], name: &str) -> Option<&'v str> {
    values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// Replaces each `{name}` for which there is a value.
pub(super) fn fill<'v>(text: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    fill_into(&mut out, text, |out, name| value(name).map(|value| out.push_str(value)));
    out
}

/// Writes a message at the end of a text. `put` writes the value of each `{name}`, or nothing and says so: then the placeholder stays.
pub fn fill_into(out: &mut String, message: &str, put: impl Fn(&mut String, &str) -> Option<()>) {
    // Messages are short: to look for a byte is quicker than to begin a search.
    let place = |text: &str, byte| text.bytes().position(|one| one == byte);
    let mut rest = message;
    while let Some(at) = place(rest, b'{') {
        out.push_str(&rest[..at]);
        let from = &rest[at + 1..];
        let after = place(from, b'}').and_then(|end| put(out, &from[..end]).map(|()| &from[end + 1..]));
        if after.is_none() {
            out.push('{');
        }
        rest = after.unwrap_or(from);
    }
    out.push_str(rest);
}

/// The messages of every locale of a site, in its order.
pub(super) fn of_locales(layers: &Layers, locales: &LocaleSet) -> Result<Vec<Messages>, ThemeError> {
    let english = layers.built_in.get("messages/en.toml").map(Table::parse).transpose()?.unwrap_or_default();
    let tables = locales.ids().map(|id| table(layers, locales, id, &english)).collect::<Result<Vec<_>, _>>()?;
    let wanted = wanted_keys(&english, tables.iter().map(|(table, _)| table));
    for (table, _) in &tables {
        table.check_keys(&wanted)?;
        table.check_placeholders(&english)?;
    }
    let marked = locales.ids().zip(tables).map(|(id, (table, lent))| {
        let mut texts = table.into_texts();
        mark(&mut texts, locales.get(id), lent);
        Messages::new(texts, lent)
    });
    marked.collect()
}

/// The built-in English keys, and those that a site added in all of its locales.
fn wanted_keys<'a>(english: &'a Table, mut tables: impl Iterator<Item = &'a Table> + Clone) -> Set<&'a str> {
    let all = tables.clone();
    let own = tables.next().into_iter().flat_map(Table::keys).filter(|key| all.clone().all(|table| table.has(key)));
    ordered::set(english.keys().chain(own))
}

/// The messages of a locale, and whether they are lent: one without a message file speaks English, which names it as it names itself.
fn table(layers: &Layers, locales: &LocaleSet, id: LocaleId, english: &Table) -> Result<(Table, bool), ThemeError> {
    if let Some(own) = read(layers, locales.get(id))? {
        return Ok((own, false));
    }
    let spoken = layers.own.get("messages/en.toml").map(Table::parse).transpose()?;
    let lent = spoken.map_or_else(|| english.clone(), |spoken| english.clone().with(spoken));
    Ok((lent.of_language(&own_name(locales, id)), true))
}

/// The message file of a locale: of its whole tag if there is one, else of its language; the site's own over the built-in one.
fn read(layers: &Layers, locale: &Locale) -> Result<Option<Table>, ThemeError> {
    let mut merged: Option<Table> = None;
    let language = Some(locale.language()).filter(|language| *language != locale.as_str());
    for tag in language.into_iter().chain([locale.as_str()]) {
        let path = format!("messages/{tag}.toml");
        for file in [layers.built_in.get(&path), layers.own.get(&path)].into_iter().flatten() {
            let table = Table::parse(file)?;
            merged = Some(match merged {
                Some(below) => below.with(table),
                None => table,
            });
        }
    }
    Ok(merged)
}

/// What a language calls itself, with its tag where another locale of the site calls itself so; the tag where that is not known.
fn own_name(locales: &LocaleSet, id: LocaleId) -> String {
    let locale = locales.get(id);
    let Some(name) = locale.own_name() else { return locale.to_string() };
    let alike = locales.ids().any(|other| other != id && locales.get(other).own_name() == Some(name));
    if alike { format!("{name} ({locale})") } else { name.to_owned() }
}

/// Adds what marks text in the language of the messages on a page of their locale, and text of the page within that: attributes for an
/// element's tag, empty where both languages are one.
fn mark(texts: &mut Map<String, String>, locale: &Locale, lent: bool) {
    let words = texts.get("language_code").and_then(|tag| Locale::parse(tag).ok()).filter(|_| lent);
    let attributes = |of: &Locale, around: &Locale| {
        let direction = (of.direction() != around.direction()).then(|| format!(" dir=\"{}\"", of.direction()));
        format!(" lang=\"{of}\"{}", direction.unwrap_or_default())
    };
    let both = words.map(|words| [attributes(&words, locale), attributes(locale, &words)]).unwrap_or_default();
    texts.extend(["mark_words", "mark_text"].map(str::to_owned).into_iter().zip(both));
}

/// The name of the message file that a locale lacks: of its language, if no other locale of the site has that and readers take the language alone
/// to be in its script.
pub(super) fn file_name(locales: &LocaleSet, id: LocaleId) -> String {
    let locale = locales.get(id);
    let shared = locales.ids().any(|other| other != id && locales.get(other).language() == locale.language());
    let plain = Locale::parse(locale.language()).is_ok_and(|language| language.script() == locale.script());
    let tag = if plain && !shared { locale.language() } else { locale.as_str() };
    format!("messages/{tag}.toml")
}
