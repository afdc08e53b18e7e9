//! Who changes something.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use chatflow_storage::{AccessScope, UserId};

use crate::app::App;
use crate::error::ApiError;
use crate::identity::{Caller, Manager};

/// A manager who changes something, and the request by which they do.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    pub(crate) caller: Box<Caller>,
    pub(crate) request_id: Option<String>,
    /// The version of the row that they mean to change (S3.10).
    pub(crate) expected: Option<u64>,
}

impl Author {
    pub(crate) fn scope(&self) -> &AccessScope {
        &self.caller.scope
    }

    /// The person; none for a program.
    pub(crate) fn user(&self) -> Option<UserId> {
        self.caller.user_id().map(UserId)
    }
}

impl FromRequestParts<Arc<App>> for Author {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Manager(caller) = Manager::from_request_parts(parts, app).await?;
        let id = parts.headers.get("x-request-id").and_then(|id| id.to_str().ok());
        let expected = expected(&parts.headers);
        Ok(Self { caller, request_id: id.map(str::to_owned), expected })
    }
}

/// The version that `If-Match` names; 0, which no row has, for a tag that is none of ours.
fn expected(headers: &HeaderMap) -> Option<u64> {
    let given = headers.get(header::IF_MATCH)?.to_str().unwrap_or_default().trim();
    if given == "*" {
        return None;
    }
    Some(given.trim_matches('"').parse().unwrap_or(0))
}
