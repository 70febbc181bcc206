//! A flow brought into a line: the words of its blocks one behind the other, without the blocks.

use super::{Ev, Flow, Kind, Tag};

const STRUCTURE: &str = "the included file holds more than a paragraph of words; within a line only the words are shown";
const LOST: &str =
    "the included file holds code from a file, a form or a video, which cannot stand within a line and is not shown";

/// Leaves of a flow what can stand within a line. Gives what is wrong if that is not all.
pub(super) fn reduce(flow: &mut Flow) -> Option<&'static str> {
    let mut line = Line::default();
    for event in std::mem::take(&mut flow.events) {
        line.add(event);
    }
    flow.events = line.events;
    line.fault
}

#[derive(Default)]
struct Line {
    events: Vec<Ev>,
    /// Where the open elements begin in the line; `None` for those of which only the content stands there.
    open: Vec<Option<usize>>,
    /// Whether a code block is open: its text is code within the line.
    is_code: bool,
    /// A block has ended or begun since the last words.
    is_apart: bool,
    /// Whether there were any words since the last break.
    has_words: bool,
    fault: Option<&'static str>,
}

impl Line {
    fn add(&mut self, event: Ev) {
        match event.kind {
            Kind::Start(tag) if tag.is_inline() => self.element(event),
            Kind::Start(Tag::Foreign(locale)) => {
                self.is_apart = true;
                self.element(Ev { kind: Kind::Start(Tag::ForeignInline(locale)), ..event });
            }
            Kind::Start(tag) => self.block(tag),
            Kind::End => self.end(event),
            Kind::Rule => self.is_apart = true,
            Kind::Snippet(_) | Kind::Form(_) | Kind::Video(_) => self.fault = Some(LOST),
            Kind::Text(txt) if self.is_code => self.words(Ev { kind: Kind::Code(txt), ..event }),
            Kind::SoftBreak if self.is_apart => {}
            _ => self.words(event),
        }
    }

    fn words(&mut self, event: Ev) {
        self.part(event);
        self.push(event);
        self.has_words = true;
    }

    fn element(&mut self, event: Ev) {
        self.part(event);
        self.open.push(Some(self.events.len()));
        self.push(event);
    }

    fn block(&mut self, tag: Tag) {
        self.is_apart = true;
        self.is_code = matches!(tag, Tag::CodeBlock(_));
        if !matches!(tag, Tag::Paragraph | Tag::HtmlBlock) {
            self.fault = self.fault.or(Some(STRUCTURE));
        }
        self.open.push(None);
    }

    fn end(&mut self, event: Ev) {
        match self.open.pop().flatten() {
            Some(start) => {
                self.events[start].pair = self.events.len() as u32;
                self.events.push(Ev { pair: start as u32, ..event });
            }
            None => (self.is_apart, self.is_code) = (true, false),
        }
    }

    /// Begins a new line where another block's words went before.
    fn part(&mut self, like: Ev) {
        if std::mem::take(&mut self.is_apart) && std::mem::take(&mut self.has_words) {
            self.fault = self.fault.or(Some(STRUCTURE));
            self.push(Ev { kind: Kind::HardBreak, segment: super::NONE, ..like });
        }
    }

    fn push(&mut self, event: Ev) {
        let pair = self.events.len() as u32;
        self.events.push(Ev { pair, ..event });
    }
}
