//! Tables of contents: `TOC.yml` and `TOC.md`, as they stand in existing repositories.
//!
//! Each file is read on its own ([`read`]); [`join`] then puts nested files in the place of the entries that name them.
//! Files in a `breadcrumb` folder map addresses to other sites' trees; they are no navigation, and are left alone.

mod counterpart;
mod join;
mod markdown;
mod target;
mod yaml;

use super::outline::on_one_line;
use crate::diag::{Checked, Span};
use crate::locale::Locale;
use crate::ordered::Map;
use crate::source::Source;
use crate::vpath::SourcePath;

pub use join::join;

/// How deep entries may be nested, nested files included: the templates' engine calls components no deeper than 20, and the deepest real
/// table takes 12.
pub const MAX_DEPTH: usize = 16;

/// A table of contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toc {
    /// The file.
    pub path: SourcePath,
    /// The entries of the first level.
    pub entries: Vec<TocEntry>,
}

/// An entry: a page, an address elsewhere, or a section of further entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TocEntry {
    /// What it is called.
    pub name: TocName,
    /// Its address in the file, or its name if it has none.
    pub at: Span,
    /// Where it leads.
    pub target: TocTarget,
    /// The addresses elsewhere that parallel files have for it, by the tag in the file's name.
    pub elsewhere: Map<String, String>,
    /// The table of contents whose entries follow its own `items`; empty after [`join`].
    pub nested: Option<SourcePath>,
    /// The entries below it.
    pub items: Vec<TocEntry>,
    /// Other words that it may be searched by (`displayName`).
    pub synonyms: Option<String>,
    /// Whether its entries are shown from the start.
    pub expanded: bool,
}

/// An entry's name in the languages that are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TocName {
    /// The name in the language of the file.
    pub text: String,
    /// The name in the source locale, from a localized file.
    pub source: Option<String>,
    /// Names from parallel files (`TOC.ja.yml`), by the tag in the file's name.
    pub tagged: Map<String, String>,
}

/// Where an entry leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TocTarget {
    /// Nowhere: a section without a page.
    #[default]
    None,
    /// A file of the listing, and the fragment without its `#`.
    Page(SourcePath, Option<String>),
    /// An address of the scheme http, https, mailto or tel.
    External(String),
    /// An address that starts with `/`: in the web site that the docset was written for.
    SiteAbsolute(String),
    /// A page, by its `uid`.
    Uid(String),
}

/// Whether a file is a table of contents that makes the navigation, in the default or in another language.
pub fn is_toc(path: &SourcePath) -> bool {
    kind(path).is_some() && !path.folder().split('/').any(is_breadcrumb)
}

/// Reads one file; what cannot be understood is reported and left out.
pub fn read(source: &Source) -> Checked<Toc> {
    let path = source.path.clone();
    let read = if path.extension() == "md" { markdown::read(source) } else { yaml::read(source) };
    Checked { value: Toc { path, entries: read.value }, diagnostics: read.diagnostics }
}

/// The tag in the name of a parallel file: `ja` of `TOC.ja.yml`; empty for `TOC.yml`. `None` if the file is no table of contents.
fn kind(path: &SourcePath) -> Option<&str> {
    if !path.has_extension(&["md", "yml", "yaml"]) {
        return None;
    }
    let name = path.file_name();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let (name, tag) = stem.split_once('.').unwrap_or((stem, ""));
    (name.eq_ignore_ascii_case("toc") && (tag.is_empty() || Locale::parse(tag).is_ok())).then_some(tag)
}

fn is_breadcrumb(folder: &str) -> bool {
    ["breadcrumb", "breadcrumbs", "bread"].iter().any(|name| folder.eq_ignore_ascii_case(name))
}

impl TocName {
    /// A name of which the language is the file's.
    fn plain(text: &str) -> Self {
        Self { text: on_one_line(text), ..Self::default() }
    }

    /// The name that a parallel file gives for this tag.
    pub fn in_locale(&self, tag: &str) -> Option<&str> {
        of_tag(&self.tagged, tag)
    }
}

/// What a parallel file with this tag, in any case, has given.
pub fn of_tag<'m>(tagged: &'m Map<String, String>, tag: &str) -> Option<&'m str> {
    tagged.iter().find(|(known, _)| known.eq_ignore_ascii_case(tag)).map(|(_, given)| given.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_files_are_tables_of_contents() {
        let path = |text| SourcePath::parse(text).unwrap();
        for toc in ["TOC.yml", "a/toc.md", "a/Toc.YAML", "TOC.ja.yml", "a.b/toc.md"] {
            assert!(is_toc(&path(toc)), "{toc}");
        }
        for other in ["toc.json", "a/breadcrumb/toc.yml", "TOC.x.yml", "mytoc.md", "toc/a.md"] {
            assert!(!is_toc(&path(other)), "{other}");
        }
    }
}
