//! [`ReferenceStore`] on SQLite, and what a batch keeps for it.

use std::collections::BTreeSet;

use chatflow::{FlowId, NodeId};
use chatflow_storage::{
    AccessScope, FlowChange, FlowReference, FlowUser, FlowUserPage, FlowUserQuery, ReadReferences,
    ReferenceKind, ReferenceStore, StoreError, ThemeId, Verdict, check_references,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::column::{Id, label, list, maybe_node, maybe_uuid, number, uuid};
use crate::fault::Doing;
use crate::pool::SqliteStore;

const OF_DRAFT: &str = "
SELECT node_id, kind, ref_id FROM flow_refs WHERE flow_id = ?1 AND in_draft = 1 AND node_id <> ''";

const CLEAR: &str = "UPDATE flow_refs SET in_draft = 0 WHERE flow_id = ?1 AND in_draft = 1";

const ADD: &str = "
INSERT INTO flow_refs (flow_id, node_id, kind, ref_id, in_draft, in_version)
VALUES (?1, ?2, ?3, ?4, 1, 0)
ON CONFLICT (flow_id, node_id, kind, ref_id) DO UPDATE SET in_draft = 1";

const PUBLISH: &str = "
UPDATE flow_refs SET in_version = in_draft WHERE flow_id = ?1 AND in_version <> in_draft";

const SWEEP: &str = "DELETE FROM flow_refs WHERE flow_id = ?1 AND in_draft = 0 AND in_version = 0";

/// What was published before is not known by saving a draft.
const READ: &str = "
DELETE FROM flow_refs_unread WHERE flow_id = ?1
  AND (?2 OR NOT EXISTS (SELECT 1 FROM flow_versions AS v WHERE v.flow_id = ?1))";

const UNREAD: &str = "SELECT flow_id FROM flow_refs_unread ORDER BY flow_id LIMIT ?1";

const IS_COMPLETE: &str = "
SELECT (SELECT flow_id FROM flow_refs_unread ORDER BY flow_id LIMIT 1) IS NULL";

const THEMES: &str = "
SELECT f.theme_id, v.flow_id IS NOT NULL AS has_version, v.theme_id AS version_theme_id
FROM flow_refs_unread AS u
JOIN flow_definitions AS f ON f.id = u.flow_id
LEFT JOIN flow_versions AS v ON v.flow_id = u.flow_id
  AND v.seq = (SELECT max(w.seq) FROM flow_versions AS w WHERE w.flow_id = u.flow_id)
WHERE u.flow_id = ?1 AND f.row_version = ?2";

/// The rows are those of [`AccessScope::views`]: ?1 all, else ?2 and ?3 its schools, ?4 its account's.
/// ?7 is what is used, ?8 its name; a flow may also be named by its seed key. ?10 to ?12 are where the
/// page begins.
const USERS: &str = "
WITH names (ref_id, school_id) AS (
  SELECT ?8, NULL
  UNION ALL
  SELECT 'key:' || seed_key, school_id FROM flow_definitions
  WHERE id = ?7 AND ?13 = 'flow' AND seed_key IS NOT NULL
)
SELECT r.flow_id, f.name, r.node_id, r.ref_id, r.in_draft, r.in_version,
  f.is_active AND f.is_published AS is_live
FROM names AS n
JOIN flow_refs AS r ON r.kind = ?13 AND r.ref_id = n.ref_id
JOIN flow_definitions AS f ON f.id = r.flow_id
WHERE (n.school_id IS NULL OR n.school_id = f.school_id)
  AND (?1 OR (?5 AND (NOT ?6 OR (f.is_active = 1 AND f.is_published = 1))
    AND (f.visibility IN ('wriveted', 'public')
      OR (f.visibility = 'school' AND f.school_id IN (SELECT value FROM json_each(?2)))
      OR (f.visibility = 'private' AND f.school_id IN (SELECT value FROM json_each(?3)))
      OR (f.visibility = 'private' AND f.created_by = ?4
        AND (f.school_id IS NULL OR f.school_id IN (SELECT value FROM json_each(?2)))))))
  AND (NOT ?9 OR (r.in_version = 1 AND f.is_active = 1 AND f.is_published = 1))
  AND (r.flow_id, r.node_id, r.ref_id) > (?10, ?11, ?12)
ORDER BY r.flow_id, r.node_id, r.ref_id LIMIT ?14";

impl ReferenceStore for SqliteStore {
    fn flow_users(
        &self,
        scope: &AccessScope,
        query: &FlowUserQuery,
    ) -> Result<FlowUserPage, StoreError> {
        let after = query.after.as_ref();
        let node = after.and_then(|after| after.node_id.as_ref()).map_or("", NodeId::as_str);
        self.read_together("read who uses something", |connection| {
            let is_complete =
                connection.prepare_cached(IS_COMPLETE)?.query_row([], |row| row.get(0))?;
            let mut statement = connection.prepare_cached(USERS)?;
            let rows = statement.query_map(
                params![
                    scope.is_system(),
                    list(scope.schools()),
                    list(scope.owned()),
                    scope.account().map(|id| Id(id.0)),
                    scope.is_signed_in(),
                    scope.sees_live_only(),
                    Id(query.id),
                    query.ref_id(),
                    query.live_only,
                    Id(after.map_or(Uuid::nil(), |after| after.flow_id.0)),
                    node,
                    after.map_or("", |after| after.ref_id.as_str()),
                    query.kind.as_str(),
                    query.limit,
                ],
                user,
            )?;
            Ok(FlowUserPage { users: rows.collect::<rusqlite::Result<_>>()?, is_complete })
        })
    }

    fn unread_flows(&self, limit: u32) -> Result<Vec<FlowId>, StoreError> {
        self.read("list flows whose references are not known", |connection| {
            let mut statement = connection.prepare_cached(UNREAD)?;
            let rows = statement.query_map([limit], |row| uuid(row, "flow_id").map(FlowId))?;
            rows.collect()
        })
    }

    fn fill_references(&self, read: &ReadReferences) -> Result<bool, StoreError> {
        check_references(read)?;
        self.write("keep the references of a flow", |transaction| {
            fill(transaction, read).doing("keep the references of a flow", transaction)
        })
    }
}

/// What a draft refers to, its theme aside.
pub(crate) fn of_draft(
    connection: &Connection,
    flow: FlowId,
) -> rusqlite::Result<BTreeSet<FlowReference>> {
    let mut statement = connection.prepare_cached(OF_DRAFT)?;
    let rows = statement.query_map([Id(flow.0)], |row| {
        Ok(FlowReference {
            node_id: row.get::<_, String>("node_id")?.into(),
            kind: label(row, "kind", ReferenceKind::parse)?,
            ref_id: row.get("ref_id")?,
        })
    })?;
    rows.collect()
}

/// Keeps the references of a flow that was written, and perhaps published.
pub(crate) fn save(
    connection: &Connection,
    change: &FlowChange,
    verdict: Verdict,
) -> rusqlite::Result<()> {
    let publishes = change.publish.is_some();
    if matches!(verdict, Verdict::Keep { .. }) && !publishes {
        return Ok(());
    }
    let flow = &change.flow.record;
    set_draft(connection, flow.id, &flow.references, flow.theme_id)?;
    if publishes {
        connection.prepare_cached(PUBLISH)?.execute([Id(flow.id.0)])?;
    }
    connection.prepare_cached(SWEEP)?.execute([Id(flow.id.0)])?;
    connection.prepare_cached(READ)?.execute(params![Id(flow.id.0), publishes]).map(drop)
}

fn set_draft(
    connection: &Connection,
    flow: FlowId,
    references: &BTreeSet<FlowReference>,
    theme: Option<ThemeId>,
) -> rusqlite::Result<()> {
    connection.prepare_cached(CLEAR)?.execute([Id(flow.0)])?;
    let mut add = connection.prepare_cached(ADD)?;
    for one in references {
        let (node, kind) = (one.node_id.as_str(), one.kind.as_str());
        add.execute(params![Id(flow.0), node, kind, one.ref_id])?;
    }
    if let Some(theme) = theme {
        add.execute(params![Id(flow.0), "", ReferenceKind::Theme.as_str(), Id(theme.0)])?;
    }
    Ok(())
}

fn fill(connection: &Connection, read: &ReadReferences) -> rusqlite::Result<bool> {
    let themes = |row: &Row<'_>| {
        let version = maybe_uuid(row, "version_theme_id")?.map(ThemeId);
        let has_version: bool = row.get("has_version")?;
        Ok((maybe_uuid(row, "theme_id")?.map(ThemeId), has_version.then_some(version)))
    };
    let flow = read.flow_id;
    let mut statement = connection.prepare_cached(THEMES)?;
    let found = statement.query_row(params![Id(flow.0), number(read.row_version)], themes);
    let Some((theme, version)) = found.optional()? else { return Ok(false) };
    if let Some(version_theme) = version {
        set_draft(connection, flow, &read.version, version_theme)?;
        connection.prepare_cached(PUBLISH)?.execute([Id(flow.0)])?;
    }
    set_draft(connection, flow, &read.draft, theme)?;
    connection.prepare_cached(SWEEP)?.execute([Id(flow.0)])?;
    connection.prepare_cached(READ)?.execute(params![Id(flow.0), true])?;
    Ok(true)
}

fn user(row: &Row<'_>) -> rusqlite::Result<FlowUser> {
    Ok(FlowUser {
        flow_id: FlowId(uuid(row, "flow_id")?),
        name: row.get("name")?,
        node_id: maybe_node(row, "node_id")?.filter(|node| !node.as_str().is_empty()),
        ref_id: row.get("ref_id")?,
        in_draft: row.get("in_draft")?,
        in_version: row.get("in_version")?,
        is_live: row.get("is_live")?,
    })
}
