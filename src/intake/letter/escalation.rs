//! The mail to the desk.

use std::borrow::Cow;

use lettre::Address;

use super::message::{self, Draft};
use super::{Desk, LetterError, Request, address, attachment, hours, scripts, text, time};
use crate::form::{Field, Kind};
use crate::intake::outbox::{Letter, Purpose};
use crate::intake::submission::Answer;
use crate::theme::fill_into;

/// The widest subject: longer ones are folded, which some hosts take for spam.
const SUBJECT_COLUMNS: usize = 60;
/// The longest value of a choice that is a grade, such as a severity of `a`.
const GRADE: usize = 2;

pub(super) fn letter(desk: &Desk<'_>, request: &Request<'_>) -> Result<Letter, LetterError> {
    let mailbox = desk.config.mailbox.as_ref().ok_or(LetterError::NoMailbox)?;
    let to = address::parsed(&mailbox.address).ok_or(LetterError::Address("mailbox"))?;
    let rcpt_to = to.to_string();
    let mail_from = address::wire(&desk.from.address).ok_or(LetterError::Address("from"))?;
    let message_id = format!("<{}.v1@{}>", request.reference, address::domain(&mail_from));
    let bytes = message::bytes(&Draft {
        from: desk.from,
        to,
        reply_to: reply_to(desk, request),
        subject: subject(desk, request),
        date: request.received_at,
        message_id: &message_id,
        marks: &[("Auto-Submitted", "auto-generated")],
        text: body(desk, request)?,
        json: Some((format!("{}.json", request.reference), attachment::json(desk, request)?)),
    })?;
    Ok(Letter { purpose: Purpose::Escalation, mail_from, rcpt_to, message_id, bytes })
}

fn reply_to(desk: &Desk<'_>, request: &Request<'_>) -> Option<Address> {
    let field = desk.form.reply_to.as_deref()?;
    address::plain(request.submission.answer(field)?)
}

/// `[SR-…] A: the title that was given`. The language to answer in is no grade, short as its tag is.
fn subject(desk: &Desk<'_>, request: &Request<'_>) -> String {
    let mut subject = format!("[{}] ", request.reference);
    for answer in &request.submission.answers {
        let is_grade =
            |field: &Field| matches!(field.kind, Kind::Choice | Kind::Select) && desk.form.language.as_ref() != Some(&field.name);
        if desk.form.field(&answer.field).is_some_and(is_grade) && answer.value.len() <= GRADE {
            subject.push_str(&format!("{}: ", answer.value.to_ascii_uppercase()));
        }
    }
    let title = desk.form.subject.as_deref().and_then(|field| request.submission.answer(field));
    let title = title.unwrap_or_else(|| desk.form.title.get(desk.config.desk_locale));
    let left = SUBJECT_COLUMNS.saturating_sub(subject.len());
    subject + &text::one_line(title, left)
}

/// The zone that the form asks for beside its times, if it was answered.
pub(super) fn zone<'a>(desk: &Desk<'_>, request: &Request<'a>) -> Option<&'a str> {
    let field = desk.form.fields.iter().find(|field| field.kind == Kind::TimeZone)?;
    request.submission.answer(&field.name)
}

fn body(desk: &Desk<'_>, request: &Request<'_>) -> Result<String, LetterError> {
    let lines = Lines::of(desk);
    let mut body = String::with_capacity(1024);
    let mut escaped = false;
    for (index, group) in desk.form.groups.iter().enumerate() {
        let fields = desk.form.fields.iter().filter(|field| field.group == index);
        let answered =
            fields.filter_map(|field| Some((field, request.submission.answers.iter().find(|a| a.field == field.name)?)));
        let mut answers = answered.peekable();
        if answers.peek().is_some() && !group.title.is_empty() {
            stand_apart(&mut body);
            body.extend(["== ", group.title.get(desk.config.desk_locale), " ==\n\n"]);
        }
        for (field, answer) in answers {
            let value = value(desk, request, field, answer);
            let shown = text::visible(&value);
            escaped |= shown.escaped;
            lines.write(&mut body, field.label.get(desk.config.desk_locale), &shown.text);
        }
    }
    Ok(head(desk, request, escaped)? + &body)
}

