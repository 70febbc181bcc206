//! Folding: what counts as the same text. `search.js` has the same rule; a change here is a change there, and in the shared vectors.
//!
//! 1. The text is cut into clusters: a character and all that follow it which combine with it ([`joins`]).
//! 2. Of each cluster: NFKC (UAX 15), then lower case (without regard to language), then single characters: curved apostrophes and
//!    quotation marks, dashes, the wave dash and the final sigma become their plain forms, `ß` becomes `ss`; what has no width
//!    (soft hyphen, zero width space, word joiner, byte order mark, variation selectors, controls) goes.
//! 3. White space becomes a space, and a run of it one. Between two characters of scripts without spaces ([`is_dense`]) it goes, unless it holds
//!    a line break, which divides blocks: some write パートナー センター, others パートナーセンター.
//!
//! NFKC by clusters makes a half-width `ﾎﾟ` one `ポ`, and tells of each character of the result where it came from.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Whether a character belongs to the cluster of the one before it: marks (general category M), half-width voicing marks, and the vowels
/// and finals of Hangul.
pub fn joins(c: char) -> bool {
    match c {
        '\0'..='\u{2FF}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30A0}'..='\u{30FF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{FF01}'..='\u{FF9D}' => false,
        '\u{FF9E}' | '\u{FF9F}' | '\u{1160}'..='\u{11FF}' => true,
        c => is_combining_mark(c),
    }
}

/// Whether a character is of a script without spaces between words, or of Hangul: two of them say as much as a word's beginning does.
pub fn is_dense(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// A text, folded.
pub fn fold(text: &str) -> String {
    let mut folder = Folder { out: String::with_capacity(text.len()), space: Space::None };
    folder.fold(text);
    folder.out
}

/// White space that waits for what follows it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    None,
    Soft,
    /// With a line break.
    Hard,
}

struct Folder {
    out: String,
    space: Space,
}

impl Folder {
    fn fold(&mut self, text: &str) {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (folded, after) = rest.split_at(if first.is_ascii() { ascii_length(rest) } else { 0 });
            self.ascii(folded);
            let cluster = cluster_length(after);
            self.cluster(&after[..cluster]);
            rest = &after[cluster..];
        }
    }

    /// Folds ASCII characters that nothing joins.
    fn ascii(&mut self, text: &str) {
        let mut rest = text;
        while let Some(first) = rest.bytes().next() {
            let word = rest.bytes().position(|byte| !byte.is_ascii_graphic()).unwrap_or(rest.len());
            if word == 0 {
                self.last_step(char::from(first));
                rest = &rest[1..];
                continue;
            }
            self.put(char::from(first.to_ascii_lowercase()));
            let start = self.out.len();
            self.out.push_str(&rest[1..word]);
            self.out[start..].make_ascii_lowercase();
            rest = &rest[word..];
        }
    }

    fn cluster(&mut self, text: &str) {
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if matches!(c, '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FE}' | '\u{4E00}'..='\u{9FFF}') => {
                self.put(c);
            }
            (Some(c), None) => std::iter::once(c).nfkc().flat_map(char::to_lowercase).for_each(|c| self.last_step(c)),
            _ => text.nfkc().flat_map(char::to_lowercase).for_each(|c| self.last_step(c)),
        }
    }

    fn put(&mut self, c: char) {
        if self.space != Space::None {
            let soft = self.space == Space::Soft && is_dense(c) && self.out.ends_with(is_dense);
            if !soft && !self.out.is_empty() {
                self.out.push(' ');
            }
            self.space = Space::None;
        }
        self.out.push(c);
    }

    fn last_step(&mut self, c: char) {
        match c {
            '\n' => self.space = Space::Hard,
            '\u{9}'..='\u{D}'
            | ' '
            | '\u{85}'
            | '\u{A0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200A}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202F}'
            | '\u{205F}'
            | '\u{3000}' => {
                if self.space == Space::None {
                    self.space = Space::Soft;
                }
            }
            '\0'..='\u{1F}'
            | '\u{7F}'..='\u{9F}'
            | '\u{AD}'
            | '\u{200B}'
            | '\u{2060}'
            | '\u{FEFF}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{E0100}'..='\u{E01EF}' => {}
            '\u{2018}' | '\u{2019}' => self.put('\''),
            '\u{201C}' | '\u{201D}' => self.put('"'),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => self.put('-'),
            '\u{301C}' => self.put('~'),
            'ς' => self.put('σ'),
            'ß' => {
                self.put('s');
                self.put('s');
            }
            c => self.put(c),
        }
    }
}

/// How many bytes at the beginning are ASCII characters that nothing joins.
fn ascii_length(text: &str) -> usize {
    let length = text.bytes().position(|byte| !byte.is_ascii()).unwrap_or(text.len());
    length - usize::from(text[length..].chars().next().is_some_and(joins))
}

/// The length of the cluster with which a text begins.
fn cluster_length(text: &str) -> usize {
    let mut rest = text.char_indices().skip(1);
    rest.find(|(_, c)| !joins(*c)).map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folded_text_folds_to_itself() {
        for text in
            ["ｻﾎﾟｰﾄ  ２１Ｖｉａｎｅｔ", "Straße ẞ", "ΟΔΟΣ", "㎏ ① … “x” 4–5", "か\u{3099}\u{FE00}", "한글 \u{1112}\u{1161}"]
        {
            let once = fold(text);
            assert_eq!(fold(&once), once, "{text}");
        }
    }

    #[test]
    fn white_space_is_one_space_and_none_at_the_ends() {
        assert_eq!(fold(" \n a\u{3000}\u{A0} b\u{200B}c \t"), "a bc");
        assert_eq!(fold("サービス リクエスト\nを a 送る"), "サービスリクエスト を a 送る");
    }
}
