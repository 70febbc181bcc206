//! Forms in pages: from a specification to HTML, in every language, and what a check says of a faulty one.

use crate::support::Site;

const CONFIG: &str = r#"
[site]
source_locale = "en"
locales = ["ja", "en"]
[form.service-request]
spec = "content/forms/service-request.toml"
contact = { ja = "電話してください", en = "Call us" }
promise = { ja = "明日お返事します", en = "We answer tomorrow" }
privacy = { ja = "<b>当社</b>が扱います", en = "We & you" }
[form.translation-feedback]
spec = "content/forms/translation-feedback.toml"
"#;
const REQUEST: &str = include_str!("../../content/forms/service-request.toml");
const FEEDBACK: &str = include_str!("../../content/forms/translation-feedback.toml");

fn site() -> Site {
    let forms = Site::new().config(CONFIG).file("forms/service-request.toml", REQUEST);
    forms.file("forms/translation-feedback.toml", FEEDBACK)
}

/// The tag of the control with this name, up to its end.
fn control<'h>(html: &'h str, name: &str) -> &'h str {
    let at = html.find(&format!(" name=\"{name}\"")).unwrap_or_else(|| panic!("no field {name}"));
    let start = html[..at].rfind('<').unwrap();
    &html[start..=at + html[at..].find('>').unwrap()]
}

#[test]
fn both_forms_stand_in_the_readers_language_and_nothing_is_published_of_their_specifications() {
    let built = site()
        .file("a.md", "# A\n\n:::form service-request\n")
        .file("a.ja.md", "# ア\n\n:::form service-request\n")
        .file("b.md", "# B\n\nBefore.\n\n:::form translation-feedback:::\n\nAfter.\n")
        .build();
    assert_eq!(built.codes(), [""; 0]);
    let (ja, en) = (built.html("ja/a/"), built.html("en/a/"));
    assert!(
        ja.contains(
            "<form class=\"request\" id=\"md-form-service-request\" method=\"post\" action=\"/requests/service-request\""
        )
    );
    assert!(ja.contains("<legend>重大度 <span class=\"form-need always\">必須</span></legend>"));
    assert!(
        ja.contains("&lt;b&gt;当社&lt;/b&gt;が扱います") && ja.contains("明日お返事します") && ja.contains("電話してください")
    );
    assert!(en.contains("<legend>Severity ") && en.contains("We &amp; you") && !en.contains("重大度"));
    assert!(control(&ja, "locale").contains("value=\"ja\"") && control(&en, "page").contains("value=\"en/a/\""));
    assert!(control(&en, "token").contains("value=\"\"") && !control(&en, "_charset_").contains("value"));
    assert!(control(&en, "website").contains("tabindex=\"-1\"") && control(&en, "website").contains("autocomplete=\"off\""));
    assert!(control(&en, "requester_name").ends_with(" required>") && !control(&en, "phone").contains("required"));
    let consent = en.find("name=\"consent\"").unwrap();
    assert!(en.find("We &amp; you").unwrap() < consent && consent < en.rfind("<button").unwrap());
    // A page without translation shows its text in English, and the form in the reader's language.
    let fallback = built.html("ja/b/");
    assert!(fallback.contains("lang=\"ja\" aria-label=\"翻訳へのご意見\"") && fallback.contains("Before."));
    assert!(built.html("en/b/").contains("name=\"segment\" value=\"\""), "what nothing has filled in is asked for");
    for name in ["forms/service-request.toml", "content/forms/service-request.toml"] {
        assert!(!built.has(name), "{name}");
    }
}

#[test]
fn only_pages_with_a_form_load_its_script() {
    let built = site().file("a.md", "# A\n\n:::form service-request\n").file("b.md", "# B\n").build();
    assert!(built.html("en/a/").contains("<script type=\"module\" src=\"../../assets/form."));
    assert!(!built.html("en/b/").contains("assets/form."));
}

#[test]
fn translated_pages_lead_to_the_form_for_reports_with_the_page_filled_in() {
    let pages = |site: Site| site.file("a b.md", "# A\n").file("a b.ja.md", "# ア\n").file("c.md", "# C\n").build();
    let built = pages(site());
    let href = |page| format!("href=\"/requests/translation-feedback?locale=ja&amp;page={page}&amp;segment=page\"");
    let single = built.html("ja/a b/");
    assert!(single.contains(&href("/ja/a%2520b/")), "{single}");
    let most = "data-source=\"en\" data-target=\"ja\" data-source-most=\"1000\" data-target-most=\"1000\"";
    assert!(built.html("ja/a b/parallel/").contains(&format!("{} {most}", href("/ja/a%2520b/parallel/"))));
    for (page, why) in
        [("en/a b/", "an original"), ("ja/c/", "a page in another language"), ("en/c/", "a page without translation")]
    {
        assert!(!built.html(page).contains("data-source"), "{why} has no translation");
    }
    let known = CONFIG.replace("[site]", "[site]\nbase_url = \"https://docs.example.com/x/\"");
    let site = Site::new().config(&known).file("forms/service-request.toml", REQUEST);
    let short = FEEDBACK.replacen(
        "limit = { graphemes = 1000, bytes = 4000 }\nprefill = true",
        "limit = { graphemes = 300, bytes = 400 }\nprefill = true",
        1,
    );
    let html = pages(site.file("forms/translation-feedback.toml", &short)).html("ja/a b/");
    assert!(html.contains("&amp;page=https://docs.example.com/x/ja/a%2520b/&amp;segment=page\""), "{html}");
    assert!(html.contains("data-source-most=\"100\" data-target-most=\"1000\""), "{html}");
    let (page, rest) = FEEDBACK.split_at(FEEDBACK.find("name = \"segment\"").unwrap());
    let closed = page.to_owned() + &rest.replacen("prefill = true\nhidden = true\n", "", 1);
    let site = Site::new().config(CONFIG).file("forms/service-request.toml", REQUEST);
    assert!(!pages(site.file("forms/translation-feedback.toml", &closed)).html("ja/a b/").contains("data-source"));
}

