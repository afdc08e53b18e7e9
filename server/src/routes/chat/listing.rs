//! The flows that a visitor may start.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use chatflow::FlowId;
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, FlowSummary};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::begin::{school_of, startable};
use super::theme;
use crate::app::Shared;
use crate::error::ApiError;
use crate::identity::MaybeSigned;

/// What a visitor may begin.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Startable {
    data: Vec<StartableFlow>,
}

/// A flow that a visitor may start.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StartableFlow {
    id: Uuid,
    name: String,
    #[schema(required)]
    description: Option<String>,
    #[schema(required)]
    seed_key: Option<String>,
    /// Whether others run it as a part.
    embedded: bool,
}

/// The flows that a conversation may start with, by name.
#[utoipa::path(get, path = "/v1/chat/flows", tag = "chat",
    responses((status = 200, body = Startable)))]
pub(crate) async fn flows(
    State(app): Shared,
    MaybeSigned { caller }: MaybeSigned,
) -> Result<Json<Startable>, ApiError> {
    let anonymous = AccessScope::anonymous();
    let scope = caller.as_deref().map_or(&anonymous, |caller| &caller.scope);
    let flows = app.store.startable_flows(scope).await?;
    let mut parts = BTreeSet::new();
    for flow in &flows {
        if let Some(live) = app.store.newest_version(scope, flow.id).await? {
            parts.extend(live.version.links);
        }
    }
    let told = |flow: FlowSummary| {
        let by_key =
            flow.seed_key.as_ref().is_some_and(|key| parts.contains(&format!("key:{key}")));
        StartableFlow {
            embedded: by_key || parts.contains(&format!("id:{}", flow.id)),
            id: flow.id.0,
            name: flow.name,
            description: flow.description,
            seed_key: flow.seed_key,
        }
    };
    Ok(Json(Startable { data: flows.into_iter().map(told).collect() }))
}

/// What a visitor sees of a flow before a conversation.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what is written below")]
pub(crate) struct FlowAnswer {
    id: Uuid,
    name: String,
    /// What a conversation would be shown in.
    #[schema(required)]
    theme: Option<Map<String, Value>>,
}

/// What a page needs to offer a conversation.
#[utoipa::path(get, path = "/v1/chat/flows/{flow}", tag = "chat",
    params(("flow" = String, Path, description = "The flow's id, or its key")),
    responses((status = 200, body = FlowAnswer)))]
pub(crate) async fn flow(
    State(app): Shared,
    MaybeSigned { caller }: MaybeSigned,
    flow: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Json<Value>, ApiError> {
    let Path(named) = flow.map_err(|_| ApiError::flow_not_found())?;
    let caller = caller.as_deref();
    let anonymous = AccessScope::anonymous();
    let scope = caller.map_or(&anonymous, |caller| &caller.scope);
    let id = match named.parse() {
        Ok(id) => FlowId(id),
        Err(_) => match app.store.flow_by_seed_key(scope, &named).await? {
            Some(found) => found.id,
            None => return Err(ApiError::flow_not_found()),
        },
    };
    let live = startable(&app, caller, id).await?.ok_or_else(ApiError::flow_not_found)?;
    let session = school_of(caller, live.version.school_id);
    let schools = theme::Schools { session, named: None };
    let theme = theme::resolve(&app, &live.version, schools, &mut Vec::new()).await?;
    Ok(Json(json!({
        "id": id, "name": live.version.name, "theme": theme.as_ref().map(theme::shown),
    })))
}
