//! What `FromJson` reads is what `Deserialize` reads.

use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::FromJson;
use crate::answer::{AnswerOption, InputType};
use crate::protocol::{Effect, Input, Outcome};
use crate::session::{Phase, Resume};
use crate::trace::TraceStep;

const ID: &str = "018f3c5e-0000-4000-8000-000000000001";

/// Both read the same, or both nothing, in the same words.
fn agree<T: FromJson + DeserializeOwned + PartialEq + Debug>(value: &Value, is_read: bool) {
    let (own, serdes) = (T::from_json(value.clone()), serde_json::from_value::<T>(value.clone()));
    assert_eq!(own.is_ok(), is_read, "{value}: {own:?}");
    assert_eq!(own.map_err(|error| error.to_string()), serdes.map_err(|error| error.to_string()));
}

#[test]
fn flattened_and_tagged_forms_are_read_alike() {
    let at = "2026-01-31T09:30:00.250Z";
    agree::<Input>(&json!({"at": at, "type": "reply", "value": [1], "hint": "text"}), true);
    agree::<Input>(&json!({"type": "end", "at": at, "utc_offset_minutes": 60, "more": 1}), true);
    agree::<Input>(&json!({"at": at, "type": "start"}), false);
    agree::<Input>(&json!({"at": "soon", "type": "end"}), false);
    agree::<Input>(&json!({"at": at, "type": "unknown"}), false);
    agree::<Outcome>(&json!({"result": "failed", "code": "c", "reason": "r"}), true);
    agree::<Outcome>(&json!({"result": "done", "value": null}), true);
    let request = json!({
        "url": "https://example.org/", "method": "POST", "body": {"a": [1.5]}, "timeout_ms": 5,
        "policy": {"total_ms": 1, "response_bytes": 2},
        "auth": {"type": "basic", "username": "u", "password": "p"},
    });
    agree::<Effect>(&json!({"id": 3, "type": "call_webhook", "request": request}), true);
    agree::<Effect>(&json!({"id": 3, "type": "fetch_content", "ids": [ID]}), true);
    agree::<Effect>(&json!({"id": -3, "type": "fetch_content", "ids": []}), false);
}

#[test]
fn forms_beside_their_tag_and_by_name_are_read_alike() {
    agree::<Phase>(&json!({"phase": "new"}), true);
    let resume = json!({"node": "action", "index": 2, "errors": ["e"]});
    agree::<Resume>(&resume, true);
    agree::<Phase>(&json!({"phase": "resolving", "with": {"effect": 0, "resume": resume}}), true);
    agree::<Phase>(&json!({"phase": "resolving", "with": {"effect": 0}}), false);
    for name in ["text", "confirm", "yes_no"] {
        agree::<InputType>(&json!(name), true);
    }
    agree::<InputType>(&json!("no type"), false);
    agree::<AnswerOption>(&json!({"value": "a", "label": "A"}), true);
    agree::<AnswerOption>(&json!({"value": 1, "label": "A", "more": null}), true);
    agree::<Vec<TraceStep>>(&json!([{}]), false);
}
