//! The whole pipeline on text that no person would write: it never panics, and what it writes is sound.

use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use super::docset::{Docset, cases, tree};
use super::markup;

/// Pages that were trouble once, and the splitting fixtures.
fn seeds() -> Vec<(String, String)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut found = Vec::new();
    for folder in ["split", "pipeline"] {
        for (name, bytes) in tree(&corpus.join(folder)) {
            found.extend(String::from_utf8(bytes).ok().filter(|_| name.ends_with(".md")).map(|text| (name, text)));
        }
    }
    assert!(found.len() > 10);
    found
}

/// What compares a translation with its source, which a build leaves to a check.
const ONLY_CHECKED: [&str; 13] = [
    "number-differs",
    "link-differs",
    "code-differs",
    "placeholder-differs",
    "bold-differs",
    "term-differs",
    "segment-untranslated",
    "translation-missing",
    "translation-varies",
    "width-slip",
    "sentence-end",
    "word-doubled",
    "bracket-unbalanced",
];

/// Builds a site in which the text stands wherever text can stand, and looks at every page of it.
fn is_served_safely(text: &str) -> Result<(), String> {
    let docset =
        Docset::new(&[("madoguchi.toml", "[site]\ncontent = \".\"\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\"]\n")]);
    docset.write("index.md", text);
    docset.write("page.md", format!("---\ntitle: x\nms.contentlocale: ja-JP\n---\n{text}"));
    docset.write("pair.md", "# A\n\nOne. Two.\n\n- three\n\n> four\n");
    docset.write("pair.ja.md", text);
    docset.write("includes/i.md", text);
    docset.write("has.md", "# Has\n\n[!INCLUDE [x](includes/i.md)]\n\n- in line [!INCLUDE [x](includes/i.md)] text\n\n| a |\n|---|\n| [!INCLUDE [x](includes/i.md)] |\n");
    docset.write("media/plan.svg", "<svg/>");
    let checked = docset.check();
    let built = docset.build();
    let said: Vec<_> = checked.diagnostics.iter().filter(|found| !ONLY_CHECKED.contains(&found.code.id())).collect();
    if said != built.diagnostics.iter().collect::<Vec<_>>() {
        return Err("a check and a build differ in what they say".into());
    }
    if built.written.is_none() {
        return Ok(());
    }
    let private = |c: char| matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10fffd}' | '\u{fdd0}'..='\u{fdef}' | '\u{1}');
    for (name, bytes) in tree(&docset.out()).iter().filter(|(name, _)| name.ends_with(".html")) {
        let page = String::from_utf8(bytes.clone()).map_err(|why| why.to_string())?;
        let mut faults = markup::faults(&page);
        // Tags inside tags can form new ones in text that is shown as text; and where one of the format's stands in the author's own, that is
        // whole only to the sanitizer, which does not count ids.
        faults.retain(|fault| !(fault.ends_with("is left") || fault.ends_with("stands twice") && is_torn(text)));
        if !text.contains(private) && page.contains(private) {
            faults.push("a private mark is left".into());
        }
        if !faults.is_empty() {
            return Err(format!("{name}: {faults:?}"));
        }
    }
    Ok(())
}

/// Whether a tag of the format stands within another tag.
fn is_torn(text: &str) -> bool {
    let inside = |at: usize| text[..at].rfind('<').is_some_and(|open| !text[open..at].contains('>'));
    ["<span data-", "</span>", "<span class=\"sxs"].iter().any(|tag| text.match_indices(tag).any(|(at, _)| inside(at)))
}

