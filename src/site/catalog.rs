//! Which files make which page, and how a page or file is found by what links call it.

use std::collections::BTreeMap;

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::discover::Listing;
use super::link::{FileReference, Reference};
use super::nav::PageId;
use super::redirect::{RedirectTarget, Redirects};
use super::settings::{self, Settings};
use super::{redirect, threads, toc, yamlmime};
use crate::diag::{Checked, Code, Diagnostic, Span};
use crate::locale::{LocaleId, LocaleSet};
use crate::vpath::{SourcePath, UrlPath};

/// The files of one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageFiles {
    /// Its address below a locale: `billing/`, or empty for the start page.
    pub address: String,
    /// Its address in each locale. Every page that links to it asks for one.
    pub urls: Vec<UrlPath>,
    /// Its files, with the locale that their names tell.
    pub files: Vec<(SourcePath, Option<LocaleId>)>,
}

/// All pages and files of a docset.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    /// The pages, sorted by address. A [`PageId`] is an index.
    pub pages: Vec<PageFiles>,
    by_path: FxHashMap<SourcePath, PageId>,
    by_lower: FxHashMap<String, PageId>,
    by_address: FxHashMap<String, PageId>,
    /// Filled once all pages are read.
    by_uid: OnceLock<FxHashMap<String, PageId>>,
    files: FxHashMap<String, SourcePath>,
    /// Redirections of pages that have moved.
    pub redirects: Redirects,
    /// What the docset's settings say.
    pub settings: Settings,
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    Page(PageId, Option<String>),
    File(SourcePath),
    /// An address elsewhere, by a redirection.
    External(String),
    /// An address on the web site that the docset was written for, by a redirection.
    Site(FileReference),
}

/// What was found, and the path as it is if it was found only by ignoring case.
pub(crate) type ByCase = (Found, Option<SourcePath>);

/// Whether an address below a locale is one that the site needs for itself, or stands in the place of a file that it makes.
pub(crate) fn is_reserved(address: &str) -> bool {
    let mut parts = address.split_terminator('/');
    matches!(address, "search/" | "contents/")
        || address.starts_with("404.html/")
        || parts.any(|part| part == "index.html" || part == super::print::NAME)
        || address == "parallel/"
        || address.ends_with("/parallel/")
}

impl Catalog {
    /// Groups the files of a listing into pages.
    ///
    /// A file's page is its path without extension, in lower case; without a leading folder that names a locale of the site, and without
    /// `.TAG` before the extension where TAG is a locale of the site and the file without it stands beside.
    pub(crate) fn new(
        listing: &Listing,
        settings: Settings,
        redirects: Redirects,
        locales: &LocaleSet,
        yaml: &(dyn Fn(&SourcePath) -> bool + Sync),
    ) -> Checked<Self> {
        let count = listing.files.len();
        let mut catalog = Self { redirects, settings, files: with_room(count), by_lower: with_room(count), ..Self::default() };
        (catalog.by_path, catalog.by_address) = (with_room(count), with_room(count));
        let places = threads::map(&listing.files, threads::ANY, |_, found| {
            let place = catalog.is_page(&found.path, yaml).then(|| place(&found.path, listing, locales));
            (found.path.as_str().to_lowercase(), place)
        });
        let mut diagnostics = Vec::new();
        let mut pages: BTreeMap<String, PageFiles> = BTreeMap::new();
        for (found, (lower, place)) in listing.files.iter().zip(places) {
            catalog.files.insert(lower, found.path.clone());
            let Some(Place { address, locale, orphan }) = place else { continue };
            diagnostics.extend(orphan);
            let page = pages.entry(address).or_insert_with_key(|address| {
                let urls = locales.ids().map(|id| UrlPath::new([locales.get(id).as_str(), "/", address].concat())).collect();
                PageFiles { address: address.clone(), urls, files: Vec::new() }
            });
            page.files.push((found.path.clone(), locale));
        }
        for (address, page) in pages {
            diagnostics.extend(refused(&page, locales));
            let id = PageId(catalog.pages.len() as u32);
            for (path, _) in &page.files {
                catalog.by_path.insert(path.clone(), id);
                catalog.by_lower.insert(path.as_str().to_lowercase(), id);
            }
            catalog.by_address.insert(address, id);
            catalog.pages.push(page);
        }
        Checked { value: catalog, diagnostics }
    }

    fn is_page(&self, path: &SourcePath, yaml: &dyn Fn(&SourcePath) -> bool) -> bool {
        let written = path.has_extension(&["md", "markdown"]) || path.has_extension(&["yml", "yaml"]) && yaml(path);
        written
            && !toc::is_toc(path)
            && !settings::is_settings(path)
            && !redirect::is_redirections(path)
            && self.settings.is_content(path)
    }

    /// Takes the uids that pages give themselves; of two equal ones the first by address holds.
    pub(crate) fn name(&self, uids: impl IntoIterator<Item = (String, PageId)>) {
        self.by_uid.get_or_init(|| {
            let mut named = FxHashMap::default();
            for (uid, page) in uids {
                named.entry(uid).or_insert(page);
            }
            named
        });
    }

