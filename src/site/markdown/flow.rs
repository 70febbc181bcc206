//! A page's text in one language as a flat list of events: what the renderer and the outline read.
//!
//! It is pulldown-cmark's event list with the docsets' extensions understood, included files in place, Japanese set
//! rightly, and each inline event cut at the borders of segments.

use std::sync::Arc;

use crate::locale::LocaleId;
use crate::vpath::SourcePath;

use super::directive::{AlertKind, ImageSpec, SnippetSpec};
use crate::site::link;
use crate::site::unit::{Document, Half, Side};

/// A stretch of [`Flow::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Txt {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// No segment, no counterpart.
pub(crate) const NONE: u32 = u32::MAX;

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ev {
    /// What it is.
    pub kind: Kind,
    /// Its first byte in the side's text.
    pub start: u32,
    /// One past its last byte there.
    pub end: u32,
    /// Of a start, the index of its end, and the other way round; of others, their own index.
    pub pair: u32,
    /// The segment that it belongs to, of its origin's document.
    pub segment: u32,
    /// Whose text it is: an index of [`Flow::origins`].
    pub origin: u16,
    /// Whether its words are in the document's other language, because they have no recorded source.
    pub foreign: bool,
}

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An element begins.
    Start(Tag),
    /// The element of the paired start ends.
    End,
    /// Text.
    Text(Txt),
    /// Inline code.
    Code(Txt),
    /// A link that takes the name of the page for its words, because it only names a uid; its destination as written.
    Xref(Txt),
    /// Raw HTML.
    Raw(Txt),
    /// The target of a fragment.
    Anchor(Txt),
    /// A line break that is white space.
    SoftBreak,
    /// A line break that shows.
    HardBreak,
    /// A thematic break.
    Rule,
    /// The box of a task list's item.
    Task(bool),
    /// An image: an index of [`Flow::images`].
    Image(u32),
    /// Code from another file: an index of [`Flow::snippets`].
    Snippet(u32),
    /// A form, by its name.
    Form(Txt),
    /// A video's address.
    Video(Txt),
    /// An extension that is not known, as written.
    Unknown(Txt),
    /// A directive not yet put into its place: an index of the lexed text's directives.
    Mark(u32),
}

/// An element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// A paragraph.
    Paragraph,
    /// A heading of a level from 1.
    Heading(u8),
    /// A block quote.
    Quote,
    /// A code block with its language.
    CodeBlock(Txt),
    /// A block of raw HTML.
    HtmlBlock,
    /// A list, with its first number if it is ordered.
    List(Option<u32>),
    /// An item of a list.
    Item,
    /// A table.
    Table,
    /// Its head.
    TableHead,
    /// A row of its body.
    TableRow,
    /// A cell, with its alignment.
    TableCell(Align),
    /// Emphasis.
    Emphasis,
    /// Strong emphasis.
    Strong,
    /// Deleted text.
    Strike,
    /// Subscript.
    Sub,
    /// Superscript.
    Sup,
    /// A link, with its destination as written.
    Link(Txt),
    /// An alert.
    Alert(AlertKind),
    /// An alert written as a quote with a bold label.
    Callout(AlertKind),
    /// A quote with a class.
    Div(Txt),
    /// Columns side by side.
    Columns,
    /// One of them, and how many it spans.
    Column(u8),
    /// A group of tabs.
    Tabs,
    /// One of them, with its id.
    Tab(Txt),
    /// Its title.
    TabTitle,
    /// A block in another locale than the page's: an included file without a translation.
    Foreign(LocaleId),
    /// The same within a line.
    ForeignInline(LocaleId),
}

/// The alignment of a table's column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// None given.
    None,
    /// To the left.
    Left,
    /// In the middle.
    Center,
    /// To the right.
    Right,
}

impl Tag {
    /// Whether it stands within a line of text.
    pub(crate) fn is_inline(self) -> bool {
        matches!(
            self,
            Self::Emphasis | Self::Strong | Self::Strike | Self::Sub | Self::Sup | Self::Link(_) | Self::ForeignInline(_)
        )
    }

    /// Whether its children are inline events.
    pub(crate) fn is_leaf(self) -> bool {
        matches!(
            self,
            Self::Paragraph | Self::Heading(_) | Self::TableCell(_) | Self::TabTitle | Self::CodeBlock(_) | Self::HtmlBlock
        )
    }
}

/// An image and the title it may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// What it shows.
    pub spec: ImageSpec,
    /// Its title.
    pub title: String,
    /// Whether the alternative text is in the document's other language.
    pub foreign: bool,
}

/// Where events come from: the page's own document, or an included one.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The document.
    pub document: Arc<Document>,
    /// Which side of it.
    pub half: Half,
}

impl Origin {
    /// The side; the source where there is no target.
    pub fn side(&self) -> &Side {
        self.document.side(self.half)
    }

    /// The side's file.
    pub fn path(&self) -> &SourcePath {
        &self.side().path
    }
}

/// A text in one language, as events.
#[derive(Debug, Clone, Default)]
pub struct Flow {
    /// The events.
    pub events: Vec<Ev>,
    /// All their text.
    pub text: String,
    /// The images.
    pub images: Vec<Image>,
    /// The snippets.
    pub snippets: Vec<SnippetSpec>,
    /// The page's own document first, then the included ones.
    pub origins: Vec<Origin>,
}

impl Flow {
    /// The text of a stretch.
    pub fn get(&self, txt: Txt) -> &str {
        self.text.get(txt.start as usize..txt.end as usize).unwrap_or_default()
    }

    pub(crate) fn add(&mut self, text: &str) -> Txt {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Txt { start, end: self.text.len() as u32 }
    }

    /// The tag of a start, or of the start that an end belongs to.
    pub(crate) fn tag(&self, at: usize) -> Option<Tag> {
        match self.events[at].kind {
            Kind::Start(tag) => Some(tag),
            Kind::End => match self.events[self.events[at].pair as usize].kind {
                Kind::Start(tag) => Some(tag),
                _ => None,
            },
            _ => None,
        }
    }

    /// The index after the event and all it encloses.
    pub(crate) fn after(&self, at: usize) -> usize {
        match self.events[at].kind {
            Kind::Start(_) => self.events[at].pair as usize + 1,
            _ => at + 1,
        }
    }

    /// The indices of the events between two indices that no other event between them encloses.
    pub(crate) fn siblings(&self, from: usize, to: usize) -> impl Iterator<Item = usize> + '_ {
        let mut at = from;
        std::iter::from_fn(move || {
            let here = (at < to).then_some(at)?;
            at = self.after(here);
            Some(here)
        })
    }

    /// The words of the events between two indices, without markup. What another page is called is not known here: its uid stands for it.
    pub(crate) fn plain(&self, from: usize, to: usize) -> String {
        let mut out = String::with_capacity(64);
        for event in &self.events[from..to] {
            match event.kind {
                Kind::Text(txt) | Kind::Code(txt) => out.push_str(self.get(txt)),
                Kind::Xref(txt) => out.push_str(&link::uid(self.get(txt)).unwrap_or_default()),
                Kind::SoftBreak | Kind::HardBreak => out.push(' '),
                Kind::Image(image) => out.push_str(&self.images[image as usize].spec.alt),
                _ => {}
            }
        }
        out
    }
}
