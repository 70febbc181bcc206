//! A page's Markdown for other readers: its text as it is written, with included files in place, and links that lead from the published
//! file to what they name.
//!
//! The text is changed by byte ranges: what holds no link, no image and no include stays the same, byte for byte.

use std::ops::Range;
use std::sync::Arc;

use super::{MARKDOWN, beside, places};
use crate::locale::LocaleId;
use crate::site::facts::Availability;
use crate::site::link;
use crate::site::markdown::directive::{self, Directive};
use crate::site::markdown::edits::Edits;
use crate::site::markdown::flow::{Ev, Flow, Kind, Tag};
use crate::site::markdown::include::{Includes, Place};
use crate::site::markdown::lex::{Lexed, lex, span};
use crate::site::markdown::text::joins;
use crate::site::model::Model;
use crate::site::nav::PageId;
use crate::site::page::Version;
use crate::site::resolve::Target;
use crate::site::unit::{Document, Half};
use crate::vpath::{SourcePath, UrlPath};

/// The text of a version of a page.
pub(super) fn text(model: &Model<'_>, page: PageId, locale: LocaleId, version: &Version) -> String {
    let place = Place::of_page(version.document.side(version.half).path.clone());
    let writer = Writer { model, page, locale, here: beside(model, page, locale, MARKDOWN) };
    writer.text(&version.document, version.half, &place)
}

/// Writes the text of a page and of what it includes.
pub(super) struct Writer<'m> {
    model: &'m Model<'m>,
    page: PageId,
    locale: LocaleId,
    /// The published file.
    here: UrlPath,
}

/// Includes that are a paragraph by themselves: where it ends, where the last of them does, and what its lines begin with.
#[derive(Default)]
struct Alone {
    until: usize,
    last: Option<usize>,
    lead: String,
}

impl Writer<'_> {
    fn text(&self, document: &Arc<Document>, half: Half, place: &Place) -> String {
        let side = document.side(half);
        let Lexed { flow, directives } = lex(document, half, self.model.locales(), &mut Vec::new());
        let (mut edits, mut alone, mut leaf) = (Edits::default(), Alone::default(), 0);
        for (at, event) in flow.events.iter().enumerate() {
            match event.kind {
                Kind::Start(tag) if tag.is_leaf() => {
                    leaf = flow.after(at);
                    let is_alone = tag == Tag::Paragraph && is_include_alone(&flow, &directives, at);
                    alone = Alone { until: if is_alone { leaf } else { 0 }, ..Alone::default() };
                }
                Kind::Mark(number) => {
                    let Some(Directive::Include(path)) = directives.get(number as usize) else { continue };
                    let range = event.start as usize..event.end as usize;
                    let Some((included, half, inner)) = self.open(document, half, path, range.clone(), place) else { continue };
                    if at < alone.until {
                        block(&side.text, range, &self.text(&included, half, &inner), &mut alone, &mut edits);
                    } else if at >= leaf && stands_alone(&side.text, &range) {
                        block(&side.text, range, &self.text(&included, half, &inner), &mut Alone::default(), &mut edits);
                    } else {
                        edits.replace(range, self.words(&included, half, &inner));
                    }
                }
                _ => {}
            }
        }
        places::lead_on(self, side, &flow, &mut edits);
        edits.apply(&side.text).0.into_owned()
    }

    /// An included file in the language that the press shows it in.
    fn open(
        &self,
        from: &Document,
        half: Half,
        path: &str,
        at: Range<usize>,
        place: &Place,
    ) -> Option<(Arc<Document>, Half, Place)> {
        let (at, target) = (span(from.side(half), at), from.target_locale);
        let (document, place) = self.model.library.open(path, &at, target, place, &mut Vec::new())?;
        let is_translated = document.target.is_some() && document.target_locale == target;
        Some((document, if is_translated { half } else { Half::Source }, place))
    }

    /// An included file within a line: its paragraph, else the words of all its blocks.
    fn words(&self, document: &Arc<Document>, half: Half, place: &Place) -> String {
        let flow = lex(document, half, self.model.locales(), &mut Vec::new()).flow;
        let first = flow.events.first().map(|event| event.kind);
        if first == Some(Kind::Start(Tag::Paragraph)) && flow.after(0) == flow.events.len() {
            return in_line(&self.text(document, half, place));
        }
        let leaves = (0..flow.events.len()).filter(|at| matches!(flow.events[*at].kind, Kind::Start(tag) if tag.is_leaf()));
        let words: Vec<String> = leaves.map(|at| flow.plain(at, flow.after(at))).collect();
        in_line(&words.join("\n"))
    }

    /// The address of what a link in a file names, if it is not to stand as it is written.
    pub(super) fn link(&self, file: &SourcePath, written: &str) -> Option<String> {
        let target = self.model.resolver().link(file, self.page, self.locale, written).target;
        self.address(target, written)
    }

    /// What a uid names: its name and its address.
    pub(super) fn named(&self, file: &SourcePath, written: &str) -> Option<(String, String)> {
        let address = self.link(file, written)?;
        let resolver = self.model.resolver();
        Some((resolver.name(&link::uid(written)?, self.locale)?.text.clone(), address))
    }

    /// The address of what an image names, if it is not to stand as it is written.
    pub(super) fn image(&self, file: &SourcePath, written: &str) -> Option<String> {
        self.address(self.model.resolver().resource(file, written).ok()?, written)
    }

    fn address(&self, target: Target, written: &str) -> Option<String> {
        let place = |fragment: Option<String>| fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
        let address = match target {
            Target::Nowhere => return None,
            Target::Here(_) if written.starts_with('#') => return None,
            Target::Here(fragment) => {
                self.here.relative_to(&self.here) + &place(Some(fragment).filter(|fragment| !fragment.is_empty()))
            }
            Target::Page(page, fragment) => {
                let shown = match self.model.edition(page, self.locale)?.availability {
                    Availability::Fallback(shown) => shown,
                    _ => self.locale,
                };
                self.here.relative_to(&beside(self.model, page, shown, MARKDOWN)) + &place(fragment)
            }
            Target::File(path, rest) => self.here.relative_to(&UrlPath::new(path.as_str())) + &rest,
            Target::Elsewhere(address) => address,
        };
        Some(address).filter(|address| address != written)
    }
}

