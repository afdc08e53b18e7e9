//! The border between JSON and values: reading, storing and truth.

use serde_json::Value as Json;

use super::{
    calendar,
    error::Error,
    key::Key,
    number,
    value::{List, Map, Str, Value},
};
use crate::base64;
use crate::table::object;

/// Values nested deeper than this are refused.
const DEPTH: u8 = 192;

impl<'a> From<&'a Json> for Value<'a> {
    /// Borrows a JSON value (R6.4). A number that is whole and fits `i64` is an int, every other
    /// one a double, however the JSON spells it (F22).
    fn from(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(b) => Self::Bool(*b),
            Json::Number(n) => n.as_i64().map_or_else(
                || {
                    let double = n.as_f64().unwrap_or(f64::NAN);
                    number::whole(double).map_or(Self::Double(double), Self::Int)
                },
                Self::Int,
            ),
            Json::String(text) => Self::Str(Str::Ref(text)),
            Json::Array(items) => Self::List(List::Json(items)),
            Json::Object(entries) => Self::Map(Map::Json(entries)),
        }
    }
}

impl Value<'_> {
    /// The value as it is stored, at most about `limit` bytes of JSON (R6.4, R6.8).
    ///
    /// Numbers follow F22: whole doubles that fit `i64` become integers, integers beyond `i64`
    /// doubles, and what is not finite is an error. A timestamp is RFC 3339 text, a duration its
    /// seconds, bytes are base64, an empty optional is null.
    ///
    /// Computed values may share their parts, so that writing them out can be exponentially larger
    /// than they are: hence the limit.
    pub(crate) fn to_json(&self, limit: usize) -> Result<Json, Error> {
        Writer { left: limit }.write(self, 0)
    }
}

/// Counts what is written against a limit.
struct Writer {
    left: usize,
}

impl Writer {
    fn spend(&mut self, bytes: usize) -> Result<(), Error> {
        self.left =
            self.left.checked_sub(bytes).ok_or_else(|| Error::limit("the result is too large"))?;
        Ok(())
    }

    fn write(&mut self, value: &Value<'_>, depth: u8) -> Result<Json, Error> {
        if depth > DEPTH {
            return Err(Error::limit("the result is nested too deep"));
        }
        self.spend(2)?;
        Ok(match value {
            Value::Null | Value::Optional(None) => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Int(i) => Json::from(*i),
            Value::UInt(u) => match i64::try_from(*u) {
                Ok(int) => Json::from(int),
                Err(_) => stored(number::nearest_unsigned(*u))?,
            },
            Value::Double(d) => stored(*d)?,
            Value::Str(s) => {
                self.spend(s.len())?;
                Json::from(&**s)
            }
            Value::Bytes(b) => {
                self.spend(b.len().saturating_mul(2))?;
                Json::from(base64::encode(b))
            }
            Value::List(items) => self.array(items, depth)?,
            Value::Map(entries) => self.object(entries, depth)?,
            Value::Type(name) => Json::from(*name),
            Value::Timestamp(s, n) => Json::from(calendar::format_timestamp(*s, *n)),
            Value::Duration(s, n) => stored(number::nearest(*s) + f64::from(*n) / 1e9)?,
            Value::Optional(Some(inner)) => self.write(inner, depth.saturating_add(1))?,
        })
    }

    fn array(&mut self, items: &List<'_>, depth: u8) -> Result<Json, Error> {
        let items = items.iter().map(|item| self.write(&item, depth.saturating_add(1)));
        Ok(Json::Array(items.collect::<Result<_, _>>()?))
    }

    fn object(&mut self, entries: &Map<'_>, depth: u8) -> Result<Json, Error> {
        let entries = entries.iter().map(|(key, value): (Key<'_>, Value<'_>)| {
            let key = key.to_string();
            self.spend(key.len())?;
            Ok((key, self.write(&value, depth.saturating_add(1))?))
        });
        Ok(Json::Object(object(entries.collect::<Result<Vec<_>, Error>>()?)))
    }
}

fn stored(double: f64) -> Result<Json, Error> {
    number::stored(double)
        .map(Json::Number)
        .ok_or_else(|| Error::range("the result is not a finite number"))
}

/// The outcome of a condition (R6.11).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Truth {
    /// Whether the condition holds.
    pub(crate) holds: bool,
    /// Whether the value was a boolean; if not, the caller warns.
    pub(crate) boolean: bool,
}

/// Reads a result as a condition (R6.11): null, `""`, 0, an empty list and an empty map do not
/// hold, everything else but `false` does.
pub(crate) fn truth(value: &Value<'_>) -> Truth {
    let holds = match value {
        Value::Bool(b) => return Truth { holds: *b, boolean: true },
        Value::Null | Value::Optional(None) => false,
        Value::Int(i) => *i != 0,
        Value::UInt(u) => *u != 0,
        Value::Double(d) => *d != 0.0,
        Value::Str(s) => !s.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(entries) => !entries.is_empty(),
        Value::Optional(Some(inner)) => truth(inner).holds,
        Value::Bytes(_) | Value::Type(_) | Value::Timestamp(..) | Value::Duration(..) => true,
    };
    Truth { holds, boolean: false }
}
