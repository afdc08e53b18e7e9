//! What every request meets first and every answer last (S3.4, S12.7, S12.9, S12.10).

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::app::App;
use crate::body;
use crate::error::{ApiError, complete};
use crate::identity::IgnoredToken;
use crate::listen;
use crate::peer::Peer;
use crate::telemetry::{Answered, PARENT};
use crate::token::random_id;
use crate::trail::RequestId;

/// What a turn may take beyond its budget for effects (F25).
const TURN_MARGIN: Duration = Duration::from_secs(10);

/// What any other request may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Reads a request, has it answered in time, and gives the answer a request id and the headers that
/// all have.
pub(crate) async fn frame(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(request.headers());
    let (mut parts, body) = request.into_parts();
    // Who writes down what was done writes down which request did it.
    match &id {
        Some(id) => parts.headers.insert(REQUEST_ID, id.clone()),
        None => parts.headers.remove(REQUEST_ID),
    };
    if let Some(id) = id.as_ref().and_then(|id| id.to_str().ok()) {
        parts.extensions.insert(RequestId(id.to_owned()));
    }
    if let Some(peer) = Peer::of(&parts.extensions, &parts.headers, &app.options.trusted_proxies) {
        parts.extensions.insert(peer);
    }
    let ignored = IgnoredToken::default();
    parts.extensions.insert(ignored.clone());
    let method = parts.method.clone();
    let parent = parts.headers.get(PARENT).cloned();
    let route = parts.extensions.get::<MatchedPath>();
    let route = route.map_or("(none)", MatchedPath::as_str).to_owned();
    let patience = patience(&app, &route);
    let response = match read(&app, &parts, body, patience).await {
        Ok(body) => {
            let answered = next.run(Request::from_parts(parts, body));
            tokio::time::timeout(patience, answered).await.unwrap_or_else(|_| too_slow())
        }
        Err(error) => error.into_response(),
    };
    let mut response = complete(response, id.as_ref());
    let headers = response.headers_mut();
    if ignored.is_set() {
        let name = HeaderName::from_static("x-auth-warning");
        headers.insert(name, HeaderValue::from_static("invalid-token-ignored"));
    }
    guard(headers, id.as_ref());
    if app.options.tls_terminated {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    note(
        &app,
        &Answered {
            method: &method,
            route: &route,
            status: response.status(),
            request_id: id.as_ref().and_then(|id| id.to_str().ok()),
            parent: parent.as_ref(),
            took: began.elapsed(),
        },
    );
    response
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a request is called: as it says itself, or by a random name.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let given = headers.get(REQUEST_ID).filter(|id| is_request_id(id)).cloned();
    given.or_else(|| HeaderValue::from_str(&random_id().ok()?.simple().to_string()).ok())
}

/// Gives an answer the headers that all have (S12.9).
pub(crate) fn guard(headers: &mut HeaderMap, request_id: Option<&HeaderValue>) {
    if let Some(id) = request_id {
        headers.insert(REQUEST_ID, id.clone());
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// Reads what was sent, if anybody means to send it.
async fn read(app: &App, head: &Parts, body: Body, patience: Duration) -> Result<Body, ApiError> {
    check_head(&head.uri, &head.headers)?;
    let client_patience = app.options.client_patience.unwrap_or(listen::PATIENCE);
    body::receive(body, client_patience, patience).await
}

/// The longest URL, in bytes. S12.1 has 8 KiB, which 500 ids of `exclude_ids` (S3.52) do not fit into,
/// however they are written.
const LONGEST_URL: usize = 28 * 1024;

/// The largest header section, in bytes (S12.1).
const LARGEST_HEADERS: usize = 32 * 1024;

/// Refuses what nobody means to send (S12.1).
pub(crate) fn check_head(uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    let url = uri.path_and_query().map_or(0, |url| url.as_str().len());
    if url > LONGEST_URL {
        let detail = format!("The address may have at most {LONGEST_URL} bytes");
        return Err(ApiError::new(StatusCode::URI_TOO_LONG, "uri_too_long", detail));
    }
    // With `: ` and the end of the line.
    let lengths = headers
        .iter()
        .map(|(name, value)| name.as_str().len().saturating_add(value.len()).saturating_add(4));
    if lengths.fold(0_usize, usize::saturating_add) > LARGEST_HEADERS {
        let detail = format!("The headers may have at most {LARGEST_HEADERS} bytes");
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Err(ApiError::new(status, "headers_too_large", detail));
    }
    Ok(())
}

/// Tells whoever wants to know of an answer.
fn note(app: &App, answered: &Answered<'_>) {
    let Answered { method, route, status, request_id, took, .. } = *answered;
    if app.options.log_requests {
        crate::cli::log(json!({
            "request_id": request_id,
            "method": method.as_str(),
            "route": route,
            "status": status.as_u16(),
            "ms": took.as_secs_f64() * 1000.0,
        }));
    }
    if let Some(telemetry) = &app.options.telemetry {
        telemetry.tell(answered);
    }
    app.metrics.count(method.as_str(), route, status, took);
}

/// How long an answer may take to begin; streams go on as long as they like after that.
fn patience(app: &App, route: &str) -> Duration {
    if route.starts_with("/v1/chat/") {
        return Duration::from_millis(app.options.limits.effect_budget_ms)
            .saturating_add(TURN_MARGIN);
    }
    PATIENCE
}

fn too_slow() -> Response {
    let detail = "The service took too long; try again later";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).into_response()
}

fn is_request_id(id: &HeaderValue) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    (1..=64).contains(&id.len()) && id.as_bytes().iter().all(plain)
}
