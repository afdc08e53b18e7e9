//! Options as authored, as kept and as clients see them.

use serde_json::{Map, Value};

use crate::table::object;
use crate::value::display::text_of;
use crate::value::option::plain_text;

/// An option with `value` and `label`; `None` if it has nothing to be chosen by (R3.5).
///
/// A null `label`, `text`, `title` or `image` counts as missing; a null `value` is a value.
pub(crate) fn normalise(option: &Value) -> Option<Map<String, Value>> {
    match option {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => {
            let label = Value::from(plain_text(option));
            let fields = [("label".to_owned(), label), ("value".to_owned(), option.clone())];
            Some(object(fields))
        }
        Value::Object(fields) => normalise_object(fields),
        Value::Null | Value::Array(_) => None,
    }
}

/// An option without the keys that start with `_`, at any depth (R3.9).
pub(crate) fn client_view(option: &Value) -> Value {
    match option {
        Value::Array(items) => items.iter().map(client_view).collect(),
        Value::Object(fields) => {
            let shown = fields.iter().filter(|(key, _)| !key.starts_with('_'));
            Value::Object(object(shown.map(|(key, value)| (key.clone(), client_view(value)))))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => option.clone(),
    }
}

fn normalise_object(fields: &Map<String, Value>) -> Option<Map<String, Value>> {
    let present = |key: &str| fields.get(key).filter(|v| !v.is_null());
    let label = ["label", "text", "title"]
        .into_iter()
        .find_map(present)
        .cloned()
        .or_else(|| present("value").map(|value| Value::from(plain_text(value))))?;
    let value = fields.get("value").or_else(|| present("text")).unwrap_or(&label).clone();
    let mut option = fields.clone();
    // A reference may have brought in anything; what is read is a text.
    let label = if label.is_string() { label } else { Value::from(&*text_of(&label)) };
    option.insert("label".to_owned(), label);
    option.insert("value".to_owned(), value);
    if let (Some(image), None) = (present("image"), present("image_url")) {
        option.insert("image_url".to_owned(), image.clone());
    }
    Some(option)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{client_view, normalise};

    #[test]
    fn options_get_a_value_and_a_label() {
        // R3.5.
        for (authored, expected) in [
            (json!("tea"), json!({"value": "tea", "label": "tea"})),
            (json!(5), json!({"value": 5, "label": "5"})),
            (json!(true), json!({"value": true, "label": "true"})),
            (json!({"label": 5}), json!({"value": 5, "label": "5"})),
            (
                json!({"value": 1, "label": {"value": "r", "label": "Red"}}),
                json!({"value": 1, "label": "Red"}),
            ),
            (json!({"value": 2.0}), json!({"value": 2.0, "label": "2"})),
            (json!({"label": "Tea"}), json!({"value": "Tea", "label": "Tea"})),
            (json!({"text": "t"}), json!({"value": "t", "label": "t", "text": "t"})),
            (
                json!({"text": "t", "label": "L", "title": "T"}),
                json!({"value": "t", "label": "L", "text": "t", "title": "T"}),
            ),
            (
                json!({"value": 1, "title": "One", "points": 3}),
                json!({"value": 1, "label": "One", "title": "One", "points": 3}),
            ),
            (json!({"value": 1, "label": null}), json!({"value": 1, "label": "1"})),
            (json!({"value": null, "label": "Any"}), json!({"value": null, "label": "Any"})),
            (
                json!({"value": 1, "label": "a", "image": "/a.png"}),
                json!({"value": 1, "label": "a", "image": "/a.png", "image_url": "/a.png"}),
            ),
            (
                json!({"value": 1, "label": "a", "image": "/a", "image_url": "/b"}),
                json!({"value": 1, "label": "a", "image": "/a", "image_url": "/b"}),
            ),
        ] {
            assert_eq!(normalise(&authored).map(Value::Object), Some(expected), "{authored}");
        }
    }

    #[test]
    fn what_cannot_be_chosen_is_dropped() {
        // R3.5.
        for option in
            [json!(null), json!([1]), json!({}), json!({"points": 1}), json!({"value": null})]
        {
            assert_eq!(normalise(&option), None, "{option}");
        }
    }

    #[test]
    fn normalising_twice_changes_nothing() {
        let once = normalise(&json!({"text": "t", "image": "/a.png", "_id": 1})).unwrap();
        assert_eq!(normalise(&Value::Object(once.clone())), Some(once));
    }

    #[test]
    fn clients_do_not_see_private_keys() {
        // R3.9.
        let option = json!({"value": {"_x": 1, "y": [{"_z": 1, "k": 2}]}, "_correct": true});
        assert_eq!(client_view(&option), json!({"value": {"y": [{"k": 2}]}}));
        assert_eq!(client_view(&Value::from("_a")), json!("_a"));
    }
}
