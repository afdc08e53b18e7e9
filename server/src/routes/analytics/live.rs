//! What goes on at this moment (S3.159, S5.37).

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use chatflow::{FlowId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{EventQuery, LiveFlow, LiveQuery, StoredEvent};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::analytics::{Listed, OfSchool, Reporter, ScopeEcho, listed, rate};
use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::host::now;
use crate::input::QueryOf;

const MINUTE: i64 = 60_000;

/// How many flows are told of.
const TOP: usize = 5;

/// How many events are told of; one stands there once for each receiver.
const EVENTS: usize = 20;

/// How many are looked at for that.
const LOOKED_AT: u32 = 200;

/// What goes on at this moment.
#[expect(clippy::struct_field_names, reason = "they are the names on the wire")]
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RealTime {
    #[schema(format = DateTime)]
    timestamp: String,
    /// Sessions that go on and were active within half an hour.
    active_sessions: u64,
    /// Answers of the last five minutes.
    current_interactions: u64,
    /// Half of the turns of the last five minutes took no more milliseconds, in this process. Null without any.
    #[schema(required)]
    response_time: Option<f64>,
    /// The part of the requests of conversations that failed in the last five minutes, in this process.
    error_rate: f64,
    sessions_last_hour: u64,
    top_active_flows: Vec<ActiveFlow>,
    /// The newest first.
    real_time_events: Vec<LiveEvent>,
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ActiveFlow {
    flow_id: Uuid,
    name: String,
    active_sessions: u64,
}

/// Something that was told of.
#[derive(Debug, Serialize, ToSchema)]
struct LiveEvent {
    #[schema(format = DateTime)]
    timestamp: String,
    event: String,
    #[schema(required)]
    flow_id: Option<Uuid>,
    #[schema(required)]
    session_id: Option<Uuid>,
}

/// What goes on at this moment; never an answer of before.
#[utoipa::path(get, path = "/v1/cms/analytics/real-time", tag = "analytics",
    security(("bearer" = [])), params(OfSchool), responses((status = 200, body = RealTime)))]
pub(crate) async fn read(
    State(app): Shared,
    reporter: Reporter,
    QueryOf { value: of, .. }: QueryOf<OfSchool>,
) -> Result<Json<RealTime>, ApiError> {
    let school = reporter.school(of)?;
    let at = now();
    let ago = |minutes: i64| {
        Timestamp::from_millis(at.as_millis().saturating_sub(minutes.saturating_mul(MINUTE)))
    };
    let flows = listed(&app.store, reporter.scope()).await?;
    let query = LiveQuery {
        flows: flows.iter().map(|flow| flow.id).collect(),
        school,
        // Hardly any that has ended in the last minutes took longer.
        from: ago(2 * 24 * 60),
        active_since: ago(30),
        inputs_since: ago(5),
        started_since: ago(60),
    };
    let mut live = app.store.live_flows(reporter.scope(), &query).await?;
    let sum = |of: fn(&LiveFlow) -> u64| live.iter().map(of).fold(0, u64::saturating_add);
    let (active, inputs, started) =
        (sum(|flow| flow.active), sum(|flow| flow.inputs), sum(|flow| flow.started));
    live.retain(|flow| flow.active > 0);
    live.sort_by(|a, b| b.active.cmp(&a.active).then_with(|| a.flow.cmp(&b.flow)));
    let lately = app.metrics.recent.lately();
    Ok(Json(RealTime {
        timestamp: at.to_string(),
        active_sessions: active,
        current_interactions: inputs,
        response_time: lately.median.map(milliseconds),
        error_rate: rate(lately.failures, lately.requests),
        sessions_last_hour: started,
        top_active_flows: live
            .iter()
            .take(TOP)
            .filter_map(|live| active_flow(&flows, live))
            .collect(),
        real_time_events: events(&app, &reporter, school.map(|school| school.0)).await?,
        scope: reporter.echo(school, flows.iter().all(|flow| flow.is_own)),
    }))
}

/// To the microsecond.
fn milliseconds(took: Duration) -> f64 {
    Duration::from_micros(u64::try_from(took.as_micros()).unwrap_or(u64::MAX)).as_secs_f64()
        * 1000.0
}

fn active_flow(flows: &[Listed], live: &LiveFlow) -> Option<ActiveFlow> {
    let is_it = |flow: &&Listed| flow.id == live.flow;
    let FlowId(flow_id) = live.flow;
    let name = flows.iter().find(is_it)?.name.clone();
    Some(ActiveFlow { flow_id, name, active_sessions: live.active })
}

/// What happened last, each once however many are told of it.
async fn events(
    app: &App,
    reporter: &Reporter,
    school: Option<Uuid>,
) -> Result<Vec<LiveEvent>, ApiError> {
    let query = EventQuery { limit: LOOKED_AT, ..EventQuery::default() };
    let found = app.store.events(reporter.scope(), &query).await?;
    let is_asked = |stored: &StoredEvent| {
        let of = stored.event.school_id.map(|school| school.0);
        school.is_none() || of == school
    };
    let mut seen = BTreeSet::new();
    let found = found.into_iter().filter(is_asked).filter(|stored| {
        // Whoever is told of an event is told the same.
        let event = &stored.event;
        seen.insert((event.created_at, event.event_type.clone(), event.payload.clone()))
    });
    let told = |StoredEvent { event, .. }: StoredEvent| LiveEvent {
        timestamp: event.created_at.to_string(),
        event: event.event_type,
        flow_id: event.flow_id.map(|flow| flow.0),
        session_id: event.session_id.map(|session| session.0),
    };
    Ok(found.map(told).take(EVENTS).collect())
}
