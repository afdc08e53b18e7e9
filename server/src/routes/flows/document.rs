//! Flows as documents, out and in (S3.76, S3.77, S11.1 to S11.5).

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chatflow::{FlowDefinition, FlowId, FlowReport, Stage, TenantId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, LookUp, ThemeId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::detail::{self, FlowDetail};
use super::relink::{Subflows, relink};
use super::validate::ValidationReport;
use crate::app::{App, Shared};
use crate::author::Author;
use crate::authoring::{
    Draft, Owner, check, create as write, definition, edit, load, place, references,
};
use crate::error::ApiError;
use crate::host::now;
use crate::identity::{Caller, Manager, Role};
use crate::input::{JsonBody, LARGE, PathId, QueryOf};
use crate::token::random_id;

/// The most flows that one document holds beside its own.
const MOST_SUBFLOWS: usize = 100;

/// What goes into a document beside the flow.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Including {
    /// `theme`, `content` and `subflows`.
    #[serde(default)]
    include: Vec<String>,
}

/// A flow as a document, without what belongs to this place alone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlowDocument {
    #[schema(example = "chatflow/1")]
    format: &'static str,
    #[schema(value_type = String, format = DateTime)]
    exported_at: Timestamp,
    #[schema(value_type = Object)]
    flow: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Vec<Object>)]
    themes: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Vec<Object>)]
    content: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Vec<Object>)]
    subflows: Option<Vec<Map<String, Value>>>,
}

/// A flow as a document; of what it refers to, what the caller may see.
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/export", tag = "flows",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path), Including),
    responses((status = 200, body = FlowDocument)))]
pub(crate) async fn export(
    State(app): Shared,
    Manager(caller): Manager,
    PathId(id): PathId,
    QueryOf { value: Including { include }, .. }: QueryOf<Including>,
) -> Result<Json<FlowDocument>, ApiError> {
    let includes = |what: &str| include.iter().any(|one| one.eq_ignore_ascii_case(what));
    let draft = load(&app, &caller.scope, FlowId(id)).await?;
    let flow = definition(&draft.stored.record)?;
    let mut document = FlowDocument {
        format: "chatflow/1",
        exported_at: now(),
        flow: envelope(&flow),
        themes: None,
        content: None,
        subflows: None,
    };
    if includes("theme") {
        document.themes = Some(theme(&app, &caller.scope, draft.stored.record.theme_id).await?);
    }
    if includes("content") {
        let ids: Vec<_> = references(&flow).contents.into_iter().collect();
        let items = app.store.contents(&caller.scope, &ids).await?;
        document.content = Some(items.into_iter().flatten().map(|item| json!(item)).collect());
    }
    if includes("subflows") {
        document.subflows = Some(subflows(&app, &caller.scope, id, flow).await?);
    }
    Ok(Json(document))
}

/// What of a flow does not belong to one place alone (S11.1).
fn envelope(flow: &FlowDefinition) -> Map<String, Value> {
    let Value::Object(mut envelope) = flow.to_value() else { return Map::new() };
    for key in ["id", "school_id"] {
        envelope.remove(key);
    }
    envelope
}

async fn theme(
    app: &App,
    scope: &AccessScope,
    id: Option<ThemeId>,
) -> Result<Vec<Value>, ApiError> {
    let Some(id) = id else { return Ok(Vec::new()) };
    let Some(theme) = app.store.theme(scope, id).await? else { return Ok(Vec::new()) };
    let config: Value = serde_json::from_str(&theme.config).map_err(ApiError::internal)?;
    Ok(vec![json!({
        "id": theme.id, "seed_key": theme.seed_key, "name": theme.name,
        "description": theme.description, "config": config, "logo_url": theme.logo_url,
        "avatar_url": theme.avatar_url, "version": theme.version,
    })])
}

/// The flows that a flow embeds, itself or through others.
async fn subflows(
    app: &App,
    scope: &AccessScope,
    root: Uuid,
    flow: FlowDefinition,
) -> Result<Vec<Map<String, Value>>, ApiError> {
    let mut seen = BTreeSet::from([FlowId(root)]);
    let (mut found, mut open) = (Vec::new(), vec![flow]);
    while let Some(flow) = open.pop() {
        let links: Vec<String> = references(&flow).links.into_iter().collect();
        let beside = AccessScope::conversation(flow.school_id, None);
        for linked in app.store.linked_flows(&beside, &links).await? {
            if found.len() >= MOST_SUBFLOWS || !seen.insert(linked.id) {
                continue;
            }
            let Some(draft) = app.store.flow_draft(scope, linked.id).await? else { continue };
            let flow = definition(&draft.stored.record)?;
            found.push(envelope(&flow));
            open.push(flow);
        }
    }
    Ok(found)
}