    /// The same, when pages have changed.
    pub(crate) fn rename(&mut self, uids: impl IntoIterator<Item = (String, PageId)>) {
        self.by_uid = OnceLock::new();
        self.name(uids);
    }

    /// The page with a uid.
    pub(crate) fn uid(&self, uid: &str) -> Option<PageId> {
        self.by_uid.get()?.get(uid).copied()
    }

    /// The page at an address below a locale.
    pub(crate) fn at(&self, address: &str) -> Option<PageId> {
        self.by_address.get(address).copied()
    }

    /// Whether an address is a folder of pages, or a page: a file of its name could not stand beside it.
    pub(crate) fn is_folder(&self, address: &str) -> bool {
        let next = self.pages.partition_point(|page| page.address.as_str() < address);
        self.pages.get(next).is_some_and(|page| page.address.starts_with(address))
    }

    /// The page of a file.
    pub(crate) fn page(&self, path: &SourcePath) -> Option<PageId> {
        self.by_path.get(path).copied()
    }

    /// The file with this path, whatever its case.
    pub(crate) fn file(&self, path: &SourcePath) -> Option<&SourcePath> {
        self.files.get(&path.as_str().to_lowercase())
    }

    /// What a path leads to: a page, by its name, without its extension, as a folder, or where it has moved; or another file.
    pub(crate) fn find(&self, path: &SourcePath) -> Option<ByCase> {
        self.standing(path).or_else(|| Some((self.moved(path)?, None)))
    }

    /// The same without what has moved.
    fn standing(&self, path: &SourcePath) -> Option<ByCase> {
        if let Some(page) = self.page(path) {
            return Some((Found::Page(page, None), None));
        }
        let lower = path.as_str().to_lowercase();
        if let Some(page) = self.by_lower.get(&lower) {
            let actual = self.files.get(&lower).cloned();
            return Some((Found::Page(*page, None), actual));
        }
        let stem = lower.strip_suffix(".md").unwrap_or(&lower);
        let mut spelling = stem.to_owned();
        let named = [".md", "/index.md", ".yml", "/index.yml"].iter().find_map(|end| {
            spelling.truncate(stem.len());
            spelling.push_str(end);
            self.by_lower.get(&spelling)
        });
        if let Some(page) = named {
            return Some((Found::Page(*page, None), None));
        }
        let file = self.files.get(&lower).filter(|file| is_published(file))?;
        let actual = (file != path).then(|| file.clone());
        Some((Found::File(file.clone()), actual))
    }

    /// Where a page has moved, in the end.
    pub(crate) fn moved(&self, path: &SourcePath) -> Option<Found> {
        self.landing(self.end_of(path)?)
    }

    /// What the last redirection of a page that has moved names; `None` if they lead in a circle.
    pub(crate) fn end_of(&self, path: &SourcePath) -> Option<&RedirectTarget> {
        self.redirects.follow(path, &|address| self.local(address))
    }

    /// The page or address that a redirection's target stands for.
    pub(crate) fn landing(&self, target: &RedirectTarget) -> Option<Found> {
        match target {
            RedirectTarget::Page(path, fragment) => {
                let page = self.page(path).or_else(|| self.by_lower.get(&path.as_str().to_lowercase()).copied())?;
                Some(Found::Page(page, fragment.clone()))
            }
            RedirectTarget::SiteAbsolute(address) => {
                let Reference::Site(reference) = Reference::parse(address) else { return None };
                Some(match self.by_site_path(&reference.path) {
                    Some(page) => Found::Page(page, reference.fragment),
                    None => Found::Site(reference),
                })
            }
            RedirectTarget::External(address) => Some(Found::External(address.clone())),
        }
    }

    /// The redirections that lead in a circle.
    pub(crate) fn circles(&self) -> Vec<Diagnostic> {
        self.redirects.circles(&|address| self.local(address))
    }

    /// The path of a page that is there, or has moved, by an address from the root of a web site.
    fn local(&self, address: &str) -> Option<SourcePath> {
        let is_page = |path: &SourcePath| matches!(self.standing(path), Some((Found::Page(..), _)));
        let mut paths = self.settings.local(address).into_iter();
        let known = paths.find(|path| is_page(path) || self.redirects.find(path).is_some());
        known.or_else(|| SourcePath::parse(address).ok())
    }

    /// The page of this site that a written address from the root of a web site names, and the place in it.
    pub(crate) fn at_site(&self, address: &str) -> Option<(PageId, Option<String>)> {
        let Reference::Site(reference) = Reference::parse(address) else { return None };
        Some((self.by_site_path(&reference.path)?, reference.fragment))
    }

