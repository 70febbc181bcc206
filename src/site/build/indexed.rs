//! What search takes from a page that is rendered.

use crate::site::body::Bodies;
use crate::site::model::Model;
use crate::site::nav::PageId;
use crate::site::search::index::Index;
use crate::site::search::text::Text;
use crate::site::search::{Edition, Entry};
use crate::site::write::{Output, WriteError};
use crate::vpath::OutputPath;

/// The index of the site's pages, if it is to have one.
pub(super) fn index(model: &Model<'_>, pages: &[PageId]) -> Option<Index> {
    let tags = model.locales().ids().map(|id| model.tag(id).to_owned()).collect();
    model.config.search.then(|| Index::new(tags, pages.len()))
}

/// The page as search sees it: its own text in each locale that has one.
pub(super) fn entry(model: &Model<'_>, page: PageId, bodies: &Bodies) -> Entry {
    let edition = |(locale, body): (crate::locale::LocaleId, &Option<crate::site::body::Body>)| {
        let html = body.as_ref().filter(|_| model.is_own(page, locale))?.html.as_str();
        let title = model.page_name(page, locale).map(|name| name.text).unwrap_or_default();
        Some(Edition { title, text: Text::of_html(html) })
    };
    let editions = model.locales().ids().zip(&bodies.articles).map(edition).collect();
    Entry { address: model.catalog.pages[page.0 as usize].address.clone(), editions }
}

/// Puts a page into the index, and what is ready with it into the output.
pub(super) fn add(index: &Index, number: usize, entry: Entry, output: &Output) -> Result<(), WriteError> {
    index.add(number, entry).into_iter().try_for_each(|file| put(output, &file.path, &file.bytes))
}

/// Writes the rest of the index.
pub(super) fn finish(index: Index, output: &Output) -> Result<(), WriteError> {
    index.finish(|file| put(output, &file.path, &file.bytes))
}

fn put(output: &Output, path: &str, bytes: &[u8]) -> Result<(), WriteError> {
    OutputPath::parse(path).map_or(Ok(()), |path| output.put(&path, bytes))
}
