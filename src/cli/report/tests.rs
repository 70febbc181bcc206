//! How findings look.

use super::*;
use crate::diag::Span;

fn path(name: &str) -> SourcePath {
    SourcePath::parse(name).unwrap()
}

/// A diagnostic at the first place of `word` in `text`.
fn finding(code: Code, name: &str, text: &str, word: &str) -> Diagnostic {
    let start = text.find(word).unwrap();
    Diagnostic::new(code, Span::new(path(name), start..start + word.len()), "the link leads nowhere").help("mend it")
}

fn written(format: Format, diagnostics: Vec<Diagnostic>, levels: &Levels, texts: &[(&str, &str)]) -> String {
    let read = |wanted: &SourcePath| texts.iter().find(|(name, _)| *name == wanted.as_str()).map(|(_, text)| (*text).to_owned());
    let mut out = Vec::new();
    write(&mut out, format, &levels.judge(diagnostics), &read).unwrap();
    String::from_utf8(out).unwrap()
}

fn human(diagnostics: Vec<Diagnostic>, texts: &[(&str, &str)]) -> String {
    written(Format::Human { colour: false, most: usize::MAX }, diagnostics, &Levels::default(), texts)
}

const TEXT: &str = "# 窓口\r\n\r\n詳しくは「[請求](billing.md)」を参照。\r\n";

#[test]
fn carets_stand_under_full_width_text() {
    let other = "[x]: y\n";
    let diagnostic = finding(Code::LinkBroken, "ja/a.md", TEXT, "[請求](billing.md)")
        .related(Span::new(path("b.md"), 0..3), "the source has it here");
    let shown = human(vec![diagnostic], &[("ja/a.md", TEXT), ("b.md", other)]);
    let expected = "\
warning[link-broken]: the link leads nowhere
 --> ja/a.md:3:6
  |
3 | 詳しくは「[請求](billing.md)」を参照。
  |           ^^^^^^^^^^^^^^^^^^
  |
  = help: mend it
note: the source has it here
 --> b.md:1:1
  |
1 | [x]: y
  | ^^^

1 warning: link-broken 1
";
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn colour_changes_nothing_but_the_colour() {
    let diagnostic = || vec![finding(Code::LinkBroken, "a.md", TEXT, "請求")];
    let coloured = written(Format::Human { colour: true, most: usize::MAX }, diagnostic(), &Levels::default(), &[("a.md", TEXT)]);
    assert!(coloured.contains("\x1b["), "{coloured:?}");
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), human(diagnostic(), &[("a.md", TEXT)]));
}

#[test]
fn a_long_line_is_cut_around_what_is_meant() {
    let text = format!("{}[請求](billing.md){}\n", "日本語の文。".repeat(300), "続きの文。".repeat(300));
    let shown = human(vec![finding(Code::LinkBroken, "a.md", &text, "[請求](billing.md)")], &[("a.md", &text)]);
    assert!(shown.contains("--> a.md:1:1801"), "{shown}");
    let line = shown.lines().find(|line| line.starts_with("1 |")).unwrap();
    let width: usize = line.chars().map(|c| unicode_width::UnicodeWidthChar::width(c).unwrap_or(0)).sum();
    assert!((140..=160).contains(&width) && line.contains("| …") && line.ends_with('…'), "{width} {line}");
    let caret = shown.lines().find(|line| line.contains('^')).unwrap();
    let before: usize =
        line[..line.find('[').unwrap()].chars().map(|c| unicode_width::UnicodeWidthChar::width(c).unwrap_or(0)).sum();
    assert_eq!(caret.find('^'), Some(before), "{shown}");
}

#[test]
fn what_is_meant_can_be_long_empty_or_over_several_lines() {
    let long = "あ".repeat(500);
    let shown = human(vec![finding(Code::LinkBroken, "a.md", &long, &long)], &[("a.md", &long)]);
    assert!(shown.lines().all(|line| line.chars().count() < 130), "{shown}");
    let text = "ab\ncd\n\nef";
    let at = |range| Diagnostic::new(Code::HtmlUnbalanced, Span::new(path("a.md"), range), "m");
    let shown = human(vec![at(1..5), at(7..7), at(9..9), at(99..120)], &[("a.md", text)]);
    for place in ["a.md:1:2\n", "a.md:4:1\n", "a.md:4:3\n"] {
        assert!(shown.contains(place), "{shown}");
    }
}

#[test]
fn a_byte_order_mark_takes_no_column() {
    let text = "\u{feff}# a\n";
    let diagnostic = |range| Diagnostic::new(Code::FrontMatter, Span::new(path("a.md"), range), "m");
    let shown = human(vec![diagnostic(0..4), diagnostic(5..6)], &[("a.md", text)]);
    assert!(shown.contains("a.md:1:1\n") && shown.contains("a.md:1:3\n") && !shown.contains('\u{feff}'), "{shown}");
}

