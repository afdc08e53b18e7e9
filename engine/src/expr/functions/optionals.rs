//! Optional values.

use std::sync::Arc;

use super::{Function, first};
use crate::expr::{error::Error, value::Value};

pub(super) fn function(name: &str, args: usize) -> Option<Function> {
    Some(match (name, args) {
        ("optional.of", 1) => |_, args| first(args).map(|value| Value::some(value.clone())),
        ("optional.none", 0) => |_, _| Ok(Value::Optional(None)),
        ("optional.ofNonZeroValue", 1) => |_, args| {
            let value = first(args)?;
            Ok(Value::Optional((!is_zero(value)).then(|| Arc::new(value.clone()))))
        },
        _ => return None,
    })
}

pub(super) fn method(name: &str, args: usize) -> Option<Function> {
    Some(match (name, args) {
        ("hasValue", 0) => |_, args| match args {
            [Value::Optional(inner)] => Ok(Value::Bool(inner.is_some())),
            _ => Err(Error::no_overload("hasValue", args)),
        },
        ("value", 0) => |_, args| match args {
            [Value::Optional(Some(inner))] => Ok((**inner).clone()),
            [Value::Optional(None)] => Err(Error::range("the optional has no value")),
            _ => Err(Error::no_overload("value", args)),
        },
        ("or", 1) => |_, args| match args {
            [Value::Optional(None), other @ Value::Optional(_)] => Ok(other.clone()),
            [some @ Value::Optional(_), Value::Optional(_)] => Ok(some.clone()),
            _ => Err(Error::no_overload("or", args)),
        },
        ("orValue", 1) => |_, args| match args {
            [Value::Optional(None), value] => Ok(value.clone()),
            [Value::Optional(Some(inner)), _] => Ok((**inner).clone()),
            _ => Err(Error::no_overload("orValue", args)),
        },
        _ => return None,
    })
}

fn is_zero(value: &Value<'_>) -> bool {
    match value {
        Value::Null | Value::Optional(None) => true,
        Value::Bool(b) => !b,
        Value::Int(i) => *i == 0,
        Value::UInt(u) => *u == 0,
        Value::Double(d) => *d == 0.0,
        Value::Str(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Duration(s, n) => (*s, *n) == (0, 0),
        Value::Timestamp(..) | Value::Type(_) | Value::Optional(Some(_)) => false,
    }
}
