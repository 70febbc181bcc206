//! Templates: Tera, its errors turned into places, and values that many renderings share.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use tera::{Context, ErrorKind, Kwargs, State, Tera, Value};

use super::assets::Assets;
use super::error::{Place, ThemeError, ThemeErrorKind};
use super::load::Layers;
use super::messages::{Messages, fill};
use super::phrases;
use crate::locale::LocaleSet;

/// A value that is turned into the engine's form once and then costs next to nothing in each view that holds it.
#[derive(Debug, Clone)]
pub struct Shared(Value);

impl Shared {
    /// Turns a value into the engine's form.
    ///
    /// # Errors
    /// The value cannot be serialised, as a map with keys that are maps.
    pub fn new(value: &impl Serialize) -> Result<Self, ThemeError> {
        let made = Value::try_from_serializable(value);
        made.map(Self).map_err(|error| ThemeError::new(ThemeErrorKind::Render, error.to_string()))
    }

    /// HTML that is put into a page as it is.
    pub fn html(html: &str) -> Self {
        Self(Value::safe_string(html))
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> &str {
        self.0.as_str().unwrap_or_default()
    }
}

impl Serialize for Shared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// The parsed templates.
pub(super) struct Engine {
    tera: Tera,
    /// Name to show and text of each template.
    sources: BTreeMap<String, (String, String)>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.sources.keys()).finish()
    }
}

impl Engine {
    /// Parses all templates. A built-in template that is replaced keeps the name `default/NAME`.
    pub(super) fn build(
        layers: &Layers,
        locales: &LocaleSet,
        messages: &[Messages],
        assets: &Assets,
    ) -> Result<Self, ThemeError> {
        let mut engine = Self { tera: Tera::new(), sources: sources(layers)? };
        engine.tera.autoescape_on(vec![".html"]);
        engine.tera.register_filter("fill", fill_filter);
        engine.tera.register_filter("phrases", phrases_filter);
        let globals = engine.tera.global_context();
        globals.insert("static", &assets.urls());
        let tags = locales.ids().map(|id| locales.get(id).as_str());
        globals.insert("all_messages", &tags.zip(messages).collect::<BTreeMap<_, _>>());
        let texts = engine.sources.iter().map(|(name, (_, text))| (name.as_str(), text.as_str()));
        let added = engine.tera.add_raw_templates(texts);
        added.map_err(|error| engine.explain(&error, ThemeErrorKind::Template))?;
        Ok(engine)
    }

    pub(super) fn render(&self, template: &str, view: &impl Serialize) -> Result<String, ThemeError> {
        let mut out = Vec::with_capacity(32 * 1024);
        self.render_into(template, view, &mut out)?;
        String::from_utf8(out).map_err(|error| ThemeError::new(ThemeErrorKind::Render, error.to_string()))
    }

    pub(super) fn render_into(&self, template: &str, view: &impl Serialize, out: &mut Vec<u8>) -> Result<(), ThemeError> {
        let render = |out| self.tera.render_to(template, &Context::from_serialize(view)?, out);
        render(out).map_err(|error| self.explain(&error, ThemeErrorKind::Render))
    }

    fn explain(&self, error: &tera::Error, kind: ThemeErrorKind) -> ThemeError {
        match error.kind() {
            ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
                ThemeError::new(kind, report.message()).at(self.place(report.filename(), report.span().range.clone())).help(HELP)
            }
            ErrorKind::TemplateNotFound(name) => {
                ThemeError::new(ThemeErrorKind::NoSuchTemplate, format!("the theme has no template `{name}`"))
                    .help("templates stand in the folder `templates` of a theme")
            }
            other => self.explain_text(&other.to_string(), kind),
        }
    }

    /// Names that do not exist come as text only: `error: MESSAGE`, then `--> FILE:LINE:COLUMN`, then an excerpt.
    fn explain_text(&self, text: &str, kind: ThemeErrorKind) -> ThemeError {
        let message = text.lines().next().unwrap_or_default();
        let more = match text.lines().filter(|line| line.starts_with("error: ")).count() {
            0 | 1 => String::new(),
            all => format!("; {} more of the kind come after it", all - 1),
        };
        let error = ThemeError::new(kind, message.strip_prefix("error: ").unwrap_or(message)).help(format!("{HELP}{more}"));
        match self.place_in_text(text) {
            Some(place) => error.at(place),
            None => error,
        }
    }

    fn place_in_text(&self, text: &str) -> Option<Place> {
        let located = text.lines().nth(1)?.trim().strip_prefix("--> ")?;
        let mut parts = located.rsplitn(3, ':');
        let column: usize = parts.next()?.parse().ok()?;
        let line: usize = parts.next()?.parse().ok()?;
        let name = parts.next()?;
        let (_, source) = self.sources.get(name)?;
        let before: usize = source.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
        let start = before + source[before..].chars().take(column.checked_sub(1)?).map(char::len_utf8).sum::<usize>();
        let carets = text.lines().find(|line| line.trim_end().ends_with('^')).map_or(1, |line| line.matches('^').count());
        Some(self.place(name, start..start + carets))
    }

    fn place(&self, name: &str, range: std::ops::Range<usize>) -> Place {
        match self.sources.get(name) {
            Some((shown, text)) => Place::new(shown, text, range),
            None => Place::new(name, "", 0..0),
        }
    }
}

const HELP: &str = "each template's data is described at its beginning";

fn sources(layers: &Layers) -> Result<BTreeMap<String, (String, String)>, ThemeError> {
    let mut sources = BTreeMap::new();
    for (name, file) in layers.below("templates") {
        sources.insert(name.to_owned(), (file.shown.clone(), file.text()?.to_owned()));
        if let (Some(below), true) = (layers.built_in.get(&format!("templates/{name}")), !name.ends_with("parts.html"))
            && layers.own.contains_key(&format!("templates/{name}"))
        {
            sources.insert(format!("default/{name}"), (below.shown.clone(), below.text()?.to_owned()));
        }
    }
    Ok(sources)
}

/// Japanese whose lines end between phrases, as HTML; any other text as it is.
fn phrases_filter(text: &str, _: Kwargs, _: &State) -> Value {
    let mut html = String::with_capacity(text.len() + 16);
    phrases::marked(text, &mut html, escape);
    Value::safe_string(&html)
}

/// Writes a text into HTML.
fn escape(text: &str, html: &mut String) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#x27;"),
            other => html.push(other),
        }
    }
}

/// `{{ t.updated | fill(date=date.text) }}`: each `{name}` of the message replaced.
#[expect(clippy::needless_pass_by_value, reason = "the engine hands the arguments over by value")]
fn fill_filter(text: &str, values: Kwargs, _: &State) -> String {
    let values: BTreeMap<&str, &Value> = values.iter().filter_map(|(key, value)| Some((key.as_str()?, value))).collect();
    fill(text, |name| values.get(name).and_then(|value| value.as_str()))
}
