//! Bad input: each a clear diagnostic or error, never a panic, never a file outside the output folder.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use madoguchi::diag::Code;
use madoguchi::site::build::BuildError;
use madoguchi::site::write::WriteError;

use super::docset::{Docset, codes, mixed, the, tree};

#[test]
fn a_file_that_is_not_utf8_is_an_error_with_its_line() {
    let docset = Docset::new(&[("index.md", "# A\n")]);
    docset.write("sjis.md", b"# a\n\n\x82\xa0\n");
    let report = docset.build();
    let found = the(&report.diagnostics, Code::NotUtf8);
    assert!(found.span.path.as_str() == "sjis.md" && found.message.contains("line 3"), "{found:?}");
    assert!(report.written.is_none() && !docset.out().exists(), "nothing is written");
    docset.run(&["check"]).ended(1);
}

#[test]
fn a_toc_or_setting_that_is_not_utf8_is_an_error_too() {
    for file in ["TOC.yml", "docfx.json", ".openpublishing.redirection.json", "includes/x.md"] {
        let docset = Docset::new(&[("index.md", "# A\n\n[!INCLUDE [x](includes/x.md)]\n")]);
        docset.write(file, b"\xff\xfe");
        the(&docset.build().diagnostics, Code::NotUtf8);
    }
}

#[test]
fn nul_bytes_are_reported_and_shown_as_replacement_characters() {
    let docset = Docset::new(&[(
        "index.md",
        "---\ntitle: a\0b\n---\n# A\0\n\n`c\0` <b>\0</b> ![\0](x\0.png) [\0](http://a\0/)\n\n```\n\0\n```\n\n<div>\0</div>\n",
    )]);
    let report = docset.build();
    the(&report.diagnostics, Code::NulByte);
    // The files of the index are compressed.
    for (name, bytes) in tree(&docset.out()).into_iter().filter(|(name, _)| !name.ends_with(".bin")) {
        assert!(!bytes.contains(&0), "{name} holds a NUL byte");
    }
}

#[test]
fn control_characters_of_names_do_not_reach_the_markup() {
    let docset = Docset::new(&[
        ("index.md", "# A\n"),
        ("b.md", "---\ntitle: \"x\\u0001y\"\n---\ntext\n"),
        (
            "TOC.yml",
            "- name: \"a\\x011\\x01b\\x01\"\n  href: index.md\n- name: \"\\x01\"\n  href: b.md\n- name: last\n  href: b.md#x\n",
        ),
    ]);
    docset.build();
    for page in ["en/index.html", "en/b/index.html", "en/contents/index.html"] {
        let html = docset.page(page);
        assert!(!html.contains('\u{1}'), "{html}");
        let marks = html.matches("aria-current=\"page\"").count();
        assert!(marks <= 1 && super::markup::faults(&html).is_empty(), "{:?} {html}", super::markup::faults(&html));
    }
}

