//! Which of the site's sources are meant by paths that may have changed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use super::Live;
use crate::config::FILE_NAME;
use crate::site::discover;
use crate::site::forms;
use crate::site::read::{self, Kind};
use crate::vpath::SourcePath;

/// Files that may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// These, and what is below them where they are folders; whole paths, without symbolic links in the site's own folder.
    Paths(Vec<PathBuf>),
    /// Any.
    All,
}

/// What of a site may have changed.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) config: bool,
    pub(super) theme: bool,
    pub(super) forms: bool,
    /// Files may have come or gone.
    pub(super) listing: bool,
    /// Files of the listing that may hold something else.
    pub(super) files: BTreeSet<SourcePath>,
}

impl Live {
    pub(super) fn news(&self, changes: &Changes) -> News {
        let mut news = News::default();
        match changes {
            Changes::All => {
                // A file that was never read tells by its length and time that it has changed.
                let files = self.digests.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
                news = News { config: true, theme: true, forms: true, listing: true, files };
            }
            Changes::Paths(paths) => paths.iter().for_each(|path| self.of_path(path, &mut news)),
        }
        news
    }

    fn of_path(&self, path: &Path, news: &mut News) {
        let root = &self.config.root;
        news.config |= *path == root.join(FILE_NAME) || path == root;
        news.theme |= self.config.site.theme != "default" && touches(path, &root.join("themes").join(&self.config.site.theme));
        news.forms |= forms::files(&self.config, &self.listing).iter().any(|file| touches(path, file));
        let folder =
            if self.listing.folder.as_os_str().is_empty() { self.config.content_folder() } else { self.listing.folder.clone() };
        match path.strip_prefix(&folder) {
            Ok(below) if !below.as_os_str().is_empty() => self.of_content(path, below, news),
            _ if folder.starts_with(path) => self.below("", news),
            _ if discover::is_setting_above(path, &folder) => news.listing = true,
            // Links of the content may lead anywhere in the site's folder.
            _ if path.starts_with(root) && self.listing.files.iter().any(|found| found.linked) => {
                news.listing = true;
                news.files.extend(self.listing.files.iter().filter(|found| found.linked).map(|found| found.path.clone()));
            }
            _ => {}
        }
    }

    fn of_content(&self, path: &Path, below: &Path, news: &mut News) {
        if discover::is_hidden(below) {
            return;
        }
        let Some(below) = below.to_str().and_then(|below| SourcePath::parse(below).ok()) else {
            // A name that cannot be written is reported by who lists the folder.
            news.listing = true;
            return;
        };
        let listed = self.listing.find(&below).is_some();
        match read::kind(path) {
            Kind::File if listed => _ = news.files.insert(below),
            Kind::File => news.listing = true,
            Kind::Folder | Kind::Other => self.below(below.as_str(), news),
            Kind::Gone if listed => self.below(below.as_str(), news),
            Kind::Gone => {
                let folder = format!("{below}/");
                let at = self.listing.files.partition_point(|found| found.path.as_str() < folder.as_str());
                news.listing |= self.listing.files.get(at).is_some_and(|found| found.path.as_str().starts_with(&folder));
                // A link that leads nowhere is reported.
                news.listing |= self.listed.iter().any(|d| d.span.path == below);
            }
        }
    }

    /// Anything below a folder of the content may have changed.
    fn below(&self, folder: &str, news: &mut News) {
        news.listing = true;
        let below =
            |path: &SourcePath| folder.is_empty() || path.as_str().strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        news.files.extend(self.listing.files.iter().map(|found| &found.path).filter(|path| below(path)).cloned());
    }
}

/// Whether one of two paths is the other, or a folder above it.
fn touches(one: &Path, other: &Path) -> bool {
    one.starts_with(other) || other.starts_with(one)
}
