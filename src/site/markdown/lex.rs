//! One side's text as events, before structure is put in order: pulldown-cmark's events, cut at segments, with Japanese
//! set rightly, exact HTML shapes recognised, and directives as marks.

use std::ops::Range;
use std::sync::Arc;

use pulldown_cmark::{Event, LinkType, Options, Parser, TagEnd};

use super::directive::{Directive, ImageKind, ImageSpec};
use super::edits::Edits;
use super::flow::{Align, Ev, Flow, Image, Kind, NONE, Origin, Tag, Txt};
use super::prepare::{Prepared, prepare};
use super::{rawhtml, repair, text};
use crate::diag::{Code, Diagnostic, Span};
use crate::locale::{Locale, LocaleSet};
use crate::site::unit::{Document, Form, Half, Side};

/// Containers nested deeper than this are shown without their markup. No page that a person wrote comes near.
pub const DEPTH: usize = 48;

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
    let mut round = 0;
    // A second parse is needed only where the first shows that text would vanish or markers stay; a third, where mending one uncovers the other.
    loop {
        let prepared = prepare(document, half, side, &edits);
        let mut lexer = Lexer::new(document, half, locales, &prepared);
        let definitions = lexer.run();
        let again = lexer.repair(&definitions, &mut edits, &mut repaired) && round < 2;
        if !again {
            found.append(&mut repaired.found);
            lexer.report(found);
            return Lexed { flow: lexer.flow, directives: prepared.found.into_iter().map(|f| f.directive).collect() };
        }
        round += 1;
    }
}

/// What earlier parses of the same text showed to be in need of repair.
#[derive(Default)]
struct Repaired {
    segments: std::collections::BTreeSet<u32>,
    found: Vec<Diagnostic>,
}

struct Definition {
    span: Range<usize>,
    destination: String,
    label: String,
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
    own: &'p Locale,
    /// The other language of a localized document's source side.
    other: Option<&'p Locale>,
    aligns: Vec<pulldown_cmark::Alignment>,
    cell: usize,
    last: char,
    pending_break: Option<(u32, u32)>,
    links: usize,
    anchors: usize,
    address_end: usize,
    image: Option<OpenImage>,
    too_deep: Option<usize>,
    /// Segments in which emphasis markers stayed literal.
    literal: Vec<(u32, usize)>,
}

struct OpenImage {
    start: usize,
    depth: usize,
    destination: String,
    title: String,
    alt: String,
}

impl<'p> Lexer<'p> {
    fn new(document: &'p Arc<Document>, half: Half, locales: &'p LocaleSet, prepared: &'p Prepared<'p>) -> Self {
        let side = document.side(half);
        let target = document.target_locale.map(|id| locales.get(id));
        let source = locales.get(document.source_locale);
        let is_source = half == Half::Source || document.target.is_none();
        let flow = Flow {
            text: String::with_capacity(prepared.text.len() + prepared.text.len() / 8),
            events: Vec::with_capacity(prepared.text.len() / 24),
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
            own: if is_source { source } else { target.unwrap_or(source) },
            other: target.filter(|_| is_source && document.form == Form::Localized),
            aligns: Vec::new(),
            cell: 0,
            last: '\n',
            pending_break: None,
            links: 0,
            anchors: 0,
            address_end: 0,
            image: None,
            too_deep: None,
            literal: Vec::new(),
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
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text, range),
            Event::Code(code) => {
                let code = self.restored(&code);
                let txt = self.flow.add(&code);
                self.inline(Kind::Code(txt), range);
                self.last = '`';
            }
            Event::Html(raw) | Event::InlineHtml(raw) => self.raw(&raw, range),
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
        (map.original(range.start) as u32, map.original(range.end) as u32)
    }

    fn segment_of(&self, start: u32, end: u32) -> u32 {
        let Some(at) = self.side.piece_at(start as usize) else { return NONE };
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
        self.last = '\n';
    }

