//! Changes of a flow, and its publishing (S3.66, S3.86 to S3.90).

use axum::extract::State;
use axum::response::Response;
use chatflow::FlowId;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::change::{Part, publishing};
use super::create::Contract;
use super::detail::{self, FlowDetail};
use super::fields::{TraceLevelName, VisibilityName};
use crate::app::Shared;
use crate::author::Author;
use crate::authoring::{Draft, edit};
use crate::error::ApiError;
use crate::input::{JsonBody, LARGE, PathId, given};

/// What is to change of a flow: the keys that are there (S3.9).
#[expect(clippy::option_option, reason = "null and absent differ")]
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(crate) struct FlowChanges {
    #[schema(value_type = String, required = false, min_length = 1, max_length = 255, pattern = "\\S")]
    name: Option<String>,
    /// The label of the draft; with `publish` also that of the version.
    #[schema(value_type = String, required = false, min_length = 1, max_length = 50)]
    version: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, required = false)]
    description: Option<Option<String>>,
    /// Replaces the graph; without `nodes` only what stands beside it.
    #[schema(value_type = Object, required = false)]
    flow_data: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 255)]
    entry_node_id: Option<Option<String>>,
    #[schema(value_type = Object, required = false)]
    info: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Contract>, required = false)]
    contract: Option<Option<Map<String, Value>>>,
    /// Publishes or withdraws it.
    #[schema(value_type = bool, required = false)]
    publish: Option<bool>,
    /// The same.
    #[schema(value_type = bool, required = false)]
    is_published: Option<bool>,
    /// Publishes what it embeds before it, where that is not published.
    #[schema(value_type = bool, required = false)]
    cascade: Option<bool>,
    /// Which number of the label is raised when it is published.
    #[schema(value_type = Part, required = false)]
    version_type: Option<Part>,
    /// What is said of the version.
    #[schema(value_type = String, required = false, max_length = 500)]
    publish_note: Option<String>,
    #[schema(value_type = bool, required = false)]
    is_active: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>, required = false)]
    school_id: Option<Option<Uuid>>,
    #[schema(value_type = VisibilityName, required = false)]
    visibility: Option<VisibilityName>,
    #[schema(value_type = u32, required = false, minimum = 1, maximum = 3650)]
    retention_days: Option<u32>,
    #[schema(value_type = bool, required = false)]
    trace_enabled: Option<bool>,
    #[schema(value_type = TraceLevelName, required = false)]
    trace_level: Option<TraceLevelName>,
    #[schema(value_type = u32, required = false, minimum = 0, maximum = 100)]
    trace_sample_rate: Option<u32>,
}

/// Changes a flow: its fields, its graph, and whether it is published, all or nothing.
#[utoipa::path(put, path = "/v1/cms/flows/{flow_id}", tag = "flows", security(("bearer" = [])),
    params(("flow_id" = Uuid, Path)), request_body = FlowChanges,
    responses((status = 200, body = FlowDetail)))]
pub(crate) async fn update(
    State(app): Shared,
    author: Author,
    PathId(id): PathId,
    JsonBody { value: changes, warnings, .. }: JsonBody<FlowChanges, LARGE>,
) -> Result<Response, ApiError> {
    let change = |_: &_, draft: &mut Draft| apply(&changes, draft);
    let (saved, ()) = edit(&app, &author, FlowId(id), change).await?;
    detail::changed(saved, warnings)
}

fn apply(changes: &FlowChanges, draft: &mut Draft) -> Result<(), ApiError> {
    let changes = changes.clone();
    let visibility = changes.visibility.as_ref().map(VisibilityName::read).transpose()?;
    for (key, value) in [
        ("name", changes.name.map(Value::from)),
        ("version", changes.version.clone().map(Value::from)),
        ("description", changes.description.map(|text| json!(text))),
        ("entry_node_id", changes.entry_node_id.clone().map(|entry| json!(entry))),
        ("school_id", changes.school_id.map(|id| json!(id))),
        ("visibility", visibility.map(|visibility| json!(visibility))),
        ("retention_days", changes.retention_days.map(Value::from)),
        ("trace_enabled", changes.trace_enabled.map(Value::from)),
        ("trace_level", changes.trace_level.map(|level| level.read().into())),
        ("trace_sample_rate", changes.trace_sample_rate.map(Value::from)),
    ] {
        if let Some(value) = value {
            draft.set(key, value);
        }
    }
    if let Some(data) = changes.flow_data {
        draft.set_data(data, changes.entry_node_id.is_some());
    }
    draft.set_info(changes.info, changes.contract);
    draft.is_active = changes.is_active.unwrap_or(draft.is_active);
    let publish = changes.publish.or(changes.is_published);
    draft.publishing =
        publishing(publish, changes.version, changes.version_type, changes.publish_note);
    draft.cascades = publish == Some(true) && changes.cascade == Some(true);
    Ok(())
}
