//! A docset built into a folder of its own, and its output read back.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use madoguchi::config::{self, Config, Environment};
use madoguchi::diag::Diagnostic;
use madoguchi::site::build::{self, Observer, Options, Report};

use super::html::Html;

/// A built docset.
pub(crate) struct Site {
    /// Its source files, by path.
    pub(crate) sources: BTreeMap<String, String>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What a check reports.
    pub(crate) checked: Vec<Diagnostic>,
    /// Its pages by address (`ja/a/`, `ja/404.html`).
    pub(crate) pages: BTreeMap<String, Page>,
    /// The files of its indexes, by path.
    pub(crate) index: BTreeMap<String, Vec<u8>>,
    /// The addresses of all files.
    pub(crate) files: HashSet<String>,
}

/// A file of the output.
pub(crate) struct Page {
    pub(crate) text: String,
    pub(crate) html: Html,
    pub(crate) ids: HashSet<String>,
    /// The ids that stand in it more than once.
    pub(crate) doubled: Vec<String>,
}

struct Nobody;

impl Observer for Nobody {
    fn phase(&self, _: &str, _: usize) {}
    fn step(&self) {}
}

/// The folder of real pages, if it is there.
pub(crate) fn corpus() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test may be told where its data is")]
    let named = std::env::var("TEST_CORPUS").ok().map(PathBuf::from);
    let folder = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"));
    folder.is_dir().then_some(folder)
}

/// What a check of a folder reports.
pub(crate) fn checked(folder: &Path) -> Vec<Diagnostic> {
    let config = config::load(folder, &Environment::default(), build::discovered_tags).expect("a configuration");
    build::check(&config, &Options::default(), &Nobody).expect("a check").diagnostics
}

impl Site {
    /// Builds a docset with defaults. Its files are copied first: a build keeps its memory beside them.
    pub(crate) fn build(docset: &Path) -> Self {
        let temporary = tempfile::tempdir().expect("a folder");
        let (root, out) = (temporary.path().join("site"), temporary.path().join("out"));
        for path in files_below(docset).into_iter().filter(|path| !path.starts_with("var/")) {
            let to = root.join(&path);
            fs::create_dir_all(to.parent().expect("a folder")).expect("a new folder");
            fs::copy(docset.join(&path), to).expect("a copy");
        }
        let (config, report) = built(&root, &out);
        let checked = build::check(&config, &Options::default(), &Nobody).expect("a check").diagnostics;
        let read = |path: &String| Some((path.clone(), fs::read_to_string(root.join(path)).ok()?));
        let sources = files_below(&root).iter().filter(|path| !path.starts_with("var/")).filter_map(read).collect();
        let files = files_below(&out);
        Self {
            sources,
            pages: pages(&out, &files),
            index: index(&out, &files),
            diagnostics: report.diagnostics,
            checked,
            files: files.iter().map(|f| address(f)).collect(),
        }
    }

    /// Builds a docset of many pages where it stands, and reads its pages and indexes; nothing of what it says of itself is kept.
    pub(crate) fn of_many_pages(docset: &Path) -> Self {
        let out = docset.join("out");
        built(docset, &out);
        let files = files_below(&out);
        Self {
            sources: BTreeMap::new(),
            diagnostics: Vec::new(),
            checked: Vec::new(),
            pages: pages(&out, &files),
            index: index(&out, &files),
            files: HashSet::new(),
        }
    }

    /// The paths of its Markdown pages, without their extension.
    pub(crate) fn markdown(&self) -> impl Iterator<Item = (&str, &str)> {
        let pages = self.sources.iter().filter_map(|(path, text)| Some((path.strip_suffix(".md")?, text.as_str())));
        pages.filter(|(path, _)| !is_toc(path))
    }
}

/// Builds the docset of a folder into another.
fn built(root: &Path, out: &Path) -> (Config, Report) {
    let mut config = config::load(root, &Environment::default(), build::discovered_tags).expect("a configuration");
    config.site.out = out.to_owned();
    let report = build::build(&config, &Options::default(), &Nobody).expect("a build");
    (config, report)
}

/// The pages among the files of an output.
fn pages(out: &Path, files: &[String]) -> BTreeMap<String, Page> {
    let pages = files.iter().filter(|path| path.ends_with(".html"));
    let read = |path: &String| (address(path), Page::read(fs::read_to_string(out.join(path)).expect("UTF-8")));
    pages.map(read).collect()
}

/// The files of the indexes among them.
fn index(out: &Path, files: &[String]) -> BTreeMap<String, Vec<u8>> {
    let index = files.iter().filter(|path| path.contains("/search/") && !path.ends_with(".html"));
    index.map(|path| (path.clone(), fs::read(out.join(path)).expect("a file"))).collect()
}

fn is_toc(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.eq_ignore_ascii_case("toc"))
}

impl Page {
    fn read(text: String) -> Self {
        let html = Html::read(&text);
        let (mut ids, mut doubled) = (HashSet::new(), Vec::new());
        for id in html.nodes.iter().filter_map(|node| node.attribute("id")) {
            if !ids.insert(id.to_owned()) {
                doubled.push(id.to_owned());
            }
        }
        Self { text, html, ids, doubled }
    }

    /// The elements that make up the article.
    pub(crate) fn article(&self) -> (usize, usize) {
        self.html.named("article").next().map_or((0, 0), |(at, node)| (at, node.end))
    }
}

/// The address of a page's source file in a locale.
pub(crate) fn page_address(locale: &str, path: &str) -> String {
    let path = path.to_lowercase();
    match path.strip_suffix("index").filter(|folder| folder.is_empty() || folder.ends_with('/')) {
        Some(folder) => format!("{locale}/{folder}"),
        None => format!("{locale}/{path}/"),
    }
}

fn address(file: &str) -> String {
    let cut = file.strip_suffix("index.html").filter(|folder| folder.is_empty() || folder.ends_with('/'));
    cut.unwrap_or(file).to_owned()
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).expect("below it").to_str().expect("UTF-8").replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}
