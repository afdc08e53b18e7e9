//! [`MonthStore`] on SQLite, whose tables are whole.

use chatflow::Timestamp;
use chatflow_storage::{MonthStore, MonthlyTable, StoreError};

use crate::column::Time;
use crate::fault::Doing;
use crate::pool::SqliteStore;

/// Times are texts in their order, and the month is how they begin.
const FORGET_AUDIT: &str = "DELETE FROM audit_log WHERE at < substr(?1, 1, 7)";

const FORGET_ACCESSES: &str = "DELETE FROM trace_access_audit WHERE accessed_at < substr(?1, 1, 7)";

const FORGET_DELIVERIES: &str =
    "DELETE FROM webhook_deliveries WHERE created_at < substr(?1, 1, 7)";

impl MonthStore for SqliteStore {
    fn prepare_months(&self, _at: Timestamp, _ahead: u32) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn forget_months(&self, table: MonthlyTable, before: Timestamp) -> Result<(), StoreError> {
        let sql = match table {
            MonthlyTable::AuditLog => FORGET_AUDIT,
            MonthlyTable::TraceAccesses => FORGET_ACCESSES,
            MonthlyTable::Deliveries => FORGET_DELIVERIES,
        };
        self.write("forget months", |transaction| {
            let forgotten = transaction
                .prepare_cached(sql)
                .and_then(|mut statement| statement.execute([Time(before)]))
                .doing("forget months", transaction)?;
            let _ = forgotten;
            Ok(())
        })
    }
}
