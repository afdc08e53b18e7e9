//! Flows in pages, and one of them (S3.63, S3.64, S3.80, S3.81).

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use chatflow::{FlowId, TenantId};
use chatflow_storage::prelude::*;
use chatflow_storage::{FlowQuery, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::detail::{FlowCard, FlowDetail, FlowShown};
use super::fields;
use crate::app::Shared;
use crate::authoring::load;
use crate::error::ApiError;
use crate::identity::{Manager, Role, Signed};
use crate::input::{Condition, Paged, Pagination, PathId, QueryOf};

/// Which flows are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filters {
    /// Only published ones, or only the others.
    published: Option<bool>,
    /// The same under an older name.
    is_published: Option<bool>,
    /// `true` unless given; `all` for both.
    #[param(
        pattern = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo]|0|1|[Aa][Ll][Ll])$"
    )]
    active: Option<String>,
    /// A part of the name or the description, in whatever case.
    #[param(max_length = 200)]
    search: Option<String>,
    /// The label of the draft.
    version: Option<String>,
    school_id: Option<Uuid>,
    #[param(
        pattern = "^([Pp][Rr][Ii][Vv][Aa][Tt][Ee]|[Ss][Cc][Hh][Oo][Oo][Ll]|[Pp][Uu][Bb][Ll][Ii][Cc]|[Ww][Rr][Ii][Vv][Ee][Tt][Ee][Dd]|[Gg][Ll][Oo][Bb][Aa][Ll])$"
    )]
    visibility: Option<String>,
    /// Whether `info.embeddable` is true.
    embeddable: Option<bool>,
    created_by: Option<Uuid>,
    /// False leaves `public` flows out.
    include_public: Option<bool>,
    /// `brief` leaves `flow_data`, `info` and `contract` out.
    #[param(pattern = "^brief$")]
    fields: Option<String>,
    /// How many rows to pass over.
    #[serde(default)]
    #[param(minimum = 0, maximum = 2_147_483_647, default = 0)]
    skip: u32,
    /// How many rows to answer with at most.
    #[serde(default = "Paged::usual")]
    #[param(minimum = 0, maximum = 1000, default = 100)]
    limit: u32,
}

/// A page of flows.
#[derive(Debug, Serialize, ToSchema)]
struct FlowsPage {
    pagination: Pagination,
    data: Vec<FlowDetail>,
}

/// The flows that the caller may see, the newest first.
#[utoipa::path(get, path = "/v1/cms/flows", tag = "flows", security(("bearer" = [])),
    params(Filters), responses((status = 200, body = FlowsPage)))]
pub(crate) async fn list(
    State(app): Shared,
    Manager(caller): Manager,
    QueryOf { value: filters, .. }: QueryOf<Filters>,
) -> Result<Json<Value>, ApiError> {
    let active = filters.active.as_deref().unwrap_or("true").to_ascii_lowercase();
    let query = FlowQuery {
        published: filters.published.or(filters.is_published),
        active: match active.as_str() {
            "all" => None,
            other => Some(matches!(other, "true" | "yes" | "1")),
        },
        search: filters.search,
        version: filters.version,
        school: filters.school_id.map(TenantId),
        visibility: filters.visibility.as_deref().map(fields::visibility).transpose()?,
        embeddable: filters.embeddable,
        created_by: filters.created_by.map(UserId),
        without_public: filters.include_public == Some(false),
        skip: filters.skip,
        limit: filters.limit,
    };
    let page = app.store.list_flows(&caller.scope, &query).await?;
    let is_brief = filters.fields.is_some();
    let details = page.flows.iter().map(|draft| FlowDetail::of(draft, is_brief));
    let details = details.collect::<Result<Vec<_>, _>>()?;
    let paged = Paged { skip: filters.skip, limit: filters.limit };
    Ok(Json(paged.page(&details, page.total.count, page.total.is_capped)))
}

/// How a flow is looked at.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Look {
    /// Shows a deleted flow to those who may edit it.
    include_inactive: Option<bool>,
}

/// A flow; learners see less of it.
#[utoipa::path(get, path = "/v1/cms/flows/{flow_id}", tag = "flows", security(("bearer" = [])),
    params(("flow_id" = Uuid, Path), Look),
    responses((status = 200, body = FlowShown), (status = 304, description = "Not changed")))]
pub(crate) async fn read(
    State(app): Shared,
    Signed(caller): Signed,
    PathId(id): PathId,
    QueryOf { value: look, .. }: QueryOf<Look>,
    condition: Condition,
) -> Result<Response, ApiError> {
    let draft = load(&app, &caller.scope, FlowId(id)).await?;
    let record = &draft.stored.record;
    // Only those who may edit it find it at all.
    if !record.is_active && look.include_inactive != Some(true) {
        return Err(ApiError::flow_not_found());
    }
    let shown = if caller.role() == Role::Learner {
        FlowShown::Card(FlowCard::of(&draft))
    } else {
        FlowShown::Full(Box::new(FlowDetail::of(&draft, false)?))
    };
    Ok(condition.answer(draft.stored.row_version, Json(shown)))
}
