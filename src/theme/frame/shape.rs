//! A view taken apart: its shape, and the values that differ between views of one shape.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::Range;

use serde::ser::{self, Serialize, Serializer};
use tera::Value as Made;

use super::mark;
use super::passes_on::{COMPARED, MESSAGES};
use super::view::View;
use crate::theme::engine::{Html, Kind, Shared};

thread_local! {
    /// Whether a view is being taken apart in this thread: then a shared value shows itself, and not what it is made of.
    static READING: Cell<bool> = const { Cell::new(false) };
    static SHOWN: RefCell<Option<Shared>> = const { RefCell::new(None) };
}

/// The name by which a shared value shows itself.
pub(in crate::theme) const SHARED: &str = "madoguchi-shared";

/// A value that differs between views of one shape.
pub(super) enum Value {
    /// A stretch of [`Shape::text`].
    Text(Range<usize>),
    /// Finished HTML.
    Html(Html),
}

/// What a view is like, in bytes that are equal for views of one shape, and its values in order.
pub(super) struct Shape {
    pub(super) key: Vec<u8>,
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

impl Shared {
    /// Shows the value to a reader of shapes; `false` if none is reading.
    pub(in crate::theme) fn show(&self) -> bool {
        let reading = READING.get();
        if reading {
            SHOWN.with(|shown| *shown.borrow_mut() = Some(self.clone()));
        }
        reading
    }
}

impl Shape {
    /// The shape of a view of a template; `None` if it holds what has no shape.
    pub(super) fn of(template: &str, view: &dyn View) -> Option<Self> {
        let mut key = Vec::with_capacity(1024);
        key.extend_from_slice(template.as_bytes());
        let mut shape = Self { key, text: String::with_capacity(2048), values: Vec::with_capacity(64) };
        shape.read(view, false)?;
        Some(shape)
    }

    /// A view with marks in the place of its values.
    pub(super) fn marked(view: &dyn View) -> Option<Made> {
        let mut shape = Self { key: Vec::new(), text: String::new(), values: Vec::new() };
        shape.read(view, true)
    }

    fn read(&mut self, view: &dyn View, make: bool) -> Option<Made> {
        let before = READING.replace(true);
        let made = view.read(Reader { shape: self, make, compared: false });
        READING.set(before);
        made.ok()
    }
}

/// Reads one value; gives it with marks, if it is to be made.
pub(in crate::theme) struct Reader<'s> {
    shape: &'s mut Shape,
    make: bool,
    /// Whether templates may compare it, so that it is part of the shape.
    compared: bool,
}

/// The view holds what has no shape.
#[derive(Debug)]
pub(in crate::theme) struct Shapeless;

impl fmt::Display for Shapeless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the view has no shape")
    }
}

impl std::error::Error for Shapeless {}

impl ser::Error for Shapeless {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// What was read.
pub(in crate::theme) type Read = Result<Made, Shapeless>;

impl<'s> Reader<'s> {
    fn hole(self, tag: u8, value: Value) -> Made {
        self.shape.key.push(tag);
        let number = self.shape.values.len();
        let made = match value {
            _ if !self.make => Made::none(),
            Value::Text(_) => Made::from(mark(number)),
            Value::Html(_) => Made::safe_string(&mark(number)),
        };
        self.shape.values.push(value);
        made
    }

    fn text(self, text: &str) -> Read {
        if self.compared {
            self.shape.key.push(b'c');
            self.shape.key.extend_from_slice(&text.len().to_le_bytes());
            self.shape.key.extend_from_slice(text.as_bytes());
            return Ok(if self.make { Made::from(text) } else { Made::none() });
        }
        if text.is_empty() {
            self.shape.key.push(b'e');
            return Ok(Made::from(""));
        }
        let start = self.shape.text.len();
        self.shape.text.push_str(text);
        let end = self.shape.text.len();
        Ok(self.hole(b's', Value::Text(start..end)))
    }

    /// Zero is the number that a template takes for nothing.
    fn number(self, number: i64) -> Read {
        if self.compared || number == 0 {
            self.shape.key.push(b'i');
            self.shape.key.extend_from_slice(&number.to_le_bytes());
            return Ok(Made::from(number));
        }
        self.text(&number.to_string())
    }

    fn shared(self) -> Read {
        let shared = SHOWN.with(|shown| shown.borrow_mut().take()).ok_or(Shapeless)?;
        match shared.kind() {
            Kind::Html(html) if html.is_empty() => {
                self.shape.key.push(b'e');
                Ok(Made::safe_string(""))
            }
            Kind::Html(_) if self.compared => Err(Shapeless),
            Kind::Html(html) => Ok(self.hole(b'h', Value::Html(html.clone()))),
            Kind::Value(value, id) => {
                self.shape.key.push(b'v');
                self.shape.key.extend_from_slice(&id.to_le_bytes());
                Ok(value.clone())
            }
        }
    }

    fn many(self, open: u8) -> Many<'s> {
        self.shape.key.push(open);
        Many { shape: self.shape, compared: self.compared, made: self.make.then(Default::default) }
    }
}

/// Reads the elements of a list, or the fields of a map.
pub(in crate::theme) struct Many<'s> {
    shape: &'s mut Shape,
    compared: bool,
    /// The elements and the fields, if they are to be made.
    made: Option<(Vec<Made>, tera::Map)>,
}

