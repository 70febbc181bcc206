//! `madoguchi init`: a new site, or a configuration for Markdown that is there already.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::corpus::site::corpus;
use super::docset::{Ran, Tree, assert_same, command, tree};

/// A folder of its own.
struct Place(tempfile::TempDir);

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            place.write(path, text);
        }
        place
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.0.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(command().current_dir(self.0.path()).args(arguments).output().unwrap())
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.path().join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
    }

    fn tree(&self) -> Tree {
        tree(self.0.path())
    }
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in tree(from) {
        let file = to.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
}

#[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
fn skip(test: &str, reason: &str) {
    eprintln!("SKIPPED: init::{test}: {reason}");
}

/// The codes that a check of the current folder gives.
fn codes(place: &Place) -> BTreeSet<String> {
    let report = place.run(&["check", "--format", "json"]).stdout;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    report["diagnostics"].as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_new_site_builds_and_checks_clean() {
    let place = Place::new(&[]);
    let said = place.run(&["init", "docs"]).ended(0);
    assert_eq!(said.stdout, "");
    assert!(
        said.stderr.contains("docs/content/index.md\n") && said.stderr.contains("madoguchi serve --site docs"),
        "{}",
        said.stderr
    );
    let checked = place.run(&["check", "--strict", "--site", "docs"]).ended(0);
    assert!(!checked.stdout.contains("warning"), "{}", checked.stdout);
    place.run(&["build", "--strict", "--site", "docs"]).ended(0);
    for page in ["", "submit-a-service-request/"] {
        for view in [format!("ja/{page}"), format!("en/{page}"), format!("ja/{page}parallel/")] {
            let html = place.read(&format!("docs/public/{view}index.html"));
            assert!(!html.contains("class=\"notice"), "{view}: both languages are whole");
        }
    }
    let form = place.read("docs/public/ja/submit-a-service-request/index.html");
    assert!(form.contains("<form ") && form.contains("個人情報") && form.contains("data-seg="), "{form}");
    assert!(place.read("docs/public/en/submit-a-service-request/index.html").contains("Write down the full error message."));
}

#[test]
fn the_theme_of_a_new_site_shows_and_can_be_taken_away() {
    let place = Place::new(&[]);
    place.run(&["init"]).ended(0);
    place.run(&["build", "--strict"]).ended(0);
    for (page, note) in [("ja/index.html", "パートナーの皆さまのために"), ("en/index.html", "published for our partners")]
    {
        let html = place.read(&format!("public/{page}"));
        let own = html.find("assets/own.").expect("the site's own style sheet");
        assert!(own > html.find("assets/site.").unwrap(), "it comes after the built-in one");
        assert!(html.contains(note), "{html}");
    }
    let form = place.read("public/ja/submit-a-service-request/index.html");
    assert!(form.contains("assets/own.") && form.contains("assets/form."), "a page with a script of its own has both");
    fs::remove_dir_all(place.0.path().join("themes")).unwrap();
    place.write("madoguchi.toml", &place.read("madoguchi.toml").replace("theme = \"own\"", "theme = \"default\""));
    place.run(&["build", "--strict"]).ended(0);
    assert!(!place.read("public/ja/index.html").contains("own"));
}

#[test]
fn the_commented_lines_of_a_new_configuration_are_right_as_well() {
    let place = Place::new(&[]);
    place.run(&["init"]).ended(0);
    let lines = place.read("madoguchi.toml");
    let uncommented: Vec<&str> = lines
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| rest.starts_with('[') || rest.contains(" = ")).unwrap_or(line))
        .collect();
    assert!(
        uncommented.contains(&"[intake]") && uncommented.contains(&"base_url = \"https://docs.example.com/\""),
        "{uncommented:#?}"
    );
    place.write("madoguchi.toml", &uncommented.join("\n"));
    place.run(&["check", "--strict"]).ended(0);
}

#[test]
fn a_repository_with_a_readme_alone_gets_a_new_site_and_keeps_its_own() {
    let own = [("README.md", "# Mine\n"), (".gitignore", "/target\n"), ("LICENSE.md", "# MIT\n"), (".git/config", "")];
    let place = Place::new(&own);
    let said = place.run(&["init"]).ended(0).stderr;
    assert!(said.contains("left as it was: README.md") && said.contains("left as it was: .gitignore"), "{said}");
    for (path, text) in own {
        assert_eq!(place.read(path), text);
    }
    assert!(place.read("README.ja.md").contains("madoguchi serve"));
    place.run(&["build", "--strict"]).ended(0);
}

