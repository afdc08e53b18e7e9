//! The functions: CEL's standard library, its string, list, math and encoder extensions, and ours.

mod convert;
mod format;
mod lists;
mod math;
mod merges;
mod optionals;
mod strings;
mod times;
mod totals;

pub(super) use lists::{distinct, flatten, sort_by_key};
pub(super) use merges::{ITEM_WEIGHT, Weights, merge, merge_last, merge_max, weighted_average};
pub(super) use strings::regex;
pub(super) use totals::{avg, count, max, min, sum};

use super::{
    error::Error,
    meter::{Meter, Res},
    value::{List, Value},
};

pub(super) type Function = for<'a> fn(&mut Meter, &[Value<'a>]) -> Res<'a>;

/// The function of a name, a call style and a number of arguments (without the receiver).
pub(super) fn find(name: &str, member: bool, args: usize) -> Option<Function> {
    if member {
        return strings::method(name, args)
            .or_else(|| lists::method(name, args))
            .or_else(|| optionals::method(name, args))
            .or_else(|| times::method(name, args));
    }
    convert::function(name, args)
        .or_else(|| totals::function(name, args))
        .or_else(|| merges::function(name, args))
        .or_else(|| math::function(name, args))
        .or_else(|| strings::function(name, args))
        .or_else(|| lists::function(name, args))
        .or_else(|| optionals::function(name, args))
}

/// The types that a name can mean.
pub(super) fn type_named(name: &str) -> Option<&'static str> {
    const TYPES: [&str; 13] = [
        "bool",
        "bytes",
        "double",
        "int",
        "list",
        "map",
        "null_type",
        "string",
        "type",
        "uint",
        "google.protobuf.Timestamp",
        "google.protobuf.Duration",
        "optional_type",
    ];
    TYPES.into_iter().find(|known| *known == name)
}

/// The first argument.
fn first<'v, 'a>(args: &'v [Value<'a>]) -> Result<&'v Value<'a>, Error> {
    args.first().ok_or_else(|| Error::mismatch("an argument is missing"))
}

/// A list argument of our own functions; null counts as an empty list (6.2).
fn list_or_null<'a>(what: &str, args: &[Value<'a>]) -> Result<List<'a>, Error> {
    match args {
        [Value::List(items), ..] => Ok(items.clone()),
        [Value::Null, ..] => Ok(List::Ref(&[])),
        _ => Err(Error::no_overload(what, args)),
    }
}
