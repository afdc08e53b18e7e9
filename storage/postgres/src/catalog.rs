//! [`AsyncContentCatalog`] on Postgres.

mod page;
mod variant;

use chatflow::{ContentId, FlowId, TenantId, Timestamp};
use chatflow_storage::{
    AccessScope, ApplyError, AsyncContentCatalog, CatalogContent, CatalogVariant, Change,
    ContentEdit, ContentPage, ContentPageQuery, ContentRecord, ContentStep, ContentUse,
    ContentWork, EditError, EventId, NewEvent, Outcomes, RecordKey, RowAccess, StoreError, UserId,
    Verdict, check_variant, refused_or_broken, settle,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{Time, node, number, small_count, small_number, visibility};
use crate::fault::failed;
use crate::library::content::{save_item, stored};
use crate::library::{Mark, READ, WRITE, explain};
use crate::pool::PostgresStore;
use crate::{audit, outbox, performance};

const LOAD: &str = "
SELECT id, seed_key, type::text AS type, content, info, tags, is_active, status::text AS status,
  version, visibility::text AS visibility, school_id, created_by, row_version, created_at,
  updated_at
FROM cms_content WHERE id = $1";

const SET_VERSION: &str = "
UPDATE cms_content SET version = $2, row_version = $3, updated_at = $4 WHERE id = $1";

/// Its variants and words go with it.
const DELETE: &str = "DELETE FROM cms_content WHERE id = $1";

/// Nodes of published flows that name an item somewhere (S3.47).
/// What published flows show, in their drafts or in what runs. Of flows whose references are not known yet, all
/// nodes are gone through.
const USES: &str = "
SELECT u.id, u.name, u.school_id, u.visibility::text AS visibility, u.created_by, u.node_id
FROM (
  SELECT f.id, f.name, f.school_id, f.visibility, f.created_by, r.node_id
  FROM flow_refs AS r JOIN flow_definitions AS f ON f.id = r.flow_id
  WHERE r.kind = 'content' AND r.ref_id = $1 AND f.is_active AND f.is_published
  UNION
  SELECT f.id, f.name, f.school_id, f.visibility, f.created_by, n.node_id
  FROM flow_refs_unread AS u JOIN flow_definitions AS f ON f.id = u.flow_id
  JOIN flow_nodes AS n ON n.flow_id = f.id
  WHERE f.is_active AND f.is_published AND strpos(lower(n.content::text), $1) > 0
) AS u
ORDER BY u.name COLLATE \"C\", u.id, u.node_id COLLATE \"C\"";

const KNOWN_EVENTS: &str = "SELECT id FROM event_outbox WHERE id = ANY ($1)";

impl AsyncContentCatalog for PostgresStore {
    async fn catalog_contents(
        &self,
        scope: &AccessScope,
        ids: &[ContentId],
    ) -> Result<Vec<CatalogContent>, StoreError> {
        let mut lent = self.lend("read content").await?;
        let found = page::of_ids(lent.connection(), scope, ids).await;
        lent.read(found)
    }

    async fn content_page(
        &self,
        scope: &AccessScope,
        query: &ContentPageQuery,
    ) -> Result<ContentPage, StoreError> {
        let mut lent = self.lend("list content").await?;
        let Some(filter) = query.info_filter() else {
            let found = page::page(lent.connection(), scope, query).await;
            return lent.read(found);
        };
        lent.begin(READ).await?;
        let found = page::sieved(lent.connection(), scope, query, filter).await;
        lent.roll_back().await;
        found.map_err(|error| failed("list content", error))
    }

    async fn catalog_variants(
        &self,
        scope: &AccessScope,
        content: ContentId,
    ) -> Result<Option<Vec<CatalogVariant>>, StoreError> {
        let mut lent = self.lend("list variants").await?;
        match performance::access(lent.connection(), content).await {
            Ok(Some(row)) if scope.views(&row) => {}
            other => return lent.read(other.map(|_| None)),
        }
        let found = variant::all(lent.connection(), content).await;
        lent.read(found.map(Some))
    }

    async fn edit_contents(
        &self,
        scope: &AccessScope,
        work: &ContentWork,
    ) -> Result<Outcomes, StoreError> {
        let mut lent = self.lend("edit content").await?;
        lent.begin(WRITE).await?;
        let mut editor = Editor { connection: lent.connection(), scope, at: work.at };
        let outcomes = match editor.steps(work).await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                lent.roll_back().await;
                return Err(error);
            }
        };
        if work.is_whole && outcomes.iter().any(Result::is_err) {
            lent.roll_back().await;
            return Ok(outcomes);
        }
        let notices = work.notices(&outcomes);
        if let Err(error) = self.wire.notify(lent.connection(), &notices).await {
            lent.roll_back().await;
            return Err(failed("tell others", error));
        }
        lent.commit().await?;
        self.wire.observers.tell(&notices);
        Ok(outcomes)
    }
}

