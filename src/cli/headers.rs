//! `madoguchi headers`.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueEnum;

use super::failure::Failure;
use super::press;
use crate::site::headers::Server;

#[derive(Debug, clap::Args)]
pub(super) struct Headers {
    /// The site's folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    site: PathBuf,
    /// The server that reads them
    #[arg(long = "for", value_name = "SERVER", value_enum, default_value_t = ServerName::Plain)]
    server: ServerName,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ServerName {
    /// One header a line, for any server
    Plain,
    /// Lines to include in the `location` of the pages
    Nginx,
    /// Directives to import into the site or a `handle` of it
    Caddy,
    /// The file `_headers` of static hosts, in the published folder
    Static,
}

impl Headers {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = press::configuration(&self.site)?;
        let server = match self.server {
            ServerName::Plain => Server::Plain,
            ServerName::Nginx => Server::Nginx,
            ServerName::Caddy => Server::Caddy,
            ServerName::Static => Server::Static,
        };
        let text = press::headers(&config, server)?;
        let mut out = io::stdout().lock();
        Failure::of_output(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }
}
