//! Users.

use chatflow::{TenantId, Timestamp};
use chatflow_storage::{
    KnownUser, SchoolState, Stored, UserId, UserKey, UserQuery, UserRecord, UserType, normal_email,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::schools_asked;
use crate::column::{Id, Time, count, label, maybe_time, maybe_uuid, number, time, uuid};

/// A user and the state of their school.
macro_rules! users {
    ($rest:literal) => {
        concat!(
            "SELECT u.id, u.type, u.is_active, u.email, u.name, u.school_id, u.info,
               u.row_version, u.created_at, u.updated_at, u.last_login_at, s.state
             FROM users AS u LEFT JOIN schools AS s ON s.wriveted_identifier = u.school_id ",
            $rest
        )
    };
}

const BY_ID: &str = users!("WHERE u.id = ?1");

const BY_EMAIL: &str = users!("WHERE u.email = ?1");

const ALL: &str =
    users!("WHERE u.id > ?1 AND ?2 IS NULL AND (?3 IS NULL OR u.type = ?3) ORDER BY u.id LIMIT ?4");

const OF_TYPE: &str = users!(
    "WHERE u.type = ?3 AND u.id > ?1
       AND (?2 IS NULL OR u.school_id IN (SELECT value FROM json_each(?2)))
     ORDER BY u.id LIMIT ?4"
);

const OF_SCHOOLS: &str = users!(
    "WHERE u.school_id IN (SELECT value FROM json_each(?2)) AND u.id > ?1
       AND (?3 IS NULL OR u.type = ?3)
     ORDER BY u.id LIMIT ?4"
);

const SAVE: &str = "
INSERT INTO users (
  id, type, is_active, email, name, school_id, info, row_version, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
ON CONFLICT (id) DO UPDATE SET
  type = excluded.type, is_active = excluded.is_active, email = excluded.email,
  name = excluded.name, school_id = excluded.school_id, info = excluded.info,
  row_version = excluded.row_version, updated_at = excluded.updated_at";

pub(super) fn find(
    connection: &Connection,
    key: UserKey<'_>,
) -> rusqlite::Result<Option<KnownUser>> {
    let found = match key {
        UserKey::Id(id) => connection.prepare_cached(BY_ID)?.query_row([Id(id.0)], known),
        UserKey::Email(email) => {
            connection.prepare_cached(BY_EMAIL)?.query_row([normal_email(email)], known)
        }
    };
    found.optional()
}

pub(super) fn list(
    connection: &Connection,
    query: &UserQuery,
    schools: Option<&[TenantId]>,
) -> rusqlite::Result<Vec<KnownUser>> {
    let sql = match (query.kind, schools) {
        (_, Some(_)) => OF_SCHOOLS,
        (Some(_), None) => OF_TYPE,
        (None, None) => ALL,
    };
    let mut statement = connection.prepare_cached(sql)?;
    let params = params![
        Id(query.after.map_or_else(Uuid::nil, |id| id.0)),
        schools_asked(schools),
        query.kind.map(UserType::as_str),
        query.limit,
    ];
    statement.query_map(params, known)?.collect()
}

pub(super) fn save(
    connection: &Connection,
    user: &UserRecord,
    row_version: u64,
    at: Timestamp,
) -> rusqlite::Result<()> {
    connection.prepare_cached(SAVE)?.execute(params![
        Id(user.id.0),
        user.kind.as_str(),
        user.is_active,
        user.email,
        user.name,
        user.school_id.map(|id| Id(id.0)),
        user.info,
        number(row_version),
        Time(at),
    ])?;
    Ok(())
}

fn known(row: &Row<'_>) -> rusqlite::Result<KnownUser> {
    let has_school = row.get::<_, Option<String>>("state")?.is_some();
    let state = || label(row, "state", SchoolState::parse);
    Ok(KnownUser {
        stored: Stored {
            record: UserRecord {
                id: UserId(uuid(row, "id")?),
                kind: label(row, "type", UserType::parse)?,
                is_active: row.get("is_active")?,
                email: row.get("email")?,
                name: row.get("name")?,
                school_id: maybe_uuid(row, "school_id")?.map(TenantId),
                info: row.get("info")?,
            },
            row_version: count(row, "row_version")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        },
        last_login_at: maybe_time(row, "last_login_at")?,
        school_state: has_school.then(state).transpose()?,
    })
}
