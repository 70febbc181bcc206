//! `TOC.md`: headings, nested by their level, or nested lists. What the first link of an entry leads to, the entry leads to.
//!
//! In a localized file the spans of FORMAT §2 stand around the names; they are inline HTML to the parser, and so its events
//! tell which text is the source's.

use std::ops::Range;

use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

use crate::diag::{Checked, Code, Diagnostic, Span};
use crate::ordered::Map;
use crate::source::Source;

use super::target::{self, Address};
use super::{MAX_DEPTH, TocEntry, TocName, TocTarget};

pub(super) fn read(source: &Source) -> Checked<Vec<TocEntry>> {
    let skipped = if source.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Reader { source, ..Reader::new(source) };
    let options = Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    for (event, at) in Parser::new_ext(&source.text[skipped..], options).into_offset_iter() {
        reader.take(event, at.start + skipped..at.end + skipped);
    }
    let entries = nest(reader.flat);
    Checked { value: entries, diagnostics: reader.diagnostics }
}

/// Entries with their depth, in the file's order, become a tree. An entry stands below the nearest before it that is less deep.
fn nest(flat: Vec<(usize, TocEntry)>) -> Vec<TocEntry> {
    let mut roots = Vec::new();
    let mut open: Vec<(usize, TocEntry)> = Vec::new();
    for (depth, entry) in flat {
        close(&mut open, &mut roots, depth);
        open.push((depth, entry));
    }
    close(&mut open, &mut roots, 0);
    roots
}

fn close(open: &mut Vec<(usize, TocEntry)>, roots: &mut Vec<TocEntry>, depth: usize) {
    while let Some((_, entry)) = open.pop_if(|(open, _)| *open >= depth) {
        open.last_mut().map_or(&mut *roots, |(_, parent)| &mut parent.items).push(entry);
    }
}

struct Reader<'a> {
    source: &'a Source,
    flat: Vec<(usize, TocEntry)>,
    diagnostics: Vec<Diagnostic>,
    /// The level of the last heading, and how many lists are open.
    level: usize,
    lists: usize,
    entry: Option<Open>,
    cut: bool,
}

/// An entry that is being read.
struct Open {
    depth: usize,
    at: Range<usize>,
    address: Option<(String, Range<usize>)>,
    synonyms: Option<String>,
    text: String,
    source: String,
    /// The spans that are open: whether each holds source text. How many do is counted, since a damaged file leaves many open.
    spans: Vec<bool>,
    in_source: usize,
}

impl<'a> Reader<'a> {
    fn new(source: &'a Source) -> Self {
        Self { source, flat: Vec::new(), diagnostics: Vec::new(), level: 0, lists: 0, entry: None, cut: false }
    }

