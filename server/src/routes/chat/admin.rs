//! Conversations as those who look after them see them (S3.145 to S3.147, S4.41, S4.42).
#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chatflow::{FlowId, SessionId, TenantId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    Departure, SessionQuery, SessionStatus, SessionSummary, StoredSession, UserId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::Shared;
use crate::error::ApiError;
use crate::events::{SessionChange, is_preview};
use crate::host::now;
use crate::identity::{Caller, Manager, Role};
use crate::input::{Paged, Pagination, PathId, QueryOf};

/// Which conversations are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionFilter {
    /// Only those of this user.
    user_id: Option<Uuid>,
    /// Only those that stand so: `active`, `completed` or `abandoned`.
    #[param(inline)]
    status: Option<Status>,
    /// Only those of this flow.
    flow_id: Option<Uuid>,
    /// Only those of this school.
    school_id: Option<Uuid>,
    /// Only those that started on this day or later, e.g. `2026-03-01`.
    #[param(pattern = r"^\d{4}-\d{2}-\d{2}$", format = Date)]
    from_date: Option<String>,
    /// Only those that started on this day or before.
    #[param(pattern = r"^\d{4}-\d{2}-\d{2}$", format = Date)]
    to_date: Option<String>,
    /// Only previews, or only the others.
    preview: Option<bool>,
}

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Active,
    Completed,
    Abandoned,
}

/// A conversation without what was said, and without tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminSession {
    session_id: Uuid,
    #[schema(required)]
    user_id: Option<Uuid>,
    flow_id: Uuid,
    #[schema(required)]
    flow_version: Option<String>,
    #[schema(required)]
    school_id: Option<Uuid>,
    /// The first characters of its token, for support.
    token_hint: String,
    #[schema(required)]
    current_node_id: Option<String>,
    info: Map<String, Value>,
    started_at: String,
    last_activity_at: String,
    #[schema(required)]
    ended_at: Option<String>,
    #[schema(required)]
    ended_reason: Option<String>,
    status: &'static str,
    revision: u64,
    #[schema(required)]
    state_hash: Option<String>,
    trace_enabled: bool,
}

/// A page of conversations.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `Paged::page` writes")]
struct AdminSessions {
    pagination: Pagination,
    data: Vec<AdminSession>,
}

/// The farthest page begins here: who looks for older ones says when they started.
const FARTHEST: u32 = 10_000;

/// Conversations, the newest first.
#[utoipa::path(get, path = "/v1/chat/admin/sessions", tag = "sessions", security(("bearer" = [])),
    params(Paged, SessionFilter), responses((status = 200, body = AdminSessions)))]
pub(crate) async fn list(
    State(app): Shared,
    Manager(caller): Manager,
    QueryOf { value: paged, .. }: QueryOf<Paged>,
    QueryOf { value: filter, .. }: QueryOf<SessionFilter>,
) -> Result<Json<Value>, ApiError> {
    check_role(&caller)?;
    if paged.skip > FARTHEST {
        let message = format!("may be at most {FARTHEST}; ask by date for older conversations");
        return Err(ApiError::field(&["query", "skip"], "value_error.range", message));
    }
    let query = SessionQuery {
        user: filter.user_id.map(UserId),
        status: filter.status.map(|status| match status {
            Status::Active => SessionStatus::Active,
            Status::Completed => SessionStatus::Completed,
            Status::Abandoned => SessionStatus::Abandoned,
        }),
        flow: filter.flow_id.map(FlowId),
        school: filter.school_id.map(TenantId),
        from: filter.from_date.as_deref().map(|day| start_of(day, "from_date")).transpose()?,
        to: filter.to_date.as_deref().map(|day| end_of(day, "to_date")).transpose()?,
        preview: filter.preview,
        after: None,
        limit: paged.skip.saturating_add(paged.limit),
    };
    let page = app.store.list_sessions(&caller.scope, &query).await?;
    let skip = usize::try_from(paged.skip).unwrap_or(usize::MAX);
    let data: Vec<AdminSession> =
        page.sessions.into_iter().skip(skip).map(AdminSession::from).collect();
    Ok(Json(paged.page(&data, page.total.count, page.total.is_capped)))
}

/// One conversation.
#[utoipa::path(get, path = "/v1/chat/admin/sessions/{session_id}", tag = "sessions",
    security(("bearer" = [])), params(("session_id" = Uuid, Path)),
    responses((status = 200, body = AdminSession)))]
