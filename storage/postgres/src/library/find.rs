//! Which record a look-up means (S11.9).

use chatflow::TenantId;
use chatflow_storage::{AccessScope, LookUp, RowAccess, UserId};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::visibility;

/// Finds what may be meant: by seed key, then by id, then by name and school, the lowest id first.
/// The last columns say who may write a row.
macro_rules! finder {
    ($table:literal, $visibility:literal) => {
        concat!(
            "SELECT id, school_id, created_by, ",
            $visibility,
            " AS visibility FROM ",
            $table,
            " WHERE seed_key = $1 OR id = $2 OR (name = $3
               AND (school_id = $4 OR ($4::uuid IS NULL AND school_id IS NULL)))
             ORDER BY CASE WHEN seed_key = $1 THEN 0 WHEN id = $2 THEN 1 ELSE 2 END, id"
        )
    };
}

pub(super) const THEME: &str = finder!("chat_themes", "NULL::text");
pub(super) const FLOW: &str = finder!("flow_definitions", "visibility::text");

/// Items have no name; the parameters are there because the other tables have one.
pub(super) const CONTENT: &str = "
SELECT id, school_id, created_by, visibility::text AS visibility FROM cms_content
WHERE seed_key = $1 OR id = $2 OR ($3::text IS NULL AND $4::uuid IS NULL AND false)
ORDER BY CASE WHEN seed_key = $1 THEN 0 ELSE 1 END, id";

/// A school owns itself; `$4` is there because the other tables have it.
pub(super) const SCHOOL: &str = "
SELECT wriveted_identifier AS id, wriveted_identifier AS school_id, NULL::uuid AS created_by,
  NULL::text AS visibility
FROM schools
WHERE seed_key = $1 OR wriveted_identifier = $2 OR name = $3 OR ($4::uuid IS NULL AND false)
ORDER BY CASE WHEN seed_key = $1 THEN 0 WHEN wriveted_identifier = $2 THEN 1 ELSE 2 END,
  wriveted_identifier";

/// The first record that is meant and that the scope may change.
pub(super) async fn first(
    connection: &mut PgConnection,
    finder: &'static str,
    scope: &AccessScope,
    look_up: LookUp<'_>,
) -> sqlx::Result<Option<Uuid>> {
    let rows = sqlx::query(finder)
        .bind(look_up.seed_key)
        .bind(look_up.id)
        .bind(look_up.name)
        .bind(look_up.school.map(|id| id.0))
        .fetch_all(connection)
        .await?;
    for row in &rows {
        if may_edit(scope, row)? {
            return row.try_get("id").map(Some);
        }
    }
    Ok(None)
}

/// Whether a scope may change a row, and so finds it; those without a visibility are their tenant's.
fn may_edit(scope: &AccessScope, row: &PgRow) -> sqlx::Result<bool> {
    let school_id = row.try_get::<Option<_>, _>("school_id")?.map(TenantId);
    if row.try_get::<Option<&str>, _>("visibility")?.is_none() {
        return Ok(scope.owns(school_id));
    }
    let created_by = row.try_get::<Option<_>, _>("created_by")?.map(UserId);
    // Whether it is in use matters to readers only.
    let is_live = true;
    Ok(scope.edits(&RowAccess { visibility: visibility(row)?, school_id, created_by, is_live }))
}
