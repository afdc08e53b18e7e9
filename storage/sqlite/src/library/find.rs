//! Which record a look-up means (S11.9).

use chatflow::TenantId;
use chatflow_storage::{AccessScope, LookUp, RowAccess, UserId};
use rusqlite::{Connection, Params, Row, params};
use uuid::Uuid;

use crate::column::{Id, maybe_uuid, uuid, visibility};

/// The statements that find candidates in one table, the lowest id first.
pub(super) struct Finder {
    key: &'static str,
    id: &'static str,
    name: Option<&'static str>,
}

/// Finds in a table whose rows are written by whoever its last columns let.
macro_rules! finder {
    ($table:literal, $access:literal) => {
        Finder {
            key: concat!(
                "SELECT id, school_id, ",
                $access,
                " FROM ",
                $table,
                " WHERE seed_key = ?1 ORDER BY id"
            ),
            id: concat!("SELECT id, school_id, ", $access, " FROM ", $table, " WHERE id = ?1"),
            name: Some(concat!(
                "SELECT id, school_id, ",
                $access,
                " FROM ",
                $table,
                " WHERE name = ?1 AND school_id IS ?2 ORDER BY id"
            )),
        }
    };
}

pub(super) const THEME: Finder = finder!("chat_themes", "NULL AS visibility, created_by");
pub(super) const FLOW: Finder = finder!("flow_definitions", "visibility, created_by");

pub(super) const CONTENT: Finder = Finder {
    key: "SELECT id, school_id, visibility, created_by
          FROM cms_content WHERE seed_key = ?1 ORDER BY id",
    id: "SELECT id, school_id, visibility, created_by FROM cms_content WHERE id = ?1",
    name: None,
};

/// A school owns itself; `?2` is there because the other tables have it.
pub(super) const SCHOOL: Finder = Finder {
    key: "SELECT wriveted_identifier AS id, wriveted_identifier AS school_id,
            NULL AS visibility, NULL AS created_by
          FROM schools WHERE seed_key = ?1 ORDER BY wriveted_identifier",
    id: "SELECT wriveted_identifier AS id, wriveted_identifier AS school_id,
           NULL AS visibility, NULL AS created_by
         FROM schools WHERE wriveted_identifier = ?1",
    name: Some(
        "SELECT wriveted_identifier AS id, wriveted_identifier AS school_id,
           NULL AS visibility, NULL AS created_by
         FROM schools WHERE name = ?1 AND ?2 IS ?2
         ORDER BY wriveted_identifier",
    ),
};

/// Loads the first record that is meant and that the scope owns.
pub(super) fn first<T>(
    connection: &Connection,
    finder: &Finder,
    scope: &AccessScope,
    look_up: LookUp<'_>,
    load: impl FnOnce(&Connection, Uuid) -> rusqlite::Result<Option<T>>,
) -> rusqlite::Result<Option<T>> {
    let mut found = None;
    if let Some(seed_key) = look_up.seed_key {
        found = owned(connection, finder.key, scope, [seed_key])?;
    }
    if let (None, Some(id)) = (found, look_up.id) {
        found = owned(connection, finder.id, scope, [Id(id)])?;
    }
    if let (None, Some(name), Some(sql)) = (found, look_up.name, finder.name) {
        let params = params![name, look_up.school.map(|id| Id(id.0))];
        found = owned(connection, sql, scope, params)?;
    }
    found.map_or(Ok(None), |id| load(connection, id))
}

fn owned(
    connection: &Connection,
    sql: &str,
    scope: &AccessScope,
    params: impl Params,
) -> rusqlite::Result<Option<Uuid>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        if may_edit(scope, row)? {
            return uuid(row, "id").map(Some);
        }
    }
    Ok(None)
}

/// Whether a scope may change a row, and so finds it; those without a visibility are their tenant's.
fn may_edit(scope: &AccessScope, row: &Row<'_>) -> rusqlite::Result<bool> {
    let school_id = maybe_uuid(row, "school_id")?.map(TenantId);
    if row.get::<_, Option<String>>("visibility")?.is_none() {
        return Ok(scope.owns(school_id));
    }
    let (visibility, created_by) = (visibility(row)?, maybe_uuid(row, "created_by")?.map(UserId));
    // Whether it is in use matters to readers only.
    Ok(scope.edits(&RowAccess { visibility, school_id, created_by, is_live: true }))
}
