//! Arithmetic functions: CEL's math extension, and the plain names of R7.20.

use std::cmp::Ordering;

use super::{
    Function, first,
    totals::{arguments, extreme},
};
use crate::expr::{
    error::Error,
    meter::{Meter, Res},
    operators::{by_zero, int_of},
    value::Value,
};

pub(super) fn function(name: &str, args: usize) -> Option<Function> {
    plain(name, args).or_else(|| extension(name, args))
}

/// Ours (R7.20, F29).
fn plain(name: &str, args: usize) -> Option<Function> {
    Some(match (name, args) {
        ("abs", 1) => abs,
        ("ceil", 1) => |_, args| to_whole("ceil", args, f64::ceil),
        ("floor", 1) => |_, args| to_whole("floor", args, f64::floor),
        ("round", 1 | 2) => round,
        ("sqrt", 1) => |_, args| match args {
            [value] => match value.as_double() {
                Some(number) if number < 0.0 => Err(Error::range("the root of a negative number")),
                Some(number) => Ok(Value::Double(number.sqrt())),
                None => Err(Error::no_overload("sqrt", args)),
            },
            _ => Err(Error::no_overload("sqrt", args)),
        },
        ("pow", 2) => pow,
        ("mod", 2) => modulo,
        _ => return None,
    })
}

fn extension(name: &str, args: usize) -> Option<Function> {
    Some(match (name, args) {
        ("math.greatest", 1..) => |meter, args| strict_extreme(meter, args, Ordering::is_gt),
        ("math.least", 1..) => |meter, args| strict_extreme(meter, args, Ordering::is_lt),
        ("math.ceil", 1) => |_, args| of_double(args, |d| Value::Double(d.ceil())),
        ("math.floor", 1) => |_, args| of_double(args, |d| Value::Double(d.floor())),
        ("math.round", 1) => |_, args| of_double(args, |d| Value::Double(d.round())),
        ("math.trunc", 1) => |_, args| of_double(args, |d| Value::Double(d.trunc())),
        ("math.isNaN", 1) => |_, args| of_double(args, |d| Value::Bool(d.is_nan())),
        ("math.isInf", 1) => |_, args| of_double(args, |d| Value::Bool(d.is_infinite())),
        ("math.isFinite", 1) => |_, args| of_double(args, |d| Value::Bool(d.is_finite())),
        ("math.sqrt", 1) => |_, args| {
            let number = first(args)?.as_double();
            number
                .map(|number| Value::Double(number.sqrt()))
                .ok_or_else(|| Error::no_overload("math.sqrt", args))
        },
        ("math.abs", 1) => abs,
        ("math.sign", 1) => sign,
        ("math.bitAnd", 2) => |_, args| bits(args, |x, y| x & y),
        ("math.bitOr", 2) => |_, args| bits(args, |x, y| x | y),
        ("math.bitXor", 2) => |_, args| bits(args, |x, y| x ^ y),
        ("math.bitNot", 1) => |_, args| match args {
            [Value::Int(i)] => Ok(Value::Int(!i)),
            [Value::UInt(u)] => Ok(Value::UInt(!u)),
            _ => Err(Error::no_overload("math.bitNot", args)),
        },
        ("math.bitShiftLeft", 2) => |_, args| shift(args, u64::checked_shl),
        ("math.bitShiftRight", 2) => |_, args| shift(args, u64::checked_shr),
        _ => return None,
    })
}

fn abs<'a>(_: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    match args {
        [Value::Int(i)] => i.checked_abs().map(Value::Int).ok_or_else(Error::overflow),
        [Value::UInt(u)] => Ok(Value::UInt(*u)),
        [Value::Double(d)] => Ok(Value::Double(d.abs())),
        _ => Err(Error::no_overload("abs", args)),
    }
}

fn sign<'a>(_: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    match args {
        [Value::Int(i)] => Ok(Value::Int(i.signum())),
        [Value::UInt(u)] => Ok(Value::UInt((*u).min(1))),
        [Value::Double(d)] if *d == 0.0 || d.is_nan() => Ok(Value::Double(*d)),
        [Value::Double(d)] => Ok(Value::Double(d.signum())),
        _ => Err(Error::no_overload("math.sign", args)),
    }
}

/// `ceil` and `floor`: integers stay as they are.
fn to_whole<'a>(what: &str, args: &[Value<'a>], map: fn(f64) -> f64) -> Res<'a> {
    match args {
        [value @ (Value::Int(_) | Value::UInt(_))] => Ok(value.clone()),
        [Value::Double(d)] => Ok(Value::Double(map(*d))),
        _ => Err(Error::no_overload(what, args)),
    }
}

