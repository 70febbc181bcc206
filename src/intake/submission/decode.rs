//! From the bytes of a body to names and texts, strictly: what cannot be read is refused, and never replaced by U+FFFD.

use std::fmt;

mod json;
mod urlencoded;

pub use json::json;
pub use urlencoded::urlencoded;

/// The most bytes that a body may have. A form of 20 fields at their limits needs half of it, percent-encoded Japanese included.
pub const MOST_BYTES: usize = 128 * 1024;
/// The most pairs that a body may hold: several times what a form has, and few enough that each can be answered.
pub const MOST_PAIRS: usize = 256;

/// What was sent, in its order; a name may occur twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent(pub Vec<Pair>);

/// A name and what was sent for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The field's name.
    pub name: String,
    /// The text; `None` for a JSON value that is no text.
    pub text: Option<String>,
}

impl Sent {
    /// The first text of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|pair| pair.name == name).and_then(|pair| pair.text.as_deref())
    }

    /// Whether a name occurs more than once.
    pub fn repeats(&self, name: &str) -> bool {
        self.0.iter().filter(|pair| pair.name == name).count() > 1
    }
}

/// Why a body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// It is in no encoding that we read: not UTF-8, and not the one that `_charset_` names.
    BadEncoding,
    /// It is not of its media type's form, or has more than [`MOST_PAIRS`] pairs.
    Malformed,
    /// It has more than [`MOST_BYTES`] bytes.
    TooLarge,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadEncoding => "the body is not UTF-8",
            Self::Malformed => "the body is not what its Content-Type says",
            Self::TooLarge => "the body is too large",
        })
    }
}

impl std::error::Error for DecodeError {}

/// Refuses what is wrong with any body: too many bytes, or a byte order mark, which no browser sends.
fn check_size_and_mark(body: &[u8]) -> Result<(), DecodeError> {
    if body.len() > MOST_BYTES {
        return Err(DecodeError::TooLarge);
    }
    let marks: [&[u8]; 3] = [b"\xEF\xBB\xBF", b"\xFF\xFE", b"\xFE\xFF"];
    if marks.iter().any(|mark| body.starts_with(mark)) { Err(DecodeError::BadEncoding) } else { Ok(()) }
}
