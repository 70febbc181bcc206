//! A site of which everything is known, written file by file.

use std::collections::BTreeSet;
use std::io;

use super::{AT_ONCE, BuildError, Observer, indexed};
use crate::diag::Diagnostic;
use crate::locale::LocaleId;
use crate::site::body::{Bodies, Body, BodyWriter};
use crate::site::discover::Listing;
use crate::site::kept::Kept;
use crate::site::model::Model;
use crate::site::nav::PageId;
use crate::site::page::Reader;
use crate::site::print::Print;
use crate::site::render::{Rendered, Renderer};
use crate::site::search::index::Index;
use crate::site::search::page;
use crate::site::write::{Output, WriteError};
use crate::site::{export, read, threads};
use crate::theme::ThemeError;
use crate::vpath::{OutputPath, SourcePath};

/// A site that is ready to be written.
pub(super) struct Ready<'a> {
    pub(super) renderer: Renderer<'a>,
    pub(super) reader: &'a Reader<'a>,
    pub(super) kept: &'a Kept,
    pub(super) listing: &'a Listing,
    pub(super) pages: Vec<PageId>,
    /// What search finds, if the site is to have it.
    pub(super) index: Option<Index>,
    /// Prints of sections, if the site is to have them.
    pub(super) prints: Vec<Print>,
    /// Files of the docset that are published as they stand.
    pub(super) resources: BTreeSet<SourcePath>,
    pub(super) extras: Vec<Rendered>,
}

impl Ready<'_> {
    /// Writes all files. One thread begins with what is no page, the others with the pages.
    pub(super) fn write(mut self, output: &Output, observer: &dyn Observer) -> Result<(), BuildError> {
        observer.phase("render", self.pages.len());
        let index = self.index.take();
        let write_page = |number: usize, page: &PageId| -> Result<(), BuildError> {
            let model = self.renderer.model;
            let text = text_of(model, self.reader, self.kept, *page)?;
            for file in self.renderer.page(*page, &text)? {
                output.put(&file.path, &file.text.pieces())?;
            }
            self.export(output, *page)?;
            if let Some(index) = &index {
                indexed::add(index, number, page::entry(model, *page, &text.articles), output)?;
            }
            observer.step();
            Ok(())
        };
        let write_pages = || threads::try_for_each(&self.pages, AT_ONCE, write_page);
        let (pages, others) = threads::join(write_pages, || self.write_others(output));
        pages.and(others)?;
        self.prints.iter().try_for_each(|print| self.print(output, print))?;
        Ok(index.map_or(Ok(()), |index| indexed::finish(index, output))?)
    }

    /// Writes what is published of a page beside its HTML. For that it is read again.
    fn export(&self, output: &Output, page: PageId) -> Result<(), WriteError> {
        let model = self.renderer.model;
        if !export::reads_pages(&model.config.exports) {
            return Ok(());
        }
        let read = self.reader.page(&model.catalog.pages[page.0 as usize], &mut Vec::new());
        export::of_page(model, page, &read).iter().try_for_each(|file| output.put(&file.path, &file.text.pieces()))
    }

    /// Writes a print of a section. One at a time, so that no more than its articles are in memory.
    fn print(&self, output: &Output, print: &Print) -> Result<(), BuildError> {
        let model = self.renderer.model;
        let locales: Vec<LocaleId> = model.locales().ids().collect();
        let files = self.renderer.print(print, &locales, &|page, locales| texts_of(model, self.reader, page, locales))?;
        Ok(files.iter().try_for_each(|file| output.put(&file.path, &file.text.pieces()))?)
    }

    /// Writes what is no page.
    fn write_others(&self, output: &Output) -> Result<(), BuildError> {
        threads::try_for_each(&self.extras, threads::ANY, |_, file| output.put(&file.path, &file.text.pieces()))?;
        for asset in self.renderer.model.theme.assets().iter() {
            if let Ok(path) = OutputPath::parse(&asset.path) {
                output.put(&path, &[&asset.bytes])?;
            }
        }
        let resources: Vec<&SourcePath> = self.resources.iter().collect();
        threads::try_for_each(&resources, threads::ANY, |_, resource| {
            let (Some(found), Ok(path)) = (self.listing.find(resource), OutputPath::parse(resource.as_str())) else {
                return Ok(());
            };
            // It could be read when links were looked up.
            let gone = |diagnostic: Diagnostic| WriteError::Io(resource.as_str().into(), io::Error::other(diagnostic.message));
            output.put(&path, &[&read::read_found_bytes(self.listing, found).map_err(gone)?])
        })?;
        Ok(())
    }
}

/// The text of a page of the resolved site: what was kept of it, if what it supposes is true or can be mended.
pub(super) fn text_of(model: &Model<'_>, reader: &Reader<'_>, kept: &Kept, page: PageId) -> Result<Bodies, ThemeError> {
    let known = kept.take(page.0 as usize).and_then(|text| text.mended(model, page));
    known.map_or_else(|| bodies(model, reader, page), Ok)
}

/// The text of a page in some locales, read again.
pub(super) fn texts_of(
    model: &Model<'_>,
    reader: &Reader<'_>,
    page: PageId,
    locales: &[LocaleId],
) -> Result<Vec<Option<Body>>, ThemeError> {
    let read = reader.page(&model.catalog.pages[page.0 as usize], &mut Vec::new());
    let writer = BodyWriter::of(model, page);
    locales.iter().map(|locale| writer.one(&read, *locale, false)).collect()
}

/// The text of a page of the resolved site, read again.
fn bodies(model: &Model<'_>, reader: &Reader<'_>, page: PageId) -> Result<Bodies, ThemeError> {
    let read = reader.page(&model.catalog.pages[page.0 as usize], &mut Vec::new());
    BodyWriter::of(model, page).bodies(&read).checked()
}
