//! The operators of legacy conditions (R6.33).

use std::cmp::Ordering;

use serde_json::Value;

use crate::number;
use crate::pattern::Pattern;
use crate::value::option::{plain_text, reduced};

/// How a value is compared with an operand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Operator {
    /// `eq`, `==`.
    Eq,
    /// `ne`, `!=`.
    Ne,
    /// `gt`.
    Gt,
    /// `gte`.
    Gte,
    /// `lt`.
    Lt,
    /// `lte`.
    Lte,
    /// `in`.
    In,
    /// `not_in`.
    NotIn,
    /// `contains`.
    Contains,
    /// `exists`.
    Exists,
    /// `missing`.
    Missing,
    /// `startsWith`, `starts_with`.
    StartsWith,
    /// `endsWith`, `ends_with`.
    EndsWith,
    /// `matches`, `regex`.
    Matches,
    /// `empty`.
    Empty,
    /// `between`.
    Between,
    /// `truthy` (R6.34).
    Truthy,
}

impl Operator {
    /// Reads a name or an alias.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "eq" | "==" => Self::Eq,
            "ne" | "!=" => Self::Ne,
            "gt" => Self::Gt,
            "gte" => Self::Gte,
            "lt" => Self::Lt,
            "lte" => Self::Lte,
            "in" => Self::In,
            "not_in" => Self::NotIn,
            "contains" => Self::Contains,
            "exists" => Self::Exists,
            "missing" => Self::Missing,
            "startsWith" | "starts_with" => Self::StartsWith,
            "endsWith" | "ends_with" => Self::EndsWith,
            "matches" | "regex" => Self::Matches,
            "empty" => Self::Empty,
            "between" => Self::Between,
            "truthy" => Self::Truthy,
            _ => return None,
        })
    }

    /// Whether a value, absent or present, passes; option objects on either side stand for their
    /// `value`.
    pub(crate) fn holds(self, value: Option<&Value>, operand: Option<&Value>) -> bool {
        let (v, o) = (value.map(reduced), operand.map(reduced));
        let asked = o.is_some_and(is_truthy);
        match self {
            Self::Eq => equal_or_absent(v, o),
            Self::Ne => !equal_or_absent(v, o),
            Self::Gt => order(v, o).is_some_and(Ordering::is_gt),
            Self::Gte => order(v, o).is_some_and(Ordering::is_ge),
            Self::Lt => order(v, o).is_some_and(Ordering::is_lt),
            Self::Lte => order(v, o).is_some_and(Ordering::is_le),
            Self::In => is_in(v, o),
            Self::NotIn => !is_in(v, o),
            Self::Contains => contains(v, o),
            Self::Exists => v.is_some_and(|v| !v.is_null()) == asked,
            Self::Missing => v.is_none_or(Value::is_null) == asked,
            Self::StartsWith => texts(v, o).is_some_and(|(v, o)| v.starts_with(o)),
            Self::EndsWith => texts(v, o).is_some_and(|(v, o)| v.ends_with(o)),
            Self::Matches => {
                let pattern = o.and_then(Value::as_str).map(Pattern::compile);
                pattern.is_some_and(|p| p.is_ok_and(|pattern| matches(v, &pattern)))
            }
            Self::Empty => v.is_none_or(is_empty) == asked,
            Self::Between => is_between(v, o),
            Self::Truthy => v.is_some_and(is_truthy) == asked,
        }
    }
}

/// Whether text has a match of the pattern (R6.33j).
pub(crate) fn matches(value: Option<&Value>, pattern: &Pattern) -> bool {
    value.map(reduced).and_then(Value::as_str).is_some_and(|text| pattern.is_in(text))
}

/// Deep equality; numbers by value, option objects by their `value`, at any depth (R6.33a).
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (reduced(a), reduced(b)) {
        (Value::Number(a), Value::Number(b)) => number::compare(a, b) == Some(Ordering::Equal),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        (a, b) => a == b,
    }
}

/// R6.11: null, false, 0 and what is empty are false.
pub(crate) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Bool(b) => *b,
        Value::Number(n) => number::to_f64(n) != 0.0,
        Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => !is_empty(value),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Absent equals null.
fn equal_or_absent(v: Option<&Value>, o: Option<&Value>) -> bool {
    equal(v.unwrap_or(&Value::Null), o.unwrap_or(&Value::Null))
}

/// Two numbers, or text that is a number, by value; else two texts by code points (R6.33c).
fn order(v: Option<&Value>, o: Option<&Value>) -> Option<Ordering> {
    let (v, o) = (v?, o?);
    match (number::of(v), number::of(o)) {
        (Some(v), Some(o)) => number::compare(&v, &o),
        _ => Some(v.as_str()?.cmp(o.as_str()?)),
    }
}

/// R6.33d.
fn is_in(v: Option<&Value>, o: Option<&Value>) -> bool {
    let v = v.unwrap_or(&Value::Null);
    match (v, o) {
        (_, Some(Value::Array(items))) => items.iter().any(|item| equal(item, v)),
        (Value::String(v), Some(Value::String(o))) => o.contains(v.as_str()),
        (Value::String(v), Some(Value::Object(fields))) => fields.contains_key(v),
        _ => false,
    }
}

/// R6.33f.
fn contains(v: Option<&Value>, o: Option<&Value>) -> bool {
    let (Some(v), Some(o)) = (v, o) else { return false };
    let text = || (!o.is_null() && !o.is_array() && !o.is_object()).then(|| plain_text(o));
    match v {
        Value::Array(items) => items.iter().any(|item| equal(item, o)),
        Value::String(v) => text().is_some_and(|o| v.contains(&*o)),
        Value::Object(fields) => text().is_some_and(|o| fields.contains_key(&*o)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn texts<'a>(v: Option<&'a Value>, o: Option<&'a Value>) -> Option<(&'a str, &'a str)> {
    Some((v?.as_str()?, o?.as_str()?))
}

/// R6.33l.
fn is_between(v: Option<&Value>, o: Option<&Value>) -> bool {
    let Some([low, high]) = o.and_then(Value::as_array).map(Vec::as_slice) else { return false };
    let side = |limit| number::compare(&number::of(v?)?, &number::of(reduced(limit))?);
    side(low).is_some_and(Ordering::is_ge) && side(high).is_some_and(Ordering::is_le)
}
