//! Lists of flows.

use chatflow_storage::{AccessScope, FlowDraft, FlowPage, FlowQuery, Stored, Total, UserId};
use rusqlite::{Connection, Row, named_params};

use super::newest;
use crate::column::{Id, count, list, maybe_time, maybe_uuid, number, time, visibility_text};
use crate::library::flow;

/// The rows that are asked for and that the scope views (S2.22, S2.23).
macro_rules! asked {
    () => {
        "WHERE (:published IS NULL OR f.is_published = :published)
           AND (:active IS NULL OR f.is_active = :active)
           AND (:search IS NULL OR instr(lower(f.name), lower(:search)) > 0
             OR instr(lower(f.description), lower(:search)) > 0)
           AND (:version IS NULL OR f.version = :version)
           AND (:school IS NULL OR f.school_id = :school)
           AND (:visibility IS NULL OR f.visibility = :visibility)
           AND (:embeddable IS NULL
             OR coalesce(json_type(f.info, '$.embeddable') = 'true', 0) = :embeddable)
           AND (:created_by IS NULL OR f.created_by = :created_by)
           AND (NOT :without_public OR f.visibility <> 'public')
           AND (:all OR f.visibility IN ('public', 'wriveted')
             OR (f.visibility = 'school' AND f.school_id IN (SELECT value FROM json_each(:schools)))
             OR (f.visibility = 'private' AND (
               f.school_id IN (SELECT value FROM json_each(:owned))
               OR (f.created_by = :account AND (f.school_id IS NULL
                 OR f.school_id IN (SELECT value FROM json_each(:schools)))))))
           AND (NOT :live_only OR (f.is_active = 1 AND f.is_published = 1)) "
    };
}

const PAGE: &str = concat!(
    "SELECT f.id, f.seed_key, f.name, f.description, f.version, f.entry_node_id, f.flow_data,
       f.info, f.visibility, f.school_id, f.allow_anonymous, f.is_published, f.is_active,
       f.theme_id, f.retention_days, f.trace_enabled, f.trace_level, f.trace_sample_rate,
       f.graph_hash, f.row_version, f.created_at, f.updated_at, f.created_by, f.published_at,
       f.published_by, v.seq AS newest_seq, v.version AS newest_label, v.graph_hash AS newest_hash
     FROM flow_definitions AS f
     LEFT JOIN flow_versions AS v ON v.flow_id = f.id
       AND v.seq = (SELECT max(w.seq) FROM flow_versions AS w WHERE w.flow_id = f.id) ",
    asked!(),
    "ORDER BY f.created_at DESC, f.id DESC LIMIT :limit OFFSET :skip"
);

const TOTAL: &str = concat!(
    "SELECT count(*) AS total FROM (SELECT 1 FROM flow_definitions AS f ",
    asked!(),
    "ORDER BY f.created_at DESC, f.id DESC LIMIT :limit OFFSET :skip)"
);

pub(super) fn page(
    connection: &Connection,
    scope: &AccessScope,
    query: &FlowQuery,
) -> rusqlite::Result<FlowPage> {
    if !scope.is_signed_in() {
        return Ok(FlowPage::default());
    }
    let asked = Asked { connection, scope, query };
    let most = Total::MOST.saturating_add(1);
    let totals = asked.rows(TOTAL, 0, most, |row| count(row, "total"))?;
    let flows = asked.rows(PAGE, query.skip.into(), query.limit.into(), draft)?;
    Ok(FlowPage { flows, total: Total::of(totals.first().copied().unwrap_or_default()) })
}

struct Asked<'a> {
    connection: &'a Connection,
    scope: &'a AccessScope,
    query: &'a FlowQuery,
}

impl Asked<'_> {
    fn rows<T>(
        &self,
        sql: &str,
        skip: u64,
        limit: u64,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let Self { connection, scope, query } = self;
        let mut statement = connection.prepare_cached(sql)?;
        let params = named_params! {
            ":published": query.published,
            ":active": query.active,
            ":search": query.search,
            ":version": query.version,
            ":school": query.school.map(|id| Id(id.0)),
            ":visibility": query.visibility.map(visibility_text),
            ":embeddable": query.embeddable,
            ":created_by": query.created_by.map(|id| Id(id.0)),
            ":without_public": query.without_public,
            ":all": scope.is_system(),
            ":schools": list(scope.schools()),
            ":owned": list(scope.owned()),
            ":account": scope.account().map(|id| Id(id.0)),
            ":live_only": scope.sees_live_only(),
            ":skip": number(skip),
            ":limit": number(limit),
        };
        statement.query_map(params, read)?.collect()
    }
}

fn draft(row: &Row<'_>) -> rusqlite::Result<FlowDraft> {
    Ok(FlowDraft {
        stored: Stored {
            record: flow::record(row)?,
            row_version: count(row, "row_version")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        },
        published_at: maybe_time(row, "published_at")?,
        published_by: maybe_uuid(row, "published_by")?.map(UserId),
        newest: newest(row)?,
    })
}
