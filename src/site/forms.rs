//! The site's forms, for the pages that they stand in.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::discover::Listing;
use super::read;
use crate::config::{Config, FormConfig, LocaleMap};
use crate::diag::{Code, Diagnostic, Span, nearest};
use crate::form::view::{FormView, Showing, view};
use crate::form::{self, FormSpec};
use crate::locale::{LocaleId, LocaleSet};
use crate::ordered::Map;
use crate::source::Digest;
use crate::theme::{Theme, ThemeError};
use crate::vpath::{SourcePath, UrlPath};

/// The forms of a site by name.
#[derive(Debug)]
pub(crate) struct Forms {
    locales: LocaleSet,
    all: Map<String, Form>,
    digest: Digest,
}

#[derive(Debug)]
struct Form {
    config: FormConfig,
    /// `None` where the specification has a fault, which is reported.
    spec: Option<FormSpec>,
    action: String,
}

/// The form with which a reader reports a translation.
const FEEDBACK: &str = "translation-feedback";
/// The template that shows a form within an article.
const TEMPLATE: &str = "form.html";

impl Forms {
    /// Reads the specifications of all forms that the configuration names.
    pub(crate) fn read(config: &Config, listing: &Listing, found: &mut Vec<Diagnostic>) -> Self {
        let mut inputs = String::new();
        let mut all = Map::new();
        for (name, form) in &config.forms {
            let spec = specification(config, name, &form.spec, listing, found, &mut inputs);
            all.insert(name.clone(), Form { config: form.clone(), spec, action: action(config, name) });
        }
        let _ = write!(inputs, "{:?} {:?}", config.forms, config.intake.public_url);
        Self { locales: config.site.locales.clone(), all, digest: Digest::of(inputs.as_bytes()) }
    }

    /// A digest of everything that the forms put into pages.
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether the site has no forms.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What each form is called, and how to reach somebody where it cannot be sent.
    pub(crate) fn contacts(&self, locale: LocaleId) -> Vec<Contact<'_>> {
        let named =
            self.all.values().filter_map(|form| Some((form.spec.as_ref()?, form.config.contact.as_ref()?.get(locale)?.1)));
        named.map(|(spec, text)| Contact { form: spec.title.get(locale), text }).collect()
    }

    /// Where a reader reports a translation, if the site has the form for it and lets the segment be filled in, as every form does the page.
    pub(crate) fn feedback(&self) -> Option<Feedback<'_>> {
        let Form { spec: Some(spec), action, .. } = self.all.get(FEEDBACK)? else { return None };
        let field = |name: &str| spec.field(name).filter(|field| field.prefill);
        // An answer's bytes are at most four for each character.
        let most = |name: &str| field(name).map_or(0, |field| field.limits.graphemes.min(field.limits.bytes / 4));
        field("segment").map(|_| Feedback { action, source_most: most("source_text"), target_most: most("target_text") })
    }

    /// What is wrong with a page that names a form: message and help.
    pub(crate) fn fault(&self, name: &str) -> Option<(String, Cow<'static, str>)> {
        if self.all.contains_key(name) {
            return None;
        }
        let help = match nearest(name, self.all.keys().map(String::as_str)) {
            Some(known) => format!("did you mean `{known}`?").into(),
            None => "name a form of madoguchi.toml, or add it there: [form.NAME]".into(),
        };
        Some((format!("there is no form `{name}`"), help))
    }

    /// The form as HTML, for a page in a locale; `None` where its specification has a fault.
    pub(crate) fn html(&self, theme: &Theme, name: &str, locale: LocaleId, page: &UrlPath) -> Result<Option<String>, ThemeError> {
        let Some(Form { config, spec: Some(spec), action }) = self.all.get(name) else { return Ok(None) };
        fn text(texts: &Option<LocaleMap>, locale: LocaleId) -> Option<(LocaleId, &str)> {
            texts.as_ref().and_then(|texts| texts.get(locale))
        }
        let showing = Showing {
            locale,
            locales: &self.locales,
            action,
            page: page.as_str(),
            submission_id: "",
            token: "",
            contact: text(&config.contact, locale),
            promise: text(&config.promise, locale),
            privacy: text(&config.privacy, locale),
            values: &[],
            faults: &[],
        };
        let data = Data { f: view(spec, &showing), t: theme.messages(locale) };
        theme.render(TEMPLATE, &data).map(Some)
    }

    /// Shows each form once in each locale, so that a fault of the template is found before anything is written.
    pub(crate) fn prove(&self, theme: &Theme) -> Result<(), ThemeError> {
        for name in self.all.keys() {
            for locale in self.locales.ids() {
                self.html(theme, name, locale, &UrlPath::root())?;
            }
        }
        Ok(())
    }
}

/// Where a reader reports a translation.
pub(crate) struct Feedback<'a> {
    /// The address of the form.
    pub(crate) action: &'a str,
    /// How many characters of the original the form takes from an address; 0 where it takes none.
    pub(crate) source_most: usize,
    /// The same of the translation.
    pub(crate) target_most: usize,
}

/// How to reach somebody where a form cannot be sent.
#[derive(serde::Serialize)]
pub(crate) struct Contact<'a> {
    form: &'a str,
    text: &'a str,
}

#[derive(serde::Serialize)]
struct Data<'a> {
    f: FormView,
    t: &'a crate::theme::Messages,
}

/// Where a form is sent to: the counter's public address, else its place on the host that the pages come from.
fn action(config: &Config, name: &str) -> String {
    let base = config.intake.public_url.as_ref().map_or("/requests/", |url| url.as_str());
    format!("{base}{name}")
}

/// The files that the specifications of all forms stand in.
pub(crate) fn files(config: &Config, listing: &Listing) -> Vec<PathBuf> {
    let place = |form: &FormConfig| Some(listing.folder.join(below_content(config, &form.spec)?.as_str()));
    config.forms.values().filter_map(place).collect()
}

/// A path of the configuration, which counts from the site's folder, as one from the content folder.
fn below_content(config: &Config, path: &str) -> Option<SourcePath> {
    let below = path.strip_prefix(config.site.content.as_str()).unwrap_or(path).trim_start_matches('/');
    SourcePath::parse(below).ok()
}

fn specification(
    config: &Config,
    name: &str,
    path: &str,
    listing: &Listing,
    found: &mut Vec<Diagnostic>,
    inputs: &mut String,
) -> Option<FormSpec> {
    let path = below_content(config, path)?;
    let Some(read) = read::read_named(listing, &path) else {
        let message = format!("the form `{name}` has no specification: there is no such file");
        let help = format!("add the file, or correct `spec` in madoguchi.toml under [form.{name}]");
        found.push(Diagnostic::new(Code::FormMissing, Span::file(path), message).help(help));
        return None;
    };
    let source = read.map_err(|diagnostic| found.push(diagnostic)).ok()?;
    let _ = write!(inputs, "{:?} ", source.digest());
    form::parse(name, &source, &config.site.locales).unpack(found)
}
