//! Included files.

use madoguchi::diag::Code;

use crate::support::{Site, localized};

#[test]
fn an_include_stands_in_for_its_line_or_its_words() {
    let site = Site::new()
        .file("sub/a.md", "[!INCLUDE [x](../includes/block.md)]\n\nSee [!include[x](<../includes/inline.md>)] and [!Include [y](~/includes/inline.md)].\n\n## Head [!INCLUDE [x](../includes/inline.md)]\n\n| [!INCLUDE [x](../includes/inline.md)] |\n|---|\n| [!INCLUDE [x](..\\includes\\inline.md)] |\n\n- [!INCLUDE [x](../includes/block.md)]\n")
        .file("includes/block.md", "---\nms.x: y\n---\npara\n\n- item\n")
        .file("includes/inline.md", "**inline** words\n")
        .build();
    assert_eq!(site.codes(), [""; 0]);
    let html = site.text("en/sub/a/");
    let words = "<strong>inline</strong> words";
    assert!(html.starts_with("<p>para</p>\n<ul>\n<li>item</li>\n</ul>\n"), "{html}");
    assert!(html.contains(&format!("<p>See {words} and {words}.</p>")), "{html}");
    assert!(html.contains(&format!("<h2 id=\"head-inline-words\">Head {words}</h2>")), "{html}");
    assert!(html.contains(&format!("<th>{words}</th>")) && html.contains(&format!("<td>{words}</td>")), "{html}");
    assert!(html.contains("<li><p>para</p>\n<ul>"), "{html}");
}

#[test]
fn an_include_within_a_line_that_holds_more_loses_no_word_and_is_reported() {
    let shown = |include: &str| {
        let page = "See [!INCLUDE [x](includes/i.md)].\n\n## Head [!INCLUDE [x](includes/i.md)]\n";
        let site = Site::new().file("a.md", page).file("includes/i.md", include).build();
        (site.codes().join(" "), site.text("en/a/").split("</p>").next().unwrap().to_owned())
    };
    let reported = "extension-malformed extension-malformed".to_owned();
    assert_eq!(shown("One.\n\n**Two** words.\n"), (reported.clone(), "<p>See One.<br><strong>Two</strong> words..".into()));
    assert_eq!(
        shown("- one\n- two\n\n---\n\n    a < b\n"),
        (reported.clone(), "<p>See one<br>two<br><code>a &lt; b\n</code>.".into())
    );
    let behind = "<p>See One.<br><code>x\n</code><br>Two <strong>three</strong>.".to_owned();
    assert_eq!(shown("One.\n\n```\nx\n```\n\nTwo **three**\n"), (reported.clone(), behind));
    assert_eq!(shown("## Set up\n"), (reported.clone(), "<p>See Set up.".into()));
    assert_eq!(shown("One.\n\n:::form x\n").0, reported);
    assert_eq!(shown("One.\n\n<!-- a remark -->\n"), (String::new(), "<p>See One..".into()));
    assert_eq!(shown(""), (String::new(), "<p>See .".into()));
}

#[test]
fn an_untranslated_include_of_an_include_within_a_line_says_its_language() {
    let site = Site::new()
        .localized("a.md", "# {101|題|T}\n\n{102|文|Words} [!INCLUDE [x](includes/b.md)]\n")
        .localized("includes/b.md", "{101|前。|Before.}\n\n[!INCLUDE [x](c.md)]\n")
        .file("includes/c.md", "English.\n")
        .build();
    assert_eq!(site.codes(), ["extension-malformed"]);
    assert!(site.text("ja/a/").contains("文 前。<br><span lang=\"en\">English.</span>"), "{}", site.text("ja/a/"));
}

#[test]
fn what_an_include_within_a_line_links_to_is_looked_up_to_its_end() {
    let site = Site::new()
        .file("a.md", "See [!INCLUDE [x](includes/i.md)]\n")
        .file("includes/i.md", "One.\n\n[l](gone.md)\n\n## Set up\n")
        .file("b.md", "[x](a.md#set-up)\n");
    assert_eq!(site.build().codes(), ["extension-malformed", "fragment-missing", "link-broken"]);
}

#[test]
fn each_language_gets_its_own_half_of_a_localized_include() {
    let site = Site::new()
        .localized("a.md", "# {101|題|T}\n\n{102|文。|Words.} [!INCLUDE [x](includes/i.md)]\n\n[!INCLUDE [x](includes/i.md)]\n")
        .localized("includes/i.md", "{101|両方。|Both.}\n")
        .build();
    assert!(site.text("ja/a/").contains("<p>文。両方。</p>\n<p>両方。</p>"), "{}", site.text("ja/a/"));
    assert!(site.text("en/a/").contains("<p>Words. Both.</p>\n<p>Both.</p>"), "{}", site.text("en/a/"));
    assert_eq!(site.keys("ja/a/"), site.keys("en/a/"));
    assert!(!site.html("ja/a/").contains("notice partial"));
}

