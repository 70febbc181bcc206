use super::read::hours;
use crate::intake::letter::tests::samples::{EN, JA, Sample};

/// The times as `9:00-18:00`, and the zone.
fn read(typed: &str) -> Option<(String, Option<&'static str>)> {
    let hours = hours(typed)?;
    let mut text = String::new();
    for clock in &hours.clocks {
        let mark = if text.is_empty() { "" } else { [" ", "-"][usize::from(clock.ends_range)] };
        text += &format!("{mark}{}:{:02}", clock.minutes / 60, clock.minutes % 60);
    }
    Some((text, hours.zone))
}

#[test]
fn times_are_read_as_people_write_them() {
    for (typed, times) in [
        ("weekdays 9:00 to 18:00", "9:00-18:00"),
        ("Mon-Fri 9:00–12:00 and 13:00-17:30", "9:00-12:00 13:00-17:30"),
        ("9am to 5pm", "9:00-17:00"),
        ("9 a.m. - 5:30 p.m. on weekdays", "9:00-17:30"),
        ("12am, 12 pm", "0:00 12:00"),
        ("9-18", "9:00-18:00"),
        ("9 to 18:00", "9:00-18:00"),
        ("after 18:00", "18:00"),
        ("平日9時～18時", "9:00-18:00"),
        ("平日９：００〜１８：００", "9:00-18:00"),
        ("平日 9時30分から18時半まで", "9:30-18:30"),
        ("午前9時〜午後6時（土日を除く）", "9:00-18:00"),
        ("月～金 9-18時", "9:00-18:00"),
        ("22時から26時", "22:00-26:00"),
        ("9:00-24:00", "9:00-24:00"),
        ("12月1日から9時～18時", "9:00-18:00"),
        ("12/28 - 1/4 を除く平日10:00-19:00", "10:00-19:00"),
        ("工作日9点到18点", "9:00-18:00"),
        ("現地時間で9時以降", "9:00"),
    ] {
        assert_eq!(read(typed), Some((times.into(), None)), "{typed}");
    }
}

#[test]
fn a_zone_that_is_named_is_heard() {
    for (typed, zone) in [
        ("平日9時～18時、日本時間", "Asia/Tokyo"),
        ("weekdays 9:00 to 18:00, Tokyo time", "Asia/Tokyo"),
        ("9:00-18:00 (JST)", "Asia/Tokyo"),
        ("9:00-18:00 北京時間", "Asia/Shanghai"),
        ("9:00-18:00 UTC", "UTC"),
    ] {
        assert_eq!(read(typed), Some(("9:00-18:00".into(), Some(zone))), "{typed}");
    }
}

#[test]
fn what_is_not_certain_is_not_read() {
    for typed in [
        "",
        "any time",
        "平日",
        "9:00-18:00 CST",
        "9:00-18:00 EST",
        "9:00-18:00 New York time",
        "9:00-18:00 UTC+8",
        "9:00-18:00 UTC -5",
        "9-18-5",
        "9:00-18:00 (GMT-5)",
        "9時～18時 ニューヨーク時間",
        "9時～18時（ロンドン）",
        "9時～18時 米国東部",
        "9:00 JST or 8:00 China time",
        "9-5pm",
        "from 9",
        "24時間",
        "30:00",
        "9:75",
        "13pm",
        "call 090 1234 5678",
        "9:00-18:00 по Москве",
        "오전 9시",
        "room 5, 9:00",
        "1:00 2:00 3:00 4:00 5:00 6:00 7:00 8:00 9:00",
        "99999999999999999999:00",
    ] {
        assert_eq!(read(typed), None, "{typed}");
    }
}

/// The line of the desk's mail.
fn line(typed: &str, zone: Option<&str>, desk: &str, locale: crate::locale::LocaleId) -> String {
    let answers = [("time_zone", zone.unwrap_or_default()), ("contact_hours", typed)];
    let mut sample = Sample::new(if zone.is_some() { &answers } else { &answers[1..] });
    (sample.config.desk_time_zone, sample.config.desk_locale) = (desk.into(), locale);
    let message = mail_parser::MessageParser::default().parse(&sample.escalation().bytes).unwrap().into_owned();
    let text = message.body_text(0).unwrap().into_owned();
    text.lines().find(|line| line.starts_with("Contact hours") || line.starts_with("連絡のつく")).unwrap().to_owned()
}

#[test]
fn the_desk_reads_the_hours_in_both_zones() {
    assert_eq!(
        line("weekdays 9:00 to 18:00", Some("Asia/Tokyo"), "Asia/Shanghai", EN),
        "Contact hours: weekdays 9:00 to 18:00 (Asia/Tokyo, UTC+9: 09:00–18:00 = Asia/Shanghai, UTC+8: 08:00–17:00)"
    );
    assert_eq!(
        line("平日9時～18時、日本時間", None, "America/Chicago", JA),
        "連絡のつく時間帯：平日9時～18時、日本時間（Asia/Tokyo, UTC+9：09:00–18:00 ＝ America/Chicago, UTC-6：前日18:00–03:00）"
    );
    assert_eq!(
        line("after 18:00", Some("America/Los_Angeles"), "Asia/Kolkata", EN),
        "Contact hours: after 18:00 (America/Los_Angeles, UTC-8: 18:00 = Asia/Kolkata, UTC+5:30: 07:30 the next day)"
    );
}

#[test]
fn hours_stay_as_they_were_typed_where_nothing_is_certain_or_nothing_differs() {
    for (typed, zone, desk) in [
        ("weekdays 9:00 to 18:00", Some("Asia/Tokyo"), "Asia/Seoul"),
        ("weekdays 9:00 to 18:00", None, "Asia/Shanghai"),
        ("9:00-18:00 CST", Some("Asia/Tokyo"), "Asia/Shanghai"),
        ("いつでも", Some("Asia/Tokyo"), "UTC"),
    ] {
        assert_eq!(line(typed, zone, desk, EN), format!("Contact hours: {typed}"));
    }
}
