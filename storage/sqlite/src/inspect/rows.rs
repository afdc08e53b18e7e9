//! What must hold of the pages, tables and rows of a database.

use std::collections::BTreeMap;

use chatflow_storage::{
    Finding, LostVersion, Numbers, Problem, SessionFigures, TABLES_OF_SESSIONS, Tell,
};
use rusqlite::{Connection, Row};

use crate::migrate;

/// A session's own figures beside those of its rows; each look-up is one of the primary key.
const TURNS: &str = "
SELECT s.id, s.revision, s.history_seq, s.turn_hash,
  (SELECT count(*) FROM conversation_history AS h WHERE h.session_id = s.id) AS rows,
  (SELECT coalesce(min(seq), 1) FROM conversation_history AS h WHERE h.session_id = s.id) AS first,
  (SELECT coalesce(max(seq), 0) FROM conversation_history AS h WHERE h.session_id = s.id) AS last,
  (SELECT count(*) FROM session_journal AS j WHERE j.session_id = s.id) AS entries,
  (SELECT coalesce(min(revision), 1) FROM session_journal AS j WHERE j.session_id = s.id) AS oldest,
  (SELECT coalesce(max(revision), 0) FROM session_journal AS j WHERE j.session_id = s.id) AS newest,
  (SELECT turn_hash FROM session_journal AS j
   WHERE j.session_id = s.id ORDER BY revision DESC LIMIT 1) AS chain
FROM conversation_sessions AS s ORDER BY s.id";

const VERSIONS: &str = "
SELECT s.flow_id, s.flow_seq, count(*) AS sessions, min(s.id) AS one,
  EXISTS (SELECT 1 FROM flow_definitions AS f WHERE f.id = s.flow_id) AS has_flow
FROM conversation_sessions AS s
WHERE NOT EXISTS (
  SELECT 1 FROM flow_versions AS v WHERE v.flow_id = s.flow_id AND v.seq = s.flow_seq)
  AND NOT EXISTS (SELECT 1 FROM session_previews AS p WHERE p.session_id = s.id)
GROUP BY s.flow_id, s.flow_seq";

/// SQLite's own check of pages and indexes. It leaves out `CHECK` constraints where a file is open
/// for reading only; a value that breaks one shows when its row is read.
pub(super) fn pages(connection: &Connection, tell: Tell<'_>) -> rusqlite::Result<()> {
    each(connection, "PRAGMA integrity_check", |row| {
        let line: String = row.get(0)?;
        if line != "ok" {
            tell(Finding::new(Problem::FileDamaged, "file", line));
        }
        Ok(())
    })
}

/// The tables, indexes and triggers are those that the migrations make; more may be there.
pub(super) fn tables(connection: &Connection, tell: Tell<'_>) -> rusqlite::Result<()> {
    let model = Connection::open_in_memory()?;
    migrate::make(&model)?;
    let found = schema(connection)?;
    for (name, sql) in schema(&model)? {
        let there = found.get(&name);
        if there.is_none_or(|there| *there != sql) {
            tell(Finding::changed(&name, there.is_some()));
        }
    }
    Ok(())
}

/// Kind and name of all that the schema has, with the text that made it.
fn schema(connection: &Connection) -> rusqlite::Result<BTreeMap<String, String>> {
    let mut parts = BTreeMap::new();
    let sql = "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE sql IS NOT NULL
      AND name NOT LIKE 'sqlite!_%' ESCAPE '!'";
    each(connection, sql, |row| {
        // A checkout may have had other line ends.
        parts.insert(row.get(0)?, row.get::<_, String>(1)?.replace("\r\n", "\n"));
        Ok(())
    })?;
    Ok(parts)
}

/// Foreign keys, save those of sessions: [`strays`] counts these.
pub(super) fn references(connection: &Connection, tell: Tell<'_>) -> rusqlite::Result<()> {
    let sql = "
      SELECT c.\"table\", c.rowid, c.parent
      FROM sqlite_schema AS t JOIN pragma_foreign_key_check(t.name) AS c
      WHERE t.type = 'table' AND c.parent <> 'conversation_sessions'";
    each(connection, sql, |row| {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        let place = match row.get::<_, Option<i64>>(1)? {
            Some(number) => format!("{table}, row {number}"),
            None => table,
        };
        tell(Finding::reference(place, &parent));
        Ok(())
    })
}

/// Rows of a session that is not there, by the session they name.
pub(super) fn strays(connection: &Connection, tell: Tell<'_>) -> rusqlite::Result<()> {
    for table in TABLES_OF_SESSIONS {
        let there = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        if !connection.prepare(there)?.exists([table])? {
            continue;
        }
        let sql = format!(
            "SELECT session_id, count(*) FROM {table}
             WHERE session_id NOT IN (SELECT id FROM conversation_sessions) GROUP BY session_id"
        );
        each(connection, &sql, |row| {
            tell(Finding::stray(table, &row.get::<_, String>(0)?, row.get(1)?));
            Ok(())
        })?;
    }
    Ok(())
}

/// A session's own figures, beside those of its rows.
pub(super) fn turns(connection: &Connection, tell: Tell<'_>) -> rusqlite::Result<()> {
    each(connection, TURNS, |row| {
        let figures = SessionFigures {
            id: row.get("id")?,
            revision: row.get("revision")?,
            history_seq: row.get("history_seq")?,
            turn_hash: row.get("turn_hash")?,
            history: Numbers {
                count: row.get("rows")?,
                first: row.get("first")?,
                last: row.get("last")?,
            },
            journal: Numbers {
                count: row.get("entries")?,
                first: row.get("oldest")?,
                last: row.get("newest")?,
            },
            chain: row.get("chain")?,
        };
        figures.judge(tell);
        Ok(())
    })
}

pub(super) fn versions(connection: &Connection, tell: Tell<'_>) -> rusqlite::Result<()> {
    each(connection, VERSIONS, |row| {
        let lost = LostVersion {
            flow: row.get("flow_id")?,
            seq: row.get("flow_seq")?,
            sessions: row.get("sessions")?,
            one: row.get("one")?,
            has_flow: row.get("has_flow")?,
        };
        tell(lost.judge());
        Ok(())
    })
}

fn each(
    connection: &Connection,
    sql: &str,
    mut row: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(found) = rows.next()? {
        row(found)?;
    }
    Ok(())
}
