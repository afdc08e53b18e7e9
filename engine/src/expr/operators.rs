//! Operators: equality, order, membership, arithmetic and access.

use std::sync::Arc;

use super::{
    calendar,
    error::Error,
    meter::{Meter, Res},
    node::{Arith, Relation},
    number,
    value::{List, Map, Value},
};

/// Recursion over values (not over the program) stops here.
const DEPTH: u8 = 192;

/// `==`, `!=` and the orders, with an option object standing for its value (R6.12).
#[inline(never)]
pub(super) fn compare<'a>(
    meter: &mut Meter,
    relation: Relation,
    a: &Value<'a>,
    b: &Value<'a>,
) -> Result<bool, Error> {
    if !matches!(a, Value::Map(_)) && !matches!(b, Value::Map(_)) {
        return related(meter, relation, a, b);
    }
    let (x, y) = Value::unwrap_option(a, b);
    related(meter, relation, x.as_ref().unwrap_or(a), y.as_ref().unwrap_or(b))
}

fn related(
    meter: &mut Meter,
    relation: Relation,
    a: &Value<'_>,
    b: &Value<'_>,
) -> Result<bool, Error> {
    match relation {
        Relation::Equal => equal(meter, a, b, 0),
        Relation::Unequal => Ok(!equal(meter, a, b, 0)?),
        Relation::Order(holds) => {
            if let (Value::Str(a), Value::Str(b)) = (a, b) {
                meter.pay(a.len().min(b.len()) / 64)?;
            }
            Ok(a.compare(b)?.is_some_and(holds))
        }
    }
}

/// CEL's equality: across number types by value, element by element for lists and maps, false
/// across other types.
pub(super) fn equal(
    meter: &mut Meter,
    a: &Value<'_>,
    b: &Value<'_>,
    depth: u8,
) -> Result<bool, Error> {
    if depth > DEPTH {
        return Err(Error::limit("the data is nested too deep"));
    }
    match (a, b) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::Str(a), Value::Str(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            meter.pay(a.len() / 64)?;
            Ok(**a == **b)
        }
        (Value::List(a), Value::List(b)) => equal_lists(meter, a, b, depth.saturating_add(1)),
        (Value::Map(a), Value::Map(b)) => equal_maps(meter, a, b, depth.saturating_add(1)),
        (Value::Type(a), Value::Type(b)) => Ok(a == b),
        (Value::Optional(Some(a)), Value::Optional(Some(b))) => {
            equal(meter, a, b, depth.saturating_add(1))
        }
        (Value::Optional(a), Value::Optional(b)) => Ok(a.is_none() && b.is_none()),
        _ => Ok(a.compare(b).is_ok_and(|order| order.is_some_and(std::cmp::Ordering::is_eq))),
    }
}

