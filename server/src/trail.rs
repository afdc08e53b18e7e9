//! Who changed what, and from where: what the audit log keeps of a request (S1.68, S7.25).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use chatflow::{TenantId, Timestamp};
use chatflow_storage::AuditEntry;
use serde_json::Value;

use crate::error::ApiError;
use crate::identity::Caller;
use crate::peer::Peer;
use crate::token::random_id;

/// The id of a request, as its answer tells it.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// Where a request comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trail {
    pub(crate) request_id: Option<String>,
    /// The address of whoever calls, as far as the proxies before the service are trusted.
    pub(crate) ip: Option<String>,
    /// At most 512 characters.
    pub(crate) user_agent: Option<String>,
}

/// What was done, and to what.
#[derive(Clone, Debug)]
pub(crate) struct Deed {
    /// Such as `theme.update`.
    pub(crate) action: String,
    pub(crate) resource_type: &'static str,
    pub(crate) resource_id: String,
    pub(crate) school_id: Option<TenantId>,
    /// What changed: a JSON object.
    pub(crate) changes: Value,
}

impl Trail {
    /// Where a request comes from.
    pub(crate) fn of(parts: &Parts) -> Self {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Self {
            request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()),
            ip: parts.extensions.get::<Peer>().map(|Peer(address)| address.to_string()),
            user_agent: agent.map(|agent| agent.chars().take(512).collect()),
        }
    }

    /// The entry of the audit log.
    pub(crate) fn entry(
        &self,
        caller: &Caller,
        deed: Deed,
        at: Timestamp,
    ) -> Result<AuditEntry, ApiError> {
        Ok(AuditEntry {
            id: random_id()?,
            at,
            actor_type: caller.kind.account_type().to_owned(),
            actor_id: Some(caller.id),
            action: deed.action,
            resource_type: deed.resource_type.to_owned(),
            resource_id: deed.resource_id,
            school_id: deed.school_id,
            changes: deed.changes.to_string(),
            request_id: self.request_id.clone(),
            ip: self.ip.clone(),
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Trail {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
