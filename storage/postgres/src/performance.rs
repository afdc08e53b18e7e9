//! [`AsyncPerformanceStore`] on Postgres.

use chatflow::{ContentId, TenantId, Timestamp};
use chatflow_storage::{
    AccessScope, AsyncPerformanceStore, Counters, PerformanceData, RowAccess, StoreError, UserId,
    VariantPerformance,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{Json, Time, count, json, number, visibility};
use crate::pool::PostgresStore;

const ACCESS: &str = "
SELECT visibility::text AS visibility, school_id, created_by,
  is_active AND status = 'published' AS is_live
FROM cms_content WHERE id = $1";

/// Nothing for a variant that is not there.
const ADD: &str = "
INSERT INTO content_counters AS c (
  content_id, variant_key, impressions, engagements, conversions)
SELECT v.content_id, v.variant_key, $3, $4, $5
FROM cms_content_variants AS v WHERE v.content_id = $1 AND v.variant_key = $2
ON CONFLICT (content_id, variant_key) DO UPDATE SET
  impressions = c.impressions + excluded.impressions,
  engagements = c.engagements + excluded.engagements,
  conversions = c.conversions + excluded.conversions
RETURNING impressions, engagements, conversions";

const WRITE_DATA: &str = "
UPDATE cms_content_variants SET performance_data = $4
WHERE content_id = $1 AND variant_key = $2 AND ($3 IS NULL OR performance_data::text = $3)";

const PERFORMANCE: &str = "
SELECT v.variant_key, v.performance_data, coalesce(c.impressions, 0) AS impressions,
  coalesce(c.engagements, 0) AS engagements, coalesce(c.conversions, 0) AS conversions
FROM cms_content_variants AS v
LEFT JOIN content_counters AS c
  ON c.content_id = v.content_id AND c.variant_key = v.variant_key
WHERE v.content_id = $1 ORDER BY v.variant_key";

/// What another job counts is its business, and rows are raised in one order, so that no two jobs
/// wait for each other.
const COUNT: &str = "
WITH counted AS (
  -- An array, not a join: for that a planner who does not know the limit reads the whole table.
  UPDATE content_events AS e SET is_counted = true WHERE e.id = ANY (ARRAY(
    SELECT b.id FROM content_events AS b WHERE NOT b.is_counted
    ORDER BY b.id LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED))
  RETURNING e.content_id, coalesce(e.variant_key, '') AS variant_key, e.flow_id, e.school_id,
    e.created_at, e.event
), days AS (
  INSERT INTO content_daily AS d (
    content_id, date, variant_key, flow_id, school_id, impressions, interactions, conversions)
  SELECT content_id, (created_at AT TIME ZONE 'UTC')::date, variant_key,
    coalesce(flow_id, '00000000-0000-0000-0000-000000000000'),
    coalesce(school_id, '00000000-0000-0000-0000-000000000000'),
    count(*) FILTER (WHERE event = 'impression'), count(*) FILTER (WHERE event = 'interaction'),
    count(*) FILTER (WHERE event = 'conversion')
  FROM counted GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
  ON CONFLICT (content_id, date, variant_key, flow_id, school_id) DO UPDATE SET
    impressions = d.impressions + excluded.impressions,
    interactions = d.interactions + excluded.interactions,
    conversions = d.conversions + excluded.conversions
  RETURNING 1
), counters AS (
  INSERT INTO content_counters AS c (
    content_id, variant_key, impressions, engagements, conversions)
  SELECT content_id, variant_key, count(*) FILTER (WHERE event = 'impression'),
    count(*) FILTER (WHERE event = 'interaction'), count(*) FILTER (WHERE event = 'conversion')
  -- The days first, in every job.
  FROM counted WHERE (SELECT count(*) FROM days) > 0
  GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT (content_id, variant_key) DO UPDATE SET
    impressions = c.impressions + excluded.impressions,
    engagements = c.engagements + excluded.engagements,
    conversions = c.conversions + excluded.conversions
)
SELECT count(*) AS counted FROM counted";

const DELETE: &str = "
DELETE FROM content_events WHERE id = ANY (ARRAY(
  SELECT e.id FROM content_events AS e WHERE e.created_at < $1 AND e.is_counted
  ORDER BY e.created_at LIMIT $2 FOR UPDATE SKIP LOCKED))";

impl AsyncPerformanceStore for PostgresStore {
    async fn add_performance(
        &self,
        scope: &AccessScope,
        content: ContentId,
        variant_key: &str,
        increments: Counters,
    ) -> Result<Option<Counters>, StoreError> {
        let mut lent = self.lend("raise counters").await?;
        match access(lent.connection(), content).await {
            Ok(Some(row)) if scope.edits(&row) => {}
            other => return lent.read(other.map(|_| None)),
        }
        let added = raise(lent.connection(), content, variant_key, increments).await;
        lent.wrote(added)
    }

    async fn write_performance_data(
        &self,
        scope: &AccessScope,
        change: PerformanceData<'_>,
    ) -> Result<bool, StoreError> {
        change.check()?;
        let mut lent = self.lend("write performance data").await?;
        match access(lent.connection(), change.content).await {
            Ok(Some(row)) if scope.edits(&row) => {}
            other => return lent.read(other.map(|_| false)),
        }
        let written = sqlx::query(WRITE_DATA)
            .bind(change.content.0)
            .bind(change.variant_key)
            .bind(change.expected)
            .bind(Json(change.data))
            .execute(lent.connection())
            .await;
        lent.wrote(written.map(|written| written.rows_affected() > 0))
    }

    async fn performance(
        &self,
        scope: &AccessScope,
        content: ContentId,
    ) -> Result<Vec<VariantPerformance>, StoreError> {
        let mut lent = self.lend("read counters").await?;
        match access(lent.connection(), content).await {
            Ok(Some(row)) if scope.views(&row) => {}
            other => return lent.read(other.map(|_| Vec::new())),
        }
        let rows = sqlx::query(PERFORMANCE).bind(content.0).fetch_all(lent.connection()).await;
        let variant = |row: &PgRow| {
            Ok(VariantPerformance {
                variant_key: row.try_get("variant_key")?,
                data: json(row, "performance_data")?,
                counters: counters(row)?,
            })
        };
        lent.read(rows.and_then(|rows| rows.iter().map(variant).collect()))
    }

    async fn count_content_events(&self, limit: u64) -> Result<u64, StoreError> {
        let mut lent = self.lend("count content events").await?;
        let row = sqlx::query(COUNT).bind(number(limit)).fetch_one(lent.connection()).await;
        lent.wrote(row.and_then(|row| count(&row, "counted")))
    }

    async fn delete_content_events(
        &self,
        before: Timestamp,
        limit: u64,
    ) -> Result<u64, StoreError> {
        let mut lent = self.lend("delete content events").await?;
        let deleted = sqlx::query(DELETE)
            .bind(Time(before))
            .bind(number(limit))
            .execute(lent.connection())
            .await;
        lent.wrote(deleted.map(|deleted| deleted.rows_affected()))
    }
}

/// Adds to the counters of a variant and says where they stand, if there is such a variant.
pub(crate) async fn raise(
    connection: &mut PgConnection,
    content: ContentId,
    variant_key: &str,
    by: Counters,
) -> sqlx::Result<Option<Counters>> {
    let row = sqlx::query(ADD)
        .bind(content.0)
        .bind(variant_key)
        .bind(number(by.impressions))
        .bind(number(by.engagements))
        .bind(number(by.conversions))
        .fetch_optional(connection)
        .await?;
    row.map(|row| counters(&row)).transpose()
}

/// Who may see and change an item.
pub(crate) async fn access(
    connection: &mut PgConnection,
    content: ContentId,
) -> sqlx::Result<Option<RowAccess>> {
    let row = sqlx::query(ACCESS).bind(content.0).fetch_optional(connection).await?;
    let access = |row: PgRow| {
        Ok(RowAccess {
            visibility: visibility(&row)?,
            school_id: row.try_get::<Option<Uuid>, _>("school_id")?.map(TenantId),
            created_by: row.try_get::<Option<Uuid>, _>("created_by")?.map(UserId),
            is_live: row.try_get("is_live")?,
        })
    };
    row.map(access).transpose()
}

pub(crate) fn counters(row: &PgRow) -> sqlx::Result<Counters> {
    Ok(Counters {
        impressions: count(row, "impressions")?,
        engagements: count(row, "engagements")?,
        conversions: count(row, "conversions")?,
    })
}
