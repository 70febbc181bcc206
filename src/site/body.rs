//! The text of a page as HTML: of every locale's article, and of every parallel view.
//!
//! It is written as soon as the page is read, so that between reading and rendering only finished HTML is kept, a fraction of what it
//! was made from. Other pages are still being read then: the text notes what it supposes of them, and what does not hold in the end
//! is mended, or written again.

mod mend;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::facts::{Availability, Facts, Worded};
use super::html::rows::Rows;
use super::html::{Surroundings, Twin, Writer, escape};
use super::link::{self, Reference};
use super::markdown::directive::SnippetSpec;
use super::model::{Ground, Model};
use super::nav::PageId;
use super::page::{Page, Version};
use super::resolve::{Known, Resolver, Seen, Target};
use super::view::ContentsEntry;
use crate::locale::{Locale, LocaleId};
use crate::theme::{ThemeError, phrases};
use crate::vpath::{SourcePath, UrlPath};

/// The text of one file of a page.
pub(crate) struct Body {
    pub(crate) html: Arc<String>,
    /// The headings of the second and third level.
    pub(crate) contents: Vec<ContentsEntry>,
    /// The language that it is in; of a parallel view, the one that leads.
    pub(crate) locale: LocaleId,
    /// The language beside it in a parallel view.
    pub(crate) beside: Option<LocaleId>,
    /// Whether a form stands in it.
    pub(crate) has_form: bool,
}

/// All text of a page, by locale.
pub(crate) struct Bodies {
    pub(crate) articles: Vec<Option<Body>>,
    pub(crate) parallels: Vec<Option<Body>>,
    notes: Notes,
}

/// What is noted while a page's text is written.
#[derive(Default)]
struct Notes {
    supposed: Vec<Supposition>,
    /// Why a form could not be shown.
    failed: Option<ThemeError>,
}

/// What a text takes for true of pages that were not read yet.
#[derive(Debug, PartialEq, Eq)]
enum Supposition {
    /// A page is shown in a locale, and has the place.
    Place(PageId, LocaleId, Option<String>),
    /// No page has the uid.
    NoPage(String),
}

impl Supposition {
    /// Whether it is true of the resolved site.
    fn holds(&self, resolver: &Resolver<'_>) -> bool {
        match self {
            Self::Place(page, locale, fragment) => resolver.has(*page, *locale, fragment.as_deref()),
            Self::NoPage(uid) => resolver.catalog.uid(uid).is_none(),
        }
    }
}

impl Bodies {
    /// About how many bytes of memory they take.
    pub(crate) fn size(&self) -> usize {
        let bodies = self.articles.iter().chain(&self.parallels).flatten();
        let contents = |body: &Body| body.contents.iter().map(|entry| entry.id.len() + entry.html.len() + 96).sum::<usize>();
        bodies.map(|body| body.html.len() + contents(body) + 128).sum::<usize>() + 64 * self.notes.supposed.len()
    }

    /// The texts, in the same order each time.
    pub(crate) fn texts(&mut self) -> impl Iterator<Item = &mut Arc<String>> {
        self.articles.iter_mut().chain(&mut self.parallels).flatten().map(|body| &mut body.html)
    }

    /// The text, if nothing failed.
    ///
    /// # Errors
    /// The template of a form.
    pub(crate) fn checked(mut self) -> Result<Self, ThemeError> {
        self.notes.failed.take().map_or(Ok(self), Err)
    }
}

/// Writes the text of one page.
pub(crate) struct BodyWriter<'a> {
    pub(crate) ground: &'a Ground<'a>,
    pub(crate) seen: Seen,
    pub(crate) known: Known<'a>,
    pub(crate) page: PageId,
    pub(crate) facts: &'a Facts,
}

impl<'a> BodyWriter<'a> {
    /// Of a page of the resolved site.
    pub(crate) fn of(model: &'a Model<'a>, page: PageId) -> Self {
        let (known, facts) = (Known::All(model.facts), model.facts(page));
        Self { ground: model.ground, seen: Seen::default(), known, page, facts }
    }
}

