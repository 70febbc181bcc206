//! A form as a template shows it: values only, in the reader's language. The press and the counter fill the same view.

use serde::Serialize;

use super::{Choice, Condition, Field, FormSpec, HONEYPOT, Kind, Required, Texts};
use crate::locale::{LocaleId, LocaleSet};

/// What a form is shown with, beside its specification.
#[derive(Debug, Clone, Copy)]
pub struct Showing<'a> {
    /// The reader's locale.
    pub locale: LocaleId,
    /// The locales of the site.
    pub locales: &'a LocaleSet,
    /// Where the form is sent to.
    pub action: &'a str,
    /// The page that it stands in; empty if it stands alone.
    pub page: &'a str,
    /// The key of this attempt; empty in static pages.
    pub submission_id: &'a str,
    /// The proof of having seen the form; empty in static pages.
    pub token: &'a str,
    /// How to reach somebody when requests cannot be taken, with its locale.
    pub contact: Option<(LocaleId, &'a str)>,
    /// What happens next, and when.
    pub promise: Option<(LocaleId, &'a str)>,
    /// Who holds the data, for what, and in which country.
    pub privacy: Option<(LocaleId, &'a str)>,
    /// Names of fields with what they hold: as sent before, or as an address fills them in. Of a name given twice the first counts.
    pub values: &'a [(&'a str, &'a str)],
    /// Names of fields with what is wrong with them, in the reader's language, in the order of the summary. A name that the form
    /// does not have, or none, stands for the form as a whole.
    pub faults: &'a [(&'a str, &'a str)],
}

/// A form, ready for its template (`form-parts.html`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormView {
    /// Its name.
    pub name: String,
    /// The id of its element.
    pub id: String,
    /// Where it is sent to.
    pub action: String,
    /// The tag of the reader's locale.
    pub lang: String,
    /// What the form is called.
    pub title: Words,
    /// What to know before beginning; empty if there is nothing.
    pub intro: Words,
    /// The button that sends.
    pub submit: Words,
    /// Fields that are not shown.
    pub hidden: Vec<Hidden>,
    /// The name of the field that people do not see.
    pub honeypot: &'static str,
    /// What is wrong, in the order of the summary.
    pub faults: Vec<Fault>,
    /// The questions.
    pub groups: Vec<GroupView>,
    /// How to reach somebody when requests cannot be taken.
    pub contact: Option<Words>,
    /// What happens next, and when.
    pub promise: Option<Words>,
    /// Who holds the data.
    pub privacy: Option<Words>,
    /// Whether a field asks for consent: what it is about stands directly above it.
    pub asks_consent: bool,
}

/// A text, and the tag of its language if that is not the reader's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Words {
    /// The text.
    pub text: String,
    /// The tag.
    pub lang: Option<String>,
}

/// A field that is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hidden {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub value: String,
}

/// An entry of the summary of what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The id of the element to go to; `None` where the fault is of the form as a whole.
    pub id: Option<String>,
    /// What is wrong.
    pub message: String,
}

/// Fields that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupView {
    /// The heading; empty for fields that stand alone.
    pub title: Words,
    /// What is said below it; empty if nothing is.
    pub help: Words,
    /// The questions.
    pub fields: Vec<FieldView>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldView {
    /// The field's name.
    pub name: String,
    /// The id of the element that takes the answer: of radio buttons, the first.
    pub id: String,
    /// The specification's name of its type.
    pub kind: &'static str,
    /// `input`, `area`, `list`, `radios` or `box`.
    pub control: &'static str,
    /// Attributes of an `input`.
    pub input: Input,
    /// The question.
    pub label: Words,
    /// What helps to answer it; empty if nothing does.
    pub help: Words,
    /// What to say where an answer is missing; empty for the theme's message.
    pub missing: Words,
    /// `always`, `sometimes` or `never`.
    pub required: &'static str,
    /// When an answer is required, as JSON: `[{field, is, values}]`.
    pub required_if: Option<String>,
    /// The most graphemes; `None` for what is chosen.
    pub most: Option<usize>,
    /// The ids of help and fault, for `aria-describedby`; empty if there are none.
    pub described_by: String,
    /// The answer so far.
    pub value: String,
    /// The answers to choose from.
    pub choices: Vec<ChoiceView>,
    /// What is wrong with the answer.
    pub fault: Option<String>,
}

