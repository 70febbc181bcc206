//! `madoguchi build`.

use std::io::{self, Write};
use std::path::PathBuf;

use super::failure::Failure;
use super::press;
use super::progress::Progress;
use super::report::{self, Format, Levels};
use super::terminal;
use crate::config::WebAddress;
use crate::site::build::Options;

/// A build that has more to say leaves the rest to `check`.
const MOST_WARNINGS: usize = 20;

#[derive(Debug, clap::Args)]
pub(super) struct Build {
    /// The site's folder: with a `madoguchi.toml`, or any localized docset
    #[arg(long, value_name = "DIR", default_value = ".")]
    site: PathBuf,
    /// The folder to write to [default: `public` in the site's folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The public address of the site
    #[arg(long, value_name = "URL", value_parser = |text: &str| WebAddress::parse(text))]
    base_url: Option<WebAddress>,
    /// Make pages of drafts as well
    #[arg(long)]
    drafts: bool,
    /// Treat warnings as errors
    #[arg(long)]
    strict: bool,
}

impl Build {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut config = press::configuration(&self.site)?;
        config.site.out = self.out.unwrap_or(config.site.out);
        config.site.base_url = self.base_url.or(config.site.base_url);
        let progress = Progress::on_stderr();
        let outcome = press::build(&config, &Options { drafts: self.drafts, strict: self.strict }, &progress);
        progress.done();
        let outcome = outcome?;
        let findings = Levels::strict(self.strict).judge(outcome.diagnostics);
        let colour = terminal::takes_colour(&io::stderr());
        // Standard error that cannot be written leaves nobody to tell.
        let _ = report::write(&mut io::stderr().lock(), Format::Human { colour, most: MOST_WARNINGS }, &findings, &*outcome.read);
        if !outcome.made.is_empty() {
            let _ = writeln!(io::stderr(), "{}", outcome.made);
        }
        let failed = report::has_errors(&findings);
        // The process ends: nobody has to wait until thousands of small pieces are given back one by one.
        std::mem::forget(findings);
        if failed { Err(Failure::content()) } else { Ok(()) }
    }
}
