//! Conversations that are over, or as good as over.

use std::sync::Arc;

use chatflow::Timestamp;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, ChangeNotice, Day, Departure, SessionSummary, StoreError,
};

use super::work::Work;
use super::{Interruption, ROLLUP, later};
use crate::events::{Emitter, SessionChange, is_preview};

/// S4.43
const BATCH: u32 = 500;

/// Ends those in which nobody has said anything for long (S4.43).
pub(super) async fn abandon(work: &mut Work) -> Result<(), Interruption> {
    let (store, at, emitter) = (work.store(), work.now(), Arc::clone(&work.emitter));
    let hours = i64::from(work.settings.abandon_after_hours);
    let since = later(at, hours.saturating_mul(-3_600_000));
    let (store, emitter) = (&store, &emitter);
    work.repeat("sessions_abandoned", BATCH.into(), || async move {
        let scope = AccessScope::system();
        let idle = store.idle_sessions(&scope, since, at, BATCH).await?;
        let change = |session: &SessionSummary| SessionChange::abandoned(session, at);
        let departures = departures(store, emitter, &idle, change).await?;
        let gone = store.abandon_sessions(&scope, &departures, at).await?;
        told(store, &departures).await?;
        Ok::<_, Interruption>(u64::try_from(gone.len()).unwrap_or(u64::MAX))
    })
    .await
}

/// Deletes those that ended long ago, with all that was said (S4.44).
pub(super) async fn retention(work: &mut Work) -> Result<(), Interruption> {
    let days = work.settings.sessions;
    if days == 0 {
        return Ok(());
    }
    // What has not been counted yet stays, and so does what is counted by looking at it.
    let record = work.store.job(ROLLUP).await?;
    let counted = record.and_then(|record| record.last_finished_at);
    let counted = counted.map_or(i64::MIN, |at| later(at, -86_400_000).as_millis());
    let raw = Day::of(work.now()).0.saturating_sub(work.settings.raw_days.into());
    let before = work.days_ago(days).min(Day(raw).next().begins());
    let before = before.min(Timestamp::from_millis(counted));
    let (store, at, emitter) = (work.store(), work.now(), Arc::clone(&work.emitter));
    let (store, emitter) = (&store, &emitter);
    work.repeat("sessions_deleted", BATCH.into(), || async move {
        let scope = AccessScope::system();
        let ended = store.ended_sessions(&scope, before, BATCH).await?;
        let change = |session: &SessionSummary| SessionChange::of_deleted(session, at);
        let departures = departures(store, emitter, &ended, change).await?;
        let gone = store.delete_sessions(&scope, &departures).await?;
        told(store, &departures).await?;
        Ok::<_, Interruption>(u64::try_from(gone.len()).unwrap_or(u64::MAX))
    })
    .await
}

/// The sessions as they were seen, with what tells of them: nothing, of previews (S4.14).
async fn departures(
    store: &AnyStore,
    emitter: &Emitter,
    sessions: &[SessionSummary],
    change: impl Fn(&SessionSummary) -> SessionChange,
) -> Result<Vec<Departure>, StoreError> {
    let mut departures = Vec::new();
    for session in sessions {
        let mut departure = Departure::of(session.id);
        departure.expected = Some(session.revision);
        if !is_preview(&session.info) {
            departure.events = emitter.session(store, &change(session)).await?;
        }
        departures.push(departure);
    }
    Ok(departures)
}

/// Wakes those who deliver, in whatever process.
async fn told(store: &AnyStore, departures: &[Departure]) -> Result<(), StoreError> {
    if departures.iter().any(|departure| !departure.events.is_empty()) {
        store.announce(&[ChangeNotice::Outbox]).await?;
    }
    Ok(())
}
