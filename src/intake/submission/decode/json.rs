//! `application/json`: one object of texts.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{DecodeError, MOST_PAIRS, Pair, Sent, check_size_and_mark};

/// Reads a body. `null` is a field that was left out; a value that is neither text nor `null` is kept as a pair without text.
/// A key that stands twice is kept twice, for the check to refuse.
///
/// # Errors
/// The bytes are not UTF-8, a text holds half a surrogate pair, the body is no JSON object, or there is too much of it.
pub fn json(body: &[u8]) -> Result<Sent, DecodeError> {
    check_size_and_mark(body)?;
    let text = std::str::from_utf8(body).map_err(|_| DecodeError::BadEncoding)?;
    let pairs: Pairs = serde_json::from_str(text).map_err(|error| reason(&error))?;
    if pairs.0.len() > MOST_PAIRS { Err(DecodeError::Malformed) } else { Ok(Sent(pairs.0)) }
}

/// serde_json tells half a surrogate pair from other errors by its words alone.
fn reason(error: &serde_json::Error) -> DecodeError {
    let half = ["hex escape", "surrogate"].iter().any(|words| error.to_string().contains(words));
    if half { DecodeError::BadEncoding } else { DecodeError::Malformed }
}

struct Pairs(Vec<Pair>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut pairs = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            match value {
                Value::Null => {}
                Value::Text(text) => pairs.push(Pair { name, text: Some(text) }),
                Value::Other => pairs.push(Pair { name, text: None }),
            }
        }
        Ok(Pairs(pairs))
    }
}

enum Value {
    Null,
    Text(String),
    Other,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }
}
