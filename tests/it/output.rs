//! The files of a site, and how they refer to each other.

use std::collections::BTreeSet;

use super::docset::{Docset, mixed, tree};
use super::markup;

#[test]
fn every_file_of_the_site_is_there_and_no_other() {
    let docset = mixed();
    docset.build();
    let all = tree(&docset.out());
    let mut expected: BTreeSet<String> =
        ["404.html", "index.html", "robots.txt", "sitemap.xml", ".madoguchi", "media/plan.svg"].map(str::to_owned).into();
    for locale in ["ja", "en"] {
        for page in ["", "billing/", "support/", "notes/", "contents/", "old/"] {
            expected.insert(format!("{locale}/{page}index.html"));
        }
        expected.insert(format!("{locale}/404.html"));
    }
    expected.extend(["", "billing/", "support/"].map(|page| format!("ja/{page}parallel/index.html")));
    let found: BTreeSet<String> = all.keys().filter(|name| !name.starts_with("assets/")).cloned().collect();
    let (more, fewer): (Vec<_>, Vec<_>) = (found.difference(&expected).collect(), expected.difference(&found).collect());
    let more: Vec<_> = more.into_iter().filter(|name| !name.contains("/search/")).collect();
    assert!(more.is_empty() && fewer.is_empty(), "more {more:?} fewer {fewer:?}");
    for name in all.keys().filter(|name| name.starts_with("assets/")) {
        assert_eq!(name.rsplit('.').nth(1).map(str::len), Some(10), "{name} has its hash in its name");
    }
}

/// Where an address of a page leads in the output.
fn target(from: &str, address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap();
    if path.is_empty() {
        return from.to_owned();
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => _ = parts.pop().expect("an address below the root"),
            part => parts.push(part),
        }
    }
    let joined = madoguchi::vpath::percent_decode(&parts.join("/"));
    if path.ends_with('/') || path.ends_with('.') {
        format!("{joined}/index.html").trim_start_matches('/').to_owned()
    } else {
        joined
    }
}

#[test]
fn links_are_relative_and_lead_to_files_and_places_that_exist() {
    let docset = mixed();
    docset.write("content/odd name & 日本.md", "# Odd\n\n[self](#odd) [up](index.md) ![x](media/plan.svg)\n");
    docset.write("content/deep/er/page.md", "# Deep\n\n[x](../../odd%20name%20&%20日本.md#odd) ![x](../../media/plan.svg)\n");
    let report = docset.build();
    assert!(report.written.is_some(), "{report:#?}");
    let all = tree(&docset.out());
    for (name, bytes) in all.iter().filter(|(name, _)| name.ends_with(".html")) {
        let text = String::from_utf8(bytes.clone()).unwrap();
        // The controls of a parallel view, from its bar to the names of its languages, are the theme's own.
        let faults = match text.split_once("<div class=\"bar\">") {
            Some((before, bar)) => markup::faults(&(before.to_owned() + &bar[bar.find("<div class=\"pair\"").unwrap()..])),
            None => markup::faults(&text),
        };
        assert!(faults.is_empty(), "{name}: {faults:?}");
        for address in markup::addresses(&text).iter().filter(|address| !address.starts_with("https://")) {
            if name.ends_with("404.html") {
                assert!(address.starts_with("/guide/") || address.starts_with('#'), "{name}: {address}");
                continue;
            }
            assert!(!address.starts_with('/'), "{name}: {address}");
            let to = target(name, address);
            let found = all.get(&to).unwrap_or_else(|| panic!("{name}: {address} leads to {to}"));
            if let Some(fragment) = address.split_once('#').map(|(_, fragment)| fragment).filter(|f| !f.is_empty()) {
                let page = String::from_utf8_lossy(found);
                let place = markup::elements(&page).iter().any(|e| e.get("id") == Some(fragment));
                assert!(place, "{name}: {address}");
            }
        }
    }
}

#[test]
fn the_sitemap_is_xml_with_each_page_in_its_own_languages() {
    let docset = mixed();
    docset.write("content/a & b.md", "# A\n");
    docset.build();
    let sitemap = docset.page("sitemap.xml");
    let body = sitemap.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    assert!(markup::faults(&body.replace("xhtml:link", "link")).is_empty(), "{sitemap}");
    assert!(sitemap.contains("<loc>https://docs.example.com/guide/ja/billing/</loc>"));
    assert!(sitemap.contains("<loc>https://docs.example.com/guide/en/a%20&amp;%20b/</loc>"), "{sitemap}");
    assert!(sitemap.contains("hreflang=\"x-default\""));
    for absent in ["/ja/notes/", "parallel", "old", "contents", "404"] {
        assert!(!sitemap.contains(absent), "{absent}: {sitemap}");
    }
    assert!(docset.page("robots.txt").contains("Sitemap: https://docs.example.com/guide/sitemap.xml\n"));
    let entries = sitemap.matches("<url>").count();
    assert_eq!(entries, 3 * 2 + 2, "three translated pages and two in English only");
}