fn equal_lists(meter: &mut Meter, a: &List<'_>, b: &List<'_>, depth: u8) -> Result<bool, Error> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (a, b) in a.iter().zip(b.iter()) {
        meter.pay(1)?;
        if !equal(meter, &a, &b, depth)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Both maps are sorted by the same order of keys.
fn equal_maps(meter: &mut Meter, a: &Map<'_>, b: &Map<'_>, depth: u8) -> Result<bool, Error> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for ((k, a), (l, b)) in a.iter().zip(b.iter()) {
        meter.pay(k.cost().saturating_add(1))?;
        if k != l || !equal(meter, &a, &b, depth)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `in`: an element of a list or a key of a map (R6.12 holds for both).
#[inline(never)]
pub(super) fn is_in<'a>(
    meter: &mut Meter,
    needle: &Value<'a>,
    hay: &Value<'a>,
) -> Result<bool, Error> {
    if let Value::List(items) = hay {
        for item in items.iter() {
            meter.pay(1)?;
            if compare(meter, Relation::Equal, needle, &item)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    let Value::Map(map) = hay else {
        return Err(Error::no_overload("in", &[needle.clone(), hay.clone()]));
    };
    let key = needle.as_key();
    pay_key(meter, &key)?;
    Ok(map.get(&key).is_some())
}

pub(super) fn negate<'a>(value: &Value<'a>) -> Res<'a> {
    if let Value::Int(i) = value {
        return i.checked_neg().map(Value::Int).ok_or_else(Error::overflow);
    }
    let Value::Double(d) = value else {
        return Err(Error::no_overload("-", std::slice::from_ref(value)));
    };
    Ok(Value::Double(-d))
}

/// `+ - * / %`. Numbers of different types are mixed as doubles (R6.5).
#[inline(never)]
pub(super) fn arith<'a>(meter: &mut Meter, op: Arith, a: &Value<'a>, b: &Value<'a>) -> Res<'a> {
    match (op, a, b) {
        (Arith::Ratio, a, b) => ratio(a, b),
        (op, Value::Int(x), Value::Int(y)) => int_arith(op, *x, *y).map(Value::Int),
        (op, Value::UInt(x), Value::UInt(y)) => uint_arith(op, *x, *y).map(Value::UInt),
        (Arith::Add, Value::Str(x), Value::Str(y)) => {
            meter.pay_bytes(x.len().saturating_add(y.len()))?;
            Ok(Value::string([&**x, &**y].concat()))
        }
        (Arith::Add, Value::List(x), Value::List(y)) => {
            meter.pay_items(x.len().saturating_add(y.len()))?;
            Ok(Value::list(x.iter().chain(y.iter()).collect()))
        }
        (Arith::Add, Value::Bytes(x), Value::Bytes(y)) => {
            meter.pay_bytes(x.len().saturating_add(y.len()))?;
            Ok(Value::Bytes([&**x, &**y].concat().into()))
        }
        (op, a, b) => match (op, a.as_double(), b.as_double()) {
            (Arith::Add, Some(x), Some(y)) => Ok(Value::Double(x + y)),
            (Arith::Sub, Some(x), Some(y)) => Ok(Value::Double(x - y)),
            (Arith::Mul, Some(x), Some(y)) => Ok(Value::Double(x * y)),
            (Arith::Div, Some(x), Some(y)) => Ok(Value::Double(x / y)),
            _ => time_arith(op, a, b),
        },
    }
}

fn symbol(op: Arith) -> &'static str {
    match op {
        Arith::Add => "+",
        Arith::Sub => "-",
        Arith::Mul => "*",
        Arith::Div | Arith::Ratio => "/",
        Arith::Rem => "%",
    }
}

fn time_arith<'a>(op: Arith, a: &Value<'a>, b: &Value<'a>) -> Res<'a> {
    let refuse = || Error::no_overload(symbol(op), &[a.clone(), b.clone()]);
    let (Some(x), Some(y)) = (nanos(a), nanos(b)) else { return Err(refuse()) };
    match (op, a, b) {
        (Arith::Add, Value::Timestamp(..), Value::Duration(..))
        | (Arith::Add, Value::Duration(..), Value::Timestamp(..)) => {
            calendar::timestamp(x.saturating_add(y))
        }
        (Arith::Add, Value::Duration(..), Value::Duration(..)) => {
            calendar::span(x.saturating_add(y))
        }
        (Arith::Sub, Value::Timestamp(..), Value::Duration(..)) => {
            calendar::timestamp(x.saturating_sub(y))
        }
        (Arith::Sub, Value::Timestamp(..), Value::Timestamp(..))
        | (Arith::Sub, Value::Duration(..), Value::Duration(..)) => {
            calendar::span(x.saturating_sub(y))
        }
        _ => Err(refuse()),
    }
}

/// A timestamp or duration in nanoseconds.
fn nanos(value: &Value<'_>) -> Option<i128> {
    if let Value::Timestamp(seconds, nanos) = value {
        return Some(calendar::total(*seconds, i64::from(*nanos)));
    }
    let Value::Duration(seconds, nanos) = value else { return None };
    Some(calendar::total(*seconds, i64::from(*nanos)))
}

/// Division of doubles, whatever the numbers' types (F52). Dividing integers by 0 stays an error.
fn ratio<'a>(a: &Value<'a>, b: &Value<'a>) -> Res<'a> {
    match (a.as_double(), b.as_double()) {
        (Some(_), Some(0.0)) if !matches!(b, Value::Double(_)) => Err(by_zero()),
        (Some(x), Some(y)) => Ok(Value::Double(x / y)),
        _ => Err(Error::no_overload("/", &[a.clone(), b.clone()])),
    }
}

pub(super) fn by_zero() -> Error {
    Error::range("division by zero")
}

fn int_arith(op: Arith, a: i64, b: i64) -> Result<i64, Error> {
    match op {
        Arith::Div | Arith::Rem | Arith::Ratio if b == 0 => return Err(by_zero()),
        Arith::Add => a.checked_add(b),
        Arith::Sub => a.checked_sub(b),
        Arith::Mul => a.checked_mul(b),
        Arith::Div | Arith::Ratio => a.checked_div(b),
        Arith::Rem => a.checked_rem(b),
    }
    .ok_or_else(Error::overflow)
}

