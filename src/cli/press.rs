//! What the commands ask of the press: the one place where `cli` and `site` meet.

use std::path::Path;

use super::failure::{Failure, FailureKind};
use super::progress::Progress;
use super::report::Read;
use crate::config::{self, Config, Environment};
use crate::diag::{Code, Diagnostic, Span};
use crate::locale::{Locale, LocaleId, LocaleSet};
use crate::site;
use crate::site::build::{BuildError, Observer, Options, Report};
use crate::site::headers::Server;
use crate::site::survey::Survey;
use crate::site::unit::Half;
use crate::site::write::{WriteError, Written};
use crate::source::Source;
use crate::theme::{Theme, ThemeError};
use crate::vpath::SourcePath;

/// What came of a build or a check.
pub(super) struct Outcome {
    /// All that is wrong with the content, in any order.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The text of a file that a diagnostic names.
    pub(super) read: Box<Read<'static>>,
    /// What was made, in a line; empty if nothing was.
    pub(super) made: String,
}

/// The configuration of the site in a folder.
pub(super) fn configuration(site: &Path) -> Result<Config, Failure> {
    Ok(config::load(site, &Environment::of_process()?, discovered_tags)?)
}

/// The language tags that a docset's files name.
pub(super) fn discovered_tags(content: &Path) -> Vec<String> {
    site::build::discovered_tags(content)
}

/// What existing Markdown a folder holds, if it does.
pub(super) fn survey(folder: &Path) -> Option<Survey> {
    site::survey::survey(folder)
}

/// The message files that the built-in theme lacks for these locales.
pub(super) fn without_words(locales: &LocaleSet) -> Vec<(LocaleId, String)> {
    Theme::load(None, locales).map(|theme| theme.without_words().collect()).unwrap_or_default()
}

/// Builds the site.
pub(super) fn build(config: &Config, options: &Options, progress: &Progress) -> Result<Outcome, Failure> {
    let report = match site::build::build(config, options, progress) {
        Ok(report) => report,
        Err(error) => return of_theme(config, error),
    };
    let made = report.written.map(|written| made(&report, written, &config.site.out)).unwrap_or_default();
    Ok(outcome(config, report, made))
}

fn made(report: &Report, written: Written, out: &Path) -> String {
    let count = |number: usize| super::progress::grouped(number);
    let removed = if written.removed > 0 { format!(", {} removed", count(written.removed)) } else { String::new() };
    let (pages, files, changed) = (count(report.pages), count(written.files), count(written.changed));
    format!("{pages} pages, {files} files in {} ({changed} written{removed})", out.display())
}

/// Runs all phases without writing.
pub(super) fn check(config: &Config, progress: &Progress) -> Result<Outcome, Failure> {
    match site::build::check(config, &Options { drafts: true, strict: false }, progress) {
        Ok(report) => Ok(outcome(config, report, String::new())),
        Err(error) => of_theme(config, error),
    }
}

/// The headers that the pages of a site are served with.
pub(super) fn headers(config: &Config, server: Server) -> Result<String, Failure> {
    let theme = Theme::load(config.theme_folder().as_deref(), &config.site.locales).map_err(BuildError::from)?;
    Ok(site::headers::written(config, &theme, server))
}

/// An error in a file of the site's own theme is reported as one in a page is, with its code and place.
fn of_theme(config: &Config, error: BuildError) -> Result<Outcome, Failure> {
    let BuildError::Theme(theme) = &error else { return Err(error.into()) };
    let Some(diagnostic) = in_theme(config, theme) else { return Err(error.into()) };
    Ok(Outcome { diagnostics: vec![diagnostic], read: reader(config), made: String::new() })
}

/// The same as a diagnostic, if its place is known.
pub(super) fn in_theme(config: &Config, theme: &ThemeError) -> Option<Diagnostic> {
    let place = theme.place.as_ref()?;
    let path = Path::new(&place.file).strip_prefix(&config.root).ok()?.to_str()?;
    let span = Span::new(SourcePath::parse(path).ok()?, place.range.clone());
    Some(Diagnostic::new(Code::Template, span, theme.message.clone()).help(theme.help.clone()))
}

