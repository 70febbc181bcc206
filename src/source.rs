//! A file of the docset as text, its digest, and the way from byte offsets to lines and columns.

use twox_hash::XxHash3_128;

use crate::vpath::SourcePath;

/// A hash by which texts and files are told apart: XXH3, 128 bits (xxHash 0.8), which is stable and reads at the speed of memory. It guards
/// against accident, not against somebody who makes two texts with one hash on purpose: nobody gains by that here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 16]);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(XxHash3_128::oneshot(bytes).to_be_bytes())
    }

    /// The digest of bytes that stand in several pieces.
    pub(crate) fn of_pieces(pieces: &[&[u8]]) -> Self {
        if let [one] = pieces {
            return Self::of(one);
        }
        let mut hasher = XxHash3_128::new();
        pieces.iter().for_each(|piece| hasher.write(piece));
        Self(hasher.finish_128().to_be_bytes())
    }

    /// The digest in lower-case hexadecimal, 32 characters.
    pub fn hex(&self) -> String {
        let mut text = String::with_capacity(2 * self.0.len());
        self.hex_into(&mut text);
        text
    }

    /// Appends [`Digest::hex`]. Formatting a number of 128 bits takes ten times as long, and a manifest holds thousands.
    pub(crate) fn hex_into(&self, text: &mut String) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
        text.extend(self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}

/// A text file of the docset.
#[derive(Debug, Clone)]
pub struct Source {
    /// Where it stands.
    pub path: SourcePath,
    /// The whole file, a byte order mark included: offsets count from the file's first byte.
    pub text: String,
}

/// The bytes are not UTF-8 from this offset on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotUtf8 {
    /// How many bytes are valid.
    pub valid_up_to: usize,
}

impl Source {
    /// Takes the bytes of a file as UTF-8 (RFC 3629).
    ///
    /// # Errors
    /// The bytes are not UTF-8.
    pub fn decode(path: SourcePath, bytes: &[u8]) -> Result<Self, NotUtf8> {
        // Checking what is not ASCII costs many times what copying it does.
        match simdutf8::basic::from_utf8(bytes) {
            Ok(text) => Ok(Self { path, text: text.to_owned() }),
            Err(_) => Err(NotUtf8 { valid_up_to: bytes.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len()) }),
        }
    }

    /// The digest of the file's bytes.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }
}

/// A line and a column, both counted from one; the column in characters (Unicode code points).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Where the lines of a text begin.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    /// Finds the lines of a text. `\n` ends a line, and so `\r\n` does.
    pub fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(ends).collect() }
    }

    /// The position of a byte offset, which is moved back to a character's start and to the text's end where needed.
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let offset = floor_char_boundary(text, offset);
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1];
        Position { line, column: text[start..offset].chars().count() + 1 }
    }
}

/// The last character boundary at or before `offset`.
pub fn floor_char_boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_shown_byte_by_byte() {
        let digest = Digest(std::array::from_fn(|at| [0x00, 0x0f, 0xf0, 0xab][at % 4]));
        assert_eq!(digest.hex(), "000ff0ab".repeat(4));
    }

    #[test]
    fn columns_count_characters_not_bytes() {
        let text = "日本\r\nab語c";
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, 3), Position { line: 1, column: 2 });
        assert_eq!(index.position(text, 13), Position { line: 2, column: 4 });
        assert_eq!(index.position(text, 11), Position { line: 2, column: 3 }, "inside a character");
        assert_eq!(index.position(text, 999), Position { line: 2, column: 5 });
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused_with_their_place() {
        let path = SourcePath::parse("a.md").unwrap();
        assert_eq!(Source::decode(path, b"ab\xff").unwrap_err(), NotUtf8 { valid_up_to: 2 });
    }
}
