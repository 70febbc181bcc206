//! Whether the clock can be believed before something is deleted because of its age.
//!
//! The store remembers the latest time that it has believed. A clock that stands near it, or not too far ahead, is believed. One
//! that has jumped, in either direction, is doubted until it has gone on steadily for a day: time enough for an alarm to be heard.
//! A counter that was switched off for longer than [`STEP`] waits that day as well.

use super::super::outbox::Millis;
use super::sql;

const MINUTE: Millis = 60 * 1000;
const DAY: Millis = 24 * 60 * MINUTE;
/// How far the clock may have gone on since it was last looked at.
pub(super) const STEP: Millis = 2 * DAY;
/// How far it may have gone back: a correction by the network's time.
const BACK: Millis = 5 * MINUTE;
/// How long a clock that has jumped must go on steadily.
const PROBATION: Millis = DAY;

/// What is remembered of the clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The latest time believed.
    pub(super) believed: Option<Millis>,
    /// Since when it shows another time, and when it last did.
    pub(super) doubt: Option<(Millis, Millis)>,
}

impl Seen {
    /// What is remembered, by the names under which it is stored.
    pub(super) fn numbers(self) -> [(&'static str, Option<Millis>); 3] {
        let (since, last) = self.doubt.unzip();
        [(sql::CLOCK, self.believed), (sql::DOUBT_SINCE, since), (sql::DOUBT_LAST, last)]
    }
}

/// Whether the clock is believed, and what is remembered from now on. The first reading is not: there is none that agrees with it.
pub(super) fn look(seen: Seen, now: Millis) -> (bool, Seen) {
    let goes_on = |from: Millis| (from.saturating_sub(BACK)..=from.saturating_add(STEP)).contains(&now);
    let Some(believed) = seen.believed else { return (false, Seen { believed: Some(now), doubt: None }) };
    if goes_on(believed) {
        return (true, Seen { believed: Some(now.max(believed)), doubt: None });
    }
    match seen.doubt {
        Some((since, last)) if goes_on(last) && now.saturating_sub(since) >= PROBATION => {
            (true, Seen { believed: Some(now), doubt: None })
        }
        Some((since, last)) if goes_on(last) => (false, Seen { doubt: Some((since, now.max(last))), ..seen }),
        _ => (false, Seen { doubt: Some((now, now)), ..seen }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_800_000_000_000;
    const YEAR: Millis = 365 * DAY;

    /// Looks at the clock at each of these times, and says whether it was believed.
    fn looks(times: &[Millis]) -> Vec<bool> {
        let mut seen = Seen::default();
        times
            .iter()
            .map(|now| {
                let (believed, next) = look(seen, *now);
                seen = next;
                believed
            })
            .collect()
    }

    #[test]
    fn a_clock_that_goes_on_is_believed_from_its_second_reading() {
        assert_eq!(looks(&[NOW, NOW + DAY, NOW + 3 * DAY, NOW + 3 * DAY - MINUTE]), [false, true, true, true]);
    }

    #[test]
    fn a_jump_is_doubted_in_either_direction_and_its_end_is_believed_at_once() {
        for jump in [10 * YEAR, -10 * YEAR, STEP + 1, -BACK - MINUTE - 1] {
            assert_eq!(looks(&[NOW, NOW + jump, NOW + jump + MINUTE, NOW + MINUTE]), [false, false, false, true], "{jump}");
        }
    }

    #[test]
    fn a_jump_that_stays_is_believed_after_a_day_of_steady_going() {
        let jumped = NOW + 10 * YEAR;
        assert_eq!(looks(&[NOW, jumped, jumped + DAY - 1, jumped + DAY]), [false, false, false, true]);
        assert_eq!(looks(&[NOW, jumped, jumped + YEAR, jumped + YEAR + DAY]), [false, false, false, true]);
    }
}
