//! Lists of flows.

use chatflow_storage::{AccessScope, FlowDraft, FlowPage, FlowQuery, Stored, Total, UserId};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::newest;
use crate::column::{count, maybe_time, number, tenants, time, visibility_text};
use crate::library::flow;

/// The rows that are asked for and that the scope views (S2.22, S2.23).
///
/// Escapes are taken out of `info` before it is looked into, since Postgres refuses some of them.
macro_rules! asked {
    () => {
        "flow_definitions AS f
         WHERE ($1::boolean IS NULL OR f.is_published = $1)
           AND ($2::boolean IS NULL OR f.is_active = $2)
           AND ($3::text IS NULL OR strpos(lower(f.name), lower($3 COLLATE \"C\")) > 0
             OR strpos(lower(f.description), lower($3 COLLATE \"C\")) > 0)
           AND ($4::text IS NULL OR f.version = $4)
           AND ($5::uuid IS NULL OR f.school_id = $5)
           AND ($6::text IS NULL OR f.visibility = $6::enum_cms_content_visibility)
           AND ($7::boolean IS NULL OR $7 = coalesce((regexp_replace(f.info::text,
             '\\\\(u[0-9a-fA-F]{4}|.)', '_', 'g')::json -> 'embeddable')::text = 'true', false))
           AND ($8::uuid IS NULL OR f.created_by = $8)
           AND (NOT $9 OR f.visibility <> 'public')
           AND ($10 OR f.visibility IN ('public', 'wriveted')
             OR (f.visibility = 'school' AND f.school_id = ANY ($11))
             OR (f.visibility = 'private' AND (f.school_id = ANY ($12)
               OR (f.created_by = $13 AND (f.school_id IS NULL OR f.school_id = ANY ($11))))))
           AND (NOT $14 OR (f.is_active AND f.is_published))"
    };
}

/// The total comes in every row; an empty page is one row without an id.
const PAGE: &str = concat!(
    "SELECT t.total, s.*
     FROM (
       SELECT count(*) AS total FROM (
         SELECT 1 FROM ",
    asked!(),
    "    LIMIT $17) AS c
     ) AS t LEFT JOIN LATERAL (
       SELECT f.id, f.seed_key, f.name, f.description, f.version, f.entry_node_id, f.flow_data,
         f.info, f.visibility::text AS visibility, f.school_id, f.allow_anonymous, f.is_published,
         f.is_active, f.theme_id, f.retention_days, f.trace_enabled,
         f.trace_level::text AS trace_level, f.trace_sample_rate, f.graph_hash, f.row_version,
         f.created_at, f.updated_at, f.created_by, f.published_at, f.published_by,
         v.seq AS newest_seq, v.version AS newest_label, v.graph_hash AS newest_hash
       FROM (
         SELECT f.id AS page_id FROM ",
    asked!(),
    "    ORDER BY f.created_at DESC, f.id DESC LIMIT $16 OFFSET $15
       ) AS p
       JOIN flow_definitions AS f ON f.id = p.page_id
       LEFT JOIN LATERAL (
         SELECT w.seq, w.version, w.graph_hash FROM flow_versions AS w WHERE w.flow_id = f.id
         ORDER BY w.seq DESC LIMIT 1
       ) AS v ON true
     ) AS s ON true
     ORDER BY s.created_at DESC, s.id DESC"
);

pub(super) async fn page(
    connection: &mut PgConnection,
    scope: &AccessScope,
    query: &FlowQuery,
) -> sqlx::Result<FlowPage> {
    let mut page = FlowPage::default();
    if !scope.is_signed_in() {
        return Ok(page);
    }
    let rows = sqlx::query(PAGE)
        .bind(query.published)
        .bind(query.active)
        .bind(query.search.as_deref())
        .bind(query.version.as_deref())
        .bind(query.school.map(|id| id.0))
        .bind(query.visibility.map(visibility_text))
        .bind(query.embeddable)
        .bind(query.created_by.map(|id| id.0))
        .bind(query.without_public)
        .bind(scope.is_system())
        .bind(tenants(scope.schools()))
        .bind(tenants(scope.owned()))
        .bind(scope.account().map(|id| id.0))
        .bind(scope.sees_live_only())
        .bind(i64::from(query.skip))
        .bind(i64::from(query.limit))
        .bind(number(Total::MOST.saturating_add(1)))
        .fetch_all(connection)
        .await?;
    for row in &rows {
        page.total = Total::of(count(row, "total")?);
        if row.try_get::<Option<uuid::Uuid>, _>("id")?.is_some() {
            page.flows.push(draft(row)?);
        }
    }
    Ok(page)
}

/// A flow without its graph.
pub(super) fn draft(row: &PgRow) -> sqlx::Result<FlowDraft> {
    Ok(FlowDraft {
        stored: Stored {
            record: flow::record(row)?,
            row_version: count(row, "row_version")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        },
        published_at: maybe_time(row, "published_at")?,
        published_by: row.try_get::<Option<_>, _>("published_by")?.map(UserId),
        newest: newest(row)?,
    })
}
