//! What operators and clients ask of the service itself (S3.185 to S3.190).

use axum::Json;
use axum::extract::State;
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chatflow_storage::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::Shared;
use crate::edge;
use crate::error::{ApiError, complete};
use crate::identity::Signed;
use crate::metrics;
use crate::routes::described::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(me))
        .routes(routes!(version))
        .routes(routes!(alive))
        .routes(routes!(health))
        .routes(routes!(ready))
        .routes(routes!(metrics::serve))
}

/// What the service sees in the caller.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    #[schema(example = "user")]
    account_type: &'static str,
    id: Uuid,
    /// The type within its kind, e.g. `educator` or `lms`.
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    school_ids: Vec<Uuid>,
    roles: Vec<&'static str>,
}

/// Who the caller is.
#[utoipa::path(get, path = "/v1/auth/me", tag = "service", security(("bearer" = [])),
    responses((status = 200, body = Me)))]
async fn me(Signed(caller): Signed) -> Json<Me> {
    Json(Me {
        account_type: caller.kind.account_type(),
        id: caller.id,
        kind: caller.kind.as_str(),
        school_ids: caller.schools.iter().map(|school| school.0).collect(),
        roles: vec![caller.role().as_str()],
        name: caller.name,
    })
}

/// What runs here.
#[expect(clippy::struct_field_names, reason = "they are the names on the wire")]
#[derive(Debug, Serialize, ToSchema)]
struct Version {
    version: &'static str,
    /// Null in builds outside a checkout.
    git_commit: Option<&'static str>,
    /// The number of the newest migration.
    schema_version: u32,
}

/// Which version of the service runs.
#[utoipa::path(get, path = "/v1/version", tag = "service", responses((status = 200, body = Version)))]
async fn version() -> Json<Version> {
    Json(Version {
        version: env!("CARGO_PKG_VERSION"),
        git_commit: option_env!("CHATFLOW_COMMIT"),
        schema_version: chatflow_sqlite::newest_migration(),
    })
}

/// How the service is.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

const OK: Health = Health { status: "ok" };

/// Whether the process answers; the database is not asked.
#[utoipa::path(get, path = "/healthz", tag = "service", responses((status = 200, body = Health)))]
async fn alive() -> Json<Health> {
    Json(OK)
}

/// The same under an older name.
#[utoipa::path(get, path = "/health", tag = "service", responses((status = 200, body = Health)))]
async fn health() -> Json<Health> {
    Json(OK)
}

/// Whether requests can be served: the database answers and its tables are up to date.
#[utoipa::path(get, path = "/readyz", tag = "service",
    responses((status = 200, body = Health), (status = 503, description = "the database does not answer")))]
async fn ready(State(app): Shared) -> Result<Json<Health>, ApiError> {
    // Tables were brought up to date before, so one read tells.
    app.store.setting("ready").await.map(|_| Json(OK)).map_err(|error| {
        ApiError::from(error).or_status(StatusCode::SERVICE_UNAVAILABLE, "unavailable")
    })
}

/// What is said of a service that is still opening its database; on other questions it waits.
pub(crate) fn while_starting<B>(request: &Request<B>) -> Option<Response> {
    if request.method() != Method::GET {
        return None;
    }
    let answer = match request.uri().path() {
        "/healthz" | "/health" => Ok(Json(OK)),
        "/readyz" => {
            let detail = "The service is starting";
            Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail))
        }
        _ => return None,
    };
    let checked = edge::check_head(request.uri(), request.headers());
    let mut response = checked.and(answer).into_response();
    let id = edge::request_id(request.headers());
    edge::guard(response.headers_mut(), id.as_ref());
    Some(complete(response, id.as_ref()))
}
