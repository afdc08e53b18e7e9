//! Old traces (S7.26).

use chatflow::Timestamp;
use chatflow_storage::prelude::*;
use chatflow_storage::{AnyStore, StoreError};

use super::work::Work;
use super::{Interruption, JobSettings, later};

const BATCH: u64 = 1000;

/// How many batches one request deletes at most; the job deletes the rest.
const OF_A_REQUEST: u32 = 50;

/// Deletes what is older than its flow keeps it, and looks from long ago.
pub(super) async fn retention(work: &mut Work) -> Result<(), Interruption> {
    let (store, at) = (work.store(), work.now());
    work.repeat("traced_turns", BATCH, || store.delete_old_traces(at, BATCH)).await?;
    let before = work.days_ago(work.settings.trace_accesses);
    work.repeat("trace_accesses", BATCH, || store.delete_old_accesses(before, BATCH)).await
}

/// The same at once for somebody who waits for it (S3.137): how many turns and how many looks.
pub(crate) async fn clean(store: &AnyStore, at: Timestamp) -> Result<(u64, u64), StoreError> {
    let days = i64::from(JobSettings::default().trace_accesses);
    let before = later(at, days.saturating_mul(-86_400_000));
    let (mut turns, mut accesses) = (0_u64, 0_u64);
    for _ in 0..OF_A_REQUEST {
        let old = store.delete_old_traces(at, BATCH).await?;
        let looks = store.delete_old_accesses(before, BATCH).await?;
        turns = turns.saturating_add(old);
        accesses = accesses.saturating_add(looks);
        if old < BATCH && looks < BATCH {
            break;
        }
    }
    Ok((turns, accesses))
}
