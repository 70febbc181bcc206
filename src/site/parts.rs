//! The parts of a site that all pages stand in: the theme, the catalog of pages and files, the navigation. A build makes each once; a live
//! site makes them again when a file changes that they are made from.

mod in_catalog;

use super::catalog::{self, Catalog};
use super::discover::Listing;
use super::facts::AllFacts;
use super::nav::{self, Nav, PageId};
use super::page::Read;
use super::{redirect, settings, threads, toc};
use crate::config::Config;
use crate::diag::{Checked, Code, Diagnostic, Span};
use crate::locale::LocaleSet;
use crate::ordered::Map;
use crate::source::Source;
use crate::theme::{Theme, ThemeError};
use crate::vpath::SourcePath;
use in_catalog::InCatalog;

/// The theme, with the site's own over it.
pub(crate) fn theme(config: &Config) -> Result<Theme, ThemeError> {
    Theme::load(config.theme_folder().as_deref(), &config.site.locales)
}

/// The locales that the theme has no words for. The place is the file that is missing, whose path counts from the site's folder.
pub(crate) fn without_words(config: &Config, theme: &Theme) -> Vec<Diagnostic> {
    let site = &config.site;
    let (own, set) = match site.theme.as_str() {
        "default" => {
            ("own", ", and `theme = \"own\"` below `[site]` in madoguchi.toml, which `madoguchi init` writes where there is none")
        }
        own => (own, ""),
    };
    let found = theme.without_words().filter_map(|(id, file)| {
        let (tag, path) = (site.locales.get(id), format!("themes/{own}/{file}"));
        let message = format!("the theme has no words for `{tag}`: buttons, labels and notices of these pages are in English");
        let help = format!("add `{path}` with every key of the built-in `messages/en.toml`, translated{set}");
        Some(Diagnostic::new(Code::ThemeTextMissing, Span::file(SourcePath::parse(&path).ok()?), message).help(help))
    });
    found.collect()
}

/// The pages and files of a listing, by what the docset's settings and redirections say.
pub(crate) fn catalog(listing: &Listing, locales: &LocaleSet, read: &Read<'_>, found: &mut Vec<Diagnostic>) -> Catalog {
    let mut sources = |wanted: &dyn Fn(&SourcePath) -> bool| -> Vec<Source> {
        let all = listing.files.iter().filter(|found| wanted(&found.path)).map(|found| read(&found.path));
        all.filter_map(|source| source.map_err(|diagnostic| found.push(diagnostic)).ok()).collect()
    };
    let settings = sources(&settings::is_settings);
    let redirections = sources(&redirect::is_redirections);
    let yaml = |path: &SourcePath| read(path).is_ok_and(|source| catalog::is_yaml_page(&source.text));
    let settings = settings::read(&settings).unpack(found);
    let redirects = redirect::read(&redirections).unpack(found);
    Catalog::new(listing, settings, redirects, locales, &yaml).unpack(found)
}

/// The tables of contents of a listing, joined. No page needs to be read for them.
pub(crate) fn tables(listing: &Listing, read: &Read<'_>) -> Checked<Vec<toc::Toc>> {
    let files: Vec<&SourcePath> = listing.files.iter().map(|found| &found.path).filter(|path| toc::is_toc(path)).collect();
    let read = threads::map(&files, threads::ANY, |_, path| read(path).map(|source| toc::read(&source)));
    let mut diagnostics = Vec::new();
    let mut tables = Map::new();
    for (path, table) in files.into_iter().zip(read) {
        match table {
            Ok(table) => _ = tables.insert(path.clone(), table.unpack(&mut diagnostics)),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    let joined = toc::join(tables).unpack(&mut diagnostics);
    Checked { value: joined, diagnostics }
}

/// The navigation: joined tables of contents, with the pages that are shown.
pub(crate) fn nav(
    tables: Vec<toc::Toc>,
    catalog: &Catalog,
    facts: &dyn AllFacts,
    web_roots: &[Option<String>],
    drafts: bool,
) -> Checked<Nav> {
    let pages = catalog.pages.iter().enumerate().map(|(at, files)| (PageId(at as u32), files));
    let shown = pages.filter(|(page, _)| facts.is_shown(*page, drafts));
    let all = shown.filter_map(|(page, files)| Some((page, &files.files.first()?.0)));
    nav::build(tables, all, &InCatalog { catalog, facts, drafts, web: web_roots.iter().any(Option::is_some) })
}
