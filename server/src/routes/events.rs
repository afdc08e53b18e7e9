//! Following events as they happen (S3.181, S6.49, S6.50, F43, F59).
//!
//! There is only this stream, and no WebSocket (F59).

#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

mod pump;
mod reads;

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use chatflow::{FlowId, SessionId};
use chatflow_storage::{StreamCursor, StreamQuery};
use futures_core::Stream;
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;
use uuid::Uuid;

use super::webhooks::Admin;
use crate::app::Shared;
use crate::error::ApiError;
use crate::host::now;
use crate::input::QueryOf;
use crate::routes::described::{Routes, routes};

pub(crate) use self::reads::Reads;

/// How often a silent stream shows that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How many events may wait for a client.
const QUEUED: usize = 1000;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(follow))
}

/// Which events, and from where on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FollowQuery {
    /// Only events of these types.
    #[serde(default)]
    #[param(max_items = 50)]
    types: Vec<String>,
    /// Only events of this flow.
    #[serde(default)]
    flow_id: Option<Uuid>,
    /// Only events of this session.
    #[serde(default)]
    session_id: Option<Uuid>,
    /// The `id` of the last event that was seen, as the header `Last-Event-ID`.
    #[serde(default)]
    #[param(max_length = 100)]
    since: Option<String>,
}

/// What a stream sends, as long as somebody fills it.
struct Queue(mpsc::Receiver<Event>);

impl Stream for Queue {
    type Item = Result<Event, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}

/// Events as they happen, as server-sent events: `id` is where to go on, `event` the type, `data`
/// the payload. The event `reset` says that the position asked for is no longer kept, so that
/// whatever is shown must be loaded anew.
#[utoipa::path(get, path = "/v1/cms/events", tag = "webhooks", security(("bearer" = [])),
    params(FollowQuery, ("Last-Event-ID" = Option<String>, Header, description = "Where to go on")),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn follow(
    State(app): Shared,
    Admin(caller): Admin,
    headers: HeaderMap,
    QueryOf { value: asked, .. }: QueryOf<FollowQuery>,
) -> Result<Response, ApiError> {
    let given = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let position = given.or(asked.since.as_deref()).filter(|text| !text.is_empty());
    let after = position.map(StreamCursor::parse);
    let query = StreamQuery {
        after: after.flatten(),
        event_types: asked.types,
        flow_id: asked.flow_id.map(FlowId),
        session_id: asked.session_id.map(SessionId),
        limit: 500,
        at: now(),
    };
    let (sender, receiver) = mpsc::channel(QUEUED);
    // What is no position of ours is none that is kept.
    let is_lost = after == Some(None);
    tokio::spawn(pump::run(app, caller.scope, query, is_lost, sender));
    let alive = KeepAlive::new().interval(HEARTBEAT);
    let mut response = Sse::new(Queue(receiver)).keep_alive(alive).into_response();
    // Proxies must not wait for more.
    let unbuffered = HeaderName::from_static("x-accel-buffering");
    response.headers_mut().insert(unbuffered, HeaderValue::from_static("no"));
    Ok(response)
}
