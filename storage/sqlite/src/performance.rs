//! [`PerformanceStore`] on SQLite.

use chatflow::{ContentId, TenantId, Timestamp};
use chatflow_storage::{
    AccessScope, Counters, PerformanceData, PerformanceStore, RowAccess, StoreError, UserId,
    VariantPerformance,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::column::{Id, Time, count, maybe_uuid, number, visibility};
use crate::fault::Doing;
use crate::pool::SqliteStore;

const ACCESS: &str = "
SELECT visibility, school_id, created_by, is_active AND status = 'published' AS is_live
FROM cms_content WHERE id = ?1";

/// Nothing for a variant that is not there.
const ADD: &str = "
INSERT INTO content_counters (content_id, variant_key, impressions, engagements, conversions)
SELECT content_id, variant_key, ?3, ?4, ?5
FROM cms_content_variants WHERE content_id = ?1 AND variant_key = ?2
ON CONFLICT (content_id, variant_key) DO UPDATE SET
  impressions = impressions + excluded.impressions,
  engagements = engagements + excluded.engagements,
  conversions = conversions + excluded.conversions
RETURNING impressions, engagements, conversions";

const WRITE_DATA: &str = "
UPDATE cms_content_variants SET performance_data = ?4
WHERE content_id = ?1 AND variant_key = ?2 AND (?3 IS NULL OR performance_data = ?3)";

const PERFORMANCE: &str = "
SELECT v.variant_key, v.performance_data, coalesce(c.impressions, 0) AS impressions,
  coalesce(c.engagements, 0) AS engagements, coalesce(c.conversions, 0) AS conversions
FROM cms_content_variants AS v
LEFT JOIN content_counters AS c
  ON c.content_id = v.content_id AND c.variant_key = v.variant_key
WHERE v.content_id = ?1 ORDER BY v.variant_key";

/// The events that are next; the same for each statement of a transaction until they are marked.
macro_rules! next {
    () => {
        "id IN (SELECT e.id FROM content_events AS e WHERE e.is_counted = 0 ORDER BY e.id LIMIT ?1)"
    };
}

const COUNT_DAYS: &str = concat!(
    "INSERT INTO content_daily (
       content_id, date, variant_key, flow_id, school_id, impressions, interactions, conversions)
     SELECT content_id, substr(created_at, 1, 10), coalesce(variant_key, ''),
       coalesce(flow_id, ''), coalesce(school_id, ''), sum(event = 'impression'),
       sum(event = 'interaction'), sum(event = 'conversion')
     FROM content_events WHERE ",
    next!(),
    " GROUP BY 1, 2, 3, 4, 5
     ON CONFLICT DO UPDATE SET
       impressions = impressions + excluded.impressions,
       interactions = interactions + excluded.interactions,
       conversions = conversions + excluded.conversions"
);

const COUNT: &str = concat!(
    "INSERT INTO content_counters (
       content_id, variant_key, impressions, engagements, conversions)
     SELECT content_id, coalesce(variant_key, ''), sum(event = 'impression'),
       sum(event = 'interaction'), sum(event = 'conversion')
     FROM content_events WHERE ",
    next!(),
    " GROUP BY 1, 2
     ON CONFLICT DO UPDATE SET
       impressions = impressions + excluded.impressions,
       engagements = engagements + excluded.engagements,
       conversions = conversions + excluded.conversions"
);

const MARK: &str = concat!("UPDATE content_events SET is_counted = 1 WHERE ", next!());

const DELETE: &str = "
DELETE FROM content_events WHERE id IN (
  SELECT e.id FROM content_events AS e WHERE e.created_at < ?1 AND e.is_counted = 1
  ORDER BY e.created_at LIMIT ?2)";

