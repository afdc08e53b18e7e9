//! What is wrong with a flow (S3.69, S3.70, S3.95, F35).

use axum::Json;
use axum::extract::State;
use chatflow::{Finding, FlowDefinition, FlowId, FlowReport, Severity, Stage, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::Shared;
use crate::authoring::{Draft, check, load};
use crate::error::ApiError;
use crate::identity::Manager;
use crate::input::{JsonBody, LARGE, PathId};

/// The rule of the one note of a node about which there is nothing to tell.
const NOTHING_FOUND: &str = "schema.ok";

/// One thing that was found (R12.2).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Issue {
    /// Whether it is no error.
    is_valid: bool,
    /// `error`, `warning` or `info`.
    #[schema(value_type = String)]
    severity: Severity,
    message: String,
    /// Below the node's content, else below the node, the connection or the document.
    #[schema(required = true)]
    field_path: Option<String>,
    #[schema(required = true)]
    suggested_fix: Option<String>,
    /// Its code, or the id of a business rule.
    rule_id: String,
    #[schema(required = true)]
    node_id: Option<String>,
    /// The place of the connection in the document's list.
    #[schema(required = true)]
    connection_index: Option<usize>,
    /// A patch of the document that cures it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Option<serde_json::Value>)]
    fix: Option<Value>,
    /// The author's note on why it is meant that way.
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<String>,
}

/// What was found in a flow.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValidationReport {
    /// Whether there is no error, so that it can be published.
    is_valid: bool,
    validation_errors: Vec<String>,
    validation_warnings: Vec<String>,
    validation_info: Vec<String>,
    nodes_count: usize,
    connections_count: usize,
    #[schema(required = true)]
    entry_node_id: Option<String>,
    /// Everything, the graph's first, then that of the nodes in document order.
    issues: Vec<Issue>,
}

impl From<&Finding> for Issue {
    fn from(found: &Finding) -> Self {
        Self {
            is_valid: found.is_valid,
            severity: found.severity,
            message: found.message.clone(),
            field_path: found.field_path.clone(),
            suggested_fix: found.suggested_fix.clone(),
            rule_id: found.rule_id.to_string(),
            node_id: found.node_id.as_ref().map(ToString::to_string),
            connection_index: found.connection_index,
            fix: found.fix.as_ref().map(|fix| json!(fix)),
            waived: found.waived.clone(),
        }
    }
}

/// What there is to tell of a report.
pub(crate) fn issues<'a>(found: impl IntoIterator<Item = &'a Finding>) -> Vec<Issue> {
    found.into_iter().filter(|found| found.rule_id != NOTHING_FOUND).map(Issue::from).collect()
}

impl Issue {
    /// What is said of a key of a body that means nothing (F37).
    pub(crate) fn ignored(warning: &str) -> Self {
        Self {
            is_valid: true,
            severity: Severity::Warning,
            message: warning.to_owned(),
            field_path: None,
            suggested_fix: None,
            rule_id: "unknown_field".to_owned(),
            node_id: None,
            connection_index: None,
            fix: None,
            waived: None,
        }
    }
}

impl From<FlowReport> for ValidationReport {
    fn from(report: FlowReport) -> Self {
        let of_nodes = report.nodes.iter().flat_map(|node| &node.results);
        let issues = issues(report.results.iter().chain(of_nodes));
        let notes = issues.iter().filter(|issue| issue.severity == Severity::Info);
        Self {
            validation_info: notes.map(|issue| issue.message.clone()).collect(),
            is_valid: report.is_valid,
            validation_errors: report.validation_errors,
            validation_warnings: report.validation_warnings,
            nodes_count: report.nodes_count,
            connections_count: report.connections_count,
            entry_node_id: report.entry_node_id.map(|id| id.to_string()),
            issues,
        }
    }
}

/// What stands in the way of publishing a stored flow, and what else its author should know.
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/validate", tag = "flows",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path)),
    responses((status = 200, body = ValidationReport)))]
pub(crate) async fn stored(
    State(app): Shared,
    Manager(caller): Manager,
    PathId(id): PathId,
) -> Result<Json<ValidationReport>, ApiError> {
    let draft = load(&app, &caller.scope, FlowId(id)).await?;
    let definition = crate::authoring::definition(&draft.stored.record)?;
    let checked = check(&app, &definition, Stage::Publish).await?;
    Ok(Json(checked.report.into()))
}

/// A flow that is not stored, or not stored so.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Unsaved {
    #[schema(value_type = Object)]
    flow_data: Map<String, Value>,
    #[schema(min_length = 1, max_length = 255)]
    entry_node_id: Option<String>,
    /// The stored flow that it is a draft of.
    flow_id: Option<Uuid>,
}

/// The same for a flow as an editor has it; nothing is stored.
#[utoipa::path(post, path = "/v1/cms/flows/validate", tag = "flows", security(("bearer" = [])),
    request_body = Unsaved, responses((status = 200, body = ValidationReport)))]
pub(crate) async fn unsaved(
    State(app): Shared,
    Manager(caller): Manager,
    JsonBody { value: unsaved, .. }: JsonBody<Unsaved, LARGE>,
) -> Result<Json<ValidationReport>, ApiError> {
    let mut draft = if let Some(id) = unsaved.flow_id {
        Draft::of(&load(&app, &caller.scope, FlowId(id)).await?)?
    } else {
        let mut draft = Draft::new(FlowId(crate::token::random_id()?), None);
        draft.set("name", "Unsaved");
        draft.set("version", "1.0.0");
        let school = caller.schools.first().map(|TenantId(id)| id);
        draft.set("school_id", json!(school));
        draft
    };
    draft.set("entry_node_id", json!(unsaved.entry_node_id));
    draft.set_data(unsaved.flow_data, unsaved.entry_node_id.is_some());
    let text = Value::Object(draft.document).to_string();
    // What cannot even be kept is told, too.
    let (definition, report) = FlowDefinition::read_json(&text);
    let Some(mut definition) = definition else {
        return Ok(Json(FlowReport::of_no_flow(&report).into()));
    };
    definition.id = Some(draft.id);
    let checked = check(&app, &definition, Stage::Publish).await?;
    Ok(Json(checked.report.into()))
}
