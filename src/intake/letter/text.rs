//! Text that a person typed, made safe to look at.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A text for the body of a mail: characters that cannot be seen but change what is seen are written out.
/// Everything else, line breaks and tabs included, stays as it was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Visible<'a> {
    /// The text.
    pub(super) text: Cow<'a, str>,
    /// Whether anything was written out.
    pub(super) escaped: bool,
}

/// Writes out control characters as their pictures (`␀`), and direction marks and tags by number (`<U+202E>`).
pub(super) fn visible(typed: &str) -> Visible<'_> {
    // Most texts hold nothing that is written out, as their bytes tell.
    let escaped = typed.bytes().any(may_begin_unseen) && typed.chars().any(is_unseen);
    let text = if escaped {
        Cow::Owned(typed.chars().fold(String::with_capacity(typed.len()), written_out))
    } else {
        Cow::Borrowed(typed)
    };
    Visible { text, escaped }
}

/// Whether the UTF-8 of a character that is written out may begin with this byte: one of ASCII, or U+0080…9F, U+061C, U+200E…2069 or a tag.
fn may_begin_unseen(byte: u8) -> bool {
    matches!(byte, 0..=0x1F | 0x7F | 0xC2 | 0xD8 | 0xE2 | 0xF3) && !matches!(byte, b'\n' | b'\t')
}

fn is_unseen(c: char) -> bool {
    !matches!(c, '\n' | '\t') && (c.is_control() || is_hidden(c))
}

fn written_out(mut text: String, c: char) -> String {
    match c {
        c if !is_unseen(c) => text.push(c),
        '\0'..='\x1f' => text.push(picture(c)),
        '\x7f' => text.push('␡'),
        c => text.push_str(&format!("<U+{:04X}>", u32::from(c))),
    }
    text
}

/// A text for a header: one line, nothing in it that is not seen, at most so many columns; a cut is shown.
pub(super) fn one_line(typed: &str, columns: usize) -> String {
    let seen: String = typed.chars().map(|c| if c.is_whitespace() || c.is_control() || is_hidden(c) { ' ' } else { c }).collect();
    let line = seen.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    // What looks like an encoded word (RFC 2047) would be read as one, and could say anything.
    let line = line.replace("=?", "= ?");
    if line.width() <= columns && line.len() <= MOST_BYTES { line } else { clipped(&line, columns) }
}

/// The most bytes of a header's text: a pile of combining marks has no width.
const MOST_BYTES: usize = 240;

fn clipped(line: &str, columns: usize) -> String {
    let mut kept = String::new();
    for grapheme in line.graphemes(true) {
        if kept.width() + grapheme.width() >= columns || kept.len() + grapheme.len() > MOST_BYTES - '…'.len_utf8() {
            break;
        }
        kept.push_str(grapheme);
    }
    kept.truncate(kept.trim_end().len());
    kept + "…"
}

/// The picture of a control character (U+2400…).
fn picture(control: char) -> char {
    char::from_u32(0x2400 + u32::from(control)).unwrap_or('\u{FFFD}')
}

/// Marks that turn the direction of the text around them (Trojan Source), and tags, which hide text altogether.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{E0000}'..='\u{E007F}')
}