impl BodyWriter<'_> {
    /// All text of the page. The page is the one that its facts were taken from.
    pub(crate) fn bodies(&self, page: &Page) -> Bodies {
        let locales = self.ground.locales();
        let notes = RefCell::default();
        let shown = self.facts.is_shown(self.ground.drafts);
        let article = |locale| shown.then(|| self.article(locale, page, &notes)).flatten();
        let articles = locales.ids().map(article).collect();
        let has_parallel = |locale: &LocaleId| shown && self.ground.config.parallel && self.facts.parallel.contains(locale);
        let parallel = |locale| Some(locale).filter(has_parallel).and_then(|locale| self.parallel(locale, page, &notes));
        let parallels = locales.ids().map(parallel).collect();
        Bodies { articles, parallels, notes: notes.into_inner() }
    }

    /// The text of one file of the page.
    ///
    /// # Errors
    /// The template of a form.
    pub(crate) fn one(&self, page: &Page, locale: LocaleId, parallel: bool) -> Result<Option<Body>, ThemeError> {
        let notes = RefCell::default();
        let shown = self.facts.is_shown(self.ground.drafts);
        let has_parallel = self.ground.config.parallel && self.facts.parallel.contains(&locale);
        let body = match parallel {
            true if shown && has_parallel => self.parallel(locale, page, &notes),
            false if shown => self.article(locale, page, &notes),
            _ => None,
        };
        notes.into_inner().failed.map_or(Ok(body), Err)
    }

    fn article(&self, locale: LocaleId, page: &Page, notes: &RefCell<Notes>) -> Option<Body> {
        let (shown, version) = page.shown(locale, self.ground.locales())?;
        let around = self.around(locale, self.ground.url(self.page, locale), false, notes);
        let document = &version.document;
        let other = self.ground.tag(document.target_locale.unwrap_or(document.source_locale));
        let html = Writer::new(&version.flow, &version.outline.headings, &around, other, shown).body();
        Some(Body {
            html: Arc::new(html),
            contents: contents(version),
            locale: shown,
            beside: None,
            has_form: around.has_form.get(),
        })
    }

    fn parallel(&self, locale: LocaleId, page: &Page, notes: &RefCell<Notes>) -> Option<Body> {
        let version = page.versions[locale.index()].as_ref()?;
        let original = page.original_of(locale, self.ground.locales())?;
        let source = original.document.source_locale;
        let here = self.ground.parallel_url(self.page, locale);
        let ours = self.around(locale, here.clone(), true, notes);
        let theirs = self.around(source, here, true, notes);
        let tags = [self.ground.tag(locale), self.ground.tag(source)];
        let lead = Writer::new(&version.flow, &version.outline.headings, &ours, tags[1], locale);
        let follow = Writer::new(&original.flow, &original.outline.headings, &theirs, tags[0], source);
        let html = Rows { lead, follow, tags, out: String::new() }.body();
        let has_form = ours.has_form.get() || theirs.has_form.get();
        Some(Body { html: Arc::new(html), contents: contents(version), locale, beside: Some(source), has_form })
    }

    fn around<'s>(&'s self, locale: LocaleId, here: UrlPath, parallel: bool, notes: &'s RefCell<Notes>) -> Around<'s> {
        let twins = if parallel { Vec::new() } else { twins(self.ground, self.facts, self.page, locale, &here) };
        let resolver = Resolver { ground: self.ground, known: self.known, seen: Some(&self.seen) };
        Around { ground: self.ground, resolver, page: self.page, locale, here, twins, has_form: Cell::new(false), notes }
    }
}

/// The page in its other languages, for a page in its own language.
fn twins(ground: &Ground<'_>, facts: &Facts, page: PageId, locale: LocaleId, here: &UrlPath) -> Vec<Twin> {
    let editions = &facts.editions;
    let is_own = |id: LocaleId| editions.get(id.index()).is_some_and(|e| !matches!(e.availability, Availability::Fallback(_)));
    let others = ground.locales().ids().filter(|id| *id != locale && is_own(*id) && is_own(locale));
    let twin = |id: LocaleId| {
        let name = ground.theme.messages(id).get("language_name").to_owned();
        let label = twin_label(ground, locale, &name);
        let href = here.relative_to(&ground.url(page, id));
        Twin { href, tag: ground.tag(id).to_owned(), name, label }
    };
    others.map(twin).collect()
}

fn twin_label(ground: &Ground<'_>, locale: LocaleId, name: &str) -> String {
    ground.theme.messages(locale).format("heading_twin", &[("language", name)])
}

/// The headings of the second and third level.
fn contents(version: &Version) -> Vec<ContentsEntry> {
    let headings = version.outline.headings.iter().filter(|heading| (2..=3).contains(&heading.level));
    let entry = |heading: &super::outline::Heading| {
        let plain = version.flow.plain(heading.at + 1, version.flow.after(heading.at) - 1);
        let mut html = String::with_capacity(plain.len() + 32);
        phrases::marked(plain.trim(), &mut html, escape::text);
        ContentsEntry { id: heading.id.clone(), html, level: heading.level }
    };
    headings.map(entry).collect()
}

