//! [`AsyncFlowStore`] on Postgres.

use chatflow::{FlowId, FlowRef, TenantId};
use chatflow_storage::{
    AccessScope, AsyncFlowStore, FlowSummary, FlowTracing, LiveVersion, Pin, StoreError, ThemeId,
    ThemeRecord, TraceLevel, VersionRecord,
};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, Row};

use crate::column::{count, json, label, maybe_time, seq, small_count, time, visibility};
use crate::library::theme;
use crate::pool::PostgresStore;

macro_rules! summary {
    ($rest:literal) => {
        concat!(
            "SELECT f.id, f.seed_key, f.name, f.description, f.version,
               f.visibility::text AS visibility, f.school_id, f.allow_anonymous, f.theme_id, f.info,
               f.is_published, f.is_active, f.published_at, f.row_version, f.trace_enabled,
               f.trace_level::text AS trace_level, f.trace_sample_rate, f.retention_days,
               (SELECT max(v.seq) FROM flow_versions AS v WHERE v.flow_id = f.id) AS newest
             FROM flow_definitions AS f ",
            $rest
        )
    };
}

macro_rules! columns {
    () => {
        "SELECT v.flow_id, v.seq, v.version, v.name, v.snapshot, v.graph_hash, v.theme_id,
           v.school_id, v.visibility::text AS visibility, v.allow_anonymous, v.published_at,
           ARRAY(
             SELECT l.link FROM flow_version_links AS l
             WHERE l.flow_id = v.flow_id AND l.seq = v.seq ORDER BY l.ordinal) AS links"
    };
}

macro_rules! version {
    ($rest:literal) => {
        concat!(columns!(), " FROM flow_versions AS v ", $rest)
    };
}

const FLOW: &str = summary!("WHERE f.id = $1");

const BY_SEED_KEY: &str = summary!(
    "WHERE f.seed_key = $1 AND f.is_active
     ORDER BY NOT f.is_published, f.school_id IS NOT NULL, f.id"
);

const STARTABLE: &str = summary!("WHERE f.is_active AND f.is_published ORDER BY f.name, f.id");

const VERSION: &str = version!("WHERE v.flow_id = $1 AND v.seq = $2");

const LIVE: &str = concat!(
    columns!(),
    ", f.trace_enabled, f.trace_level::text AS trace_level, f.trace_sample_rate
     FROM flow_versions AS v JOIN flow_definitions AS f ON f.id = v.flow_id
     WHERE v.flow_id = $1 AND f.is_active AND f.is_published
     ORDER BY v.seq DESC LIMIT 1"
);

const NEWEST: &str = version!("WHERE v.flow_id = $1 ORDER BY v.seq DESC LIMIT 1");

/// One statement follows all references (F20). `UNION` drops what was reached before, which ends
/// cycles; the row without a link is the root itself. Only what has the form of an id is read as one.
const PINS: &str = r#"
WITH RECURSIVE
  root AS (
    SELECT flow_id, seq, school_id, visibility, allow_anonymous
    FROM flow_versions WHERE flow_id = $1 AND seq = $2
  ),
  links AS (
    SELECT flow_id, seq, link, link ~ '^id' AS by_id,
      substr(link, strpos(link, ':') + 1) AS name,
      CASE WHEN link ~ '^(id|key)@' THEN
        substr(link, strpos(link, '@') + 1, strpos(link, ':') - strpos(link, '@') - 1)
      END AS label
    FROM flow_version_links
  ),
  reached (link, flow_id, seq, school_id) AS (
    SELECT ''::text COLLATE "C", flow_id, seq, school_id FROM root
    UNION
    SELECT l.link, v.flow_id, v.seq, v.school_id
    FROM reached AS p
    JOIN links AS l ON l.flow_id = p.flow_id AND l.seq = p.seq
    JOIN flow_definitions AS f ON f.id = CASE
      WHEN NOT l.by_id THEN (
        SELECT k.id FROM flow_definitions AS k
        WHERE k.seed_key = l.name AND k.is_active AND k.is_published
          AND (k.school_id IS NULL OR k.school_id = (SELECT school_id FROM root))
        ORDER BY k.school_id IS NULL, k.id LIMIT 1)
      WHEN l.name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN l.name::uuid
    END
    JOIN flow_versions AS v ON v.flow_id = f.id AND v.seq = (
      SELECT max(w.seq) FROM flow_versions AS w
      WHERE w.flow_id = f.id AND (l.label IS NULL OR w.version = l.label))
    WHERE f.is_active AND f.is_published
      AND (v.visibility IN ('public', 'wriveted') OR v.school_id = p.school_id)
  )
