//! The flows that a visitor may start.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, FlowSummary};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

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
