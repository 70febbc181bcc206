//! The search index of a live site: it follows the edits, and is made a file at a time.

use std::sync::PoisonError;

use super::{Content, Live};
use crate::site::body::BodyWriter;
use crate::site::library::Library;
use crate::site::model::Model;
use crate::site::nav::PageId;
use crate::site::search::{Entry, live, page};
use crate::site::threads;
use crate::vpath::{OutputPath, SourcePath};

/// The index, and which reading of each page it holds.
#[derive(Debug, Default)]
pub(super) struct Indexed {
    index: Option<live::Live>,
    /// The languages that it is of.
    tags: Vec<String>,
    /// By number: the page, its reading, and the states of what else its text is made from: forms and messages, and other files, for an image that
    /// is missing stands as a text.
    pages: Vec<(PageId, u64, u64, u64)>,
}

impl Live {
    /// A file of the index, if there is one at the path. Pages that have changed since the last one are read again.
    pub(super) fn indexed(&self, path: &str) -> Option<Content> {
        if !self.config.site.search || !path.contains("/search/") {
            return None;
        }
        let mut indexed = self.indexed.lock().unwrap_or_else(PoisonError::into_inner);
        self.with(|model, library| self.bring_up(&mut indexed, model, library));
        let bytes = indexed.index.as_mut()?.file(path)?;
        Some(Content::new(OutputPath::parse(path).ok()?, bytes))
    }

    fn bring_up(&self, indexed: &mut Indexed, model: &Model<'_>, library: &Library<'_>) {
        let now: Vec<_> =
            model.pages().map(|page| (page, self.learned(page.0 as usize).known.read, self.stage, self.outlook)).collect();
        let same = now.iter().map(|(page, ..)| page).eq(indexed.pages.iter().map(|(page, ..)| page));
        let tags: Vec<String> = model.locales().ids().map(|id| model.tag(id).to_owned()).collect();
        if !same || indexed.index.is_none() || indexed.tags != tags {
            *indexed = Indexed { index: Some(live::Live::new(tags.clone(), now.len())), tags, pages: Vec::new() };
        }
        let changed = now.iter().enumerate().filter(|(number, state)| indexed.pages.get(*number) != Some(state));
        let changed: Vec<(usize, PageId)> = changed.map(|(number, (page, ..))| (number, *page)).collect();
        let entries = threads::map(&changed, threads::ANY, |_, (number, page)| (*number, self.entry(model, library, *page)));
        for (number, entry) in entries {
            if let (Some(index), Some(entry)) = (&mut indexed.index, entry) {
                index.set(number, entry);
            }
        }
        indexed.pages = now;
    }

    /// The page as search sees it; `None` while it cannot be read, so that it stays as it was.
    fn entry(&self, model: &Model<'_>, library: &Library<'_>, id: PageId) -> Option<Entry> {
        if self.learned(id.0 as usize).known.broken {
            return None;
        }
        let files = &self.catalog.pages[id.0 as usize];
        let (read, _) = self.page(files, &mut Vec::new(), library, &|path: &SourcePath| self.read(path));
        let writer = BodyWriter::of(model, id);
        let articles = model.locales().ids().map(|locale| writer.one(&read, locale, false).ok().flatten()).collect::<Vec<_>>();
        Some(page::entry(model, id, &articles))
    }
}
