//! Resolves the effects of a turn against a store and the host's handlers.

mod forward;
mod outside;
mod trial;

use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use chatflow::{
    AsyncResolver, Effect, EffectKind, Handlers, Outcome, Revision, SessionId, TenantId, Timestamp,
    Visited, clean,
};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, LeaseRequest, LeaseToken, SessionMark, StoreError, UserId,
};
use serde_json::{Value, json};

pub(crate) use trial::Trial;

use crate::app::App;
use crate::error::{ApiError, chain};
use crate::internal::InternalApi;
use crate::outbound::Outbound;
use crate::reading::{RECOMMEND, ReadingPlatform, answer_flow};
use crate::token::random_id;

/// What the lease of a turn outlives its budget for effects by, in milliseconds (F9).
const LEASE_MARGIN_MS: i64 = 15_000;

/// The host side of one turn.
pub(crate) struct TurnHost<'a> {
    store: &'a AnyStore,
    handlers: &'a Handlers,
    outbound: Option<&'a Outbound>,
    internal: Option<&'a InternalApi>,
    reading: Option<&'a dyn ReadingPlatform>,
    scope: AccessScope,
    turn: TurnPlace,
    lease_ms: i64,
    /// What stands for the world outside, in a preview.
    trial: Option<Trial>,
    /// The lease, once it was taken, or why the turn must be given up.
    lease: Mutex<Lease>,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TurnPlace {
    /// The session.
    pub(crate) session: SessionId,
    /// Its revision when the turn began; none for a start, which needs no lease.
    pub(crate) revision: Option<Revision>,
    /// The mark of a session that was kept.
    pub(crate) mark: Option<SessionMark>,
    /// The school of its flow, whose secrets it may use.
    pub(crate) owner: Option<TenantId>,
    /// Who talks, if that is known.
    pub(crate) user: Option<UserId>,
}

#[derive(Debug, Default)]
enum Lease {
    #[default]
    NotNeeded,
    Held(LeaseToken),
    Lost(ApiError),
}

impl<'a> TurnHost<'a> {
    pub(crate) fn new(app: &'a App, scope: AccessScope, turn: TurnPlace) -> Self {
        let budget_ms = app.options.limits.effect_budget_ms;
        let lease_ms = i64::try_from(budget_ms).unwrap_or(i64::MAX).saturating_add(LEASE_MARGIN_MS);
        let (store, handlers) = (&app.store, &app.options.handlers);
        let outbound = app.options.outbound.as_ref();
        let reading = app.options.reading.as_deref();
        let internal = app.options.internal.as_ref();
        let (trial, lease) = (None, Mutex::default());
        Self { store, handlers, outbound, internal, reading, scope, turn, lease_ms, trial, lease }
    }

    /// For a turn of a preview.
    pub(crate) fn trying(self, trial: Option<Trial>) -> Self {
        Self { trial, ..self }
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
        match self.lease_request() {
            Ok(None) => true,
            Ok(Some(request)) => {
                let taken = self.store.take_lease(&request).await;
                self.leased(request.token, taken.map_err(ApiError::from))
            }
            Err(()) => false,
        }
    }

    /// What to ask for before the first outside effect; none if there is no need to. An error means
    /// that the turn is given up already.
    fn lease_request(&self) -> Result<Option<LeaseRequest>, ()> {
        let Some(expected) = self.turn.revision else { return Ok(None) };
        if let Ok(lease) = self.lease.lock() {
            match &*lease {
                Lease::NotNeeded => {}
                Lease::Held(_) => return Ok(None),
                Lease::Lost(_) => return Err(()),
            }
        }
        let id = random_id().map_err(|error| {
            self.leased(LeaseToken(uuid::Uuid::nil()), Err(ApiError::from(error)));
        })?;
        let (token, at) = (LeaseToken(id), now());
        let until = self.lease_end(at);
        let TurnPlace { session, mark, .. } = self.turn;
        Ok(Some(LeaseRequest { session, expected, token, until, at, mark }))
    }

    /// Takes note of what became of a request for the lease; false if it was refused.
    fn leased(&self, token: LeaseToken, answer: Result<(), ApiError>) -> bool {
        let ok = answer.is_ok();
        if let Ok(mut lease) = self.lease.lock() {
            *lease = answer.map_or_else(Lease::Lost, |()| Lease::Held(token));
        }
        ok
    }

    /// When a lease that begins at `at` ends.
    fn lease_end(&self, at: Timestamp) -> Timestamp {
        Timestamp::from_millis(at.as_millis().saturating_add(self.lease_ms))
    }

    async fn answer(&self, node: Option<&Visited>, kind: &EffectKind) -> Result<Value, Outcome> {
        let trial = self.trial.as_ref().and_then(|trial| trial.answer(node, kind));
        match trial {
            Some(Outcome::Done { value }) => return Ok(value),
            Some(failed @ Outcome::Failed(_)) => return Err(failed),
            None => {}
        }
        let failed = |error: StoreError| {
            // The outcome becomes part of the session; what it says of files is for the log.
            crate::cli::log(format_args!("error: store: {}", chain(&error)));
            Outcome::failed("store", error.to_string())
        };
        if let EffectKind::CallHandler { endpoint, request } = kind
            && let Some(internal) = self.forwards(node, kind).await
        {
            return self.forward(internal, endpoint, request).await;
        }
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
            EffectKind::CallWebhook { request } if let Some(outbound) = self.goes_out(kind) => {
                let outcome = self.send(outbound, request).await;
                if let Outcome::Done { value } = outcome { Ok(value) } else { Err(outcome) }
            }
            EffectKind::CallHandler { endpoint, request }
                if endpoint.trim_end_matches('/') == RECOMMEND && !self.handlers.knows(kind) =>
            {
                let Some(platform) = self.reading else {
                    return Err(Outcome::failed("no_handler", "no reading platform is set up"));
                };
                if !self.may_reach_out().await {
                    return Err(busy());
                }
                answer_flow(platform, request).await
            }
            EffectKind::CallHandler { .. } | EffectKind::CallWebhook { .. } => {
                if !self.may_reach_out().await {
                    return Err(busy());
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

/// Another turn of the session is under way, or was faster.
fn busy() -> Outcome {
    Outcome::failed("in_progress", "another turn of this session is running")
}

impl AsyncResolver for TurnHost<'_> {
    fn now(&self) -> Timestamp {
        now()
    }

    async fn resolve(&self, effect: &Effect) -> Outcome {
        self.resolve_for(None, effect).await
    }

    async fn resolve_for(&self, node: Option<&Visited>, effect: &Effect) -> Outcome {
        match self.answer(node, &effect.kind).await {
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
