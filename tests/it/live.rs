//! The preview's law: whatever the edits, a live site answers with what a clean build writes, and finds what a check finds.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use madoguchi::config::{self, Environment};
use madoguchi::diag::{Diagnostic, Severity};
use madoguchi::preview::reload;
use madoguchi::preview::watch::Watch;
use madoguchi::site::build::{self, Observer, Options};
use madoguchi::site::live::{Answer, Audit, Auditor, Changes, Configure, Findings, Live};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::FileFailurePersistence;

use super::docset::{Docset, Tree, cases, localized, mixed, tree};

struct Quiet;

impl Observer for Quiet {
    fn phase(&self, _: &str, _: usize) {}
    fn step(&self) {}
}

fn start(docset: &Docset) -> Live {
    Live::start(configure(docset)).unwrap()
}

fn configure(docset: &Docset) -> Box<Configure> {
    let (site, out) = (docset.site(), docset.out());
    Box::new(move || {
        let mut tags = None;
        let mut config = config::load(&site, &Environment::default(), |content| {
            let found = build::discovered_tags(content);
            tags = Some(found.clone());
            found
        })?;
        config.site.out = out.clone();
        Ok((config, tags))
    })
}

/// Reads what was not read yet, as the preview does when nothing happens.
fn read_on(live: &mut Live) {
    if live.is_reading() {
        while live.read_more() {}
        live.complete();
    }
}

/// What a clean build writes, drafts with the rest; nothing if the content has errors.
fn clean(docset: &Docset) -> Option<Tree> {
    let fresh = tempfile::tempdir().unwrap();
    let mut config = config::load(&docset.site(), &Environment::default(), build::discovered_tags).ok()?;
    config.site.out = fresh.path().join("out");
    let report = build::build(&config, &Options { drafts: true, strict: false }, &Quiet).ok()?;
    report.written.map(|_| {
        let mut files = tree(&config.site.out);
        files.remove(".madoguchi");
        files
    })
}

fn checked(docset: &Docset) -> Option<Vec<Diagnostic>> {
    let config = config::load(&docset.site(), &Environment::default(), build::discovered_tags).ok()?;
    build::check(&config, &Options { drafts: true, strict: false }, &Quiet).ok().map(|report| report.diagnostics)
}

/// Finds what is wrong, and sees that nothing is said to be as it was that is not.
#[derive(Default)]
struct Finder {
    auditor: Auditor,
    last: Findings,
}

fn found(live: &Live, finder: &mut Finder) -> Findings {
    loop {
        if let Audit::Whole(rest) = finder.auditor.step(live) {
            let news = finder.auditor.has_news();
            let findings = finder.auditor.findings(rest);
            assert!(news || findings == finder.last, "{:?} instead of {:?}", finder.last, findings);
            finder.last = findings.clone();
            return findings;
        }
    }
}

#[test]
fn a_language_without_words_is_found_as_a_check_finds_it() {
    let docset = Docset::new(&[("index.md", &localized("fr-FR", "T", ("T", "Title"), &[("Texte.", "Text.")]))]);
    let live = start(&docset);
    let found = found(&live, &mut Finder::default()).diagnostics;
    assert!(found.iter().any(|found| found.span.path.as_str() == "themes/own/messages/fr.toml"), "{found:?}");
    assert_eq!(Some(found), checked(&docset));
}

/// Holds every file of a clean build against the answer, and addresses that files once had against a clean build.
fn equals(live: &Live, clean: &Tree, once: &BTreeSet<String>) -> Result<(), String> {
    for (name, bytes) in clean {
        let answer = match live.answer(name) {
            Answer::Found(content) => content.bytes,
            other => return Err(format!("{name}: {other:?}")),
        };
        if same(name, &answer) != same(name, bytes) {
            let (a, b) = (String::from_utf8_lossy(&answer).into_owned(), String::from_utf8_lossy(bytes).into_owned());
            return Err(format!("{name}: {:?}", a.lines().zip(b.lines()).find(|(a, b)| a != b)));
        }
    }
    for name in once.iter().filter(|name| !clean.contains_key(*name)) {
        if let Answer::Found(_) = live.answer(name) {
            return Err(format!("{name} is answered, and a build does not write it"));
        }
    }
    Ok(())
}

