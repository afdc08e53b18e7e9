//! [`EngagementStore`] on SQLite.

mod impressions;
mod totals;

use std::collections::BTreeMap;

use chatflow::{ContentId, FlowId, TenantId};
use chatflow_storage::{
    AccessScope, ContentArm, ContentAudience, ContentDay, ContentKindCount, ContentReach,
    ContentTotal, ContentTotalQuery, ContentWindow, Counters, Day, EngagementStore, ImpressionPage,
    ImpressionQuery, StoreError,
};
use rusqlite::{Connection, Row, named_params};

use crate::column::{Id, Time, count, list, maybe_uuid, time};
use crate::performance::{access, counters};
use crate::pool::SqliteStore;

/// Without `:schools` all are told of. Of events only those that are not counted yet are read, by the
/// index that has no others.
const DAYS: &str = "
SELECT day, nullif(variant_key, '') AS variant_key, nullif(flow_id, '') AS flow_id,
  nullif(school_id, '') AS school_id, sum(impressions) AS impressions,
  sum(engagements) AS engagements, sum(conversions) AS conversions
FROM (
  SELECT d.date || 'T00:00:00Z' AS day, d.variant_key, d.flow_id, d.school_id, d.impressions,
    d.interactions AS engagements, d.conversions
  FROM content_daily AS d
  WHERE d.content_id = :content AND d.date >= substr(:begin, 1, 10) AND d.date < substr(:end, 1, 10)
    AND (:schools IS NULL OR d.school_id IN (SELECT value FROM json_each(:schools)))
  UNION ALL
  SELECT substr(e.created_at, 1, 10) || 'T00:00:00Z', coalesce(e.variant_key, ''),
    coalesce(e.flow_id, ''), coalesce(e.school_id, ''), e.event = 'impression',
    e.event = 'interaction', e.event = 'conversion'
  FROM content_events AS e
  WHERE e.is_counted = 0 AND +e.content_id = :content
    AND +e.created_at >= :begin AND +e.created_at < :end
    AND (:schools IS NULL OR e.school_id IN (SELECT value FROM json_each(:schools)))
) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4";

/// What no day has was added by hand.
const COUNTED: &str = "
SELECT nullif(c.variant_key, '') AS variant_key,
  max(c.impressions - coalesce(n.impressions, 0), 0) AS impressions,
  max(c.engagements - coalesce(n.engagements, 0), 0) AS engagements,
  max(c.conversions - coalesce(n.conversions, 0), 0) AS conversions
FROM content_counters AS c
LEFT JOIN (
  SELECT d.variant_key, sum(d.impressions) AS impressions, sum(d.interactions) AS engagements,
    sum(d.conversions) AS conversions
  FROM content_daily AS d WHERE d.content_id = ?1 GROUP BY d.variant_key
) AS n ON n.variant_key = c.variant_key
WHERE c.content_id = ?1";

const ARMS: &str = "
SELECT variant_key, count(*) AS sessions, sum(is_engaged) AS engaged, sum(is_converted) AS converted
FROM (
  SELECT e.variant_key, max(e.event = 'impression' AND e.created_at < :end) AS is_shown,
    max(e.event = 'interaction') AS is_engaged, max(e.event = 'conversion') AS is_converted
  FROM content_events AS e
  WHERE e.content_id = :content AND e.created_at >= :begin AND e.session_id IS NOT NULL
    AND (:schools IS NULL OR e.school_id IN (SELECT value FROM json_each(:schools)))
  GROUP BY e.variant_key, e.session_id
) WHERE is_shown GROUP BY variant_key";

const HOURS: &str = "
SELECT CAST(substr(e.created_at, 12, 2) AS INTEGER) AS hour, count(*) AS shown
FROM content_events AS e
WHERE e.content_id = :content AND e.event = 'impression'
  AND e.created_at >= :begin AND e.created_at < :end
  AND (:schools IS NULL OR e.school_id IN (SELECT value FROM json_each(:schools)))
GROUP BY hour";

const SESSIONS: &str = "
SELECT count(DISTINCT e.session_id) AS sessions FROM content_events AS e
WHERE e.content_id = :content AND e.event = 'impression'
  AND e.created_at >= :begin AND e.created_at < :end
  AND (:schools IS NULL OR e.school_id IN (SELECT value FROM json_each(:schools)))";

const ANSWERS: &str = "
SELECT e.value FROM content_events AS e
WHERE e.content_id = :content AND e.event = 'interaction' AND e.value IS NOT NULL
  AND e.created_at >= :begin AND e.created_at < :end
  AND (:schools IS NULL OR e.school_id IN (SELECT value FROM json_each(:schools)))
ORDER BY e.created_at DESC, e.id DESC LIMIT :limit";