fn uint_arith(op: Arith, a: u64, b: u64) -> Result<u64, Error> {
    match op {
        Arith::Div | Arith::Rem | Arith::Ratio if b == 0 => return Err(by_zero()),
        Arith::Add => a.checked_add(b),
        Arith::Sub => a.checked_sub(b),
        Arith::Mul => a.checked_mul(b),
        Arith::Div | Arith::Ratio => a.checked_div(b),
        Arith::Rem => a.checked_rem(b),
    }
    .ok_or_else(Error::overflow)
}

/// `has(of.field)`, as in standard CEL: the key exists, even with null.
pub(super) fn has(of: &Value<'_>, field: &str) -> Result<bool, Error> {
    let Value::Optional(inner) = of else {
        let Value::Map(map) = of else {
            return Err(Error::no_overload("has", std::slice::from_ref(of)));
        };
        return Ok(map.has(field));
    };
    inner.as_ref().map_or(Ok(false), |inner| has(inner, field))
}

/// `of.field`; on an optional it stays optional.
pub(super) fn select<'a>(of: &Value<'a>, field: &str) -> Res<'a> {
    if let Value::Map(map) = of {
        return map.field(field).ok_or_else(|| Error::no_key(field));
    }
    let Value::Optional(inner) = of else {
        return Err(Error::mismatch(format!("{} has no field `{field}`", of.type_name())));
    };
    let Some(inner) = inner else { return Ok(Value::Optional(None)) };
    let Value::Map(map) = &**inner else {
        return Err(Error::no_overload(field, std::slice::from_ref(&**inner)));
    };
    Ok(Value::Optional(map.field(field).map(Arc::new)))
}

/// `of[at]`; on an optional it stays optional.
pub(super) fn index<'a>(meter: &mut Meter, of: &Value<'a>, at: &Value<'a>) -> Res<'a> {
    if let Value::Optional(_) = of {
        return opt_index(meter, of, at);
    }
    find(meter, of, at)?.ok_or_else(|| {
        // Which key is not told: it may come from a variable that is secret (R2.74).
        Error::missing(if matches!(at, Value::Str(_)) {
            "no such key"
        } else {
            "index out of range"
        })
    })
}

/// `of[?at]`, `of.?at`: an optional, empty where there is nothing.
pub(super) fn opt_index<'a>(meter: &mut Meter, of: &Value<'a>, at: &Value<'a>) -> Res<'a> {
    let found = if let Value::Optional(inner) = of {
        inner.as_ref().map_or(Ok(None), |inner| find(meter, inner, at))?
    } else {
        find(meter, of, at)?
    };
    Ok(Value::Optional(found.map(Arc::new)))
}

/// Comparing a long key with those of a map costs its length.
fn pay_key(meter: &mut Meter, key: &Value<'_>) -> Result<(), Error> {
    let Value::Str(text) = key else { return Ok(()) };
    meter.pay(text.len() / 64)
}

fn find<'a>(meter: &mut Meter, of: &Value<'a>, at: &Value<'a>) -> Result<Option<Value<'a>>, Error> {
    pay_key(meter, at)?;
    match (of, at) {
        (Value::List(items), at) => Ok(position(at)?.and_then(|index| items.get(index))),
        (
            Value::Map(map),
            Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Double(_) | Value::Str(_),
        ) => Ok(map.get(at)),
        (Value::Map(_), at) => {
            Err(Error::mismatch(format!("a map key cannot be a {}", at.type_name())))
        }
        _ => Err(Error::no_overload("[]", &[of.clone(), at.clone()])),
    }
}

/// A list position: an int, a uint or a whole double. `None` if no list is that long.
fn position(at: &Value<'_>) -> Result<Option<usize>, Error> {
    if let Value::UInt(u) = at {
        return Ok(usize::try_from(*u).ok());
    }
    int_of(at)
        .map(|index| usize::try_from(index).ok())
        .ok_or_else(|| Error::mismatch(format!("a list index cannot be a {}", at.type_name())))
}

/// An int, or a double that is whole.
pub(super) fn int_of(value: &Value<'_>) -> Option<i64> {
    if let Value::Int(i) = value {
        return Some(*i);
    }
    let Value::Double(d) = value else { return None };
    number::whole(*d)
}
