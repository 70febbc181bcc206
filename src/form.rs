//! A form's specification: the one contract between the press, which shows the form, and the counter, which takes it.
//!
//! A specification is a TOML file (`content/forms/NAME.toml`). From it come the HTML of the form, the parsing of what is sent, the
//! page on which it is reviewed, the mail, and the messages of errors. Nothing here is written for one form.

use crate::locale::LocaleId;

mod parse;
mod raw;
mod rules;
#[cfg(test)]
mod tests;
pub mod view;

pub use parse::parse;
pub use rules::MOST_BYTES;

/// The names of fields that every form has beside those of its specification: they carry the way of a request, never its content.
pub const HIDDEN: [&str; 7] = ["locale", "page", "submission_id", "token", "pow", "step", "_charset_"];
/// The field that people do not see and programs fill in.
pub const HONEYPOT: &str = "website";
/// Names that a form cannot have: the counter's own addresses.
pub const RESERVED: [&str; 2] = ["status", "assets"];

/// A text in the locales of the site; by `LocaleId::index`, `None` where a locale lags behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts(pub Vec<Option<String>>);

impl Texts {
    /// The text for a reader of this locale, else the first there is; empty if there is none.
    pub fn get(&self, locale: LocaleId) -> &str {
        self.find(locale).map_or("", |(_, text)| text)
    }

    /// The same, with the locale that the text is written in; `None` if there is none.
    pub fn find(&self, locale: LocaleId) -> Option<(LocaleId, &str)> {
        let own = self.0.get(locale.index()).and_then(Option::as_deref);
        let any = || self.0.iter().zip(0..).find_map(|(text, at)| Some((LocaleId(at), text.as_deref()?)));
        own.map(|text| (locale, text)).or_else(any)
    }

    /// Whether there is a text in any locale.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

/// A form: what is asked, in which order, and within which bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormSpec {
    /// Its name in addresses: `[a-z0-9-]+`, not one of [`RESERVED`].
    pub name: String,
    /// What the form is called.
    pub title: Texts,
    /// What the reader should know before beginning.
    pub intro: Texts,
    /// The button that goes on to the review, and the one that sends.
    pub submit: Texts,
    /// The field whose answer becomes the subject of the mail.
    pub subject: Option<String>,
    /// The field with the requester's address, to which the confirmation goes and the desk replies.
    pub reply_to: Option<String>,
    /// The field with the language in which the requester wishes to be answered.
    pub language: Option<String>,
    /// The field with the hours at which the requester can be reached, in words.
    pub hours: Option<String>,
    /// Groups in their order; each becomes a `fieldset` where it has a title.
    pub groups: Vec<Group>,
    /// Fields in their order, by group.
    pub fields: Vec<Field>,
}

impl FormSpec {
    /// A field by name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Fields that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its heading; empty for fields that stand alone.
    pub title: Texts,
    /// What is said below the heading.
    pub help: Texts,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in the request: `[a-z][a-z0-9_]*`.
    pub name: String,
    /// The index of its group.
    pub group: usize,
    /// What kind of answer it takes.
    pub kind: Kind,
    /// Whether an answer must be given.
    pub required: Required,
    /// The question.
    pub label: Texts,
    /// What helps to answer it; shown between label and field.
    pub help: Texts,
    /// What to say where an answer is missing; the theme's message unless given.
    pub missing: Texts,
    /// The answers to choose from.
    pub choices: Vec<Choice>,
    /// The most that an answer may hold.
    pub limits: Limits,
    /// Whether an address may fill the field in beforehand (`?field=…`).
    pub prefill: bool,
    /// The token of HTML's `autocomplete` attribute.
    pub autocomplete: Option<String>,
    /// Not shown: filled in by the page that leads to the form (a segment's key, its texts).
    pub hidden: bool,
}

/// An answer to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: Texts,
    /// What helps to choose.
    pub help: Texts,
}

/// The kind of answer; it decides how the text is checked and normalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One line, as typed (names, titles): control and bidi characters are refused.
    Line,
    /// Many lines, as typed, ended by LF.
    Text,
    /// An e-mail address; NFKC.
    Email,
    /// A telephone number; NFKC, hyphens made one.
    Phone,
    /// An identifier of visible ASCII characters; NFKC.
    Id,
    /// A GUID; NFKC, lower-cased.
    Guid,
    /// A tenant: a domain name or a GUID; NFKC, lower-cased.
    Tenant,
    /// A date and time without zone, `2026-11-22T22:47`; NFKC.
    DateTime,
    /// An IANA time zone, such as `Asia/Tokyo`.
    TimeZone,
    /// One of the choices, shown as radio buttons.
    Choice,
    /// One of the choices, shown as a list.
    Select,
    /// A box to tick; sends its only choice.
    Consent,
}

impl Kind {
    /// All kinds with the names that specifications give them.
    pub const NAMES: [(&'static str, Self); 12] = [
        ("line", Self::Line),
        ("text", Self::Text),
        ("email", Self::Email),
        ("phone", Self::Phone),
        ("id", Self::Id),
        ("guid", Self::Guid),
        ("tenant", Self::Tenant),
        ("datetime", Self::DateTime),
        ("timezone", Self::TimeZone),
        ("choice", Self::Choice),
        ("select", Self::Select),
        ("consent", Self::Consent),
    ];

    /// The kind that a specification calls so.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    /// What a specification calls it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Whether the answer is one of the field's choices.
    pub fn is_chosen(self) -> bool {
        matches!(self, Self::Choice | Self::Select | Self::Consent)
    }

    /// Whether a field of this kind can offer choices; those of a time zone are suggestions, any zone is taken.
    pub fn may_have_choices(self) -> bool {
        self.is_chosen() || self == Self::TimeZone
    }
}

/// The most that an answer may hold. Both are kept: graphemes are what people count, bytes what machines store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Extended grapheme clusters (UAX #29).
    pub graphemes: usize,
    /// Bytes of UTF-8.
    pub bytes: usize,
}

/// Whether an answer must be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Required {
    /// It need not.
    No,
    /// It must.
    Always,
    /// It must if any of these holds.
    If(Vec<Condition>),
}

/// What another field's answer must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The other field.
    pub field: String,
    /// Whether the condition holds where the answer is one of the values (`true`), or where it is none of them (`false`).
    pub is: bool,
    /// The values.
    pub values: Vec<String>,
}
