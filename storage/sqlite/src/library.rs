//! [`LibraryStore`] on SQLite.

pub(crate) mod content;
mod find;
pub(crate) mod flow;
pub(crate) mod graph;
mod school;
pub(crate) mod search;
pub(crate) mod theme;
pub(crate) mod variant;

use chatflow::{ContentId, Timestamp};
use chatflow_storage::{
    AccessScope, Applied, ApplyError, Batch, Change, ContentRecord, FlowRecord, LibraryStore,
    LookUp, Record, RecordKey, SchoolRecord, SearchQuery, StoreError, Stored, ThemeRecord, Verdict,
    check_batch, settle,
};
use rusqlite::{Connection, ffi};

use crate::account;
use crate::audit;
use crate::changes;
use crate::fault::{Doing, boxed};
use crate::outbox;
use crate::pool::SqliteStore;

impl LibraryStore for SqliteStore {
    fn find_school(
        &self,
        scope: &AccessScope,
        look_up: LookUp<'_>,
    ) -> Result<Option<Stored<SchoolRecord>>, StoreError> {
        self.read_together("look up a school", |connection| {
            find::first(connection, &find::SCHOOL, scope, look_up, school::load)
        })
    }

    fn find_theme(
        &self,
        scope: &AccessScope,
        look_up: LookUp<'_>,
    ) -> Result<Option<Stored<ThemeRecord>>, StoreError> {
        self.read_together("look up a theme", |connection| {
            find::first(connection, &find::THEME, scope, look_up, theme::load)
        })
    }

    fn find_content(
        &self,
        scope: &AccessScope,
        look_up: LookUp<'_>,
    ) -> Result<Option<Stored<ContentRecord>>, StoreError> {
        self.read_together("look up content", |connection| {
            find::first(connection, &find::CONTENT, scope, look_up, content::load)
        })
    }

    fn find_flow(
        &self,
        scope: &AccessScope,
        look_up: LookUp<'_>,
    ) -> Result<Option<Stored<FlowRecord>>, StoreError> {
        self.read_together("look up a flow", |connection| {
            find::first(connection, &find::FLOW, scope, look_up, flow::load)
        })
    }

    fn search_contents(
        &self,
        scope: &AccessScope,
        query: &SearchQuery,
        limit: u32,
    ) -> Result<Vec<ContentId>, StoreError> {
        self.read("search content", |connection| search::search(connection, scope, query, limit))
    }

    fn apply(&self, scope: &AccessScope, batch: &Batch) -> Result<Applied, ApplyError> {
        check_batch(batch)?;
        let notices = batch.notices();
        let (applied, raised) = self.write("apply a batch", |transaction| {
            let work = Work { connection: transaction, scope, at: batch.at };
            let mut applied = Applied::default();
            for change in &batch.schools {
                let id = change.record.id.0;
                applied.count(work.write(change, school::load(transaction, id), school::save)?);
            }
            work.write_themes(&batch.themes, &mut applied)?;
            // A school and its theme may come together, so schools are checked after both.
            for change in &batch.schools {
                school::check_theme(transaction, &change.record)?;
            }
            for change in &batch.contents {
                let id = change.record.id.0;
                applied.count(work.write(change, content::load(transaction, id), content::save)?);
            }
            for change in &batch.flows {
                let id = change.flow.record.id.0;
                let verdict = work.write(&change.flow, flow::load(transaction, id), flow::save)?;
                applied.count(verdict);
                applied.flows.push(flow::publish(transaction, change, verdict, batch)?);
            }
            for change in &batch.users {
                applied.count(account::save_user(transaction, scope, change, batch.at)?);
            }
            for change in &batch.service_accounts {
                applied.count(account::save_service(transaction, scope, change, batch.at)?);
            }
            outbox::append(transaction, &batch.events).doing("write events", transaction)?;
            audit::append(transaction, &batch.audit).doing("write the audit log", transaction)?;
            let raised = changes::raise(transaction, &notices).doing("tell others", transaction)?;
            Ok::<_, ApplyError>((applied, raised))
        })?;
        self.told(&raised, &notices);
        Ok(applied)
    }
}

/// Writing within one batch.
struct Work<'a> {
    connection: &'a Connection,
    scope: &'a AccessScope,
    at: Timestamp,
}

/// The version of a row and the time of its change.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) row_version: u64,
    pub(crate) at: Timestamp,
}

impl Work<'_> {
    fn write<T: Record>(
        &self,
        change: &Change<T>,
        stored: rusqlite::Result<Option<Stored<T>>>,
        save: impl FnOnce(&Connection, &T, Mark) -> rusqlite::Result<()>,
    ) -> Result<Verdict, ApplyError> {
        let verdict = self.settle(change, stored)?;
        self.save(&change.record, verdict, save)?;
        Ok(verdict)
    }

    fn write_themes(
        &self,
        changes: &[Change<ThemeRecord>],
        applied: &mut Applied,
    ) -> Result<(), ApplyError> {
        let mut updates = Vec::new();
        let mut verdicts = Vec::new();
        for change in changes {
            let verdict = self.settle(change, theme::load(self.connection, change.record.id.0))?;
            if matches!(verdict, Verdict::Update { .. }) {
                updates.push(&change.record);
            }
            verdicts.push(verdict);
        }
        if !updates.is_empty() {
            theme::clear_defaults(self.connection, &updates)
                .doing("free the default themes", self.connection)?;
        }
        for (change, verdict) in changes.iter().zip(verdicts) {
            self.save(&change.record, verdict, theme::save)?;
            applied.count(verdict);
        }
        Ok(())
    }

    fn settle<T: Record>(
        &self,
        change: &Change<T>,
        stored: rusqlite::Result<Option<Stored<T>>>,
    ) -> Result<Verdict, ApplyError> {
        let stored = stored.doing("read a record", self.connection)?;
        settle(self.scope, stored.as_ref(), change)
    }

    fn save<T: Record>(
        &self,
        record: &T,
        verdict: Verdict,
        save: impl FnOnce(&Connection, &T, Mark) -> rusqlite::Result<()>,
    ) -> Result<(), ApplyError> {
        if matches!(verdict, Verdict::Keep { .. }) {
            return Ok(());
        }
        let mark = Mark { row_version: verdict.row_version(), at: self.at };
        save(self.connection, record, mark).map_err(|error| explain(self.connection, record, error))
    }
}

/// Which rule of the tables a record broke.
pub(crate) fn explain(
    connection: &Connection,
    record: &impl Record,
    error: rusqlite::Error,
) -> ApplyError {
    let key = record.key();
    match (error.sqlite_error().map(|error| error.extended_code), key) {
        (Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY), _) => ApplyError::Dangling { record: key },
        (Some(ffi::SQLITE_CONSTRAINT_UNIQUE), RecordKey::Theme(id)) => {
            ApplyError::second_default(id)
        }
        _ => ApplyError::Store(boxed("write a record", connection, error)),
    }
}
