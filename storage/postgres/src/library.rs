//! [`AsyncLibraryStore`] on Postgres.

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
    AccessScope, Applied, ApplyError, AsyncLibraryStore, Batch, Change, ChangeNotice,
    ContentRecord, FlowChange, FlowRecord, LookUp, Record, RecordKey, SchoolRecord, SearchQuery,
    StoreError, Stored, ThemeRecord, UserId, Verdict, check_batch, settle,
};
use sqlx::PgConnection;
use sqlx::error::DatabaseError;

use crate::account;
use crate::audit;
use crate::changes::Wire;
use crate::fault::{boxed, failed};
use crate::outbox;
use crate::pool::PostgresStore;

/// Several statements that see one state of the database.
pub(crate) const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// One batch at a time: then what a batch has read stays true until it has written. Readers and
/// conversations do not wait for it.
pub(crate) const WRITE: &str = "BEGIN; SELECT pg_advisory_xact_lock(x'464C4F57'::integer, 1)";

/// Finds a record within a transaction, and ends it whether that went well or not.
macro_rules! find {
    ($store:expr, $doing:literal, $module:ident, $finder:expr, $scope:expr, $look_up:expr) => {{
        let mut lent = $store.lend($doing).await?;
        lent.begin(READ).await?;
        let found = match find::first(lent.connection(), $finder, $scope, $look_up).await {
            Ok(Some(id)) => $module::load(lent.connection(), id).await,
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        lent.roll_back().await;
        found.map_err(|error| failed($doing, error))
    }};
}

impl AsyncLibraryStore for PostgresStore {
    async fn find_school(
        &self,
        scope: &AccessScope,
        look_up: LookUp<'_>,
    ) -> Result<Option<Stored<SchoolRecord>>, StoreError> {
        find!(self, "look up a school", school, find::SCHOOL, scope, look_up)
    }

    async fn find_theme(
        &self,
        scope: &AccessScope,
        look_up: LookUp<'_>,
    ) -> Result<Option<Stored<ThemeRecord>>, StoreError> {
        find!(self, "look up a theme", theme, find::THEME, scope, look_up)
    }

    async fn find_content(
        &self,
        scope: &AccessScope,
        look_up: LookUp<'_>,
    ) -> Result<Option<Stored<ContentRecord>>, StoreError> {
        find!(self, "look up content", content, find::CONTENT, scope, look_up)
    }

    async fn find_flow(
        &self,
        scope: &AccessScope,
        look_up: LookUp<'_>,
    ) -> Result<Option<Stored<FlowRecord>>, StoreError> {
        find!(self, "look up a flow", flow, find::FLOW, scope, look_up)
    }

    async fn search_contents(
        &self,
        scope: &AccessScope,
        query: &SearchQuery,
        limit: u32,
    ) -> Result<Vec<ContentId>, StoreError> {
        let mut lent = self.lend("search content").await?;
        let found = search::search(lent.connection(), scope, query, limit).await;
        lent.read(found)
    }

    async fn apply(&self, scope: &AccessScope, batch: &Batch) -> Result<Applied, ApplyError> {
        check_batch(batch)?;
        let mut lent = self.lend("apply a batch").await?;
        lent.begin(WRITE).await?;
        let notices = batch.notices();
        let wire = &self.wire;
        let mut work = Work { connection: lent.connection(), scope, at: batch.at };
        match work.apply_and_tell(batch, wire, &notices).await {
            Ok(applied) => {
                lent.commit().await?;
                wire.observers.tell(&notices);
                Ok(applied)
            }
            Err(error) => {
                lent.roll_back().await;
                Err(error)
            }
        }
    }
}

/// Writing within one batch.
struct Work<'a> {
    connection: &'a mut PgConnection,
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
    async fn apply_and_tell(
        &mut self,
        batch: &Batch,
        wire: &Wire,
        notices: &[ChangeNotice],
    ) -> Result<Applied, ApplyError> {
        let applied = self.apply(batch).await?;
        let appended = outbox::append(self.connection, &batch.events).await;
        appended.map_err(|error| failed("write events", error))?;
        let appended = audit::append(self.connection, &batch.audit).await;
        appended.map_err(|error| failed("write the audit log", error))?;
        let told = wire.notify(self.connection, notices).await;
        told.map_err(|error| failed("tell others", error))?;
        Ok(applied)
    }

    async fn apply(&mut self, batch: &Batch) -> Result<Applied, ApplyError> {
        let mut applied = Applied::default();
        for change in &batch.schools {
            let stored = school::load(self.connection, change.record.id.0).await;
            let verdict = self.settle(change, stored)?;
            if let Some(mark) = self.mark(verdict) {
                let saved = school::save(self.connection, &change.record, mark).await;
                saved.map_err(|error| explain(&change.record, error))?;
            }
            applied.count(verdict);
        }
        self.write_themes(&batch.themes, &mut applied).await?;
        // A school and its theme may come together, so schools are checked after both.
        for change in &batch.schools {
            school::check_theme(self.connection, &change.record).await?;
        }
        for change in &batch.contents {
            let stored = content::load(self.connection, change.record.id.0).await;
            let verdict = self.settle(change, stored)?;
            if let Some(mark) = self.mark(verdict) {
                let saved = content::save(self.connection, &change.record, mark).await;
                saved.map_err(|error| explain(&change.record, error))?;
            }
            applied.count(verdict);
        }
        for change in &batch.flows {
            self.write_flow(change, batch.by, &mut applied).await?;
        }
        self.write_accounts(batch, &mut applied).await?;
        Ok(applied)
    }

    async fn write_accounts(
        &mut self,
        batch: &Batch,
        applied: &mut Applied,
    ) -> Result<(), ApplyError> {
        if batch.users.is_empty() && batch.service_accounts.is_empty() {
            return Ok(());
        }
        let alone = sqlx::query(account::ALONE).execute(&mut *self.connection).await;
        alone.map_err(|error| failed("write accounts", error))?;
        for change in &batch.users {
            let saved = account::save_user(self.connection, self.scope, change, self.at).await;
            applied.count(saved?);
        }
        for change in &batch.service_accounts {
            let saved = account::save_service(self.connection, self.scope, change, self.at).await;
            applied.count(saved?);
        }
        Ok(())
    }

    async fn write_themes(
        &mut self,
        changes: &[Change<ThemeRecord>],
        applied: &mut Applied,
    ) -> Result<(), ApplyError> {
        let mut updates = Vec::new();
        let mut verdicts = Vec::new();
        for change in changes {
            let stored = theme::load(self.connection, change.record.id.0).await;
            let verdict = self.settle(change, stored)?;
            if matches!(verdict, Verdict::Update { .. }) {
                updates.push(change.record.id.0);
            }
            verdicts.push(verdict);
        }
        if !updates.is_empty() {
            let freed = theme::clear_defaults(self.connection, &updates).await;
            freed.map_err(|error| failed("free the default themes", error))?;
        }
        for (change, verdict) in changes.iter().zip(verdicts) {
            if let Some(mark) = self.mark(verdict) {
                let saved = theme::save(self.connection, &change.record, mark).await;
                saved.map_err(|error| explain(&change.record, error))?;
            }
            applied.count(verdict);
        }
        Ok(())
    }

    async fn write_flow(
        &mut self,
        change: &FlowChange,
        by: Option<UserId>,
        applied: &mut Applied,
    ) -> Result<(), ApplyError> {
        let record = &change.flow.record;
        let stored = flow::load(self.connection, record.id.0).await;
        let verdict = self.settle(&change.flow, stored)?;
        if let Some(mark) = self.mark(verdict) {
            let saved = flow::save(self.connection, record, mark).await;
            saved.map_err(|error| explain(record, error))?;
        }
        applied.count(verdict);
        let stamp = flow::publish(self.connection, change, verdict, (self.at, by)).await;
        applied.flows.push(stamp.map_err(|error| failed("publish a flow", error))?);
        Ok(())
    }

    fn settle<T: Record>(
        &self,
        change: &Change<T>,
        stored: sqlx::Result<Option<Stored<T>>>,
    ) -> Result<Verdict, ApplyError> {
        let stored = stored.map_err(|error| failed("read a record", error))?;
        settle(self.scope, stored.as_ref(), change)
    }

    /// What to write with; nothing if there is nothing to write.
    fn mark(&self, verdict: Verdict) -> Option<Mark> {
        let changes = !matches!(verdict, Verdict::Keep { .. });
        changes.then(|| Mark { row_version: verdict.row_version(), at: self.at })
    }
}

/// Which rule of the tables a record broke.
pub(crate) fn explain(record: &impl Record, error: sqlx::Error) -> ApplyError {
    let key = record.key();
    let broken = error.as_database_error();
    if broken.is_some_and(DatabaseError::is_foreign_key_violation) {
        return ApplyError::Dangling { record: key };
    }
    let constraint = broken.and_then(|error| error.constraint());
    match (constraint, key) {
        (Some("ux_chat_themes_default"), RecordKey::Theme(id)) => ApplyError::second_default(id),
        _ => ApplyError::Store(boxed("write a record", error)),
    }
}
