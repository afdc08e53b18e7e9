//! Conversations that are over, or as good as over.

use std::sync::Arc;

use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, Batch};

use super::work::Work;
use super::{Interruption, Job, later};
use crate::events::SessionChange;

/// S4.43
const BATCH: u32 = 500;

/// What has to have been counted before a session goes (S4.44); a job of this name does so, where
/// there is one.
const ROLLUP: &str = "analytics-rollup";

/// Ends those in which nobody has said anything for long (S4.43).
pub(super) async fn abandon(work: &mut Work) -> Result<(), Interruption> {
    let (store, at, emitter) = (work.store(), work.now(), Arc::clone(&work.emitter));
    let hours = i64::from(work.settings.abandon_after_hours);
    let since = later(at, hours.saturating_mul(-3_600_000));
    let (store, scope, emitter) = (&store, AccessScope::system(), &emitter);
    let scope = &scope;
    work.repeat("sessions_abandoned", BATCH.into(), || async move {
        let abandoned = store.abandon_sessions(scope, since, at, BATCH).await?;
        let mut events = Vec::new();
        for session in &abandoned {
            let change = SessionChange::abandoned(session, at);
            events.extend(emitter.session(store, &change).await?);
        }
        if !events.is_empty() {
            store.apply(scope, &Batch { at, events, ..Batch::default() }).await?;
        }
        Ok::<_, Interruption>(u64::try_from(abandoned.len()).unwrap_or(u64::MAX))
    })
    .await
}

/// Deletes those that ended long ago, with all that was said (S4.44).
pub(super) async fn retention(work: &mut Work) -> Result<(), Interruption> {
    let days = work.settings.sessions;
    if days == 0 {
        return Ok(());
    }
    let mut before = work.days_ago(days);
    if Job::named(ROLLUP).is_some() {
        let record = work.store.job(ROLLUP).await?;
        // What has not been counted yet stays.
        let Some(counted) = record.and_then(|record| record.last_finished_at) else {
            return Ok(());
        };
        before = before.min(later(counted, -86_400_000));
    }
    let (store, scope) = (work.store(), AccessScope::system());
    let (store, scope) = (&store, &scope);
    work.repeat("sessions_deleted", BATCH.into(), || async move {
        let deleted = store.delete_ended_sessions(scope, before, BATCH).await?;
        Ok::<_, Interruption>(u64::try_from(deleted.len()).unwrap_or(u64::MAX))
    })
    .await
}
