//! Front matter: YAML between `---` lines at the start of a file.

mod block;
mod date;
mod yaml;

use std::borrow::Cow;
use std::ops::Range;

use rustc_hash::{FxBuildHasher, FxHashSet};

use crate::diag::{Checked, Code, Diagnostic, Span};
use crate::source::Source;

use block::Block;
pub use date::Date;

/// What a page says about itself. Keys are case-insensitive; others than these say nothing here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FrontMatter {
    /// `title`.
    pub title: Option<String>,
    /// `description`.
    pub description: Option<String>,
    /// `ms.date` or `date`: the author's date of the text.
    pub date: Option<Date>,
    /// `ms.translationtype`: `MT` (machine), `HT` (human).
    pub translation_type: Option<String>,
    /// `ms.contentlocale`: the tag as written.
    pub content_locale: Option<String>,
    /// `ms.lasthandoff`: the date of the version it was translated from.
    pub last_handoff: Option<Date>,
    /// `uid`: what `xref` links name the page by.
    pub uid: Option<String>,
    /// `draft: true`.
    pub draft: bool,
    /// `robots`, as written (`NOINDEX, NOFOLLOW`).
    pub robots: Option<String>,
}

/// After so many warnings about one page's front matter, more say nothing new, and finding each one's place costs time.
const MOST_WARNINGS: usize = 50;

/// A key and its scalar value, as they stand in the file.
type Entry<'t> = (Cow<'t, str>, Cow<'t, str>);

/// Reads a file's front matter, and says at which byte the body begins, after a byte order mark and the front matter.
///
/// Damage (no closing line, not YAML, a key twice, a date that is none) is a [`Code::FrontMatter`] warning; what can be
/// understood is kept, the first of equal keys wins. A rule of the text does not close front matter. Text that merely begins
/// with a thematic break is no front matter.
pub fn front_matter(source: &Source) -> Checked<(FrontMatter, usize)> {
    let text = source.text.as_str();
    let Some(block) = block::find(text) else { return Checked::sound((FrontMatter::default(), block::bom(text))) };
    let mut reader = Reader { source, block: &block, diagnostics: Vec::new(), front: FrontMatter::default() };
    reader.read();
    let Reader { front, diagnostics, .. } = reader;
    Checked { value: (front, block.body), diagnostics }
}

/// The byte at which a file's body begins. Costs no YAML, except where text stands in what seems to be front matter.
pub fn body_start(text: &str) -> usize {
    block::find(text).map_or(block::bom(text), |block| block.body)
}

/// The place of a key's value in a file's front matter; the key's line, where the value does not stand in it as it is read.
pub(super) fn place_of_value(text: &str, key: &str, value: &str) -> Range<usize> {
    let Some(block) = block::find(text) else { return 0..0 };
    let line = block.line_of(text, key, 0);
    let written = text.get(line.clone()).and_then(|line| line.split_once(':')).map_or("", |(_, written)| written);
    let at = written.find(value).map(|at| line.end - written.len() + at);
    at.map_or(line, |at| at..at + value.len())
}

struct Reader<'s> {
    source: &'s Source,
    block: &'s Block,
    diagnostics: Vec<Diagnostic>,
    front: FrontMatter,
}

impl<'s> Reader<'s> {
    fn read(&mut self) {
        if !self.block.closed {
            self.warn(self.block.fence.clone(), "the front matter is not closed", "add a line `---` after its last key");
        }
        let source = self.source;
        let yaml = source.text.get(self.block.yaml.clone()).unwrap_or_default();
        let entries = yaml::plain(yaml).unwrap_or_else(|| self.read_yaml(yaml));
        let mut seen = FxHashSet::with_capacity_and_hasher(entries.len(), FxBuildHasher);
        let holds_markup =
            |value: &str| value.contains('<') && (value.contains("<span data-ttu-id=") || value.contains("<span data-stu-id="));
        for (at, (key, value)) in entries.iter().enumerate() {
            let lower = lower(key);
            if seen.contains(&lower) {
                if self.diagnostics.len() > MOST_WARNINGS {
                    continue;
                }
                let nth = entries.iter().take(at).filter(|(other, _)| other.eq_ignore_ascii_case(key)).count();
                self.warn(self.place(key, nth), &format!("the key `{key}` stands twice"), "remove one; the first is used");
            } else if holds_markup(value) {
                self.warn(self.place(key, 0), &format!("`{key}` holds segment markup"), "front matter cannot hold segments");
            } else {
                // A folded block ends in a line break that no one means.
                self.set(key, &lower, value.trim_end());
                seen.insert(lower);
            }
        }
    }

    fn read_yaml(&mut self, yaml: &'s str) -> Vec<Entry<'s>> {
        yaml::full(yaml).unwrap_or_else(|damage| {
            let at = self.block.yaml.start + damage.at.min(yaml.len());
            let line = self.line(at);
            self.warn(line, &format!("the front matter is not valid YAML: {}", damage.what), "quote the value, or mend the line");
            yaml::by_line(yaml)
        })
    }

    fn set(&mut self, key: &str, lower: &str, value: &str) {
        let front = &mut self.front;
        let field = match lower {
            "title" => &mut front.title,
            "description" => &mut front.description,
            "ms.translationtype" => &mut front.translation_type,
            "ms.contentlocale" => &mut front.content_locale,
            "uid" => &mut front.uid,
            "robots" => &mut front.robots,
            "draft" => return front.draft = value.eq_ignore_ascii_case("true"),
            "ms.date" | "date" | "ms.lasthandoff" => return self.set_date(key, lower, value),
            _ => return,
        };
        *field = Some(value.to_owned());
    }

    /// `ms.date` is the key of the content's authors; `date` counts where it is missing.
    fn set_date(&mut self, key: &str, lower: &str, value: &str) {
        let Some(date) = Date::parse(value) else {
            if value.is_empty() {
                return;
            }
            let message = format!("`{value}` is not a date");
            return self.warn(self.place(key, 0), &message, "write it as 2026-01-31 or 01/31/2026");
        };
        match lower {
            "ms.lasthandoff" => self.front.last_handoff = Some(date),
            "ms.date" => self.front.date = Some(date),
            _ => self.front.date = self.front.date.or(Some(date)),
        }
    }

    fn place(&self, key: &str, nth: usize) -> Range<usize> {
        self.block.line_of(&self.source.text, key, nth)
    }

    fn line(&self, at: usize) -> Range<usize> {
        let text = &self.source.text;
        let at = crate::source::floor_char_boundary(text, at);
        let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        let end = text.get(at..).and_then(|after| after.find('\n')).map_or(text.len(), |end| at + end);
        start..end
    }

    fn warn(&mut self, range: Range<usize>, message: &str, help: &'static str) {
        let span = Span::new(self.source.path.clone(), range);
        self.diagnostics.push(Diagnostic::new(Code::FrontMatter, span, message).help(help));
    }
}

/// A key in lower case, as nearly every one is written.
fn lower(key: &str) -> Cow<'_, str> {
    if key.bytes().any(|byte| byte.is_ascii_uppercase()) { key.to_ascii_lowercase().into() } else { key.into() }
}

#[cfg(test)]
mod tests;
