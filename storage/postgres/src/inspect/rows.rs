//! What must hold of the rows of a database, read in pages in the order of keys.

use std::collections::BTreeSet;

use chatflow_storage::{Finding, LostVersion, Numbers, SessionFigures, TABLES_OF_SESSIONS, Tell};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row};
use uuid::Uuid;

use super::after;

/// How many rows a page has.
const PAGE: i64 = 1000;

/// The tables of the current schema.
const TABLES: &str = "
SELECT c.relname::text FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')";

/// Every foreign key but those to sessions, which [`strays`] counts, with a statement that counts
/// the rows which it should not have let in. A key with a null refers to nothing.
const REFERENCES: &str = "
SELECT c.conrelid::regclass::text AS child, c.confrelid::regclass::text AS parent,
  format('SELECT count(*) FROM %s AS c WHERE NOT EXISTS (SELECT 1 FROM %s AS p WHERE %s) AND %s',
    c.conrelid::regclass, c.confrelid::regclass, k.same, k.present) AS sql
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace AND n.nspname = current_schema()
JOIN pg_catalog.pg_class AS parent ON parent.oid = c.confrelid
CROSS JOIN LATERAL (
  SELECT string_agg(format('c.%I = p.%I', own.attname, other.attname), ' AND ') AS same,
    string_agg(format('c.%I IS NOT NULL', own.attname), ' AND ') AS present
  FROM unnest(c.conkey, c.confkey) AS key (own, other)
  JOIN pg_catalog.pg_attribute AS own ON own.attrelid = c.conrelid AND own.attnum = key.own
  JOIN pg_catalog.pg_attribute AS other
    ON other.attrelid = c.confrelid AND other.attnum = key.other
) AS k
WHERE c.contype = 'f' AND c.conparentid = 0 AND parent.relname <> 'conversation_sessions'
ORDER BY 1, 2, c.conname";

/// A session's own figures beside those of its rows; each look-up is one of the primary key.
const TURNS: &str = "
SELECT s.id, s.revision, s.history_seq, s.turn_hash, h.rows, h.first, h.last, j.entries, j.oldest,
  j.newest,
  (SELECT turn_hash FROM session_journal AS j
   WHERE j.session_id = s.id ORDER BY j.revision DESC LIMIT 1) AS chain
FROM (
  SELECT id, revision, history_seq, turn_hash FROM conversation_sessions
  WHERE id >= $1 ORDER BY id LIMIT $2
) AS s
CROSS JOIN LATERAL (
  SELECT count(*) AS rows, coalesce(min(seq), 1) AS first, coalesce(max(seq), 0) AS last
  FROM conversation_history WHERE session_id = s.id
) AS h
CROSS JOIN LATERAL (
  SELECT count(*) AS entries, coalesce(min(revision), 1) AS oldest,
    coalesce(max(revision), 0) AS newest
  FROM session_journal WHERE session_id = s.id
) AS j
ORDER BY s.id";

const VERSIONS: &str = "
SELECT s.flow_id, s.flow_seq, count(*) AS sessions, min(s.id::text) AS one,
  EXISTS (SELECT 1 FROM flow_definitions AS f WHERE f.id = s.flow_id) AS has_flow
FROM conversation_sessions AS s
WHERE (s.flow_id, s.flow_seq) > ($1, $2) AND NOT EXISTS (
  SELECT 1 FROM flow_versions AS v WHERE v.flow_id = s.flow_id AND v.seq = s.flow_seq)
  AND NOT EXISTS (SELECT 1 FROM session_previews AS p WHERE p.session_id = s.id)
GROUP BY s.flow_id, s.flow_seq ORDER BY s.flow_id, s.flow_seq LIMIT $3";

pub(super) async fn tables(connection: &mut PgConnection) -> sqlx::Result<BTreeSet<String>> {
    let rows = sqlx::query(TABLES).fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// Foreign keys hold, whoever switched them off for a while.
pub(super) async fn references(connection: &mut PgConnection, tell: Tell<'_>) -> sqlx::Result<()> {
    for key in sqlx::query(REFERENCES).fetch_all(&mut *connection).await? {
        let (child, parent): (&str, &str) = (key.try_get("child")?, key.try_get("parent")?);
        let sql: String = key.try_get("sql")?;
        let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut *connection).await?;
        let count: i64 = row.try_get(0)?;
        if count > 0 {
            tell(Finding::reference(format!("{child}, {count} rows"), parent));
        }
    }
    Ok(())
}

