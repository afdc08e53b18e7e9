//! A turn from the stored session to the commit, for every request that makes one.

use chatflow::{Catalog, Driven, Input, InputKind, Session, TenantId, drive_async};
use chatflow_host::Recorder;
use chatflow_storage::{AccessScope, AsyncStore, Commit, SessionStatus, StoredSession};

use crate::app::App;
use crate::error::{ApiError, chain};
use crate::host::{TurnHost, now};

/// A session that has taken a turn, committed.
pub(crate) struct Taken {
    pub(crate) driven: Driven,
    pub(crate) session: Session,
}

/// Feeds `kind` to a stored session and commits what comes of it.
pub(crate) async fn take<S: AsyncStore>(
    app: &App<S>,
    stored: &StoredSession,
    kind: InputKind,
) -> Result<Taken, ApiError> {
    take_as(app, stored, kind, None).await
}

/// [`take`], with a status of the host's choice for a session that has ended.
pub(crate) async fn take_as<S: AsyncStore>(
    app: &App<S>,
    stored: &StoredSession,
    kind: InputKind,
    ended_as: Option<SessionStatus>,
) -> Result<Taken, ApiError> {
    let mut session = restore(stored)?;
    let scope = scope_of(stored.head.school_id);
    let versions = std::iter::once(session.flow()).chain(session.pins());
    let catalog = app.flows.catalog(&app.store, &scope, versions.collect::<Vec<_>>()).await?;
    let at = now();
    let held = (stored.head.id, stored.revision);
    let host = TurnHost::new(
        &app.store,
        &app.options.handlers,
        scope,
        Some(held),
        app.options.limits.effect_budget_ms,
    );
    let previous = stored.snapshot.turn_hash.as_deref().unwrap_or_default();
    let info = serde_json::from_str(&stored.snapshot.info).unwrap_or_default();
    let recorder = Recorder::new(&session, info, previous, &app.masker);
    let driven = drive(app, catalog, &mut session, Input::new(at, kind), &host).await;
    let lease = host.lease()?;
    let driven = match driven {
        Ok(driven) => driven,
        Err(error) => {
            if let Some(token) = lease {
                app.store.release_lease(stored.head.id, token).await?;
            }
            return Err(error);
        }
    };
    if !driven.turn.commits() {
        // The same script request again: there is nothing to store (R10.23).
        if let Some(token) = lease {
            app.store.release_lease(stored.head.id, token).await?;
        }
        return Ok(Taken { driven, session });
    }
    let (mut snapshot, mut turn) = recorder.record(&driven, &session);
    if let (SessionStatus::Completed, Some(status)) = (snapshot.status, ended_as) {
        snapshot.status = status;
        // Only what led to an end has converted (S5.23).
        turn.converts = turn.converts && status == SessionStatus::Completed;
    }
    let (id, expected) = (stored.head.id, stored.revision);
    let commit = Commit { session: id, expected, lease, at, snapshot, turn };
    app.store.commit(&commit).await?;
    Ok(Taken { driven, session })
}

/// Drives one input; nothing is stored.
pub(crate) async fn drive<S: AsyncStore>(
    app: &App<S>,
    mut catalog: Catalog,
    session: &mut Session,
    input: Input,
    host: &TurnHost<'_, S>,
) -> Result<Driven, ApiError> {
    Ok(drive_async(&app.engine, &mut catalog, session, input, host).await?)
}

/// The engine's session of a stored one.
pub(crate) fn restore(stored: &StoredSession) -> Result<Session, ApiError> {
    Session::restore(&stored.snapshot.engine, &stored.snapshot.state)
        .map_err(|error| ApiError::internal(chain(&error)))
}

/// What a conversation may see: rows of its flow's owner, which is its own school too (S2.26, F14).
pub(crate) fn scope_of(school: Option<TenantId>) -> AccessScope {
    AccessScope::conversation(school, school)
}
