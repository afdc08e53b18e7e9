//! How the sessions of a flow are traced (S3.132, S3.133, S7.22).

use axum::Json;
use axum::extract::State;
use chatflow::FlowId;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    ApplyError, Batch, Change, FlowChange, FlowRecord, FlowTracing, LookUp, Stored, TraceLevel,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::viewed;
use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::events::Happening;
use crate::host::now;
use crate::identity::{Caller, Manager};
use crate::input::{JsonBody, PathId};
use crate::trail::{Deed, Trail};

/// How often to begin anew when others change the flow at the same time.
const TRIES: usize = 5;

/// How the sessions of a flow are traced.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TracingConfig {
    flow_id: Uuid,
    enabled: bool,
    level: Level,
    /// The part of the sessions that is traced.
    #[schema(minimum = 0, maximum = 1)]
    sample_rate: f64,
    /// Days that traces are kept.
    retention_days: u32,
}

/// How they are to be traced.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TracingBody {
    enabled: bool,
    #[schema(value_type = Level, required = false, default = "standard")]
    level: Option<Level>,
    /// The part of the sessions that is traced.
    #[schema(value_type = f64, required = false, minimum = 0, maximum = 1, default = 1.0)]
    sample_rate: Option<f64>,
    /// Days that traces are kept; as before if it is absent.
    #[schema(value_type = u32, required = false, minimum = 1, maximum = 3650)]
    retention_days: Option<u32>,
}

/// How much of a session is traced.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    Minimal,
    Standard,
    Verbose,
}

/// How the sessions of a flow are traced.
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/tracing", tag = "traces",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path)),
    responses((status = 200, body = TracingConfig)))]
pub(crate) async fn read(
    State(app): Shared,
    Manager(caller): Manager,
    PathId(id): PathId,
) -> Result<Json<TracingConfig>, ApiError> {
    let flow = viewed(&app, &caller, FlowId(id)).await?;
    Ok(Json(told(flow.id, flow.tracing, flow.retention_days)))
}

/// Says how sessions that start from now on are traced.
#[utoipa::path(post, path = "/v1/cms/flows/{flow_id}/tracing", tag = "traces",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path)), request_body = TracingBody,
    responses((status = 200, body = TracingConfig)))]
pub(crate) async fn write(
    State(app): Shared,
    Manager(caller): Manager,
    PathId(id): PathId,
    trail: Trail,
    JsonBody { value: body, .. }: JsonBody<TracingBody>,
) -> Result<Json<TracingConfig>, ApiError> {
    let id = FlowId(id);
    let mut last = None;
    for _ in 0..TRIES {
        let look_up = LookUp { id: Some(id.0), ..LookUp::default() };
        let Some(old) = app.store.find_flow(&caller.scope, look_up).await? else {
            viewed(&app, &caller, id).await?;
            return Err(ApiError::forbidden());
        };
        let new = FlowRecord {
            trace_enabled: body.enabled,
            trace_level: stored(body.level.unwrap_or(Level::Standard)),
            trace_sample_rate: percent(body.sample_rate.unwrap_or(1.0)),
            retention_days: body.retention_days.unwrap_or(old.record.retention_days),
            ..old.record.clone()
        };
        let config = told(id, new.tracing(), new.retention_days);
        if new == old.record {
            return Ok(Json(config));
        }
        match save(&app, &caller, &trail, old, new).await? {
            Ok(()) => return Ok(Json(config)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(|| ApiError::internal("no try was made"), ApiError::from))
}

/// Writes a flow with its event and its entry in the audit log; the inner error says that somebody
/// else was quicker.
async fn save(
    app: &App,
    caller: &Caller,
    trail: &Trail,
    old: Stored<FlowRecord>,
    new: FlowRecord,
) -> Result<Result<(), ApplyError>, ApiError> {
    let at = now();
    let facts = |flow: &FlowRecord| {
        [
            ("trace_enabled", json!(flow.trace_enabled)),
            ("trace_level", json!(flow.trace_level.as_str())),
            ("trace_sample_rate", json!(flow.trace_sample_rate)),
            ("retention_days", json!(flow.retention_days)),
        ]
    };
    let pairs = facts(&old.record).into_iter().zip(facts(&new));
    let differ = pairs.filter(|((_, before), (_, after))| before != after);
    let changes: Map<_, _> = differ
        .map(|((name, before), (_, after))| (name.to_owned(), json!([before, after])))
        .collect();
    let names: Vec<&String> = changes.keys().collect();
    let data = json!({
        "flow_name": new.name, "changes": names, "row_version": old.row_version.saturating_add(1),
    });
    let (row, by) = (("flow", new.id.0), (caller, trail, at));
    let happening = Happening::of_row("flow_updated", row, new.school_id, by, data);
    let events = app.emitter.tell(&app.store, &happening, None).await?;
    let deed = Deed {
        action: "flow.tracing".to_owned(),
        resource_type: "flow",
        resource_id: new.id.to_string(),
        school_id: new.school_id,
        changes: changes.into(),
    };
    let audit = vec![trail.entry(caller, deed, at)?];
    let flow = Change { expected: Some(old.row_version), record: new };
    let flows = vec![FlowChange { flow, publish: None }];
    let batch = Batch { at, flows, events, audit, ..Batch::default() };
    match app.store.apply(&caller.scope, &batch).await {
        Ok(_) => Ok(Ok(())),
        Err(error @ ApplyError::Conflict { .. }) => Ok(Err(error)),
        Err(error) => Err(error.into()),
    }
}

fn told(id: FlowId, tracing: FlowTracing, retention_days: u32) -> TracingConfig {
    TracingConfig {
        flow_id: id.0,
        enabled: tracing.enabled,
        level: match tracing.level {
            TraceLevel::Minimal => Level::Minimal,
            TraceLevel::Standard => Level::Standard,
            TraceLevel::Verbose => Level::Verbose,
        },
        sample_rate: f64::from(tracing.sample_rate) / 100.0,
        retention_days,
    }
}

const fn stored(level: Level) -> TraceLevel {
    match level {
        Level::Minimal => TraceLevel::Minimal,
        Level::Standard => TraceLevel::Standard,
        Level::Verbose => TraceLevel::Verbose,
    }
}

/// A part as it is stored: in percent, rounded, but what is not nothing is at least 1 (S7.22).
fn percent(rate: f64) -> u32 {
    let rounded =
        (0..=100_u32).rev().find(|percent| f64::from(*percent) <= rate.mul_add(100.0, 0.5));
    rounded.unwrap_or(0).max(u32::from(rate > 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_rounded_and_never_lost() {
        // S7.22
        for (rate, expected) in
            [(0.0, 0), (0.001, 1), (0.014, 1), (0.015, 2), (0.29, 29), (0.999, 100), (1.0, 100)]
        {
            assert_eq!(percent(rate), expected, "{rate}");
        }
    }
}
