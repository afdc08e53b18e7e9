//! Service accounts and their schools.

use chatflow::{TenantId, Timestamp};
use chatflow_storage::{
    KnownServiceAccount, SchoolState, ServiceAccountId, ServiceAccountQuery, ServiceAccountRecord,
    ServiceAccountType, Stored,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::schools_asked;
use crate::column::{Json, Time, count, json, label, number, tenants, time};

/// A service account, its schools in the order of their ids, and their states in that order.
macro_rules! services {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.type::text AS type, a.is_active, a.name, a.info, a.row_version,
               a.created_at, a.updated_at,
               ARRAY (SELECT l.school_id FROM service_account_schools AS l
                 WHERE l.service_account_id = a.id ORDER BY l.school_id) AS schools,
               ARRAY (SELECT s.state::text FROM service_account_schools AS l
                 JOIN schools AS s ON s.wriveted_identifier = l.school_id
                 WHERE l.service_account_id = a.id ORDER BY l.school_id) AS states
             FROM service_accounts AS a ",
            $rest
        )
    };
}

const BY_ID: &str = services!("WHERE a.id = $1");

/// With `$2` nothing and `$3` nothing: all.
const ALL: &str =
    services!("WHERE a.id > $1 AND $2::uuid[] IS NULL AND $3::text IS NULL ORDER BY a.id LIMIT $4");

const OF_TYPE: &str = services!(
    "WHERE a.type = $3::enum_service_account_type AND a.id > $1 AND $2::uuid[] IS NULL
     ORDER BY a.id LIMIT $4"
);

const OF_SCHOOLS: &str = services!(
    "WHERE a.id IN (
       SELECT service_account_id FROM service_account_schools WHERE school_id = ANY ($2::uuid[]))
     AND a.id > $1 AND ($3::text IS NULL OR a.type = $3::enum_service_account_type)
     ORDER BY a.id LIMIT $4"
);

const SAVE: &str = "
INSERT INTO service_accounts (
  id, type, is_active, name, info, row_version, created_at, updated_at)
VALUES ($1, $2::enum_service_account_type, $3, $4, $5, $6, $7, $7)
ON CONFLICT (id) DO UPDATE SET
  type = excluded.type, is_active = excluded.is_active, name = excluded.name,
  info = excluded.info, row_version = excluded.row_version, updated_at = excluded.updated_at";

const UNLINK: &str = "DELETE FROM service_account_schools WHERE service_account_id = $1";

const LINK: &str = "
INSERT INTO service_account_schools (service_account_id, school_id)
SELECT $1, school FROM unnest($2::uuid[]) AS school";

pub(super) async fn find(
    connection: &mut PgConnection,
    id: ServiceAccountId,
) -> sqlx::Result<Option<KnownServiceAccount>> {
    let row = sqlx::query(BY_ID).bind(id.0).fetch_optional(connection).await?;
    row.map(|row| known(&row)).transpose()
}

pub(super) async fn list(
    connection: &mut PgConnection,
    query: &ServiceAccountQuery,
    schools: Option<&[TenantId]>,
) -> sqlx::Result<Vec<KnownServiceAccount>> {
    let sql = match (query.kind, schools) {
        (_, Some(_)) => OF_SCHOOLS,
        (Some(_), None) => OF_TYPE,
        (None, None) => ALL,
    };
    let rows = sqlx::query(sql)
        .bind(query.after.map_or_else(Uuid::nil, |id| id.0))
        .bind(schools_asked(schools))
        .bind(query.kind.map(ServiceAccountType::as_str))
        .bind(i64::from(query.limit))
        .fetch_all(connection)
        .await?;
    rows.iter().map(known).collect()
}

pub(super) async fn save(
    connection: &mut PgConnection,
    account: &ServiceAccountRecord,
    row_version: u64,
    at: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(SAVE)
        .bind(account.id.0)
        .bind(account.kind.as_str())
        .bind(account.is_active)
        .bind(&account.name)
        .bind(Json(account.info.as_str()))
        .bind(number(row_version))
        .bind(Time(at))
        .execute(&mut *connection)
        .await?;
    sqlx::query(UNLINK).bind(account.id.0).execute(&mut *connection).await?;
    let schools = tenants(&account.schools);
    let linked = sqlx::query(LINK).bind(account.id.0).bind(schools).execute(connection).await;
    linked.map(drop)
}

fn known(row: &PgRow) -> sqlx::Result<KnownServiceAccount> {
    let schools: Vec<Uuid> = row.try_get("schools")?;
    let states: Vec<String> = row.try_get("states")?;
    let unknown = || sqlx::Error::Decode("unknown label in `states`".into());
    let state = |text: &String| SchoolState::parse(text).ok_or_else(unknown);
    Ok(KnownServiceAccount {
        stored: Stored {
            record: ServiceAccountRecord {
                id: ServiceAccountId(row.try_get("id")?),
                kind: label(row, "type", ServiceAccountType::parse)?,
                is_active: row.try_get("is_active")?,
                name: row.try_get("name")?,
                schools: schools.into_iter().map(TenantId).collect(),
                info: json(row, "info")?,
            },
            row_version: count(row, "row_version")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        },
        school_states: states.iter().map(state).collect::<sqlx::Result<_>>()?,
    })
}
