//! `madoguchi check`.

use std::io;
use std::path::PathBuf;

use clap::ValueEnum;

use super::failure::Failure;
use super::press;
use super::progress::Progress;
use super::report::{self, Format, Levels};
use super::terminal;
use crate::diag::Code;

#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// The site's folder: with a `madoguchi.toml`, or any localized docset
    #[arg(long, value_name = "DIR", default_value = ".")]
    site: PathBuf,
    /// How to write what is wrong
    #[arg(long, value_enum, default_value_t = FormatName::Human)]
    format: FormatName,
    /// Treat this warning as an error (repeatable)
    #[arg(long, value_name = "CODE", value_parser = report::parse_code)]
    deny: Vec<Code>,
    /// Leave this warning out (repeatable)
    #[arg(long, value_name = "CODE", value_parser = report::parse_code)]
    allow: Vec<Code>,
    /// Treat all warnings as errors, but those allowed
    #[arg(long)]
    strict: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    /// For people
    Human,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code hosts and editors
    Sarif,
}

impl Check {
    pub(super) fn run(self) -> Result<(), Failure> {
        let levels = Levels::new(self.strict, &self.deny, &self.allow)
            .map_err(|why| Failure::usage(why, "see `madoguchi check --help`"))?;
        let config = press::configuration(&self.site)?;
        let progress = Progress::silent();
        let outcome = press::check(&config, &progress)?;
        let findings = levels.judge(outcome.diagnostics);
        let mut out = io::BufWriter::new(io::stdout().lock());
        let written = report::write(&mut out, self.format(), &findings, &*outcome.read);
        Failure::of_output(written.and_then(|()| io::Write::flush(&mut out)))?;
        if report::has_errors(&findings) { Err(Failure::content()) } else { Ok(()) }
    }

    fn format(&self) -> Format {
        match self.format {
            FormatName::Human => Format::Human { colour: terminal::takes_colour(&io::stdout()), most: usize::MAX },
            FormatName::Json => Format::Json,
            FormatName::Sarif => Format::Sarif,
        }
    }
}
