//! Frames: what pages of one shape have in common, rendered once, with holes for the values in which they differ.
//!
//! Most of a page's template says the same thing in every page. Pages have one *shape* if their views have the same fields, lists of the
//! same lengths and the same values empty or absent. Where templates only pass values on ([`passes_on`]), pages of one shape differ in
//! nothing but the values: so the template is rendered once for the shape, with marks for values, and then cut at the marks. A theme whose
//! templates do more with values (a filter, a comparison) is rendered page by page as before.

mod passes_on;
mod shape;
mod view;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;
use tera::{Tera, TeraResult};

use super::engine::{in_phrases, rendered};
use super::rope::Rope;
use crate::ordered::Map;

pub(super) use shape::SHARED;
use shape::{Shape, Value};
pub(super) use view::View;

/// Templates that a site renders many times.
const OF_MANY: [&str; 4] = ["entry.html", "page.html", "parallel.html", "redirect.html"];
/// After so many shapes others are rendered the long way: a frame takes some kilobytes.
const MOST: usize = 2048;
/// Encloses a value's number in a frame that is being made.
const MARK: char = '\u{2}';

/// The frames of a theme.
#[derive(Default)]
pub(super) struct Frames {
    templates: HashSet<&'static str>,
    made: RwLock<FxHashMap<Vec<u8>, Arc<Frame>>>,
}

/// A template rendered for one shape: text, and what comes after each piece of it.
struct Frame {
    text: Vec<u8>,
    holes: Vec<Hole>,
}

/// A value's place: where the text before it ends.
struct Hole {
    text_end: usize,
    value: usize,
    how: How,
}

/// How a value becomes HTML.
#[derive(Clone, Copy)]
enum How {
    AsItIs,
    Escaped,
    /// By the filter `phrases`, which escapes as well.
    InPhrases,
}

impl Frames {
    /// No frames yet, for the templates among these sources (name to shown name and text) that allow them.
    pub(super) fn new(sources: &Map<String, (String, String)>) -> Self {
        let uses = passes_on::Uses::of(sources);
        let templates = OF_MANY.into_iter().filter(|name| uses.pass_on(name)).collect();
        Self { templates, made: RwLock::default() }
    }

    /// Whether pages of a template are made of frames.
    #[cfg(test)]
    pub(super) fn serve(&self, template: &str) -> bool {
        self.templates.contains(template)
    }

    /// Renders a template; `None` if it has to be rendered the long way.
    pub(super) fn render(&self, tera: &Tera, template: &str, view: &dyn View) -> Option<TeraResult<Rope>> {
        let template = *self.templates.get(template)?;
        let shape = Shape::of(template, view)?;
        let known = self.made.read().unwrap_or_else(PoisonError::into_inner).get(&shape.key).cloned();
        let frame = match known {
            Some(frame) => frame,
            None => match self.make(tera, template, view, &shape)? {
                Ok(frame) => frame,
                Err(error) => return Some(Err(error)),
            },
        };
        Some(frame.fill(&shape))
    }

    fn make(&self, tera: &Tera, template: &str, view: &dyn View, shape: &Shape) -> Option<TeraResult<Arc<Frame>>> {
        if self.made.read().unwrap_or_else(PoisonError::into_inner).len() >= MOST {
            return None;
        }
        let marked = match rendered(tera, template, Shape::marked(view)?) {
            Ok(marked) => marked,
            Err(error) => return Some(Err(error)),
        };
        let frame = Arc::new(Frame::cut(&marked, shape.values.len())?);
        self.made.write().unwrap_or_else(PoisonError::into_inner).insert(shape.key.clone(), Arc::clone(&frame));
        Some(Ok(frame))
    }
}

/// What stands for a value while a frame is made. Its brackets tell whether the template has it escaped.
fn mark(number: usize) -> String {
    format!("{MARK}<{number}>{MARK}")
}

/// What the filter `phrases` makes of a mark: it waits for its value; `None` for any other text.
pub(super) fn set_in_phrases(text: &str) -> Option<String> {
    let number = text.strip_prefix(MARK)?.strip_prefix('<')?.strip_suffix(MARK)?.strip_suffix('>')?;
    Some(format!("{MARK}[{number}]{MARK}"))
}

impl Frame {
    /// Cuts a rendered page at its marks; `None` where something else in it looks like one.
    fn cut(marked: &str, values: usize) -> Option<Self> {
        let mut frame = Self { text: Vec::with_capacity(marked.len()), holes: Vec::new() };
        for (index, part) in marked.split(MARK).enumerate() {
            if index % 2 == 0 {
                frame.text.extend_from_slice(part.as_bytes());
                continue;
            }
            let kinds = [("<", ">", How::AsItIs), ("&lt;", "&gt;", How::Escaped), ("[", "]", How::InPhrases)];
            let (number, how) =
                kinds.into_iter().find_map(|(open, close, how)| Some((part.strip_prefix(open)?.strip_suffix(close)?, how)))?;
            let value = number.parse().ok().filter(|value| *value < values)?;
            frame.holes.push(Hole { text_end: frame.text.len(), value, how });
        }
        Some(frame)
    }

    fn fill(&self, shape: &Shape) -> TeraResult<Rope> {
        // Values stand in a page twice at most, and escaping makes few of them longer.
        let mut rope = Rope::with_capacity(self.text.len() + 2 * shape.text.len());
        let mut done = 0;
        for hole in &self.holes {
            let own = rope.own();
            own.extend_from_slice(&self.text[done..hole.text_end]);
            done = hole.text_end;
            let mut put = |text: &str| -> TeraResult<()> {
                match hole.how {
                    How::AsItIs => own.extend_from_slice(text.as_bytes()),
                    How::Escaped => tera::escape_html(text, own)?,
                    How::InPhrases => own.extend_from_slice(in_phrases(text).as_bytes()),
                }
                Ok(())
            };
            match (&shape.values[hole.value], hole.how) {
                (Value::Text(Range { start, end }), _) => put(&shape.text[*start..*end])?,
                (Value::Html(html), How::AsItIs) => rope.push_html(html),
                (Value::Html(html), _) => html.parts().into_iter().try_for_each(&mut put)?,
            }
        }
        rope.own().extend_from_slice(&self.text[done..]);
        Ok(rope)
    }
}