/// What a page's text finds around it.
struct Around<'a> {
    ground: &'a Ground<'a>,
    resolver: Resolver<'a>,
    page: PageId,
    /// The reader's.
    locale: LocaleId,
    here: UrlPath,
    twins: Vec<Twin>,
    /// Whether a form was shown.
    has_form: Cell<bool>,
    notes: &'a RefCell<Notes>,
}

impl Around<'_> {
    /// Notes what a target supposes of pages that were not read yet.
    fn suppose(&self, file: &SourcePath, written: &str, target: &Target) {
        let supposed = match (self.resolver.known, target) {
            (Known::Only(..), Target::Page(page, place)) => Supposition::Place(*page, self.locale, place.clone()),
            (Known::Only(..), Target::Nowhere) => match &self.resolver.named(file, written).reference {
                Reference::Xref(uid) => Supposition::NoPage(uid.clone()),
                _ => return,
            },
            _ => return,
        };
        self.notes.borrow_mut().supposed.push(supposed);
    }

    fn href(&self, target: Target) -> Option<String> {
        match target {
            Target::Nowhere => None,
            Target::Elsewhere(address) => Some(address),
            Target::Here(fragment) => Some(format!("#{fragment}")),
            Target::Page(page, fragment) => {
                let mut url = self.here.relative_to(&self.ground.url(page, self.locale));
                if let Some(fragment) = fragment {
                    url.push('#');
                    url.push_str(&fragment);
                }
                Some(url)
            }
            Target::File(path, rest) => Some(self.here.relative_to(&UrlPath::new(path.as_str())) + &rest),
        }
    }
}

impl Surroundings for Around<'_> {
    fn link(&self, file: &SourcePath, written: &str) -> Option<String> {
        if written.starts_with("https://") {
            return Some(written.to_owned());
        }
        let target = self.resolver.link(file, self.page, self.locale, written).target;
        self.suppose(file, written, &target);
        self.href(target)
    }

    /// Before all pages are read no uid is known, which [`Around::suppose`] notes: a page that has a name to show is written again.
    fn name(&self, written: &str) -> Option<Worded> {
        self.resolver.name(&link::uid(written)?, self.locale).cloned()
    }

    fn resource(&self, file: &SourcePath, written: &str) -> Option<String> {
        self.href(self.resolver.resource(file, written).ok()?)
    }

    fn snippet(&self, file: &SourcePath, spec: &SnippetSpec) -> Option<String> {
        self.ground.library.snippet(&self.resolver.snippet(file, &spec.source).ok()?, spec)
    }

    fn form(&self, name: &str) -> Option<String> {
        let html = self.ground.forms.html(self.ground.theme, name, self.locale, &self.here);
        let html = html.unwrap_or_else(|error| {
            self.notes.borrow_mut().failed.get_or_insert(error);
            None
        });
        self.has_form.set(self.has_form.get() || html.is_some());
        html
    }

    fn message(&self, locale: LocaleId, key: &str) -> &str {
        // A key that no message file has would be given back as it is, with the key's lifetime; every key used here stands in all files.
        self.ground.theme.messages(locale).text(key)
    }

    fn foreign(&self, locale: LocaleId) -> Option<&str> {
        self.ground.theme.messages(locale).foreign()
    }

    fn twins(&self, locale: LocaleId) -> Cow<'_, [Twin]> {
        if locale == self.locale {
            return Cow::Borrowed(&self.twins);
        }
        let labelled = |twin: &Twin| Twin { label: twin_label(self.ground, locale, &twin.name), ..twin.clone() };
        self.twins.iter().map(labelled).collect()
    }

    fn locale(&self, id: LocaleId) -> &Locale {
        self.ground.locales().get(id)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Bodies with these texts, the last of them a parallel view.
    pub(crate) fn bodies(texts: &[&str]) -> Bodies {
        let locale = {
            let en = crate::locale::Locale::parse("en").unwrap();
            crate::locale::LocaleSet::new(vec![en.clone()], en).default_id()
        };
        let body = |text: &&str| {
            Some(Body { html: Arc::new((*text).to_owned()), contents: Vec::new(), locale, beside: None, has_form: false })
        };
        let (last, articles) = texts.split_last().unwrap();
        Bodies { articles: articles.iter().map(body).collect(), parallels: vec![None, body(last)], notes: Notes::default() }
    }
}
