//! What has expired, and what is old.

use chatflow_storage::OldEvents;
use chatflow_storage::prelude::*;

use super::Interruption;
use super::work::Work;

/// How many rows of a kind one transaction touches.
const BATCH: u32 = 1000;

/// Answers to requests that may be repeated (S1.56), and records of effects (S9.8). Leases of
/// sessions end by themselves.
pub(super) async fn expired(work: &mut Work) -> Result<(), Interruption> {
    let (store, at) = (work.store(), work.now());
    work.repeat("requests", BATCH.into(), || store.sweep_requests(at, BATCH.into())).await?;
    work.repeat("effects", BATCH.into(), || store.sweep_effects(at, BATCH)).await
}

/// S5.25, F17: no turn waits for a counter.
pub(super) async fn count_content_events(work: &mut Work) -> Result<(), Interruption> {
    let store = work.store();
    work.repeat("content_events", BATCH.into(), || store.count_content_events(BATCH.into())).await
}

/// Events (S6.39), deliveries (S1.66), content events (S5.25) and the audit log (S1.68).
pub(super) async fn retention(work: &mut Work) -> Result<(), Interruption> {
    let (store, settings) = (work.store(), work.settings);
    let old = OldEvents {
        published_before: work.days_ago(settings.published_events),
        dead_before: work.days_ago(settings.dead_events),
        limit: BATCH,
    };
    work.repeat("events", BATCH.into(), || store.delete_events(&old)).await?;
    let before = work.days_ago(settings.deliveries);
    work.repeat("deliveries", BATCH.into(), || store.delete_deliveries(before, BATCH)).await?;
    let before = work.days_ago(settings.content_events);
    let delete = || store.delete_content_events(before, BATCH.into());
    work.repeat("content_events", BATCH.into(), delete).await?;
    let before = work.days_ago(settings.audit);
    work.repeat("audit_entries", BATCH.into(), || store.delete_old_audit(before, BATCH.into()))
        .await
}
