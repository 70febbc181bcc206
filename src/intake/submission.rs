//! What a reader sent, once it satisfies its form's specification.
//!
//! `decode` makes texts of bytes, `check` makes a [`Submission`] of texts by what a form asks, each answer read by its `kind`.

use crate::locale::LocaleId;

mod check;
pub mod decode;
mod fault;
mod kind;
#[cfg(test)]
mod tests;

pub use check::{check, is_page};
pub use fault::{Fault, FaultCode};

/// A request that satisfies its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The form's name.
    pub form: String,
    /// The reader's locale.
    pub locale: LocaleId,
    /// The page that the form stood in, as the hidden field says, if that can be one; not to be trusted.
    pub page: Option<String>,
    /// The answers, normalised by kind, in the order of the specification; fields without an answer are left out.
    pub answers: Vec<Answer>,
    /// Whether the field that people do not see was filled in: such a request is held for a person to look at.
    pub honeypot: bool,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The field's name.
    pub field: String,
    /// What was answered, normalised as the field's kind wants it.
    pub value: String,
}

impl Submission {
    /// The answer to a field.
    pub fn answer(&self, field: &str) -> Option<&str> {
        self.answers.iter().find(|answer| answer.field == field).map(|answer| answer.value.as_str())
    }

    /// The digest of form and answers by which a repeat is told from another request under the same key: 32 bytes of BLAKE3.
    ///
    /// The locale, the page and the hidden fields that carry the way of a request (DESIGN: `token`, `pow`, `step`, `submission_id`,
    /// the honeypot) are left out.
    pub fn fingerprint(&self) -> [u8; 32] {
        // To hash a few hundred bytes at once costs half of what they cost in small parts.
        let mut all = Vec::with_capacity(1024);
        for part in std::iter::once(&self.form).chain(self.answers.iter().flat_map(|a| [&a.field, &a.value])) {
            all.extend_from_slice(&(part.len() as u64).to_le_bytes());
            all.extend_from_slice(part.as_bytes());
        }
        *blake3::hash(&all).as_bytes()
    }
}