    fn take(&mut self, event: Event<'_>, at: Range<usize>) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                self.level = level_of(level);
                self.open(self.level, at);
            }
            Event::Start(Tag::List(_)) => {
                self.close();
                self.lists += 1;
            }
            Event::Start(Tag::Item) => self.open(self.level + self.lists, at),
            Event::End(TagEnd::Heading(_) | TagEnd::Item) => self.close(),
            Event::End(TagEnd::List(_)) => {
                self.close();
                self.lists = self.lists.saturating_sub(1);
            }
            Event::Start(Tag::Paragraph | Tag::CodeBlock(_)) if self.entry.is_none() => self.stray(at),
            Event::Start(Tag::HtmlBlock) if self.entry.is_none() && !self.is_comment(&at) => self.stray(at),
            inline => self.inline(inline, at),
        }
    }

    fn inline(&mut self, event: Event<'_>, at: Range<usize>) {
        let Some(entry) = &mut self.entry else { return };
        match event {
            Event::Start(Tag::Link { link_type, dest_url, title, .. }) if entry.address.is_none() => {
                entry.address = Some((address(link_type, &dest_url), at));
                entry.synonyms = Some(title.into_string()).filter(|title| !title.is_empty());
            }
            Event::Text(text) | Event::Code(text) => entry.push(&text),
            Event::SoftBreak | Event::HardBreak => entry.push(" "),
            Event::InlineHtml(tag) | Event::Html(tag) => entry.tag(&tag),
            _ => {}
        }
    }

    fn open(&mut self, depth: usize, at: Range<usize>) {
        self.close();
        if depth > MAX_DEPTH && !std::mem::replace(&mut self.cut, true) {
            let message =
                format!("entries are nested deeper than {MAX_DEPTH} levels; the deeper ones are raised to the last level");
            self.report(Code::TocDamaged, at.clone(), message);
        }
        let (address, synonyms, text, source) = (None, None, String::new(), String::new());
        self.entry =
            Some(Open { depth: depth.min(MAX_DEPTH), at, address, synonyms, text, source, spans: Vec::new(), in_source: 0 });
    }

    fn close(&mut self) {
        let Some(open) = self.entry.take() else { return };
        let at = Span::new(self.source.path.clone(), open.place(&self.source.text));
        let mut entry = TocEntry {
            name: TocName { source: plain(&open.source), ..TocName::plain(&open.text) },
            at,
            target: TocTarget::None,
            elsewhere: Map::new(),
            nested: None,
            items: Vec::new(),
            synonyms: open.synonyms,
            expanded: false,
        };
        if let Some((address, _)) = &open.address {
            match target::read(self.source.path.folder(), address, &entry.at) {
                Ok(Address::Target(target)) => entry.target = target,
                Ok(Address::Nested(path)) => entry.nested = Some(path),
                Err(diagnostic) => self.diagnostics.push(diagnostic),
            }
        }
        // A list item that only holds a list is no entry of its own.
        if !entry.name.text.is_empty() || open.address.is_some() {
            self.flat.push((open.depth, entry));
        }
    }

    fn is_comment(&self, at: &Range<usize>) -> bool {
        self.source.text[at.clone()].trim_start().starts_with("<!--")
    }

    /// Text that is no part of an entry: no reader sees it.
    fn stray(&mut self, at: Range<usize>) {
        let line = self.source.text[at.clone()].lines().next().map_or(0, str::len);
        let span = Span::new(self.source.path.clone(), at.start..at.start + line);
        let diagnostic = Diagnostic::new(Code::TocDamaged, span, "this is no entry, and is left out");
        self.diagnostics.push(diagnostic.help("an entry is a heading, `# [Name](page.md)`, or an item of a list"));
    }

    fn report(&mut self, code: Code, at: Range<usize>, message: String) {
        self.diagnostics.push(Diagnostic::new(code, Span::new(self.source.path.clone(), at), message));
    }
}

impl Open {
    fn push(&mut self, text: &str) {
        let side = if self.in_source > 0 { &mut self.source } else { &mut self.text };
        side.push_str(text);
    }

    fn tag(&mut self, tag: &str) {
        if tag.starts_with("</span") {
            self.in_source -= usize::from(self.spans.pop() == Some(true));
        } else if tag.starts_with("<span") && !tag.ends_with("/>") {
            let is_source = tag.starts_with("<span data-stu-id");
            self.spans.push(is_source);
            self.in_source += usize::from(is_source);
        } else if tag.starts_with("<br") {
            self.push(" ");
        }
    }

    /// The address inside of the link, or the whole entry's first line.
    fn place(&self, text: &str) -> Range<usize> {
        let (address, link) = match &self.address {
            Some((address, link)) => (address.as_str(), link.clone()),
            None => ("", self.at.clone()),
        };
        let within = text.get(link.clone()).unwrap_or_default();
        match memchr::memmem::rfind(within.as_bytes(), address.as_bytes()).filter(|_| !address.is_empty()) {
            Some(at) => link.start + at..link.start + at + address.len(),
            None => link.start..link.start + within.lines().next().map_or(0, str::len),
        }
    }
}

