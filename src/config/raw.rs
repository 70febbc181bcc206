//! `madoguchi.toml` as it is written: the keys, and nothing about what their values mean.

use serde::Deserialize;

use super::error::{ConfigError, ConfigErrorKind};
use super::setting::{By, File, FromVariable, Given};
use crate::diag::nearest;
use crate::ordered::{self, Map};

/// A text, or one for each locale.
#[derive(Debug, Clone)]
pub(super) enum RawTexts {
    One(String),
    ByLocale(Map<String, String>),
}

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawConfig {
    pub(super) site: RawSite,
    #[serde(deserialize_with = "ordered::field")]
    pub(super) form: Map<toml::Spanned<String>, RawForm>,
    pub(super) intake: RawIntake,
    pub(super) preview: RawPreview,
}

/// `[preview]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawPreview {
    pub(super) editor: Option<Given<String>>,
}

/// `[site]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
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
    #[serde(deserialize_with = "ordered::field")]
    pub(super) glossary: Map<String, Given<RawTexts>>,
}

/// `[form.NAME]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
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

/// A table each of whose keys can be set by an environment variable as well.
macro_rules! settings {
    ($(#[$doc:meta])* $name:ident { $($key:ident: $kind:ty,)* } $($inner:ident: $table:ty)?) => {
        $(#[$doc])*
        #[derive(Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(super) struct $name {
            $(pub(super) $key: Option<Given<$kind>>,)*
            $(pub(super) $inner: $table,)?
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
    toml::from_str(text).map_err(|error| explain(file, &error))
}

fn explain(file: &File<'_>, error: &toml::de::Error) -> ConfigError {
    let place = file.place(error.span().map(|span| span.start));
    let message = error.message().lines().next().unwrap_or("the file cannot be read").to_owned();
    let Some(list) = message.strip_prefix("unknown field ") else {
        let kind = if message.starts_with("invalid type") { ConfigErrorKind::Value } else { ConfigErrorKind::Syntax };
        return ConfigError { kind, place, message, help: String::new() };
    };
    // serde words it: unknown field `a`, expected one of `b`, `c`
    let mut names = list.split('`').skip(1).step_by(2);
    let key = names.next().unwrap_or_default();
    let known: Vec<&str> = names.collect();
    ConfigError { kind: ConfigErrorKind::Unknown, place, message: format!("unknown key `{key}`"), help: help_for(key, &known) }
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

impl<'de> Deserialize<'de> for RawTexts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> serde::de::Visitor<'de> for TextsVisitor {
    type Value = RawTexts;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text, or one for each locale such as { ja = \"…\", en = \"…\" }")
    }

    fn visit_str<E>(self, text: &str) -> Result<RawTexts, E> {
        Ok(RawTexts::One(text.to_owned()))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<RawTexts, A::Error> {
        ordered::read(map).map(RawTexts::ByLocale)
    }
}
