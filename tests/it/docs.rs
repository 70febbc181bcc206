//! The documentation keeps up with the code: every code has its heading, and every example gives the code that it stands under.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use madoguchi::config::{self, Config, Environment};
use madoguchi::diag::{Code, Diagnostic, Severity};
use madoguchi::site::build::{self, Observer, Options};
use tempfile::TempDir;

const MANUAL: &str = "content/manual";
/// The pages that explain the codes, in the order of the phases.
const PAGES: [&str; 4] = ["files", "text", "site", "translations"];
/// What the name of a page ends in, by its language.
const ENDINGS: [&str; 2] = [".md", ".ja.md"];

/// A heading of the third level whose title is code, and what stands below it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Section {
    id: String,
    words: String,
    examples: Vec<String>,
}

/// What the pages say in a language: the configuration of all examples, the sections, and the rows of the list of all codes.
struct Manual {
    config: String,
    sections: Vec<Section>,
    rows: Vec<String>,
}

fn text(page: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(MANUAL).join(page);
    fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()))
}

/// Reads the list of all codes and the pages that explain them.
fn manual(ending: &str) -> Manual {
    let list = text(&format!("diagnostics{ending}"));
    let config = list.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let rows = list.lines().filter(|line| line.starts_with("| <a ")).map(str::to_owned).collect();
    let sections = PAGES.iter().flat_map(|page| sections(&text(&format!("diagnostics/{page}{ending}")))).collect();
    Manual { config: config.to_owned(), sections, rows }
}

/// The sections of a page. An example is a fenced block that begins with a line `=== PATH`.
fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("### ") {
            let id = title.trim_matches('`').to_owned();
            sections.push(Section { id, ..Section::default() });
        } else if line.starts_with("```") {
            let fence: String = line.chars().take_while(|c| *c == '`').collect();
            let block: String = lines.by_ref().take_while(|line| *line != fence).flat_map(|line| [line, "\n"]).collect();
            if let Some(section) = sections.last_mut().filter(|_| block.starts_with("=== ")) {
                section.examples.push(block);
            }
        } else if let Some(section) = sections.last_mut() {
            section.words.push_str(line);
            section.words.push('\n');
        }
    }
    sections
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

/// The tables of `madoguchi.toml`, each with a line that makes its keys known: the error of an unknown one names all.
const TABLES: [(&str, &str); 5] = [
    ("site", "[site]"),
    ("form.NAME", "[form.x]"),
    ("intake", "[intake]"),
    ("intake.guard", "[intake.guard]"),
    ("preview", "[preview]"),
];

/// The keys that the code knows in a table, tables below it aside.
fn known_keys(table: &str) -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "madoguchi.toml", format!("{table}\nqqqqqqqqqqqqqqqqqqqq = 1\n").as_bytes());
    let error = config::load(folder.path(), &Environment::default(), build::discovered_tags).unwrap_err();
    let keys = error.help.split('`').skip(1).step_by(2).filter(|key| *key != "guard");
    keys.map(str::to_owned).collect()
}

/// The keys that a page tells of the table that a heading names: code in the first column below it.
fn told_keys(page: &str, table: &str) -> BTreeSet<String> {
    let page = text(page);
    let lines = page.lines().skip_while(|line| !(line.starts_with("### ") && line.ends_with(&format!("`[{table}]`"))));
    let rows = lines.skip(1).take_while(|line| !line.starts_with('#')).filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    cells.flat_map(|cell| cell.split('`').step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn the_page_on_the_configuration_has_every_key_and_no_other() {
    for ending in ENDINGS {
        for (table, written) in TABLES {
            let known = known_keys(written);
            assert!(!known.is_empty(), "{table}");
            assert_eq!(told_keys(&format!("configuration{ending}"), table), known, "{ending}: [{table}]");
        }
    }
}

#[test]
fn the_page_on_the_configuration_names_the_variables_of_secrets() {
    for ending in ENDINGS {
        for variable in
            ["INTAKE_SECRET", "INTAKE_SMTP_PASSWORD", "INTAKE_STORE", "INTAKE_SMTP_PASSWORD_FILE", "FORM_NAME_MAILBOX"]
        {
            let named = format!("`MADOGUCHI_{variable}");
            assert!(text(&format!("configuration{ending}")).contains(&named), "{ending}: {named}");
        }
    }
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
    for ending in ENDINGS {
        let sections = manual(ending).sections;
        let headings: Vec<&str> = sections.iter().map(|section| section.id.as_str()).collect();
        assert_eq!(headings, expected, "{ending}");
    }
}

/// An address that led to a code when all of them stood on one page leads to its row in the list, and on from there.
#[test]
fn the_list_leads_to_the_section_of_every_code_and_tells_its_severity() {
    for (ending, error, warning) in [(".md", "error", "warning"), (".ja.md", "エラー", "警告")] {
        let rows = manual(ending).rows;
        assert_eq!(rows.len(), Code::ALL.len());
        let page_of = |code: &str| {
            let holds =
                |page: &&&str| sections(&text(&format!("diagnostics/{page}{ending}"))).iter().any(|section| section.id == code);
            PAGES.iter().find(holds).unwrap()
        };
        for (row, code) in rows.iter().zip(Code::ALL) {
            let (id, severity) = (code.id(), if code.severity() == Severity::Error { error } else { warning });
            let begins = format!("| <a name=\"{id}\"></a>[`{id}`](diagnostics/{}.md#{id}) | {severity} | ", page_of(id));
            assert!(row.starts_with(&begins), "{row}");
        }
    }
}

#[test]
fn the_pages_tell_the_severity_of_every_code() {
    for (ending, error, warning) in
        [(".md", "Severity: error.", "Severity: warning."), (".ja.md", "重大度: エラー。", "重大度: 警告。")]
    {
        for section in manual(ending).sections {
            let is_error = Code::from_id(&section.id).unwrap().severity() == Severity::Error;
            let words = section.words.trim_start();
            assert!(words.starts_with(if is_error { error } else { warning }), "{ending}: {}: {words}", section.id);
        }
    }
}

#[test]
fn both_languages_show_the_same_examples() {
    let (english, japanese) = (manual(".md"), manual(".ja.md"));
    assert_eq!(english.config, japanese.config);
    for (ours, theirs) in english.sections.iter().zip(&japanese.sections) {
        assert_eq!(ours.examples, theirs.examples, "{}", ours.id);
    }
}

#[test]
fn every_example_gives_the_code_that_it_stands_under() {
    let manual = manual(".md");
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
    let (folder, _) = made(&manual(".md").config, "");
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
