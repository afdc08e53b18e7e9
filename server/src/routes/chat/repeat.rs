//! Requests that are sent again because their answer was lost (S4.37, F15).

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chatflow::{SessionId, Timestamp};
use chatflow_storage::AnsweredRequest;
use chatflow_storage::prelude::*;
use serde_json::Value;

use crate::app::App;
use crate::error::ApiError;
use crate::host::now;
use crate::token::digest;

/// How long an answer is repeated, in milliseconds.
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// The client's name for a request, if it gave it one, and what it asked for.
#[derive(Debug)]
pub(crate) struct Repeat(Option<(String, String)>);

impl Repeat {
    /// The name is the header `Idempotency-Key`, else `client_message_id` of the body. Without one nobody asks what
    /// the `body` was.
    pub(crate) fn of(
        headers: &HeaderMap,
        route: &str,
        in_body: Option<&str>,
        body: impl FnOnce() -> Value,
    ) -> Result<Self, ApiError> {
        let header = headers.get("idempotency-key").map(HeaderValue::as_bytes);
        let Some(key) = header.or_else(|| in_body.map(str::as_bytes)) else {
            return Ok(Self(None));
        };
        let plain = key.iter().all(|byte| (0x20..0x7f).contains(byte));
        if key.is_empty() || key.len() > 128 || !plain {
            let message = "must have 1 to 128 printable ASCII characters";
            let place = ["header", "Idempotency-Key"];
            return Err(ApiError::field(&place, "value_error", message));
        }
        let key = String::from_utf8_lossy(key).into_owned();
        Ok(Self(Some((key, digest(format!("{route} {}", body()))))))
    }

    /// The answer that the request had before, if it had one.
    pub(crate) async fn answer(
        &self,
        app: &App,
        session: SessionId,
    ) -> Result<Option<Response>, ApiError> {
        let Some((key, hash)) = &self.0 else { return Ok(None) };
        let Some(found) = app.store.recall_request(session, key, now()).await? else {
            return Ok(None);
        };
        let answered = found.answered;
        if answered.body_hash != *hash {
            let message = "was used for another request";
            let place = ["header", "Idempotency-Key"];
            let kind = "value_error.reused";
            return Err(ApiError::field_as("idempotency_key_reused", &place, kind, message));
        }
        let body: Value = serde_json::from_str(&answered.response).map_err(ApiError::internal)?;
        let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::OK);
        let mut response = (status, Json(body)).into_response();
        let name = HeaderName::from_static("idempotency-replayed");
        response.headers_mut().insert(name, HeaderValue::from_static("true"));
        Ok(Some(response))
    }

    /// What is kept of an answer with status 200.
    pub(crate) fn keep(&self, body: &str, at: Timestamp) -> Option<AnsweredRequest> {
        let (request_key, body_hash) = self.0.clone()?;
        let expires_at = Timestamp::from_millis(at.as_millis().saturating_add(KEPT_MS));
        let (status, response) = (200, body.to_owned());
        Some(AnsweredRequest { request_key, body_hash, status, response, expires_at })
    }
}
