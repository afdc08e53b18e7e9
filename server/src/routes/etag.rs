//! Which state of a resource a caller has seen (S3.10).

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

/// The tag of a row at a version.
fn tag(row_version: u64) -> String {
    format!("\"{row_version}\"")
}

/// Refuses a change of what is no longer as the caller saw it; without `If-Match` the last one wins.
pub(crate) fn check_match(headers: &HeaderMap, row_version: u64) -> Result<(), ApiError> {
    // A weak tag never matches here (RFC 9110, section 13.1.1).
    match names(headers, &header::IF_MATCH, |name| name == tag(row_version)) {
        Some(false) => Err(ApiError::new(
            StatusCode::PRECONDITION_FAILED,
            "precondition_failed",
            "This has changed since it was read",
        )),
        Some(true) | None => Ok(()),
    }
}

/// The answer to a request for a resource: without a body if the caller has it already.
pub(crate) fn answer(headers: &HeaderMap, row_version: u64, body: impl IntoResponse) -> Response {
    let is_current = |name: &str| name.strip_prefix("W/").unwrap_or(name) == tag(row_version);
    let mut response = match names(headers, &header::IF_NONE_MATCH, is_current) {
        Some(true) => StatusCode::NOT_MODIFIED.into_response(),
        Some(false) | None => body.into_response(),
    };
    put(&mut response, row_version);
    response
}

/// Puts the tag on an answer, which a caller may keep but has to ask about.
pub(crate) fn put(response: &mut Response, row_version: u64) {
    if let Ok(value) = HeaderValue::from_str(&tag(row_version)) {
        response.headers_mut().insert(header::ETAG, value);
    }
    let asks = HeaderValue::from_static("private, no-cache");
    response.headers_mut().insert(header::CACHE_CONTROL, asks);
}

/// Whether one of the tags that a header names is meant; `None` without the header.
fn names(headers: &HeaderMap, name: &HeaderName, is_meant: impl Fn(&str) -> bool) -> Option<bool> {
    let mut given = headers.get_all(name).iter().peekable();
    given.peek()?;
    let texts = given.filter_map(|value| value.to_str().ok());
    let mut tags = texts.flat_map(|text| text.split(',').map(str::trim));
    Some(tags.any(|tag| tag == "*" || is_meant(tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
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
            let checked = check_match(&given(header::IF_MATCH, value), 7);
            assert_eq!(checked.is_ok(), fits, "{value}");
        }
        assert!(check_match(&HeaderMap::new(), 7).is_ok());
    }

    #[test]
    fn what_is_known_is_not_sent_again() {
        for (value, status) in [("\"7\"", 304), ("W/\"7\"", 304), ("*", 304), ("\"6\"", 200)] {
            let answer = answer(&given(header::IF_NONE_MATCH, value), 7, "body");
            assert_eq!(answer.status(), status, "{value}");
            assert_eq!(answer.headers()[header::ETAG], "\"7\"");
        }
    }
}
