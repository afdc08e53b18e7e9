//! A session: read, change its variables, end it (S4.21, S4.25, S4.27).

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use chatflow::{InputKind, Phase};
use chatflow_storage::{AsyncStore, SessionStatus};
use serde_json::{Map, Value, json};

use super::access::{PathToken, session, session_for_change};
use super::interact::{BODY_LIMIT, check_active, check_revision};
use super::start::{RESERVED, measure};
use super::turn::{restore, take, take_as};
use crate::app::Shared;
use crate::body;
use crate::error::ApiError;

pub(crate) async fn read<S: AsyncStore>(
    State(app): Shared<S>,
    PathToken(token): PathToken,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let stored = session(&app.store, &headers, &token).await?;
    let session = restore(&stored)?;
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
    Ok(Json(json!({
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
    })))
}

pub(crate) async fn patch_state<S: AsyncStore>(
    State(app): Shared<S>,
    PathToken(token): PathToken,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    const KNOWN: &[&str] = &["updates", "expected_revision", "csrf_token"];
    let stored = session_for_change(&app.store, &headers, &token).await?;
    let fields = body::read(&headers, body, BODY_LIMIT, KNOWN).await?;
    fields.required("updates")?;
    let updates = fields.object("updates")?;
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
    check_revision(&stored, &fields)?;
    let done = take(&app, &stored, InputKind::Patch { updates }).await?;
    let exposed = app.engine.options().expose_state;
    Ok(Json(json!({
        "message": "Session state updated",
        "state": exposed.then(|| done.session.public_state()),
        "revision": done.session.revision(),
    })))
}

pub(crate) async fn end<S: AsyncStore>(
    State(app): Shared<S>,
    PathToken(token): PathToken,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    const KNOWN: &[&str] = &["reason", "expected_revision", "csrf_token"];
    let stored = session_for_change(&app.store, &headers, &token).await?;
    let fields = body::read(&headers, body, BODY_LIMIT, KNOWN).await?;
    // A visitor who only goes away has not completed anything (S4.27).
    let ended_as = match fields.text("reason")? {
        None | Some("terminated") => None,
        Some("abandoned") => Some(SessionStatus::Abandoned),
        Some(_) => {
            let message = "must be `terminated` or `abandoned`";
            return Err(ApiError::field(&["body", "reason"], "value_error.enum", message));
        }
    };
    check_active(&stored)?;
    check_revision(&stored, &fields)?;
    take_as(&app, &stored, InputKind::End, ended_as).await?;
    Ok(Json(json!({"message": "Session ended successfully"})))
}
