//! [`FlowStore`] on SQLite.

use chatflow::{FlowId, FlowRef, TenantId};
use chatflow_storage::{
    AccessScope, FlowStore, FlowSummary, FlowTracing, LiveVersion, Pin, StoreError, ThemeId,
    ThemeRecord, TraceLevel, VersionRecord,
};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use crate::column::{Id, count, label, maybe_time, maybe_uuid, time, uuid, visibility};
use crate::library::theme;
use crate::pool::SqliteStore;

macro_rules! summary {
    ($rest:literal) => {
        concat!(
            "SELECT f.id, f.seed_key, f.name, f.description, f.version, f.visibility, f.school_id,
               f.allow_anonymous, f.theme_id, f.info, f.is_published, f.is_active, f.published_at,
               f.row_version, f.trace_enabled, f.trace_level, f.trace_sample_rate,
               f.retention_days,
               (SELECT max(v.seq) FROM flow_versions AS v WHERE v.flow_id = f.id) AS newest
             FROM flow_definitions AS f ",
            $rest
        )
    };
}

macro_rules! columns {
    () => {
        "SELECT v.flow_id, v.seq, v.version, v.name, v.snapshot, v.graph_hash, v.theme_id,
           v.school_id, v.visibility, v.allow_anonymous, v.published_at"
    };
}

macro_rules! version {
    ($rest:literal) => {
        concat!(columns!(), " FROM flow_versions AS v ", $rest)
    };
}

const LIVE: &str = concat!(
    columns!(),
    ", f.trace_enabled, f.trace_level, f.trace_sample_rate
     FROM flow_versions AS v JOIN flow_definitions AS f ON f.id = v.flow_id
     WHERE v.flow_id = ?1 AND f.is_active = 1 AND f.is_published = 1
     ORDER BY v.seq DESC LIMIT 1"
);

/// One statement follows all references (F20). `UNION` drops what was reached before, which ends
/// cycles; the row without a link is the root itself.
const PINS: &str = "
WITH RECURSIVE
  root AS (
    SELECT flow_id, seq, school_id, visibility, allow_anonymous
    FROM flow_versions WHERE flow_id = ?1 AND seq = ?2
  ),
  reached (link, flow_id, seq, school_id) AS (
    SELECT '', flow_id, seq, school_id FROM root
    UNION
    SELECT l.link, v.flow_id, v.seq, v.school_id
    FROM reached AS p
    JOIN flow_version_links AS l ON l.flow_id = p.flow_id AND l.seq = p.seq
    JOIN flow_definitions AS f ON f.id = CASE
      WHEN substr(l.link, 1, 2) = 'id' THEN substr(l.link, instr(l.link, ':') + 1)
      ELSE (
        SELECT k.id FROM flow_definitions AS k
        WHERE k.seed_key = substr(l.link, instr(l.link, ':') + 1)
          AND k.is_active = 1 AND k.is_published = 1
          AND (k.school_id IS NULL OR k.school_id = (SELECT school_id FROM root))
        ORDER BY k.school_id IS NULL, k.id LIMIT 1
      )
    END
    JOIN flow_versions AS v ON v.flow_id = f.id AND v.seq = CASE
      WHEN substr(l.link, 3, 1) = '@' OR substr(l.link, 4, 1) = '@' THEN (
        SELECT max(w.seq) FROM flow_versions AS w WHERE w.flow_id = f.id
          AND w.version = substr(l.link, instr(l.link, '@') + 1,
            instr(l.link, ':') - instr(l.link, '@') - 1)
      )
      ELSE (SELECT max(w.seq) FROM flow_versions AS w WHERE w.flow_id = f.id)
    END
    WHERE f.is_active = 1 AND f.is_published = 1
      AND (v.visibility IN ('public', 'wriveted') OR v.school_id = p.school_id)
  )
SELECT r.link, r.flow_id, r.seq, root.school_id, root.visibility, root.allow_anonymous
FROM reached AS r CROSS JOIN root
ORDER BY r.link, r.flow_id";

impl FlowStore for SqliteStore {
    fn flow(&self, scope: &AccessScope, id: FlowId) -> Result<Option<FlowSummary>, StoreError> {
        let sql = summary!("WHERE f.id = ?1");
        let found = self.read("read a flow", |c| summaries(c, sql, scope, [Id(id.0)]))?;
        Ok(found.into_iter().next())
    }

    fn theme(&self, scope: &AccessScope, id: ThemeId) -> Result<Option<ThemeRecord>, StoreError> {
        let stored = self.read("read a theme", |connection| theme::load(connection, id.0))?;
        let theme = stored.map(|stored| stored.record);
        Ok(theme.filter(|theme| theme.is_active && scope.sees_theme(theme.school_id)))
    }

    fn flow_by_seed_key(
        &self,
        scope: &AccessScope,
        seed_key: &str,
    ) -> Result<Option<FlowSummary>, StoreError> {
        let sql = summary!(
            "WHERE f.seed_key = ?1 AND f.is_active = 1
             ORDER BY NOT f.is_published, f.school_id IS NOT NULL, f.id"
        );
        let found = self.read("look up a seed key", |c| summaries(c, sql, scope, [seed_key]))?;
        Ok(found.into_iter().next())
    }

    fn startable_flows(&self, scope: &AccessScope) -> Result<Vec<FlowSummary>, StoreError> {
        let sql = summary!("WHERE f.is_active = 1 AND f.is_published = 1 ORDER BY f.name, f.id");
        self.read("list flows", |c| summaries(c, sql, scope, []))
    }