#[test]
fn nothing_is_ever_overwritten() {
    let place = Place::new(&[]);
    place.run(&["init"]).ended(0);
    let before = place.tree();
    let said = place.run(&["init"]).ended(4).stderr;
    assert!(said.contains("a site already") && said.contains("madoguchi serve"), "{said}");
    assert_same(&before, &place.tree(), "a second time");

    let place = Place::new(&[("themes/own/static/own.css", "a {}\n"), ("content", "a file where a folder belongs\n")]);
    let before = place.tree();
    let said = place.run(&["init"]).ended(4).stderr;
    assert!(said.contains("in the way") && said.contains("own.css") && said.contains("content/index.md"), "{said}");
    assert_same(&before, &place.tree(), "files in the way");

    place.run(&["init", "content"]).ended(4);
    #[cfg(unix)]
    {
        let place = Place::new(&[]);
        std::os::unix::fs::symlink("nowhere", place.0.path().join("madoguchi.toml")).unwrap();
        place.run(&["init"]).ended(4);
        assert_eq!(place.tree().len(), 1, "a link that leads nowhere is something as well");
    }
}

#[test]
fn pairs_of_files_in_a_folder_are_found() {
    let place = Place::new(&[
        ("docs/index.md", "# Our \"guide\"\n\nText.\n"),
        ("docs/index.ja.md", "---\ntitle: ガイド\n---\n# ガイド\n\n文です。\n"),
        ("docs/page.md", "# Page\n"),
        ("docs/page.min.md", "# Small\n"),
        ("README.md", "# The repository\n"),
    ]);
    let before = place.tree();
    let said = place.run(&["init"]).ended(0).stderr;
    assert!(said.contains("in `docs`, in ja, en"), "{said}");
    let mut after = place.tree();
    let configuration = String::from_utf8(after.remove("madoguchi.toml").unwrap()).unwrap();
    assert_same(&before, &after, "only the configuration is written");
    for line in ["locales = [\"ja\", \"en\"]", "content = \"docs\"", "ja = \"ガイド\""] {
        assert!(configuration.contains(line), "{line}: {configuration}");
    }
    assert!(!configuration.contains("web_root"), "nothing says that these pages were written for another web site");
    place.run(&["build", "--strict"]).ended(0);
    assert!(place.read("public/en/index.html").contains("Our &quot;guide&quot;"));
    assert!(place.read("public/ja/index.html").contains("文です。") && place.read("public/ja/page/index.html").contains("Page"));
}

#[test]
fn a_language_without_words_for_the_interface_is_named() {
    let place = Place::new(&[("index.md", "# A\n"), ("index.fr.md", "# B\n")]);
    let said = place.run(&["init"]).ended(0).stderr;
    assert!(said.contains("no words in `fr`") && said.contains("themes/own/messages/fr.toml"), "{said}");
    assert!(place.read("madoguchi.toml").contains("locales = [\"fr\", \"en\"]"));
    place.run(&["build"]).ended(0);
}

#[test]
fn a_configuration_for_real_docsets_fits_them() {
    for (set, locales, title) in [
        ("china-2019/sxs", "locales = [\"ja\", \"en\"]", "en = \"Partner Center operated by 21Vianet\""),
        ("partner-center/sxs", "locales = [\"ja\", \"en\"]", "title = \""),
    ] {
        let Some(folder) = corpus().map(|corpus| corpus.join(set)).filter(|folder| folder.is_dir()) else {
            skip("a_configuration_for_real_docsets_fits_them", "there is no folder of real pages");
            return;
        };
        let place = Place::new(&[]);
        copy(&folder, place.0.path());
        let (files, before) = (place.tree(), codes(&place));
        place.run(&["init"]).ended(0);
        let mut after = place.tree();
        let configuration = String::from_utf8(after.remove("madoguchi.toml").unwrap()).unwrap();
        assert_same(&files, &after, set);
        assert!(configuration.contains(locales) && configuration.contains(title), "{set}: {configuration}");
        let new: Vec<_> = codes(&place).difference(&before).cloned().collect();
        assert!(new.is_empty(), "{set}: new kinds of findings: {new:?}");
    }
}
