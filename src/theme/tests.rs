//! Tests of the theme as a whole; the views here are the smallest that each template renders.

mod entries;

use std::borrow::Cow;

use serde_json::{Value, json};

use super::load::{File, Layers};
use super::{Shared, Theme, ThemeError, ThemeErrorKind};
use crate::locale::{Locale, LocaleId, LocaleSet};

fn locales(tags: &[&str]) -> LocaleSet {
    let all: Vec<_> = tags.iter().map(|tag| Locale::parse(tag).unwrap()).collect();
    LocaleSet::new(all.clone(), all[all.len() - 1].clone())
}

/// The built-in theme with these files over it.
fn with(own: &[(&str, &str)]) -> Layers {
    let mut layers = Layers::read(None).unwrap();
    for (path, text) in own {
        let bytes = Cow::Owned(text.as_bytes().to_vec());
        layers.own.insert((*path).to_owned(), File { shown: format!("themes/own/{path}"), bytes });
    }
    layers
}

fn load(own: &[(&str, &str)], tags: &[&str]) -> Result<Theme, ThemeError> {
    Theme::from_layers(&with(own), &locales(tags))
}

fn error(own: &[(&str, &str)], tags: &[&str]) -> ThemeError {
    load(own, tags).unwrap_err()
}

/// The fields that every template is given.
fn view(theme: &Theme, locale: LocaleId, more: &Value) -> Value {
    let lang = theme.messages(locale).get("language_code");
    let mut view = json!({
        "lang": lang, "dir": "ltr", "t": theme.messages(locale), "site_title": "窓口 & Guidance", "site_title_lang": null, "root": "../../",
        "assets": {"css": theme.asset_url("site.css"), "favicon": theme.asset_url("favicon.svg"), "script": null},
        "home_href": "../", "contents_href": "../contents/", "search_href": null, "canonical": "https://docs.example.com/ja/billing/",
        "title": "請求 <1>", "title_lang": null, "description": null, "robots": null,
        "languages": [
            {"tag": "ja", "name": "日本語", "href": "./", "current": lang == "ja", "fallback": false},
            {"tag": "en", "name": "English", "href": "../../en/billing/", "current": lang == "en", "fallback": true},
        ],
        "alternates": [{"tag": "x-default", "href": "https://docs.example.com/"}], "parallel_href": "parallel/", "single_href": null,
    });
    view.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    view
}

fn article() -> Value {
    let names = [
        "lead_first",
        "interleaved",
        "marked",
        "mark_keys",
        "copy_pair",
        "copied",
        "copy_failed",
        "report_translation",
        "clear_mark",
    ];
    let words: Value =
        names.iter().map(|name| ((*name).to_owned(), json!("{language}?"))).collect::<serde_json::Map<_, _>>().into();
    json!({
        "breadcrumb": [{"name": "Home", "lang": "en", "href": "../"}, {"name": "請求", "lang": null, "href": null}],
        "nav": "<ul><li>nav</li></ul>", "contents": [{"id": "steps", "html": "手順", "level": 2}],
        "previous": null, "next": {"name": "次", "lang": null, "href": "../next/"}, "edit_href": null,
        "date": {"iso": "2021-04-01", "text": "2021年4月1日"}, "basis": {"iso": "2020-01-02", "text": "2020年1月2日"},
        "notices": [{"kind": "machine"}, {"kind": "partial"}, {"kind": "fallback"}, {"kind": "draft"}],
        "article_lang": "en", "article_dir": "ltr", "body": "<h1 id=\"b\">Billing</h1>",
        "columns": [{"tag": "ja", "name": "日本語", "t": words}, {"tag": "en", "name": "English", "t": words}],
    })
}

/// A view whose text and navigation are finished HTML.
#[derive(Default, serde::Serialize)]
struct Finished {
    #[serde(flatten)]
    view: Value,
    body: Option<Shared>,
    nav: Option<Shared>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Shared>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<Shared>,
}

fn both(template: &str, more: &Value) -> [String; 2] {
    let theme = load(&[], &["ja", "en"]).unwrap();
    [LocaleId(0), LocaleId(1)].map(|locale| {
        let mut view = view(&theme, locale, more);
        let mut html = |key: &str| view.as_object_mut()?.remove(key)?.as_str().map(Shared::html);
        let (body, nav, items, entries) = (html("body"), html("nav"), html("items"), html("entries"));
        theme.render(template, &Finished { view, body, nav, items, entries }).unwrap()
    })
}

