//! A turn from the stored session to the commit, for every request that makes one.

use axum::response::Response;
use chatflow::{Catalog, Driven, Input, InputKind, Session, TenantId, Timestamp, drive_async};
use chatflow_host::Recorder;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, Commit, CommitError, LeaseToken, NewEvent, SessionStatus, Snapshot, StoredSession,
};
use serde_json::{Map, Value};

use super::repeat::Repeat;
use crate::app::App;
use crate::error::{ApiError, chain};
use crate::events::{SessionChange, Standing};
use crate::host::{TurnHost, TurnPlace, now};

/// What the request wants beside the turn.
pub(crate) struct Wanted<'a> {
    /// How the answer is to be kept.
    repeat: &'a Repeat,
    /// A status of the host's choice for a session that has ended.
    pub(crate) ended_as: Option<SessionStatus>,
}

impl<'a> Wanted<'a> {
    pub(crate) const fn new(repeat: &'a Repeat) -> Self {
        Self { repeat, ended_as: None }
    }
}

/// What a request is answered with.
pub(crate) enum Answered {
    /// The answer of its turn.
    Now(Value),
    /// The answer that it had before.
    Before(Response),
}

/// Feeds `kind` to a stored session, commits what comes of it, and answers with what `answer` makes of it.
pub(crate) async fn take(
    app: &App,
    stored: &StoredSession,
    kind: InputKind,
    wanted: Wanted<'_>,
    answer: impl FnOnce(&Driven, &Session) -> Value,
) -> Result<Answered, ApiError> {
    let mut session = restore(stored)?;
    let info: Map<String, Value> = serde_json::from_str(&stored.snapshot.info).unwrap_or_default();
    let scope = scope_of(flow_school(&info, stored), stored.head.school_id);
    let versions = std::iter::once(session.flow()).chain(session.pins());
    let catalog = app.flows.catalog(&app.store, &scope, versions.collect::<Vec<_>>()).await?;
    let at = now();
    let (id, expected) = (stored.head.id, stored.revision);
    let place = TurnPlace { session: id, revision: Some(expected), owner: stored.head.school_id };
    let host = TurnHost::new(app, scope, place);
    let previous = stored.snapshot.turn_hash.as_deref().unwrap_or_default();
    let recorder = Recorder::new(&session, info, previous, &app.masker);
    let driven = drive(app, catalog, &mut session, Input::new(at, kind), &host).await;
    let lease = host.lease()?;
    let driven = match driven {
        Ok(driven) => driven,
        Err(error) => {
            give_up(app, stored, lease).await?;
            return Err(error);
        }
    };
    let body = answer(&driven, &session);
    if !driven.turn.commits() {
        // The same script request again: there is nothing to store (R10.23).
        give_up(app, stored, lease).await?;
        return Ok(Answered::Now(body));
    }
    let (mut snapshot, mut turn) = recorder.record(&driven, &session);
    if let (SessionStatus::Completed, Some(status)) = (snapshot.status, wanted.ended_as) {
        snapshot.status = status;
        // Only what led to an end has converted (S5.23).
        turn.converts = turn.converts && status == SessionStatus::Completed;
    }
    turn.answered = wanted.repeat.keep(&body, at);
    turn.events = told(app, stored, at, &snapshot).await?;
    let has_events = !turn.events.is_empty();
    let commit = Commit { session: id, expected, lease, at, snapshot, turn };
    match app.store.commit(&commit).await {
        Ok(_) => {
            if has_events {
                app.wakes.written(&app.store);
            }
            Ok(Answered::Now(body))
        }
        Err(error @ CommitError::Answered { .. }) => {
            // The same request came twice at once, and the other was faster.
            let before = wanted.repeat.answer(app, id).await?;
            before.map(Answered::Before).ok_or_else(|| ApiError::from(error))
        }
        Err(error) => Err(error.into()),
    }
}

/// Gives the lease back when a turn comes to nothing.
async fn give_up(
    app: &App,
    stored: &StoredSession,
    lease: Option<LeaseToken>,
) -> Result<(), ApiError> {
    match lease {
        Some(token) => Ok(app.store.release_lease(stored.head.id, token).await?),
        None => Ok(()),
    }
}

/// What others hear of a turn (S6.3 to S6.5).
async fn told(
    app: &App,
    stored: &StoredSession,
    at: Timestamp,
    snapshot: &Snapshot,
) -> Result<Vec<NewEvent>, ApiError> {
    let before = Standing::of(&stored.snapshot, stored.revision);
    let after = Standing::of(snapshot, stored.revision.next());
    let change = SessionChange::new(&stored.head, at, Some(before), after);
    Ok(app.emitter.session(&app.store, &change).await?)
}

/// Drives one input; nothing is stored.
pub(crate) async fn drive(
    app: &App,
    mut catalog: Catalog,
    session: &mut Session,
    input: Input,
    host: &TurnHost<'_>,
) -> Result<Driven, ApiError> {
    Ok(drive_async(&app.engine, &mut catalog, session, input, host).await?)
}

/// The engine's session of a stored one.
pub(crate) fn restore(stored: &StoredSession) -> Result<Session, ApiError> {
    Session::restore(&stored.snapshot.engine, &stored.snapshot.state)
        .map_err(|error| ApiError::internal(chain(&error)))
}

/// Under `info`: the school of the flow, when it is not the session's own.
pub(crate) const FLOW_SCHOOL: &str = "flow_school_id";

pub(super) fn flow_school(info: &Map<String, Value>, stored: &StoredSession) -> Option<TenantId> {
    match info.get(FLOW_SCHOOL) {
        None => stored.head.school_id,
        Some(school) => school.as_str().and_then(|id| id.parse().ok()).map(TenantId),
    }
}

/// What a conversation may see: rows of its flow's owner, and `school` rows of its visitor's (S2.26, F14).
pub(crate) fn scope_of(flow: Option<TenantId>, visitor: Option<TenantId>) -> AccessScope {
    AccessScope::conversation(flow, visitor)
}
