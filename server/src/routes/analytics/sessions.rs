//! Sessions, one by one (S3.163, S5.40).
#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::extract::State;
use axum::response::Response;
use chatflow::{FlowId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, FactQuery, FlowDraft, Record as _, SessionCursor, SessionOutcome, SessionQuery,
    SessionStatus, SessionSummary,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::analytics::{Days, OfSchool, Reporter, ScopeEcho, Window, seconds};
use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::host::now;
use crate::input::QueryOf;

/// Which sessions are told of.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionsQuery {
    /// How many.
    #[serde(default = "ten")]
    #[param(minimum = 1, maximum = 200, default = 10)]
    limit: u32,
    /// How many to pass over; who looks for older ones says when they started.
    #[serde(default)]
    #[param(minimum = 0, maximum = 10_000, default = 0)]
    offset: u32,
    /// Only those of this flow. Of the caller's own flow they are told of whatever their school; without a flow, and
    /// of any other, they are those of the caller's schools.
    flow_id: Option<Uuid>,
    /// Only those that stand so: `active`, `completed` or `abandoned`.
    #[param(inline)]
    status: Option<Status>,
}

const fn ten() -> u32 {
    10
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Active,
    Completed,
    Abandoned,
}

/// Sessions, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sessions {
    data: Vec<SessionRow>,
    pagination: Offset,
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
struct SessionRow {
    session_id: Uuid,
    flow_id: Uuid,
    /// Null if the caller does not see the flow.
    #[schema(required)]
    flow_name: Option<String>,
    status: &'static str,
    /// In seconds; null while it goes on.
    #[schema(required)]
    duration: Option<f64>,
    /// Whether it reached the end of its flow.
    completed: bool,
    /// Answers that were accepted.
    interactions: u64,
    #[schema(format = DateTime)]
    started_at: String,
    /// Where it stands.
    #[schema(required)]
    last_node_id: Option<String>,
}

/// The place of the sessions among all.
#[expect(clippy::struct_field_names, reason = "they are the names on the wire")]
#[derive(Debug, Serialize, ToSchema)]
struct Offset {
    limit: u32,
    offset: u32,
    /// How many sessions match; exact up to 10,000 (F43).
    total: u64,
    /// There are more than `total`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    total_capped: bool,
}

/// Sessions, one by one, the newest first; previews are none.
#[utoipa::path(get, path = "/v1/cms/analytics/sessions", tag = "analytics",
    security(("bearer" = [])), params(SessionsQuery, Days, OfSchool),
    responses((status = 200, body = Sessions)))]
pub(crate) async fn list(
    State(app): Shared,
    reporter: Reporter,
    QueryOf { value: asked, .. }: QueryOf<SessionsQuery>,
    QueryOf { value: days, .. }: QueryOf<Days>,
    QueryOf { value: of, .. }: QueryOf<OfSchool>,
) -> Result<Response, ApiError> {
    let school = reporter.school(of)?;
    let window = if days.is_usual() { None } else { Some(days.window(now())?) };
    let compute = async {
        let flow = match asked.flow_id {
            Some(id) => Some(reporter.flow(&app, FlowId(id)).await?),
            None => None,
        };
        let edits = |draft: &FlowDraft| {
            draft.stored.record.access().is_some_and(|access| reporter.scope().edits(&access))
        };
        let is_own = flow.as_ref().is_some_and(edits);
        let scope = if is_own { AccessScope::system() } else { reporter.scope().clone() };
        let query = SessionQuery {
            user: None,
            status: asked.status.map(|status| match status {
                Status::Active => SessionStatus::Active,
                Status::Completed => SessionStatus::Completed,
                Status::Abandoned => SessionStatus::Abandoned,
            }),
            flow: asked.flow_id.map(FlowId),
            school,
            from: window.map(Window::begins),
            to: window.map(Window::ends),
            preview: Some(false),
            after: None,
            limit: asked.offset.saturating_add(asked.limit),
        };
        let page = app.store.list_sessions(&scope, &query).await?;
        let offset = usize::try_from(asked.offset).unwrap_or(usize::MAX);
        let found: Vec<_> = page.sessions.into_iter().skip(offset).collect();
        let (limit, offset) = (asked.limit, asked.offset);
        Ok(Sessions {
            data: rows(&app, (&reporter, &scope), found).await?,
            pagination: Offset {
                limit,
                offset,
                total: page.total.count,
                total_capped: page.total.is_capped,
            },
            scope: reporter.echo(school, is_own),
        })
    };
    reporter.answer(&app, compute).await
}

async fn rows(
    app: &App,
    (reporter, scope): (&Reporter, &AccessScope),
    found: Vec<SessionSummary>,
) -> Result<Vec<SessionRow>, ApiError> {
    let mut ids: Vec<FlowId> = found.iter().map(|session| session.flow.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let flows = app.store.flow_drafts(reporter.scope(), &ids).await?;
    let mut rows = Vec::new();
    for session in found {
        let record = flows.iter().map(|draft| &draft.stored.record);
        let name = record.into_iter().find(|record| record.id == session.flow.id);
        let interactions = interactions(app, scope, &session).await?;
        let outcome = SessionOutcome::of(session.status, session.ended_reason.as_deref());
        let took = session.ended_at.map(|ended_at| {
            ended_at.as_millis().saturating_sub(session.started_at.as_millis()).max(0)
        });
        rows.push(SessionRow {
            session_id: session.id.0,
            flow_id: session.flow.id.0,
            flow_name: name.map(|record| record.name.clone()),
            status: session.status.as_str(),
            duration: took.map(|ms| seconds(ms.unsigned_abs(), 1)),
            completed: outcome == SessionOutcome::Completed,
            interactions,
            started_at: session.started_at.to_string(),
            last_node_id: session.current_node_id.map(|node| node.to_string()),
        });
    }
    Ok(rows)
}

/// How many answers of a session were accepted, of whatever flow.
async fn interactions(
    app: &App,
    scope: &AccessScope,
    session: &SessionSummary,
) -> Result<u64, ApiError> {
    let at = session.started_at;
    let next = Timestamp::from_millis(at.as_millis().saturating_add(1));
    // The one behind the place just before it.
    let before = session.id.0.as_u128().checked_sub(1).map(Uuid::from_u128).unwrap_or_default();
    let after = SessionCursor { started_at: at, id: chatflow::SessionId(before) };
    let query =
        FactQuery { after: Some(after), limit: 1, ..FactQuery::of(session.flow.id, at, next) };
    let found = app.store.session_facts(scope, &query).await?;
    let own = found.iter().find(|facts| facts.id == session.id);
    let answers = own.map_or(0, |facts| facts.story().answers.len());
    Ok(u64::try_from(answers).unwrap_or(u64::MAX))
}