#[test]
fn an_article_is_shown_in_its_language_with_notices_and_dates() {
    for html in both("page.html", &article()) {
        assert!(html.contains("<title>請求 &lt;1&gt; – 窓口 &amp; Guidance</title>"), "{html}");
        assert!(html.contains("<h1 id=\"b\">Billing</h1>"));
        assert!(html.contains("datetime=\"2020-01-02\""));
        assert_eq!(html.matches("class=\"notice ").count(), 4);
        assert!(!html.contains(" style=") && !html.contains("<style"));
    }
    let [ja, en] = both("page.html", &article());
    assert!(ja.contains("2020年1月2日の版から機械翻訳"));
    assert!(ja.contains("<article lang=\"en\" dir=\"ltr\">") && en.contains("<article>"));
}

/// Views of many shapes, and of each shape more than one.
fn views() -> Vec<Value> {
    let mut views = Vec::new();
    for (title, contents, more) in
        [("請求 <1>", 1, false), ("a & \"b\"", 1, false), ("", 3, true), ("{{ t }} {x}", 0, true), ("c", 3, true)]
    {
        let mut view = article();
        view["title"] = json!(title);
        view["contents"] = json!(vec![json!({"id": format!("i-{title}"), "html": "<b>x</b>", "level": 3}); contents]);
        view["description"] = if more { json!(format!("{title}のこと")) } else { Value::Null };
        view["basis"] = if more { Value::Null } else { json!({"iso": "2020-01-02", "text": title}) };
        view["notices"] = json!([{"kind": if more { "partial" } else { "machine" }}]);
        view["article_lang"] = json!(if contents == 0 { "ja" } else { "en" });
        view["body"] = json!(format!("<h1>{title}</h1>"));
        views.push(view);
    }
    views
}

#[test]
fn a_page_made_of_a_frame_is_the_page_rendered_as_a_whole() {
    let text = "{% extends \"article.html\" %}{% block kind %}{% if title == root %}{% endif %}article{% endblock %}";
    let whole = load(&[("templates/page.html", text)], &["ja", "en"]).unwrap();
    let framed = load(&[], &["ja", "en"]).unwrap();
    assert!(["entry.html", "page.html", "parallel.html", "redirect.html"].iter().all(|name| framed.engine.is_framed(name)));
    assert!(!whole.engine.is_framed("page.html"), "a comparison of titles needs the whole page");
    for locale in [LocaleId(0), LocaleId(1)] {
        for more in views() {
            let render = |theme: &Theme| {
                let mut view = view(theme, locale, &more);
                let body = view.as_object_mut().unwrap().remove("body").and_then(|body| Some(Shared::html(body.as_str()?)));
                let nav = Shared::html_with(std::sync::Arc::new("<ul><li></li></ul>".to_owned()), 7, " aria-current=\"page\"");
                theme.render("page.html", &Finished { view, body, nav: Some(nav), ..Finished::default() }).unwrap()
            };
            assert_eq!(render(&framed), render(&whole));
            assert!(render(&framed).contains("<ul><li aria-current=\"page\"></li></ul>"));
        }
    }
}

#[test]
fn an_article_without_anything_optional_is_still_a_page() {
    let mut bare = article();
    for (key, value) in bare.as_object_mut().unwrap() {
        match value {
            Value::Array(items) => items.clear(),
            Value::String(_) if matches!(key.as_str(), "article_lang" | "article_dir" | "body") => {}
            Value::String(text) => text.clear(),
            other => *other = Value::Null,
        }
    }
    for html in both("page.html", &bare) {
        assert!(html.contains("<main") && !html.contains("class=\"meta\"") && !html.contains("class=\"turn\""));
    }
}

#[test]
fn the_parallel_view_names_both_languages_and_leads_back() {
    let mut more = article();
    more["single_href"] = json!("../");
    for html in both("parallel.html", &more) {
        assert!(html.contains("<span lang=\"ja\">日本語</span><span lang=\"en\">English</span>"), "{html}");
        assert!(html.contains("<p class=\"single\"><a href=\"../\">"));
    }
}

