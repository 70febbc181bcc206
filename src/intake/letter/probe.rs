//! The test mail to the desk.

use super::message::{self, Draft};
use super::{Desk, LetterError, address, text, time};
use crate::intake::outbox::{Letter, Millis, Purpose};

/// The widest subject. Its text is the theme's; the limit keeps a theme from breaking the header.
const SUBJECT_COLUMNS: usize = 120;

pub(super) fn letter(desk: &Desk<'_>, name: &str, at: Millis) -> Result<Letter, LetterError> {
    let mailbox = desk.config.mailbox.as_ref().ok_or(LetterError::NoMailbox)?;
    let to = address::parsed(&mailbox.address).ok_or(LetterError::Address("mailbox"))?;
    let rcpt_to = to.to_string();
    let mail_from = address::wire(&desk.from.address).ok_or(LetterError::Address("from"))?;
    let message_id = format!("<probe-{name}@{}>", address::domain(&mail_from));
    let messages = desk.theme.messages(desk.config.desk_locale);
    let title = desk.form.title.get(desk.config.desk_locale);
    let moment = time::moment(at)?;
    let sent = format!("{} = {}", time::in_japan(messages, moment), time::in_utc(messages, moment));
    let bytes = message::bytes(&Draft {
        from: desk.from,
        to,
        reply_to: None,
        subject: text::one_line(messages.get("mail_probe_subject"), SUBJECT_COLUMNS),
        date: at,
        message_id: &message_id,
        marks: &[("Auto-Submitted", "auto-generated")],
        text: messages.format("mail_probe_text", &[("form", title), ("when", &sent)]) + "\n",
        json: None,
    })?;
    Ok(Letter { purpose: Purpose::Escalation, mail_from, rcpt_to, message_id, bytes })
}
