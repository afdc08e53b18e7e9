//! Variants, as their authors see and change them.

use chatflow::{ContentId, Timestamp};
use chatflow_storage::{CatalogVariant, Counters, VariantChange, VariantRecord, variant_row_id};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use crate::column::{Json, Time, json, number, small_number, time};
use crate::library::variant::record;
use crate::performance::counters;

macro_rules! variants {
    ($rest:literal) => {
        concat!(
            "SELECT v.content_id, v.variant_key, v.variant_data, v.weight, v.conditions, v.is_active,
               v.performance_data, v.created_at, v.updated_at,
               coalesce(c.impressions, 0) AS impressions,
               coalesce(c.engagements, 0) AS engagements,
               coalesce(c.conversions, 0) AS conversions
             FROM cms_content_variants AS v
             LEFT JOIN content_counters AS c
               ON c.content_id = v.content_id AND c.variant_key = v.variant_key
             WHERE v.content_id = $1 ",
            $rest
        )
    };
}

const ALL: &str = variants!("ORDER BY v.created_at DESC, v.variant_key DESC");
const ONE: &str = variants!("AND v.variant_key = $2");

const ADD: &str = "
INSERT INTO cms_content_variants (
  id, content_id, variant_key, variant_data, weight, conditions, is_active, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
ON CONFLICT (content_id, variant_key) DO NOTHING";

const CHANGE: &str = "
UPDATE cms_content_variants SET
  variant_data = $3, weight = $4, conditions = $5, is_active = $6, performance_data = $7,
  updated_at = $8
WHERE content_id = $1 AND variant_key = $2";

const DELETE: &str = "DELETE FROM cms_content_variants WHERE content_id = $1 AND variant_key = $2";

const SET_COUNTERS: &str = "
INSERT INTO content_counters (content_id, variant_key, impressions, engagements, conversions)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (content_id, variant_key) DO UPDATE SET
  impressions = excluded.impressions, engagements = excluded.engagements,
  conversions = excluded.conversions";

pub(super) async fn all(
    connection: &mut PgConnection,
    content: ContentId,
) -> sqlx::Result<Vec<CatalogVariant>> {
    let rows = sqlx::query(ALL).bind(content.0).fetch_all(connection).await?;
    rows.iter().map(variant).collect()
}

pub(super) async fn one(
    connection: &mut PgConnection,
    content: ContentId,
    key: &str,
) -> sqlx::Result<Option<CatalogVariant>> {
    let row = sqlx::query(ONE).bind(content.0).bind(key).fetch_optional(connection).await?;
    row.as_ref().map(variant).transpose()
}

fn variant(row: &PgRow) -> sqlx::Result<CatalogVariant> {
    Ok(CatalogVariant {
        content: ContentId(row.try_get("content_id")?),
        record: record(row)?,
        notes: json(row, "performance_data")?,
        counters: counters(row)?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

/// False if there is one of that key.
pub(super) async fn add(
    connection: &mut PgConnection,
    content: ContentId,
    variant: &VariantRecord,
    at: Timestamp,
) -> sqlx::Result<bool> {
    let added = sqlx::query(ADD)
        .bind(variant_row_id(content, &variant.key))
        .bind(content.0)
        .bind(&variant.key)
        .bind(Json(variant.data.as_str()))
        .bind(small_number(variant.weight))
        .bind(Json(variant.conditions.as_str()))
        .bind(variant.is_active)
        .bind(Time(at))
        .execute(connection)
        .await?;
    Ok(added.rows_affected() > 0)
}

pub(super) async fn change(
    connection: &mut PgConnection,
    known: &CatalogVariant,
    new: &VariantRecord,
    change: &VariantChange,
    at: Timestamp,
) -> sqlx::Result<()> {
    let notes = change.notes.as_ref();
    let kept = notes.map_or_else(|| known.notes.clone(), |notes| notes.applied_to(&known.notes));
    if *new != known.record || kept != known.notes {
        sqlx::query(CHANGE)
            .bind(known.content.0)
            .bind(&new.key)
            .bind(Json(new.data.as_str()))
            .bind(small_number(new.weight))
            .bind(Json(new.conditions.as_str()))
            .bind(new.is_active)
            .bind(Json(kept))
            .bind(Time(at))
            .execute(&mut *connection)
            .await?;
    }
    if let Some(notes) = notes {
        let Counters { impressions, engagements, conversions } = notes.counted_from(known.counters);
        sqlx::query(SET_COUNTERS)
            .bind(known.content.0)
            .bind(&new.key)
            .bind(number(impressions))
            .bind(number(engagements))
            .bind(number(conversions))
            .execute(connection)
            .await?;
    }
    Ok(())
}

pub(super) async fn delete(
    connection: &mut PgConnection,
    content: ContentId,
    key: &str,
) -> sqlx::Result<()> {
    sqlx::query(DELETE).bind(content.0).bind(key).execute(connection).await.map(drop)
}