impl Many<'_> {
    fn element(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Shapeless> {
        let element = value.serialize(Reader { shape: self.shape, make: self.made.is_some(), compared: self.compared })?;
        if let Some((list, _)) = &mut self.made {
            list.push(element);
        }
        Ok(())
    }

    fn field(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Result<(), Shapeless> {
        let start = self.open_field(name);
        self.value(start, value)
    }

    /// Adds a field's name to the key; the byte where it begins there.
    fn open_field(&mut self, name: &str) -> usize {
        self.shape.key.push(b'.');
        let start = self.shape.key.len();
        self.shape.key.extend_from_slice(name.as_bytes());
        start
    }

    /// The value of the field whose name ends the key, from a byte on.
    fn value(&mut self, start: usize, value: &(impl Serialize + ?Sized)) -> Result<(), Shapeless> {
        let name = start..self.shape.key.len();
        let made = value.serialize(self.open_value(&name))?;
        self.close_value(name, made)
    }

    fn open_value(&mut self, name: &Range<usize>) -> Reader<'_> {
        let is = |known: &str| self.shape.key[name.clone()] == *known.as_bytes();
        // Messages that are no shared value are read as part of the shape.
        let compared = self.compared || is(MESSAGES) || COMPARED.into_iter().any(is);
        Reader { shape: self.shape, make: self.made.is_some(), compared }
    }

    fn close_value(&mut self, name: Range<usize>, made: Made) -> Result<(), Shapeless> {
        if let Some((_, map)) = &mut self.made {
            let name = std::str::from_utf8(&self.shape.key[name]).map_err(|_| Shapeless)?;
            map.insert(name.to_owned().into(), made);
        }
        Ok(())
    }

    /// Adds a name to the key; the byte where it begins there. Names are read as values that may be compared: so they come to stand there.
    fn name(&mut self, name: &(impl Serialize + ?Sized)) -> Result<usize, Shapeless> {
        let start = self.shape.key.len() + 1 + size_of::<usize>();
        name.serialize(Reader { shape: self.shape, make: false, compared: true })?;
        if start > self.shape.key.len() { Err(Shapeless) } else { Ok(start) }
    }

    fn done_list(self) -> Read {
        self.shape.key.push(b']');
        Ok(self.made.map_or_else(Made::none, |(list, _)| Made::from(list)))
    }

    fn done_map(self) -> Read {
        self.shape.key.push(b'}');
        Ok(self.made.map_or_else(Made::none, |(_, map)| Made::from(map)))
    }
}

macro_rules! shapeless {
    ($($name:ident($($type:ty),*) -> $ok:ty;)*) => {
        $(fn $name(self, $(_: $type),*) -> Result<$ok, Shapeless> {
            Err(Shapeless)
        })*
    };
}

macro_rules! numbers {
    ($($name:ident($type:ty);)*) => {
        $(fn $name(self, number: $type) -> Read {
            self.number(i64::try_from(number).map_err(|_| Shapeless)?)
        })*
    };
}

impl<'s> Serializer for Reader<'s> {
    type Ok = Made;
    type Error = Shapeless;
    type SerializeSeq = Many<'s>;
    type SerializeTuple = Many<'s>;
    type SerializeTupleStruct = ser::Impossible<Made, Shapeless>;
    type SerializeTupleVariant = ser::Impossible<Made, Shapeless>;
    type SerializeMap = Many<'s>;
    type SerializeStruct = Many<'s>;
    type SerializeStructVariant = ser::Impossible<Made, Shapeless>;

    numbers! {
        serialize_i8(i8); serialize_i16(i16); serialize_i32(i32); serialize_i64(i64);
        serialize_u8(u8); serialize_u16(u16); serialize_u32(u32); serialize_u64(u64);
    }

    shapeless! {
        serialize_f32(f32) -> Made;
        serialize_f64(f64) -> Made;
        serialize_bytes(&[u8]) -> Made;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }

    fn serialize_bool(self, value: bool) -> Read {
        self.shape.key.push(if value { b'y' } else { b'n' });
        Ok(Made::from(value))
    }

    fn serialize_char(self, value: char) -> Read {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Read {
        self.text(value)
    }

    fn serialize_none(self) -> Read {
        self.shape.key.push(b'-');
        Ok(Made::none())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Read {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Read {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, name: &'static str) -> Read {
        if name == SHARED { self.shared() } else { self.serialize_none() }
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Read {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Read {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &'static str, _: u32, _: &'static str, _: &T) -> Read {
        Err(Shapeless)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Many<'s>, Shapeless> {
        Ok(self.many(b'['))
    }

    fn serialize_tuple(self, _: usize) -> Result<Many<'s>, Shapeless> {
        Ok(self.many(b'['))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Many<'s>, Shapeless> {
        Ok(self.many(b'{'))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Many<'s>, Shapeless> {
        Ok(self.many(b'{'))
    }
}

impl ser::SerializeSeq for Many<'_> {
    type Ok = Made;
    type Error = Shapeless;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Shapeless> {
        self.element(value)
    }

    fn end(self) -> Read {
        self.done_list()
    }
}

impl ser::SerializeTuple for Many<'_> {
    type Ok = Made;
    type Error = Shapeless;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Shapeless> {
        self.element(value)
    }

    fn end(self) -> Read {
        self.done_list()
    }
}

impl ser::SerializeStruct for Many<'_> {
    type Ok = Made;
    type Error = Shapeless;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Shapeless> {
        self.field(name, value)
    }

    fn end(self) -> Read {
        self.done_map()
    }
}

impl ser::SerializeMap for Many<'_> {
    type Ok = Made;
    type Error = Shapeless;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Shapeless> {
        Err(Shapeless)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Shapeless> {
        Err(Shapeless)
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(&mut self, name: &K, value: &V) -> Result<(), Shapeless> {
        let start = self.name(name)?;
        self.value(start, value)
    }

    fn end(self) -> Read {
        self.done_map()
    }
}
