//! How large a file is going to be, told before it is read (S5.43): guesses from cheap counts, and named so.

use chatflow::Timestamp;
use chatflow_storage::prelude::*;
use chatflow_storage::{ContentPageQuery, FlowQuery, SessionQuery, StoreError};

use crate::analytics::{Reporter, Window};
use crate::app::App;
use crate::exports::{Ask, Dataset};

/// How many nodes of a flow are visited, about.
const NODES: u64 = 10;
/// How many different answers a flow gets, about.
const ANSWERS: u64 = 40;
/// How many variants an item has, about.
const VARIANTS: u64 = 3;
/// How long a row is, about.
const BYTES: u64 = 120;
/// How many rows are made in a millisecond, about.
const PACE: u64 = 10;
/// How long it takes until somebody looks, in milliseconds.
const START_MS: u64 = 2_000;

/// How many rows a file may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate(u64);

impl Estimate {
    /// From numbers of flows, items and sessions, which are counted no further than lists count them.
    pub(super) async fn of(
        app: &App,
        reporter: &Reporter,
        ask: &Ask,
        window: Window,
    ) -> Result<Self, StoreError> {
        let scope = reporter.scope();
        let flows = match ask.flows.len() {
            0 => {
                let query = FlowQuery { active: Some(true), limit: 0, ..FlowQuery::default() };
                app.store.list_flows(scope, &query).await?.total.count
            }
            some => u64::try_from(some).unwrap_or(u64::MAX),
        };
        let items = match ask.contents.len() {
            0 if ask.datasets.iter().any(|dataset| dataset.is_of_content()) => {
                app.store.content_page(scope, &ContentPageQuery::all(0)).await?.total.count
            }
            some => u64::try_from(some).unwrap_or(u64::MAX),
        };
        let sessions = SessionQuery {
            flow: match ask.flows.as_slice() {
                [one] => Some(*one),
                _ => None,
            },
            from: Some(window.begins()),
            to: Some(window.ends()),
            preview: Some(false),
            limit: 0,
            ..SessionQuery::default()
        };
        let sessions = app.store.list_sessions(scope, &sessions).await?.total.count;
        let days = u64::try_from(window.days()).unwrap_or_default().saturating_add(1);
        let rows = |dataset: &Dataset| match dataset {
            Dataset::Flows => flows,
            Dataset::Daily => flows.saturating_mul(days).min(sessions),
            Dataset::Nodes => flows.min(sessions).saturating_mul(NODES),
            Dataset::Sessions => sessions,
            Dataset::Responses => flows.min(sessions).saturating_mul(ANSWERS),
            Dataset::Content => items,
            Dataset::Variants => items.saturating_mul(VARIANTS),
        };
        Ok(Self(ask.datasets.iter().map(rows).fold(0, u64::saturating_add)))
    }

    pub(super) const fn records(self) -> u64 {
        self.0
    }

    /// In millions of bytes, to one decimal.
    pub(super) fn size(self) -> String {
        let tenths = self.0.saturating_mul(BYTES).div_ceil(100_000);
        format!("{}.{}MB", tenths / 10, tenths % 10)
    }

    /// When a file that is asked for at this moment may be there.
    pub(super) fn ready_at(self, asked: Timestamp) -> Timestamp {
        let millis = START_MS.saturating_add(self.0 / PACE);
        let millis = i64::try_from(millis).unwrap_or(i64::MAX);
        Timestamp::from_millis(asked.as_millis().saturating_add(millis))
    }
}
