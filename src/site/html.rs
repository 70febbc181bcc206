//! A flow as HTML: the body of an article.

pub(crate) mod block;
pub(crate) mod escape;
pub(crate) mod inline;
pub(crate) mod media;
pub(crate) mod raw;
pub(crate) mod rows;

use std::borrow::Cow;

use rustc_hash::{FxBuildHasher, FxHashSet};

use twox_hash::XxHash3_64;

use super::facts::Worded;
use super::markdown::directive::SnippetSpec;
use super::markdown::flow::Flow;
use super::outline::Heading;
use crate::locale::{Locale, LocaleId};
use crate::vpath::SourcePath;

/// What the text's addresses become in this page, and the theme's own words within it.
pub(crate) trait Surroundings {
    /// The address of a link as written in a file; `None` if nothing can be linked to.
    fn link(&self, file: &SourcePath, written: &str) -> Option<String>;
    /// What the page is called that a destination names by its uid, in the reader's language if it is written in that; `None` if there is no
    /// such page.
    fn name(&self, written: &str) -> Option<Worded>;
    /// The address of an image or another file as written in a file; `None` if it does not exist.
    fn resource(&self, file: &SourcePath, written: &str) -> Option<String>;
    /// A piece of code from another file; `None` if it does not exist.
    fn snippet(&self, file: &SourcePath, spec: &SnippetSpec) -> Option<String>;
    /// A form of the site; `None` if it cannot be shown.
    fn form(&self, name: &str) -> Option<String>;
    /// A text of the theme in a locale.
    fn message(&self, locale: LocaleId, key: &str) -> &str;
    /// The tag of the language that the theme's texts in a locale are in, if that is another.
    fn foreign(&self, locale: LocaleId) -> Option<&str>;
    /// The address of the page in another language, that language's tag and its own name: for links from heading to heading in text of
    /// a locale.
    fn twins(&self, locale: LocaleId) -> Cow<'_, [Twin]>;
    fn locale(&self, id: LocaleId) -> &Locale;
}

/// The same page in another language.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Twin {
    pub(crate) href: String,
    pub(crate) tag: String,
    pub(crate) name: String,
    /// What the link is for, in the language of the text that it stands in.
    pub(crate) label: String,
}

/// Ids that the frame of every page has.
pub(crate) const THEME_IDS: [&str; 3] = ["md-main", "md-search", "md-top"];

/// The length of the tag with which a piece of finished HTML begins; quotation marks may hold a `>`.
pub(crate) fn tag_end(html: &str) -> usize {
    let mut quoted = false;
    let end = html.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    });
    end.map_or(html.len(), |at| at + 1)
}

/// The links of a heading with an id: to itself, and to its twin in each other language. `foreign` is the language of their labels, if that is
/// not the text's.
pub(crate) fn heading_links(id: &str, label: &str, foreign: Option<&str>, twins: &[Twin], out: &mut String) {
    let lang = |out: &mut String| out.extend(foreign.into_iter().flat_map(|tag| ["\" lang=\"", tag]));
    out.push_str("<a class=\"heading-link\" href=\"#");
    escape::attribute(id, out);
    lang(out);
    out.push_str("\" aria-label=\"");
    escape::attribute(label, out);
    out.push_str("\">#</a>");
    for twin in twins {
        out.push_str("<a class=\"heading-twin\" href=\"");
        out.push_str(&twin.href);
        out.push('#');
        escape::attribute(id, out);
        for (name, value) in [("hreflang", &twin.tag), ("aria-label", &twin.label)] {
            out.extend(["\" ", name, "=\""]);
            escape::attribute(value, out);
        }
        lang(out);
        out.push_str("\">");
        escape::text(&twin.name, out);
        out.push_str("</a>");
    }
}

