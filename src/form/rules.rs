//! What a specification must keep to beyond its grammar: names, choices, limits, and what refers to what.

use std::ops::Range;

use toml::Spanned;

use super::parse::Reader;
use super::raw::{RawCondition, RawField, RawForm};
use super::{Field, FormSpec, HIDDEN, HONEYPOT, Kind, RESERVED, Required};
use crate::locale::Locale;
use crate::ordered::Set;

/// The most bytes that all answers of a form may hold together. Percent-encoding makes three of one, and a request's body
/// may hold 128 KiB: whatever keeps within its limits must fit.
pub const MOST_BYTES: usize = 40 * 1024;
/// The longest name of a field or value of a choice, in bytes.
const LONGEST_NAME: usize = 64;

/// The tokens of HTML's `autocomplete` attribute that name what a person is asked here (WHATWG HTML, autofill field names),
/// without those of payment and passwords, which no form of guidance should ask for.
const AUTOCOMPLETE: [&str; 28] = [
    "off",
    "name",
    "honorific-prefix",
    "given-name",
    "additional-name",
    "family-name",
    "honorific-suffix",
    "nickname",
    "organization-title",
    "organization",
    "username",
    "street-address",
    "address-line1",
    "address-line2",
    "address-level1",
    "address-level2",
    "country",
    "country-name",
    "postal-code",
    "language",
    "url",
    "tel",
    "tel-country-code",
    "tel-national",
    "tel-area-code",
    "tel-local",
    "tel-extension",
    "email",
];

/// Reports every rule that is broken. `spec` lacks the fields whose type is not known.
pub(super) fn check(reader: &mut Reader<'_>, raw: &RawForm, spec: &FormSpec) {
    form_name(reader, &spec.name);
    if spec.fields.is_empty() && raw.group.iter().all(|group| group.field.is_empty()) {
        reader.damaged(0..0, "the form has no field", "add one below a group: [[group.field]]");
    }
    let mut names = Set::default();
    // What refers to a field whose type is not known is not wrong for that.
    let all_known = raw.group.iter().map(|group| group.field.len()).sum::<usize>() == spec.fields.len();
    for field in raw.group.iter().flat_map(|group| &group.field) {
        field_name(reader, field, &mut names);
        let Some(known) = spec.field(field.name.get_ref()) else { continue };
        one(reader, field, known);
        if all_known {
            conditions(reader, field, spec);
        }
    }
    if all_known {
        references(reader, raw, spec);
    }
    let all: usize = spec.fields.iter().map(|field| field.limits.bytes).fold(0, usize::saturating_add);
    if all > MOST_BYTES {
        let message = format!("the limits of all fields come to {all} bytes, more than a request may hold ({MOST_BYTES})");
        reader.damaged(0..0, message, "lower the limits of the longest fields");
    }
}

fn form_name(reader: &mut Reader<'_>, name: &str) {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if name.len() > LONGEST_NAME || !name.split('-').all(part) {
        reader.damaged(0..0, format!("a form cannot be named `{name}`"), "use a-z, 0-9 and single `-` between them");
    } else if RESERVED.contains(&name) {
        reader.damaged(0..0, format!("a form cannot be named `{name}`"), "the counter needs this name for itself");
    }
}

fn field_name<'r>(reader: &mut Reader<'_>, raw: &'r RawField, names: &mut Set<&'r str>) {
    let name = raw.name.get_ref().as_str();
    let first = name.starts_with(|c: char| c.is_ascii_lowercase());
    let rest = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    // The page that a form speaks of may be asked for, but only in the hidden field that carries the form's own page elsewhere.
    let own_page = name == "page" && raw.hidden;
    if !first || !rest || name.len() > LONGEST_NAME {
        reader.damaged(raw.name.span(), format!("a field cannot be named `{name}`"), "begin with a-z; then a-z, 0-9 and `_`");
    } else if (HIDDEN.contains(&name) && !own_page) || name == HONEYPOT {
        let help = "every form has a field of this name for its own needs; choose another";
        reader.damaged(raw.name.span(), format!("a field cannot be named `{name}`"), help);
    } else if !names.insert(name) {
        reader.damaged(raw.name.span(), format!("there are two fields named `{name}`"), "give each its own name");
    }
}