#[test]
fn the_other_pages_say_what_they_must() {
    let [ja, _] = both("choose.html", &json!({}));
    assert!(ja.contains("lang=\"en\"><strong>English</strong><span>Continue in English</span>"), "{ja}");
    let [ja, en] = both("not-found.html", &json!({"root": "/docs/"}));
    assert!(ja.contains("ページが<wbr>見つかりません") && en.contains("href=\"/docs/assets/site."));
    let [_, en] = both("redirect.html", &json!({"target": "../new/", "target_title": "New"}));
    assert!(en.contains("content=\"0; url=../new/\"") && en.contains("noindex") && en.contains("<a href=\"../new/\">New</a>"));
    let [ja, _] = both("contents.html", &json!({"entries": "<li>すべて</li>"}));
    assert!(ja.contains("<ul><li>すべて</li></ul></nav>"), "{ja}");
}

#[test]
fn a_site_replaces_one_file_and_keeps_the_others() {
    let own = [
        ("templates/not-found.html", "{% extends \"default/not-found.html\" %}{% block kind %}mine{% endblock %}"),
        ("messages/ja.toml", "previous = \"戻る\""),
    ];
    let theme = load(&own, &["ja", "en"]).unwrap();
    let html = theme.render("not-found.html", &view(&theme, LocaleId(0), &json!({}))).unwrap();
    assert!(html.contains("<body class=\"mine\">") && html.contains("ページが<wbr>見つかりません"), "{html}");
    assert_eq!(theme.messages(LocaleId(0)).get("previous"), "戻る");
    assert_eq!(theme.messages(LocaleId(0)).get("next"), "次のページ");
    assert_ne!(theme.digest().hex(), load(&[], &["ja", "en"]).unwrap().digest().hex());
}

#[test]
fn a_site_folder_is_read_from_disk() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("static/img")).unwrap();
    std::fs::write(folder.path().join("static/img/logo.svg"), "<svg/>").unwrap();
    std::fs::write(folder.path().join(".hidden"), [0xff]).unwrap();
    let theme = Theme::load(Some(folder.path()), &locales(&["ja", "en"])).unwrap();
    assert!(theme.asset_url("img/logo.svg").starts_with("assets/img/logo."));
    std::fs::write(folder.path().join("page.html"), "").unwrap();
    let misplaced = Theme::load(Some(folder.path()), &locales(&["en"])).unwrap_err();
    assert_eq!((misplaced.kind, misplaced.help.contains("`templates/page.html`")), (ThemeErrorKind::Misplaced, true));
    let missing = Theme::load(Some(&folder.path().join("none")), &locales(&["en"])).unwrap_err();
    assert_eq!(missing.kind, ThemeErrorKind::Unreadable);
}

#[test]
fn a_template_error_shows_file_line_and_cause() {
    let syntax = error(&[("templates/page.html", "<p>\n日本 {% if %}")], &["en"]);
    let place = syntax.place.as_ref().unwrap();
    assert_eq!((syntax.kind, place.file.as_str(), place.line), (ThemeErrorKind::Template, "themes/own/templates/page.html", 2));
    assert_eq!(place.excerpt(), "日本 {% if %}");

    let unknown = error(&[("templates/page.html", "\n日本{{ title | shout }}")], &["en"]);
    let place = unknown.place.as_ref().unwrap();
    assert_eq!((unknown.message.as_str(), place.line), ("Unknown filter `shout`", 2));
    assert!(place.text[place.range.clone()].contains("shout"), "{place:?}");

    let several = error(&[("templates/page.html", "{{ title | shout }}{{ title | cry }}")], &["en"]);
    assert!(several.help.contains("1 more"), "{several}");

    let theme = load(&[("templates/page.html", "<p>\n{{ titel }}")], &["en"]).unwrap();
    let rendering = theme.render("page.html", &json!({"title": "x"})).unwrap_err();
    assert_eq!((rendering.kind, rendering.place.as_ref().unwrap().line), (ThemeErrorKind::Render, 2));
    assert!(
        rendering.to_string().starts_with("themes/own/templates/page.html:2:4: Variable `titel` is not defined"),
        "{rendering}"
    );
    assert_eq!(theme.render("none.html", &json!({})).unwrap_err().kind, ThemeErrorKind::NoSuchTemplate);
}

