//! Times as readers write them, always with zone and offset: `CST` alone may be Shanghai or Chicago.

use std::fmt::Write;
use std::sync::LazyLock;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, Zoned};

use super::LetterError;
use crate::intake::outbox::Millis;
use crate::theme::{Messages, fill_into};

/// The zones that are part of the program: what a mail says does not depend on the machine.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
/// Japan has known one offset since 1951, and no summer time.
const JAPAN: Offset = Offset::constant(9);

/// The zone of a name in the IANA database, if there is one.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    ZONES.get(name).ok()
}

/// The moment that a count of milliseconds means.
pub(super) fn moment(millis: Millis) -> Result<Timestamp, LetterError> {
    Timestamp::from_millisecond(millis).ok().filter(|moment| *moment >= Timestamp::UNIX_EPOCH).ok_or(LetterError::Time)
}

/// A moment in Japan: `22 Nov 2026, 22:47 JST (UTC+9)`.
pub(super) fn in_japan(messages: &Messages, moment: Timestamp) -> String {
    messages.format("mail_when_japan", &[("when", &*when(messages, JAPAN.to_datetime(moment)))])
}

/// A moment in UTC: `22 Nov 2026, 13:47 UTC`.
pub(super) fn in_utc(messages: &Messages, moment: Timestamp) -> String {
    when(messages, Offset::UTC.to_datetime(moment)) + " UTC"
}

/// What a clock in a zone showed.
#[derive(Debug, Clone)]
pub(super) struct Local {
    shown: DateTime,
    zone: Option<(String, Vec<Offset>)>,
    /// The moment; nothing where no zone was given, or the clock showed this time twice or never.
    pub(super) moment: Option<Zoned>,
}

/// Reads an answer such as `2026-11-22T22:47` in a zone such as `Asia/Tokyo`.
pub(super) fn local(typed: &str, zone: Option<&str>) -> Option<Local> {
    let shown: DateTime = typed.parse().ok()?;
    let Some((name, zone)) = zone.and_then(|name| Some((name, self::zone(name)?))) else {
        return Some(Local { shown, zone: None, moment: None });
    };
    let offsets = match zone.to_ambiguous_timestamp(shown).offset() {
        AmbiguousOffset::Unambiguous { offset } => vec![offset],
        AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => vec![before, after],
    };
    let moment = zone.to_ambiguous_zoned(shown).unambiguous().ok();
    Some(Local { shown, zone: Some((name.to_owned(), offsets)), moment })
}

/// The time with its zone and offset, and in UTC where that can be told.
pub(super) fn with_zone(messages: &Messages, local: &Local) -> String {
    let when = when(messages, local.shown);
    let Some((zone, offsets)) = &local.zone else {
        return messages.format("mail_when_no_zone", &[("when", &*when)]);
    };
    let offset = offsets.iter().map(|offset| utc(*offset)).collect::<Vec<_>>().join(" / ");
    let there = messages.format("mail_when_zone", &[("when", &*when), ("zone", zone), ("offset", &*offset)]);
    match &local.moment {
        Some(moment) => format!("{there} = {}", in_utc(messages, moment.timestamp())),
        None => there,
    }
}

/// `UTC+9`, `UTC-3:30`.
pub(super) fn utc(offset: Offset) -> String {
    let (sign, seconds) = (if offset.is_negative() { '-' } else { '+' }, offset.seconds().unsigned_abs());
    let minutes = seconds / 60 % 60;
    let rest = if minutes == 0 { String::new() } else { format!(":{minutes:02}") };
    format!("UTC{sign}{}{rest}", seconds / 3600)
}

/// A date and time as readers of this locale write it.
fn when(messages: &Messages, at: DateTime) -> String {
    let nth = |key: &'static str, n: i8| messages.get(key).split(' ').nth(usize::from(n.unsigned_abs()) - 1).unwrap_or_default();
    let mut text = String::with_capacity(48);
    fill_into(&mut text, messages.get("mail_when"), |text, name| {
        match name {
            "year" => write!(text, "{}", at.year()),
            "month" => write!(text, "{}", at.month()),
            "month_name" => text.write_str(nth("mail_months", at.month())),
            "day" => write!(text, "{}", at.day()),
            "weekday" => text.write_str(nth("mail_weekdays", at.weekday().to_monday_one_offset())),
            "time" => write!(text, "{:02}:{:02}", at.hour(), at.minute()),
            _ => Err(std::fmt::Error),
        }
        .ok()
    });
    text
}
