//! `format` of the strings extension: `%s %d %f %e %b %o %x %X %%` with an optional precision.

use std::{iter::Peekable, str::Chars};

use super::lists::sort_pairs;
use crate::expr::{
    calendar,
    error::Error,
    meter::{Meter, Res},
    text,
    value::{List, Map, Value},
};

/// Lists nested deeper than this are refused.
const DEPTH: u8 = 64;

pub(super) fn format<'a>(meter: &mut Meter, args: &[Value<'a>]) -> Res<'a> {
    let [Value::Str(pattern), Value::List(values)] = args else {
        return Err(Error::no_overload("format", args));
    };
    let mut writer = Writer { meter, out: String::new() };
    let mut values = values.iter();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        writer.meter.fits(writer.out.len())?;
        if c != '%' {
            writer.out.push(c);
            continue;
        }
        let precision = precision(&mut chars)?;
        let verb = chars.next().ok_or_else(|| Error::range("unfinished format"))?;
        if verb == '%' {
            writer.out.push('%');
            continue;
        }
        let value =
            values.next().ok_or_else(|| Error::range("too few arguments for the format"))?;
        writer.verb(verb, precision, &value)?;
    }
    let Writer { meter, out } = writer;
    meter.text(out)
}

fn precision(chars: &mut Peekable<Chars<'_>>) -> Result<usize, Error> {
    if chars.next_if_eq(&'.').is_none() {
        return Ok(6);
    }
    let mut precision = 0_u32;
    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
        chars.next();
        precision = precision.saturating_mul(10).saturating_add(digit);
    }
    match usize::try_from(precision) {
        Ok(precision) if precision <= 100 => Ok(precision),
        _ => Err(Error::range("the format's precision is beyond 100")),
    }
}

struct Writer<'m> {
    meter: &'m mut Meter,
    out: String,
}

impl Writer<'_> {
    fn verb(&mut self, verb: char, precision: usize, value: &Value<'_>) -> Result<(), Error> {
        self.meter.pay(1)?;
        match (verb, value) {
            ('s', value) => return self.plain(value, 0),
            ('d', Value::Int(i)) => self.out.push_str(&i.to_string()),
            ('d', Value::UInt(u)) => self.out.push_str(&u.to_string()),
            ('d', Value::Double(d)) => self.out.push_str(&text::double(*d)),
            ('b', Value::Bool(b)) => self.out.push(if *b { '1' } else { '0' }),
            ('b' | 'o' | 'x' | 'X', Value::Int(i)) => {
                if *i < 0 {
                    self.out.push('-');
                }
                self.out.push_str(&radix(verb, i.unsigned_abs()));
            }
            ('b' | 'o' | 'x' | 'X', Value::UInt(u)) => self.out.push_str(&radix(verb, *u)),
            ('x' | 'X', Value::Str(text)) => return self.hex(verb, text.as_bytes()),
            ('x' | 'X', Value::Bytes(bytes)) => return self.hex(verb, bytes),
            ('f' | 'e', value) => match value.as_double() {
                Some(d) if !d.is_finite() => self.out.push_str(&text::double(d)),
                Some(d) if verb == 'f' => {
                    let digits = format!("{d:.precision$}");
                    self.out.push_str(&digits);
                }
                Some(d) => self.out.push_str(&text::exponent(&format!("{d:.precision$e}"))),
                None => return Err(refused(verb, value)),
            },
            (_, value) => return Err(refused(verb, value)),
        }
        Ok(())
    }

    fn hex(&mut self, verb: char, bytes: &[u8]) -> Result<(), Error> {
        self.meter.pay_bytes(bytes.len().saturating_mul(2))?;
        for byte in bytes {
            let digits = if verb == 'x' { format!("{byte:02x}") } else { format!("{byte:02X}") };
            self.out.push_str(&digits);
        }
        Ok(())
    }

    /// `%s`: lists and maps are written out, maps in the order of their keys' text.
    fn plain(&mut self, value: &Value<'_>, depth: u8) -> Result<(), Error> {
        self.meter.pay(1)?;
        self.meter.fits(self.out.len())?;
        if depth > DEPTH {
            return Err(Error::limit("the data is nested too deep"));
        }
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Value::Int(i) => self.out.push_str(&i.to_string()),
            Value::UInt(u) => self.out.push_str(&u.to_string()),
            Value::Double(d) => self.out.push_str(&text::double(*d)),
            Value::Str(text) => {
                self.meter.pay_bytes(text.len())?;
                self.out.push_str(text);
            }
            Value::Bytes(bytes) => {
                self.meter.pay_bytes(bytes.len())?;
                self.out.push_str(&String::from_utf8_lossy(bytes));
            }
            Value::Type(name) => self.out.push_str(name),
            Value::Timestamp(s, n) => self.out.push_str(&calendar::format_timestamp(*s, *n)),
            Value::Duration(s, n) => self.out.push_str(&calendar::format_duration(*s, *n)),
            Value::List(items) => return self.list(items, depth.saturating_add(1)),
            Value::Map(entries) => return self.map(entries, depth.saturating_add(1)),
            Value::Optional(_) => return Err(refused('s', value)),
        }
        Ok(())
    }

    fn list(&mut self, items: &List<'_>, depth: u8) -> Result<(), Error> {
        self.out.push('[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.plain(&item, depth)?;
        }
        self.out.push(']');
        Ok(())
    }

    fn map(&mut self, entries: &Map<'_>, depth: u8) -> Result<(), Error> {
        self.meter.pay_items(entries.len())?;
        let rounds = entries.len().checked_ilog2().unwrap_or(0).saturating_add(1) as usize;
        let mut sorted = Vec::with_capacity(entries.len());
        for (key, value) in entries.iter() {
            self.meter.pay(key.cost().saturating_mul(rounds))?;
            sorted.push((Value::string(key.to_string()), value));
        }
        sort_pairs(&mut sorted);
        self.out.push('{');
        for (index, (key, value)) in sorted.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.plain(key, depth)?;
            self.out.push_str(": ");
            self.plain(value, depth)?;
        }
        self.out.push('}');
        Ok(())
    }
}

fn radix(verb: char, number: u64) -> String {
    match verb {
        'b' => format!("{number:b}"),
        'o' => format!("{number:o}"),
        'x' => format!("{number:x}"),
        _ => format!("{number:X}"),
    }
}

fn refused(verb: char, value: &Value<'_>) -> Error {
    Error::no_overload(&format!("%{verb}"), std::slice::from_ref(value))
}
