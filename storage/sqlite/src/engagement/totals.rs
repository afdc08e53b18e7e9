//! What became of all items.

use std::collections::BTreeMap;

use chatflow::{ContentId, TenantId};
use chatflow_storage::{
    AccessScope, ContentKindCount, ContentTotal, ContentTotalQuery, Counters, RowAccess, UserId,
};
use rusqlite::types::ToSql;
use rusqlite::{Connection, Row};

use crate::column::{Id, Time, count, list, maybe_uuid, uuid, visibility};
use crate::performance::counters;

/// Active items that a scope views (S2.15, S2.23) and that are asked for.
macro_rules! viewed {
    () => {
        "item.is_active = 1
         AND (:all OR (:signed_in AND (NOT :live_only OR item.status = 'published')
           AND (item.visibility IN ('wriveted', 'public')
             OR (item.visibility = 'school'
               AND item.school_id IN (SELECT value FROM json_each(:schools)))
             OR (item.visibility = 'private'
               AND item.school_id IN (SELECT value FROM json_each(:owned)))
             OR (item.visibility = 'private' AND item.created_by = :account
               AND (item.school_id IS NULL
                 OR item.school_id IN (SELECT value FROM json_each(:schools)))))))
         AND (:kind IS NULL OR item.type = :kind)
         AND (:tags IS NULL OR item.id IN (
           SELECT t.content_id FROM cms_content_tags AS t
           WHERE t.tag IN (SELECT value FROM json_each(:tags))))"
    };
}

const KINDS: &str = concat!(
    "SELECT item.type, count(*) AS items FROM cms_content AS item WHERE ",
    viewed!(),
    " GROUP BY item.type ORDER BY item.type"
);

/// What is told of an item: of all sessions, and of those of the scope's own schools.
macro_rules! shown {
    () => {
        "SELECT item.id, item.type, item.tags, item.visibility, item.school_id, item.created_by,
           item.status = 'published' AS is_live, "
    };
}

const COUNTED: &str = concat!(
    shown!(),
    "sum(d.impressions) AS impressions, sum(d.interactions) AS engagements,
       sum(d.conversions) AS conversions,
       sum(d.impressions * (d.school_id IN (SELECT value FROM json_each(:counted)))) AS own_shown,
       sum(d.interactions * (d.school_id IN (SELECT value FROM json_each(:counted)))) AS own_taken,
       sum(d.conversions * (d.school_id IN (SELECT value FROM json_each(:counted)))) AS own_ended
     FROM cms_content AS item CROSS JOIN content_daily AS d
     WHERE d.content_id = item.id
       AND d.date >= substr(:begin, 1, 10) AND d.date < substr(:end, 1, 10) AND ",
    viewed!(),
    " GROUP BY item.id"
);

/// By the index of events that are not counted yet.
const FRESH: &str = concat!(
    shown!(),
    "sum(e.event = 'impression') AS impressions, sum(e.event = 'interaction') AS engagements,
       sum(e.event = 'conversion') AS conversions,
       sum(e.event = 'impression' AND e.is_own) AS own_shown,
       sum(e.event = 'interaction' AND e.is_own) AS own_taken,
       sum(e.event = 'conversion' AND e.is_own) AS own_ended
     FROM (
       SELECT f.content_id, f.event, coalesce(
         f.school_id IN (SELECT value FROM json_each(:counted)), 0) AS is_own
       FROM content_events AS f
       WHERE f.is_counted = 0 AND +f.created_at >= :begin AND +f.created_at < :end
     ) AS e
     CROSS JOIN cms_content AS item
     WHERE item.id = e.content_id AND ",
    viewed!(),
    " GROUP BY item.id"
);

/// How many items there are, by type.
pub(super) fn kinds(
    connection: &Connection,
    scope: &AccessScope,
    query: &ContentTotalQuery,
) -> rusqlite::Result<Vec<ContentKindCount>> {
    let mut kinds = Vec::new();
    Asked { connection, scope, query }.rows(KINDS, |row| {
        kinds.push(ContentKindCount { kind: row.get("type")?, items: count(row, "items")? });
        Ok(())
    })?;
    Ok(kinds)
}

/// What became of each item that something happened to.
pub(super) fn all(
    connection: &Connection,
    scope: &AccessScope,
    query: &ContentTotalQuery,
) -> rusqlite::Result<Vec<ContentTotal>> {
    let asked = Asked { connection, scope, query };
    let mut totals = BTreeMap::new();
    for sql in [COUNTED, FRESH] {
        asked.rows(sql, |row| {
            let part = total(scope, row)?;
            let counters = part.counters;
            let total = totals
                .entry(part.content)
                .or_insert_with(|| ContentTotal { counters: Counters::default(), ..part });
            total.counters = total.counters.plus(counters);
            Ok(())
        })?;
    }
    totals.retain(|_, total| total.counters != Counters::default());
    Ok(totals.into_values().collect())
}

/// Of an item that the scope may change all is told (S2.30).
fn total(scope: &AccessScope, row: &Row<'_>) -> rusqlite::Result<ContentTotal> {
    let access = RowAccess {
        visibility: visibility(row)?,
        school_id: maybe_uuid(row, "school_id")?.map(TenantId),
        created_by: maybe_uuid(row, "created_by")?.map(UserId),
        is_live: row.get("is_live")?,
    };
    let own = Counters {
        impressions: count(row, "own_shown")?,
        engagements: count(row, "own_taken")?,
        conversions: count(row, "own_ended")?,
    };
    let tags: String = row.get("tags")?;
    let broken = |error: serde_json::Error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
    };
    Ok(ContentTotal {
        content: ContentId(uuid(row, "id")?),
        kind: row.get("type")?,
        tags: serde_json::from_str(&tags).map_err(broken)?,
        counters: if scope.edits(&access) { counters(row)? } else { own },
    })
}

struct Asked<'a> {
    connection: &'a Connection,
    scope: &'a AccessScope,
    query: &'a ContentTotalQuery,
}

impl Asked<'_> {
    fn rows(
        &self,
        sql: &str,
        mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let (scope, query) = (self.scope, self.query);
        let account = scope.account().map(|id| Id(id.0));
        let tags = (!query.tags.is_empty()).then(|| list(&query.tags));
        let params: [(&str, &dyn ToSql); 11] = [
            (":all", &scope.is_system()),
            (":signed_in", &scope.is_signed_in()),
            (":live_only", &scope.sees_live_only()),
            (":schools", &list(scope.schools())),
            (":owned", &list(scope.owned())),
            (":account", &account),
            (":kind", &query.kind),
            (":tags", &tags),
            (":counted", &list(scope.oversees())),
            (":begin", &Time(query.from.begins())),
            (":end", &Time(query.to.next().begins())),
        ];
        let mut statement = self.connection.prepare_cached(sql)?;
        // Not every statement has all of them.
        for (name, value) in params {
            if let Some(index) = statement.parameter_index(name)? {
                statement.raw_bind_parameter(index, value)?;
            }
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            take(row)?;
        }
        Ok(())
    }
}
