//! A specification as it is written: the keys, and nothing about what their values mean.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use crate::diag::nearest;
use crate::tables::{Fault, Read, What, mistyped, table};

table! {
    /// The whole file.
    #[derive(Debug)]
    pub(super) struct RawForm {
        pub(super) title: Option<Spanned<RawTexts>>,
        pub(super) intro: Option<Spanned<RawTexts>>,
        pub(super) submit: Option<Spanned<RawTexts>>,
        pub(super) subject: Option<Spanned<String>>,
        pub(super) reply_to: Option<Spanned<String>>,
        pub(super) language: Option<Spanned<String>>,
        pub(super) hours: Option<Spanned<String>>,
        pub(super) group: Vec<RawGroup>,
    }
}

table! {
    /// `[[group]]`.
    #[derive(Debug)]
    pub(super) struct RawGroup {
        pub(super) title: Option<Spanned<RawTexts>>,
        pub(super) help: Option<Spanned<RawTexts>>,
        pub(super) field: Vec<RawField>,
    }
}

table! {
    /// `[[group.field]]`.
    #[derive(Debug)]
    pub(super) struct RawField {
        pub(super) name: Spanned<String>,
        pub(super) kind = "type": Spanned<String>,
        pub(super) required: bool,
        pub(super) required_if: Option<Spanned<Vec<RawCondition>>>,
        pub(super) label: Option<Spanned<RawTexts>>,
        pub(super) help: Option<Spanned<RawTexts>>,
        pub(super) missing: Option<Spanned<RawTexts>>,
        pub(super) choices: Vec<RawChoice>,
        pub(super) limit: Option<Spanned<RawLimits>>,
        pub(super) prefill: bool,
        pub(super) autocomplete: Option<Spanned<String>>,
        pub(super) hidden: bool,
    }
}

table! {
    /// One of `required_if`.
    #[derive(Debug)]
    pub(super) struct RawCondition {
        pub(super) field: Spanned<String>,
        pub(super) is: Vec<Spanned<String>>,
        pub(super) is_not: Vec<Spanned<String>>,
    }
}

table! {
    /// One of `choices`.
    #[derive(Debug)]
    pub(super) struct RawChoice {
        pub(super) value: Spanned<String>,
        pub(super) label: Option<Spanned<RawTexts>>,
        pub(super) help: Option<Spanned<RawTexts>>,
    }
}

table! {
    /// `limit`.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct RawLimits {
        pub(super) graphemes: usize,
        pub(super) bytes: usize,
    }
}

/// A text that serves every locale, or one for each.
#[derive(Debug)]
pub(super) enum RawTexts {
    One(String),
    ByLocale(BTreeMap<Spanned<String>, String>),
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

/// What is wrong with the file, in a sentence, and what to do.
pub(super) fn explain(what: What) -> (String, String) {
    match what {
        What::Message(message) | What::Type(message) => (message, "the manual's page on forms shows every key".to_owned()),
        What::Unknown(key, known) => {
            let help = match nearest(&key, known.iter().copied()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("the keys known here are `{}`", known.join("`, `")),
            };
            (format!("unknown key `{key}`"), help)
        }
    }
}