#[test]
fn paths_that_lead_out_are_refused_wherever_they_stand() {
    let docset = Docset::new(&[
        (
            "TOC.yml",
            "- name: A\n  href: index.md\n- name: Out\n  href: ../../secret.md\n- name: In\n  href: ../../other/TOC.yml\n",
        ),
        (
            ".openpublishing.redirection.json",
            "{\"redirections\": [{\"source_path\": \"../../x.md\", \"redirect_url\": \"index.md\"}, {\"source_path\": \"y.md\", \"redirect_url\": \"../../../etc/passwd\"}]}",
        ),
        (
            "index.md",
            "# A\n\n[!INCLUDE [x](../../secret.md)]\n\n[!INCLUDE [x](%2e%2e/%2e%2e/secret.md)]\n\n![p](../../secret.png)\n\n![p](%2e%2e/secret.png)\n\n[l](../secret.md)\n\n\
             [!code-js[x](../../secret.js)]\n\n<img src=\"../secret.png\">\n\n:::image source=\"../../secret.png\" alt-text=\"x\":::\n\n[a](/../../secret.md) ![q](/etc/passwd) ![r](~/../secret.png) ![s](..\\secret.png) ![t](file:///etc/passwd)\n",
        ),
    ]);
    for secret in ["secret.md", "secret.png", "secret.js"] {
        fs::write(docset.folder().join(secret), "SECRET").unwrap();
    }
    let report = docset.build();
    let outside = report.diagnostics.iter().filter(|found| found.code == Code::PathOutside).count();
    assert!(outside >= 7, "{:#?}", report.diagnostics);
    assert!(report.written.is_none(), "a path outside of the root is an error");
    // Without the errors the site is made, and nothing of the outside is in it.
    docset.write(
        "index.md",
        "# A\n\n[l](../secret.md) [a](/../../secret.md) ![t](file:///etc/passwd) <a href=\"%2e%2e/secret.md\">x</a>\n",
    );
    docset.remove("TOC.yml");
    let report = docset.build();
    assert!(report.written.is_some(), "{:#?}", report.diagnostics);
    assert!(codes(&report.diagnostics).contains(&Code::RedirectDamaged), "{:#?}", report.diagnostics);
    for (name, bytes) in tree(docset.folder()).iter().filter(|(name, _)| name.starts_with("out/")) {
        assert!(!String::from_utf8_lossy(bytes).contains("SECRET"), "{name}");
    }
    assert_eq!(names(docset.folder()), ["out", "secret.js", "secret.md", "secret.png", "site"]);
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_cache_is_kept_behind_no_link() {
    for (link, target) in [("var", "../away"), ("var/cache", "../../away")] {
        let docset = Docset::new(&[("index.md", "# A\n")]);
        let away = docset.folder().join("away");
        fs::create_dir(&away).unwrap();
        let link = docset.site().join(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(target, &link).unwrap();
        docset.build();
        assert_eq!(names(&away), Vec::<String>::new(), "{}", link.display());
        assert!(docset.has("en/index.html") || docset.has("index.html"));
    }
}

#[test]
fn symbolic_links_that_lead_out_or_in_a_circle_are_not_followed() {
    let docset = Docset::new(&[
        ("index.md", "# A\n\n[x](leak.md) ![y](leak.png) [!INCLUDE [x](away/secret.md)]\n"),
        ("sub/b.md", "# B\n"),
    ]);
    fs::create_dir(docset.folder().join("away")).unwrap();
    for secret in ["away/secret.md", "leak.png"] {
        fs::write(docset.folder().join(secret), "SECRET").unwrap();
    }
    symlink("../away/secret.md", docset.site().join("leak.md")).unwrap();
    symlink("../leak.png", docset.site().join("leak.png")).unwrap();
    symlink("../away", docset.site().join("away")).unwrap();
    symlink("..", docset.site().join("sub/loop")).unwrap();
    symlink("self.md", docset.site().join("self.md")).unwrap();
    symlink("nowhere.md", docset.site().join("broken.md")).unwrap();
    symlink("/", docset.site().join("root")).unwrap();
    let report = docset.build();
    let links: Vec<&str> =
        report.diagnostics.iter().filter(|d| d.code == Code::SymbolicLink).map(|d| d.span.path.as_str()).collect();
    for name in ["leak.md", "leak.png", "away", "sub/loop", "self.md", "broken.md", "root"] {
        assert!(links.contains(&name), "{name}: {:#?}", report.diagnostics);
    }
    for (name, bytes) in tree(&docset.out()) {
        assert!(!String::from_utf8_lossy(&bytes).contains("SECRET"), "{name}");
    }
}

#[test]
fn a_link_within_the_site_is_followed_and_makes_a_page() {
    let docset = Docset::new(&[("index.md", "# A\n"), ("shared/b.md", "# B\n")]);
    symlink("shared", docset.site().join("again")).unwrap();
    let report = docset.build();
    assert!(report.written.is_some() && docset.has("en/again/b/index.html"), "{report:#?}");
}

#[test]
fn two_pages_with_one_address_are_an_error_that_names_both() {
    for (first, second) in
        [("a.md", "A.md"), ("a.md", "a/index.md"), ("a.md", "a.markdown"), ("a.md", "en/a.md"), ("de/a.md", "a.de.md")]
    {
        let docset = Docset::new(&[
            ("madoguchi.toml", "[site]\ncontent = \".\"\nsource_locale = \"en\"\nlocales = [\"en\", \"de\"]\n"),
            ("index.md", "# I\n"),
            (first, "# A\n"),
            (second, "# B\n"),
        ]);
        if second == "a.de.md" {
            docset.write("a.md", "# S\n");
        }
        let report = docset.build();
        let found = the(&report.diagnostics, Code::UrlCollision);
        let mut named = vec![found.span.path.as_str(), found.related[0].0.path.as_str()];
        named.sort_unstable();
        let mut expected = vec![first, second];
        expected.sort_unstable();
        assert_eq!(named, expected);
        assert!(found.message.contains(found.related[0].0.path.as_str()), "{found:?}");
        assert!(report.written.is_none());
    }
}

#[test]
fn two_translations_into_one_language_are_an_error_too() {
    let page = super::docset::localized("ja-JP", "甲", ("甲", "A"), &[("一。", "One.")]);
    let docset = Docset::new(&[("index.md", "# I\n"), ("a.md", &page), ("a.ja.md", "# 乙\n\n二。\n")]);
    let report = docset.build();
    let found = the(&report.diagnostics, Code::UrlCollision);
    assert!(found.message.contains("a.md") || found.message.contains("a.ja.md"), "{found:?}");
}

#[test]
fn addresses_that_the_site_needs_are_refused() {
    for name in [
        "search.md",
        "contents.md",
        "contents/index.md",
        "404.html.md",
        "x/parallel.md",
        "parallel/index.md",
        "index.html.md",
        "x/index.html.md",
        "index.html/y.md",
        "Search.md",
    ] {
        let docset = Docset::new(&[("index.md", "# I\n"), (name, "# A\n")]);
        let report = docset.build();
        let found = the(&report.diagnostics, Code::ReservedName);
        assert_eq!(found.span.path.as_str(), name);
        assert!(report.written.is_none());
    }
}

#[test]
fn redirections_of_one_address_or_of_one_that_is_taken_make_one_page() {
    let moved: Vec<String> = [
        "a.md",
        "a/index.md",
        "search.md",
        "contents.md",
        "index.md",
        "x/parallel.md",
        "x/index.html.md",
        "b.md",
        "404.html.md",
        "A/INDEX.md",
    ]
    .iter()
    .map(|from| format!("{{\"source_path\": \"{from}\", \"redirect_url\": \"/x\"}}"))
    .collect();
    let page = super::docset::localized("ja-JP", "甲", ("甲", "X"), &[("一。", "One.")]);
    let docset = Docset::new(&[("index.md", "# I\n"), ("x.md", &page), ("b.md", "# B\n")]);
    docset.write(".openpublishing.redirection.json", format!("{{\"redirections\": [{}]}}", moved.join(",")));
    let report = docset.build();
    assert!(report.written.is_some(), "{report:#?}");
    assert!(docset.page("ja/a/index.html").contains("../x/"));
    assert!(docset.page("ja/contents/index.html").contains("tree") && docset.page("ja/x/parallel/index.html").contains("row"));
    assert_eq!(docset.build().written.unwrap().changed, 0);
    docset.write("c.md", "# C\n");
    let written = docset.build().written.unwrap();
    let all = tree(&docset.out());
    assert_eq!(written.files + 1, all.len());
}

#[test]
fn a_published_file_never_takes_the_place_of_a_page() {
    let docset = Docset::new(&[
        (
            "index.md",
            "# I\n\n[a](index.html) [b](en/b/index.html) [c](robots.txt) [d](404.html) [e](en) [f](.madoguchi) [g](b/x.txt)\n",
        ),
        ("b.md", "# B\n"),
        ("index.html", "MINE"),
        ("robots.txt", "MINE"),
        ("404.html", "MINE"),
        ("b/x.txt", "fine"),
    ]);
    docset.write("en/b/index.html", "MINE");
    let report = docset.build();
    assert!(report.written.is_none(), "{report:#?}");
    let found: Vec<&str> = report
        .diagnostics
        .iter()
        .filter(|d| d.code == Code::UrlCollision || d.code == Code::ReservedName)
        .map(|d| d.span.path.as_str())
        .collect();
    for name in ["index.html", "robots.txt", "404.html", "en/b/index.html"] {
        assert!(found.contains(&name), "{name}: {:#?}", report.diagnostics);
    }
    for name in ["index.html", "robots.txt", "404.html", "en/b/index.html"] {
        docset.remove(name);
    }
    fs::remove_dir_all(docset.site().join("en")).unwrap();
    docset.write("en", "a file where a folder must stand");
    let report = docset.build();
    assert!(report.written.is_none(), "{report:#?}");
    docset.remove("en");
    docset.build();
    assert_eq!(docset.page("b/x.txt"), "fine");
}

#[test]
fn a_folder_with_the_name_of_a_page_is_a_folder() {
    let docset = Docset::new(&[("index.md", "# A\n\n[x](x.md)\n"), ("x.md/inner.md", "# X\n")]);
    let report = docset.build();
    the(&report.diagnostics, Code::LinkBroken);
    assert!(docset.has("en/x.md/inner/index.html"));
}

#[test]
fn a_content_folder_that_is_none_or_lies_outside_is_an_error() {
    let docset = Docset::new(&[("madoguchi.toml", "[site]\nsource_locale = \"en\"\nlocales = [\"en\"]\n")]);
    docset.run(&["build"]).ended(1);
    docset.write("content", "a file");
    docset.run(&["build"]).ended(1);
    docset.remove("content");
    symlink("/usr", docset.site().join("content")).unwrap();
    the(&docset.build().diagnostics, Code::PathOutside);
    docset.write("madoguchi.toml", "[site]\ncontent = \"../..\"\n");
    docset.run(&["build"]).ended(3);
}

#[test]
fn the_output_never_overwrites_the_docset() {
    let docset = mixed();
    let before = tree(&docset.site());
    for out in ["site", "site/content", ".", "site/content/media", "site/.", "site/content/../content"] {
        docset.run(&["build", "--out", out]).ended(4);
        assert_eq!(tree(&docset.site()), before, "{out}");
    }
    symlink("site/content", docset.folder().join("link")).unwrap();
    docset.run(&["build", "--out", "link"]).ended(4);
    // Not even one that claims to be an output.
    let manifest = "madoguchi output 1, complete\n00000000000000000000000000000000 content/index.md\n00000000000000000000000000000000 index.md\n";
    for (place, out) in [("site/.madoguchi", "site"), (".madoguchi", "."), ("site/content/.madoguchi", "site/content")] {
        fs::write(docset.folder().join(place), manifest).unwrap();
        let said = docset.run(&["build", "--out", out]).ended(4).stderr;
        assert!(said.contains("--out"), "{said}");
        fs::remove_file(docset.folder().join(place)).unwrap();
        assert_eq!(tree(&docset.site()), before, "{out}");
    }
}

#[test]
fn an_empty_content_folder_is_no_output_folder() {
    let docset = Docset::new(&[("madoguchi.toml", "[site]\nsource_locale = \"en\"\nlocales = [\"en\"]\n")]);
    fs::create_dir(docset.site().join("content")).unwrap();
    docset.run(&["build", "--out", "site/content"]).ended(4);
    assert!(names(&docset.site().join("content")).is_empty());
}

#[test]
fn an_output_folder_within_the_content_is_not_read() {
    let docset = Docset::new(&[("index.md", "# A\n\n![x](x.svg)\n"), ("x.svg", "<svg/>")]);
    for out in ["site/public", "site/deep/er/out"] {
        for _ in 0..2 {
            docset.run(&["build", "--out", out]).ended(0);
        }
    }
    docset.build();
    let pages: Vec<String> =
        tree(&docset.out()).into_keys().filter(|name| name.contains("public") || name.contains("deep")).collect();
    assert!(pages.is_empty(), "{pages:?}");
    assert!(docset.site().join("public/x.svg").exists());
}

#[test]
fn nothing_is_written_through_a_link_in_the_output_folder() {
    let docset = mixed();
    let away = docset.folder().join("away");
    fs::create_dir(&away).unwrap();
    fs::write(away.join("precious"), "precious").unwrap();
    docset.build();
    // A folder, a file, the file beside a file that is being replaced, and the manifest.
    for name in ["ja", "en/index.html", "index.html.madoguchi-new", ".madoguchi.madoguchi-new"] {
        let place = docset.out().join(name);
        if place.is_dir() {
            fs::remove_dir_all(&place).unwrap();
        } else {
            let _ = fs::remove_file(&place);
        }
        fs::write(docset.out().join("index.html"), "changed").unwrap();
        symlink(if name == "ja" { away.clone() } else { away.join("precious") }, &place).unwrap();
        let built = docset.try_build();
        assert!(built.is_ok() || matches!(built, Err(BuildError::Write(WriteError::NotAFolder(_)))), "{name}: {built:?}");
        assert_eq!(tree(&away).into_iter().collect::<Vec<_>>(), [("precious".to_owned(), b"precious".to_vec())], "{name}");
        fs::remove_file(&place).ok();
    }
    docset.build();
    assert!(docset.has("ja/index.html") && docset.page("index.html").contains("<html"));
}

#[test]
fn a_picture_that_cannot_be_read_is_an_error_before_anything_is_written() {
    let docset = Docset::new(&[("index.md", "# A\n\n![A picture](a.png)\n")]);
    docset.write("a.png", b"x");
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    allow(&docset.site().join("a.png"), 0o000);
    allow(docset.folder(), 0o777);
    let program = docset.folder().join("madoguchi");
    fs::copy(env!("CARGO_BIN_EXE_madoguchi"), &program).unwrap();
    let mut build = Command::new(&program);
    build.current_dir(docset.folder()).args(["build", "--site", "site", "--out", "out"]);
    // Root may read everything: another user builds, then, with a program that he can reach.
    if rustix::process::geteuid().is_root() {
        build.uid(65_534).gid(65_534);
    }
    let ran = build.output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.contains("error[unreadable]") && said.contains("a.png") && said.contains("permissions"), "{said}");
    assert!(!docset.out().exists(), "nothing is written");
}

#[test]
fn a_full_disk_leaves_whole_files_and_the_next_build_finishes() {
    let docset = mixed();
    docset.write("content/long.md", "# Long\n\n".to_owned() + &"A sentence of some words. ".repeat(4000));
    let binary = env!("CARGO_BIN_EXE_madoguchi");
    let limited = Command::new("sh")
        .current_dir(docset.folder())
        .args(["-c", &format!("trap '' XFSZ; ulimit -f 64; exec {binary} build --site site --out out")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&limited.stderr).into_owned();
    assert_eq!(limited.status.code(), Some(4), "{said}");
    assert!(said.contains("long") && said.contains("build again"), "{said}");
    assert!(docset.page(".madoguchi").starts_with("madoguchi output 1, incomplete"));
    for (name, bytes) in tree(&docset.out()).iter().filter(|(name, _)| name.ends_with(".html")) {
        assert!(bytes.ends_with(b"</html>\n") || bytes.ends_with(b"</html>"), "{name} is cut off");
    }
    docset.run(&["build"]).ended(0);
    let clean = mixed();
    clean.write("content/long.md", fs::read(docset.site().join("content/long.md")).unwrap());
    clean.build();
    super::docset::assert_same(&tree(&docset.out()), &tree(&clean.out()), "finished and clean");
}

/// Runs the whole pipeline on one page, which must take seconds at most, even in a build without optimisation.
#[track_caller]
fn stands(what: &str, text: &str) {
    let docset = Docset::new(&[("index.md", text), ("p.md", "# P\n\ntext\n"), ("p.ja.md", text)]);
    let began = Instant::now();
    let ran = docset.run(&["build"]);
    assert!(
        ran.code == Some(0) || ran.code == Some(1),
        "{what}: {:?} {}",
        ran.code,
        ran.stderr.chars().take(2000).collect::<String>()
    );
    assert!(began.elapsed() < Duration::from_secs(40), "{what}: {:?}", began.elapsed());
    let html = docset.page("en/index.html");
    let faults = super::markup::faults(&html);
    assert!(faults.is_empty(), "{what}: {faults:?}");
}

#[test]
fn ten_thousand_levels_are_shown_somehow() {
    const N: usize = 10_000;
    let deep_list = || (0..2000).map(|at| format!("{}- a\n", "  ".repeat(at))).collect::<String>();
    stands("a list in one line", &("- ".repeat(N) + "a\n"));
    stands("a list over lines", &deep_list());
    stands("ordered", &("1. ".repeat(N) + "a\n"));
    stands("quotes", &(">".repeat(N) + " a\n"));
    stands("quotes and lists", &("> - ".repeat(N / 2) + "a\n"));
    stands("alerts", &("> ".repeat(N) + "[!NOTE]\n"));
}

#[test]
fn thousands_of_marks_are_shown_somehow() {
    // All of them in a long run; each is quick in a build with optimisation, and all together are slow in one without.
    let n = if super::docset::is_long() { 10_000 } else { 1000 };
    for piece in [
        "[",
        "![",
        "*a ",
        "**a ",
        "*a_b ",
        "`",
        "<",
        "<!--",
        "<?",
        "<![CDATA[",
        "&",
        "]",
        "[a](",
        "[a][",
        "~~",
        "\\",
        "**",
        "**。",
        "*a **b ",
        "<b>",
        "<div>",
        "</div>",
        "<a name=\"",
        ":::",
        "[!INCLUDE",
        ":::row:::\n",
        "|",
        "<span data-ttu-id=\"a\">",
        "\u{e000}",
        "| a ",
        "# [a](#tab/a)\n",
    ] {
        stands(piece, &piece.repeat(n));
        stands(piece, &format!("x {}\n\n{}", piece.repeat(n), format!("{piece}\n").repeat(n / 10)));
    }
    stands("closed brackets", &("[".repeat(n) + &"]".repeat(n)));
    stands("closed links", &("[".repeat(n) + &"](x)".repeat(n)));
    stands("closed emphasis", &("*a ".repeat(n) + &" a*".repeat(n)));
    stands("both emphases", &("*a **b ".repeat(n / 2) + &"c** d*".repeat(n / 2)));
    stands("emphasis in words", &"a**b".repeat(n));
    stands("closed elements", &("<b>".repeat(n) + "x" + &"</b>".repeat(n)));
    stands("closed blocks", &("<div>\n".repeat(n) + "\nx\n\n" + &"</div>\n".repeat(n)));
    stands("definitions", &(0..n).map(|at| format!("[a{at}]: b\n")).collect::<String>());
    stands("uses of a definition", &("[a]: b\n\n".to_owned() + &"[a] ".repeat(n)));
    stands("ticks of all lengths", &(1..200).map(|at| "`".repeat(at) + " ").collect::<String>());
    stands("tables", &("|a|b|\n|-|-|\n".to_owned() + &"|c|d|\n".repeat(n)));
    stands("wide tables", &(format!("|{}\n|{}\n", "a|".repeat(n / 10), "-|".repeat(n / 10)) + &"|c\n".repeat(n / 10)));
}

#[test]
fn a_large_page_is_read_to_its_end() {
    let size = 400_000;
    let sentence = "これは長いページの一文です。**重要。**A sentence with [a link](p.md). ";
    stands("paragraphs", &(format!("{sentence}\n\n").repeat(size / sentence.len() / 4) + "the end\n"));
    stands("one line", &sentence.repeat(size / sentence.len() / 4));
    // In the order that costs a sorted list the most.
    let falling = || (0..size / 4).rev();
    stands("keys", &("---\n".to_owned() + &falling().map(|at| format!("k{at:06}: v\n")).collect::<String>() + "---\nx\n"));
    stands("anchors", &falling().map(|at| format!("<a name=\"{at:06}\"></a>\n")).collect::<String>());
    let docset = Docset::new(&[("index.md", &("x ".repeat(size) + "\n\nthe very end\n"))]);
    docset.build();
    assert!(docset.page("en/index.html").contains("the very end"));
}
