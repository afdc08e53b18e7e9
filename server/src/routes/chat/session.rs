//! A session: read, change its variables, end it (S4.21, S4.25, S4.27).
#![expect(unused_qualifications, reason = "the macro that describes the endpoints writes them")]

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chatflow::{InputKind, Phase};
use chatflow_storage::SessionStatus;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::access::{Claim, PathToken};
use super::interact::{BODY_LIMIT, check_active, check_revision};
use super::repeat::Repeat;
use super::start::{RESERVED, measure};
use super::theme;
use super::turn::{Wanted, restore, take};
use super::wire::{MessageAnswer, SessionAnswer, StateAnswer};
use crate::app::Shared;
use crate::error::ApiError;
use crate::identity::MaybeSigned;
use crate::input::{JsonBody, QueryOf};

/// What is told beside the conversation itself.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionParameters {
    /// `theme`: the theme that the conversation started with.
    #[param(inline)]
    include: Option<Include>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Include {
    Theme,
}

/// Variables to change.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct StateBody {
    /// Merged into the variables, object by object.
    updates: Map<String, Value>,
    /// The revision that the client has seen.
    expected_revision: Option<i64>,
    /// Of older clients; the header counts.
    #[serde(skip_serializing)]
    #[schema(nullable)]
    #[expect(dead_code, reason = "known, so that no client is warned of it")]
    csrf_token: Option<Value>,
}

/// How a conversation is ended.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct EndBody {
    /// A visitor who only goes away has not completed anything.
    reason: Option<Reason>,
    /// The revision that the client has seen.
    expected_revision: Option<i64>,
    /// Of older clients; the header counts.
    #[serde(skip_serializing)]
    #[schema(nullable)]
    #[expect(dead_code, reason = "known, so that no client is warned of it")]
    csrf_token: Option<Value>,
}

/// Why a conversation is ended.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Reason {
    Terminated,
    Abandoned,
}

/// Where a conversation stands.
#[utoipa::path(get, path = "/v1/chat/sessions/{session_token}", tag = "chat",
    params(
        ("session_token" = String, Path, description = "The session's token, or `me` for that of the cookie"),
        SessionParameters,
    ),
    responses((status = 200, body = SessionAnswer)))]
pub(crate) async fn read(
    State(app): Shared,
    PathToken(token): PathToken,
    signed: MaybeSigned,
    QueryOf { value: asked, .. }: QueryOf<SessionParameters>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let stored = Claim::to_read(&headers, &token, &signed)?.read(&app).await?;
    let session = restore(&app, &stored)?;
    let pending = match session.phase() {
        Phase::Asking { prompt, .. } | Phase::Acknowledging { prompt } => prompt.to_value(),
        Phase::New | Phase::Scripting { .. } | Phase::Resolving { .. } | Phase::Ended(_) => {
            Value::Null
        }
    };
    let script_request = if let Phase::Scripting { request } = session.phase() {
        request.to_value()
    } else {
        Value::Null
    };
    let exposed = app.engine.options().expose_state;
    let kept: Map<String, Value> = serde_json::from_str(&stored.snapshot.info).unwrap_or_default();
    let mut info = Map::from_iter([("flow_stack".to_owned(), json!(session.depth()))]);
    for key in ["client", "preview", "ended_reason"] {
        info.extend(kept.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    let mut answer = json!({
        "session_id": stored.head.id,
        "user_id": stored.head.user_id,
        "flow_id": stored.head.flow.id,
        "flow_version": stored.head.flow_version,
        "session_token": token,
        "current_node_id": stored.snapshot.current_node_id,
        "state": exposed.then(|| session.public_state()),
        "info": info,
        "started_at": stored.head.started_at,
        "last_activity_at": stored.last_activity_at,
        "ended_at": stored.snapshot.ended_at,
        "status": stored.snapshot.status.as_str(),
        "revision": stored.revision,
        "state_hash": stored.snapshot.state_hash,
        "pending": pending,
        "script_request": script_request,
    });
    if let (Some(Include::Theme), Some(answer)) = (asked.include, answer.as_object_mut()) {
        answer.insert("theme".to_owned(), theme::kept(&app, &stored, &kept).await?);
    }
    Ok(Json(answer))
}

/// Changes variables of a conversation.
#[utoipa::path(patch, path = "/v1/chat/sessions/{session_token}/state", tag = "chat",
    params(
        ("session_token" = String, Path, description = "The session's token, or `me` for that of the cookie"),
        ("X-CSRF-Token" = Option<String>, Header, description = "As start answered it"),
        ("Idempotency-Key" = Option<String>, Header, description = "The request's name, if it may be sent again"),
    ),
    request_body = StateBody,
    responses((status = 200, body = StateAnswer)))]
