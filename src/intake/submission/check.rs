//! From what was sent to a submission that satisfies its form, or to everything that is wrong with it.

use unicode_segmentation::UnicodeSegmentation;

use super::decode::Sent;
use super::fault::{Fault, FaultCode};
use super::kind::{normalised, one_line};
use super::{Answer, Submission};
use crate::form::{Field, FormSpec, HIDDEN, HONEYPOT};
use crate::locale::LocaleId;

/// The most bytes of a hidden field. The longest is `page`, an address.
const MOST_HIDDEN: usize = 2048;

/// Checks what was sent against the form.
///
/// # Errors
/// All faults: those of the form's fields in their order, then those of names that the form does not have, in the order they were sent.
pub fn check(form: &FormSpec, locale: LocaleId, sent: &Sent) -> Result<Submission, Vec<Fault>> {
    let read: Vec<_> = form.fields.iter().map(|field| (field, read(field, sent))).collect();
    let answers: Vec<Answer> = read.iter().filter_map(|(field, read)| answer(field, read)).collect();
    let mut faults: Vec<Fault> = Vec::new();
    for (field, read) in &read {
        let missing = matches!(read, Ok(text) if text.is_empty()) && is_required(form, field, &answers, sent);
        let code = read.as_ref().err().copied().or(missing.then_some(FaultCode::Missing));
        faults.extend(code.map(|code| Fault { field: field.name.clone(), code }));
    }
    faults.extend(faults_of_names(form, sent));
    if faults.is_empty() { Ok(submission(form, locale, sent, answers)) } else { Err(faults) }
}

fn submission(form: &FormSpec, locale: LocaleId, sent: &Sent, answers: Vec<Answer>) -> Submission {
    let page = sent.get("page").filter(|text| !text.is_empty() && is_page(text)).map(str::to_owned);
    let honeypot = sent.get(HONEYPOT).is_some_and(|text| !text.is_empty());
    Submission { form: form.name.clone(), locale, page, answers, honeypot }
}

/// Whether a text can be the page that a form stood in: one line, and not too long. What cannot be is left out where the form does not ask
/// for it: the field is hidden, and whoever sends the form could not mend it.
pub fn is_page(text: &str) -> bool {
    text.len() <= MOST_HIDDEN && one_line(text).is_ok()
}

fn answer(field: &Field, read: &Result<String, FaultCode>) -> Option<Answer> {
    let value = read.as_ref().ok().filter(|value| !value.is_empty())?;
    Some(Answer { field: field.name.clone(), value: value.clone() })
}

/// The answer to a field, normalised; empty if there is none.
fn read(field: &Field, sent: &Sent) -> Result<String, FaultCode> {
    if sent.repeats(&field.name) {
        return Err(FaultCode::DuplicateField);
    }
    let Some(pair) = sent.0.iter().find(|pair| pair.name == field.name) else { return Ok(String::new()) };
    let typed = pair.text.as_deref().ok_or(FaultCode::NotText)?;
    let kept = normalised(field, typed)?;
    within_limits(field, &kept).map(|()| kept)
}

fn within_limits(field: &Field, text: &str) -> Result<(), FaultCode> {
    let most = field.limits.graphemes;
    // A grapheme has a character at least: few characters need not be put together to be counted.
    if text.chars().count() > most && text.graphemes(true).count() > most {
        return Err(FaultCode::TooLong(most));
    }
    if text.len() > field.limits.bytes { Err(FaultCode::TooLarge(field.limits.bytes)) } else { Ok(()) }
}

/// Whether an answer must be given, in view of the other answers. One that cannot be read counts as it was sent, so that
/// correcting it does not bring up a new fault.
fn is_required(form: &FormSpec, field: &Field, answers: &[Answer], sent: &Sent) -> bool {
    let value = |name: &str| {
        let kept = answers.iter().find(|answer| answer.field == name).map(|answer| answer.value.as_str());
        kept.or_else(|| form.field(name).and_then(|field| sent.get(&field.name))).unwrap_or_default()
    };
    field.required.holds(value)
}

/// Faults of what is no question of the form: hidden fields, and names that nobody knows.
fn faults_of_names(form: &FormSpec, sent: &Sent) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for pair in sent.0.iter().filter(|pair| form.field(&pair.name).is_none()) {
        let known = HIDDEN.contains(&pair.name.as_str()) || pair.name == HONEYPOT;
        let code = match &pair.text {
            _ if !known => Some(FaultCode::UnknownField),
            _ if sent.repeats(&pair.name) => Some(FaultCode::DuplicateField),
            None => Some(FaultCode::NotText),
            Some(_) if pair.name == "page" => None,
            Some(text) if text.len() > MOST_HIDDEN => Some(FaultCode::TooLarge(MOST_HIDDEN)),
            Some(text) => one_line(text).err(),
        };
        if let Some(code) = code
            && !faults.iter().any(|fault| fault.field == pair.name)
        {
            faults.push(Fault { field: pair.name.clone(), code });
        }
    }
    faults
}
