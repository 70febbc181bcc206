//! Templates: Tera, its errors turned into places, and values that many renderings share.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use tera::{Context, ErrorKind, Kwargs, State, Tera, TeraResult, Value};
use twox_hash::XxHash3_64;

use super::assets::Assets;
use super::error::{Place, ThemeError, ThemeErrorKind};
use super::frame::{self, Frames, SHARED, View};
use super::load::Layers;
use super::messages::{Messages, fill};
use super::phrases;
use super::rope::Rope;
use crate::locale::LocaleSet;
use crate::ordered;
use crate::ordered::Map;

/// A value that is turned into the engine's form once and then costs next to nothing in each view that holds it.
#[derive(Debug, Clone)]
pub struct Shared(Kind);

#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// Any value, and a hash by which it is told from others (XXH3, 64 bits).
    Value(Value, u64),
    /// Finished HTML.
    Html(Html),
}

/// Finished HTML, perhaps with a piece put into it.
#[derive(Debug, Clone)]
pub(super) struct Html {
    text: Arc<String>,
    piece: Option<(usize, &'static str)>,
}

impl Html {
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.piece.is_none_or(|(_, piece)| piece.is_empty())
    }

    /// Its text: what stands before the piece, the piece, and what stands after it.
    pub(super) fn parts(&self) -> [&str; 3] {
        match self.piece.and_then(|(at, piece)| Some((self.text.split_at_checked(at)?, piece))) {
            Some(((before, after), piece)) => [before, piece, after],
            None => [self.text.as_str(), "", ""],
        }
    }
}

impl From<String> for Html {
    fn from(text: String) -> Self {
        Self { text: Arc::new(text), piece: None }
    }
}

impl Shared {
    /// Turns a value into the engine's form.
    ///
    /// # Errors
    /// The value cannot be serialised, as a map with keys that are maps.
    pub fn new(value: &impl Serialize) -> Result<Self, ThemeError> {
        let failed = |error: String| ThemeError::new(ThemeErrorKind::Render, error);
        let made = Value::try_from_serializable(value).map_err(|error| failed(error.to_string()))?;
        let text = serde_json::to_vec(value).map_err(|error| failed(error.to_string()))?;
        Ok(Self(Kind::Value(made, XxHash3_64::oneshot(&text))))
    }

    /// HTML that is put into a page as it is.
    pub fn html(html: impl Into<String>) -> Self {
        Self(Kind::Html(Html::from(html.into())))
    }

    /// The same with a piece put into it before a byte: what many pages share but for a mark.
    pub fn html_with(html: Arc<String>, at: usize, piece: &'static str) -> Self {
        Self(Kind::Html(Html { text: html, piece: Some((at, piece)) }))
    }

    pub(super) fn kind(&self) -> &Kind {
        &self.0
    }
}

impl Serialize for Shared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            _ if self.show() => serializer.serialize_unit_struct(SHARED),
            Kind::Value(value, _) => value.serialize(serializer),
            Kind::Html(html) => Value::safe_string(&html.parts().concat()).serialize(serializer),
        }
    }
}

/// The parsed templates.
pub(super) struct Engine {
    tera: Tera,
    /// Name to show and text of each template.
    sources: Map<String, (String, String)>,
    frames: Frames,
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
        let sources = sources(layers)?;
        let mut engine = Self { tera: Tera::new(), frames: Frames::new(&sources), sources };
        engine.tera.autoescape_on(vec![".html"]);
        engine.tera.register_filter("fill", fill_filter);
        engine.tera.register_filter("phrases", phrases_filter);
        let globals = engine.tera.global_context();
        globals.insert("static", &assets.urls());
        let tags = locales.ids().map(|id| locales.get(id).as_str());
        globals.insert("all_messages", &ordered::map(tags.zip(messages)));
        let texts = engine.sources.iter().map(|(name, (_, text))| (name.as_str(), text.as_str()));
        let added = engine.tera.add_raw_templates(texts);
        added.map_err(|error| engine.explain(&error, ThemeErrorKind::Template))?;
        Ok(engine)
    }

    /// Whether pages of a template are made of frames.
    #[cfg(test)]
    pub(super) fn is_framed(&self, template: &str) -> bool {
        self.frames.serve(template)
    }

    pub(super) fn render(&self, template: &str, view: &dyn View) -> Result<String, ThemeError> {
        text(&self.render_pieces(template, view)?.into_bytes())
    }

    pub(super) fn render_pieces(&self, template: &str, view: &dyn View) -> Result<Rope, ThemeError> {
        let framed = self.frames.render(&self.tera, template, view);
        let rendered = framed.unwrap_or_else(|| rendered(&self.tera, template, view.made()?).map(Rope::from));
        rendered.map_err(|error| self.explain(&error, ThemeErrorKind::Render))
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

/// What was rendered as text, which it always is.
pub(super) fn text(html: &[u8]) -> Result<String, ThemeError> {
    // Checking what is not ASCII by the standard library costs many times what copying it does.
    let text = simdutf8::basic::from_utf8(html).map(str::to_owned);
    text.map_err(|error| ThemeError::new(ThemeErrorKind::Render, error.to_string()))
}

/// Renders a template with the fields of a view.
///
/// Into a text of the engine's own: what writes elsewhere is generic, and the whole interpreter is then compiled once more, in this crate.
pub(super) fn rendered(tera: &Tera, template: &str, view: Value) -> TeraResult<String> {
    let mut context = Context::new();
    for (name, value) in view.into_map().ok_or_else(|| tera::Error::message("a view is a map"))? {
        context.insert_value(name.to_string(), value);
    }
    tera.render(template, &context)
}

const HELP: &str = "each template's data is described at its beginning";

fn sources(layers: &Layers) -> Result<Map<String, (String, String)>, ThemeError> {
    let mut sources = Map::new();
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
    Value::safe_string(&frame::set_in_phrases(text).unwrap_or_else(|| in_phrases(text)))
}

/// A text as HTML, with the ends of its phrases if it is Japanese.
pub(super) fn in_phrases(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    phrases::marked(text, &mut html, escape);
    html
}

/// Writes a text into HTML.
fn escape(text: &str, html: &mut String) {
    if !text.bytes().any(|byte| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')) {
        return html.push_str(text);
    }
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
    let values = ordered::map(values.iter().filter_map(|(key, value)| Some((key.as_str()?, value))));
    fill(text, |name| values.get(name).and_then(|value| value.as_str()))
}