/// Diagnostics with paths that count from the site's folder, as a person sees them.
fn outcome(config: &Config, report: Report, made: String) -> Outcome {
    Outcome { diagnostics: from_root(config, report.diagnostics), read: reader(config), made }
}

/// Diagnostics whose paths count from the content folder, with paths that count from the site's folder.
pub(super) fn from_root(config: &Config, mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let folder = config.site.content.trim_matches('/').to_owned();
    let moved = |path: &SourcePath| {
        // The folder itself stands for its missing content.
        if folder.is_empty() || path.as_str() == folder {
            path.clone()
        } else {
            SourcePath::parse(&format!("{folder}/{path}")).unwrap_or_else(|_| path.clone())
        }
    };
    // They are sorted by file, so that most have the path of the one before.
    let mut last: Option<(SourcePath, SourcePath)> = None;
    // What the theme lacks stands beside the content.
    for diagnostic in diagnostics.iter_mut().filter(|diagnostic| diagnostic.code != Code::ThemeTextMissing) {
        if last.as_ref().is_none_or(|(from, _)| *from != diagnostic.span.path) {
            last = Some((diagnostic.span.path.clone(), moved(&diagnostic.span.path)));
        }
        if let Some((_, to)) = &last {
            diagnostic.span.path = to.clone();
        }
        diagnostic.related.iter_mut().for_each(|(span, _)| span.path = moved(&span.path));
    }
    diagnostics
}

/// Gives the text of a file below the site's folder.
pub(super) fn reader(config: &Config) -> Box<Read<'static>> {
    let root = config.root.clone();
    Box::new(move |path| site::read::read_bytes(&root, path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// One language of a localized file, byte for byte as it stands there.
pub(super) fn split(file: &Path, locale: &str) -> Result<String, Failure> {
    let unreadable =
        |why: String| Failure::environment(format!("{}: {why}", file.display()), "check the path and the file's permissions");
    let bytes = site::read::bytes(file).map_err(|error| unreadable(format!("the file cannot be read: {error}")))?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let path = SourcePath::parse(&name).map_err(|error| unreadable(error.to_string()))?;
    let source = Source::decode(path, &bytes).map_err(|error| {
        unreadable(format!("the file is not UTF-8: byte {} is the first that does not belong", error.valid_up_to + 1))
    })?;
    let half = half(&source, locale)?;
    Ok(site::split::one_language(&source, half).value)
}

/// Which half of a file a tag names: the target is what `ms.contentlocale` says, and everything else in English the source.
fn half(source: &Source, locale: &str) -> Result<Half, Failure> {
    let wanted =
        Locale::parse(locale).map_err(|error| Failure::usage(error.to_string(), "name a locale of the file, such as `ja`"))?;
    let target = site::content_locale(&source.text).and_then(|tag| Locale::parse(tag).ok());
    match target {
        Some(target) if target.language() == wanted.language() => Ok(Half::Target),
        Some(target) if wanted.language() != "en" => Err(Failure::usage(
            format!("the file holds {target} and its source, not {wanted}"),
            format!("write `--locale {target}` or `--locale en`"),
        )),
        None if wanted.language() != "en" => Ok(Half::Target),
        _ => Ok(Half::Source),
    }
}

impl Observer for Progress {
    fn phase(&self, name: &str, count: usize) {
        Progress::phase(self, name, count);
    }

    fn step(&self) {
        Progress::step(self);
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Theme(error) => theme_failure(&error),
            BuildError::Write(error) => {
                let help = match &error {
                    WriteError::NotOurs(_) => "name another folder with `--out`, or empty this one",
                    WriteError::HoldsSite(_) => "name another folder with `--out`",
                    WriteError::NotAFolder(_) => "remove it, or name another folder with `--out`",
                    WriteError::Io(..) => "the files written so far are whole; build again once this is mended",
                };
                Failure::environment(error.to_string(), help)
            }
        }
    }
}

pub(super) fn theme_failure(error: &ThemeError) -> Failure {
    let place = error.place.as_ref().map(|at| format!("{}:{}:{}: ", at.file, at.line, at.column)).unwrap_or_default();
    let excerpt = error.place.as_ref().map(|at| format!("\n  {}", at.excerpt())).unwrap_or_default();
    Failure { kind: FailureKind::Content, message: format!("{place}{}{excerpt}", error.message), help: error.help.clone() }
}
