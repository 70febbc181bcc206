//! Markdown that grows, with the places in the file that it comes from.

use crate::site::data::Data;
use crate::site::unit::Piece;

use crate::site::outline::on_one_line;

use super::unshown::Unshown;

#[derive(Default)]
pub(super) struct Writer {
    pub(super) text: String,
    pub(super) pieces: Vec<Piece>,
    /// Whether the last thing written was an item of a list.
    in_list: bool,
    /// What has no place on the page.
    pub(super) unshown: Unshown,
}

impl Writer {
    /// A heading whose text is words, not markup. HTML knows six levels.
    pub(super) fn heading(&mut self, level: usize, name: &Data) {
        self.start_heading(level, name);
        escape_into(&on_one_line(name.text().unwrap_or_default()), &mut self.text);
        self.text.push('\n');
    }

    /// A heading whose text is Markdown in the file as well. Marks that stand apart at its end would close it, and not be shown.
    pub(super) fn question(&mut self, level: usize, question: &Data) {
        self.start_heading(level, question);
        self.piece(question);
        let line = on_one_line(question.text().unwrap_or_default());
        let (words, marks) = line.split_at(line.trim_end_matches('#').len());
        let closes = !marks.is_empty() && (words.is_empty() || words.ends_with(' '));
        self.text.extend([words, if closes { "\\" } else { "" }, marks, "\n"]);
    }

    fn start_heading(&mut self, level: usize, from: &Data) {
        self.block(from);
        self.text.push_str(&"#".repeat(level.clamp(1, 6)));
        self.text.push(' ');
    }

    /// Text that is Markdown in the file as well.
    pub(super) fn markdown(&mut self, words: &Data) {
        self.block(words);
        self.text.push_str(words.text().unwrap_or_default().trim_matches(['\n', '\r']).trim_end());
        self.text.push('\n');
    }

    /// An item with a link, and the words about it.
    pub(super) fn link(&mut self, name: &Data, address: &Data, words: &[&Data]) {
        self.start_item(name);
        self.text.push_str("- [");
        escape_into(&on_one_line(name.text().unwrap_or_default()), &mut self.text);
        self.piece(address);
        self.text.push_str("](<");
        destination_into(address.text().unwrap_or_default().trim(), &mut self.text);
        self.text.push_str(">)\n");
        words.iter().for_each(|words| self.indented(words));
    }

    /// An item that is Markdown in the file as well.
    pub(super) fn item(&mut self, words: &Data) {
        self.start_item(words);
        self.lines(words, "- ");
    }

    fn start_item(&mut self, from: &Data) {
        if !self.in_list {
            self.block(from);
        }
        self.in_list = true;
        self.piece(from);
    }

    fn indented(&mut self, words: &Data) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
        self.piece(words);
        self.lines(words, "  ");
        self.text.push('\n');
    }

    /// Lines within an item, the first behind `first`.
    fn lines(&mut self, words: &Data, first: &str) {
        for (at, line) in words.text().unwrap_or_default().trim().lines().enumerate() {
            let indent = if at == 0 { first } else { "  " };
            self.text.push_str(if line.trim().is_empty() { "" } else { indent });
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    /// Starts a block: after an empty line, unless it is the first.
    fn block(&mut self, from: &Data) {
        self.in_list = false;
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
        self.piece(from);
    }

    fn piece(&mut self, from: &Data) {
        // The first piece starts at the text's first byte by itself: nothing is written before it.
        let place = u32::try_from(self.pieces.len()).unwrap_or(u32::MAX);
        let piece = Piece { start: self.text.len(), file_start: from.at.start, place, segment: None };
        match self.pieces.last_mut().filter(|last| last.start == piece.start) {
            Some(last) => last.file_start = piece.file_start,
            None => self.pieces.push(piece),
        }
    }
}

/// Words that stay words: what Markdown or its extensions could take for markup is escaped.
fn escape_into(words: &str, out: &mut String) {
    for char in words.chars() {
        // `:::` opens the extensions of DocFX.
        if "\\`*_{}[]<>#|!&~$".contains(char) || (char == ':' && out.ends_with(':')) {
            out.push('\\');
        }
        out.push(char);
    }
}

/// An address between `<` and `>` (CommonMark §6.3), read back as it was.
fn destination_into(address: &str, out: &mut String) {
    for char in address.chars().filter(|char| !char.is_control()) {
        if "\\<>&".contains(char) {
            out.push('\\');
        }
        out.push(char);
    }
}
