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
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            operation["operationId"] = json!(name(method, path));
            operation["responses"]["default"] = refusal.clone();
        }
    }
    document
}

/// `get /v1/cms/flows/{flow_id}/nodes` is `getFlowsByFlowIdNodes`: unique, and the same as long as the path is.
fn name(method: &str, path: &str) -> String {
    let mut name = method.to_owned();
    for segment in path.split('/').filter(|segment| !matches!(*segment, "" | "v1" | "cms")) {
        if segment.starts_with('{') {
            name.push_str("By");
        }
        for word in segment.split(|c: char| !c.is_ascii_alphanumeric()) {
            let (first, rest) = word.split_at_checked(1).unwrap_or_default();
            name.push_str(&first.to_ascii_uppercase());
            name.push_str(rest);
        }
    }
    name
}

/// Serves the document.
pub(crate) async fn serve(State(document): State<Arc<Value>>) -> Json<Value> {
    Json(Value::clone(&document))
}
