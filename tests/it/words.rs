//! The theme's own words within a text: in the language of the text that they stand in, wherever it is shown.

use crate::docset::Docset;
use crate::support::Site;

/// Everything in whose place or at whose side the theme says something.
const ALL: &str = "## Head\n\n> [!NOTE]\n> Words. [b](b.md)\n\n| a |\n|---|\n| b |\n\n<table><tr><td>c</td></tr></table>\n\n![Gone](gone.png)\n\n![Far](https://img.example.com/far.png)\n\n> [!VIDEO https://video.example.com/1]\n";
const FORM: &str = include_str!("../../content/forms/service-request.toml");
const WITH_FORM: &str = "[site]\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\"]\nexports = [\"print\"]\n[form.ask]\nspec = \"content/forms/ask.toml\"\ncontact = { ja = \"電話\", en = \"Call\" }\npromise = { ja = \"明日\", en = \"Tomorrow\" }\nprivacy = { ja = \"当社\", en = \"We\" }\n";

fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}')
}

/// The first of these elements, from its tag on.
fn within<'h>(html: &'h str, open: &str, close: &str) -> &'h str {
    let start = html.find(open).unwrap_or_else(|| panic!("no {open} in {html}"));
    &html[start..start + html[start..].find(close).unwrap()]
}

#[test]
fn a_page_without_translation_has_the_words_of_its_own_language() {
    let site = Site::new().file("a.md", &format!("# A\n\n{ALL}")).file("b.md", "# B\n").build();
    let (fallback, original) = (site.article("ja/a/"), site.article("en/a/"));
    for word in [
        ">Note</p>",
        "aria-label=\"Link to this heading\"",
        "tabindex=\"0\" aria-label=\"Table\"><table>",
        ">Image not available ",
        ">Image on another site: ",
        ">Watch the video (",
    ] {
        assert!(original.contains(word), "{word} {original}");
    }
    assert_eq!(fallback, original);
    let page = site.html("ja/a/");
    assert!(page.contains("<article lang=\"en\" dir=\"ltr\">"), "{page}");
    for around in ["本文は別の言語で表示しています。", "aria-label=\"このページの内容\""] {
        assert!(page.contains(around), "{around}");
    }
}

#[test]
fn a_form_that_stands_above_is_spoken_of_in_the_language_of_the_text() {
    let forms = "# A\n\n:::form ask\n\n:::form ask\n";
    let site = Site::new().config(WITH_FORM).file("forms/ask.toml", FORM).file("a.md", forms).build();
    assert_eq!(site.codes(), [""; 0]);
    let page = site.html("ja/a/");
    assert!(page.contains(" novalidate lang=\"ja\""), "{page}");
    assert!(page.contains("<p><a href=\"#md-form-ask\">The form is above on this page.</a></p>"), "{page}");
}

#[test]
fn an_untranslated_include_has_the_words_of_its_own_language() {
    let site = Site::new()
        .localized("a.md", "# {101|題|T}\n\n[!INCLUDE [x](i.md)]\n\n> [!NOTE]\n> {102|文|Words}\n\n## {103|設定|Set up}\n")
        .file("i.md", ALL)
        .file("b.md", "# B\n")
        .build();
    let article = site.article("ja/a/");
    // Blocks of the include hold others; its last is the video.
    let include = within(&article, "<div lang=\"en\">", "Watch the video");
    assert!(!include.contains(is_japanese), "{include}");
    let original = site.article("en/a/");
    let words = "<p class=\"alert-title\">Note</p>";
    assert!(include.contains(words) && original.contains(words), "{include}");
    let twin = "<a class=\"heading-twin\" href=\"../../en/a/#head\" hreflang=\"en\" aria-label=\"Read this section in English\">English</a>";
    assert!(include.contains(twin), "{include}");
    assert!(include.contains("<a href=\"../b/\">"), "{include}");
    let rest = &article[article.find("Watch the video").unwrap()..];
    assert!(rest.contains("<p class=\"alert-title\">メモ</p>"), "{rest}");
    assert!(
        rest.contains("aria-label=\"この見出しへのリンク\">#</a>") && rest.contains("aria-label=\"この見出しをEnglishで読む\""),
        "{rest}"
    );
}

