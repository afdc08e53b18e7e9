//! How much of a step's details is kept (R11.52, R11.56, S7.2).

use serde_json::{Map, Value, json};

use super::TraceLevel;
use crate::mask::Masker;
use crate::table::object;

/// The longest text of a standard trace, in characters.
const TEXT: usize = 200;
/// The longest list of a standard trace.
const LIST: usize = 10;
/// The longest body that is kept whole, in bytes of JSON.
const BODY: usize = 1024;
/// How much of a longer one is kept, in characters.
const PREVIEW: usize = 500;

/// What a standard trace leaves out (S7.2).
const VERBOSE_ONLY: [&str; 3] = ["response_body", "code_preview", "console_logs"];

/// The details, masked and cut; `variable` is where an answer goes.
pub(super) fn shown(
    details: Map<String, Value>,
    variable: &str,
    level: TraceLevel,
    masker: Option<&Masker>,
) -> Map<String, Value> {
    let wanted = |key: &str| match level {
        TraceLevel::Off | TraceLevel::Minimal => key == "type",
        TraceLevel::Standard => !VERBOSE_ONLY.contains(&key),
        TraceLevel::Verbose => true,
    };
    let entry = |(key, value): (String, Value)| {
        let mut value = match (masker, &value) {
            (None, _) => value,
            (Some(masker), Value::Object(headers)) if key == "request_headers" => {
                Value::Object(masker.mask_headers(headers))
            }
            (Some(masker), _) if key == "user_response" => masker.mask_at(variable, &value),
            (Some(masker), Value::Object(changes)) if key == "variables_changed" => {
                let change =
                    |(path, sides): (&String, &Value)| (path.clone(), masker.mask_at(path, sides));
                Value::Object(object(changes.iter().map(change)))
            }
            (Some(masker), Value::Object(outputs)) if key == "outputs" => {
                let output =
                    |(path, value): (&String, &Value)| (path.clone(), masker.mask_at(path, value));
                Value::Object(object(outputs.iter().map(output)))
            }
            (Some(masker), _) => masker.mask(&value),
        };
        if key == "response_body" {
            shorten_body(&mut value);
        }
        if level == TraceLevel::Standard {
            cut(&mut value);
        }
        (key, value)
    };
    object(details.into_iter().filter(|(key, _)| wanted(key)).map(entry))
}

/// A body beyond 1,024 bytes is told by its beginning.
fn shorten_body(body: &mut Value) {
    let text = body.to_string();
    if text.len() > BODY {
        let preview: String = text.chars().take(PREVIEW).collect();
        *body = json!({"_truncated": true, "_size_bytes": text.len(), "_preview": preview});
    }
}

fn cut(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some((end, _)) = text.char_indices().nth(TEXT) {
                text.truncate(end);
                text.push('…');
            }
        }
        Value::Array(items) => {
            items.truncate(LIST);
            items.iter_mut().for_each(cut);
        }
        Value::Object(map) => map.values_mut().for_each(cut),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
