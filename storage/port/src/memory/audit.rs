//! [`AuditStore`] in memory.

use chatflow::Timestamp;

use super::{MemoryStore, Tables};
use crate::audit::{AuditEntry, AuditQuery, AuditStore, check_audit};
use crate::error::StoreError;
use crate::scope::AccessScope;

impl AuditStore for MemoryStore {
    fn append_audit(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        entries.iter().try_for_each(check_audit)?;
        self.tables().append_audit(entries);
        Ok(())
    }

    fn audit_log(
        &self,
        scope: &AccessScope,
        query: &AuditQuery,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let is_asked_for = |entry: &&AuditEntry| {
            let is_own = entry.school_id.is_some_and(|id| scope.administers().contains(&id));
            (scope.is_system() || is_own)
                && query.resource_type.as_ref().is_none_or(|kind| *kind == entry.resource_type)
                && query.resource_id.as_ref().is_none_or(|id| *id == entry.resource_id)
                && query.actor.is_none_or(|actor| entry.actor_id == Some(actor))
                && query.from.is_none_or(|from| entry.at >= from)
                && query.to.is_none_or(|to| entry.at <= to)
        };
        let tables = self.tables();
        let behind = tables.audit.range(..query.page_begin()).rev().map(|(_, entry)| entry);
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        Ok(behind.filter(is_asked_for).take(limit).cloned().collect())
    }

    fn delete_old_audit(&self, before: Timestamp, limit: u64) -> Result<u64, StoreError> {
        let mut left = limit;
        self.tables().audit.retain(|place, _| {
            let stays = left == 0 || place.at >= before;
            left = if stays { left } else { left.saturating_sub(1) };
            stays
        });
        Ok(limit.saturating_sub(left))
    }
}

impl Tables {
    pub(super) fn append_audit(&mut self, entries: &[AuditEntry]) {
        for entry in entries {
            if !self.audit.keys().any(|known| known.id == entry.id) {
                self.audit.insert(entry.cursor(), entry.clone());
            }
        }
    }
}
