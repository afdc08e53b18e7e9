//! Writing the snapshots of flows anew from their rows (S3.78, S3.100).

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use chatflow::FlowId;
use chatflow_storage::FlowQuery;
use chatflow_storage::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::{App, Shared};
use crate::author::Author;
use crate::authoring::Regeneration;
use crate::error::ApiError;
use crate::identity::Role;
use crate::input::JsonBody;

/// How many flows are listed at a time.
const PAGE: u32 = 500;

/// How many flows are read at a time, with their graphs.
const AT_ONCE: usize = 100;

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
    let mut regeneration = Regeneration::new(&app, &author);
    for ids in ids.chunks(AT_ONCE) {
        let asked: Vec<_> = ids.iter().copied().map(FlowId).collect();
        let stored = app.store.flow_drafts(author.scope(), &asked).await?;
        for id in asked {
            let began = Instant::now();
            let stored = stored.iter().find(|draft| draft.stored.record.id == id);
            match regeneration.of(stored).await {
                Ok(differed) => {
                    stats.updated = stats.updated.saturating_add(usize::from(differed));
                }
                Err(error) => {
                    stats.errors.push(SnapshotError { flow_id: id.0, error: error.said() });
                }
            }
            stats.per_flow.push(FlowTime { flow_id: id.0, duration_ms: millis(began) });
        }
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
