//! Japanese, set rightly: emphasis, spaces, addresses, and what translation by machine displaced.

use madoguchi::diag::Code;

use crate::support::{Built, Site};

fn build(body: &str) -> Built {
    Site::new().localized("a.md", &format!("# {{001|題|T}}\n\n{body}\n")).build()
}

/// The Japanese and the English of a body, without the title, and what is reported.
fn both(body: &str) -> (String, String, Vec<&'static str>) {
    let site = build(body);
    let text = |page: &str| site.text(page).split_once("</div>\n").unwrap().1.to_owned();
    (text("ja/a/"), text("en/a/"), site.codes())
}

fn japanese(body: &str) -> String {
    both(body).0
}

#[test]
fn emphasis_works_beside_japanese_punctuation() {
    for (target, html) in [
        ("**重要。**これ", "<strong>重要。</strong>これ"),
        ("次に**「設定」**の画面", "次に<strong>「設定」</strong>の画面"),
        ("**注:**これ", "<strong>注:</strong>これ"),
        ("これは*強調*です", "これは<em>強調</em>です"),
        ("**[リンク](a.md)**を", "<strong><a href=\"#\">リンク</a></strong>を"),
        ("**`code`**を", "<strong><code>code</code></strong>を"),
        ("~~「旧」~~の", "<del>「旧」</del>の"),
    ] {
        let source = match target.chars().next() {
            Some('~') => "x",
            _ if target.contains("**") => "**x** y",
            _ => "x",
        };
        assert_eq!(japanese(&format!("{{101|{target}|{source}}}")), format!("<p>{html}</p>"));
        let plain = Site::new().file("a.md", "x\n").file("a.ja.md", &format!("{target}\n")).build();
        assert_eq!(plain.text("ja/a/"), format!("<p>{html}</p>"));
    }
}

#[test]
fn markers_that_stay_literal_are_dropped_and_reported_and_never_invented() {
    for (target, source, html) in [
        ("選択し****、[次へ](a.md)", "Select **Next**, [go](a.md)", "選択し、<a href=\"#\">次へ</a>"),
        ("選択し\\*\\*\\*\\*、次へ", "Select **Next**", "選択し、次へ"),
        ("太字が**ない", "No bold", "太字がない"),
        ("基本 *とタグの\\*\\*を確認* する", "Review *Basics* and *Tags*", "基本 <em>とタグのを確認</em> する"),
        ("`a**b`は**太", "Code `a**b`", "<code>a**b</code>は太"),
    ] {
        let (ja, en, codes) = both(&format!("{{101|{target}|{source}}} {{102|**次**|**Next**}}"));
        assert_eq!(ja, format!("<p>{html} <strong>次</strong></p>"));
        assert_eq!(codes, ["emphasis-lost"], "{target}");
        assert!(en.contains("<strong>Next</strong></p>"));
    }
    let (ja, en, codes) = both("{101|割引 (\\*\\*) **2.50**|Discount (\\*\\*) **2.50**}");
    assert_eq!((ja.as_str(), codes.len()), ("<p>割引 (**) <strong>2.50</strong></p>", 0), "what the source writes so is meant");
    assert_eq!(en, "<p>Discount (**) <strong>2.50</strong></p>");
    let (ja, en, codes) = both("{101|割引\\*\\* 太字が**ない|Discount\\*\\* no bold}");
    assert_eq!((ja.as_str(), codes.as_slice()), ("<p>割引** 太字がない</p>", &["emphasis-lost"][..]));
    assert_eq!(en, "<p>Discount** no bold</p>");
    let (ja, _, codes) = both("{101|単価 \\* 数量|Price \\* number}");
    assert_eq!((ja.as_str(), codes.len()), ("<p>単価 * 数量</p>", 0));
    let (ja, _, codes) = both("{101|太字なし|With **bold**}");
    assert_eq!((ja.as_str(), codes.len()), ("<p>太字なし</p>", 0));
}

#[test]
fn the_report_of_lost_emphasis_names_the_segment() {
    let site = build("{101|前|Before}\n\n{102|太字が**ない|No bold}");
    let span = &site.one(Code::EmphasisLost).span;
    assert!(span.end - span.start == "太字が**ない".len());
}

#[test]
fn a_line_break_between_japanese_characters_is_no_space() {
    assert_eq!(japanese("{101|一行目\n二行目|one\ntwo}\n{102|三|three}"), "<p>一行目二行目三</p>");
    assert_eq!(japanese("{101|語\nabc\n語|x}"), "<p>語\nabc\n語</p>");
    assert_eq!(japanese("{101|**太字**\n次\n[先](a.md)\nと|**x** y}"), "<p><strong>太字</strong>次<a href=\"#\">先</a>と</p>");
    assert_eq!(
        japanese("{101|語\n`code`\n語\n**word**\n語|`code` **x**}"),
        "<p>語\n<code>code</code>\n語\n<strong>word</strong>\n語</p>"
    );
    assert_eq!(japanese("> {101|一\n> **二**|one **two**}"), "<blockquote>\n<p>一<strong>二</strong></p>\n</blockquote>");
    assert!(both("{101|一\n二|one\ntwo}").1.contains("one\ntwo"));
    let korean = Site::new()
        .config("[site]\nsource_locale = \"en\"\nlocales = [\"ko\", \"en\"]\n")
        .file("a.md", "x\ny\n")
        .file("a.ko.md", "한국\n말\n")
        .build();
    assert_eq!(korean.text("ko/a/"), "<p>한국\n말</p>");
}

