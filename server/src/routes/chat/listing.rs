//! The flows that a visitor may start.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use chatflow_storage::AccessScope;
use chatflow_storage::prelude::*;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::error::ApiError;
use crate::identity::MaybeSigned;

/// `GET /v1/chat/flows`: by name; `embedded` tells flows that others run as a part.
#[utoipa::path(get, path = "/v1/chat/flows", tag = "chat",
    responses((status = 200, body = serde_json::Map<String, Value>)))]
pub(crate) async fn flows(
    State(app): Shared,
    MaybeSigned { caller }: MaybeSigned,
) -> Result<Json<Value>, ApiError> {
    let anonymous = AccessScope::anonymous();
    let scope = caller.as_deref().map_or(&anonymous, |caller| &caller.scope);
    let flows = app.store.startable_flows(scope).await?;
    let mut parts = BTreeSet::new();
    for flow in &flows {
        if let Some(live) = app.store.newest_version(scope, flow.id).await? {
            parts.extend(live.version.links);
        }
    }
    let data: Vec<Value> = flows
        .iter()
        .map(|flow| {
            let by_key =
                flow.seed_key.as_ref().is_some_and(|key| parts.contains(&format!("key:{key}")));
            let embedded = by_key || parts.contains(&format!("id:{}", flow.id));
            json!({
                "id": flow.id, "name": flow.name, "description": flow.description,
                "seed_key": flow.seed_key, "embedded": embedded,
            })
        })
        .collect();
    Ok(Json(json!({"data": data})))
}
