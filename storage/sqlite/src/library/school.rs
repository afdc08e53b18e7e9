//! Schools.

use chatflow::TenantId;
use chatflow_storage::{ApplyError, Record, SchoolRecord, SchoolState, Stored, ThemeId};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::Mark;
use crate::column::{Id, Time, count, label, maybe_uuid, number, time, uuid};
use crate::fault::Doing;

const LOAD: &str = "
SELECT wriveted_identifier, seed_key, name, state, theme_id, info, row_version, created_at,
  updated_at
FROM schools WHERE wriveted_identifier = ?1";

const SAVE: &str = "
INSERT INTO schools (
  wriveted_identifier, seed_key, name, state, theme_id, info, row_version, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
ON CONFLICT (wriveted_identifier) DO UPDATE SET
  seed_key = excluded.seed_key, name = excluded.name, state = excluded.state,
  theme_id = excluded.theme_id, info = excluded.info, row_version = excluded.row_version,
  updated_at = excluded.updated_at";

pub(super) fn load(
    connection: &Connection,
    id: Uuid,
) -> rusqlite::Result<Option<Stored<SchoolRecord>>> {
    let mut statement = connection.prepare_cached(LOAD)?;
    let found = statement.query_row([Id(id)], |row| {
        Ok(Stored {
            record: SchoolRecord {
                id: TenantId(uuid(row, "wriveted_identifier")?),
                seed_key: row.get("seed_key")?,
                name: row.get("name")?,
                state: label(row, "state", SchoolState::parse)?,
                theme_id: maybe_uuid(row, "theme_id")?.map(ThemeId),
                info: row.get("info")?,
            },
            row_version: count(row, "row_version")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        })
    });
    found.optional()
}

pub(super) fn save(
    connection: &Connection,
    school: &SchoolRecord,
    mark: Mark,
) -> rusqlite::Result<()> {
    connection.prepare_cached(SAVE)?.execute(params![
        Id(school.id.0),
        school.seed_key,
        school.name,
        school.state.as_str(),
        school.theme_id.map(|id| Id(id.0)),
        school.info,
        number(mark.row_version),
        Time(mark.at),
    ])?;
    Ok(())
}

/// The table checks this only at the commit, where it cannot say which school was wrong.
pub(super) fn check_theme(
    connection: &Connection,
    school: &SchoolRecord,
) -> Result<(), ApplyError> {
    let Some(theme) = school.theme_id else {
        return Ok(());
    };
    let exists = connection
        .prepare_cached("SELECT 1 FROM chat_themes WHERE id = ?1")
        .and_then(|mut statement| statement.exists([Id(theme.0)]))
        .doing("look for a theme", connection)?;
    if exists { Ok(()) } else { Err(ApplyError::Dangling { record: school.key() }) }
}
