//! [`ExportStore`] in memory.

use chatflow::Timestamp;

use super::MemoryStore;
use crate::error::StoreError;
use crate::export::{
    EXPORT_ATTEMPTS, EXPORT_GIVEN_UP, ExportClaim, ExportId, ExportLease, ExportOutcome,
    ExportProgress, ExportQuery, ExportRecord, ExportState, ExportStore, NewExport, OldExports,
    RemovedExports, check_export, check_export_outcome,
};
use crate::id::ServiceAccountId;
use crate::scope::AccessScope;

use ExportState::{Cancelled, Completed, Expired, Failed, Preparing, Processing};

/// An export with the lease of its worker.
#[derive(Clone, Debug)]
pub(super) struct Export {
    record: ExportRecord,
    locked_by: Option<String>,
    locked_until: Option<Timestamp>,
}

impl ExportStore for MemoryStore {
    fn create_export(&self, export: &NewExport) -> Result<ExportRecord, StoreError> {
        check_export(export)?;
        let mut tables = self.tables();
        let known = tables.exports.values().map(|known| &known.record);
        if let Some(same) = known.rev().find(|known| stands_for(known, export)) {
            return Ok(same.clone());
        }
        if tables.exports.values().any(|known| known.record.id == export.id) {
            return Err(StoreError::Store("an export of this name is there".into()));
        }
        let record = new(export);
        let stored = Export { record: record.clone(), locked_by: None, locked_until: None };
        tables.exports.insert(record.cursor(), stored);
        Ok(record)
    }

    fn claim_export(&self, claim: &ExportClaim) -> Result<Option<ExportRecord>, StoreError> {
        let mut tables = self.tables();
        for export in tables.exports.values_mut().filter(|export| export.is_lost(claim.at)) {
            if export.record.attempts >= EXPORT_ATTEMPTS {
                export.end(Failed, claim.at);
                export.record.error = Some(EXPORT_GIVEN_UP.into());
            }
        }
        let mut waiting = tables.exports.values_mut();
        let next = waiting
            .find(|export| export.record.state == Preparing || export.is_lost(claim.at))
            .map(|export| {
                export.locked_by = Some(claim.holder.clone());
                export.locked_until = Some(claim.until);
                let record = &mut export.record;
                (record.state, record.progress) = (Processing, 0);
                record.started_at = Some(claim.at);
                record.attempts = record.attempts.saturating_add(1);
                record.clone()
            });
        Ok(next)
    }

    fn report_export(&self, progress: &ExportProgress) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let mut held = tables.exports.values_mut().filter(|export| export.is_of(&progress.lease));
        let live = held.find(|export| export.locked_until > Some(progress.at));
        Ok(live.is_some_and(|export| {
            export.record.progress = progress.progress.min(100);
            export.locked_until = Some(progress.until);
            true
        }))
    }

    fn settle_export(
        &self,
        lease: &ExportLease,
        outcome: &ExportOutcome,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        check_export_outcome(outcome)?;
        let mut tables = self.tables();
        let held = tables.exports.values_mut().find(|export| export.is_of(lease));
        Ok(held.is_some_and(|export| {
            match outcome {
                ExportOutcome::Completed(file) => {
                    export.end(Completed, at);
                    export.record.progress = 100;
                    export.record.file = Some(file.clone());
                }
                ExportOutcome::Failed(error) => {
                    export.end(Failed, at);
                    export.record.error = Some(error.clone());
                }
            }
            true
        }))
    }

    fn cancel_export(
        &self,
        scope: &AccessScope,
        asker: Option<ServiceAccountId>,
        id: ExportId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let open = tables.exports.values_mut().find(|export| {
            export.record.id == id
                && sees(scope, asker, &export.record)
                && matches!(export.record.state, Preparing | Processing)
        });
        Ok(open.is_some_and(|export| {
            export.end(Cancelled, at);
            true
        }))
    }

    fn exports(
        &self,
        scope: &AccessScope,
        query: ExportQuery,
    ) -> Result<Vec<ExportRecord>, StoreError> {
        let tables = self.tables();
        let behind = tables.exports.range(..query.page_begin()).rev();
        let found = behind.map(|(_, export)| &export.record).filter(|record| {
            sees(scope, query.asker, record)
                && query.id.is_none_or(|id| id == record.id)
                && query.state.is_none_or(|state| state == record.state)
        });
        Ok(found.take(usize::try_from(query.limit).unwrap_or(usize::MAX)).cloned().collect())
    }

    fn remove_exports(&self, old: OldExports) -> Result<RemovedExports, StoreError> {
        let mut tables = self.tables();
        let limit = usize::try_from(old.limit).unwrap_or(usize::MAX);
        let mut all: Vec<_> = tables.exports.values().map(|export| export.record.clone()).collect();
        all.sort_by_key(|record| (record.expires_at, record.id));
        let of = |at: Timestamp, is_completed: bool| {
            let due = all.iter().filter(move |record| {
                record.expires_at <= at && (record.state == Completed) == is_completed
            });
            due.take(limit)
        };
        let mut removed = RemovedExports::default();
        for record in of(old.forgotten_at, false) {
            tables.exports.remove(&record.cursor());
            removed.forgotten = removed.forgotten.saturating_add(1);
            removed.files.extend(record.file.as_ref().map(|file| file.path.clone()));
        }
        for record in of(old.expired_at, true) {
            if let Some(export) = tables.exports.get_mut(&record.cursor()) {
                export.record.state = Expired;
            }
            removed.expired = removed.expired.saturating_add(1);
            removed.files.extend(record.file.as_ref().map(|file| file.path.clone()));
        }
        removed.files.sort();
        Ok(removed)
    }
}

impl Export {
    fn is_of(&self, lease: &ExportLease) -> bool {
        self.record.id == lease.id
            && self.record.state == Processing
            && self.record.attempts == lease.attempt
            && self.locked_by.as_ref() == Some(&lease.holder)
    }

    fn is_lost(&self, at: Timestamp) -> bool {
        self.record.state == Processing && self.locked_until <= Some(at)
    }

    fn end(&mut self, state: ExportState, at: Timestamp) {
        self.record.state = state;
        self.record.completed_at = Some(at);
        (self.locked_by, self.locked_until) = (None, None);
    }
}

/// S5.45.
fn sees(scope: &AccessScope, asker: Option<ServiceAccountId>, record: &ExportRecord) -> bool {
    scope.is_system()
        || record.school_id.is_some_and(|school| scope.administers().contains(&school))
        || (record.requested_by.is_some() && record.requested_by == scope.account())
        || (record.service_account_id.is_some() && record.service_account_id == asker)
}

/// S5.42.
fn stands_for(known: &ExportRecord, new: &NewExport) -> bool {
    new.same_since.is_some_and(|since| known.created_at >= since)
        && matches!(known.state, Preparing | Processing | Completed)
        && (known.requested_by, known.service_account_id, known.school_id)
            == (new.requested_by, new.service_account_id, new.school_id)
        && (known.kind, &known.format, &known.params) == (new.kind, &new.format, &new.params)
}

fn new(export: &NewExport) -> ExportRecord {
    ExportRecord {
        id: export.id,
        kind: export.kind,
        format: export.format.clone(),
        params: export.params.clone(),
        state: Preparing,
        progress: 0,
        file: None,
        error: None,
        requested_by: export.requested_by,
        service_account_id: export.service_account_id,
        school_id: export.school_id,
        created_at: export.created_at,
        started_at: None,
        completed_at: None,
        expires_at: export.expires_at,
        attempts: 0,
    }
}