#[test]
fn message_files_must_agree() {
    let misspelt = error(&[("messages/ja.toml", "# 日本語\nskpi_link = \"本文\"")], &["ja", "en"]);
    assert_eq!((misspelt.kind, misspelt.place.as_ref().unwrap().line), (ThemeErrorKind::MessageKey, 2));
    assert!(misspelt.to_string().contains("`skpi_link`") && misspelt.help.contains("`skip_link`"), "{misspelt}");

    let short = error(&[("messages/fr.toml", "skip_link = \"Aller au contenu\"")], &["fr", "en"]);
    assert!(short.message.contains("messages/fr.toml` lacks the key") && short.message.contains("`alert_tip`"), "{short}");
    assert!(short.help.contains("`skip_link`"), "{short}");

    let wrong = error(&[("messages/ja.toml", "previous = 1")], &["ja"]);
    assert_eq!(wrong.kind, ThemeErrorKind::MessageFile);
    assert_eq!(error(&[("messages/ja.toml", "previous = ")], &["ja"]).place.unwrap().line, 1);

    let placeholder = error(&[("messages/ja.toml", "heading_twin = \"{lang}で読む\"")], &["ja"]);
    assert!(placeholder.message.contains("`{lang}`") && placeholder.help.contains("`{language}`"), "{placeholder}");

    let both = [("messages/ja.toml", "own = \"自\""), ("messages/en.toml", "own = \"own\"")];
    assert_eq!(load(&both, &["ja-JP", "en"]).unwrap().messages(LocaleId(0)).get("own"), "自");
}

