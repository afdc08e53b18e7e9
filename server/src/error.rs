//! What goes wrong, as clients see it: one table (S3.4, appendix B).

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chatflow::FlowReport;
use chatflow::StepError;
use chatflow_storage::{ApplyError, CommitError, CreateError, EditError, StoreError};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::token::NoEntropy;

/// What is wrong with one field of a request (S3.5).
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FieldError {
    /// Where: `body`, `query` or `path`, and the way from there.
    pub(crate) loc: Vec<Value>,
    /// For people.
    pub(crate) msg: String,
    /// For programs.
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// A refused request.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: Value,
    more: Map<String, Value>,
    /// For the log only; never shown to clients (S3.7).
    cause: Option<String>,
}

impl ApiError {
    /// An error with a text for people.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = Value::String(detail.into());
        Self { status, code, detail, more: Map::new(), cause: None }
    }

    /// An error of one field (S3.5): `place` is e.g. `["body", "input"]`.
    pub(crate) fn field(place: &[&str], kind: &str, message: impl Into<String>) -> Self {
        Self::field_as("validation_error", place, kind, message)
    }

    /// [`ApiError::field`] with a code of its own.
    pub(crate) fn field_as(
        code: &'static str,
        place: &[&str],
        kind: &str,
        message: impl Into<String>,
    ) -> Self {
        let detail = json!([{"loc": place, "msg": message.into(), "type": kind}]);
        Self { detail, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, "") }
    }

    /// Errors of several fields, with a code of their own.
    pub(crate) fn fields_as(code: &'static str, found: &[FieldError]) -> Self {
        Self { code, ..Self::fields(found) }
    }

    /// Errors of several fields (S3.5).
    pub(crate) fn fields(found: &[FieldError]) -> Self {
        let detail = json!(found);
        Self { detail, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_error", "") }
    }

    /// A refusal whose detail is more than a text.
    pub(crate) fn with_detail(status: StatusCode, code: &'static str, detail: Value) -> Self {
        Self { detail, ..Self::new(status, code, "") }
    }

    /// Says which of several operations is refused, counted from 0.
    pub(crate) fn at_operation(mut self, place: usize) -> Self {
        self.more.insert("operation".to_owned(), json!(place));
        self
    }

    /// What clients are told, as a text.
    pub(crate) fn said(&self) -> String {
        self.detail.as_str().map_or_else(|| self.detail.to_string(), str::to_owned)
    }

    /// The same error under another status.
    pub(crate) fn or_status(mut self, status: StatusCode, code: &'static str) -> Self {
        (self.status, self.code) = (status, code);
        self
    }

    /// The stable name of the error.
    pub(crate) const fn code(&self) -> &'static str {
        self.code
    }

    /// What is wrong, in one text.
    pub(crate) fn message(&self) -> String {
        match &self.detail {
            Value::String(text) => text.clone(),
            Value::Array(fields) => {
                let message = |field: &Value| field.get("msg")?.as_str().map(str::to_owned);
                fields.iter().filter_map(message).collect::<Vec<_>>().join("; ")
            }
            Value::Object(detail) => {
                let message = detail.get("message").and_then(Value::as_str);
                message.unwrap_or(self.code).to_owned()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => self.code.to_owned(),
        }
    }

    /// The caller is known and may not do this.
    pub(crate) fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "This account may not do this")
    }

    /// There is no such session, or its token is wrong: clients cannot tell which.
    pub(crate) fn session_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "session_not_found", "Session not found")
    }

    /// There is no such flow, or the caller may not start it.
    pub(crate) fn flow_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "flow_not_found", "Flow not found")
    }

    /// There is no such item, or the caller may not see it.
    pub(crate) fn content_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "content_not_found", "Content not found")
    }

    /// There is no such version of the flow.
    pub(crate) fn version_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "version_not_found", "Version not found")
    }

    /// There is no such node in the flow.
    pub(crate) fn node_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "node_not_found", "Node not found")
    }

    /// There is no such connection in the flow.
    pub(crate) fn connection_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "connection_not_found", "Connection not found")
    }

    /// The resource is not as `If-Match` says (S3.10).
    pub(crate) fn precondition_failed() -> Self {
        let detail = "The resource has been changed since it was read";
        Self::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", detail)
    }

    /// The flow has been changed since its editor read it (S3.122).
    pub(crate) fn flow_changed(row_version: u64) -> Self {
        let detail = "The flow has been changed since it was read";
        let mut error = Self::new(StatusCode::CONFLICT, "flow_changed", detail);
        error.more.insert("row_version".to_owned(), json!(row_version));
        error
    }

    /// The flow has errors and was to be published (S3.87).
    pub(crate) fn flow_validation_failed(report: &FlowReport) -> Self {
        let of_nodes = report.nodes.iter().flat_map(|node| &node.results);
        let issues = report.results.iter().chain(of_nodes).filter(|found| !found.is_valid);
        let detail = json!({
            "message": "Flow validation failed",
            "validation_errors": report.validation_errors,
            "issues": issues.collect::<Vec<_>>(),
        });
        Self::with_detail(StatusCode::BAD_REQUEST, "flow_validation_failed", detail)
    }

    /// There is no such subscription, or it is somebody else's.
    pub(crate) fn webhook_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "webhook_not_found", "Webhook not found")
    }

    /// The operator has not set up what this needs.
    pub(crate) fn not_configured(detail: &str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "not_configured", detail)
    }

    /// The session is over.
    pub(crate) fn session_not_active() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "session_not_active", "Session is not active")
    }

    /// Another turn was committed first.
    pub(crate) fn revision_conflict(current: chatflow::Revision) -> Self {
        let detail = "Session state has been modified by another process";
        let mut error = Self::new(StatusCode::CONFLICT, "revision_conflict", detail);
        error.more.insert("current_revision".to_owned(), json!(current));
        error
    }

    /// The store failed. What may pass is told as such, so that clients try again (S3.8).
    fn store(error: &(dyn std::error::Error + 'static)) -> Self {
        use {chatflow_postgres::Fault as PostgresFault, chatflow_sqlite::Fault as SqliteFault};
        let may_pass = error.source().is_some_and(|source| {
            source.downcast_ref().is_some_and(SqliteFault::may_pass)
                || source.downcast_ref().is_some_and(PostgresFault::may_pass)
        });
        let mut answer = Self::internal(chain(error));
        if may_pass {
            answer.status = StatusCode::SERVICE_UNAVAILABLE;
            answer.code = "unavailable";
            answer.detail = json!("The service cannot do this at the moment; nothing was stored");
        }
        answer
    }

    /// The fault is ours: clients learn nothing, the log learns the cause.
    pub(crate) fn internal(cause: impl std::fmt::Display) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let mut error = Self::new(status, "internal_error", "Internal server error");
        error.cause = Some(cause.to_string());
        error
    }
}

