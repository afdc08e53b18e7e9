//! Descriptions of inputs, compiled once, and what they find wrong (S3.5).

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::{Map, Value, json};

use crate::error::{ApiError, FieldError};

/// How many findings one answer lists.
const MOST_FINDINGS: usize = 50;

/// Compiled descriptions by type.
#[derive(Debug, Default)]
pub(crate) struct Schemas(Mutex<HashMap<TypeId, Arc<Compiled>>>);

/// A compiled description.
#[derive(Debug)]
pub(crate) struct Compiled {
    validator: Validator,
    /// The names at the top level.
    names: Vec<String>,
    /// The description itself.
    schema: Value,
}

impl Schemas {
    /// The description of `T`, which `make` writes the first time it is asked for.
    pub(crate) fn of<T: 'static>(
        &self,
        make: impl FnOnce() -> Value,
    ) -> Result<Arc<Compiled>, ApiError> {
        let mut known = self.0.lock().map_err(ApiError::internal)?;
        if let Some(compiled) = known.get(&TypeId::of::<T>()) {
            return Ok(Arc::clone(compiled));
        }
        let compiled = Arc::new(Compiled::new(make())?);
        known.insert(TypeId::of::<T>(), Arc::clone(&compiled));
        Ok(compiled)
    }
}

impl Compiled {
    fn new(schema: Value) -> Result<Self, ApiError> {
        let is_uuid = |text: &str| uuid::Uuid::try_parse(text).is_ok();
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .with_format("uuid", is_uuid)
            .build(&schema)
            .map_err(ApiError::internal)?;
        let names = schema.get("properties").and_then(Value::as_object);
        let names = names.into_iter().flat_map(Map::keys).cloned().collect();
        Ok(Self { validator, names, schema })
    }

    /// Whether a name at the top level is described.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// Refuses a value that the description does not allow, with all that is wrong with it.
    pub(crate) fn check(&self, place: &str, value: &Value) -> Result<(), ApiError> {
        let found: Vec<FieldError> = self
            .validator
            .iter_errors(value)
            .take(MOST_FINDINGS)
            .map(|error| finding(place, &error))
            .collect();
        if found.is_empty() { Ok(()) } else { Err(ApiError::fields(&found)) }
    }

    /// Writes whole numbers without a fraction where they are asked for: to a schema `3.0` is an
    /// integer, as it is to JavaScript, to serde it is none.
    pub(crate) fn settle(&self, value: &mut Value) {
        settle(value, &self.schema, &self.schema);
    }
}

/// Follows the description into a value; what is not described stays as it is.
fn settle(value: &mut Value, schema: &Value, root: &Value) {
    let named = schema.get("$ref").and_then(Value::as_str);
    if let Some(schema) = named.and_then(|name| root.pointer(name.strip_prefix('#')?)) {
        return settle(value, schema, root);
    }
    for choices in ["oneOf", "anyOf", "allOf"].iter().filter_map(|word| schema.get(word)) {
        for choice in choices.as_array().into_iter().flatten() {
            settle(value, choice, root);
        }
    }
    match value {
        Value::Number(number) if asks_for_integer(schema) => {
            let whole = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0);
            let whole = whole.and_then(|float| format!("{float:.0}").parse::<i64>().ok());
            if let Some(whole) = whole {
                *number = whole.into();
            }
        }
        Value::Object(map) => {
            for (name, field) in map {
                let own = schema.get("properties").and_then(|properties| properties.get(name));
                if let Some(schema) = own.or_else(|| schema.get("additionalProperties")) {
                    settle(field, schema, root);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for item in items {
                    settle(item, schema, root);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn asks_for_integer(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::Array(types)) => types.iter().any(|name| name == "integer"),
        Some(name) => name == "integer",
        None => false,
    }
}

/// One finding, in the words of the old service where it had some.
#[expect(clippy::wildcard_enum_match_arm, reason = "kinds without a word of their own are alike")]
fn finding(place: &str, error: &ValidationError<'_>) -> FieldError {
    let mut loc = vec![json!(place)];
    let pointer = error.instance_path().to_string();
    loc.extend(pointer.split('/').skip(1).map(|part| {
        let part = part.replace("~1", "/").replace("~0", "~");
        part.parse::<u64>().map_or_else(|_| json!(part), |index| json!(index))
    }));
    let (kind, message) = match error.kind() {
        ValidationErrorKind::Required { property } => {
            loc.push(property.clone());
            ("value_error.missing", "is required".to_owned())
        }
        ValidationErrorKind::Type { .. } => ("type_error", error.to_string()),
        ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. } => {
            ("value_error.enum", error.to_string())
        }
        ValidationErrorKind::Format { format } if format == "uuid" => {
            ("type_error.uuid", "must be a UUID".to_owned())
        }
        ValidationErrorKind::MinLength { .. } | ValidationErrorKind::MaxLength { .. } => {
            ("value_error.length", error.to_string())
        }
        ValidationErrorKind::MinItems { .. } | ValidationErrorKind::MaxItems { .. } => {
            ("value_error.items", error.to_string())
        }
        ValidationErrorKind::Minimum { .. }
        | ValidationErrorKind::Maximum { .. }
        | ValidationErrorKind::ExclusiveMinimum { .. }
        | ValidationErrorKind::ExclusiveMaximum { .. } => ("value_error.range", error.to_string()),
        _ => ("value_error", error.to_string()),
    };
    FieldError { loc, msg: shortened(message), kind: kind.to_owned() }
}

/// A message may quote the input, which may be long.
fn shortened(message: String) -> String {
    const MOST: usize = 300;
    if message.chars().count() <= MOST {
        return message;
    }
    message.chars().take(MOST).chain("…".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_written_as_such_where_they_are_asked_for() {
        let schema = json!({
            "properties": {
                "count": {"type": ["integer", "null"]},
                "part": {"type": "number"},
                "free": {"type": "object"},
                "list": {"type": "array", "items": {"$ref": "#/components/schemas/Step"}},
                "named": {"additionalProperties": {"oneOf": [{"type": "null"}, {"type": "integer"}]}},
            },
            "components": {"schemas": {"Step": {"properties": {"at": {"type": "integer"}}}}},
        });
        let compiled = Compiled::new(schema).unwrap();
        let mut value = json!({
            "count": 3.0, "part": 3.0, "free": {"count": 3.0}, "list": [{"at": -1.0}], "named": {"a": 2e3},
        });
        compiled.settle(&mut value);
        let expected = json!({
            "count": 3, "part": 3.0, "free": {"count": 3.0}, "list": [{"at": -1}], "named": {"a": 2000},
        });
        assert_eq!(value.to_string(), expected.to_string());
    }
}
