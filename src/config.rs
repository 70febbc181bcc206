//! The configuration: `madoguchi.toml` and the variables that override it, as values that cannot be wrong.
//!
//! [`load`] is the only part that touches files and the environment; a text is parsed by `raw` and given its types by
//! `resolve`. What is not set has a default, or is an `Option` that the half which needs it asks for.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::locale::{Locale, LocaleId, LocaleSet};
use crate::ordered::Map;
use crate::redact::Secret;

pub mod error;
pub mod load;
mod raw;
mod resolve;
mod setting;
#[cfg(test)]
mod tests;
pub mod value;
mod variable;

pub use error::{ConfigError, ConfigErrorKind, Place};
pub use load::{Environment, load};
pub use value::{Bytes, IpPrefix, Mailbox, Origin, WebAddress, is_loopback};

/// The name of the configuration file in a site's root folder.
pub const FILE_NAME: &str = "madoguchi.toml";

/// All that a site's folder, its `madoguchi.toml` and the environment say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The site's root folder: `--site`, with symbolic links resolved.
    pub root: PathBuf,
    /// What the press makes.
    pub site: SiteConfig,
    /// The forms by name.
    pub forms: Map<String, FormConfig>,
    /// How the counter runs.
    pub intake: IntakeConfig,
    /// `[preview]`: the address that opens a place in the writer's editor, with `{path}`, `{line}` and `{column}`.
    pub editor: String,
}

/// `[site]`: what the press makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteConfig {
    /// The site's title; without a configuration the name of the root folder.
    pub title: LocaleMap,
    /// The public address, if it is known: `canonical`, `hreflang` and the sitemap need it.
    pub base_url: Option<WebAddress>,
    /// The locales, the default first.
    pub locales: LocaleSet,
    /// The whole tag, with its region, that the files name for a locale, where the locales come from them: `pt-BR` for `pt`.
    pub whole_tags: Map<LocaleId, Locale>,
    /// The folder of the content below the root, without a trailing `/`; empty if it is the root itself.
    pub content: String,
    /// The theme's name: `default`, or a folder `themes/NAME` that overlays it.
    pub theme: String,
    /// Where a page can be edited; `{path}` stands for the file's path below the root.
    pub edit_url: Option<String>,
    /// What an address that begins with `/` and names no page of the site stands below; `{tag}` stands for the language tag with its region.
    /// Without it such an address is a broken link. A docset without a configuration was written for Microsoft Learn.
    pub web_root: Option<String>,
    /// Whether each translated page has a parallel view.
    pub parallel: bool,
    /// Whether the site has a search.
    pub search: bool,
    /// What is published beside the pages, in the order of [`Export`], each once.
    pub exports: Vec<Export>,
    /// Terms that must be kept or translated one way.
    pub glossary: Map<String, LocaleMap>,
    /// The output folder, `public` below the root unless the command names another.
    pub out: PathBuf,
}

/// What can be published beside the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Export {
    /// Each page as Markdown of one language.
    Markdown,
    /// Each page's segments as source and target pairs.
    Pairs,
    /// A list of all pages for each language.
    Llms,
    /// All articles of each section in one page.
    Print,
}

/// `[form.NAME]`: one form, beside its specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormConfig {
    /// The specification, relative to the root.
    pub spec: String,
    /// The only recipient. The counter needs it, the press does not.
    pub mailbox: Option<Mailbox>,
    /// The locale of the people who read the mail.
    pub desk_locale: LocaleId,
    /// The time zone that they live in, by its name in the IANA database. Whether there is such a zone the counter knows when it starts.
    pub desk_time_zone: String,
    /// How to reach somebody when requests cannot be taken.
    pub contact: Option<LocaleMap>,
    /// What happens next, and when.
    pub promise: Option<LocaleMap>,
    /// Who holds the data, for what, and in which country.
    pub privacy: Option<LocaleMap>,
    /// Whether the requester gets a confirmation by mail.
    pub confirmation: bool,
    /// How long a delivered request is kept: whole days, at least one.
    pub retention: Duration,
}

