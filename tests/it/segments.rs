//! Headings and segments: what can be linked to, in every language.

use proptest::prelude::*;

use crate::support::{Built, Site, cases};

const BODY: &str = "# <a name=\"title\"></a>{101|題|Title}

{102|一。|One.} {103|二は[結び](a.md)。|Two [link](a.md).}

**{104|甲|A} {105|乙|B}** [{106|丙|C} {107|丁|D}](a.md) **{108|戊|E} x** *{109|斜*体|ital*ics}

[{110|参照|Ref} {111|先|to}][r] {112|https://a.example/b|https://a.example/b}{113|後|behind}

- {114|項目|Item} {115|次|next}
  > [!NOTE]
  > {116|注|Note}

| {117|列|Column} | x |
|---|---|
| {118|値|Value} | {119|**太**字|**bold**} |

<table><tr><td>{120|枠|Cell}<br>{121|下|below}</td></tr></table>

### [{122|札|Tab}](#tab/a)

{123|中\n身|in\nside} {102b|一。|One.}

---

[!INCLUDE [x](includes/i.md)]

[r]: a.md
";

fn site(body: &str) -> Built {
    Site::new().localized("a.md", body).localized("includes/i.md", "{101|含|Included}\n").build()
}

#[test]
fn every_segment_is_found_in_both_languages_and_side_by_side() {
    let site = site(BODY);
    let keys = site.keys("en/a/");
    assert_eq!(keys.len(), 25, "{keys:?}");
    for page in ["ja/a/", "ja/a/parallel/"] {
        let mut found = site.keys(page);
        assert_eq!(found.len(), keys.len());
        found.retain(|key| !keys.contains(key));
        assert_eq!(found, [""; 0]);
    }
    for page in ["ja/a/", "en/a/", "ja/a/parallel/"] {
        let html = site.html(page);
        for key in &keys {
            let first = html.find(&format!("data-seg=\"{key}\"")).unwrap();
            assert!(html[first..].starts_with(&format!("data-seg=\"{key}\" id=\"s-{key}\"")), "{page} {key}");
        }
    }
    assert!(keys.iter().filter(|key| key.ends_with("-2")).count() == 1, "equal sources are numbered");
}

#[test]
fn emphasis_and_links_around_segments_hold_them() {
    let html = site(BODY).text("ja/a/");
    for part in [
        "<strong>甲 乙</strong>",
        "<a href=\"#\">丙 丁</a>",
        "<strong>戊 x</strong>",
        "<em>斜</em>体",
        "<a href=\"#\">参照 先</a>",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
}

#[test]
fn keys_do_not_depend_on_the_files_own_ids() {
    let renumbered =
        (101..=123).fold(BODY.replace("102b", "777"), |body, id| body.replace(&format!("{{{id}|"), &format!("{{{}|", id + 400)));
    assert_eq!(site(BODY).keys("ja/a/"), site(&renumbered).keys("ja/a/"));
}

#[test]
fn parallel_files_have_segments_too() {
    let site = Site::new()
        .file("a.md", "# T\n\nOne. **Two.** Three\n\n- a\n- b\n")
        .file("a.ja.md", "# 題\n\n一。**二。**三\n\n- あ\n- い\n")
        .build();
    assert_eq!(site.keys("ja/a/"), site.keys("en/a/"));
    assert_eq!(site.keys("ja/a/parallel/").len(), site.keys("en/a/").len());
}

#[test]
fn heading_ids_come_from_the_source_in_every_language() {
    let body = "# {101|題|Title}\n\n## <a name=\"set-up\"></a>{102|設定|Set up}\n\n## {103|設定|Set up} {104|二|again}\n\n## {105|設定|Set up}\n\n### {106|手順 1<br>作成|Step 1<br>Create} `code` &lt;x&gt;\n\n## {107|日本語|日本語}\n\n## {108|!?|!?}\n\nSetext {109|題|head}\n---\n\n[{110|一|a}](#set-up-1) [{111|二|b}](#日本語) [{112|三|c}](#title)\n";
    let site = site(body);
    assert_eq!(site.codes(), [""; 0]);
    for page in ["ja/a/", "en/a/", "ja/a/parallel/"] {
        let html = site.html(page);
        for id in ["set-up", "set-up-again", "set-up-1", "日本語", "section", "setext-head"] {
            assert!(html.contains(&format!("<h2 id=\"{id}\">")), "{page} {id}");
        }
        assert!(html.contains("<h3 id=\"step-1brcreate-code-ltxgt\">") && html.contains("<h1 id=\"title\">"), "{page}");
    }
}

#[test]
fn each_heading_links_to_itself_and_to_its_twin() {
    let site = site("# {101|題|Title}\n\n<a name=\"set-up\"></a>\n\n## {102|設定|Set up}\n");
    let html = site.html("ja/a/");
    assert!(html.contains("<a class=\"heading-link\" href=\"#set-up\""), "{html}");
    assert!(html.contains("<a class=\"heading-twin\" href=\"../../en/a/#set-up\" hreflang=\"en\""), "{html}");
    assert!(site.html("en/a/").contains("<a class=\"heading-twin\" href=\"../../ja/a/#set-up\" hreflang=\"ja\""));
}

#[test]
fn the_authors_anchors_are_places_too() {
    let site = site(
        "# {101|題|Title}\n\n<a name=\"own\"></a>{102|一|A <a id=\"in\"></a>b}\n\n## <a href=\"\" id=\"x\"></a>{103|二|Two <a id=\"mid\"></a>x}\n\n<div id=\"raw\">{104|三|C}</div>\n\n[{105|a|a}](#own) [{106|b|b}](#x) [{107|c|c}](#raw)\n",
    );
    assert_eq!(site.codes(), [""; 0]);
}

#[test]
fn what_has_no_recorded_source_says_its_language_on_the_english_page() {
    let site = Site::new()
        .localized("a.md", "# {101|題|Title}\n\n![図](i.png) {102|文|Words}\n\n![図](i.png \"説明\")\n\n:::image source=\"gone.png\" alt-text=\"無\":::\n\n## 見出し\n\n| 表 |\n|---|\n| {103|値|v} |\n")
        .file("i.png", "png")
        .file("TOC.yml", "- name: 文書\n  href: a.md\n- name: 区分\n  items:\n  - name: 題名の違い\n    href: b.md\n")
        .localized("b.md", "# {101|別|Other}\n")
        .build();
    let html = site.text("en/a/");
    for part in [
        "alt=\"図\" lang=\"ja\"",
        "<figcaption lang=\"ja\">説明</figcaption>",
        "<span lang=\"ja\">無</span>",
        "<span lang=\"ja\">見出し</span>",
        "<span lang=\"ja\">表</span>",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    let contents = site.html("en/contents/");
    assert!(
        contents.contains("lang=\"ja\">区分</span>") && contents.contains(">Title</a>") && contents.contains(">Other</a>"),
        "{contents}"
    );
    assert!(!site.text("ja/a/").contains("lang="));
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn keys_are_stable_under_edits_elsewhere(kept in proptest::collection::vec(any::<bool>(), 12), added in 0_usize..12) {
        let paragraph = |n: usize| format!("{{{}|訳{n}。|Source {n}.}}\n\n", n + 101);
        let all: String = (0..12).map(paragraph).collect();
        let some: String = (0..12).filter(|n| kept[*n]).map(|n| if n == added { paragraph(n) + "{999|新|New}\n\n" } else { paragraph(n) }).collect();
        let (all, some) = (site(&all).keys("ja/a/"), site(&some).keys("ja/a/"));
        let expected: Vec<_> = all.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(key, _)| key.clone()).collect();
        let found: Vec<_> = some.into_iter().filter(|key| all.contains(key)).collect();
        prop_assert_eq!(found, expected);
    }
}
