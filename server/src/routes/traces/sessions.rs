//! The sessions of a flow, with what is known of their traces (S3.130, S7.20).
#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::Json;
use axum::extract::State;
use chatflow::{FlowId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessType, FlowSession, FlowSessionQuery, SessionStatus, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::access::Look;
use super::{masked, traced};
use crate::app::Shared;
use crate::error::ApiError;
use crate::identity::Signed;
use crate::input::{Paged, PathId, QueryOf};
use crate::trail::Trail;

/// How many nodes a summary of a path names.
const NODES: usize = 10;

/// Which sessions are wanted.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FlowSessionFilter {
    /// Only those that stand so: `active`, `completed` or `abandoned`.
    #[param(inline)]
    status: Option<Status>,
    /// Only those of this user.
    user_id: Option<Uuid>,
    /// Only those that started at this moment or later.
    #[param(max_length = 40)]
    from_date: Option<String>,
    /// Only those that started at this moment or before.
    #[param(max_length = 40)]
    to_date: Option<String>,
    /// Only those with, or without, a step that failed.
    has_errors: Option<bool>,
    /// Only those of the version with this label.
    #[param(max_length = 50)]
    version: Option<String>,
    /// Only those that are traced, or are not.
    traced: Option<bool>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Active,
    Completed,
    Abandoned,
}

/// A page of sessions, in the form of the old service.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionList {
    items: Vec<SessionItem>,
    total: u64,
    limit: u32,
    offset: u32,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
struct SessionItem {
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
    /// 0 if it is not traced.
    total_steps: u64,
    has_errors: bool,
    error_count: u64,
    /// The first nodes that it went through.
    path_summary: Vec<String>,
}

/// The sessions of a flow, the newest first. Whoever reads them is written down.
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}/sessions", tag = "traces",
    security(("bearer" = [])), params(("flow_id" = Uuid, Path), Paged, FlowSessionFilter),
    responses((status = 200, body = SessionList)))]
pub(crate) async fn list(
    State(app): Shared,
    Signed(caller): Signed,
    PathId(id): PathId,
    (page, trail): (QueryOf<Paged>, Trail),
    QueryOf { value: filter, .. }: QueryOf<FlowSessionFilter>,
) -> Result<Json<SessionList>, ApiError> {
    let (flow, paged) = (FlowId(id), page.value);
    traced(&app, &caller, flow).await?;
    let mut seen = json!({"filters": filter});
    let query = FlowSessionQuery {
        flow,
        status: filter.status.map(|status| match status {
            Status::Active => SessionStatus::Active,
            Status::Completed => SessionStatus::Completed,
            Status::Abandoned => SessionStatus::Abandoned,
        }),
        user_id: filter.user_id.map(UserId),
        from: filter.from_date.as_deref().map(|text| moment(text, "from_date")).transpose()?,
        to: filter.to_date.as_deref().map(|text| moment(text, "to_date")).transpose()?,
        has_errors: filter.has_errors,
        version: filter.version,
        traced: filter.traced,
        skip: paged.skip.into(),
        limit: paged.limit.into(),
    };
    let page = app.store.flow_sessions(&caller.scope, &query).await?;
    if let Some(seen) = seen.as_object_mut() {
        seen.insert("result_count".to_owned(), json!(page.rows.len()));
    }
    let kind = AccessType::List;
    Look { caller: &caller, trail, kind, session: None, flow: Some(flow), seen }
        .record(&app)
        .await?;
    Ok(Json(SessionList {
        items: page.rows.into_iter().map(SessionItem::from).collect(),
        total: page.total,
        limit: paged.limit,
        offset: paged.skip,
    }))
}

/// A moment; without an offset it is in UTC (S1.4).
fn moment(text: &str, name: &str) -> Result<Timestamp, ApiError> {
    let in_utc = || Timestamp::parse(&format!("{text}Z"));
    let found = Timestamp::parse(text).or_else(in_utc);
    found.or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z"))).ok_or_else(|| {
        let message = "must be a moment such as 2026-03-01T10:00:00Z";
        ApiError::field(&["query", name], "value_error.date", message)
    })
}

impl From<FlowSession> for SessionItem {
    fn from(session: FlowSession) -> Self {
        Self {
            id: session.id.0,
            session_token: masked(&session.token_hint),
            user_id: session.user_id.map(|id| id.0),
            flow_id: session.flow.id.0,
            flow_version: session.flow_version,
            status: session.status.as_str(),
            started_at: session.started_at.to_string(),
            ended_at: session.ended_at.map(|at| at.to_string()),
            total_steps: session.totals.steps,
            has_errors: session.totals.errors > 0,
            error_count: session.totals.errors,
            path_summary: summary(&session.paths),
        }
    }
}

/// The first nodes of the turns' paths (F45); what a turn only left is no visit.
fn summary(paths: &[String]) -> Vec<String> {
    let visits = paths
        .iter()
        .flat_map(|path| serde_json::from_str::<Vec<Vec<Value>>>(path).unwrap_or_default());
    let node = |visit: Vec<Value>| match visit.as_slice() {
        [_, Value::String(node), _] => Some(node.clone()),
        _ => None,
    };
    visits.filter_map(node).take(NODES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_each_visit_once() {
        // F45
        let paths = [
            r#"[["f","a","default"],["f","b",null]]"#.to_owned(),
            r#"[["f","b","$0","left"],["f","c",null]]"#.to_owned(),
        ];
        assert_eq!(summary(&paths), ["a", "b", "c"]);
    }

    #[test]
    fn moments_may_lack_an_offset() {
        // S1.4
        let ten = moment("2026-03-01T10:00:00", "x").unwrap();
        assert_eq!(ten, moment("2026-03-01T10:00:00Z", "x").unwrap());
        assert!(moment("2026-03-01", "x").is_ok());
        assert!(moment("soon", "x").is_err());
    }
}
