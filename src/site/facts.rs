//! What the rest of the site needs to know of a page, without its text: titles, places, links. This stays in memory; flows do not.

mod all;

use super::frontmatter::Date;
use super::markdown::flow::{Ev, Flow, Kind, Tag};
use super::markdown::lex::span;
use super::markdown::rawhtml;
use super::outline::on_one_line;
use super::page::{Page, Version};
use super::unit::Half;
use crate::diag::{Code, Diagnostic, Span};
use crate::form;
use crate::locale::{LocaleId, LocaleSet};
use crate::ordered::Set;
use crate::vpath::SourcePath;

pub(crate) use all::AllFacts;

/// What a reader of a locale gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Availability {
    /// The text as it was written first.
    Original,
    /// All of it translated.
    Translated,
    /// Some of it translated.
    Partial,
    /// The text in another locale.
    Fallback(LocaleId),
}

/// A text and its language.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Worded {
    pub(crate) text: String,
    pub(crate) locale: LocaleId,
}

/// A page in one locale.
#[derive(Debug, Clone)]
pub(crate) struct Edition {
    pub(crate) availability: Availability,
    /// The title of the browser's window and of the page in lists elsewhere.
    pub(crate) title: Worded,
    /// The first heading, else the title: what navigation calls the page.
    pub(crate) name: Worded,
    pub(crate) description: Option<String>,
    pub(crate) date: Option<Date>,
    pub(crate) basis: Option<Date>,
    pub(crate) machine: bool,
    pub(crate) robots: Option<String>,
    pub(crate) file: SourcePath,
    pub(crate) places: Places,
}

impl Edition {
    /// Whether it keeps search engines from listing it: by `noindex`, or by `none`, which says so too.
    pub(crate) fn is_unlisted(&self) -> bool {
        let says_so = |word: &str| ["noindex", "none"].iter().any(|no| word.eq_ignore_ascii_case(no));
        self.robots.as_deref().is_some_and(|robots| robots.split([',', ' ']).any(says_so))
    }
}

/// All ids that a fragment can name in a page, in one piece of memory: a NUL, which no id in HTML holds, before each and after the last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Places(Box<str>);

impl Places {
    fn of<'i>(ids: impl Iterator<Item = &'i str>) -> Self {
        let mut all = String::from("\0");
        for id in ids {
            all.push_str(id);
            all.push('\0');
        }
        Self(all.into())
    }

    /// The piece of memory, to be kept between starts.
    pub(crate) fn packed(&self) -> &str {
        &self.0
    }

    /// What [`Places::packed`] gave.
    pub(crate) fn unpacked(packed: &str) -> Self {
        Self(packed.into())
    }

    /// Whether a fragment names one of them.
    pub(crate) fn has(&self, fragment: &str) -> bool {
        let all = self.0.as_bytes();
        let is_whole = |at: usize| all[..at].ends_with(b"\0") && all[at + fragment.len()..].starts_with(b"\0");
        !fragment.contains('\0') && memchr::memmem::find_iter(all, fragment).any(is_whole)
    }
}

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Link,
    /// A link without words.
    EmptyLink,
    Image,
    /// Code from a file, written as the file with the name of the part after a `#`.
    Snippet,
    /// A form of the site, by its name.
    Form,
}

/// A destination as it is written, and where.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) what: Use,
    /// The locale of the page that it stands in.
    pub(crate) locale: LocaleId,
    pub(crate) at: Span,
    pub(crate) destination: Box<str>,
}

/// What is known of a page.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// By locale; empty if the page is not shown at all (a draft, or no file of it could be read).
    pub(crate) editions: Vec<Edition>,
    /// Target locales with a parallel view.
    pub(crate) parallel: Vec<LocaleId>,
    /// Destinations that are still to be looked up; see [`resolve::at_once`](super::resolve::at_once).
    pub(crate) links: Vec<Written>,
    /// Files of the docset that the page names.
    pub(crate) files: Vec<SourcePath>,
    pub(crate) uids: Vec<String>,
    pub(crate) draft: bool,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Facts {
    /// What is known of a page that was just read.
    pub(crate) fn of(page: &Page, locales: &LocaleSet, diagnostics: Vec<Diagnostic>) -> Self {
        let editions: Option<Vec<Edition>> = locales.ids().map(|locale| edition(page, locale, locales)).collect();
        let mut diagnostics = diagnostics;
        let mut links = Vec::new();
        let mut uids = Set::default();
        for (locale, version) in locales.ids().zip(&page.versions) {
            let Some(version) = version else { continue };
            if written(version, locale, &mut links) {
                html_faults(&version.flow, &mut diagnostics);
            }
            uids.extend(version.front().uid.clone());
            uids.extend(version.document.front.uid.clone());
        }
        let translated = |id: &LocaleId| page.versions[id.index()].as_ref().is_some_and(|v| v.half == Half::Target);
        Self {
            editions: editions.unwrap_or_default(),
            parallel: locales.targets().filter(translated).collect(),
            links,
            files: Vec::new(),
            uids: uids.into_iter().collect(),
            draft: page.draft,
            diagnostics,
        }
    }

    /// What is known of a page that was not read.
    pub(crate) fn none() -> Self {
        let (editions, parallel, links, files) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { editions, parallel, links, files, uids: Vec::new(), draft: false, diagnostics: Vec::new() }
    }

    /// Whether the page is part of the site.
    pub(crate) fn is_shown(&self, drafts: bool) -> bool {
        !self.editions.is_empty() && (drafts || !self.draft)
    }
}