/// Writes the HTML of one flow.
pub(crate) struct Writer<'a> {
    pub(crate) flow: &'a Flow,
    pub(crate) headings: &'a [Heading],
    pub(crate) surroundings: &'a dyn Surroundings,
    /// The tag of the document's other language, in which words without a recorded source are.
    pub(crate) other: &'a str,
    /// The language of the text being written: the theme's own words in it are in the same, whatever the reader's is.
    locale: LocaleId,
    /// The languages around that one, the outermost first.
    outer: Vec<LocaleId>,
    pub(crate) out: String,
    /// Ids written so far in the page; in a parallel view, by both sides.
    pub(crate) ids: FxHashSet<u64>,
    /// Whether the words being written are a heading's, whose lines end between phrases.
    in_heading: bool,
    /// Whether the image being written is a figure, whose caption its title is.
    in_figure: bool,
    /// How many groups of tabs were written.
    pub(crate) tabs: usize,
    segment: Option<(u16, u32)>,
    /// How many elements are open that began in the open segment: until they end, nothing leaves it.
    within: usize,
    /// Starts of links that lead nowhere.
    dead_links: Vec<usize>,
}

impl<'a> Writer<'a> {
    /// For a flow in a locale.
    pub(crate) fn new(
        flow: &'a Flow,
        headings: &'a [Heading],
        surroundings: &'a dyn Surroundings,
        other: &'a str,
        locale: LocaleId,
    ) -> Self {
        let out = String::with_capacity(flow.text.len() * 3);
        let segments: usize = flow.origins.iter().map(|origin| origin.document.segments.len()).sum();
        let ids = FxHashSet::with_capacity_and_hasher(segments + headings.len(), FxBuildHasher);
        Self {
            flow,
            headings,
            surroundings,
            other,
            locale,
            outer: Vec::new(),
            out,
            ids,
            in_heading: false,
            in_figure: false,
            tabs: 0,
            segment: None,
            within: 0,
            dead_links: Vec::new(),
        }
    }

    /// The whole flow as HTML.
    pub(crate) fn body(mut self) -> String {
        self.blocks(0, self.flow.events.len());
        self.out
    }

    /// Writes an id attribute if the page does not have the id yet.
    fn id(&mut self, id: &str) {
        if !THEME_IDS.contains(&id) && self.ids.insert(hash(id)) {
            self.out.push_str(" id=\"");
            escape::attribute(id, &mut self.out);
            self.out.push('"');
        }
    }

    /// Writes the id of a segment if the page does not have it yet: `s-` and the key, in which nothing needs to be escaped.
    fn segment_id(&mut self, key: &str) {
        let before = self.out.len();
        self.out.push_str(" id=\"s-");
        self.out.push_str(key);
        if self.ids.insert(hash(&self.out[before + " id=\"".len()..])) {
            self.out.push('"');
        } else {
            self.out.truncate(before);
        }
    }

    fn is_new(&self, id: &str) -> bool {
        !THEME_IDS.contains(&id) && !self.ids.contains(&hash(id))
    }

    /// Whether a heading has this id, or will have it: an anchor beside it must not take it away.
    fn is_heading(&self, id: &str) -> bool {
        self.headings.iter().any(|heading| heading.id == id)
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape::attribute(value, &mut self.out);
        self.out.push('"');
    }

    fn words(&mut self, words: &str) {
        escape::text(words, &mut self.out);
    }

    /// A text of the theme in the language of the text being written.
    fn message(&self, key: &str) -> &'a str {
        self.surroundings.message(self.locale, key)
    }

    /// Writes a text of the theme, marked where it is in another language than the text being written.
    fn say(&mut self, key: &str) {
        let words = self.message(key);
        let Some(tag) = self.surroundings.foreign(self.locale) else { return self.words(words) };
        self.out.push_str("<span");
        self.attribute("lang", tag);
        self.out.push('>');
        self.words(words);
        self.out.push_str("</span>");
    }

    /// Writes into the tag of an element which language its text is in, and the direction if it is another than around it.
    fn enter(&mut self, locale: LocaleId) {
        let [inner, around] = [locale, self.locale].map(|id| self.surroundings.locale(id));
        self.attribute("lang", inner.as_str());
        if inner.direction() != around.direction() {
            self.attribute("dir", inner.direction());
        }
        self.outer.push(std::mem::replace(&mut self.locale, locale));
    }

    /// The end of that element.
    fn leave(&mut self) {
        self.locale = self.outer.pop().unwrap_or(self.locale);
    }

    fn origin(&self, at: usize) -> &'a SourcePath {
        let origin = self.flow.events[at].origin as usize;
        self.flow.origins[origin].path()
    }
}

/// Ids are told apart by their hash (XXH3, 64 bits): of two that share one the second would not be written.
fn hash(id: &str) -> u64 {
    XxHash3_64::oneshot(id.as_bytes())
}