#[test]
fn a_file_as_a_whole_or_one_that_cannot_be_read_has_no_excerpt() {
    let whole = Diagnostic::new(Code::Unreadable, Span::file(path("a.md")), "it is locked");
    let shown = human(vec![whole], &[]);
    assert_eq!(shown, "error[unreadable]: it is locked\n--> a.md\n\n1 error: unreadable 1\n");
}

#[test]
fn content_cannot_steer_the_terminal() {
    let text = "a\x1b[2Jb";
    let diagnostic = Diagnostic::new(Code::LinkBroken, Span::new(path("a.md"), 0..1), "no \x1b[31mred").help("\x07");
    let shown = human(vec![diagnostic], &[("a.md", text)]);
    assert!(!shown.contains(['\x1b', '\x07']), "{shown:?}");
}

#[test]
fn levels_raise_and_leave_out() {
    let levels = Levels::new(false, &[Code::LinkCase], &[Code::LinkBroken]).unwrap();
    assert_eq!(levels.of(Code::LinkCase), Some(Severity::Error));
    assert_eq!(levels.of(Code::LinkBroken), None);
    assert_eq!(levels.of(Code::ImageMissing), Some(Severity::Warning));
    assert_eq!(Levels::strict(true).of(Code::ImageMissing), Some(Severity::Error));
    assert!(Levels::new(false, &[], &[Code::Unreadable]).is_err());
    assert!(Levels::new(false, &[Code::LinkCase], &[Code::LinkCase]).is_err());
    assert_eq!(parse_code("link-brokn").unwrap_err(), "there is no such code; did you mean `link-broken`?");
}

#[test]
fn findings_stand_in_order_each_once_and_are_summed_up() {
    let find = |name: &str| finding(Code::LinkBroken, name, TEXT, "請求");
    let case = finding(Code::LinkCase, "b.md", TEXT, "窓口");
    let all = vec![find("b.md"), find("a.md"), find("b.md"), case];
    let shown = human(all, &[("a.md", TEXT), ("b.md", TEXT)]);
    let places: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix(" --> ")).collect();
    assert_eq!(places, ["a.md:3:7", "b.md:1:3", "b.md:3:7"]);
    assert!(shown.ends_with("3 warnings: link-broken 2, link-case 1\n"), "{shown}");
    assert_eq!(human(Vec::new(), &[]), "");
}

#[test]
fn json_holds_the_same() {
    let diagnostic = finding(Code::LinkBroken, "ja/a.md", TEXT, "請求").related(Span::file(path("b.md")), "why");
    let shown = written(Format::Json, vec![diagnostic], &Levels::strict(true), &[("ja/a.md", TEXT)]);
    let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let expected = serde_json::json!({
        "diagnostics": [{
            "code": "link-broken", "severity": "error", "file": "ja/a.md",
            "line": 3, "column": 7, "end_line": 3, "end_column": 9,
            "message": "the link leads nowhere", "help": "mend it",
            "excerpt": "詳しくは「[請求](billing.md)」を参照。",
            "related": [{
                "file": "b.md", "line": null, "column": null, "end_line": null, "end_column": null,
                "excerpt": null, "message": "why"
            }],
        }],
        "summary": { "errors": 1, "warnings": 0, "by_code": { "link-broken": 1 } },
    });
    assert_eq!(value, expected);
}

#[test]
fn sarif_names_the_rule_and_the_place() {
    let diagnostic = finding(Code::LinkBroken, "日本/a b.md", TEXT, "請求").related(Span::file(path("b.md")), "why");
    let shown = written(Format::Sarif, vec![diagnostic], &Levels::default(), &[("日本/a b.md", TEXT)]);
    let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let run = &value["runs"][0];
    assert_eq!((&value["version"], &run["columnKind"]), (&"2.1.0".into(), &"unicodeCodePoints".into()));
    let result = &run["results"][0];
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!((&run["tool"]["driver"]["rules"][index]["id"], &result["level"]), (&"link-broken".into(), &"warning".into()));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "%E6%97%A5%E6%9C%AC/a%20b.md");
    assert_eq!(place["region"], serde_json::json!({ "startLine": 3, "startColumn": 7, "endLine": 3, "endColumn": 9 }));
    assert_eq!(result["relatedLocations"][0]["message"]["text"], "why");
}

/// In a time that grows with their number: were each looked for from the line's beginning, nobody would wait for the end.
#[test]
fn many_in_one_line_are_written() {
    const MANY: usize = 10_000;
    let text = "これは長い行です。[x](y.md) ".repeat(MANY);
    let starts: Vec<usize> = text.match_indices("[x]").map(|(at, _)| at).collect();
    let find = |at: &usize| Diagnostic::new(Code::LinkBroken, Span::new(path("a.md"), *at..at + 3), "m");
    for format in [Format::Human { colour: false, most: usize::MAX }, Format::Json, Format::Sarif] {
        let report = written(format, starts.iter().map(find).collect(), &Levels::default(), &[("a.md", &text)]);
        assert!(report.matches("a.md").count() >= MANY, "each has its place");
    }
}
