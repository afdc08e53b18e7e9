//! Chatflow's engine for JavaScript hosts: JSON text in, JSON text out.
//!
//! Nothing is decided here. What the engine refuses is thrown as an `Error` whose message is the
//! refusal with its causes.

use std::error::Error;

use chatflow::Case;
use serde::Serialize;
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

/// Checks a flow document and returns its diagnostics, a JSON array:
/// `[{"code", "severity", "at", "message", "help", "fix", "waived"}]`; the last three may be absent, and
/// `fix` is a JSON Patch (RFC 6902) against the document.
///
/// # Errors
///
/// None: what is wrong with the document is a diagnostic.
#[wasm_bindgen]
pub fn check(document: &str) -> Result<String, JsError> {
    write(&chatflow::check(document))
}

/// Plays a conversation and returns its transcript.
///
/// `document` is a case: `{"documents": [flow…], "content": [item…], "handlers": {…}, "flow": key,
/// "seed": text, "at": time, "state": {…}, "answers": [answer…]}`, of which only `documents` must be there.
///
/// # Errors
///
/// What is wrong with the case.
#[wasm_bindgen]
pub fn play(document: &str) -> Result<String, JsError> {
    let (transcript, _) =
        Case::read_json(document).and_then(|case| case.play()).map_err(|error| refuse(&error))?;
    write(&transcript)
}

/// Evaluates an expression with the keys of a JSON object as its variables.
///
/// # Errors
///
/// That the text is no expression, has no value or is too large, or that the context is not JSON.
#[wasm_bindgen]
pub fn evaluate(expression: &str, context: &str) -> Result<String, JsError> {
    let context = serde_json::from_str(context).map_err(|error| refuse(&error))?;
    write(&chatflow::evaluate(expression, &context).map_err(|error| refuse(&error))?)
}

fn write(value: &impl Serialize) -> Result<String, JsError> {
    serde_json::to_string(value).map_err(|error| refuse(&error))
}

/// The error with its causes: `cannot read the case: missing field …`.
fn refuse(error: &dyn Error) -> JsError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    JsError::new(&text)
}
