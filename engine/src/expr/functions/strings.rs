//! String functions: tests, regular expressions, and CEL's strings and encoders extensions.

use super::{Function, convert, format};
use crate::base64;
use crate::expr::{
    error::Error,
    meter::{Meter, Res},
    number, text,
    value::{Str, Value},
};

pub(super) fn function(name: &str, args: usize) -> Option<Function> {
    Some(match (name, args) {
        ("contains" | "startsWith" | "endsWith" | "matches", 2) => return method(name, 1),
        ("strings.quote", 1) => |meter, args| mapped(meter, args, text::quote),
        ("base64.encode", 1) => |meter, args| match args {
            [Value::Bytes(bytes)] => {
                meter.pay_bytes(bytes.len())?;
                meter.text(base64::encode(bytes))
            }
            _ => Err(Error::no_overload("base64.encode", args)),
        },
        ("base64.decode", 1) => |meter, args| match args {
            [Value::Str(text)] => {
                meter.pay_bytes(text.len())?;
                let bytes = base64::decode(text).ok_or_else(|| Error::range("invalid base64"))?;
                Ok(Value::Bytes(bytes.into()))
            }
            _ => Err(Error::no_overload("base64.decode", args)),
        },
        _ => return None,
    })
}

pub(super) fn method(name: &str, args: usize) -> Option<Function> {
    Some(match (name, args) {
        ("size", 0) => convert::size,
        ("contains", 1) => |meter, args| test(meter, args, |text, part| text.contains(part)),
        ("startsWith", 1) => |meter, args| test(meter, args, |text, part| text.starts_with(part)),
        ("endsWith", 1) => |meter, args| test(meter, args, |text, part| text.ends_with(part)),
        ("matches", 1) => matches,
        ("charAt", 1) => char_at,
        ("indexOf", 1 | 2) => index_of,
        ("lastIndexOf", 1 | 2) => last_index_of,
        ("lowerAscii", 0) => |meter, args| mapped(meter, args, str::to_ascii_lowercase),
        ("upperAscii", 0) => |meter, args| mapped(meter, args, str::to_ascii_uppercase),
        ("trim", 0) => |meter, args| mapped(meter, args, |text| text.trim().to_owned()),
        ("replace", 2 | 3) => replace,
        ("split", 1 | 2) => split,
        ("substring", 1 | 2) => substring,
        ("join", 0 | 1) => join,
        ("format", 1) => format::format,
        ("reverse", 0) => |meter, args| match args {
            [Value::List(items)] => {
                meter.pay_items(items.len())?;
                let items = (0..items.len()).rev().map_while(|index| items.get(index));
                Ok(Value::list(items.collect()))
            }
            _ => mapped(meter, args, |text| text.chars().rev().collect()),
        },
        _ => return None,
    })
}

/// A compiled pattern (R6.10): linear in the text, bounded in size.
pub(in crate::expr) fn regex(pattern: &str) -> Result<regex_lite::Regex, Error> {
    if pattern.len() > 1024 {
        return Err(Error::range("the pattern is longer than 1024 bytes"));
    }
    regex_lite::RegexBuilder::new(pattern)
        .size_limit(16 * 1024)
        .nest_limit(32)
        .build()
        .map_err(|_| Error::range("the pattern is not valid"))
}

/// `matches` with a computed pattern: compiling it is paid for.
fn matches<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let [Value::Str(text), Value::Str(pattern)] = args else {
        return Err(Error::no_overload("matches", args));
    };
    meter.pay(pattern.len().saturating_mul(8).saturating_add(200))?;
    meter.pay_match(text)?;
    Ok(Value::Bool(regex(pattern)?.is_match(text)))
}

/// A function from string to string.
fn mapped<'a>(meter: &mut Meter, args: &[Value<'a>], map: fn(&str) -> String) -> Res<'a> {
    let [Value::Str(text)] = args else { return Err(Error::no_overload("a text method", args)) };
    meter.pay_bytes(text.len())?;
    meter.text(map(text))
}

fn test<'a>(meter: &mut Meter, args: &[Value<'a>], holds: fn(&str, &str) -> bool) -> Res<'a> {
    let [Value::Str(text), Value::Str(part)] = args else {
        return Err(Error::no_overload("a text test", args));
    };
    meter.pay(text.len() / 64)?;
    Ok(Value::Bool(holds(text, part)))
}

fn out_of_range() -> Error {
    Error::range("index out of range")
}

fn char_at<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let [Value::Str(text), Value::Int(index)] = args else {
        return Err(Error::no_overload("charAt", args));
    };
    meter.pay(text.len() / 64)?;
    match usize::try_from(*index) {
        Ok(index) if index <= text.chars().count() => {
            Ok(Value::string(text.chars().nth(index).map(String::from).unwrap_or_default()))
        }
        _ => Err(out_of_range()),
    }
}

