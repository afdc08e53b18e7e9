//! Content items.

use chatflow::{ContentId, TenantId};
use chatflow_storage::{ContentRecord, ContentStatus, Stored, UserId};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::{Mark, search, variant};
use crate::column::{Json, Time, count, json, label, number, time, visibility, visibility_text};

const LOAD: &str = "
SELECT id, seed_key, type::text AS type, content, info, tags, is_active, status::text AS status,
  visibility::text AS visibility, school_id, created_by, row_version, created_at, updated_at
FROM cms_content WHERE id = $1";

const SAVE: &str = "
INSERT INTO cms_content AS c (
  id, seed_key, type, content, info, tags, is_active, status, visibility, school_id,
  created_by, row_version, created_at, updated_at)
VALUES ($1, $2, $3::enum_cms_content_type, $4, $5, $6, $7, $8::enum_cms_content_status,
  $9::enum_cms_content_visibility, $10, $11, $12, $13, $13)
ON CONFLICT (id) DO UPDATE SET
  version = c.version + (c.content::text <> excluded.content::text)::integer,
  seed_key = excluded.seed_key, type = excluded.type, content = excluded.content,
  info = excluded.info, tags = excluded.tags, is_active = excluded.is_active,
  status = excluded.status, visibility = excluded.visibility, school_id = excluded.school_id,
  created_by = excluded.created_by, row_version = excluded.row_version,
  updated_at = excluded.updated_at";

pub(super) async fn load(
    connection: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<Stored<ContentRecord>>> {
    let Some(row) = sqlx::query(LOAD).bind(id).fetch_optional(&mut *connection).await? else {
        return Ok(None);
    };
    let mut found = stored(&row)?;
    found.record.variants = variant::load(connection, id).await?;
    Ok(Some(found))
}

/// An item without its variants.
pub(crate) fn stored(row: &PgRow) -> sqlx::Result<Stored<ContentRecord>> {
    Ok(Stored {
        record: ContentRecord {
            id: ContentId(row.try_get("id")?),
            seed_key: row.try_get("seed_key")?,
            kind: row.try_get("type")?,
            content: json(row, "content")?,
            info: json(row, "info")?,
            tags: row.try_get("tags")?,
            is_active: row.try_get("is_active")?,
            status: label(row, "status", ContentStatus::parse)?,
            visibility: visibility(row)?,
            school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
            created_by: row.try_get::<Option<_>, _>("created_by")?.map(UserId),
            variants: Vec::new(),
        },
        row_version: count(row, "row_version")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

pub(super) async fn save(
    connection: &mut PgConnection,
    content: &ContentRecord,
    mark: Mark,
) -> sqlx::Result<()> {
    save_item(connection, content, mark).await?;
    variant::save(connection, content, mark.at).await
}

/// Writes an item and leaves its variants as they are.
pub(crate) async fn save_item(
    connection: &mut PgConnection,
    content: &ContentRecord,
    mark: Mark,
) -> sqlx::Result<()> {
    sqlx::query(SAVE)
        .bind(content.id.0)
        .bind(content.seed_key.as_deref())
        .bind(&content.kind)
        .bind(Json(content.content.as_str()))
        .bind(Json(content.info.as_str()))
        .bind(&content.tags)
        .bind(content.is_active)
        .bind(content.status.as_str())
        .bind(visibility_text(content.visibility))
        .bind(content.school_id.map(|id| id.0))
        .bind(content.created_by.map(|id| id.0))
        .bind(number(mark.row_version))
        .bind(Time(mark.at))
        .execute(&mut *connection)
        .await?;
    search::save(connection, content.id.0, &content.content, &content.tags).await
}
