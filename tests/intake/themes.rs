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
