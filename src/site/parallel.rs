//! Builds documents: from a localized file, from two parallel files, or from one file in one language.
//!
//! Parallel files are aligned block by block, and sentence by sentence within blocks that have as many on both sides.

mod blocks;
mod keys;
mod sentence;
mod sides;

use std::ops::Range;

use crate::diag::{Checked, Code, Diagnostic, Span};
use crate::locale::{LocaleId, LocaleSet};
use crate::source::Source;

use super::frontmatter::{FrontMatter, front_matter, place_of_value};
use super::split::{self, Built, Half, Split};
use super::unit::{Document, Form, Segment, Side};

use blocks::Block;
use keys::Keys;
use sides::Weaver;

/// Aligns `name.md` with `name.TAG.md`; without a target, takes `name.md` alone ([`Form::Single`]).
///
/// Reports blocks that have no counterpart ([`Code::ParallelMismatch`], with the place in the other file) and damaged front
/// matter. Code and HTML blocks are aligned, but hold no segments.
pub fn align(source: &Source, source_locale: LocaleId, target: Option<(&Source, LocaleId)>) -> Checked<Document> {
    let mut diagnostics = Vec::new();
    let ours = File::read(source, &mut diagnostics);
    let theirs = target.map(|(file, locale)| (File::read(file, &mut diagnostics), locale));
    let mut weaver = Weaver::new(&ours.place(), theirs.as_ref().map(|(file, _)| file.place()));
    match &theirs {
        None => ours.blocks.iter().for_each(|block| weaver.source_only(block)),
        Some((theirs, _)) => weave(&ours, theirs, &mut weaver, &mut diagnostics),
    }
    let woven = weaver.finish();
    let (target_locale, theirs) = theirs.map(|(file, locale)| (locale, file)).unzip();
    let (front, source_front) = match theirs {
        Some(theirs) => (theirs.front, Some(ours.front)),
        None => (ours.front, None),
    };
    let form = if woven.target.is_some() { Form::Parallel } else { Form::Single };
    let document = Document {
        form,
        target_locale,
        target: woven.target,
        source: woven.source,
        source_locale,
        segments: woven.segments,
        front,
        source_front,
    };
    Checked { value: document, diagnostics }
}

/// Builds the document of a file that may hold both languages as paired spans.
///
/// Its target locale is the one that `ms.contentlocale` names, else the hint (from its name), else the site's first. A file without pairs is a single
/// document in that locale, or in the source locale if it names none. Where it names a locale that the site does not have
/// ([`Code::LocaleUnknown`]), only the source text can be shown. Everything that [`split`] reports is reported, too.
pub fn localized(source: &Source, hint: Option<LocaleId>, locales: &LocaleSet) -> Checked<Document> {
    let mut diagnostics = Vec::new();
    let (front, body) = front_matter(source).unpack(&mut diagnostics);
    let declared = front.content_locale.as_deref().map(|tag| locales.find(tag).ok_or(tag));
    if let Some(Err(tag)) = declared {
        diagnostics.push(unknown_locale(source, tag));
    }
    let split = split::below(source, body).unpack(&mut diagnostics);
    if split.pairs().last().is_none_or(|pair| pair.whole.start < split.body()) && split.hidden().is_empty() {
        let locale = declared.and_then(Result::ok).or(hint).unwrap_or(locales.source());
        let Checked { value, diagnostics: more } = align(source, locale, None);
        diagnostics.extend(more.into_iter().filter(|diagnostic| diagnostic.code != Code::FrontMatter));
        return Checked { value, diagnostics };
    }
    let target_locale = match declared {
        Some(Err(_)) => None,
        Some(Ok(locale)) if locale != locales.source() => Some(locale),
        _ => hint.filter(|id| *id != locales.source()).or_else(|| locales.targets().next()),
    };
    let document = paired(&split, front, target_locale, locales.source(), &mut diagnostics);
    Checked { value: document, diagnostics }
}

fn paired(
    split: &Split<'_>,
    front: FrontMatter,
    target_locale: Option<LocaleId>,
    source_locale: LocaleId,
    diagnostics: &mut Vec<Diagnostic>,
) -> Document {
    let ours = split.build_for_display(Half::Source).unpack(diagnostics);
    // A broken table row is one fault of the file, though both sides meet it.
    let theirs = target_locale.map(|_| split.build_for_display(Half::Target)).map(|built| {
        diagnostics.extend(built.diagnostics.into_iter().filter(|found| !diagnostics.contains(found)).collect::<Vec<_>>());
        built.value
    });
    let segments = segments(&ours, theirs.as_ref());
    Document {
        form: if theirs.is_some() { Form::Localized } else { Form::Single },
        target_locale,
        target: theirs.map(|built| built.side),
        source: ours.side,
        source_locale,
        segments,
        front,
        source_front: None,
    }
}

