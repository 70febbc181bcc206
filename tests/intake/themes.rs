//! What the manual says of each template of the counter is what the template receives.

use crate::support::{Counter, Setup, free_port, sound, with};

#[path = "../manual/templates.rs"]
mod manual;

const PAGES: [&str; 2] = ["templates.md", "templates.ja.md"];
const FORM: &str = "/requests/service-request";

fn counter(templates: &[&str]) -> Counter {
    let folder = tempfile::tempdir().unwrap();
    manual::telling(&folder.path().join("themes/own"), templates);
    Counter::at(folder, free_port(), &Setup { site: "theme = \"own\"".to_owned(), ..Setup::default() })
}

/// The receipt of a request, by the ways of a page without script.
fn receipt() -> String {
    let counter = counter(&["request-status.html"]);
    let hidden = counter.post_form(FORM, &sound()).hidden();
    let pairs: Vec<_> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let sent = counter.post_form(FORM, &with(&pairs, &[("step", "confirm")]));
    let status = sent.header("location").unwrap().to_owned();
    counter.get(&status[status.find("/requests/").unwrap()..]).text()
}

#[test]
fn the_manual_tells_what_each_template_of_the_counter_receives() {
    let counter = counter(&["request-form.html", "request-review.html", "request-notice.html"]);
    let html = |path: &str| {
        let request = crate::support::Request::new("GET", path).header("Accept", "text/html");
        crate::support::send(counter.address, &request).text()
    };
    for (template, text) in [
        ("request-form.html", html(FORM)),
        ("request-review.html", counter.post_form(FORM, &sound()).text()),
        ("request-notice.html", html("/requests/nothing")),
        ("request-status.html", receipt()),
    ] {
        let real = manual::received(&text);
        assert!(real.len() > 8, "{template}: {text}");
        PAGES.into_iter().for_each(|page| manual::agree(page, template, &[], &real, &["form", "alternates"]));
    }
}

/// The form's own texts are those of another language as well, each marked.
#[test]
fn a_language_without_words_is_served_with_english_ones_that_are_marked() {
    let setup = Setup { locales: "[\"ja\", \"en\", \"fr\"]", ..Setup::default() };
    let counter = Counter::at(tempfile::tempdir().unwrap(), free_port(), &setup);
    let form = counter.get(&format!("{FORM}?locale=fr")).text();
    for part in [
        "<html lang=\"fr\"",
        "<a class=\"skip\" href=\"#md-main\" lang=\"en\">Skip",
        "<a class=\"brand\" href=\"https://docs.example.com/\" lang=\"en\">Guidance</a>",
        "<span class=\"form-need always\" lang=\"en\">required</span>",
        "<legend><span lang=\"ja\">",
    ] {
        assert!(form.contains(part), "{part} {form}");
    }
    let nowhere =
        crate::support::Request::new("GET", "/requests/nothing").header("Accept", "text/html").header("Accept-Language", "fr");
    let notice = crate::support::send(counter.address, &nowhere).text();
    assert!(notice.contains("<title lang=\"en\">Page not found") && notice.contains("<h1 lang=\"en\">"), "{notice}");
}
