//! Every link of every page, looked up: to where it leads in the site, or to a diagnostic at the place where it is written.

mod fragments;
mod seen;
mod web_site;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::catalog::{Found, is_published};
use super::discover::Listing;
use super::extras::dead_redirections;
use super::facts::{AllFacts, Availability, Edition, Facts, Use, Worded, Written};
use super::html::THEME_IDS;
use super::link::{FileReference, Reference};
use super::markdown::directive::SnippetSpec;
use super::model::{Ground, Model};
use super::nav::PageId;
use super::unit::SegmentKey;
use super::{read, threads};
use crate::diag::{Code, Diagnostic, Span};
use crate::locale::LocaleId;
use crate::vpath::{BadPath, SourcePath};
use seen::Lookup;
pub(crate) use seen::Seen;

/// What to do about a place that is not there.
const HELP: &str = "name one of its headings' ids, which come from the source's headings";

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// A place in the same page.
    Here(String),
    /// A page and a place in it.
    Page(PageId, Option<String>),
    /// Another file of the docset, and what follows its path.
    File(SourcePath, String),
    /// An address elsewhere.
    Elsewhere(String),
    /// Nowhere.
    Nowhere,
}

/// Looks up the links of a page that was just read, as far as they do not depend on pages that were not. Only the others stay to be looked
/// up: of most pages none, or a few.
pub(crate) fn at_once(ground: &Ground<'_>, page: PageId, facts: &mut Facts, seen: &Seen) {
    if !facts.is_shown(ground.drafts) {
        return;
    }
    let links = std::mem::take(&mut facts.links);
    let (mut open, mut files, mut diagnostics) = (Vec::new(), Vec::new(), Vec::new());
    let resolver = Resolver { ground, known: Known::Only(page, facts), seen: Some(seen) };
    for written in links {
        match resolver.check(page, &written) {
            (Target::Page(..), _) => open.push(written),
            (_, Some(diagnostic)) if diagnostic.code == Code::XrefUnresolved => open.push(written),
            (target, diagnostic) => {
                diagnostics.extend(diagnostic);
                if let (Target::File(path, _), true) = (target, written.what != Use::Snippet) {
                    files.push(path);
                }
            }
        }
    }
    files.sort_unstable();
    files.dedup();
    facts.diagnostics.append(&mut diagnostics);
    // What is wrong in both languages of a file stands twice. All pages' diagnostics are put in order at the end: sorted runs are soon merged.
    facts.diagnostics.sort_unstable();
    facts.diagnostics.dedup();
    (facts.links, facts.files) = (open, files);
}

/// Looks up the links that are left. Gives what is wrong, and the files that pages name.
pub(crate) fn all(model: &Model<'_>, listing: &Listing) -> (Vec<Diagnostic>, BTreeSet<SourcePath>) {
    let all: Vec<PageId> = model.pages().collect();
    let all: Vec<&[PageId]> = all.chunks(64).collect();
    let parts: Vec<(Vec<Diagnostic>, BTreeSet<SourcePath>)> = threads::map(&all, threads::ANY, |_, pages| {
        let resolver = model.resolver();
        let (mut diagnostics, mut files) = (Vec::new(), BTreeSet::new());
        for page in *pages {
            of_page(&resolver, *page, model.facts(*page), &mut diagnostics, &mut files);
        }
        diagnostics.sort_unstable();
        (diagnostics, files)
    });
    let (mut diagnostics, mut files) = (Vec::new(), named_by_settings(model, listing));
    for (mut some, more) in parts {
        diagnostics.append(&mut some);
        files.extend(more);
    }
    diagnostics.extend(of_site(model, listing, &files));
    (diagnostics, files)
}

/// Looks up the links that are left in one page.
pub(crate) fn of_page(
    resolver: &Resolver<'_>,
    page: PageId,
    facts: &Facts,
    diagnostics: &mut Vec<Diagnostic>,
    files: &mut BTreeSet<SourcePath>,
) {
    files.extend(facts.files.iter().cloned());
    for written in &facts.links {
        let (target, diagnostic) = resolver.check(page, written);
        diagnostics.extend(diagnostic);
        if let (Target::File(path, _), true) = (target, written.what != Use::Snippet) {
            files.insert(path);
        }
    }
}

