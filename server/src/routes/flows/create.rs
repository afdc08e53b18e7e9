//! New flows (S3.65, S3.82 to S3.85).

use axum::extract::State;
use axum::response::Response;
use chatflow::{FlowId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::change::publishing;
use super::detail::{self, FlowDetail};
use super::fields::{TraceLevelName, VisibilityName};
use crate::app::Shared;
use crate::author::Author;
use crate::authoring::{Draft, create as write, place};
use crate::error::ApiError;
use crate::input::{JsonBody, LARGE};
use crate::token::random_id;

/// What a flow needs where it is embedded, and what it leaves behind (S3.83).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Contract {
    entry_requirements: Option<EntryRequirements>,
    /// The variables that it leaves behind.
    #[schema(required = false)]
    return_state: Vec<String>,
    notes: Option<String>,
}

/// What must be set before a flow is entered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryRequirements {
    #[schema(required = false)]
    variables: Vec<VariableName>,
    description: Option<String>,
}

/// A dotted path.
#[derive(Debug, Serialize, ToSchema)]
#[schema(value_type = String, pattern = "^[A-Za-z_][A-Za-z0-9_.]*$")]
pub(crate) struct VariableName(String);

/// A new flow.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewFlow {
    #[schema(min_length = 1, max_length = 255, pattern = "\\S")]
    name: String,
    /// The label of the draft; `1.0.0` unless given.
    #[schema(min_length = 1, max_length = 50)]
    version: Option<String>,
    description: Option<String>,
    /// The graph, and whatever else belongs to it; may be `{}`.
    #[schema(value_type = Object)]
    flow_data: Map<String, Value>,
    /// Where sessions start.
    #[schema(min_length = 1, max_length = 255)]
    entry_node_id: Option<String>,
    #[schema(value_type = Option<Object>)]
    info: Option<Map<String, Value>>,
    #[schema(value_type = Option<Contract>)]
    contract: Option<Map<String, Value>>,
    /// Publishes it at once.
    is_published: Option<bool>,
    /// The same.
    publish: Option<bool>,
    /// Publishes what it embeds before it, where that is not published.
    cascade: Option<bool>,
    is_active: Option<bool>,
    school_id: Option<Uuid>,
    visibility: Option<VisibilityName>,
    /// How long traces are kept.
    #[schema(minimum = 1, maximum = 3650)]
    retention_days: Option<u32>,
    trace_enabled: Option<bool>,
    trace_level: Option<TraceLevelName>,
    /// In percent.
    #[schema(minimum = 0, maximum = 100)]
    trace_sample_rate: Option<u32>,
    /// What is said of the version, if it is published.
    #[schema(max_length = 500)]
    publish_note: Option<String>,
}

/// Creates a flow, and publishes it if that is asked for.
#[utoipa::path(post, path = "/v1/cms/flows", tag = "flows", security(("bearer" = [])),
    request_body = NewFlow, responses((status = 201, body = FlowDetail)))]
pub(crate) async fn create(
    State(app): Shared,
    author: Author,
    JsonBody { value: new, warnings, .. }: JsonBody<NewFlow, LARGE>,
) -> Result<Response, ApiError> {
    let visibility = new.visibility.as_ref().map(VisibilityName::read).transpose()?;
    let owner = place(&author.caller, new.school_id.map(TenantId), visibility)?;
    let mut draft = Draft::new(FlowId(random_id()?), author.user());
    draft.set("name", new.name);
    // The version that is given is published as it is, and so is the one that stands for none (S3.84).
    let version = new.version.unwrap_or_else(|| "1.0.0".to_owned());
    draft.set("version", version.clone());
    draft.set("description", json!(new.description));
    draft.set("school_id", json!(owner.school));
    draft.set("visibility", json!(owner.visibility));
    if let Some(entry) = &new.entry_node_id {
        draft.set("entry_node_id", json!(entry));
    }
    draft.set_data(new.flow_data, new.entry_node_id.is_some());
    draft.set_info(Some(new.info.unwrap_or_default()), new.contract.map(Some));
    draft.is_active = new.is_active.unwrap_or(true);
    for (key, value) in [
        ("retention_days", new.retention_days.map(Value::from)),
        ("trace_enabled", new.trace_enabled.map(Value::from)),
        ("trace_level", new.trace_level.map(|level| level.read().into())),
        ("trace_sample_rate", new.trace_sample_rate.map(Value::from)),
    ] {
        if let Some(value) = value {
            draft.set(key, value);
        }
    }
    if new.publish.or(new.is_published) == Some(true) {
        draft.publishing = publishing(Some(true), Some(version), None, new.publish_note);
        draft.cascades = new.cascade == Some(true);
    }
    detail::created(write(&app, &author, draft).await?, warnings)
}
