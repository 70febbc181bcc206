//! A specification as it is written: the keys, and nothing about what their values mean.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use toml::Spanned;

use crate::diag::nearest;
use crate::ordered::{self, Map};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawForm {
    pub(super) title: Option<Spanned<RawTexts>>,
    pub(super) intro: Option<Spanned<RawTexts>>,
    pub(super) submit: Option<Spanned<RawTexts>>,
    pub(super) subject: Option<Spanned<String>>,
    pub(super) reply_to: Option<Spanned<String>>,
    pub(super) language: Option<Spanned<String>>,
    pub(super) hours: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) group: Vec<RawGroup>,
}

/// `[[group]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGroup {
    pub(super) title: Option<Spanned<RawTexts>>,
    pub(super) help: Option<Spanned<RawTexts>>,
    #[serde(default)]
    pub(super) field: Vec<RawField>,
}

/// `[[group.field]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawField {
    pub(super) name: Spanned<String>,
    #[serde(rename = "type")]
    pub(super) kind: Spanned<String>,
    #[serde(default)]
    pub(super) required: bool,
    pub(super) required_if: Option<Spanned<Vec<RawCondition>>>,
    pub(super) label: Option<Spanned<RawTexts>>,
    pub(super) help: Option<Spanned<RawTexts>>,
    pub(super) missing: Option<Spanned<RawTexts>>,
    #[serde(default)]
    pub(super) choices: Vec<RawChoice>,
    pub(super) limit: Option<Spanned<RawLimits>>,
    #[serde(default)]
    pub(super) prefill: bool,
    pub(super) autocomplete: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) hidden: bool,
}

/// One of `required_if`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCondition {
    pub(super) field: Spanned<String>,
    #[serde(default)]
    pub(super) is: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) is_not: Vec<Spanned<String>>,
}

/// One of `choices`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawChoice {
    pub(super) value: Spanned<String>,
    pub(super) label: Option<Spanned<RawTexts>>,
    pub(super) help: Option<Spanned<RawTexts>>,
}

/// `limit`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLimits {
    pub(super) graphemes: usize,
    pub(super) bytes: usize,
}

/// A text that serves every locale, or one for each.
#[derive(Debug)]
pub(super) enum RawTexts {
    One(String),
    ByLocale(Map<Spanned<String>, String>),
}

impl<'de> Deserialize<'de> for RawTexts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = RawTexts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or one for each locale such as { ja = \"…\", en = \"…\" }")
    }

    fn visit_str<E>(self, text: &str) -> Result<RawTexts, E> {
        Ok(RawTexts::One(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawTexts, A::Error> {
        ordered::read(map).map(RawTexts::ByLocale)
    }
}

/// What the parser complains of, in this program's words, and what to do.
pub(super) fn explain(error: &toml::de::Error) -> (String, String) {
    let message = error.message().lines().next().unwrap_or("the file is not TOML").to_owned();
    let Some(list) = message.strip_prefix("unknown field ") else {
        return (message, "the manual's page on forms shows every key".to_owned());
    };
    // serde words it: unknown field `a`, expected one of `b`, `c`
    let mut names = list.split('`').skip(1).step_by(2);
    let key = names.next().unwrap_or_default();
    let known: Vec<&str> = names.collect();
    let help = match nearest(key, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("the keys known here are `{}`", known.join("`, `")),
    };
    (format!("unknown key `{key}`"), help)
}