/// The body of a refused request, until the request's id is added.
#[derive(Clone)]
struct Refusal(Map<String, Value>);

/// The stable name of a refusal.
pub(crate) fn refusal_code(response: &Response) -> Option<&str> {
    response.extensions().get::<Refusal>()?.0.get("code")?.as_str()
}

/// Writes the body of a refused request; other answers stay as they are (S3.4).
pub(crate) fn complete(mut response: Response, request_id: Option<&HeaderValue>) -> Response {
    let Some(Refusal(mut body)) = response.extensions_mut().remove() else { return response };
    let id = request_id.and_then(|id| id.to_str().ok());
    body.insert("request_id".to_owned(), json!(id));
    *response.body_mut() = Body::from(Value::Object(body).to_string());
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            crate::cli::log(format_args!("error: {}: {cause}", self.code));
        }
        let mut body = self.more;
        body.insert("detail".to_owned(), self.detail);
        body.insert("code".to_owned(), json!(self.code));
        let mut response = self.status.into_response();
        response.extensions_mut().insert(Refusal(body));
        let again = match self.code {
            "session_busy" => Some("1"),
            "unavailable" => Some("2"),
            _ => None,
        };
        let challenge = match self.code {
            "authentication_required" => Some("Bearer"),
            "invalid_token" | "invalid_account" => Some("Bearer error=\"invalid_token\""),
            _ => None,
        };
        if self.code == "request_timeout" {
            // Whatever comes of the request is no request of its own.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(challenge) = challenge {
            let challenge = HeaderValue::from_static(challenge);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = again {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        response
    }
}

