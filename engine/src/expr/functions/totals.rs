//! Sums, means and extremes of lists (R6.40 to R6.44).

use std::cmp::Ordering;

use super::{Function, convert, list_or_null};
use crate::expr::{
    error::Error,
    meter::{Meter, Res},
    node::Arith,
    operators,
    value::{List, Value},
};

pub(super) fn function(name: &str, args: usize) -> Option<Function> {
    Some(match (name, args) {
        ("sum", 1) => |meter, args| {
            let items = list_or_null("sum", args)?;
            sum(meter, &items)
        },
        ("avg", 1) => |meter, args| {
            let items = list_or_null("avg", args)?;
            avg(meter, &items)
        },
        ("max", 1..) => |meter, args| loose_extreme("max", meter, args, Ordering::is_gt),
        ("min", 1..) => |meter, args| loose_extreme("min", meter, args, Ordering::is_lt),
        ("count", 1) => |meter, args| match args {
            [Value::Null] => Ok(Value::Int(0)),
            [Value::List(_) | Value::Map(_)] => convert::size(meter, args),
            _ => Err(Error::no_overload("count", args)),
        },
        _ => return None,
    })
}

/// The sum of the numbers among the elements: an int while all are ints (R6.40).
pub(in crate::expr) fn sum<'a>(meter: &mut Meter, items: &List<'a>) -> Res<'a> {
    let mut total = Value::Int(0);
    for item in items.iter() {
        meter.pay(1)?;
        if item.is_number() {
            total = operators::arith(meter, Arith::Add, &total, &item)?;
        }
    }
    Ok(total)
}

/// The mean of the numbers among the elements; 0 without any (R6.41).
pub(in crate::expr) fn avg<'a>(meter: &mut Meter, items: &List<'a>) -> Res<'a> {
    let (mut total, mut count) = (0.0, 0_u32);
    for item in items.iter() {
        meter.pay(1)?;
        if let Some(number) = item.as_double() {
            total += number;
            count = count.saturating_add(1);
        }
    }
    Ok(Value::Double(if count == 0 { 0.0 } else { total / f64::from(count) }))
}

/// The greatest number, null without any (R6.42).
pub(in crate::expr) fn max<'a>(meter: &mut Meter, items: &List<'a>) -> Res<'a> {
    extreme(meter, &items.iter().collect::<Vec<_>>(), Ordering::is_gt)
}

/// The least number, null without any (R6.43).
pub(in crate::expr) fn min<'a>(meter: &mut Meter, items: &List<'a>) -> Res<'a> {
    extreme(meter, &items.iter().collect::<Vec<_>>(), Ordering::is_lt)
}

/// The number of elements of any type (R6.44).
pub(in crate::expr) fn count<'a>(meter: &mut Meter, items: &List<'a>) -> Res<'a> {
    convert::size(meter, &[Value::List(items.clone())])
}

/// The elements of a list argument, or several arguments as they are.
pub(super) fn arguments<'a>(args: &[Value<'a>]) -> Vec<Value<'a>> {
    match args {
        [Value::List(items)] => items.iter().collect(),
        several => several.to_vec(),
    }
}

fn loose_extreme<'a>(
    what: &str,
    meter: &mut Meter,
    args: &[Value<'a>],
    better: fn(Ordering) -> bool,
) -> Res<'a> {
    match args {
        [Value::Null] => Ok(Value::Null),
        [value] if !value.is_number() && !matches!(value, Value::List(_)) => {
            Err(Error::no_overload(what, args))
        }
        _ => extreme(meter, &arguments(args), better),
    }
}

/// The first of the best numbers, with its own type; null without any. NaN is never better.
pub(super) fn extreme<'a>(
    meter: &mut Meter,
    values: &[Value<'a>],
    better: fn(Ordering) -> bool,
) -> Res<'a> {
    meter.pay(values.len())?;
    let mut best = Value::Null;
    for value in values.iter().filter(|value| value.is_number()) {
        if matches!(best, Value::Null) || value.compare(&best)?.is_some_and(better) {
            best = value.clone();
        }
    }
    Ok(best)
}