/// What must be the same in the preview and in a build: everything but the key of the search's files, which only tells one state of them from
/// another. A build takes a digest of all pages for it, which a preview would have to read.
fn same(name: &str, bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    match (name.ends_with("search/index.json"), text.split_once("\"key\":\"")) {
        (true, Some((before, after))) => {
            let rest = after.split_once('"').map_or("", |(_, rest)| rest);
            format!("{before}{rest}").into_bytes()
        }
        _ => bytes.to_vec(),
    }
}

#[derive(Debug, Clone)]
enum Edit {
    Write(&'static str, usize),
    Remove(&'static str),
    Rename(&'static str, &'static str),
    /// Half of a file, as an editor leaves it for a moment.
    Halve(&'static str),
    /// Several edits that are heard of at once.
    Look,
}

const FILES: &[&str] = &[
    "content/index.md",
    "content/billing.md",
    "content/billing.md",
    "content/support.md",
    "content/support.ja.md",
    "content/notes.md",
    "content/notes.ja.md",
    "content/includes/note.md",
    "content/includes/note.ja.md",
    "content/media/plan.svg",
    "content/TOC.yml",
    "content/TOC.ja.yml",
    "content/.openpublishing.redirection.json",
    "content/sub/new.md",
    "content/sub/TOC.yml",
    "content/sub/faq.yml",
    "content/billing/extra.md",
    "content/docfx.json",
    "content/code/a.cs",
    "content/forms/ask.toml",
    "themes/own/messages/ja.toml",
    "themes/own/static/extra.css",
    "themes/own/templates/contents.html",
    "madoguchi.toml",
];

const FOLDERS: &[&str] =
    &["content/sub", "content/other", "content/includes", "content/media", "content/ja", "content", "away", "themes/own"];

const CONFIG: &str = "[site]\ntitle = { ja = \"案内\", en = \"Guide\" }\nbase_url = \"https://docs.example.com/guide/\"\nsource_locale = \"en\"\ntheme = \"own\"\nexports = [\"markdown\", \"pairs\", \"llms\", \"print\"]\n";

fn bytes(path: &str, at: usize) -> Vec<u8> {
    let links = "[a](notes.md) [b](sub/new.md#new) [c](sub/faq.yml) [d](xref:named) <xref:named> ![e](media/plan.svg) [f](media/plan.svg)";
    let text = match path {
        "madoguchi.toml" => [
            format!("{CONFIG}locales = [\"ja\", \"en\"]\n"),
            format!("{}locales = [\"ja\", \"en\"]\nparallel = false\n[site.glossary]\n\"Text\" = {{ ja = \"文\" }}\n", CONFIG.split("exports").next().unwrap()),
            CONFIG.to_owned(),
            format!("{CONFIG}locales = [\"ja\", \"en\", \"de\"]\n"),
            "[site\n".to_owned(),
            format!("{CONFIG}locales = [\"ja\", \"en\"]\n[form.ask]\nspec = \"content/forms/ask.toml\"\n"),
        ][at % 6]
            .clone(),
        "content/TOC.yml" => ["- name: はじめに\n  href: index.md\n", "- name: N\n  href: notes.md#new\n- name: B\n  items:\n  - name: 請求\n    href: billing.md#refunds\n  - name: S\n    href: sub/\n  - name: U\n    uid: named\n  - name: R\n    href: /support#new\n  - name: O\n    href: old.md\n", "- [\n"][at % 3].to_owned(),
        "content/TOC.ja.yml" => "- name: 最初\n  href: index.md\n".to_owned(),
        "content/sub/TOC.yml" => "- name: New\n  href: new.md\n- name: Up\n  href: ../index.md\n".to_owned(),
        "content/.openpublishing.redirection.json" => ["{\"redirections\": [{\"source_path\": \"old.md\", \"redirect_url\": \"/notes#new\"}, {\"source_path\": \"notes.md\", \"redirect_url\": \"/billing#refunds\"}]}", "{}", "{\"redirections\": [{\"source_path\": \"sub/new/deep.md\", \"redirect_url\": \"https://example.com/\"}]}"][at % 3].to_owned(),
        "content/docfx.json" => ["{\"build\": {\"content\": [{\"files\": \"**/*.md\", \"exclude\": \"notes.md\"}], \"resource\": [{\"files\": \"**/*.svg\"}]}}", "{\"build\": {\"content\": [{\"files\": \"**/*.{md,yml}\"}]}}"][at % 2].to_owned(),
        "content/media/plan.svg" => format!("<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"x{at}\"/>"),
        "content/code/a.cs" => format!("// <one>\nx{at}();\n// </one>\n"),
        "content/forms/ask.toml" => format!("title = {{ ja = \"質問{at}\", en = \"Question {at}\" }}\n\n[[group]]\n\n[[group.field]]\nname = \"email\"\ntype = \"email\"\nlabel = {{ ja = \"メール\", en = \"Mail\" }}\nrequired = true\nmissing = {{ ja = \"入力してください\", en = \"Enter it\" }}\nlimit = {{ graphemes = 100, bytes = 200 }}\n"),
        "content/sub/faq.yml" => ["### YamlMime:FAQ\ntitle: 質問\nsummary: x\nsections:\n- name: A\n  questions:\n  - question: Q\n    answer: A\n", "plain: true\n"][at % 2].to_owned(),
        "themes/own/messages/ja.toml" => [format!("contents = \"目次{at}\"\n"), "nonsense = \"x\"\n".to_owned()][usize::from(at.is_multiple_of(7))].clone(),
        "themes/own/static/extra.css" => format!(".x{at} {{ color: red }}\n"),
        "themes/own/templates/contents.html" => ["{% extends \"default/contents.html\" %}{% block kind %}contents own{% endblock %}", "{% extends \"default/contents.html\" %}{% block kind %}{{ nothing }}{% endblock %}", "{% if %}"][at % 3].to_owned(),
        "content/includes/note.md" => [format!("Included words, {at}.\n"), localized("ja-JP", "注", ("注", "Note"), &[("訳。", "Words.")])][at % 2].clone(),
        "content/includes/note.ja.md" => format!("含まれる言葉、{at}。\n"),
        _ if at == 13 => return b"---\ntitle: x\n---\n# \x82\xa0 not UTF-8\n".to_vec(),
        _ if at == 11 => "---\ntitle: [\n# Broken front matter\n".to_owned(),
        _ if at == 12 => String::new(),
        _ if at.is_multiple_of(3) => localized("ja-JP", "題", (&format!("題{at}"), &format!("Title {at}")), &[("文。", "Text."), (links, links)]),
        _ if at.is_multiple_of(5) => "---\ndraft: true\nuid: named\n---\n# Draft\n".to_owned(),
        _ if at == 7 => format!("---\nuid: named\nms.contentlocale: de-DE\n---\n# New\n\n:::form ask\n\n:::code language=\"csharp\" source=\"code/a.cs\" id=\"one\":::\n\n{links}\n"),
        _ => format!("---\ntitle: T{at}\nuid: named{}\n---\n# New {at}\n\n## New\n\nWords, {at}. {links}\n\n[!INCLUDE [x](includes/note.md)]\n", at % 2),
    };
    text.into_bytes()
}

fn edit() -> impl Strategy<Value = Edit> {
    let path = || prop::sample::select(FILES);
    let folder = || prop::sample::select(FOLDERS);
    prop_oneof![
        8 => (path(), 0..16_usize).prop_map(|(path, at)| Edit::Write(path, at)),
        2 => path().prop_map(Edit::Remove),
        1 => (path(), path()).prop_map(|(from, to)| Edit::Rename(from, to)),
        1 => (folder(), folder()).prop_map(|(from, to)| Edit::Rename(from, to)),
        1 => path().prop_map(Edit::Halve),
        4 => Just(Edit::Look),
    ]
}

/// Makes an edit, and gives the paths that a watcher would name.
fn apply(docset: &Docset, edit: &Edit) -> Vec<PathBuf> {
    let root = fs::canonicalize(docset.site()).unwrap();
    match edit {
        Edit::Write(path, at) => {
            let file = root.join(path);
            if fs::create_dir_all(file.parent().unwrap()).and_then(|()| fs::write(&file, bytes(path, *at))).is_err() {
                return Vec::new();
            }
            // A folder that was made is heard of as well.
            [file.parent().unwrap().to_owned(), file].into()
        }
        Edit::Remove(path) if *path != "madoguchi.toml" => {
            let _ = fs::remove_file(root.join(path));
            vec![root.join(path)]
        }
        Edit::Halve(path) => {
            let file = root.join(path);
            if let Ok(whole) = fs::read(&file) {
                fs::write(&file, &whole[..whole.len() / 2]).unwrap();
            }
            vec![file]
        }
        Edit::Rename(from, to) if from != to && *from != "madoguchi.toml" && *to != "madoguchi.toml" => {
            let (from, to) = (root.join(from), root.join(to));
            if from.exists() && !to.starts_with(&from) && !(to.exists() && to.is_dir()) {
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                let _ = fs::rename(&from, &to);
            }
            vec![from, to.parent().unwrap().to_owned(), to]
        }
        _ => Vec::new(),
    }
}

fn own_theme(docset: &Docset) {
    docset.write("madoguchi.toml", format!("{CONFIG}locales = [\"ja\", \"en\"]\n"));
    docset.write("themes/own/static/kept.txt", "the folder stays");
}

/// Holds a live site against a clean build and a check.
fn holds(docset: &Docset, live: &Live, finder: &mut Finder, once: &mut BTreeSet<String>) -> Result<(), TestCaseError> {
    let findings = found(live, finder);
    let Some(files) = clean(docset) else {
        // No build, no truth to hold it against; but it answers, and says why.
        let error = |d: &Diagnostic| d.code.severity() == Severity::Error;
        let why = findings.diagnostics.iter().any(error) || findings.template.is_some();
        prop_assert!(
            why || live.faults().config.is_some() || live.faults().theme.is_some(),
            "nothing is wrong, and a build fails"
        );
        for path in ["", "ja/", "en/notes/", "ja/contents/"] {
            live.answer(path);
        }
        return Ok(());
    };
    prop_assert_eq!(equals(live, &files, once), Ok(()));
    prop_assert_eq!(&live.faults().config, &None);
    prop_assert_eq!(Some(findings.diagnostics), checked(docset));
    once.extend(files.into_keys());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/it/proptest-regressions/live.txt"))),
        max_shrink_iters: 400,
        // Each builds the site anew up to sixteen times.
        ..ProptestConfig::with_cases(cases(8, 100))
    })]

