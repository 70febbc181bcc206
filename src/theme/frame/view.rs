//! A view whose type is not known. A template is rendered by the same code for all views: behind this stands only what reads one.

use serde::Serialize;
use tera::{TeraResult, Value};

use super::shape::{Read, Reader};

/// A view of any type.
pub(in crate::theme) trait View {
    /// The engine's form of it.
    fn made(&self) -> TeraResult<Value>;
    /// Reads it for its shape.
    fn read(&self, reader: Reader<'_>) -> Read;
}

impl<T: Serialize> View for T {
    fn made(&self) -> TeraResult<Value> {
        Value::try_from_serializable(self)
    }

    fn read(&self, reader: Reader<'_>) -> Read {
        self.serialize(reader)
    }
}
