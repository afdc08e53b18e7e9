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
        let compiled = Arc::new(Compiled::new(&make())?);
        known.insert(TypeId::of::<T>(), Arc::clone(&compiled));
        Ok(compiled)
    }
}

impl Compiled {
    fn new(schema: &Value) -> Result<Self, ApiError> {
        let is_uuid = |text: &str| uuid::Uuid::try_parse(text).is_ok();
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .with_format("uuid", is_uuid)
            .build(schema)
            .map_err(ApiError::internal)?;
        let names = schema.get("properties").and_then(Value::as_object);
        let names = names.into_iter().flat_map(Map::keys).cloned().collect();
        Ok(Self { validator, names })
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