fn piece() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "# ",
        "## [t](#tab/a)\n",
        "---\n",
        "***\n",
        "\n",
        "\n\n",
        "\r\n",
        "> ",
        "> [!NOTE]\n",
        "> [!TIP] ",
        "> [!div class=\"x\"]\n",
        "> [!VIDEO https://example.com/v]\n",
        "> **Note**<br>",
        "- ",
        "1. ",
        "    ",
        "\t",
        "* [ ] ",
        "| a | b |\n|---|:-:|\n",
        "| c ",
        "|",
        "```\n",
        "```js {x}\n",
        "~~~\n",
        "`",
        "``",
        "**",
        "*",
        "_",
        "~~",
        "~",
        "[a](b.md)",
        "[",
        "](",
        ")",
        "]",
        "![",
        "![i](media/plan.svg)",
        "[x]: y\n",
        "[x]: 日本語。\n",
        "[x]",
        "[^1]",
        "<https://example.com>",
        "https://example.com/a_b_c。",
        "www.example.com",
        "[j](javascript:alert(1))",
        "[d](data:text/html,x)",
        "[q](\"onclick=x)",
        "<div>",
        "</div>",
        "<div style=\"x\" onclick='y'>",
        "<b>",
        "</b>",
        "<script>alert(1)</script>",
        "<script",
        "</script>",
        "<style>x</style>",
        "<iframe src=x>",
        "<form><input>",
        "<svg onload=x>",
        "<math>",
        "<img src=x onerror=alert(1)>",
        "<a href='java&#10;script:x'>",
        "<a name=\"x\"></a>",
        "<a id='x'>",
        "</a>",
        "<br>",
        "<!-- ",
        " -->",
        "<![CDATA[",
        "]]>",
        "<?x ",
        "?>",
        "<!D ",
        "<table><tr><td>",
        "</td></tr></table>",
        "<p>",
        "</p>",
        "<details><summary>s</summary>",
        "<sub>",
        "</sup>",
        "<span class=\"seg\" id=\"md-main\">",
        "<div data-md-hole=\"0\"></div>",
        "<noscript><p title=\"</noscript><img src=x onerror=y>\">",
        "<template>",
        "<textarea>",
        "<span data-ttu-id=\"0a1b2-101\">",
        "</span><span class=\"sxs-lookup\"><span data-stu-id=\"0a1b2-101\">",
        "</span></span>",
        "</span>",
        "<span data-ttu-id=\"0a1b2-102&quot;>",
        "<span class=\"sxs-lookup\">",
        ":::image type=\"content\" source=\"media/plan.svg\" alt-text=\"a\":::",
        ":::image type=\"complex\" source=\"x.png\" alt-text=\"a\":::\n",
        ":::image-end:::\n",
        ":::row:::\n",
        ":::row-end:::\n",
        ":::column span=\"2\":::\n",
        ":::column-end:::\n",
        ":::zone pivot=\"x\"\n",
        ":::code source=\"x.js\":::",
        ":::no-loc text=\"x\":::",
        ":::",
        ":::form x\n",
        ":::moniker range=\"x\"\n",
        "[!INCLUDE [x](includes/i.md)]",
        "[!INCLUDE[x](index.md)]",
        "[!INCLUDE [x](../../etc/passwd)]",
        "[!code-js[x](media/plan.svg#L1)]",
        "[!",
        "xref:a",
        "<xref:a>",
        "@a.b",
        "\u{e000}1\u{e001}",
        "\u{f0000}",
        "\u{10fffd}",
        "\u{fdd0}",
        "\0",
        "\u{1}",
        "\u{7f}",
        "\u{feff}",
        "\u{200b}",
        "\u{202e}",
        "&lt;script&gt;",
        "&#0;",
        "&#x3c;",
        "&amp;",
        "&",
        "<",
        ">",
        "\"",
        "'",
        "\\",
        "\\<",
        "\\\n",
        "日本語。",
        "「重要」",
        "。",
        "これ",
        "한국어",
        "text",
        " ",
        "  \n",
        "{{ x }}",
        "{% x %}",
        "{#id .c}",
        "title: x\n",
        "draft: true\n",
        "ms.contentlocale: ja-JP\n",
        "uid: a\n",
    ]);
    prop_oneof![12 => fixed.prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/it/proptest-regressions/pipeline.txt"))),
        max_shrink_iters: 400,
        ..ProptestConfig::with_cases(cases(16, 500))
    })]

    #[test]
    fn nasty_text_is_served_safely(pieces in prop::collection::vec(piece(), 1..40)) {
        let text = pieces.concat();
        prop_assert!(is_served_safely(&text).is_ok(), "{text:?}: {}", is_served_safely(&text).unwrap_err());
    }

    #[test]
    fn damaged_pages_are_served_safely(seed in any::<prop::sample::Index>(), cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, piece()), 0..6)) {
        let seeds = seeds();
        let mut text = seed.get(&seeds).1.clone();
        for (at, length, piece) in cuts {
            let start = madoguchi::source::floor_char_boundary(&text, at.index(text.len() + 1));
            let end = madoguchi::source::floor_char_boundary(&text, start + length).max(start);
            text.replace_range(start..end, &piece);
        }
        prop_assert!(is_served_safely(&text).is_ok(), "{text:?}: {}", is_served_safely(&text).unwrap_err());
    }

    #[test]
    fn nasty_settings_are_survived(toc in nasty_data(), redirects in nasty_data(), docfx in nasty_data(), front in nasty_data()) {
        let docset = Docset::new(&[("a/b.md", "# B\n\n[x](../index.md)\n")]);
        docset.write("index.md", format!("---\n{front}\n---\n# I\n"));
        docset.write("TOC.yml", toc.clone());
        docset.write("a/TOC.md", toc);
        docset.write(".openpublishing.redirection.json", redirects);
        docset.write("docfx.json", docfx);
        let report = docset.build();
        if report.written.is_some() {
            for (name, bytes) in tree(&docset.out()).iter().filter(|(name, _)| name.ends_with(".html")) {
                let faults = markup::faults(&String::from_utf8(bytes.clone()).unwrap());
                prop_assert!(faults.is_empty(), "{name}: {faults:?}");
            }
        }
        let outside: Vec<String> = tree(docset.folder()).into_keys().filter(|name| !name.starts_with("site/") && !name.starts_with("out/")).collect();
        prop_assert!(outside.is_empty(), "{outside:?}");
    }
}

fn nasty_data() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "- ",
        "name: ",
        "href: ",
        "items:\n",
        "  ",
        "\n",
        "\n  ",
        "x",
        "index.md",
        "a/b.md",
        "a/",
        "../",
        "../../x.md",
        "/",
        "/azure/x",
        "javascript:x",
        "https://example.com/",
        "\"",
        "'",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "#",
        "# ",
        "## ",
        "\"redirections\": [",
        "{\"source_path\": \"",
        "\", \"redirect_url\": \"",
        "\"}",
        "\"build\": {\"content\": [{\"files\": \"",
        "\"resource\": [{\"files\": \"**\"}]",
        "**/*.md",
        "\"src\": \"../..\"",
        "title: ",
        "\u{1}",
        "\\x01",
        "日本語",
        "[B](b.md)",
        "&a ",
        "*a",
        "|\n",
        ">\n",
        "!!x ",
        "---\n",
        "...\n",
        "\t",
        "a\"><script>x</script>",
        "<b>",
        "uid: ",
        "ms.date: 99/99/2024\n",
        "draft: ",
        "true",
        "index.html",
        "404.html.md",
        "robots.txt",
        "en/index",
        "search.md",
        ".",
        "..",
        "*",
        "{a,b}",
        "[!",
        "%2e%2e/",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

#[test]
fn the_seeds_are_served_safely() {
    for (name, text) in seeds() {
        is_served_safely(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
    }
}