/// What is wrong with the files that the site publishes as they stand, with its redirections, and with the places that its tables name.
pub(crate) fn of_site(model: &Model<'_>, listing: &Listing, files: &BTreeSet<SourcePath>) -> Vec<Diagnostic> {
    let taken = files.iter().filter(|file| model.is_taken(file)).map(|file| {
        let message = format!("published as it stands, `{file}` would take the place of a file that the site makes itself");
        Diagnostic::new(Code::UrlCollision, Span::file(file.clone()), message).help("give the file another name")
    });
    let refused = read::refused(listing, files);
    taken.chain(refused).chain(dead_redirections(model)).chain(fragments::missing(model)).collect()
}

/// The files that a resource glob of the docset's settings names.
pub(crate) fn named_by_settings(model: &Model<'_>, listing: &Listing) -> BTreeSet<SourcePath> {
    let files = listing.files.iter().map(|found| &found.path);
    files.filter(|path| is_published(path) && model.catalog.settings.is_resource(path)).cloned().collect()
}

/// What links are looked up in.
pub(crate) struct Resolver<'a> {
    pub(crate) ground: &'a Ground<'a>,
    pub(crate) known: Known<'a>,
    /// What the page's destinations were found to name, if that is kept.
    pub(crate) seen: Option<&'a Seen>,
}

/// The pages of which is known what is in them.
#[derive(Clone, Copy)]
pub(crate) enum Known<'a> {
    /// All.
    All(&'a dyn AllFacts),
    /// One, while others are still being read. Of those it is supposed that they are shown, and have every place that a link names.
    Only(PageId, &'a Facts),
}

impl<'a> Known<'a> {
    /// What is known of a page: nothing while it was not read, else its facts, if there are any.
    fn get(self, page: PageId) -> Option<Option<&'a Facts>> {
        match self {
            Self::All(facts) => Some(facts.of(page)),
            Self::Only(one, facts) => (one == page).then_some(Some(facts)),
        }
    }
}

/// A target, and what is wrong with how it is written.
pub(crate) struct Resolution {
    pub(crate) target: Target,
    pub(crate) fault: Option<Fault>,
}

/// What is wrong: the code, the message, and what to do.
pub(crate) type Fault = (Code, String, Cow<'static, str>);

impl From<Target> for Resolution {
    fn from(target: Target) -> Self {
        Self { target, fault: None }
    }
}

/// The resolver stands on the ground.
impl<'a> std::ops::Deref for Resolver<'a> {
    type Target = Ground<'a>;

    fn deref(&self) -> &Ground<'a> {
        self.ground
    }
}

