//! Where sentences end, by the rules of both languages at once: a text in one often quotes the other.
//!
//! A sentence never ends inside code, a link, or emphasis, so that each is whole Markdown of its own.

use std::ops::Range;

/// What a block's text is made of, at the outermost level.
#[derive(Debug, Clone)]
pub(super) enum Inline {
    /// Text.
    Text(Range<usize>),
    /// A line break in the file that is none on the page.
    Soft,
    /// A line break on the page.
    Hard,
    /// Code, a link, emphasis, an image: never divided.
    Solid(Range<usize>),
}

/// Words that end in a full stop and end no sentence.
const ABBREVIATIONS: [&str; 16] = [
    "e.g.", "i.e.", "vs.", "cf.", "mr.", "mrs.", "ms.", "dr.", "st.", "fig.", "figs.", "approx.", "incl.", "vol.", "ver.", "pp.",
];

/// The sentences of a block, without the white space between them.
pub(super) fn sentences(text: &str, inlines: &[Inline]) -> Vec<Range<usize>> {
    let mut cutter = Cutter { text, sentences: Vec::new(), start: None, end: 0, brackets: 0 };
    for inline in inlines {
        match inline {
            Inline::Hard => cutter.cut(),
            Inline::Soft => {}
            Inline::Text(range) => cutter.text(range.clone()),
            Inline::Solid(range) => {
                cutter.gap(range.start);
                cutter.take(range.clone());
            }
        }
    }
    cutter.cut();
    cutter.sentences
}

struct Cutter<'t> {
    text: &'t str,
    sentences: Vec<Range<usize>>,
    start: Option<usize>,
    end: usize,
    brackets: usize,
}

impl Cutter<'_> {
    fn text(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while let Some(c) = self.text.get(at..range.end).and_then(|rest| rest.chars().next()) {
            let next = at + c.len_utf8();
            if c.is_whitespace() {
                at = next;
                continue;
            }
            self.gap(at);
            if is_full_stop(c) {
                at = self.full_stop(at..next, range.end);
            } else {
                self.take(at..next);
                self.count_brackets(c);
                at = next;
            }
        }
    }

    /// Adds to the sentence. The parser leaves out the `\` of an escape, but it belongs to the Markdown.
    fn take(&mut self, range: Range<usize>) {
        let escaped = self.text.get(self.end..range.start).is_some_and(|before| before.ends_with('\\'));
        self.start.get_or_insert(range.start - usize::from(escaped));
        self.end = range.end;
    }

    /// Ends the sentence before `at` if white space stands between and both of its ends allow it.
    fn gap(&mut self, at: usize) {
        let between = self.text.get(self.end..at).unwrap_or_default();
        let Some(start) = self.start.filter(|_| self.brackets == 0 && between.contains(char::is_whitespace)) else { return };
        let sentence = self.text.get(start..self.end).unwrap_or_default();
        let next = self.text.get(at..).and_then(|rest| rest.chars().next());
        if next.is_some_and(|next| opens_sentence(next) && ends_sentence(sentence, next)) {
            self.cut();
        }
    }

    /// Takes `。` with the brackets that close after it, and ends the sentence unless it stands in brackets or goes on
    /// (「はい。」と答えます). Gives where the text goes on.
    fn full_stop(&mut self, stop: Range<usize>, limit: usize) -> usize {
        let rest = self.text.get(stop.end..limit).unwrap_or_default();
        let after = rest.trim_start_matches(|c| is_full_stop(c) || is_closing(c));
        let end = limit - after.len();
        let closed = rest.get(..rest.len() - after.len()).unwrap_or_default().chars().filter(|c| is_closing(*c)).count();
        self.take(stop.start..end);
        self.brackets = self.brackets.saturating_sub(closed);
        let goes_on = closed > 0 && after.chars().next().is_some_and(|c| ('\u{3041}'..='\u{3096}').contains(&c) || c == '、');
        if self.brackets == 0 && !goes_on {
            self.cut();
        }
        end
    }

    fn count_brackets(&mut self, c: char) {
        if "「『（".contains(c) {
            self.brackets += 1;
        } else if is_closing(c) {
            self.brackets = self.brackets.saturating_sub(1);
        }
    }

    fn cut(&mut self) {
        self.brackets = 0;
        if let Some(start) = self.start.take() {
            self.sentences.push(start..self.end);
        }
    }
}

fn is_full_stop(c: char) -> bool {
    "。！？｡".contains(c)
}

fn is_closing(c: char) -> bool {
    "」』）".contains(c)
}

fn opens_sentence(c: char) -> bool {
    c.is_numeric() || (c.is_alphabetic() && !c.is_lowercase()) || "\"'“‘«([*_`<!&$「『（【［〈《".contains(c)
}

fn ends_sentence(sentence: &str, next: char) -> bool {
    let bare = sentence.trim_end_matches(['*', '_', '"', '\'', ')', ']', '”', '’', '»', '」', '』', '）']);
    if bare.ends_with(['?', '!', '。', '！', '？']) {
        return true;
    }
    let word = bare.rsplit(char::is_whitespace).next().unwrap_or(bare).trim_start_matches(['(', '[', '"', '\'', '*', '“']);
    bare.ends_with('.') && !is_abbreviation(word, next)
}

/// Also single initials (`J.`), and `No.` or `v.` before a number.
fn is_abbreviation(word: &str, next: char) -> bool {
    let lower = word.to_lowercase();
    let initial = word.len() == 2 && word.starts_with(|c: char| c.is_ascii_uppercase());
    initial
        || ABBREVIATIONS.contains(&lower.as_str())
        || (next.is_numeric() && matches!(lower.as_str(), "no." | "nos." | "p." | "v."))
}
