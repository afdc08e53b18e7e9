//! The description of the interface, as it is served (S3.19).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

/// The document for what the routes say of themselves.
///
/// Each operation may be refused in the same form; saying so once here keeps it true for all.
pub(crate) fn document(routes: OpenApi) -> Value {
    let mut document = json!(routes);
    document["openapi"] = json!("3.1.0");
    document["info"] = json!({
        "title": "Chatflow",
        "description": "Conversation flows: manage them, publish them, run them.",
        "version": env!("CARGO_PKG_VERSION"),
        "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
    });
    document["components"]["securitySchemes"] = json!({
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    });
    document["components"]["schemas"]["Refusal"] = json!({
        "type": "object",
        "required": ["detail", "code", "request_id"],
        "properties": {
            "detail": {"description": "A text, a list of errors of fields, or an object."},
            "code": {"type": "string", "description": "Stable, for programs."},
            "request_id": {"type": ["string", "null"], "description": "As in `X-Request-ID`."},
        },
    });
    let refusal = json!({
        "description": "Refused",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
    });
    if let Some(paths) = document["paths"].as_object_mut() {
        for operation in
            paths.values_mut().filter_map(Value::as_object_mut).flat_map(|path| path.values_mut())
        {
            operation["responses"]["default"] = refusal.clone();
        }
    }
    document
}

/// Serves the document.
pub(crate) async fn serve(State(document): State<Arc<Value>>) -> Json<Value> {
    Json(Value::clone(&document))
}
