//! The conventions of existing docsets: alerts, tabs, columns, images, snippets.

use madoguchi::diag::Code;

use crate::support::{Built, Site};

fn english(text: &str) -> String {
    page(text).text("en/a/")
}

fn page(text: &str) -> Built {
    let site = Site::new().file("a.md", text).file("i.png", "png").file("big.png", "png");
    site.file("x.cs", "// <part>\n  a\n    b\n// </part>\nc\n").build()
}

fn lines(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn alerts_of_all_five_kinds_in_any_case() {
    for (marker, class, title) in [
        ("NOTE", "note", "Note"),
        ("tip", "tip", "Tip"),
        ("Important", "important", "Important"),
        ("WARNING", "warning", "Warning"),
        ("cAUTION", "caution", "Caution"),
    ] {
        let html = english(&format!("> [!{marker}]\n> Words.\n"));
        let expected = format!(
            "<div class=\"alert alert-{class}\" role=\"note\"> <p class=\"alert-title\">{title}</p> <p>Words.</p> </div>"
        );
        assert_eq!(lines(&html), expected);
    }
}

#[test]
fn an_alert_may_begin_on_its_marker_line_without_a_space_in_a_list_and_in_another_alert() {
    assert!(english(">[!TIP] On the line\n>and on.\n").contains("<p>On the line\nand on.</p>"));
    let html = lines(&english("1. one\n\n   >[!NOTE]\n   >a\n   > > [!WARNING]\n   > > b\n\n2. two\n"));
    let alert = |kind: &str, title: &str| {
        format!("<div class=\"alert alert-{kind}\" role=\"note\"> <p class=\"alert-title\">{title}</p>")
    };
    assert!(
        html.contains(&format!(
            "{} <p>a</p> {} <p>b</p> </div> </div> </li>",
            alert("note", "Note"),
            alert("warning", "Warning")
        )),
        "{html}"
    );
}

#[test]
fn an_alert_may_be_all_that_an_item_holds() {
    for marker in ["- ", "1. ", "10) "] {
        let text = format!("{marker}> [!NOTE]\n{}> a\n", " ".repeat(marker.len()));
        assert!(english(&text).contains("<li><div class=\"alert alert-note\""), "{text}");
    }
    assert!(english("2021 > [!NOTE] x\n").starts_with("<p>2021 &gt; [!NOTE] x"));
}

#[test]
fn an_alert_of_a_localized_file_has_its_title_in_each_language() {
    let site = Site::new().localized("a.md", "# {101|題|T}\n\n>[!NOTE]\n>{102|本文|Words}\n").build();
    assert!(
        site.text("ja/a/").contains("<p class=\"alert-title\">注意</p>")
            || site.text("ja/a/").contains("<p class=\"alert-title\">メモ</p>")
    );
    assert!(site.text("en/a/").contains("<p class=\"alert-title\">Note</p>"));
    assert!(lines(&site.html("ja/a/parallel/")).contains("<div class=\"alert alert-note\""));
}

#[test]
fn a_callout_of_old_keeps_its_words() {
    let site = Site::new().localized("a.md", "# {101|題|T}\n\n>{102|**注:**|**Note:**}<br>{103|本文|Words}\n").build();
    assert!(
        lines(&site.text("ja/a/"))
            .contains("<div class=\"alert alert-note\" role=\"note\"> <p><strong>注:</strong><br>本文</p> </div>")
    );
    assert!(lines(&site.text("en/a/")).contains("<p><strong>Note:</strong><br>Words</p>"));
    assert!(english("> **Not a label** of ours\n").starts_with("<blockquote>"));
    assert!(english("> **Note** that this is a sentence\n").starts_with("<blockquote>"));
}

#[test]
fn quotes_with_a_class_and_videos() {
    assert!(english("> [!div class=\"nextstepaction\"]\n> [b](a.md)\n").starts_with("<div class=\"next-step\">"));
    assert!(english("> [!div class='checklist']\n> * a\n").starts_with("<div class=\"checklist\">"));
    let video = english("> [!VIDEO https://www.youtube.com/embed/x]\n");
    assert!(video.contains("<a href=\"https://www.youtube.com/embed/x\">") && !video.contains("blockquote"), "{video}");
    let site = page("> [!VIDEO javascript:alert(1)]\n");
    assert_eq!(site.codes(), ["scheme-refused"]);
    assert!(!site.html("en/a/").contains("javascript:alert"));
}

const TABS: &str = "# T\n\n# <a name=\"w\"></a>[Windows](#tab/windows)\n\nw\n\n| a |\n|---|\n| 1 |\n\n> [!NOTE]\n> in\n\n# [**Mac**](#tab/mac)\n\nm\n\n---\n\nafter\n";

#[test]
fn tabs_hold_tables_and_alerts_and_end_at_a_rule() {
    for end in ["---", "***"] {
        let site = page(&TABS.replace("\n---\n\nafter", &format!("\n{end}\n\nafter")));
        let html = lines(&site.text("en/a/"));
        assert_eq!(site.codes(), [""; 0]);
        assert!(html.contains("<details class=\"tab\" name=\"md-tabs-1\" open><summary>Windows</summary>"), "{html}");
        assert!(html.contains("<details class=\"tab\" name=\"md-tabs-1\"><summary><strong>Mac</strong></summary> <p>m</p> </details> </div> <p>after</p>"), "{html}");
        let windows = &html[html.find("Windows").unwrap()..html.find("Mac").unwrap()];
        assert!(windows.contains("<table>") && windows.contains("alert-note"), "{windows}");
        assert!(!html.contains("<hr>"));
    }
}

#[test]
fn tabs_in_a_list_stay_in_their_item() {
    let html = lines(&english("1. one\n\n   # [A](#tab/a)\n\n   x\n\n   # [B](#tab/b)\n\n   y\n\n   ***\n\n   behind\n2. two\n"));
    assert!(
        html.starts_with("<ol> <li><p>one</p> <div class=\"tabs\">") && html.contains("</div> <p>behind</p> </li> <li>"),
        "{html}"
    );
}

#[test]
fn tabs_of_a_localized_file_share_titles_and_say_which_language_they_are_in() {
    let body = "# {101|題|T}\n\n### <a name=\"w\"></a>[ウィンドウズ](#tab/w)\n\n{102|甲|A}\n\n### <a name=\"m\"></a>[{103|マック|Mac}](#tab/m)\n\n{104|乙|B}\n\n---\n";
    let site = Site::new().localized("a.md", body).build();
    assert!(site.text("ja/a/").contains("<summary>ウィンドウズ</summary>"));
    assert!(site.text("en/a/").contains("<summary><span lang=\"ja\">ウィンドウズ</span></summary>"));
    let parallel = site.text("ja/a/parallel/");
    assert!(parallel.contains("<summary><span lang=\"ja\">ウィンドウズ</span></summary>"), "{parallel}");
    assert!(parallel.contains("<summary><span lang=\"ja\">マック</span> <span lang=\"en\">Mac</span></summary>"), "{parallel}");
}

#[test]
fn columns_hold_indented_content() {
    for (row, column) in [("", "    "), ("", "  "), ("", "\t")] {
        let text = format!(
            "{row}:::row:::\n{column}:::column span=\"2\":::\n{column}{column}**a**\n\n{column}{column}- x\n{column}:::column-end:::\n{column}:::column:::\n{column}{column}b\n{column}:::column-end:::\n{row}:::row-end:::\n\nafter\n"
        );
        let html = lines(&english(&text));
        assert_eq!(
            html,
            "<div class=\"columns\"> <div class=\"column span-2\"> <p><strong>a</strong></p> <ul> <li>x</li> </ul> </div> <div class=\"column\"> <p>b</p> </div> </div> <p>after</p>"
        );
    }
    let site = page(":::row:::\n:::column:::\nx\n:::column-end:::\n");
    assert_eq!(site.one(Code::ExtensionMalformed).span.start, 0);
}

#[test]
fn images_of_each_kind() {
    let html = english(":::image type=\"content\" alt-text=\"A [b]\\(c\\), d.\" source=\"i.png\" border=\"false\":::\n");
    assert_eq!(html, "<figure class=\"image\"><img src=\"../../i.png\" alt=\"A [b](c), d.\" loading=\"lazy\"></figure>");
    assert!(english(":::image source=\"i.png\" alt-text=\"A\":::\n").starts_with("<figure class=\"image border\">"));
    assert!(english(":::image type=\"icon\" source=\"i.png\" alt-text=\"no\":::\n").contains("alt=\"\""));
    let larger = english(":::image source=\"i.png\" alt-text=\"A\" lightbox=\"big.png\":::\n");
    assert!(larger.contains("<a class=\"image-link\" href=\"../../big.png\"><img "), "{larger}");
    let complex = lines(&english(
        ":::image type=\"complex\" source=\"i.png\" alt-text=\"A\":::\n   A **long** description\n:::image-end:::\n\nafter\n",
    ));
    assert!(complex.ends_with("</figure> <p>A <strong>long</strong> description</p> <p>after</p>"), "{complex}");
    assert!(
        english("[![a](i.png)](big.png#lightbox)\n").contains("<a href=\"../../big.png\"><img src=\"../../i.png\" alt=\"a\"")
    );
    assert!(english("![a](i.png \"「**b**」の\")\n").contains("alt=\"a\" loading=\"lazy\"><figcaption>「**b**」の</figcaption>"));
    assert!(english("- b ![a](i.png \"c\")\n").contains("alt=\"a\" title=\"c\" loading=\"lazy\">"));
}

#[test]
fn images_stand_in_cells_and_items() {
    let html = lines(&english(
        "| a |\n|---|\n| x :::image source=\"i.png\" alt-text=\"c|d\"::: |\n\n- :::image source=\"i.png\" alt-text=\"e\":::\n",
    ));
    assert!(html.contains("<td>x <img src=\"../../i.png\" alt=\"c|d\" loading=\"lazy\"></td>"), "{html}");
    assert!(html.contains("<li><img src=\"../../i.png\" alt=\"e\" loading=\"lazy\"></li>"), "{html}");
}

#[test]
fn a_missing_image_is_a_labelled_placeholder() {
    for text in
        [":::image source=\"gone.png\" alt-text=\"Gone\":::\n", "![Gone](gone.png)\n", "<img src=\"gone.png\" alt=\"Gone\">\n"]
    {
        let site = page(text);
        assert_eq!(site.codes(), ["image-missing"], "{text}");
        let html = site.text("en/a/");
        assert!(html.contains("<span class=\"image-missing\">") && html.contains("Gone") && !html.contains("<img"), "{html}");
    }
    assert_eq!(page(":::image source=\"../../../../etc/passwd\" alt-text=\"x\":::\n").codes(), ["path-outside"]);
}

#[test]
fn what_is_not_to_be_translated_is_its_text() {
    let site = page("Use :::no-loc text=\"Azure **AD** v1\"::: now.\n");
    assert_eq!((site.text("en/a/").as_str(), site.codes().len()), ("<p>Use Azure **AD** v1 now.</p>", 0));
}

#[test]
fn snippets_by_part_and_lines() {
    let code = "<pre tabindex=\"0\"><code class=\"language-csharp\">a\n  b\n</code></pre>";
    for text in [
        ":::code language=\"CSharp\" source=\"x.cs\" id=\"part\":::\n",
        "[!code-csharp[Main](x.cs?name=part)]\n",
        "[!code-CSharp[Main](x.cs#part)]\n",
        ":::code language=\"csharp\" source=\"~/x.cs\" range=\"2-3\":::\n",
        ":::code language=\"csharp\" source=\"x.cs\" id=\"part\" range=\"1-2\":::\n",
    ] {
        assert_eq!(english(text), code, "{text}");
    }
    assert_eq!(page("[!code-csharp[Main](gone.cs)]\n").codes(), ["snippet-missing"]);
    assert_eq!(page("- item\n\n  :::code language=\"js\" source=\"gone.js\":::\n").codes(), ["snippet-missing"]);
}

#[test]
fn the_content_of_monikers_and_zones_is_shown() {
    let site = page("a\n\n:::moniker range=\">=1\":::\nb\n:::moniker-end:::\n\n::: zone pivot=\"x\"\n\nc\n\n::: zone-end\n");
    assert_eq!((lines(&site.text("en/a/")).as_str(), site.codes().len()), ("<p>a</p> <p>b</p> <p>c</p>", 0));
}

#[test]
fn unknown_extensions_are_shown_and_reported() {
    let site = page("> [!WAT]\n> x\n\n:::wat a=\"b\":::\n");
    assert_eq!(site.codes(), ["extension-unknown"; 2]);
    let html = site.text("en/a/");
    assert!(html.contains("[!WAT]") && html.contains(":::wat a=\"b\":::"), "{html}");
}

const CODE: &str = ":::row:::\n    :::column:::\n        **a** 「**b**」の\n    :::column-end:::\n:::row-end::: tail\n> [!NOTE] x\n> [!FOO]\n:::foo:::\n[!INCLUDE [x](y.md)]\nhttps://a.example/b、次。 次\n1. x\n";

#[test]
fn code_is_as_written() {
    let written = CODE.replace('>', "&gt;");
    let site = page(&format!("```md\n{CODE}```\n"));
    assert_eq!(site.text("en/a/"), format!("<pre tabindex=\"0\"><code class=\"language-md\">{written}</code></pre>"));
    assert_eq!(site.codes(), [""; 0]);
    let indented: String = CODE.lines().map(|line| format!("    {line}\n")).collect();
    let site = page(&format!("x\n\n{indented}"));
    assert_eq!(site.text("en/a/"), format!("<p>x</p>\n<pre tabindex=\"0\"><code>{written}</code></pre>"));
    assert_eq!(site.codes(), [""; 0]);
    for line in [":::row:::", "[!INCLUDE [x](y.md)]", "「**設定**」の。 次", "&gt; [!NOTE]", ":::foo:::"] {
        let html = english(&format!("In `{}` code\n", line.replace("&gt;", ">")));
        assert_eq!(html, format!("<p>In <code>{line}</code> code</p>"));
    }
}

#[test]
fn directives_beside_code_still_work() {
    let html =
        lines(&english("```\n:::row:::\n```\n\n:::row:::\n    :::column:::\n        a\n    :::column-end:::\n:::row-end:::\n"));
    assert!(html.ends_with("<div class=\"columns\"> <div class=\"column\"> <p>a</p> </div> </div>"), "{html}");
}

#[test]
fn a_segment_in_indented_code_is_as_written() {
    let site = Site::new().localized("a.md", "# {101|題|T}\n\n    {102|1. 太**字|Fat}\n").build();
    assert!(site.text("ja/a/").contains("<pre tabindex=\"0\"><code>1. 太**字\n</code></pre>"), "{}", site.text("ja/a/"));
}

#[test]
fn tables_have_classes_and_task_lists_no_input() {
    let html = lines(&english("| a | b | c | d |\n|:--|:-:|--:|---|\n| 1 | 2 | 3 | 4 |\n\n- [ ] todo\n- [x] done\n"));
    assert!(html.contains("<td class=\"left\">1</td><td class=\"center\">2</td><td class=\"right\">3</td><td>4</td>"), "{html}");
    assert!(html.contains("<li>☐ todo</li> <li>☑ done</li>") && !html.contains("<input"), "{html}");
}

#[test]
fn languages_of_code_are_lower_case_and_not_interactive() {
    for (info, class) in [("Azure-PowerShell-Interactive", "azure-powershell"), (" JSON {x}", "json"), ("c#,x", "c#")] {
        let html = english(&format!("```{info}\nx\n```\n"));
        assert!(html.starts_with(&format!("<pre tabindex=\"0\"><code class=\"language-{class}\">")), "{html}");
    }
}

#[test]
fn a_question_is_markdown_and_a_name_is_not() {
    let faq = "### YamlMime:FAQ\ntitle: T\nsections:\n- name: A *name*\n  questions:\n  - question: How do I use `x` with **bold** and [a link](a.md)?\n    answer: So.\n  - question: See [x](gone.md)\n    answer: So.\n";
    let site = Site::new().file("faq.yml", faq).file("a.md", "# A\n");
    assert_eq!(site.check(), [(Code::LinkBroken, "[x](gone.md)".to_owned(), String::new())]);
    let html = site.build().text("en/faq/");
    assert!(html.contains("id=\"a-name\">A *name*</h2>"), "{html}");
    let question = "id=\"how-do-i-use-x-with-bold-and-a-link\">How do I use <code>x</code> with <strong>bold</strong> and <a href=\"../a/\">a link</a>?</h3>";
    assert!(html.contains(question), "{html}");
}
