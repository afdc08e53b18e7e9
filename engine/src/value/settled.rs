//! Values read from a text with their numbers settled on the way (F22).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::number::settle_number;

/// A value whose numbers follow the number rule, whatever its text has.
pub(crate) struct Settled(pub(crate) Value);

impl<'de> Deserialize<'de> for Settled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

/// An object of such values.
pub(crate) struct SettledMap(pub(crate) Map<String, Value>);

impl<'de> Deserialize<'de> for SettledMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(settled(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, settled))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Settled(item)) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        Object.visit_map(access).map(Value::Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Map<String, Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Settled(value))) = access.next_entry()? {
            map.insert(key, value);
        }
        Ok(map)
    }
}

fn settled(mut number: Number) -> Value {
    settle_number(&mut number);
    Value::Number(number)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Settled, SettledMap};
    use crate::value::settle;

    #[test]
    fn a_text_gives_the_value_that_settling_it_gives() {
        for text in [
            "{\"b\": [1, -1, 0, -0.0, 1.0, 1.5, 1e300, null, true, false], \"a\": {\"\": \"\\u00e9\\n\"}}",
            "{\"n\": [9223372036854775807, 9223372036854775808, 18446744073709551615, -9223372036854775808]}",
            "{\"n\": [100000000000000000000, -9223372036854775809, 9223372036854775808.0, 1e15]}",
            "{\"a\": 1, \"a\": 2.0}",
            "{}",
        ] {
            let mut expected: Value = serde_json::from_str(text).unwrap();
            settle(&mut expected);
            let Settled(found) = serde_json::from_str(text).unwrap();
            assert_eq!(found, expected, "{text}");
            let SettledMap(found) = serde_json::from_str(text).unwrap();
            assert_eq!(Value::Object(found), expected, "{text}");
        }
    }

    #[test]
    fn an_object_is_wanted() {
        for text in ["[]", "1", "\"a\"", "{\"a\": 1", "{\"a\": }"] {
            assert!(serde_json::from_str::<SettledMap>(text).is_err(), "{text}");
        }
    }
}
