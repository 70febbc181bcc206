//! A flow brought into a line: the words of its blocks one behind the other, without the blocks.

use super::{Ev, Flow, Kind, Tag};

const STRUCTURE: &str = "the included file holds more than one paragraph; within a line only its words are shown";
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
    /// How many code blocks are open: their text is code within the line.
    code: usize,
    /// A block has ended or begun since the last words.
    is_apart: bool,
    fault: Option<&'static str>,
}

impl Line {
    fn add(&mut self, event: Ev) {
        match event.kind {
            Kind::Start(tag) if tag.is_inline() => {
                self.part(event);
                self.open.push(Some(self.events.len()));
                self.push(event);
            }
            Kind::Start(tag) => self.block(tag),
            Kind::End => self.end(event),
            Kind::Rule => self.is_apart = true,
            Kind::Snippet(_) | Kind::Form(_) | Kind::Video(_) => self.fault = Some(LOST),
            Kind::Text(txt) if self.code > 0 => {
                self.part(event);
                self.push(Ev { kind: Kind::Code(txt), ..event });
            }
            Kind::SoftBreak if self.is_apart => {}
            _ => {
                self.part(event);
                self.push(event);
            }
        }
    }

    fn block(&mut self, tag: Tag) {
        self.is_apart = true;
        self.code += usize::from(matches!(tag, Tag::CodeBlock(_)));
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
            None => self.is_apart = true,
        }
    }

    /// Begins a new line where another block's words went before.
    fn part(&mut self, like: Ev) {
        if std::mem::take(&mut self.is_apart) && !self.events.is_empty() {
            self.fault = self.fault.or(Some(STRUCTURE));
            self.push(Ev { kind: Kind::HardBreak, segment: super::NONE, ..like });
        }
    }

    fn push(&mut self, event: Ev) {
        let pair = self.events.len() as u32;
        self.events.push(Ev { pair, ..event });
    }
}
