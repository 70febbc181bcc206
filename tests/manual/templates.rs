//! The manual's page on templates, read as data: which templates there are, and what each receives.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What the page says, by template.
pub(crate) type Told = BTreeMap<String, BTreeSet<String>>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of data under each heading that is a template: code in the first column of its tables.
pub(crate) fn told(page: &str) -> Told {
    let text = std::fs::read_to_string(root().join("content/manual").join(page)).unwrap();
    let mut told = Told::new();
    let mut template = None;
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix('#') {
            let name = heading.trim_start_matches('#').trim().trim_matches('`').to_owned();
            template = name.ends_with(".html").then_some(name);
        }
        let Some(template) = &template else { continue };
        let names = told.entry(template.clone()).or_default();
        if let Some(cell) = line.strip_prefix("| `").and_then(|row| row.split(" | ").next()) {
            names.extend(cell.split('`').filter(|part| !part.is_empty() && !part.starts_with(',')).map(str::to_owned));
        }
    }
    told
}

/// The built-in template and those that it builds on, itself first.
pub(crate) fn chain(template: &str) -> Vec<String> {
    let mut all = vec![template.to_owned()];
    while let Some(name) = all.last() {
        let text = std::fs::read_to_string(root().join("themes/default/templates").join(name)).unwrap();
        match text.split("extends \"").nth(1).and_then(|rest| rest.split('"').next()) {
            Some(below) => all.push(below.to_owned()),
            None => break,
        }
    }
    all
}

/// Templates that write down what they receive, a line each: `.languages[].tag`.
const DUMP: &str = "{%- component paths(value, at) -%}\n\
    {{ at }}\n\
    {% if value is map %}{% for name, below in value %}{{ <paths value={below} at={at ~ \".\" ~ name}/> }}{% endfor %}\n\
    {%- elif value is array %}{% for below in value %}{{ <paths value={below} at={at ~ \"[]\"}/> }}{% endfor %}{% endif -%}\n\
    {%- endcomponent paths -%}\n";

/// Writes a theme in which these templates tell what they receive; a line each begins with the mark.
pub(crate) fn telling(folder: &Path, templates: &[&str]) {
    std::fs::create_dir_all(folder.join("templates")).unwrap();
    std::fs::write(folder.join("templates/telling-parts.html"), DUMP).unwrap();
    for name in templates {
        let text = "<!doctype html>\n{% for name, value in __tera_context %}{% if name != \"t\" and name != \"all_messages\" and name != \"static\" %}{{ <paths value={value} at={\"@\" ~ name}/> }}{% else %}@{{ name }}\n{% endif %}{% endfor %}";
        std::fs::write(folder.join("templates").join(name), text).unwrap();
    }
}

/// What a telling template has written: names as the manual writes them, without those that are known everywhere.
pub(crate) fn received(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix('@'));
    let names = lines.map(|line| line.trim_end_matches("[]").to_owned());
    names.filter(|name| !["all_messages", "static"].contains(&name.as_str()) && !name.ends_with("[][]")).collect()
}

/// Whether what a template receives is what the page says of it and of those that it builds on; `cut` are names below which nothing is told.
pub(crate) fn agree(page: &str, template: &str, also: &[&str], real: &BTreeSet<String>, cut: &[&str]) {
    let told = told(page);
    let below = |name: &str| cut.iter().any(|cut| name.starts_with(&format!("{cut}.")) || name.starts_with(&format!("{cut}[]")));
    let chain = chain(template).into_iter().chain(also.iter().map(|name| (*name).to_owned()));
    let said = chain.flat_map(|name| told.get(&name).cloned().unwrap_or_default());
    // A list that is empty on these pages, such as the other languages of an address that leads nowhere, shows nothing of its entries.
    let is_empty = |list: &str| real.contains(list) && !real.iter().any(|name| name.starts_with(&format!("{list}[]")));
    let unseen = |name: &str| name.match_indices("[]").any(|(at, _)| is_empty(&name[..at]));
    let said: BTreeSet<String> = said.filter(|name| !below(name) && !unseen(name)).collect();
    let real: BTreeSet<String> = real.iter().filter(|name| !below(name)).cloned().collect();
    let missing: Vec<_> = real.difference(&said).collect();
    let idle: Vec<_> = said.difference(&real).collect();
    assert!(missing.is_empty() && idle.is_empty(), "{page}, {template}: not told: {missing:?}; told, but not received: {idle:?}");
}