impl EngagementStore for SqliteStore {
    fn content_days(
        &self,
        scope: &AccessScope,
        window: ContentWindow,
    ) -> Result<Vec<ContentDay>, StoreError> {
        self.read_together("read the days of an item", |connection| {
            let asked = Asked::of(connection, scope, window)?;
            let mut days = Vec::new();
            asked.rows(DAYS, |row| {
                days.push(ContentDay {
                    day: Day::of(time(row, "day")?),
                    variant_key: row.get("variant_key")?,
                    flow_id: maybe_uuid(row, "flow_id")?.map(FlowId),
                    school_id: maybe_uuid(row, "school_id")?.map(TenantId),
                    counters: counters(row)?,
                });
                Ok(())
            })?;
            Ok(days)
        })
    }

    fn content_arms(
        &self,
        scope: &AccessScope,
        window: ContentWindow,
    ) -> Result<Vec<ContentArm>, StoreError> {
        self.read_together("read the variants of an item", |connection| {
            let asked = Asked::of(connection, scope, window)?;
            let mut arms = asked.counted()?;
            asked.rows(ARMS, |row| {
                let key = row.get("variant_key")?;
                let arm = arms.entry(key).or_insert_with_key(|key| empty_arm(key.clone()));
                arm.sessions = count(row, "sessions")?;
                arm.engaged = count(row, "engaged")?;
                arm.converted = count(row, "converted")?;
                Ok(())
            })?;
            Ok(arms.into_values().collect())
        })
    }

    fn content_audience(
        &self,
        scope: &AccessScope,
        window: ContentWindow,
    ) -> Result<ContentAudience, StoreError> {
        self.read_together("read to whom an item was shown", |connection| {
            let asked = Asked::of(connection, scope, window)?;
            let mut audience = ContentAudience::default();
            asked.rows(SESSIONS, |row| {
                audience.sessions = count(row, "sessions")?;
                Ok(())
            })?;
            asked.rows(HOURS, |row| {
                let hour: u8 = row.get("hour")?;
                if let Some(shown) = audience.hours.get_mut(usize::from(hour)) {
                    *shown = count(row, "shown")?;
                }
                Ok(())
            })?;
            Ok(audience)
        })
    }

    fn content_impressions(
        &self,
        scope: &AccessScope,
        query: &ImpressionQuery,
    ) -> Result<ImpressionPage, StoreError> {
        self.read_together("read impressions", |connection| {
            let asked = Asked::of(connection, scope, query.window)?;
            impressions::page(connection, asked.schools().as_deref(), query)
        })
    }

    fn content_answers(
        &self,
        scope: &AccessScope,
        window: ContentWindow,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        self.read_together("read answers to an item", |connection| {
            let asked = Asked::of(connection, scope, window)?;
            let mut statement = connection.prepare_cached(ANSWERS)?;
            let params = named_params! {
                ":content": Id(window.content.0), ":begin": Time(window.begins()),
                ":end": Time(window.ends()), ":schools": asked.schools(), ":limit": limit,
            };
            statement.query_map(params, |row| row.get("value"))?.collect()
        })
    }

    fn content_kinds(
        &self,
        scope: &AccessScope,
        query: &ContentTotalQuery,
    ) -> Result<Vec<ContentKindCount>, StoreError> {
        self.read("count items", |connection| totals::kinds(connection, scope, query))
    }

    fn content_totals(
        &self,
        scope: &AccessScope,
        query: &ContentTotalQuery,
    ) -> Result<Vec<ContentTotal>, StoreError> {
        self.read_together("read what became of items", |connection| {
            totals::all(connection, scope, query)
        })
    }
}

/// An item and days, and of which sessions is told.
struct Asked<'a> {
    connection: &'a Connection,
    window: ContentWindow,
    reach: ContentReach,
}

impl<'a> Asked<'a> {
    fn of(
        connection: &'a Connection,
        scope: &AccessScope,
        window: ContentWindow,
    ) -> rusqlite::Result<Self> {
        let reach = if scope.is_system() {
            ContentReach::Everything
        } else {
            ContentReach::of(scope, access(connection, window.content)?.as_ref())
        };
        Ok(Self { connection, window, reach })
    }

    fn schools(&self) -> Option<String> {
        self.reach.schools().map(list)
    }

    fn rows(
        &self,
        sql: &str,
        mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(named_params! {
            ":content": Id(self.window.content.0), ":begin": Time(self.window.begins()),
            ":end": Time(self.window.ends()), ":schools": self.schools(),
        })?;
        while let Some(row) = rows.next()? {
            take(row)?;
        }
        Ok(())
    }

    /// The variants that have counters, for who is told of all sessions.
    fn counted(&self) -> rusqlite::Result<BTreeMap<Option<String>, ContentArm>> {
        if self.reach != ContentReach::Everything {
            return Ok(BTreeMap::new());
        }
        let ContentId(content) = self.window.content;
        let mut statement = self.connection.prepare_cached(COUNTED)?;
        let arms = statement.query_map([Id(content)], |row| {
            let key: Option<String> = row.get("variant_key")?;
            Ok((key.clone(), ContentArm { by_hand: counters(row)?, ..empty_arm(key) }))
        })?;
        arms.collect()
    }
}

fn empty_arm(variant_key: Option<String>) -> ContentArm {
    let by_hand = Counters::default();
    ContentArm { variant_key, sessions: 0, engaged: 0, converted: 0, by_hand }
}
