//! Conversations as those who report on them see them: facts of sessions, and what is kept of days.

mod facts;
mod live;
mod metrics;
mod outcome;
mod reach;
mod rollup;
mod story;
mod tally;

use chatflow::{FlowId, TenantId};

use crate::error::StoreError;
use crate::role::role;
use crate::scope::AccessScope;

pub(crate) use facts::millis;
pub use facts::{Audience, FactQuery, RowFacts, SessionFacts, SessionOutcome};
pub use live::{LiveFlow, LiveQuery};
pub use metrics::{FlowMetrics, NodeMetrics};
pub use outcome::{OpenSessions, OutcomeCount, OutcomeQuery};
pub use reach::Reach;
pub use rollup::{
    FlowDay, FlowDayQuery, Measure, Measured, Rollup, RollupKey, RollupPart, RollupQuery, RollupRow,
};
pub(crate) use story::visited;
pub use story::{Answer, Story, Visit};
pub use tally::{DayTally, Tally};

role! {
    /// Reads what analytics are made of, and keeps what was made of days (S5.8).
    ///
    /// Stores tell facts and keep rows; the numbers are made by [`Tally`], the same for each store,
    /// for the daily job and for those who read raw rows. Sessions whose `info.preview` is `true` are
    /// never told of (S5.2).
    ///
    /// A scope is told of all sessions of the flows that it may change, and of the sessions of its
    /// own schools of the flows that it views (S2.30); see [`Reach`].
    ///
    /// The rows of a day stay when its sessions are deleted, anonymised or forgotten (S4.44). Whoever
    /// takes the numbers of a day again that has fewer sessions than were counted leaves them as they
    /// are: they would be those of the sessions that are left.
    AnalyticsStore, async AsyncAnalyticsStore, dyn DynAnalyticsStore {
        /// A page of the sessions of a flow, in the order in which they started, then of ids. The next
        /// page is behind the last one's [`SessionFacts::cursor`]; behind the last page is an empty one.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn session_facts(
            &self, scope: &AccessScope, query: &FactQuery
        ) -> Result<Vec<SessionFacts>, StoreError>;

        /// The days on which sessions of flows started, by flow and day, for the job that takes
        /// their numbers. It costs a look-up for each, however many sessions there are.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn flow_days(&self, query: &FlowDayQuery) -> Result<Vec<FlowDay>, StoreError>;

        /// Keeps the numbers of a flow's day instead of those that were there, all of them at once.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks; then what was there is there.
        fn save_rollup(&self, rollup: &Rollup) -> Result<(), StoreError>;

        /// A page of what is kept, in the order of [`RollupKey`]. Where a scope is told of some schools
        /// only there is a row for each of them; else there is one of all sessions.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn rollups(
            &self, scope: &AccessScope, query: &RollupQuery
        ) -> Result<Vec<RollupRow>, StoreError>;

        /// What goes on at this moment, by flow; nothing for flows that no session is told of.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn live_flows(
            &self, scope: &AccessScope, query: &LiveQuery
        ) -> Result<Vec<LiveFlow>, StoreError>;

        /// How the sessions of flows came out that started in a window, in the order of flows and
        /// hours; histories are not looked at.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn outcomes(
            &self, scope: &AccessScope, query: &OutcomeQuery
        ) -> Result<Vec<OutcomeCount>, StoreError>;

        /// How many sessions of these flows go on, or of these flows and this school, by flow;
        /// nothing for flows without one.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn open_sessions(
            &self, scope: &AccessScope, flows: &[FlowId], school: Option<TenantId>
        ) -> Result<Vec<OpenSessions>, StoreError>;
    }
}
