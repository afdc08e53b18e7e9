//! Service accounts and their schools.

use chatflow::{TenantId, Timestamp};
use chatflow_storage::{
    KnownServiceAccount, SchoolState, ServiceAccountId, ServiceAccountQuery, ServiceAccountRecord,
    ServiceAccountType, Stored,
};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::schools_asked;
use crate::column::{Id, Time, count, label, number, time, uuid};

/// A service account and its schools: an array of their ids and states, in the order of ids.
macro_rules! services {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.type, a.is_active, a.name, a.info, a.row_version, a.created_at,
               a.updated_at, (
                 SELECT json_group_array(json_array(o.school_id, o.state)) FROM (
                   SELECT l.school_id, s.state FROM service_account_schools AS l
                   JOIN schools AS s ON s.wriveted_identifier = l.school_id
                   WHERE l.service_account_id = a.id ORDER BY l.school_id) AS o) AS schools
             FROM service_accounts AS a ",
            $rest
        )
    };
}

const BY_ID: &str = services!("WHERE a.id = ?1");

const ALL: &str = services!(
    "WHERE a.id > ?1 AND ?2 IS NULL AND (?3 IS NULL OR a.type = ?3) ORDER BY a.id LIMIT ?4"
);

const OF_TYPE: &str =
    services!("WHERE a.type = ?3 AND a.id > ?1 AND ?2 IS NULL ORDER BY a.id LIMIT ?4");

const OF_SCHOOLS: &str = services!(
    "WHERE a.id IN (
       SELECT service_account_id FROM service_account_schools
       WHERE school_id IN (SELECT value FROM json_each(?2)))
     AND a.id > ?1 AND (?3 IS NULL OR a.type = ?3)
     ORDER BY a.id LIMIT ?4"
);

const SAVE: &str = "
INSERT INTO service_accounts (
  id, type, is_active, name, info, row_version, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)
ON CONFLICT (id) DO UPDATE SET
  type = excluded.type, is_active = excluded.is_active, name = excluded.name,
  info = excluded.info, row_version = excluded.row_version, updated_at = excluded.updated_at";

pub(super) fn find(
    connection: &Connection,
    id: ServiceAccountId,
) -> rusqlite::Result<Option<KnownServiceAccount>> {
    connection.prepare_cached(BY_ID)?.query_row([Id(id.0)], known).optional()
}

pub(super) fn list(
    connection: &Connection,
    query: &ServiceAccountQuery,
    schools: Option<&[TenantId]>,
) -> rusqlite::Result<Vec<KnownServiceAccount>> {
    let sql = match (query.kind, schools) {
        (_, Some(_)) => OF_SCHOOLS,
        (Some(_), None) => OF_TYPE,
        (None, None) => ALL,
    };
    let mut statement = connection.prepare_cached(sql)?;
    let params = params![
        Id(query.after.map_or_else(Uuid::nil, |id| id.0)),
        schools_asked(schools),
        query.kind.map(ServiceAccountType::as_str),
        query.limit,
    ];
    statement.query_map(params, known)?.collect()
}

pub(super) fn save(
    connection: &Connection,
    account: &ServiceAccountRecord,
    row_version: u64,
    at: Timestamp,
) -> rusqlite::Result<()> {
    connection.prepare_cached(SAVE)?.execute(params![
        Id(account.id.0),
        account.kind.as_str(),
        account.is_active,
        account.name,
        account.info,
        number(row_version),
        Time(at),
    ])?;
    connection
        .prepare_cached("DELETE FROM service_account_schools WHERE service_account_id = ?1")?
        .execute([Id(account.id.0)])?;
    let mut link = connection.prepare_cached(
        "INSERT INTO service_account_schools (service_account_id, school_id) VALUES (?1, ?2)",
    )?;
    for school in &account.schools {
        link.execute([Id(account.id.0), Id(school.0)])?;
    }
    Ok(())
}

fn known(row: &Row<'_>) -> rusqlite::Result<KnownServiceAccount> {
    let (schools, school_states) = schools(row)?.into_iter().unzip();
    Ok(KnownServiceAccount {
        stored: Stored {
            record: ServiceAccountRecord {
                id: ServiceAccountId(uuid(row, "id")?),
                kind: label(row, "type", ServiceAccountType::parse)?,
                is_active: row.get("is_active")?,
                name: row.get("name")?,
                schools,
                info: row.get("info")?,
            },
            row_version: count(row, "row_version")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        },
        school_states,
    })
}

fn schools(row: &Row<'_>) -> rusqlite::Result<Vec<(TenantId, SchoolState)>> {
    let text: String = row.get("schools")?;
    let pairs: Vec<(Uuid, SchoolState)> =
        serde_json::from_str(&text).map_err(|error| FromSqlError::Other(error.into()))?;
    Ok(pairs.into_iter().map(|(id, state)| (TenantId(id), state)).collect())
}