fn one(reader: &mut Reader<'_>, raw: &RawField, field: &Field) {
    choices(reader, raw, field);
    limits(reader, raw, field);
    hidden(reader, raw, field);
    if let Some(token) = raw.autocomplete.as_ref().filter(|token| !AUTOCOMPLETE.contains(&token.get_ref().as_str())) {
        let help = "see the list of autofill field names in the HTML standard; `off` is one";
        reader.damaged(token.span(), format!("`{}` is no token of `autocomplete` that a form may use", token.get_ref()), help);
    }
    if let (true, Some(conditions)) = (raw.required, &raw.required_if) {
        let help = "take one of the two out";
        reader.damaged(conditions.span(), "`required` and `required_if` contradict each other", help);
    }
}

fn choices(reader: &mut Reader<'_>, raw: &RawField, field: &Field) {
    let (name, at) = (&field.name, raw.name.span());
    match (field.kind, field.choices.len()) {
        (Kind::Choice | Kind::Select, 0 | 1) => {
            reader.damaged(at, format!("the field `{name}` has nothing to choose from"), "give it two `choices` or more");
        }
        (Kind::Consent, count) if count != 1 => {
            let help = "a box to tick has one: choices = [{ value = \"yes\", label = … }]";
            reader.damaged(at, format!("the field `{name}` must have one choice, not {count}"), help);
        }
        (kind, count) if count > 0 && !kind.may_have_choices() => {
            let help = "use the type `choice` or `select`, or take the choices out";
            reader.damaged(at, format!("the field `{name}` cannot have choices"), help);
        }
        _ => {}
    }
    let mut seen = Set::default();
    for value in raw.choices.iter().map(|choice| &choice.value) {
        let text = value.get_ref();
        if text.is_empty() || text.len() > LONGEST_NAME || !text.bytes().all(|b| b.is_ascii_graphic()) {
            reader.damaged(
                value.span(),
                format!("`{text}` cannot be the value of a choice"),
                "use 1 to 64 visible ASCII characters",
            );
        } else if !seen.insert(text) {
            reader.damaged(value.span(), format!("the field `{name}` has two choices `{text}`"), "give each its own value");
        }
    }
}

fn limits(reader: &mut Reader<'_>, raw: &RawField, field: &Field) {
    let Some(limit) = &raw.limit else { return };
    let (graphemes, bytes) = (field.limits.graphemes, field.limits.bytes);
    if field.kind.is_chosen() {
        let help = "take it out: the choices are the limit";
        reader.damaged(limit.span(), format!("the field `{}` cannot have a limit", field.name), help);
    } else if graphemes == 0 || bytes < graphemes {
        let help = "a grapheme takes at least one byte; a Japanese character takes three, an emoji up to 25 and more";
        reader.damaged(limit.span(), format!("the limit of the field `{}` allows no answer of its length", field.name), help);
    }
}

/// A hidden field can only be filled in by an address, and consent only by a person.
fn hidden(reader: &mut Reader<'_>, raw: &RawField, field: &Field) {
    let at = raw.name.span();
    if field.hidden && !field.prefill {
        reader.damaged(at, format!("the field `{}` is hidden, and nothing fills it in", field.name), "set `prefill = true`");
    } else if field.kind == Kind::Consent && (field.hidden || field.prefill) {
        let help = "take out `hidden` and `prefill`: a person must tick the box";
        reader.damaged(at, format!("the field `{}` asks for consent, which nothing else can give", field.name), help);
    }
}

