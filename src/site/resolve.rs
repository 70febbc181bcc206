//! Every link of every page, looked up: to where it leads in the site, or to a diagnostic at the place where it is written.

use super::catalog::{Catalog, Found};
use super::facts::{Availability, Facts, Use, Written};
use super::link::{FileReference, Reference};
use super::nav::PageId;
use crate::diag::{Code, Diagnostic};
use crate::locale::{LocaleId, LocaleSet};
use crate::vpath::{BadPath, SourcePath, percent_encode_into};

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

/// What links are looked up in.
pub(crate) struct Resolver<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) facts: &'a [Facts],
    pub(crate) locales: &'a LocaleSet,
    /// What `/azure/…` begins with, by locale; see [`web_root`].
    pub(crate) web_roots: &'a [Option<String>],
    pub(crate) drafts: bool,
}

/// A target, and what is wrong with how it is written.
pub(crate) struct Resolution {
    pub(crate) target: Target,
    pub(crate) fault: Option<(Code, String, String)>,
}

impl From<Target> for Resolution {
    fn from(target: Target) -> Self {
        Self { target, fault: None }
    }
}

impl Resolver<'_> {
    /// Where a destination leads that is written in a file, for a page in a locale.
    pub(crate) fn link(&self, file: &SourcePath, page: PageId, locale: LocaleId, written: &str) -> Resolution {
        match Reference::parse(written) {
            Reference::Empty => nowhere(Code::LinkEmpty, "the link names no destination", "name one, or take the brackets out"),
            Reference::Absolute(address) => Target::Elsewhere(address).into(),
            Reference::Refused(scheme) => {
                let message = format!("addresses that begin with `{scheme}:` are not allowed; the link is shown as text");
                nowhere(Code::SchemeRefused, message, "use http, https, mailto or tel")
            }
            Reference::Fragment(fragment) if fragment.starts_with("tab/") => Target::Here(String::new()).into(),
            Reference::Fragment(fragment) => self.place(page, page, locale, Some(fragment)),
            Reference::Xref(uid) => match self.catalog.uid(&uid) {
                Some(found) => self.place(page, found, locale, None),
                None => nowhere(
                    Code::XrefUnresolved,
                    format!("no page has the uid `{uid}`; the text is shown without a link"),
                    "correct the uid",
                ),
            },
            Reference::Site(reference) => self.site(&reference, page, locale),
            Reference::File(reference) => self.file(file, &reference, page, locale),
        }
    }

    fn site(&self, reference: &FileReference, page: PageId, locale: LocaleId) -> Resolution {
        if let Some(found) = self.catalog.by_site_path(&reference.path) {
            return self.place(page, found, locale, reference.fragment.clone());
        }
        let Some(root) = &self.web_roots[locale.index()] else {
            let message = format!("`{}` is no page of this site", reference.path);
            return nowhere(Code::LinkBroken, message, "name a page of the site, or write the whole address");
        };
        let mut address = root.clone();
        percent_encode_into(&reference.path, &mut address);
        address.push_str(&reference.query);
        if let Some(fragment) = &reference.fragment {
            address.push('#');
            address.push_str(fragment);
        }
        Target::Elsewhere(address).into()
    }

    fn file(&self, file: &SourcePath, reference: &FileReference, page: PageId, locale: LocaleId) -> Resolution {
        let found = match self.catalog.follow(file.folder(), reference) {
            Ok(found) => found,
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
            Found::Page(found, moved_to) => self.place(page, found, locale, reference.fragment.clone().or(moved_to)),
            Found::External(address) => Target::Elsewhere(address).into(),
            Found::File(path) => {
                let fragment = reference.fragment.as_ref().filter(|f| *f != "lightbox");
                Target::File(path, format!("{}{}", reference.query, fragment.map(|f| format!("#{f}")).unwrap_or_default())).into()
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
        let facts = self.facts.get(to.0 as usize).filter(|facts| facts.is_shown(self.drafts));
        let Some(edition) = facts.and_then(|facts| facts.editions.get(locale.index())) else {
            return nowhere(Code::LinkBroken, "the page is a draft, or could not be read", "publish it, or take the link out");
        };
        let known = |fragment: &String| {
            edition.places.binary_search_by(|place| (**place).cmp(fragment)).is_ok()
                || fragment.starts_with("s-")
                || fragment.starts_with("md-")
        };
        let missing = fragment.as_ref().filter(|fragment| !known(fragment)).cloned();
        let kept = fragment.filter(|_| missing.is_none());
        let target = if from == to { Target::Here(kept.unwrap_or_default()) } else { Target::Page(to, kept) };
        let fault = missing.map(|fragment| {
            let message =
                format!("the page `{}` has no place called `#{fragment}` in {}", edition.file, self.locales.get(locale));
            (Code::FragmentMissing, message, "name one of its headings' ids, which come from the source's headings".to_owned())
        });
        Resolution { target, fault }
    }

    /// The file of an image or a snippet.
    pub(crate) fn resource(&self, file: &SourcePath, written: &str) -> Result<Target, (Code, String, String)> {
        let missing = |message: String| (Code::ImageMissing, message, "add the file, or correct the path".to_owned());
        match Reference::parse(written) {
            Reference::Absolute(address) if address.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("http")) => {
                Ok(Target::Elsewhere(address))
            }
            Reference::Refused(scheme) => Err((
                Code::SchemeRefused,
                format!("addresses that begin with `{scheme}:` are not allowed"),
                "use a file of the docset".into(),
            )),
            Reference::File(reference) => match self.catalog.follow(file.folder(), &reference) {
                Ok(Some((Found::File(path), _))) => Ok(Target::File(path, String::new())),
                Err(BadPath::Outside) => {
                    let message = format!("`{}` leads out of the site's root folder", reference.path);
                    Err((Code::PathOutside, message, "bring the file into the docset".into()))
                }
                _ => Err(missing(format!("there is no file `{}`", reference.path))),
            },
            _ => Err(missing(format!("`{written}` names no file of the docset"))),
        }
    }

    /// The locales whose readers get this text for want of a translation, if the link names a place, which their pages may not have.
    fn stands_in_for<'w>(&'w self, page: PageId, written: &'w Written) -> impl Iterator<Item = LocaleId> + 'w {
        let editions = self.facts.get(page.0 as usize).map_or(&[][..], |facts| &facts.editions);
        let fallback = Availability::Fallback(written.locale);
        let named = written.destination.contains('#');
        self.locales.ids().zip(editions).filter(move |(_, edition)| named && edition.availability == fallback).map(|(id, _)| id)
    }

    /// What is wrong with a destination.
    pub(crate) fn check(&self, page: PageId, written: &Written) -> Option<Diagnostic> {
        let fault = match written.what {
            Use::EmptyLink => {
                let message = format!("the link to `{}` has no text, so nobody can see it", written.destination);
                Some((Code::LinkEmpty, message, "put its words between the brackets".to_owned()))
            }
            Use::Link => {
                let mut locales = std::iter::once(written.locale).chain(self.stands_in_for(page, written));
                locales.find_map(|locale| self.link(&written.at.path, page, locale, &written.destination).fault)
            }
            Use::Image => self.resource(&written.at.path, &written.destination).err(),
            Use::Snippet => self.resource(&written.at.path, &written.destination).err().map(|(code, message, help)| {
                (if code == Code::ImageMissing { Code::SnippetMissing } else { code }, message, help)
            }),
        };
        fault.map(|(code, message, help)| Diagnostic::new(code, written.at.clone(), message).help(help))
    }
}

fn nowhere(code: Code, message: impl Into<String>, help: &str) -> Resolution {
    Resolution { target: Target::Nowhere, fault: Some((code, message.into(), help.to_owned())) }
}
