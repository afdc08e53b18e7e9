//! How old a visitor is, as far as the conversation knows (S5.33, S5.39).

use serde_json::Value;

/// The age in years, of what is known of a user: `age` or else `age_number`, a number, a text that is one, or a choice
/// whose value is one. Nobody is 150.
pub(crate) fn age(user: &Value) -> Option<f64> {
    ["age", "age_number"].into_iter().find_map(|name| years(user.get(name)?))
}

fn years(value: &Value) -> Option<f64> {
    let years = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        Value::Object(option) => return years(option.get("value").filter(|v| !v.is_object())?),
        Value::Null | Value::Bool(_) | Value::Array(_) => return None,
    };
    (0.0..150.0).contains(&years).then_some(years)
}
