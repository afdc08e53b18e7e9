//! [`MonthStore`] in memory.

use chatflow::Timestamp;

use super::MemoryStore;
use crate::error::StoreError;
use crate::month::{MonthStore, MonthlyTable};

impl MonthStore for MemoryStore {
    fn prepare_months(&self, _at: Timestamp, _ahead: u32) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn forget_months(&self, table: MonthlyTable, before: Timestamp) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let stays = |at: Timestamp| month(at) >= month(before);
        match table {
            MonthlyTable::AuditLog => tables.audit.retain(|_, entry| stays(entry.at)),
            MonthlyTable::TraceAccesses => tables.accesses.retain(|look| stays(look.accessed_at)),
            MonthlyTable::Deliveries => tables.deliveries.retain(|one| stays(one.created_at)),
        }
        Ok(())
    }
}

/// As `2026-01`.
fn month(at: Timestamp) -> String {
    at.to_string().chars().take(7).collect()
}
