//! The index of a site, written with its pages.

use crate::site::model::Model;
use crate::site::nav::PageId;
use crate::site::search::Entry;
use crate::site::search::index::Index;
use crate::site::write::{Output, WriteError};
use crate::vpath::OutputPath;

/// The index of the site's pages, if it is to have one.
pub(super) fn index(model: &Model<'_>, pages: &[PageId]) -> Option<Index> {
    let tags = model.locales().ids().map(|id| model.tag(id).to_owned()).collect();
    model.config.search.then(|| Index::new(tags, pages.len()))
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
    OutputPath::parse(path).map_or(Ok(()), |path| output.put(&path, &[bytes]))
}
