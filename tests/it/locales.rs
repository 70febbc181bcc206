//! Languages: what a reader of each gets, and how the languages of a page find each other.

use madoguchi::diag::Code;

use super::docset::{Docset, codes, localized, mixed, pair, the, tree};
use super::markup;

const THREE: &str = "[site]\ntitle = { en = \"Pond guide\", ja = \"池の手引き\", de = \"Teichführer\" }\nbase_url = \"https://ponds.example.com/guide/\"\nsource_locale = \"en\"\nlocales = [\"ja\", \"de\", \"en\"]\n";

/// English ponds with Japanese and German translations, in folders and in parallel files.
fn ponds() -> Docset {
    let docset = Docset::new(&[
        ("madoguchi.toml", THREE),
        (
            "content/index.md",
            "---\ntitle: Ponds\ndescription: All about ponds.\n---\n# Ponds\n\nA pond is small water.\n\n## Fish\n\nCarp live long.\n",
        ),
        (
            "content/index.ja.md",
            "---\ntitle: 池\ndescription: 池のすべて。\n---\n# 池\n\n池は小さな水です。\n\n## 魚\n\n鯉は長く生きます。\n",
        ),
        (
            "content/index.de.md",
            "---\ntitle: Teiche\ndescription: Alles über Teiche.\n---\n# Teiche\n\nEin Teich ist ein kleines Gewässer.\n\n## Fische\n\nKarpfen leben lange.\n",
        ),
        ("content/frogs.md", "# Frogs\n\nFrogs sing.\n\nThey sing at night. Nobody knows why.\n"),
        ("content/frogs.ja.md", "# 蛙\n\n蛙は歌います。\n"),
        ("content/secret.md", "---\ndraft: true\n---\n# Secret\n\nNot yet.\n"),
    ]);
    let water = |locale: &str, title: &str, heading: &str, text: &str| {
        localized(locale, title, (heading, "Water"), &[(text, "Change [the water](frogs.md) in May.")])
    };
    docset.write(
        "content/ja/water.md",
        water("ja-JP", "水", "水", "五月に[水](frogs.md)を替えます。")
            .replace("title: 水\n", "title: 水\nms.translationtype: MT\nms.lasthandoff: 03/04/2024\nms.date: 12/24/2023\n"),
    );
    docset.write(
        "content/de/water.md",
        water("de-DE", "Wasser", "Wasser", "Im Mai wechselt man [das Wasser](frogs.md).")
            .replace("title: Wasser\n", "title: Wasser\nms.date: 12/24/2023\n"),
    );
    docset
}

#[test]
fn source_and_two_targets_in_folders_and_in_parallel_files() {
    let docset = ponds();
    let report = docset.build();
    assert!(report.written.is_some(), "{report:#?}");
    for (path, words) in [
        ("ja/index.html", "池は小さな水です。"),
        ("de/index.html", "Ein Teich ist ein kleines Gewässer."),
        ("en/index.html", "A pond is small water."),
        ("ja/water/index.html", "を替えます。"),
        ("de/water/index.html", "Im Mai wechselt man"),
        ("en/water/index.html", "in May."),
    ] {
        let html = docset.page(path);
        assert!(html.contains(words) && markup::faults(&html).is_empty(), "{path} {:?}", markup::faults(&html));
    }
    for locale in ["ja", "de"] {
        for page in ["", "water/"] {
            let parallel = docset.page(&format!("{locale}/{page}parallel/index.html"));
            assert!(parallel.contains("lang=\"en\"") && parallel.contains(&format!("lang=\"{locale}\"")), "{parallel}");
        }
    }
    assert!(!docset.has("en/parallel/index.html") && !docset.has("de/frogs/parallel/index.html"));
}

#[test]
fn only_readers_of_the_pair_are_led_to_a_parallel_view() {
    let docset = ponds();
    docset.build();
    let leads_there = |page: &str| markup::addresses(&docset.page(page)).iter().any(|href| href.contains("parallel/"));
    for (page, leads) in [("ja/frogs/", true), ("en/frogs/", true), ("de/frogs/", false), ("de/", true)] {
        assert_eq!(leads_there(&format!("{page}index.html")), leads, "{page}");
    }
}

