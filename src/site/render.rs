//! A page as files: one for each locale, and the parallel views.

use std::sync::Arc;

use super::body::{Bodies, Body};
use super::facts::{Availability, Edition};
use super::frontmatter::Date;
use super::model::Model;
use super::nav::PageId;
use super::sidebar::Sidebars;
use super::view::{Alternate, ArticleView, Column, DateView, Frame, Language, Notice, Report, Step};
use crate::locale::LocaleId;
use crate::ordered;
use crate::theme::{Rope, Shared, ThemeError};
use crate::vpath::{OutputPath, UrlPath};

/// Renders pages of a resolved site.
pub(crate) struct Renderer<'a> {
    pub(crate) model: &'a Model<'a>,
    pub(crate) sidebars: Sidebars,
    assets: Shared,
    form_script: Option<&'a str>,
}

/// A file of the site.
pub(crate) struct Rendered {
    pub(crate) path: OutputPath,
    pub(crate) text: Rope,
}

impl<'a> Renderer<'a> {
    pub(crate) fn new(model: &'a Model<'a>) -> Result<Self, ThemeError> {
        let theme = model.theme;
        let script = theme.assets().get("site.js").map(|asset| asset.path.as_str());
        let assets = ordered::map([
            ("css", Some(theme.asset_url("site.css"))),
            ("favicon", Some(theme.asset_url("favicon.svg"))),
            ("script", script),
        ]);
        let form_script = theme.assets().get("form.js").map(|asset| asset.path.as_str());
        Ok(Self { model, sidebars: Sidebars::default(), form_script, assets: Shared::new(&assets)? })
    }

    /// All files of a page.
    pub(crate) fn page(&self, id: PageId, bodies: &Bodies) -> Result<Vec<Rendered>, ThemeError> {
        let mut files = Vec::with_capacity(3);
        for locale in self.model.locales().ids() {
            let Some(edition) = self.model.edition(id, locale) else { continue };
            if let Some(body) = &bodies.articles[locale.index()] {
                files.push(self.article(id, locale, edition, body)?);
            }
            if let Some(body) = &bodies.parallels[locale.index()] {
                files.push(self.parallel(id, locale, edition, body)?);
            }
        }
        Ok(files)
    }

    /// The file of a page that has this text.
    pub(crate) fn one(&self, id: PageId, locale: LocaleId, body: &Body) -> Result<Option<Rendered>, ThemeError> {
        let Some(edition) = self.model.edition(id, locale) else { return Ok(None) };
        let make = if body.beside.is_some() { Self::parallel } else { Self::article };
        make(self, id, locale, edition, body).map(Some)
    }

    fn article(&self, id: PageId, locale: LocaleId, edition: &Edition, body: &Body) -> Result<Rendered, ThemeError> {
        let here = self.model.url(id, locale);
        let mut frame = self.frame(&here, locale, &edition.title.text);
        self.frame_page(&mut frame, id, locale, edition, &here, false);
        let mut view = self.view(frame, id, locale, edition, body, &here)?;
        view.form_script = self.form_script.filter(|_| body.has_form);
        self.rendered("page.html", &here, &view)
    }

    fn parallel(&self, id: PageId, locale: LocaleId, edition: &Edition, body: &Body) -> Result<Rendered, ThemeError> {
        let model = self.model;
        let here = model.parallel_url(id, locale);
        let mut frame = self.frame(&here, locale, &edition.title.text);
        self.frame_page(&mut frame, id, locale, edition, &here, true);
        let mut view = self.view(frame, id, locale, edition, body, &here)?;
        let column = |id| Column { tag: model.tag(id), name: self.language_name(id), t: model.theme.messages(id) };
        view.columns = std::iter::once(locale).chain(body.beside).map(column).collect();
        view.form_script = self.form_script.filter(|_| body.has_form);
        self.rendered("parallel.html", &here, &view)
    }

    /// A template with its view, as a file.
    pub(crate) fn rendered(&self, template: &str, here: &UrlPath, view: &impl serde::Serialize) -> Result<Rendered, ThemeError> {
        Ok(Rendered { path: here.output(), text: self.model.theme.render_pieces(template, view)? })
    }