fn conditions(reader: &mut Reader<'_>, raw: &RawField, spec: &FormSpec) {
    let Some(all) = &raw.required_if else { return };
    if all.get_ref().is_empty() {
        reader.damaged(all.span(), "`required_if` names no condition", "add one, or take it out");
    }
    for condition in all.get_ref() {
        match spec.field(condition.field.get_ref()) {
            Some(other) if other.name == *raw.name.get_ref() => {
                reader.damaged(condition.field.span(), "a field cannot depend on itself", "name another field");
            }
            Some(other) => values(reader, condition, other),
            None => no_field(reader, &condition.field, spec),
        }
    }
}

fn values(reader: &mut Reader<'_>, condition: &RawCondition, other: &Field) {
    let at = condition.field.span();
    if !other.kind.is_chosen() {
        let message = format!("the field `{}` has no choices that a condition could ask for", other.name);
        return reader.damaged(at, message, "name a field of the type `choice`, `select` or `consent`");
    }
    if condition.is.is_empty() == condition.is_not.is_empty() {
        return reader.damaged(
            at,
            "a condition needs either `is` or `is_not`",
            "for example: { field = \"severity\", is = [\"a\"] }",
        );
    }
    for value in condition.is.iter().chain(&condition.is_not) {
        if !other.choices.iter().any(|choice| choice.value == *value.get_ref()) {
            let known: Vec<&str> = other.choices.iter().map(|choice| choice.value.as_str()).collect();
            let message = format!("the field `{}` has no choice `{}`", other.name, value.get_ref());
            reader.damaged(value.span(), message, format!("its choices are `{}`", known.join("`, `")));
        }
    }
}

/// `subject`, `reply_to`, `language` and `hours` name a field of a fitting type.
fn references(reader: &mut Reader<'_>, raw: &RawForm, spec: &FormSpec) {
    let is_line = |field: &Field| field.kind == Kind::Line;
    let is_email = |field: &Field| field.kind == Kind::Email;
    let tags = |field: &Field| field.choices.iter().all(|choice| Locale::parse(&choice.value).is_ok());
    let is_language = |field: &Field| matches!(field.kind, Kind::Choice | Kind::Select) && tags(field);
    reference(reader, "subject", raw.subject.as_ref(), spec, "of the type `line`", is_line);
    reference(reader, "reply_to", raw.reply_to.as_ref(), spec, "of the type `email`", is_email);
    reference(reader, "language", raw.language.as_ref(), spec, "whose choices are language tags", is_language);
    reference(reader, "hours", raw.hours.as_ref(), spec, "of the type `line`", is_line);
}

fn reference(
    reader: &mut Reader<'_>,
    key: &str,
    named: Option<&Spanned<String>>,
    spec: &FormSpec,
    fitting: &str,
    fits: impl Fn(&Field) -> bool,
) {
    let Some(named) = named else { return };
    match spec.field(named.get_ref()) {
        None => no_field(reader, named, spec),
        Some(field) if !fits(field) => {
            reader.damaged(named.span(), format!("`{key}` must name a field {fitting}"), "name another field, or take it out");
        }
        Some(_) => {}
    }
}

fn no_field(reader: &mut Reader<'_>, named: &Spanned<String>, spec: &FormSpec) {
    let names: Vec<&str> = spec.fields.iter().map(|field| field.name.as_str()).collect();
    let help = match crate::diag::nearest(named.get_ref(), names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("the fields are `{}`", names.join("`, `")),
    };
    let at: Range<usize> = named.span();
    reader.damaged(at, format!("there is no field `{}`", named.get_ref()), help);
}

impl Required {
    /// Whether an answer must be given, where `answer` gives the answers of the other fields (empty if there is none).
    pub fn holds<'a>(&self, answer: impl Fn(&str) -> &'a str) -> bool {
        match self {
            Self::No => false,
            Self::Always => true,
            Self::If(conditions) => conditions.iter().any(|c| c.values.iter().any(|v| v == answer(&c.field)) == c.is),
        }
    }
}
