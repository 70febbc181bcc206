//! The command line: exit codes, streams, and what is refused.

use std::fs;
use std::process::Stdio;

use super::docset::{Docset, command, mixed, tree};

const DEAD: &[(&str, &str)] = &[("index.md", "# Start\n\n[gone](gone.md)\n")];
const TWICE: &[(&str, &str)] = &[("index.md", "# Start\n"), ("a.md", "# A\n"), ("A.md", "# B\n")];

#[test]
fn exit_codes_say_what_kind_of_trouble_it_is() {
    mixed().run(&["build"]).ended(0);
    Docset::new(DEAD).run(&["build"]).ended(0);
    Docset::new(TWICE).run(&["build"]).ended(1);
    Docset::new(TWICE).run(&["check"]).ended(1);
    Docset::new(DEAD).run(&["build", "--nonsense"]).ended(2);
    Docset::new(DEAD).run(&["build", "--base-url", "not an address"]).ended(2);
    let broken = Docset::new(&[("madoguchi.toml", "[site\n")]);
    broken.run(&["build"]).ended(3);
    Docset::new(DEAD).run(&["build", "--site", "nowhere"]).ended(4);
    let foreign = Docset::new(DEAD);
    fs::create_dir(foreign.out()).unwrap();
    fs::write(foreign.out().join("mine.txt"), "mine").unwrap();
    let said = foreign.run(&["build"]).ended(4).stderr;
    assert!(said.contains("no build made it") && said.contains("--out"), "{said}");
    assert_eq!(tree(&foreign.out()).len(), 1);
}

#[test]
fn strict_and_deny_and_allow_set_the_level() {
    let docset = Docset::new(DEAD);
    docset.run(&["build", "--strict"]).ended(1);
    assert!(!docset.out().exists(), "nothing is written");
    docset.run(&["check", "--strict"]).ended(1);
    docset.run(&["check", "--strict", "--allow", "link-broken"]).ended(0);
    docset.run(&["check", "--deny", "link-broken"]).ended(1);
    docset.run(&["check", "--deny", "link-case"]).ended(0);
    assert!(!docset.run(&["check", "--allow", "link-broken"]).ended(0).stdout.contains("link-broken"));
    docset.run(&["check", "--deny", "link-brokn"]).ended(2);
    docset.run(&["check", "--allow", "url-collision"]).ended(2);
}

#[test]
fn what_was_remembered_of_a_lenient_build_does_not_pass_a_strict_one() {
    let docset = Docset::new(DEAD);
    docset.run(&["build"]).ended(0);
    let again = docset.run(&["build"]).ended(0);
    assert!(again.stderr.contains("link-broken"), "a build with nothing to do still says what is wrong: {}", again.stderr);
    docset.run(&["build", "--strict"]).ended(1);
}

#[test]
fn data_goes_to_standard_output_and_the_rest_to_standard_error() {
    let docset = Docset::new(DEAD);
    let built = docset.run(&["build"]).ended(0);
    assert_eq!(built.stdout, "");
    assert!(built.stderr.contains("index.md:3:1") && built.stderr.contains("1 warning"), "{}", built.stderr);
    let checked = docset.run(&["check"]).ended(0);
    assert!(checked.stdout.contains("link-broken") && checked.stderr.is_empty(), "{checked:#?}");
    let json = docset.run(&["check", "--format", "json"]).ended(0);
    let value: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(value["diagnostics"][0]["file"], "index.md");
    let sarif = docset.run(&["check", "--format", "sarif"]).ended(0);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&sarif.stdout).unwrap()["version"], "2.1.0");
    let help = docset.run(&["check", "--help"]);
    assert!(help.stdout.contains("--deny") && help.code == Some(0));
}

#[test]
fn nothing_is_coloured_where_nobody_can_see_it() {
    let docset = Docset::new(DEAD);
    for value in ["", "1"] {
        let said = docset.command(&["build"]).env("NO_COLOR", value).env("TERM", "xterm-256color").output().unwrap();
        assert!(!said.stderr.contains(&0x1b), "{said:?}");
    }
}

#[test]
fn the_base_url_of_the_command_wins() {
    let docset = mixed();
    docset.run(&["build", "--base-url", "https://other.example/x/"]).ended(0);
    let page = docset.page("en/billing/index.html");
    assert!(page.contains("rel=\"canonical\" href=\"https://other.example/x/en/billing/\""), "{page}");
    assert!(docset.page("sitemap.xml").contains("https://other.example/x/ja/billing/"));
    assert!(docset.page("404.html").contains("href=\"/x/ja/\""));
    docset.run(&["build"]).ended(0);
    assert!(!docset.page("sitemap.xml").contains("other.example"), "the change is seen");
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_known_one() {
    let docset = Docset::new(&[("madoguchi.toml", "[site]\nlocals = [\"ja\"]\n"), ("content/index.md", "# A\n")]);
    let said = docset.run(&["build"]).ended(3).stderr;
    assert!(said.contains("madoguchi.toml:2:1") && said.contains("`locals`") && said.contains("`locales`"), "{said}");
}

#[test]
fn a_template_error_shows_file_line_and_cause() {
    let docset = mixed();
    let config = fs::read_to_string(docset.site().join("madoguchi.toml")).unwrap();
    docset.write("madoguchi.toml", config + "theme = \"own\"\n");
    docset.write(
        "themes/own/templates/page.html",
        "{% extends \"default/page.html\" %}\n{% block main %}\n{{ titel }}\n{% endblock %}\n",
    );
    let said = docset.run(&["build"]).ended(1).stderr;
    assert!(said.contains("page.html:3:") && said.contains("titel"), "{said}");
    assert!(!docset.out().exists());
    docset.write("themes/own/templates/page.html", "{% extends \"default/page.html\" %}\n{% block main %}\n{% if %}\n");
    let said = docset.run(&["check"]).ended(1).stderr;
    assert!(said.contains("page.html:3:"), "{said}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let links = "[gone](gone.md)\n\n".repeat(3_000);
    let docset = Docset::new(&[("index.md", &links)]);
    for arguments in [&["check"][..], &["check", "--format", "json"]] {
        let mut child = docset.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    }
    let mut child = docset.command(&["build"]).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(docset.has("index.html"));
}

#[test]
fn split_writes_one_language() {
    let docset = mixed();
    let run = |locale: &str| docset.run(&["split", "site/content/index.md", "--locale", locale, "--site", "x"]);
    assert_eq!(run("ja").code, Some(2), "split takes no site");
    let split =
        |arguments: &[&str]| super::docset::Ran::of(command().current_dir(docset.site()).args(arguments).output().unwrap());
    let ja = split(&["split", "content/index.md", "--locale", "ja-JP"]).ended(0).stdout;
    assert!(ja.contains("# はじめに\n") && !ja.contains("Please"), "{ja}");
    let en = split(&["split", "content/index.md", "--locale", "en"]).ended(0).stdout;
    assert!(en.contains("# Start here\n") && !en.contains("読んで"), "{en}");
    split(&["split", "content/index.md", "--locale", "de"]).ended(2);
    split(&["split", "content/nowhere.md", "--locale", "ja"]).ended(4);
    docset.write("bad.md", b"\xff");
    split(&["split", "bad.md", "--locale", "ja"]).ended(4);
}

#[test]
fn a_site_that_cannot_be_written_to_is_built_without_a_memory() {
    let docset = mixed();
    // Not even root can make a folder below a file.
    docset.write("var", "not a folder");
    for _ in 0..2 {
        docset.run(&["build"]).ended(0);
    }
    assert_eq!(fs::read_to_string(docset.site().join("var")).unwrap(), "not a folder");
}
