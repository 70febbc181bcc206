//! One side's text as events, before structure is put in order: pulldown-cmark's events, cut at segments, with Japanese
//! set rightly, exact HTML shapes recognised, and directives as marks.

mod images;
mod links;
mod raw;
mod repairs;
mod stops;
mod words;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use pulldown_cmark::{Event, Options, Parser, TagEnd};

use super::directive::Directive;
use super::edits::{Edits, Hint};
use super::flow::{Align, Ev, Flow, Image, Kind, NONE, Origin, Tag, Txt};
use super::prepare::{Prepared, prepare};
use super::rawhtml::Unfinished;
use super::text;
use crate::diag::{Diagnostic, Span};
use crate::locale::{Locale, LocaleSet};
use crate::site::unit::{Document, Form, Half, Side};
use images::OpenImage;
use repairs::{Definition, Repaired};
use stops::Stops;

/// Containers nested deeper than this are shown without their markup. No page that a person wrote comes near.
pub(crate) const DEPTH: usize = 48;

/// A side as events, and the directives that its marks stand for.
pub(crate) struct Lexed {
    pub(crate) flow: Flow,
    pub(crate) directives: Vec<Directive>,
}

/// Lexes one side of a document.
pub(crate) fn lex(document: &Arc<Document>, half: Half, locales: &LocaleSet, found: &mut Vec<Diagnostic>) -> Lexed {
    let side = document.side(half);
    let mut edits = Edits::default();
    let mut repaired = Repaired::default();
    let mut code = Vec::new();
    let (mut round, mut known) = (0, 0);
    // A second parse is needed only where the first shows that code was changed, text would vanish or markers stay; another, where mending one
    // uncovers the other.
    loop {
        let prepared = prepare(document, half, side, &edits, &code);
        let mut lexer = Lexer::new(document, half, locales, &prepared);
        let definitions = lexer.run();
        if known < 2 && prepared.changes(&lexer.code) {
            code = prepared.certain(std::mem::take(&mut lexer.code));
            known += 1;
            continue;
        }
        let again = lexer.repair(&definitions, &mut edits, &mut repaired) && round < 2;
        if !again {
            found.append(&mut repaired.found);
            lexer.report(found);
            return Lexed { flow: lexer.flow, directives: prepared.found.into_iter().map(|f| f.directive).collect() };
        }
        round += 1;
    }
}

struct Lexer<'p> {
    document: &'p Arc<Document>,
    half: Half,
    side: &'p Side,
    prepared: &'p Prepared<'p>,
    flow: Flow,
    /// Indices of the starts that are open; `None` for an element whose markup is left out.
    open: Vec<Option<usize>>,
    depth: usize,
    /// Whether the text's language is written without spaces between words.
    is_cjk: bool,
    /// The other language of a localized document's source side.
    other: Option<&'p Locale>,
    aligns: Vec<pulldown_cmark::Alignment>,
    cell: usize,
    last: char,
    /// The last character that is seen, markup aside.
    shown: char,
    pending_break: Option<(u32, u32)>,
    links: usize,
    anchors: usize,
    /// The bare address last linked. Whatever the parser saw in it is part of it.
    address: Range<usize>,
    image: Option<OpenImage>,
    too_deep: Option<usize>,
    /// Segments in which emphasis markers stayed literal.
    literal: Vec<(u32, usize)>,
    /// Directives that stand within raw HTML.
    misplaced: Vec<u32>,
    /// What the raw HTML so far leaves open, in its block.
    unfinished: Unfinished,
    /// Where code stands in the side's text.
    code: Vec<Range<usize>>,
    /// What in the prepared text needs a closer look: see [`Stops`].
    stops: Stops,
    near: Near,
}

/// Where the last look-ups ended, by what was looked up: events come in the order of the text.
#[derive(Default)]
struct Near {
    start: Hint,
    end: Hint,
    piece: Hint,
    border: Hint,
}

impl<'p> Lexer<'p> {
    fn new(document: &'p Arc<Document>, half: Half, locales: &'p LocaleSet, prepared: &'p Prepared<'p>) -> Self {
        let side = document.side(half);
        let target = document.target_locale.map(|id| locales.get(id));
        let source = locales.get(document.source_locale);
        let is_source = half == Half::Source || document.target.is_none();
        let is_cjk = if is_source { source } else { target.unwrap_or(source) }.is_cjk();
        let flow = Flow {
            text: String::with_capacity(prepared.text.len() + prepared.text.len() / 8),
            events: Vec::with_capacity(prepared.text.len() / 12),
            origins: vec![Origin { document: Arc::clone(document), half }],
            ..Flow::default()
        };
        Self {
            document,
            half,
            side,
            prepared,
            flow,
            open: Vec::new(),
            depth: 0,
            is_cjk,
            other: target.filter(|_| is_source && document.form == Form::Localized),
            aligns: Vec::new(),
            cell: 0,
            last: '\n',
            shown: '\n',
            pending_break: None,
            links: 0,
            anchors: 0,
            address: 0..0,
            image: None,
            too_deep: None,
            literal: Vec::new(),
            misplaced: Vec::new(),
            unfinished: Unfinished::Nothing,
            code: Vec::new(),
            stops: Stops::of(prepared, is_cjk),
            near: Near::default(),
        }
    }