fn segments(ours: &Built, theirs: Option<&Built>) -> Vec<Segment> {
    let mut keys = Keys::with_capacity(ours.segments.len());
    let text = |range: &Range<usize>| ours.side.text.get(range.clone()).unwrap_or_default();
    let build = |(at, range): (usize, &Range<usize>)| Segment {
        key: keys.key(text(range)),
        source: range.clone(),
        target: theirs.and_then(|built| built.segments.get(at).cloned()),
    };
    ours.segments.iter().enumerate().map(build).collect()
}

fn unknown_locale(source: &Source, tag: &str) -> Diagnostic {
    let span = Span::new(source.path.clone(), place_of_value(&source.text, "ms.contentlocale", tag));
    Diagnostic::new(Code::LocaleUnknown, span, format!("the site has no locale `{tag}`"))
        .help("add it to `locales`, or correct `ms.contentlocale`")
}

/// One of two parallel files, read.
struct File<'s> {
    source: &'s Source,
    front: FrontMatter,
    body: usize,
    blocks: Vec<Block>,
}

impl<'s> File<'s> {
    fn read(source: &'s Source, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let (front, body) = front_matter(source).unpack(diagnostics);
        let blocks = blocks::blocks(source.text.get(body..).unwrap_or_default());
        Self { source, front, body, blocks }
    }

    fn place(&self) -> sides::Place<'s> {
        let text = self.source.text.get(self.body..).unwrap_or_default();
        sides::Place { path: &self.source.path, text, body: self.body }
    }

    /// The place of a run of blocks; of the block after it, or the file's end, if the run is empty.
    fn span(&self, run: &Range<usize>) -> Span {
        let start = self.blocks.get(run.start).map_or(self.source.text.len(), |block| self.body + block.range.start);
        let last = self.blocks.get(run.clone()).and_then(<[Block]>::last);
        let end = last.map_or(start, |block| self.body + block.range.end);
        Span::new(self.source.path.clone(), start..end)
    }
}

/// Pairs blocks in document order, and reports each run of blocks that has no counterpart.
fn weave(ours: &File<'_>, theirs: &File<'_>, weaver: &mut Weaver<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let (mut at, mut to) = (0, 0);
    while at < ours.blocks.len() || to < theirs.blocks.len() {
        let (skip, skip_to) =
            resynchronise(&ours.blocks[at.min(ours.blocks.len())..], &theirs.blocks[to.min(theirs.blocks.len())..]);
        if skip + skip_to > 0 {
            diagnostics.push(mismatch(ours, at..at + skip, theirs, to..to + skip_to));
        }
        ours.blocks.iter().skip(at).take(skip).for_each(|block| weaver.source_only(block));
        theirs.blocks.iter().skip(to).take(skip_to).for_each(|block| weaver.target_only(block));
        (at, to) = (at + skip, to + skip_to);
        if let (Some(block), Some(other)) = (ours.blocks.get(at), theirs.blocks.get(to)) {
            weaver.both(block, other);
        }
        (at, to) = (at + 1, to + 1);
    }
}

/// How many blocks to leave out on each side so that the next two correspond: as few as possible together. A resumption
/// counts only if the blocks after it correspond as well, or a side ends there. Where none is near, all the rest is left out.
fn resynchronise(ours: &[Block], theirs: &[Block]) -> (usize, usize) {
    const REACH: usize = 128;
    let like = |at: usize, to: usize| match (ours.get(at), theirs.get(to)) {
        (Some(block), Some(other)) => block.corresponds(other),
        (None, None) => true,
        _ => false,
    };
    let ends = |at: usize, to: usize| at == ours.len() || to == theirs.len();
    if like(0, 0) {
        return (0, 0);
    }
    let pairs = (1..=REACH).flat_map(|sum| (0..=sum).map(move |skip| (skip, sum - skip)));
    let mut near = pairs.filter(|(at, to)| *at <= ours.len() && *to <= theirs.len());
    near.find(|(at, to)| like(*at, *to) && (ends(*at + 1, *to + 1) || like(at + 1, to + 1))).unwrap_or((ours.len(), theirs.len()))
}

fn mismatch(ours: &File<'_>, run: Range<usize>, theirs: &File<'_>, other: Range<usize>) -> Diagnostic {
    let help = "give both files the same headings, paragraphs, list items, and rows in the same order";
    let (span, message, related, why) = if other.is_empty() {
        (ours.span(&run), "these blocks have no translation", theirs.span(&other), "they would stand here")
    } else {
        (theirs.span(&other), "these blocks do not correspond to the source", ours.span(&run), "the source has this here")
    };
    Diagnostic::new(Code::ParallelMismatch, span, message).help(help).related(related, why)
}

/// What the two sides become.
struct Woven {
    source: Side,
    target: Option<Side>,
    segments: Vec<Segment>,
}

#[cfg(test)]
mod tests;