/// What stands above the answers.
fn head(desk: &Desk<'_>, request: &Request<'_>, escaped: bool) -> Result<String, LetterError> {
    let (messages, lines) = (desk.theme.messages(desk.config.desk_locale), Lines::of(desk));
    let received = time::moment(request.received_at)?;
    let received = format!("{} = {}", time::in_japan(messages, received), time::in_utc(messages, received));
    let locale = desk.locales.get(request.submission.locale);
    let language = format!("{} ({locale})", desk.theme.messages(request.submission.locale).get("language_name"));
    let page = request.submission.page.as_deref().map(|page| text::visible(page).text.replace('\n', "␊"));
    let values = [
        ("mail_reference", Some(request.reference.as_str())),
        ("mail_received", Some(&*received)),
        ("mail_form", Some(desk.form.title.get(desk.config.desk_locale))),
        ("mail_language", Some(&*language)),
        ("mail_page", page.as_deref()),
    ];
    let mut head = String::with_capacity(2048);
    for (key, value) in values {
        let Some(value) = value else { continue };
        lines.write(&mut head, messages.get(key), value);
    }
    if let Some(twin) = request.twin {
        head.extend(["\n", &messages.format("mail_twin", &[("reference", twin.as_str())]), "\n"]);
    }
    if escaped {
        head.extend(["\n", messages.get("mail_escaped"), "\n"]);
    }
    let mixed = mixed(desk, request);
    if !mixed.is_empty() {
        head.extend(["\n", messages.get("mail_mixed"), "\n", &mixed]);
    }
    Ok(head + "\n")
}

/// The words in lines and addresses whose letters do not go together, with the letters that stand out and their numbers: a line for each.
fn mixed(desk: &Desk<'_>, request: &Request<'_>) -> String {
    let lines = Lines::of(desk);
    let mut out = String::new();
    for answer in &request.submission.answers {
        let Some(field) = desk.form.field(&answer.field) else { continue };
        let found = match field.kind {
            Kind::Line => scripts::in_line(&answer.value),
            Kind::Email | Kind::Tenant => scripts::in_address(&answer.value),
            _ => Vec::new(),
        };
        for scripts::Mixed { word, odd } in found {
            let odd: Vec<String> = odd.iter().map(|c| format!("{c} <U+{:04X}>", u32::from(*c))).collect();
            let word = format!("{word} ({})", odd.join(", "));
            lines.write(&mut out, field.label.get(desk.config.desk_locale), &text::visible(&word).text);
        }
    }
    out
}

/// How a label stands with its answer in the desk's language.
struct Lines<'a>(&'a str);

impl<'a> Lines<'a> {
    fn of(desk: &Desk<'a>) -> Self {
        Self(desk.theme.messages(desk.config.desk_locale).get("mail_answer"))
    }

    /// A label with its answer: beside it, or below it where the answer has several lines.
    fn write(&self, text: &mut String, label: &str, value: &str) {
        let has_lines = value.contains('\n');
        if has_lines {
            stand_apart(text);
        }
        let beside = if has_lines { "" } else { value };
        let of = |name: &str| match name {
            "label" => Some(label),
            "answer" => Some(beside),
            _ => None,
        };
        fill_into(text, self.0, |text, name| of(name).map(|value| text.push_str(value)));
        if has_lines {
            text.truncate(text.trim_end().len());
            text.extend(["\n", value, "\n"]);
        }
        text.push('\n');
    }
}

/// A blank line, unless one is there.
fn stand_apart(text: &mut String) {
    if !text.is_empty() && !text.ends_with("\n\n") {
        text.push('\n');
    }
}

/// An answer as people read it.
fn value<'a>(desk: &Desk<'a>, request: &Request<'a>, field: &'a Field, answer: &'a Answer) -> Cow<'a, str> {
    let messages = desk.theme.messages(desk.config.desk_locale);
    let typed = answer.value.as_str();
    if desk.form.hours.as_deref() == Some(&field.name) {
        let at = time::moment(request.received_at).ok();
        let both = at.and_then(|at| hours::in_both(messages, typed, zone(desk, request), &desk.config.desk_time_zone, at));
        return both.map_or(Cow::Borrowed(typed), Cow::Owned);
    }
    let shown = match field.kind {
        Kind::Choice | Kind::Select | Kind::Consent => {
            let choice = field.choices.iter().find(|choice| choice.value == typed);
            choice.map(|choice| choice.label.get(desk.config.desk_locale)).filter(|label| !label.is_empty()).map(Cow::Borrowed)
        }
        Kind::DateTime => time::local(typed, zone(desk, request)).map(|local| time::with_zone(messages, &local).into()),
        Kind::Email | Kind::Tenant => address::punycode(typed).map(|ascii| format!("{typed} ({ascii})").into()),
        _ => None,
    };
    shown.unwrap_or(Cow::Borrowed(typed))
}
