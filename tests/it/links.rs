//! Links: where they lead, and what is said of those that lead nowhere.

use madoguchi::diag::Code;

/// A site whose addresses that begin with `/` may lead to another.
const WITH_WEB_ROOT: &str = "[site]\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\"]\nbase_url = \"https://docs.example.com/\"\nweb_root = \"https://learn.microsoft.com/{tag}\"\n";

use crate::support::{Built, Site};

/// A docset around the page `sub/a.md`.
fn around(text: &str) -> Built {
    Site::new()
        .file("sub/a.md", text)
        .file("b.md", "# B\n\n## Here\n\n<a name=\"own\"></a>x <div id=\"raw\">y</div>\n")
        .file("my page.md", "# P\n")
        .file("sub/c.md", "# C\n")
        .file("folder/index.md", "---\nuid: Some.Uid\n---\n# F\n")
        .file("faq.yml", "### YamlMime:FAQ\nmetadata:\n  title: F\ntitle: F\nsections:\n- name: S\n  questions:\n  - question: Q\n    answer: A\n")
        .config(WITH_WEB_ROOT)
        .file("f.pdf", "pdf")
        .file("secret.toml", "x")
        .file(".openpublishing.redirection.json", r#"{"redirections": [
            {"source_path": "old.md", "redirect_url": "/folder/"},
            {"source_path": "older.md", "redirect_url": "old#here"},
            {"source_path": "out.md", "redirect_url": "https://x.example/y"},
            {"source_path": "away.md", "redirect_url": "/azure/other/page?view=x"},
            {"source_path": "there.md", "redirect_url": "/azure/p#there"}]}"#)
        .build()
}

