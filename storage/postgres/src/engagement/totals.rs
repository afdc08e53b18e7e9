//! What became of all items.

use chatflow::{ContentId, TenantId};
use chatflow_storage::{
    AccessScope, ContentKindCount, ContentTotal, ContentTotalQuery, Counters, RowAccess, UserId,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{Time, count, tenants, visibility};
use crate::performance::counters;

/// Active items that a scope views (S2.15, S2.23) and that are asked for: $1 all, $2 of its schools,
/// $3 of those that it runs, $4 of its account, if $5 it is signed in; $6 only those in use; $7 of a
/// type, $8 with a tag.
macro_rules! viewed {
    () => {
        "c.is_active
         AND ($1 OR ($5 AND (NOT $6 OR c.status = 'published')
           AND (c.visibility IN ('wriveted', 'public')
             OR (c.visibility = 'school' AND c.school_id = ANY ($2))
             OR (c.visibility = 'private' AND c.school_id = ANY ($3))
             OR (c.visibility = 'private' AND c.created_by = $4
               AND (c.school_id IS NULL OR c.school_id = ANY ($2))))))
         AND ($7::text IS NULL OR c.type::text = $7)
         AND ($8::text[] IS NULL OR c.tags && $8)"
    };
}

const KINDS: &str = concat!(
    "SELECT c.type::text AS type, count(*) AS items FROM cms_content AS c WHERE ",
    viewed!(),
    " GROUP BY c.type ORDER BY c.type::text COLLATE \"C\""
);

/// Of all sessions, and of those of the scope's own schools ($9). Days are looked up item by item, since there are far more
/// of them than items; of events only those that are not counted yet are read.
const TOTALS: &str = concat!(
    "WITH told AS (
       SELECT c.id, d.school_id, d.impressions, d.engagements, d.conversions
       FROM cms_content AS c
       CROSS JOIN LATERAL (
         SELECT d.school_id, d.impressions, d.interactions AS engagements, d.conversions
         FROM content_daily AS d
         WHERE d.content_id = c.id AND d.date >= ($10::timestamptz AT TIME ZONE 'UTC')::date
           AND d.date < ($11::timestamptz AT TIME ZONE 'UTC')::date
         OFFSET 0
       ) AS d
       WHERE ",
    viewed!(),
    "
       UNION ALL
       SELECT c.id, f.school_id, f.impressions, f.engagements, f.conversions
       FROM (
         SELECT e.content_id, e.school_id, count(*) FILTER (WHERE e.event = 'impression') AS impressions,
           count(*) FILTER (WHERE e.event = 'interaction') AS engagements,
           count(*) FILTER (WHERE e.event = 'conversion') AS conversions
         FROM content_events AS e
         WHERE NOT e.is_counted AND e.created_at >= $10 AND e.created_at < $11
         GROUP BY e.content_id, e.school_id
       ) AS f
       JOIN cms_content AS c ON c.id = f.content_id
       WHERE ",
    viewed!(),
    "
     )
     SELECT c.id, c.type::text AS type, c.tags, c.visibility::text AS visibility, c.school_id,
       c.created_by, c.status = 'published' AS is_live, sum(t.impressions)::bigint AS impressions,
       sum(t.engagements)::bigint AS engagements, sum(t.conversions)::bigint AS conversions,
       coalesce(sum(t.impressions) FILTER (WHERE t.school_id = ANY ($9)), 0)::bigint AS own_shown,
       coalesce(sum(t.engagements) FILTER (WHERE t.school_id = ANY ($9)), 0)::bigint AS own_taken,
       coalesce(sum(t.conversions) FILTER (WHERE t.school_id = ANY ($9)), 0)::bigint AS own_ended
     FROM told AS t JOIN cms_content AS c ON c.id = t.id
     GROUP BY c.id ORDER BY c.id"
);

/// How many items there are, by type.
pub(super) async fn kinds(
    connection: &mut PgConnection,
    scope: &AccessScope,
    query: &ContentTotalQuery,
) -> sqlx::Result<Vec<ContentKindCount>> {
    let rows = asked(KINDS, scope, query).fetch_all(connection).await?;
    let kind = |row: &PgRow| {
        Ok(ContentKindCount { kind: row.try_get("type")?, items: count(row, "items")? })
    };
    rows.iter().map(kind).collect()
}

/// What became of each item that something happened to.
pub(super) async fn all(
    connection: &mut PgConnection,
    scope: &AccessScope,
    query: &ContentTotalQuery,
) -> sqlx::Result<Vec<ContentTotal>> {
    let rows = asked(TOTALS, scope, query)
        .bind(tenants(scope.oversees()))
        .bind(Time(query.from.begins()))
        .bind(Time(query.to.next().begins()))
        .fetch_all(connection)
        .await?;
    let mut totals = rows.iter().map(|row| total(scope, row)).collect::<sqlx::Result<Vec<_>>>()?;
    totals.retain(|total| total.counters != Counters::default());
    Ok(totals)
}

/// The parameters of [`viewed!`].
fn asked<'q>(
    sql: &'static str,
    scope: &'q AccessScope,
    query: &'q ContentTotalQuery,
) -> sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments> {
    sqlx::query(sql)
        .bind(scope.is_system())
        .bind(tenants(scope.schools()))
        .bind(tenants(scope.owned()))
        .bind(scope.account().map(|id| id.0))
        .bind(scope.is_signed_in())
        .bind(scope.sees_live_only())
        .bind(query.kind.as_deref())
        .bind((!query.tags.is_empty()).then_some(&query.tags))
}

/// Of an item that the scope may change all is told (S2.30).
fn total(scope: &AccessScope, row: &PgRow) -> sqlx::Result<ContentTotal> {
    let access = RowAccess {
        visibility: visibility(row)?,
        school_id: row.try_get::<Option<Uuid>, _>("school_id")?.map(TenantId),
        created_by: row.try_get::<Option<Uuid>, _>("created_by")?.map(UserId),
        is_live: row.try_get("is_live")?,
    };
    let own = Counters {
        impressions: count(row, "own_shown")?,
        engagements: count(row, "own_taken")?,
        conversions: count(row, "own_ended")?,
    };
    Ok(ContentTotal {
        content: ContentId(row.try_get("id")?),
        kind: row.try_get("type")?,
        tags: row.try_get("tags")?,
        counters: if scope.edits(&access) { counters(row)? } else { own },
    })
}
