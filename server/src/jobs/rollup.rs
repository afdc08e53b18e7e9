//! The numbers of days, taken once a day is over and kept (S5.8, F43).

use std::time::Duration;

use chatflow::Timestamp;
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, Day, DayTally, FactQuery, FlowDay, FlowDayQuery, Measure, Rollup,
    StoreError,
};
use serde_json::json;

use super::Interruption;
use super::work::Work;

/// The name of the job.
pub(crate) const ROLLUP: &str = "analytics-rollup";

/// How many days are looked for at a time.
const PAGE: u32 = 200;

/// Takes the numbers of days that are over and due: those never taken, the last three, and those on which a session
/// went on when they were taken, so that what comes late is counted as well.
pub(super) async fn roll_up(work: &mut Work) -> Result<(), Interruption> {
    let (store, at) = (work.store(), work.now());
    let today = Day::of(at);
    let first = Day::of(Timestamp::from_millis(i64::MIN));
    let yesterday = Day(today.0.saturating_sub(1));
    let mut query = FlowDayQuery { from: first, to: yesterday, after: None, limit: PAGE };
    let (mut taken, mut kept) = (0_u64, 0_u64);
    loop {
        let days = store.flow_days(&query).await?;
        for day in days.iter().filter(|day| day.is_due(today)) {
            work.go_on().await?;
            let rollup = count(&store, day, at).await?;
            // A day that has lost sessions keeps the numbers of all that it had (S4.44, S12.12).
            if day.rolled.is_some_and(|(_, known)| known.sessions > sessions(&rollup)) {
                kept = kept.saturating_add(1);
            } else {
                store.save_rollup(&rollup).await?;
                taken = taken.saturating_add(1);
            }
        }
        work.done.insert("days_taken".to_owned(), json!(taken));
        work.done.insert("days_left_as_they_were".to_owned(), json!(kept));
        let Some(last) = days.last() else { return Ok(()) };
        query.after = Some((last.flow, last.day));
        work.go_on().await?;
        tokio::time::sleep(Duration::from_millis(work.settings.pause_ms.into())).await;
    }
}

/// The numbers of a day as its sessions stand.
async fn count(store: &AnyStore, day: &FlowDay, at: Timestamp) -> Result<Rollup, StoreError> {
    let scope = AccessScope::system();
    let mut tally = DayTally::new(day.flow, day.day, at);
    let mut query = FactQuery::of(day.flow, day.day.begins(), day.day.next().begins());
    loop {
        let page = store.session_facts(&scope, &query).await?;
        let Some(last) = page.last() else { return Ok(tally.rollup()) };
        query.after = Some(last.cursor());
        for session in &page {
            tally.add(session);
        }
    }
}

/// How many sessions a day had.
fn sessions(rollup: &Rollup) -> u64 {
    let whole = rollup.parts.iter().filter(|part| part.school.is_none());
    let of = |measure: &Measure| match measure {
        Measure::Flow(flow) => flow.sessions,
        Measure::Node(..) => 0,
    };
    whole.map(|part| of(&part.measure)).fold(0, u64::saturating_add)
}
