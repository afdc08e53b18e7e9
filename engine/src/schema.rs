//! JSON Schemas of what authors write, generated from types (feature `schema`).
//!
//! The types here say what is accepted, in the canonical spelling and in the documented others, so
//! that an editor can offer and check fields while somebody types, and make forms of them. They are
//! not how documents are read: the reader takes more, and tells what is wrong in words. Unknown keys
//! are allowed everywhere, because they survive a round trip (R1.30).

#![expect(
    dead_code,
    clippy::struct_field_names,
    reason = "only the schemas of these types are used, and their fields are named as authors write them"
)]

mod action;
mod composite;
mod condition;
mod flow;
mod loose;
mod message;
mod question;
mod request;
mod script;

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The dialect of all schemas.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The JSON Schemas (draft 2020-12), by name: `flow` is a flow document, each other the content of
/// the node type of that name.
///
/// Fields have a title, a description and, where there is one, a default. A field that is another
/// name of one has it in `x-alias-of`.
///
/// ```
/// let schemas = chatflow::schemas();
/// let (name, schema) = &schemas[0];
/// assert_eq!((*name, &schema["title"]), ("flow", &"Flow".into()));
/// ```
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("flow", of::<flow::Flow>()),
        ("message", of::<message::Message>()),
        ("question", of::<question::Question>()),
        ("condition", of::<condition::Condition>()),
        ("action", of::<action::Action>()),
        ("webhook", of::<request::Webhook>()),
        ("composite", of::<composite::Composite>()),
        ("script", of::<script::Script>()),
    ]
}

fn of<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.insert("$schema".to_owned(), DIALECT.into());
    RecursiveTransform(complete).transform(&mut schema);
    schema.to_value()
}

/// Gives each property a title, and takes out formats that the dialect does not know.
fn complete(schema: &mut Schema) {
    let known = |format: &Value| format.as_str() == Some("uuid");
    if schema.get("format").is_some_and(|format| !known(format)) {
        schema.remove("format");
    }
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for (key, property) in properties {
        // A schema that is `true` has no place for a title.
        if property == &Value::Bool(true) {
            *property = Value::Object(serde_json::Map::new());
        }
        if let Some(property) = property.as_object_mut() {
            property.entry("title").or_insert_with(|| title(key).into());
        }
    }
}

/// `max_retries` as `Max retries`.
fn title(key: &str) -> String {
    let words = key.trim_start_matches('$').replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
