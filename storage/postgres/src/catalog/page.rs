//! Pages of items.

use chatflow::{ContentId, ContentQuery, Timestamp};
use chatflow_storage::{
    AccessScope, CatalogContent, ContentOrder, ContentPage, ContentPageQuery, ContentSieve,
    ContentStatus, Total,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::content;
use crate::column::{Json, Time, count, number, small_number, tenants, visibility_text};
use crate::library::search;

/// How many rows at once are looked at for what a filter leaves.
const ROWS: u32 = 1000;

/// Rows that a scope views (S2.15, S2.23): $1 all, $2 its schools, $3 those that it runs, $4 its
/// account's, if $5 it is signed in; $6 only those in use.
macro_rules! viewed {
    () => {
        "($1 OR ($5 AND (NOT $6 OR (c.is_active AND c.status = 'published'))
           AND (c.visibility IN ('wriveted', 'public')
             OR (c.visibility = 'school' AND c.school_id = ANY ($2))
             OR (c.visibility = 'private' AND c.school_id = ANY ($3))
             OR (c.visibility = 'private' AND c.created_by = $4
               AND (c.school_id IS NULL OR c.school_id = ANY ($2))))))"
    };
}

/// What a row is shown with; inside, `type` and the like are still their own types.
macro_rules! columns {
    ($of:literal) => {
        concat!(
            $of,
            ".id, ",
            $of,
            ".seed_key, ",
            $of,
            ".type::text AS type, ",
            $of,
            ".content, ",
            $of,
            ".info, ",
            $of,
            ".tags, ",
            $of,
            ".is_active, ",
            $of,
            ".status::text AS status, ",
            $of,
            ".version, ",
            $of,
            ".visibility::text AS visibility, ",
            $of,
            ".school_id, ",
            $of,
            ".created_by, ",
            $of,
            ".row_version, ",
            $of,
            ".created_at, ",
            $of,
            ".updated_at"
        )
    };
}

/// Rows that a query asks for, whatever their `info` is.
macro_rules! asked {
    ($search:literal) => {
        concat!(
            viewed!(),
            " AND ($7::text IS NULL OR c.type::text = $7)
              AND ($8::text[] IS NULL OR c.tags && $8)
              AND ($9::boolean IS NULL OR c.is_active = $9)
              AND ($10::text IS NULL OR c.status::text = $10)
              AND ($11::text IS NULL OR c.visibility::text = $11)
              AND ($12::uuid IS NULL OR c.school_id = $12)
              AND ($13::uuid IS NULL OR c.created_by = $13)
              AND (NOT $14 OR c.visibility <> 'public') ",
            $search
        )
    };
}

/// The total comes in every row; an empty page is one row without an id. A page begins behind a
/// place in its order.
macro_rules! listing {
    ($search:literal, $key:literal, $behind:literal, $begin:literal, $way:literal) => {
        concat!(
            "SELECT t.total, ",
            columns!("s"),
            " FROM (SELECT count(*) AS total FROM (
                 SELECT 1 FROM cms_content AS c WHERE ",
            asked!($search),
            " LIMIT $15) AS n) AS t
              LEFT JOIN LATERAL (
                SELECT c.id, c.seed_key, c.type, c.content, c.info, c.tags, c.is_active, c.status,
                  c.version, c.visibility, c.school_id, c.created_by, c.row_version, c.created_at,
                  c.updated_at
                FROM cms_content AS c WHERE ",
            asked!($search),
            " AND (c.", $key, ", c.id) ", $behind, " (", $begin, ", $20)
              ORDER BY c.", $key, $way, ", c.id", $way, " OFFSET $16 LIMIT $17) AS s ON true
              ORDER BY s.", $key, $way, ", s.id", $way
        )
    };
}

/// Each order for a list of all that is asked for, and for what is found by a search.
macro_rules! orders {
    ($search:literal) => {
        [
            listing!($search, "created_at", "<", "$18", " DESC"),
            listing!($search, "created_at", ">", "$18", ""),
            listing!($search, "updated_at", "<", "$18", " DESC"),
            listing!($search, "updated_at", ">", "$18", ""),
            listing!($search, "version", ">", "$19", ""),
        ]
    };
}

const ALL: [&str; 5] = orders!("");

/// $22 narrows by an index; $21 decides.
const FOUND: [&str; 5] = orders!(
    "AND EXISTS (
       SELECT 1 FROM cms_content_search AS w
       WHERE w.content_id = c.id AND ($22::text[] IS NULL OR w.lexemes && $22)
         AND EXISTS (
           SELECT 1 FROM json_array_elements($21) AS g
           WHERE NOT EXISTS (
               SELECT 1 FROM json_array_elements_text(g -> 'all') AS phrase
               WHERE strpos(w.words, phrase) = 0)
             AND NOT EXISTS (
               SELECT 1 FROM json_array_elements_text(g -> 'none') AS phrase
               WHERE strpos(w.words, phrase) > 0)))"
);

const OF_IDS: &str = concat!(
    "SELECT ",
    columns!("c"),
    " FROM cms_content AS c WHERE c.id = ANY ($7) AND ",
    viewed!(),
    " ORDER BY c.id"
);

/// The place that a part of a list begins behind.
struct Begin {
    time: Timestamp,
    version: u32,
    id: Uuid,
}

