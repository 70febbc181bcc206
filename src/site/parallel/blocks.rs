//! The blocks of a Markdown text, in document order, and the sentences of those that hold text.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::sentence::{self, Inline};

/// What sort of block; blocks of different sorts never correspond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Paragraph,
    Heading(u8),
    Quote,
    List { ordered: bool },
    Item,
    Table,
    Row,
    Cell,
    Code,
    Html,
    Rule,
}

/// A block; containers stand before what they contain.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// How many blocks contain it.
    pub(super) depth: usize,
    /// Whether one of these is a quote, so that its lines begin with `>`.
    pub(super) quoted: bool,
    pub(super) range: Range<usize>,
    /// Its sentences, if it holds text.
    pub(super) sentences: Vec<Range<usize>>,
}

impl Block {
    pub(super) fn corresponds(&self, other: &Self) -> bool {
        self.kind == other.kind && self.depth == other.depth
    }
}

/// The blocks of a body. The text of a tight list item counts as a paragraph, as that of a loose one does.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut reader = Reader { text, blocks: Vec::new(), open: Vec::new(), leaf: None, inline_depth: 0 };
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        reader.event(&event, range);
    }
    reader.blocks
}

struct Leaf {
    block: usize,
    inlines: Vec<Inline>,
    /// A paragraph that the parser does not name: the text of a tight list item.
    implied: bool,
}

struct Reader<'t> {
    text: &'t str,
    blocks: Vec<Block>,
    open: Vec<Kind>,
    leaf: Option<Leaf>,
    inline_depth: usize,
}

impl Reader<'_> {
    fn event(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => match kind(tag) {
                Some(kind) => self.open(kind, range),
                None => self.open_inline(range),
            },
            Event::End(tag) if is_block(*tag) => self.close(),
            Event::End(_) => self.inline_depth = self.inline_depth.saturating_sub(1),
            Event::Rule => {
                self.end_implied();
                self.push(Kind::Rule, range);
            }
            Event::Text(_) => self.inline(Inline::Text(range)),
            Event::SoftBreak => self.inline(Inline::Soft),
            Event::HardBreak => self.inline(Inline::Hard),
            // A comment is part of no sentence, so that it may stand in one of two parallel files alone.
            Event::InlineHtml(html) if html.starts_with("<!--") => {}
            Event::InlineHtml(html) if html.to_ascii_lowercase().starts_with("<br") => self.inline(Inline::Hard),
            Event::Html(_) | Event::TaskListMarker(_) => {}
            _ => self.inline(Inline::Solid(range)),
        }
    }

    fn open(&mut self, kind: Kind, range: Range<usize>) {
        self.end_implied();
        if kind != Kind::Html || !self.is_comment(&range) {
            self.push(kind, range);
        }
        self.open.push(kind);
        if matches!(kind, Kind::Paragraph | Kind::Heading(_) | Kind::Cell) {
            self.leaf = Some(Leaf { block: self.blocks.len() - 1, inlines: Vec::new(), implied: false });
        }
    }

    fn is_comment(&self, range: &Range<usize>) -> bool {
        let html = self.text.get(range.clone()).unwrap_or_default().trim();
        html.strip_prefix("<!--").is_some_and(|rest| rest.find("-->") == rest.len().checked_sub(3))
    }

    fn close(&mut self) {
        self.end_leaf();
        self.open.pop();
    }

    fn push(&mut self, kind: Kind, range: Range<usize>) {
        let quoted = self.open.contains(&Kind::Quote);
        self.blocks.push(Block { kind, depth: self.open.len(), quoted, range, sentences: Vec::new() });
    }

    fn open_inline(&mut self, range: Range<usize>) {
        self.inline(Inline::Solid(range));
        self.inline_depth += 1;
    }

    fn inline(&mut self, inline: Inline) {
        if self.inline_depth > 0 {
            return;
        }
        if self.leaf.is_none() && self.open.last() == Some(&Kind::Item) {
            self.imply(&inline);
        }
        if let Some(leaf) = &mut self.leaf {
            leaf.inlines.push(inline);
        }
    }

    fn imply(&mut self, first: &Inline) {
        if let Inline::Text(range) | Inline::Solid(range) = first {
            self.push(Kind::Paragraph, range.clone());
            self.leaf = Some(Leaf { block: self.blocks.len() - 1, inlines: Vec::new(), implied: true });
        }
    }

    fn end_implied(&mut self) {
        if self.leaf.as_ref().is_some_and(|leaf| leaf.implied) {
            self.end_leaf();
        }
    }

    fn end_leaf(&mut self) {
        let Some(leaf) = self.leaf.take() else { return };
        let sentences = sentence::sentences(self.text, &leaf.inlines);
        if let Some(block) = self.blocks.get_mut(leaf.block) {
            let end = sentences.last().map_or(0, |last| last.end);
            block.range.end = block.range.end.max(end);
            block.sentences = sentences;
        }
    }
}

fn kind(tag: &Tag<'_>) -> Option<Kind> {
    Some(match tag {
        Tag::Paragraph => Kind::Paragraph,
        Tag::Heading { level, .. } => Kind::Heading(*level as u8),
        Tag::BlockQuote(_) => Kind::Quote,
        Tag::List(start) => Kind::List { ordered: start.is_some() },
        Tag::Item => Kind::Item,
        Tag::Table(_) => Kind::Table,
        Tag::TableHead | Tag::TableRow => Kind::Row,
        Tag::TableCell => Kind::Cell,
        Tag::CodeBlock(_) => Kind::Code,
        Tag::HtmlBlock => Kind::Html,
        _ => return None,
    })
}

fn is_block(tag: TagEnd) -> bool {
    use TagEnd::{BlockQuote, CodeBlock, Heading, HtmlBlock, Item, List, Paragraph, Table, TableCell, TableHead, TableRow};
    matches!(
        tag,
        Paragraph
            | Heading(_)
            | BlockQuote(_)
            | List(_)
            | Item
            | Table
            | TableHead
            | TableRow
            | TableCell
            | CodeBlock
            | HtmlBlock
    )
}
