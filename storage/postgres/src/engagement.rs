//! [`AsyncEngagementStore`] on Postgres; each read is one statement, behind one that says who may see the
//! item unless all may.

mod impressions;
mod totals;

use chatflow::{FlowId, TenantId};
use chatflow_storage::{
    AccessScope, AsyncEngagementStore, ContentArm, ContentAudience, ContentDay, ContentKindCount,
    ContentReach, ContentTotal, ContentTotalQuery, ContentWindow, Counters, Day, ImpressionPage,
    ImpressionQuery, StoreError,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{Time, count, tenants, time};
use crate::performance::{access, counters};
use crate::pool::PostgresStore;

/// Without schools ($4) all are told of. Of events only those that are not counted yet are read.
const DAYS: &str = "
SELECT n.day, nullif(n.variant_key, '') AS variant_key,
  nullif(n.flow_id, '00000000-0000-0000-0000-000000000000') AS flow_id,
  nullif(n.school_id, '00000000-0000-0000-0000-000000000000') AS school_id,
  sum(n.impressions)::bigint AS impressions, sum(n.engagements)::bigint AS engagements,
  sum(n.conversions)::bigint AS conversions
FROM (
  SELECT d.date::timestamp AT TIME ZONE 'UTC' AS day, d.variant_key, d.flow_id, d.school_id,
    d.impressions, d.interactions AS engagements, d.conversions
  FROM content_daily AS d
  WHERE d.content_id = $1 AND d.date >= ($2::timestamptz AT TIME ZONE 'UTC')::date
    AND d.date < ($3::timestamptz AT TIME ZONE 'UTC')::date
    AND ($4::uuid[] IS NULL OR d.school_id = ANY ($4))
  UNION ALL
  SELECT date_trunc('day', e.created_at, 'UTC'), coalesce(e.variant_key, ''),
    coalesce(e.flow_id, '00000000-0000-0000-0000-000000000000'),
    coalesce(e.school_id, '00000000-0000-0000-0000-000000000000'),
    (e.event = 'impression')::integer::bigint, (e.event = 'interaction')::integer::bigint,
    (e.event = 'conversion')::integer::bigint
  FROM content_events AS e
  WHERE NOT e.is_counted AND e.content_id = $1 AND e.created_at >= $2 AND e.created_at < $3
    AND ($4::uuid[] IS NULL OR e.school_id = ANY ($4))
) AS n
GROUP BY n.day, n.variant_key, n.flow_id, n.school_id
ORDER BY n.day, n.variant_key, n.flow_id, n.school_id";

/// What no day has was added by hand.
const ARMS: &str = "
WITH days AS (
  SELECT d.variant_key, sum(d.impressions)::bigint AS impressions,
    sum(d.interactions)::bigint AS engagements, sum(d.conversions)::bigint AS conversions
  FROM content_daily AS d WHERE d.content_id = $1 GROUP BY d.variant_key
), counted AS (
  SELECT c.variant_key,
    greatest(c.impressions - coalesce(d.impressions, 0), 0) AS impressions,
    greatest(c.engagements - coalesce(d.engagements, 0), 0) AS engagements,
    greatest(c.conversions - coalesce(d.conversions, 0), 0) AS conversions
  FROM content_counters AS c LEFT JOIN days AS d ON d.variant_key = c.variant_key
  WHERE c.content_id = $1
), shown AS (
  SELECT coalesce(n.variant_key, '') AS variant_key, count(*) AS sessions,
    count(*) FILTER (WHERE n.is_engaged) AS engaged,
    count(*) FILTER (WHERE n.is_converted) AS converted
  FROM (
    SELECT e.variant_key, bool_or(e.event = 'impression' AND e.created_at < $3) AS is_shown,
      bool_or(e.event = 'interaction') AS is_engaged, bool_or(e.event = 'conversion') AS is_converted
    FROM content_events AS e
    WHERE e.content_id = $1 AND e.created_at >= $2 AND e.session_id IS NOT NULL
      AND ($4::uuid[] IS NULL OR e.school_id = ANY ($4))
    GROUP BY e.variant_key, e.session_id
  ) AS n
  WHERE n.is_shown GROUP BY n.variant_key
)
SELECT nullif(coalesce(c.variant_key, s.variant_key), '') AS variant_key,
  coalesce(s.sessions, 0) AS sessions, coalesce(s.engaged, 0) AS engaged,
  coalesce(s.converted, 0) AS converted, coalesce(c.impressions, 0) AS impressions,
  coalesce(c.engagements, 0) AS engagements, coalesce(c.conversions, 0) AS conversions
FROM counted AS c FULL JOIN shown AS s ON s.variant_key = c.variant_key
ORDER BY coalesce(c.variant_key, s.variant_key)";

/// One row for each hour and one for all of them, whose hour is null.
const AUDIENCE: &str = "
SELECT n.hour, count(*) AS shown, count(DISTINCT n.session_id) AS sessions
FROM (
  SELECT extract(hour FROM e.created_at AT TIME ZONE 'UTC')::integer AS hour, e.session_id
  FROM content_events AS e
  WHERE e.content_id = $1 AND e.event = 'impression' AND e.created_at >= $2 AND e.created_at < $3
    AND ($4::uuid[] IS NULL OR e.school_id = ANY ($4))
) AS n
GROUP BY GROUPING SETS ((n.hour), ())";

const ANSWERS: &str = "
SELECT e.value::text AS value FROM content_events AS e
WHERE e.content_id = $1 AND e.event = 'interaction' AND e.value IS NOT NULL
  AND e.created_at >= $2 AND e.created_at < $3
  AND ($4::uuid[] IS NULL OR e.school_id = ANY ($4))
ORDER BY e.created_at DESC, e.id DESC LIMIT $5";

impl AsyncEngagementStore for PostgresStore {
    async fn content_days(
        &self,
        scope: &AccessScope,
        window: ContentWindow,
    ) -> Result<Vec<ContentDay>, StoreError> {
        let mut lent = self.lend("read the days of an item").await?;
        let rows = rows(lent.connection(), scope, window, DAYS).await;
        let day = |row: &PgRow| {
            Ok(ContentDay {
                day: Day::of(time(row, "day")?),
                variant_key: row.try_get("variant_key")?,
                flow_id: row.try_get::<Option<Uuid>, _>("flow_id")?.map(FlowId),
                school_id: row.try_get::<Option<Uuid>, _>("school_id")?.map(TenantId),
                counters: counters(row)?,
            })
        };
        lent.read(rows.and_then(|(rows, _)| rows.iter().map(day).collect()))
    }

    async fn content_arms(
        &self,
        scope: &AccessScope,
        window: ContentWindow,
    ) -> Result<Vec<ContentArm>, StoreError> {
        let mut lent = self.lend("read the variants of an item").await?;
        let rows = rows(lent.connection(), scope, window, ARMS).await;
        lent.read(rows.and_then(|(rows, reach)| arms(&rows, &reach)))
    }

    async fn content_audience(
        &self,
        scope: &AccessScope,
        window: ContentWindow,
    ) -> Result<ContentAudience, StoreError> {
        let mut lent = self.lend("read to whom an item was shown").await?;
        let rows = rows(lent.connection(), scope, window, AUDIENCE).await;
        lent.read(rows.and_then(|(rows, _)| audience(&rows)))
    }

    async fn content_impressions(
        &self,
        scope: &AccessScope,
        query: &ImpressionQuery,
    ) -> Result<ImpressionPage, StoreError> {
        let mut lent = self.lend("read impressions").await?;
        lent.begin_in_order().await?;
        let found = match reach(lent.connection(), scope, query.window).await {
            Ok(reach) => impressions::page(lent.connection(), &reach, query).await,
            Err(error) => Err(error),
        };
        lent.commit_read(found).await
    }

    async fn content_answers(
        &self,
        scope: &AccessScope,
        window: ContentWindow,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let mut lent = self.lend("read answers to an item").await?;
        let rows = match reach(lent.connection(), scope, window).await {
            Ok(reach) => {
                sqlx::query(ANSWERS)
                    .bind(window.content.0)
                    .bind(Time(window.begins()))
                    .bind(Time(window.ends()))
                    .bind(reach.schools().map(tenants))
                    .bind(i64::from(limit))
                    .fetch_all(lent.connection())
                    .await
            }
            Err(error) => Err(error),
        };
        let answer = |row: &PgRow| row.try_get("value");
        lent.read(rows.and_then(|rows| rows.iter().map(answer).collect()))
    }

    async fn content_kinds(
        &self,
        scope: &AccessScope,
        query: &ContentTotalQuery,
    ) -> Result<Vec<ContentKindCount>, StoreError> {
        let mut lent = self.lend("count items").await?;
        let kinds = totals::kinds(lent.connection(), scope, query).await;
        lent.read(kinds)
    }

    async fn content_totals(
        &self,
        scope: &AccessScope,
        query: &ContentTotalQuery,
    ) -> Result<Vec<ContentTotal>, StoreError> {
        let mut lent = self.lend("read what became of items").await?;
        let totals = totals::all(lent.connection(), scope, query).await;
        lent.read(totals)
    }
}

/// What a statement about an item and days finds, and of which sessions it tells.
async fn rows(
    connection: &mut PgConnection,
    scope: &AccessScope,
    window: ContentWindow,
    sql: &'static str,
) -> sqlx::Result<(Vec<PgRow>, ContentReach)> {
    let reach = reach(connection, scope, window).await?;
    if reach == ContentReach::Nothing {
        return Ok((Vec::new(), reach));
    }
    let rows = sqlx::query(sql)
        .bind(window.content.0)
        .bind(Time(window.begins()))
        .bind(Time(window.ends()))
        .bind(reach.schools().map(tenants))
        .fetch_all(connection)
        .await?;
    Ok((rows, reach))
}

/// Of which sessions that were shown an item the scope is told.
async fn reach(
    connection: &mut PgConnection,
    scope: &AccessScope,
    window: ContentWindow,
) -> sqlx::Result<ContentReach> {
    if scope.is_system() {
        return Ok(ContentReach::Everything);
    }
    let access = access(connection, window.content).await?;
    Ok(ContentReach::of(scope, access.as_ref()))
}

/// Who is told of some schools is not told of counters, which are of all.
fn arms(rows: &[PgRow], reach: &ContentReach) -> sqlx::Result<Vec<ContentArm>> {
    let is_whole = *reach == ContentReach::Everything;
    let arm = |row: &PgRow| {
        Ok(ContentArm {
            variant_key: row.try_get("variant_key")?,
            sessions: count(row, "sessions")?,
            engaged: count(row, "engaged")?,
            converted: count(row, "converted")?,
            by_hand: if is_whole { counters(row)? } else { Counters::default() },
        })
    };
    let mut arms = rows.iter().map(arm).collect::<sqlx::Result<Vec<_>>>()?;
    arms.retain(|arm| is_whole || arm.sessions > 0);
    Ok(arms)
}

fn audience(rows: &[PgRow]) -> sqlx::Result<ContentAudience> {
    let mut audience = ContentAudience::default();
    for row in rows {
        let hour = row.try_get::<Option<i32>, _>("hour")?;
        let Some(hour) = hour.and_then(|hour| usize::try_from(hour).ok()) else {
            audience.sessions = count(row, "sessions")?;
            continue;
        };
        if let Some(shown) = audience.hours.get_mut(hour) {
            *shown = count(row, "shown")?;
        }
    }
    Ok(audience)
}
