//! Conditional requests: what a client has seen must still stand (S3.10).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

/// What a request asks of the version of its row: the tags that it names, if it names any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition {
    is_match: Option<Vec<String>>,
    none_match: Option<Vec<String>>,
}

/// The tag of a row at a version.
fn tag(row_version: u64) -> String {
    format!("\"{row_version}\"")
}

/// Puts the tag on an answer, which a caller may keep but has to ask about.
pub(crate) fn put_tag(response: &mut Response, row_version: u64) {
    if let Ok(value) = HeaderValue::from_str(&tag(row_version)) {
        response.headers_mut().insert(header::ETAG, value);
    }
    let asks = HeaderValue::from_static("private, no-cache");
    response.headers_mut().insert(header::CACHE_CONTROL, asks);
}

impl Condition {
    fn of(headers: &HeaderMap) -> Self {
        let tags = |name: &HeaderName| {
            let texts = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            let tags = texts.flat_map(|text| text.split(',').map(|tag| tag.trim().to_owned()));
            headers.contains_key(name).then(|| tags.collect())
        };
        Self { is_match: tags(&header::IF_MATCH), none_match: tags(&header::IF_NONE_MATCH) }
    }

    /// Refuses to change a row that is not as the client has seen it; without `If-Match` the last one
    /// wins.
    pub(crate) fn check(&self, row_version: u64) -> Result<(), ApiError> {
        // A weak tag never matches here (RFC 9110, section 13.1.1).
        let is_it = |given: &String| given == "*" || *given == tag(row_version);
        match &self.is_match {
            Some(tags) if !tags.iter().any(is_it) => Err(ApiError::precondition_failed()),
            Some(_) | None => Ok(()),
        }
    }

    /// The answer to a request for a row: without a body if the client has it as it stands.
    pub(crate) fn answer(&self, row_version: u64, body: impl IntoResponse) -> Response {
        let is_it = |given: &String| {
            given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag(row_version)
        };
        let mut response = match &self.none_match {
            Some(tags) if tags.iter().any(is_it) => StatusCode::NOT_MODIFIED.into_response(),
            Some(_) | None => body.into_response(),
        };
        put_tag(&mut response, row_version);
        response
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Condition {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(name: HeaderName, value: &'static str) -> Condition {
        Condition::of(&HeaderMap::from_iter([(name, HeaderValue::from_static(value))]))
    }

    #[test]
    fn a_change_needs_the_version_that_is_there() {
        for (value, fits) in [
            ("\"7\"", true),
            ("\"6\", \"7\"", true),
            ("*", true),
            ("\"6\"", false),
            ("7", false),
            ("W/\"7\"", false),
        ] {
            assert_eq!(given(header::IF_MATCH, value).check(7).is_ok(), fits, "{value}");
        }
        assert!(Condition::default().check(7).is_ok());
    }

    #[test]
    fn what_is_known_is_not_sent_again() {
        for (value, status) in [("\"7\"", 304), ("W/\"7\"", 304), ("*", 304), ("\"6\"", 200)] {
            let answer = given(header::IF_NONE_MATCH, value).answer(7, "body");
            assert_eq!(answer.status(), status, "{value}");
            assert_eq!(answer.headers()[header::ETAG], "\"7\"");
        }
    }
}