    #[test]
    fn whatever_the_edits_a_live_site_equals_a_clean_build(edits in prop::collection::vec(edit(), 1..16), unread: bool) {
        let docset = mixed();
        own_theme(&docset);
        let mut live = if unread { Live::begin(configure(&docset)).unwrap() } else { start(&docset) };
        let (mut finder, mut once, mut heard) = (Finder::default(), BTreeSet::new(), BTreeSet::new());
        if unread {
            live.answer("en/notes/");
        } else {
            holds(&docset, &live, &mut finder, &mut once)?;
        }
        for edit in edits.iter().chain([&Edit::Look]) {
            heard.extend(apply(&docset, edit));
            if matches!(edit, Edit::Look) {
                live.refresh(&Changes::Paths(std::mem::take(&mut heard).into_iter().collect()));
                live.answer("ja/");
                read_on(&mut live);
                holds(&docset, &live, &mut finder, &mut once)?;
            }
        }
        prop_assert!(!live.refresh(&Changes::All), "all was heard of, and something was new");
    }
}

/// Waits until the watcher is quiet, and brings the site up to date with all that it has heard.
fn settle(live: &mut Live, watch: &mut Watch) {
    let end = Instant::now() + Duration::from_secs(120);
    while let Some(changes) = watch.wait(Duration::from_millis(150)) {
        live.refresh(&changes);
        watch.follow(reload::of_config(live.config())).unwrap();
        assert!(Instant::now() < end, "the watcher does not come to rest");
    }
}

