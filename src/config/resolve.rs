//! From what is written to what it means.

use std::path::Path;

use super::error::{ConfigError, ConfigErrorKind};
use super::raw::{self, RawConfig, RawSite, RawTexts};
use super::setting::{File, Given};
use super::variable::Environment;
use super::{Config, Export, FILE_NAME, LocaleMap, SiteConfig, WebAddress};
use crate::locale::{Locale, LocaleSet};
use crate::ordered;
use crate::ordered::Map;
use crate::vpath::SourcePath;

mod form;
mod intake;
mod locales;

/// A configuration from a file's text.
pub(super) fn with_file(
    root: &Path,
    name: &str,
    text: &str,
    environment: &Environment,
    discover: impl FnOnce(&Path) -> Vec<String>,
) -> Result<Config, ConfigError> {
    let file = File::new(name, text);
    let mut raw = raw::parse(&file, text)?;
    let secrets = environment.apply(&mut raw)?;
    let content = content(&file, &raw.site)?;
    let found = locales::of_file(&file, &raw.site, || discover(&root.join(&content)))?;
    let site = site(root, &file, raw.site, content, found)?;
    let forms = form::all(&file, raw.form, &site)?;
    let intake = intake::settings(root, &file, raw.intake, secrets, site.base_url.as_ref())?;
    let editor = filled(raw.preview.editor).map(|url| file.parse("editor", &url, |url| editor(url))).transpose()?;
    Ok(Config { root: root.to_owned(), site, forms, intake, editor: editor.unwrap_or_else(|| EDITOR.into()) })
}

/// A configuration without a file. Variables may still set the counter.
pub(super) fn with_defaults(
    root: &Path,
    environment: &Environment,
    discover: impl FnOnce(&Path) -> Vec<String>,
) -> Result<Config, ConfigError> {
    let mut raw = RawConfig::default();
    let secrets = environment.apply(&mut raw)?;
    let intake = intake::settings(root, &File::new(FILE_NAME, ""), raw.intake, secrets, None)?;
    Ok(Config { intake, ..without_file(root, &discover(root)) })
}

/// See [`Config::without_file`].
pub(super) fn without_file(root: &Path, tags: &[String]) -> Config {
    let site = default_site(root, locales::discovered(tags, locales::default_source()));
    Config { root: root.to_owned(), site, forms: Map::new(), intake: intake::defaults(root), editor: EDITOR.into() }
}

fn default_site(root: &Path, (locales, whole_tags): locales::Found) -> SiteConfig {
    let name = root.file_name().map_or_else(|| "Madoguchi".into(), |name| name.to_string_lossy());
    SiteConfig {
        title: locales::everywhere(&locales, &name),
        base_url: None,
        locales,
        whole_tags,
        content: String::new(),
        theme: "default".into(),
        edit_url: None,
        web_root: Some(LEARN.into()),
        parallel: true,
        search: true,
        exports: Vec::new(),
        glossary: Map::new(),
        out: root.join("public"),
    }
}

fn site(root: &Path, file: &File<'_>, raw: RawSite, content: String, found: locales::Found) -> Result<SiteConfig, ConfigError> {
    let site = default_site(root, found);
    let texts = |key: &str, given: &Given<RawTexts>| locales::texts(file, key, given, &site.locales);
    let glossary = raw.glossary.iter().map(|(term, given)| Ok((term.clone(), texts(term, given)?)));
    Ok(SiteConfig {
        title: title(raw.title.as_ref().map(|given| texts("title", given)).transpose()?, site.title.clone()),
        base_url: web_address(file, "base_url", raw.base_url)?,
        content,
        theme: raw.theme.map_or(Ok(site.theme.clone()), |theme| file.parse("theme", &theme, |name| theme_name(name)))?,
        edit_url: filled(raw.edit_url).map(|url| file.parse("edit_url", &url, |url| edit_url(url))).transpose()?,
        web_root: filled(raw.web_root).map(|url| file.parse("web_root", &url, |url| web_root(url))).transpose()?,
        parallel: raw.parallel.unwrap_or(site.parallel),
        search: raw.search.unwrap_or(site.search),
        exports: exports(file, &raw.exports)?,
        glossary: ordered::try_map::<_, _, ConfigError>(glossary)?,
        ..site
    })
}