/// Whether a paragraph is made of includes alone, which bring blocks.
fn is_include_alone(flow: &Flow, directives: &[Directive], paragraph: usize) -> bool {
    let is_include = |event: &Ev| match event.kind {
        Kind::Mark(number) => matches!(directives.get(number as usize), Some(Directive::Include(_))),
        _ => false,
    };
    let is_blank = |event: &Ev| match event.kind {
        Kind::Text(txt) => flow.get(txt).trim().is_empty(),
        kind => kind == Kind::SoftBreak,
    };
    let inner = &flow.events[paragraph + 1..flow.after(paragraph) - 1];
    inner.iter().all(|event| is_include(event) || is_blank(event)) && inner.iter().any(is_include)
}

/// Whether nothing else stands on its line, markers of quotes and lists aside.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    directive::starts_line(text, range.start) && text[range.end..].lines().next().is_none_or(|rest| rest.trim().is_empty())
}

/// Puts blocks in the place of an include. Their lines stand where the first does: in a list's item, or in a quote.
fn block(text: &str, range: Range<usize>, blocks: &str, alone: &mut Alone, edits: &mut Edits) {
    match alone.last {
        // Blocks of two files are no single paragraph.
        Some(last) => edits.replace(last..range.start, format!("\n{}\n{}", alone.lead.trim_end(), alone.lead)),
        None => {
            let before = directive::before(text, range.start).chars();
            alone.lead = before.map(|c| if c == '>' || c.is_whitespace() { c } else { ' ' }).collect();
        }
    }
    alone.last = Some(range.end);
    edits.replace(range, blocks.trim_matches('\n').replace('\n', &format!("\n{}", alone.lead)));
}

/// A text's lines as one, without spaces where its script has none.
fn in_line(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let is_joined = out.chars().next_back().zip(line.chars().next()).is_none_or(|(before, after)| joins(before, after));
        out.push_str(if is_joined { "" } else { " " });
        out.push_str(line);
    }
    out
}