    fn run(&mut self) -> Vec<Definition> {
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
        let prepared = self.prepared;
        let parser = Parser::new_ext(&prepared.text, options);
        let definitions = parser
            .reference_definitions()
            .iter()
            .map(|(label, def)| Definition { span: def.span.clone(), destination: def.dest.to_string(), label: label.to_owned() })
            .collect();
        for (event, range) in parser.into_offset_iter() {
            self.event(event, range);
        }
        definitions
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        if self.image.is_some() {
            return self.within_image(&event, range);
        }
        if self.address.start < range.start && range.start < self.address.end && self.within_address(&event, &range) {
            return;
        }
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, &range),
            Event::Text(text) => self.text(&text, range),
            Event::Code(code) => {
                let code = self.restored(&code);
                let txt = self.flow.add(&code);
                self.code_at(&range);
                self.inline(Kind::Code(txt), range);
                self.last = '`';
            }
            Event::Html(raw) | Event::InlineHtml(raw) => self.raw(&raw, range),
            Event::SoftBreak if self.joins_next_line(range.end) => {}
            Event::SoftBreak => self.pending_break = Some(self.span(&range)),
            Event::HardBreak => self.inline(Kind::HardBreak, range),
            Event::Rule => self.block(Kind::Rule, &range),
            Event::TaskListMarker(done) => self.block(Kind::Task(done), &range),
            Event::FootnoteReference(text) | Event::InlineMath(text) | Event::DisplayMath(text) => self.text(&text, range),
        }
    }

    /// The bytes of the side's text that a range of the prepared text stands for.
    fn span(&self, range: &Range<usize>) -> (u32, u32) {
        let map = &self.prepared.map;
        let (start, end) = (map.original_near(range.start, &self.near.start), map.original_near(range.end, &self.near.end));
        (start as u32, end as u32)
    }

    /// The index of the piece of the side's text that holds a byte.
    fn piece_at(&self, offset: usize) -> Option<usize> {
        self.near.piece.partition_point(&self.side.pieces, |piece| piece.start <= offset).checked_sub(1)
    }

    fn code_at(&mut self, range: &Range<usize>) {
        let (start, end) = self.span(range);
        self.code.push(start as usize..end as usize);
    }

    fn segment_of(&self, start: u32, end: u32) -> u32 {
        let Some(at) = self.piece_at(start as usize) else { return NONE };
        let ends = self.side.pieces.get(at + 1).map_or(self.side.text.len(), |next| next.start);
        if end as usize <= ends { self.side.pieces[at].segment.unwrap_or(NONE) } else { NONE }
    }

    fn push(&mut self, kind: Kind, (start, end): (u32, u32), segment: u32) -> usize {
        let pair = self.flow.events.len();
        self.flow.events.push(Ev { kind, start, end, pair: pair as u32, segment, origin: 0, foreign: false });
        pair
    }

    fn block(&mut self, kind: Kind, range: &Range<usize>) {
        let span = self.span(range);
        self.flush_break(None);
        self.push(kind, span, NONE);
        (self.last, self.shown) = ('\n', '\n');
    }

    fn inline(&mut self, kind: Kind, range: Range<usize>) {
        let span = self.span(&range);
        self.flush_break(None);
        let segment = self.segment_of(span.0, span.1);
        self.push(kind, span, segment);
        (self.last, self.shown) = (' ', ' ');
    }

    /// Emits the line break that was held back, unless it joins two characters of a script without spaces.
    fn flush_break(&mut self, next: Option<char>) {
        let Some(span) = self.pending_break.take() else { return };
        if !next.is_some_and(|next| text::joins(self.last, next)) {
            self.push(Kind::SoftBreak, span, NONE);
        }
    }

    fn start(&mut self, tag: pulldown_cmark::Tag<'_>, range: Range<usize>) {
        use pulldown_cmark::Tag as Md;
        let opens_block = matches!(tag, Md::BlockQuote(_) | Md::List(_) | Md::Item);
        if opens_block {
            self.depth += 1;
        }
        if opens_block && self.depth > DEPTH {
            self.too_deep.get_or_insert(range.start);
            return self.open.push(None);
        }
        let tag = match tag {
            Md::Paragraph => Tag::Paragraph,
            Md::Heading { level, .. } => Tag::Heading(level as u8),
            Md::BlockQuote(_) => Tag::Quote,
            Md::CodeBlock(kind) => {
                self.code_at(&range);
                Tag::CodeBlock(self.language(&kind))
            }
            Md::HtmlBlock => Tag::HtmlBlock,
            Md::List(first) => Tag::List(first.map(|first| u32::try_from(first).unwrap_or(u32::MAX))),
            Md::Item => Tag::Item,
            Md::Table(aligns) => {
                self.aligns = aligns;
                Tag::Table
            }
            Md::TableHead => self.row(Tag::TableHead),
            Md::TableRow => self.row(Tag::TableRow),
            Md::TableCell => self.table_cell(),
            Md::Emphasis => Tag::Emphasis,
            Md::Strong => Tag::Strong,
            Md::Strikethrough if self.prepared.text[range.start..].starts_with("~~") => Tag::Strike,
            // One tilde is a range of numbers in Japanese; DocFX takes two for deleted text.
            Md::Strikethrough => {
                self.text("~", range.start..range.start + 1);
                return self.open.push(None);
            }
            Md::Link { link_type, dest_url, .. } => return self.link(link_type, &dest_url, range),
            Md::Image { dest_url, title, .. } => {
                let (destination, title) = (self.restored(&dest_url).into_owned(), self.restored(&title).into_owned());
                self.image = Some(OpenImage { start: range.start, depth: 1, destination, title, alt: String::new() });
                return;
            }
            _ => return self.open.push(None),
        };
        self.open_tag(tag, &range);
    }

    fn open_tag(&mut self, tag: Tag, range: &Range<usize>) {
        let span = self.span(range);
        self.flush_break(None);
        self.unfinished = Unfinished::Nothing;
        let segment = if tag.is_inline() { self.segment_of(span.0, span.1) } else { NONE };
        let at = self.push(Kind::Start(tag), span, segment);
        self.open.push(Some(at));
        self.last = if tag.is_inline() { ' ' } else { '\n' };
        self.anchors = if tag.is_inline() { self.anchors } else { 0 };
    }

    fn language(&mut self, kind: &pulldown_cmark::CodeBlockKind<'_>) -> Txt {
        let pulldown_cmark::CodeBlockKind::Fenced(info) = kind else { return Txt::default() };
        let word = self.restored(info).split([' ', ',', '{']).next().unwrap_or_default().to_ascii_lowercase();
        self.flow.add(word.strip_suffix("-interactive").unwrap_or(&word))
    }

    fn row(&mut self, tag: Tag) -> Tag {
        self.cell = 0;
        tag
    }

    fn table_cell(&mut self) -> Tag {
        let align = match self.aligns.get(self.cell) {
            Some(pulldown_cmark::Alignment::Left) => Align::Left,
            Some(pulldown_cmark::Alignment::Center) => Align::Center,
            Some(pulldown_cmark::Alignment::Right) => Align::Right,
            _ => Align::None,
        };
        self.cell += 1;
        Tag::TableCell(align)
    }

    fn end(&mut self, tag: TagEnd, range: &Range<usize>) {
        if matches!(tag, TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item) {
            self.depth = self.depth.saturating_sub(1);
        }
        let opened = self.open.pop().flatten();
        if let (TagEnd::Strikethrough, None) = (tag, opened) {
            return self.text("~", range.end.saturating_sub(1)..range.end);
        }
        let Some(opened) = opened else { return };
        self.pending_break = None;
        match tag {
            TagEnd::Link => self.end_link(opened, range),
            _ => self.close(opened),
        }
    }

    fn close(&mut self, opened: usize) {
        let start = self.flow.events[opened];
        let end = self.push(Kind::End, (start.start, start.end), start.segment);
        self.flow.events[end].pair = opened as u32;
        self.flow.events[opened].pair = end as u32;
        self.last = ' ';
    }

    /// A text with neutral characters gone and marks turned back into what was written.
    fn restored<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let marks = self.prepared.marks;
        if !marks.in_text(text) {
            return text.into();
        }
        let mut out = String::with_capacity(text.len());
        for (index, part) in text.split(marks.open).enumerate() {
            let (number, rest) = if index == 0 { ("", part) } else { part.split_once(marks.close).unwrap_or(("", part)) };
            if let Some(found) = number.parse().ok().and_then(|n: usize| self.prepared.found.get(n)) {
                if out.ends_with("<!--") {
                    out.truncate(out.len() - 4);
                    out.push_str(&self.side.text[found.range.clone()]);
                    out.push_str(&rest.strip_prefix("-->").unwrap_or(rest).replace(marks.neutral, ""));
                    continue;
                }
                out.push_str(&self.side.text[found.range.clone()]);
            }
            out.push_str(&rest.replace(marks.neutral, ""));
        }
        out.into()
    }
}

/// A range of a side's text as a place in its file.
pub(crate) fn span(side: &Side, range: Range<usize>) -> Span {
    Span::new(side.path.clone(), side.file_range(range))
}
