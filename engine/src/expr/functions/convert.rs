//! Conversions between types, `type`, `dyn` and `size`.

use super::{Function, first};
use crate::expr::{
    calendar,
    error::Error,
    meter::{Meter, Res},
    number, text,
    value::Value,
};

pub(super) fn function(name: &str, args: usize) -> Option<Function> {
    Some(match (name, args) {
        ("size", 1) => size,
        ("string", 1) => string,
        ("int", 1) => int,
        ("uint", 1) => uint,
        ("double", 1) => double,
        ("bool", 1) => bool,
        ("bytes", 1) => bytes,
        ("type", 1) => |_, args| first(args).map(|value| Value::Type(value.type_name())),
        ("dyn", 1) => |_, args| first(args).cloned(),
        ("timestamp", 1) => timestamp,
        ("duration", 1) => duration,
        _ => return None,
    })
}

/// Characters of a string, bytes, elements or entries.
pub(super) fn size<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let size = match args {
        [Value::Str(text)] => {
            meter.pay(text.len() / 64)?;
            text.chars().count()
        }
        [Value::Bytes(bytes)] => bytes.len(),
        [Value::List(items)] => items.len(),
        [Value::Map(entries)] => entries.len(),
        _ => return Err(Error::no_overload("size", args)),
    };
    Ok(Value::Int(number::length(size)))
}

fn string<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    match args {
        [value @ Value::Str(_)] => Ok(value.clone()),
        [Value::Bool(b)] => meter.text(b.to_string()),
        [Value::Int(i)] => meter.text(i.to_string()),
        [Value::UInt(u)] => meter.text(u.to_string()),
        [Value::Double(d)] => meter.text(text::double(*d)),
        [Value::Bytes(bytes)] => match std::str::from_utf8(bytes) {
            Ok(text) => meter.text(text.to_owned()),
            Err(_) => Err(Error::range("the bytes are not UTF-8")),
        },
        [Value::Timestamp(s, n)] => meter.text(calendar::format_timestamp(*s, *n)),
        [Value::Duration(s, n)] => meter.text(calendar::format_duration(*s, *n)),
        _ => Err(Error::no_overload("string", args)),
    }
}

/// A text that does not spell a value of a type. It is not told which: it may be a secret (R2.74).
fn not_a(what: &str) -> Error {
    Error::range(format!("the text is not {what}"))
}

fn int<'a>(_: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let int = match args {
        [Value::Int(i)] => Some(*i),
        [Value::UInt(u)] => i64::try_from(*u).ok(),
        [Value::Double(d)] => number::truncate(*d),
        [Value::Str(text)] => Some(text.parse().map_err(|_| not_a("an int"))?),
        [Value::Timestamp(s, _)] => Some(*s),
        _ => return Err(Error::no_overload("int", args)),
    };
    int.map(Value::Int).ok_or_else(Error::overflow)
}

fn uint<'a>(_: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let uint = match args {
        [Value::UInt(u)] => Some(*u),
        [Value::Int(i)] => u64::try_from(*i).ok(),
        [Value::Double(d)] => number::truncate_unsigned(*d),
        [Value::Str(text)] => Some(text.parse().map_err(|_| not_a("a uint"))?),
        _ => return Err(Error::no_overload("uint", args)),
    };
    uint.map(Value::UInt).ok_or_else(Error::overflow)
}

fn double<'a>(_: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    match args {
        [Value::Str(text)] => text.parse().map(Value::Double).map_err(|_| not_a("a double")),
        [value] if value.is_number() => Ok(Value::Double(value.as_double().unwrap_or(f64::NAN))),
        _ => Err(Error::no_overload("double", args)),
    }
}

fn bool<'a>(_: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    match args {
        [Value::Bool(b)] => Ok(Value::Bool(*b)),
        [Value::Str(text)] => match &**text {
            "1" | "t" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => Err(not_a("a bool")),
        },
        _ => Err(Error::no_overload("bool", args)),
    }
}

fn bytes<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    match args {
        [value @ Value::Bytes(_)] => Ok(value.clone()),
        [Value::Str(text)] => {
            meter.pay_bytes(text.len())?;
            Ok(Value::Bytes(text.as_bytes().into()))
        }
        _ => Err(Error::no_overload("bytes", args)),
    }
}

fn timestamp<'a>(_: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    match args {
        [value @ Value::Timestamp(..)] => Ok(value.clone()),
        [Value::Int(s)] => calendar::timestamp(calendar::total(*s, 0)),
        [Value::Str(text)] => calendar::timestamp(
            calendar::parse_timestamp(text).ok_or_else(|| not_a("an RFC 3339 timestamp"))?,
        ),
        _ => Err(Error::no_overload("timestamp", args)),
    }
}

fn duration<'a>(_: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    match args {
        [value @ Value::Duration(..)] => Ok(value.clone()),
        [Value::Str(text)] => {
            calendar::duration(calendar::parse_duration(text).ok_or_else(|| not_a("a duration"))?)
        }
        _ => Err(Error::no_overload("duration", args)),
    }
}
