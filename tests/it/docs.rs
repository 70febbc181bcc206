//! The documentation keeps up with the code: every code has its heading, and every example gives the code that it stands under.

use std::fs;
use std::path::Path;

use madoguchi::config::{self, Config, Environment};
use madoguchi::diag::{Code, Diagnostic, Severity};
use madoguchi::site::build::{self, Observer, Options};
use tempfile::TempDir;

const MANUAL: &str = "content/manual";

/// A heading of the third level whose title is code, and what stands below it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Section {
    id: String,
    words: String,
    examples: Vec<String>,
}

/// What a page says: the configuration of all examples, and its sections.
struct Manual {
    config: String,
    sections: Vec<Section>,
}

/// Reads a page of the manual. An example is a fenced block that begins with a line `=== PATH`.
fn manual(page: &str) -> Manual {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(MANUAL).join(page);
    let text = fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    let mut manual = Manual { config: String::new(), sections: Vec::new() };
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("### ") {
            let id = title.trim_matches('`').to_owned();
            manual.sections.push(Section { id, ..Section::default() });
        } else if line.starts_with("```") {
            let fence: String = line.chars().take_while(|c| *c == '`').collect();
            let block: String = lines.by_ref().take_while(|line| *line != fence).flat_map(|line| [line, "\n"]).collect();
            match manual.sections.last_mut() {
                Some(section) if block.starts_with("=== ") => section.examples.push(block),
                None if line == "```toml" => manual.config = block,
                _ => {}
            }
        } else if let Some(section) = manual.sections.last_mut() {
            section.words.push_str(line);
            section.words.push('\n');
        }
    }
    manual
}

/// A folder with an example's files, and the places where the report must point.
fn made(config: &str, example: &str) -> (TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let mut files = vec![("madoguchi.toml", config.to_owned())];
    let mut places = Vec::new();
    for line in example.lines() {
        if let Some(path) = line.strip_prefix("=== ") {
            files.push((path, String::new()));
        } else if let Some(place) = line.strip_prefix("==> ") {
            places.push(place.to_owned());
        } else if let Some((_, text)) = files.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    for (path, text) in files {
        put(folder.path(), path, text.as_bytes());
    }
    (folder, places)
}

fn put(folder: &Path, path: &str, bytes: &[u8]) {
    let file = folder.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, bytes).unwrap();
}

struct Silent;

impl Observer for Silent {
    fn phase(&self, _: &str, _: usize) {}
    fn step(&self) {}
}

fn check(folder: &Path) -> Vec<Diagnostic> {
    let config: Config = config::load(folder, &Environment::default(), build::discovered_tags).unwrap();
    build::check(&config, &Options { drafts: true, strict: false }, &Silent).unwrap().diagnostics
}

/// `PATH:LINE`, or `PATH` where the file is meant as a whole.
fn place(folder: &Path, found: &Diagnostic) -> String {
    let path = found.span.path.as_str();
    if found.span.end == 0 {
        return path.to_owned();
    }
    let text = fs::read(folder.join(path)).unwrap();
    format!("{path}:{}", text[..found.span.start].iter().filter(|byte| **byte == b'\n').count() + 1)
}

#[test]
fn the_pages_have_a_heading_for_every_code_and_for_nothing_else() {
    let expected: Vec<&str> = Code::ALL.iter().map(|code| code.id()).collect();
    for page in ["diagnostics.md", "diagnostics.ja.md"] {
        let sections = manual(page).sections;
        let headings: Vec<&str> = sections.iter().map(|section| section.id.as_str()).collect();
        assert_eq!(headings, expected, "{MANUAL}/{page}");
    }
}

#[test]
fn the_pages_tell_the_severity_of_every_code() {
    for (page, error, warning) in [
        ("diagnostics.md", "Severity: error.", "Severity: warning."),
        ("diagnostics.ja.md", "重大度: エラー。", "重大度: 警告。"),
    ] {
        for section in manual(page).sections {
            let is_error = Code::from_id(&section.id).unwrap().severity() == Severity::Error;
            let words = section.words.trim_start();
            assert!(words.starts_with(if is_error { error } else { warning }), "{page}: {}: {words}", section.id);
        }
    }
}

