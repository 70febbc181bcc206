//! Raw HTML.

use madoguchi::diag::Code;
use proptest::prelude::*;

use crate::support::{Built, Site, cases, sound};

fn page(text: &str) -> Built {
    Site::new().file("a.md", text).file("i.png", "png").build()
}

fn lines(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_frequent_shapes_need_no_more() {
    let site = page(
        "<a name=\"one\"></a>H<sub>2</sub>O<br>x<sup>2</sup><br/>y<a id='two'></a><a href=\"\" id=\"three\"></a>\n\n<a name=\"four\"></a>\n",
    );
    assert_eq!(
        site.text("en/a/"),
        "<p><a id=\"one\"></a>H<sub>2</sub>O<br>x<sup>2</sup><br>y<a id=\"two\"></a><a id=\"three\"></a></p>\n<p><a id=\"four\"></a></p>"
    );
    assert_eq!(site.codes(), [""; 0]);
}

#[test]
fn markdown_in_a_table_and_in_details() {
    let site = page(
        "<table>\n<tr><td>\n\n**bold** [l](a.md)\n\n</td><td>b</td></tr>\n</table>\n\n<details>\n<summary>More</summary>\n\n- a\n\n```\ncode <b>\n```\n\n</details>\n\nafter\n",
    );
    let html = lines(&site.text("en/a/"));
    assert!(
        html.contains("<td> <p><strong>bold</strong> <a href=\"#\">l</a></p> </td><td>b</td></tr> </tbody></table>"),
        "{html}"
    );
    assert!(html.contains("<details> <summary>More</summary> <ul> <li>a</li> </ul> <pre tabindex=\"0\"><code>code &lt;b&gt; </code></pre> </details> <p>after</p>"), "{html}");
    assert_eq!(site.codes(), [""; 0]);
}

#[test]
fn what_runs_embeds_or_submits_is_gone_and_reported() {
    for bad in [
        "<form action=\"x\">words</form>",
        "<input name=\"a\">words",
        "<button>words</button>",
        "<iframe src=\"https://x.example\"></iframe>words",
        "<style>p{}</style>words",
        "<script>alert(1)</script>words",
        "<p onclick=\"x\">words</p>",
        "<p style=\"color:red\">words</p>",
        "<object data=\"x\"></object>words",
        "<svg onload=\"x\"></svg>words",
        "<img src=\"i.png\" onerror=\"x\">words",
        "<base href=\"https://x.example/\">words",
        "<meta http-equiv=\"refresh\" content=\"0\">words",
    ] {
        for text in
            [format!("{bad}\n"), format!("<div>\n{bad}\n</div>\n"), format!("in a line {bad}\n"), format!("| {bad} |\n|---|\n")]
        {
            let site = page(&text);
            let html = site.text("en/a/");
            let left = [
                "form", "<input", "<button", "<iframe", "<style", "<script", "onclick", "style=", "<object", "onload", "onerror",
                "<base", "<meta",
            ];
            assert!(left.iter().all(|part| !html.contains(part)) && html.contains("words"), "{text}: {html}");
            assert!(site.codes().contains(&"html-removed"), "{text}");
        }
    }
}

#[test]
fn unbalanced_elements_are_balanced_and_each_is_reported() {
    for (text, html, faults) in [
        ("a <b>b\n\nc\n", "<p>a <b>b</b></p>\n<p>c</p>", 1),
        ("a <b>b <i>c</b> d</i> e\n", "<p>a <b>b <i>c</i></b><i> d</i> e</p>", 2),
        ("a </b> b\n", "<p>a  b</p>", 1),
        ("<div>\n\nb\n", "<div>\n<p>b</p>\n</div>", 1),
        ("a <u>b\n\nc </u>d\n", "<p>a <u>b</u></p>\n<p>c d</p>", 2),
        ("- <div>\n\n  x\n\n  </div>\n- y\n", "<ul>\n<li><div>\n<p>x</p>\n</div>\n</li>\n<li><p>y</p>\n</li>\n</ul>", 0),
        ("x <p>in</p> y <div>z</div>\n", "<div>x <p>in</p> y <div>z</div></div>", 0),
    ] {
        let site = page(text);
        assert_eq!(lines(&site.text("en/a/")), lines(html), "{text}");
        assert_eq!(site.codes().iter().filter(|code| **code == "html-unbalanced").count(), faults, "{text}");
    }
}

#[test]
fn ids_stand_once() {
    let site = page(
        "<div id=\"x\">a</div>\n\n<div id=\"x\">b</div>\n\nc <span id=\"x\">d</span> <a name=\"x\"></a>\n\n<a name=\"head\"></a>\n\n## Head\n\n## Head\n",
    );
    let html = site.html("en/a/");
    assert_eq!(html.matches("id=\"x\"").count(), 1);
    assert!(html.contains("<h2 id=\"head\">") && html.contains("<h2 id=\"head-1\">"), "{html}");
    let both = Site::new().localized("a.md", "# {101|題|T}\n\n<div id=\"x\">{102|甲|A}</div>\n\n### [{103|乙|B}](#tab/b)\n\n{104|<b id=\"y\">丙</b>|<b id=\"y\">C</b>}\n").build();
    assert_eq!(both.html("ja/a/parallel/").matches(" id=\"x\"").count(), 1);
}

#[test]
fn a_table_in_html_keeps_its_segments() {
    let body = "# {101|題|T}\n\n<table><tr><th>{102|プラン|Plan}</th><td>{103|<a href=\"a.md\">リンク</a>は**注**です|A <a href=\"a.md\">link</a> **x**}<br>{104|次|Next}</td></tr></table>\n";
    let site = Site::new().localized("a.md", body).build();
    let keys = site.keys("en/a/");
    assert_eq!(keys.len(), 4);
    for page in ["ja/a/", "ja/a/parallel/"] {
        assert_eq!(site.keys(page), keys, "{page}");
    }
    let key = &keys[1];
    assert!(
        site.html("ja/a/").contains(&format!("<th><span class=\"seg\" data-seg=\"{key}\" id=\"s-{key}\">プラン</span></th>"))
    );
    assert!(site.text("ja/a/").contains("<a href=\"#\">リンク</a>は**注**です<br>次</td>"), "{}", site.text("ja/a/"));
}

#[test]
fn a_table_in_html_scrolls_by_itself_with_those_inside_it() {
    let site = page("<table title=\"<table>\">\n<tr><td><table><tr><td>a</td></tr></table></td></tr>\n</table>\n\n<b>x</b>\n");
    let html = lines(&site.text("en/a/"));
    assert_eq!(html.matches("<div class=\"table\" role=\"group\" tabindex=\"0\" aria-label=\"").count(), 1, "{html}");
    assert!(html.contains("</table></td></tr> </tbody></table></div>"), "{html}");
    assert!(html.contains("\"><table title=\"&lt;table&gt;\"> <tbody>"), "{html}");
}

#[test]
fn a_tag_may_take_several_lines() {
    let site = page("<div>\n<img\n  src=\"i.png\"\n  alt=\"a > b\"\n  onerror=\"x\">\n</div>\n");
    assert!(site.text("en/a/").contains("<img src=\"../../i.png\" alt=\"a &gt; b\">"), "{}", site.text("en/a/"));
    assert!(site.one(Code::HtmlRemoved).message.contains("onerror"));
}

#[test]
fn an_alternative_text_in_html_says_its_language() {
    let body = "# {101|題|T}\n\n<img src=\"i.png\" alt=\"図\">\n\nx <img src=\"i.png\" alt=\"図\"> {102|文|S}\n";
    let site = Site::new().localized("a.md", body).file("i.png", "png").build();
    assert_eq!(site.text("en/a/").matches("lang=\"ja\"").count(), 2, "{}", site.text("en/a/"));
    assert!(!site.text("ja/a/").contains("lang="));
}

#[test]
fn directives_within_html_stay_text_and_are_reported() {
    let site = page("<div>\n:::row:::\nx\n</div>\n\nafter\n");
    assert_eq!(site.codes(), ["extension-malformed"]);
    assert!(site.text("en/a/").contains(":::row:::"));
}

proptest! {
    #![proptest_config(cases(48))]

    /// The pages of a build are held against [`sound`] by `build` itself.
    #[test]
    fn whatever_is_written_the_page_is_sound(parts in proptest::collection::vec(part(), 1..40)) {
        let body: String = parts.concat();
        let site = Site::new().file("a.md", &body).localized("b.md", &body).file("i.md", "# I\n\n<b>x\n\n<div id=\"x\">").build();
        prop_assert!(sound(&site.html("en/a/")).is_ok());
    }
}

fn part() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "\n",
        "\n\n",
        "    ",
        " ",
        "> ",
        "- ",
        "1. ",
        "# ",
        "## [a](#tab/b)",
        "---\n",
        "**",
        "*",
        "_",
        "~",
        "~~",
        "`",
        "```\n",
        "|",
        "| a | b |\n|---|---|\n",
        "日本",
        "。",
        "「",
        "」",
        "words",
        "{101|訳。|source.}",
        "{102|**太字|**bold**}",
        "{103|<b>開|<b>open}",
        "{104|\n行|\nline}",
        "{105|1. x|y}",
        "<b>",
        "</b>",
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<table><tr><td>",
        "</td></tr></table>",
        "<a href=\"a.md\">",
        "</a>",
        "<span id=\"x\">",
        "</span>",
        "<br>",
        "<a name=\"x\"></a>",
        "<!--",
        "-->",
        "<td",
        ">",
        "\"",
        "'",
        "<ul><li>",
        "<details>",
        "<summary>",
        "<script>",
        "</script>",
        "<style>",
        "<svg>",
        "<math>",
        "<select>",
        "<h1>",
        "<textarea>",
        "<title>",
        "<pre>",
        "<img src=\"x.png\">",
        "[x](a.md)",
        "[",
        "](",
        ")",
        "![x](gone.png)",
        "https://a.example/b_c*d*&amp;e",
        ":::",
        ":::row:::\n",
        ":::column span=\"2\":::\n",
        ":::column-end:::\n",
        ":::row-end:::\n",
        ":::image source=\"x.png\" alt-text=\"a\":::",
        ":::image type=\"complex\" source=\"x.png\":::\n",
        ":::image-end:::\n",
        "[!NOTE]",
        "[!INCLUDE [x](i.md)]",
        "[!VIDEO x]",
        "[!div class=\"x\"]",
        ":::no-loc text=\"x\":::",
        "[!code-x[a](b)]",
        "\u{E000}0\u{E001}",
        "\u{1D000}x",
        "&quot;",
        "&#0;",
        "\\",
        "\t",
        "[r]: a.md\n",
        "[r]",
        "[日]: 本",
        "<div data-md-hole=\"0\"></div>",
    ])
}