    fn language_name(&self, locale: LocaleId) -> &'a str {
        self.model.theme.messages(locale).get("language_name")
    }

    /// What any page of a locale has around it.
    pub(crate) fn frame<'t>(&'t self, here: &UrlPath, locale: LocaleId, title: &'t str) -> Frame<'t> {
        let model = self.model;
        let (named, site_title) = model.config.title.get(locale).unwrap_or((locale, ""));
        let site_title_lang = (named != locale).then(|| model.tag(named));
        let is_site_title = title == site_title;
        Frame {
            lang: model.tag(locale),
            dir: model.locales().get(locale).direction(),
            t: model.theme.messages(locale),
            site_title,
            site_title_lang,
            root: root(here),
            assets: &self.assets,
            home_href: here.relative_to(&model.home(locale)),
            contents_href: here.relative_to(&model.contents(locale)),
            search_href: model.config.search.then(|| here.relative_to(&model.search(locale))),
            canonical: None,
            title,
            is_site_title,
            title_lang: site_title_lang.filter(|_| is_site_title),
            description: None,
            robots: None,
            languages: Vec::new(),
            alternates: Vec::new(),
            parallel_href: None,
            single_href: None,
        }
    }

    /// The same of a page whose title is the theme's.
    pub(crate) fn frame_said<'t>(&'t self, here: &UrlPath, locale: LocaleId, title: &str) -> Frame<'t> {
        let messages = self.model.theme.messages(locale);
        Frame { title_lang: messages.foreign(), ..self.frame(here, locale, messages.text(title)) }
    }

    /// The language switch, where each locale has its own address for the same thing.
    pub(crate) fn languages(
        &self,
        here: &UrlPath,
        current: LocaleId,
        url: impl Fn(LocaleId) -> (UrlPath, bool),
    ) -> Vec<Language<'a>> {
        let entry = |id: LocaleId| {
            let (to, fallback) = url(id);
            Language {
                tag: self.model.tag(id),
                name: self.language_name(id),
                href: here.relative_to(&to),
                current: id == current,
                fallback,
                site_title: self.model.config.title.get(id).filter(|(found, _)| *found == id).map(|(_, text)| text),
            }
        };
        self.model.locales().ids().map(entry).collect()
    }

    fn frame_page<'t>(
        &'t self,
        frame: &mut Frame<'t>,
        id: PageId,
        locale: LocaleId,
        edition: &'t Edition,
        here: &UrlPath,
        parallel: bool,
    ) {
        let model = self.model;
        let single = model.url(id, locale);
        frame.languages = self.languages(here, locale, |to| (model.url(id, to), !model.is_own(id, to)));
        frame.title_lang = (edition.title.locale != locale).then(|| model.tag(edition.title.locale));
        frame.description = edition.description.as_deref().filter(|_| edition.title.locale == locale);
        frame.robots = edition.robots.as_deref();
        // A page shown in another language for want of a translation is that language's page.
        let original =
            if let Availability::Fallback(shown) = edition.availability { model.url(id, shown) } else { single.clone() };
        frame.canonical = Some(model.public(here, &original));
        frame.parallel_href = model.has_parallel(id, locale).then(|| here.relative_to(&model.parallel_url(id, locale)));
        if locale == model.locales().source() {
            // The source's reader finds the pair through the first language that it was translated into.
            let target = model.facts(id).parallel.first().filter(|_| model.config.parallel);
            let lead = format!("?lead={}", model.tag(locale));
            frame.parallel_href = target.map(|target| here.relative_to(&model.parallel_url(id, *target)) + &lead);
        }
        frame.single_href = parallel.then(|| here.relative_to(&single));
        if !parallel {
            frame.alternates = self.alternates(id, here);
        }
    }

    /// The locales in which search engines may list a page's own text, and what to show a reader of any other: of the start page the choice of
    /// languages.
    pub(crate) fn alternates(&self, id: PageId, here: &UrlPath) -> Vec<Alternate<'a>> {
        let model = self.model;
        let listed: Vec<LocaleId> = model.locales().ids().filter(|to| model.is_listed(id, *to)).collect();
        let one = |tag: &'a str, to: &UrlPath| Alternate { tag, href: model.public(here, to) };
        let mut all: Vec<Alternate<'a>> = listed.iter().map(|to| one(model.tag(*to), &model.url(id, *to))).collect();
        let source = model.locales().source();
        let fallback = if listed.contains(&source) { Some(source) } else { listed.first().copied() };
        let is_start = model.start() == Some(id);
        all.extend(fallback.map(|to| one("x-default", &if is_start { UrlPath::root() } else { model.url(id, to) })));
        all
    }

    fn view<'t>(
        &'t self,
        frame: Frame<'t>,
        id: PageId,
        locale: LocaleId,
        edition: &Edition,
        body: &'t Body,
        here: &UrlPath,
    ) -> Result<ArticleView<'t>, ThemeError> {
        let parallel = body.beside.is_some();
        let model = self.model;
        let nav = self.sidebars.html(model, id, locale, here, parallel)?;
        let edit_path = || {
            let folder = &model.config.content;
            encoded(&if folder.is_empty() { edition.file.to_string() } else { format!("{folder}/{}", edition.file) })
        };
        Ok(ArticleView {
            breadcrumb: self.breadcrumb(id, locale, here),
            nav,
            contents: &body.contents,
            previous: model.nav.previous(id).and_then(|page| self.step(page, locale, here, parallel)),
            next: model.nav.next(id).and_then(|page| self.step(page, locale, here, parallel)),
            edit_href: model.config.edit_url.as_ref().map(|template| template.replace("{path}", &edit_path())),
            date: edition.date.map(|date| self.date(date, locale)),
            basis: edition.basis.map(|date| self.date(date, locale)),
            notices: notices(edition, model.facts(id).draft),
            article_lang: model.tag(body.locale),
            article_dir: model.locales().get(body.locale).direction(),
            body: Shared::html_with(Arc::clone(&body.html), 0, ""),
            columns: Vec::new(),
            form_script: None,
            report: self.report(locale, edition, body.beside, here),
            frame,
        })
    }

    /// Where a reader reports the translation: of a page in a language that it was translated into, if the site has the form.
    fn report(&self, locale: LocaleId, edition: &Edition, beside: Option<LocaleId>, here: &UrlPath) -> Option<Report<'a>> {
        let translated = matches!(edition.availability, Availability::Translated | Availability::Partial);
        let feedback = self.model.forms.feedback().filter(|_| translated)?;
        let (source, target) = (self.model.tag(beside.unwrap_or(self.model.locales().source())), self.model.tag(locale));
        let page = self.model.public(&UrlPath::root(), here);
        // Where the site's address is not known, the page is named by its path from the root.
        let page = if page.contains("://") { page } else { format!("/{page}") };
        let href = format!("{}?locale={target}&page={}&segment=page", feedback.action, encoded_value(&page));
        Some(Report { href, source, target, source_most: feedback.source_most, target_most: feedback.target_most })
    }

    fn breadcrumb(&self, id: PageId, locale: LocaleId, here: &UrlPath) -> Vec<Step<'a>> {
        let model = self.model;
        let title = model.site_title(locale);
        let home = Step {
            name: title.text,
            lang: title.foreign.map(|id| model.tag(id)),
            href: Some(here.relative_to(&model.home(locale))),
        };
        let above = model.nav.node_of(id).map(|node| model.nav.ancestors(node)).unwrap_or_default();
        let steps = above.into_iter().filter_map(|node| {
            let node = model.nav.get(node)?;
            let label = model.node_name(node, locale);
            let href = model.node_href(node, here, locale, false);
            Some(Step { name: label.text, lang: label.foreign.map(|id| model.tag(id)), href })
        });
        std::iter::once(home).chain(steps).collect()
    }

    fn step(&self, page: PageId, locale: LocaleId, here: &UrlPath, parallel: bool) -> Option<Step<'a>> {
        let label = self.model.page_name(page, locale)?;
        let parallel = parallel && self.model.has_parallel(page, locale);
        let url = if parallel { self.model.parallel_url(page, locale) } else { self.model.url(page, locale) };
        Some(Step { name: label.text, lang: label.foreign.map(|id| self.model.tag(id)), href: Some(here.relative_to(&url)) })
    }

    pub(super) fn date(&self, date: Date, locale: LocaleId) -> DateView {
        DateView { iso: date.iso(), text: self.model.theme.messages(locale).date(date.year, date.month, date.day) }
    }
}

fn notices(edition: &Edition, draft: bool) -> Vec<Notice> {
    let kinds = [
        (draft, "draft"),
        (matches!(edition.availability, Availability::Fallback(_)), "fallback"),
        (edition.machine, "machine"),
        (edition.availability == Availability::Partial, "partial"),
    ];
    kinds.into_iter().filter(|(holds, _)| *holds).map(|(_, kind)| Notice { kind }).collect()
}

/// What leads from an address to the site's root.
pub(crate) fn root(here: &UrlPath) -> String {
    "../".repeat(here.as_str().matches('/').count())
}

/// A value in the query of an address, in which `&` and `+` mean something.
fn encoded_value(text: &str) -> String {
    encoded(text).replace('&', "%26").replace('+', "%2B")
}

fn encoded(path: &str) -> String {
    let mut out = String::new();
    crate::vpath::percent_encode_into(path, &mut out);
    out
}
