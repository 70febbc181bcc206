//! The index of a site: the rules that it shares with its client, and its files.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use madoguchi::site::search::fold::fold;
use madoguchi::site::search::gram::{characters, grams, shard};
use madoguchi::site::search::live::Live;
use madoguchi::site::search::text::Text;
use madoguchi::site::search::{Edition, Entry, SCANNED};
use serde_json::Value;

use crate::support::Site;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../corpus/search.json")).unwrap()
}

#[test]
fn folding_and_grams_are_those_of_the_shared_vectors() {
    let vectors = vectors();
    for pair in vectors["fold"].as_array().unwrap() {
        assert_eq!(fold(pair[0].as_str().unwrap()), pair[1].as_str().unwrap(), "{pair}");
    }
    for pair in vectors["grams"].as_array().unwrap() {
        let mut found: Vec<String> = Vec::new();
        for gram in grams(pair[0].as_str().unwrap()) {
            let gram = characters(gram).collect();
            if !found.contains(&gram) {
                found.push(gram);
            }
        }
        assert_eq!(Value::from(found), pair[1]);
    }
    for row in vectors["shards"].as_array().unwrap() {
        let text = row[0].as_str().unwrap();
        let gram = grams(text).into_iter().find(|gram| characters(*gram).collect::<String>() == text).unwrap();
        assert_eq!(shard(gram, row[1].as_u64().unwrap() as usize) as u64, row[2].as_u64().unwrap(), "{row}");
    }
}

/// Pages in both languages, in one, as a draft, and with what is not searched.
fn site() -> Site {
    let mut site = Site::new()
        .localized("a.md", "# {1|請求|Billing}\n\n{2|ｻﾎﾟｰﾄの手順。|Steps.} {3|次へ。|Next.}\n\n## {4|詳細|Details}\n")
        .file("b.md", "# Only English\n\nOne & two.\n\n| x | y |\n|---|---|\n| 1 | 2 |\n")
        .file("c.md", "---\ndraft: true\n---\n# Draft\n");
    for page in 0..9 {
        site = site.file(&format!("more/{page}.md"), &format!("# Page {page}\n\nWords of page {page}.\n"));
    }
    site
}

#[test]
fn the_preview_makes_the_files_of_a_build() {
    // Of a small site all texts are scanned, and stand in the directories; else there are three in English and one in Japanese, and one of grams in each.
    assert_eq!(as_in_a_build(site()), 0);
    let long = "Some of many words. ".repeat(SCANNED / 20 + 1);
    assert_eq!(as_in_a_build(site().file("more/8.md", &format!("# Page 8\n\n{long}\n"))), 6);
}

/// Holds the preview's index against a build's, and counts its files.
fn as_in_a_build(site: Site) -> usize {
    let built = site.build();
    let addresses: Vec<String> =
        ["a/", "b/"].map(str::to_owned).into_iter().chain((0..9).map(|page| format!("more/{page}/"))).collect();
    let mut live = Live::new(vec!["ja".into(), "en".into()], addresses.len());
    for (number, address) in addresses.iter().enumerate() {
        let edition = |tag: &str| {
            let html = built.article(&format!("{tag}/{address}"));
            let own = tag == "en" || address == "a/";
            let text = Text::of_html(&html);
            own.then(|| Edition { title: text.headings[0].words.clone(), text })
        };
        live.set(number, Entry { address: address.clone(), editions: ["ja", "en"].map(edition).into() });
    }
    let mut files = 0;
    for tag in ["ja", "en"] {
        for name in ["g/000.bin", "g/001.bin", "p/000.bin", "p/001.bin", "p/002.bin", "p/003.bin"] {
            let path = format!("{tag}/search/{name}");
            assert_eq!(live.file(&path), built.bytes(&path), "{path}");
            files += usize::from(built.has(&path));
        }
        let of = |bytes: Vec<u8>| serde_json::from_slice::<BTreeMap<String, Value>>(&bytes).unwrap();
        let (mut ours, mut theirs) = (
            of(live.file(&format!("{tag}/search/index.json")).unwrap()),
            of(built.bytes(&format!("{tag}/search/index.json")).unwrap()),
        );
        assert_eq!((ours.remove("key").unwrap(), theirs.remove("key").is_some()), (Value::from("edit-11"), true));
        assert_eq!(ours, theirs);
        // What a look into a small site needs first comes with one file.
        let packed = ours["locales"][0].get("packed").map(|packed| BASE64_STANDARD.decode(packed.as_str().unwrap()).unwrap());
        assert_eq!(packed.is_some(), ours["shards"] == 0);
        let text = packed.map(|packed| miniz_oxide::inflate::decompress_to_vec_zlib(&packed).unwrap());
        assert!(text.is_none_or(|text| String::from_utf8(text).unwrap().starts_with("[[0,\"a/\",")));
        assert_eq!(ours["locales"][1].get("packed"), None);
    }
    assert_eq!(live.file("ja/search/g/0.bin"), None);
    assert_eq!(live.file("ja/a/index.html"), None);
    files
}