/// A proxy shows it in the place of any of the counter's pages, so nothing in it may depend on where it stands.
#[test]
fn a_page_for_a_counter_that_does_not_answer_names_every_contact_in_every_language() {
    let built = site().file("a.md", "# A\n").build();
    let html = built.html("unavailable.html");
    assert!(html.contains("<section lang=\"ja\" dir=\"ltr\">") && html.contains("<section lang=\"en\" dir=\"ltr\">"), "{html}");
    assert!(html.contains("電話してください") && html.contains("Call us") && html.contains("noindex"), "{html}");
    assert!(!html.contains("href=\".") && html.contains("href=\"/assets/site."), "{html}");
}

#[test]
fn a_form_that_stands_twice_is_shown_once() {
    let twice = "# A\n\n:::form service-request\n\nAgain:\n\n:::form service-request\n";
    let built = site().file("a.md", twice).file("a.ja.md", twice).build();
    for path in ["en/a/", "ja/a/parallel/"] {
        let html = built.html(path);
        assert_eq!(html.matches("<form class=\"request\"").count(), 1, "{path}");
        assert_eq!(html.matches("href=\"#md-form-service-request\"").count(), 1, "{path}");
    }
    assert!(built.html("ja/a/parallel/").contains("<form class=\"request\" id=\"md-form-service-request\" method=\"post\" action=\"/requests/service-request\" enctype=\"application/x-www-form-urlencoded\" accept-charset=\"UTF-8\" novalidate lang=\"ja\""));
}

#[test]
fn a_form_is_a_place_that_pages_link_to() {
    let form = "# A\n\n:::form service-request\n\n[x](#md-form-service-request)\n";
    let built = site().file("a.md", form).file("b.md", "[x](a.md#md-form-service-request) [y](a.md#md-form-x)\n").build();
    assert_eq!(built.codes(), ["fragment-missing"]);
    assert!(built.html("en/b/").contains("href=\"../a/#md-form-service-request\""));
}

#[test]
fn a_form_is_sent_to_the_public_address_of_the_counter() {
    let config = format!("{CONFIG}[intake]\npublic_url = \"https://counter.example.com/requests\"\n");
    let built = site().config(&config).file("a.md", "# A\n\n- one\n\n  :::form service-request\n").build();
    assert!(built.html("en/a/").contains(" action=\"https://counter.example.com/requests/service-request\""));
}

#[test]
fn a_third_language_without_texts_is_reported_and_still_served() {
    let config = CONFIG.replace("[\"ja\", \"en\"]", "[\"ja\", \"en\", \"ko\"]");
    let built = site().config(&config).file("a.md", "# A\n\n:::form service-request\n").build();
    let codes = built.codes();
    assert!(codes.len() > 50 && codes.iter().all(|code| *code == "form-text-missing"));
    let ko = built.html("ko/a/");
    assert!(ko.contains("<span lang=\"ja\">題名</span></label>"));
    assert!(ko.contains(">필수</span>"));
}

#[test]
fn faults_of_a_form_are_reported_at_their_place() {
    for (spec, page, codes) in [
        (REQUEST.replace("\"line\"", "\"lime\""), "# A\n\n:::form service-request\n", "form-damaged"),
        (REQUEST.to_owned(), "# A\n\n:::form service-requests\n", "form-missing"),
        (REQUEST.to_owned(), "# A\n\n:::form\n", "extension-malformed"),
    ] {
        let built = site().file("forms/service-request.toml", &spec).file("a.md", page).build();
        assert!(!built.codes().is_empty() && built.codes().iter().all(|code| *code == codes), "{:?}", built.codes());
    }
    let outside = Site::new().config(CONFIG).file("a.md", "# A\n").build();
    assert_eq!(outside.codes(), ["form-missing", "form-missing"]);
}

#[test]
fn a_changed_specification_changes_the_pages_it_stands_in() {
    let site = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let file = site.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    let build = || {
        let command =
            std::process::Command::new(env!("CARGO_BIN_EXE_madoguchi")).arg("build").arg("--site").arg(site.path()).output();
        assert!(command.unwrap().status.success());
        std::fs::read_to_string(site.path().join("public/en/a/index.html")).unwrap()
    };
    put("madoguchi.toml", CONFIG);
    put("content/a.md", "# A\n\n:::form service-request\n");
    put("content/forms/service-request.toml", REQUEST);
    put("content/forms/translation-feedback.toml", FEEDBACK);
    assert!(build().contains("<legend>The problem</legend>"));
    put("content/forms/service-request.toml", &REQUEST.replace("The problem", "What is wrong"));
    assert!(build().contains("<legend>What is wrong</legend>"));
    put("madoguchi.toml", &CONFIG.replace("We answer tomorrow", "We answer today"));
    assert!(build().contains("We answer today"));
}

#[test]
fn a_field_may_be_called_as_something_that_a_script_asks_of_a_form() {
    // A field hides the form's own property of its name. Fields' names have no upper case.
    let script = include_str!("../../themes/default/static/request-form.js");
    let asked = script.split("form.").skip(1).filter_map(|rest| {
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())];
        (!name.is_empty() && name == name.to_ascii_lowercase()).then_some(name)
    });
    assert_eq!(asked.collect::<Vec<_>>(), ["js", "request"], "a file, and a class in a selector");
}
