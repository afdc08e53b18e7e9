//! The shapes of answers in conversations, for the description; the engine writes them (F24).
#![expect(dead_code, reason = "these types describe what the engine writes, and hold nothing")]

use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// What came of a turn.
#[derive(ToSchema)]
pub(crate) struct TurnAnswer {
    /// What is said, in order.
    messages: Vec<Map<String, Value>>,
    /// What is asked; null when nothing is.
    #[schema(required)]
    input_request: Option<Map<String, Value>>,
    /// What the client is asked to run; null when nothing is.
    #[schema(required)]
    script_request: Option<Map<String, Value>>,
    session_ended: bool,
    #[schema(required)]
    ended_reason: Option<String>,
    #[schema(required)]
    current_node_id: Option<String>,
    #[schema(required)]
    current_flow_id: Option<Uuid>,
    /// The public variables, unless they are hidden, and the revision.
    session_updated: SessionUpdated,
    /// Whether the client should go on with `continue`.
    wait_for_acknowledgment: bool,
    /// What was wrong with the answer, when it is asked again.
    #[schema(required)]
    validation_error: Option<Map<String, Value>>,
    typing_indicator: bool,
    #[schema(required = false)]
    warnings: Vec<String>,
    /// What a preview did, step by step.
    #[schema(required = false)]
    trace: Vec<Map<String, Value>>,
}

/// Where the session stands after a turn.
#[derive(ToSchema)]
struct SessionUpdated {
    #[schema(required = false)]
    state: Map<String, Value>,
    revision: u64,
}

/// A conversation that was started.
#[derive(ToSchema)]
pub(crate) struct StartAnswer {
    #[schema(inline)]
    session_id: Uuid,
    /// The key to the conversation; it is told only here.
    session_token: String,
    /// Goes into the header `X-CSRF-Token`.
    csrf_token: String,
    /// The first output, as older clients read it.
    #[schema(required)]
    next_node: Option<Map<String, Value>>,
    #[schema(required)]
    theme_id: Option<Uuid>,
    #[schema(required)]
    theme: Option<Map<String, Value>>,
    flow_name: String,
    revision: u64,
    messages: Vec<Map<String, Value>>,
    #[schema(required)]
    input_request: Option<Map<String, Value>>,
    session_ended: bool,
    #[schema(required)]
    current_node_id: Option<String>,
    wait_for_acknowledgment: bool,
    #[schema(required = false)]
    warnings: Vec<String>,
    /// What a preview did, step by step.
    #[schema(required = false)]
    trace: Vec<Map<String, Value>>,
}

/// Where a conversation stands.
#[derive(ToSchema)]
pub(crate) struct SessionAnswer {
    session_id: Uuid,
    #[schema(required)]
    user_id: Option<Uuid>,
    flow_id: Uuid,
    #[schema(required)]
    flow_version: Option<String>,
    session_token: String,
    #[schema(required)]
    current_node_id: Option<String>,
    /// The public variables; null where they are hidden.
    #[schema(required)]
    state: Option<Map<String, Value>>,
    info: Map<String, Value>,
    started_at: String,
    last_activity_at: String,
    #[schema(required)]
    ended_at: Option<String>,
    status: String,
    revision: u64,
    #[schema(required)]
    state_hash: Option<String>,
    /// What is asked at the moment.
    #[schema(required)]
    pending: Option<Map<String, Value>>,
    #[schema(required)]
    script_request: Option<Map<String, Value>>,
    /// The theme that it started with, where it is asked for.
    #[schema(nullable, required = false)]
    theme: Option<Map<String, Value>>,
}

/// Variables that were changed.
#[derive(ToSchema)]
pub(crate) struct StateAnswer {
    message: String,
    #[schema(required)]
    state: Option<Map<String, Value>>,
    revision: u64,
}

/// A word for people.
#[derive(ToSchema)]
pub(crate) struct MessageAnswer {
    message: String,
}

/// A page of what was said.
#[derive(ToSchema)]
pub(crate) struct HistoryAnswer {
    pagination: crate::input::Pagination,
    data: Vec<HistoryItem>,
}

#[derive(ToSchema)]
struct HistoryItem {
    id: Uuid,
    session_id: Uuid,
    seq: u64,
    node_id: String,
    /// `message`, `input` or `action`.
    interaction_type: String,
    content: Map<String, Value>,
    created_at: String,
}
