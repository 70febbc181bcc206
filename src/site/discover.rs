//! What files a docset has. An edge: it asks the file system, and nothing else of the press lists folders.

mod outside;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use walkdir::{DirEntry, WalkDir};

use super::threads;
use crate::diag::{Checked, Code, Diagnostic, Span};
use crate::vpath::SourcePath;

pub(crate) use outside::is_setting_above;

/// How many entries may be reached through symbolic links. A few folders that link to each other can stand for
/// more paths than any disk holds, without a single loop.
const MAX_LINKED: usize = 100_000;

/// The files of a docset, sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The site's folder, with symbolic links resolved: nothing outside of it is ever read.
    pub root: PathBuf,
    /// The content folder in it, with symbolic links resolved.
    pub folder: PathBuf,
    /// The files, sorted by path.
    pub files: Vec<Found>,
}

/// A file of a docset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its path from the content folder.
    pub path: SourcePath,
    /// Whether a symbolic link leads to it.
    pub linked: bool,
    /// Its size in bytes and when it was last written, where that was asked for: see [`discover_state`].
    pub state: Option<(u64, Option<SystemTime>)>,
}

impl Listing {
    /// The file with this path.
    pub fn find(&self, path: &SourcePath) -> Option<&Found> {
        self.files.get(self.position(path)?)
    }

    /// The place of the file with this path.
    pub fn position(&self, path: &SourcePath) -> Option<usize> {
        self.files.binary_search_by(|found| found.path.cmp(path)).ok()
    }
}

/// Lists the files below `content`, a path from `root`; both may be `.`.
///
/// Left out: dot-files (but not a docset's redirections and its publishing settings), `.toml`, `var` beside the site's configuration, and
/// the folders of [`leaves_out`].
/// A symbolic link is followed if its target lies inside the root. Settings above the content folder are reported, since nothing reads them.
pub fn discover(root: &Path, content: &str) -> Checked<Listing> {
    let mut walk = Walk { listing: Listing::default(), linked: 0, linked_from: None, diagnostics: Vec::new() };
    if walk.open(root, content) {
        walk.run();
        walk.diagnostics.extend(outside::settings(&walk.listing.root, &walk.listing.folder));
    }
    walk.listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    Checked { value: walk.listing, diagnostics: walk.diagnostics }
}

/// The same with the state of each file, by which a later listing tells what may have changed. Asking takes as long as all else.
pub(crate) fn discover_state(root: &Path, content: &str) -> Checked<Listing> {
    let Checked { value: mut listing, diagnostics } = discover(root, content);
    let state = |found: &Found| {
        let data = fs::metadata(listing.folder.join(found.path.as_str())).ok()?;
        Some((data.len(), data.modified().ok()))
    };
    let states = threads::map(&listing.files, threads::ANY, |_, found| state(found));
    listing.files.iter_mut().zip(states).for_each(|(found, state)| found.state = state);
    Checked { value: listing, diagnostics }
}

struct Walk {
    listing: Listing,
    linked: usize,
    /// The depth of the linked folder that the walk is in.
    linked_from: Option<usize>,
    diagnostics: Vec<Diagnostic>,
}

impl Walk {
    /// Finds the two folders; `false`, with a diagnostic, where there is nothing to list.
    fn open(&mut self, root: &Path, content: &str) -> bool {
        let folders = fs::canonicalize(root).and_then(|root| Ok((fs::canonicalize(root.join(content))?, root)));
        match folders {
            Ok((folder, root)) if !folder.starts_with(&root) => {
                self.report(Code::PathOutside, Path::new(content), "the content folder lies outside of the site's folder");
            }
            Ok((folder, _)) if !folder.is_dir() => self.report(Code::Unreadable, Path::new(content), "this is not a folder"),
            Ok((folder, root)) => {
                self.listing = Listing { root, folder, files: Vec::new() };
                return true;
            }
            Err(error) => self.report(Code::Unreadable, Path::new(content), &format!("the folder cannot be read: {error}")),
        }
        false
    }

    fn run(&mut self) {
        let mut entries = WalkDir::new(&self.listing.folder).follow_links(true).sort_by_file_name().into_iter();
        while let Some(next) = entries.next() {
            match next {
                Ok(entry) => {
                    let enter = self.visit(&entry);
                    if !enter && entry.file_type().is_dir() {
                        entries.skip_current_dir();
                    }
                }
                Err(error) => self.refuse(&error),
            }
        }
    }

    /// Takes a file or allows a folder to be entered.
    fn visit(&mut self, entry: &DirEntry) -> bool {
        if entry.depth() == 0 {
            return true;
        }
        if self.is_left_out(entry) {
            return false;
        }
        let Some(path) = self.path_of(entry) else { return false };
        let linked = self.is_linked(entry);
        if linked && !self.may_follow(entry, &path) {
            return false;
        }
        if entry.file_type().is_file() {
            self.listing.files.push(Found { path, linked, state: None });
        }
        true
    }

