//! List functions: CEL's lists extension, and `flatten` of ours.

use std::{cmp::Ordering, sync::Arc};

use super::{Function, list_or_null};
use crate::expr::{
    error::Error,
    meter::{Meter, Res},
    operators,
    value::{List, Value},
};
use crate::table::sort_by;

pub(super) fn function(name: &str, args: usize) -> Option<Function> {
    Some(match (name, args) {
        ("lists.range", 1) => range,
        ("flatten" | "collect", 1) => |meter, args| {
            let items = list_or_null("flatten", args)?;
            flatten(meter, &items, 1)
        },
        _ => return None,
    })
}

pub(super) fn method(name: &str, args: usize) -> Option<Function> {
    Some(match (name, args) {
        ("slice", 2) => slice,
        ("flatten", 0 | 1) => |meter, args| match args {
            [Value::List(items)] => flatten(meter, items, 1),
            [Value::List(items), Value::Int(depth)] => match u8::try_from(*depth) {
                Ok(depth) => flatten(meter, items, depth),
                Err(_) => Err(Error::range("the depth to flatten is out of range")),
            },
            _ => Err(Error::no_overload("flatten", args)),
        },
        ("distinct", 0) => |meter, args| match args {
            [Value::List(items)] => distinct(meter, items),
            _ => Err(Error::no_overload("distinct", args)),
        },
        ("sort", 0) => sort,
        ("first", 0) => |_, args| match args {
            [Value::List(items)] => Ok(Value::Optional(items.get(0).map(Arc::new))),
            _ => Err(Error::no_overload("first", args)),
        },
        ("last", 0) => |_, args| match args {
            [Value::List(items)] => {
                let last = items.len().checked_sub(1).and_then(|index| items.get(index));
                Ok(Value::Optional(last.map(Arc::new)))
            }
            _ => Err(Error::no_overload("last", args)),
        },
        _ => return None,
    })
}

fn range<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let [Value::Int(end)] = args else { return Err(Error::no_overload("lists.range", args)) };
    let length = usize::try_from(*end).map_err(|_| Error::range("a range cannot be negative"))?;
    meter.pay_items(length)?;
    Ok(Value::list((0..*end).map(Value::Int).collect()))
}

fn slice<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let [Value::List(items), Value::Int(from), Value::Int(to)] = args else {
        return Err(Error::no_overload("slice", args));
    };
    match (usize::try_from(*from), usize::try_from(*to)) {
        (Ok(from), Ok(to)) if from <= to && to <= items.len() => {
            meter.pay_items(to.saturating_sub(from))?;
            Ok(Value::list((from..to).map_while(|index| items.get(index)).collect()))
        }
        _ => Err(Error::range("the slice is out of range")),
    }
}

/// Concatenates the lists among the elements, `depth` levels deep; other elements stay (R6.48).
pub(in crate::expr) fn flatten<'a>(meter: &mut Meter, items: &List<'a>, depth: u8) -> Res<'a> {
    let mut out = Vec::new();
    flatten_into(meter, items, depth, &mut out)?;
    Ok(Value::list(out))
}

fn flatten_into<'a>(
    meter: &mut Meter,
    items: &List<'a>,
    depth: u8,
    out: &mut Vec<Value<'a>>,
) -> Result<(), Error> {
    for item in items.iter() {
        meter.pay(1)?;
        match (item, depth.checked_sub(1)) {
            (Value::List(inner), Some(depth)) => flatten_into(meter, &inner, depth, out)?,
            (item, _) => out.push(item),
        }
    }
    Ok(())
}

/// The elements without those that equal an earlier one.
pub(in crate::expr) fn distinct<'a>(meter: &mut Meter, items: &List<'a>) -> Res<'a> {
    let mut seen: Vec<Value<'a>> = Vec::new();
    for item in items.iter() {
        meter.pay(1)?;
        let mut known = false;
        for earlier in &seen {
            meter.pay(1)?;
            if operators::equal(meter, earlier, &item, 0)? {
                known = true;
                break;
            }
        }
        if !known {
            seen.push(item);
        }
    }
    Ok(Value::list(seen))
}

fn sort<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let [Value::List(items)] = args else { return Err(Error::no_overload("sort", args)) };
    meter.pay_items(items.len())?;
    let mut pairs: Vec<_> = items.iter().map(|item| (item, Value::Null)).collect();
    sort_by_key(meter, &mut pairs)?;
    Ok(Value::list(pairs.into_iter().map(|(item, _)| item).collect()))
}

/// Sorts pairs by their first part, which must be of one comparable type throughout.
///
/// Comparing references to one long string costs its length each time, so that is paid for.
pub(in crate::expr) fn sort_by_key<'a>(
    meter: &mut Meter,
    pairs: &mut [(Value<'a>, Value<'a>)],
) -> Result<(), Error> {
    let length = |key: &Value<'_>| if let Value::Str(text) = key { text.len() } else { 0 };
    let longest = pairs.iter().map(|(key, _)| length(key)).max().unwrap_or(0);
    let rounds = pairs.len().checked_ilog2().unwrap_or(0).saturating_add(1);
    let comparisons = pairs.len().saturating_mul(rounds as usize);
    meter.pay(comparisons.saturating_mul((longest / 64).saturating_add(1)))?;
    if let Some((first, _)) = pairs.first() {
        for (key, _) in pairs.iter() {
            if key.type_name() != first.type_name() || first.compare(key)?.is_none() {
                return Err(Error::mismatch("elements to sort must be comparable and of one type"));
            }
        }
    }
    sort_pairs(pairs);
    Ok(())
}

/// Stable; values that cannot be compared count as equal.
#[inline(never)]
pub(super) fn sort_pairs(pairs: &mut [(Value<'_>, Value<'_>)]) {
    sort_by(pairs, |(a, _), (b, _)| a.compare(b).ok().flatten().unwrap_or(Ordering::Equal));
}
