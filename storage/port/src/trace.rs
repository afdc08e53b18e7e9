//! Traces of sessions, and who looked at them.

mod record;

use chatflow::{FlowId, Timestamp};

use crate::error::StoreError;
use crate::role::role;
use crate::scope::AccessScope;

pub use record::{
    AccessPage, AccessQuery, AccessType, FlowSession, FlowSessionPage, FlowSessionQuery,
    TraceAccess, TracePage, TraceQuery, TraceRow, TraceStats, TraceTotals, TraceTurn, TraceUsage,
};

role! {
    /// Keeps traces. The platform sees all; who runs a school sees sessions of that school on
    /// flows of that school (S2.30). What a scope may not see is as if it were not there.
    TraceStore, async AsyncTraceStore, dyn DynTraceStore {
        /// The traced turns of a session, oldest first; none for a session that does not exist.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn session_trace(
            &self, scope: &AccessScope, query: TraceQuery
        ) -> Result<TracePage, StoreError>;

        /// The sessions of a flow with the totals of their traces, newest first (S7.20).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn flow_sessions(
            &self, scope: &AccessScope, query: &FlowSessionQuery
        ) -> Result<FlowSessionPage, StoreError>;

        /// What there is of traces of a flow's sessions (S7.23).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn trace_stats(&self, scope: &AccessScope, flow: FlowId) -> Result<TraceStats, StoreError>;

        /// How much room traces take (S7.24); for the platform, and nothing for anybody else.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn trace_usage(&self, scope: &AccessScope) -> Result<TraceUsage, StoreError>;

        /// Deletes at most `limit` traced turns that are older than their flow keeps them, 30 days
        /// where there is no such flow; says how many there were. Turns of active sessions stay
        /// (S7.26).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn delete_old_traces(&self, at: Timestamp, limit: u64) -> Result<u64, StoreError>;

        /// Writes down that somebody looked at traces (S7.25).
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks; then the look must be refused.
        fn record_access(&self, access: &TraceAccess) -> Result<(), StoreError>;

        /// Who looked at traces, newest first; for the platform, and nothing for anybody else.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn accesses(
            &self, scope: &AccessScope, query: AccessQuery
        ) -> Result<AccessPage, StoreError>;

        /// Deletes at most `limit` accesses from before `before`; says how many there were.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn delete_old_accesses(&self, before: Timestamp, limit: u64) -> Result<u64, StoreError>;
    }
}