#[test]
fn the_sitemap_of_many_pages_has_each_once_with_its_own_languages() {
    let docset = mixed();
    // Entries are written some dozens at a time. One page in English only comes first, so that a pair is parted there.
    docset.write("content/a & b.md", "# A\n");
    let names: Vec<String> = (0..80).map(|number| format!("many-{number:02}")).collect();
    for name in &names {
        docset.write(&format!("content/{name}.md"), format!("# The page {name}\n"));
        docset.write(&format!("content/{name}.ja.md"), format!("# {name}のページ\n"));
    }
    docset.build();
    let sitemap = docset.page("sitemap.xml");
    let entries: Vec<&str> = sitemap.split("<url>").filter(|entry| entry.contains("many-")).collect();
    let url = |tag: &str, name: &str| format!("https://docs.example.com/guide/{tag}/{name}/");
    let wanted = names.iter().flat_map(|name| ["ja", "en"].map(|tag| (name, url(tag, name))));
    assert_eq!(entries.len(), 2 * names.len());
    for (entry, (name, own)) in entries.into_iter().zip(wanted) {
        let links = ["ja", "en"].map(|tag| format!("hreflang=\"{tag}\" href=\"{}\"", url(tag, name)));
        let sound = entry.starts_with(&format!("<loc>{own}</loc>")) && links.iter().all(|link| entry.contains(link));
        assert!(sound && entry.matches("hreflang").count() == 3, "{own}: {entry}");
    }
}

