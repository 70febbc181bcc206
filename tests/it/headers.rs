//! The policy allows what a site uses, and no more.

use std::path::Path;

use madoguchi::config::{self, Config, Environment};
use madoguchi::site::build::discovered_tags;
use madoguchi::site::headers::{Server, policy, written};
use madoguchi::theme::Theme;

const SITE: &str = "[site]\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\"]\n";
const FORM: &str = "[form.f]\nspec = \"content/f.toml\"\n";

fn config(text: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("madoguchi.toml"), format!("{SITE}{text}")).unwrap();
    config::load(folder.path(), &Environment::default(), discovered_tags).unwrap()
}

fn theme(config: &Config, own: Option<&Path>) -> Theme {
    Theme::load(own, &config.site.locales).unwrap()
}

/// What a directive of the policy allows.
fn allowed(text: &str, directive: &str) -> Option<String> {
    let config = config(text);
    let policy = policy(&config, &theme(&config, None));
    assert!(
        policy.starts_with("default-src 'none'; ") && policy.ends_with("; base-uri 'none'; frame-ancestors 'none'"),
        "{policy}"
    );
    policy.split("; ").find_map(|part| part.strip_prefix(directive).map(|sources| sources.trim().to_owned()))
}

#[test]
fn nothing_may_be_sent_by_a_site_that_sends_nothing() {
    assert_eq!(allowed("search = false\n", "form-action").as_deref(), Some("'none'"));
    assert_eq!(allowed("search = false\n", "connect-src"), None);
    assert_eq!(allowed("search = false\n", "font-src"), None);
    assert_eq!(allowed("search = false\n", "img-src").as_deref(), Some("'self'"));
}

#[test]
fn the_search_and_the_counter_may_be_asked_where_they_are() {
    let counter =
        |base: &str, public: &str| format!("search = false\nbase_url = \"{base}\"\n{FORM}[intake]\npublic_url = \"{public}\"\n");
    let other = counter("https://docs.example.com/", "https://counter.example.com:8443/requests/");
    let same = counter("https://docs.example.com/partner/", "https://docs.example.com/requests/");
    for directive in ["form-action", "connect-src"] {
        assert_eq!(allowed("search = true\n", directive).as_deref(), Some("'self'"), "{directive}");
        assert_eq!(allowed(&other, directive).as_deref(), Some("https://counter.example.com:8443"), "{directive}");
        assert_eq!(allowed(&same, directive).as_deref(), Some("'self'"), "{directive}");
        assert_eq!(allowed(&format!("search = false\n{FORM}"), directive).as_deref(), Some("'self'"), "{directive}");
        let both = other.replace("search = false", "search = true");
        assert_eq!(allowed(&both, directive).as_deref(), Some("'self' https://counter.example.com:8443"), "{directive}");
    }
}

#[test]
fn a_theme_with_fonts_and_inline_pictures_may_use_them() {
    let own = tempfile::tempdir().unwrap();
    std::fs::create_dir(own.path().join("static")).unwrap();
    std::fs::write(own.path().join("static/own.woff2"), "font").unwrap();
    std::fs::write(own.path().join("static/own.css"), "a { background: url(data:image/png;base64,AA) }").unwrap();
    let config = config("");
    let policy = policy(&config, &theme(&config, Some(own.path())));
    assert!(policy.contains("; font-src 'self'; ") && policy.contains("; img-src 'self' data:; "), "{policy}");
}

#[test]
fn each_server_gets_the_same_headers_in_its_own_words() {
    let config = config("base_url = \"https://docs.example.com/partner/\"\n");
    let theme = theme(&config, None);
    let policy = policy(&config, &theme);
    for (server, assets) in [
        (Server::Nginx, "location ^~ /partner/assets/ {"),
        (Server::Caddy, "path_regexp ^/partner/assets/.+\\.[^/]+$"),
        (Server::Static, "\n/partner/assets/*\n  Cache-Control: public, max-age=31536000, immutable\n"),
        (Server::Plain, "X-Content-Type-Options: nosniff\n"),
    ] {
        let text = written(&config, &theme, server);
        assert!(text.contains(&policy) && text.contains("strict-origin-when-cross-origin") && text.contains(assets), "{text}");
    }
}
