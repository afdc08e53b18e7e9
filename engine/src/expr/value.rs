//! Values: borrowed from the state or the program where possible, shared (`Arc`) where computed.

use std::{cmp::Ordering, collections::BTreeMap, fmt, ops::Deref, sync::Arc};

use serde_json::Value as Json;

use super::{error::Error, key::Key, number};

/// A string that is borrowed or shared; cloning never copies the text.
#[derive(Clone)]
pub(crate) enum Str<'a> {
    Ref(&'a str),
    Own(Arc<str>),
}

/// A list: a JSON array, a constant of the program, or computed.
#[derive(Clone, Debug)]
pub(crate) enum List<'a> {
    Json(&'a [Json]),
    Ref(&'a [Value<'a>]),
    Own(Arc<Vec<Value<'a>>>),
}

/// A map: a JSON object or computed. Both iterate in key order.
#[derive(Clone, Debug)]
pub(crate) enum Map<'a> {
    Json(&'a serde_json::Map<String, Json>),
    Own(Arc<BTreeMap<Key<'a>, Value<'a>>>),
}

/// A CEL value. Cloning is cheap and copies no text, list or map.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Double(f64),
    Str(Str<'a>),
    Bytes(Arc<[u8]>),
    List(List<'a>),
    Map(Map<'a>),
    Type(&'static str),
    /// Seconds since 1970 and nanoseconds.
    Timestamp(i64, u32),
    /// Seconds and nanoseconds of the same sign.
    Duration(i64, i32),
    Optional(Option<Arc<Self>>),
}

impl<'a> Value<'a> {
    pub(super) fn string(text: impl Into<Arc<str>>) -> Self {
        Self::Str(Str::Own(text.into()))
    }

    pub(super) fn list(items: Vec<Self>) -> Self {
        Self::List(List::Own(Arc::new(items)))
    }

    pub(super) fn map(entries: BTreeMap<Key<'a>, Self>) -> Self {
        Self::Map(Map::Own(Arc::new(entries)))
    }

    pub(super) fn some(value: Self) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }

    /// The same value without touching a reference count where that is possible.
    pub(super) fn lend(&'a self) -> Self {
        match self {
            Self::Null => Self::Null,
            Self::Bool(b) => Self::Bool(*b),
            Self::Int(i) => Self::Int(*i),
            Self::UInt(u) => Self::UInt(*u),
            Self::Double(d) => Self::Double(*d),
            Self::Str(s) => Self::Str(Str::Ref(s)),
            Self::List(List::Own(items)) => Self::List(List::Ref(items)),
            Self::Bytes(_)
            | Self::List(List::Json(_) | List::Ref(_))
            | Self::Map(_)
            | Self::Type(_)
            | Self::Timestamp(..)
            | Self::Duration(..)
            | Self::Optional(_) => self.clone(),
        }
    }

    pub(super) const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::UInt(_) => "uint",
            Self::Double(_) => "double",
            Self::Str(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Type(_) => "type",
            Self::Timestamp(..) => "google.protobuf.Timestamp",
            Self::Duration(..) => "google.protobuf.Duration",
            Self::Optional(_) => "optional_type",
        }
    }

    pub(super) const fn is_number(&self) -> bool {
        matches!(self, Self::Int(_) | Self::UInt(_) | Self::Double(_))
    }

    /// A number as the nearest double.
    pub(super) const fn as_double(&self) -> Option<f64> {
        if let Self::Int(i) = self {
            Some(number::nearest(*i))
        } else if let Self::UInt(u) = self {
            Some(number::nearest_unsigned(*u))
        } else if let Self::Double(d) = self {
            Some(*d)
        } else {
            None
        }
    }

    const fn is_scalar(&self) -> bool {
        self.is_number() || matches!(self, Self::Bool(_) | Self::Str(_))
    }

    /// The `value` of an option object: a map with `value` and a `label` or `text` (R3.34).
    fn option_value(&self) -> Option<Self> {
        let Self::Map(map) = self else { return None };
        if !map.has("label") && !map.has("text") {
            return None;
        }
        map.field("value")
    }

    /// The value at a dotted path: fields of maps, decimal indexes of lists (R5.10). A key that is
    /// the whole rest of the path wins over nesting (R5.11).
    pub(super) fn at(&self, path: &str) -> Option<Self> {
        self.child(path).or_else(|| {
            let (head, rest) = path.split_once('.')?;
            self.child(head)?.at(rest)
        })
    }

    fn child(&self, name: &str) -> Option<Self> {
        if let Self::List(items) = self {
            return items.get(name.parse().ok()?);
        }
        let Self::Map(map) = self else { return None };
        map.field(name)
    }

    /// What an option object stands for as a map key: its `value` (R6.12); everything else itself.
    pub(super) fn as_key(&self) -> Self {
        self.option_value().unwrap_or_else(|| self.clone())
    }

    /// Where exactly one of two compared values is an option object and the other a scalar, the
    /// option stands for its `value` (R6.12). Returns what replaces each side, if anything does.
    pub(super) fn unwrap_option(a: &Self, b: &Self) -> (Option<Self>, Option<Self>) {
        match (a, b) {
            (Value::Map(_), b) if b.is_scalar() => (a.option_value(), None),
            (a, Value::Map(_)) if a.is_scalar() => (None, b.option_value()),
            _ => (None, None),
        }
    }

    /// The order of two numbers (of any type), strings, bytes, bools, timestamps or durations.
    ///
    /// An integer and a double compare as doubles, which is what the CEL specification's tests ask
    /// for even where it loses bits. `None` if one is NaN.
    pub(super) fn compare(&self, other: &Self) -> Result<Option<Ordering>, Error> {
        Ok(match (self, other) {
            (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
            (Value::UInt(a), Value::UInt(b)) => Some(a.cmp(b)),
            (Value::Int(a), Value::UInt(b)) => Some(i128::from(*a).cmp(&i128::from(*b))),
            (Value::UInt(a), Value::Int(b)) => Some(i128::from(*a).cmp(&i128::from(*b))),
            (Value::Str(a), Value::Str(b)) => Some((**a).cmp(&**b)),
            (Value::Bytes(a), Value::Bytes(b)) => Some(a.cmp(b)),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Value::Timestamp(a, x), Value::Timestamp(b, y)) => Some((a, x).cmp(&(b, y))),
            (Value::Duration(a, x), Value::Duration(b, y)) => Some((a, x).cmp(&(b, y))),
            (a, b) => {
                let (Some(x), Some(y)) = (a.as_double(), b.as_double()) else {
                    let (a, b) = (a.type_name(), b.type_name());
                    return Err(Error::mismatch(format!("cannot compare {a} with {b}")));
                };
                x.partial_cmp(&y)
            }
        })
    }
}

impl Deref for Str<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Str::Ref(text) => text,
            Str::Own(text) => text,
        }
    }
}