#[test]
fn no_half_width_space_follows_a_full_stop() {
    for (target, html) in [
        ("一。 二！ 三？ 四", "一。二！三？四"),
        ("「一」 二（三） 四", "「一」二（三）四"),
        ("一。 two", "一。two"),
        ("`一。 二`。 三", "<code>一。 二</code>。三"),
    ] {
        assert_eq!(japanese(&format!("{{101|{target}|x}}")), format!("<p>{html}</p>"));
    }
    assert_eq!(japanese("{101|一。|One.} {102|二。|Two.}"), "<p>一。二。</p>");
    assert_eq!(japanese("{101|一。 **太** です|One **x**}"), "<p>一。<strong>太</strong> です</p>");
    assert_eq!(japanese("{101|一。 [二](a.md)|One. [x](a.md)}"), "<p>一。<a href=\"#\">二</a></p>");
    assert!(both("{101|一。|A。} {102|二。|B。}").1.contains("A。 B。"));
    assert_eq!(japanese("```\n一。 二\n三\n```"), "<pre tabindex=\"0\"><code>一。 二\n三\n</code></pre>");
}

#[test]
fn a_bare_address_ends_before_japanese() {
    let link = |address: &str| format!("<a href=\"{address}\">{address}</a>");
    for (target, html) in [
        ("https://a.example/b、次", format!("{}、次", link("https://a.example/b"))),
        ("詳細はhttps://a.example/bです", format!("詳細は{}です", link("https://a.example/b"))),
        ("https://a.example/[name]。", format!("{}。", link("https://a.example/[name]"))),
        ("(https://a.example/b(c)).", format!("({}).", link("https://a.example/b(c)"))),
        ("https://a.example/b_c_d/*e*です", format!("{}*です", link("https://a.example/b_c_d/*e"))),
        ("https://a.example/b[次](a.md)", format!("{}<a href=\"#\">次</a>", link("https://a.example/b"))),
        ("https://a.example/b[next one](a.md)", format!("{}<a href=\"#\">next one</a>", link("https://a.example/b"))),
        ("https://a.example/?a=1&b=2&copy=3です", format!("{}です", link("https://a.example/?a=1&amp;b=2&amp;copy=3"))),
        ("https://a.example/?a=1&amp;b=2です", format!("{}です", link("https://a.example/?a=1&amp;b=2"))),
        ("https://a.example/b\\_c。", format!("{}。", link("https://a.example/b_c"))),
        ("https://a.example/?&lt;x", format!("{}?&lt;x", link("https://a.example/"))),
        ("`https://a.example/b`", "<code>https://a.example/b</code>".to_owned()),
        ("[https://a.example](a.md)", "<a href=\"#\">https://a.example</a>".to_owned()),
        ("<https://a.example/b>。", format!("{}。", link("https://a.example/b"))),
    ] {
        assert_eq!(japanese(&format!("{{101|{target}|x}}")), format!("<p>{html}</p>"), "{target}");
    }
    let html = both("{101|見るhttps://a.example/b_c|see https://a.example/b_c}{102|次|more}").1;
    assert_eq!(html, format!("<p>see {}more</p>", link("https://a.example/b_c")));
}

#[test]
fn text_that_would_become_a_list_stays_text() {
    for (target, source) in [("1. Februar 2020", "1 February 2020"), ("- または -", "- or -"), ("+ New Support を使用", "Use it")]
    {
        let (ja, _, codes) = both(&format!("{{101|{target}|{source}}}"));
        assert_eq!(ja, format!("<p>{target}</p>"));
        assert!(codes.iter().all(|code| *code == "text-becomes-list") && !codes.is_empty(), "{codes:?}");
        assert_eq!(japanese(&format!("- {{101|{target}|{source}}}")), format!("<ul>\n<li>{target}</li>\n</ul>"));
    }
    assert!(japanese("{101|1. 一|1. one}").starts_with("<ol>"), "the source is a list as well");
    assert_eq!(japanese("{101|一。|One.} {102|1. 二|Two}"), "<p>一。1. 二</p>");
}

#[test]
fn a_sentence_is_no_link_definition() {
    let (ja, en, codes) =
        both("{101|[**詳細の表示**]: 現在選択中の情報を表示します。|[**Show details**]: Displays information.}");
    assert_eq!(ja, "<p>[<strong>詳細の表示</strong>]: 現在選択中の情報を表示します。</p>");
    assert!(en.contains("Displays information."));
    assert_eq!(codes, ["definition-swallows"]);
    let (ja, _, codes) = both("{101|[参照][r]|[ref][r]}\n\n[r]: a.md");
    assert_eq!((ja.as_str(), codes.len()), ("<p><a href=\"#\">参照</a></p>", 0));
}

#[test]
fn a_leading_line_break_does_not_break_a_table() {
    let (ja, en, codes) = both("| a | b |\n|---|---|\n| {101|\n**項目**|\n**Id**} | {102|値|value} |");
    assert!(ja.contains("<tr><td><strong>項目</strong></td><td>値</td></tr>"), "{ja}");
    assert!(en.contains("<tr><td><strong>Id</strong></td><td>value</td></tr>"), "{en}");
    assert_eq!(codes, ["table-broken"]);
}

#[test]
fn one_tilde_is_a_range() {
    let site = build("{101|前|Before}\n\n{102|範囲は10~20と30~40です|From 10~20 to 30~40}");
    assert!(site.text("ja/a/").ends_with("<p>範囲は10~20と30~40です</p>"), "{}", site.text("ja/a/"));
    let last = site.keys("ja/a/").pop().unwrap();
    assert!(
        site.article("ja/a/")
            .ends_with(&format!("<p><span class=\"seg\" data-seg=\"{last}\" id=\"s-{last}\">範囲は10~20と30~40です</span></p>"))
    );
}
