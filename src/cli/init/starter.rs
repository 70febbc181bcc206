//! A new site: two bilingual pages with a form, a theme of its own, and what explains them.
//!
//! The texts stand in `starter/` as they are written; the form is the one that ships with the program.

use std::path::Path;

use super::{NewFile, Told, command};

macro_rules! files {
    ($($path:literal = $text:literal $($optional:ident)?,)*) => {
        &[$(($path, include_str!($text), files!(@ $($optional)?)),)*]
    };
    (@ optional) => { true };
    (@) => { false };
}

/// Path, text, and whether one that is there already serves as well.
const FILES: &[(&str, &str, bool)] = files! {
    "madoguchi.toml" = "starter/madoguchi.toml",
    "README.md" = "starter/README.md" optional,
    "README.ja.md" = "starter/README.ja.md" optional,
    ".gitignore" = "starter/gitignore" optional,
    "content/TOC.yml" = "starter/content/TOC.yml",
    "content/index.md" = "starter/content/index.md",
    "content/index.ja.md" = "starter/content/index.ja.md",
    "content/submit-a-service-request.md" = "starter/content/submit-a-service-request.md",
    "content/forms/service-request.toml" = "../../../content/forms/service-request.toml",
    "themes/own/README.md" = "starter/theme/README.md",
    "themes/own/templates/document.html" = "starter/theme/templates/document.html",
    "themes/own/templates/base.html" = "starter/theme/templates/base.html",
    "themes/own/static/own.css" = "starter/theme/static/own.css",
    "themes/own/messages/ja.toml" = "starter/theme/messages/ja.toml",
    "themes/own/messages/en.toml" = "starter/theme/messages/en.toml",
};

/// The files of a new site.
pub(super) fn files() -> Vec<NewFile> {
    FILES.iter().map(|(path, text, optional)| NewFile { path, text: (*text).to_owned(), optional: *optional }).collect()
}

/// What was made, and what to do next.
pub(super) fn told(folder: &Path) -> Told {
    Told {
        made: "made a new site in Japanese and English, with a form:".to_owned(),
        next: vec![
            format!("next: `{}` shows it while you write", command("serve", folder)),
            "then change the numbered lines in madoguchi.toml; README.md and README.ja.md explain the rest".to_owned(),
        ],
    }
}