/// 10^0 to 10^15, which doubles hold exactly.
const POWERS_OF_TEN: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// `round(x)` and `round(x, digits)`: half away from zero (F29); negative digits round to tens,
/// hundreds and so on.
fn round<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let (value, digits) = match args {
        [value] => (value, 0),
        [value, digits] => {
            (value, int_of(digits).ok_or_else(|| Error::no_overload("round", args))?)
        }
        _ => return Err(Error::no_overload("round", args)),
    };
    if digits >= 0 && matches!(value, Value::Int(_) | Value::UInt(_)) {
        return Ok(value.clone());
    }
    let number = value.as_double().ok_or_else(|| Error::no_overload("round", args))?;
    let power = usize::try_from(digits.unsigned_abs()).ok();
    let power = power
        .and_then(|power| POWERS_OF_TEN.get(power))
        .ok_or_else(|| Error::range("round takes -15 to 15 digits"))?;
    meter.pay(1)?;
    let scaled = if digits < 0 { number / power } else { number * power };
    if !scaled.is_finite() {
        return Ok(Value::Double(number));
    }
    let rounded = scaled.round();
    Ok(Value::Double(if digits < 0 { rounded * power } else { rounded / power }))
}

/// `pow(x, y)` by multiplication, for whole `y` only (F29): the same bits on every target. Integers
/// stay integers unless `y` is negative.
fn pow<'a>(_: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let [base, exponent] = args else { return Err(Error::no_overload("pow", args)) };
    let Some(number) = base.as_double() else { return Err(Error::no_overload("pow", args)) };
    let Some(exponent) = int_of(exponent) else {
        return Err(Error::mismatch("the exponent of `pow` must be a whole number"));
    };
    match (base, u32::try_from(exponent)) {
        (Value::Int(i), Ok(exponent)) => {
            return i.checked_pow(exponent).map(Value::Int).ok_or_else(Error::overflow);
        }
        (Value::UInt(u), Ok(exponent)) => {
            return u.checked_pow(exponent).map(Value::UInt).ok_or_else(Error::overflow);
        }
        _ => {}
    }
    let (mut result, mut square, mut left) = (1.0, number, exponent.unsigned_abs());
    while left > 0 {
        if left & 1 == 1 {
            result *= square;
        }
        square *= square;
        left >>= 1;
    }
    if exponent < 0 && number == 0.0 {
        return Err(by_zero());
    }
    Ok(Value::Double(if exponent < 0 { 1.0 / result } else { result }))
}

/// `mod(a, b)`: the remainder with the sign of `a`, as `%`, but for doubles as well.
fn modulo<'a>(_: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let refuse = || Error::no_overload("mod", args);
    let [a, b] = args else { return Err(refuse()) };
    match (a.as_double(), b.as_double()) {
        (Some(_), Some(0.0)) => Err(by_zero()),
        (Some(x), Some(y)) => match (a, b) {
            (Value::Int(x), Value::Int(y)) => Ok(Value::Int(x.checked_rem(*y).unwrap_or(0))),
            (Value::UInt(x), Value::UInt(y)) => Ok(Value::UInt(x.checked_rem(*y).unwrap_or(0))),
            _ => Ok(Value::Double(x % y)),
        },
        _ => Err(refuse()),
    }
}

fn of_double<'a>(args: &[Value<'a>], map: fn(f64) -> Value<'a>) -> Res<'a> {
    let [Value::Double(d)] = args else {
        return Err(Error::no_overload("a math function", args));
    };
    Ok(map(*d))
}

/// Everything must be a number, and there must be one.
fn strict_extreme<'a>(
    meter: &mut Meter,
    args: &[Value<'a>],
    better: fn(Ordering) -> bool,
) -> Res<'a> {
    let numbers = arguments(args);
    if let Some(other) = numbers.iter().find(|value| !value.is_number()) {
        return Err(Error::no_overload("math.greatest", std::slice::from_ref(other)));
    }
    let found = extreme(meter, &numbers, better)?;
    if matches!(found, Value::Null) {
        return Err(Error::range("no numbers to compare"));
    }
    Ok(found)
}

fn bits<'a>(args: &[Value<'a>], combine: fn(u64, u64) -> u64) -> Res<'a> {
    match args {
        [Value::Int(x), Value::Int(y)] => {
            Ok(Value::Int(combine(x.cast_unsigned(), y.cast_unsigned()).cast_signed()))
        }
        [Value::UInt(x), Value::UInt(y)] => Ok(Value::UInt(combine(*x, *y))),
        _ => Err(Error::no_overload("a bit function", args)),
    }
}

fn shift<'a>(args: &[Value<'a>], shift: fn(u64, u32) -> Option<u64>) -> Res<'a> {
    let [value, Value::Int(by)] = args else { return Err(Error::no_overload("a shift", args)) };
    let by = u32::try_from(*by).map_err(|_| Error::range("a shift is negative or huge"))?;
    match (value, by) {
        (Value::Int(x), by) => {
            Ok(Value::Int(shift(x.cast_unsigned(), by).unwrap_or(0).cast_signed()))
        }
        (Value::UInt(x), by) => Ok(Value::UInt(shift(*x, by).unwrap_or(0))),
        _ => Err(Error::no_overload("a shift", args)),
    }
}