fn watched(poll: bool) {
    let mut random = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..2 {
        let docset = mixed();
        own_theme(&docset);
        let config = config::load(&docset.site(), &Environment::default(), build::discovered_tags).unwrap();
        let mut watch = Watch::start(reload::of_config(&config), poll).unwrap();
        let mut live = start(&docset);
        let (mut finder, mut once) = (Finder::default(), BTreeSet::new());
        for _ in 0..6 {
            let edits = prop::collection::vec(edit(), 1..5).new_tree(&mut random).unwrap().current();
            for edit in &edits {
                apply(&docset, edit);
            }
            if poll {
                std::thread::sleep(Duration::from_millis(300));
            }
            settle(&mut live, &mut watch);
            holds(&docset, &live, &mut finder, &mut once).unwrap_or_else(|why| panic!("{why} after {edits:?}"));
        }
    }
}

#[test]
fn a_real_watcher_hears_of_all_edits() {
    watched(false);
}

#[test]
fn looking_again_and_again_finds_all_edits() {
    watched(true);
}

/// A branch switch brings so many files, or 3,000 by `TEST_LONG`.
fn many() -> usize {
    if std::env::var_os("TEST_LONG").is_some() { 3_000 } else { 240 }
}

#[test]
fn a_branch_switch_and_back_is_survived() {
    let docset = mixed();
    let config = config::load(&docset.site(), &Environment::default(), build::discovered_tags).unwrap();
    let mut watch = Watch::start(reload::of_config(&config), false).unwrap();
    let mut live = start(&docset);
    let (mut finder, mut once) = (Finder::default(), BTreeSet::new());
    for number in 0..many() {
        docset.write(
            &format!("content/many/{}/page-{number}.md", number % 20),
            format!("# Page {number}\n\n[x](../../notes.md)\n"),
        );
    }
    settle(&mut live, &mut watch);
    holds(&docset, &live, &mut finder, &mut once).unwrap();
    fs::rename(docset.site().join("content/many"), docset.site().join("content/more")).unwrap();
    fs::remove_dir_all(docset.site().join("content/more/3")).unwrap();
    settle(&mut live, &mut watch);
    holds(&docset, &live, &mut finder, &mut once).unwrap();
    fs::remove_dir_all(docset.site().join("content")).unwrap();
    settle(&mut live, &mut watch);
    for (path, text) in super::docset::mixed_files() {
        docset.write(path, text);
    }
    settle(&mut live, &mut watch);
    holds(&docset, &live, &mut finder, &mut once).unwrap();
}

