//! Variants of content items (S1.41).

use chatflow::Timestamp;
use chatflow_storage::{ContentRecord, VariantRecord, variant_row_id};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{Json, Time, json, small_count, small_number};

const LOAD: &str = "
SELECT variant_key, variant_data, weight, conditions, is_active
FROM cms_content_variants WHERE content_id = $1 ORDER BY variant_key";

const DROP: &str =
    "DELETE FROM cms_content_variants WHERE content_id = $1 AND variant_key <> ALL ($2)";

const SAVE: &str = "
INSERT INTO cms_content_variants AS v (
  id, content_id, variant_key, variant_data, weight, conditions, is_active, created_at, updated_at)
SELECT r.id, $1, r.key, r.data, r.weight, r.conditions, r.is_active, $8, $8
FROM unnest($2, $3, $4, $5, $6, $7) AS r (key, id, data, weight, conditions, is_active)
ON CONFLICT (content_id, variant_key) DO UPDATE SET
  variant_data = excluded.variant_data, weight = excluded.weight,
  conditions = excluded.conditions, is_active = excluded.is_active,
  updated_at = excluded.updated_at
WHERE v.variant_data::text <> excluded.variant_data::text OR v.weight <> excluded.weight
  OR v.conditions::text <> excluded.conditions::text OR v.is_active <> excluded.is_active";

/// Those of one item, by key.
pub(super) async fn load(
    connection: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Vec<VariantRecord>> {
    let rows = sqlx::query(LOAD).bind(id).fetch_all(connection).await?;
    rows.iter().map(record).collect()
}

pub(crate) fn record(row: &PgRow) -> sqlx::Result<VariantRecord> {
    Ok(VariantRecord {
        key: row.try_get("variant_key")?,
        data: json(row, "variant_data")?,
        weight: small_count(row, "weight")?,
        conditions: json(row, "conditions")?,
        is_active: row.try_get("is_active")?,
    })
}

/// Replaces those of an item; one that stays keeps its birthday and its counters.
pub(super) async fn save(
    connection: &mut PgConnection,
    content: &ContentRecord,
    at: Timestamp,
) -> sqlx::Result<()> {
    let rows = &content.variants;
    let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    sqlx::query(DROP).bind(content.id.0).bind(&keys).execute(&mut *connection).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let ids = rows.iter().map(|row| variant_row_id(content.id, &row.key));
    let saved = sqlx::query(SAVE)
        .bind(content.id.0)
        .bind(keys)
        .bind(ids.collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(row.data.as_str())).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| small_number(row.weight)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(row.conditions.as_str())).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.is_active).collect::<Vec<_>>())
        .bind(Time(at))
        .execute(connection)
        .await;
    saved.map(drop)
}
