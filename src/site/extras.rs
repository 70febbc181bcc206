//! What a site has beside its pages: the choice of languages, the list of all pages, redirections, 404, sitemap, robots.

mod sitemap;

use std::collections::HashSet;

use super::catalog::{Found, is_reserved};
use super::model::{Label, Model};
use super::redirect::Redirect;
use super::render::{Rendered, Renderer};
use super::sidebar::tree;
use super::threads;
use super::view::{Alternate, ContentsView, Frame, RedirectView, SearchView, Told, UnavailableView};
use crate::diag::{Code, Diagnostic};
use crate::locale::LocaleId;
use crate::theme::ThemeError;
use crate::vpath::UrlPath;

/// The page that a proxy shows while the counter does not answer.
pub(crate) const UNAVAILABLE: &str = "unavailable.html";

/// One file beside the pages.
pub(crate) enum Single {
    Made(Rendered),
    /// There is no such file.
    Nothing,
    /// Only who makes all of them knows.
    Unknown,
}

impl<'a> Renderer<'a> {
    /// One of them, if it can be made without the others.
    pub(crate) fn extra(&self, path: &str) -> Result<Single, ThemeError> {
        let model = self.model;
        let made = |file: Result<Rendered, ThemeError>| file.map(Single::Made);
        match path {
            "index.html" => return made(self.choose()),
            "404.html" => return made(self.not_found(model.locales().default_id(), path)),
            "robots.txt" => return made(Ok(Rendered { path: UrlPath::new(path).output(), text: self.robots().into() })),
            UNAVAILABLE => return Ok(self.unavailable().transpose()?.map_or(Single::Nothing, Single::Made)),
            _ => {}
        }
        if path.starts_with("sitemap") {
            return Ok(Single::Unknown);
        }
        let Some((tag, rest)) = path.split_once('/') else { return Ok(Single::Nothing) };
        let Some(locale) = model.locales().ids().find(|id| model.tag(*id) == tag) else { return Ok(Single::Nothing) };
        match rest {
            "404.html" => return made(self.not_found(locale, path)),
            "contents/index.html" => return made(self.contents(locale, &model.contents(locale))),
            "index.html" if model.start().is_none() => return made(self.contents(locale, &model.home(locale))),
            "search/index.html" if model.config.search => return made(self.search(locale)),
            super::export::LIST => return Ok(Single::Unknown),
            _ => {}
        }
        let Some(at) = rest.strip_suffix("index.html") else { return Ok(Single::Nothing) };
        let taken = at.is_empty() || is_reserved(at) || model.catalog.at(at).is_some();
        let redirect = model.catalog.redirects.iter().find(|redirect| !taken && address(redirect) == at);
        match redirect {
            Some(redirect) => Ok(self.redirection(redirect, at, locale)?.map_or(Single::Nothing, Single::Made)),
            None => Ok(Single::Nothing),
        }
    }

    /// All of them.
    pub(crate) fn extras(&self) -> Result<Vec<Rendered>, ThemeError> {
        let mut files = vec![self.choose()?, self.not_found(self.model.locales().default_id(), "404.html")?];
        let locales: Vec<LocaleId> = self.model.locales().ids().collect();
        let of_locales = || threads::try_map(&locales, threads::ANY, |_, locale| self.of_locale(*locale));
        let (of_locales, sitemap) = threads::join(of_locales, || self.sitemap());
        files.extend(of_locales?.into_iter().flatten());
        files.extend(self.unavailable().transpose()?);
        files.extend(self.redirections()?);
        files.extend(sitemap);
        files.extend(super::export::lists(self.model));
        files.push(Rendered { path: UrlPath::new("robots.txt").output(), text: self.robots().into() });
        Ok(files)
    }

    fn of_locale(&self, locale: LocaleId) -> Result<Vec<Rendered>, ThemeError> {
        let model = self.model;
        let not_found = self.not_found(locale, &format!("{}/404.html", model.tag(locale)))?;
        // Long lists, and until they are made no page is written: each is a piece of work of its own.
        let home = || model.start().is_none().then(|| self.contents(locale, &model.home(locale))).transpose();
        let (contents, home) = threads::join(|| self.contents(locale, &model.contents(locale)), home);
        let mut files = vec![not_found, contents?];
        files.extend(home?);
        if model.config.search {
            files.push(self.search(locale)?);
        }
        Ok(files)
    }

