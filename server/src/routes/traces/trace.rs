//! The trace of one session (S3.131, S7.21).
#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::Json;
use axum::extract::State;
use chatflow::{Revision, SessionId};
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessType, StoredSession, TraceQuery};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::access::Look;
use super::rebuild::{Rebuilder, Step};
use super::{check_role, masked};
use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::identity::{Caller, Signed};
use crate::input::{PathId, QueryOf};
use crate::trail::Trail;

/// How many turns are read at a time.
const TURNS: u64 = 200;

/// Which steps are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StepFilter {
    /// How many steps to pass over.
    #[serde(default)]
    #[param(minimum = 0, maximum = 2_147_483_647, default = 0)]
    skip: u32,
    /// How many steps to answer with at most.
    #[serde(default = "most_steps")]
    #[param(minimum = 0, maximum = 1000, default = 1000)]
    limit: u32,
}

const fn most_steps() -> u32 {
    1000
}

/// What a session did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionTrace {
    session: TracedSession,
    steps: Vec<Step>,
    /// Of the whole session.
    total_steps: u64,
    /// Of the whole session.
    total_duration_ms: u64,
}

/// The session of a trace.
#[derive(Debug, Serialize, ToSchema)]
struct TracedSession {
    id: Uuid,
    /// The first characters of its token, for support.
    session_token: String,
    #[schema(required)]
    user_id: Option<Uuid>,
    flow_id: Uuid,
    #[schema(required)]
    flow_version: Option<String>,
    status: &'static str,
    started_at: String,
    #[schema(required)]
    ended_at: Option<String>,
}

/// What a session did, step by step. Whoever reads it is written down.
#[utoipa::path(get, path = "/v1/cms/sessions/{session_id}/trace", tag = "traces",
    security(("bearer" = [])), params(("session_id" = Uuid, Path), StepFilter),
    responses((status = 200, body = SessionTrace)))]
pub(crate) async fn read(
    State(app): Shared,
    Signed(caller): Signed,
    PathId(id): PathId,
    QueryOf { value: asked, .. }: QueryOf<StepFilter>,
    trail: Trail,
) -> Result<Json<SessionTrace>, ApiError> {
    check_role(&caller)?;
    let session = SessionId(id);
    let stored = visible(&app, &caller, session).await?;
    let mut rebuilder = Rebuilder::new(session, asked.skip.into(), asked.limit.into());
    let mut from = Revision(0);
    let totals = loop {
        let query = TraceQuery { session, from, limit: TURNS };
        let page = app.store.session_trace(&caller.scope, query).await?;
        for row in &page.rows {
            rebuilder.turn(row)?;
        }
        let last = page.rows.last().map(|row| row.revision.0.saturating_add(1));
        let is_whole = u64::try_from(page.rows.len()).unwrap_or(u64::MAX) < TURNS;
        match last {
            Some(next) if !is_whole && !rebuilder.is_full() => from = Revision(next),
            _ => break page.totals,
        }
    };
    let steps = rebuilder.into_steps();
    let look = Look {
        caller: &caller,
        trail,
        kind: AccessType::View,
        session: Some(session),
        flow: Some(stored.head.flow.id),
        seen: json!({"steps_viewed": steps.len()}),
    };
    look.record(&app).await?;
    Ok(Json(SessionTrace {
        session: TracedSession::from(stored),
        steps,
        total_steps: totals.steps,
        total_duration_ms: totals.duration_ms,
    }))
}

/// The session, if the caller may see its trace (S2.30).
async fn visible(app: &App, caller: &Caller, id: SessionId) -> Result<StoredSession, ApiError> {
    let stored = app.store.load_session(id).await?.ok_or_else(ApiError::session_not_found)?;
    if caller.scope.is_system() {
        return Ok(stored);
    }
    let school = stored.head.school_id.filter(|school| caller.scope.traced().contains(school));
    if let Some(school) = school {
        let flow = app.store.flow(&caller.scope, stored.head.flow.id).await?;
        if flow.is_some_and(|flow| flow.school_id == Some(school)) {
            return Ok(stored);
        }
    }
    Err(ApiError::session_not_found())
}

impl From<StoredSession> for TracedSession {
    fn from(stored: StoredSession) -> Self {
        let StoredSession { head, snapshot, .. } = stored;
        Self {
            id: head.id.0,
            session_token: masked(&head.token_hint),
            user_id: head.user_id.map(|id| id.0),
            flow_id: head.flow.id.0,
            flow_version: head.flow_version,
            status: snapshot.status.as_str(),
            started_at: head.started_at.to_string(),
            ended_at: snapshot.ended_at.map(|at| at.to_string()),
        }
    }
}
