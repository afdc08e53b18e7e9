//! `POST /v1/chat/sessions/{token}/interact` (S4.28 to S4.37).

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use chatflow::{Driven, InputKind, InputType, Revision, Session};
use chatflow_storage::prelude::*;
use chatflow_storage::{SessionStatus, StoredSession};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::access::{Claim, PathToken};
use super::repeat::Repeat;
use super::turn::{Answered, Wanted, take, with};
use super::wire::TurnAnswer;
use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::host::now;
use crate::identity::MaybeSigned;
use crate::input::JsonBody;
use crate::kept::{Kept, Live};

/// The limit of bodies of a conversation, in bytes (S3.17).
pub(crate) const BODY_LIMIT: usize = 256 * 1024;

/// An answer of the visitor.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct InteractBody {
    /// What was said: a text, or what the kind of input asks for.
    input: Value,
    /// What kind of input it is, e.g. `text`, `choice` or `continue`.
    input_type: String,
    /// The revision that the client has seen.
    expected_revision: Option<i64>,
    /// The client's name for this answer, so that it may be sent again.
    #[schema(min_length = 1, max_length = 128)]
    client_message_id: Option<String>,
    /// Of older clients; the header counts.
    #[serde(skip_serializing)]
    #[schema(nullable)]
    #[expect(dead_code, reason = "known, so that no client is warned of it")]
    csrf_token: Option<Value>,
}

/// Answers what a conversation asks.
#[utoipa::path(post, path = "/v1/chat/sessions/{session_token}/interact", tag = "chat",
    params(
        ("session_token" = String, Path, description = "The session's token, or `me` for that of the cookie"),
        ("X-CSRF-Token" = Option<String>, Header, description = "As start answered it"),
        ("Idempotency-Key" = Option<String>, Header, description = "The request's name, if it may be sent again"),
    ),
    request_body = InteractBody,
    responses((status = 200, body = TurnAnswer)))]
pub(crate) async fn interact(
    State(app): Shared,
    PathToken(token): PathToken,
    signed: MaybeSigned,
    headers: HeaderMap,
    body: Result<JsonBody<InteractBody, BODY_LIMIT>, ApiError>,
) -> Result<Response, ApiError> {
    let arrived = now();
    let claim = Claim::to_change(&headers, &token, &signed)?;
    let seen = body.as_ref().ok().and_then(|body| body.value.expected_revision);
    let (stored, live) = at_hand(&app, &claim, seen).await?;
    let JsonBody { value: body, warnings, .. } = body?;
    let key = body.client_message_id.as_deref();
    let repeat = Repeat::of(&headers, "interact", key, || json!(body))?;
    if let Some(answer) = repeat.answer(&app, stored.head.id).await? {
        return Ok(answer);
    }
    let hint = input_type(&body.input_type)?;
    check_active(&stored)?;
    check_revision(&stored, body.expected_revision)?;
    let kind = if hint == InputType::ScriptResult {
        InputKind::ScriptResult { result: body.input }
    } else {
        InputKind::Reply { value: body.input, hint }
    };
    let answer = |driven: &Driven, session: &Session| {
        let answer = driven.turn.wire(session, app.engine.options());
        let answer = serde_json::to_string(&answer).unwrap_or_default();
        if warnings.is_empty() { answer } else { with(&answer, "warnings", json!(warnings)) }
    };
    let wanted = Wanted::new(&repeat).traced();
    if live.is_none() {
        return Ok(take(&app, (&stored, None), kind, wanted, answer).await?.into_response());
    }
    let outcome = take(&app, (&stored, live), kind.clone(), wanted, answer).await;
    let Err(error) = outcome else {
        judge(&app, true);
        return outcome.map(Answered::into_response);
    };
    let found = app.store.load_session(claim.id).await?;
    judge(&app, found.as_ref() == Some(&stored));
    // Who went on with it after this request had come was faster.
    let Some(found) = found.filter(|now| *now != stored && now.last_activity_at < arrived) else {
        return Err(error);
    };
    check_active(&found)?;
    check_revision(&found, body.expected_revision)?;
    Ok(take(&app, (&found, None), kind, wanted, answer).await?.into_response())
}

/// The session, which is live if it is a copy that was kept.
async fn at_hand(
    app: &App,
    claim: &Claim<'_>,
    seen: Option<i64>,
) -> Result<(StoredSession, Option<Live>), ApiError> {
    match app.kept.take(claim.id, seen) {
        Some((Kept { stored, live }, true)) => Ok((claim.admit(Some(stored))?, Some(live))),
        Some((kept, false)) => {
            let found = app.store.load_session(claim.id).await?;
            judge(app, found.as_ref() == Some(&kept.stored));
            Ok((claim.admit(found)?, None))
        }
        None => Ok((claim.read(app).await?, None)),
    }
}

/// Takes note of whether a copy was up to date.
fn judge(app: &App, was_current: bool) {
    app.kept.judge(was_current);
    app.metrics.kept_session(was_current);
}

fn input_type(text: &str) -> Result<InputType, ApiError> {
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
pub(crate) fn check_revision(
    stored: &StoredSession,
    expected: Option<i64>,
) -> Result<(), ApiError> {
    let Some(expected) = expected else { return Ok(()) };
    let matches =
        u64::try_from(expected).is_ok_and(|expected| Revision(expected) == stored.revision);
    if matches { Ok(()) } else { Err(ApiError::revision_conflict(stored.revision)) }
}

impl Answered {
    /// The answer as it goes out.
    pub(crate) fn into_response(self) -> Response {
        match self {
            Self::Now(answer) => {
                ([(header::CONTENT_TYPE, "application/json")], answer).into_response()
            }
            Self::Before(response) => response,
        }
    }
}
