//! Tables of settings: TOML read into structs whose fields are the keys that a table may have.
//!
//! What serde derives reads a table in each way in which its TOML may be handed over, and is compiled for each of them and each table: more code than
//! all else that has to do with settings. Here a table is read in one way. Complaints are worded as serde words them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::Unexpected;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) what: What,
    /// The bytes of the file that are meant.
    pub(crate) at: Option<Range<usize>>,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// The file is no TOML, or a value cannot be used.
    Message(String),
    /// A value is of another type.
    Type(String),
    /// A key that its table does not have, and those that it has.
    Unknown(String, &'static [&'static str]),
}

/// What can be read from a value.
pub(crate) trait Read: Sized {
    /// Reads a value that stands at some bytes of the file.
    fn read(value: DeValue<'_>, at: Range<usize>) -> Result<Self, Fault>;

    /// What stands for a key that is not given; `None` if it has to be.
    fn absent() -> Option<Self> {
        None
    }
}

/// Reads a file.
pub(crate) fn parse<T: Read>(text: &str) -> Result<T, Fault> {
    let root = DeTable::parse(text).map_err(|error| {
        let message = error.message().lines().next().unwrap_or("the file is not TOML").to_owned();
        Fault { what: What::Message(message), at: error.span() }
    })?;
    let at = root.span();
    T::read(DeValue::Table(root.into_inner()), at)
}

/// A struct that is read from a table: keys are called as its fields are, or as it says behind them (`kind = "type"`).
macro_rules! table {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($field_vis:vis $field:ident $(= $key:literal)?: $type:ty,)* }) => {
        $(#[$meta])*
        $vis struct $name {
            $($field_vis $field: $type,)*
        }

        impl $crate::tables::Read for $name {
            fn read(value: toml::de::DeValue<'_>, at: std::ops::Range<usize>) -> Result<Self, $crate::tables::Fault> {
                const KEYS: &[&str] = &[$($crate::tables::key!($field $($key)?)),*];
                $(let mut $field: Option<$type> = None;)*
                for (key, value) in $crate::tables::open(value, &at, concat!("struct ", stringify!($name)))? {
                    let at = value.span();
                    match &**key.get_ref() {
                        $($crate::tables::key!($field $($key)?) => {
                            $field = Some($crate::tables::Read::read(value.into_inner(), at)?);
                        })*
                        _ => return Err($crate::tables::unknown(&key, KEYS)),
                    }
                }
                Ok(Self { $($field: $crate::tables::given($field, $crate::tables::key!($field $($key)?), &at)?,)* })
            }

            fn absent() -> Option<Self> {
                Some(Self { $($field: <$type as $crate::tables::Read>::absent()?,)* })
            }
        }
    };
}

/// What a key is called.
macro_rules! key {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

pub(crate) use {key, table};

/// The entries of a table.
pub(crate) fn open<'t>(value: DeValue<'t>, at: &Range<usize>, expected: &str) -> Result<DeTable<'t>, Fault> {
    match value {
        DeValue::Table(table) => Ok(table),
        other => Err(mistyped(&other, at, expected)),
    }
}

/// A key that is not one of these.
pub(crate) fn unknown(key: &Spanned<Cow<'_, str>>, known: &'static [&'static str]) -> Fault {
    Fault { what: What::Unknown(key.get_ref().to_string(), known), at: Some(key.span()) }
}

/// The value of a key, or what stands for it if its table has it not.
pub(crate) fn given<T: Read>(value: Option<T>, key: &str, table: &Range<usize>) -> Result<T, Fault> {
    value.or_else(T::absent).ok_or_else(|| message(format!("missing field `{key}`"), table))
}

/// A value of another type than expected.
pub(crate) fn mistyped(value: &DeValue<'_>, at: &Range<usize>, expected: &str) -> Fault {
    Fault { what: What::Type(format!("invalid type: {}, expected {expected}", shown(value))), at: Some(at.clone()) }
}

fn shown(value: &DeValue<'_>) -> String {
    let found = match value {
        DeValue::String(text) => Unexpected::Str(text),
        DeValue::Integer(number) => return shown_number(number),
        DeValue::Float(number) => Unexpected::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Unexpected::Bool(*value),
        DeValue::Array(_) => Unexpected::Seq,
        DeValue::Datetime(_) | DeValue::Table(_) => Unexpected::Map,
    };
    found.to_string()
}

fn shown_number(number: &DeInteger<'_>) -> String {
    whole(number).map_or_else(|| "integer".to_owned(), |number| format!("integer `{number}`"))
}

fn whole(number: &DeInteger<'_>) -> Option<i128> {
    i128::from_str_radix(number.as_str(), number.radix()).ok()
}

/// A whole number of at least 0 and at most `most`, the greatest of its type.
fn unsigned(value: &DeValue<'_>, at: &Range<usize>, most: u64, expected: &str) -> Result<u64, Fault> {
    let DeValue::Integer(number) = value else { return Err(mistyped(value, at, expected)) };
    let number = whole(number).and_then(|number| u64::try_from(number).ok()).filter(|number| *number <= most);
    number.ok_or_else(|| message(format!("invalid value: {}, expected {expected}", shown(value)), at))
}

fn message(message: String, at: &Range<usize>) -> Fault {
    Fault { what: What::Message(message), at: Some(at.clone()) }
}

impl Read for String {
    fn read(value: DeValue<'_>, at: Range<usize>) -> Result<Self, Fault> {
        match value {
            DeValue::String(text) => Ok(text.into_owned()),
            other => Err(mistyped(&other, &at, "a string")),
        }
    }
}

impl Read for bool {
    fn read(value: DeValue<'_>, at: Range<usize>) -> Result<Self, Fault> {
        value.as_bool().ok_or_else(|| mistyped(&value, &at, "a boolean"))
    }

    fn absent() -> Option<Self> {
        Some(false)
    }
}

impl Read for u32 {
    fn read(value: DeValue<'_>, at: Range<usize>) -> Result<Self, Fault> {
        unsigned(&value, &at, Self::MAX.into(), "u32").map(|number| number as Self)
    }
}

impl Read for usize {
    fn read(value: DeValue<'_>, at: Range<usize>) -> Result<Self, Fault> {
        unsigned(&value, &at, Self::MAX as u64, "usize").map(|number| number as Self)
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: DeValue<'_>, at: Range<usize>) -> Result<Self, Fault> {
        T::read(value, at).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Read> Read for Spanned<T> {
    fn read(value: DeValue<'_>, at: Range<usize>) -> Result<Self, Fault> {
        Ok(Self::new(at.clone(), T::read(value, at)?))
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: DeValue<'_>, at: Range<usize>) -> Result<Self, Fault> {
        let DeValue::Array(items) = value else { return Err(mistyped(&value, &at, "a sequence")) };
        let mut read = Self::with_capacity(items.len());
        for item in items {
            let at = item.span();
            read.push(T::read(item.into_inner(), at)?);
        }
        Ok(read)
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

impl<K: From<Name> + Ord, T: Read> Read for BTreeMap<K, T> {
    fn read(value: DeValue<'_>, at: Range<usize>) -> Result<Self, Fault> {
        let mut read = Self::new();
        for (key, value) in open(value, &at, "a map")? {
            let at = value.span();
            let name = Name(Spanned::new(key.span(), key.into_inner().into_owned()));
            read.insert(name.into(), T::read(value.into_inner(), at)?);
        }
        Ok(read)
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

/// A key of a table that may have any.
pub(crate) struct Name(Spanned<String>);

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0.into_inner()
    }
}

impl From<Name> for Spanned<String> {
    fn from(name: Name) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests;