fn edition(page: &Page, locale: LocaleId, locales: &LocaleSet) -> Option<Edition> {
    let (shown, version) = page.shown(locale, locales)?;
    let front = version.front();
    let heading = version.outline.title(&version.flow);
    let own_title = front.title.clone().filter(|_| version.owns_front());
    let file = version.document.side(version.half).path.clone();
    let unnamed = || file.file_name().to_owned();
    let title = own_title.clone().or_else(|| heading.clone()).unwrap_or_else(unnamed);
    let name = heading.or(own_title).unwrap_or_else(unnamed);
    let machine = version.half == Half::Target && front.translation_type.as_deref().is_some_and(|t| t.eq_ignore_ascii_case("MT"));
    let worded = |text: String| Worded { text: printable(text), locale: shown };
    Some(Edition {
        availability: availability(version, locale, shown),
        title: worded(title),
        name: worded(name),
        description: description(version).map(printable),
        date: front.date.or(version.document.front.date),
        basis: front.last_handoff.filter(|_| version.half == Half::Target),
        machine,
        robots: front.robots.clone().map(printable),
        file,
        places: places(version),
    })
}

/// A name without control characters, which HTML forbids and which would steer what names pass through.
pub(crate) fn printable(text: String) -> String {
    let shown = |c: char| if c.is_whitespace() { ' ' } else { '\u{FFFD}' };
    // Those beyond ASCII begin with one byte: without it no character has to be looked at. All bytes are, without leaving early: so the
    // compiler looks at many at once.
    let may_be_control = text.bytes().fold(false, |found, byte| found | matches!(byte, 0..=0x1F | 0x7F | 0xC2));
    if !may_be_control || !text.contains(char::is_control) {
        return text;
    }
    text.chars().map(|c| if c.is_control() { shown(c) } else { c }).collect()
}

fn availability(version: &Version, locale: LocaleId, shown: LocaleId) -> Availability {
    let lacks = || version.document.segments.iter().any(|segment| segment.target.is_none());
    match () {
        () if shown != locale => Availability::Fallback(shown),
        () if version.half == Half::Source => Availability::Original,
        () if lacks() || shows_other(version) => Availability::Partial,
        () => Availability::Translated,
    }
}

/// Whether an included file is shown in another language.
fn shows_other(version: &Version) -> bool {
    version.flow.origins.len() > 1
        && version.flow.events.iter().any(|event| matches!(event.kind, Kind::Start(Tag::Foreign(_) | Tag::ForeignInline(_))))
}

fn description(version: &Version) -> Option<String> {
    let own = version.front().description.clone().filter(|_| version.owns_front());
    own.or_else(|| first_paragraph(&version.flow)).map(|text| on_one_line(&text))
}

/// The first paragraph that says something: the description of a page whose own was not recorded (FORMAT §2.5).
fn first_paragraph(flow: &Flow) -> Option<String> {
    const ENOUGH: usize = 40;
    let top = flow.siblings(0, flow.events.len()).filter(|at| flow.events[*at].kind == Kind::Start(Tag::Paragraph));
    let mut texts = top.map(|at| flow.plain(at + 1, flow.after(at) - 1));
    let text = texts.find(|text| text.chars().count() >= ENOUGH || (text.chars().count() >= ENOUGH / 2 && !text.is_ascii()))?;
    Some(clipped(&text))
}

/// At most 300 characters, cut after a sentence where one ends.
fn clipped(text: &str) -> String {
    const LENGTH: usize = 300;
    let Some((limit, _)) = text.char_indices().nth(LENGTH) else { return text.to_owned() };
    let head = &text[..limit];
    let end = head.rfind(['。', '！', '？']).map(|at| at + 3).or_else(|| head.rfind(". ").map(|at| at + 1));
    end.map_or_else(|| format!("{head}…"), |end| head[..end].to_owned())
}

fn places(version: &Version) -> Places {
    let headings = version.outline.headings.iter().map(|heading| heading.id.as_str());
    let form = |event: &Ev| if let Kind::Form(name) = event.kind { Some(form::view::id(version.flow.get(name))) } else { None };
    let forms: Vec<String> = version.flow.events.iter().filter_map(form).collect();
    Places::of(headings.chain(version.outline.anchors.iter().chain(&forms).map(String::as_str)))
}