impl fmt::Debug for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<'a> List<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            List::Json(items) => items.len(),
            List::Ref(items) => items.len(),
            List::Own(items) => items.len(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn get(&self, index: usize) -> Option<Value<'a>> {
        match self {
            List::Json(items) => items.get(index).map(Value::from),
            List::Ref(items) => items.get(index).cloned(),
            List::Own(items) => items.get(index).cloned(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Value<'a>> + '_ {
        (0..self.len()).map_while(|index| self.get(index))
    }
}

impl<'a> Map<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Map::Json(entries) => entries.len(),
            Map::Own(entries) => entries.len(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn has(&self, key: &str) -> bool {
        match self {
            Map::Json(entries) => entries.contains_key(key),
            Map::Own(entries) => entries.contains_key(&Key::Str(Str::Ref(key))),
        }
    }

    pub(super) fn field(&self, key: &str) -> Option<Value<'a>> {
        match self {
            Map::Json(entries) => entries.get(key).map(Value::from),
            Map::Own(entries) => entries.get(&Key::Str(Str::Ref(key))).cloned(),
        }
    }

    pub(super) fn get(&self, key: &Value<'_>) -> Option<Value<'a>> {
        match (self, key) {
            (_, Value::Str(key)) => self.field(key),
            (Map::Json(_), _) => None,
            (Map::Own(entries), key) => entries.get(&Key::lookup(key)?).cloned(),
        }
    }

    /// Entries in key order (JSON objects are sorted maps as well).
    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = (Key<'a>, Value<'a>)> + '_> {
        match self {
            Map::Json(entries) => {
                Box::new(entries.iter().map(|(k, v)| (Key::Str(Str::Ref(k)), Value::from(v))))
            }
            Map::Own(entries) => Box::new(entries.iter().map(|(k, v)| (k.clone(), v.clone()))),
        }
    }
}