/// The text of an answer, of a page that is found.
fn text(live: &Live, path: &str) -> String {
    match live.answer(path) {
        Answer::Found(content) => String::from_utf8(content.bytes.to_vec()).unwrap(),
        other => panic!("{path}: {other:?}"),
    }
}

fn heard(docset: &Docset, live: &mut Live, path: &str) -> bool {
    live.refresh(&Changes::Paths([fs::canonicalize(docset.site()).unwrap().join(path)].into()))
}

#[test]
fn a_page_that_cannot_be_read_keeps_its_place_until_it_is_mended() {
    let docset = mixed();
    let mut live = start(&docset);
    let before = text(&live, "ja/");
    docset.write("content/notes.md", b"# \x82\xa0\n");
    assert!(heard(&docset, &mut live, "content/notes.md"));
    assert!(matches!(live.answer("en/notes/"), Answer::Failed(None)));
    assert_eq!(text(&live, "ja/"), before, "other pages go on as if nothing had happened");
    let found = live.findings_of("en/notes/", &Findings::default());
    assert_eq!(found[0].code.id(), "not-utf8", "{found:?}");
    docset.write("content/notes.md", "# Mended\n");
    assert!(heard(&docset, &mut live, "content/notes.md"));
    assert!(text(&live, "en/notes/").contains("Mended"));
}

#[test]
fn a_file_written_again_as_it_was_is_no_change() {
    let docset = mixed();
    let mut live = start(&docset);
    let same = fs::read(docset.site().join("content/notes.md")).unwrap();
    docset.write("content/notes.md", same);
    docset.write("content/.notes.md.swp", "of an editor");
    assert!(!heard(&docset, &mut live, "content/notes.md"));
    assert!(!heard(&docset, &mut live, "content/.notes.md.swp"));
    assert!(!live.refresh(&Changes::All));
}

#[test]
fn a_settings_file_above_the_content_is_heard_of() {
    let docset = mixed();
    let mut live = start(&docset);
    docset.write("docfx.json", "{}");
    assert!(heard(&docset, &mut live, "docfx.json"));
    docset.write("package.json", "{}");
    assert!(!heard(&docset, &mut live, "package.json"));
}

#[test]
fn a_language_that_is_added_is_searched_as_well() {
    let docset = mixed();
    own_theme(&docset);
    let mut live = start(&docset);
    let searched = |live: &Live, tag: &str| {
        let directory: serde_json::Value = serde_json::from_str(&text(live, &format!("{tag}/search/index.json"))).unwrap();
        let tags = directory["locales"].as_array().unwrap().iter().map(|one| one["locale"].as_str().unwrap().to_owned());
        tags.collect::<Vec<_>>()
    };
    assert_eq!(searched(&live, "ja"), ["ja", "en"]);
    docset.write("madoguchi.toml", format!("{CONFIG}locales = [\"ja\", \"en\", \"de\"]\n"));
    assert!(heard(&docset, &mut live, "madoguchi.toml"));
    assert_eq!(searched(&live, "de"), ["de", "ja", "en"]);
}

