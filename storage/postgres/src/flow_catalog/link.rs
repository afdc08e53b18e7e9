//! Which flows refer to which.

use chatflow::{FlowId, TenantId};
use chatflow_storage::{AccessScope, EmbeddingFlow, LinkedFlow, RowAccess, UserId};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use crate::column::{maybe_json, tenants, visibility};

/// A link is `id:…`, `key:…`, `id@<label>:…` or `key@<label>:…`. Only what has the form of an id is
/// read as one.
const LINKED: &str = "
SELECT a.link, f.id, f.school_id, f.visibility::text AS visibility, f.is_published, v.snapshot,
  ARRAY(
    SELECT w.version FROM flow_versions AS w WHERE w.flow_id = f.id ORDER BY w.seq) AS labels
FROM (
  SELECT l.link, l.ordinal, l.link ~ '^id' AS by_id,
    substr(l.link, strpos(l.link, ':') + 1) COLLATE \"C\" AS name
  FROM unnest($1) WITH ORDINALITY AS l (link, ordinal)
) AS a
JOIN flow_definitions AS f ON f.is_active AND f.id = CASE
  WHEN NOT a.by_id THEN (
    SELECT k.id FROM flow_definitions AS k
    WHERE k.seed_key = a.name AND k.is_active AND (k.school_id IS NULL OR k.school_id = ANY ($2))
    ORDER BY NOT k.is_published, k.school_id IS NULL, k.id LIMIT 1)
  WHEN a.name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN a.name::uuid
END
LEFT JOIN LATERAL (
  SELECT w.snapshot FROM flow_versions AS w WHERE w.flow_id = f.id ORDER BY w.seq DESC LIMIT 1
) AS v ON true
ORDER BY a.ordinal";

const EMBEDDING: &str = "
SELECT DISTINCT f.id, f.name, f.school_id, f.visibility::text AS visibility, f.created_by
FROM flow_definitions AS own
JOIN flow_version_links AS l
  ON substr(l.link, strpos(l.link, ':') + 1) = ANY (ARRAY[own.id::text COLLATE \"C\", own.seed_key])
  AND substr(l.link, strpos(l.link, ':') + 1)
    = CASE WHEN l.link ~ '^id' THEN own.id::text COLLATE \"C\" ELSE own.seed_key END
JOIN flow_definitions AS f
  ON f.id = l.flow_id AND f.id <> own.id AND f.is_active AND f.is_published
WHERE own.id = $1
  AND l.seq = (SELECT max(w.seq) FROM flow_versions AS w WHERE w.flow_id = f.id)
ORDER BY f.id";

pub(super) async fn linked(
    connection: &mut PgConnection,
    scope: &AccessScope,
    links: &[String],
) -> sqlx::Result<Vec<LinkedFlow>> {
    let query = sqlx::query(LINKED).bind(links).bind(tenants(scope.schools()));
    let rows = query.fetch_all(connection).await?;
    let read = |row: &PgRow| {
        let school_id = row.try_get::<Option<_>, _>("school_id")?.map(TenantId);
        let visibility = visibility(row)?;
        let is_visible = scope.sees_flow(visibility, school_id, false);
        let is_live = is_visible && row.try_get("is_published")?;
        Ok(LinkedFlow {
            link: row.try_get("link")?,
            id: FlowId(row.try_get("id")?),
            school_id,
            visibility,
            is_visible,
            labels: if is_live { row.try_get("labels")? } else { Vec::new() },
            document: if is_live { maybe_json(row, "snapshot")? } else { None },
        })
    };
    rows.iter().map(read).collect()
}

pub(super) async fn embedding(
    connection: &mut PgConnection,
    scope: &AccessScope,
    id: FlowId,
) -> sqlx::Result<Vec<EmbeddingFlow>> {
    let rows = sqlx::query(EMBEDDING).bind(id.0).fetch_all(connection).await?;
    let read = |row: &PgRow| {
        let access = RowAccess {
            visibility: visibility(row)?,
            school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
            created_by: row.try_get::<Option<_>, _>("created_by")?.map(UserId),
            is_live: true,
        };
        let name: String = row.try_get("name")?;
        let name = scope.views(&access).then_some(name);
        Ok(EmbeddingFlow { id: FlowId(row.try_get("id")?), name })
    };
    rows.iter().map(read).collect()
}
