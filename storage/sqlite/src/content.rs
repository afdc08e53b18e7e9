//! [`ContentStore`] on SQLite.

use std::collections::BTreeMap;

use chatflow::{ContentId, ContentItem, ContentQuery};
use chatflow_storage::{AccessScope, ContentStore, StoreError};
use rusqlite::{Connection, Row, params};
use serde_json::{Map, Value};

use crate::column::{Id, list, uuid};
use crate::library::variant;
use crate::pool::SqliteStore;

/// Active rows that a scope sees: ?1 all, ?2 its schools, ?3 those whose private rows it sees, ?4 whose
/// creations are its own (S2.24); conversations have none.
macro_rules! shown {
    () => {
        " AND c.is_active = 1
         AND (?1 OR c.visibility IN ('wriveted', 'public')
           OR (c.visibility = 'school' AND c.school_id IN (SELECT value FROM json_each(?2)))
           OR (c.visibility = 'private' AND c.school_id IN (SELECT value FROM json_each(?3)))
           OR (c.visibility = 'private' AND c.created_by = ?4 AND (c.school_id IS NULL
             OR c.school_id IN (SELECT value FROM json_each(?2)))))"
    };
}

macro_rules! asked {
    () => {
        "SELECT c.id, c.type, c.content, c.info
         FROM json_each(?5) AS asked CROSS JOIN cms_content AS c ON c.id = asked.value WHERE "
    };
}

const CONTENTS: &str = concat!(asked!(), "c.status = 'published'", shown!());

/// For previews (R4.15).
const CONTENTS_TRIED: &str = concat!(asked!(), "c.status <> 'archived'", shown!());

const VARIANTS: &str = "
SELECT content_id, variant_key, variant_data, weight, conditions, is_active
FROM cms_content_variants WHERE content_id IN (SELECT value FROM json_each(?1))
ORDER BY content_id, variant_key";

macro_rules! narrowed {
    () => {
        " AND (?6 = '[]' OR EXISTS (
             SELECT 1 FROM json_each(?6) AS any
             JOIN cms_content_tags AS t ON t.tag = any.value AND t.content_id = c.id))
           AND NOT EXISTS (
             SELECT 1 FROM json_each(?7) AS every WHERE NOT EXISTS (
               SELECT 1 FROM cms_content_tags AS t
               WHERE t.tag = every.value AND t.content_id = c.id))
           AND c.id NOT IN (SELECT value FROM json_each(?8))
         ORDER BY c.id"
    };
}

const CANDIDATES: &str = concat!(
    "SELECT c.id, c.info FROM cms_content AS c WHERE c.type = ?5 AND c.status = 'published'",
    shown!(),
    narrowed!()
);

/// For previews (R4.8).
const CANDIDATES_TRIED: &str = concat!(
    "SELECT c.id, c.info FROM cms_content AS c WHERE c.type = ?5 AND c.status <> 'archived'",
    shown!(),
    narrowed!()
);

impl ContentStore for SqliteStore {
    fn contents(
        &self,
        scope: &AccessScope,
        ids: &[ContentId],
    ) -> Result<Vec<Option<ContentItem>>, StoreError> {
        let read = |connection: &Connection| items(connection, scope, ids);
        let found = self.read_together("read content", read)?;
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }

    fn candidates(
        &self,
        scope: &AccessScope,
        query: &ContentQuery,
    ) -> Result<Vec<ContentId>, StoreError> {
        self.read("list candidates", |connection| candidates(connection, scope, query))
    }
}

fn items(
    connection: &Connection,
    scope: &AccessScope,
    ids: &[ContentId],
) -> rusqlite::Result<BTreeMap<ContentId, ContentItem>> {
    let sql = if scope.sees_drafts() { CONTENTS_TRIED } else { CONTENTS };
    let mut statement = connection.prepare_cached(sql)?;
    let (schools, owned) = (list(scope.schools()), list(scope.owned()));
    let account = scope.account().map(|id| Id(id.0));
    let params = params![scope.is_system(), schools, owned, account, list(ids)];
    let rows = statement.query_map(params, |row| {
        let item = ContentItem {
            id: ContentId(uuid(row, "id")?),
            kind: row.get("type")?,
            content: object(row, "content")?,
            info: object(row, "info")?,
            variants: Vec::new(),
        };
        Ok((item.id, item))
    })?;
    let mut items = rows.collect::<rusqlite::Result<BTreeMap<_, _>>>()?;
    let mut statement = connection.prepare_cached(VARIANTS)?;
    let mut rows = statement.query([list(items.keys())])?;
    while let Some(row) = rows.next()? {
        let variant = variant::record(row)?.variant();
        let variant =
            variant.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        if let Some(item) = items.get_mut(&ContentId(uuid(row, "content_id")?)) {
            item.variants.push(variant);
        }
    }
    Ok(items)
}

fn candidates(
    connection: &Connection,
    scope: &AccessScope,
    query: &ContentQuery,
) -> rusqlite::Result<Vec<ContentId>> {
    let sql = if scope.sees_drafts() { CANDIDATES_TRIED } else { CANDIDATES };
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![
        scope.is_system(),
        list(scope.schools()),
        list(scope.owned()),
        scope.account().map(|id| Id(id.0)),
        query.kind,
        list(&query.tags),
        list(&query.tags_all),
        list(&query.exclude),
    ])?;
    let mut ids = Vec::new();
    // Rows are read one by one, so that a large library is not read to its end.
    while let Some(row) = rows.next()? {
        if query.info_filters.is_empty() || query.admits(&object(row, "info")?) {
            ids.push(ContentId(uuid(row, "id")?));
        }
        if ids.len() == ContentQuery::LIMIT {
            break;
        }
    }
    Ok(ids)
}

fn object(row: &Row<'_>, column: &str) -> rusqlite::Result<Map<String, Value>> {
    let index = row.as_ref().column_index(column)?;
    let value = row.get_ref(index)?;
    serde_json::from_str(value.as_str()?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(index, value.data_type(), error.into())
    })
}