#[test]
fn an_edit_shows_in_the_preview() {
    let long = " and".repeat(SCANNED / 4);
    let page = |words: &str| Entry {
        address: "a/".into(),
        editions: vec![Some(Edition { title: "A".into(), text: Text::of_html(&format!("<p>{words}{long}</p>")) })],
    };
    let mut live = Live::new(vec!["en".into()], 1);
    live.set(0, page("before"));
    let opened = |live: &mut Live, name: &str| {
        let bytes = live.file(&format!("en/search/{name}")).unwrap();
        String::from_utf8_lossy(&miniz_oxide::inflate::decompress_to_vec_zlib(&bytes).unwrap()).into_owned()
    };
    assert!(opened(&mut live, "g/000.bin").contains("\u{1}fo") && opened(&mut live, "p/000.bin").contains("before"));
    let key = live.file("en/search/index.json");
    live.set(0, page("before"));
    assert_eq!(live.file("en/search/index.json"), key);
    live.set(0, page("after"));
    assert!(!opened(&mut live, "g/000.bin").contains("\u{1}fo") && opened(&mut live, "p/000.bin").contains("after"));
    assert_ne!(live.file("en/search/index.json"), key);
}

#[test]
fn a_site_without_search_has_no_trace_of_it() {
    let config = "[site]\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\"]\nsearch = false\n";
    let built = site().config(config).build();
    assert!(!built.has("ja/search/index.html") && !built.has("ja/search/index.json"));
    assert!(!built.html("ja/a/").contains("search.") && !built.html("ja/a/").contains("type=\"search\""));
}

#[test]
fn every_page_has_the_box_and_the_page_of_results_works_without_script_as_far_as_it_can() {
    let built = site().build();
    for (page, href) in
        [("ja/a/", "../search/"), ("en/more/1/", "../../search/"), ("ja/404.html", "/ja/search/"), ("en/contents/", "../search/")]
    {
        let html = built.html(page);
        assert!(html.contains(&format!("role=\"search\" action=\"{href}\" method=\"get\"")), "{page}");
        assert_eq!(html.matches("<input type=\"search\"").count(), 1, "{page}");
    }
    let html = built.html("ja/search/");
    assert_eq!(html.matches("<input type=\"search\"").count(), 1);
    assert!(html.contains("<noscript>") && html.contains("site:docs.example.com") && html.contains("<ol class=\"results\">"));
    assert!(built.dead_links("ja/search/").is_empty());
}

