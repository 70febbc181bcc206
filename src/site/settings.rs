//! What a docset's own settings say: which files are content (`docfx.json`), and in which language
//! (`.openpublishing.publish.config.json`).
//!
//! Source: the DocFX manual, "docfx.json format" (`build.content`, `build.resource`, file mappings).

use std::cmp::Reverse;

use crate::diag::{Checked, Code, Diagnostic, Span};
use crate::ordered;
use crate::ordered::Map;
use crate::source::Source;
use crate::vpath::{SourcePath, percent_decode};

use super::data::{self, Data};

/// The settings of all docsets of a listing.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    docsets: Vec<Docset>,
    /// Locale by build folder, lower-cased.
    locales: Map<String, String>,
}

/// One `docfx.json`.
#[derive(Debug, Clone)]
struct Docset {
    /// The folder that it stands in.
    folder: String,
    content: Vec<Mapping>,
    resource: Vec<Mapping>,
}

/// A group of globs, relative to a folder.
#[derive(Debug, Clone)]
struct Mapping {
    /// The docset's folder, or one that `src` names.
    folder: String,
    /// What the folder's addresses begin with: `dest`. Empty if that is not known.
    dest: String,
    files: Globs,
    exclude: Globs,
}

/// Globs in small letters; they match without regard to case.
#[derive(Debug, Clone, Default)]
struct Globs(Vec<String>);

impl Globs {
    fn is_match(&self, path: &str) -> bool {
        let path = path.to_lowercase();
        self.0.iter().any(|glob| fast_glob::glob_match(glob, &path))
    }
}

/// Whether a file is one that [`read`] understands.
pub fn is_settings(path: &SourcePath) -> bool {
    let name = path.file_name();
    ["docfx.json", ".openpublishing.publish.config.json"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Reads settings files, in any order.
pub fn read(sources: &[Source]) -> Checked<Settings> {
    let mut settings = Settings::default();
    let mut diagnostics = Vec::new();
    for source in sources {
        let mut file = File { source, diagnostics: &mut diagnostics };
        match file.read() {
            Some(root) if source.path.file_name().eq_ignore_ascii_case("docfx.json") => {
                settings.docsets.extend(file.docset(&root));
            }
            Some(root) => settings.locales.extend(locales(source.path.folder(), &root)),
            None => {}
        }
    }
    settings.docsets.sort_by(|a, b| a.folder.cmp(&b.folder));
    Checked { value: settings, diagnostics }
}

impl Settings {
    /// Whether a file is part of the content. Where no `docfx.json` governs, every file is; a file below a folder
    /// named `includes` never is: it is part of the pages that include it.
    pub fn is_content(&self, path: &SourcePath) -> bool {
        let included = path.folder().split('/').any(|part| part.eq_ignore_ascii_case("includes"));
        !included && self.docset_of(path).is_none_or(|docset| docset.content.iter().any(|mapping| mapping.takes(path)))
    }

    /// Whether a file is to be published as it stands.
    pub fn is_resource(&self, path: &SourcePath) -> bool {
        self.docset_of(path).is_some_and(|docset| docset.resource.iter().any(|mapping| mapping.takes(path)))
    }

    /// The locale that the publishing settings name for a file, as written there.
    pub fn locale_of(&self, path: &SourcePath) -> Option<&str> {
        let folder = path.folder().to_ascii_lowercase();
        let of_file = self.locales.iter().filter(|(docset, _)| lies_below(&folder, docset));
        of_file.max_by_key(|(docset, _)| docset.len()).map(|(_, locale)| locale.as_str())
    }

    /// Any locale that the publishing settings name.
    pub fn any_locale(&self) -> Option<&str> {
        self.locales.values().next().map(String::as_str)
    }

    /// The files, without their extension, that a site-absolute address (`/partner-center/overview?view=x#y`) may name: one for each folder
    /// whose content is published under its first part (`dest`), the longest first. Which extension they have, or whether they exist, is
    /// not known here.
    pub fn local(&self, address: &str) -> Vec<SourcePath> {
        let path = address.split(['?', '#']).next().and_then(|path| path.strip_prefix('/'));
        let mappings = self.docsets.iter().flat_map(|docset| &docset.content);
        let mut reaching: Vec<_> = mappings.filter_map(|mapping| Some((mapping, mapping.below_dest(path?)?))).collect();
        reaching.sort_by_key(|(mapping, _)| Reverse(mapping.dest.len()));
        let file = |(mapping, rest): (&Mapping, &str)| {
            let index = if rest.is_empty() || rest.ends_with('/') { "index" } else { "" };
            SourcePath::resolve(&mapping.folder, &format!("./{}{index}", percent_decode(rest))).ok()
        };
        let mut files: Vec<SourcePath> = reaching.into_iter().filter_map(file).collect();
        files.dedup();
        files
    }

    /// The docset whose `docfx.json`, or a source folder that it names, is the nearest above the file.
    fn docset_of(&self, path: &SourcePath) -> Option<&Docset> {
        let nearest = |docset: &Docset| {
            let sources = docset.content.iter().chain(&docset.resource).map(|mapping| mapping.folder.as_str());
            let above = sources.chain([docset.folder.as_str()]).filter(|folder| lies_below(path.folder(), folder));
            above.map(str::len).max()
        };
        let reaching = self.docsets.iter().filter_map(|docset| Some((nearest(docset)?, docset)));
        reaching.max_by_key(|(length, _)| *length).map(|(_, docset)| docset)
    }
}

impl Mapping {
    /// What follows `dest` in an address without its first `/`.
    fn below_dest<'a>(&self, path: &'a str) -> Option<&'a str> {
        let (start, rest) = path.split_at_checked(self.dest.len()).filter(|(start, _)| !start.is_empty())?;
        let rest = rest.strip_prefix('/').or(rest.is_empty().then_some(""))?;
        start.eq_ignore_ascii_case(&self.dest).then_some(rest)
    }

    fn takes(&self, path: &SourcePath) -> bool {
        let relative = if self.folder.is_empty() {
            Some(path.as_str())
        } else {
            path.as_str().strip_prefix(self.folder.as_str()).and_then(|rest| rest.strip_prefix('/'))
        };
        relative.is_some_and(|relative| self.files.is_match(relative) && !self.exclude.is_match(relative))
    }
}

