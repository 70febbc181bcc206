//! The documentation keeps up with the code.

use std::path::Path;

use madoguchi::diag::Code;

/// The words of a page's headings.
fn headings(page: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/manual").join(page);
    let text = std::fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    let titles = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    titles.map(|title| title.trim_matches('`').to_owned()).collect()
}

#[test]
fn every_code_has_its_heading_in_both_languages() {
    for page in ["diagnostics.md", "diagnostics.ja.md"] {
        let headings = headings(page);
        let missing: Vec<&str> = Code::ALL.iter().map(|code| code.id()).filter(|id| !headings.iter().any(|title| title == id)).collect();
        assert!(missing.is_empty(), "content/manual/{page} lacks a heading for {}", missing.join(", "));
    }
}