pub(crate) async fn read(
    State(app): Shared,
    Manager(caller): Manager,
    PathId(id): PathId,
) -> Result<Json<AdminSession>, ApiError> {
    check_role(&caller)?;
    let found = app.store.load_session(SessionId(id)).await?;
    let is_mine = |session: &StoredSession| {
        let school = session.head.school_id;
        caller.scope.is_system()
            || school.is_some_and(|id| caller.scope.administers().contains(&id))
    };
    let found = found.filter(is_mine).ok_or_else(ApiError::session_not_found)?;
    Ok(Json(AdminSession::from(found)))
}

/// Deletes a conversation with all that was said.
#[utoipa::path(delete, path = "/v1/chat/admin/sessions/{session_id}", tag = "sessions",
    security(("bearer" = [])), params(("session_id" = Uuid, Path)),
    responses((status = 204, description = "Deleted")))]
pub(crate) async fn delete(
    State(app): Shared,
    Manager(caller): Manager,
    PathId(id): PathId,
) -> Result<StatusCode, ApiError> {
    check_role(&caller)?;
    let found = app.store.load_session(SessionId(id)).await?;
    let found = found.ok_or_else(ApiError::session_not_found)?;
    let mut departure = Departure::of(found.head.id);
    if !is_preview(&found.snapshot.info) {
        let change = SessionChange::deleted(&found.head, now());
        departure.events = app.emitter.session(&app.store, &change).await?;
    }
    let has_events = !departure.events.is_empty();
    let gone = app.store.delete_sessions(&caller.scope, &[departure]).await?;
    if gone.is_empty() {
        return Err(ApiError::session_not_found());
    }
    if has_events {
        app.wakes.written(&app.store);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Educators and readers teach; they do not look after conversations (S3.145).
fn check_role(caller: &Caller) -> Result<(), ApiError> {
    match caller.role() {
        Role::Platform | Role::SchoolAdmin => Ok(()),
        Role::Educator | Role::Reader | Role::Learner => Err(ApiError::forbidden()),
    }
}

fn start_of(day: &str, name: &str) -> Result<Timestamp, ApiError> {
    Timestamp::parse(&format!("{day}T00:00:00Z")).ok_or_else(|| {
        ApiError::field(&["query", name], "value_error.date", "must be a day such as 2026-03-01")
    })
}

/// Just behind the day.
fn end_of(day: &str, name: &str) -> Result<Timestamp, ApiError> {
    let start = start_of(day, name)?;
    Ok(Timestamp::from_millis(start.as_millis().saturating_add(86_400_000)))
}

/// What of a session's metadata those who look after it see.
fn public_info(info: &str) -> Map<String, Value> {
    let info: Map<String, Value> = serde_json::from_str(info).unwrap_or_default();
    let shown = |key: &str| matches!(key, "client" | "preview" | "ended_reason");
    info.into_iter().filter(|(key, _)| shown(key)).collect()
}

impl From<SessionSummary> for AdminSession {
    fn from(session: SessionSummary) -> Self {
        Self {
            session_id: session.id.0,
            user_id: session.user_id.map(|id| id.0),
            flow_id: session.flow.id.0,
            flow_version: session.flow_version,
            school_id: session.school_id.map(|id| id.0),
            token_hint: session.token_hint,
            current_node_id: session.current_node_id.map(|id| id.to_string()),
            info: public_info(&session.info),
            started_at: session.started_at.to_string(),
            last_activity_at: session.last_activity_at.to_string(),
            ended_at: session.ended_at.map(|at| at.to_string()),
            ended_reason: session.ended_reason,
            status: session.status.as_str(),
            revision: session.revision.0,
            state_hash: session.state_hash,
            trace_enabled: session.trace_enabled,
        }
    }
}

impl From<StoredSession> for AdminSession {
    fn from(session: StoredSession) -> Self {
        let StoredSession { head, snapshot, revision, last_activity_at, .. } = session;
        Self {
            session_id: head.id.0,
            user_id: head.user_id.map(|id| id.0),
            flow_id: head.flow.id.0,
            flow_version: head.flow_version,
            school_id: head.school_id.map(|id| id.0),
            token_hint: head.token_hint,
            current_node_id: snapshot.current_node_id.map(|id| id.to_string()),
            info: public_info(&snapshot.info),
            started_at: head.started_at.to_string(),
            last_activity_at: last_activity_at.to_string(),
            ended_at: snapshot.ended_at.map(|at| at.to_string()),
            ended_reason: snapshot.ended_reason,
            status: snapshot.status.as_str(),
            revision: revision.0,
            state_hash: snapshot.state_hash,
            trace_enabled: head.trace_enabled,
        }
    }
}