/// Rows of a session that is not there, by the session they name.
pub(super) async fn strays(
    connection: &mut PgConnection,
    tables: &BTreeSet<String>,
    tell: Tell<'_>,
) -> sqlx::Result<()> {
    for table in TABLES_OF_SESSIONS.into_iter().filter(|table| tables.contains(*table)) {
        let sql = format!(
            "SELECT r.session_id, count(*) AS rows FROM {table} AS r
             WHERE r.session_id >= $1 AND NOT EXISTS (
               SELECT 1 FROM conversation_sessions AS s WHERE s.id = r.session_id)
             GROUP BY r.session_id ORDER BY r.session_id LIMIT $2"
        );
        let mut from = Some(Uuid::nil());
        while let Some(start) = from {
            let query = sqlx::query(AssertSqlSafe(sql.clone())).bind(start).bind(PAGE);
            let rows = query.fetch_all(&mut *connection).await?;
            for row in &rows {
                let session: Uuid = row.try_get("session_id")?;
                tell(Finding::stray(table, &session.to_string(), row.try_get("rows")?));
            }
            from = next(&rows, "session_id")?;
        }
    }
    Ok(())
}

/// A session's own figures, beside those of its rows.
pub(super) async fn turns(connection: &mut PgConnection, tell: Tell<'_>) -> sqlx::Result<()> {
    let mut from = Some(Uuid::nil());
    while let Some(start) = from {
        let rows = sqlx::query(TURNS).bind(start).bind(PAGE).fetch_all(&mut *connection).await?;
        for row in &rows {
            figures(row)?.judge(tell);
        }
        from = next(&rows, "id")?;
    }
    Ok(())
}

fn figures(row: &PgRow) -> sqlx::Result<SessionFigures> {
    let numbers = |count, first, last| {
        Ok::<_, sqlx::Error>(Numbers {
            count: row.try_get(count)?,
            first: row.try_get(first)?,
            last: row.try_get(last)?,
        })
    };
    Ok(SessionFigures {
        id: row.try_get::<Uuid, _>("id")?.to_string(),
        revision: row.try_get("revision")?,
        history_seq: row.try_get("history_seq")?,
        turn_hash: row.try_get("turn_hash")?,
        history: numbers("rows", "first", "last")?,
        journal: numbers("entries", "oldest", "newest")?,
        chain: row.try_get("chain")?,
    })
}

/// The key from which the next page goes on, if there is one.
fn next(rows: &[PgRow], key: &str) -> sqlx::Result<Option<Uuid>> {
    Ok(last(rows).map(|row| row.try_get(key)).transpose()?.and_then(after))
}

pub(super) async fn versions(connection: &mut PgConnection, tell: Tell<'_>) -> sqlx::Result<()> {
    let mut from = Some((Uuid::nil(), i64::MIN));
    while let Some((flow, seq)) = from {
        let query = sqlx::query(VERSIONS).bind(flow).bind(seq).bind(PAGE);
        let rows = query.fetch_all(&mut *connection).await?;
        for row in &rows {
            let lost = LostVersion {
                flow: row.try_get::<Uuid, _>("flow_id")?.to_string(),
                seq: row.try_get("flow_seq")?,
                sessions: row.try_get("sessions")?,
                one: row.try_get("one")?,
                has_flow: row.try_get("has_flow")?,
            };
            tell(lost.judge());
        }
        let key =
            |row: &PgRow| Ok::<_, sqlx::Error>((row.try_get("flow_id")?, row.try_get("flow_seq")?));
        from = last(&rows).map(key).transpose()?;
    }
    Ok(())
}

/// The last row, if the page was full and others may follow.
fn last(rows: &[PgRow]) -> Option<&PgRow> {
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count >= PAGE);
    rows.last().filter(|_| is_full)
}
