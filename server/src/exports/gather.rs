//! Reads what an export is made of, page by page, and writes its rows (S5.47, S5.51).

mod content;
mod flows;

use chatflow::{FlowId, Timestamp};
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, AnyStore, FlowQuery, StoreError};

use super::ask::Ask;
use super::fault::Fault;
use super::pulse::Pulse;
use super::sheet::Sheets;
use crate::analytics::{AnalyticsOptions, SentimentScorer, Source, Window};

pub(super) use content::{CONTENT, VARIANTS};
pub(super) use flows::{DAILY, FLOWS, NODES, RESPONSES, SESSIONS};

/// How many flows are listed at a time.
const PAGE: u32 = 500;

/// What is read, for whom, and when.
pub(crate) struct Reading<'a> {
    pub(crate) store: &'a AnyStore,
    pub(crate) scope: AccessScope,
    pub(crate) ask: &'a Ask,
    /// The present: what begins later is not in the file, on whatever page it would be.
    pub(crate) at: Timestamp,
    pub(crate) analytics: AnalyticsOptions,
    /// Says how answers sound.
    pub(crate) scorer: &'a dyn SentimentScorer,
}

/// A flow that is exported.
#[derive(Clone, Debug)]
struct Subject {
    id: FlowId,
    name: String,
    version: String,
}

impl Reading<'_> {
    /// Writes all rows that are asked for.
    pub(crate) async fn fill(&self, sheets: &mut Sheets, pulse: &mut Pulse) -> Result<(), Fault> {
        if self.ask.datasets.iter().any(|dataset| !dataset.is_of_content()) {
            let flows = self.flows().await?;
            let (scope, days) = (&self.scope, self.analytics.raw_days);
            let source = Source::open(self.store, (scope, None), days, self.at).await?;
            for (done, flow) in flows.iter().enumerate() {
                pulse.at(done, flows.len()).await?;
                self.flow((flow, &source), sheets, pulse).await?;
            }
        }
        if self.ask.datasets.iter().any(|dataset| dataset.is_of_content()) {
            self.contents(sheets, pulse).await?;
        }
        Ok(())
    }

    fn window(&self) -> Window {
        let (first, last) = self.ask.days();
        Window { first, last }
    }

    /// The flows that are named, those that are gone left out; or all that are in use, in the order of their ids.
    async fn flows(&self) -> Result<Vec<Subject>, StoreError> {
        let mut found = Vec::new();
        if !self.ask.flows.is_empty() {
            for draft in self.store.flow_drafts(&self.scope, &self.ask.flows).await? {
                found.push(Subject::of(draft.stored.record));
            }
            return Ok(found);
        }
        let mut query = FlowQuery { active: Some(true), limit: PAGE, ..FlowQuery::default() };
        loop {
            let page = self.store.list_flows(&self.scope, &query).await?.flows;
            let read = u32::try_from(page.len()).unwrap_or(u32::MAX);
            found.extend(page.into_iter().map(|draft| Subject::of(draft.stored.record)));
            if read < PAGE {
                break;
            }
            query.skip = query.skip.saturating_add(read);
        }
        // A flow that is made in the meantime moves the others on, to the next page.
        found.sort_unstable_by_key(|flow| flow.id);
        found.dedup_by_key(|flow| flow.id);
        Ok(found)
    }
}

impl Subject {
    fn of(record: chatflow_storage::FlowRecord) -> Self {
        Self { id: record.id, name: record.name, version: record.version }
    }
}
