//! `madoguchi split`.

use std::io::{self, Write};
use std::path::PathBuf;

use super::failure::Failure;
use super::press;

#[derive(Debug, clap::Args)]
pub(super) struct Split {
    /// A localized file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The language to take, such as `ja` or `ja-JP`
    #[arg(long, value_name = "TAG")]
    locale: String,
}

impl Split {
    pub(super) fn run(self) -> Result<(), Failure> {
        let text = press::split(&self.file, &self.locale)?;
        let mut out = io::stdout().lock();
        Failure::of_output(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }
}
