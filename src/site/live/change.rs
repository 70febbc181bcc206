//! From files that may have changed to a site that is up to date, with as little work as that takes.

use std::collections::BTreeSet;
use std::sync::{OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use super::Live;
use super::memory::Memory;
use super::news::Changes;
use super::outlook::Changed;
use super::pages::Learned;
use crate::config::Config;
use crate::ordered::{self, Set};
use crate::site::catalog::{Catalog, PageFiles, is_yaml_page};
use crate::site::discover::{Found, Listing, discover_state};
use crate::site::{build, model, parts, read, redirect, settings, threads, toc};
use crate::source::Digest;
use crate::theme::Theme;
use crate::vpath::SourcePath;

impl Live {
    /// Looks at files that may have changed, and makes anew what is made from those that have. Says whether anything has.
    ///
    /// Only content counts: a file that was touched, or written again as it was, has not changed.
    pub fn refresh(&mut self, changes: &Changes) -> bool {
        let before = self.generation;
        let mut news = self.news(changes);
        // What is wrong with the configuration may be that the content names no locale that it speaks of.
        if news.config || self.faults.config.is_some() {
            self.renew_config();
        }
        if news.theme {
            self.renew_theme();
        }
        if news.forms {
            self.make_forms();
        }
        let stands = if news.listing { self.relist(&mut news.files) } else { true };
        let changed: BTreeSet<SourcePath> = news.files.into_iter().filter(|path| self.is_new(path)).collect();
        if !stands || !changed.is_empty() {
            self.generation += 1;
            self.renew_content(&changed, stands);
            if !self.reading && self.have_tags_changed(&changed) {
                self.renew_config();
            }
        }
        self.generation != before
    }

    /// Makes anew what was made before all pages were read. Says whether something is otherwise than it was supposed.
    pub fn complete(&mut self) -> bool {
        self.reading = false;
        self.memory = OnceLock::from(Memory::default());
        let (nav, tables) = (std::mem::take(&mut self.nav), std::mem::take(&mut self.table_locales));
        self.make_nav();
        self.note_tags();
        let named = self.entries.iter().filter_map(OnceLock::get).any(|entry| !entry.facts.uids.is_empty());
        let same = nav == self.nav && tables == self.table_locales && !named;
        if !same {
            self.generation += 1;
            self.outlook += 1;
        }
        let known = self.generation;
        if self.have_tags_changed(&BTreeSet::new()) {
            self.renew_config();
        }
        !same || self.generation != known
    }

    fn renew_config(&mut self) {
        let (config, tags) = match (self.configure)() {
            Ok(configured) => configured,
            Err(error) => {
                self.generation += u64::from(self.faults.config.as_ref() != Some(&error));
                self.faults.config = Some(error);
                return;
            }
        };
        if self.faults.config.take().is_some() {
            self.generation += 1;
        }
        self.tags = tags;
        if config != self.config {
            self.take_config(config);
        }
    }

    fn take_config(&mut self, config: Config) {
        let old = std::mem::replace(&mut self.config, config);
        let (new, old) = (&self.config.site, &old.site);
        let (locales, content) = (new.locales != old.locales, new.content != old.content);
        self.generation += 1;
        self.outlook += 1;
        self.stage += 1;
        // The glossary is part of what pages are looked at with.
        for entry in self.entries.iter_mut().filter_map(OnceLock::get_mut) {
            *self.reads.get_mut() += 1;
            entry.known.read = *self.reads.get_mut();
        }
        if locales || new.theme != old.theme {
            self.renew_theme();
        }
        if locales || content {
            self.forget();
            self.read_all();
            return;
        }
        let web_roots = model::web_roots(&self.config.site);
        if std::mem::replace(&mut self.web_roots, web_roots) != self.web_roots {
            self.make_nav();
        }
        self.make_forms();
        self.resources.get_mut().unwrap_or_else(PoisonError::into_inner).forget_all();
    }

    fn renew_theme(&mut self) {
        let fault = match parts::theme(&self.config) {
            Ok(theme) => {
                let same = theme.digest() == self.theme.digest();
                self.generation += u64::from(!same);
                self.stage += u64::from(!same);
                self.theme = theme;
                None
            }
            Err(error) => {
                // The theme that was good serves on, unless it knows other locales.
                if let Ok(theme) = Theme::load(None, &self.config.site.locales)
                    && !self.theme.is_for(&self.config.site.locales)
                {
                    self.theme = theme;
                    self.stage += 1;
                }
                Some(error)
            }
        };
        self.generation += u64::from(self.faults.theme != fault);
        self.faults.theme = fault;
    }

    /// Forgets all that was read.
    fn forget(&mut self) {
        self.entries.clear();
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Lists the content anew, and adds what may hold something else to `files`. Whether all is as it was but for that.
    fn relist(&mut self, files: &mut BTreeSet<SourcePath>) -> bool {
        let mut listed = Vec::new();
        let listing = discover_state(&self.config.root, &self.config.site.content).unpack(&mut listed);
        let old = std::mem::replace(&mut self.listing, listing);
        let mut stands = std::mem::replace(&mut self.listed, listed) == self.listed && old.folder == self.listing.folder;
        for found in &old.files {
            match self.listing.find(&found.path) {
                Some(now) if now == found => {}
                Some(now) => {
                    stands &= now.linked == found.linked;
                    files.insert(now.path.clone());
                }
                None => {
                    stands = false;
                    files.insert(found.path.clone());
                }
            }
        }
        for found in self.listing.files.iter().filter(|found| old.find(&found.path).is_none()) {
            stands = false;
            files.insert(found.path.clone());
        }
        stands
    }

    /// Whether a file holds something else than when it was last read, or is gone, or was never read.
    fn is_new(&self, path: &SourcePath) -> bool {
        let bytes = self.listing.find(path).and_then(|found| read::read_found_bytes(&self.listing, found).ok());
        let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bytes) = bytes else {
            digests.remove(path);
            self.allowed.forget(path);
            return true;
        };
        let digest = Digest::of(&bytes);
        let new = digests.insert(path.clone(), digest) != Some(digest);
        if new {
            self.allowed.forget(path);
        }
        new
    }

    /// Makes anew what is made from files that hold something else; `stands` if no file has come or gone.
    fn renew_content(&mut self, changed: &BTreeSet<SourcePath>, stands: bool) {
        let lower = ordered::set(changed.iter().map(|path| path.as_str().to_lowercase()));
        let uses = |entry: &Learned| entry.known.uses.iter().any(|path| lower.contains(&**path));
        let mut pages = ordered::set((0..self.entries.len()).filter(|at| self.entries[*at].get().is_some_and(uses)));
        let mut outlook = Changed::default();
        if !stands || changed.iter().any(|path| self.is_of_catalog(path)) {
            let addresses: Vec<String> = pages.iter().map(|at| self.catalog.pages[*at].address.clone()).collect();
            pages = self.recatalog(changed);
            pages.extend(addresses.iter().filter_map(|address| Some(self.catalog.at(address)?.0 as usize)));
            outlook = Changed { standing: true, names: true, places: true };
        } else {
            pages.extend(changed.iter().filter_map(|path| Some(self.catalog.page(path)?.0 as usize)));
        }
        let tables = changed.iter().any(toc::is_toc);
        // A file that is no page may be one that pages show a part of.
        let others = changed.iter().any(|path| self.catalog.page(path).is_none());
        let seen = self.read_pages(pages.into_iter().collect());
        if outlook.standing || seen.standing || tables {
            self.make_nav();
        } else if seen.names {
            self.make_table_locales();
        }
        if outlook.any() || seen.any() || tables || others {
            self.outlook += 1;
        }
    }

    /// Whether the catalog is made from what a file holds.
    fn is_of_catalog(&self, path: &SourcePath) -> bool {
        if settings::is_settings(path) || redirect::is_redirections(path) {
            return true;
        }
        let yaml = matches!(path.extension().as_str(), "yml" | "yaml") && !toc::is_toc(path);
        yaml && self.catalog.page(path).is_some() != self.read(path).is_ok_and(|source| is_yaml_page(&source.text))
    }

    /// Makes the catalog anew, with what is known of pages that are made from the same files. Gives the pages to be read.
    fn recatalog(&mut self, changed: &BTreeSet<SourcePath>) -> Set<usize> {
        let mut old = self.make_catalog();
        let mut before: FxHashMap<String, (PageFiles, OnceLock<Learned>)> = FxHashMap::default();
        for (files, entry) in old.pages.drain(..).zip(std::mem::take(&mut self.entries)) {
            before.insert(files.address.clone(), (files, entry));
        }
        *self.next.get_mut() = 0;
        let mut unread = Set::default();
        for (at, page) in self.catalog.pages.iter().enumerate() {
            let settled = |path: &SourcePath| {
                !changed.contains(path) && old.settings.locale_of(path) == self.catalog.settings.locale_of(path)
            };
            let entry = match before.remove(&page.address) {
                Some((files, entry)) => {
                    if files != *page || !page.files.iter().all(|(path, _)| settled(path)) {
                        unread.insert(at);
                    }
                    entry
                }
                None => {
                    unread.insert(at);
                    OnceLock::new()
                }
            };
            self.entries.push(entry);
        }
        unread
    }

    /// Makes the catalog anew, and gives the old one.
    pub(super) fn make_catalog(&mut self) -> Catalog {
        let mut found = Vec::new();
        let read = |path: &SourcePath| self.take(path);
        let catalog = parts::catalog(&self.listing, &self.config.site.locales, &read, &mut found);
        self.catalogued = found;
        self.resources.get_mut().unwrap_or_else(PoisonError::into_inner).forget_all();
        std::mem::replace(&mut self.catalog, catalog)
    }

    /// Notes the language tags of all files, if the site's locales come from them.
    pub(super) fn note_tags(&mut self) {
        let of = |listing: &Listing| -> FxHashMap<SourcePath, String> {
            let tag = |_, found: &Found| {
                let source = build::may_name_a_locale(&found.path).then(|| read::read_found(listing, found).ok())??;
                Some((found.path.clone(), build::tag_of(&source)?))
            };
            threads::map(&listing.files, threads::ANY, tag).into_iter().flatten().collect()
        };
        self.tag_of = if self.tags.is_some() { of(&self.listing) } else { FxHashMap::default() };
    }

    /// Whether files name other language tags than those that the locales came from.
    fn have_tags_changed(&mut self, changed: &BTreeSet<SourcePath>) -> bool {
        let Some(tags) = &self.tags else { return false };
        for path in changed.iter().filter(|path| build::may_name_a_locale(path)) {
            let found = self.listing.find(path).and_then(|found| read::read_found(&self.listing, found).ok());
            match found.and_then(|source| build::tag_of(&source)) {
                Some(tag) => self.tag_of.insert(path.clone(), tag),
                None => self.tag_of.remove(path),
            };
        }
        let now = ordered::set(self.tag_of.values().map(String::as_str));
        !now.into_iter().eq(tags.iter().map(String::as_str))
    }
}