/// Pages of one shape share what their template makes of it, and must not share the words of another language.
#[test]
fn parallel_views_are_those_that_are_rendered_one_by_one() {
    let docset = ponds();
    docset.build();
    let shared = tree(&docset.out());
    let compares =
        "{% extends \"default/parallel.html\" %}{% block kind %}{% if title == root %}{% endif %}parallel{% endblock %}";
    docset.write("themes/own/templates/parallel.html", compares);
    docset.build_with(|config, _| config.site.theme = "own".into()).unwrap();
    let alone = tree(&docset.out());
    let parallel: Vec<_> = shared.keys().filter(|path| path.ends_with("parallel/index.html")).collect();
    assert!(["de/", "ja/"].iter().all(|locale| parallel.iter().any(|path| path.starts_with(locale))), "{parallel:?}");
    assert!(parallel.iter().all(|path| shared[*path] == alone[*path]));
}

#[test]
fn the_same_segment_has_the_same_key_in_all_languages() {
    let docset = ponds();
    docset.build();
    let keys = |path: &str| {
        let all = markup::elements(&docset.page(path));
        all.iter().filter_map(|e| e.get("data-seg").map(str::to_owned)).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(keys("ja/water/index.html"), keys("de/water/index.html"));
    assert_eq!(keys("ja/water/index.html"), keys("en/water/index.html"));
    assert_eq!(keys("ja/index.html"), keys("en/index.html"));
}

#[test]
fn a_line_break_within_emphasis_does_not_tear_its_segment() {
    let docset = Docset::new(&[
        ("index.md", "# A\n\nSome *words that\ngo on* here. Then **bold [link\ntext](b.md)\nmore**.\n"),
        ("b.md", "# B\n"),
    ]);
    docset.build();
    let page = docset.page("en/index.html");
    assert!(markup::faults(&page).is_empty(), "{:?} {page}", markup::faults(&page));
    assert!(page.contains("<em>words that\ngo on</em>"), "{page}");
}

#[test]
fn heading_ids_are_those_of_the_source_in_all_languages() {
    let docset = ponds();
    docset.build();
    for locale in ["ja", "de", "en"] {
        assert!(docset.page(&format!("{locale}/index.html")).contains("<h2 id=\"fish\""), "{locale}");
    }
}

#[test]
fn a_page_that_was_not_translated_is_shown_in_the_source_with_a_notice() {
    let docset = ponds();
    docset.build();
    let page = docset.page("de/frogs/index.html");
    assert!(page.contains("class=\"notice fallback\""), "{page}");
    assert!(page.contains("<article lang=\"en\"") && page.contains("<html lang=\"de\""), "{page}");
    assert!(page.contains("<link rel=\"canonical\" href=\"https://ponds.example.com/guide/en/frogs/\">"), "{page}");
    assert!(!page.contains("hreflang=\"de\" href=\"https://"), "it is no German page: {page}");
    assert!(!docset.page("sitemap.xml").contains("/de/frogs/"));
    assert!(!page.contains("class=\"heading-twin\""));
    assert!(page.contains("<title lang=\"en\">"), "{page}");
    // The switch leads on to the same page in each language, and says where there is none.
    let switch: Vec<String> = markup::elements(&page)
        .iter()
        .filter(|e| e.name == "a" && e.get("hreflang").is_some())
        .map(|e| e.get("href").unwrap().to_owned())
        .collect();
    assert_eq!(switch, ["../../ja/frogs/", "./", "../../en/frogs/"]);
    let english = docset.page("en/frogs/index.html");
    assert!(english.contains("class=\"fallback\""), "{english}");
}

#[test]
fn a_page_of_which_a_part_was_not_translated_says_so() {
    let docset = ponds();
    let report = docset.build();
    let found = the(&report.diagnostics, Code::ParallelMismatch);
    let mut files = vec![found.span.path.as_str(), found.related[0].0.path.as_str()];
    files.sort_unstable();
    assert_eq!(files, ["frogs.ja.md", "frogs.md"], "both places are shown");
    let page = docset.page("ja/frogs/index.html");
    assert!(page.contains("class=\"notice partial\""), "{page}");
    assert!(!docset.page("ja/index.html").contains("class=\"notice partial\""));
    let parallel = docset.page("ja/frogs/parallel/index.html");
    assert!(parallel.contains("Nobody knows why."), "what lacks a translation stands in the parallel view: {parallel}");
}

#[test]
fn machine_translation_is_named_with_the_date_of_its_basis() {
    let docset = ponds();
    docset.build();
    let page = docset.page("ja/water/index.html");
    assert!(page.contains("class=\"notice machine\"") && page.contains("2024年3月4日"), "{page}");
    let english = docset.page("en/water/index.html");
    assert!(!english.contains("class=\"notice machine\"") && !english.contains("2024"), "{english}");
    assert!(!docset.page("de/water/index.html").contains("class=\"notice machine\""));
}

#[test]
fn dates_are_set_as_the_reader_sets_them() {
    let docset = ponds();
    docset.build();
    for (locale, date) in [("ja", "2023年12月24日"), ("de", "24. Dezember 2023"), ("en", "24 December 2023")] {
        let page = docset.page(&format!("{locale}/water/index.html"));
        assert!(page.contains(&format!("<time datetime=\"2023-12-24\">{date}</time>")), "{locale}: {page}");
    }
}

#[test]
fn title_description_and_alternates_are_those_of_the_language() {
    let docset = ponds();
    docset.build();
    for (locale, title, description) in [
        ("ja", "池 – 池の手引き", "池のすべて。"),
        ("de", "Teiche – Teichführer", "Alles über Teiche."),
        ("en", "Ponds – Pond guide", "All about ponds."),
    ] {
        let page = docset.page(&format!("{locale}/index.html"));
        assert!(page.contains(&format!("<title>{title}</title>")), "{page}");
        assert!(page.contains(&format!("<meta name=\"description\" content=\"{description}\">")), "{page}");
        assert!(page.contains(&format!("<link rel=\"canonical\" href=\"https://ponds.example.com/guide/{locale}/\">")));
        for to in ["ja", "de", "en"] {
            assert!(
                page.contains(&format!(
                    "<link rel=\"alternate\" hreflang=\"{to}\" href=\"https://ponds.example.com/guide/{to}/\">"
                )),
                "{page}"
            );
        }
        assert!(page.contains("hreflang=\"x-default\" href=\"https://ponds.example.com/guide/\""), "{page}");
    }
}

#[test]
fn each_heading_leads_to_its_twins() {
    let docset = ponds();
    docset.build();
    let page = docset.page("ja/index.html");
    for to in ["../de/#fish", "../en/#fish"] {
        assert!(markup::addresses(&page).iter().any(|href| href == to), "{to}: {page}");
    }
}

#[test]
fn drafts_are_pages_only_where_they_are_asked_for() {
    let docset = ponds();
    docset.build();
    assert!(!docset.has("en/secret/index.html"));
    for (name, bytes) in super::docset::tree(&docset.out()) {
        assert!(!String::from_utf8_lossy(&bytes).contains("secret"), "{name}");
    }
    docset.build_with(|_, options| options.drafts = true).unwrap();
    assert!(docset.page("en/secret/index.html").contains("class=\"notice draft\""));
    docset.build();
    assert!(!docset.has("en/secret/index.html"), "and gone again");
}

#[test]
fn a_docset_without_configuration_finds_its_languages() {
    let docset = Docset::new(&[
        ("index.md", &localized("ja-JP", "題", ("題", "Title"), &[("文。", "Text.")])),
        ("b.md", &localized("JA-jp", "題", ("題", "Title"), &[("文。", "Text.")])),
    ]);
    docset.build();
    assert!(docset.has("ja/index.html") && docset.has("en/index.html") && docset.has("ja/parallel/index.html"));
    assert!(docset.page("index.html").find("href=\"ja/\"") < docset.page("index.html").find("href=\"en/\""), "targets first");
    let two = Docset::new(&[
        ("a.md", &localized("pt-BR", "T", ("T", "Title"), &[("t.", "Text.")])),
        ("b.md", &localized("pt-PT", "T", ("T", "Title"), &[("t.", "Text.")])),
    ]);
    assert_eq!(two.config().site.locales.len(), 3, "a tag is shortened only while it stays unambiguous");
}

#[test]
fn korean_is_a_language_like_the_others() {
    let docset = Docset::new(&[(
        "index.md",
        &localized(
            "ko-KR",
            "연못",
            ("연못", "Ponds"),
            &[("연못은\n작습니다. **중요:**읽으세요.", "Ponds are\nsmall. **Important:** read.")],
        ),
    )]);
    let report = docset.build();
    assert!(report.written.is_some(), "{report:#?}");
    let page = docset.page("ko/index.html");
    assert!(
        page.contains("<html lang=\"ko\"")
            && page.contains("연못은</span>\n<span")
            && page.contains("<strong>중요:</strong>읽으세요."),
        "Korean keeps the space of a line break: {page}"
    );
}

#[test]
fn a_language_that_the_site_does_not_have_is_reported() {
    let docset = mixed();
    docset.write("content/x.md", localized("fr-FR", "T", ("T", "Title"), &[("Bonjour.", "Text.")]));
    let report = docset.build();
    the(&report.diagnostics, Code::LocaleUnknown);
    assert!(docset.page("en/x/index.html").contains("Text.") && !docset.page("ja/x/index.html").contains("Bonjour"));
}

#[test]
fn a_third_language_is_a_message_file_and_a_line_of_configuration() {
    let docset = Docset::new(&[
        ("madoguchi.toml", "[site]\ntitle = \"Étangs\"\nsource_locale = \"en\"\nlocales = [\"fr\", \"en\"]\ntheme = \"own\"\n"),
        ("content/index.md", "# Ponds\n\nText.\n"),
        ("content/index.fr.md", "# Étangs\n\nTexte.\n"),
        ("themes/own/static/kept.txt", ""),
    ]);
    let said = docset.run(&["build"]).ended(0).stderr;
    assert!(said.contains("themes/own/messages/fr.toml") && said.contains("no words for `fr`"), "{said}");
    let english = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/themes/default/messages/en.toml")).unwrap();
    docset.write("themes/own/messages/fr.toml", english.replace("\"English\"", "\"Français\""));
    let said = docset.run(&["build"]).ended(0).stderr;
    assert!(!said.contains("no words"), "{said}");
    assert!(docset.page("index.html").contains("Français") && docset.page("fr/index.html").contains("Texte."));
    docset.write(
        "themes/own/messages/fr.toml",
        english.lines().filter(|line| !line.starts_with("contents ")).collect::<Vec<_>>().join("\n"),
    );
    let said = docset.run(&["build"]).ended(1).stderr;
    assert!(said.contains("contents"), "message files must agree: {said}");
}

#[test]
fn a_language_without_words_is_built_with_english_ones_that_are_marked() {
    let body = "> [!NOTE]\n> Texte.\n\n## Deux\n\n![Image](gone.png)\n";
    let french = localized("fr-FR", "Étangs", ("Étangs", "Ponds"), &[("Texte.", "Text.")]) + body;
    let docset =
        Docset::new(&[("index.md", french.as_str()), ("b.md", "# B\n"), ("TOC.yml", "- name: Ponds\n  href: index.md\n")]);
    let report = docset.build();
    let found = the(&report.diagnostics, Code::ThemeTextMissing);
    assert_eq!(found.span.path.as_str(), "themes/own/messages/fr.toml");
    assert!(found.message.contains("`fr`") && found.help.contains("`theme = \"own\"`"), "{found:?}");
    assert!(codes(&docset.check().diagnostics).contains(&Code::ThemeTextMissing));
    let page = docset.page("fr/index.html");
    assert!(markup::faults(&page).is_empty(), "{:?}", markup::faults(&page));
    for part in [
        "<html lang=\"fr\" dir=\"ltr\">",
        "<a class=\"skip\" href=\"#md-main\" lang=\"en\">",
        "<nav class=\"section\" aria-label=\"Pages in this section\" lang=\"en\"><details class=\"fold\" lang=\"fr\"><summary lang=\"en\">",
        "<p class=\"alert-title\"><span lang=\"en\">Note</span></p>",
        "<span class=\"image-missing\"><span lang=\"en\">Image not available</span> <span>",
        "lang=\"en\" aria-label=\"Link to this heading\">#</a>",
        "lang=\"fr\" aria-current=\"true\">Français</a>",
        "<article>",
    ] {
        assert!(page.contains(part), "{part} {page}");
    }
    let fallback = docset.page("fr/b/index.html");
    assert!(fallback.contains("This page is not available in Français yet."), "{fallback}");
    assert!(docset.page("index.html").contains("<strong>Français</strong><span lang=\"en\">Continue in Français</span>"));
    assert!(docset.page("fr/404.html").contains("<title lang=\"en\">Page not found"));
    assert!(
        docset
            .page("fr/parallel/index.html")
            .contains("<span class=\"said\" lang=\"en\">English first</span><span class=\"said\" lang=\"en\">")
    );
    let english = docset.page("en/index.html");
    assert!(!english.contains(" lang=\"en\">Skip") && english.contains("<p class=\"alert-title\">Note</p>"), "{english}");
}

#[test]
fn english_words_on_a_page_that_runs_the_other_way_say_which_way_they_run() {
    let docset = Docset::new(&[("index.md", &localized("he-IL", "בריכות", ("בריכות", "Ponds"), &[("טקסט.", "Text.")]))]);
    docset.build();
    let page = docset.page("he/index.html");
    assert!(
        page.contains("<html lang=\"he\" dir=\"rtl\">") && page.contains("href=\"#md-main\" lang=\"en\" dir=\"ltr\">Skip"),
        "{page}"
    );
}

#[test]
fn a_language_whose_script_depends_on_its_region_keeps_the_region() {
    let docset = Docset::new(&[("index.md", &localized("zh-TW", "池", ("池", "Ponds"), &[("文。", "Text.")]))]);
    docset.build();
    assert!(docset.has("zh-TW/index.html"), "`zh` would be read as simplified characters");
    let said = docset.run(&["check"]).ended(0).stdout;
    assert!(said.contains("theme-text-missing") && said.contains("themes/own/messages/zh-TW.toml"), "{said}");
}

#[test]
fn addresses_of_the_web_site_have_the_region_that_the_files_name() {
    let docset =
        Docset::new(&[("index.md", &localized("pt-BR", "T", ("T", "Title"), &[("[Azure](/azure/x)", "[Azure](/azure/x)")]))]);
    docset.build();
    assert!(
        docset.page("pt/index.html").contains("https://learn.microsoft.com/pt-br/azure/x"),
        "{}",
        docset.page("pt/index.html")
    );
    assert!(docset.page("en/index.html").contains("https://learn.microsoft.com/en-us/azure/x"));
}

#[test]
fn the_name_of_the_site_is_marked_where_it_is_in_another_language() {
    let docset = Docset::new(&[
        ("madoguchi.toml", "[site]\ntitle = { ja = \"池の手引き\" }\nlocales = [\"ja\", \"en\"]\n"),
        ("content/index.md", "# Ponds\n\nText.\n"),
    ]);
    docset.build();
    let page = docset.page("en/index.html");
    assert_eq!(page.matches("lang=\"ja\">池の手引き</a>").count(), 3, "in the header, the breadcrumb and the footer: {page}");
    assert!(docset.page("ja/index.html").contains("<a class=\"brand\" href=\"./\">池の手引き</a>"));
}

#[test]
fn an_orphan_translation_is_a_page_of_its_own_and_reported() {
    let docset = mixed();
    docset.write("content/lonely.ja.md", "# 孤独\n\n文。\n");
    docset.write("content/name.with.dots.md", "# Dots\n\nText.\n");
    let report = docset.build();
    assert_eq!(codes(&report.diagnostics).iter().filter(|code| **code == Code::TranslationOrphan).count(), 1);
    assert!(docset.has("en/lonely.ja/index.html") && docset.has("en/name.with.dots/index.html"));
}

#[test]
fn what_is_in_another_language_is_marked() {
    let docset = mixed();
    docset.write(
        "content/mix.md",
        format!(
            "---\ntitle: 混在\nms.contentlocale: ja-JP\n---\n# {}\n\n![日本語の説明](media/plan.svg)\n\n{}\n",
            pair(101, "混在", "Mixed"),
            pair(102, "文。", "Text.")
        ),
    );
    docset.build();
    let english = docset.page("en/mix/index.html");
    let image = markup::elements(&english).into_iter().find(|e| e.get("alt") == Some("日本語の説明")).expect("the image");
    assert!(image.get("lang") == Some("ja") || english.contains("<span lang=\"ja\""), "{english}");
    assert!(english.contains("<title>Mixed"), "the English title is the English heading: {english}");
    let notes = docset.page("ja/notes/index.html");
    assert!(notes.contains("<title lang=\"en\">Notes"), "{notes}");
}
