//! The mail to the requester.

use lettre::Address;

use super::message::{self, Draft};
use super::{Desk, LetterError, Request, address, text, time};
use crate::config::LocaleMap;
use crate::intake::outbox::{Letter, Purpose};
use crate::intake::submission::Submission;

/// The widest subject. Its text is the theme's; the limit keeps a theme from breaking the header.
const SUBJECT_COLUMNS: usize = 120;

/// Whom it goes to, if it is sent at all.
pub(super) fn recipient(desk: &Desk<'_>, submission: &Submission) -> Option<Address> {
    let typed = desk.form.reply_to.as_deref().and_then(|field| submission.answer(field));
    let wanted = desk.config.confirmation && !submission.honeypot;
    typed.filter(|_| wanted).and_then(address::plain)
}

pub(super) fn letter(desk: &Desk<'_>, request: &Request<'_>) -> Result<Option<Letter>, LetterError> {
    let Some(to) = recipient(desk, request.submission) else { return Ok(None) };
    let from = address::wire(&desk.from.address).ok_or(LetterError::Address("from"))?;
    let message_id = format!("<{}.confirmation.v1@{}>", request.reference, address::domain(&from));
    let messages = desk.theme.messages(request.submission.locale);
    let subject = messages.format("mail_confirmation_subject", &[("reference", request.reference.as_str())]);
    let rcpt_to = to.to_string();
    let bytes = message::bytes(&Draft {
        from: desk.from,
        to,
        reply_to: None,
        subject: text::one_line(&subject, SUBJECT_COLUMNS),
        date: request.received_at,
        message_id: &message_id,
        // The first is RFC 3834's, the second what Exchange heeds.
        marks: &[("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")],
        text: body(desk, request)?,
        json: None,
    })?;
    Ok(Some(Letter { purpose: Purpose::Confirmation, mail_from: String::new(), rcpt_to, message_id, bytes }))
}

/// Fixed texts, the number, the time, and what the configuration promises.
fn body(desk: &Desk<'_>, request: &Request<'_>) -> Result<String, LetterError> {
    let locale = request.submission.locale;
    let messages = desk.theme.messages(locale);
    let line =
        |key: &str, answer: &str| messages.format("mail_answer", &[("label", messages.get(key)), ("answer", answer)]) + "\n";
    let mut body = format!("{}\n\n{}\n\n", messages.get("mail_confirmation_dear"), messages.get("mail_confirmation_thanks"));
    body += &line("mail_reference", request.reference.as_str());
    body += &line("mail_received", &time::in_japan(messages, time::moment(request.received_at)?));
    body += &line("mail_form", desk.form.title.get(locale));
    for (key, texts) in [("mail_confirmation_next", &desk.config.promise), ("mail_confirmation_contact", &desk.config.contact)] {
        if let Some((_, text)) = texts.as_ref().and_then(|texts: &LocaleMap| texts.get(locale)) {
            body += &format!("\n{}\n{}\n", messages.get(key), text.trim());
        }
    }
    for key in ["mail_confirmation_quote", "mail_confirmation_sender", "mail_confirmation_mistake"] {
        body += &format!("\n{}\n", messages.get(key));
    }
    Ok(body)
}
