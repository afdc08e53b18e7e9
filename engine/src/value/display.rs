//! Values as text: for readers, and for hosts (R5.22, R5.23, R5.42).

use std::fmt::Write;
use std::sync::Arc;

use serde_json::Value;

use super::option::{option_label, option_value};

/// Appends the text that a reader sees (R5.22).
pub(crate) fn display(value: &Value, out: &mut String) {
    match value {
        Value::Null => {}
        Value::String(text) => out.push_str(text),
        Value::Array(items) if items.iter().all(is_simple) => {
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                display(item, out);
            }
        }
        Value::Object(_) => match option_label(value) {
            Some(label) if option_value(value).is_some() => display(label, out),
            _ => out.push_str(&value.to_string()),
        },
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            // Writing to a string cannot fail.
            let _ = write!(out, "{value}");
        }
    }
}

fn is_simple(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Object(_) => option_value(value).is_some(),
        Value::Array(_) => false,
    }
}

/// Appends the text that a host receives (R5.23).
pub(crate) fn data(value: &Value, out: &mut String) {
    match value {
        Value::Object(_) => match option_value(value) {
            Some(inner) => data(inner, out),
            None => out.push_str(&value.to_string()),
        },
        Value::Array(_) => out.push_str(&value.to_string()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => display(value, out),
    }
}

/// Keeps the unreserved characters of RFC 3986 and encodes every other byte.
pub(crate) fn percent_encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// The displayed text of a value.
pub(crate) fn text_of(value: &Value) -> Arc<str> {
    let mut out = String::new();
    display(value, &mut out);
    out.into()
}
