//! CJK-friendly emphasis for a parser that lacks it, and what counts as CJK.
//!
//! CommonMark decides by a delimiter run's two neighbours whether it may open or close emphasis, and expects a space between
//! words and punctuation. Where no spaces are written that fails: in `**注意。**次に` the second run follows punctuation and
//! precedes a letter, so it cannot close. The [CommonMark CJK-friendly amendments][spec] repair the rule; pulldown-cmark 0.13
//! does not know them. [`delimiters`] tells where one more character makes its decisions those of the amendments.
//!
//! # Why a punctuation character, and why nothing else changes
//!
//! Let *p* and *n* be the characters before and after a run of `*`, neither white space (else the two rules agree), and
//! P(x) "x is punctuation". CommonMark: the run is left-flanking if ¬P(n) ∨ P(p), right-flanking if ¬P(p) ∨ P(n). So
//!
//! - where only *n* is punctuation, it is right-flanking, and the amendments may ask for left-flanking too. With a punctuation
//!   character s **before** the run, P(s) makes it left-flanking, and it stays right-flanking since P(n);
//! - where only *p* is punctuation, it is left-flanking, and the amendments may ask for right-flanking too. With s **after**
//!   the run, P(s) makes it right-flanking, and it stays left-flanking since P(p);
//! - where neither is, it is both. The amendments withhold right-flanking if *p* is a variation selector on a punctuation
//!   character that is not CJK: with s before the run it is not right-flanking since ¬P(n), and left-flanking since ¬P(n);
//! - where both are, it is both, under either rule.
//!
//! In each case the character outside s is no punctuation, hence no delimiter: s never stands between two runs, and no other
//! run, and no quotation mark to be made typographic, gets a new neighbour. (A neutral, letter-like character cannot do this:
//! it would have to stand inside, and in `字**_注_**字` would part `**` from the `_` that needs a punctuation neighbour.)
//! At the start of a line's content and in a table's cell, pulldown-cmark takes the edge for white space without looking at
//! the characters; s is then of no effect.
//!
//! The same holds of `~~`, but that pulldown-cmark lets it open before anything but white space, with s or without.
//! `_` never works within words, in the amendments either; they change one thing: a variation selector hides the punctuation
//! before it no more (`。︀_a_`), which s before the run brings about. `~` alone is no subject of the amendments.
//!
//! # For the caller
//!
//! The text is scanned as characters, not as Markdown: s may come to stand in code, link destinations and titles, labels,
//! attributes and raw HTML. It changes nothing of their extent, since it is neither white space, nor ASCII, nor at the start
//! of a line; labels that were equal stay equal. It must be taken out of **every** string that the parser gives: text, code,
//! HTML, destination, title, id, info string. Take it out of the parser's events and not of finished HTML, where destinations
//! are percent-encoded. Offsets that the parser tells are of the text with s in it.
//!
//! [spec]: https://github.com/tats-u/markdown-cjk-friendly/blob/main/specification.md

use std::ops::Range;

use memchr::{memchr3, memmem};

mod punctuation;
#[cfg(test)]
mod tests;

use punctuation::is_punctuation;

/// What one pass over a text's delimiter runs finds, as byte offsets, ascending.
#[derive(Debug, Default)]
pub(crate) struct Delimiters {
    /// Where a character that pulldown-cmark counts as punctuation must be inserted for its emphasis to be that of the CJK-friendly
    /// amendments. [`sentinel_for`] chooses the character.
    pub(crate) sentinels: Vec<usize>,
    /// Every `*`.
    pub(crate) stars: Vec<usize>,
}

/// The delimiters of a text. Nothing is allocated where there are none.
pub(crate) fn delimiters(text: &str) -> Delimiters {
    let bytes = text.as_bytes();
    let mut found = Delimiters::default();
    let mut from = 0;
    while let Some(next) = memchr3(b'*', b'_', b'~', &bytes[from..]) {
        let start = from + next;
        let delimiter = bytes[start];
        let length = bytes[start..].iter().take_while(|&&byte| byte == delimiter).count();
        from = start + length;
        if delimiter == b'*' {
            found.stars.extend(start..from);
        }
        // Between ASCII characters the amendments change nothing.
        if is_ascii(start.checked_sub(1).and_then(|at| bytes.get(at))) && is_ascii(bytes.get(from)) {
            continue;
        }
        let start = start + usize::from(is_escaped(bytes, start));
        found.sentinels.extend(insertion(text, delimiter, start..from));
    }
    found
}

