//! The nouns of a localized document: sides, pieces, segments (XLIFF 2 calls a source/target pair a segment, too).
//!
//! A [`Document`] is one page's text in the source locale and in one target locale, aligned. Both sides are Markdown of one
//! language only. Where a stretch of a side belongs is told by its [`Piece`]s: pieces of the two sides with the same `place`
//! correspond, and so blocks are paired by place, never by counting.

use std::fmt::Write as _;
use std::ops::Range;

use arrayvec::ArrayString;
use twox_hash::XxHash3_64;

use crate::locale::LocaleId;
use crate::vpath::SourcePath;

use super::frontmatter::FrontMatter;
use super::octets;

/// The stable id of a segment: a hash of its normalised source text, and an ordinal among equal ones in the page.
///
/// Shown as ten characters of base 32 (50 bits), with `-2`, `-3` … for the second and later of equal texts.
///
/// A page has some hundred: their text stands in the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentKey(ArrayString<LONGEST>);

/// The characters of a hash.
const HASH: usize = 10;
/// A hash, and a hyphen with the most digits of an ordinal of 32 bits.
const LONGEST: usize = HASH + 1 + 10;

/// Lower-case letters and digits that are not mistaken for each other.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl SegmentKey {
    /// The key of the `ordinal`-th (from zero) segment with this source text. Runs of white space count as one space;
    /// white space at the ends, and `\` before an asterisk or backtick (FORMAT calls it an exporter's escape), count nothing.
    pub fn new(source: &str, ordinal: usize) -> Self {
        Self::from_hash(Self::hash(source), ordinal)
    }

    /// The hash of a source text: what all segments with equal texts share.
    ///
    /// XXH3, 64 bits (xxHash 0.8): a page has some hundred segments; a cryptographic hash of each took one part in sixteen of a whole build.
    pub(crate) fn hash(source: &str) -> u64 {
        // The usual case, for which no copy is made.
        if octets::is_spaced_once(source) && !source.contains('\\') {
            return XxHash3_64::oneshot(source.as_bytes());
        }
        let words: Vec<&str> = source.split_whitespace().collect();
        XxHash3_64::oneshot(words.join(" ").replace("\\*", "*").replace("\\`", "`").as_bytes())
    }

    pub(crate) fn from_hash(hash: u64, ordinal: usize) -> Self {
        let mut text = ArrayString::new();
        for n in 0..HASH {
            text.push(char::from(DIGITS[((hash >> (59 - 5 * n)) & 31) as usize]));
        }
        if ordinal > 0 {
            // Places in a text are counted in 32 bits, and so are its segments.
            let number = u32::try_from(ordinal + 1).unwrap_or(u32::MAX);
            // It has room for all of them.
            let _ = write!(text, "-{number}");
        }
        Self(text)
    }

    /// Whether a text is written as a key is; a page need not have it.
    pub(crate) fn is_written_so(text: &str) -> bool {
        let (hash, ordinal) = text.split_once('-').map_or((text, None), |(hash, ordinal)| (hash, Some(ordinal)));
        let is_number = |ordinal: &str| !ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit());
        hash.len() == HASH && hash.bytes().all(|byte| DIGITS.contains(&byte)) && ordinal.is_none_or(is_number)
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A source/target pair. The ranges are bytes of the sides' texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its stable id.
    pub key: SegmentKey,
    /// Its text in the source side.
    pub source: Range<usize>,
    /// Its text in the target side; `None` where there is no target side, or nothing there corresponds.
    pub target: Option<Range<usize>>,
}

/// A stretch of a side, from `start` to the start of the next piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Its first byte in the side's text.
    pub start: usize,
    /// The byte of the side's file that this first byte comes from. Within a piece text and file run in step,
    /// except for repaired characters.
    pub file_start: usize,
    /// The number shared with the corresponding piece of the other side.
    pub place: u32,
    /// The index of the segment whose text this is.
    pub segment: Option<u32>,
}

/// One language of a document: its Markdown, without front matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The file that the text comes from.
    pub path: SourcePath,
    /// The Markdown.
    pub text: String,
    /// Sorted by `start`; the first starts at 0, unless the text is empty.
    pub pieces: Vec<Piece>,
}

impl Side {
    /// The index of the piece that holds a byte; the last piece for the text's end.
    pub fn piece_at(&self, offset: usize) -> Option<usize> {
        self.pieces.partition_point(|piece| piece.start <= offset).checked_sub(1)
    }

    /// Where in the file a byte of the text stands.
    pub fn file_offset(&self, offset: usize) -> usize {
        self.piece_at(offset).map_or(0, |at| self.pieces[at].file_start + offset - self.pieces[at].start)
    }

    /// Where in the file a range of the text stands. What follows the range may come from elsewhere, so the end is that of its last byte.
    pub fn file_range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.file_offset(range.start);
        let end = if range.end > range.start { self.file_offset(range.end - 1) + 1 } else { start };
        start..end.max(start)
    }

    /// Where in the document's skeleton a byte stands: equal on both sides where they correspond.
    pub fn position(&self, offset: usize) -> (u32, usize) {
        self.piece_at(offset).map_or((0, 0), |at| {
            let piece = &self.pieces[at];
            (piece.place, if piece.segment.is_some() { 0 } else { offset - piece.start })
        })
    }
}

/// How a document was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One file with both languages as paired spans.
    Localized,
    /// `name.md` beside `name.TAG.md`.
    Parallel,
    /// One language only.
    Single,
}

/// One page's text in the source locale and in at most one target locale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// How it was handed over.
    pub form: Form,
    /// The target locale, where there is a target side.
    pub target_locale: Option<LocaleId>,
    /// The target side.
    pub target: Option<Side>,
    /// The source side. A [`Form::Single`] document in another locale stands here too:
    /// it is the original of its page, in `source_locale`.
    pub source: Side,
    /// The language of [`Document::source`].
    pub source_locale: LocaleId,
    /// All segments, in the order of the source side.
    pub segments: Vec<Segment>,
    /// The front matter of the target's file, or of the only file.
    pub front: FrontMatter,
    /// The front matter of the source's own file, where it has one ([`Form::Parallel`]).
    pub source_front: Option<FrontMatter>,
}

impl Document {
    /// One side: the source where there is no target.
    pub fn side(&self, half: Half) -> &Side {
        match (half, &self.target) {
            (Half::Target, Some(target)) => target,
            _ => &self.source,
        }
    }
}

impl Segment {
    /// Its text's place in one side.
    pub fn range(&self, half: Half) -> Option<Range<usize>> {
        match half {
            Half::Source => Some(self.source.clone()),
            Half::Target => self.target.clone(),
        }
    }
}

/// One side of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Half {
    /// The source.
    Source,
    /// The target.
    Target,
}

impl Half {
    /// The other side.
    pub fn other(self) -> Self {
        match self {
            Self::Source => Self::Target,
            Self::Target => Self::Source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_room_for_any_ordinal() {
        let key = |ordinal| SegmentKey::new("A text.", ordinal).as_str().to_owned();
        let first = key(0);
        let others = [1, 9, u32::MAX as usize - 1].map(key);
        assert_eq!(others, ["-2", "-10", "-4294967295"].map(|end| format!("{first}{end}")));
        assert!(others.iter().chain([&first]).all(|key| SegmentKey::is_written_so(key)));
    }
}
