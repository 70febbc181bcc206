//! Hours at which somebody can be reached, as clocks in another zone show them.
//!
//! The answer is words, such as `weekdays 9:00 to 18:00`. It stays as it was typed; what its times are elsewhere stands beside it, and
//! only where times and zone are certain.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::read::{Clock, Hours};
use super::time;
use crate::theme::Messages;

mod read;
#[cfg(test)]
mod tests;

/// The minutes of a day.
const DAY: i32 = 24 * 60;

/// The answer with its times in the zone that it is meant in, and in the desk's; nothing where these do not differ, or something is not
/// certain. `zone` is the one that was chosen for the whole request. Summer time is that of the moment.
pub(super) fn in_both(messages: &Messages, typed: &str, zone: Option<&str>, desk: &str, at: Timestamp) -> Option<String> {
    let Hours { clocks, zone: named } = read::hours(typed)?;
    let there = Place::new(named.or(zone)?, at)?;
    let here = Place::new(desk, at)?;
    let later = (here.minutes - there.minutes) % DAY;
    if here.minutes == there.minutes {
        return None;
    }
    let (from, to) = (there.told(messages, &clocks, 0), here.told(messages, &clocks, later));
    Some(messages.format("mail_hours", &[("hours", typed), ("there", &from), ("here", &to)]))
}

/// A zone at a moment.
struct Place<'a> {
    name: &'a str,
    offset: String,
    /// Minutes east of Greenwich.
    minutes: i32,
}

impl<'a> Place<'a> {
    fn new(name: &'a str, at: Timestamp) -> Option<Self> {
        let zone: TimeZone = time::zone(name)?;
        let offset = zone.to_offset(at);
        Some(Self { name, offset: time::utc(offset), minutes: offset.seconds() / 60 })
    }

    /// The times, so many minutes later than they were typed.
    fn told(&self, messages: &Messages, clocks: &[Clock], later: i32) -> String {
        let mut times = String::new();
        for clock in clocks {
            if !times.is_empty() {
                times.push_str(if clock.ends_range { "–" } else { ", " });
            }
            times.push_str(&shown(messages, clock.minutes, later));
        }
        messages.format("mail_hours_zone", &[("zone", self.name), ("offset", &self.offset), ("times", &times)])
    }
}

/// A time, with a word if it falls on another day than it was typed for. As it was typed, it may be `24:00` or `26:00`.
fn shown(messages: &Messages, typed: i32, later: i32) -> String {
    let clock = |minutes: i32| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let moved = typed + later;
    match moved.div_euclid(DAY) {
        _ if later == 0 => clock(typed),
        0 => clock(moved),
        days => {
            let key = if days < 0 { "mail_day_before" } else { "mail_day_after" };
            messages.format(key, &[("time", &clock(moved.rem_euclid(DAY)))])
        }
    }
}
