//! [`ContentCatalog`] on SQLite.

mod page;
mod variant;

use chatflow::{ContentId, FlowId, TenantId, Timestamp};
use chatflow_storage::{
    AccessScope, ApplyError, CatalogContent, CatalogVariant, Change, ContentCatalog, ContentEdit,
    ContentPage, ContentPageQuery, ContentRecord, ContentStep, ContentUse, ContentWork, EditError,
    EventId, NewEvent, Outcomes, RecordKey, RowAccess, StoreError, UserId, Verdict,
    refused_or_broken, settle,
};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::column::{Id, list, maybe_uuid, number, uuid, visibility};
use crate::fault::Doing;
use crate::library::content::{save_item, stored};
use crate::library::{Mark, explain};
use crate::pool::SqliteStore;
use crate::{audit, changes, outbox, performance};

const LOAD: &str = "
SELECT id, seed_key, type, content, info, tags, is_active, status, version, visibility, school_id,
  created_by, row_version, created_at, updated_at
FROM cms_content WHERE id = ?1";

const SET_VERSION: &str = "
UPDATE cms_content SET version = ?2, row_version = ?3, updated_at = ?4 WHERE id = ?1";

/// Its variants, tags and words go with it.
const DELETE: &str = "DELETE FROM cms_content WHERE id = ?1";

/// Nodes of published flows that name an item somewhere (S3.47).
/// What published flows show, in their drafts or in what runs. Of flows whose references are not known yet, all
/// nodes are gone through.
const USES: &str = "
SELECT f.id, f.name, f.school_id, f.visibility, f.created_by, r.node_id
FROM flow_refs AS r JOIN flow_definitions AS f ON f.id = r.flow_id
WHERE r.kind = 'content' AND r.ref_id = ?1 AND f.is_active = 1 AND f.is_published = 1
UNION
SELECT f.id, f.name, f.school_id, f.visibility, f.created_by, n.node_id
FROM flow_refs_unread AS u JOIN flow_definitions AS f ON f.id = u.flow_id
JOIN flow_nodes AS n ON n.flow_id = f.id
WHERE f.is_active = 1 AND f.is_published = 1 AND instr(lower(n.content), ?1) > 0
ORDER BY 2, 1, 6";

const KNOWN_EVENTS: &str =
    "SELECT id FROM event_outbox WHERE id IN (SELECT value FROM json_each(?1))";

impl ContentCatalog for SqliteStore {
    fn catalog_contents(
        &self,
        scope: &AccessScope,
        ids: &[ContentId],
    ) -> Result<Vec<CatalogContent>, StoreError> {
        self.read("read content", |connection| page::of_ids(connection, scope, ids))
    }

    fn content_page(
        &self,
        scope: &AccessScope,
        query: &ContentPageQuery,
    ) -> Result<ContentPage, StoreError> {
        self.read_together("list content", |connection| page::page(connection, scope, query))
    }

    fn catalog_variants(
        &self,
        scope: &AccessScope,
        content: ContentId,
    ) -> Result<Option<Vec<CatalogVariant>>, StoreError> {
        self.read_together("list variants", |connection| {
            let access = performance::access(connection, content)?;
            let is_viewed = access.is_some_and(|row| scope.views(&row));
            is_viewed.then(|| variant::all(connection, content)).transpose()
        })
    }

    fn edit_contents(
        &self,
        scope: &AccessScope,
        work: &ContentWork,
    ) -> Result<Outcomes, StoreError> {
        let done = self.write("edit content", |transaction| {
            let outcomes = steps(transaction, scope, work)?;
            if work.is_whole && outcomes.iter().any(Result::is_err) {
                return Err(Undone::Refused(outcomes));
            }
            let notices = work.notices(&outcomes);
            let raised = changes::raise(transaction, &notices).doing("tell others", transaction)?;
            Ok((outcomes, raised, notices))
        });
        match done {
            Ok((outcomes, raised, notices)) => {
                self.told(&raised, &notices);
                Ok(outcomes)
            }
            Err(Undone::Refused(outcomes)) => Ok(outcomes),
            Err(Undone::Broken(error)) => Err(error),
        }
    }
}

/// Why nothing of some work is stored.
enum Undone {
    Refused(Outcomes),
    Broken(StoreError),
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Broken(error)
    }
}

fn steps(
    transaction: &Transaction<'_>,
    scope: &AccessScope,
    work: &ContentWork,
) -> Result<Outcomes, StoreError> {
    let run = |sql| transaction.execute_batch(sql).doing("edit content", transaction);
    let editor = Editor { connection: transaction, scope, at: work.at };
    let mut outcomes = Outcomes::new();
    for step in &work.steps {
        run("SAVEPOINT step")?;
        let outcome = refused_or_broken(editor.step(step))?;
        let is_refused = outcome.is_err();
        outcomes.push(outcome);
        if is_refused && work.is_whole {
            break;
        }
        run(if is_refused { "ROLLBACK TO step; RELEASE step" } else { "RELEASE step" })?;
    }
    Ok(outcomes)
}

/// Editing within one transaction.
struct Editor<'a> {
    connection: &'a Connection,
    scope: &'a AccessScope,
    at: Timestamp,
}

