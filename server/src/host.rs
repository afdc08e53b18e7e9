//! Resolves the effects of a turn against a store and the host's handlers.

use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use chatflow::{
    AsyncResolver, Effect, EffectKind, Handlers, Outcome, Revision, SessionId, Timestamp, clean,
};
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, AnyStore, LeaseRequest, LeaseToken, StoreError};
use serde_json::{Value, json};

use crate::error::{ApiError, chain};
use crate::token::random_id;

/// What the lease of a turn outlives its budget for effects by, in milliseconds (F9).
const LEASE_MARGIN_MS: i64 = 15_000;

/// The host side of one turn.
pub(crate) struct TurnHost<'a> {
    store: &'a AnyStore,
    handlers: &'a Handlers,
    scope: AccessScope,
    /// The session and its revision, for the lease; none for a start, which needs no lease.
    session: Option<(SessionId, Revision)>,
    lease_ms: i64,
    /// The lease, once it was taken, or why the turn must be given up.
    lease: Mutex<Lease>,
}

#[derive(Debug, Default)]
enum Lease {
    #[default]
    NotNeeded,
    Held(LeaseToken),
    Lost(ApiError),
}

impl<'a> TurnHost<'a> {
    pub(crate) fn new(
        store: &'a AnyStore,
        handlers: &'a Handlers,
        scope: AccessScope,
        session: Option<(SessionId, Revision)>,
        budget_ms: u64,
    ) -> Self {
        let lease_ms = i64::try_from(budget_ms).unwrap_or(i64::MAX).saturating_add(LEASE_MARGIN_MS);
        Self { store, handlers, scope, session, lease_ms, lease: Mutex::default() }
    }

    /// The lease to commit with, or the reason why nothing may be committed.
    pub(crate) fn lease(self) -> Result<Option<LeaseToken>, ApiError> {
        match self.lease.into_inner().unwrap_or_default() {
            Lease::NotNeeded => Ok(None),
            Lease::Held(token) => Ok(Some(token)),
            Lease::Lost(error) => Err(error),
        }
    }

    /// Takes the lease before the first outside effect of a turn (ruling 3, F9).
    async fn may_reach_out(&self) -> bool {
        let Some((session, expected)) = self.session else { return true };
        if let Ok(lease) = self.lease.lock() {
            match &*lease {
                Lease::NotNeeded => {}
                Lease::Held(_) => return true,
                Lease::Lost(_) => return false,
            }
        }
        let taken = match random_id() {
            Err(error) => Err(ApiError::from(error)),
            Ok(id) => {
                let (token, at) = (LeaseToken(id), now());
                let until = Timestamp::from_millis(at.as_millis().saturating_add(self.lease_ms));
                let request = LeaseRequest { session, expected, token, until, at };
                self.store.take_lease(&request).await.map(|()| token).map_err(ApiError::from)
            }
        };
        let ok = taken.is_ok();
        if let Ok(mut lease) = self.lease.lock() {
            *lease = taken.map_or_else(Lease::Lost, Lease::Held);
        }
        ok
    }

    async fn answer(&self, kind: &EffectKind) -> Result<Value, Outcome> {
        let failed = |error: StoreError| {
            // The outcome becomes part of the session; what it says of files is for the log.
            crate::cli::log(format_args!("error: store: {}", chain(&error)));
            Outcome::failed("store", error.to_string())
        };
        match kind {
            EffectKind::FetchContent { ids } => self
                .store
                .contents(&self.scope, ids)
                .await
                .map(|items| json!(items))
                .map_err(failed),
            EffectKind::ListCandidates { query } => self
                .store
                .candidates(&self.scope, query)
                .await
                .map(|ids| json!(ids))
                .map_err(failed),
            EffectKind::CallHandler { .. } | EffectKind::CallWebhook { .. } => {
                if !self.may_reach_out().await {
                    return Err(Outcome::failed(
                        "in_progress",
                        "another turn of this session is running",
                    ));
                }
                match self.handlers.resolve(kind) {
                    Some(Outcome::Done { value }) => Ok(value),
                    Some(failed) => Err(failed),
                    None => Err(Outcome::failed("no_handler", "no handler answers this request")),
                }
            }
            // All flows of a session are pinned and loaded before its turn begins.
            EffectKind::LoadFlow { .. } | _ => {
                Err(Outcome::failed("not_supported", "the host cannot do this"))
            }
        }
    }
}

impl AsyncResolver for TurnHost<'_> {
    fn now(&self) -> Timestamp {
        now()
    }

    async fn resolve(&self, effect: &Effect) -> Outcome {
        match self.answer(&effect.kind).await {
            Ok(mut value) => {
                // Outcomes pass the same cleaning as input (F28).
                let _ = clean(&mut value);
                Outcome::Done { value }
            }
            Err(failed) => failed,
        }
    }
}

/// The present, by the system's clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