/// The languages that a page, or an entry of the sitemap, names for itself, each with its address.
fn alternates(text: &str) -> Vec<String> {
    let all = text.split("rel=\"alternate\" hreflang=\"").skip(1);
    all.map(|rest| rest.split('"').step_by(2).take(2).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn what_search_engines_must_not_list_stands_in_no_list_for_them() {
    let docset = mixed();
    docset.write("content/pair.md", "# Pair\n");
    docset.write("content/pair.ja.md", "---\nrobots: NOINDEX, nofollow\n---\n# 組\n");
    docset.write("content/hidden.md", "---\nrobots: none\n---\n# Hidden\n");
    docset.build();
    let sitemap = docset.page("sitemap.xml");
    assert!(sitemap.contains("/en/pair/") && !sitemap.contains("/ja/pair/") && !sitemap.contains("hidden"), "{sitemap}");
    let english = ["en https://docs.example.com/guide/en/pair/", "x-default https://docs.example.com/guide/en/pair/"];
    for page in ["en/pair/index.html", "ja/pair/index.html"] {
        assert_eq!(alternates(&docset.page(page)), english, "{page}");
    }
    assert_eq!(alternates(&docset.page("en/hidden/index.html")), [""; 0]);
}

#[test]
fn the_start_pages_and_the_choice_of_languages_name_the_same_addresses() {
    let docset = Docset::new(&[
        (
            "madoguchi.toml",
            "[site]\nbase_url = \"https://docs.example.com/\"\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\", \"de\"]\n",
        ),
        ("content/index.md", "# Start\n"),
        ("content/index.ja.md", "# 始め\n"),
    ]);
    docset.build();
    let all = ["ja https://docs.example.com/ja/", "en https://docs.example.com/en/", "x-default https://docs.example.com/"];
    for page in ["index.html", "ja/index.html", "en/index.html"] {
        assert_eq!(alternates(&docset.page(page)), all, "{page}");
    }
}

#[test]
fn a_moved_page_leads_on_in_each_language() {
    let docset = mixed();
    docset.build();
    for locale in ["ja", "en"] {
        let page = docset.page(&format!("{locale}/old/index.html"));
        assert!(page.contains("content=\"0; url=../billing/\"") && page.contains("href=\"../billing/\""), "{page}");
    }
    docset.write("content/.openpublishing.redirection.json", r#"{"redirections": [{"source_path": "out.md", "redirect_url": "https://example.com/?a=1&b=\"><script>x</script>"}, {"source_path": "bad.md", "redirect_url": "javascript:alert(1)"}]}"#);
    docset.build();
    let page = docset.page("en/out/index.html");
    assert!(markup::faults(&page).is_empty() && !page.contains("<script>x"), "{page}");
    assert!(!docset.has("en/bad/index.html") && !docset.has("en/old/index.html"));
}

#[test]
fn navigation_breadcrumb_and_neighbours_follow_the_table_of_contents() {
    let docset = mixed();
    docset.build();
    let page = docset.page("en/support/index.html");
    let crumbs = &page[page.find("class=\"crumbs\"").unwrap()..page.find("<article").unwrap()];
    assert!(crumbs.contains("href=\"../billing/\"") && crumbs.contains("Billing"), "{crumbs}");
    assert!(page.contains("rel=\"prev\" href=\"../billing/\"") && page.contains("rel=\"next\" href=\"../notes/\""), "{page}");
    let current: Vec<_> = markup::elements(&page).into_iter().filter(|e| e.get("aria-current") == Some("page")).collect();
    assert_eq!(current.len(), 1);
    assert!(["./", "../support/"].contains(&current[0].get("href").unwrap()));
    let first = docset.page("en/index.html");
    assert!(!first.contains("rel=\"prev\"") && first.contains("rel=\"next\" href=\"billing/\""), "{first}");
    assert!(page.contains("href=\"https://example.com/edit/content/support.md\""), "{page}");
    assert!(docset.page("ja/support/index.html").contains("https://example.com/edit/content/support.ja.md"));
}

/// Parts of the navigation share their entries: each page still has its own window, way and mark.
#[test]
fn a_long_level_shows_each_page_its_own_window_and_way() {
    let docset = Docset::new(&[("index.md", "# Start\n")]);
    let mut toc = String::new();
    for at in 0..130 {
        docset.write(&format!("p{at}.md"), format!("# Page {at}\n"));
        toc.push_str(&format!("- name: N{at}\n  href: p{at}.md\n"));
        if at % 60 == 5 {
            docset.write(&format!("deep/d{at}.md"), format!("# Deep {at}\n"));
            toc.push_str(&format!("  items:\n  - name: D{at}\n    href: deep/d{at}.md\n"));
        }
    }
    docset.write("TOC.yml", toc);
    docset.build();
    let shown = |path: &str| {
        let page = docset.page(path);
        let nav = page[page.find("<nav class=\"section\"").unwrap()..].to_owned();
        let nav = markup::elements(&nav[..nav.find("</nav>").unwrap()]);
        let links = nav.iter().filter_map(|e| Some((e.get("href")?.to_owned(), e.get("aria-current").is_some())));
        links.collect::<Vec<_>>()
    };
    let expected = |here: usize, window: std::ops::Range<usize>, up: &str, deep: bool| {
        let mut all = Vec::new();
        let more = || (format!("{up}contents/"), false);
        all.extend((window.start > 0).then(more));
        for at in window.clone() {
            all.push((format!("{up}p{at}/"), at == here && !deep));
            if at == here && here % 60 == 5 {
                all.push((format!("{up}deep/d{at}/"), deep));
            }
        }
        all.extend((window.end < 130).then(more));
        all
    };
    assert_eq!(shown("en/p0/index.html"), expected(0, 0..41, "../", false));
    assert_eq!(shown("en/p5/index.html"), expected(5, 0..46, "../", false));
    assert_eq!(shown("en/p6/index.html"), expected(6, 0..47, "../", false));
    assert_eq!(shown("en/p65/index.html"), expected(65, 25..106, "../", false));
    assert_eq!(shown("en/p129/index.html"), expected(129, 89..130, "../", false));
    let deep = shown("en/deep/d65/index.html").into_iter().map(|(href, here)| (href.replace("../d65/", "../../deep/d65/"), here));
    assert_eq!(deep.collect::<Vec<_>>(), expected(65, 25..106, "../../", true));
}

#[test]
fn the_output_grows_with_the_pages_and_not_with_their_square() {
    let size = |pages: usize| {
        let docset = Docset::new(&[("index.md", "# Start\n")]);
        let mut toc = String::new();
        for at in 0..pages {
            docset.write(&format!("page-{at:04}.md"), format!("# Page {at}\n\nWords.\n"));
            toc.push_str(&format!("- name: Page number {at}\n  href: page-{at:04}.md\n"));
        }
        docset.write("TOC.yml", toc);
        docset.build();
        tree(&docset.out()).values().map(Vec::len).sum::<usize>() as f64
    };
    let (some, many) = (size(200), size(800));
    assert!(many / some < 4.6, "four times the pages make {} times the bytes", many / some);
}

#[test]
fn a_deep_table_of_contents_is_shown() {
    let docset = Docset::new(&[("index.md", "# Start\n")]);
    let mut toc = String::new();
    for at in 0..200 {
        toc.push_str(&format!("{0}- name: Level {at}\n{0}  href: index.md\n{0}  items:\n", "  ".repeat(at)));
    }
    docset.write("TOC.yml", toc);
    let ran = docset.run(&["build"]).ended(0);
    assert!(ran.stderr.contains("toc-damaged"), "{}", ran.stderr);
    assert!(markup::faults(&docset.page("en/index.html")).is_empty());
}

#[test]
fn only_pages_and_named_files_are_published() {
    let docset = mixed();
    for (path, text) in [
        ("content/secret.toml", "x"),
        ("content/unnamed.png", "x"),
        ("content/.hidden.png", "x"),
        ("content/.git/config", "x"),
        ("content/media/other.svg", "x"),
        ("content/named.pdf", "x"),
        ("content/data.yml", "a: b\n"),
        ("content/node_modules/x.md", "# X\n"),
        ("content/includes/alone.md", "# Y\n"),
        ("var/x.md", "# V\n"),
    ] {
        docset.write(path, text);
    }
    docset.write(
        "content/notes.md",
        "# Notes\n\n[p](named.pdf) [t](secret.toml) ![h](.hidden.png) [g](.git/config) [d](data.yml) [m](../madoguchi.toml)\n",
    );
    docset.build();
    let published: Vec<String> = tree(&docset.out())
        .into_keys()
        .filter(|name| !name.ends_with(".html") && !name.starts_with("assets/") && !name.contains("/search/"))
        .collect();
    assert_eq!(published, [".madoguchi", "media/plan.svg", "named.pdf", "robots.txt", "sitemap.xml"]);
    // A resource glob names files as well.
    docset.write("content/docfx.json", r#"{"build": {"content": [{"files": "**/*.md"}], "resource": [{"files": ["media/**", "*.toml", ".hidden.png", "data.yml"]}]}}"#);
    docset.build();
    assert!(docset.has("media/other.svg") && !docset.has("unnamed.png"));
    let published: Vec<String> = tree(&docset.out())
        .into_keys()
        .filter(|name| !name.ends_with(".html") && !name.starts_with("assets/") && !name.contains("/search/"))
        .collect();
    assert!(
        published.iter().all(|name| !name.ends_with(".toml") && !name.contains("hidden") && !name.contains("docfx")),
        "{published:?}"
    );
}

#[test]
fn a_theme_lies_over_the_built_in_one_file_by_file() {
    let docset = mixed();
    let config = std::fs::read_to_string(docset.site().join("madoguchi.toml")).unwrap();
    docset.write("madoguchi.toml", config + "theme = \"own\"\n");
    docset.write("themes/own/static/site.css", "body { color: black }\n");
    docset.write("themes/own/messages/en.toml", "contents = \"Table of contents\"\n");
    docset.write(
        "themes/own/templates/page.html",
        "{% extends \"default/page.html\" %}{% block head %}<meta name=\"own\" content=\"yes\">{% endblock %}",
    );
    docset.build();
    let page = docset.page("en/billing/index.html");
    assert!(page.contains("<meta name=\"own\" content=\"yes\">") && page.contains(">Table of contents</a>"), "{page}");
    let css = markup::elements(&page).into_iter().find(|e| e.get("rel") == Some("stylesheet")).unwrap();
    assert_eq!(docset.page(css.get("href").unwrap().trim_start_matches("../")), "body { color: black }\n");
    docset.run(&["build"]).ended(0);
    docset.write("madoguchi.toml", "[site]\ntheme = \"nowhere\"\n");
    docset.run(&["build"]).ended(1);
}

#[test]
fn a_docset_without_a_start_page_begins_with_its_contents() {
    let docset = Docset::new(&[("a.md", "# A\n"), ("b/c.md", "# C\n")]);
    docset.build();
    let home = docset.page("en/index.html");
    assert!(home.contains("href=\"a/\"") && home.contains("href=\"b/c/\""), "{home}");
    assert!(markup::addresses(&docset.page("index.html")).contains(&"en/".to_owned()));
}

#[test]
fn an_empty_docset_is_a_site_without_pages() {
    let docset = Docset::new(&[]);
    docset.run(&["build"]).ended(0);
    assert!(docset.has("index.html") && docset.has("en/index.html"));
}
