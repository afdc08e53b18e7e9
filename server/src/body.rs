//! Request bodies: JSON objects within limits (S3.1, S3.5, S3.17, S12.1).

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout};

use crate::error::ApiError;

/// How deep a body may be nested.
const MAX_DEPTH: usize = 64;

/// 1 MiB, the limit of bodies unless a route says otherwise.
pub(crate) const MIB: usize = 1024 * 1024;

/// The largest body that any route takes, in bytes.
const MAX_BYTES: usize = 8 * MIB;

/// How many keys that mean nothing are named, and how much of each.
const MOST_NAMED: usize = 50;
const LONGEST_NAMED: usize = 100;

/// A body that comes slower than so many bytes a second, for longer than a client may take anyhow, is
/// cut off.
const PACE: usize = 16 * 1024;

/// How many bytes beyond that are read of a body that will be refused.
const MAX_DISCARDED: usize = 8 * MIB;

/// Reads a request's body to its end before anything is answered, so that the answer is heard by
/// whoever is still sending, and the connection can be used again.
///
/// Of a body that is too large for every route, just so much is handed on that it stays so. It must
/// come within `patience` and a second for each [`PACE`], and within `most` in any case (S12.10).
pub(crate) async fn receive(
    mut body: Body,
    patience: Duration,
    most: Duration,
) -> Result<Body, ApiError> {
    let began = Instant::now();
    let mut bytes = Vec::new();
    let mut received = 0_usize;
    loop {
        let earned = Duration::from_secs((received / PACE) as u64);
        let time = patience.saturating_add(earned).min(most.max(patience));
        let left = time.saturating_sub(began.elapsed());
        let next = poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        let Ok(next) = timeout(left, next).await else { return Err(too_slow()) };
        let Some(frame) = next else { break };
        // A part of a body must not be taken for the whole.
        let broken = |_| ApiError::field(&["body"], "json_invalid", "the body broke off");
        let Ok(part) = frame.map_err(broken)?.into_data() else { continue };
        received = received.saturating_add(part.len());
        let room = MAX_BYTES.saturating_add(1).saturating_sub(bytes.len());
        bytes.extend_from_slice(part.get(..room).unwrap_or(&part));
        if received > MAX_BYTES.saturating_add(MAX_DISCARDED) {
            break;
        }
    }
    Ok(Body::from(bytes))
}

/// The connection ends with it, for the rest of the body is not read.
fn too_slow() -> ApiError {
    let detail = "The body took too long to arrive";
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail)
}

/// Reads a body of at most `limit` bytes; an empty body is `{}`.
pub(crate) async fn read_object(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Map<String, Value>, ApiError> {
    let bytes = to_bytes(body, limit).await.map_err(|_| {
        let detail = format!("The body may have at most {limit} bytes");
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    })?;
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    check_content_type(headers)?;
    let value: Value = serde_json::from_slice(&bytes)
        .map_err(|error| ApiError::field(&["body"], "json_invalid", error.to_string()))?;
    let Value::Object(map) = value else {
        return Err(ApiError::field(&["body"], "type_error.object", "must be an object"));
    };
    for (key, value) in &map {
        if key.contains('\0') {
            return Err(ApiError::field(&["body"], "value_error.nul", "a key contains U+0000"));
        }
        check_value(value, &[key], 1)?;
        if matches!(key.as_str(), "metadata" | "meta_data") {
            let message = "unknown field; free data goes under `info`";
            return Err(ApiError::field_as(
                "unknown_field",
                &["body", key],
                "unknown_field",
                message,
            ));
        }
    }
    Ok(map)
}

/// What is said of keys that mean nothing (F37): a body may have a million of them.
pub(crate) fn ignored<'k>(keys: impl Iterator<Item = &'k String>) -> Vec<String> {
    let short = |key: &String| key.chars().take(LONGEST_NAMED).collect::<String>();
    let named = keys.take(MOST_NAMED).map(short);
    named.map(|key| format!("unknown key `{key}` was ignored")).collect()
}

fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    // What is packed may unpack to anything, and is not wanted.
    if headers.get(header::CONTENT_ENCODING).is_some_and(|kind| kind != "identity") {
        let detail = "The body must not be compressed";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(ApiError::new(status, "unsupported_media_type", detail));
    }
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = given.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = "The body must be application/json";
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
}

/// Refuses U+0000, which databases cannot keep, and nesting that nobody means.
fn check_value(value: &Value, place: &[&str], depth: usize) -> Result<(), ApiError> {
    let refuse = |kind, message: &str| {
        let place: Vec<&str> = std::iter::once("body").chain(place.iter().copied()).collect();
        Err(ApiError::field(&place, kind, message))
    };
    if depth > MAX_DEPTH {
        return refuse("value_error.depth", "is nested too deep");
    }
    let below = depth.saturating_add(1);
    match value {
        Value::String(text) if text.contains('\0') => refuse("value_error.nul", "contains U+0000"),
        Value::Array(items) => items.iter().try_for_each(|item| check_value(item, place, below)),
        Value::Object(map) => map.iter().try_for_each(|(key, item)| {
            if key.contains('\0') {
                return refuse("value_error.nul", "a key contains U+0000");
            }
            check_value(item, place, below)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}
