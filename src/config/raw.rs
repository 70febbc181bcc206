//! `madoguchi.toml` as it is written: the keys, and nothing about what their values mean.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::DeValue;

use super::error::{ConfigError, ConfigErrorKind};
use super::setting::{By, File, FromVariable, Given};
use crate::diag::nearest;
use crate::tables::{self, Fault, Read, What, mistyped, table};

/// A text, or one for each locale.
#[derive(Debug, Clone)]
pub(super) enum RawTexts {
    One(String),
    ByLocale(BTreeMap<String, String>),
}

table! {
    /// The whole file.
    #[derive(Debug, Default)]
    pub(super) struct RawConfig {
        pub(super) site: RawSite,
        pub(super) form: BTreeMap<toml::Spanned<String>, RawForm>,
        pub(super) intake: RawIntake,
        pub(super) preview: RawPreview,
    }
}

table! {
    /// `[preview]`.
    #[derive(Debug, Default)]
    pub(super) struct RawPreview {
        pub(super) editor: Option<Given<String>>,
    }
}

table! {
    /// `[site]`.
    #[derive(Debug, Default)]
    pub(super) struct RawSite {
        pub(super) title: Option<Given<RawTexts>>,
        pub(super) base_url: Option<Given<String>>,
        pub(super) source_locale: Option<Given<String>>,
        pub(super) locales: Option<Given<Vec<Given<String>>>>,
        pub(super) content: Option<Given<String>>,
        pub(super) theme: Option<Given<String>>,
        pub(super) edit_url: Option<Given<String>>,
        pub(super) web_root: Option<Given<String>>,
        pub(super) parallel: Option<bool>,
        pub(super) search: Option<bool>,
        pub(super) exports: Vec<Given<String>>,
        pub(super) glossary: BTreeMap<String, Given<RawTexts>>,
    }
}

table! {
    /// `[form.NAME]`.
    #[derive(Debug, Default)]
    pub(super) struct RawForm {
        pub(super) spec: Option<Given<String>>,
        pub(super) mailbox: Option<Given<String>>,
        pub(super) desk_locale: Option<Given<String>>,
        pub(super) desk_time_zone: Option<Given<String>>,
        pub(super) contact: Option<Given<RawTexts>>,
        pub(super) promise: Option<Given<RawTexts>>,
        pub(super) privacy: Option<Given<RawTexts>>,
        pub(super) confirmation: Option<bool>,
        pub(super) retention_days: Option<Given<u32>>,
    }
}

/// A table each of whose keys can be set by an environment variable as well.
macro_rules! settings {
    ($(#[$doc:meta])* $name:ident { $($key:ident: $kind:ty,)* } $($inner:ident: $table:ty)?) => {
        table! {
            $(#[$doc])*
            #[derive(Debug, Default)]
            pub(super) struct $name {
                $(pub(super) $key: Option<Given<$kind>>,)*
                $(pub(super) $inner: $table,)?
            }
        }

        impl $name {
            /// The keys that are no tables.
            pub(super) const KEYS: &'static [&'static str] = &[$(stringify!($key)),*];

            /// Sets a key from a variable, or says what its value must be. A key that is not known is left alone.
            pub(super) fn set(&mut self, key: &str, variable: &str, text: &str) -> Result<(), String> {
                let by = By::Variable(variable.to_owned());
                match key {
                    $(stringify!($key) => self.$key = Some(Given { value: FromVariable::from_variable(text)?, by }),)*
                    _ => {}
                }
                Ok(())
            }
        }
    };
}

settings! {
    /// `[intake]`.
    RawIntake {
        listen: String,
        admin_listen: String,
        store: String,
        from: String,
        smtp: String,
        smtp_ca_file: String,
        smtp_user: String,
        public_url: String,
        site_url: String,
        allowed_origins: Vec<String>,
        trusted_proxies: Vec<String>,
        disk_reserve: String,
        batch: u32,
    }
    guard: RawGuard
}

settings! {
    /// `[intake.guard]`.
    RawGuard {
        token: bool,
        proof_of_work: bool,
        haste_seconds: u32,
        per_minute: u32,
        connections: u32,
        connections_per_client: u32,
        in_flight: u32,
    }
}

/// Secrets are set by variables only.
pub(super) const SECRETS: [&str; 2] = ["secret", "smtp_password"];

/// Reads the file's text.
pub(super) fn parse(file: &File<'_>, text: &str) -> Result<RawConfig, ConfigError> {
    tables::parse(text).map_err(|fault| explain(file, fault))
}

fn explain(file: &File<'_>, fault: Fault) -> ConfigError {
    let (kind, message, help) = match fault.what {
        What::Message(message) => (ConfigErrorKind::Syntax, message, String::new()),
        What::Type(message) => (ConfigErrorKind::Value, message, String::new()),
        What::Unknown(key, known) => (ConfigErrorKind::Unknown, format!("unknown key `{key}`"), help_for(&key, known)),
    };
    ConfigError { kind, place: file.place(fault.at.map(|at| at.start)), message, help }
}

fn help_for(key: &str, known: &[&str]) -> String {
    if SECRETS.contains(&key) {
        let variable = format!("MADOGUCHI_INTAKE_{}", key.to_uppercase());
        return format!(
            "a secret does not belong in this file; set the variable {variable}, or {variable}_FILE to the name of a file"
        );
    }
    match nearest(key, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("the keys known here are {}", known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")),
    }
}

impl Read for RawTexts {
    fn read(value: DeValue<'_>, at: Range<usize>) -> Result<Self, Fault> {
        match value {
            DeValue::String(text) => Ok(Self::One(text.into_owned())),
            DeValue::Table(_) => BTreeMap::read(value, at).map(Self::ByLocale),
            other => Err(mistyped(&other, &at, "a text, or one for each locale such as { ja = \"…\", en = \"…\" }")),
        }
    }
}
