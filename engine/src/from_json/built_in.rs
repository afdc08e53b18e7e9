//! The types that others are made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Error, Map, Value};

use super::{FromJson, misfit};
use crate::draw::Seed;
use crate::flow::ConnectionType;
use crate::id::NodeId;
use crate::time::Timestamp;

/// Types of which there is nothing to save: `Deserialize` reads them.
macro_rules! by_serde {
    ($($name:ty),* $(,)?) => {$(
        impl FromJson for $name {
            fn from_json(value: Value) -> Result<Self, Error> {
                Self::deserialize(value)
            }
        }
    )*};
}

by_serde!(bool, f64, i16, i64, u8, u16, u32, u64, usize, String, uuid::Uuid);
by_serde!(ConnectionType, NodeId, Seed, Timestamp);

impl FromJson for Value {
    fn from_json(value: Value) -> Result<Self, Error> {
        Ok(value)
    }
}

impl FromJson for Map<String, Value> {
    fn from_json(value: Value) -> Result<Self, Error> {
        if let Value::Object(map) = value { Ok(map) } else { Err(misfit(&value, "a map")) }
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: Value) -> Result<Self, Error> {
        if value.is_null() { Ok(None) } else { T::from_json(value).map(Some) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: Value) -> Result<Self, Error> {
        let values = list(value)?;
        let mut read = Self::with_capacity(values.len());
        for value in values {
            read.push(T::from_json(value)?);
        }
        Ok(read)
    }
}

impl<T: FromJson> FromJson for BTreeMap<String, T> {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut read = Self::new();
        for (key, value) in Map::from_json(value)? {
            read.insert(key, T::from_json(value)?);
        }
        Ok(read)
    }
}

impl<T: FromJson> FromJson for BTreeMap<Arc<str>, T> {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut read = Self::new();
        for (key, value) in Map::from_json(value)? {
            read.insert(key.into(), T::from_json(value)?);
        }
        Ok(read)
    }
}

impl FromJson for [Value; 2] {
    fn from_json(value: Value) -> Result<Self, Error> {
        let both = Self::try_from(list(value)?);
        both.map_err(|values| misfit(&Value::Array(values), "a pair"))
    }
}

impl<A: FromJson, B: FromJson> FromJson for (A, B) {
    fn from_json(value: Value) -> Result<Self, Error> {
        let [first, second] = FromJson::from_json(value)?;
        Ok((A::from_json(first)?, B::from_json(second)?))
    }
}

impl<T: FromJson> FromJson for Box<T> {
    fn from_json(value: Value) -> Result<Self, Error> {
        T::from_json(value).map(Self::new)
    }
}

impl<T: FromJson> FromJson for Arc<T> {
    fn from_json(value: Value) -> Result<Self, Error> {
        T::from_json(value).map(Self::new)
    }
}

impl<T: FromJson> FromJson for Arc<[T]> {
    fn from_json(value: Value) -> Result<Self, Error> {
        Vec::from_json(value).map(Into::into)
    }
}

impl FromJson for Arc<str> {
    fn from_json(value: Value) -> Result<Self, Error> {
        String::from_json(value).map(Into::into)
    }
}

impl FromJson for Box<str> {
    fn from_json(value: Value) -> Result<Self, Error> {
        String::from_json(value).map(Into::into)
    }
}

fn list(value: Value) -> Result<Vec<Value>, Error> {
    if let Value::Array(values) = value { Ok(values) } else { Err(misfit(&value, "a sequence")) }
}
