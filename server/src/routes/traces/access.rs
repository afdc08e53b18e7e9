//! Who looked at traces (S3.136, S7.25).
#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::Json;
use axum::extract::State;
use chatflow::{FlowId, SessionId};
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessQuery, AccessType, Total, TraceAccess, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::unavailable;
use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::host::now;
use crate::identity::{Caller, Platform};
use crate::input::{Paged, Pagination, QueryOf};
use crate::token::random_id;
use crate::trail::Trail;

/// One look.
pub(super) struct Look<'a> {
    pub(super) caller: &'a Caller,
    pub(super) trail: Trail,
    pub(super) kind: AccessType,
    pub(super) session: Option<SessionId>,
    pub(super) flow: Option<FlowId>,
    /// What was seen: a JSON object.
    pub(super) seen: Value,
}

impl Look<'_> {
    /// Writes it down before anything is shown.
    pub(super) async fn record(self, app: &App) -> Result<(), ApiError> {
        let user = self.caller.user_id();
        let access = TraceAccess {
            id: random_id()?,
            session_id: self.session,
            flow_id: self.flow,
            accessed_by: user.map(UserId),
            service_account_id: user.is_none().then_some(self.caller.id),
            actor_label: self.caller.name.clone(),
            access_type: self.kind,
            accessed_at: now(),
            ip_address: self.trail.ip,
            user_agent: self.trail.user_agent,
            data_accessed: Some(self.seen.to_string()),
        };
        app.store.record_access(&access).await.map_err(unavailable)
    }
}

/// Which looks are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LookFilter {
    /// Only those at this session.
    session_id: Option<Uuid>,
}

/// A look at traces.
#[derive(Debug, Serialize, ToSchema)]
struct LookRow {
    id: Uuid,
    /// Null for lists, and when the session is gone.
    #[schema(required)]
    session_id: Option<Uuid>,
    #[schema(required)]
    flow_id: Option<Uuid>,
    #[schema(required)]
    accessed_by: Option<Uuid>,
    #[schema(required)]
    service_account_id: Option<Uuid>,
    /// Who looked, even when the account is gone.
    actor_label: String,
    /// `view_trace`, `list` or `export`.
    access_type: &'static str,
    accessed_at: String,
    #[schema(required)]
    ip_address: Option<String>,
    #[schema(required)]
    user_agent: Option<String>,
    #[schema(required)]
    data_accessed: Option<Map<String, Value>>,
}

/// A page of looks.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `Paged::page` writes")]
struct Looks {
    pagination: Pagination,
    data: Vec<LookRow>,
}

/// Who looked at traces, the newest first.
#[utoipa::path(get, path = "/v1/cms/trace-audit", tag = "traces", security(("bearer" = [])),
    params(Paged, LookFilter), responses((status = 200, body = Looks)))]
pub(crate) async fn list(
    State(app): Shared,
    Platform(caller): Platform,
    QueryOf { value: paged, .. }: QueryOf<Paged>,
    QueryOf { value: filter, .. }: QueryOf<LookFilter>,
) -> Result<Json<Value>, ApiError> {
    let query = AccessQuery {
        session: filter.session_id.map(SessionId),
        skip: paged.skip.into(),
        limit: paged.limit.into(),
    };
    let page = app.store.accesses(&caller.scope, query).await?;
    let rows: Vec<LookRow> = page.rows.into_iter().map(LookRow::from).collect();
    let total = Total::of(page.total);
    Ok(Json(paged.page(&rows, total.count, total.is_capped)))
}

impl From<TraceAccess> for LookRow {
    fn from(access: TraceAccess) -> Self {
        let seen = access.data_accessed.and_then(|seen| serde_json::from_str(&seen).ok());
        Self {
            id: access.id,
            session_id: access.session_id.map(|id| id.0),
            flow_id: access.flow_id.map(|id| id.0),
            accessed_by: access.accessed_by.map(|id| id.0),
            service_account_id: access.service_account_id,
            actor_label: access.actor_label,
            access_type: access.access_type.as_str(),
            accessed_at: access.accessed_at.to_string(),
            ip_address: access.ip_address,
            user_agent: access.user_agent,
            data_accessed: seen,
        }
    }
}
