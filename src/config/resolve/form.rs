//! `[form.NAME]`.

use std::time::Duration;

use super::locales::texts;
use super::{ConfigError, ConfigErrorKind, File, Given, LocaleMap, LocaleSet, RawTexts, below_root, filled};
use crate::config::raw::RawForm;
use crate::config::setting::By;
use crate::config::{FormConfig, Mailbox, SiteConfig};
use crate::locale::LocaleId;
use crate::ordered;
use crate::ordered::Map;

/// Names that the counter's own addresses take.
const RESERVED: [&str; 2] = ["status", "assets"];
const DAY: u64 = 24 * 60 * 60;

type RawForms = Map<toml::Spanned<String>, RawForm>;

/// All forms by name.
pub(super) fn all(file: &File<'_>, raw: RawForms, site: &SiteConfig) -> Result<Map<String, FormConfig>, ConfigError> {
    ordered::try_map(raw.into_iter().map(|(name, raw)| {
        let given = Given { by: By::File(name.span()), value: name.into_inner() };
        Ok((file.parse("form", &given, |name| form_name(name))?, form(file, &given, raw, site)?))
    }))
}

fn form_name(name: &str) -> Result<String, String> {
    if RESERVED.contains(&name) {
        return Err(format!("cannot be named `{name}`, which the counter needs for itself"));
    }
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let sound = name.len() <= 64 && name.split('-').all(part);
    if sound {
        Ok(name.to_owned())
    } else {
        Err(format!("must be named with a-z, 0-9 and single `-` between them, not `{name}`"))
    }
}

fn form(file: &File<'_>, name: &Given<String>, raw: RawForm, site: &SiteConfig) -> Result<FormConfig, ConfigError> {
    let locales = &site.locales;
    let texts = |key: &str, given: &Option<Given<RawTexts>>| -> Result<Option<LocaleMap>, ConfigError> {
        given.as_ref().map(|given| texts(file, key, given, locales)).transpose()
    };
    let spec = filled(raw.spec).ok_or_else(|| missing_spec(file, name))?;
    let mailbox = filled(raw.mailbox).map(|given| file.parse("mailbox", &given, |text| Mailbox::parse(text)));
    let locale = raw.desk_locale.map(|given| file.parse("desk_locale", &given, |tag| find(tag, locales)));
    let zone = filled(raw.desk_time_zone).map(|given| file.parse("desk_time_zone", &given, |name| zone_name(name)));
    let days = raw.retention_days.map(|given| file.parse("retention_days", &given, days));
    Ok(FormConfig {
        spec: file.parse("spec", &spec, |path| in_content(path, &site.content))?,
        mailbox: mailbox.transpose()?,
        desk_locale: locale.transpose()?.unwrap_or(locales.source()),
        desk_time_zone: zone.transpose()?.unwrap_or_else(|| "UTC".into()),
        contact: texts("contact", &raw.contact)?,
        promise: texts("promise", &raw.promise)?,
        privacy: texts("privacy", &raw.privacy)?,
        confirmation: raw.confirmation.unwrap_or(true),
        retention: days.transpose()?.unwrap_or(Duration::from_secs(365 * DAY)),
    })
}

/// What is wrong with a specification is shown like what is wrong with a page, and so it stands among them.
fn in_content(path: &str, content: &str) -> Result<String, String> {
    let path = below_root(path)?;
    let inside = content.is_empty() || path.strip_prefix(content).is_some_and(|rest| rest.starts_with('/'));
    if inside { Ok(path) } else { Err(format!("must be a file in the content folder, such as `{content}/forms/NAME.toml`")) }
}

fn find(tag: &str, locales: &LocaleSet) -> Result<LocaleId, String> {
    locales.find(tag).ok_or_else(|| format!("must be a locale of the site, not `{tag}`"))
}

/// The characters of names in the IANA database (its file `theory.html`, "Timezone identifiers").
fn zone_name(name: &str) -> Result<String, String> {
    let sound = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(&b));
    if sound { Ok(name.to_owned()) } else { Err("must be the name of a time zone, such as `Asia/Shanghai`".into()) }
}

fn days(days: &u32) -> Result<Duration, String> {
    let sound = (1..=36_500).contains(days);
    if sound { Ok(Duration::from_secs(u64::from(*days) * DAY)) } else { Err("must be between 1 and 36500".into()) }
}

fn missing_spec(file: &File<'_>, name: &Given<String>) -> ConfigError {
    let message = format!("the form `{}` has no `spec`", name.value);
    let help = format!("name its specification: spec = \"content/forms/{}.toml\"", name.value);
    file.error(&name.by, ConfigErrorKind::Missing, message, help)
}
