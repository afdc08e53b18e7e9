//! Who may use a session: the holder of its token (S4.2, S4.5 to S4.10, F16, F44).

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use chatflow::SessionId;
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

/// What a request shows for its right to a session; `me` in its path means the session of the `chat_session` cookie.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    /// The session that it names.
    pub(crate) id: SessionId,
    token: &'a str,
    /// What must belong to the session if the request changes it.
    csrf: Option<&'a str>,
    signed: &'a MaybeSigned,
}

impl<'a> Claim<'a> {
    /// Of a request that only reads.
    pub(crate) fn to_read(
        headers: &'a HeaderMap,
        path_token: &'a str,
        signed: &'a MaybeSigned,
    ) -> Result<Self, ApiError> {
        let token = match path_token {
            "me" => cookie(headers, "chat_session").ok_or_else(ApiError::session_not_found)?,
            token => token,
        };
        let id = session_of(token).ok_or_else(ApiError::session_not_found)?;
        Ok(Self { id, token, csrf: None, signed })
    }

    /// Of a request that changes the session: the CSRF header must belong to it.
    ///
    /// A request with a valid account and without cookies cannot come from a page that was tricked into
    /// sending it, so it needs no header (S4.7).
    pub(crate) fn to_change(
        headers: &'a HeaderMap,
        path_token: &'a str,
        signed: &'a MaybeSigned,
    ) -> Result<Self, ApiError> {
        if signed.caller.is_some() && !headers.contains_key(header::COOKIE) {
            return Self::to_read(headers, path_token, signed);
        }
        let csrf = headers.get("x-csrf-token").and_then(|value| value.to_str().ok());
        let Some(csrf) = csrf.filter(|value| !value.is_empty()) else {
            let detail = "CSRF token missing in header";
            return Err(ApiError::new(StatusCode::FORBIDDEN, "csrf_missing", detail));
        };
        let claim = Self::to_read(headers, path_token, signed)?;
        Ok(Self { csrf: Some(csrf), ..claim })
    }

    /// The session as it is stored, if the request has a right to it.
    pub(crate) async fn read(&self, app: &App) -> Result<StoredSession, ApiError> {
        self.admit(app.store.load_session(self.id).await?)
    }

    /// The session that was found, if the request has a right to it.
    ///
    /// A token of another account than the session's own is not a right to it (S4.9).
    pub(crate) fn admit(&self, found: Option<StoredSession>) -> Result<StoredSession, ApiError> {
        let session = found
            .filter(|session| matches(self.token, &session.head.token_digest))
            .ok_or_else(ApiError::session_not_found)?;
        let caller = self.signed.caller.as_deref();
        let caller = caller.filter(|caller| caller.role() != Role::Platform);
        let refuse = |code, detail: &str| Err(ApiError::new(StatusCode::FORBIDDEN, code, detail));
        match (session.head.user_id, caller.and_then(Caller::user_id)) {
            (Some(owner), Some(caller)) if owner.0 != caller => {
                return refuse("session_of_other_user", "This conversation is another user's");
            }
            _ => {}
        }
        match self.csrf {
            Some(csrf) if !matches(csrf, &session.head.csrf_digest) => {
                refuse("csrf_mismatch", "CSRF token mismatch")
            }
            _ => Ok(session),
        }
    }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}
