//! Writing the snapshots of flows anew from their rows (S3.78, S3.100).

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use chatflow::FlowId;
use chatflow_storage::prelude::*;
use chatflow_storage::{FlowDraft, FlowQuery};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::{App, Shared};
use crate::author::Author;
use crate::authoring::{Draft, edit};
use crate::error::ApiError;
use crate::identity::Role;
use crate::input::JsonBody;

/// How many flows are listed at a time.
const PAGE: u32 = 500;

/// Which flows.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Which {
    /// All, unless given.
    #[schema(max_items = 10000)]
    flow_ids: Option<Vec<Uuid>>,
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Regenerated {
    #[schema(example = "ok")]
    msg: &'static str,
    stats: Stats,
}

#[derive(Debug, Default, Serialize, ToSchema)]
struct Stats {
    requested: usize,
    /// How many snapshots were not as the rows say.
    updated: usize,
    errors: Vec<SnapshotError>,
    duration_ms: u64,
    per_flow: Vec<FlowTime>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SnapshotError {
    flow_id: Uuid,
    error: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct FlowTime {
    flow_id: Uuid,
    duration_ms: u64,
}

/// Writes snapshots anew; those that are as the rows say are left alone.
#[utoipa::path(post, path = "/v1/cms/flows/regenerate-snapshots", tag = "flows",
    security(("bearer" = [])), request_body = Which,
    responses((status = 200, body = Regenerated)))]
pub(crate) async fn regenerate(
    State(app): Shared,
    author: Author,
    JsonBody { value: which, .. }: JsonBody<Which>,
) -> Result<Json<Regenerated>, ApiError> {
    if author.caller.role() != Role::Platform {
        return Err(ApiError::forbidden());
    }
    let began = Instant::now();
    let ids = match which.flow_ids {
        Some(ids) => ids,
        None => all(&app, &author).await?,
    };
    let mut stats = Stats { requested: ids.len(), ..Stats::default() };
    for id in ids {
        let began = Instant::now();
        let change = |stored: &FlowDraft, draft: &mut Draft| {
            draft.action = "flow.regenerate";
            draft.regenerate(&stored.stored.record)?;
            Ok(stored.stored.row_version)
        };
        match edit(&app, &author, FlowId(id), change).await {
            Ok((saved, before)) => {
                let differs = usize::from(saved.draft.stored.row_version != before);
                stats.updated = stats.updated.saturating_add(differs);
            }
            Err(error) => stats.errors.push(SnapshotError { flow_id: id, error: error.said() }),
        }
        stats.per_flow.push(FlowTime { flow_id: id, duration_ms: millis(began) });
    }
    stats.duration_ms = millis(began);
    Ok(Json(Regenerated { msg: "ok", stats }))
}

async fn all(app: &App, author: &Author) -> Result<Vec<Uuid>, ApiError> {
    let mut ids = Vec::new();
    let mut query = FlowQuery { limit: PAGE, ..FlowQuery::default() };
    loop {
        let page = app.store.list_flows(author.scope(), &query).await?;
        ids.extend(page.flows.iter().map(|draft| draft.stored.record.id.0));
        if page.flows.is_empty() {
            return Ok(ids);
        }
        query.skip = query.skip.saturating_add(PAGE);
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
