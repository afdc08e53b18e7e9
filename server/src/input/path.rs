//! Ids in paths (S3.3).

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use uuid::Uuid;

use crate::error::ApiError;

/// The id that a path names, the first of them if there are several; `N` counts from 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathId<const N: usize = 0>(pub(crate) Uuid);

/// The text that a path has in a place, decoded.
#[derive(Clone, Debug)]
pub(crate) struct PathText<const N: usize = 0>(pub(crate) String);

impl<S: Send + Sync, const N: usize> FromRequestParts<S> for PathId<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let (name, text) = parameter(parts, state, N).await?;
        let plain = matches!(text.len(), 32 | 36).then(|| Uuid::try_parse(&text).ok()).flatten();
        plain.map(Self).ok_or_else(|| invalid(&name))
    }
}

impl<S: Send + Sync, const N: usize> FromRequestParts<S> for PathText<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        parameter(parts, state, N).await.map(|(_, text)| Self(text))
    }
}

/// The name and the text of a parameter.
async fn parameter<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    place: usize,
) -> Result<(String, String), ApiError> {
    let params = RawPathParams::from_request_parts(parts, state).await;
    let params = params.map_err(|_| invalid("id"))?;
    let found = params.iter().nth(place).map(|(name, text)| (name.to_owned(), text.to_owned()));
    found.ok_or_else(|| ApiError::internal(format!("the path has no parameter number {place}")))
}

fn invalid(name: &str) -> ApiError {
    ApiError::field_as("invalid_uuid", &["path", name], "type_error.uuid", "must be a UUID")
}
