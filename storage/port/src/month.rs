//! Tables that grow by the month and are forgotten by the month (F43).

use chatflow::Timestamp;

use crate::error::StoreError;
use crate::role::role;

/// A table whose rows are only added, beside conversations.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum MonthlyTable {
    /// The audit log, by the time of the change.
    AuditLog,
    /// Who looked at traces, by the time of the look.
    TraceAccesses,
    /// Attempts to deliver events, by their time.
    Deliveries,
}

impl MonthlyTable {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AuditLog, Self::TraceAccesses, Self::Deliveries];
}

role! {
    /// Makes room for coming months and forgets old ones. Months are those of UTC.
    ///
    /// Where a store keeps a month apart, forgetting it takes no longer for many rows than for few. It is
    /// for jobs, so there is no scope; each call may be repeated.
    MonthStore, async AsyncMonthStore, dyn DynMonthStore {
        /// Makes room for the month of `at` and for those that follow, `ahead` of them; says for how many
        /// months of a table it did. Rows of a month that has no room are kept all the same, and move
        /// there once it has.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn prepare_months(&self, at: Timestamp, ahead: u32) -> Result<u64, StoreError>;

        /// Deletes all rows of a table that are of months before that of `before`.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks; then nothing is deleted.
        fn forget_months(&self, table: MonthlyTable, before: Timestamp) -> Result<(), StoreError>;
    }
}
