//! Requests as people read them. Times are in UTC.

use std::io::{self, Write};

use crate::intake::outbox::{DeliveryState, HoldReason, Millis, Purpose};
use crate::intake::store::export::{Answers, time};
use crate::intake::store::{Delivery, Entry, Retried, Stats};
use crate::ordered;

/// One line for a request, and one for its confirmation unless that is sent.
pub(super) fn entry(out: &mut dyn Write, entry: &Entry) -> io::Result<()> {
    let mails = || entry.deliveries.iter();
    let escalation = mails().find(|mail| mail.purpose == Purpose::Escalation).map(progress).unwrap_or_default();
    writeln!(out, "{}  {}  {}  {escalation}", entry.reference, time(entry.received_at), entry.form)?;
    let confirmation = mails().find(|mail| mail.purpose == Purpose::Confirmation && mail.state != DeliveryState::Sent);
    confirmation.map_or(Ok(()), |mail| writeln!(out, "{:24}confirmation: {}", "", progress(mail)))
}

/// All of a request.
pub(super) fn whole(out: &mut dyn Write, entry: &Entry) -> io::Result<()> {
    writeln!(out, "{}\nform: {}\nreceived: {}", entry.reference, entry.form, time(entry.received_at))?;
    for mail in &entry.deliveries {
        writeln!(out, "{}: {}\n    Message-ID {}", mail.purpose.name(), progress(mail), mail.message_id)?;
    }
    writeln!(out)?;
    for (field, value) in Answers::of(entry).0 {
        let value = shown(&value).replace('\n', "\n    ");
        writeln!(out, "{field}: {value}")?;
    }
    Ok(())
}

/// How far a mail is, in a line.
fn progress(mail: &Delivery) -> String {
    let after = match mail.attempts {
        0 => String::new(),
        1 => " after 1 try".to_owned(),
        tries => format!(" after {tries} tries"),
    };
    let state = mail.state.name();
    let how = match mail.state {
        DeliveryState::Queued => format!("{state}, due {}", time(mail.due)),
        DeliveryState::Leased => format!("{state} until {}", mail.leased_until.map(time).unwrap_or_default()),
        DeliveryState::Sent => format!("{state} {}", time(mail.since)),
        DeliveryState::Deferred | DeliveryState::Unknown => format!("{state}{after}, next {}", time(mail.due)),
        DeliveryState::Held => format!("{state} ({}) since {}", mail.hold.map_or("", HoldReason::name), time(mail.since)),
    };
    let twice = if mail.may_repeat { "; may have arrived more than once" } else { "" };
    let note = if mail.note.is_empty() { String::new() } else { format!(": {}", shown(&mail.note)) };
    format!("{how}{twice}{note}")
}

/// What a retry did with a mail.
pub(super) fn retried(out: &mut dyn Write, mail: &Retried) -> io::Result<()> {
    let now = match (mail.due_now, mail.was, mail.hold) {
        (true, DeliveryState::Unknown, _) => "due now; may arrive twice",
        (true, ..) => "due now",
        (_, _, Some(HoldReason::Honeypot)) => "left alone: the honeypot holds it; `release` sends it",
        (_, DeliveryState::Leased | DeliveryState::Unknown, _) => "left alone: a worker has it",
        (_, DeliveryState::Sent, _) => "left alone: it is sent",
        _ => "left alone: it goes by itself",
    };
    writeln!(out, "{}  {}  {} → {now}", mail.reference, mail.purpose.name(), mail.was.name())
}

/// What is kept, by state.
pub(super) fn stats(out: &mut dyn Write, stats: &Stats, json: bool, now: Millis) -> io::Result<()> {
    let age = stats.oldest_unsent.map(|since| now.saturating_sub(since).max(0) / 1000);
    if json {
        let deliveries = stats.deliveries.iter().map(|(state, number)| (state.name(), *number));
        let held = stats.held.iter().map(|(reason, number)| (reason.name(), *number));
        let value = serde_json::json!({
            "requests": stats.requests,
            "deliveries": ordered::map(deliveries),
            "held": ordered::map(held),
            "oldest_unsent": stats.oldest_unsent.map(time),
            "oldest_unsent_seconds": age,
            "confirmations_left_out": stats.confirmations_left_out,
        });
        return writeln!(out, "{value}");
    }
    writeln!(out, "requests                {}", stats.requests)?;
    for (state, number) in &stats.deliveries {
        writeln!(out, "mails {:<17} {number}", state.name())?;
    }
    for (reason, number) in stats.held.iter().filter(|(_, number)| **number > 0) {
        writeln!(out, "  held: {:<15} {number}", reason.name())?;
    }
    let oldest = stats.oldest_unsent.zip(age).map_or("none".into(), |(at, age)| format!("{} ({age} s ago)", time(at)));
    writeln!(out, "oldest unsent           {oldest}\nconfirmations left out  {}", stats.confirmations_left_out)
}

/// What others wrote, without what could steer a terminal: control characters but the line feed, and marks of direction.
pub(in crate::cli) fn shown(text: &str) -> String {
    let steers = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if steers(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

/// Says something beside the data. Where nobody listens, nobody is told.
pub(super) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