/// A page loads nothing from elsewhere.
#[test]
fn a_picture_on_another_host_is_a_link() {
    let site = page(
        "![The parts](https://img.example.com/a/b.png?x=1)\n\nIn a line <img src=\"https://img.example.com/c.png\" alt=\"two\"> of text.\n\n[![In a link](https://img.example.com/d.png)](https://example.com/)\n\n<p><a href=\"https://example.com/\"><img src=\"https://img.example.com/e.png\"></a></p>\n",
    );
    let html = site.article("en/a/");
    assert!(!html.contains("<img"), "{html}");
    let link = "<a class=\"elsewhere\" href=\"https://img.example.com/a/b.png?x=1\">Image on another site: <span>The parts</span> (img.example.com)</a>";
    assert!(html.contains(link), "{html}");
    assert!(html.contains("<span>two</span> (img.example.com)</a>"), "{html}");
    assert!(
        html.contains("<a href=\"https://example.com/\"><span class=\"elsewhere\">Image on another site: <span>In a link</span>"),
        "{html}"
    );
    assert!(html.contains("<span class=\"elsewhere\">Image on another site: (img.example.com)</span></a>"), "{html}");
}

#[test]
fn a_heading_without_words_is_none_but_a_place_all_the_same() {
    let site = Site::new().file("a.md", "# A\n\n## <a href=\"\" id=\"old\"></a>\n\nwords\n\n##\n\n## B\n\n[x](#old)\n").build();
    assert_eq!(site.codes(), [""; 0]);
    let html = site.text("en/a/");
    assert!(html.contains("<a id=\"old\"></a><p>words</p>\n<div class=\"heading\"><h2 id=\"b\">"), "{html}");
    assert!(!site.html("en/a/").contains("#section"));
}
