//! Which flows refer to which.

use chatflow::{FlowId, TenantId};
use chatflow_storage::{AccessScope, EmbeddingFlow, LinkedFlow, RowAccess, UserId};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::column::{Id, list, maybe_uuid, uuid, visibility};

macro_rules! flow {
    ($rest:literal) => {
        concat!(
            "SELECT f.id, f.school_id, f.visibility, f.is_published, v.snapshot
             FROM flow_definitions AS f
             LEFT JOIN flow_versions AS v ON v.flow_id = f.id
               AND v.seq = (SELECT max(w.seq) FROM flow_versions AS w WHERE w.flow_id = f.id)
             WHERE f.is_active = 1 AND ",
            $rest
        )
    };
}

const BY_ID: &str = flow!("f.id = :name AND :schools = :schools");

const BY_KEY: &str = flow!(
    "f.seed_key = :name
       AND (f.school_id IS NULL OR f.school_id IN (SELECT value FROM json_each(:schools)))
     ORDER BY NOT f.is_published, f.school_id IS NULL, f.id LIMIT 1"
);

const LABELS: &str = "SELECT version FROM flow_versions WHERE flow_id = ?1 ORDER BY seq";

/// A link is `id:…`, `key:…`, `id@<label>:…` or `key@<label>:…`.
const EMBEDDING: &str = "
SELECT DISTINCT f.id, f.name, f.school_id, f.visibility, f.created_by
FROM flow_definitions AS own
JOIN flow_version_links AS l
  ON substr(l.link, instr(l.link, ':') + 1) IN (own.id, own.seed_key)
  AND substr(l.link, instr(l.link, ':') + 1)
    = CASE WHEN substr(l.link, 1, 2) = 'id' THEN own.id ELSE own.seed_key END
JOIN flow_definitions AS f ON f.id = l.flow_id AND f.id <> own.id AND f.is_active = 1 AND f.is_published = 1
WHERE own.id = ?1
  AND l.seq = (SELECT max(w.seq) FROM flow_versions AS w WHERE w.flow_id = f.id)
ORDER BY f.id";

pub(super) fn linked(
    connection: &Connection,
    scope: &AccessScope,
    link: &str,
) -> rusqlite::Result<Option<LinkedFlow>> {
    let Some((kind, name)) = link.split_once(':') else { return Ok(None) };
    let sql = if kind.starts_with("id") { BY_ID } else { BY_KEY };
    let mut statement = connection.prepare_cached(sql)?;
    let params = named_params! { ":name": name, ":schools": list(scope.schools()) };
    let found = statement.query_row(params, |row| {
        let (school_id, visibility) =
            (maybe_uuid(row, "school_id")?.map(TenantId), visibility(row)?);
        let is_visible = scope.sees_flow(visibility, school_id, false);
        let is_live = is_visible && row.get("is_published")?;
        Ok(LinkedFlow {
            link: link.to_owned(),
            id: FlowId(uuid(row, "id")?),
            school_id,
            visibility,
            is_visible,
            labels: Vec::new(),
            document: if is_live { row.get("snapshot")? } else { None },
        })
    });
    let Some(mut found) = found.optional()? else { return Ok(None) };
    if found.document.is_some() {
        let mut statement = connection.prepare_cached(LABELS)?;
        let labels = statement.query_map([Id(found.id.0)], |row| row.get(0))?;
        found.labels = labels.collect::<rusqlite::Result<_>>()?;
    }
    Ok(Some(found))
}

pub(super) fn embedding(
    connection: &Connection,
    scope: &AccessScope,
    id: FlowId,
) -> rusqlite::Result<Vec<EmbeddingFlow>> {
    let mut statement = connection.prepare_cached(EMBEDDING)?;
    let read = |row: &Row<'_>| {
        let access = RowAccess {
            visibility: visibility(row)?,
            school_id: maybe_uuid(row, "school_id")?.map(TenantId),
            created_by: maybe_uuid(row, "created_by")?.map(UserId),
            is_live: true,
        };
        let name: String = row.get("name")?;
        let name = scope.views(&access).then_some(name);
        Ok(EmbeddingFlow { id: FlowId(uuid(row, "id")?), name })
    };
    statement.query_map([Id(id.0)], read)?.collect()
}
