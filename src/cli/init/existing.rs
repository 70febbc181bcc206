//! A configuration for Markdown that is there already, and nothing else.

use std::fmt::Write as _;
use std::path::Path;

use super::{NewFile, Told, command};
use crate::cli::press;
use crate::config::FILE_NAME;
use crate::site::survey::Survey;

const HEAD: &str = "\
# The site's configuration, made for the files that were found here.
# ここにあったファイルに合わせて作られた、サイトの設定です。

[site]
";

const FORM: &str = "
# A form for the readers' requests takes a specification, and a line `:::form service-request` in a page.
# 読者のリクエストを受け付けるフォームには、仕様と、ページの中の`:::form service-request`の行が必要です。
# [form.service-request]
";

/// The one file to be written.
pub(super) fn files(folder: &Path, survey: &Survey) -> Vec<NewFile> {
    vec![NewFile { path: FILE_NAME, text: configuration(folder, survey), optional: false }]
}

fn configuration(folder: &Path, survey: &Survey) -> String {
    let mut out = HEAD.to_owned();
    let locales = &survey.locales;
    let tags: Vec<String> = locales.ids().map(|id| quoted(locales.get(id).as_str())).collect();
    let specification = if survey.content == "." { String::new() } else { format!("{}/", survey.content) };
    let _ = writeln!(out, "title = {}", title(folder, survey));
    let _ = writeln!(out, "# base_url = \"https://docs.example.com/\"");
    let _ = writeln!(out, "source_locale = {}", quoted(locales.get(locales.source()).as_str()));
    let _ = writeln!(out, "locales = [{}]", tags.join(", "));
    let _ = writeln!(out, "content = {}", quoted(&survey.content));
    if survey.published {
        out.push_str("# Where addresses that begin with `/` lead if they name no page here / `/`で始まるアドレスの行き先\n");
        out.push_str("web_root = \"https://learn.microsoft.com/{tag}\"\n");
    }
    out.push_str(FORM);
    let _ = writeln!(out, "# spec = {}", quoted(&format!("{specification}forms/service-request.toml")));
    out
}

/// What the start page is called, else the folder. A tag may stand as a bare key (TOML 1.0, "Keys").
fn title(folder: &Path, survey: &Survey) -> String {
    let named: Vec<String> = survey.titles.iter().map(|(tag, title)| format!("{tag} = {}", quoted(title))).collect();
    if named.is_empty() {
        let whole = folder.canonicalize().ok();
        let name = whole.as_deref().and_then(Path::file_name).map_or_else(|| "Guidance".into(), |name| name.to_string_lossy());
        quoted(&name)
    } else {
        format!("{{ {} }}", named.join(", "))
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// What was made, and what to do next.
pub(super) fn told(folder: &Path, survey: &Survey) -> Told {
    let locales = &survey.locales;
    let tags: Vec<&str> = locales.ids().map(|id| locales.get(id).as_str()).collect();
    let place = if survey.content == "." { String::new() } else { format!(" in `{}`", survey.content) };
    let files = if survey.files == 1 { "1 file was".to_owned() } else { format!("{} files were", survey.files) };
    let mut next = vec![format!("{files} found{place}, in {}; none of them was touched", tags.join(", "))];
    for (id, file) in press::without_words(locales) {
        let locale = locales.get(id);
        next.push(format!(
            "the interface has no words in `{locale}` yet, and is in English there; write them in themes/own/{file}, and add \
             `theme = \"own\"` to {FILE_NAME} (the manual's page on configuration, \"A third language\")"
        ));
    }
    next.push(format!(
        "next: `{}` shows the site, `{}` says what is wrong with it",
        command("serve", folder),
        command("check", folder)
    ));
    next.push("the folders `public` and `var` are made by the program: leave them out of version control".to_owned());
    Told { made: "made a configuration for the Markdown that is here:".to_owned(), next }
}