#[test]
fn a_broken_configuration_or_theme_leaves_the_last_good_one() {
    let docset = mixed();
    own_theme(&docset);
    let mut live = start(&docset);
    let before = text(&live, "ja/");
    docset.write("madoguchi.toml", "[site\n");
    assert!(heard(&docset, &mut live, "madoguchi.toml"));
    assert!(live.faults().config.is_some());
    assert_eq!(text(&live, "ja/"), before);
    own_theme(&docset);
    docset.write("themes/own/templates/page.html", "{% if %}");
    assert!(heard(&docset, &mut live, "madoguchi.toml"));
    assert!(heard(&docset, &mut live, "themes/own/templates/page.html"));
    assert!(live.faults().config.is_none() && live.faults().theme.is_some());
    assert_eq!(text(&live, "ja/"), before);
    fs::remove_file(docset.site().join("themes/own/templates/page.html")).unwrap();
    assert!(heard(&docset, &mut live, "themes/own/templates/page.html"));
    assert!(live.faults().theme.is_none());
}

#[test]
fn only_what_a_build_publishes_is_answered() {
    let docset = mixed();
    docset.write("content/secret.txt", "not named by a page");
    let live = start(&docset);
    for path in [
        "madoguchi.toml",
        "content/index.md",
        "index.md",
        "secret.txt",
        "../madoguchi.toml",
        "%2e%2e/madoguchi.toml",
        "ja/../../x",
        "TOC.yml",
        "docfx.json",
        "media//plan.svg",
        "ja//",
    ] {
        assert!(!matches!(live.answer(path), Answer::Found(_)), "{path}");
    }
    assert!(matches!(live.answer("media/plan.svg"), Answer::Found(_)));
    assert!(matches!(live.answer("ja/billing"), Answer::Moved(to) if to == "ja/billing/"));
    assert!(matches!(live.answer("en/nothing/"), Answer::Missing(content) if content.path.as_str() == "en/404.html"));
}

#[test]
fn places_lead_to_the_line_that_was_written() {
    let docset = mixed();
    let live = start(&docset);
    let state = live.state_of("ja/billing/", &[]).unwrap();
    let file = fs::read_to_string(docset.site().join("content/billing.md")).unwrap();
    let heading = state.places.iter().find(|place| place.id.as_deref() == Some("refunds")).unwrap();
    let line = heading.position.unwrap().line;
    assert!(file.lines().nth(line - 1).unwrap().contains("返金"), "{heading:?}");
    assert_eq!((state.availability, state.segments.total, state.segments.untranslated), ("partial", 3, 0), "{state:?}");
    assert!(state.places.iter().any(|place| place.path.as_str() == "includes/note.md"), "{:?}", state.places);
    let note = live.state_of("ja/notes/", &[]).unwrap();
    assert_eq!((note.availability, note.locale.as_str()), ("fallback", "ja"));
    assert!(live.state_of("ja/contents/", &[]).is_none());
}

#[test]
fn a_second_start_takes_from_memory_only_what_still_holds() {
    let docset = mixed();
    for number in 0..240 {
        let include = if number % 40 == 0 { "[!INCLUDE [x](../includes/note.md)]\n" } else { "" };
        docset
            .write(&format!("content/many/page-{number}.md"), format!("# Page {number}\n\n[x](../notes.md#notes)\n\n{include}"));
    }
    let mut once = BTreeSet::new();
    let first = start(&docset);
    first.keep();
    assert!(docset.site().join("var/cache/live").exists());
    holds(&docset, &start(&docset), &mut Finder::default(), &mut once).unwrap();
    docset.write("content/includes/note.md", "# Other words\n\nNow with a heading.\n");
    docset.write("content/includes/note.ja.md", "# 別の言葉\n");
    docset.write("content/notes.md", "---\nuid: named\n---\n# Another title\n");
    docset.write("content/many/page-7.ja.md", "# 七\n");
    docset.remove("content/many/page-9.md");
    holds(&docset, &start(&docset), &mut Finder::default(), &mut once).unwrap();
    let memory = docset.site().join("var/cache/live");
    let half = fs::read(&memory).unwrap();
    fs::write(&memory, &half[..half.len() / 2]).unwrap();
    holds(&docset, &start(&docset), &mut Finder::default(), &mut once).unwrap();
}

