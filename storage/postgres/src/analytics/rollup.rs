//! What is kept of days.

use chatflow::{FlowId, NodeId, TenantId, Timestamp};
use chatflow_storage::{
    Day, FlowDay, FlowDayQuery, FlowMetrics, Measured, Reach, Rollup, RollupKey, RollupPart,
    RollupQuery, RollupRow,
};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::ids;
use crate::column::{Json, Time, json, maybe_json, maybe_time, tenants, time};

/// Goes from one session to the next that is of another day, or of another flow: a look-up for each,
/// and two more for each flow. It begins at $1 and $2.
const DAYS: &str = "
WITH RECURSIVE steps AS (
  (
    SELECT s.flow_id, s.started_at FROM conversation_sessions AS s
    WHERE (s.flow_id, s.started_at) >= ($1, $2) ORDER BY s.flow_id, s.started_at LIMIT 1
  )
  UNION
  SELECT n.flow_id, n.started_at FROM steps AS p CROSS JOIN LATERAL (
    SELECT s.flow_id, s.started_at FROM conversation_sessions AS s
    WHERE (s.flow_id, s.started_at) >= (p.flow_id, CASE
      WHEN p.started_at < $3 THEN $3
      WHEN p.started_at < $4 THEN
        (date_trunc('day', p.started_at AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC'
      ELSE 'infinity' END)
    ORDER BY s.flow_id, s.started_at LIMIT 1
  ) AS n
), days AS (
  SELECT flow_id, (started_at AT TIME ZONE 'UTC')::date AS date FROM steps
  WHERE started_at >= $3 AND started_at < $4 LIMIT $5
)
SELECT d.flow_id, d.date::timestamp AT TIME ZONE 'UTC' AS day, a.updated_at, a.metrics
FROM days AS d
LEFT JOIN conversation_analytics AS a
  ON a.flow_id = d.flow_id AND a.node_id = '' AND a.date = d.date
  AND a.school_id = '00000000-0000-0000-0000-000000000000'
ORDER BY d.flow_id, d.date";

const DELETE: &str = "
DELETE FROM conversation_analytics
WHERE flow_id = $1 AND date = ($2::timestamptz AT TIME ZONE 'UTC')::date";

const INSERT: &str = "
INSERT INTO conversation_analytics (
  flow_id, node_id, date, school_id, metrics, created_at, updated_at)
SELECT $1, p.node_id, ($2::timestamptz AT TIME ZONE 'UTC')::date, p.school_id, p.metrics, $3, $3
FROM unnest($4::text[], $5::uuid[], $6::json[]) AS p (node_id, school_id, metrics)";

/// The rows that are told of, of what `$measured` says.
macro_rules! rows {
    ($measured:literal) => {
        concat!(
            "SELECT a.flow_id, nullif(a.node_id, '') AS node_id,
               a.date::timestamp AT TIME ZONE 'UTC' AS day,
               nullif(a.school_id, '00000000-0000-0000-0000-000000000000') AS school_id,
               a.metrics, a.updated_at
             FROM conversation_analytics AS a
             WHERE a.flow_id = ANY ($1)
               AND a.date BETWEEN ($4::timestamptz AT TIME ZONE 'UTC')::date
                 AND ($5::timestamptz AT TIME ZONE 'UTC')::date
               AND CASE WHEN a.flow_id = ANY ($2)
                 THEN a.school_id = '00000000-0000-0000-0000-000000000000'
                 ELSE a.school_id = ANY ($3) END
               AND (a.flow_id, a.node_id, a.date, a.school_id)
                 > ($6, $7, ($8::timestamptz AT TIME ZONE 'UTC')::date, $9)
               AND ",
            $measured,
            " ORDER BY a.flow_id, a.node_id, a.date, a.school_id LIMIT $11"
        )
    };
}

const OF_NODE: &str = rows!("a.node_id = $10");
const ALL: &str = rows!("$10 = ''");

pub(super) async fn days(
    connection: &mut PgConnection,
    query: &FlowDayQuery,
) -> sqlx::Result<Vec<FlowDay>> {
    let from = query.from.begins();
    let (flow, at) =
        query.after.map_or((FlowId(Uuid::nil()), from), |(flow, day)| (flow, day.next().begins()));
    let rows = sqlx::query(DAYS)
        .bind(flow.0)
        .bind(Time(at))
        .bind(Time(from))
        .bind(Time(query.to.next().begins()))
        .bind(i64::from(query.limit))
        .fetch_all(connection)
        .await?;
    let day = |row: &PgRow| {
        let metrics = maybe_json(row, "metrics")?;
        let numbers = metrics.map(|metrics| FlowMetrics::parse(&metrics).map_err(broken));
        Ok(FlowDay {
            flow: FlowId(row.try_get("flow_id")?),
            day: Day::of(time(row, "day")?),
            rolled: maybe_time(row, "updated_at")?.zip(numbers.transpose()?),
        })
    };
    rows.iter().map(day).collect()
}

pub(super) async fn save(connection: &mut PgConnection, rollup: &Rollup) -> sqlx::Result<()> {
    let day = Time(rollup.day.begins());
    sqlx::query(DELETE).bind(rollup.flow.0).bind(day).execute(&mut *connection).await?;
    let node = |part: &RollupPart| part.node().map(ToString::to_string).unwrap_or_default();
    let school = |part: &RollupPart| part.school.map_or(Uuid::nil(), |school| school.0);
    let metrics = |part: &RollupPart| Json(part.metrics());
    sqlx::query(INSERT)
        .bind(rollup.flow.0)
        .bind(day)
        .bind(Time(rollup.at))
        .bind(rollup.parts.iter().map(node).collect::<Vec<_>>())
        .bind(rollup.parts.iter().map(school).collect::<Vec<_>>())
        .bind(rollup.parts.iter().map(metrics).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn page(
    connection: &mut PgConnection,
    reach: &Reach,
    query: &RollupQuery,
) -> sqlx::Result<Vec<RollupRow>> {
    let (sql, node) = match &query.measured {
        Measured::Flows => (OF_NODE, ""),
        Measured::Node(node) => (OF_NODE, node.as_str()),
        Measured::All => (ALL, ""),
    };
    // Before every row there is: no flow is nil, and if one were, no day is earlier.
    let first = RollupKey {
        flow: FlowId(Uuid::nil()),
        node: None,
        day: Day::of(Timestamp::from_millis(i64::MIN)),
        school: None,
    };
    let after = query.after.as_ref().unwrap_or(&first);
    let rows = sqlx::query(sql)
        .bind(ids(&reach.flows))
        .bind(ids(&reach.whole))
        .bind(tenants(&reach.schools))
        .bind(Time(query.from.begins()))
        .bind(Time(query.to.begins()))
        .bind(after.flow.0)
        .bind(after.node.as_ref().map_or("", NodeId::as_str))
        .bind(Time(after.day.begins()))
        .bind(after.school.map_or(Uuid::nil(), |school| school.0))
        .bind(node)
        .bind(i64::from(query.limit))
        .fetch_all(connection)
        .await?;
    rows.iter().map(row_of).collect()
}

fn row_of(row: &PgRow) -> sqlx::Result<RollupRow> {
    let school = row.try_get::<Option<Uuid>, _>("school_id")?.map(TenantId);
    let node = row.try_get::<Option<String>, _>("node_id")?.map(NodeId::from);
    Ok(RollupRow {
        flow: FlowId(row.try_get("flow_id")?),
        day: Day::of(time(row, "day")?),
        at: time(row, "updated_at")?,
        part: RollupPart::parse(school, node, &json(row, "metrics")?).map_err(broken)?,
    })
}

fn broken(error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}