impl Begin {
    /// Before everything.
    fn of(order: ContentOrder) -> Self {
        let (descends, _) = key(order);
        let time = if descends { i64::MAX } else { i64::MIN };
        let id = if descends { Uuid::max() } else { Uuid::nil() };
        Self { time: Timestamp::from_millis(time), version: 0, id }
    }

    fn behind(order: ContentOrder, content: &CatalogContent) -> Self {
        let (_, changed) = key(order);
        let stored = &content.stored;
        let time = if changed { stored.updated_at } else { stored.created_at };
        Self { time, version: content.version, id: stored.record.id.0 }
    }
}

/// Whether an order descends, and whether it goes by the time of the last change.
const fn key(order: ContentOrder) -> (bool, bool) {
    match order {
        ContentOrder::Newest => (true, false),
        ContentOrder::Oldest | ContentOrder::Version => (false, false),
        ContentOrder::LastChanged => (true, true),
        ContentOrder::FirstChanged => (false, true),
    }
}

pub(super) async fn page(
    connection: &mut PgConnection,
    scope: &AccessScope,
    query: &ContentPageQuery,
) -> sqlx::Result<ContentPage> {
    let most = Total::MOST.saturating_add(1);
    let part = Part { begin: Begin::of(query.order), most, skip: query.skip, limit: query.limit };
    let rows = part.rows(connection, scope, query).await?;
    let total = rows.first().map_or(Ok(0), |row| count(row, "total"))?;
    Ok(ContentPage { contents: contents(&rows)?, total: Total::of(total) })
}

/// A page of what a filter leaves, found part by part, so that a large library is not held in memory.
pub(super) async fn sieved(
    connection: &mut PgConnection,
    scope: &AccessScope,
    query: &ContentPageQuery,
    filter: ContentQuery,
) -> sqlx::Result<ContentPage> {
    let mut sieve = ContentSieve::new(filter, query);
    let mut part = Part { begin: Begin::of(query.order), most: 0, skip: 0, limit: ROWS };
    loop {
        let found = contents(&part.rows(connection, scope, query).await?)?;
        let is_last = u32::try_from(found.len()).is_ok_and(|found| found < ROWS);
        for content in found {
            part.begin = Begin::behind(query.order, &content);
            let goes_on = sieve.take(content);
            if !goes_on.map_err(|error| sqlx::Error::Decode(error.into()))? {
                return Ok(sieve.page());
            }
        }
        if is_last {
            return Ok(sieve.page());
        }
    }
}

fn contents(rows: &[PgRow]) -> sqlx::Result<Vec<CatalogContent>> {
    let mut contents = Vec::new();
    for row in rows {
        if row.try_get::<Option<Uuid>, _>("id")?.is_some() {
            contents.push(content(row)?);
        }
    }
    Ok(contents)
}

/// A part of a list.
struct Part {
    begin: Begin,
    /// How far rows are counted.
    most: u64,
    skip: u32,
    limit: u32,
}

impl Part {
    async fn rows(
        &self,
        connection: &mut PgConnection,
        scope: &AccessScope,
        query: &ContentPageQuery,
    ) -> sqlx::Result<Vec<PgRow>> {
        let [newest, oldest, last, first, version] =
            if query.search.is_some() { FOUND } else { ALL };
        let sql = match query.order {
            ContentOrder::Newest => newest,
            ContentOrder::Oldest => oldest,
            ContentOrder::LastChanged => last,
            ContentOrder::FirstChanged => first,
            ContentOrder::Version => version,
        };
        let groups = query.search.as_ref().map(search::groups);
        let asked = sqlx::query(sql)
            .bind(scope.is_system())
            .bind(tenants(scope.schools()))
            .bind(tenants(scope.owned()))
            .bind(scope.account().map(|id| id.0))
            .bind(scope.is_signed_in())
            .bind(scope.sees_live_only())
            .bind(query.kind.as_deref())
            .bind((!query.tags.is_empty()).then_some(&query.tags))
            .bind(query.is_active)
            .bind(query.status.map(ContentStatus::as_str))
            .bind(query.visibility.map(visibility_text))
            .bind(query.school.map(|id| id.0))
            .bind(query.created_by.map(|id| id.0))
            .bind(query.without_public)
            .bind(number(self.most))
            .bind(i64::from(self.skip))
            .bind(i64::from(self.limit))
            .bind(Time(self.begin.time))
            .bind(small_number(self.begin.version))
            .bind(self.begin.id);
        let asked = match (&groups, &query.search) {
            (Some(groups), Some(search)) => {
                asked.bind(Json(groups.as_str())).bind(search::narrowing(search))
            }
            _ => asked,
        };
        asked.fetch_all(connection).await
    }
}

pub(super) async fn of_ids(
    connection: &mut PgConnection,
    scope: &AccessScope,
    ids: &[ContentId],
) -> sqlx::Result<Vec<CatalogContent>> {
    let rows = sqlx::query(OF_IDS)
        .bind(scope.is_system())
        .bind(tenants(scope.schools()))
        .bind(tenants(scope.owned()))
        .bind(scope.account().map(|id| id.0))
        .bind(scope.is_signed_in())
        .bind(scope.sees_live_only())
        .bind(ids.iter().map(|id| id.0).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    rows.iter().map(content).collect()
}
