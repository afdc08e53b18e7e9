//! How many traces there are, and deleting old ones (S3.134, S3.135, S3.137, S7.23, S7.24).

use axum::Json;
use axum::extract::State;
use chatflow::FlowId;
use chatflow_storage::prelude::*;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::traced;
use crate::app::Shared;
use crate::error::ApiError;
use crate::host::now;
use crate::identity::{Platform, Signed};
use crate::input::PathId;
use crate::jobs;
use crate::trail::{Deed, Trail};

/// What there is of traces of a flow's sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TraceStats {
    traced_sessions: u64,
    total_steps: u64,
    #[schema(required)]
    avg_step_duration_ms: Option<f64>,
    error_steps: u64,
    /// The part of the steps that failed; null without any.
    #[schema(required)]
    error_rate: Option<f64>,
    #[schema(required)]
    oldest_trace: Option<String>,
    #[schema(required)]
    newest_trace: Option<String>,
}

/// How much room traces take.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TraceStorage {
    /// How many turns are traced.
    total_traces: u64,
    /// For people, e.g. `12 MB`.
    table_size: String,
    table_bytes: u64,
    #[schema(required)]
    oldest_trace: Option<String>,
    #[schema(required)]
    newest_trace: Option<String>,
}

/// What was deleted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cleanup {
    /// How many turns with their steps.
    deleted_steps: u64,
    /// How many entries about who looked.
    deleted_audit: u64,
}

/// What there is of traces of a flow's sessions.
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/trace-stats", tag = "traces",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path)),
    responses((status = 200, body = TraceStats)))]
pub(crate) async fn stats(
    State(app): Shared,
    Signed(caller): Signed,
    PathId(id): PathId,
) -> Result<Json<TraceStats>, ApiError> {
    traced(&app, &caller, FlowId(id)).await?;
    let stats = app.store.trace_stats(&caller.scope, FlowId(id)).await?;
    let part = |of: u64| (stats.totals.steps > 0).then(|| number(of) / number(stats.totals.steps));
    Ok(Json(TraceStats {
        traced_sessions: stats.sessions,
        total_steps: stats.totals.steps,
        avg_step_duration_ms: part(stats.totals.duration_ms),
        error_steps: stats.totals.errors,
        error_rate: part(stats.totals.errors),
        oldest_trace: stats.oldest.map(|at| at.to_string()),
        newest_trace: stats.newest.map(|at| at.to_string()),
    }))
}

/// How much room traces take.
#[utoipa::path(get, path = "/v1/cms/trace-storage", tag = "traces", security(("bearer" = [])),
    responses((status = 200, body = TraceStorage)))]
pub(crate) async fn usage(
    State(app): Shared,
    Platform(caller): Platform,
) -> Result<Json<TraceStorage>, ApiError> {
    let usage = app.store.trace_usage(&caller.scope).await?;
    Ok(Json(TraceStorage {
        total_traces: usage.turns,
        table_size: in_words(usage.bytes),
        table_bytes: usage.bytes,
        oldest_trace: usage.oldest.map(|at| at.to_string()),
        newest_trace: usage.newest.map(|at| at.to_string()),
    }))
}

/// Deletes traces that are older than their flow keeps them, as the daily job does.
#[utoipa::path(post, path = "/v1/cms/traces/cleanup", tag = "traces", security(("bearer" = [])),
    responses((status = 200, body = Cleanup)))]
pub(crate) async fn clean(
    State(app): Shared,
    Platform(caller): Platform,
    trail: Trail,
) -> Result<Json<Cleanup>, ApiError> {
    let at = now();
    let (deleted_steps, deleted_audit) = jobs::clean(&app.store, at).await?;
    let deed = Deed {
        action: "trace.cleanup".to_owned(),
        resource_type: "trace",
        resource_id: String::new(),
        school_id: None,
        changes: json!({"deleted_steps": deleted_steps, "deleted_audit": deleted_audit}),
    };
    app.store.append_audit(&[trail.entry(&caller, deed, at)?]).await?;
    Ok(Json(Cleanup { deleted_steps, deleted_audit }))
}

#[expect(clippy::cast_precision_loss, reason = "nobody counts 2^53 steps")]
const fn number(count: u64) -> f64 {
    count as f64
}

/// A size as people say it, in the units of Postgres.
fn in_words(bytes: u64) -> String {
    let mut size = bytes;
    for unit in ["bytes", "kB", "MB", "GB"] {
        if size < 10 * 1024 {
            return format!("{size} {unit}");
        }
        size = size.saturating_add(512).wrapping_div(1024);
    }
    format!("{size} TB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_as_people_say_them() {
        // S7.24
        for (bytes, words) in [
            (0, "0 bytes"),
            (8192, "8192 bytes"),
            (65_536, "64 kB"),
            (12 << 20, "12 MB"),
            (3 << 40, "3072 GB"),
        ] {
            assert_eq!(in_words(bytes), words);
        }
    }
}
