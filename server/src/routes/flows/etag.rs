//! `ETag` and `If-None-Match` of flows (S3.10).

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

/// Names a row's version.
pub(crate) fn put(response: &mut Response, row_version: u64) {
    if let Ok(tag) = HeaderValue::from_str(&tag(row_version)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
}

/// Whether the caller has this version already.
pub(crate) fn is_known(headers: &HeaderMap, row_version: u64) -> bool {
    let given = headers.get(header::IF_NONE_MATCH).and_then(|given| given.to_str().ok());
    let tag = tag(row_version);
    let is_it = |one: &str| {
        let one = one.trim();
        one == "*" || one == tag || one.strip_prefix("W/").is_some_and(|strong| strong == tag)
    };
    given.is_some_and(|given| given.split(',').any(is_it))
}

fn tag(row_version: u64) -> String {
    format!("\"{row_version}\"")
}