#[test]
fn an_untranslated_include_says_its_language_and_the_page_is_partly_translated() {
    let site = Site::new()
        .localized("a.md", "# {101|題|T}\n\n[!INCLUDE [x](includes/i.md)]\n\n{102|文|Words} [!INCLUDE [x](includes/i.md)]\n")
        .localized("b.md", "# {101|題|T}\n")
        .file("includes/i.md", "English.\n")
        .build();
    let html = site.text("ja/a/");
    assert!(
        html.contains("<div lang=\"en\">\n<p>English.</p>\n</div>") && html.contains("文 <span lang=\"en\">English.</span>"),
        "{html}"
    );
    assert!(!site.text("en/a/").contains("lang="), "{}", site.text("en/a/"));
    let notice = |page: &str| site.html(page).contains("partial");
    assert!(notice("ja/a/") && !notice("ja/b/") && !notice("en/a/"));
}

#[test]
fn links_and_images_in_an_include_count_from_its_own_folder() {
    let site = Site::new()
        .file("a.md", "[!INCLUDE [x](shared/deep/i.md)]\n")
        .file("shared/b.md", "# B\n")
        .file("shared/deep/i.md", "[b](../b.md) ![i](i.png) [gone](b.md)\n")
        .file("shared/deep/i.png", "png")
        .build();
    let html = site.text("en/a/");
    assert!(html.contains("<a href=\"../shared/b/\">b</a> <img src=\"../../shared/deep/i.png\""), "{html}");
    assert_eq!(site.one(Code::LinkBroken).span.path.as_str(), "shared/deep/i.md");
}

#[test]
fn what_cannot_be_included_is_reported_with_the_page_that_asked() {
    let site = Site::new()
        .file("a.md", "before\n\n[!INCLUDE [x](includes/gone.md)]\n\n[!INCLUDE [x](includes/nest.md)]\n\nafter\n")
        .file("includes/nest.md", "[!INCLUDE [x](gone2.md)]\n")
        .build();
    assert_eq!(site.codes(), ["include-missing"; 2]);
    assert!(site.text("en/a/").contains("<p>before</p>\n<p>after</p>"));
    let inner = site.diagnostics.iter().find(|found| found.span.path.as_str() == "includes/nest.md").unwrap();
    assert_eq!(inner.related[0].0.path.as_str(), "a.md");
}

#[test]
fn a_circle_is_reported_at_both_ends() {
    let site = Site::new()
        .file("a.md", "x [!INCLUDE [x](includes/b.md)]\n")
        .file("includes/b.md", "b [!INCLUDE [x](c.md)]\n")
        .file("includes/c.md", "c [!INCLUDE [x](b.md)]\n")
        .build();
    let found = site.one(Code::IncludeCycle);
    let related: Vec<_> = found.related.iter().map(|(span, _)| span.path.as_str()).collect();
    assert_eq!((found.span.path.as_str(), related), ("includes/c.md", vec!["includes/b.md", "a.md"]));
    assert_eq!(site.text("en/a/"), "<p>x b c </p>");
    let own = Site::new().file("a.md", "x\n\n[!INCLUDE [x](a.md)]\n").build();
    assert_eq!(own.codes(), ["include-cycle"]);
}

#[test]
fn includes_end_at_a_depth() {
    let mut site = Site::new().file("a.md", "[!INCLUDE [x](includes/0.md)]\n");
    for n in 0..40 {
        site = site.file(&format!("includes/{n}.md"), &format!("n{n}\n\n[!INCLUDE [x]({}.md)]\n", n + 1));
    }
    let site = site.build();
    assert_eq!(site.one(Code::IncludeDepth).related[0].0.path.as_str(), "a.md");
    assert!(site.text("en/a/").contains("<p>n10</p>"));
}

#[test]
fn a_few_files_that_include_each_other_often_end() {
    let mut site = Site::new().file("a.md", "[!INCLUDE [x](includes/0.md)]\n");
    for n in 0..12 {
        site = site.file(&format!("includes/{n}.md"), &format!("[!INCLUDE [x]({}.md)]\n\n", n + 1).repeat(10));
    }
    let site = site.file("includes/12.md", "end\n").build();
    assert_eq!(site.codes(), ["include-depth"]);
}

#[test]
fn an_include_out_of_the_root_is_an_error() {
    let site = Site::new().file("a.md", "[!INCLUDE [x](../../etc/passwd)]\n").build();
    assert_eq!(site.codes(), ["path-outside"]);
    assert!(!site.has("en/a/index.html"));
}

#[test]
fn headings_of_includes_have_the_same_ids_in_both_languages() {
    let site = Site::new()
        .file("a.md", &localized("# {101|題|T}\n\n## {102|設定|Set up}\n\n[!INCLUDE [x](includes/i.md)]\n\n## {103|設定|Set up}\n\n[{104|上|up}](#set-up-1) [{105|下|down}](#set-up-2)\n"))
        .localized("includes/i.md", "## {101|設定|Set up}\n")
        .build();
    assert_eq!(site.codes(), [""; 0]);
    for page in ["ja/a/", "en/a/"] {
        let html = site.html(page);
        let ids: Vec<_> =
            ["set-up\"", "set-up-1\"", "set-up-2\""].iter().map(|id| html.find(&format!("<h2 id=\"{id}")).unwrap()).collect();
        assert!(ids.is_sorted(), "{page} {ids:?}");
    }
}
