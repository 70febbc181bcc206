//! One language of a split file: its text, and where each stretch of it comes from.

use std::ops::Range;

use memchr::memmem;

use crate::diag::{Checked, Code, Diagnostic};
use crate::site::unit::{Piece, Side};

use super::{Half, Pair, Split};

const QUOT: &str = "&quot;";

/// A side, and the stretch of its text that each segment takes.
#[derive(Debug, Clone)]
pub(in crate::site) struct Built {
    pub(in crate::site) side: Side,
    pub(in crate::site) segments: Vec<Range<usize>>,
}

impl Split<'_> {
    /// One language of the whole file, its front matter as it stands.
    pub fn side_text(&self, half: Half) -> String {
        let mut text = String::with_capacity(self.text().len());
        self.parts(0, half, |range, _| text.push_str(self.slice(&range)));
        text
    }

    /// One language of the body, as the publisher's monolingual twin of the file has it.
    ///
    /// Each segment is a piece, and each stretch of skeleton between two is; the same place on both sides.
    pub fn side(&self, half: Half) -> Side {
        let mut builder = Builder::new(self, false);
        self.parts(self.body, half, |range, pair| builder.push(range, pair));
        builder.finish().value.side
    }

    /// One language of the body as it is shown: damaged quotation marks are repaired, and a line break at the start of a
    /// segment that would cut a table row is a space.
    ///
    /// Reports each of the latter as [`Code::TableBroken`]; the former were reported when the file was split.
    pub fn side_for_display(&self, half: Half) -> Checked<Side> {
        let Checked { value, diagnostics } = self.build_for_display(half);
        Checked { value: value.side, diagnostics }
    }

    pub(in crate::site) fn build_for_display(&self, half: Half) -> Checked<Built> {
        let mut builder = Builder::new(self, true);
        self.parts(self.body, half, |range, pair| builder.push(range, pair));
        builder.finish()
    }

    /// Gives `push` the visible stretches of one language from a byte on, each with its pair if it is one's text.
    fn parts(&self, from: usize, half: Half, mut push: impl FnMut(Range<usize>, Option<&Pair>)) {
        let mut at = from;
        let mut hidden = self.hidden.get(self.hidden.partition_point(|range| range.end <= from)..).unwrap_or_default().iter();
        let mut next_hidden = hidden.next();
        let first = self.pairs.partition_point(|pair| pair.whole.start < from);
        let pairs = self.pairs.get(first..).unwrap_or_default();
        for pair in pairs.iter().map(Some).chain([None]) {
            let end = pair.map_or(self.text().len(), |pair| pair.whole.start);
            while let Some(range) = next_hidden.filter(|range| range.start < end) {
                push(at..range.start.max(at), None);
                at = range.end.max(at);
                next_hidden = hidden.next();
            }
            push(at..end.max(at), None);
            if let Some(pair) = pair {
                push(pair.half(half), Some(pair));
                at = pair.whole.end;
            }
        }
    }
}

struct Builder<'b> {
    split: &'b Split<'b>,
    display: bool,
    place: u32,
    built: Built,
    diagnostics: Vec<Diagnostic>,
}

impl<'b> Builder<'b> {
    fn new(split: &'b Split<'b>, display: bool) -> Self {
        let text = String::with_capacity(split.text().len() / 2);
        let pieces = Vec::with_capacity(2 * split.pairs.len() + 1);
        let side = Side { path: split.source.path.clone(), text, pieces };
        let built = Built { side, segments: Vec::with_capacity(split.pairs.len()) };
        Self { split, display, place: 0, built, diagnostics: Vec::new() }
    }

    fn finish(self) -> Checked<Built> {
        Checked { value: self.built, diagnostics: self.diagnostics }
    }

    fn push(&mut self, range: Range<usize>, pair: Option<&Pair>) {
        match pair {
            Some(pair) => self.push_segment(range, pair),
            None if range.is_empty() => {}
            None => self.push_repaired(range, None),
        }
    }

    fn push_segment(&mut self, range: Range<usize>, pair: &Pair) {
        let start = self.built.side.text.len();
        let segment = u32::try_from(self.built.segments.len()).unwrap_or(u32::MAX);
        let breaks = if self.display { self.breaks_to_mend(&range) } else { 0 };
        if breaks > 0 {
            self.report_break(pair);
            self.piece(range.start, Some(segment));
            self.built.side.text.extend(std::iter::repeat_n(' ', breaks));
        }
        self.push_repaired(range.start + breaks..range.end, Some(segment));
        self.place += 1;
        self.built.segments.push(start..self.built.side.text.len());
    }

    /// Repaired stretches become a piece each, so that text and file run in step within every piece.
    fn push_repaired(&mut self, range: Range<usize>, segment: Option<u32>) {
        let mut at = range.start;
        for quot in self.damaged_quotes(&range) {
            self.push_piece(at..quot, segment);
            self.piece(quot, segment);
            self.built.side.text.push('"');
            at = quot + QUOT.len();
        }
        self.push_piece(at..range.end, segment);
    }

    fn push_piece(&mut self, range: Range<usize>, segment: Option<u32>) {
        self.piece(range.start, segment);
        self.built.side.text.push_str(self.split.slice(&range));
    }

    /// Begins a piece. Those of one segment share its place, which is counted on when the segment ends.
    fn piece(&mut self, file_start: usize, segment: Option<u32>) {
        self.built.side.pieces.push(Piece { start: self.built.side.text.len(), file_start, place: self.place, segment });
        if segment.is_none() {
            self.place += 1;
        }
    }

    fn damaged_quotes(&self, range: &Range<usize>) -> Vec<usize> {
        if !self.display || self.split.damage.is_empty() {
            return Vec::new();
        }
        let regions = self.split.damage.iter().map(|region| region.start.max(range.start)..region.end.min(range.end));
        let regions = regions.filter(|region| region.start < region.end);
        regions
            .flat_map(|region| {
                let bytes = self.split.text().as_bytes().get(region.clone()).unwrap_or_default();
                memmem::find_iter(bytes, QUOT).map(move |at| region.start + at)
            })
            .collect()
    }

    /// How many bytes of line breaks at a segment's start cut a table row.
    fn breaks_to_mend(&self, range: &Range<usize>) -> usize {
        let text = self.split.slice(range);
        let breaks = text.len() - text.trim_start_matches(['\n', '\r']).len();
        if breaks > 0 && in_open_row(&self.built.side.text) { breaks } else { 0 }
    }

    fn report_break(&mut self, pair: &Pair) {
        let span = self.split.span(pair.whole.clone());
        let message = "a line break at the start of this segment breaks its table row";
        let help = "it is shown as a space; remove the line break";
        self.diagnostics.push(Diagnostic::new(Code::TableBroken, span, message).help(help));
    }
}

/// Whether a text ends inside a row of a pipe table: after fewer pipes than the table's delimiter row has. After all of
/// them the row is complete, and a line break rightly begins the next one, which needs no pipe in front.
fn in_open_row(text: &str) -> bool {
    // The bound keeps a table of nothing but broken rows from costing the square of its length.
    let mut lines = text.rsplit('\n').take(1000);
    let row = pipes(lines.next().unwrap_or_default());
    let mut table = lines.take_while(|line| line.contains('|'));
    row > 0 && table.find(|line| is_delimiter(line)).is_some_and(|delimiter| row < pipes(delimiter))
}

fn pipes(line: &str) -> usize {
    line.matches('|').count() - line.matches("\\|").count()
}

fn is_delimiter(line: &str) -> bool {
    line.contains('-') && line.chars().all(|c| "|-: \t\r>".contains(c))
}