    fn inline(&mut self, kind: Kind, range: Range<usize>) {
        let span = self.span(&range);
        self.flush_break(None);
        let segment = self.segment_of(span.0, span.1);
        self.push(kind, span, segment);
        self.last = ' ';
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
            Md::CodeBlock(kind) => Tag::CodeBlock(self.language(&kind)),
            Md::HtmlBlock => Tag::HtmlBlock,
            Md::List(first) => Tag::List(first),
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
                let (destination, title) = (self.restored(&dest_url), title.to_string());
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
        let segment = if tag.is_inline() { self.segment_of(span.0, span.1) } else { NONE };
        let at = self.push(Kind::Start(tag), span, segment);
        self.open.push(Some(at));
        self.last = if tag.is_inline() { ' ' } else { '\n' };
        self.anchors = if tag.is_inline() { self.anchors } else { 0 };
    }

    fn language(&mut self, kind: &pulldown_cmark::CodeBlockKind<'_>) -> Txt {
        let pulldown_cmark::CodeBlockKind::Fenced(info) = kind else { return Txt::default() };
        let word = info.split([' ', ',', '{']).next().unwrap_or_default().to_ascii_lowercase();
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

    fn link(&mut self, kind: LinkType, destination: &str, range: Range<usize>) {
        let destination = self.restored(destination);
        let scheme = if kind == LinkType::Email { "mailto:" } else { "" };
        let txt = self.flow.add(&format!("{scheme}{destination}"));
        self.links += 1;
        self.open_tag(Tag::Link(txt), &range);
    }

    fn end(&mut self, tag: TagEnd) {
        if matches!(tag, TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item) {
            self.depth = self.depth.saturating_sub(1);
        }
        let opened = self.open.pop().flatten();
        if let (TagEnd::Strikethrough, None) = (tag, opened) {
            return self.text("~", 0..0);
        }
        let Some(opened) = opened else { return };
        if matches!(tag, TagEnd::Link) {
            self.links -= 1;
        }
        self.pending_break = None;
        self.close(opened);
    }

    fn close(&mut self, opened: usize) {
        let start = self.flow.events[opened];
        let end = self.push(Kind::End, (start.start, start.end), start.segment);
        self.flow.events[end].pair = opened as u32;
        self.flow.events[opened].pair = end as u32;
        self.last = ' ';
    }

    fn within_image(&mut self, event: &Event<'_>, range: Range<usize>) {
        let Some(image) = &mut self.image else { return };
        match event {
            Event::Start(pulldown_cmark::Tag::Image { .. }) => image.depth += 1,
            Event::End(TagEnd::Image) => image.depth -= 1,
            Event::Text(text) | Event::Code(text) => image.alt.push_str(text),
            Event::SoftBreak | Event::HardBreak => image.alt.push(' '),
            _ => {}
        }
        if image.depth > 0 {
            return;
        }
        let Some(image) = self.image.take() else { return };
        let spec = ImageSpec {
            kind: ImageKind::Content,
            source: image.destination,
            alt: self.restored(&image.alt),
            lightbox: None,
            border: false,
        };
        self.add_image(spec, image.title, image.start..range.end.max(image.start));
    }

    fn add_image(&mut self, spec: ImageSpec, title: String, range: Range<usize>) {
        let (start, end) = self.span(&range);
        let segment = self.segment_of(start, end);
        let foreign = segment == NONE && self.is_foreign(&spec.alt, false);
        self.flow.images.push(Image { spec, title, foreign });
        self.inline(Kind::Image(self.flow.images.len() as u32 - 1), range);
    }

    /// Whether words without a recorded source, on the source side, are in the target's language: where that is written in another
    /// script the characters say so; else only what is always translated (alternative texts) is taken to be.
    fn is_foreign(&self, words: &str, or_same_script: bool) -> bool {
        let Some(other) = self.other else { return false };
        let by_script = matches!(other.language(), "ja" | "zh" | "ko" | "yue");
        if by_script { words.chars().any(super::cjk::is_cjk_or_hangul) } else { !or_same_script && !words.is_empty() }
    }

    /// A text with neutral characters gone and marks turned back into what was written.
    fn restored(&self, text: &str) -> String {
        let marks = self.prepared.marks;
        if !marks.in_text(text) {
            return text.to_owned();
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
        out
    }

    fn in_code(&self) -> bool {
        let innermost = self.open.last().copied().flatten().map(|at| self.flow.events[at].kind);
        matches!(innermost, Some(Kind::Start(Tag::CodeBlock(_))))
    }

    fn text(&mut self, text: &str, range: Range<usize>) {
        if self.in_code() {
            let code = self.restored(text);
            let (span, txt) = (self.span(&range), self.flow.add(&code));
            self.push(Kind::Text(txt), span, NONE);
            return;
        }
        // Text that is not as written (an entity, an escape) is short, and lies within one segment.
        if self.prepared.text.get(range.clone()) != Some(text) {
            let span = self.span(&range);
            let segment = self.segment_of(span.0, span.1);
            let text = self.restored(text);
            return self.words(&text, span, segment, text.chars().next());
        }
        let from = range.start.max(self.address_end.min(range.end));
        let cuts = self.cuts(from, range.end);
        let mut at = from;
        for (end, segment) in cuts {
            self.piece(at..end, segment);
            at = end;
        }
    }

    /// Where a range of the prepared text is cut by the borders of segments: each part's end, and its segment.
    fn cuts(&self, from: usize, to: usize) -> Vec<(usize, u32)> {
        let mut cuts = Vec::with_capacity(2);
        let map = &self.prepared.map;
        let mut at = from;
        while at < to {
            let Some(piece) = self.side.piece_at(map.original(at)) else { break };
            let border = self.side.pieces.get(piece + 1).map_or(usize::MAX, |next| map.changed(next.start));
            let end = if border <= at {
                at + self.prepared.text[at..].chars().next().map_or(1, char::len_utf8)
            } else {
                border.min(to)
            };
            cuts.push((end, self.side.pieces[piece].segment.unwrap_or(NONE)));
            at = end;
        }
        cuts
    }

    /// Text of one segment: marks become directives, bare addresses links, the rest words.
    fn piece(&mut self, range: Range<usize>, segment: u32) {
        let marks = self.prepared.marks;
        let prepared: &'p str = &self.prepared.text;
        let mut at = range.start;
        while at < range.end {
            let rest = &prepared[at..range.end];
            let mark = if marks.in_text(rest) { rest.find(marks.open) } else { None };
            let stop = mark.map_or(range.end, |mark| at + mark);
            self.plain(at..stop, segment);
            at = stop;
            let Some(after) = mark.and(prepared[at..].find(marks.close).map(|close| at + close)) else { continue };
            let number = prepared[at..after].trim_start_matches(marks.open).parse().unwrap_or(usize::MAX);
            let end = after + marks.close.len_utf8();
            self.inline_mark(number, at..end);
            at = end;
        }
    }

    fn inline_mark(&mut self, number: usize, range: Range<usize>) {
        match self.prepared.found.get(number).map(|f| f.directive.clone()) {
            Some(Directive::Image(spec)) => self.add_image(spec, String::new(), range),
            Some(Directive::NoLoc(text)) => {
                let span = self.span(&range);
                let segment = self.segment_of(span.0, span.1);
                self.words(&text, span, segment, text.chars().next());
            }
            Some(_) => self.inline(Kind::Mark(number as u32), range),
            None => {}
        }
    }

    fn plain(&mut self, range: Range<usize>, segment: u32) {
        let prepared: &'p str = &self.prepared.text;
        if range.is_empty() {
            return;
        }
        if self.links > 0 {
            return self.set(range, segment);
        }
        // An address may be cut into several events by characters that could be markup, so it is read from the text itself.
        let address = text::find_address(&prepared[range.clone()]).map(|found| {
            let start = range.start + found.start;
            let full = text::find_address(&prepared[start..]).map_or(found.len(), |f| f.end);
            start..start + full
        });
        let Some(address) = address else { return self.set(range, segment) };
        self.set(range.start..address.start, segment);
        let cut = address.end.min(self.limit(address.end));
        let written = self.restored(&prepared[address.start..cut]);
        let txt = self.flow.add(&written);
        self.open_tag(Tag::Link(txt), &(address.start..cut));
        let span = self.span(&(address.start..cut));
        self.words(&written, span, segment, None);
        if let Some(opened) = self.open.pop().flatten() {
            self.close(opened);
        }
        self.address_end = cut;
        if cut < range.end {
            self.plain(cut..range.end, segment);
        }
    }

    /// The border of the segment, which an address must not cross.
    fn limit(&self, at: usize) -> usize {
        let map = &self.prepared.map;
        let piece = self.side.piece_at(map.original(at.saturating_sub(1)));
        piece.and_then(|p| self.side.pieces.get(p + 1)).map_or(at, |next| map.changed(next.start).max(1)).max(1).min(at)
    }

    /// Text as written, without the spaces that Japanese does not take.
    fn set(&mut self, range: Range<usize>, segment: u32) {
        let prepared: &'p str = &self.prepared.text;
        let mut from = range.start;
        if self.own.is_cjk() {
            for space in memchr::memchr_iter(b' ', &prepared.as_bytes()[range.clone()]).map(|at| range.start + at) {
                let before = prepared[from..space].chars().next_back().unwrap_or(self.last);
                let after = prepared[space + 1..].chars().next().unwrap_or('\n');
                if text::is_leftover_space(before, after) {
                    self.stretch(from..space, segment);
                    from = space + 1;
                }
            }
        }
        self.stretch(from..range.end, segment);
    }

    fn stretch(&mut self, range: Range<usize>, segment: u32) {
        let text: &'p str = &self.prepared.text[range.clone()];
        if text.is_empty() {
            return;
        }
        let span = self.span(&range);
        let first = text.chars().next();
        if self.prepared.marks.in_text(text) {
            let clean = text.replace(self.prepared.marks.neutral, "");
            self.words(&clean, span, segment, clean.chars().next());
        } else {
            self.words(text, span, segment, first);
        }
    }

    fn words(&mut self, words: &str, span: (u32, u32), segment: u32, first: Option<char>) {
        if words.is_empty() {
            return;
        }
        self.flush_break(first);
        if memchr::memchr(b'*', words.as_bytes()).is_some() && (words.contains("**") || (words == "*" && self.last == '*')) {
            self.literal.push((segment, span.0 as usize));
        }
        let txt = self.flow.add(words);
        let at = self.push(Kind::Text(txt), span, segment);
        self.flow.events[at].foreign = segment == NONE && self.other.is_some() && self.is_foreign(words, true);
        self.last = words.chars().next_back().unwrap_or(' ');
    }

    fn raw(&mut self, raw: &str, range: Range<usize>) {
        let marks = self.prepared.marks;
        if marks.in_text(raw) {
            let number = raw.trim().strip_prefix("<!--").and_then(|r| r.strip_suffix("-->"));
            let number = number.and_then(|r| r.strip_prefix(marks.open)?.strip_suffix(marks.close)?.parse::<u32>().ok());
            if let Some(number) = number {
                return self.block(Kind::Mark(number), &range);
            }
        }
        let raw = self.restored(raw);
        match rawhtml::exact(raw.trim()) {
            Some(rawhtml::Exact::Anchor(id)) => {
                self.anchors += 1;
                let txt = self.flow.add(id);
                let span = self.span(&range);
                self.push(Kind::Anchor(txt), span, NONE);
            }
            Some(rawhtml::Exact::AnchorEnd) if self.anchors > 0 => self.anchors -= 1,
            Some(rawhtml::Exact::Anchors(ids)) => {
                let span = self.span(&range);
                for id in ids {
                    let txt = self.flow.add(id);
                    self.push(Kind::Anchor(txt), span, NONE);
                }
            }
            Some(rawhtml::Exact::Break) => self.inline(Kind::HardBreak, range),
            Some(rawhtml::Exact::Comment) => {}
            _ => self.raw_pieces(&raw, range),
        }
    }

    /// Raw HTML, cut at the borders of segments where it is as written.
    fn raw_pieces(&mut self, raw: &str, range: Range<usize>) {
        if self.prepared.text.get(range.clone()) != Some(raw) {
            let txt = self.flow.add(raw);
            return self.inline(Kind::Raw(txt), range);
        }
        let prepared: &'p str = &self.prepared.text;
        let mut at = range.start;
        for (end, segment) in self.cuts(range.start, range.end) {
            let span = self.span(&(at..end));
            let txt = self.flow.add(&prepared[at..end]);
            self.push(Kind::Raw(txt), span, segment);
            at = end;
        }
        self.last = ' ';
    }

    /// Adds the edits that a second parse needs, and tells whether there are any: for definitions that swallow a sentence, and for segments
    /// whose emphasis markers stayed literal or are not the source's.
    fn repair(&mut self, definitions: &[Definition], edits: &mut Edits, repaired: &mut Repaired) -> bool {
        let before = edits.len();
        for definition in definitions {
            self.keep_as_text(definition, edits, &mut repaired.found);
        }
        if self.half == Half::Target && self.document.form == Form::Localized {
            self.drop_markers(edits, repaired);
        } else if edits.len() == before {
            for (_, at) in std::mem::take(&mut self.literal) {
                let message = "emphasis markers stay literal here";
                repaired.found.push(self.diagnostic(
                    Code::EmphasisLost,
                    at..at + 1,
                    message,
                    "Pair the markers, with no space inside them.",
                ));
            }
        }
        edits.len() > before
    }

    fn keep_as_text(&self, definition: &Definition, edits: &mut Edits, found: &mut Vec<Diagnostic>) {
        let swallows = definition.destination.chars().any(super::cjk::is_cjk_or_hangul);
        let used = self.prepared.text.matches(&format!("[{}]", definition.label)).count() > 1;
        if swallows && !used {
            let at = self.prepared.map.original(definition.span.start);
            let at = at + self.side.text[at..].find('[').unwrap_or(0);
            edits.replace(at..at, "\\");
            let message = "this sentence would be read as a link definition and vanish; it is shown as text";
            found.push(self.diagnostic(
                Code::DefinitionSwallows,
                at..at + 1,
                message,
                "Put a backslash before the opening bracket.",
            ));
        }
    }

    fn drop_markers(&mut self, edits: &mut Edits, repaired: &mut Repaired) {
        let literal = std::mem::take(&mut self.literal).into_iter().map(|(segment, _)| segment).filter(|s| *s != NONE);
        let segments: std::collections::BTreeSet<u32> = literal.chain(self.differing()).collect();
        for segment in segments {
            let range = self.document.segments.get(segment as usize).and_then(|s| s.range(self.half));
            let Some(range) = range.filter(|_| repaired.segments.insert(segment)) else { continue };
            repair::without_strong(&self.side.text[range.clone()], range.start, edits);
            let message =
                "the emphasis markers of this segment stay literal or are not those of the source; it is shown without them";
            let help = "Set the markers around the words that the source emphasises.";
            repaired.found.push(self.diagnostic(Code::EmphasisLost, range, message, help));
        }
    }

    /// Segments with other numbers of `**` than their source has.
    fn differing(&self) -> Vec<u32> {
        let (own, source) = (&self.side.text, &self.document.source.text);
        let count = |text: &str| repair::strong_markers(text);
        let segments = self.document.segments.iter().enumerate();
        segments
            .filter(|(_, s)| {
                s.target
                    .as_ref()
                    .is_some_and(|t| count(&own[t.clone()]) > 0 && count(&own[t.clone()]) != count(&source[s.source.clone()]))
            })
            .map(|(at, _)| at as u32)
            .collect()
    }

    fn report(&self, found: &mut Vec<Diagnostic>) {
        for marker in repair::displaced_markers(self.document, self.half, self.side) {
            let message = "this text would become a list item once the format's tags are gone; it is shown as text";
            found.push(self.diagnostic(Code::TextBecomesList, marker, message, "Put a backslash before the marker."));
        }
        for one in &self.prepared.found {
            let fault = match (&one.directive, one.fault) {
                (Directive::Unknown(_), _) => Some((Code::ExtensionUnknown, "this extension is not known; its text is shown")),
                (_, Some(fault)) => Some((Code::ExtensionMalformed, fault)),
                _ => None,
            };
            if let Some((code, message)) = fault {
                found.push(self.diagnostic(
                    code,
                    one.range.clone(),
                    message,
                    "The documentation lists the extensions that are understood.",
                ));
            }
        }
        if let Some(at) = self.too_deep {
            let at = self.prepared.map.original(at);
            let message =
                format!("blocks are nested deeper than {DEPTH} levels; the deeper ones are shown without their structure");
            found.push(self.diagnostic(Code::NestingTooDeep, at..at + 1, &message, "Flatten the lists or quotes."));
        }
    }

    fn diagnostic(&self, code: Code, range: Range<usize>, message: &str, help: &str) -> Diagnostic {
        Diagnostic::new(code, span(self.side, range), message).help(help)
    }
}

/// A range of a side's text as a place in its file.
pub(crate) fn span(side: &Side, range: Range<usize>) -> Span {
    let start = side.file_offset(range.start);
    let end = if range.end > range.start { side.file_offset(range.end - 1) + 1 } else { start };
    Span::new(side.path.clone(), start..end.max(start))
}
