//! Schools.

use chatflow::TenantId;
use chatflow_storage::{ApplyError, Record, SchoolRecord, SchoolState, Stored, ThemeId};
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::Mark;
use crate::column::{Json, Time, count, json, label, number, time};
use crate::fault::failed;

const LOAD: &str = "
SELECT wriveted_identifier, seed_key, name, state::text AS state, theme_id, info, row_version,
  created_at, updated_at
FROM schools WHERE wriveted_identifier = $1";

const SAVE: &str = "
INSERT INTO schools (
  wriveted_identifier, seed_key, name, state, theme_id, info, row_version, created_at, updated_at)
VALUES ($1, $2, $3, $4::enum_school_state, $5, $6, $7, $8, $8)
ON CONFLICT (wriveted_identifier) DO UPDATE SET
  seed_key = excluded.seed_key, name = excluded.name, state = excluded.state,
  theme_id = excluded.theme_id, info = excluded.info, row_version = excluded.row_version,
  updated_at = excluded.updated_at";

const THEME_EXISTS: &str = "SELECT id FROM chat_themes WHERE id = $1";

pub(super) async fn load(
    connection: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<Stored<SchoolRecord>>> {
    let Some(row) = sqlx::query(LOAD).bind(id).fetch_optional(connection).await? else {
        return Ok(None);
    };
    Ok(Some(Stored {
        record: SchoolRecord {
            id: TenantId(row.try_get("wriveted_identifier")?),
            seed_key: row.try_get("seed_key")?,
            name: row.try_get("name")?,
            state: label(&row, "state", SchoolState::parse)?,
            theme_id: row.try_get::<Option<_>, _>("theme_id")?.map(ThemeId),
            info: json(&row, "info")?,
        },
        row_version: count(&row, "row_version")?,
        created_at: time(&row, "created_at")?,
        updated_at: time(&row, "updated_at")?,
    }))
}

pub(super) async fn save(
    connection: &mut PgConnection,
    school: &SchoolRecord,
    mark: Mark,
) -> sqlx::Result<()> {
    let saved = sqlx::query(SAVE)
        .bind(school.id.0)
        .bind(school.seed_key.as_deref())
        .bind(&school.name)
        .bind(school.state.as_str())
        .bind(school.theme_id.map(|id| id.0))
        .bind(Json(school.info.as_str()))
        .bind(number(mark.row_version))
        .bind(Time(mark.at))
        .execute(connection)
        .await;
    saved.map(drop)
}

/// The table checks this only at the commit, where it cannot say which school was wrong.
pub(super) async fn check_theme(
    connection: &mut PgConnection,
    school: &SchoolRecord,
) -> Result<(), ApplyError> {
    let Some(theme) = school.theme_id else {
        return Ok(());
    };
    let found = sqlx::query(THEME_EXISTS).bind(theme.0).fetch_optional(connection).await;
    match found.map_err(|error| failed("look for a theme", error))? {
        Some(_) => Ok(()),
        None => Err(ApplyError::Dangling { record: school.key() }),
    }
}
