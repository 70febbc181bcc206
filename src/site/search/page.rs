//! What search takes from a page.

use super::text::Text;
use super::{Edition, Entry};
use crate::locale::LocaleId;
use crate::site::body::Body;
use crate::site::model::Model;
use crate::site::nav::PageId;

/// The page as search sees it: its own text in each locale that has one, from its articles by locale.
pub(crate) fn entry(model: &Model<'_>, page: PageId, articles: &[Option<Body>]) -> Entry {
    let edition = |(locale, body): (LocaleId, &Option<Body>)| {
        let body = body.as_ref().filter(|_| model.is_own(page, locale))?;
        let title = model.page_name(page, locale).map(|name| name.text).unwrap_or_default();
        Some(Edition { title, text: Text::of_html(&body.html) })
    };
    let editions = model.locales().ids().zip(articles).map(edition).collect();
    Entry { address: model.catalog.pages[page.0 as usize].address.clone(), editions }
}