/// The address that a destination becomes, and what is reported.
fn link(destination: &str) -> (Option<String>, Vec<&'static str>) {
    let site = around(&format!("[x]({destination})\n"));
    let html = site.text("en/sub/a/");
    let href = html.split("<a href=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    (href, site.codes())
}

#[test]
fn every_spelling_of_a_link_finds_its_page() {
    for (written, address) in [
        ("c.md", "../c/"),
        ("./c.md", "../c/"),
        ("../b.md", "../../b/"),
        ("~/b.md", "../../b/"),
        ("..\\b.md", "../../b/"),
        ("../my%20page.md", "../../my%20page/"),
        ("<../my page.md>", "../../my%20page/"),
        ("../b.md#here", "../../b/#here"),
        ("../b.md#own", "../../b/#own"),
        ("../b.md#raw", "../../b/#raw"),
        ("../b.md?view=x#here", "../../b/#here"),
        ("../folder/", "../../folder/"),
        ("../folder", "../../folder/"),
        ("../folder/index.md", "../../folder/"),
        ("../b", "../../b/"),
        ("../faq.yml", "../../faq/"),
        ("../f.pdf", "../../../f.pdf"),
        ("xref:Some.Uid", "../../folder/"),
        ("/b", "../../b/"),
        ("../old.md", "../../folder/"),
        ("../out.md", "https://x.example/y"),
        ("../away.md", "https://learn.microsoft.com/en-us/azure/other/page?view=x"),
        ("../away.md#y", "https://learn.microsoft.com/en-us/azure/other/page?view=x#y"),
        ("../there.md#y", "https://learn.microsoft.com/en-us/azure/p#there"),
        ("/azure/x#y", "https://learn.microsoft.com/en-us/azure/x#y"),
        ("https://x.example/a?b=c#d", "https://x.example/a?b=c#d"),
        ("//host/x", "https://host/x"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("tel:+81-3", "tel:+81-3"),
    ] {
        assert_eq!(link(written), (Some(address.to_owned()), vec![]), "{written}");
    }
}

#[test]
fn a_site_absolute_address_is_in_the_readers_language() {
    let site = around("[x](/azure/x) [y](../there.md)\n");
    assert!(site.text("ja/sub/a/").contains("https://learn.microsoft.com/ja-jp/azure/x"));
    for page in ["ja/sub/a/", "ja/there/"] {
        assert!(site.html(page).contains("https://learn.microsoft.com/ja-jp/azure/p#there"), "{page}");
    }
}

#[test]
fn a_page_that_has_moved_to_a_web_site_that_the_configuration_does_not_name_is_reported() {
    let redirections = r#"{"redirections": [{"source_path": "old.md", "redirect_url": "/azure/p"}]}"#;
    let site = Site::new().file("a.md", "# A\n\n[x](old.md)\n").file(".openpublishing.redirection.json", redirections).build();
    let broken = site.one(Code::LinkBroken);
    let said = "`old.md` is redirected to `/azure/p`, an address of the web site that the docset was written for";
    assert!(broken.message == said && broken.help.contains("`web_root`"), "{broken:?}");
    assert!(!site.has("en/old/index.html"));
    site.one(Code::RedirectDeadTarget);
}

#[test]
fn autolinks_and_uids_in_angle_brackets() {
    let html = around("<xref:Some.Uid> <https://x.example/> <a@b.example>\n").text("en/sub/a/");
    for address in ["../../folder/", "https://x.example/", "mailto:a@b.example"] {
        assert!(html.contains(&format!("<a href=\"{address}\">")), "{html}");
    }
}

/// A page with this text in both languages, one that it may name in both, and one in English only.
fn naming(text: &str) -> Built {
    Site::new()
        .file("a.md", &format!("# A\n\n{text}\n"))
        .file("a.ja.md", &format!("# あ\n\n{text}\n"))
        .file("b.md", "---\nuid: b.other\ntitle: Billing | Docs\n---\n# Billing & more\n")
        .file("b.ja.md", "---\nuid: b.other\n---\n# 請求\n")
        .file("c.md", "---\nuid: c.`1\n---\n# English\n\nSee <xref:b.other>\n")
        .build()
}

#[test]
fn a_link_by_uid_without_words_has_the_name_of_its_page() {
    let site = naming("<xref:b.other> [](xref:b.other?displayProperty=fullName) [own](xref:b.other) <xref:c.%601>");
    assert_eq!(site.codes(), [""; 0]);
    let links = |b: &str, c: &str| format!("<a href=\"../b/\">{b}</a> <a href=\"../b/\">{b}</a> <a href=\"../b/\">own</a> {c}");
    assert!(site.text("en/a/").contains(&links("Billing &amp; more", "<a href=\"../c/\">English</a>")), "{}", site.text("en/a/"));
    assert!(site.text("ja/a/").contains(&links("請求", "<a href=\"../c/\" lang=\"en\">English</a>")), "{}", site.text("ja/a/"));
    assert!(site.text("ja/c/").contains("See <a href=\"../b/\" lang=\"ja\">請求</a>"), "an English text in a Japanese page");
    let both = site.html("ja/a/parallel/");
    assert!(both.contains(">請求</a>") && both.contains(">Billing &amp; more</a>"), "{both}");
}

#[test]
fn a_link_by_a_uid_that_no_page_has_shows_the_uid() {
    let site = naming("<xref:no.such%2A?displayProperty=fullName> [](xref:gone) [](xref:)");
    let shown = "<span class=\"broken-link\">no.such*</span> <span class=\"broken-link\">gone</span>";
    for page in ["en/a/", "ja/a/"] {
        assert!(site.text(page).contains(shown), "{}", site.text(page));
    }
    let unresolved = site.diagnostics.iter().filter(|found| found.code == Code::XrefUnresolved);
    assert!(unresolved.clone().any(|found| found.message.contains("`no.such*`")), "{:?}", site.diagnostics);
    assert!(unresolved.count() >= 4 && site.codes().contains(&"link-empty"), "{:?}", site.codes());
}

#[test]
fn a_name_stands_in_headings_cells_included_words_and_plain_text() {
    let site = Site::new()
        .file("a.md", "# About <xref:b>\n\n|x|\n|-|\n|<xref:b>|\n\nBefore [!INCLUDE [x](i.md)] after.\n")
        .file("i.md", "words longer than the text around them <xref:b>\n")
        .file("b.md", "---\nuid: b\n---\n# Bee\n")
        .build();
    let html = site.text("en/a/");
    for piece in
        ["About <a href=\"../b/\">Bee</a></h1>", "<td><a href=\"../b/\">Bee</a></td>", "them <a href=\"../b/\">Bee</a> after"]
    {
        assert!(html.contains(piece), "{piece}: {html}");
    }
    assert!(site.html("en/a/").contains("<title>About b"), "the uid, where names are not known yet");
}

#[test]
fn what_leads_nowhere_is_text_and_reported() {
    for (written, code) in [
        ("gone.md", "link-broken"),
        ("../../../out.md", "link-broken"),
        ("../secret.toml", "link-broken"),
        ("xref:None", "xref-unresolved"),
        ("javascript:alert(1)", "scheme-refused"),
        ("JavaScript:alert(1)", "scheme-refused"),
        ("data:text/html,x", "scheme-refused"),
        ("vbscript:x", "scheme-refused"),
        ("file:///etc/passwd", "scheme-refused"),
        ("ftp://x", "scheme-refused"),
        ("", "link-empty"),
    ] {
        assert_eq!(link(written), (None, vec![code]), "{written}");
    }
}

#[test]
fn other_case_is_followed_and_reported() {
    assert_eq!(link("../B.MD"), (Some("../../b/".to_owned()), vec!["link-case"]));
}

#[test]
fn a_fragment_that_is_not_there_is_reported_in_each_language() {
    assert_eq!(link("../b.md#gone"), (Some("../../b/".to_owned()), vec!["fragment-missing"]));
    assert_eq!(link("#gone").1, ["fragment-missing"]);
    let site = Site::new()
        .file("a.md", "# A\n\n## One\n\n[x](#two) [y](#one)\n")
        .file("a.ja.md", "# あ\n\n## 一\n\n[x](#two) [y](#one)\n")
        .build();
    let places: Vec<_> = site.diagnostics.iter().map(|found| (found.code, found.span.path.as_str())).collect();
    assert_eq!(places, [(Code::FragmentMissing, "a.ja.md"), (Code::FragmentMissing, "a.md")]);
    assert!(site.text("ja/a/").contains("<a href=\"#one\">y</a>"));
}

#[test]
fn the_links_of_an_untranslated_page_hold_where_it_is_shown_for_want_of_a_translation() {
    let site = Site::new()
        .file("a.md", "# A\n\n[x](b.md#own)\n")
        .file("b.md", "# B\n\n<a name=\"own\"></a>words\n")
        .file("b.ja.md", "# び\n\n言葉\n")
        .build();
    let found = site.one(Code::FragmentMissing);
    assert!(found.span.path.as_str() == "a.md" && found.message.ends_with("in ja"), "{found:?}");
    assert!(site.text("en/a/").contains("b/#own") && !site.text("ja/a/").contains("#own"));
}

#[test]
fn a_link_without_words_is_reported_and_leaves_nothing_to_stumble_on() {
    let site = around("before[](../b.md#here), after\n");
    assert_eq!(site.codes(), ["link-empty"]);
    assert_eq!(site.text("en/sub/a/"), "<p>before, after</p>");
}

#[test]
fn schemes_are_refused_in_html_tables_of_contents_redirections_and_yaml() {
    let site = Site::new()
        .file("a.md", "<a href=\"javascript:x\">bad</a> <a href=' java&#10;script:x'>bad</a> <a href=\"data:x\">bad</a>\n\n![x](javascript:x)\n\n[x]\n\n[x]: javascript:y\n")
        .file("TOC.yml", "- name: A\n  href: a.md\n- name: Bad\n  href: javascript:x\n")
        .file("faq.yml", "### YamlMime:FAQ\ntitle: F\nsections:\n- name: S\n  questions:\n  - question: Q\n    answer: see [bad](javascript:x)\n")
        .file(".openpublishing.redirection.json", r#"{"redirections": [{"source_path": "old.md", "redirect_url": "javascript:x"}]}"#)
        .build();
    for page in ["en/a/", "en/faq/", "en/contents/"] {
        let html = site.html(page);
        assert!(!html.contains("script:x") && !html.contains("script:y") && !html.contains("data:x"), "{html}");
    }
    let refused =
        |path: &str| site.diagnostics.iter().filter(|d| d.code == Code::SchemeRefused && d.span.path.as_str() == path).count();
    assert_eq!(["a.md", "TOC.yml", "faq.yml", ".openpublishing.redirection.json"].map(refused), [4, 1, 1, 1]);
}

#[test]
fn raw_html_links_like_markdown() {
    let site = around(
        "<a href=\"../b.md#here\">a</a> <a href='c.md'>b</a> <a href=../b.md>c</a> <a href=\"gone.md\">d</a>\n\n<div>\n<a\n  href=\"../b.md\">e</a>\n</div>\n",
    );
    let html = site.text("en/sub/a/");
    assert!(
        html.contains("<a href=\"../../b/#here\">a</a> <a href=\"../c/\">b</a> <a href=\"../../b/\">c</a> <a>d</a>"),
        "{html}"
    );
    assert!(html.contains("<a href=\"../../b/\">e</a>"), "{html}");
    assert_eq!(site.codes(), ["link-broken"]);
}

#[test]
fn what_an_element_names_that_is_taken_out_is_not_looked_up() {
    let site = around("a <iframe src=\"no.html\"></iframe> <embed src=\"../f.pdf\"> <base href=\"no.md\">\n");
    assert!(site.codes().iter().all(|code| *code == "html-removed"), "{:?}", site.codes());
    assert!(!site.has("f.pdf"));
}

#[test]
fn what_is_commented_out_is_not_looked_up() {
    let site =
        around("<!-- [x](gone.md) <a href=\"gone.md\"> -->\n\n<!--\n<br>\n<a href=\"gone.md\">x</a>\n<script>\n-->\n\nafter\n");
    assert_eq!((site.codes().len(), site.text("en/sub/a/").trim()), (0, "<p>after</p>"));
}

#[test]
fn what_is_commented_out_is_not_shown_whatever_stands_in_it() {
    let hidden = [
        "> [!NOTE]\n> Internal.\n",
        ":::row:::\n:::column:::\nInternal.\n:::column-end:::\n:::row-end:::\n",
        ":::code source=\"gone.cs\":::\n",
        ":::form gone\n",
        ":::moniker range=\"x\"\n\nInternal.\n\n:::moniker-end\n",
        ":::image type=\"complex\" source=\"gone.png\" alt-text=\"x\":::\n\nInternal.\n\n:::image-end:::\n",
        "[!INCLUDE [x](gone.md)]\n",
        ":::unknown:::\n",
    ];
    for text in hidden {
        let site = around(&format!("before\n\n<!--\n{text}-->\n\nafter\n"));
        let lines: Vec<String> = site.text("en/sub/a/").lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        assert_eq!((site.codes().len(), lines.join(" ")), (0, "<p>before</p> <p>after</p>".into()), "{text}");
    }
    // In code nothing is commented out, and nothing ends a comment.
    let site = around("`<!--`\n\n> [!NOTE]\n> Shown.\n\n`-->`\n");
    assert!(site.text("en/sub/a/").contains("<p>Shown.</p>\n</div>"), "{}", site.text("en/sub/a/"));
    let columns = ":::row:::\n\n    :::column:::\n\n    Words\n\n    :::column-end:::\n\n:::row-end:::\n\n```\n:::row:::\n```\n";
    for end in ["", "\n<!-- -->\n"] {
        let html = around(&format!("```\n<!--\n```\n\n{columns}{end}")).text("en/sub/a/");
        assert!(html.contains("<p>Words</p>") && html.contains("<code>:::row:::\n</code>"), "{html}");
    }
}

#[test]
fn links_to_a_place_that_is_not_there_lead_to_the_page_and_nothing_else_is_touched() {
    let text = "# A\n\n[x](../b.md#gone), [y](../b.md#gone \"title\"), [z](../b.md#own), [w](c.md#gone) and\n\
        `<a href=\"../../b/#gone\">`\n\n    <a href=\"../../b/#gone\">\n";
    for raw in ["", "\n<a class=\"k\" href=\"../b.md#gone\">raw</a>\n"] {
        let site = around(&format!("{text}{raw}"));
        for page in ["en/sub/a/", "ja/sub/a/"] {
            let html = site.html(page);
            let article = html.split("<article").nth(1).unwrap().split("</article>").next().unwrap();
            assert_eq!(article.matches("#gone").count(), 2, "only in the code: {article}");
            assert_eq!(article.matches("href=\"../../b/\"").count(), 2 + usize::from(!raw.is_empty()), "{article}");
            assert!(article.contains("href=\"../../b/#own\"") && article.contains("href=\"../c/\""), "{article}");
        }
    }
}

#[test]
fn a_fragment_that_only_looks_like_one_of_the_press_is_looked_up() {
    let linked = |fragment: &str| around(&format!("# S mode in Windows\n\n[x](a.md#{fragment})\n")).codes().join(" ");
    for sound in ["s-mode-in-windows", "md-main", "s-0123456789", "s-0123456789-2"] {
        assert_eq!(linked(sound), "", "{sound}");
    }
    for dead in ["s-mode", "s-mode-setup", "md-files", "s-0123456789-", "s-012345678i"] {
        assert_eq!(linked(dead), "fragment-missing", "{dead}");
    }
}

#[test]
fn a_moved_page_leaves_a_page_that_leads_on() {
    let site = around("x\n");
    assert!(site.html("en/old/").contains("../folder/"));
    assert!(site.html("ja/out/").contains("https://x.example/y"));
}

#[test]
fn a_place_that_a_redirection_names_must_be_in_its_page_in_each_language() {
    let site = Site::new()
        .file("b.md", "# B\n\n<a name=\"own\"></a>words\n\n<a name=\"ここ\"></a>words\n")
        .file("TOC.yml", "- name: Old\n  href: old.md\n")
        .file("b.ja.md", "# び\n\n言葉\n\n<a name=\"ここ\"></a>言葉\n")
        .file(".openpublishing.redirection.json", "{\"redirections\": [\n{\"source_path\": \"old.md\", \"redirect_url\": \"b.md#gone\"},\n{\"source_path\": \"older.md\", \"redirect_url\": \"old.md\"},\n{\"source_path\": \"own.md\", \"redirect_url\": \"/b#own\"},\n{\"source_path\": \"here.md\", \"redirect_url\": \"b.md#%E3%81%93%E3%81%93\"},\n{\"source_path\": \"top.md\", \"redirect_url\": \"b.md#\"}]}");
    let marked: Vec<_> = site.check().into_iter().map(|(code, text, _)| (code.id(), text)).collect();
    assert_eq!(marked, [("fragment-missing", "\"b.md#gone\"".to_owned()), ("fragment-missing", "\"/b#own\"".to_owned())]);
    let site = site.build();
    assert!(site.html("en/contents/").contains("<a href=\"../b/\">Old</a>"));
    for (page, address) in [
        ("en/old/", "../b/"),
        ("en/older/", "../b/"),
        ("en/own/", "../b/#own"),
        ("ja/own/", "../b/"),
        ("ja/here/", "../b/#ここ"),
        ("en/top/", "../b/"),
    ] {
        assert!(site.html(page).contains(&format!("<meta http-equiv=\"refresh\" content=\"0; url={address}\">")), "{page}");
    }
}

#[test]
fn links_around_the_text_lead_to_pages_from_wherever_they_stand() {
    let site = Site::new()
        .localized("index.md", "# {101|始|Start}\n\n[{102|次|next}](sub/index.md) [{103|深|deep}](sub/deep/a.md)\n")
        .localized("b.md", "# {101|二|B}\n")
        .localized("sub/index.md", "# {101|下|Sub}\n\n[{102|上|up}](../index.md)\n")
        .localized("sub/deep/a.md", "# {101|深|Deep}\n\n[{102|隣|b}](../../b.md)\n")
        .file("TOC.yml", "- name: 始\n  href: index.md\n  items:\n  - name: 下\n    href: sub/index.md\n    items:\n    - name: 深\n      href: sub/deep/a.md\n- name: 二\n  href: b.md\n")
        .build();
    assert_eq!(site.codes(), [""; 0]);
    for page in ["", "b/", "sub/", "sub/deep/a/"] {
        for view in [format!("ja/{page}"), format!("en/{page}"), format!("ja/{page}parallel/")] {
            assert_eq!(site.dead_links(&view), [""; 0], "{view}");
        }
    }
}
