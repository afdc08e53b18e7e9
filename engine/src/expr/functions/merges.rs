//! Folding maps of scores together (R6.45 to R6.50).

use std::collections::BTreeMap;

use super::{Function, list_or_null, lists::sort_pairs};
use crate::expr::{
    error::Error,
    key::Key,
    meter::{Meter, Res},
    node::Arith,
    operators::{arith, int_of},
    value::{List, Map, Value},
};
use crate::table;

pub(super) fn function(name: &str, args: usize) -> Option<Function> {
    Some(match (name, args) {
        ("merge" | "merge_sum", 1) => |meter, args| {
            let items = maps_or_null("merge", args)?;
            merge(meter, &items)
        },
        ("merge_max", 1) => |meter, args| {
            let items = maps_or_null("merge_max", args)?;
            merge_max(meter, &items)
        },
        ("merge_last", 1) => |meter, args| {
            let items = maps_or_null("merge_last", args)?;
            merge_last(meter, &items)
        },
        ("top_keys", 1 | 2) => top_keys,
        ("weighted_avg", 3) => |meter, args| {
            let [_, Value::Str(field), Value::Str(weight)] = args else {
                return Err(Error::no_overload("weighted_avg", args));
            };
            let items = list_or_null("weighted_avg", args)?;
            let weights = Weights { field, weight, item_weight: ITEM_WEIGHT };
            weighted_average(meter, &items, &weights)
        },
        _ => return None,
    })
}

/// A single map counts as a list of it (R6.51).
fn maps_or_null<'a>(what: &str, args: &[Value<'a>]) -> Result<List<'a>, Error> {
    match args {
        [map @ Value::Map(_)] => Ok(List::Own(vec![map.clone()].into())),
        _ => list_or_null(what, args),
    }
}

type Combine = for<'a> fn(&mut Meter, Value<'a>, Value<'a>) -> Res<'a>;

/// Sums numbers under the same key; otherwise the first value stays (R6.45).
pub(in crate::expr) fn merge<'a>(meter: &mut Meter, items: &List<'a>) -> Res<'a> {
    fold(meter, items, |meter, held, new| {
        if held.is_number() && new.is_number() {
            arith(meter, Arith::Add, &held, &new)
        } else {
            Ok(held)
        }
    })
}

/// Keeps the greater of two numbers under the same key (R6.46).
pub(in crate::expr) fn merge_max<'a>(meter: &mut Meter, items: &List<'a>) -> Res<'a> {
    fold(meter, items, |_, held, new| {
        let numbers = held.is_number() && new.is_number();
        let less = numbers && held.compare(&new)?.is_some_and(std::cmp::Ordering::is_lt);
        Ok(if less { new } else { held })
    })
}

/// Keeps the last value under the same key (R6.47).
pub(in crate::expr) fn merge_last<'a>(meter: &mut Meter, items: &List<'a>) -> Res<'a> {
    fold(meter, items, |_, _, new| Ok(new))
}

/// Elements that are not maps are ignored (R6.51).
fn maps<'a>(items: &List<'a>) -> impl Iterator<Item = Map<'a>> {
    items.iter().filter_map(|item| if let Value::Map(map) = item { Some(map) } else { None })
}

fn fold<'a>(meter: &mut Meter, items: &List<'a>, combine: Combine) -> Res<'a> {
    let mut out: BTreeMap<Key<'a>, Value<'a>> = BTreeMap::new();
    for map in maps(items) {
        meter.pay(1)?;
        for (key, new) in map.iter() {
            meter.pay(key.cost().saturating_add(2))?;
            let value = match out.remove(&key) {
                Some(held) => combine(meter, held, new)?,
                None => new,
            };
            out.insert(key, value);
        }
    }
    Ok(Value::map(out))
}

/// The keys of the greatest numbers, ties by key, at most `n` (R6.49).
fn top_keys<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let n = match args {
        [_, n] => int_of(n).ok_or_else(|| Error::no_overload("top_keys", args))?,
        _ => 5,
    };
    let Some(Value::Map(map)) = args.first() else { return Ok(Value::list(Vec::new())) };
    meter.pay(map.len().saturating_mul(8))?;
    let numbers = map.iter().filter(|(_, value)| value.is_number());
    let mut pairs: Vec<_> = numbers.map(|(key, value)| (value, key.into_value())).collect();
    // The sort is stable and ascending: reversed before and after, ties stay in key order.
    pairs.reverse();
    sort_pairs(&mut pairs);
    let top = pairs.into_iter().rev().take(usize::try_from(n).unwrap_or(0));
    Ok(Value::list(top.map(|(_, key)| key).collect()))
}

/// The field that multiplies an element's weights where no other is named (R6.64).
pub(in crate::expr) const ITEM_WEIGHT: &str = "item_weight";

/// The fields of a weighted average.
#[derive(Clone, Copy, Debug)]
pub(in crate::expr) struct Weights<'f> {
    pub(in crate::expr) field: &'f str,
    pub(in crate::expr) weight: &'f str,
    pub(in crate::expr) item_weight: &'f str,
}

/// Means by key where the weights are maps, a weighted mean where they are numbers (R6.64). The
/// first element with a weight decides.
pub(in crate::expr) fn weighted_average<'a>(
    meter: &mut Meter,
    items: &List<'a>,
    fields: &Weights<'_>,
) -> Res<'a> {
    meter.pay(items.len())?;
    let mut weights = maps(items).filter_map(|item| Value::Map(item).at(fields.weight));
    match weights.find(|weight| !matches!(weight, Value::Null)) {
        Some(Value::Map(_)) | None => means_by_key(meter, items, fields),
        Some(_) => weighted_mean(meter, items, fields),
    }
}

fn weighted_mean<'a>(meter: &mut Meter, items: &List<'a>, fields: &Weights<'_>) -> Res<'a> {
    let (mut sum, mut total) = (0.0, 0.0);
    for item in maps(items) {
        meter.pay(1)?;
        let item = Value::Map(item);
        let number = |field| item.at(field).and_then(|value| value.as_double());
        if let (Some(value), Some(weight)) = (number(fields.field), number(fields.weight)) {
            sum += value * weight;
            total += weight;
        }
    }
    Ok(Value::Double(if total == 0.0 { 0.0 } else { sum / total }))
}

fn means_by_key<'a>(meter: &mut Meter, items: &List<'a>, fields: &Weights<'_>) -> Res<'a> {
    let mut sums: BTreeMap<Key<'a>, Value<'a>> = BTreeMap::new();
    let mut total = 0.0;
    for item in maps(items) {
        meter.pay(1)?;
        let item = Value::Map(item);
        let Some(Value::Map(weights)) = item.at(fields.weight) else { continue };
        let times = item.at(fields.item_weight).and_then(|times| times.as_double());
        let times = times.unwrap_or(1.0);
        total += times;
        for (key, weight) in weights.iter() {
            meter.pay(key.cost().saturating_add(2))?;
            if let Some(weight) = weight.as_double() {
                let sum = sums.remove(&key).and_then(|sum| sum.as_double()).unwrap_or(0.0);
                sums.insert(key, Value::Double(sum + times * weight));
            }
        }
    }
    let mean = |sum: &Value<'_>| match sum.as_double() {
        Some(sum) if total != 0.0 => sum / total,
        Some(_) | None => 0.0,
    };
    let means = sums.iter().map(|(key, sum)| (key.clone(), Value::Double(mean(sum))));
    Ok(Value::map(table::map(means)))
}
