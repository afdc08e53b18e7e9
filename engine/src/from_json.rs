//! Reading types from JSON values with little code.
//!
//! `Deserialize` reads the same forms from anything, by code that is made anew for each type and each kind of
//! input. Where the input is a value, which is everywhere in a WebAssembly module, this is a tenth of it (ADR 0033).

mod built_in;

pub(crate) use chatflow_derive::FromJson;
use serde::de::{Error as _, Unexpected};
use serde_json::{Error, Map, Value};

/// Reads a type from a JSON value, as its `Deserialize` does.
pub trait FromJson: Sized {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// What does not fit, in the words of `serde_json`.
    fn from_json(value: Value) -> Result<Self, Error>;

    /// Reads it from JSON text.
    ///
    /// # Errors
    ///
    /// What is no JSON, or does not fit.
    fn from_text(text: &str) -> Result<Self, Error> {
        Self::from_json(serde_json::from_str(text)?)
    }

    /// What it is if its key is missing; without it, that is an error.
    fn absent() -> Option<Self> {
        None
    }
}

/// The keys of an object that have not been read yet.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    pub(crate) fn of(value: Value, what: &'static str) -> Result<Self, Error> {
        if let Value::Object(fields) = value { Ok(Self(fields)) } else { Err(misfit(&value, what)) }
    }

    pub(crate) fn take<T: FromJson>(&mut self, key: &'static str) -> Result<T, Error> {
        match self.0.remove(key) {
            Some(value) => T::from_json(value),
            None => T::absent().ok_or_else(|| missing(key)),
        }
    }

    pub(crate) fn take_or<T: FromJson>(
        &mut self,
        key: &str,
        usual: impl FnOnce() -> T,
    ) -> Result<T, Error> {
        match self.0.remove(key) {
            Some(value) => T::from_json(value),
            None => Ok(usual()),
        }
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> Value {
        Value::Object(std::mem::take(&mut self.0))
    }
}

/// The name of a variant and its content: a text, or an object with one key.
pub(crate) fn variant(value: Value, what: &'static str) -> Result<(String, Value), Error> {
    if let Value::String(name) = value {
        return Ok((name, Value::Null));
    }
    let is_one = value.as_object().is_some_and(|object| object.len() == 1);
    if !is_one {
        return Err(misfit(&value, what));
    }
    let mut entries = Map::from_json(value)?.into_iter();
    entries.next().ok_or_else(|| misfit(&Value::Null, what))
}

/// The tag in an object, and the rest of the object.
pub(crate) fn tagged(
    value: Value,
    tag: &'static str,
    what: &'static str,
) -> Result<(String, Value), Error> {
    let mut fields = Fields::of(value, what)?;
    let name = fields.take(tag)?;
    Ok((name, fields.rest()))
}

/// The tag in an object, and the content beside it.
pub(crate) fn beside(
    value: Value,
    tag: &'static str,
    content: &'static str,
    what: &'static str,
) -> Result<(String, Value), Error> {
    let mut fields = Fields::of(value, what)?;
    let name = fields.take(tag)?;
    Ok((name, fields.take_or(content, || Value::Null)?))
}

#[cold]
pub(crate) fn unknown(name: &str, names: &'static [&'static str]) -> Error {
    Error::unknown_variant(name, names)
}

#[cold]
fn missing(key: &'static str) -> Error {
    Error::missing_field(key)
}

/// That a value is of another type than `expected`.
#[cold]
pub(crate) fn misfit(value: &Value, expected: &'static str) -> Error {
    let found = match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(flag) => Unexpected::Bool(*flag),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), ..) => Unexpected::Unsigned(number),
            (_, Some(number), _) => Unexpected::Signed(number),
            (.., Some(number)) => Unexpected::Float(number),
            _ => Unexpected::Other("number"),
        },
        Value::String(text) => Unexpected::Str(text),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
    };
    Error::invalid_type(found, &expected)
}

#[cfg(test)]
mod tests;
