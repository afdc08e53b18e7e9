//! Variants, as their authors see and change them.

use chatflow::{ContentId, Timestamp};
use chatflow_storage::{CatalogVariant, Counters, VariantChange, VariantRecord, variant_row_id};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::column::{Id, Time, number, time, uuid};
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
             WHERE v.content_id = ?1 ",
            $rest
        )
    };
}

const ALL: &str = variants!("ORDER BY v.created_at DESC, v.variant_key DESC");
const ONE: &str = variants!("AND v.variant_key = ?2");

const ADD: &str = "
INSERT INTO cms_content_variants (
  id, content_id, variant_key, variant_data, weight, conditions, is_active, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
ON CONFLICT (content_id, variant_key) DO NOTHING";

const CHANGE: &str = "
UPDATE cms_content_variants SET
  variant_data = ?3, weight = ?4, conditions = ?5, is_active = ?6, performance_data = ?7,
  updated_at = ?8
WHERE content_id = ?1 AND variant_key = ?2";

const DELETE: &str = "DELETE FROM cms_content_variants WHERE content_id = ?1 AND variant_key = ?2";

const SET_COUNTERS: &str = "
INSERT INTO content_counters (content_id, variant_key, impressions, engagements, conversions)
VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (content_id, variant_key) DO UPDATE SET
  impressions = excluded.impressions, engagements = excluded.engagements,
  conversions = excluded.conversions";

pub(super) fn all(
    connection: &Connection,
    content: ContentId,
) -> rusqlite::Result<Vec<CatalogVariant>> {
    connection.prepare_cached(ALL)?.query_map([Id(content.0)], variant)?.collect()
}

pub(super) fn one(
    connection: &Connection,
    content: ContentId,
    key: &str,
) -> rusqlite::Result<Option<CatalogVariant>> {
    connection.prepare_cached(ONE)?.query_row(params![Id(content.0), key], variant).optional()
}

fn variant(row: &Row<'_>) -> rusqlite::Result<CatalogVariant> {
    Ok(CatalogVariant {
        content: ContentId(uuid(row, "content_id")?),
        record: record(row)?,
        notes: row.get("performance_data")?,
        counters: counters(row)?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

/// False if there is one of that key.
pub(super) fn add(
    connection: &Connection,
    content: ContentId,
    variant: &VariantRecord,
    at: Timestamp,
) -> rusqlite::Result<bool> {
    let added = connection.prepare_cached(ADD)?.execute(params![
        Id(variant_row_id(content, &variant.key)),
        Id(content.0),
        variant.key,
        variant.data,
        variant.weight,
        variant.conditions,
        variant.is_active,
        Time(at),
    ])?;
    Ok(added > 0)
}

pub(super) fn change(
    connection: &Connection,
    known: &CatalogVariant,
    new: &VariantRecord,
    change: &VariantChange,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let id = Id(known.content.0);
    let notes = change.notes.as_ref();
    let kept = notes.map_or_else(|| known.notes.clone(), |notes| notes.applied_to(&known.notes));
    if *new != known.record || kept != known.notes {
        connection.prepare_cached(CHANGE)?.execute(params![
            id,
            new.key,
            new.data,
            new.weight,
            new.conditions,
            new.is_active,
            kept,
            Time(at),
        ])?;
    }
    if let Some(notes) = notes {
        let Counters { impressions, engagements, conversions } = notes.counted_from(known.counters);
        connection.prepare_cached(SET_COUNTERS)?.execute(params![
            id,
            new.key,
            number(impressions),
            number(engagements),
            number(conversions),
        ])?;
    }
    Ok(())
}

pub(super) fn delete(
    connection: &Connection,
    content: ContentId,
    key: &str,
) -> rusqlite::Result<()> {
    connection.prepare_cached(DELETE)?.execute(params![Id(content.0), key]).map(drop)
}
