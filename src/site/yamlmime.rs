//! Pages written in YAML (`### YamlMime:Landing`, `Hub`, `FAQ` and others) as Markdown, so that they are pages like all others.
//!
//! The kinds differ in the names of their keys only: a thing with a name is a heading, its words are paragraphs, a thing with
//! an address is a link in a list. So one walk over the tree serves them all, and kinds that are not known as well. Words under
//! a key that the walk does not know are reported.

mod unshown;
mod write;

use std::ptr;

use crate::diag::{Checked, Code, Diagnostic, Span};
use crate::source::Source;

use super::data::{self, Data, Value};
use super::frontmatter::{Date, FrontMatter};
use super::outline::on_one_line;
use super::unit::Piece;

use unshown::Key;
use write::Writer;

/// A page written in YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlPage {
    /// What follows `YamlMime:`, as written.
    pub kind: String,
    /// What `metadata` says; the title is the page's own where `metadata` has none.
    pub front: FrontMatter,
    /// The page as Markdown.
    pub markdown: String,
    /// Where in the file its stretches come from. The places are counted in the page's order.
    pub pieces: Vec<Piece>,
}

/// Kinds that hold no page of their own.
const NOT_PAGES: [&str; 4] = ["TableOfContent", "TableOfContents", "ContextObject", "XRefMap"];

/// The kind of a YAML page: what follows `### YamlMime:` in the first line. `None` for other files.
pub fn kind(text: &str) -> Option<&str> {
    let line = text.trim_start_matches('\u{feff}').lines().next()?.trim_start_matches('#');
    let (mime, kind) = line.split_once(':')?;
    let is_page = !NOT_PAGES.iter().any(|other| kind.trim().eq_ignore_ascii_case(other));
    (text.trim_start_matches('\u{feff}').starts_with('#') && mime.trim().eq_ignore_ascii_case("YamlMime") && is_page)
        .then(|| kind.trim())
}

/// Converts a file; `None` if it is no page. Damaged YAML is reported ([`Code::FrontMatter`]) and taken up to the damage; words that
/// the page does not show are reported too.
pub fn to_markdown(source: &Source) -> Checked<Option<YamlPage>> {
    let Some(kind) = kind(&source.text) else { return Checked::sound(None) };
    let (root, damage) = data::yaml(&source.text);
    let report = |damage: data::Damage| {
        let span = Span::new(source.path.clone(), damage.at..damage.at);
        let message = format!("the page is not valid YAML: {}", damage.message);
        Diagnostic::new(Code::FrontMatter, span, message).help("what stands before this place is shown; correct the file")
    };
    let mut diagnostics: Vec<_> = damage.map(report).into_iter().collect();
    let front = root.as_ref().map(|root| front(root, source).unpack(&mut diagnostics)).unwrap_or_default();
    let writer = root.as_ref().map(page).unwrap_or_default();
    diagnostics.extend(unshown::report(&writer.unshown, source));
    let page = YamlPage { kind: kind.to_owned(), front, markdown: writer.text, pieces: writer.pieces };
    Checked { value: Some(page), diagnostics }
}

#[allow(clippy::needless_update, reason = "front matter may come to hold more than YAML pages do")]
fn front(root: &Data, source: &Source) -> Checked<FrontMatter> {
    let metadata = root.get("metadata");
    let text = |key: &str| metadata.and_then(|metadata| metadata.text_of(key)).map(str::to_owned);
    let mut diagnostics = Vec::new();
    let mut date = |key: &str| metadata.and_then(|metadata| read_date(metadata.get(key)?, source).unpack(&mut diagnostics));
    let [ms_date, plain_date, last_handoff] = ["ms.date", "date", "ms.lasthandoff"].map(&mut date);
    let value = FrontMatter {
        title: text("title").or_else(|| name(root).and_then(Data::text).map(on_one_line)),
        description: text("description"),
        date: ms_date.or(plain_date),
        translation_type: text("ms.translationtype"),
        content_locale: text("ms.contentlocale"),
        last_handoff,
        uid: root.text_of("uid").map(str::to_owned).or_else(|| text("uid")),
        robots: text("robots"),
        draft: text("draft").is_some_and(|draft| draft.eq_ignore_ascii_case("true")),
        ..FrontMatter::default()
    };
    Checked { value, diagnostics }
}

