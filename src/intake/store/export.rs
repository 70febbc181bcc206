//! Requests as text: one JSON object a line, or CSV for a spreadsheet.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use super::super::outbox::{Millis, Purpose};
use super::values::{Delivery, Entry};

/// What a spreadsheet may take for the beginning of a formula (OWASP, "CSV Injection"), with the forms of full width that Japanese
/// versions take for the same.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
/// Without it spreadsheets on Japanese systems read the file as Shift_JIS.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The answers of a request, in the order of its form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers(pub Vec<(String, String)>);

impl Answers {
    /// Reads them from the text in which they are stored. What is not a JSON object, which the counter never writes, is shown as it is.
    pub fn of(entry: &Entry) -> Self {
        serde_json::from_str(&entry.answers).unwrap_or_else(|_| Self(vec![("_unreadable".into(), entry.answers.clone())]))
    }

    fn get(&self, field: &str) -> &str {
        self.0.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value)
    }
}

impl<'de> Deserialize<'de> for Answers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Answers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Answers, A::Error> {
        let mut answers = Vec::new();
        while let Some((field, value)) = map.next_entry::<String, serde_json::Value>()? {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            answers.push((field, text));
        }
        Ok(Answers(answers))
    }
}

impl Serialize for Answers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|(field, value)| map.serialize_entry(field, value))?;
        map.end()
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Entry", 5)?;
        object.serialize_field("reference", self.reference.as_str())?;
        object.serialize_field("form", &self.form)?;
        object.serialize_field("received_at", &time(self.received_at))?;
        object.serialize_field("answers", &Answers::of(self))?;
        object.serialize_field("deliveries", &self.deliveries)?;
        object.end()
    }
}

impl Serialize for Delivery {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Delivery", 9)?;
        object.serialize_field("purpose", self.purpose.name())?;
        object.serialize_field("state", self.state.name())?;
        object.serialize_field("since", &time(self.since))?;
        object.serialize_field("due", &time(self.due))?;
        object.serialize_field("attempts", &self.attempts)?;
        object.serialize_field("may_repeat", &self.may_repeat)?;
        object.serialize_field("hold", &self.hold.map(|reason| reason.name()))?;
        object.serialize_field("note", &self.note)?;
        object.serialize_field("message_id", &self.message_id)?;
        object.end()
    }
}

/// A time in UTC, as RFC 3339 writes it. One beyond the year 9999 is a number.
pub fn time(at: Millis) -> String {
    Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |time| time.to_string())
}

/// A request as one line of JSON, with all that was answered exactly as it was.
///
/// # Errors
/// None is known: all keys are texts.
pub fn json_line(entry: &Entry) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string(entry)? + "\n")
}

/// The columns of a CSV file (RFC 4180): one for every field that was answered, in the order in which they are met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns(Vec<String>);

impl Columns {
    /// Adds the fields of a request.
    pub fn add(&mut self, entry: &Entry) {
        for (field, _) in Answers::of(entry).0 {
            if !self.0.contains(&field) {
                self.0.push(field);
            }
        }
    }

    /// The first line.
    pub fn header(&self) -> String {
        let own = ["reference", "form", "received_at", "escalation", "confirmation"];
        let line = line(own.iter().copied().chain(self.0.iter().map(String::as_str)));
        format!("{BYTE_ORDER_MARK}{line}")
    }

    /// The line of a request. A value that a spreadsheet could take for a formula begins with an apostrophe. This holds where the file is read
    /// as what it is, with commas between values: a program that parts them at `;` or at every line's end may find others within a value.
    pub fn row(&self, entry: &Entry) -> String {
        let state = |purpose: Purpose| {
            let mail = entry.deliveries.iter().find(|mail| mail.purpose == purpose);
            mail.map_or("", |mail| mail.state.name())
        };
        let (answers, received) = (Answers::of(entry), time(entry.received_at));
        let states = [state(Purpose::Escalation), state(Purpose::Confirmation)];
        let own = [entry.reference.as_str(), &entry.form, &received].into_iter().chain(states);
        line(own.chain(self.0.iter().map(|field| answers.get(field))))
    }
}

fn line<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<String> = values.map(cell).collect();
    cells.join(",") + "\r\n"
}

/// Control characters of a text of many lines are shown by their pictures, as in the mail: a NUL ends the file for some programs, and others leave
/// it out, so that a formula could stand behind it.
fn cell(value: &str) -> String {
    let guard = if value.starts_with(FORMULA) { "'" } else { "" };
    let value = controls_shown(value);
    if value.contains(['"', ',', '\r', '\n']) {
        format!("\"{guard}{}\"", value.replace('"', "\"\""))
    } else {
        format!("{guard}{value}")
    }
}

/// Line feeds and tabs are text.
fn controls_shown(value: &str) -> Cow<'_, str> {
    let is_shown = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !value.contains(is_shown) {
        return Cow::Borrowed(value);
    }
    let shown = |c: char| match c {
        c if !is_shown(c) => c.to_string(),
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{FFFD}').to_string(),
        '\x7f' => "␡".to_owned(),
        c => format!("<U+{:04X}>", u32::from(c)),
    };
    Cow::Owned(value.chars().map(shown).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::ids::Reference;

    fn entry(answers: &str) -> Entry {
        let reference = Reference::from_random([0; 10]);
        let answers = answers.to_owned();
        Entry { reference, form: "f".into(), received_at: 1_800_000_000_000, answers, deliveries: Vec::new() }
    }

    #[test]
    fn no_cell_begins_as_a_formula_does() {
        for start in FORMULA {
            let said = cell(&format!("{start}cmd|' /C calc'!A0"));
            assert!(said.trim_start_matches('"').starts_with('\''), "{said:?}");
        }
        assert_eq!(cell("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
        assert_eq!(cell("山田=太郎"), "山田=太郎");
    }

    #[test]
    fn controls_are_shown_by_their_pictures() {
        assert_eq!(cell("\0=1+1"), "␀=1+1");
        assert_eq!(cell("a\t\0\x1b[31m\x7f\u{90}\r\nb"), "\"a\t␀␛[31m␡<U+0090>␍\nb\"");
    }

    #[test]
    fn columns_come_in_the_order_of_the_form_and_stay_with_their_answers() {
        let (first, second) = (entry(r#"{"z":"1","a":"=2"}"#), entry(r#"{"a":"3","m":"四"}"#));
        let mut columns = Columns::default();
        columns.add(&first);
        columns.add(&second);
        assert_eq!(columns.header(), "\u{feff}reference,form,received_at,escalation,confirmation,z,a,m\r\n");
        assert!(columns.row(&first).ends_with("f,2027-01-15T08:00:00Z,,,1,'=2,\r\n"));
        assert!(columns.row(&second).ends_with(",,3,四\r\n"));
    }

    #[test]
    fn json_keeps_order_and_text() {
        let text = json_line(&entry(r#"{"z":"=\"\n①髙\u0000","a":""}"#)).unwrap();
        assert!(text.contains(r#""answers":{"z":"=\"\n①髙\u0000","a":""}"#) && text.ends_with("}\n"), "{text}");
        assert_eq!(text.lines().count(), 1);
        assert_eq!(Answers::of(&entry("not JSON")).0, [("_unreadable".into(), "not JSON".into())]);
    }
}
