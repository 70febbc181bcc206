//! What the manual says of each template is what the template receives.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use madoguchi::config::{self, Environment};
use madoguchi::site::build::{Observer, Options, build, discovered_tags};

#[path = "../manual/templates.rs"]
mod manual;

const PAGES: [&str; 2] = ["templates.md", "templates.ja.md"];
/// Each template of the site, and a word in the path of the pages that it makes; the fragments within pages come after.
const RENDERED: [&str; 11] = [
    "page.html",
    "parallel.html",
    "contents.html",
    "choose.html",
    "not-found.html",
    "redirect.html",
    "unavailable.html",
    "nav.html",
    "entry.html",
    "search.html",
    "print.html",
];

struct Quiet;

impl Observer for Quiet {
    fn phase(&self, _: &str, _: usize) {}
    fn step(&self) {}
}

fn put(folder: &Path, path: &str, text: &str) {
    let file = folder.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// A site that has everything which a template may receive.
fn site(folder: &Path) {
    put(
        folder,
        "madoguchi.toml",
        "[site]\ntitle = { ja = \"案内\", en = \"Guidance\" }\nbase_url = \"https://docs.example.com/\"\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\"]\ntheme = \"own\"\nexports = [\"print\"]\nedit_url = \"https://code.example.com/{path}\"\n[form.f]\nspec = \"content/f.toml\"\ncontact = { en = \"Call.\" }\npromise = { ja = \"連絡します。\", en = \"We answer.\" }\nprivacy = { ja = \"個人情報\", en = \"Data\" }\n[form.translation-feedback]\nspec = \"content/tf.toml\"\n",
    );
    put(folder, "content/tf.toml", include_str!("../../content/forms/translation-feedback.toml"));
    put(folder, "content/f.toml", include_str!("../../content/forms/service-request.toml"));
    put(
        folder,
        "content/a.md",
        "---\ntitle: 請求\nms.contentlocale: ja-JP\nms.translationtype: MT\nms.date: 01/31/2026\nms.lasthandoff: 01/30/2026\ndescription: 説明\nrobots: noindex\n---\n# <span data-ttu-id=\"a-1\">請求</span><span class=\"sxs-lookup\"><span data-stu-id=\"a-1\">Billing</span></span>\n\n## <span data-ttu-id=\"a-2\">手順</span><span class=\"sxs-lookup\"><span data-stu-id=\"a-2\">Steps</span></span>\n\n:::form f\n",
    );
    put(folder, "content/b.md", "# Before\n\n## Heading\n");
    put(folder, "content/c.md", "# After\n");
    put(folder, "content/index.md", "# Home\n");
    put(
        folder,
        "content/TOC.yml",
        "items:\n- name: Before\n  href: b.md\n- name: Group\n  items:\n  - name: Billing\n    href: a.md\n  - name: Home\n    href: index.md\n- name: After\n  href: c.md\n- name: Elsewhere\n  href: https://example.com/\n",
    );
    put(
        folder,
        "content/.openpublishing.redirection.json",
        "{\"redirections\": [{\"source_path\": \"old.md\", \"redirect_url\": \"/b\"}]}",
    );
}

/// The names that each template receives, in all pages of a site.
fn received(templates: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let folder = tempfile::tempdir().unwrap();
    site(folder.path());
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    // A template within another's page must tell alone: one is replaced at a time.
    for template in templates {
        let theme = folder.path().join("themes/own");
        let _ = fs::remove_dir_all(&theme);
        manual::telling(&theme, &[template]);
        let config = config::load(folder.path(), &Environment::default(), discovered_tags).unwrap();
        let report = build(&config, &Options::default(), &Quiet).unwrap();
        assert!(report.written.is_some(), "{template}: {:?}", report.diagnostics);
        let names = all.entry((*template).to_owned()).or_default();
        files(&folder.path().join("public"), &mut |html| names.extend(manual::received(html)));
    }
    all
}

fn files(folder: &Path, see: &mut impl FnMut(&str)) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files(&entry, see);
        } else if entry.extension().is_some_and(|extension| extension == "html") {
            see(&fs::read_to_string(&entry).unwrap());
        }
    }
}

/// Japanese has no space after a full stop, and a template knows no language.
#[test]
fn no_template_sets_a_space_between_messages() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes/default/templates");
    for entry in fs::read_dir(templates).unwrap().map(|entry| entry.unwrap().path()) {
        let text = fs::read_to_string(&entry).unwrap();
        let joined = text.match_indices("}} {{ t.").find(|(at, _)| text[..*at].rsplit_once("{{").unwrap().1.starts_with(" t."));
        assert_eq!(joined, None, "{}", entry.display());
    }
}

#[test]
fn the_manual_names_every_template() {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("themes/default/templates")).unwrap();
    let files: BTreeSet<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    for page in PAGES {
        let headings: BTreeSet<String> = manual::told(page).into_keys().collect();
        assert_eq!(headings, files, "{page}");
    }
}

#[test]
fn the_manual_tells_what_each_template_of_the_site_receives() {
    let mut templates = RENDERED.to_vec();
    templates.push("form.html");
    for (template, real) in received(&templates) {
        let cut: &[&str] = if template == "page.html" { &["columns"] } else { &["told[].t", "columns[].t"] };
        for page in PAGES {
            // All pages of the site get what the manual says at `base.html`.
            let also: &[&str] = if ["choose.html", "redirect.html", "unavailable.html"].contains(&template.as_str()) {
                &["base.html"]
            } else {
                &[]
            };
            manual::agree(page, &template, also, &real, cut);
        }
    }
}