#[test]
fn each_side_of_a_parallel_view_has_words_of_its_own_and_so_has_what_it_includes() {
    let body = "# {101|題|T}\n\n> [!NOTE]\n> {102|文|Words}\n\n[!INCLUDE [x](i.md)]\n\n![図](gone.png)\n";
    let site = Site::new().localized("a.md", body).file("i.md", ALL).file("b.md", "# B\n").build();
    let view = site.article("ja/a/parallel/");
    let cells: Vec<&str> = view.split("<div class=\"cell\" ").skip(1).collect();
    let sides = |word: &str| cells.iter().filter(|cell| cell.contains(word)).map(|cell| &cell[..9]).collect::<Vec<_>>();
    assert_eq!(sides("alert-title\">メモ<"), ["lang=\"ja\""]);
    assert_eq!(sides("画像を表示できません <span>図"), ["lang=\"ja\""]);
    assert_eq!(sides("Image not available <span lang=\"ja\">図"), ["lang=\"en\""]);
    let included = cells.iter().find(|cell| cell.contains("<div lang=\"en\">")).unwrap();
    assert!(included.starts_with("lang=\"ja\"") && !included.contains(is_japanese), "{included}");
}

#[test]
fn the_words_of_an_include_end_with_it_within_a_line_and_after_includes_of_its_own() {
    let body =
        "# {101|題|T}\n\n{102|前|Before} [!INCLUDE [x](i.md)] ![図](gone.png)\n\n[!INCLUDE [x](j.md)]\n\n![図](gone.png)\n";
    let site = Site::new()
        .localized("a.md", body)
        .file("i.md", "See ![Gone](gone.png).\n")
        .file("j.md", "![One](gone.png)\n\n[!INCLUDE [x](k.md)]\n\n![Two](gone.png)\n")
        .file("k.md", "![Inner](gone.png)\n")
        .build();
    let html = site.text("ja/a/");
    let missing: Vec<&str> =
        html.split("class=\"image-missing\">").skip(1).map(|rest| rest.split("</span>").next().unwrap()).collect();
    let (here, there) = ("画像を表示できません <span>", "Image not available <span>");
    let expected = [(there, "Gone"), (here, "図"), (there, "One"), (there, "Inner"), (there, "Two"), (here, "図")];
    let expected = expected.map(|(word, of)| word.to_owned() + of);
    assert_eq!(missing, expected, "{html}");
}

#[test]
fn a_print_speaks_of_a_form_in_the_language_that_it_says() {
    let site = Site::new()
        .config(WITH_FORM)
        .file("forms/ask.toml", FORM)
        .file("a.md", "# A\n\n> [!NOTE]\n> Words.\n\n:::form ask\n")
        .localized("b.md", "# {101|題|T}\n\n[!INCLUDE [x](i.md)]\n")
        .file("i.md", "> [!NOTE]\n> Words.\n\n:::form ask\n")
        .file("TOC.yml", "- name: A\n  href: a.md\n- name: B\n  href: b.md\n")
        .build();
    let print = site.html("ja/a/print.html");
    let articles: Vec<&str> = print.split("<article ").skip(1).collect();
    for (article, open) in articles.iter().zip(["id=\"p1\" lang=\"en\" dir=\"ltr\">", "id=\"p2\">"]) {
        assert!(article.starts_with(open) && article.contains("<p class=\"alert-title\">Note</p>"), "{article}");
        assert!(
            article.contains("<p class=\"form-elsewhere\" lang=\"ja\"><a href=\"") && article.contains("この記事のページ"),
            "{article}"
        );
    }
    assert_eq!(articles.len(), 2);
}

#[test]
fn text_that_runs_the_other_way_within_another_says_so() {
    let arabic = include_str!("../../themes/default/messages/en.toml").replace("alert_note = \"Note\"", "alert_note = \"ملاحظة\"");
    let docset = Docset::new(&[
        ("madoguchi.toml", "[site]\nsource_locale = \"en\"\nlocales = [\"ar\", \"ja\", \"en\"]\ntheme = \"own\"\n"),
        ("themes/own/messages/ar.toml", &arabic),
        ("content/a.md", "# A\n\nWords. [!INCLUDE [x](i.md)] <b>x</b>\n\n[!INCLUDE [x](i.md)]\n"),
        ("content/a.ar.md", "# أ\n\nكلمات. [!INCLUDE [x](i.md)] <b>x</b>\n\n[!INCLUDE [x](i.md)]\n\n> [!NOTE]\n> كلمات.\n"),
        ("content/a.ja.md", "# ア\n\n文。 [!INCLUDE [x](i.md)] <b>x</b>\n\n[!INCLUDE [x](i.md)]\n"),
        ("content/i.md", "Included.\n"),
    ]);
    docset.build();
    let arabic = docset.page("ar/a/index.html");
    for part in ["<span lang=\"en\" dir=\"ltr\"><span class=\"seg\"", "<div lang=\"en\" dir=\"ltr\">\n<p>", ">ملاحظة</p>"] {
        assert!(arabic.contains(part), "{part} {arabic}");
    }
    let japanese = docset.page("ja/a/index.html");
    assert!(
        japanese.contains("<span lang=\"en\"><span class=\"seg\"") && japanese.contains("<div lang=\"en\">\n<p>"),
        "{japanese}"
    );
}