impl Editor<'_> {
    fn step(&self, step: &ContentStep) -> Result<(), EditError> {
        step.check()?;
        let content = step.edit.content();
        if !matches!(step.edit, ContentEdit::Save { .. }) {
            self.check_access(content, step.edit.is_open_to_viewers())?;
        }
        let mut events = step.events.clone();
        match &step.edit {
            ContentEdit::Save { change, version } => self.save(change, *version)?,
            ContentEdit::Delete { expected, even_if_used, .. } => {
                self.delete(content, *expected, *even_if_used)?;
            }
            ContentEdit::AddVariant { variant, .. } => {
                let added = variant::add(self.connection, content, variant, self.at);
                if !self.done(added)? {
                    return Err(EditError::KeyTaken { content, key: variant.key.clone() });
                }
            }
            ContentEdit::ChangeVariant { key, change, .. } => {
                let known = self.variant(content, key)?;
                let new = change.applied_to(&known.record);
                chatflow_storage::check_variant(content, &new)?;
                self.done(variant::change(self.connection, &known, &new, change, self.at))?;
            }
            ContentEdit::DeleteVariant { key, .. } => {
                self.variant(content, key)?;
                self.done(variant::delete(self.connection, content, key))?;
            }
            ContentEdit::Count { key, by, .. } => {
                self.variant(content, key)?;
                self.done(performance::raise(self.connection, content, key, *by))?;
                let known = self.done(known_events(self.connection, &events))?;
                events.retain(|event| !known.contains(&event.id));
            }
            _ => {}
        }
        self.done(outbox::append(self.connection, &events))?;
        self.done(audit::append(self.connection, &step.audit))?;
        Ok(())
    }

    fn done<T>(&self, outcome: rusqlite::Result<T>) -> Result<T, StoreError> {
        outcome.doing("edit content", self.connection)
    }

    /// Refuses what the scope may not touch.
    fn check_access(&self, content: ContentId, viewing_suffices: bool) -> Result<(), EditError> {
        let access = self.done(performance::access(self.connection, content))?;
        let access = access.filter(|row| self.scope.views(row));
        let access = access.ok_or(EditError::NoContent { content })?;
        if viewing_suffices || self.scope.edits(&access) {
            return Ok(());
        }
        Err(ApplyError::OutOfScope { record: RecordKey::Content(content) }.into())
    }

    fn variant(&self, content: ContentId, key: &str) -> Result<CatalogVariant, EditError> {
        let known = self.done(variant::one(self.connection, content, key))?;
        known.ok_or_else(|| EditError::NoVariant { content, key: key.to_owned() })
    }

    fn save(&self, change: &Change<ContentRecord>, version: Option<u32>) -> Result<(), EditError> {
        let id = change.record.id;
        let known = self.done(load(self.connection, id))?;
        let verdict = settle(self.scope, known.as_ref().map(|known| &known.stored), change)?;
        let mut row_version = verdict.row_version();
        if !matches!(verdict, Verdict::Keep { .. }) {
            let mark = Mark { row_version, at: self.at };
            let saved = save_item(self.connection, &change.record, mark);
            saved.map_err(|error| explain(self.connection, &change.record, error))?;
        } else if version.is_none_or(|version| known.is_some_and(|known| known.version == version))
        {
            return Ok(());
        } else {
            row_version = row_version.saturating_add(1);
        }
        if let Some(version) = version {
            let set = || {
                let at = crate::column::Time(self.at);
                let params = params![Id(id.0), version, number(row_version), at];
                self.connection.prepare_cached(SET_VERSION)?.execute(params)
            };
            self.done(set())?;
        }
        Ok(())
    }

    fn delete(
        &self,
        content: ContentId,
        expected: Option<u64>,
        even_if_used: bool,
    ) -> Result<(), EditError> {
        let known = self.done(load(self.connection, content))?;
        let actual = known.map_or(0, |known| known.stored.row_version);
        if let Some(expected) = expected.filter(|expected| *expected != actual) {
            let record = RecordKey::Content(content);
            return Err(ApplyError::Conflict { record, expected, actual }.into());
        }
        if !even_if_used {
            let uses = self.done(uses(self.connection, content))?;
            if !uses.is_empty() {
                let viewed = uses.into_iter().filter(|(row, _)| self.scope.views(row));
                let uses = viewed.map(|(_, found)| found).collect();
                return Err(EditError::InUse { content, uses });
            }
        }
        let delete = || self.connection.prepare_cached(DELETE)?.execute([Id(content.0)]);
        self.done(delete())?;
        Ok(())
    }
}

fn load(connection: &Connection, id: ContentId) -> rusqlite::Result<Option<CatalogContent>> {
    connection.prepare_cached(LOAD)?.query_row([Id(id.0)], content).optional()
}

fn content(row: &Row<'_>) -> rusqlite::Result<CatalogContent> {
    Ok(CatalogContent { stored: stored(row)?, version: row.get("version")? })
}

/// Where published flows use an item, and who views those flows.
fn uses(
    connection: &Connection,
    content: ContentId,
) -> rusqlite::Result<Vec<(RowAccess, ContentUse)>> {
    let mut statement = connection.prepare_cached(USES)?;
    let rows = statement.query_map([content.to_string()], |row| {
        let access = RowAccess {
            visibility: visibility(row)?,
            school_id: maybe_uuid(row, "school_id")?.map(TenantId),
            created_by: maybe_uuid(row, "created_by")?.map(UserId),
            is_live: true,
        };
        let node: String = row.get("node_id")?;
        let flow = FlowId(uuid(row, "id")?);
        Ok((access, ContentUse { flow, flow_name: row.get("name")?, node: node.into() }))
    })?;
    rows.collect()
}

fn known_events(connection: &Connection, events: &[NewEvent]) -> rusqlite::Result<Vec<EventId>> {
    let mut statement = connection.prepare_cached(KNOWN_EVENTS)?;
    let ids = list(events.iter().map(|event| event.id.0));
    let known = statement.query_map([ids], |row| uuid(row, "id").map(EventId))?;
    known.collect()
}
