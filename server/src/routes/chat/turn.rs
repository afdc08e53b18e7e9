//! A turn from the stored session to the commit, for every request that makes one.

use axum::http::StatusCode;
use axum::response::Response;
use chatflow::{
    Catalog, Driven, Input, InputKind, Phase, Session, TenantId, Timestamp, drive_async,
};
use chatflow_host::Recorder;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, Commit, CommitError, Committed, LeaseToken, NewEvent, SessionStatus, Snapshot,
    StoredSession,
};
use serde_json::{Map, Value};

use super::preview::{self, Preview};
use super::repeat::Repeat;
use crate::app::App;
use crate::cli::log;
use crate::error::{ApiError, chain};
use crate::events::{SessionChange, Standing, is_preview};
use crate::host::{TurnHost, TurnPlace, now};
use crate::kept::{Kept, Live};

/// What the request wants beside the turn.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// How the answer is to be kept.
    repeat: &'a Repeat,
    /// A status of the host's choice for a session that has ended.
    pub(crate) ended_as: Option<SessionStatus>,
    /// Whether the answer has the trace, if this is a preview.
    traces: bool,
}

impl<'a> Wanted<'a> {
    pub(crate) const fn new(repeat: &'a Repeat) -> Self {
        Self { repeat, ended_as: None, traces: false }
    }

    /// With the trace in the answer, if this is a preview.
    pub(crate) const fn traced(self) -> Self {
        Self { traces: true, ..self }
    }
}

/// What a request is answered with.
pub(crate) enum Answered {
    /// The answer of its turn, as JSON.
    Now(String),
    /// The answer that it had before.
    Before(Response),
}

/// Feeds `kind` to a stored session, commits what comes of it, and answers with what `answer` makes of it.
/// The session is `live` if it was kept and not read.
#[expect(clippy::too_many_lines, reason = "it is one sequence, from the session to the commit")]
pub(crate) async fn take(
    app: &App,
    (stored, live): (&StoredSession, Option<Live>),
    kind: InputKind,
    wanted: Wanted<'_>,
    answer: impl FnOnce(&Driven, &Session) -> String,
) -> Result<Answered, ApiError> {
    let (mut session, mark) = match live {
        Some(Live { session, mark }) => (session, Some(mark)),
        None => (restore(app, stored)?, None),
    };
    let info: Map<String, Value> = serde_json::from_str(&stored.snapshot.info).unwrap_or_default();
    let preview = Preview::of(app, stored).await?;
    let owner = flow_school(&info, stored);
    let scope = scope_of(owner, stored.head.school_id);
    let scope = if preview.is_some() { scope.with_drafts() } else { scope };
    let versions = std::iter::once(session.flow()).chain(session.pins());
    let mut catalog = app.flows.catalog(&app.store, &scope, versions.collect::<Vec<_>>()).await?;
    if let Some(preview) = &preview {
        preview.add_to(&mut catalog, app)?;
    }
    let at = now();
    let (id, user, expected) = (stored.head.id, stored.head.user_id, stored.revision);
    let place = TurnPlace { session: id, revision: Some(expected), mark, owner, user };
    let trial = preview.as_ref().map(Preview::trial).transpose()?;
    let host = TurnHost::new(app, scope, place).trying(trial);
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
    let trace =
        preview.as_ref().filter(|_| wanted.traces).map(|_| preview::trace(&driven, &session));
    if !driven.turn.commits() {
        // The same script request again: there is nothing to store (R10.23).
        give_up(app, stored, lease).await?;
        return Ok(Answered::Now(with_trace(body, trace)));
    }
    let (mut snapshot, mut turn) = recorder.record(&driven, &session);
    if let (SessionStatus::Completed, Some(status)) = (snapshot.status, wanted.ended_as) {
        snapshot.status = status;
        // Only what led to an end has converted (S5.23).
        turn.converts = turn.converts && status == SessionStatus::Completed;
    }
    turn.answered = wanted.repeat.keep(&body, at);
    turn.events = told(app, stored, at, &snapshot).await?;
    let mark = mark.filter(|_| lease.is_none());
    let commit = Commit { session: id, expected, lease, at, snapshot, turn, mark };
    match app.store.commit(&commit).await {
        Ok(committed) => {
            if !commit.turn.events.is_empty() {
                app.wakes.written(&app.store);
            }
            if preview.is_none() && waits(&session) {
                keep(app, stored, session, commit, committed);
            }
            Ok(Answered::Now(with_trace(body, trace)))
        }
        Err(error @ CommitError::Answered { .. }) => {
            // The same request came twice at once, and the other was faster.
            let before = wanted.repeat.answer(app, id).await?;
            before.map(Answered::Before).ok_or_else(|| ApiError::from(error))
        }
        Err(error) => Err(error.into()),
    }
}

/// Keeps the session as the turn left it, if the store can tell later whether it is still so.
fn keep(app: &App, before: &StoredSession, session: Session, commit: Commit, committed: Committed) {
    let Committed { revision, mark: Some(mark) } = committed else { return };
    let stored = StoredSession {
        head: before.head.clone(),
        snapshot: commit.snapshot,
        revision,
        last_activity_at: commit.at,
        lease: None,
    };
    debug_assert_eq!(restore(app, &stored).ok().as_ref(), Some(&session), "it goes on as it was");
    app.kept.keep(Kept { stored, live: Live { session, mark } });
}

/// Whether the next input of the session is a turn that commits.
fn waits(session: &Session) -> bool {
    matches!(session.phase(), Phase::Asking { .. } | Phase::Acknowledging { .. })
}

/// The answer with the trace, which is never kept to be repeated.
fn with_trace(body: String, trace: Option<Value>) -> String {
    match trace {
        Some(trace) => with(&body, "trace", trace),
        None => body,
    }
}

/// An object of JSON with one more entry.
pub(crate) fn with(object: &str, key: &str, value: Value) -> String {
    let mut object: Map<String, Value> = serde_json::from_str(object).unwrap_or_default();
    object.insert(key.to_owned(), value);
    Value::Object(object).to_string()
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

/// What others hear of a turn (S6.3 to S6.5): nothing, of a preview (S4.14).
async fn told(
    app: &App,
    stored: &StoredSession,
    at: Timestamp,
    snapshot: &Snapshot,
) -> Result<Vec<NewEvent>, ApiError> {
    if is_preview(&stored.snapshot.info) {
        return Ok(Vec::new());
    }
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

/// The engine's session of a stored one. If somebody changed its variables behind the service's back,
/// that is noted, or the session is refused (S4.22).
pub(crate) fn restore(app: &App, stored: &StoredSession) -> Result<Session, ApiError> {
    let session = Session::restore(&stored.snapshot.engine, &stored.snapshot.state)
        .map_err(|error| ApiError::internal(chain(&error)))?;
    let Snapshot { state, state_hash, .. } = &stored.snapshot;
    let verified = state_hash.as_deref().map(|hash| session.verify_restored(state, hash));
    if let Some(Err(mismatch)) = verified {
        app.metrics.state_hash_mismatches.inc();
        log(format_args!("warning: session {}: {mismatch}", stored.head.id));
        if app.options.strict_state_hash {
            let detail = "The stored conversation was changed and cannot go on";
            return Err(ApiError::new(StatusCode::CONFLICT, "state_corrupt", detail));
        }
    }
    Ok(session)
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
