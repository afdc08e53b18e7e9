//! What the body and the tags of an item must be (S3.38 to S3.41).

use axum::http::StatusCode;
use chatflow::{Pointer, Severity, check_markup};
use chatflow_storage::ContentStatus;
use serde_json::{Map, Value, json};

use super::preference;
use crate::error::{ApiError, FieldError};

const MOST_TAGS: usize = 50;
const LONGEST_TAG: usize = 100;

/// Tags as they are kept: trimmed, none empty, each once.
pub(super) fn tags(given: &[String]) -> Result<Vec<String>, ApiError> {
    let mut kept: Vec<String> = Vec::new();
    for (i, tag) in given.iter().enumerate() {
        let tag = tag.trim();
        if tag.chars().count() > LONGEST_TAG {
            let loc = vec![json!("body"), json!("tags"), json!(i)];
            let msg = format!("may have at most {LONGEST_TAG} characters");
            let kind = "value_error.length".to_owned();
            return Err(ApiError::fields(&[FieldError { loc, msg, kind }]));
        }
        if !tag.is_empty() && !kept.iter().any(|known| known == tag) {
            kept.push(tag.to_owned());
        }
    }
    if kept.len() > MOST_TAGS {
        let message = format!("may have at most {MOST_TAGS} items");
        return Err(ApiError::field(&["body", "tags"], "value_error.items", message));
    }
    Ok(kept)
}

/// Refuses markup that could run a script, below this field of the request (S3.41, F7); answers with
/// what would not be shown.
pub(super) fn check_html(field: &str, value: &Value) -> Result<Vec<String>, ApiError> {
    let report = check_markup(value, &Pointer::root().push(field));
    let found = |severity| report.iter().filter(move |one| one.severity == severity);
    let dangerous = found(Severity::Error).map(|one| {
        let places = Pointer::root().steps_to(&one.at).unwrap_or_default().into_iter();
        let places = places
            .map(|step| step.parse::<u64>().map_or_else(|_| json!(step), |index| json!(index)));
        FieldError {
            loc: std::iter::once(json!("body")).chain(places).collect(),
            msg: format!("dangerous HTML at {}: {}", one.at, one.message),
            kind: "value_error.html".to_owned(),
        }
    });
    let dangerous: Vec<_> = dangerous.collect();
    if !dangerous.is_empty() {
        return Err(ApiError::fields(&dangerous));
    }
    Ok(found(Severity::Warning).map(|one| format!("{}: {}", one.at, one.message)).collect())
}

/// Checks the body of an item that stands so; answers with what its author should know.
pub(super) fn check_body(
    kind: &str,
    body: &Map<String, Value>,
    status: ContentStatus,
) -> Result<Vec<String>, ApiError> {
    if body.is_empty() {
        let message = "must have something in it";
        return Err(ApiError::field(&["body", "content"], "value_error.empty", message));
    }
    if kind == "question" && preference::is_meant(body) {
        let found = preference::check(body);
        if !found.is_empty() {
            return Err(ApiError::fields(&found));
        }
    }
    let mut warnings = check_html("content", &Value::Object(body.clone()))?;
    if let Some(missing) = missing(kind, body) {
        if matches!(status, ContentStatus::Approved | ContentStatus::Published) {
            return Err(incomplete(kind, missing));
        }
        warnings.push(format!("a {kind} needs {missing} before it can be published"));
    }
    warnings.extend(oddities(kind, body));
    Ok(warnings)
}

fn incomplete(kind: &str, missing: &str) -> ApiError {
    let message = format!("a {kind} needs {missing} before it can be approved or published");
    let place = ["body", "content"];
    let error = ApiError::field_as("content_incomplete", &place, "value_error.missing", message);
    error.or_status(StatusCode::UNPROCESSABLE_ENTITY, "content_incomplete")
}