/// What tells one `input` from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Input {
    /// HTML's `type`.
    pub r#type: &'static str,
    /// HTML's `inputmode`.
    pub mode: Option<&'static str>,
    /// HTML's `autocomplete`.
    pub autocomplete: Option<String>,
    /// Whether it holds words, whose spelling can be checked.
    pub words: bool,
}

/// An answer to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChoiceView {
    /// The id of its element.
    pub id: String,
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: Words,
    /// What helps to choose; empty if nothing does.
    pub help: Words,
    /// Whether it is chosen.
    pub checked: bool,
}

/// The form for its template.
pub fn view(spec: &FormSpec, showing: &Showing<'_>) -> FormView {
    let shown: Vec<&Field> = spec.fields.iter().filter(|field| showing.shows(field)).collect();
    let groups = spec.groups.iter().enumerate().map(|(at, group)| GroupView {
        title: showing.words(&group.title),
        help: showing.words(&group.help),
        fields: shown.iter().filter(|field| field.group == at).map(|field| showing.field(&spec.name, field)).collect(),
    });
    FormView {
        name: spec.name.clone(),
        id: id(&spec.name),
        action: showing.action.to_owned(),
        lang: showing.tag(showing.locale),
        title: showing.words(&spec.title),
        intro: showing.words(&spec.intro),
        submit: showing.words(&spec.submit),
        hidden: hidden(spec, showing),
        honeypot: HONEYPOT,
        faults: showing.faults.iter().map(|(name, message)| fault(spec, &shown, name, message)).collect(),
        groups: groups.filter(|group: &GroupView| !group.fields.is_empty()).collect(),
        contact: showing.contact.map(|found| showing.found(found)),
        promise: showing.promise.map(|found| showing.found(found)),
        privacy: showing.privacy.map(|found| showing.found(found)),
        asks_consent: shown.iter().any(|field| field.kind == Kind::Consent),
    }
}

/// The id of a form's element.
pub fn id(form: &str) -> String {
    format!("md-form-{form}")
}

fn field_id(form: &str, field: &Field) -> String {
    let first = if field.kind == Kind::Choice { "-1" } else { "" };
    format!("{}-{}{first}", id(form), field.name)
}

/// What every form carries, and the form's own hidden fields.
fn hidden(spec: &FormSpec, showing: &Showing<'_>) -> Vec<Hidden> {
    let entry = |name: &str, value: &str| Hidden { name: name.to_owned(), value: value.to_owned() };
    let locale = showing.tag(showing.locale);
    let every = [
        ("locale", locale.as_str()),
        ("page", showing.page),
        ("submission_id", showing.submission_id),
        ("token", showing.token),
        ("step", "review"),
    ];
    let every = every.into_iter().filter(|(name, _)| spec.field(name).is_none());
    let own = spec.fields.iter().filter(|field| !showing.shows(field));
    every.map(|(name, value)| entry(name, value)).chain(own.map(|f| entry(&f.name, showing.value(&f.name)))).collect()
}

fn fault(spec: &FormSpec, shown: &[&Field], name: &str, message: &str) -> Fault {
    let field = shown.iter().find(|field| field.name == name);
    Fault { id: field.map(|field| field_id(&spec.name, field)), message: message.to_owned() }
}