    fn is_left_out(&self, entry: &DirEntry) -> bool {
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_dir() {
            let of_the_site = || entry.path().parent() == Some(self.listing.root.as_path());
            leaves_out(entry.path()) || (name == "var" && of_the_site())
        } else {
            (name.starts_with('.') && !is_docset_setting(&name)) || name.to_ascii_lowercase().ends_with(".toml")
        }
    }

    /// The entry's path as the press writes it. Names that it could not write back are refused.
    fn path_of(&mut self, entry: &DirEntry) -> Option<SourcePath> {
        let relative = entry.path().strip_prefix(&self.listing.folder).ok()?.to_path_buf();
        let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
        let written = parts.map(|parts| parts.join("/"));
        let path = written.as_deref().and_then(|written| SourcePath::parse(written).ok());
        let faithful = path.filter(|path| written.as_deref() == Some(path.as_str()));
        if faithful.is_none() {
            let why = if written.is_none() { "the name is not UTF-8" } else { "the name holds `\\`, `~` or a control character" };
            self.report(Code::Unreadable, &relative, why);
        }
        faithful
    }

    /// Whether the entry is a link, or stands in a folder that one leads to.
    fn is_linked(&mut self, entry: &DirEntry) -> bool {
        if self.linked_from.is_some_and(|depth| entry.depth() <= depth) {
            self.linked_from = None;
        }
        if self.linked_from.is_none() && entry.path_is_symlink() {
            self.linked_from = Some(entry.depth());
        }
        self.linked_from.is_some()
    }

    fn may_follow(&mut self, entry: &DirEntry, path: &SourcePath) -> bool {
        self.linked += 1;
        if self.linked > MAX_LINKED {
            if self.linked == MAX_LINKED + 1 {
                self.report_link(path, format!("symbolic links lead to more than {MAX_LINKED} files; the others are left out"));
            }
            return false;
        }
        let target = fs::canonicalize(entry.path()).unwrap_or_default();
        let parent = entry.path().parent().and_then(|parent| fs::canonicalize(parent).ok()).unwrap_or_default();
        if !target.starts_with(&self.listing.root) {
            self.report_link(path, "the symbolic link leads out of the site's folder; it is not followed");
        } else if entry.path_is_symlink() && parent.starts_with(&target) {
            self.report_link(path, "the symbolic link leads in a circle; it is not followed");
        } else {
            return true;
        }
        false
    }

    fn report_link(&mut self, path: &SourcePath, message: impl Into<String>) {
        let diagnostic = Diagnostic::new(Code::SymbolicLink, Span::file(path.clone()), message);
        self.diagnostics.push(diagnostic.help("put the files themselves in the place of the link"));
    }

    fn refuse(&mut self, error: &walkdir::Error) {
        let folder = self.listing.folder.clone();
        let path = error.path().map_or(Path::new(""), |path| path.strip_prefix(&folder).unwrap_or(path));
        if error.loop_ancestor().is_some() {
            self.report(Code::SymbolicLink, path, "the symbolic link leads in a circle; it is not followed");
        } else if error.path().is_some_and(Path::is_symlink) {
            self.report(Code::SymbolicLink, path, "the symbolic link leads nowhere");
        } else {
            let why = error.io_error().map_or_else(|| error.to_string(), io::Error::to_string);
            self.report(Code::Unreadable, path, &format!("cannot be read: {why}"));
        }
    }

    fn report(&mut self, code: Code, path: &Path, message: &str) {
        self.diagnostics.push(Diagnostic::new(code, Span::file(shown(path)), message));
    }
}

/// Whether a folder is none of the content wherever it stands: one whose name begins with a dot, `node_modules`, an output folder, which is
/// known by the `.madoguchi` file in it, and a cache that says so by a `CACHEDIR.TAG`, as Cargo's `target` does
/// (<https://bford.info/cachedir/>).
pub(crate) fn leaves_out(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.')
        || name == "node_modules"
        || [".madoguchi", "CACHEDIR.TAG"].iter().any(|mark| folder.join(mark).exists())
}

/// Whether a path below the content folder is left out by its name alone, so that nothing that happens to it matters.
pub(crate) fn is_hidden(below: &Path) -> bool {
    let mut parts = below.iter().map(|part| part.to_string_lossy()).rev();
    let name = parts.next().unwrap_or_default();
    // The mark of an output folder hides all that is in it.
    let marks = name == ".madoguchi" || is_docset_setting(&name);
    (name.starts_with('.') && !marks) || parts.any(|folder| folder.starts_with('.') || folder == "node_modules")
}

/// The settings of a docset that are dot-files.
fn is_docset_setting(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == ".openpublishing.publish.config.json" || (name.starts_with(".openpublishing.redirection") && name.ends_with(".json"))
}