    /// The page of this site that an address from the root of a web site names.
    pub(crate) fn by_site_path(&self, address: &str) -> Option<PageId> {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        let page = |path: &SourcePath| if let Some((Found::Page(page, _), _)) = self.find(path) { Some(page) } else { None };
        if let Some(page) = self.settings.local(path).iter().find_map(page) {
            return Some(page);
        }
        let plain = path.trim_matches('/').to_lowercase();
        let plain = plain.strip_suffix(".md").unwrap_or(&plain);
        let address = if plain.is_empty() || plain == "index" { String::new() } else { format!("{plain}/") };
        self.by_address.get(&address).copied()
    }

    /// What a file reference written in a file of a folder leads to.
    pub(crate) fn follow(&self, folder: &str, reference: &FileReference) -> Result<Option<ByCase>, crate::vpath::BadPath> {
        let path = if reference.path.is_empty() { "./" } else { &reference.path };
        match SourcePath::resolve(folder, path) {
            Ok(path) => Ok(self.find(&path)),
            // A link to the root folder itself is one to its start page.
            Err(crate::vpath::BadPath::Malformed) => Ok(self.by_address.get("").map(|page| (Found::Page(*page, None), None))),
            Err(outside) => Err(outside),
        }
    }
}

/// Whether a file that a page names may be published: never settings, drafts of tools or hidden files.
pub(crate) fn is_published(path: &SourcePath) -> bool {
    let hidden = path.as_str().split('/').any(|part| part.starts_with('.'));
    let private = matches!(path.extension().as_str(), "toml" | "md" | "markdown" | "yml" | "yaml" | "lock");
    !hidden && !private && !settings::is_settings(path) && !redirect::is_redirections(path)
}

/// Where a file stands in the site.
struct Place {
    /// The address of its page below a locale.
    address: String,
    /// The locale that its name tells.
    locale: Option<LocaleId>,
    /// What is wrong if the name tells a locale, and the file without it does not stand beside.
    orphan: Option<Diagnostic>,
}

fn place(path: &SourcePath, listing: &Listing, locales: &LocaleSet) -> Place {
    let mut stem = path.stem();
    let (mut locale, mut orphan) = (None, None);
    if let Some((name, tag)) = stem.rsplit_once('.').filter(|(_, tag)| !tag.contains('/'))
        && let Some(id) = locales.find(tag)
    {
        let beside = format!("{name}.{}", path.as_str().rsplit('.').next().unwrap_or("md"));
        let stands = SourcePath::parse(&beside).ok().is_some_and(|beside| listing.find(&beside).is_some());
        if stands {
            locale = Some(id);
            stem = name;
        } else {
            let message = format!("there is no `{beside}` beside this file, so it is a page of its own");
            let help = "Add the source file, or take the language tag out of the name.";
            orphan = Some(Diagnostic::new(Code::TranslationOrphan, Span::file(path.clone()), message).help(help));
        }
    }
    if let Some((first, rest)) = stem.split_once('/')
        && let Some(id) = locales.find(first).filter(|_| is_locale_folder(first))
    {
        locale = locale.or(Some(id));
        stem = rest;
    }
    let lower = stem.to_lowercase();
    let address = match lower.strip_suffix("index").filter(|rest| rest.is_empty() || rest.ends_with('/')) {
        Some(folder) => folder.to_owned(),
        None => format!("{lower}/"),
    };
    Place { address, locale, orphan }
}

fn with_room<K, V>(count: usize) -> FxHashMap<K, V> {
    FxHashMap::with_capacity_and_hasher(count, Default::default())
}

/// Whether a folder's name is a language, alone or with a region, and not a word that happens to begin like one (`de-dupe`).
pub(crate) fn is_locale_folder(name: &str) -> bool {
    let mut parts = name.split(['-', '_']);
    let is_language = parts.next().is_some_and(|part| (2..=3).contains(&part.len()));
    let is_script = |part: &str| matches!(part.to_ascii_lowercase().as_str(), "hans" | "hant" | "latn" | "cyrl" | "arab");
    let is_region = |part: &str| part.len() == 2 || (part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit()));
    is_language && parts.all(|part| is_region(part) || is_script(part))
}

fn refused(page: &PageFiles, locales: &LocaleSet) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let (true, Some((path, _))) = (is_reserved(&page.address), page.files.first()) {
        let message = format!("the address `{}` is one that the site needs for itself", page.address);
        found.push(Diagnostic::new(Code::ReservedName, Span::file(path.clone()), message).help("Give the file another name."));
    }
    let mut slots: FxHashMap<Option<LocaleId>, &SourcePath> = FxHashMap::default();
    for (path, locale) in &page.files {
        let slot = locale.filter(|id| *id != locales.source());
        if let Some(first) = slots.insert(slot, path) {
            let message = format!("this file and `{first}` claim the same address `{}`", page.address);
            let collision = Diagnostic::new(Code::UrlCollision, Span::file(path.clone()), message);
            found.push(collision.related(Span::file(first.clone()), "the other file").help("Rename one of them."));
        }
    }
    found
}

/// Whether a YAML file is a page: its first line says so.
pub(crate) fn is_yaml_page(text: &str) -> bool {
    yamlmime::kind(text).is_some()
}