/// The title that is given, else the default: a title without words is as good as none.
fn title(given: Option<LocaleMap>, default: LocaleMap) -> LocaleMap {
    given.filter(|title| title.iter().any(|(_, text)| !text.trim().is_empty())).unwrap_or(default)
}

fn content(file: &File<'_>, raw: &RawSite) -> Result<String, ConfigError> {
    match &raw.content {
        None => Ok("content".into()),
        Some(given) if given.value == "." => Ok(String::new()),
        Some(given) => file.parse("content", given, |folder| below_root(folder)),
    }
}

/// A path that stays below the root.
fn below_root(path: &str) -> Result<String, String> {
    let wrong = || "must be a path below the site's folder".to_owned();
    let absolute = path.starts_with(['/', '\\']) || path.contains(':');
    let inside = SourcePath::parse(path).map_err(|_| wrong())?;
    if absolute { Err(wrong()) } else { Ok(inside.as_str().to_owned()) }
}

fn theme_name(name: &str) -> Result<String, String> {
    let sound = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if sound { Ok(name.to_owned()) } else { Err("must be the name of a folder in `themes`: letters, digits, `-` and `_`".into()) }
}

/// The web site that existing docsets were written for: their addresses that begin with `/` start there.
const LEARN: &str = "https://learn.microsoft.com/{tag}";

fn web_root(url: &str) -> Result<String, String> {
    let address = WebAddress::parse(&url.replace("{tag}", "en-us"))?;
    let kept = url.trim_end_matches('/');
    if address.as_str().is_empty() { Err("`web_root` is empty".into()) } else { Ok(kept.to_owned()) }
}

/// How Visual Studio Code, and editors made from it, are told to open a place in a file.
const EDITOR: &str = "vscode://file/{path}:{line}:{column}";

/// An address of the scheme of an editor: never one that a browser would run as a script.
fn editor(url: &str) -> Result<String, String> {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    let sound = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    if !sound || ["javascript", "data", "vbscript"].iter().any(|refused| scheme.eq_ignore_ascii_case(refused)) {
        return Err("must begin with the scheme of an editor, such as `vscode:`".into());
    }
    if url.contains("{path}") { Ok(url.to_owned()) } else { Err("must hold `{path}`, which stands for the file".into()) }
}

fn edit_url(url: &str) -> Result<String, String> {
    super::value::split_scheme(&url.replace("{path}", ""))?;
    if url.contains("{path}") { Ok(url.to_owned()) } else { Err("must hold `{path}`, which stands for the page's file".into()) }
}

fn exports(file: &File<'_>, raw: &[Given<String>]) -> Result<Vec<Export>, ConfigError> {
    let parse = |given: &Given<String>| {
        file.parse("exports", given, |name| match name.as_str() {
            "markdown" => Ok(Export::Markdown),
            "pairs" => Ok(Export::Pairs),
            "llms" => Ok(Export::Llms),
            "print" => Ok(Export::Print),
            other => Err(format!("knows `markdown`, `pairs`, `llms` and `print`, not `{other}`")),
        })
    };
    let exports = raw.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    Ok(ordered::set(exports).into_iter().collect())
}

fn web_address(file: &File<'_>, key: &str, given: Option<Given<String>>) -> Result<Option<WebAddress>, ConfigError> {
    filled(given).map(|given| file.parse(key, &given, |text| WebAddress::parse(text))).transpose()
}

/// An empty text is as good as none.
fn filled(given: Option<Given<String>>) -> Option<Given<String>> {
    given.filter(|given| !given.value.trim().is_empty())
}
