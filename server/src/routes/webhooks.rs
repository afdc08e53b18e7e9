//! Subscriptions to events (S3.173 to S3.180, S6.40 to S6.48).

mod change;
mod deliveries;
mod fields;
mod read;
mod view;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chatflow_storage::prelude::*;
use chatflow_storage::{ApplyError, AuditEntry, StoredSubscription, SubscriptionId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::App;
use crate::error::{ApiError, chain};
use crate::host::now;
use crate::identity::{Caller, Manager, Role};
use crate::routes::described::{Routes, routes};
use crate::token::random_id;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(read::list, change::create))
        .routes(routes!(read::one, change::update, change::delete))
        .routes(routes!(deliveries::test))
        .routes(routes!(change::rotate_secret))
        .routes(routes!(deliveries::deliveries))
}

/// An account that runs the platform or schools.
pub(super) struct Admin(pub(super) Box<Caller>);

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Manager(caller) = Manager::from_request_parts(parts, app).await?;
        match caller.role() {
            Role::Platform | Role::SchoolAdmin => Ok(Self(caller)),
            Role::Educator | Role::Reader | Role::Learner => Err(ApiError::forbidden()),
        }
    }
}

/// A subscription that the caller looks after.
async fn find(app: &App, caller: &Caller, id: Uuid) -> Result<StoredSubscription, ApiError> {
    let found = app.store.subscription(&caller.scope, SubscriptionId(id)).await?;
    found.ok_or_else(ApiError::webhook_not_found)
}

/// Writes down who did what (S1.68). Subscriptions are written by themselves, so this comes after.
async fn audit(
    app: &App,
    caller: &Caller,
    action: &str,
    of: &StoredSubscription,
    fields: &[&str],
) -> Result<(), ApiError> {
    let changes: Value = json!({"fields": fields});
    let entry = AuditEntry {
        id: random_id()?,
        at: now(),
        actor_type: caller.kind.account_type().to_owned(),
        actor_id: Some(caller.id),
        action: action.to_owned(),
        resource_type: "webhook".to_owned(),
        resource_id: of.record.id.0.to_string(),
        school_id: of.record.school_id,
        changes: changes.to_string(),
        request_id: None,
        ip: None,
    };
    Ok(app.store.append_audit(&[entry]).await?)
}

/// Why a subscription was not written.
fn refused(error: ApplyError) -> ApiError {
    let status = axum::http::StatusCode::CONFLICT;
    match error {
        ApplyError::Conflict { .. } => {
            ApiError::new(status, "version_conflict", "Somebody else has changed it")
        }
        ApplyError::OutOfScope { .. } => ApiError::webhook_not_found(),
        ApplyError::Dangling { .. } => {
            ApiError::field(&["body"], "value_error", "names a school or flow that does not exist")
        }
        ApplyError::Invalid { problem, .. } => ApiError::field(&["body"], "value_error", problem),
        ApplyError::Store(source) => ApiError::from(chatflow_storage::StoreError::Store(source)),
        other @ (ApplyError::InvalidEvent(_) | ApplyError::InvalidAudit(_) | _) => {
            ApiError::internal(chain(&other))
        }
    }
}