#[test]
fn both_languages_show_the_same_examples() {
    let (english, japanese) = (manual("diagnostics.md"), manual("diagnostics.ja.md"));
    assert_eq!(english.config, japanese.config);
    for (ours, theirs) in english.sections.iter().zip(&japanese.sections) {
        assert_eq!(ours.examples, theirs.examples, "{}", ours.id);
    }
}

#[test]
fn every_example_gives_the_code_that_it_stands_under() {
    let manual = manual("diagnostics.md");
    for section in &manual.sections {
        let code = Code::from_id(&section.id).unwrap();
        assert_eq!(section.examples.is_empty(), MADE_HERE.contains(&code), "{code}: an example, or a test in this file");
        for example in &section.examples {
            let (folder, expected) = made(&manual.config, example);
            let found = check(folder.path());
            let all: Vec<(Code, String)> = found.iter().map(|found| (found.code, place(folder.path(), found))).collect();
            let expected: Vec<(Code, String)> = expected.into_iter().map(|place| (code, place)).collect();
            assert_eq!(all, expected, "{code}: {found:#?}");
        }
    }
}

/// Codes that no page can show an example of. Each is made below.
const MADE_HERE: [Code; 5] = [Code::NotUtf8, Code::Template, Code::SymbolicLink, Code::NulByte, Code::IncludeDepth];

/// A site of one page with these bytes.
fn site(page: &[u8]) -> TempDir {
    let (folder, _) = made(&manual("diagnostics.md").config, "");
    put(folder.path(), "index.md", page);
    folder
}

fn codes(folder: &Path) -> Vec<Code> {
    check(folder).into_iter().map(|found| found.code).collect()
}

#[test]
fn text_that_is_not_utf8_is_reported() {
    assert_eq!(codes(site(b"# \x90\xbf\x8b\x81\n").path()), [Code::NotUtf8]);
}

#[test]
fn nul_bytes_are_reported() {
    assert_eq!(codes(site(b"# A\0B\n").path()), [Code::NulByte]);
}

#[test]
fn includes_that_are_nested_too_deep_are_reported() {
    let site = site(b"[!INCLUDE [1](includes/1.md)]\n");
    for number in 1..=16 {
        let next = number + 1;
        put(site.path(), &format!("includes/{number}.md"), format!("[!INCLUDE [{next}]({next}.md)]\n").as_bytes());
    }
    put(site.path(), "includes/17.md", b"The end.\n");
    assert_eq!(codes(site.path()), [Code::IncludeDepth]);
    put(site.path(), "includes/16.md", b"The end.\n");
    assert_eq!(codes(site.path()), []);
}

#[cfg(unix)]
#[test]
fn symbolic_links_that_lead_nowhere_are_reported() {
    let site = site(b"# A\n");
    std::os::unix::fs::symlink("gone.md", site.path().join("b.md")).unwrap();
    assert_eq!(codes(site.path()), [Code::SymbolicLink]);
}

/// An error in the site's own theme ends a check before the content is read; the command reports it like any other.
#[test]
fn a_template_that_cannot_be_used_is_reported() {
    let site = site(b"# A\n");
    put(site.path(), "madoguchi.toml", b"[site]\nlocales = [\"en\"]\ncontent = \".\"\ntheme = \"own\"\n");
    put(site.path(), "themes/own/templates/page.html", b"<p>\n{% if %}\n");
    let mut madoguchi = std::process::Command::new(env!("CARGO_BIN_EXE_madoguchi"));
    let output = madoguchi.args(["check", "--format", "json", "--site"]).arg(site.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = &report["diagnostics"][0];
    let place = (found["code"].as_str().unwrap(), found["file"].as_str().unwrap(), found["line"].as_u64().unwrap());
    assert_eq!(place, ("template", "themes/own/templates/page.html", 2));
}