    fn flow_version(
        &self,
        scope: &AccessScope,
        flow: FlowRef,
    ) -> Result<Option<VersionRecord>, StoreError> {
        let sql = version!("WHERE v.flow_id = ?1 AND v.seq = ?2");
        let params = params![Id(flow.id.0), flow.seq];
        let found = self.read("read a version of a flow", |c| version(c, sql, params))?;
        Ok(found.filter(|found| sees(scope, found)))
    }

    fn newest_version(
        &self,
        scope: &AccessScope,
        id: FlowId,
    ) -> Result<Option<LiveVersion>, StoreError> {
        let found = self.read("read a flow's newest version", |c| {
            let mut statement = c.prepare_cached(LIVE)?;
            let found = statement.query_row([Id(id.0)], |row| Ok((record(row)?, tracing(row)?)));
            let Some((version, tracing)) = found.optional()? else {
                return Ok(None);
            };
            Ok(Some(LiveVersion { version: with_links(c, version)?, tracing }))
        })?;
        Ok(found.filter(|found| sees(scope, &found.version)))
    }

    fn pins(&self, scope: &AccessScope, root: FlowRef) -> Result<Vec<Pin>, StoreError> {
        self.read("follow a flow's references", |connection| {
            let mut statement = connection.prepare_cached(PINS)?;
            let mut rows = statement.query(params![Id(root.id.0), root.seq])?;
            let mut pins = Vec::new();
            while let Some(row) = rows.next()? {
                let school = maybe_uuid(row, "school_id")?.map(TenantId);
                if !scope.sees_flow(visibility(row)?, school, row.get("allow_anonymous")?) {
                    return Ok(Vec::new());
                }
                let link: String = row.get("link")?;
                if !link.is_empty() {
                    pins.push(Pin { link, flow: flow_ref(row)? });
                }
            }
            Ok(pins)
        })
    }
}

fn sees(scope: &AccessScope, version: &VersionRecord) -> bool {
    scope.sees_flow(version.visibility, version.school_id, version.allow_anonymous)
}

fn flow_ref(row: &Row<'_>) -> rusqlite::Result<FlowRef> {
    Ok(FlowRef { id: FlowId(uuid(row, "flow_id")?), seq: row.get("seq")? })
}

fn summaries(
    connection: &Connection,
    sql: &str,
    scope: &AccessScope,
    params: impl Params,
) -> rusqlite::Result<Vec<FlowSummary>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, summary)?;
    let seen =
        |flow: &FlowSummary| scope.sees_flow(flow.visibility, flow.school_id, flow.allow_anonymous);
    rows.filter(|row| row.as_ref().map_or(true, seen)).collect()
}

fn summary(row: &Row<'_>) -> rusqlite::Result<FlowSummary> {
    let id = FlowId(uuid(row, "id")?);
    let newest: Option<u32> = row.get("newest")?;
    Ok(FlowSummary {
        id,
        seed_key: row.get("seed_key")?,
        name: row.get("name")?,
        description: row.get("description")?,
        version: row.get("version")?,
        visibility: visibility(row)?,
        school_id: maybe_uuid(row, "school_id")?.map(TenantId),
        allow_anonymous: row.get("allow_anonymous")?,
        theme_id: maybe_uuid(row, "theme_id")?.map(ThemeId),
        info: row.get("info")?,
        is_published: row.get("is_published")?,
        is_active: row.get("is_active")?,
        published_at: maybe_time(row, "published_at")?,
        tracing: tracing(row)?,
        retention_days: row.get("retention_days")?,
        newest: newest.map(|seq| FlowRef { id, seq }),
        row_version: count(row, "row_version")?,
    })
}

/// The newest version of a flow, withdrawn or not.
pub(crate) fn newest(
    connection: &Connection,
    id: FlowId,
) -> rusqlite::Result<Option<VersionRecord>> {
    let sql = version!("WHERE v.flow_id = ?1 ORDER BY v.seq DESC LIMIT 1");
    version(connection, sql, [Id(id.0)])
}

/// Versions are immutable, so two statements see the same one.
fn version(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> rusqlite::Result<Option<VersionRecord>> {
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row(params, record).optional()?;
    found.map(|version| with_links(connection, version)).transpose()
}

fn record(row: &Row<'_>) -> rusqlite::Result<VersionRecord> {
    Ok(VersionRecord {
        flow: flow_ref(row)?,
        label: row.get("version")?,
        name: row.get("name")?,
        document: row.get("snapshot")?,
        graph_hash: row.get("graph_hash")?,
        links: Vec::new(),
        theme_id: maybe_uuid(row, "theme_id")?.map(ThemeId),
        school_id: maybe_uuid(row, "school_id")?.map(TenantId),
        visibility: visibility(row)?,
        allow_anonymous: row.get("allow_anonymous")?,
        published_at: time(row, "published_at")?,
    })
}

fn tracing(row: &Row<'_>) -> rusqlite::Result<FlowTracing> {
    Ok(FlowTracing {
        enabled: row.get("trace_enabled")?,
        level: label(row, "trace_level", TraceLevel::parse)?,
        sample_rate: row.get("trace_sample_rate")?,
    })
}

fn with_links(
    connection: &Connection,
    mut version: VersionRecord,
) -> rusqlite::Result<VersionRecord> {
    let mut statement = connection.prepare_cached(
        "SELECT link FROM flow_version_links WHERE flow_id = ?1 AND seq = ?2 ORDER BY ordinal",
    )?;
    let params = params![Id(version.flow.id.0), version.flow.seq];
    version.links = statement.query_map(params, |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(version)
}
