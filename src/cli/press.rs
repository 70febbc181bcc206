//! What the commands ask of the press: the one place where `cli` and `site` meet.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::progress::Progress;
use super::report::Read;
use crate::config::{self, Config, Environment};
use crate::diag::Diagnostic;

/// What came of a build or a check.
pub(super) struct Outcome {
    /// All that is wrong with the content, in any order.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The text of a file that a diagnostic names.
    pub(super) read: Box<Read<'static>>,
    /// What was made, in a line; empty if nothing was.
    pub(super) made: String,
}

/// What a build is asked for beyond the configuration.
pub(super) struct BuildOptions {
    /// Drafts are pages.
    pub(super) drafts: bool,
    /// Warnings are errors, so that they keep the site from being written.
    pub(super) strict: bool,
}

/// The configuration of the site in a folder.
pub(super) fn configuration(site: &Path) -> Result<Config, Failure> {
    Ok(config::load(site, &Environment::of_process()?, discovered_tags)?)
}

// ---- SEAM: the four functions below are filled with calls of `crate::site`. --------------------------------------------

/// The language tags that a docset's files name.
fn discovered_tags(_content: &Path) -> Vec<String> {
    Vec::new()
}

/// Builds the site.
pub(super) fn build(_config: &Config, options: &BuildOptions, _progress: &Progress) -> Result<Outcome, Failure> {
    let _ = (options.drafts, options.strict);
    Err(not_there())
}

/// Runs all phases without writing.
pub(super) fn check(_config: &Config, _progress: &Progress) -> Result<Outcome, Failure> {
    Err(not_there())
}

/// One language of a localized file, byte for byte as it stands there.
pub(super) fn split(_file: &PathBuf, _locale: &str) -> Result<String, Failure> {
    Err(not_there())
}

fn not_there() -> Failure {
    Failure::environment("this version has no press", "")
}
