//! What handlers demand with words of their own, told to programs too.
//!
//! A refusal by a schema says that a pattern is not matched; a handler says what is wrong. So these demands are no part of
//! the schemas that requests are checked by, and join them only in the document that is served.

use serde_json::{Value, json};

use crate::events::EVENT_TYPES;

/// `format` is a hint that many programs pass over.
const UUID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

/// The same, or the caller.
const UUID_OR_ME: &str =
    "^(me|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$";

/// Some of them, parted by commas.
const UUIDS: &str =
    "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(,|$)){0,100}$";

/// A name, an option by its number, or nothing, which is `default`.
const CONNECTION_TYPE: &str = r"^(\$[0-9]{1,2}|[A-Za-z][A-Za-z0-9_-]{0,49})?$";

/// No `/`, no control characters, no space at either end; `positions` is an address of its own.
const NODE_ID: &str = r"^(?!positions$|\s)[^/\u0000-\u001f\u007f-\u009f]{1,255}(?<!\s)$";

/// What a line of HTTP may call a header.
const HEADER_NAME: &str = "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$";

/// Adds the demands to the document.
///
/// Answers with the places that are not in the document, of which there are none while the handlers are as they are.
pub(super) fn sharpen(document: &mut Value) -> Vec<String> {
    name_forms(document);
    let mut missing = Vec::new();
    for (place, demands) in fields().into_iter().chain(parameters(document)) {
        let found = document.pointer_mut(&place).and_then(Value::as_object_mut);
        match (found, demands) {
            (Some(schema), Value::Object(demands)) => schema.extend(demands),
            _ => missing.push(place),
        }
    }
    missing
}

/// Demands on fields of bodies.
fn fields() -> Vec<(String, Value)> {
    let event_types = json!({"items": {"type": "string", "enum": EVENT_TYPES}});
    let headers = json!({
        "maxProperties": 20,
        "propertyNames": {"type": "string", "pattern": HEADER_NAME},
        "additionalProperties": {"type": "string", "maxLength": 1000},
    });
    let connection_type = json!({"pattern": CONNECTION_TYPE});
    let all = [
        ("IdList/oneOf/1", json!({"pattern": UUIDS})),
        ("IdList/oneOf/0", json!({"maxItems": 100})),
        ("NewConnection/properties/connection_type", connection_type.clone()),
        ("ConnectionChanges/properties/connection_type", connection_type),
        ("NewNode/properties/node_id", json!({"pattern": NODE_ID})),
        ("NodeChanges/properties/node_id", json!({"pattern": NODE_ID})),
        ("Moves/properties/positions", json!({"minProperties": 1, "maxProperties": 2000})),
        ("Count", json!({"minProperties": 1, "anyOf": one_of_counters()})),
        ("NewWebhook/properties/event_types", event_types.clone()),
        ("WebhookChange/properties/event_types", event_types),
        ("NewWebhook/properties/headers", headers.clone()),
        ("WebhookChange/properties/headers", headers),
    ];
    let place = |(place, demands)| (format!("/components/schemas/{place}"), demands);
    all.into_iter().map(place).collect()
}

fn one_of_counters() -> Value {
    let required = |name| json!({"required": [name]});
    Value::from_iter(["impressions", "engagements", "conversions"].map(required))
}

/// Demands on parameters, which the document keeps in lists.
fn parameters(document: &Value) -> Vec<(String, Value)> {
    let moment = json!({
        "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}],
    });
    let all = [
        ("/v1/chat/admin/sessions", "skip", json!({"maximum": 10_000})),
        ("/v1/cms/content", "created_by", json!({"pattern": UUID_OR_ME})),
        ("/v1/cms/flows/{flow_id}/sessions", "from_date", moment.clone()),
        ("/v1/cms/flows/{flow_id}/sessions", "to_date", moment),
    ];
    let place = |(path, name, demands): (&str, &str, Value)| {
        let operation = format!("/paths/{}/get/parameters", path.replace('/', "~1"));
        let listed = document.pointer(&operation).and_then(Value::as_array);
        let is_it = |parameter: &Value| parameter.get("name").is_some_and(|known| known == name);
        let index = listed.and_then(|listed| listed.iter().position(is_it));
        // A place that no list has is reported as missing.
        let index = index.map_or_else(|| name.to_owned(), |index| index.to_string());
        (format!("{operation}/{index}/schema"), demands)
    };
    all.into_iter().map(place).collect()
}

/// Gives every UUID its pattern, wherever it stands.
fn name_forms(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("format").is_some_and(|format| format == "uuid") {
                map.insert("pattern".to_owned(), json!(UUID));
            }
            map.values_mut().for_each(name_forms);
        }
        Value::Array(items) => items.iter_mut().for_each(name_forms),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes;

    #[test]
    fn every_demand_finds_its_place() {
        let routes = routes::all().split().1();
        let mut document = json!(routes);
        assert_eq!(sharpen(&mut document), Vec::<String>::new());
        assert_eq!(
            document
                .pointer("/components/schemas/NewConnection/properties/connection_type/pattern"),
            Some(&json!(CONNECTION_TYPE))
        );
    }
}
