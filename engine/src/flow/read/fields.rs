//! Fields that go by several names.

use serde_json::{Map, Value};

use crate::check::Pointer;

/// An object whose fields may stand under several names, or inside `data`, where React Flow keeps
/// them. A name with a dot means the latter: `data.label`.
pub(super) struct Fields {
    own: Map<String, Value>,
    data: Map<String, Value>,
}

/// A field that was found, under the name at which it stood.
pub(super) struct Found {
    pub(super) name: &'static str,
    pub(super) value: Value,
}

impl Fields {
    pub(super) fn new(mut own: Map<String, Value>) -> Self {
        let data = match own.remove("data") {
            Some(Value::Object(data)) => data,
            Some(other) => {
                own.insert("data".into(), other);
                Map::new()
            }
            None => Map::new(),
        };
        Self { own, data }
    }

    /// Removes the field under all its names; the first that is not empty is it.
    pub(super) fn take(&mut self, names: &[&'static str]) -> Option<Found> {
        let mut first = None;
        for &name in names {
            let found = self.remove(name);
            first = first.or(found);
        }
        first
    }

    /// Removes the field under all its names and returns what is not empty, in order.
    pub(super) fn take_all(&mut self, names: &[&'static str]) -> Vec<Found> {
        names.iter().filter_map(|name| self.remove(name)).collect()
    }

    fn remove(&mut self, name: &'static str) -> Option<Found> {
        let value = match name.strip_prefix("data.") {
            Some(name) => self.data.remove(name),
            None => self.own.remove(name),
        };
        value.filter(|value| !is_empty(value)).map(|value| Found { name, value })
    }

    /// A field that stays where it is.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.own.get(name)
    }

    /// What nobody took, in its original shape.
    pub(super) fn rest(mut self) -> Map<String, Value> {
        if !self.data.is_empty() {
            self.own.insert("data".into(), Value::Object(self.data));
        }
        self.own
    }
}

impl Found {
    /// Where it stands, within an object at `at`.
    pub(super) fn at(&self, at: &Pointer) -> Pointer {
        place_of(self.name, at)
    }
}

/// Where the field `name` stands, within an object at `at`; without a name, the object itself.
pub(super) fn place_of(name: &str, at: &Pointer) -> Pointer {
    name.split('.').filter(|key| !key.is_empty()).fold(at.clone(), |at, key| at.push(key))
}

/// Null, `""`, `[]` and `{}` count as not given.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

/// What a value is, for messages.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The value as an object, or as it is.
pub(super) fn into_object(value: Value) -> Result<Map<String, Value>, Value> {
    if let Value::Object(map) = value { Ok(map) } else { Err(value) }
}

/// The value as a string, or as it is.
pub(super) fn into_text(value: Value) -> Result<String, Value> {
    if let Value::String(text) = value { Ok(text) } else { Err(value) }
}

/// The most characters of a node id (R1.13).
const MAX_ID: usize = 255;

/// An id as text; a number is its decimal digits (R1.15). What is too long is cut off, so that
/// nothing that compares or names ids has to deal with megabytes.
pub(super) fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.is_empty() => None,
        // As many bytes have no more characters.
        Value::String(text) if text.len() <= MAX_ID => Some(text.clone()),
        Value::String(text) => Some(text.chars().take(MAX_ID).collect()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether [`id_text`] has to cut.
pub(super) fn is_too_long(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.chars().nth(MAX_ID).is_some())
}
