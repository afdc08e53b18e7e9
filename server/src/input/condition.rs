//! Conditional requests: what a client has seen must still stand (S3.10).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::error::ApiError;

/// What a request asks of the version of its row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition {
    is_match: Option<String>,
    none_match: Option<String>,
}

/// The tag of a row at this version.
pub(crate) fn tag(row_version: u64) -> String {
    format!("\"{row_version}\"")
}

/// The header that tells it.
pub(crate) fn tag_header(row_version: u64) -> Option<(HeaderName, HeaderValue)> {
    Some((header::ETAG, HeaderValue::from_str(&tag(row_version)).ok()?))
}

impl Condition {
    /// Refuses to change a row that is not as the client has seen it.
    pub(crate) fn check(&self, row_version: u64) -> Result<(), ApiError> {
        match &self.is_match {
            Some(tags) if !holds(tags, row_version) => Err(ApiError::new(
                StatusCode::PRECONDITION_FAILED,
                "precondition_failed",
                "This has changed since it was read",
            )),
            _ => Ok(()),
        }
    }

    /// Whether the client has the row as it stands.
    pub(crate) fn is_known(&self, row_version: u64) -> bool {
        self.none_match.as_deref().is_some_and(|tags| holds(tags, row_version))
    }
}

fn holds(tags: &str, row_version: u64) -> bool {
    let is_it = |given: &str| {
        let given = given.trim();
        given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag(row_version)
    };
    tags.split(',').any(is_it)
}

impl<S: Send + Sync> FromRequestParts<S> for Condition {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let text = |headers: &HeaderMap, name| {
            headers.get(name).map(|value| value.to_str().unwrap_or_default().to_owned())
        };
        Ok(Self {
            is_match: text(&parts.headers, header::IF_MATCH),
            none_match: text(&parts.headers, header::IF_NONE_MATCH),
        })
    }
}