/// `[intake]`: how the counter runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntakeConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where `/metrics` listens; off if not set.
    pub admin_listen: Option<SocketAddr>,
    /// Where requests are kept.
    pub store: StoreConfig,
    /// The sender of all mail. The counter needs it.
    pub from: Option<Mailbox>,
    /// Where mail is handed over. The counter needs it.
    pub smtp: Option<Smtp>,
    /// The PEM file of the authorities that the mail server's certificate may come from, in place of those that browsers trust.
    pub smtp_ca_file: Option<PathBuf>,
    /// The user at the mail server.
    pub smtp_user: Option<String>,
    /// The user's password. The counter needs it where there is a user.
    pub smtp_password: Option<Secret>,
    /// The public address of the counter's `/requests/`. The counter needs it.
    pub public_url: Option<WebAddress>,
    /// Where answers send the reader back to; the site's `base_url` unless set.
    pub site_url: Option<WebAddress>,
    /// The origins that pages with a form are served from; those of `site_url` and `public_url` unless set.
    pub allowed_origins: Vec<Origin>,
    /// Peers whose forwarded-for header is believed.
    pub trusted_proxies: Vec<IpPrefix>,
    /// Free disk space below which no request is taken.
    pub disk_reserve: Bytes,
    /// The most requests that share one commit on SQLite.
    pub batch: u32,
    /// The signing secret, at least 32 bytes; made once and kept in the store unless given.
    pub secret: Option<Secret>,
    /// Against abuse.
    pub guard: GuardConfig,
}

/// `[intake.guard]`: what stands against abuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardConfig {
    /// Whether a signed, single-use proof of having seen the form is asked for.
    pub token: bool,
    /// Whether a proof of work is asked for.
    pub proof_of_work: bool,
    /// Seconds within which no person fills in a form: a request with a younger token waits, unless it was worked for.
    pub haste_seconds: u32,
    /// Requests a minute for each client prefix; `None` sets no limit.
    pub per_minute: Option<u32>,
    /// Open connections in all; more wait to be accepted.
    pub connections: u32,
    /// Open connections of each client prefix but trusted proxies; more are closed at once.
    pub connections_per_client: u32,
    /// Requests that are worked on at the same time; more are answered `503` at once.
    pub in_flight: u32,
}

/// Where requests are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreConfig {
    /// A SQLite database: its file, below the root unless absolute.
    Sqlite(PathBuf),
    /// A PostgreSQL database: its address, which may hold a password.
    Postgres(Secret),
}

/// Where mail is handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Smtp {
    /// Without encryption; the server is on loopback.
    Smtp(MailServer),
    /// TLS from the first byte (RFC 8314 §3.3).
    Smtps(MailServer),
    /// TLS after STARTTLS, which is required (RFC 3207).
    StartTls(MailServer),
    /// Files in a folder, below the root unless absolute; for trying it out.
    Directory(PathBuf),
}

/// A mail server's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// A host name or an IP address, the latter without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// The user and password at the mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpLogin {
    /// The user.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// A text in the locales it is given in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocaleMap {
    texts: Map<LocaleId, String>,
    fallback: LocaleId,
}

impl LocaleMap {
    /// The text for a reader of this locale, and the locale it is written in: its own, else the source locale, else the
    /// first that has one. Empty texts count as absent.
    pub fn get(&self, locale: LocaleId) -> Option<(LocaleId, &str)> {
        let at = |id: LocaleId| self.texts.get(&id).map(|text| (id, text.as_str()));
        at(locale).or_else(|| at(self.fallback)).or_else(|| self.iter().next())
    }

    /// All texts, by the order of their locales.
    pub fn iter(&self) -> impl Iterator<Item = (LocaleId, &str)> {
        self.texts.iter().map(|(id, text)| (*id, text.as_str()))
    }
}

impl Config {
    /// The configuration of a folder without a `madoguchi.toml`, all defaults.
    ///
    /// `discovered_tags` are the language tags found in the docset, in any order and case; what is no tag is left out.
    /// Each is shortened while it stays unambiguous and in its script (`ja-JP` is `ja`, `zh-TW` is itself), target locales come first; the
    /// source is `en`.
    pub fn without_file(root: &Path, discovered_tags: &[String]) -> Self {
        resolve::without_file(root, discovered_tags)
    }

    /// The folder of the site's own theme, if it has one.
    pub fn theme_folder(&self) -> Option<PathBuf> {
        (self.site.theme != "default").then(|| self.root.join("themes").join(&self.site.theme))
    }

    /// The content folder.
    pub fn content_folder(&self) -> PathBuf {
        if self.site.content.is_empty() { self.root.clone() } else { self.root.join(&self.site.content) }
    }
}