/// All destinations of a version that must be looked up. Returns whether raw HTML stands in it.
fn written(version: &Version, locale: LocaleId, links: &mut Vec<Written>) -> bool {
    let flow = &version.flow;
    let mut has_raw = false;
    for (at, event) in flow.events.iter().enumerate() {
        let mut add = |what, destination: &str| {
            links.push(Written { what, locale, at: place(flow, event), destination: destination.into() });
        };
        match event.kind {
            Kind::Start(Tag::Link(txt)) => {
                let destination = flow.get(txt);
                if !is_visible(flow, at) {
                    add(Use::EmptyLink, destination);
                }
                if !is_web(destination) {
                    add(Use::Link, destination);
                }
            }
            Kind::Xref(txt) => add(Use::Link, flow.get(txt)),
            Kind::Image(image) => {
                let spec = &flow.images[image as usize].spec;
                add(Use::Image, &spec.source);
                if let Some(larger) = &spec.lightbox {
                    add(Use::Image, larger);
                }
            }
            Kind::Snippet(snippet) => {
                let spec = &flow.snippets[snippet as usize];
                let part = if spec.id.is_empty() { "" } else { "#" };
                add(Use::Snippet, &format!("{}{part}{}", spec.source, spec.id));
            }
            Kind::Form(txt) => add(Use::Form, flow.get(txt)),
            Kind::Video(txt) => add(Use::Link, flow.get(txt)),
            Kind::Raw(txt) => {
                has_raw = true;
                let raw = flow.get(txt);
                // What is taken out names nothing.
                for tag in rawhtml::tags(raw).iter().filter(|tag| rawhtml::is_allowed(tag)) {
                    for (name, value) in
                        tag.attributes.iter().filter(|(name, value)| (name == "href" || name == "src") && !value.is_empty())
                    {
                        add(if name == "src" { Use::Image } else { Use::Link }, &rawhtml::decoded(&raw[value.clone()]));
                    }
                }
            }
            _ => {}
        }
    }
    has_raw
}

/// Reports what the sanitizer takes out of raw HTML, and what it has to balance: among blocks over the whole page, within a line of text at
/// its end.
fn html_faults(flow: &Flow, found: &mut Vec<Diagnostic>) {
    let (mut blocks, mut line) = (Vec::new(), Vec::new());
    let mut in_block = false;
    for event in &flow.events {
        match event.kind {
            Kind::Start(Tag::HtmlBlock) => in_block = true,
            Kind::Raw(txt) => raw_faults(flow, event, flow.get(txt), if in_block { &mut blocks } else { &mut line }, found),
            Kind::Start(tag) if !tag.is_inline() => unclosed(flow, &mut line, found),
            Kind::End if !matches!(flow.events[event.pair as usize].kind, Kind::Start(tag) if tag.is_inline()) => {
                in_block = false;
                unclosed(flow, &mut line, found);
            }
            _ => {}
        }
    }
    unclosed(flow, &mut line, found);
    unclosed(flow, &mut blocks, found);
}

/// An element that raw HTML has opened, and the event in which it did.
type OpenElement<'a> = (String, &'a Ev);

fn place(flow: &Flow, event: &Ev) -> Span {
    span(flow.origins[event.origin as usize].side(), event.start as usize..event.end as usize)
}

fn raw_faults<'a>(flow: &Flow, event: &'a Ev, raw: &str, open: &mut Vec<OpenElement<'a>>, found: &mut Vec<Diagnostic>) {
    let mut say =
        |code, message: String, help: &'static str| found.push(Diagnostic::new(code, place(flow, event), message).help(help));
    for what in rawhtml::tags(raw).iter().filter_map(rawhtml::refused) {
        let help = "write it in Markdown, or with the elements that the documentation lists";
        say(Code::HtmlRemoved, format!("{what} is not allowed and was taken out"), help);
    }
    for tag in rawhtml::balancing(raw) {
        if !tag.closes {
            open.push((tag.name, event));
        } else if let Some(at) = open.iter().rposition(|(name, _)| *name == tag.name) {
            for (name, _) in open.drain(at..).skip(1) {
                let message = format!("`<{name}>` is not closed before `</{}>`", tag.name);
                say(Code::HtmlUnbalanced, message, "close the inner element first");
            }
        } else {
            let message = format!("`</{}>` closes nothing", tag.name);
            say(Code::HtmlUnbalanced, message, "take it out, or open the element before it");
        }
    }
}

fn unclosed(flow: &Flow, open: &mut Vec<OpenElement<'_>>, found: &mut Vec<Diagnostic>) {
    // Asked at every end of a block, of which nearly none leaves one.
    if open.is_empty() {
        return;
    }
    for (name, event) in open.drain(..) {
        let message = format!("`<{name}>` is not closed; it ends with the part of the page that it stands in");
        found.push(
            Diagnostic::new(Code::HtmlUnbalanced, place(flow, event), message).help(format!("write `</{name}>` where it ends")),
        );
    }
}

fn is_web(destination: &str) -> bool {
    destination.starts_with("https://") || destination.starts_with("http://")
}

fn is_visible(flow: &Flow, link: usize) -> bool {
    flow.events[link + 1..flow.after(link) - 1].iter().any(|event| match event.kind {
        Kind::Text(txt) | Kind::Code(txt) => !flow.get(txt).trim().is_empty(),
        Kind::Image(_) | Kind::Raw(_) | Kind::Mark(_) => true,
        _ => false,
    })
}