fn plain(text: &str) -> Option<String> {
    Some(TocName::plain(text).text).filter(|text| !text.is_empty())
}

fn level_of(level: HeadingLevel) -> usize {
    level as usize
}

/// CommonMark writes mail addresses without their scheme.
fn address(link_type: LinkType, address: &CowStr<'_>) -> String {
    if link_type == LinkType::Email { format!("mailto:{address}") } else { address.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vpath::SourcePath;

    fn toc(text: &str) -> Checked<Vec<TocEntry>> {
        read(&Source { path: SourcePath::parse("TOC.md").unwrap(), text: text.to_owned() })
    }

    /// The tree on one line: `name(children)`.
    fn shape(entries: &[TocEntry]) -> String {
        let one = |entry: &TocEntry| match entry.items.as_slice() {
            [] => entry.name.text.clone(),
            items => format!("{}({})", entry.name.text, shape(items)),
        };
        entries.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn headings_nest_by_their_level() {
        let text = "\u{feff}---\ntitle: x\n---\n# [一](a.md)\n### [b `c`](b%20c.md \"syn\")\n## Section\n### [d](<d e.md>)\n# [f](https://example.com)\n";
        let found = toc(text);
        assert_eq!(found.diagnostics, []);
        assert_eq!(shape(&found.value), "一(b c Section(d)) f");
        let b = &found.value[0].items[0];
        assert_eq!((&text[b.at.start..b.at.end], b.synonyms.as_deref()), ("b%20c.md", Some("syn")));
        assert_eq!(b.target, TocTarget::Page(SourcePath::parse("b c.md").unwrap(), None));
        let section = &found.value[0].items[1];
        assert_eq!((&text[section.at.start..section.at.end], &section.target), ("## Section", &TocTarget::None));
    }

    #[test]
    fn lists_nest_too_below_a_heading_or_alone() {
        let text = "- [a](a.md)\n  - [b](b.md)\n    1. c\n\n- [d](d.md)\n\n# E\n\n* [f](f.md)\n\n# G\n";
        assert_eq!(shape(&toc(text).value), "a(b(c)) d E(f) G");
    }

    #[test]
    fn what_is_no_entry_is_reported() {
        let text = "About this.\n\n# [A](a.md)\n[B](b.md)\n- [C](c.md)\n\n  - d\n\n  more\n\n<!-- note -->\n\n```\ncode\n```\n\n<p>html</p>\n\n[r]: x.md\n";
        let found = toc(text);
        assert_eq!(shape(&found.value), "A(C(d))");
        let stray: Vec<&str> = found.diagnostics.iter().map(|d| &text[d.span.start..d.span.end]).collect();
        assert_eq!(stray, ["About this.", "[B](b.md)", "more", "```", "<p>html</p>"]);
        assert!(found.diagnostics.iter().all(|d| d.code == Code::TocDamaged));
    }

    #[test]
    fn localized_names_keep_both_languages() {
        let text = "# [<span data-ttu-id=\"1-101\">請求</span><span class=\"sxs-lookup\"><span data-stu-id=\"1-101\">Billing</span></span>](b.md)\n\
                    ## <span data-ttu-id=\"1-102\">概要</span><span class=\"sxs-lookup\"><span data-stu-id=\"1-102\">Over *view*</span></span>\n";
        let found = toc(text).value;
        assert_eq!((found[0].name.text.as_str(), found[0].name.source.as_deref()), ("請求", Some("Billing")));
        let below = &found[0].items[0].name;
        assert_eq!((below.text.as_str(), below.source.as_deref()), ("概要", Some("Over view")));
    }

    #[test]
    fn ten_thousand_levels_are_cut() {
        let found = toc(&format!("{}x\n", "- ".repeat(10_000)));
        assert!(found.diagnostics.len() <= 1);
        let deep: String = (0..500).map(|n| format!("{}- x\n", "  ".repeat(n))).collect();
        assert_eq!(toc(&deep).diagnostics.len(), 1);
    }
}
