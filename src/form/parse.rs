//! From a specification's text to a [`FormSpec`], with every fault at its place.

use std::ops::Range;

use toml::Spanned;

use super::raw::{self, RawChoice, RawCondition, RawField, RawForm, RawGroup, RawTexts};
use super::{Choice, Condition, Field, FormSpec, Group, Kind, Limits, Required, Texts, rules};
use crate::diag::{Checked, Code, Diagnostic, Span, nearest};
use crate::locale::LocaleSet;
use crate::source::Source;

/// Reads the specification of the form `name`. There is none where a fault is graver than a missing translation.
pub fn parse(name: &str, source: &Source, locales: &LocaleSet) -> Checked<Option<FormSpec>> {
    let mut reader = Reader { source, locales, found: Vec::new() };
    let spec = match toml::from_str::<RawForm>(&source.text) {
        Ok(raw) => Some(reader.form(name, &raw)),
        Err(error) => {
            let (message, help) = raw::explain(&error);
            reader.damaged(error.span().unwrap_or(0..0), message, help);
            None
        }
    };
    let sound = reader.found.iter().all(|found| found.code != Code::FormDamaged);
    Checked { value: spec.filter(|_| sound), diagnostics: reader.found }
}

/// What reads a specification, and notes what is wrong with it.
pub(super) struct Reader<'a> {
    source: &'a Source,
    locales: &'a LocaleSet,
    found: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Notes that the form cannot be used as it is.
    pub(super) fn damaged(&mut self, at: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.report(Code::FormDamaged, at, message.into(), help.into());
    }

    fn report(&mut self, code: Code, at: Range<usize>, message: String, help: String) {
        let span = Span::new(self.source.path.clone(), at);
        self.found.push(Diagnostic::new(code, span, message).help(help));
    }

    fn form(&mut self, name: &str, raw: &RawForm) -> FormSpec {
        let mut spec = FormSpec {
            name: name.to_owned(),
            title: self.wanted("title", "the form", 0..0, raw.title.as_ref()),
            intro: self.texts("intro", "the form", raw.intro.as_ref()),
            submit: self.wanted("submit", "the form", 0..0, raw.submit.as_ref()),
            subject: raw.subject.as_ref().map(|name| name.get_ref().clone()),
            reply_to: raw.reply_to.as_ref().map(|name| name.get_ref().clone()),
            language: raw.language.as_ref().map(|name| name.get_ref().clone()),
            hours: raw.hours.as_ref().map(|name| name.get_ref().clone()),
            groups: Vec::new(),
            fields: Vec::new(),
        };
        for (at, group) in raw.group.iter().enumerate() {
            spec.groups.push(self.group(at, group));
            let fields: Vec<Field> = group.field.iter().filter_map(|field| self.field(at, field)).collect();
            spec.fields.extend(fields);
        }
        rules::check(self, raw, &spec);
        spec
    }

    fn group(&mut self, at: usize, raw: &RawGroup) -> Group {
        let owner = format!("the group number {}", at + 1);
        Group { title: self.texts("title", &owner, raw.title.as_ref()), help: self.texts("help", &owner, raw.help.as_ref()) }
    }

    /// A field; nothing, with a diagnostic, where its type is not known.
    fn field(&mut self, group: usize, raw: &RawField) -> Option<Field> {
        let name = raw.name.get_ref();
        let owner = format!("the field `{name}`");
        let kind = self.kind(&raw.kind)?;
        let choices: Vec<Choice> = raw.choices.iter().map(|choice| self.choice(name, choice)).collect();
        Some(Field {
            name: name.clone(),
            group,
            kind,
            required: required(raw),
            label: self.wanted("label", &owner, raw.name.span(), raw.label.as_ref()),
            help: self.texts("help", &owner, raw.help.as_ref()),
            missing: self.texts("missing", &owner, raw.missing.as_ref()),
            limits: self.limits(kind, raw, &choices),
            choices,
            prefill: raw.prefill,
            autocomplete: raw.autocomplete.as_ref().map(|token| token.get_ref().clone()),
            hidden: raw.hidden,
        })
    }

    fn kind(&mut self, raw: &Spanned<String>) -> Option<Kind> {
        let kind = Kind::from_name(raw.get_ref());
        if kind.is_none() {
            let names = Kind::NAMES.iter().map(|(name, _)| *name);
            let help = match nearest(raw.get_ref(), names.clone()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("the types are `{}`", names.collect::<Vec<_>>().join("`, `")),
            };
            self.damaged(raw.span(), format!("unknown type `{}`", raw.get_ref()), help);
        }
        kind
    }

    fn choice(&mut self, field: &str, raw: &RawChoice) -> Choice {
        let owner = format!("the choice `{}` of the field `{field}`", raw.value.get_ref());
        Choice {
            value: raw.value.get_ref().clone(),
            label: self.wanted("label", &owner, raw.value.span(), raw.label.as_ref()),
            help: self.texts("help", &owner, raw.help.as_ref()),
        }
    }

    /// The limits; those of a field with choices follow from its choices.
    fn limits(&mut self, kind: Kind, raw: &RawField, choices: &[Choice]) -> Limits {
        match &raw.limit {
            Some(limit) => Limits { graphemes: limit.get_ref().graphemes, bytes: limit.get_ref().bytes },
            None if kind.is_chosen() => {
                let longest = choices.iter().map(|choice| choice.value.len()).max().unwrap_or(0);
                Limits { graphemes: longest, bytes: longest }
            }
            None if kind == Kind::TimeZone => Limits { graphemes: MOST_ZONE, bytes: MOST_ZONE },
            None => {
                let message = format!("the field `{}` has no limit", raw.name.get_ref());
                self.damaged(raw.name.span(), message, "say how long an answer may be: limit = { graphemes = 100, bytes = 400 }");
                Limits { graphemes: 1, bytes: 1 }
            }
        }
    }

    /// Texts that every locale must have.
    fn wanted(&mut self, key: &str, owner: &str, at: Range<usize>, raw: Option<&Spanned<RawTexts>>) -> Texts {
        if raw.is_none() {
            self.damaged(at, format!("{owner} has no `{key}`"), format!("write it in every language: {key} = {}", self.model()));
        }
        let texts = self.texts(key, owner, raw);
        if let (Some(raw), true) = (raw, texts.is_empty()) {
            self.damaged(raw.span(), format!("`{key}` of {owner} is empty"), "write it in every language");
        }
        texts
    }

    fn model(&self) -> String {
        let texts: Vec<String> = self.locales.ids().map(|id| format!("{} = \"…\"", self.locales.get(id))).collect();
        format!("{{ {} }}", texts.join(", "))
    }

    /// Texts that may be left out, but not in one locale alone.
    fn texts(&mut self, key: &str, owner: &str, raw: Option<&Spanned<RawTexts>>) -> Texts {
        let Some(raw) = raw else { return Texts(vec![None; self.locales.len()]) };
        let texts = match raw.get_ref() {
            RawTexts::One(text) => vec![filled(text); self.locales.len()],
            RawTexts::ByLocale(texts) => {
                let mut all = vec![None; self.locales.len()];
                for (tag, text) in texts {
                    match self.locales.find(tag.get_ref()) {
                        Some(id) => all[id.index()] = filled(text),
                        None => self.no_locale(tag),
                    }
                }
                all
            }
        };
        let absent: Vec<_> = self.locales.ids().filter(|id| texts[id.index()].is_none()).collect();
        if absent.len() < self.locales.len() {
            let tags: Vec<&str> = absent.iter().map(|id| self.locales.get(*id).as_str()).collect();
            for tag in tags {
                let message = format!("`{key}` of {owner} has no text in `{tag}`");
                self.report(Code::FormTextMissing, raw.span(), message, format!("add it: {tag} = \"…\""));
            }
        }
        Texts(texts)
    }

    fn no_locale(&mut self, tag: &Spanned<String>) {
        let help = "correct the tag, or add it to `locales` in madoguchi.toml".to_owned();
        self.report(Code::LocaleUnknown, tag.span(), format!("the site has no locale `{}`", tag.get_ref()), help);
    }
}

/// The longest name of the IANA time zone database has 32 characters (2025b); its rules of naming allow no part over 14.
const MOST_ZONE: usize = 64;

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn required(raw: &RawField) -> Required {
    match &raw.required_if {
        _ if raw.required => Required::Always,
        Some(conditions) => Required::If(conditions.get_ref().iter().map(condition).collect()),
        None => Required::No,
    }
}

fn condition(raw: &RawCondition) -> Condition {
    let values = if raw.is.is_empty() { &raw.is_not } else { &raw.is };
    Condition {
        field: raw.field.get_ref().clone(),
        is: !raw.is.is_empty(),
        values: values.iter().map(|value| value.get_ref().clone()).collect(),
    }
}