/// A date of `metadata`, read and reported like one of front matter.
fn read_date(value: &Data, source: &Source) -> Checked<Option<Date>> {
    let Some(text) = value.text().map(str::trim).filter(|text| !text.is_empty()) else { return Checked::sound(None) };
    let date = Date::parse(text);
    let report = || {
        let span = Span::new(source.path.clone(), value.at.clone());
        Diagnostic::new(Code::FrontMatter, span, format!("`{text}` is not a date")).help("write it as 2026-01-31 or 01/31/2026")
    };
    Checked { value: date, diagnostics: date.is_none().then(report).into_iter().collect() }
}

/// The value of the first of some keys that has a text.
fn first<'a>(data: &'a Data, keys: &[&str]) -> Option<&'a Data> {
    keys.iter().find_map(|key| data.get(key).filter(|value| value.text().is_some_and(|text| !text.trim().is_empty())))
}

fn name(data: &Data) -> Option<&Data> {
    first(data, &["title", "name", "question", "text"])
}

fn address(data: &Data) -> Option<&Data> {
    first(data, &["url", "href"])
}

/// What is said about a thing, in the order of the page.
const WORDS: [&str; 7] = ["summary", "abstract", "introduction", "answer", "description", "content", "note"];

/// What is said after all that a thing holds: the next steps of frequent questions.
const LAST_WORDS: &str = "additionalContent";

fn words(data: &Data) -> Vec<&Data> {
    WORDS.iter().filter_map(|key| first(data, &[key])).collect()
}

fn page(root: &Data) -> Writer {
    let mut writer = Writer::default();
    match root.value {
        Value::Text(_) if root.text().is_some() => writer.markdown(root),
        _ => members(&Key { name: "", value_at: root.at.start }, root, 1, &mut writer),
    }
    writer
}

/// Writes a thing and what it holds. The depth is bounded by [`data::MAX_DEPTH`].
fn walk(data: &Data, level: usize, writer: &mut Writer) {
    let (name, address, words) = (name(data), address(data), words(data));
    match (address, name) {
        (Some(address), _) => writer.link(name.unwrap_or(address), address, &words),
        (None, Some(name)) if data.get("question").is_some_and(|question| ptr::eq(question, name)) => {
            writer.question(level, name);
        }
        (None, Some(name)) => writer.heading(level, name),
        (None, None) => {}
    }
    if address.is_none() {
        words.iter().for_each(|words| writer.markdown(words));
    }
    let below = if address.is_none() && name.is_some() { level + 1 } else { level };
    let last = first(data, &[LAST_WORDS]);
    let is_written =
        |value: &Data| name.into_iter().chain(address).chain(last).chain(words.iter().copied()).any(|one| ptr::eq(one, value));
    for (key, value) in data.pairs().iter().filter(|(key, value)| !key.eq_ignore_ascii_case("metadata") && !is_written(value)) {
        members(&Key { name: key, value_at: value.at.start }, value, below, writer);
    }
    last.into_iter().for_each(|words| writer.markdown(words));
}

/// Walks what a key holds that was not written with its thing. Texts are settings (`linkListType`, `imageSrc`), or words: those of a list
/// are its items, others have no place on the page.
fn members(key: &Key<'_>, value: &Data, level: usize, writer: &mut Writer) {
    match &value.value {
        Value::List(list) => list.iter().for_each(|one| match one.value {
            Value::Text(_) if unshown::is_words(key, one) => writer.item(one),
            Value::Text(_) => {}
            _ => members(key, one, level, writer),
        }),
        Value::Map(_) => walk(value, level, writer),
        Value::Text(_) if unshown::is_words(key, value) => writer.unshown.push(key),
        Value::Text(_) => {}
    }
}

#[cfg(test)]
mod tests;