impl Resolver<'_> {
    /// Where a destination leads that is written in a file, for a page in a locale.
    pub(crate) fn link(&self, file: &SourcePath, page: PageId, locale: LocaleId, written: &str) -> Resolution {
        let named = self.named(file, written);
        match &named.reference {
            Reference::Empty => nowhere(Code::LinkEmpty, "the link names no destination", "name one, or take the brackets out"),
            Reference::Absolute(address) => Target::Elsewhere(address.clone()).into(),
            Reference::Refused(scheme) => {
                let message = format!("addresses that begin with `{scheme}:` are not allowed; the link is shown as text");
                nowhere(Code::SchemeRefused, message, "use http, https, mailto or tel")
            }
            Reference::Fragment(fragment) if fragment.starts_with("tab/") => Target::Here(String::new()).into(),
            Reference::Fragment(fragment) => self.place(page, page, locale, Some(fragment.clone())),
            Reference::Xref(uid) => match self.catalog.uid(uid) {
                Some(found) => self.place(page, found, locale, None),
                None => nowhere(
                    Code::XrefUnresolved,
                    format!("no page has the uid `{uid}`; the text is shown without a link"),
                    "correct the uid",
                ),
            },
            Reference::Site(reference) => self.site(&named.found, reference, page, locale),
            Reference::File(reference) => self.file(&named.found, reference, page, locale),
        }
    }

    fn file(&self, found: &Lookup, reference: &FileReference, page: PageId, locale: LocaleId) -> Resolution {
        let found = match found {
            Ok(found) => found.as_ref(),
            Err(BadPath::Outside) => {
                let message = format!("`{}` leads out of the docset", reference.path);
                return nowhere(Code::LinkBroken, message, "link to a file of the docset, or write the whole address");
            }
            Err(BadPath::Malformed) => None,
        };
        let Some((found, actual)) = found else {
            let message = format!("there is no file `{}`; the text is shown without a link", reference.path);
            return nowhere(Code::LinkBroken, message, "correct the path, add the page, or add a redirection");
        };
        let mut resolution = match found {
            Found::Page(found, moved_to) => {
                self.place(page, *found, locale, reference.fragment.clone().or_else(|| moved_to.clone()))
            }
            Found::External(address) => Target::Elsewhere(address.clone()).into(),
            Found::Site(address) => self.moved_away(reference, address, locale),
            Found::File(path) => {
                let fragment = reference.fragment.as_ref().filter(|f| *f != "lightbox");
                let query = &reference.query;
                Target::File(path.clone(), fragment.map_or_else(|| query.clone(), |f| format!("{query}#{f}"))).into()
            }
        };
        if let (Some(actual), None) = (actual, &resolution.fault) {
            let message = format!("the file is called `{actual}`, in other upper and lower case");
            resolution.fault = Some((Code::LinkCase, message, "write the path as the file is called".into()));
        }
        resolution
    }

    /// A page, and a place in it that must exist in the reader's locale.
    fn place(&self, from: PageId, to: PageId, locale: LocaleId, fragment: Option<String>) -> Resolution {
        let Some(facts) = self.known.get(to) else { return Target::Page(to, fragment).into() };
        let shown = facts.filter(|facts| facts.is_shown(self.drafts));
        let Some(edition) = shown.and_then(|facts| facts.editions.get(locale.index())) else {
            return nowhere(Code::LinkBroken, "the page is a draft, or could not be read", "publish it, or take the link out");
        };
        let missing = fragment.as_ref().filter(|fragment| !has_place(edition, fragment)).cloned();
        let kept = fragment.filter(|_| missing.is_none());
        let target = if from == to { Target::Here(kept.unwrap_or_default()) } else { Target::Page(to, kept) };
        let fault = missing.map(|fragment| {
            let message =
                format!("the page `{}` has no place called `#{fragment}` in {}", edition.file, self.locales().get(locale));
            (Code::FragmentMissing, message, HELP.into())
        });
        Resolution { target, fault }
    }

    /// Whether a page is shown in a locale, and has a place.
    pub(crate) fn has(&self, page: PageId, locale: LocaleId, fragment: Option<&str>) -> bool {
        self.edition(page, locale).is_some_and(|edition| fragment.is_none_or(|fragment| has_place(edition, fragment)))
    }

    /// What the page with a uid is called in a locale, if it is shown.
    pub(crate) fn name(&self, uid: &str, locale: LocaleId) -> Option<&Worded> {
        Some(&self.edition(self.catalog.uid(uid)?, locale)?.name)
    }

    fn edition(&self, page: PageId, locale: LocaleId) -> Option<&Edition> {
        let facts = self.known.get(page).flatten().filter(|facts| facts.is_shown(self.drafts))?;
        facts.editions.get(locale.index())
    }

    /// The file of an image.
    pub(crate) fn resource(&self, file: &SourcePath, written: &str) -> Result<Target, Fault> {
        let missing = |message: String| (Code::ImageMissing, message, "add the file, or correct the path".into());
        let named = self.named(file, written);
        match &named.reference {
            Reference::Absolute(address) if address.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("http")) => {
                Ok(Target::Elsewhere(address.clone()))
            }
            Reference::Refused(scheme) => Err((
                Code::SchemeRefused,
                format!("addresses that begin with `{scheme}:` are not allowed"),
                "use a file of the docset".into(),
            )),
            Reference::File(reference) => match &named.found {
                Ok(Some((Found::File(path), _))) => Ok(Target::File(path.clone(), String::new())),
                Err(BadPath::Outside) => {
                    let message = format!("`{}` leads out of the site's root folder", reference.path);
                    Err((Code::PathOutside, message, "bring the file into the docset".into()))
                }
                _ => Err(missing(format!("there is no file `{}`", reference.path))),
            },
            _ => Err(missing(format!("`{written}` names no file of the docset"))),
        }
    }

    /// The file that code is taken from. It need not be one that is published: code of any kind may be shown.
    pub(crate) fn snippet(&self, file: &SourcePath, written: &str) -> Result<SourcePath, Fault> {
        let missing = |message: String| (Code::SnippetMissing, message, "add the file, or correct the path".into());
        let Reference::File(reference) = Reference::parse(written) else {
            return Err(missing(format!("`{written}` names no file of the docset")));
        };
        match SourcePath::resolve(file.folder(), &reference.path) {
            Ok(path) => match self.catalog.file(&path) {
                Some(actual) => Ok(actual.clone()),
                None => Err(missing(format!("there is no file `{path}`"))),
            },
            Err(BadPath::Outside) => {
                let message = format!("`{}` leads out of the site's root folder", reference.path);
                Err((Code::PathOutside, message, "bring the file into the docset".into()))
            }
            Err(BadPath::Malformed) => Err(missing("the snippet names no file".to_owned())),
        }
    }

    /// What is wrong with a snippet, written as its file with the name of the part after a `#`.
    fn snippet_fault(&self, file: &SourcePath, written: &str) -> Option<Fault> {
        let (source, part) = written.split_once('#').unwrap_or((written, ""));
        let path = match self.snippet(file, source) {
            Ok(path) => path,
            Err(fault) => return Some(fault),
        };
        let spec = SnippetSpec { id: part.to_owned(), ..SnippetSpec::default() };
        let found = part.is_empty() || self.library.snippet(&path, &spec).is_some();
        let message = || format!("`{path}` has no part called `{part}`");
        (!found).then(|| (Code::SnippetMissing, message(), "correct the name, or mark the part in the file".into()))
    }

    /// The locales whose readers get this text for want of a translation, if the link names a place, which their pages may not have.
    fn stands_in_for<'w>(&'w self, page: PageId, written: &'w Written) -> impl Iterator<Item = LocaleId> + 'w {
        let editions = self.known.get(page).flatten().map_or(&[][..], |facts| &facts.editions);
        let fallback = Availability::Fallback(written.locale);
        let named = written.destination.contains('#');
        self.locales().ids().zip(editions).filter(move |(_, edition)| named && edition.availability == fallback).map(|(id, _)| id)
    }

    /// Where a destination leads, and what is wrong with it.
    pub(crate) fn check(&self, page: PageId, written: &Written) -> (Target, Option<Diagnostic>) {
        let (target, fault) = match written.what {
            Use::EmptyLink => {
                let message = format!("the link to `{}` has no text, so nobody can see it", written.destination);
                (Target::Nowhere, Some((Code::LinkEmpty, message, "put its words between the brackets".into())))
            }
            Use::Link => {
                let found = self.link(&written.at.path, page, written.locale, &written.destination);
                let mut others = self.stands_in_for(page, written);
                let fault = found
                    .fault
                    .or_else(|| others.find_map(|locale| self.link(&written.at.path, page, locale, &written.destination).fault));
                (found.target, fault)
            }
            Use::Image => match self.resource(&written.at.path, &written.destination) {
                Ok(target) => (target, None),
                Err(fault) => (Target::Nowhere, Some(fault)),
            },
            Use::Form => {
                let fault = self.forms.fault(&written.destination);
                (Target::Nowhere, fault.map(|(message, help)| (Code::FormMissing, message, help)))
            }
            Use::Snippet => (Target::Nowhere, self.snippet_fault(&written.at.path, &written.destination)),
        };
        let diagnostic = fault.map(|(code, message, help)| Diagnostic::new(code, written.at.clone(), message).help(help));
        (target, diagnostic)
    }
}

/// Whether a fragment names something in a page: a place of its text, a part of the theme's frame, or what looks like a segment's key, of
/// which no list is kept.
fn has_place(edition: &Edition, fragment: &str) -> bool {
    let is_segment = || fragment.strip_prefix("s-").is_some_and(SegmentKey::is_written_so);
    edition.places.has(fragment) || THEME_IDS.contains(&fragment) || is_segment()
}

fn nowhere(code: Code, message: impl Into<String>, help: &'static str) -> Resolution {
    Resolution { target: Target::Nowhere, fault: Some((code, message.into(), help.into())) }
}
