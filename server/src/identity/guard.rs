//! Who may call an endpoint: extractors that refuse everyone else (S2.2, S2.9, S2.10).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::{Caller, IdentityError, Principal, Role};
use crate::app::{AccessMode, App, InvalidTokens};
use crate::error::ApiError;
use crate::refused::Known;

/// Any account that is active.
#[derive(Debug)]
pub(crate) struct Signed(pub(crate) Box<Caller>);

/// An account that manages: all but learners.
#[derive(Debug)]
pub(crate) struct Manager(pub(crate) Box<Caller>);

/// An account that runs the platform.
#[derive(Debug)]
pub(crate) struct Platform(pub(crate) Box<Caller>);

/// Whoever calls a chat endpoint: a token that is not valid counts as none there (S2.10).
#[derive(Debug)]
pub(crate) struct MaybeSigned {
    pub(crate) caller: Option<Box<Caller>>,
}

/// Whether the token of a request was ignored, which its answer tells.
#[derive(Clone, Debug, Default)]
pub(crate) struct IgnoredToken(Arc<AtomicBool>);

impl IgnoredToken {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl FromRequestParts<Arc<App>> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let caller = signed(parts, app).await?;
        // `auth/me` and random content stay open in the old service's coarse gate (S2.21).
        let path = parts.uri.path();
        let is_open = path == "/v1/auth/me" || path == "/v1/cms/content/random";
        check_mode(&caller, app, is_open)?;
        Ok(Self(caller))
    }
}

impl FromRequestParts<Arc<App>> for Manager {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let caller = signed(parts, app).await?;
        check_mode(&caller, app, false)?;
        if caller.role() == Role::Learner { Err(ApiError::forbidden()) } else { Ok(Self(caller)) }
    }
}

impl FromRequestParts<Arc<App>> for Platform {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let caller = signed(parts, app).await?;
        if caller.role() == Role::Platform { Ok(Self(caller)) } else { Err(ApiError::forbidden()) }
    }
}

impl FromRequestParts<Arc<App>> for MaybeSigned {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        match app.identity.identify(parts).await {
            Ok(Principal::Anonymous) => Ok(Self { caller: None }),
            Ok(Principal::Account(caller)) => {
                known(parts, &caller);
                Ok(Self { caller: Some(caller) })
            }
            Err(IdentityError::InvalidToken | IdentityError::InvalidAccount) => {
                if let Some(ignored) = parts.extensions.get::<IgnoredToken>() {
                    ignored.0.store(true, Ordering::Relaxed);
                }
                Ok(Self { caller: None })
            }
            // Whoever it is must not be taken for nobody.
            Err(error @ (IdentityError::Store(_) | IdentityError::KeysUnavailable)) => {
                Err(refuse(error, app))
            }
        }
    }
}

async fn signed(parts: &Parts, app: &App) -> Result<Box<Caller>, ApiError> {
    match app.identity.identify(parts).await {
        Ok(Principal::Account(caller)) => {
            known(parts, &caller);
            Ok(caller)
        }
        Ok(Principal::Anonymous) => Err(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "authentication_required",
            "This needs a token of an account",
        )),
        Err(error) => Err(refuse(error, app)),
    }
}

/// Whoever is refused later is known by then (S12.13).
fn known(parts: &Parts, caller: &Caller) {
    if let Some(known) = parts.extensions.get::<Known>() {
        known.is(caller);
    }
}

fn refuse(error: IdentityError, app: &App) -> ApiError {
    let text = error.to_string();
    match error {
        IdentityError::InvalidToken => {
            // Clients of the service that this one replaces know 403 (S2.9).
            let status = match app.options.invalid_tokens {
                InvalidTokens::Unauthorized => StatusCode::UNAUTHORIZED,
                InvalidTokens::Forbidden => StatusCode::FORBIDDEN,
            };
            ApiError::new(status, "invalid_token", text)
        }
        IdentityError::InvalidAccount => {
            ApiError::new(StatusCode::UNAUTHORIZED, "invalid_account", text)
        }
        IdentityError::KeysUnavailable => {
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", text)
        }
        IdentityError::Store(error) => error.into(),
    }
}

/// The coarse gate of the service that this one replaces (S2.21).
fn check_mode(caller: &Caller, app: &App, is_open: bool) -> Result<(), ApiError> {
    match app.options.access {
        AccessMode::AdminOnly if !is_open && caller.role() != Role::Platform => {
            Err(ApiError::forbidden())
        }
        AccessMode::AdminOnly | AccessMode::Rules => Ok(()),
    }
}
