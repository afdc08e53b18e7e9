//! Getters of timestamps and durations.

use super::Function;
use crate::expr::{
    calendar::{self, Field},
    error::Error,
    meter::Res,
    value::Value,
};

pub(super) fn method(name: &str, args: usize) -> Option<Function> {
    if args > 1 {
        return None;
    }
    Some(match name {
        "getFullYear" => |_, args| field(args, Field::FullYear),
        "getMonth" => |_, args| field(args, Field::Month),
        "getDate" => |_, args| field(args, Field::Date),
        "getDayOfMonth" => |_, args| field(args, Field::DayOfMonth),
        "getDayOfWeek" => |_, args| field(args, Field::DayOfWeek),
        "getDayOfYear" => |_, args| field(args, Field::DayOfYear),
        "getHours" => |_, args| field(args, Field::Hours),
        "getMinutes" => |_, args| field(args, Field::Minutes),
        "getSeconds" => |_, args| field(args, Field::Seconds),
        "getMilliseconds" => |_, args| field(args, Field::Milliseconds),
        _ => return None,
    })
}

fn field<'a>(args: &[Value<'a>], field: Field) -> Res<'a> {
    let offset = match args {
        [_, Value::Str(zone)] => calendar::offset(zone)
            .ok_or_else(|| Error::range("unknown time zone: write an offset such as `+02:00`"))?,
        _ => 0,
    };
    let found = match args {
        [Value::Timestamp(s, n)] | [Value::Timestamp(s, n), Value::Str(_)] => {
            Some(calendar::field(field, *s, *n, offset))
        }
        [Value::Duration(s, n)] | [Value::Duration(s, n), Value::Str(_)] => {
            calendar::duration_field(field, *s, *n)
        }
        _ => None,
    };
    found.map(Value::Int).ok_or_else(|| Error::no_overload("a getter", args))
}
