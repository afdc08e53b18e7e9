//! What sessions did, step by step, for those who look for faults (S3.130 to S3.137, section 7.4).

mod access;
mod config;
mod rebuild;
mod sessions;
mod storage;
mod trace;

use axum::http::StatusCode;
use chatflow::FlowId;
use chatflow_storage::prelude::*;
use chatflow_storage::{FlowSummary, LookUp, RowAccess};

use crate::app::App;
use crate::error::ApiError;
use crate::identity::{Caller, Role};
use crate::routes::described::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(sessions::list))
        .routes(routes!(trace::read))
        .routes(routes!(config::read, config::write))
        .routes(routes!(storage::stats))
        .routes(routes!(storage::usage))
        .routes(routes!(access::list))
        .routes(routes!(storage::clean))
}

/// Traces are for those who run the platform or a school (S2.30).
fn check_role(caller: &Caller) -> Result<(), ApiError> {
    match caller.role() {
        Role::Platform | Role::SchoolAdmin => Ok(()),
        Role::Educator | Role::Reader | Role::Learner => Err(ApiError::forbidden()),
    }
}

/// A flow that the caller may view (S2.15), whether it is in use or not.
async fn viewed(app: &App, caller: &Caller, id: FlowId) -> Result<FlowSummary, ApiError> {
    let found = app.store.flow(&caller.scope, id).await?;
    let is_viewed = |flow: &FlowSummary| {
        caller.scope.views(&RowAccess {
            visibility: flow.visibility,
            school_id: flow.school_id,
            created_by: None,
            is_live: flow.is_active && flow.is_published,
        })
    };
    if let Some(flow) = found.filter(is_viewed) {
        return Ok(flow);
    }
    // Its creator views a private flow, too.
    let look_up = LookUp { id: Some(id.0), ..LookUp::default() };
    if let Some(own) = app.store.find_flow(&caller.scope, look_up).await? {
        let school = own.record.school_id;
        let scope = chatflow_storage::AccessScope::conversation(school, None);
        if let Some(flow) = app.store.flow(&scope, id).await? {
            return Ok(flow);
        }
    }
    Err(ApiError::flow_not_found())
}

/// A flow whose sessions' traces the caller may see: any for the platform, else its school's.
async fn traced(app: &App, caller: &Caller, id: FlowId) -> Result<FlowSummary, ApiError> {
    check_role(caller)?;
    let flow = viewed(app, caller, id).await?;
    let is_own = |school| caller.scope.traced().contains(&school);
    if caller.scope.is_system() || flow.school_id.is_some_and(is_own) {
        return Ok(flow);
    }
    Err(ApiError::forbidden())
}

/// A token that nobody can use: its beginning (S7.20).
fn masked(hint: &str) -> String {
    format!("{hint}…")
}

/// What cannot be written down is not shown (S7.25).
fn unavailable(error: chatflow_storage::StoreError) -> ApiError {
    ApiError::from(error).or_status(StatusCode::SERVICE_UNAVAILABLE, "unavailable")
}