/// A site with a section of its navigation, and two entries beside it.
fn with_section(exports: &str) -> Site {
    let config = format!("[site]\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\"]\nexports = [{exports}]\n");
    site()
        .config(&config)
        .file("TOC.yml", "- name: First\n  href: b.md\n- name: Group\n  items:\n  - name: B\n    href: a.md\n  - name: C\n    items:\n    - name: P\n      href: more/1.md\n- name: Last\n  href: more/2.md\n- name: Alone\n  href: more/3.md\n  items:\n  - name: Elsewhere\n    href: https://example.com/\n")
        .file("more/1.md", "# Page 1\n\n## Details\n\n[b](../a.md#details) [here](#details) [out](2.md) ![x](x.svg)\n\nx[^1]\n\n[^1]: y\n")
        .file("more/x.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>")
}

#[test]
fn a_print_holds_the_articles_of_a_section() {
    let built = with_section("\"print\"").build();
    let prints = ["b/", "a/"].map(|first| ["ja", "en"].map(|tag| format!("{tag}/{first}print.html")));
    for path in prints.as_flattened() {
        let html = built.html(path);
        assert_eq!(crate::support::sound(&html), Ok(()), "{path}");
        assert!(html.contains("<meta name=\"robots\" content=\"noindex\">") && built.dead_links(path).is_empty(), "{path}");
    }
    let html = built.html("en/a/print.html");
    assert!(
        html.contains("<h1>Group</h1>") && html.contains("<h2 id=\"p1-billing\">") && html.contains("<h3 id=\"p2-details\">"),
        "{html}"
    );
    assert!(
        html.contains("<a href=\"#p1-details\">b</a> <a href=\"#p2-details\">here</a> <a href=\"../more/2/\">out</a>"),
        "{html}"
    );
    assert!(html.contains("src=\"../../more/x.svg\"") && !html.contains("heading-link"), "{html}");
    let japanese = built.html("ja/a/print.html");
    assert!(
        japanese.contains("<article id=\"p1\">") && japanese.contains("<article id=\"p2\" lang=\"en\" dir=\"ltr\">"),
        "{japanese}"
    );
    // Every page of the section leads to its print; entries with no page below them are a section together.
    for (page, print) in [
        ("en/a/", "../a/print.html"),
        ("en/more/1/", "../../a/print.html"),
        ("en/b/", "../b/print.html"),
        ("ja/more/2/", "../../b/print.html"),
        ("ja/a/parallel/", "../../a/print.html"),
    ] {
        assert!(built.html(page).contains(&format!("<a href=\"{print}\">")), "{page}");
    }
    assert!(!built.html("en/b/print.html").contains("Page 1") && built.html("en/b/print.html").contains("Page 3"));
}

#[test]
fn without_prints_there_is_no_trace_of_them() {
    let built = with_section("\"markdown\"").build();
    assert!(!built.has("en/a/print.html") && !built.html("en/a/").contains("print.html"));
}

#[test]
fn a_long_section_is_printed_in_parts() {
    let mut toc = String::from("- name: Group\n  items:\n");
    let mut site = site();
    for page in 0..203 {
        site = site.file(&format!("many/{page:03}.md"), &format!("# Number {page}\n\nWords.\n"));
        toc.push_str(&format!("  - name: N\n    href: many/{page:03}.md\n"));
    }
    let config = "[site]\nsource_locale = \"en\"\nlocales = [\"en\"]\nexports = [\"print\"]\n";
    let built = site.config(config).file("TOC.yml", &toc).build();
    let [first, second] = ["000", "200"].map(|page| built.html(&format!("en/many/{page}/print.html")));
    assert_eq!([&first, &second].map(|html| html.matches("<article ").count()), [200, 3]);
    assert!(
        first.contains("<a href=\"../200/print.html\">2</a>")
            && second.contains("<a href=\"print.html\" aria-current=\"page\">2</a>")
    );
}

