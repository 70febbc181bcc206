//! What a page's text finds around it: addresses, code, forms, and the words of its language.

use std::cell::{Cell, RefCell};

use crate::locale::LocaleId;
use crate::site::html::{Surroundings, Twin};
use crate::site::markdown::directive::SnippetSpec;
use crate::site::model::Model;
use crate::site::nav::PageId;
use crate::site::resolve::Target;
use crate::theme::ThemeError;
use crate::vpath::{SourcePath, UrlPath};

/// What a page's text finds around it.
pub(super) struct Around<'a> {
    model: &'a Model<'a>,
    page: PageId,
    locale: LocaleId,
    here: UrlPath,
    twins: Vec<Twin>,
    /// Whether a form was shown.
    has_form: Cell<bool>,
    /// Why one could not be.
    failed: RefCell<Option<ThemeError>>,
}

impl<'a> Around<'a> {
    pub(super) fn new(model: &'a Model<'a>, page: PageId, locale: LocaleId, here: UrlPath, parallel: bool) -> Self {
        let others = model
            .locales()
            .ids()
            .filter(|id| !parallel && *id != locale && model.is_own(page, *id) && model.is_own(page, locale));
        let twins = others
            .map(|id| {
                let name = model.theme.messages(id).get("language_name").to_owned();
                let label = model.theme.messages(locale).format("heading_twin", &[("language", &name)]);
                Twin { href: here.relative_to(&model.url(page, id)), tag: model.tag(id).to_owned(), name, label }
            })
            .collect();
        Self { model, page, locale, here, twins, has_form: Cell::new(false), failed: RefCell::new(None) }
    }

    /// Whether the text that was written holds a form.
    ///
    /// # Errors
    /// The form's template failed.
    pub(super) fn has_form(self) -> Result<bool, ThemeError> {
        self.failed.into_inner().map_or(Ok(self.has_form.get()), Err)
    }

    fn href(&self, target: Target) -> Option<String> {
        match target {
            Target::Nowhere => None,
            Target::Elsewhere(address) => Some(address),
            Target::Here(fragment) => Some(format!("#{fragment}")),
            Target::Page(page, fragment) => {
                let url = self.here.relative_to(&self.model.url(page, self.locale));
                Some(fragment.map_or_else(|| url.clone(), |fragment| format!("{url}#{fragment}")))
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
        self.href(self.model.resolver().link(file, self.page, self.locale, written).target)
    }

    fn resource(&self, file: &SourcePath, written: &str) -> Option<String> {
        self.href(self.model.resolver().resource(file, written).ok()?)
    }

    fn snippet(&self, file: &SourcePath, spec: &SnippetSpec) -> Option<String> {
        self.model.library.snippet(&self.model.resolver().snippet(file, &spec.source).ok()?, spec)
    }

    fn form(&self, name: &str) -> Option<String> {
        let html = self.model.forms.html(self.model.theme, name, self.locale, &self.here);
        let html = html.unwrap_or_else(|error| {
            self.failed.replace(Some(error));
            None
        });
        self.has_form.set(self.has_form.get() || html.is_some());
        html
    }

    fn message(&self, key: &str) -> &str {
        // A key that no message file has would be given back as it is, with the key's lifetime; every key used here stands in all files.
        self.model.theme.messages(self.locale).text(key)
    }

    fn twins(&self) -> &[Twin] {
        &self.twins
    }

    fn tag(&self, locale: LocaleId) -> &str {
        self.model.tag(locale)
    }
}
