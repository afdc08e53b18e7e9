//! Users.

use chatflow::{TenantId, Timestamp};
use chatflow_storage::{
    KnownUser, SchoolState, Stored, UserId, UserKey, UserQuery, UserRecord, UserType, normal_email,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::schools_asked;
use crate::column::{Json, Time, count, json, label, maybe_time, number, time};

/// A user and the state of their school.
macro_rules! users {
    ($rest:literal) => {
        concat!(
            "SELECT u.id, u.type::text AS type, u.is_active, u.email, u.name, u.school_id, u.info,
               u.row_version, u.created_at, u.updated_at, u.last_login_at, s.state::text AS state
             FROM users AS u LEFT JOIN schools AS s ON s.wriveted_identifier = u.school_id ",
            $rest
        )
    };
}

const BY_ID: &str = users!("WHERE u.id = $1");

const BY_EMAIL: &str = users!("WHERE u.email = $1");

/// With `$2` nothing and `$3` nothing: all.
const ALL: &str =
    users!("WHERE u.id > $1 AND $2::uuid[] IS NULL AND $3::text IS NULL ORDER BY u.id LIMIT $4");

const OF_TYPE: &str = users!(
    "WHERE u.type = $3::enum_user_type AND u.id > $1 AND $2::uuid[] IS NULL
     ORDER BY u.id LIMIT $4"
);

const OF_SCHOOLS: &str = users!(
    "WHERE u.school_id = ANY ($2::uuid[]) AND u.id > $1
       AND ($3::text IS NULL OR u.type = $3::enum_user_type)
     ORDER BY u.id LIMIT $4"
);

const SAVE: &str = "
INSERT INTO users (
  id, type, is_active, email, name, school_id, info, row_version, created_at, updated_at)
VALUES ($1, $2::enum_user_type, $3, $4, $5, $6, $7, $8, $9, $9)
ON CONFLICT (id) DO UPDATE SET
  type = excluded.type, is_active = excluded.is_active, email = excluded.email,
  name = excluded.name, school_id = excluded.school_id, info = excluded.info,
  row_version = excluded.row_version, updated_at = excluded.updated_at";

pub(super) async fn find(
    connection: &mut PgConnection,
    key: UserKey<'_>,
) -> sqlx::Result<Option<KnownUser>> {
    let query = match key {
        UserKey::Id(id) => sqlx::query(BY_ID).bind(id.0),
        // No stored address has it, and Postgres takes no such text.
        UserKey::Email(email) if email.contains('\0') => return Ok(None),
        UserKey::Email(email) => sqlx::query(BY_EMAIL).bind(normal_email(email)),
    };
    let row = query.fetch_optional(connection).await?;
    row.map(|row| known(&row)).transpose()
}

pub(super) async fn list(
    connection: &mut PgConnection,
    query: &UserQuery,
    schools: Option<&[TenantId]>,
) -> sqlx::Result<Vec<KnownUser>> {
    let sql = match (query.kind, schools) {
        (_, Some(_)) => OF_SCHOOLS,
        (Some(_), None) => OF_TYPE,
        (None, None) => ALL,
    };
    let rows = sqlx::query(sql)
        .bind(query.after.map_or_else(Uuid::nil, |id| id.0))
        .bind(schools_asked(schools))
        .bind(query.kind.map(UserType::as_str))
        .bind(i64::from(query.limit))
        .fetch_all(connection)
        .await?;
    rows.iter().map(known).collect()
}

pub(super) async fn save(
    connection: &mut PgConnection,
    user: &UserRecord,
    row_version: u64,
    at: Timestamp,
) -> sqlx::Result<()> {
    let saved = sqlx::query(SAVE)
        .bind(user.id.0)
        .bind(user.kind.as_str())
        .bind(user.is_active)
        .bind(user.email.as_deref())
        .bind(&user.name)
        .bind(user.school_id.map(|id| id.0))
        .bind(Json(user.info.as_str()))
        .bind(number(row_version))
        .bind(Time(at))
        .execute(connection)
        .await;
    saved.map(drop)
}

fn known(row: &PgRow) -> sqlx::Result<KnownUser> {
    let has_school = row.try_get::<Option<&str>, _>("state")?.is_some();
    let state = || label(row, "state", SchoolState::parse);
    Ok(KnownUser {
        stored: Stored {
            record: UserRecord {
                id: UserId(row.try_get("id")?),
                kind: label(row, "type", UserType::parse)?,
                is_active: row.try_get("is_active")?,
                email: row.try_get("email")?,
                name: row.try_get("name")?,
                school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
                info: json(row, "info")?,
            },
            row_version: count(row, "row_version")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        },
        last_login_at: maybe_time(row, "last_login_at")?,
        school_state: has_school.then(state).transpose()?,
    })
}
