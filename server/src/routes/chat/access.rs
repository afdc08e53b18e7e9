//! Who may use a session: the holder of its token (S4.2, S4.5 to S4.10, F16, F44).

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use chatflow_storage::StoredSession;
use chatflow_storage::prelude::*;

use crate::app::App;
use crate::error::ApiError;
use crate::identity::{Caller, MaybeSigned, Role};
use crate::token::{matches, session_of};

/// A path's token. One that is not even text names no session (S4.2).
pub(crate) struct PathToken(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for PathToken {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let token = Path::from_request_parts(parts, state).await;
        token.map(|Path(token)| Self(token)).map_err(|_| ApiError::session_not_found())
    }
}

/// The session of a path's token; `me` means the one of the `chat_session` cookie.
///
/// A token of another account than the session's own is not a right to it (S4.9).
pub(crate) async fn session(
    app: &App,
    headers: &HeaderMap,
    path_token: &str,
    signed: &MaybeSigned,
) -> Result<StoredSession, ApiError> {
    let token = match path_token {
        "me" => cookie(headers, "chat_session").ok_or_else(ApiError::session_not_found)?,
        token => token,
    };
    let id = session_of(token).ok_or_else(ApiError::session_not_found)?;
    let found = app.store.load_session(id).await?;
    let session = found
        .filter(|session| matches(token, &session.head.token_digest))
        .ok_or_else(ApiError::session_not_found)?;
    let caller = signed.caller.as_deref().filter(|caller| caller.role() != Role::Platform);
    let caller = caller.and_then(Caller::user_id);
    match (session.head.user_id, caller) {
        (Some(owner), Some(caller)) if owner.0 != caller => {
            let detail = "This conversation is another user's";
            Err(ApiError::new(StatusCode::FORBIDDEN, "session_of_other_user", detail))
        }
        _ => Ok(session),
    }
}

/// [`session`] for a request that changes it: the CSRF header must belong to the session.
///
/// A request with a valid account and without cookies cannot come from a page that was tricked into
/// sending it, so it needs no header (S4.7).
pub(crate) async fn session_for_change(
    app: &App,
    headers: &HeaderMap,
    path_token: &str,
    signed: &MaybeSigned,
) -> Result<StoredSession, ApiError> {
    if signed.caller.is_some() && !headers.contains_key(header::COOKIE) {
        return session(app, headers, path_token, signed).await;
    }
    let header = headers.get("x-csrf-token").and_then(|value| value.to_str().ok());
    let Some(header) = header.filter(|value| !value.is_empty()) else {
        let detail = "CSRF token missing in header";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "csrf_missing", detail));
    };
    let session = session(app, headers, path_token, signed).await?;
    if matches(header, &session.head.csrf_digest) {
        return Ok(session);
    }
    Err(ApiError::new(StatusCode::FORBIDDEN, "csrf_mismatch", "CSRF token mismatch"))
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}
