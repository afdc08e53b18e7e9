//! What is thrown.

use std::error::Error;

use serde_json::json;
use wasm_bindgen::JsValue;

/// JSON text, or a refusal.
pub(crate) type Answer = Result<String, JsValue>;

/// An error with its causes.
pub(crate) fn refuse(code: &str, error: &dyn Error) -> JsValue {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    told(code, &error.to_string(), &causes)
}

/// An argument that cannot be read.
pub(crate) fn argument(error: &serde_json::Error) -> JsValue {
    told("argument", "cannot read an argument", &[error.to_string()])
}

pub(crate) fn told(code: &str, message: &str, causes: &[String]) -> JsValue {
    let refusal = json!({"code": code, "message": message, "causes": causes});
    JsValue::from_str(&refusal.to_string())
}
