//! Themes.

use chatflow::TenantId;
use chatflow_storage::{Stored, ThemeId, ThemeRecord, UserId};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::Mark;
use crate::column::{Json, Time, count, json, number, time};

const LOAD: &str = "
SELECT id, seed_key, name, description, school_id, config, logo_url, avatar_url, is_active,
  is_default, version, created_by, row_version, created_at, updated_at
FROM chat_themes WHERE id = $1";

const SAVE: &str = "
INSERT INTO chat_themes (
  id, seed_key, name, description, school_id, config, logo_url, avatar_url, is_active, is_default,
  version, created_by, row_version, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
ON CONFLICT (id) DO UPDATE SET
  seed_key = excluded.seed_key, name = excluded.name, description = excluded.description,
  school_id = excluded.school_id, config = excluded.config, logo_url = excluded.logo_url,
  avatar_url = excluded.avatar_url, is_active = excluded.is_active,
  is_default = excluded.is_default, version = excluded.version,
  created_by = excluded.created_by,
  row_version = excluded.row_version, updated_at = excluded.updated_at";

const CLEAR_DEFAULTS: &str = "
UPDATE chat_themes SET is_default = false WHERE is_default AND id = ANY ($1)";

pub(crate) async fn load(
    connection: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<Stored<ThemeRecord>>> {
    let row = sqlx::query(LOAD).bind(id).fetch_optional(connection).await?;
    row.map(|row| stored(&row)).transpose()
}

/// The record and its stamp, from the columns of a theme.
pub(crate) fn stored(row: &PgRow) -> sqlx::Result<Stored<ThemeRecord>> {
    Ok(Stored {
        record: ThemeRecord {
            id: ThemeId(row.try_get("id")?),
            seed_key: row.try_get("seed_key")?,
            name: row.try_get("name")?,
            description: row.try_get("description")?,
            school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
            config: json(row, "config")?,
            logo_url: row.try_get("logo_url")?,
            avatar_url: row.try_get("avatar_url")?,
            is_active: row.try_get("is_active")?,
            is_default: row.try_get("is_default")?,
            version: row.try_get("version")?,
            created_by: row.try_get::<Option<_>, _>("created_by")?.map(UserId),
        },
        row_version: count(row, "row_version")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

pub(super) async fn save(
    connection: &mut PgConnection,
    theme: &ThemeRecord,
    mark: Mark,
) -> sqlx::Result<()> {
    let saved = sqlx::query(SAVE)
        .bind(theme.id.0)
        .bind(theme.seed_key.as_deref())
        .bind(&theme.name)
        .bind(theme.description.as_deref())
        .bind(theme.school_id.map(|id| id.0))
        .bind(Json(theme.config.as_str()))
        .bind(theme.logo_url.as_deref())
        .bind(theme.avatar_url.as_deref())
        .bind(theme.is_active)
        .bind(theme.is_default)
        .bind(&theme.version)
        .bind(theme.created_by.map(|id| id.0))
        .bind(number(mark.row_version))
        .bind(Time(mark.at))
        .execute(connection)
        .await;
    saved.map(drop)
}

/// Takes the default from themes that are about to be written anew, so that it may move between the
/// themes of one batch, whichever is written first.
pub(super) async fn clear_defaults(
    connection: &mut PgConnection,
    updates: &[Uuid],
) -> sqlx::Result<()> {
    sqlx::query(CLEAR_DEFAULTS).bind(updates).execute(connection).await.map(drop)
}
