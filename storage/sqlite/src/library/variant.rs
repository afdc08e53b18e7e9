//! Variants of content items (S1.41).

use chatflow::Timestamp;
use chatflow_storage::{ContentRecord, VariantRecord, variant_row_id};
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use crate::column::{Id, Time, list};

const LOAD: &str = "
SELECT variant_key, variant_data, weight, conditions, is_active
FROM cms_content_variants WHERE content_id = ?1 ORDER BY variant_key";

/// Those that are not among the keys of ?2.
const DROP: &str = "
DELETE FROM cms_content_variants
WHERE content_id = ?1 AND variant_key NOT IN (SELECT value FROM json_each(?2))";

const SAVE: &str = "
INSERT INTO cms_content_variants (
  id, content_id, variant_key, variant_data, weight, conditions, is_active, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
ON CONFLICT (content_id, variant_key) DO UPDATE SET
  variant_data = excluded.variant_data, weight = excluded.weight,
  conditions = excluded.conditions, is_active = excluded.is_active,
  updated_at = excluded.updated_at
WHERE variant_data <> excluded.variant_data OR weight <> excluded.weight
  OR conditions <> excluded.conditions OR is_active <> excluded.is_active";

/// Those of one item, by key.
pub(super) fn load(connection: &Connection, id: Uuid) -> rusqlite::Result<Vec<VariantRecord>> {
    let mut statement = connection.prepare_cached(LOAD)?;
    statement.query_map([Id(id)], record)?.collect()
}

pub(crate) fn record(row: &Row<'_>) -> rusqlite::Result<VariantRecord> {
    Ok(VariantRecord {
        key: row.get("variant_key")?,
        data: row.get("variant_data")?,
        weight: row.get("weight")?,
        conditions: row.get("conditions")?,
        is_active: row.get("is_active")?,
    })
}

/// Replaces those of an item; one that stays keeps its birthday and its counters.
pub(super) fn save(
    connection: &Connection,
    content: &ContentRecord,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let keys = list(content.variants.iter().map(|variant| &variant.key));
    connection.prepare_cached(DROP)?.execute(params![Id(content.id.0), keys])?;
    let mut statement = connection.prepare_cached(SAVE)?;
    for variant in &content.variants {
        statement.execute(params![
            Id(variant_row_id(content.id, &variant.key)),
            Id(content.id.0),
            variant.key,
            variant.data,
            variant.weight,
            variant.conditions,
            variant.is_active,
            Time(at),
        ])?;
    }
    Ok(())
}
