//! Localized files: Japanese and English as paired spans in one Markdown file, split without loss.
//!
//! ```text
//! <span data-ttu-id="ID">TARGET</span><span class="sxs-lookup"><span data-stu-id="ID">SOURCE</span></span>
//! ```
//! What stands outside such pairs, the *skeleton*, belongs to both languages. A [`Split`] copies nothing: it holds ranges of
//! the file, and [`Split::join`] gives the file back byte for byte. Where the markup is damaged, each language still gets
//! all of its text, and never sees the markup.

mod damage;
mod fence;
mod scan;
mod side;

use std::ops::Range;

use crate::diag::{Checked, Code, Diagnostic, Span};
use crate::source::Source;

use super::frontmatter;
pub use super::unit::Half;
pub(in crate::site) use fence::Fences;
pub(in crate::site) use side::Built;

/// A paired segment. All ranges are bytes of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The id that both halves bear, without its quotation marks. It is not stable between two hand-offs of a page.
    pub id: Range<usize>,
    /// The target text.
    pub target: Range<usize>,
    /// The source text.
    pub source: Range<usize>,
    /// The pair with its markup.
    pub whole: Range<usize>,
    /// Whether quotation marks of its markup are damaged to `&quot;`.
    pub repaired: bool,
}

impl Pair {
    /// The text of one language.
    pub fn half(&self, half: Half) -> Range<usize> {
        match half {
            Half::Target => self.target.clone(),
            Half::Source => self.source.clone(),
        }
    }
}

/// A file taken apart: what belongs to both languages, and the pairs.
#[derive(Debug, Clone)]
pub struct Split<'s> {
    source: &'s Source,
    body: usize,
    pairs: Vec<Pair>,
    hidden: Vec<Range<usize>>,
    damage: Vec<Range<usize>>,
}

/// Takes a file apart.
///
/// Reports halves without their other half ([`Code::SegmentUnpaired`]): their text stays in both languages, their markup in
/// neither; and damaged quotation marks ([`Code::QuotDamage`]). Fenced code is left alone.
pub fn split(source: &Source) -> Checked<Split<'_>> {
    below(source, frontmatter::body_start(&source.text))
}

/// The same of a file of which it is known where its front matter ends.
pub(in crate::site) fn below(source: &Source, front: usize) -> Checked<Split<'_>> {
    let found = scan::scan(&source.text);
    let damage = damage::regions(&source.text);
    let mut diagnostics: Vec<_> = found.unpaired.iter().map(|half| unpaired(source, half)).collect();
    diagnostics.extend(damage.iter().map(|region| damaged(source, region)));
    let body = body_after(front, &found.pairs);
    let split = Split { source, body, pairs: found.pairs, hidden: found.hidden, damage };
    Checked { value: split, diagnostics }
}

/// Whether a text holds the markup of localized files outside fenced code, be it paired or not.
pub fn is_localized(text: &str) -> bool {
    scan::any(text)
}

/// One language of a localized file as plain Markdown, its front matter included: what the `split` command prints.
///
/// The target half is what the publisher's monolingual twin of the file holds, except that the exporter of localized files
/// writes `\*` and `` \` `` for some literal asterisks and backticks; that cannot be undone from the file alone.
pub fn one_language(source: &Source, half: Half) -> Checked<String> {
    let Checked { value, diagnostics } = split(source);
    Checked { value: value.side_text(half), diagnostics }
}

impl Split<'_> {
    /// The file.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Where the body begins, after a byte order mark and the front matter.
    pub fn body(&self) -> usize {
        self.body
    }

    /// All pairs in the file's order, those that strayed into the front matter included.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// The markup of unpaired halves, which no reader sees.
    pub fn hidden(&self) -> &[Range<usize>] {
        &self.hidden
    }

    /// The text before each pair, and the text after the last: one stretch more than there are pairs.
    pub fn skeleton(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.pairs.iter().map(|pair| pair.whole.end));
        let ends = self.pairs.iter().map(|pair| pair.whole.start).chain([self.text().len()]);
        starts.zip(ends).map(|(start, end)| self.slice(&(start..end)))
    }

    /// The file, byte for byte, put together again from its skeleton and its pairs.
    pub fn join(&self) -> String {
        let mut joined = String::with_capacity(self.text().len());
        let mut pairs = self.pairs.iter();
        for stretch in self.skeleton() {
            joined.push_str(stretch);
            if let Some(pair) = pairs.next() {
                self.join_pair(pair, &mut joined);
            }
        }
        joined
    }

    /// Damaged markup has no canonical form, and is kept as it is.
    fn join_pair(&self, pair: &Pair, joined: &mut String) {
        if pair.repaired {
            return joined.push_str(self.slice(&pair.whole));
        }
        let (id, target, source) = (self.slice(&pair.id), self.slice(&pair.target), self.slice(&pair.source));
        for part in [scan::TTU, "\"", id, "\">", target, scan::MIDDLE, scan::LOOKUP, "\"", id, "\">", source, scan::CLOSE] {
            joined.push_str(part);
        }
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        self.source.text.get(range.clone()).unwrap_or_default()
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source.path.clone(), range)
    }
}

/// A pair that begins in broken front matter and ends after it belongs to the front matter.
fn body_after(front_matter: usize, pairs: &[Pair]) -> usize {
    let next = pairs.partition_point(|pair| pair.whole.end <= front_matter);
    pairs.get(next).filter(|pair| pair.whole.start < front_matter).map_or(front_matter, |pair| pair.whole.end)
}

fn unpaired(source: &Source, half: &scan::Unpaired) -> Diagnostic {
    let id = source.text.get(half.id.clone()).unwrap_or_default();
    let (this, other) = match half.half {
        Half::Target => ("target", "source"),
        Half::Source => ("source", "target"),
    };
    let span = Span::new(source.path.clone(), half.tag.clone());
    Diagnostic::new(Code::SegmentUnpaired, span, format!("the {this} span `{id}` has no {other} span of the same id"))
        .help("its text is shown in both languages; restore the other span, or remove the markup")
}

fn damaged(source: &Source, region: &Range<usize>) -> Diagnostic {
    let span = Span::new(source.path.clone(), region.clone());
    Diagnostic::new(Code::QuotDamage, span, "quotation marks are damaged to `&quot;` from here on")
        .help("replace `&quot;` by `\"` up to the next quotation mark")
}

#[cfg(test)]
mod tests;