impl PerformanceStore for SqliteStore {
    fn add_performance(
        &self,
        scope: &AccessScope,
        content: ContentId,
        variant_key: &str,
        increments: Counters,
    ) -> Result<Option<Counters>, StoreError> {
        self.write("raise counters", |transaction| {
            let add = || {
                if !access(transaction, content)?.is_some_and(|row| scope.edits(&row)) {
                    return Ok(None);
                }
                raise(transaction, content, variant_key, increments)
            };
            add().doing("raise counters", transaction)
        })
    }

    fn write_performance_data(
        &self,
        scope: &AccessScope,
        change: PerformanceData<'_>,
    ) -> Result<bool, StoreError> {
        change.check()?;
        self.write("write performance data", |transaction| {
            let write = || {
                if !access(transaction, change.content)?.is_some_and(|row| scope.edits(&row)) {
                    return Ok(0);
                }
                let PerformanceData { content, variant_key, expected, data } = change;
                let params = params![Id(content.0), variant_key, expected, data];
                transaction.prepare_cached(WRITE_DATA)?.execute(params)
            };
            Ok(write().doing("write performance data", transaction)? > 0)
        })
    }

    fn performance(
        &self,
        scope: &AccessScope,
        content: ContentId,
    ) -> Result<Vec<VariantPerformance>, StoreError> {
        self.read_together("read counters", |connection| {
            if !access(connection, content)?.is_some_and(|row| scope.views(&row)) {
                return Ok(Vec::new());
            }
            let mut statement = connection.prepare_cached(PERFORMANCE)?;
            let rows = statement.query_map([Id(content.0)], |row| {
                Ok(VariantPerformance {
                    variant_key: row.get("variant_key")?,
                    data: row.get("performance_data")?,
                    counters: counters(row)?,
                })
            })?;
            rows.collect()
        })
    }

    fn count_content_events(&self, limit: u64) -> Result<u64, StoreError> {
        self.write("count content events", |transaction| {
            let count = || {
                let limit = number(limit);
                transaction.prepare_cached(COUNT_DAYS)?.execute([limit])?;
                transaction.prepare_cached(COUNT)?.execute([limit])?;
                transaction.prepare_cached(MARK)?.execute([limit])
            };
            let counted = count().doing("count content events", transaction)?;
            Ok(u64::try_from(counted).unwrap_or(u64::MAX))
        })
    }

    fn delete_content_events(&self, before: Timestamp, limit: u64) -> Result<u64, StoreError> {
        self.write("delete content events", |transaction| {
            let deleted = transaction
                .prepare_cached(DELETE)
                .and_then(|mut statement| statement.execute(params![Time(before), number(limit)]))
                .doing("delete content events", transaction)?;
            Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
        })
    }
}

/// Adds to the counters of a variant and says where they stand, if there is such a variant.
pub(crate) fn raise(
    connection: &Connection,
    content: ContentId,
    variant_key: &str,
    by: Counters,
) -> rusqlite::Result<Option<Counters>> {
    let Counters { impressions, engagements, conversions } = by;
    let params = params![
        Id(content.0),
        variant_key,
        number(impressions),
        number(engagements),
        number(conversions),
    ];
    connection.prepare_cached(ADD)?.query_row(params, counters).optional()
}

/// Who may see and change an item.
pub(crate) fn access(
    connection: &Connection,
    content: ContentId,
) -> rusqlite::Result<Option<RowAccess>> {
    let access = |row: &Row<'_>| {
        Ok(RowAccess {
            visibility: visibility(row)?,
            school_id: maybe_uuid(row, "school_id")?.map(TenantId),
            created_by: maybe_uuid(row, "created_by")?.map(UserId),
            is_live: row.get("is_live")?,
        })
    };
    let id: Uuid = content.0;
    connection.prepare_cached(ACCESS)?.query_row([Id(id)], access).optional()
}

pub(crate) fn counters(row: &Row<'_>) -> rusqlite::Result<Counters> {
    Ok(Counters {
        impressions: count(row, "impressions")?,
        engagements: count(row, "engagements")?,
        conversions: count(row, "conversions")?,
    })
}
