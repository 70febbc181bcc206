//! The press's laws: an incremental build writes what a clean one writes, and the same input gives the same bytes.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use super::docset::{Docset, assert_same, cases, localized, mixed, tree};

/// A build into a folder of its own from a copy of the site without a memory.
fn clean(docset: &Docset) -> super::docset::Tree {
    let fresh = Docset::new(&[]);
    for (name, bytes) in tree(&docset.site()) {
        if !name.starts_with("var/") {
            fresh.write(&name, bytes);
        }
    }
    fresh.build();
    tree(&fresh.out())
}

#[derive(Debug, Clone)]
enum Edit {
    Write(&'static str, usize),
    Remove(&'static str),
    Rename(&'static str, &'static str),
    Build,
    /// Something happens to the output folder or the memory.
    Harm(usize),
}

const PATHS: &[&str] = &[
    "content/index.md",
    "content/billing.md",
    "content/support.md",
    "content/support.ja.md",
    "content/notes.md",
    "content/includes/note.md",
    "content/media/plan.svg",
    "content/TOC.yml",
    "content/.openpublishing.redirection.json",
    "content/sub/new.md",
    "content/sub/TOC.yml",
    "content/billing/extra.md",
    "content/docfx.json",
    "themes/own/messages/ja.toml",
    "themes/own/static/extra.css",
    "themes/own/templates/contents.html",
];

fn text(path: &str, at: usize) -> String {
    let extra = "[a](notes.md) [b](sub/new.md#new) ![c](media/plan.svg)";
    match path {
        "content/TOC.yml" => ["- name: はじめに\n  href: index.md\n", "- name: N\n  href: notes.md\n- name: B\n  items:\n  - name: 請求\n    href: billing.md\n  - name: S\n    href: sub/\n", "- [\n"][at % 3].to_owned(),
        "content/sub/TOC.yml" => "- name: New\n  href: new.md\n- name: Up\n  href: ../index.md\n".to_owned(),
        "content/.openpublishing.redirection.json" => {
            ["{\"redirections\": [{\"source_path\": \"old.md\", \"redirect_url\": \"/notes\"}, {\"source_path\": \"notes.md\", \"redirect_url\": \"/billing\"}]}", "{}", "{\"redirections\": [{\"source_path\": \"sub/new/deep.md\", \"redirect_url\": \"https://example.com/\"}]}"][at % 3].to_owned()
        }
        "content/docfx.json" => ["{\"build\": {\"content\": [{\"files\": \"**/*.md\", \"exclude\": \"notes.md\"}], \"resource\": [{\"files\": \"**/*.svg\"}]}}", "{\"build\": {\"content\": [{\"files\": \"**/*.md\"}]}}"][at % 2].to_owned(),
        "content/media/plan.svg" => format!("<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"x{at}\"/>"),
        "themes/own/messages/ja.toml" => format!("contents = \"目次{at}\"\n"),
        "themes/own/static/extra.css" => format!(".x{at} {{ color: red }}\n"),
        "themes/own/templates/contents.html" => "{% extends \"default/contents.html\" %}{% block kind %}contents own{% endblock %}".to_owned(),
        "content/includes/note.md" => format!("Included words, {at}.\n"),
        _ if at.is_multiple_of(3) => localized("ja-JP", "題", (&format!("題{at}"), &format!("Title {at}")), &[("文。", "Text."), (extra, extra)]),
        _ if at.is_multiple_of(5) => "---\ndraft: true\n---\n# Draft\n".to_owned(),
        _ => format!("# New\n\nWords, {at}. {extra}\n\n[!INCLUDE [x](includes/note.md)]\n"),
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let path = || prop::sample::select(PATHS);
    prop_oneof![
        6 => (path(), 0..16_usize).prop_map(|(path, at)| Edit::Write(path, at)),
        2 => path().prop_map(Edit::Remove),
        1 => (path(), path()).prop_map(|(from, to)| Edit::Rename(from, to)),
        3 => Just(Edit::Build),
        2 => (0..8_usize).prop_map(Edit::Harm),
    ]
}

fn own_theme(docset: &Docset) {
    let config = fs::read_to_string(docset.site().join("madoguchi.toml")).unwrap();
    docset.write("madoguchi.toml", config + "theme = \"own\"\n");
    docset.write("themes/own/static/kept.txt", "the folder stays");
}

impl Docset {
    fn apply(&self, edit: &Edit) {
        let at = |path: &str| self.site().join(path);
        match edit {
            Edit::Write(path, number) => self.write(path, text(path, *number)),
            Edit::Remove(path) => _ = fs::remove_file(at(path)),
            Edit::Rename(from, to) if Path::new(from).extension() == Path::new(to).extension() && at(from).exists() => {
                fs::create_dir_all(at(to).parent().unwrap()).unwrap();
                fs::rename(at(from), at(to)).unwrap();
            }
            Edit::Rename(..) => {}
            Edit::Build => _ = self.build(),
            Edit::Harm(number) => self.harm(*number),
        }
    }

    fn harm(&self, number: usize) {
        let out = |name: &str| self.out().join(name);
        match number {
            0 => _ = fs::remove_dir_all(self.site().join("var")),
            1 => {
                for (name, _) in tree(&self.site().join("var")) {
                    self.write(&format!("var/{name}"), "madoguchi cache 1 nonsense\n");
                }
            }
            2 => _ = fs::remove_file(out("ja/index.html")),
            3 if out("en").exists() => fs::write(out("en/index.html"), "changed by another").unwrap(),
            4 => {
                // A build that was killed: the manifest says so, and some files are missing or half written.
                if let Ok(text) = fs::read_to_string(out(".madoguchi")) {
                    fs::write(out(".madoguchi"), text.replacen("complete", "incomplete", 1)).unwrap();
                    fs::write(out("index.html"), "<!doct").unwrap();
                    let _ = fs::remove_file(out("sitemap.xml"));
                }
            }
            5 => _ = fs::remove_dir_all(out("ja")),
            6 if out(".madoguchi").exists() => {
                let text = fs::read_to_string(out(".madoguchi")).unwrap();
                let half: String = text.chars().take(text.len() / 2).collect();
                fs::write(out(".madoguchi"), half + "\n../../escape\nffffffffffffffffffffffffffffffff ../../../escape\n")
                    .unwrap();
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/it/proptest-regressions/laws.txt"))),
        max_shrink_iters: 200,
        ..ProptestConfig::with_cases(cases(12, 500))
    })]

    #[test]
    fn an_incremental_build_writes_what_a_clean_one_writes(edits in prop::collection::vec(edit(), 1..12)) {
        let docset = mixed();
        own_theme(&docset);
        docset.build();
        let mut truncated = false;
        for edit in &edits {
            docset.apply(edit);
            truncated |= matches!(edit, Edit::Harm(6));
        }
        if docset.build().written.is_none() {
            // Errors in the content: nothing is written, whatever was there before.
            prop_assert!(clean(&docset).is_empty());
            return Ok(());
        }
        let (mut ours, mut clean) = (tree(&docset.out()), clean(&docset));
        if truncated {
            // What a list that lost its end does not name is no longer ours to remove.
            ours.retain(|name, _| clean.contains_key(name));
            for tree in [&mut ours, &mut clean] { tree.remove(".madoguchi"); }
        }
        assert_same(&ours, &clean, "incremental and clean");
        let again = docset.build();
        prop_assert!(again.written.is_some_and(|written| written.changed == 0 && written.removed == 0));
    }
}

fn times(folder: &Path) -> Vec<(String, SystemTime)> {
    let modified = |name: &String| fs::metadata(folder.join(name)).unwrap().modified().unwrap();
    tree(folder).keys().map(|name| (name.clone(), modified(name))).collect()
}

#[test]
fn equal_files_are_not_touched_and_stale_ones_removed() {
    let docset = mixed();
    docset.build();
    let (before, old) = (times(&docset.out()), SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000));
    for (name, _) in &before {
        fs::File::options().append(true).open(docset.out().join(name)).unwrap().set_modified(old).unwrap();
    }
    fs::write(docset.out().join("foreign.txt"), "not ours").unwrap();
    fs::create_dir_all(docset.out().join("en/notes")).unwrap();
    fs::write(docset.out().join("en/notes/foreign.txt"), "not ours").unwrap();
    docset.remove("content/notes.md");
    docset.write("content/billing.md", localized("ja-JP", "請求", ("請求", "Billing"), &[("別の文。", "Another sentence.")]));
    let written = docset.build().written.unwrap();
    assert!(written.removed >= 2, "{written:?}");
    let after = times(&docset.out());
    let touched: Vec<&str> = after.iter().filter(|(_, time)| *time != old).map(|(name, _)| name.as_str()).collect();
    assert!(
        touched.contains(&"en/billing/index.html") && !touched.contains(&"404.html") && !touched.contains(&"robots.txt"),
        "{touched:?}"
    );
    assert!(!touched.iter().any(|name| name.starts_with("assets/")), "{touched:?}");
    assert!(!docset.has("ja/notes") && docset.has("en/notes/foreign.txt") && docset.has("foreign.txt"));
    assert!(!docset.has("en/notes/index.html"));
}

#[test]
fn an_unchanged_build_touches_nothing_with_or_without_its_memory() {
    let docset = mixed();
    docset.build();
    let before = times(&docset.out());
    docset.build();
    let names =
        |times: &[(String, SystemTime)]| times.iter().filter(|(name, _)| name != ".madoguchi").cloned().collect::<Vec<_>>();
    assert_eq!(names(&times(&docset.out())), names(&before));
    fs::remove_dir_all(docset.site().join("var")).unwrap();
    let written = docset.build().written.unwrap();
    assert_eq!((written.changed, written.removed), (0, 0));
    assert_eq!(names(&times(&docset.out())), names(&before));
}

#[test]
fn a_killed_build_is_finished_by_the_next() {
    let docset = mixed();
    for at in 0..120 {
        docset.write(&format!("content/page-{at}.md"), format!("# Page {at}\n\nWords [x](page-{}.md).\n", (at + 1) % 120));
    }
    for wait in [5, 20, 60, 120] {
        let mut child = docset.command(&["build"]).stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    docset.build();
    assert_same(&tree(&docset.out()), &clean(&docset), "finished and clean");
}

#[test]
fn pages_gone_since_a_killed_build_do_not_stay() {
    let docset = mixed();
    for at in 0..120 {
        docset.write(&format!("content/page-{at}.md"), format!("# Page {at}\n\nWords.\n"));
    }
    let mut child = docset.command(&["build"]).stderr(std::process::Stdio::null()).spawn().unwrap();
    for _ in 0..2000 {
        std::thread::sleep(Duration::from_millis(2));
        if tree(&docset.out()).len() > 20 {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for at in 0..120 {
        docset.remove(&format!("content/page-{at}.md"));
    }
    docset.build();
    assert_same(&tree(&docset.out()), &clean(&docset), "finished and clean");
}

#[test]
fn the_same_input_gives_the_same_bytes_whoever_asks_where_and_when() {
    let docset = mixed();
    for at in 0..40 {
        docset.write(
            &format!("content/many/page-{at}.md"),
            localized(
                "ja-JP",
                "頁",
                ("頁", &format!("Page {at}")),
                &[("文。", "Text."), ("[x](../notes.md)", "[x](../gone.md)")],
            ),
        );
    }
    let build = |out: &str, threads: &str, more: &[(&str, &str)], folder: &Path| {
        let site = docset.site();
        let out = docset.folder().join(out);
        let mut command = super::docset::command();
        command.env("RAYON_NUM_THREADS", threads).envs(more.iter().copied()).current_dir(folder);
        command.args(["build", "--site", site.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        let ran = super::docset::Ran::of(command.output().unwrap()).ended(0);
        (tree(&out), ran.stderr.replace(out.to_str().unwrap(), "OUT"))
    };
    let first = build("one", "1", &[], docset.folder());
    let others = [
        build("two", "2", &[("TZ", "Asia/Tokyo"), ("LANG", "ja_JP.UTF-8"), ("LC_ALL", "ja_JP.UTF-8")], Path::new("/")),
        build("seven", "7", &[("TZ", "America/Los_Angeles"), ("HOME", "/nowhere")], &docset.site().join("content")),
    ];
    for other in &others {
        assert_same(&first.0, &other.0, "the same input");
        assert_eq!(first.1, other.1, "and the same report");
    }
    let relative = docset.run(&["build", "--out", "rel"]).ended(0);
    assert_same(&first.0, &tree(&docset.folder().join("rel")), "named from elsewhere");
    assert!(relative.stderr.contains("fragment") || relative.stderr.contains("link-broken"));
}

#[test]
fn where_the_site_stands_does_not_show() {
    let (here, there) = (mixed(), mixed());
    here.build();
    there.build();
    assert_same(&tree(&here.out()), &tree(&there.out()), "two folders");
}

#[test]
fn a_link_that_begins_to_lead_out_is_reported_though_no_file_changed() {
    let docset = mixed();
    docset.build();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/", docset.site().join("content/out")).unwrap();
    let report = docset.build();
    super::docset::the(&report.diagnostics, madoguchi::diag::Code::SymbolicLink);
}