/// The texts of `indexOf` and `lastIndexOf`, and the character to start at, if given.
fn searched<'v, 'a>(
    meter: &mut Meter,
    args: &'v [Value<'a>],
) -> Result<(&'v Str<'a>, &'v Str<'a>, Option<usize>), Error> {
    let (text, part, start) = match args {
        [Value::Str(text), Value::Str(part)] => (text, part, None),
        [Value::Str(text), Value::Str(part), Value::Int(start)] => (text, part, Some(*start)),
        _ => return Err(Error::no_overload("indexOf", args)),
    };
    meter.pay(text.len() / 32)?;
    let Some(start) = start else { return Ok((text, part, None)) };
    let start = usize::try_from(start).ok().filter(|start| *start <= text.chars().count());
    Ok((text, part, Some(start.ok_or_else(out_of_range)?)))
}

/// The byte at which a character begins.
fn byte_of(text: &str, character: usize) -> usize {
    text.char_indices().nth(character).map_or(text.len(), |(byte, _)| byte)
}

/// The character that begins at a byte; -1 for none.
fn character_of<'a>(text: &str, byte: Option<usize>) -> Value<'a> {
    let before = byte.and_then(|byte| text.get(..byte));
    Value::Int(before.map_or(-1, |before| number::length(before.chars().count())))
}

fn index_of<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let (text, part, start) = searched(meter, args)?;
    let start = byte_of(text, start.unwrap_or(0));
    let found = text.get(start..).and_then(|tail| tail.find(&**part));
    Ok(character_of(text, found.and_then(|byte| byte.checked_add(start))))
}

/// A match may begin at the start and run on from there.
fn last_index_of<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let (text, part, start) = searched(meter, args)?;
    let start = start.map_or(text.len(), |start| byte_of(text, start));
    let end = start.saturating_add(part.len()).min(text.len());
    let end = (0..=end).rfind(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let found = text.get(..end).and_then(|head| head.rfind(&**part));
    Ok(character_of(text, found.filter(|byte| *byte <= start)))
}

fn replace<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let (text, from, to, limit) = match args {
        [Value::Str(text), Value::Str(from), Value::Str(to)] => (text, from, to, usize::MAX),
        [Value::Str(text), Value::Str(from), Value::Str(to), Value::Int(limit)] => {
            (text, from, to, usize::try_from(*limit).unwrap_or(usize::MAX))
        }
        _ => return Err(Error::no_overload("replace", args)),
    };
    let hits = text.matches(&**from).take(limit).count();
    meter.pay_bytes(text.len().saturating_add(hits.saturating_mul(to.len())))?;
    meter.text(text.replacen(&**from, to, limit))
}

fn split<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let (text, by, limit) = match args {
        [Value::Str(text), Value::Str(by)] => (text, by, usize::MAX),
        [Value::Str(text), Value::Str(by), Value::Int(limit)] => {
            (text, by, usize::try_from(*limit).unwrap_or(usize::MAX))
        }
        _ => return Err(Error::no_overload("split", args)),
    };
    meter.pay(text.len() / 64)?;
    let parts = if by.is_empty() { text.len() } else { text.matches(&**by).count() };
    meter.pay_items(parts.saturating_add(1).min(limit))?;
    if !by.is_empty() || limit == 0 {
        return Ok(Value::list(text.splitn(limit, &**by).map(Value::string).collect()));
    }
    // By characters; what exceeds the limit stays together in the last part.
    let (mut parts, mut rest) = (Vec::new(), &**text);
    while let Some(c) = rest.chars().next() {
        let last = parts.len().saturating_add(1) >= limit;
        let at = if last { rest.len() } else { c.len_utf8() };
        let (part, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        parts.push(Value::string(part));
        rest = tail;
    }
    Ok(Value::list(parts))
}

fn substring<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let (text, from, to) = match args {
        [Value::Str(text), Value::Int(from)] => (text, from, None),
        [Value::Str(text), Value::Int(from), Value::Int(to)] => (text, from, Some(*to)),
        _ => return Err(Error::no_overload("substring", args)),
    };
    meter.pay(text.len() / 32)?;
    let length = text.chars().count();
    let to = to.map_or(Some(length), |to| usize::try_from(to).ok());
    match (usize::try_from(*from), to) {
        (Ok(from), Some(to)) if from <= to && to <= length => {
            meter.text(text.chars().skip(from).take(to.saturating_sub(from)).collect())
        }
        _ => Err(out_of_range()),
    }
}

fn join<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let (items, by) = match args {
        [Value::List(items)] => (items, ""),
        [Value::List(items), Value::Str(by)] => (items, &**by),
        _ => return Err(Error::no_overload("join", args)),
    };
    let mut out = String::new();
    for (index, item) in items.iter().enumerate() {
        let Value::Str(text) = item else { return Err(Error::no_overload("join", &[item])) };
        meter.pay((text.len().saturating_add(by.len()) / 64).saturating_add(1))?;
        meter.fits(out.len())?;
        if index > 0 {
            out.push_str(by);
        }
        out.push_str(&text);
    }
    meter.text(out)
}
