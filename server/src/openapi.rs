//! The description of the interface, as it is served (S3.19).

mod links;
mod sharpen;

use std::sync::{Arc, LazyLock};

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

/// The document for what the routes say of themselves.
///
/// Each operation may be refused in the same form; saying so once here keeps it true for all.
pub(crate) fn document(routes: &OpenApi) -> Value {
    let mut document = json!(routes);
    sharpen::sharpen(&mut document);
    let Some(whole) = document.as_object_mut() else { return document };
    whole.insert("openapi".to_owned(), json!("3.1.0"));
    whole.insert(
        "info".to_owned(),
        json!({
            "title": "Chatflow",
            "description": "Conversation flows: manage them, publish them, run them.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        }),
    );
    whole.insert("tags".to_owned(), subjects());
    let components = whole.entry("components").or_insert_with(|| json!({}));
    if let Some(components) = components.as_object_mut() {
        let bearer = json!({"type": "http", "scheme": "bearer", "bearerFormat": "JWT"});
        components.insert("securitySchemes".to_owned(), json!({"bearer": bearer}));
        let schemas = components.entry("schemas").or_insert_with(|| json!({}));
        schemas.as_object_mut().map(|schemas| schemas.insert("Refusal".to_owned(), refusal()));
    }
    let refused = json!({
        "description": "Refused",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
    });
    let schemas = whole.get("components").and_then(|components| components.get("schemas"));
    let schemas = schemas.cloned().unwrap_or_default();
    let paths = whole.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            let Some(operation) = operation.as_object_mut() else { continue };
            operation.insert("operationId".to_owned(), json!(name(method, path)));
            if let Some(body) = operation.get_mut("requestBody").and_then(Value::as_object_mut) {
                body.insert("required".to_owned(), json!(!may_be_empty(body, &schemas)));
            }
            let answers = operation.entry("responses").or_insert_with(|| json!({}));
            if let Some(answers) = answers.as_object_mut() {
                for (status, answer) in answers.iter_mut() {
                    describe(status, answer);
                }
                answers.insert("default".to_owned(), refused.clone());
            }
        }
    }
    links::link(&mut document);
    document
}

/// What operations are about, in the order in which a reader meets them.
fn subjects() -> Value {
    let subjects = [
        ("chat", "Conversations, for visitors and the pages that show them."),
        ("flows", "Flows with their nodes, connections and versions."),
        ("content", "What flows show, with its variants."),
        ("themes", "How conversations look."),
        ("sessions", "Conversations, for those who run the platform."),
        ("traces", "What happened in conversations, step by step."),
        ("webhooks", "Subscriptions to events, and what is sent to them."),
        ("analytics", "What happened in conversations, in numbers."),
        ("service", "The service itself."),
    ];
    let subject = |(name, about)| json!({"name": name, "description": about});
    Value::from_iter(subjects.map(subject))
}

/// Each answer must have words; most need none of their own.
fn describe(status: &str, answer: &mut Value) {
    let Some(answer) = answer.as_object_mut() else { return };
    let words = match status {
        "201" => "Created",
        "204" => "Done; there is nothing to tell",
        "304" => "It is as the caller knows it",
        "503" => "Not now",
        _ => "Done",
    };
    let described = answer.entry("description").or_insert_with(|| json!(words));
    if described.as_str().is_none_or(str::is_empty) {
        *described = json!(words);
    }
}

/// Whether a body demands nothing, so that there need not be one: none is read as `{}`.
fn may_be_empty(body: &Map<String, Value>, schemas: &Value) -> bool {
    let contents = body.get("content").and_then(Value::as_object).into_iter().flatten();
    let mut described = contents.filter_map(|(_, content)| content.get("schema"));
    described.all(|schema| {
        let name = schema.get("$ref").and_then(Value::as_str);
        let name = name.and_then(|name| name.rsplit('/').next());
        let schema = name.and_then(|name| schemas.get(name)).unwrap_or(schema);
        schema.get("required").and_then(Value::as_array).is_none_or(Vec::is_empty)
    })
}

/// The body of every refusal (S3.4).
fn refusal() -> Value {
    json!({
        "type": "object",
        "required": ["detail", "code", "request_id"],
        "properties": {
            "detail": {"description": "A text, a list of errors of fields, or an object."},
            "code": {"type": "string", "description": "Stable, for programs."},
            "request_id": {"type": ["string", "null"], "description": "As in `X-Request-ID`."},
        },
    })
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

/// The document, made when somebody first asks for it: most processes are never asked.
#[derive(Clone)]
pub(crate) struct Description(Arc<LazyLock<Value, Box<dyn FnOnce() -> Value + Send>>>);

impl Description {
    /// Of the routes that say this of themselves.
    pub(crate) fn new(describe: impl FnOnce() -> OpenApi + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(move || document(&describe())))))
    }

    pub(crate) fn document(&self) -> &Value {
        &self.0
    }
}

/// Serves the document.
pub(crate) async fn serve(State(description): State<Description>) -> Json<Value> {
    Json(description.document().clone())
}
