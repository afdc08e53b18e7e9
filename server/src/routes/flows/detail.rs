//! How flows are shown (S3.79).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chatflow::Timestamp;
use chatflow_storage::{FlowDraft, Stored};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::authoring::Saved;
use crate::error::ApiError;
use crate::input::put_tag;

/// A flow, as those who manage it see it.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::option_option, reason = "null and absent differ")]
#[expect(clippy::struct_excessive_bools, reason = "they are what the wire has")]
pub(crate) struct FlowDetail {
    id: Uuid,
    name: String,
    #[schema(required = true)]
    description: Option<String>,
    /// The label of the draft.
    version: String,
    is_published: bool,
    is_active: bool,
    #[schema(required = true)]
    school_id: Option<Uuid>,
    visibility: &'static str,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    published_at: Option<Timestamp>,
    /// Absent with `fields=brief`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Object)]
    flow_data: Option<Value>,
    #[schema(required = true)]
    entry_node_id: Option<String>,
    /// Absent with `fields=brief`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Object)]
    info: Option<Map<String, Value>>,
    /// Absent with `fields=brief`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Option<Object>)]
    contract: Option<Option<Value>>,
    #[schema(required = true)]
    created_by: Option<Uuid>,
    #[schema(required = true)]
    published_by: Option<Uuid>,
    #[schema(required = true)]
    theme_id: Option<Uuid>,
    trace_enabled: bool,
    #[schema(example = "standard")]
    trace_level: &'static str,
    trace_sample_rate: u32,
    retention_days: u32,
    /// Raised with every change; also the `ETag`.
    row_version: u64,
    /// Whether the draft differs from what sessions run.
    has_unpublished_changes: bool,
    /// The label of the newest published version.
    #[schema(required = true)]
    published_version: Option<String>,
    /// What its author should know of the change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<String>,
}

/// A flow, as learners see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlowCard {
    id: Uuid,
    name: String,
    #[schema(required = true)]
    description: Option<String>,
    version: String,
    visibility: &'static str,
    is_published: bool,
    is_active: bool,
}

/// A flow: in full, or as learners see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum FlowShown {
    Full(Box<FlowDetail>),
    Card(FlowCard),
}

impl FlowDetail {
    pub(crate) fn of(draft: &FlowDraft, is_brief: bool) -> Result<Self, ApiError> {
        let Stored { record, row_version, created_at, updated_at } = &draft.stored;
        let info = || serde_json::from_str::<Map<String, Value>>(&record.info);
        let data = || serde_json::from_str::<Value>(&record.flow_data);
        let full = !is_brief;
        let info = full.then(info).transpose().map_err(ApiError::internal)?;
        let contract = info.as_ref().map(|info| info.get("contract").map(whole_contract));
        Ok(Self {
            id: record.id.0,
            name: record.name.clone(),
            description: record.description.clone(),
            version: record.version.clone(),
            is_published: record.is_published,
            is_active: record.is_active,
            school_id: record.school_id.map(|id| id.0),
            visibility: super::fields::visibility_name(record.visibility),
            created_at: *created_at,
            updated_at: *updated_at,
            published_at: draft.published_at,
            flow_data: full.then(data).transpose().map_err(ApiError::internal)?,
            entry_node_id: record.entry_node_id.as_ref().map(ToString::to_string),
            info,
            contract,
            created_by: record.created_by.map(|id| id.0),
            published_by: draft.published_by.map(|id| id.0),
            theme_id: record.theme_id.map(|id| id.0),
            trace_enabled: record.trace_enabled,
            trace_level: record.trace_level.as_str(),
            trace_sample_rate: record.trace_sample_rate,
            retention_days: record.retention_days,
            row_version: *row_version,
            has_unpublished_changes: draft.has_unpublished_changes(),
            published_version: draft.newest.as_ref().map(|newest| newest.label.clone()),
            warnings: Vec::new(),
        })
    }
}

impl FlowCard {
    pub(crate) fn of(draft: &FlowDraft) -> Self {
        let record = &draft.stored.record;
        Self {
            id: record.id.0,
            name: record.name.clone(),
            description: record.description.clone(),
            version: record.version.clone(),
            visibility: super::fields::visibility_name(record.visibility),
            is_published: record.is_published,
            is_active: record.is_active,
        }
    }
}

/// A flow that was changed, with `warnings` of the request beside its own.
pub(crate) fn changed(saved: Saved, warnings: Vec<String>) -> Result<Response, ApiError> {
    let mut detail = FlowDetail::of(&saved.draft, false)?;
    detail.warnings = warnings;
    detail.warnings.extend(saved.warnings);
    let mut response = Json(detail).into_response();
    put_tag(&mut response, saved.draft.stored.row_version);
    Ok(response)
}

/// A flow that was created (S3.11).
pub(crate) fn created(saved: Saved, warnings: Vec<String>) -> Result<Response, ApiError> {
    let place = format!("/v1/cms/flows/{}", saved.draft.stored.record.id);
    let mut response = changed(saved, warnings)?;
    *response.status_mut() = StatusCode::CREATED;
    let place = HeaderValue::from_str(&place).map_err(ApiError::internal)?;
    response.headers_mut().insert(header::LOCATION, place);
    Ok(response)
}

/// A contract as clients know it: what an author left out is there, and null (S3.83).
fn whole_contract(contract: &Value) -> Value {
    let mut whole = contract.clone();
    if let Some(map) = whole.as_object_mut() {
        for key in ["entry_requirements", "notes"] {
            map.entry(key).or_insert(Value::Null);
        }
        map.entry("return_state").or_insert_with(|| Value::Array(Vec::new()));
        if let Some(needs) = map.get_mut("entry_requirements").and_then(Value::as_object_mut) {
            needs.entry("description").or_insert(Value::Null);
        }
    }
    whole
}
