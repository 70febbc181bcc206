//! The index of a site: the rules that it shares with its client, and its files.

use std::collections::BTreeMap;

use madoguchi::site::search::fold::fold;
use madoguchi::site::search::gram::{characters, grams, shard};
use madoguchi::site::search::live::Live;
use madoguchi::site::search::text::Text;
use madoguchi::site::search::{Edition, Entry};
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
        let gram = grams(text).find(|gram| characters(*gram).collect::<String>() == text).unwrap();
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
    let built = site().build();
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
    }
    // One file of grams and three of texts in English; in Japanese, one of each.
    assert_eq!(files, 6);
    assert_eq!(live.file("ja/search/g/0.bin"), None);
    assert_eq!(live.file("ja/a/index.html"), None);
}

#[test]
fn an_edit_shows_in_the_preview() {
    let page = |words: &str| Entry {
        address: "a/".into(),
        editions: vec![Some(Edition { title: "A".into(), text: Text::of_html(&format!("<p>{words}</p>")) })],
    };
    let mut live = Live::new(vec!["en".into()], 1);
    live.set(0, page("before"));
    let opened = |live: &mut Live, name: &str| {
        let bytes = live.file(&format!("en/search/{name}")).unwrap();
        String::from_utf8_lossy(&miniz_oxide::inflate::decompress_to_vec_zlib(&bytes).unwrap()).into_owned()
    };
    assert!(opened(&mut live, "g/000.bin").contains("for") && opened(&mut live, "p/000.bin").contains("before"));
    let key = live.file("en/search/index.json");
    live.set(0, page("before"));
    assert_eq!(live.file("en/search/index.json"), key);
    live.set(0, page("after"));
    assert!(!opened(&mut live, "g/000.bin").contains("for") && opened(&mut live, "p/000.bin").contains("after"));
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
