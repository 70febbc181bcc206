//! A site's look and words: templates, messages in every locale, and static files.
//!
//! The default theme is part of the binary. A site's own `themes/NAME` lies over it file by file: a template or static
//! file of the same name takes the place of the built-in one, and a message file replaces single messages. A template that
//! replaces a built-in one can still build on it: `{% extends "default/page.html" %}`.
//!
//! Only `load` reads files; everything else takes values and gives values.

mod assets;
mod engine;
mod error;
mod frame;
mod load;
mod messages;
pub mod phrases;
mod rope;
mod slim;
mod toml_messages;
mod words;

use std::path::Path;

pub use assets::{Asset, Assets};
pub use engine::Shared;
pub use error::{Place, ThemeError, ThemeErrorKind};
pub use messages::{Messages, fill_into};
pub use rope::Rope;

use crate::locale::{LocaleId, LocaleSet};
use crate::source::Digest;
use engine::Engine;
use load::Layers;

/// A theme that is ready to render: its templates are parsed, its messages agree, its static files have their names.
#[derive(Debug)]
pub struct Theme {
    engine: Engine,
    messages: Vec<Messages>,
    assets: Assets,
    locales: LocaleSet,
    digest: Digest,
}

impl Theme {
    /// The built-in theme, with a site's own theme folder over it, for the locales of the site.
    ///
    /// # Errors
    /// The folder or a file of it cannot be read, a template or message file is damaged, message files disagree,
    /// or a style sheet names a file that does not exist.
    pub fn load(overlay: Option<&Path>, locales: &LocaleSet) -> Result<Self, ThemeError> {
        Self::from_layers(&Layers::read(overlay)?, locales)
    }

    fn from_layers(layers: &Layers, locales: &LocaleSet) -> Result<Self, ThemeError> {
        let mut messages = messages::of_locales(layers, locales)?;
        let mut assets = Assets::build(layers)?;
        for (id, messages) in locales.ids().zip(&mut messages) {
            let file = assets.make(words::name(locales.get(id).as_str()), words::script(messages));
            messages.set_script(file)?;
        }
        let engine = Engine::build(layers, locales, &messages, &assets)?;
        Ok(Self { engine, messages, assets, locales: locales.clone(), digest: layers.digest(locales) })
    }

    /// Renders a template such as `page.html` with the fields of `view`. Values are escaped for HTML unless they are [`Shared::html`].
    ///
    /// # Errors
    /// There is no such template, or it uses a value that the view does not have.
    pub fn render(&self, template: &str, view: &impl serde::Serialize) -> Result<String, ThemeError> {
        self.engine.render(template, view)
    }

    /// Renders a template once for each view, one behind the other.
    ///
    /// # Errors
    /// As [`Theme::render`].
    pub fn render_each<V: serde::Serialize>(&self, template: &str, views: &[V]) -> Result<String, ThemeError> {
        const USUAL: usize = 128;
        let mut html = Vec::with_capacity(views.len() * USUAL);
        for view in views {
            html.append(&mut self.engine.render_pieces(template, view)?.into_bytes());
        }
        engine::text(&html)
    }

    /// As [`Theme::render`], in pieces.
    ///
    /// # Errors
    /// As [`Theme::render`].
    pub fn render_pieces(&self, template: &str, view: &impl serde::Serialize) -> Result<Rope, ThemeError> {
        self.engine.render_pieces(template, view)
    }

    /// The messages of a locale of the site this theme was loaded for.
    ///
    /// # Panics
    /// The place is not one of the [`LocaleSet`] that the theme was loaded with.
    pub fn messages(&self, locale: LocaleId) -> &Messages {
        &self.messages[locale.index()]
    }

    /// The locales without a message file, whose readers get English words, and the name of the file that each lacks.
    pub fn without_words(&self) -> impl Iterator<Item = (LocaleId, String)> + '_ {
        let lacking = self.locales.ids().filter(|id| self.messages(*id).foreign().is_some());
        lacking.map(|id| (id, messages::file_name(&self.locales, id)))
    }

    /// The static files, by the names they have in the output.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// Where a static file stands, relative to the site's root: `assets/site.0123456789.css` for `site.css`.
    /// A name that the theme does not have is given back as it is.
    pub fn asset_url<'a>(&'a self, name: &'a str) -> &'a str {
        self.assets.get(name).map_or(name, |asset| &asset.path)
    }

    /// Whether the theme was loaded for these locales.
    pub fn is_for(&self, locales: &LocaleSet) -> bool {
        self.locales == *locales
    }

    /// A digest of everything that the theme puts into a page.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

#[cfg(test)]
mod tests;