/// A character for [`Delimiters::sentinels`]: punctuation to pulldown-cmark, and not in `text`.
///
/// The Byzantine musical symbols serve, being the least likely symbols in guidance that the parser's table has had for long.
/// A private-use character would be a letter to it. `None` if the text has all 246 of them; it is then to be left as it is.
pub fn sentinel_for(text: &str) -> Option<char> {
    ('\u{1D000}'..='\u{1D0F5}').find(|c| memmem::find(text.as_bytes(), c.encode_utf8(&mut [0; 4]).as_bytes()).is_none())
}

/// Kana, Han, Bopomofo and the like, CJK punctuation, full-width forms, half-width katakana: scripts written without spaces.
///
/// In the terms of [UAX #11](https://www.unicode.org/reports/tr11/): East Asian Width W, F or H, without Hangul and without
/// what is an emoji by default. The ideographic space is among them. Quotation marks, dashes and ellipsis that Chinese and
/// Japanese share with other scripts (“ — …) are not: their width is ambiguous.
pub fn is_cjk(c: char) -> bool {
    is_cjk_or_hangul(c) && !is_hangul(c)
}

/// A "CJK character" of the amendments, Unicode 17: East Asian Width W, F or H and no emoji by default, or of the script Hangul.
pub fn is_cjk_or_hangul(c: char) -> bool {
    c >= '\u{1100}'
        && matches!(c,
            | '\u{1100}'..='\u{11FF}' // Hangul Jamo
            | '\u{20A9}' // won sign
            | '\u{2329}'..='\u{232A}' // angle brackets
            | '\u{2630}'..='\u{2637}' | '\u{268A}'..='\u{268F}' // trigrams and digrams
            | '\u{2E80}'..='\u{2E99}' | '\u{2E9B}'..='\u{2EF3}' | '\u{2F00}'..='\u{2FD5}' // radicals
            | '\u{2FF0}'..='\u{303E}' // description characters, symbols and punctuation
            | '\u{3041}'..='\u{3096}' | '\u{3099}'..='\u{30FF}' // kana
            | '\u{3105}'..='\u{312F}' // Bopomofo
            | '\u{3131}'..='\u{318E}' // Hangul Compatibility Jamo
            | '\u{3190}'..='\u{31E5}' | '\u{31EF}'..='\u{321E}' | '\u{3220}'..='\u{3247}' // kanbun, strokes, enclosed
            | '\u{3250}'..='\u{A48C}' | '\u{A490}'..='\u{A4C6}' // compatibility, Han, Yi
            | '\u{A960}'..='\u{A97C}' | '\u{AC00}'..='\u{D7A3}' // Hangul
            | '\u{D7B0}'..='\u{D7C6}' | '\u{D7CB}'..='\u{D7FB}'
            | '\u{F900}'..='\u{FAFF}' // compatibility ideographs
            | '\u{FE10}'..='\u{FE19}' | '\u{FE30}'..='\u{FE52}' // vertical and small forms
            | '\u{FE54}'..='\u{FE66}' | '\u{FE68}'..='\u{FE6B}'
            | '\u{FF01}'..='\u{FFBE}' | '\u{FFC2}'..='\u{FFC7}' // full- and half-width forms
            | '\u{FFCA}'..='\u{FFCF}' | '\u{FFD2}'..='\u{FFD7}' | '\u{FFDA}'..='\u{FFDC}'
            | '\u{FFE0}'..='\u{FFE6}' | '\u{FFE8}'..='\u{FFEE}'
            | '\u{16FE0}'..='\u{16FE4}' | '\u{16FF0}'..='\u{16FF6}' // marks of Tangut, Nushu and Han
            | '\u{17000}'..='\u{18CD5}' | '\u{18CFF}'..='\u{18D1E}' | '\u{18D80}'..='\u{18DF2}' // Tangut, Khitan
            | '\u{1AFF0}'..='\u{1AFF3}' | '\u{1AFF5}'..='\u{1AFFB}' | '\u{1AFFD}'..='\u{1AFFE}' // kana, Nushu
            | '\u{1B000}'..='\u{1B122}' | '\u{1B132}' | '\u{1B150}'..='\u{1B152}' | '\u{1B155}'
            | '\u{1B164}'..='\u{1B167}' | '\u{1B170}'..='\u{1B2FB}'
            | '\u{1D300}'..='\u{1D356}' | '\u{1D360}'..='\u{1D376}' // Tai Xuan Jing, counting rods
            | '\u{1F200}' | '\u{1F202}' | '\u{1F210}'..='\u{1F219}' | '\u{1F21B}'..='\u{1F22E}' // enclosed, without emoji
            | '\u{1F230}'..='\u{1F231}' | '\u{1F237}' | '\u{1F23B}' | '\u{1F240}'..='\u{1F248}' | '\u{1F260}'..='\u{1F265}'
            | '\u{20000}'..='\u{3FFFD}' // the ideographic planes, whether assigned or not
        )
}

