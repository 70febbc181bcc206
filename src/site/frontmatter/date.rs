//! Calendar dates as authors write them.

/// A calendar date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// The year.
    pub year: u16,
    /// The month, from 1.
    pub month: u8,
    /// The day, from 1.
    pub day: u8,
}

impl Date {
    /// Reads `2026-01-31` (ISO 8601; a time after it is dropped) and `01/31/2026` (the publisher's; also `1/31/26`, this
    /// century). `None` where there is no such day.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let day_only = text.split(['T', ' ']).next()?;
        let (year, month, day) = if day_only.contains('-') {
            let (year, month, day) = three(day_only, '-')?;
            (year, month, day)
        } else {
            let (month, day, year) = three(day_only, '/')?;
            (if year < 100 { year + 2000 } else { year }, month, day)
        };
        let date = Self { year, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? };
        (date.year >= 1000 && (1..=date.month_length()).contains(&date.day)).then_some(date)
    }

    /// The date as ISO 8601 writes it: `2026-01-31`.
    pub fn iso(self) -> String {
        let mut text = self.year.to_string();
        for part in [self.month, self.day] {
            text.push_str(if part < 10 { "-0" } else { "-" });
            text.push_str(&part.to_string());
        }
        text
    }

    fn month_length(self) -> u8 {
        match self.month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400)) => 29,
            2 => 28,
            _ => 0,
        }
    }
}

fn three(text: &str, separator: char) -> Option<(u16, u16, u16)> {
    let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<u16>().ok()).flatten();
    let mut parts = text.split(separator).map(number);
    let three = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(three)
}