#[test]
fn a_locale_without_messages_speaks_english_under_its_own_name() {
    let theme = load(&[("messages/en.toml", "next = \"Onward\"")], &["pt-BR", "ja", "en"]).unwrap();
    let lent = theme.messages(LocaleId(0));
    assert_eq!((lent.get("language_name"), lent.get("next"), lent.foreign()), ("Português (Brasil)", "Onward", Some("en")));
    assert_eq!(lent.get("choose_text"), "Continue in Português (Brasil)");
    assert!(
        lent.get("notice_fallback").starts_with("This page is not available in Português"),
        "{}",
        lent.get("notice_fallback")
    );
    assert_eq!(
        (lent.get("language_code"), lent.get("mark_words"), lent.get("mark_text")),
        ("en", " lang=\"en\"", " lang=\"pt-BR\"")
    );
    for own in [1, 2].map(|id| theme.messages(LocaleId(id))) {
        assert_eq!((own.foreign(), own.get("mark_words"), own.get("mark_text")), (None, "", ""));
    }
    let names = |tags: &[&str]| {
        let theme = load(&[], tags).unwrap();
        (0..tags.len() - 1).map(|id| theme.messages(LocaleId(id as u8)).get("language_name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&["es-MX", "es-ES", "tlh", "en"]), ["Español (es-MX)", "Español (es-ES)", "tlh"]);
    assert_eq!(load(&[], &["he", "en"]).unwrap().messages(LocaleId(0)).get("mark_words"), " lang=\"en\" dir=\"ltr\"");
}

#[test]
fn the_message_file_that_a_locale_lacks_is_named() {
    let files = |tags: &[&str]| load(&[], tags).unwrap().without_words().map(|(_, file)| file).collect::<Vec<_>>();
    assert_eq!(files(&["pt-BR", "ja", "de-AT", "en"]), ["messages/pt.toml"]);
    assert_eq!(files(&["zh-CN", "zh-TW", "en"]), ["messages/zh-CN.toml", "messages/zh-TW.toml"]);
    assert_eq!(files(&["zh-TW", "en"]), ["messages/zh-TW.toml"], "`zh` is another script");
}

#[test]
fn the_built_in_languages_agree_in_keys_and_placeholders() {
    let theme = load(&[], &["ja", "en", "de", "ko"]).unwrap();
    let english = theme.messages(LocaleId(1));
    for locale in (0..4).map(LocaleId) {
        for key in english.keys().filter(|key| !["date_pattern", "mail_when"].contains(key)) {
            let names = |text: &str| text.split('{').skip(1).map(|s| s.split('}').next().unwrap().to_owned()).collect::<Vec<_>>();
            assert_eq!(names(english.get(key)), names(theme.messages(locale).get(key)), "{key}");
        }
    }
    assert_eq!(english.format("heading_twin", &[("language", "日本語")]), "Read this section in 日本語");
    assert_eq!(english.format("{a} {b {c}", &[("a", "1"), ("c", "3")]), "1 {b 3");
}

#[test]
fn dates_are_written_as_readers_write_them() {
    let theme = load(&[], &["ja", "en", "de", "ko"]).unwrap();
    let dates: Vec<_> = (0..4).map(|id| theme.messages(LocaleId(id)).date(2021, 4, 1)).collect();
    assert_eq!(dates, ["2021年4月1日", "1 April 2021", "1. April 2021", "2021년 4월 1일"]);
}

#[test]
fn names_of_static_files_follow_their_content() {
    let css = |text| [("static/own.css", text), ("static/img/a.png", "a")];
    let url = |text| load(&css(text), &["en"]).unwrap().asset_url("own.css").to_owned();
    assert_ne!(url("a{}"), url("b{}"));
    assert_eq!(url("a{}").len(), "assets/own.0123456789.css".len());
    let theme = load(&css("a{b:url( './img/a.png' ) url(#x) url(data:x)}"), &["en"]).unwrap();
    let text = String::from_utf8(theme.assets().get("own.css").unwrap().bytes.clone()).unwrap();
    assert_eq!(
        text,
        format!("a{{b:url( './img/{}' ) url(#x) url(data:x)}}", theme.asset_url("img/a.png").rsplit('/').next().unwrap())
    );

    let missing = error(&[("static/own.css", "\n a{b:url(none.png)}")], &["en"]);
    assert_eq!((missing.kind, missing.place.as_ref().unwrap().column), (ThemeErrorKind::Asset, 10));
    let circle = error(&[("static/a.css", "@import url(b.css);"), ("static/b.css", "@import url(a.css);")], &["en"]);
    assert_eq!(circle.kind, ThemeErrorKind::Asset);
}

#[test]
fn scripts_find_their_messages_in_a_file_that_pages_name() {
    let theme = load(&[("messages/ja.toml", "form_edit = \"\\\"直す\\\"\"\n")], &["ja", "en"]).unwrap();
    for (id, tag, edit) in [(LocaleId(0), "ja", "\"直す\""), (LocaleId(1), "en", "Change answers")] {
        let (name, asset) = (theme.messages(id).get("script_words"), theme.assets().get(&format!("words.{tag}.js")).unwrap());
        assert_eq!(asset.path, format!("assets/{name}"));
        let text = String::from_utf8(asset.bytes.clone()).unwrap();
        let texts = text.strip_prefix("export default ").and_then(|rest| rest.strip_suffix(";\n")).unwrap();
        let texts: serde_json::Value = serde_json::from_str(texts).unwrap();
        assert_eq!((texts["form_edit"].as_str(), texts.get("skip_link")), (Some(edit), None));
    }
    let own = load(&[("static/words.en.js", "own")], &["en"]).unwrap();
    assert_eq!(own.assets().get("words.en.js").unwrap().bytes, b"own");
}

#[test]
fn scripts_import_each_other_under_their_names() {
    let own = "// import \"./none.js\"\nimport { a } from './lib/a.js';\nimport \"./b.js\";\nconst from = \"./b.js\";\nconst later = () => import(\"./b.js\");\nconst style = new URL(\"./c.css\", import.meta.url);\nconst page = new URL(\"./c.css\", base);\n";
    let files =
        [("static/own.js", own), ("static/lib/a.js", "export const a = 1;\n"), ("static/b.js", "1;\n"), ("static/c.css", "a{}")];
    let theme = load(&files, &["en"]).unwrap();
    let text = String::from_utf8(theme.assets().get("own.js").unwrap().bytes.clone()).unwrap();
    let name = |file: &str| theme.asset_url(file).rsplit('/').next().unwrap().to_owned();
    let (a, b, c) = (name("lib/a.js"), name("b.js"), name("c.css"));
    assert_eq!(
        text,
        format!(
            "// import \"./none.js\"\nimport {{ a }} from './lib/{a}';\nimport \"./{b}\";\nconst from = \"./b.js\";\nconst later = () => import(\"./{b}\");\nconst style = new URL(\"./{c}\", import.meta.url);\nconst page = new URL(\"./c.css\", base);\n"
        )
    );
    let missing = error(&[("static/own.js", "export {\n  a,\n} from \"./none.js\";\n")], &["en"]);
    assert_eq!((missing.kind, missing.place.as_ref().unwrap().line), (ThemeErrorKind::Asset, 3));
}