/// The script Hangul ([UAX #24](https://www.unicode.org/reports/tr24/)).
fn is_hangul(c: char) -> bool {
    matches!(c,
        | '\u{1100}'..='\u{11FF}' | '\u{302E}'..='\u{302F}' | '\u{3131}'..='\u{318E}' | '\u{3200}'..='\u{321E}'
        | '\u{3260}'..='\u{327E}' | '\u{A960}'..='\u{A97C}' | '\u{AC00}'..='\u{D7A3}' | '\u{D7B0}'..='\u{D7C6}'
        | '\u{D7CB}'..='\u{D7FB}' | '\u{FFA0}'..='\u{FFBE}' | '\u{FFC2}'..='\u{FFC7}' | '\u{FFCA}'..='\u{FFCF}'
        | '\u{FFD2}'..='\u{FFD7}' | '\u{FFDA}'..='\u{FFDC}'
    )
}

/// Whether a byte is ASCII, an end of the text being as good.
fn is_ascii(byte: Option<&u8>) -> bool {
    byte.is_none_or(u8::is_ascii)
}

/// Whether the byte at `at` stands behind an odd number of backslashes.
fn is_escaped(bytes: &[u8], at: usize) -> bool {
    bytes[..at].iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// Where the run `run` of `delimiter` needs the sentinel, if it does.
fn insertion(text: &str, delimiter: u8, run: Range<usize>) -> Option<usize> {
    let before = Before::end_of(&text[..run.start])?;
    let after = text[run.end..].chars().next()?;
    // Beside white space, the amended rule is the original one. So it is for the empty run of a lone escaped delimiter.
    if run.is_empty() || before.last.is_whitespace() || after.is_whitespace() {
        return None;
    }
    let side = match delimiter {
        b'_' => before.hides_punctuation().then_some(Side::Before),
        b'~' if run.len() != 2 => None,
        _ => needed(&before, after),
    };
    side.map(|side| match side {
        Side::Before => run.start,
        Side::After => run.end,
    })
}

/// Where a sentinel goes with regard to its run.
enum Side {
    Before,
    After,
}

/// The cases of the module's documentation, in its order.
fn needed(before: &Before, after: char) -> Option<Side> {
    match (is_punctuation(before.last), is_punctuation(after)) {
        (false, true) => (before.is_cjk() || before.hides_punctuation() || is_cjk_or_hangul(after)).then_some(Side::Before),
        (true, false) => (before.is_cjk() || is_cjk_or_hangul(after)).then_some(Side::After),
        (false, false) => (before.hides_punctuation() && !before.is_cjk() && !is_cjk_or_hangul(after)).then_some(Side::Before),
        (true, true) => None,
    }
}

/// What stands before a run.
struct Before {
    /// The character next to it, which is all that pulldown-cmark looks at.
    last: char,
    /// The character that counts in the amendments: the one before `last` if that is a variation selector.
    base: char,
}

impl Before {
    fn end_of(text: &str) -> Option<Self> {
        let mut chars = text.chars();
        let last = chars.next_back()?;
        let base = if is_variation_selector(last) { chars.next_back() } else { None };
        Some(Self { last, base: base.unwrap_or(last) })
    }

    /// A punctuation character whose variation selector pulldown-cmark takes for a letter.
    fn hides_punctuation(&self) -> bool {
        is_variation_selector(self.last) && is_punctuation(self.base)
    }

    /// A CJK sequence, a CJK punctuation sequence, or an ideographic variation selector.
    fn is_cjk(&self) -> bool {
        let fullwidth_quote = self.last == '\u{FE01}' && matches!(self.base, '‘' | '’' | '“' | '”');
        fullwidth_quote || is_cjk_or_hangul(self.base) || matches!(self.last, '\u{E0100}'..='\u{E01EF}')
    }
}

/// A "non-emoji general-use variation selector".
fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0E}')
}