/// Editing within one transaction.
struct Editor<'a> {
    connection: &'a mut PgConnection,
    scope: &'a AccessScope,
    at: Timestamp,
}

fn broken(error: sqlx::Error) -> StoreError {
    failed("edit content", error)
}

impl Editor<'_> {
    async fn steps(&mut self, work: &ContentWork) -> Result<Outcomes, StoreError> {
        let mut outcomes = Outcomes::new();
        for step in &work.steps {
            self.run("SAVEPOINT step").await?;
            let outcome = refused_or_broken(self.step(step).await)?;
            let is_refused = outcome.is_err();
            outcomes.push(outcome);
            if is_refused && work.is_whole {
                break;
            }
            let end = if is_refused { "ROLLBACK TO step; RELEASE step" } else { "RELEASE step" };
            self.run(end).await?;
        }
        Ok(outcomes)
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), StoreError> {
        sqlx::raw_sql(sql).execute(&mut *self.connection).await.map(drop).map_err(broken)
    }

    async fn step(&mut self, step: &ContentStep) -> Result<(), EditError> {
        step.check()?;
        let content = step.edit.content();
        if !matches!(step.edit, ContentEdit::Save { .. }) {
            self.check_access(content, step.edit.is_open_to_viewers()).await?;
        }
        let mut events = step.events.clone();
        match &step.edit {
            ContentEdit::Save { change, version } => self.save(change, *version).await?,
            ContentEdit::Delete { expected, even_if_used, .. } => {
                self.delete(content, *expected, *even_if_used).await?;
            }
            ContentEdit::AddVariant { variant, .. } => {
                let added = variant::add(self.connection, content, variant, self.at).await;
                if !added.map_err(broken)? {
                    return Err(EditError::KeyTaken { content, key: variant.key.clone() });
                }
            }
            ContentEdit::ChangeVariant { key, change, .. } => {
                let known = self.variant(content, key).await?;
                let new = change.applied_to(&known.record);
                check_variant(content, &new)?;
                let at = self.at;
                let changed = variant::change(self.connection, &known, &new, change, at).await;
                changed.map_err(broken)?;
            }
            ContentEdit::DeleteVariant { key, .. } => {
                self.variant(content, key).await?;
                variant::delete(self.connection, content, key).await.map_err(broken)?;
            }
            ContentEdit::Count { key, by, .. } => {
                self.variant(content, key).await?;
                let raised = performance::raise(self.connection, content, key, *by).await;
                raised.map_err(broken)?;
                let known = known_events(self.connection, &events).await.map_err(broken)?;
                events.retain(|event| !known.contains(&event.id));
            }
            _ => {}
        }
        outbox::append(self.connection, &events).await.map_err(broken)?;
        audit::append(self.connection, &step.audit).await.map_err(broken)?;
        Ok(())
    }

    /// Refuses what the scope may not touch.
    async fn check_access(
        &mut self,
        content: ContentId,
        viewing_suffices: bool,
    ) -> Result<(), EditError> {
        let access = performance::access(self.connection, content).await.map_err(broken)?;
        let access = access.filter(|row| self.scope.views(row));
        let access = access.ok_or(EditError::NoContent { content })?;
        if viewing_suffices || self.scope.edits(&access) {
            return Ok(());
        }
        Err(ApplyError::OutOfScope { record: RecordKey::Content(content) }.into())
    }

    async fn variant(
        &mut self,
        content: ContentId,
        key: &str,
    ) -> Result<CatalogVariant, EditError> {
        let known = variant::one(self.connection, content, key).await.map_err(broken)?;
        known.ok_or_else(|| EditError::NoVariant { content, key: key.to_owned() })
    }

    async fn save(
        &mut self,
        change: &Change<ContentRecord>,
        version: Option<u32>,
    ) -> Result<(), EditError> {
        let id = change.record.id;
        let known = load(self.connection, id).await.map_err(broken)?;
        let verdict = settle(self.scope, known.as_ref().map(|known| &known.stored), change)?;
        let mut row_version = verdict.row_version();
        if !matches!(verdict, Verdict::Keep { .. }) {
            let mark = Mark { row_version, at: self.at };
            let saved = save_item(self.connection, &change.record, mark).await;
            saved.map_err(|error| explain(&change.record, error))?;
        } else if version.is_none_or(|version| known.is_some_and(|known| known.version == version))
        {
            return Ok(());
        } else {
            row_version = row_version.saturating_add(1);
        }
        if let Some(version) = version {
            let set = sqlx::query(SET_VERSION)
                .bind(id.0)
                .bind(small_number(version))
                .bind(number(row_version))
                .bind(Time(self.at))
                .execute(&mut *self.connection)
                .await;
            set.map_err(broken)?;
        }
        Ok(())
    }

    async fn delete(
        &mut self,
        content: ContentId,
        expected: Option<u64>,
        even_if_used: bool,
    ) -> Result<(), EditError> {
        let known = load(self.connection, content).await.map_err(broken)?;
        let actual = known.map_or(0, |known| known.stored.row_version);
        if let Some(expected) = expected.filter(|expected| *expected != actual) {
            let record = RecordKey::Content(content);
            return Err(ApplyError::Conflict { record, expected, actual }.into());
        }
        if !even_if_used {
            let uses = uses(self.connection, content).await.map_err(broken)?;
            if !uses.is_empty() {
                let viewed = uses.into_iter().filter(|(row, _)| self.scope.views(row));
                let uses = viewed.map(|(_, found)| found).collect();
                return Err(EditError::InUse { content, uses });
            }
        }
        let deleted = sqlx::query(DELETE).bind(content.0).execute(&mut *self.connection).await;
        deleted.map_err(broken)?;
        Ok(())
    }
}

