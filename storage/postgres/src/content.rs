//! [`AsyncContentStore`] on Postgres.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chatflow::{ContentId, ContentItem, ContentQuery};
use chatflow_storage::{AccessScope, AsyncContentStore, StoreError};
use serde_json::{Map, Value};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::column::{Json, tenants};
use crate::library::variant;
use crate::pool::PostgresStore;

/// Rows that a scope sees, of a standing: $1 all, $2 its schools, $3 those whose private rows it sees, $4 whose
/// creations are its own (S2.24); conversations have none.
macro_rules! shown {
    ($standing:literal) => {
        concat!(
            "c.is_active AND ",
            $standing,
            "
         AND ($1 OR c.visibility IN ('wriveted', 'public')
           OR (c.visibility = 'school' AND c.school_id = ANY ($2))
           OR (c.visibility = 'private' AND c.school_id = ANY ($3))
           OR (c.visibility = 'private' AND c.created_by = $4
             AND (c.school_id IS NULL OR c.school_id = ANY ($2))))"
        )
    };
}

/// An item comes once for each of its variants, or once if it has none.
macro_rules! contents {
    ($standing:literal) => {
        concat!(
            "SELECT c.id, c.type::text AS type, c.content, c.info, v.id IS NOT NULL AS has_variant,
       v.variant_key, v.variant_data, v.weight, v.conditions, v.is_active
     FROM cms_content AS c LEFT JOIN cms_content_variants AS v ON v.content_id = c.id
     WHERE c.id = ANY ($5) AND ",
            shown!($standing),
            " ORDER BY c.id, v.variant_key"
        )
    };
}

const CONTENTS: &str = contents!("c.status = 'published'");

/// For previews (R4.15).
const CONTENTS_TRIED: &str = contents!("c.status <> 'archived'");

/// A page of candidates after the id `$9`. A type that is none compares as text, and finds nothing.
macro_rules! candidates {
    ($standing:literal) => {
        concat!(
            "SELECT c.id, c.info FROM cms_content AS c
     WHERE c.type = (
         SELECT kind FROM unnest(enum_range(NULL::enum_cms_content_type)) AS kind
         WHERE kind::text = $5)
       AND ",
            shown!($standing),
            " AND (cardinality($6) = 0 OR c.tags && $6) AND c.tags @> $7
       AND c.id <> ALL ($8) AND ($9::uuid IS NULL OR c.id > $9)
     ORDER BY c.id LIMIT $10"
        )
    };
}

const CANDIDATES: &str = candidates!("c.status = 'published'");

/// For previews (R4.8).
const CANDIDATES_TRIED: &str = candidates!("c.status <> 'archived'");

impl AsyncContentStore for PostgresStore {
    async fn contents(
        &self,
        scope: &AccessScope,
        ids: &[ContentId],
    ) -> Result<Vec<Option<ContentItem>>, StoreError> {
        let mut lent = self.lend("read content").await?;
        let found = items(lent.connection(), scope, ids).await;
        let found = lent.read(found)?;
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }

    async fn candidates(
        &self,
        scope: &AccessScope,
        query: &ContentQuery,
    ) -> Result<Vec<ContentId>, StoreError> {
        let mut lent = self.lend("list candidates").await?;
        let found = candidates(lent.connection(), scope, query).await;
        lent.read(found)
    }
}

async fn items(
    connection: &mut PgConnection,
    scope: &AccessScope,
    ids: &[ContentId],
) -> sqlx::Result<BTreeMap<ContentId, ContentItem>> {
    let sql = if scope.sees_drafts() { CONTENTS_TRIED } else { CONTENTS };
    let rows = sqlx::query(sql)
        .bind(scope.is_system())
        .bind(tenants(scope.schools()))
        .bind(tenants(scope.owned()))
        .bind(scope.account().map(|id| id.0))
        .bind(uuids(ids))
        .fetch_all(connection)
        .await?;
    let mut items = BTreeMap::new();
    for row in &rows {
        let item = match items.entry(ContentId(row.try_get("id")?)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let item = item(*place.key(), row)?;
                place.insert(item)
            }
        };
        if row.try_get("has_variant")? {
            let variant = variant::record(row)?.variant();
            item.variants.push(variant.map_err(|error| sqlx::Error::Decode(error.into()))?);
        }
    }
    Ok(items)
}

fn item(id: ContentId, row: &PgRow) -> sqlx::Result<ContentItem> {
    Ok(ContentItem {
        id,
        kind: row.try_get("type")?,
        content: object(row, "content")?,
        info: object(row, "info")?,
        variants: Vec::new(),
    })
}

/// Lists page by page, so that a large library is not read to its end for what a filter leaves.
async fn candidates(
    connection: &mut PgConnection,
    scope: &AccessScope,
    query: &ContentQuery,
) -> sqlx::Result<Vec<ContentId>> {
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let page = page(connection, scope, query, after).await?;
        for row in &page {
            let id = row.try_get("id")?;
            after = Some(id);
            if query.info_filters.is_empty() || query.admits(&object(row, "info")?) {
                ids.push(ContentId(id));
            }
            if ids.len() == ContentQuery::LIMIT {
                return Ok(ids);
            }
        }
        if page.len() < ContentQuery::LIMIT {
            return Ok(ids);
        }
    }
}

async fn page(
    connection: &mut PgConnection,
    scope: &AccessScope,
    query: &ContentQuery,
    after: Option<Uuid>,
) -> sqlx::Result<Vec<PgRow>> {
    let sql = if scope.sees_drafts() { CANDIDATES_TRIED } else { CANDIDATES };
    sqlx::query(sql)
        .bind(scope.is_system())
        .bind(tenants(scope.schools()))
        .bind(tenants(scope.owned()))
        .bind(scope.account().map(|id| id.0))
        .bind(&query.kind)
        .bind(&query.tags)
        .bind(&query.tags_all)
        .bind(uuids(&query.exclude))
        .bind(after)
        .bind(i64::try_from(ContentQuery::LIMIT).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .await
}

fn uuids(ids: &[ContentId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}

fn object(row: &PgRow, column: &str) -> sqlx::Result<Map<String, Value>> {
    let text = row.try_get::<Json<&str>, _>(column)?;
    serde_json::from_str(text.0).map_err(|error| sqlx::Error::Decode(error.into()))
}