    /// The page that shows what is found. It is no result of other search engines.
    fn search(&self, locale: LocaleId) -> Result<Rendered, ThemeError> {
        let (model, here) = (self.model, self.model.search(locale));
        let mut frame = self.frame_said(&here, locale, "search_title");
        frame.robots = Some("noindex");
        frame.languages = self.languages(&here, locale, |to| (model.search(to), false));
        let host = model.config.base_url.as_ref().and_then(|base| base.as_str().split_once("://"));
        let host = host.map(|(_, rest)| rest.trim_end_matches('/'));
        self.rendered("search.html", &here, &SearchView { frame, host })
    }

    fn plain<'t>(&'t self, template: &str, here: &UrlPath, frame: Frame<'t>) -> Result<Rendered, ThemeError> {
        self.rendered(template, here, &frame)
    }

    fn choose(&self) -> Result<Rendered, ThemeError> {
        let (model, here, locale) = (self.model, UrlPath::root(), self.model.locales().default_id());
        let title = model.site_title(locale).text;
        let mut frame = self.frame(&here, locale, &title);
        frame.languages = self.languages(&here, locale, |to| (model.home(to), false));
        frame.canonical = Some(model.public(&here, &here));
        frame.alternates = match model.start() {
            Some(start) => self.alternates(start, &here),
            None => self.same_everywhere(&here, |to| model.home(to)),
        };
        self.plain("choose.html", &here, frame)
    }

    fn same_everywhere(&self, here: &UrlPath, url: impl Fn(LocaleId) -> UrlPath) -> Vec<Alternate<'a>> {
        let all =
            self.model.locales().ids().map(|to| Alternate { tag: self.model.tag(to), href: self.model.public(here, &url(to)) });
        all.chain([Alternate { tag: "x-default", href: self.model.public(here, &UrlPath::root()) }]).collect()
    }

    /// The page for addresses that lead nowhere. It may be shown at any depth, so its own addresses begin at the root of the host.
    fn not_found(&self, locale: LocaleId, file: &str) -> Result<Rendered, ThemeError> {
        let here = UrlPath::new(file);
        self.plain("not-found.html", &here, self.anywhere(&here, locale, "not_found_title"))
    }

    /// What a proxy shows in the place of the counter's pages while the counter does not answer. The proxy does not know the reader's
    /// language, so it is one page in all of them.
    fn unavailable(&self) -> Option<Result<Rendered, ThemeError>> {
        let (model, here) = (self.model, UrlPath::new(UNAVAILABLE));
        let frame = self.anywhere(&here, model.locales().default_id(), "unavailable_title");
        let told = model.locales().ids().zip(&frame.languages).map(|(locale, language)| Told {
            t: model.theme.messages(locale),
            tag: language.tag,
            dir: model.locales().get(locale).direction(),
            home_href: language.href.clone(),
            contacts: model.forms.contacts(locale),
        });
        let told: Vec<_> = told.collect();
        (!model.forms.is_empty()).then(|| self.rendered("unavailable.html", &here, &UnavailableView { frame, told }))
    }

    /// The frame of a page that a server shows at any address.
    fn anywhere(&self, here: &UrlPath, locale: LocaleId, title: &str) -> Frame<'_> {
        let model = self.model;
        let base = model.config.base_url.as_ref().map_or("/", |base| base.path());
        let absolute = |to: &UrlPath| format!("{base}{}", to.as_str());
        let mut frame = self.frame_said(here, locale, title);
        frame.root = base.to_owned();
        frame.home_href = absolute(&model.home(locale));
        frame.contents_href = absolute(&model.contents(locale));
        frame.search_href = model.config.search.then(|| absolute(&model.search(locale)));
        frame.robots = Some("noindex");
        frame.languages = self.languages(here, locale, |to| (model.home(to), false));
        for (language, to) in frame.languages.iter_mut().zip(model.locales().ids()) {
            language.href = absolute(&model.home(to));
        }
        frame
    }

    /// The list of all pages; it stands in for a start page that the docset does not have.
    fn contents(&self, locale: LocaleId, here: &UrlPath) -> Result<Rendered, ThemeError> {
        let model = self.model;
        let home = *here == model.home(locale);
        let site_title = model.site_title(locale).text;
        let url = |to: LocaleId| if home { model.home(to) } else { model.contents(to) };
        let mut frame =
            if home { self.frame(here, locale, &site_title) } else { self.frame_said(here, locale, "contents_title") };
        frame.languages = self.languages(here, locale, |to| (url(to), false));
        frame.canonical = Some(model.public(here, here));
        frame.alternates = self.same_everywhere(here, url);
        let view = ContentsView { frame, entries: tree(model, locale, here)? };
        self.rendered("contents.html", here, &view)
    }

    fn redirections(&self) -> Result<Vec<Rendered>, ThemeError> {
        let mut files = Vec::new();
        let mut made = HashSet::new();
        for redirect in self.model.catalog.redirects.iter() {
            let address = address(redirect);
            let taken = address.is_empty() || is_reserved(&address) || self.model.catalog.at(&address).is_some();
            // `x.md` and `x/index.md` have one address; the first holds.
            if taken || !made.insert(address.clone()) {
                continue;
            }
            for locale in self.model.locales().ids() {
                files.extend(self.redirection(redirect, &address, locale)?);
            }
        }
        Ok(files)
    }

    fn redirection(&self, redirect: &Redirect, address: &str, locale: LocaleId) -> Result<Option<Rendered>, ThemeError> {
        let model = self.model;
        let here = UrlPath::new(format!("{}/{address}", model.tag(locale)));
        let Some((target, title)) = self.landing(redirect, &here, locale) else { return Ok(None) };
        let mut frame = self.frame_said(&here, locale, "redirect_title");
        frame.languages = self.languages(&here, locale, |to| (UrlPath::new(format!("{}/{address}", model.tag(to))), false));
        let target_lang = title.foreign.map(|id| model.tag(id));
        let view = RedirectView { frame, target, target_title: title.text, target_lang };
        self.rendered("redirect.html", &here, &view).map(Some)
    }

    fn landing(&self, redirect: &Redirect, here: &UrlPath, locale: LocaleId) -> Option<(String, Label)> {
        let model = self.model;
        match model.catalog.moved(&redirect.source) {
            Some(Found::Page(page, fragment)) => {
                let name = model.page_name(page, locale)?;
                let fragment = model.fragment(page, locale, fragment.as_deref());
                Some((here.relative_to(&model.url(page, locale)) + &fragment, name))
            }
            Some(Found::External(address)) => Some((address.clone(), Label::plain(address))),
            Some(Found::Site(reference)) => {
                let address = model.on_web_site(&reference, locale)?;
                Some((address.clone(), Label::plain(address)))
            }
            Some(Found::File(_)) | None => None,
        }
    }

    fn robots(&self) -> String {
        let sitemap = self.model.config.base_url.as_ref().map(|base| format!("Sitemap: {}sitemap.xml\n", base.as_str()));
        format!("User-agent: *\nAllow: /\n{}", sitemap.unwrap_or_default())
    }
}

/// The address below a locale that a page had.
fn address(redirect: &Redirect) -> String {
    let stem = redirect.source.stem().to_lowercase();
    let index = stem.strip_suffix("index").filter(|rest| rest.is_empty() || rest.ends_with('/'));
    index.map_or(format!("{stem}/"), str::to_owned)
}

/// Redirections that lead to no page, or in a circle.
pub(crate) fn dead_redirections(model: &Model<'_>) -> Vec<Diagnostic> {
    let mut found = model.catalog.circles();
    let web = model.web_roots.iter().any(Option::is_some);
    let dead = |redirect: &&Redirect| match model.catalog.end_of(&redirect.source) {
        None => false,
        Some(end) => model.catalog.landing(end).is_none_or(|found| !web && matches!(found, Found::Site(_))),
    };
    let report = |redirect: &Redirect| {
        let message = format!("`{}` is redirected to a page that does not exist", redirect.source);
        Diagnostic::new(Code::RedirectDeadTarget, redirect.at.clone(), message)
            .help("name the address of a page of this site, or a whole address")
    };
    found.extend(model.catalog.redirects.iter().filter(dead).map(report));
    found
}
