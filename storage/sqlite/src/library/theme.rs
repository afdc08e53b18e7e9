//! Themes.

use chatflow::TenantId;
use chatflow_storage::{Stored, ThemeId, ThemeRecord, UserId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::Mark;
use crate::column::{Id, Time, count, list, maybe_uuid, number, time, uuid};

const LOAD: &str = "
SELECT id, seed_key, name, description, school_id, config, logo_url, avatar_url, is_active,
  is_default, version, created_by, row_version, created_at, updated_at
FROM chat_themes WHERE id = ?1";

const SAVE: &str = "
INSERT INTO chat_themes (
  id, seed_key, name, description, school_id, config, logo_url, avatar_url, is_active, is_default,
  version, created_by, row_version, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14)
ON CONFLICT (id) DO UPDATE SET
  seed_key = excluded.seed_key, name = excluded.name, description = excluded.description,
  school_id = excluded.school_id, config = excluded.config, logo_url = excluded.logo_url,
  avatar_url = excluded.avatar_url, is_active = excluded.is_active,
  is_default = excluded.is_default, version = excluded.version,
  created_by = excluded.created_by,
  row_version = excluded.row_version, updated_at = excluded.updated_at";

pub(crate) fn load(
    connection: &Connection,
    id: Uuid,
) -> rusqlite::Result<Option<Stored<ThemeRecord>>> {
    let mut statement = connection.prepare_cached(LOAD)?;
    statement.query_row([Id(id)], stored).optional()
}

/// The record and its stamp, from the columns of a theme.
pub(crate) fn stored(row: &Row<'_>) -> rusqlite::Result<Stored<ThemeRecord>> {
    Ok(Stored {
        record: ThemeRecord {
            id: ThemeId(uuid(row, "id")?),
            seed_key: row.get("seed_key")?,
            name: row.get("name")?,
            description: row.get("description")?,
            school_id: maybe_uuid(row, "school_id")?.map(TenantId),
            config: row.get("config")?,
            logo_url: row.get("logo_url")?,
            avatar_url: row.get("avatar_url")?,
            is_active: row.get("is_active")?,
            is_default: row.get("is_default")?,
            version: row.get("version")?,
            created_by: maybe_uuid(row, "created_by")?.map(UserId),
        },
        row_version: count(row, "row_version")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

pub(super) fn save(
    connection: &Connection,
    theme: &ThemeRecord,
    mark: Mark,
) -> rusqlite::Result<()> {
    connection.prepare_cached(SAVE)?.execute(params![
        Id(theme.id.0),
        theme.seed_key,
        theme.name,
        theme.description,
        theme.school_id.map(|id| Id(id.0)),
        theme.config,
        theme.logo_url,
        theme.avatar_url,
        theme.is_active,
        theme.is_default,
        theme.version,
        theme.created_by.map(|id| Id(id.0)),
        number(mark.row_version),
        Time(mark.at),
    ])?;
    Ok(())
}

/// Takes the default from themes that are about to be written anew, so that it may move between the
/// themes of one batch, whichever is written first.
pub(super) fn clear_defaults(
    connection: &Connection,
    updates: &[&ThemeRecord],
) -> rusqlite::Result<()> {
    let ids = list(updates.iter().map(|theme| theme.id.0));
    connection
        .prepare_cached(
            "UPDATE chat_themes SET is_default = 0
             WHERE is_default = 1 AND id IN (SELECT value FROM json_each(?1))",
        )?
        .execute([ids])?;
    Ok(())
}