SELECT r.link, r.flow_id, r.seq, root.school_id, root.visibility::text AS visibility,
  root.allow_anonymous
FROM reached AS r CROSS JOIN root
ORDER BY r.link, r.flow_id"#;

impl AsyncFlowStore for PostgresStore {
    async fn flow(
        &self,
        scope: &AccessScope,
        id: FlowId,
    ) -> Result<Option<FlowSummary>, StoreError> {
        let found = self.summaries("read a flow", scope, sqlx::query(FLOW).bind(id.0)).await?;
        Ok(found.into_iter().next())
    }

    async fn theme(
        &self,
        scope: &AccessScope,
        id: ThemeId,
    ) -> Result<Option<ThemeRecord>, StoreError> {
        let mut lent = self.lend("read a theme").await?;
        let stored = theme::load(lent.connection(), id.0).await;
        let theme = lent.read(stored)?.map(|stored| stored.record);
        Ok(theme.filter(|theme| theme.is_active && scope.sees_theme(theme.school_id)))
    }

    async fn flow_by_seed_key(
        &self,
        scope: &AccessScope,
        seed_key: &str,
    ) -> Result<Option<FlowSummary>, StoreError> {
        let query = sqlx::query(BY_SEED_KEY).bind(seed_key);
        let found = self.summaries("look up a seed key", scope, query).await?;
        Ok(found.into_iter().next())
    }

    async fn startable_flows(&self, scope: &AccessScope) -> Result<Vec<FlowSummary>, StoreError> {
        self.summaries("list flows", scope, sqlx::query(STARTABLE)).await
    }

    async fn flow_version(
        &self,
        scope: &AccessScope,
        flow: FlowRef,
    ) -> Result<Option<VersionRecord>, StoreError> {
        let mut lent = self.lend("read a version of a flow").await?;
        let query = sqlx::query(VERSION).bind(flow.id.0).bind(i64::from(flow.seq));
        let found = version(lent.connection(), query).await;
        Ok(lent.read(found)?.filter(|found| sees(scope, found)))
    }

    async fn newest_version(
        &self,
        scope: &AccessScope,
        id: FlowId,
    ) -> Result<Option<LiveVersion>, StoreError> {
        let mut lent = self.lend("read a flow's newest version").await?;
        let row = sqlx::query(LIVE).bind(id.0).fetch_optional(lent.connection()).await;
        let live =
            |row: PgRow| Ok(LiveVersion { version: version_of(&row)?, tracing: tracing_of(&row)? });
        let found = lent.read(row.and_then(|row| row.map(live).transpose()))?;
        Ok(found.filter(|found| sees(scope, &found.version)))
    }

    async fn pins(&self, scope: &AccessScope, root: FlowRef) -> Result<Vec<Pin>, StoreError> {
        let mut lent = self.lend("follow a flow's references").await?;
        let found = pins(lent.connection(), scope, root).await;
        lent.read(found)
    }
}

type Bound<'q> = Query<'q, Postgres, PgArguments>;

impl PostgresStore {
    async fn summaries(
        &self,
        doing: &'static str,
        scope: &AccessScope,
        query: Bound<'_>,
    ) -> Result<Vec<FlowSummary>, StoreError> {
        let mut lent = self.lend(doing).await?;
        let rows = query.fetch_all(lent.connection()).await;
        let flows = rows.and_then(|rows| rows.iter().map(summary).collect::<Result<Vec<_>, _>>());
        let mut flows = lent.read(flows)?;
        flows.retain(|flow| scope.sees_flow(flow.visibility, flow.school_id, flow.allow_anonymous));
        Ok(flows)
    }
}

