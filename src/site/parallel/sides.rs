//! Weaves two texts together: places and segments for their corresponding blocks.

use std::borrow::Cow;
use std::ops::Range;

use crate::site::unit::{Piece, Segment, Side};
use crate::vpath::SourcePath;

use super::Woven;
use super::blocks::Block;
use super::keys::Keys;

/// A body in its file.
pub(super) struct Place<'s> {
    pub(super) path: &'s SourcePath,
    pub(super) text: &'s str,
    /// Where the body begins in the file.
    pub(super) body: usize,
}

/// Takes blocks in document order.
pub(super) struct Weaver<'s> {
    source: Pieces,
    target: Option<Pieces>,
    text: &'s str,
    place: u32,
    keys: Keys,
    segments: Vec<Segment>,
}

impl<'s> Weaver<'s> {
    pub(super) fn new(source: &Place<'s>, target: Option<Place<'_>>) -> Self {
        let target = target.map(|target| Pieces::new(&target));
        let (keys, segments) = (Keys::default(), Vec::new());
        Self { source: Pieces::new(source), target, text: source.text, place: 1, keys, segments }
    }

    pub(super) fn finish(self) -> Woven {
        Woven { source: self.source.side, target: self.target.map(|target| target.side), segments: self.segments }
    }

    /// Corresponding blocks. Their sentences are segments if there are as many on both sides, else their whole texts are one.
    pub(super) fn both(&mut self, block: &Block, other: &Block) {
        let equal = block.sentences.len() == other.sentences.len();
        let whole = |sentences: &[Range<usize>]| -> Vec<_> {
            sentences.first().zip(sentences.last()).map(|(first, last)| first.start..last.end).into_iter().collect()
        };
        let (ours, theirs) = if equal {
            (Cow::Borrowed(&block.sentences), Cow::Borrowed(&other.sentences))
        } else {
            (Cow::Owned(whole(&block.sentences)), Cow::Owned(whole(&other.sentences)))
        };
        let first = self.segments.len();
        self.add_segments(block, &ours, &theirs);
        let translated = if ours.is_empty() { None } else { Some(first) };
        self.source.block(block, &ours, self.place, Some(first));
        if let Some(target) = &mut self.target {
            target.block(other, &theirs, self.place, translated);
        }
        self.advance(ours.len().max(theirs.len()));
    }

    pub(super) fn source_only(&mut self, block: &Block) {
        let first = self.segments.len();
        self.add_segments(block, &block.sentences, &[]);
        self.source.block(block, &block.sentences, self.place, Some(first));
        self.advance(block.sentences.len());
    }

    pub(super) fn target_only(&mut self, block: &Block) {
        if let Some(target) = &mut self.target {
            target.block(block, &[], self.place, None);
        }
        self.advance(0);
    }

    fn add_segments(&mut self, block: &Block, ours: &[Range<usize>], theirs: &[Range<usize>]) {
        for (at, range) in ours.iter().enumerate() {
            let text = self.text.get(range.clone()).unwrap_or_default();
            let key = self.keys.key(&if block.quoted { without_quote_marks(text) } else { Cow::Borrowed(text) });
            self.segments.push(Segment { key, source: range.clone(), target: theirs.get(at).cloned() });
        }
    }

    /// A block takes a place for its markers, and for each segment one more and one for what stands after it.
    fn advance(&mut self, segments: usize) {
        self.place = self.place.saturating_add(u32::try_from(2 * segments + 1).unwrap_or(u32::MAX));
    }
}

/// The text of a quote's lines, so that its key does not depend on how they are broken.
fn without_quote_marks(text: &str) -> Cow<'_, str> {
    if !text.contains('\n') {
        return Cow::Borrowed(text);
    }
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    Cow::Owned(lines.fold(first, |joined, line| joined + "\n" + line.trim_start_matches([' ', '\t', '>'])))
}

struct Pieces {
    side: Side,
    body: usize,
}

impl Pieces {
    fn new(place: &Place<'_>) -> Self {
        let side = Side { path: place.path.clone(), text: place.text.to_owned(), pieces: Vec::new() };
        let mut pieces = Self { side, body: place.body };
        if !place.text.is_empty() {
            pieces.push(0, 0, None);
        }
        pieces
    }

    /// Pieces of a block: its markers, then each segment and what stands after it. `first` is the index of its first segment.
    fn block(&mut self, block: &Block, segments: &[Range<usize>], place: u32, first: Option<usize>) {
        self.push(block.range.start, place, None);
        for (at, range) in segments.iter().enumerate() {
            let place = place.saturating_add(u32::try_from(2 * at + 1).unwrap_or(u32::MAX));
            let index = first.and_then(|first| u32::try_from(first + at).ok());
            self.push(range.start, place, index);
            self.push(range.end, place.saturating_add(1), None);
        }
    }

    /// Starts never go back, whatever ranges the parser gives.
    fn push(&mut self, start: usize, place: u32, segment: Option<u32>) {
        let start = self.side.pieces.last().map_or(start, |last| start.max(last.start));
        self.side.pieces.push(Piece { start, file_start: self.body + start, place, segment });
    }
}