fn lies_below(folder: &str, above: &str) -> bool {
    above.is_empty() || folder.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn locales(folder: &str, root: &Data) -> Map<String, String> {
    let docsets = root.get("docsets_to_publish").map_or(&[][..], Data::list);
    ordered::map(docsets.iter().filter_map(|docset| {
        let source = join(folder, docset.text_of("build_source_folder").unwrap_or("."))?;
        Some((source.to_ascii_lowercase(), docset.text_of("locale")?.to_owned()))
    }))
}

/// `reference` from `folder`, as a folder: the root is empty. `None` if it leads out of the root.
fn join(folder: &str, reference: &str) -> Option<String> {
    // A path to a file in the folder, since a path to the root itself has no name.
    SourcePath::resolve(folder, &format!("{reference}/_")).ok().map(|path| path.folder().to_owned())
}

/// What addresses begin with, by the `dest` of `build` and of a mapping in it. Where that is a folder for output alone (`_site` by DocFX's own
/// template, `../out`), it tells nothing.
fn dest(written: [Option<&str>; 2]) -> String {
    let is_address = |dest: &&str| !dest.starts_with('_') && !dest.split('/').any(|part| part == "..");
    let parts = written.into_iter().flatten().filter(is_address).flat_map(|dest| dest.split('/'));
    parts.filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join("/")
}

/// A settings file that is being read.
struct File<'a> {
    source: &'a Source,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl File<'_> {
    fn read(&mut self) -> Option<Data> {
        let (root, damage) = data::json(&self.source.text);
        if let Some(damage) = damage {
            self.report(damage.at..damage.at, &format!("the file is not valid JSON: {}", damage.message));
        }
        root
    }

    fn docset(&mut self, root: &Data) -> Option<Docset> {
        let build = root.get("build")?;
        let folder = self.source.path.folder().to_owned();
        let dest = build.text_of("dest");
        let content = build.get("content").map(|data| self.mappings(data, dest))?;
        let resource = build.get("resource").map(|data| self.mappings(data, dest)).unwrap_or_default();
        Some(Docset { folder, content, resource })
    }

    fn mappings(&mut self, data: &Data, dest: Option<&str>) -> Vec<Mapping> {
        data.one_or_many().iter().filter_map(|mapping| self.mapping(mapping, dest)).collect()
    }

    fn mapping(&mut self, data: &Data, of_build: Option<&str>) -> Option<Mapping> {
        let src = data.get("src").or_else(|| data.get("cwd"));
        let Some(folder) = join(self.source.path.folder(), src.and_then(Data::text).unwrap_or(".")) else {
            self.report(src.unwrap_or(data).at.clone(), "the folder lies outside of the content");
            return None;
        };
        // The short form of a mapping is a glob, or a list of them.
        let files = self.globs(data.get("files").unwrap_or(data));
        let exclude = data.get("exclude").map_or_else(Globs::default, |data| self.globs(data));
        Some(Mapping { folder, dest: dest([of_build, data.text_of("dest")]), files, exclude })
    }

    fn globs(&mut self, data: &Data) -> Globs {
        let mut globs = Vec::new();
        for one in data.one_or_many() {
            let Some(glob) = one.text() else { continue };
            match fast_glob::validate(glob) {
                Ok(()) => globs.push(glob.trim_start_matches("./").to_lowercase()),
                Err(error) => self.report(one.at.clone(), &format!("the glob cannot be understood: {error}")),
            }
        }
        Globs(globs)
    }

    fn report(&mut self, at: std::ops::Range<usize>, message: &str) {
        let span = Span::new(self.source.path.clone(), at);
        self.diagnostics.push(Diagnostic::new(Code::SettingsDamaged, span, message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> SourcePath {
        SourcePath::parse(text).unwrap()
    }

    fn source(at: &str, text: &str) -> Source {
        Source { path: path(at), text: text.to_owned() }
    }

    const DOCFX: &str = r#"{ "build": {
        "content": [ { "files": ["**/*.md", "toc.yml"], "exclude": ["**/obj/**", "README.md"] } ],
        "resource": [ { "files": "**/*.png" } ],
        "dest": "partner-center" } }"#;

    #[test]
    fn only_the_globs_files_are_content_below_a_docfx_json() {
        let settings = read(&[source("pc/docfx.json", DOCFX)]);
        assert_eq!(settings.diagnostics, []);
        let settings = settings.value;
        for content in ["pc/a.md", "pc/x/A.MD", "pc/TOC.yml", "elsewhere/a.yml", "README.md", "pcx/a.yml"] {
            assert!(settings.is_content(&path(content)), "{content}");
        }
        for other in ["pc/README.md", "pc/x/obj/a.md", "pc/x/toc.yml", "pc/Includes/a.md", "includes/a.md"] {
            assert!(!settings.is_content(&path(other)), "{other}");
        }
        assert!(settings.is_resource(&path("pc/media/x.png")) && !settings.is_resource(&path("x.png")));
    }

    #[test]
    fn the_nearest_docfx_json_governs() {
        let outer = r#"{"build": {"content": [{"files": "**/*.md"}]}}"#;
        let inner = r#"{"build": {"content": [{"files": "*.yml", "src": "../other"}]}}"#;
        let settings = read(&[source("docfx.json", outer), source("tool/docfx.json", inner)]).value;
        assert!(settings.is_content(&path("a.md")) && !settings.is_content(&path("a.yml")));
        assert!(settings.is_content(&path("other/a.yml")) && !settings.is_content(&path("other/a.md")));
        assert!(!settings.is_content(&path("tool/a.md")));
    }

    #[test]
    fn a_site_absolute_address_finds_its_docset() {
        let settings = read(&[source("pc/docfx.json", DOCFX)]).value;
        assert_eq!(settings.local("/partner-center/a/b?view=x#y"), [path("pc/a/b")]);
        assert_eq!(settings.local("/Partner-Center/"), [path("pc/index")]);
        assert_eq!(settings.local("/partner-centers/a"), []);
        assert_eq!(settings.local("/partner-center/../../a"), []);
    }

    #[test]
    fn an_address_lies_in_the_folders_that_are_published_there() {
        let docfx = |dest: &str| {
            let content = r#"[{"src": "docs", "files": "**/*.md"}, {"src": "more", "files": "*.md"}, {"src": "ref", "files": "*.md", "dest": "api/v1"}]"#;
            read(&[source("d/docfx.json", &format!(r#"{{"build": {{"content": {content}, "dest": "{dest}"}}}}"#))]).value
        };
        let settings = docfx("w");
        assert_eq!(settings.local("/w/a"), [path("d/docs/a"), path("d/more/a")]);
        assert_eq!(settings.local("/w/api/v1/a"), [path("d/ref/a"), path("d/docs/api/v1/a"), path("d/more/api/v1/a")]);
        for output in ["_site", "../out", ""] {
            assert_eq!((docfx(output).local("/api/v1/"), docfx(output).local("/a")), (vec![path("d/ref/index")], vec![]));
        }
    }

    #[test]
    fn the_locale_of_a_docset() {
        let text = r#"{"docsets_to_publish": [{"build_source_folder": "china", "locale": "ja-JP"}]}"#;
        let settings = read(&[source(".openpublishing.publish.config.json", text)]).value;
        assert_eq!(settings.locale_of(&path("China/a.md")), Some("ja-JP"));
        assert_eq!(settings.locale_of(&path("a.md")), None);
    }

    #[test]
    fn damage_is_reported_and_what_can_be_used_is_used() {
        let text = r#"{"build": {"content": [{"files": ["{a", "*.md"]}, {"files": "*.x", "src": "../.."}]}}"#;
        let found = read(&[source("d/docfx.json", text)]);
        assert_eq!(found.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::SettingsDamaged; 2]);
        assert!(found.value.is_content(&path("d/a.md")));
        assert!(read(&[source("docfx.json", "[[[")]).value.is_content(&path("a.md")));
    }
}