impl Showing<'_> {
    /// A hidden field that must be filled in, and is not, is asked for: a reader may come by another way than the specification thought of.
    fn shows(&self, field: &Field) -> bool {
        let faulty = self.faults.iter().any(|(name, _)| *name == field.name);
        !field.hidden || faulty || (field.required == Required::Always && self.value(&field.name).is_empty())
    }

    fn tag(&self, locale: LocaleId) -> String {
        self.locales.get(locale).as_str().to_owned()
    }

    fn found(&self, (locale, text): (LocaleId, &str)) -> Words {
        Words { text: text.to_owned(), lang: (locale != self.locale).then(|| self.tag(locale)) }
    }

    fn words(&self, texts: &Texts) -> Words {
        texts.find(self.locale).map(|found| self.found(found)).unwrap_or_default()
    }

    fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(other, _)| *other == name).map_or("", |(_, value)| *value)
    }

    fn field(&self, form: &str, field: &Field) -> FieldView {
        let (id, value) = (field_id(form, field), self.value(&field.name));
        let fault = self.faults.iter().find(|(name, _)| *name == field.name).map(|(_, message)| (*message).to_owned());
        let help = self.words(&field.help);
        let base = format!("{}-{}", self::id(form), field.name);
        let most = (field.kind == Kind::Text).then_some("most");
        let parts = [(!help.text.is_empty()).then_some("help"), most, fault.is_some().then_some("fault")];
        let described: Vec<String> = parts.into_iter().flatten().map(|part| format!("{base}-{part}")).collect();
        FieldView {
            name: field.name.clone(),
            kind: field.kind.name(),
            control: control(field),
            input: input(field),
            label: self.words(&field.label),
            missing: self.words(&field.missing),
            required: match field.required {
                Required::Always => "always",
                Required::If(_) => "sometimes",
                Required::No => "never",
            },
            required_if: conditions(&field.required),
            most: (!field.kind.is_chosen()).then_some(field.limits.graphemes),
            described_by: described.join(" "),
            value: value.to_owned(),
            choices: self.choices(&base, field, value),
            help,
            fault,
            id,
        }
    }

    fn choices(&self, base: &str, field: &Field, value: &str) -> Vec<ChoiceView> {
        let one = |(at, choice): (usize, &Choice)| ChoiceView {
            id: if field.kind == Kind::Consent { base.to_owned() } else { format!("{base}-{}", at + 1) },
            value: choice.value.clone(),
            label: self.words(&choice.label),
            help: self.words(&choice.help),
            checked: choice.value == value,
        };
        let mut all: Vec<ChoiceView> = field.choices.iter().enumerate().map(one).collect();
        // Any time zone is taken, so one that was sent must not get lost for not being among those suggested.
        if field.kind == Kind::TimeZone && !all.is_empty() && !value.is_empty() && !all.iter().any(|choice| choice.checked) {
            let label = Words { text: value.to_owned(), lang: None };
            let id = format!("{base}-{}", all.len() + 1);
            all.push(ChoiceView { id, value: value.to_owned(), label, help: Words::default(), checked: true });
        }
        all
    }
}

fn control(field: &Field) -> &'static str {
    match field.kind {
        Kind::Text => "area",
        Kind::Choice => "radios",
        Kind::Consent => "box",
        Kind::Select => "list",
        Kind::TimeZone if !field.choices.is_empty() => "list",
        _ => "input",
    }
}

/// E-mail addresses are taken as text: browsers rewrite what is typed into `type=email` before it can be read.
fn input(field: &Field) -> Input {
    let (kind, mode) = match field.kind {
        Kind::Email => ("text", Some("email")),
        Kind::Phone => ("tel", None),
        Kind::Tenant => ("text", Some("url")),
        Kind::DateTime => ("datetime-local", None),
        _ => ("text", None),
    };
    let words = matches!(field.kind, Kind::Line | Kind::Text);
    Input { r#type: kind, mode, autocomplete: field.autocomplete.clone(), words }
}

fn conditions(required: &Required) -> Option<String> {
    let Required::If(conditions) = required else { return None };
    let one = |c: &Condition| serde_json::json!({ "field": c.field, "is": c.is, "values": c.values });
    Some(serde_json::Value::Array(conditions.iter().map(one).collect()).to_string())
}
