//! [`AsyncReferenceStore`] on Postgres, and what a batch keeps for it.

use std::collections::BTreeSet;

use chatflow::{FlowId, NodeId};
use chatflow_storage::{
    AccessScope, AsyncReferenceStore, FlowChange, FlowReference, FlowUser, FlowUserPage,
    FlowUserQuery, ReadReferences, ReferenceKind, StoreError, ThemeId, Verdict, check_references,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{label, maybe_node, node, number, tenants};
use crate::fault::failed;
use crate::library::WRITE;
use crate::pool::PostgresStore;

const OF_DRAFT: &str = "
SELECT node_id, kind, ref_id FROM flow_refs WHERE flow_id = $1 AND in_draft AND node_id <> ''";

const CLEAR: &str = "UPDATE flow_refs SET in_draft = false WHERE flow_id = $1 AND in_draft";

const ADD: &str = "
INSERT INTO flow_refs (flow_id, node_id, kind, ref_id, in_draft, in_version)
SELECT $1, r.node_id, r.kind, r.ref_id, true, false
FROM unnest($2, $3, $4) AS r (node_id, kind, ref_id)
ON CONFLICT (flow_id, node_id, kind, ref_id) DO UPDATE SET in_draft = true";

const PUBLISH: &str = "
UPDATE flow_refs SET in_version = in_draft WHERE flow_id = $1 AND in_version <> in_draft";

const SWEEP: &str = "DELETE FROM flow_refs WHERE flow_id = $1 AND NOT in_draft AND NOT in_version";

/// What was published before is not known by saving a draft.
const READ: &str = "
DELETE FROM flow_refs_unread WHERE flow_id = $1
  AND ($2 OR NOT EXISTS (SELECT 1 FROM flow_versions AS v WHERE v.flow_id = $1))";

const UNREAD: &str = "SELECT flow_id FROM flow_refs_unread ORDER BY flow_id LIMIT $1";

const THEMES: &str = "
SELECT f.theme_id, v.flow_id IS NOT NULL AS has_version, v.theme_id AS version_theme_id
FROM flow_refs_unread AS u
JOIN flow_definitions AS f ON f.id = u.flow_id
LEFT JOIN flow_versions AS v ON v.flow_id = u.flow_id
  AND v.seq = (SELECT max(w.seq) FROM flow_versions AS w WHERE w.flow_id = u.flow_id)
WHERE u.flow_id = $1 AND f.row_version = $2";

/// The rows are those of [`AccessScope::views`]: $1 all, else $2 and $3 its schools, $4 its account's.
/// $7 is what is used, $8 its name; a flow may also be named by its seed key. $10 to $12 are where the
/// page begins. One row says whether all references are known, even if nothing is found.
const USERS: &str = "
WITH names (ref_id, school_id) AS (
  SELECT $8, NULL::uuid
  UNION ALL
  SELECT 'key:' || seed_key, school_id FROM flow_definitions
  WHERE id = $7 AND $13 = 'flow' AND seed_key IS NOT NULL
), users AS (
  SELECT r.flow_id, f.name, r.node_id, r.ref_id, r.in_draft, r.in_version,
    f.is_active AND f.is_published AS is_live
  FROM names AS n
  JOIN flow_refs AS r ON r.kind = $13 AND r.ref_id = n.ref_id
  JOIN flow_definitions AS f ON f.id = r.flow_id
  WHERE (n.school_id IS NULL OR n.school_id = f.school_id)
    AND ($1 OR ($5 AND (NOT $6 OR (f.is_active AND f.is_published))
      AND (f.visibility IN ('wriveted', 'public')
        OR (f.visibility = 'school' AND f.school_id = ANY ($2))
        OR (f.visibility = 'private' AND f.school_id = ANY ($3))
        OR (f.visibility = 'private' AND f.created_by = $4
          AND (f.school_id IS NULL OR f.school_id = ANY ($2))))))
    AND (NOT $9 OR (r.in_version AND f.is_active AND f.is_published))
    AND (r.flow_id, r.node_id, r.ref_id) > ($10, $11, $12)
  ORDER BY r.flow_id, r.node_id, r.ref_id LIMIT $14
)
SELECT c.is_complete, u.flow_id, u.name, u.node_id, u.ref_id, u.in_draft, u.in_version, u.is_live
FROM (
  SELECT (SELECT flow_id FROM flow_refs_unread ORDER BY flow_id LIMIT 1) IS NULL AS is_complete
) AS c
LEFT JOIN users AS u ON true
ORDER BY u.flow_id, u.node_id, u.ref_id";

impl AsyncReferenceStore for PostgresStore {
    async fn flow_users(
        &self,
        scope: &AccessScope,
        query: &FlowUserQuery,
    ) -> Result<FlowUserPage, StoreError> {
        let mut lent = self.lend("read who uses something").await?;
        let after = query.after.as_ref();
        let node = after.and_then(|after| after.node_id.as_ref()).map_or("", NodeId::as_str);
        let rows = sqlx::query(USERS)
            .bind(scope.is_system())
            .bind(tenants(scope.schools()))
            .bind(tenants(scope.owned()))
            .bind(scope.account().map(|id| id.0))
            .bind(scope.is_signed_in())
            .bind(scope.sees_live_only())
            .bind(query.id)
            .bind(query.ref_id())
            .bind(query.live_only)
            .bind(after.map_or(Uuid::nil(), |after| after.flow_id.0))
            .bind(node)
            .bind(after.map_or("", |after| after.ref_id.as_str()))
            .bind(query.kind.as_str())
            .bind(i64::from(query.limit))
            .fetch_all(lent.connection())
            .await;
        lent.read(rows.and_then(|rows| page(&rows)))
    }

    async fn unread_flows(&self, limit: u32) -> Result<Vec<FlowId>, StoreError> {
        let mut lent = self.lend("list flows whose references are not known").await?;
        let rows = sqlx::query(UNREAD).bind(i64::from(limit)).fetch_all(lent.connection()).await;
        let flow = |row: &PgRow| row.try_get("flow_id").map(FlowId);
        lent.read(rows.and_then(|rows| rows.iter().map(flow).collect()))
    }

    async fn fill_references(&self, read: &ReadReferences) -> Result<bool, StoreError> {
        check_references(read)?;
        let mut lent = self.lend("keep the references of a flow").await?;
        lent.begin(WRITE).await?;
        match fill(lent.connection(), read).await {
            Ok(filled) => {
                lent.commit().await?;
                Ok(filled)
            }
            Err(error) => {
                lent.roll_back().await;
                Err(failed("keep the references of a flow", error))
            }
        }
    }
}

/// What a draft refers to, its theme aside.
pub(crate) async fn of_draft(
    connection: &mut PgConnection,
    flow: FlowId,
) -> sqlx::Result<BTreeSet<FlowReference>> {
    let rows = sqlx::query(OF_DRAFT).bind(flow.0).fetch_all(connection).await?;
    rows.iter().map(reference).collect()
}

pub(crate) fn reference(row: &PgRow) -> sqlx::Result<FlowReference> {
    Ok(FlowReference {
        node_id: node(row, "node_id")?,
        kind: label(row, "kind", ReferenceKind::parse)?,
        ref_id: row.try_get("ref_id")?,
    })
}

/// Keeps the references of a flow that was written, and perhaps published.
pub(crate) async fn save(
    connection: &mut PgConnection,
    change: &FlowChange,
    verdict: Verdict,
) -> sqlx::Result<()> {
    let publishes = change.publish.is_some();
    if matches!(verdict, Verdict::Keep { .. }) && !publishes {
        return Ok(());
    }
    let flow = &change.flow.record;
    set_draft(connection, flow.id, &flow.references, flow.theme_id).await?;
    if publishes {
        sqlx::query(PUBLISH).bind(flow.id.0).execute(&mut *connection).await?;
    }
    finish(connection, flow.id, publishes).await
}

/// Deletes what is neither in the draft nor in the version, and notes what is known.
async fn finish(connection: &mut PgConnection, flow: FlowId, knows_all: bool) -> sqlx::Result<()> {
    sqlx::query(SWEEP).bind(flow.0).execute(&mut *connection).await?;
    sqlx::query(READ).bind(flow.0).bind(knows_all).execute(connection).await.map(drop)
}

async fn set_draft(
    connection: &mut PgConnection,
    flow: FlowId,
    references: &BTreeSet<FlowReference>,
    theme: Option<ThemeId>,
) -> sqlx::Result<()> {
    sqlx::query(CLEAR).bind(flow.0).execute(&mut *connection).await?;
    let theme = theme.map(|id| ("", ReferenceKind::Theme, id.0.to_string()));
    let of_nodes = references.iter().map(|r| (r.node_id.as_str(), r.kind, r.ref_id.clone()));
    let rows: Vec<_> = of_nodes.chain(theme).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let added = sqlx::query(ADD)
        .bind(flow.0)
        .bind(rows.iter().map(|(node, _, _)| *node).collect::<Vec<_>>())
        .bind(rows.iter().map(|(_, kind, _)| kind.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|(_, _, id)| id.as_str()).collect::<Vec<_>>())
        .execute(connection)
        .await;
    added.map(drop)
}

async fn fill(connection: &mut PgConnection, read: &ReadReferences) -> sqlx::Result<bool> {
    let flow = read.flow_id;
    let themes = sqlx::query(THEMES).bind(flow.0).bind(number(read.row_version));
    let Some(row) = themes.fetch_optional(&mut *connection).await? else { return Ok(false) };
    if row.try_get("has_version")? {
        let theme = row.try_get::<Option<_>, _>("version_theme_id")?.map(ThemeId);
        set_draft(connection, flow, &read.version, theme).await?;
        sqlx::query(PUBLISH).bind(flow.0).execute(&mut *connection).await?;
    }
    let theme = row.try_get::<Option<_>, _>("theme_id")?.map(ThemeId);
    set_draft(connection, flow, &read.draft, theme).await?;
    finish(connection, flow, true).await?;
    Ok(true)
}

fn page(rows: &[PgRow]) -> sqlx::Result<FlowUserPage> {
    let mut page = FlowUserPage::default();
    for row in rows {
        page.is_complete = row.try_get("is_complete")?;
        if let Some(flow_id) = row.try_get::<Option<_>, _>("flow_id")? {
            page.users.push(FlowUser {
                flow_id: FlowId(flow_id),
                name: row.try_get("name")?,
                node_id: maybe_node(row, "node_id")?.filter(|node| !node.as_str().is_empty()),
                ref_id: row.try_get("ref_id")?,
                in_draft: row.try_get("in_draft")?,
                in_version: row.try_get("in_version")?,
                is_live: row.try_get("is_live")?,
            });
        }
    }
    Ok(page)
}
