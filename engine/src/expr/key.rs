//! Keys of computed maps, in the order in which maps are iterated.

use std::{cmp::Ordering, fmt};

use super::{
    error::Error,
    number,
    value::{Str, Value},
};

/// A map key. An int and a uint of the same number are the same key.
#[derive(Clone, Debug)]
pub(crate) enum Key<'a> {
    Bool(bool),
    Int(i64),
    UInt(u64),
    Str(Str<'a>),
}

impl<'a> Key<'a> {
    /// The key of a map entry; doubles, null and everything composite are refused.
    pub(super) fn new(value: &Value<'a>) -> Result<Self, Error> {
        match value {
            Value::Bool(b) => Ok(Self::Bool(*b)),
            Value::Int(i) => Ok(Self::Int(*i)),
            Value::UInt(u) => Ok(Self::UInt(*u)),
            Value::Str(s) => Ok(Self::Str(s.clone())),
            Value::Null
            | Value::Double(_)
            | Value::Bytes(_)
            | Value::List(_)
            | Value::Map(_)
            | Value::Type(_)
            | Value::Timestamp(..)
            | Value::Duration(..)
            | Value::Optional(_) => {
                Err(Error::mismatch(format!("{} cannot be a map key", value.type_name())))
            }
        }
    }

    /// A key to look up: a whole double finds its integer.
    pub(super) fn lookup(value: &Value<'a>) -> Option<Self> {
        let Value::Double(double) = value else { return Self::new(value).ok() };
        number::whole(*double)
            .map(Self::Int)
            .or_else(|| number::whole_unsigned(*double).map(Self::UInt))
    }

    pub(super) fn into_value(self) -> Value<'a> {
        match self {
            Key::Bool(b) => Value::Bool(b),
            Key::Int(i) => Value::Int(i),
            Key::UInt(u) => Value::UInt(u),
            Key::Str(s) => Value::Str(s),
        }
    }

    /// The steps that comparing this key takes beyond the first: long texts are paid by length.
    pub(super) fn cost(&self) -> usize {
        if let Key::Str(text) = self { text.len() / 64 } else { 0 }
    }

    /// The place among the kinds of key, and the number of a numeric one.
    fn rank(&self) -> (u8, i128) {
        match self {
            Key::Bool(b) => (0, i128::from(*b)),
            Key::Int(i) => (1, i128::from(*i)),
            Key::UInt(u) => (1, i128::from(*u)),
            Key::Str(_) => (2, 0),
        }
    }
}

impl Ord for Key<'_> {
    /// Bools, then numbers by value, then strings.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Key::Str(a), Key::Str(b)) => (**a).cmp(&**b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }
}

impl PartialOrd for Key<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key<'_> {}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Bool(b) => b.fmt(f),
            Key::Int(i) => i.fmt(f),
            Key::UInt(u) => u.fmt(f),
            Key::Str(s) => f.write_str(s),
        }
    }
}
