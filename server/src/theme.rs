//! What a theme says of the chat window (section 8).

mod check;
mod contrast;
mod css;
mod keys;

use serde_json::{Map, Value};

pub(crate) use check::check;
pub(crate) use contrast::warnings;
pub(crate) use css::is_address;

/// The name that a bot has by default (appendix A, `themes.bot_name`).
pub(crate) const BOT_NAME: &str = "Huey";

/// A group that may hold anything.
const EXTENSIONS: &str = "extensions";

/// A configuration with every key: what is stored, and the default of what is not (S8.4).
pub(crate) fn complete(stored: &Map<String, Value>) -> Map<String, Value> {
    let (mut whole, mut given) = (keys::defaults(), Map::new());
    put(&mut given, stored);
    put(&mut whole, &given);
    whole
}

/// A stored configuration with these keys changed; a null brings back the default (S8.4).
pub(crate) fn merged(
    stored: &Map<String, Value>,
    changes: &Map<String, Value>,
) -> Map<String, Value> {
    let mut new = stored.clone();
    put(&mut new, changes);
    complete(&new)
}

/// Puts what is not null into a map, object by object, and takes out what is null.
fn put(map: &mut Map<String, Value>, changes: &Map<String, Value>) {
    for (key, change) in changes {
        match (map.get_mut(key), change) {
            (Some(Value::Object(old)), Value::Object(change)) => put(old, change),
            (_, Value::Null) => {
                map.remove(key);
            }
            (_, Value::Object(change)) => {
                let mut new = Map::new();
                put(&mut new, change);
                map.insert(key.clone(), Value::Object(new));
            }
            _ => {
                map.insert(key.clone(), change.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_change_of_one_colour_changes_one_colour() {
        // S8.4
        let first = complete(&map(json!({"colors": {"link": "#000000", "header": "#111111"}})));
        assert_eq!(first["bot"]["name"], BOT_NAME);
        assert_eq!(first["customCSS"], Value::Null);
        let second = merged(&first, &map(json!({"colors": {"primary": "#aa3300"}})));
        let mut expected = first.clone();
        expected["colors"]["primary"] = json!("#aa3300");
        assert_eq!(second, expected);
        // A null resets to the default, and takes away what has none; a whole group, too.
        let third = merged(&second, &map(json!({"colors": {"link": null, "header": null}})));
        assert_eq!(third["colors"]["link"], "#1890ff");
        assert_eq!(third["colors"].get("header"), None);
        assert_eq!(merged(&second, &map(json!({"colors": null}))), complete(&Map::new()));
        let free = map(json!({"extensions": {"a": {"b": [null, 1]}}}));
        assert_eq!(merged(&first, &free)["extensions"], json!({"a": {"b": [null, 1]}}));
        assert_eq!(merged(&merged(&first, &free), &map(json!({"extensions": null}))), first);
    }
}