pub(crate) async fn patch_state(
    State(app): Shared,
    PathToken(token): PathToken,
    signed: MaybeSigned,
    headers: HeaderMap,
    body: Result<JsonBody<StateBody, BODY_LIMIT>, ApiError>,
) -> Result<Response, ApiError> {
    let stored = Claim::to_change(&headers, &token, &signed)?.read(&app).await?;
    let body = body?.value;
    let repeat = Repeat::of(&headers, "state", None, || json!(body))?;
    if let Some(answer) = repeat.answer(&app, stored.head.id).await? {
        return Ok(answer);
    }
    let StateBody { updates, expected_revision, .. } = body;
    // A token holder changes its own variables, not where it comes from (F46).
    let reserved = RESERVED.iter().chain(&["context"]).find(|key| updates.contains_key(**key));
    if let Some(key) = reserved {
        let place = ["body", "updates", key];
        return Err(ApiError::field_as(
            "reserved_key",
            &place,
            "value_error.reserved",
            "cannot be set",
        ));
    }
    if measure(&Value::Object(updates.clone())).0 > 20 {
        return Err(ApiError::field(
            &["body", "updates"],
            "value_error.size",
            "may be nested at most 20 deep",
        ));
    }
    check_active(&stored)?;
    check_revision(&stored, expected_revision)?;
    let exposed = app.engine.options().expose_state;
    let kind = InputKind::Patch { updates };
    let answer = take(&app, (&stored, None), kind, Wanted::new(&repeat), |_, session| {
        json!({
            "message": "Session state updated",
            "state": exposed.then(|| session.public_state()),
            "revision": session.revision(),
        })
        .to_string()
    });
    Ok(answer.await?.into_response())
}

/// Ends a conversation.
#[utoipa::path(post, path = "/v1/chat/sessions/{session_token}/end", tag = "chat",
    params(
        ("session_token" = String, Path, description = "The session's token, or `me` for that of the cookie"),
        ("X-CSRF-Token" = Option<String>, Header, description = "As start answered it"),
        ("Idempotency-Key" = Option<String>, Header, description = "The request's name, if it may be sent again"),
    ),
    request_body = EndBody,
    responses((status = 200, body = MessageAnswer)))]
pub(crate) async fn end(
    State(app): Shared,
    PathToken(token): PathToken,
    signed: MaybeSigned,
    headers: HeaderMap,
    body: Result<JsonBody<EndBody, BODY_LIMIT>, ApiError>,
) -> Result<Response, ApiError> {
    let stored = Claim::to_change(&headers, &token, &signed)?.read(&app).await?;
    let body = body?.value;
    let repeat = Repeat::of(&headers, "end", None, || json!(body))?;
    if let Some(answer) = repeat.answer(&app, stored.head.id).await? {
        return Ok(answer);
    }
    check_active(&stored)?;
    check_revision(&stored, body.expected_revision)?;
    let mut wanted = Wanted::new(&repeat);
    wanted.ended_as =
        matches!(body.reason, Some(Reason::Abandoned)).then_some(SessionStatus::Abandoned);
    let answer = take(&app, (&stored, None), InputKind::End, wanted, |_, _| {
        json!({"message": "Session ended successfully"}).to_string()
    });
    Ok(answer.await?.into_response())
}