fn sees(scope: &AccessScope, version: &VersionRecord) -> bool {
    scope.sees_flow(version.visibility, version.school_id, version.allow_anonymous)
}

fn flow_ref(row: &PgRow) -> sqlx::Result<FlowRef> {
    Ok(FlowRef { id: FlowId(row.try_get("flow_id")?), seq: seq(row, "seq")? })
}

async fn pins(
    connection: &mut PgConnection,
    scope: &AccessScope,
    root: FlowRef,
) -> sqlx::Result<Vec<Pin>> {
    let query = sqlx::query(PINS).bind(root.id.0).bind(i64::from(root.seq));
    let mut pins = Vec::new();
    for row in &query.fetch_all(connection).await? {
        let school = row.try_get::<Option<_>, _>("school_id")?.map(TenantId);
        if !scope.sees_flow(visibility(row)?, school, row.try_get("allow_anonymous")?) {
            return Ok(Vec::new());
        }
        let link: String = row.try_get("link")?;
        if !link.is_empty() {
            pins.push(Pin { link, flow: flow_ref(row)? });
        }
    }
    Ok(pins)
}

fn summary(row: &PgRow) -> sqlx::Result<FlowSummary> {
    let id = FlowId(row.try_get("id")?);
    let has_newest = row.try_get::<Option<i64>, _>("newest")?.is_some();
    let newest = has_newest.then(|| seq(row, "newest")).transpose()?;
    Ok(FlowSummary {
        id,
        seed_key: row.try_get("seed_key")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        version: row.try_get("version")?,
        visibility: visibility(row)?,
        school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
        allow_anonymous: row.try_get("allow_anonymous")?,
        theme_id: row.try_get::<Option<_>, _>("theme_id")?.map(ThemeId),
        info: json(row, "info")?,
        is_published: row.try_get("is_published")?,
        is_active: row.try_get("is_active")?,
        published_at: maybe_time(row, "published_at")?,
        tracing: tracing_of(row)?,
        retention_days: small_count(row, "retention_days")?,
        newest: newest.map(|seq| FlowRef { id, seq }),
        row_version: count(row, "row_version")?,
    })
}

/// The newest version of a flow, withdrawn or not.
pub(crate) async fn newest(
    connection: &mut PgConnection,
    id: FlowId,
) -> sqlx::Result<Option<VersionRecord>> {
    version(connection, sqlx::query(NEWEST).bind(id.0)).await
}

async fn version(
    connection: &mut PgConnection,
    query: Bound<'_>,
) -> sqlx::Result<Option<VersionRecord>> {
    let row = query.fetch_optional(connection).await?;
    row.as_ref().map(version_of).transpose()
}

fn tracing_of(row: &PgRow) -> sqlx::Result<FlowTracing> {
    Ok(FlowTracing {
        enabled: row.try_get("trace_enabled")?,
        level: label(row, "trace_level", TraceLevel::parse)?,
        sample_rate: small_count(row, "trace_sample_rate")?,
    })
}

fn version_of(row: &PgRow) -> sqlx::Result<VersionRecord> {
    Ok(VersionRecord {
        flow: flow_ref(row)?,
        label: row.try_get("version")?,
        name: row.try_get("name")?,
        document: json(row, "snapshot")?,
        graph_hash: row.try_get("graph_hash")?,
        links: row.try_get("links")?,
        theme_id: row.try_get::<Option<_>, _>("theme_id")?.map(ThemeId),
        school_id: row.try_get::<Option<_>, _>("school_id")?.map(TenantId),
        visibility: visibility(row)?,
        allow_anonymous: row.try_get("allow_anonymous")?,
        published_at: time(row, "published_at")?,
    })
}
