//! Content items.

use chatflow::{ContentId, TenantId};
use chatflow_storage::{ContentRecord, ContentStatus, Stored, UserId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::{Mark, search, variant};
use crate::column::{
    Id, Time, count, label, list, maybe_uuid, number, time, uuid, visibility, visibility_text,
};

const LOAD: &str = "
SELECT id, seed_key, type, content, info, tags, is_active, status, visibility, school_id,
  created_by, row_version, created_at, updated_at
FROM cms_content WHERE id = ?1";

const SAVE: &str = "
INSERT INTO cms_content (
  id, seed_key, type, content, info, tags, is_active, status, visibility, school_id,
  created_by, row_version, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13)
ON CONFLICT (id) DO UPDATE SET
  version = version + (content IS NOT excluded.content),
  seed_key = excluded.seed_key, type = excluded.type, content = excluded.content,
  info = excluded.info, tags = excluded.tags, is_active = excluded.is_active,
  status = excluded.status, visibility = excluded.visibility, school_id = excluded.school_id,
  created_by = excluded.created_by, row_version = excluded.row_version, updated_at = excluded.updated_at";

pub(super) fn load(
    connection: &Connection,
    id: Uuid,
) -> rusqlite::Result<Option<Stored<ContentRecord>>> {
    let mut statement = connection.prepare_cached(LOAD)?;
    let variants = variant::load(connection, id)?;
    let found = statement.query_row([Id(id)], stored).optional()?;
    Ok(found.map(|mut found| {
        found.record.variants = variants;
        found
    }))
}

/// An item without its variants.
pub(crate) fn stored(row: &Row<'_>) -> rusqlite::Result<Stored<ContentRecord>> {
    Ok(Stored {
        record: ContentRecord {
            id: ContentId(uuid(row, "id")?),
            seed_key: row.get("seed_key")?,
            kind: row.get("type")?,
            content: row.get("content")?,
            info: row.get("info")?,
            tags: tags(row)?,
            is_active: row.get("is_active")?,
            status: label(row, "status", ContentStatus::parse)?,
            visibility: visibility(row)?,
            school_id: maybe_uuid(row, "school_id")?.map(TenantId),
            created_by: maybe_uuid(row, "created_by")?.map(UserId),
            variants: Vec::new(),
        },
        row_version: count(row, "row_version")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

pub(super) fn tags(row: &Row<'_>) -> rusqlite::Result<Vec<String>> {
    let index = row.as_ref().column_index("tags")?;
    let value = row.get_ref(index)?;
    serde_json::from_str(value.as_str()?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(index, value.data_type(), error.into())
    })
}

pub(super) fn save(
    connection: &Connection,
    content: &ContentRecord,
    mark: Mark,
) -> rusqlite::Result<()> {
    save_item(connection, content, mark)?;
    variant::save(connection, content, mark.at)
}

/// Writes an item and leaves its variants as they are.
pub(crate) fn save_item(
    connection: &Connection,
    content: &ContentRecord,
    mark: Mark,
) -> rusqlite::Result<()> {
    connection.prepare_cached(SAVE)?.execute(params![
        Id(content.id.0),
        content.seed_key,
        content.kind,
        content.content,
        content.info,
        list(&content.tags),
        content.is_active,
        content.status.as_str(),
        visibility_text(content.visibility),
        content.school_id.map(|id| Id(id.0)),
        content.created_by.map(|id| Id(id.0)),
        number(mark.row_version),
        Time(mark.at),
    ])?;
    search::save(connection, content.id.0, &content.content, &content.tags)
}
