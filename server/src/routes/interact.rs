//! `POST /v1/chat/sessions/{token}/interact` (S4.28 to S4.36).

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use chatflow::{InputKind, InputType, Revision};
use chatflow_storage::{AsyncStore, SessionStatus, StoredSession};
use serde_json::{Value, json};

use super::access::{PathToken, session_for_change};
use super::turn::take;
use crate::app::Shared;
use crate::body::{self, Fields};
use crate::error::ApiError;

pub(crate) const BODY_LIMIT: usize = 256 * 1024;
const KNOWN: &[&str] =
    &["input", "input_type", "expected_revision", "client_message_id", "csrf_token"];

pub(crate) async fn interact<S: AsyncStore>(
    State(app): Shared<S>,
    PathToken(token): PathToken,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let stored = session_for_change(&app.store, &headers, &token).await?;
    let fields = body::read(&headers, body, BODY_LIMIT, KNOWN).await?;
    let value = fields.required("input")?.clone();
    let hint = input_type(&fields)?;
    check_active(&stored)?;
    check_revision(&stored, &fields)?;
    let kind = if hint == InputType::ScriptResult {
        InputKind::ScriptResult { result: value }
    } else {
        InputKind::Reply { value, hint }
    };
    let done = take(&app, &stored, kind).await?;
    let mut answer = done.driven.turn.to_value_with(&done.session, app.engine.options());
    let warnings = fields.unknown();
    if let (Some(answer), false) = (answer.as_object_mut(), warnings.is_empty()) {
        answer.insert("warnings".to_owned(), json!(warnings));
    }
    Ok(Json(answer))
}

fn input_type(fields: &Fields) -> Result<InputType, ApiError> {
    let text = fields.required_text("input_type")?;
    InputType::parse(text).ok_or_else(|| {
        let known: Vec<&str> = InputType::ALL.iter().map(|kind| kind.as_str()).collect();
        let message = format!("must be one of {}", known.join(", "));
        let place = ["body", "input_type"];
        ApiError::field_as("invalid_input_shape", &place, "value_error.enum", message)
    })
}

pub(crate) fn check_active(stored: &StoredSession) -> Result<(), ApiError> {
    match stored.snapshot.status {
        SessionStatus::Active => Ok(()),
        SessionStatus::Completed | SessionStatus::Abandoned => Err(ApiError::session_not_active()),
    }
}

/// Any integer is a revision to compare with, negative ones too (S4.25).
pub(crate) fn check_revision(stored: &StoredSession, fields: &Fields) -> Result<(), ApiError> {
    let Some(expected) = fields.integer("expected_revision")? else { return Ok(()) };
    let matches =
        u64::try_from(expected).is_ok_and(|expected| Revision(expected) == stored.revision);
    if matches { Ok(()) } else { Err(ApiError::revision_conflict(stored.revision)) }
}
