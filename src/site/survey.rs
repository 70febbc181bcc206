//! What an existing folder of Markdown is, for a configuration that fits it: its languages, its name, and where its content stands.

use std::path::Path;

use super::build::discovered_tags;
use super::discover::{Found, Listing, discover};
use super::frontmatter::{body_start, front_matter};
use super::read::read_found;
use super::unit::Half;
use super::{catalog, page, redirect, settings, split, toc};
use crate::config::Config;
use crate::locale::{Locale, LocaleSet};
use crate::ordered;
use crate::source::Source;
use crate::vpath::SourcePath;

/// Files that say something about a repository and are no guidance: a folder with only these holds no content yet.
/// Source: the names that code hosts show beside a repository.
const ABOUT_THE_REPOSITORY: [&str; 8] =
    ["changelog", "code_of_conduct", "contributing", "license", "readme", "security", "support", "thirdpartynotices"];

/// What was found in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// How many files are written content.
    pub files: usize,
    /// The languages, the source last.
    pub locales: LocaleSet,
    /// The content folder, `.` for the folder itself.
    pub content: String,
    /// What the start page is called, by the tag of the language; empty where it does not say.
    pub titles: Vec<(String, String)>,
    /// Whether a publishing pipeline's settings stand there: its addresses that begin with `/` are those of another web site.
    pub published: bool,
}

/// Looks through a folder. `None` if there is no content in it.
pub fn survey(root: &Path) -> Option<Survey> {
    let listing = discover(root, "").value;
    let written: Vec<&Found> = listing.files.iter().filter(|found| is_written(&listing, found)).collect();
    let published =
        listing.files.iter().any(|found| settings::is_settings(&found.path) || redirect::is_redirections(&found.path));
    if !published && written.iter().all(|found| is_about_the_repository(&found.path)) {
        return None;
    }
    let mut tags = discovered_tags(root);
    tags.extend(written.iter().filter_map(|found| tag_of_pair(&listing, &found.path)));
    let locales = Config::without_file(root, &tags).site.locales;
    let content = if published { ".".to_owned() } else { content_folder(&written, &locales) };
    let titles = titles(&listing, &content, &locales);
    Some(Survey { files: written.len(), locales, content, titles, published })
}

/// Whether a file is content: Markdown, a page in YAML, or a table of contents.
fn is_written(listing: &Listing, found: &Found) -> bool {
    match found.path.extension().as_str() {
        "md" | "markdown" => true,
        "yml" | "yaml" => {
            toc::is_toc(&found.path) || read_found(listing, found).is_ok_and(|source| catalog::is_yaml_page(&source.text))
        }
        _ => false,
    }
}

fn is_about_the_repository(path: &SourcePath) -> bool {
    let name = path.file_name().to_lowercase();
    path.folder().is_empty() && ABOUT_THE_REPOSITORY.contains(&name.split('.').next().unwrap_or_default())
}

/// The tag in `name.TAG.md` where `name.md` stands beside it. A word of three letters alone (`page.min.md`) is no tag.
fn tag_of_pair(listing: &Listing, path: &SourcePath) -> Option<String> {
    let (name, tag) = path.stem().rsplit_once('.').filter(|(_, tag)| !tag.contains('/'))?;
    let beside = SourcePath::parse(&format!("{name}.{}", path.extension())).ok()?;
    let known = tag.len() == 2 || (tag.contains('-') && catalog::is_locale_folder(tag));
    (known && Locale::parse(tag).is_ok() && listing.find(&beside).is_some()).then(|| tag.to_owned())
}

/// The one folder that all content stands in, or the root: so that addresses do not all begin with `docs/`.
fn content_folder(written: &[&Found], locales: &LocaleSet) -> String {
    let guidance = written.iter().filter(|found| !is_about_the_repository(&found.path));
    let folders = ordered::set(guidance.map(|found| found.path.folder().split('/').next().unwrap_or_default()));
    let single = folders.first().filter(|folder| folders.len() == 1 && !folder.is_empty() && locales.find(folder).is_none());
    single.map_or_else(|| ".".to_owned(), |folder| (*folder).to_owned())
}

/// What the start page is called in each language.
fn titles(listing: &Listing, content: &str, locales: &LocaleSet) -> Vec<(String, String)> {
    let folder = if content == "." { "" } else { content };
    let start = |name: &str| listing.files.iter().find(|found| found.path.folder() == folder && is_named(&found.path, name));
    let read = |found: &Found| read_found(listing, found).ok();
    let Some(page) = start("index.md").or_else(|| start("index.yml")).and_then(read) else { return Vec::new() };
    let target = page::content_locale(&page.text).and_then(|tag| locales.find(tag));
    let own = target.unwrap_or(locales.source());
    let mut titles = vec![(own, title(&page))];
    if split::is_localized(&page.text) {
        let source = Source { path: page.path.clone(), text: split::one_language(&page, Half::Source).value };
        titles.push((locales.source(), heading(&source)));
    }
    for id in locales.targets() {
        if let Some(page) = start(&format!("index.{}.md", locales.get(id))).and_then(read) {
            titles.push((id, title(&page)));
        }
    }
    let mut named: Vec<(String, String)> = Vec::new();
    for (id, title) in titles {
        let tag = locales.get(id).as_str();
        if let Some(title) = title.filter(|_| named.iter().all(|(known, _)| known != tag)) {
            named.push((tag.to_owned(), title));
        }
    }
    named
}

fn is_named(path: &SourcePath, name: &str) -> bool {
    path.file_name().eq_ignore_ascii_case(name)
}

/// What a page calls itself: its front matter's title, else its first heading.
fn title(source: &Source) -> Option<String> {
    if catalog::is_yaml_page(&source.text) {
        return super::yamlmime::to_markdown(source).value?.front.title;
    }
    front_matter(source).value.0.title.filter(|title| !title.trim().is_empty()).or_else(|| heading(source))
}

/// The words of the first heading of the first level.
fn heading(source: &Source) -> Option<String> {
    let line = source.text[body_start(&source.text)..].lines().find_map(|line| line.strip_prefix("# "))?;
    let mut words = String::new();
    let mut in_tag = false;
    for c in line.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            '*' | '`' => {}
            c if !in_tag => words.push(c),
            _ => {}
        }
    }
    let words = words.trim().to_owned();
    (!words.is_empty()).then_some(words)
}
