//! The report, from outside.

use madoguchi::cli::report::{self, Format, Levels};
use madoguchi::diag::{Code, Diagnostic, Span};
use madoguchi::vpath::SourcePath;

/// One diagnostic of each code. `tests/run` holds the log against the published schema of SARIF 2.1.0.
#[test]
fn a_sarif_log_with_every_code_is_left_for_validation() {
    let path = |name: &str| SourcePath::parse(name).unwrap();
    let diagnostic = |code: &Code| {
        Diagnostic::new(*code, Span::new(path("日本/a b.md"), 3..6), code.explanation().trim())
            .help("mend it")
            .related(Span::file(path("a:b.md")), "it is named here")
    };
    let findings = Levels::strict(false).judge(Code::ALL.iter().map(diagnostic).collect());
    let mut log = Vec::new();
    report::write(&mut log, Format::Sarif, &findings, &|_| Some("窓口へ".to_owned())).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&log).unwrap();
    assert_eq!(value["runs"][0]["results"].as_array().unwrap().len(), Code::ALL.len());
    std::fs::write(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("sample.sarif"), log).unwrap();
}