async fn load(
    connection: &mut PgConnection,
    id: ContentId,
) -> sqlx::Result<Option<CatalogContent>> {
    let row = sqlx::query(LOAD).bind(id.0).fetch_optional(connection).await?;
    row.map(|row| content(&row)).transpose()
}

fn content(row: &PgRow) -> sqlx::Result<CatalogContent> {
    Ok(CatalogContent { stored: stored(row)?, version: small_count(row, "version")? })
}

/// Where published flows use an item, and who views those flows.
async fn uses(
    connection: &mut PgConnection,
    content: ContentId,
) -> sqlx::Result<Vec<(RowAccess, ContentUse)>> {
    let rows = sqlx::query(USES).bind(content.to_string()).fetch_all(connection).await?;
    let found = |row: &PgRow| {
        let access = RowAccess {
            visibility: visibility(row)?,
            school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
            created_by: row.try_get::<Option<_>, _>("created_by")?.map(UserId),
            is_live: true,
        };
        let flow = FlowId(row.try_get("id")?);
        let found =
            ContentUse { flow, flow_name: row.try_get("name")?, node: node(row, "node_id")? };
        Ok((access, found))
    };
    rows.iter().map(found).collect()
}

async fn known_events(
    connection: &mut PgConnection,
    events: &[NewEvent],
) -> sqlx::Result<Vec<EventId>> {
    let ids: Vec<Uuid> = events.iter().map(|event| event.id.0).collect();
    let rows = sqlx::query(KNOWN_EVENTS).bind(ids).fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get("id").map(EventId)).collect()
}