#[test]
fn exports_give_each_page_as_markdown_and_pairs_and_a_list_of_all() {
    let config = "[site]\ntitle = { ja = \"窓口\", en = \"Counter\" }\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\"]\nbase_url = \"https://docs.example.com/\"\nexports = [\"markdown\", \"pairs\", \"llms\"]\n";
    let built = site().config(config).build();
    let text = |path: &str| String::from_utf8(built.bytes(path).unwrap()).unwrap();
    assert_eq!(text("ja/a/index.md"), "# 請求\n\nｻﾎﾟｰﾄの手順。 次へ。\n\n## 詳細\n");
    assert_eq!(text("en/a/index.md"), "# Billing\n\nSteps. Next.\n\n## Details\n");
    assert!(
        built.has("en/b/index.md")
            && !built.has("ja/b/index.md")
            && !built.has("en/a/pairs.jsonl")
            && !built.has("ja/c/index.md")
    );
    let pairs: Vec<Value> = text("ja/a/pairs.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let row = |at: usize| ["source", "target", "target_plain", "state", "block"].map(|key| pairs[at][key].as_str().unwrap());
    assert_eq!(pairs.len(), 4);
    assert_eq!(row(0), ["Billing", "請求", "請求", "translated", "heading"]);
    assert_eq!(row(1), ["Steps.", "ｻﾎﾟｰﾄの手順。", "ｻﾎﾟｰﾄの手順。", "translated", "paragraph"]);
    assert_eq!((pairs[0]["made_by"].as_str(), pairs[0]["source_locale"].as_str()), (Some("HT"), Some("en")));
    assert_eq!(built.keys("ja/a/")[0], pairs[0]["key"].as_str().unwrap());
    let list = text("ja/llms.txt");
    assert!(list.starts_with("# 窓口\n\n## "), "{list}");
    assert!(
        list.contains("- [請求](https://docs.example.com/ja/a/index.md)")
            && list.contains("- [Only English](https://docs.example.com/en/b/index.md)"),
        "{list}"
    );
    assert!(!site().build().has("ja/a/index.md"));
}

const MARKDOWN: &str = "[site]\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\"]\nexports = [\"markdown\"]\n";

/// What is published of a page that stands beside others.
fn published(page: &str, path: &str) -> String {
    let built = Site::new()
        .config(MARKDOWN)
        .localized("one.md", page)
        .localized("sub/two.md", "# {201|二|Two}\n\n## {202|部分|Part}\n")
        .file("three.md", "---\nuid: T\n---\n# Three\n")
        .file("media/p (1).png", "picture")
        .file("includes/blocks.md", "Read [two](../sub/two.md).\n\n- item\n")
        .localized("includes/words.md", "**{301|語|words}**\n")
        .file("includes/more.md", "## Head\n\nTail\n")
        .build();
    String::from_utf8(built.bytes(path).unwrap()).unwrap()
}

#[test]
fn links_and_images_of_the_markdown_lead_from_where_it_is_published() {
    let shown = |written: &str| {
        let text = published(&format!("# {{101|一|One}}\n\n{written}\n"), "ja/one/index.md");
        text.strip_prefix("# 一\n\n").unwrap().trim_end().to_owned()
    };
    for (written, expected) in [
        ("[a](sub/two.md#part \"T\")", "[a](../sub/two/index.md#part \"T\")"),
        ("[one.md](one.md)", "[one.md](index.md)"),
        (
            "[a](#here) [b](gone.md) [c](https://example.com/sub/two.md)",
            "[a](#here) [b](gone.md) [c](https://example.com/sub/two.md)",
        ),
        ("[a](three.md) <xref:T>", "[a](../../en/three/index.md) [Three](../../en/three/index.md)"),
        ("[](xref:T)", "[Three](../../en/three/index.md)"),
        ("[![絵](<media/p (1).png>)](~/sub/two.md)", "[![絵](<../../media/p%20%281%29.png>)](../sub/two/index.md)"),
        (
            "[a][r], ![b][p]\n\n[r]: sub/two.md \"T\"\n[p]: media/p%20(1).png",
            "[a][r], ![b][p]\n\n[r]: ../sub/two/index.md \"T\"\n[p]: ../../media/p%20%281%29.png",
        ),
        ("<a href=\"sub/two.md\">a</a>", "<a href=\"../sub/two/index.md\">a</a>"),
        (
            ":::image source=\"media/p (1).png\" alt-text=\"a\":::",
            ":::image source=\"../../media/p%20%281%29.png\" alt-text=\"a\":::",
        ),
        ("`[a](sub/two.md)`\n\n    [r]: sub/two.md", "`[a](sub/two.md)`\n\n    [r]: sub/two.md"),
    ] {
        assert_eq!(shown(written), expected, "{written}");
    }
}

#[test]
fn what_a_page_includes_stands_in_its_markdown() {
    let shown = |written: &str| {
        let text = published(&format!("# {{101|一|One}}\n\n{written}\n"), "ja/one/index.md");
        text.strip_prefix("# 一\n\n").unwrap().trim_end().to_owned()
    };
    let blocks = "Read [two](../sub/two/index.md).\n\n- item";
    for (written, expected) in [
        ("[!INCLUDE [x](includes/blocks.md)]", blocks.to_owned()),
        ("[!INCLUDE [x](includes/words.md)]\n[!INCLUDE [x](includes/blocks.md)]", format!("**語**\n\n{blocks}")),
        ("> [!INCLUDE [x](includes/blocks.md)]", "> Read [two](../sub/two/index.md).\n> \n> - item".into()),
        ("1. [!INCLUDE [x](includes/more.md)]", "1. ## Head\n   \n   Tail".into()),
        ("前[!INCLUDE [x](includes/words.md)]後", "前**語**後".into()),
        ("See [!INCLUDE [x](includes/more.md)].", "See Head Tail.".into()),
        ("[!INCLUDE [x](includes/gone.md)]", "[!INCLUDE [x](includes/gone.md)]".into()),
        ("```\n[!INCLUDE [x](includes/words.md)]\n```", "```\n[!INCLUDE [x](includes/words.md)]\n```".into()),
    ] {
        assert_eq!(shown(written), expected, "{written}");
    }
}

#[test]
fn markdown_without_links_and_includes_is_published_as_it_is_written() {
    let text = "# T\n\n**重要。**これ  \nA&amp;B \\* 。 次\n\n> [!NOTE]\n> [x]: y <br> <b>c</b>\n\n:::row:::\n   :::column:::\n      c\n   :::column-end:::\n:::row-end:::\n\n| a | b |\n|---|---|\n| `](x.md)` | \u{3000} |\n\n<!-- [!INCLUDE [x](y.md)] -->\n\n\t* code\n:::what:::\n[^1] $$x$$ :x: @uid\n";
    let built = Site::new().config(MARKDOWN).file("a.md", text).build();
    assert_eq!(String::from_utf8(built.bytes("en/a/index.md").unwrap()).unwrap(), text);
}

/// On a localized page what follows a text is the markup of its pair.
#[test]
fn the_places_of_pairs_are_those_of_their_texts() {
    let config = "[site]\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\"]\nexports = [\"pairs\"]\n";
    let body = "# {101|請求|Billing}\n\n{102|手順。|Steps.}{103|次へ。|Next.} {104||Only here.}\n";
    let file = crate::support::localized(body);
    let built = Site::new().config(config).file("a.md", &file).build();
    let lines = String::from_utf8(built.bytes("ja/a/pairs.jsonl").unwrap()).unwrap();
    let pairs: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(pairs.len(), 4);
    for pair in &pairs {
        for half in ["source", "target"] {
            let place = &pair[format!("{half}_place")];
            let [start, end] = ["start", "end"].map(|key| usize::try_from(place[key].as_u64().unwrap()).unwrap());
            assert_eq!(&file[start..end], pair[half].as_str().unwrap_or_default(), "{pair}");
            assert_eq!(place["file"], "a.md");
        }
    }
}