/// What an item of this type must have and does not (S3.39).
fn missing(kind: &str, body: &Map<String, Value>) -> Option<&'static str> {
    let is_there = |value: Option<&Value>| match value {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
        Some(Value::Bool(_) | Value::Number(_)) => true,
    };
    let has = |key: &str| is_there(body.get(key));
    let (complete, needs) = match kind {
        "joke" => (
            (has("setup") && has("punchline")) || has("text"),
            "`setup` and `punchline`, or `text`",
        ),
        "fact" => {
            let inner = body.get("fact").and_then(|fact| fact.get("text"));
            (has("text") || is_there(inner), "`text` or `fact.text`")
        }
        "message" => {
            let any = has("text") || has("rich_text") || has("messages");
            (any, "`text`, `rich_text` or `messages`")
        }
        "question" => {
            let any = has("text") || has("question") || has("question_text");
            (any, "`text`, `question` or `question_text`")
        }
        // A quote or a prompt.
        _ => (has("text"), "`text`"),
    };
    (!complete).then_some(needs)
}

/// A key, what its value fits, and how that is called.
type Known = (&'static str, fn(&Value) -> bool, &'static str);

/// Keys that have a meaning for this type, with values of another kind.
fn oddities(kind: &str, body: &Map<String, Value>) -> Vec<String> {
    let is_text: fn(&Value) -> bool = Value::is_string;
    let are_texts: fn(&Value) -> bool =
        |value| value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
    let is_delay: fn(&Value) -> bool = |value| value.as_f64().is_some_and(|delay| delay >= 0.0);
    let is_object: fn(&Value) -> bool = Value::is_object;
    let known: &[Known] = match kind {
        "joke" => &[("category", is_text, "a text"), ("age_group", are_texts, "a list of texts")],
        "fact" => &[
            ("source", is_text, "a text"),
            ("topic", is_text, "a text"),
            ("difficulty", is_text, "a text"),
        ],
        "quote" => &[("author", is_text, "a text"), ("source", is_text, "a text")],
        "prompt" => {
            &[("context", is_text, "a text"), ("expected_response_type", is_text, "a text")]
        }
        "message" => &[
            ("typing_delay", is_delay, "a number, not negative"),
            ("media", is_object, "an object"),
        ],
        _ => &[],
    };
    let odd = |(key, fits, what): &Known| {
        let value = body.get(*key).filter(|value| !value.is_null())?;
        (!fits(value)).then(|| format!("`{key}` of a {kind} should be {what}"))
    };
    known.iter().filter_map(odd).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_needs_its_keys_to_be_published() {
        // S3.39
        for (kind, body, complete) in [
            ("joke", json!({"setup": "a", "punchline": "b"}), true),
            ("joke", json!({"setup": "a"}), false),
            ("joke", json!({"text": "a"}), true),
            ("fact", json!({"fact": {"text": "a"}}), true),
            ("fact", json!({"text": " "}), false),
            ("fact", json!({"fact": "a"}), false),
            ("quote", json!({"author": "a"}), false),
            ("prompt", json!({"text": "a"}), true),
            ("message", json!({"messages": []}), false),
            ("message", json!({"messages": [{"text": "a"}]}), true),
            ("message", json!({"rich_text": "<p>a</p>"}), true),
            ("question", json!({"question": {"text": "a"}}), true),
            ("question", json!({"options": ["a"]}), false),
        ] {
            let check = |status| check_body(kind, body.as_object().unwrap(), status);
            assert_eq!(check(ContentStatus::Published).is_ok(), complete, "{kind} {body}");
            assert_eq!(check(ContentStatus::Draft).unwrap().is_empty(), complete, "{kind} {body}");
        }
    }

    #[test]
    fn tags_are_trimmed_and_kept_once() {
        // S3.38
        let given = [" sea ", "", "Sea", "sea", "  "].map(str::to_owned);
        assert_eq!(tags(&given).unwrap(), ["sea", "Sea"]);
        assert!(tags(&["x".repeat(101)]).is_err());
        assert!(tags(&(0..51).map(|n| n.to_string()).collect::<Vec<_>>()).is_err());
    }
}