impl From<StepError> for ApiError {
    fn from(error: StepError) -> Self {
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        let too_large = StatusCode::PAYLOAD_TOO_LARGE;
        let text = error.to_string();
        match error {
            StepError::SessionEnded => Self::session_not_active(),
            StepError::UnexpectedInput { .. } => {
                Self::new(unprocessable, "invalid_input_shape", text)
            }
            StepError::InvalidState { .. } => Self::field(&["body"], "type_error.object", text),
            StepError::StateTooLarge { .. } => Self::new(too_large, "state_too_large", text),
            StepError::InputTooLarge { .. } => Self::new(too_large, "input_too_large", text),
            StepError::NodeGone { .. } => Self::new(StatusCode::CONFLICT, "node_gone", text),
            StepError::FlowNotLoaded { .. } | StepError::UnexpectedEffect { .. } | _ => {
                Self::internal(text)
            }
        }
    }
}

impl From<CommitError> for ApiError {
    fn from(error: CommitError) -> Self {
        match &error {
            CommitError::NotFound { .. } => Self::session_not_found(),
            CommitError::Conflict { actual, .. } => Self::revision_conflict(*actual),
            CommitError::Busy { .. } => Self::new(
                StatusCode::CONFLICT,
                "session_busy",
                "Another turn of this session is running",
            ),
            CommitError::Store(_) | _ => Self::store(&error),
        }
    }
}

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        Self::store(&error)
    }
}

impl From<ApplyError> for ApiError {
    fn from(error: ApplyError) -> Self {
        match &error {
            ApplyError::Conflict { .. } => {
                let detail = "This was changed by somebody else";
                Self::new(StatusCode::CONFLICT, "version_conflict", detail)
            }
            ApplyError::OutOfScope { .. } => Self::forbidden(),
            ApplyError::Dangling { .. } => {
                Self::field(&["body"], "value_error.reference", "names what does not exist")
            }
            ApplyError::Invalid { problem, .. } => Self::field(&["body"], "value_error", *problem),
            ApplyError::Account(_) | ApplyError::InvalidEvent(_) | ApplyError::InvalidAudit(_) => {
                Self::internal(chain(&error))
            }
            ApplyError::Store(_) | _ => Self::store(&error),
        }
    }
}

impl From<EditError> for ApiError {
    fn from(error: EditError) -> Self {
        let text = error.to_string();
        match error {
            EditError::NoContent { .. } => Self::content_not_found(),
            EditError::NoVariant { .. } => {
                Self::new(StatusCode::NOT_FOUND, "variant_not_found", "Variant not found")
            }
            EditError::KeyTaken { .. } => {
                Self::new(StatusCode::CONFLICT, "variant_key_exists", text)
            }
            EditError::InUse { uses, .. } => {
                let flows = uses.into_iter().map(|found| {
                    json!({"flow_id": found.flow, "name": found.flow_name, "node_id": found.node})
                });
                let flows: Vec<Value> = flows.collect();
                let detail = json!({"message": "Published flows use this content", "flows": flows});
                Self::with_detail(StatusCode::CONFLICT, "content_in_use", detail)
            }
            EditError::Refused(error) => error.into(),
            _ => Self::internal(text),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::store(&error)
    }
}

impl From<NoEntropy> for ApiError {
    fn from(error: NoEntropy) -> Self {
        Self::internal(chain(&error))
    }
}

/// An error with its causes, for the log.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}