#[test]
fn a_place_that_tables_and_redirections_name_is_missed_when_its_heading_goes() {
    let docset = mixed();
    docset.write("content/TOC.yml", "- name: はじめに\n  href: index.md\n- name: 返金\n  href: billing.md#refunds\n");
    docset.write(
        "content/.openpublishing.redirection.json",
        "{\"redirections\": [{\"source_path\": \"old.md\", \"redirect_url\": \"/billing#refunds\"}]}",
    );
    let mut live = start(&docset);
    let (mut finder, mut once) = (Finder::default(), BTreeSet::new());
    let missed = |live: &Live, finder: &mut Finder| {
        let all = found(live, finder).diagnostics;
        let places = all.iter().filter(|d| d.code.id() == "fragment-missing" && d.span.path.as_str() != "index.md");
        places.map(|d| d.span.path.as_str().to_owned()).collect::<Vec<_>>()
    };
    let whole = fs::read_to_string(docset.site().join("content/billing.md")).unwrap();
    let without = whole.replace("## ", "");
    for (page, linked) in [(&whole, true), (&without, false), (&whole, true)] {
        docset.write("content/billing.md", page);
        heard(&docset, &mut live, "content/billing.md");
        let expected: &[&str] = if linked { &[] } else { &[".openpublishing.redirection.json", "TOC.yml"] };
        assert_eq!(missed(&live, &mut finder), expected);
        for (path, address) in
            [("en/", "billing/#refunds\""), ("ja/contents/", "../billing/#refunds\""), ("ja/old/", "../billing/#refunds\"")]
        {
            assert_eq!(text(&live, path).contains(address), linked, "{path}");
        }
        holds(&docset, &live, &mut finder, &mut once).unwrap();
    }
}

#[test]
fn a_web_site_that_the_configuration_names_takes_addresses_that_were_dead() {
    let docset = mixed();
    docset.write("content/TOC.yml", "- name: Azure\n  href: /azure/x\n- name: 請求\n  href: /billing\n");
    let config = fs::read_to_string(docset.site().join("madoguchi.toml")).unwrap();
    let mut live = start(&docset);
    let (mut finder, mut once) = (Finder::default(), BTreeSet::new());
    holds(&docset, &live, &mut finder, &mut once).unwrap();
    docset.write("madoguchi.toml", format!("{config}web_root = \"https://learn.microsoft.com/{{tag}}\"\n"));
    assert!(heard(&docset, &mut live, "madoguchi.toml"));
    assert!(text(&live, "en/contents/").contains("https://learn.microsoft.com/en-us/azure/x"));
    holds(&docset, &live, &mut finder, &mut once).unwrap();
}

#[test]
fn names_of_pages_and_sections_that_stand_elsewhere_follow_their_edits() {
    let docset = mixed();
    docset.write("content/TOC.yml", "- name: はじめに\n  href: index.md\n- name: 返金\n  href: billing.md#refunds\n");
    docset.write("content/notes.md", "---\ntitle: Notes\n---\n# Notes\n\nSee <xref:help>.\n");
    docset.write("content/support.md", "---\nuid: help\n---\n# Support\n");
    let mut live = start(&docset);
    let (mut finder, mut once) = (Finder::default(), BTreeSet::new());
    let billing = fs::read_to_string(docset.site().join("content/billing.md")).unwrap();
    for (page, section, name) in [("Support", "Refunds", "サポート"), ("Help", "Refunds!", "助け")] {
        docset.write("content/support.md", format!("---\nuid: help\n---\n# {page}\n"));
        docset.write("content/support.ja.md", format!("# {name}\n"));
        docset.write("content/billing.md", billing.replace("Refunds", section));
        for path in ["content/support.md", "content/support.ja.md", "content/billing.md"] {
            heard(&docset, &mut live, path);
        }
        assert!(text(&live, "en/notes/").contains(&format!("See <a href=\"../support/\">{page}</a>.")));
        assert!(text(&live, "ja/notes/").contains(&format!("See <a href=\"../support/\" lang=\"ja\">{name}</a>.")));
        assert!(text(&live, "en/contents/").contains(&format!("../billing/#refunds\">{section}</a>")));
        holds(&docset, &live, &mut finder, &mut once).unwrap();
    }
}