/// How a document comes in.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Importing {
    /// `create` unless given; `update` changes the flow that `flow_id` or the document's seed key names.
    #[param(pattern = "^([Cc][Rr][Ee][Aa][Tt][Ee]|[Uu][Pp][Dd][Aa][Tt][Ee])$")]
    mode: Option<String>,
    flow_id: Option<Uuid>,
    /// Stores nothing and answers with what is wrong with the flow.
    dry_run: Option<bool>,
}

/// A document as it is exported, a bare flow, or `{"flow_data": …}`.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(value_type = Object)]
pub(crate) struct Document(Map<String, Value>);

/// Takes a document in as a new flow, or as the next state of one.
#[utoipa::path(post, path = "/v1/cms/flows/import", tag = "flows", security(("bearer" = [])),
    params(Importing), request_body = Document,
    responses((status = 201, body = FlowDetail),
        (status = 200, description = "The flow that was changed, or a report of a dry run",
            body = ImportAnswer)))]
pub(crate) async fn import(
    State(app): Shared,
    author: Author,
    QueryOf { value: how, .. }: QueryOf<Importing>,
    JsonBody { value: Document(document), .. }: JsonBody<Document, LARGE>,
) -> Result<Response, ApiError> {
    let subflows = Subflows::of(&document);
    let (read, report) = FlowDefinition::read(&Value::Object(document));
    let is_dry = how.dry_run == Some(true);
    let Some(mut flow) = read else {
        if is_dry {
            let report = FlowReport::of_no_flow(&report);
            return Ok(Json(ValidationReport::from(report)).into_response());
        }
        let messages = report.errors().map(|found| found.message.as_str()).collect::<Vec<_>>();
        return Err(ApiError::field(&["body"], "flow.shape", messages.join("; ")));
    };
    let mut warnings = Vec::new();
    let is_update = how.mode.is_some_and(|mode| mode.eq_ignore_ascii_case("update"));
    let target = if is_update {
        Some(target(&app, &author, how.flow_id, flow.seed_key.as_deref()).await?)
    } else {
        None
    };
    let school = match target {
        Some(id) => load(&app, author.scope(), id).await?.stored.record.school_id,
        None => owner(&author.caller, &flow, &mut warnings)?.school,
    };
    flow.school_id = school;
    relink(&app, &author, (&mut flow, &subflows), &mut warnings).await?;
    if is_dry {
        let checked = check(&app, &flow, Stage::Publish).await?;
        return Ok(Json(ValidationReport::from(checked.report)).into_response());
    }
    if let Some(id) = target {
        let change = |_: &_, draft: &mut Draft| {
            let kept = ["school_id", "visibility"].map(|key| draft.document.get(key).cloned());
            draft.set_definition(&flow);
            for (key, value) in ["school_id", "visibility"].into_iter().zip(kept) {
                draft.set(key, value.unwrap_or_default());
            }
            draft.action = "flow.import";
            Ok(())
        };
        let (saved, ()) = edit(&app, &author, id, change).await?;
        return detail::changed(saved, warnings);
    }
    let owner = owner(&author.caller, &flow, &mut Vec::new())?;
    let mut draft = Draft::new(FlowId(random_id()?), author.user());
    flow.id = None;
    draft.set_definition(&flow);
    draft.set("visibility", json!(owner.visibility));
    draft.action = "flow.import";
    detail::created(write(&app, &author, draft).await?, warnings)
}

/// What an import that creates nothing answers with.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes what is answered")]
enum ImportAnswer {
    Report(ValidationReport),
    Flow(Box<FlowDetail>),
}

/// The flow that an import changes: one that the caller may edit.
async fn target(
    app: &App,
    author: &Author,
    id: Option<Uuid>,
    seed_key: Option<&str>,
) -> Result<FlowId, ApiError> {
    let seed_key = seed_key.filter(|_| id.is_none());
    let look_up = LookUp { seed_key, id, ..LookUp::default() };
    if let Some(found) = app.store.find_flow(author.scope(), look_up).await? {
        return Ok(found.record.id);
    }
    match id {
        // One that the caller sees and may not edit is refused as such.
        Some(id) => load(app, author.scope(), FlowId(id)).await.map(|draft| draft.stored.record.id),
        None => Err(ApiError::flow_not_found()),
    }
}

/// To whom an imported flow belongs: what it may not be shared as here, becomes its importer's own.
fn owner(
    caller: &Caller,
    flow: &FlowDefinition,
    warnings: &mut Vec<String>,
) -> Result<Owner, ApiError> {
    let school: Option<TenantId> = match caller.schools.as_slice() {
        [first, ..] if caller.role() != Role::Platform => Some(*first),
        _ => None,
    };
    place(caller, school, Some(flow.visibility)).or_else(|_| {
        let owner = place(caller, school, None)?;
        warnings.push("The flow is private here; its document shares it more widely".to_owned());
        Ok(owner)
    })
}
