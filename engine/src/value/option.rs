//! Option objects: what a choice stores (R3.34).

use std::borrow::Cow;

use serde_json::Value;

use crate::number;

/// The `value` of a structural option object: an object with `value` and one of `label`, `text`.
pub(crate) fn option_value(value: &Value) -> Option<&Value> {
    let option = value.as_object()?;
    let named = option.contains_key("label") || option.contains_key("text");
    option.get("value").filter(|_| named)
}

/// What an option object is shown as: its `label`, else its `text`, else its `value` (R5.22).
pub(crate) fn option_label(value: &Value) -> Option<&Value> {
    let inner = option_value(value)?;
    let shown = |key| value.get(key).filter(|v| !v.is_null());
    Some(shown("label").or_else(|| shown("text")).unwrap_or(inner))
}

/// The value itself, or for an option object its `value` (R6.33).
pub(crate) fn reduced(value: &Value) -> &Value {
    option_value(value).unwrap_or(value)
}

/// The text by which values are compared with text: null is empty, lists and objects are JSON.
pub(crate) fn plain_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        Value::Number(n) => Cow::Owned(number::text(n)),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Cow::Owned(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{option_label, option_value, plain_text};

    #[test]
    fn an_option_object_has_a_value_and_a_label_or_text() {
        // R3.34.
        assert_eq!(option_value(&json!({"value": 1, "label": "One"})), Some(&json!(1)));
        assert_eq!(option_value(&json!({"value": null, "text": "None"})), Some(&json!(null)));
        for other in [json!({"value": 1}), json!({"label": "x"}), json!([1]), json!("x")] {
            assert_eq!(option_value(&other), None, "{other}");
            assert_eq!(option_label(&other), None, "{other}");
        }
    }

    #[test]
    fn an_option_is_shown_by_label_then_text_then_value() {
        // R5.22.
        let both = json!({"value": 1, "label": "One", "text": "Uno"});
        assert_eq!(option_label(&both), Some(&json!("One")));
        assert_eq!(option_label(&json!({"value": 1, "text": "Uno"})), Some(&json!("Uno")));
        assert_eq!(option_label(&json!({"value": 1, "label": null})), Some(&json!(1)));
    }

    #[test]
    fn scalars_have_one_text() {
        for (value, text) in [
            (json!(null), ""),
            (json!("a"), "a"),
            (json!(5.0), "5"),
            (json!(-0.5), "-0.5"),
            (json!(true), "true"),
            (json!([1]), "[1]"),
        ] {
            assert_eq!(plain_text(&value), text);
        }
    }
}