/// A path as far as it can be shown: what is not UTF-8, or a control character, as U+FFFD.
fn shown(path: &Path) -> SourcePath {
    let text: String = path.to_string_lossy().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let whole = SourcePath::parse(&text).or_else(|_| SourcePath::parse(&text.replace("..", "\u{2025}")));
    // `.` names the folder itself, for which a path from it has no word.
    whole.or_else(|_| SourcePath::parse("content")).expect("a plain name is a path")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(files: &[&str]) -> tempfile::TempDir {
        let site = tempfile::tempdir().unwrap();
        for file in files {
            let path = site.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        site
    }

    fn names(listing: &Listing) -> Vec<&str> {
        listing.files.iter().map(|found| found.path.as_str()).collect()
    }

    #[test]
    fn only_what_belongs_to_the_docset_is_listed() {
        let site = site(&[
            "b.md",
            "a/c.md",
            "a-b.md",
            ".git/x.md",
            "node_modules/x.md",
            "var/x.md",
            "a/var/y.md",
            "public/.madoguchi",
            "public/ja/x.md",
            "made/CACHEDIR.TAG",
            "made/x.md",
            "target/z.md",
            "madoguchi.toml",
            ".openpublishing.redirection.json",
            ".openpublishing.publish.config.json",
            ".hidden.md",
        ]);
        let found = discover(site.path(), ".");
        assert_eq!(found.diagnostics, []);
        let expected = [
            ".openpublishing.publish.config.json",
            ".openpublishing.redirection.json",
            "a-b.md",
            "a/c.md",
            "a/var/y.md",
            "b.md",
            "target/z.md",
        ];
        assert_eq!(names(&found.value), expected);
        assert!(found.value.files.iter().all(|f| found.value.find(&f.path) == Some(f)));
        assert_eq!(names(&discover(site.path(), "a").value), ["c.md", "var/y.md"]);
    }

    #[test]
    fn settings_above_the_content_are_reported() {
        let settings = ["docfx.json", "a/.openpublishing.redirection.x.json", "a/b/DocFX.json", "c/docfx.json"];
        let site = site(&[&settings[..], &["a/b/x.md", "x.json"]].concat());
        let found = discover(site.path(), "a/b").diagnostics;
        assert!(found.iter().all(|d| (d.code, d.span.path.as_str()) == (Code::SettingsDamaged, "a/b")), "{found:?}");
        let told: Vec<(&str, &str)> =
            found.iter().map(|d| (d.message.split('`').nth(1).unwrap(), d.help.split('"').nth(1).unwrap())).collect();
        assert_eq!(told, [("a/.openpublishing.redirection.x.json", "a"), ("docfx.json", ".")]);
        assert_eq!(discover(site.path(), ".").diagnostics, []);
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_links_stay_inside_and_go_in_no_circle() {
        use std::os::unix::fs::symlink;
        let outside = site(&["secret.md"]);
        let site = site(&["docs/a.md", "shared/b.md"]);
        symlink(site.path().join("shared"), site.path().join("docs/in")).unwrap();
        symlink(outside.path(), site.path().join("docs/out")).unwrap();
        symlink(outside.path().join("secret.md"), site.path().join("docs/s.md")).unwrap();
        symlink("..", site.path().join("docs/circle")).unwrap();
        symlink("gone.md", site.path().join("docs/gone.md")).unwrap();
        let found = discover(site.path(), "docs");
        assert!(names(&found.value).starts_with(&["a.md"]) && names(&found.value).contains(&"in/b.md"));
        assert!(!names(&found.value).iter().any(|name| name.contains("secret") || name.ends_with("s.md")));
        assert!(found.diagnostics.iter().all(|d| d.code == Code::SymbolicLink));
        let reported: Vec<_> = found.diagnostics.iter().map(|d| d.span.path.as_str()).collect();
        for name in ["gone.md", "out", "s.md"] {
            assert!(reported.contains(&name), "{name} {reported:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_cannot_be_written_are_reported() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let site = site(&["a\\b.md", "c\nd.md"]);
        fs::write(site.path().join(OsStr::from_bytes(b"\xff.md")), "x").unwrap();
        let found = discover(site.path(), "");
        assert_eq!(found.value.files, []);
        assert_eq!(found.diagnostics.iter().filter(|d| d.code == Code::Unreadable).count(), 3);
    }

    #[test]
    fn a_content_folder_outside_or_missing_is_an_error() {
        let site = site(&["docs/a.md"]);
        assert_eq!(discover(&site.path().join("docs"), "..").diagnostics[0].code, Code::PathOutside);
        assert_eq!(discover(site.path(), "gone").diagnostics[0].code, Code::Unreadable);
        assert_eq!(discover(site.path(), "docs/a.md").diagnostics[0].code, Code::Unreadable);
    }
}
