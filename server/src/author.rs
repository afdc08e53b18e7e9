//! Who changes something, and by which request.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chatflow::Timestamp;
use chatflow_storage::{AccessScope, AuditEntry, UserId};

use crate::app::App;
use crate::error::ApiError;
use crate::identity::{Caller, Manager};
use crate::input::Condition;
use crate::refused::Known;
use crate::trail::{Deed, Trail};

/// A manager who changes something.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    pub(crate) caller: Box<Caller>,
    pub(crate) trail: Trail,
    /// Which version of a row they mean to change (S3.10).
    pub(crate) condition: Condition,
    /// Takes note of items that they may not change (S12.13).
    pub(crate) known: Known,
}

impl Author {
    pub(crate) fn scope(&self) -> &AccessScope {
        &self.caller.scope
    }

    /// The person; none for a program.
    pub(crate) fn user(&self) -> Option<UserId> {
        self.caller.user_id().map(UserId)
    }

    /// The entry of the audit log.
    pub(crate) fn entry(&self, deed: Deed, at: Timestamp) -> Result<AuditEntry, ApiError> {
        self.trail.entry(&self.caller, deed, at)
    }
}

impl FromRequestParts<Arc<App>> for Author {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Manager(caller) = Manager::from_request_parts(parts, app).await?;
        let Ok(trail) = Trail::from_request_parts(parts, app).await;
        let Ok(condition) = Condition::from_request_parts(parts, app).await;
        let known = parts.extensions.get::<Known>().cloned().unwrap_or_default();
        Ok(Self { caller, trail, condition, known })
    }
}
