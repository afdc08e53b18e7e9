//! Pages of items.

use chatflow::ContentId;
use chatflow_storage::{
    AccessScope, CatalogContent, ContentOrder, ContentPage, ContentPageQuery, ContentSieve,
    ContentStatus, Total,
};
use rusqlite::{Connection, ToSql, named_params};

use super::content;
use crate::column::{Id, count, list, visibility_text};
use crate::library::search;

/// Rows that a scope views (S2.15, S2.23).
macro_rules! viewed {
    () => {
        "(:all OR (:signed_in AND (NOT :live_only OR (is_active = 1 AND status = 'published'))
           AND (visibility IN ('wriveted', 'public')
             OR (visibility = 'school' AND school_id IN (SELECT value FROM json_each(:schools)))
             OR (visibility = 'private' AND school_id IN (SELECT value FROM json_each(:owned)))
             OR (visibility = 'private' AND created_by = :account AND (school_id IS NULL
               OR school_id IN (SELECT value FROM json_each(:schools)))))))"
    };
}

macro_rules! columns {
    () => {
        "SELECT id, seed_key, type, content, info, tags, is_active, status, version, visibility,
           school_id, created_by, row_version, created_at, updated_at
         FROM "
    };
}

/// Rows that a query asks for, whatever their `info` is.
macro_rules! asked {
    () => {
        " AND (:kind IS NULL OR type = :kind)
          AND (:active IS NULL OR is_active = :active)
          AND (:status IS NULL OR status = :status)
          AND (:visibility IS NULL OR visibility = :visibility)
          AND (:school IS NULL OR school_id = :school)
          AND (:creator IS NULL OR created_by = :creator)
          AND (NOT :without_public OR visibility <> 'public')
          AND (:tags IS NULL OR id IN (
            SELECT t.content_id FROM cms_content_tags AS t
            WHERE t.tag IN (SELECT value FROM json_each(:tags))))
          AND (NOT :searches
            OR (:with IS NOT NULL AND id IN (
              SELECT w.content_id FROM cms_content_search AS w
              WHERE w.number IN (SELECT rowid FROM cms_content_fts WHERE cms_content_fts MATCH :with)))
            OR (:without IS NOT NULL AND id NOT IN (
              SELECT w.content_id FROM cms_content_search AS w
              WHERE w.number IN (
                SELECT rowid FROM cms_content_fts WHERE cms_content_fts MATCH :without)))) "
    };
}

macro_rules! page {
    ($order:literal) => {
        concat!(columns!(), "cms_content AS item WHERE ", viewed!(), asked!(), $order)
    };
}

const NEWEST: &str = page!("ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :skip");
const OLDEST: &str = page!("ORDER BY created_at, id LIMIT :limit OFFSET :skip");
const LAST_CHANGED: &str = page!("ORDER BY updated_at DESC, id DESC LIMIT :limit OFFSET :skip");
const FIRST_CHANGED: &str = page!("ORDER BY updated_at, id LIMIT :limit OFFSET :skip");
const VERSION: &str = page!("ORDER BY version, id LIMIT :limit OFFSET :skip");

const TOTAL: &str = concat!(
    "SELECT count(*) AS total FROM (SELECT 1 FROM cms_content AS item WHERE ",
    viewed!(),
    asked!(),
    "LIMIT :limit OFFSET :skip)"
);

const OF_IDS: &str = concat!(
    columns!(),
    "cms_content AS item WHERE id IN (SELECT value FROM json_each(:ids)) AND ",
    viewed!(),
    " ORDER BY id"
);

pub(super) fn page(
    connection: &Connection,
    scope: &AccessScope,
    query: &ContentPageQuery,
) -> rusqlite::Result<ContentPage> {
    let sql = match query.order {
        ContentOrder::Newest => NEWEST,
        ContentOrder::Oldest => OLDEST,
        ContentOrder::LastChanged => LAST_CHANGED,
        ContentOrder::FirstChanged => FIRST_CHANGED,
        ContentOrder::Version => VERSION,
    };
    let asked = Asked { connection, scope, query };
    let Some(filter) = query.info_filter() else {
        let (skip, limit) = (query.skip.into(), query.limit.into());
        let (mut contents, mut found) = (Vec::new(), 0);
        asked.rows(sql, skip, limit, |row| {
            contents.push(content(row)?);
            Ok(true)
        })?;
        let most = i64::try_from(Total::MOST).unwrap_or(i64::MAX).saturating_add(1);
        asked.rows(TOTAL, 0, most, |row| {
            found = count(row, "total")?;
            Ok(false)
        })?;
        return Ok(ContentPage { contents, total: Total::of(found) });
    };
    // Rows are looked at one by one, so that a large library is not held in memory.
    let mut sieve = ContentSieve::new(filter, query);
    asked.rows(sql, 0, -1, |row| {
        let broken = |error: serde_json::Error| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
        };
        sieve.take(content(row)?).map_err(broken)
    })?;
    Ok(sieve.page())
}

struct Asked<'a> {
    connection: &'a Connection,
    scope: &'a AccessScope,
    query: &'a ContentPageQuery,
}

impl Asked<'_> {
    /// Hands over row after row until no more are wanted.
    fn rows(
        &self,
        sql: &str,
        skip: i64,
        limit: i64,
        mut take: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<bool>,
    ) -> rusqlite::Result<()> {
        let (scope, query) = (self.scope, self.query);
        let (with, without) = query.search.as_ref().map(search::expressions).unwrap_or_default();
        let tags = (!query.tags.is_empty()).then(|| list(&query.tags));
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(named_params! {
            ":all": scope.is_system(),
            ":signed_in": scope.is_signed_in(),
            ":live_only": scope.sees_live_only(),
            ":schools": list(scope.schools()),
            ":owned": list(scope.owned()),
            ":account": scope.account().map(|id| Id(id.0)),
            ":kind": query.kind,
            ":active": query.is_active,
            ":status": query.status.map(ContentStatus::as_str),
            ":visibility": query.visibility.map(visibility_text),
            ":school": query.school.map(|id| Id(id.0)),
            ":creator": query.created_by.map(|id| Id(id.0)),
            ":without_public": query.without_public,
            ":tags": tags,
            ":searches": query.search.is_some(),
            ":with": with,
            ":without": without,
            ":skip": skip,
            ":limit": limit,
        })?;
        while let Some(row) = rows.next()? {
            if !take(row)? {
                break;
            }
        }
        Ok(())
    }
}

pub(super) fn of_ids(
    connection: &Connection,
    scope: &AccessScope,
    ids: &[ContentId],
) -> rusqlite::Result<Vec<CatalogContent>> {
    let mut statement = connection.prepare_cached(OF_IDS)?;
    let account = scope.account().map(|id| Id(id.0));
    let params: [(&str, &dyn ToSql); 7] = [
        (":all", &scope.is_system()),
        (":signed_in", &scope.is_signed_in()),
        (":live_only", &scope.sees_live_only()),
        (":schools", &list(scope.schools())),
        (":owned", &list(scope.owned())),
        (":account", &account),
        (":ids", &list(ids)),
    ];
    statement.query_map(&params[..], content)?.collect()
}
