//! What must hold of the pages, tables and rows of a database.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};

use super::{Finding, Problem};
use crate::migrate;

/// Takes findings.
type Tell<'a> = &'a mut dyn FnMut(Finding);

/// Rows of a table that belong to no session, by the session they name.
macro_rules! strays {
    ($table:literal) => {
        concat!(
            "SELECT '",
            $table,
            "', session_id, count(*) FROM ",
            $table,
            " WHERE session_id NOT IN (SELECT id FROM conversation_sessions) GROUP BY session_id"
        )
    };
}

const STRAYS: [&str; 2] = [strays!("conversation_history"), strays!("session_journal")];

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
  s.flow_seq > 0
    AND EXISTS (SELECT 1 FROM flow_definitions AS f WHERE f.id = s.flow_id) AS known
FROM conversation_sessions AS s
WHERE NOT EXISTS (
  SELECT 1 FROM flow_versions AS v WHERE v.flow_id = s.flow_id AND v.seq = s.flow_seq)
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
        let what = match found.get(&name) {
            Some(same) if *same == sql => continue,
            Some(_) => "it is not as the migrations made it",
            None => "it is missing",
        };
        tell(Finding::new(Problem::SchemaChanged, name, what));
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
      WHERE t.type = 'table' AND t.name NOT IN ('conversation_history', 'session_journal')";
    each(connection, sql, |row| {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        let place = match row.get::<_, Option<i64>>(1)? {
            Some(number) => format!("{table}, row {number}"),
            None => table,
        };
        let what = format!("refers to a row of {parent} that is missing");
        tell(Finding::new(Problem::ReferenceMissing, place, what));
        Ok(())
    })
}

pub(super) fn strays(connection: &Connection, tell: Tell<'_>) -> rusqlite::Result<()> {
    for sql in STRAYS {
        each(connection, sql, |row| {
            let (table, session): (String, String) = (row.get(0)?, row.get(1)?);
            let what = format!("{} rows of {table}, but no session", row.get::<_, i64>(2)?);
            tell(Finding::new(Problem::SessionMissing, format!("session {session}"), what));
            Ok(())
        })?;
    }
    Ok(())
}

/// History and journal have every number from one to the session's, and the chain's end is its.
pub(super) fn turns(connection: &Connection, tell: Tell<'_>) -> rusqlite::Result<()> {
    each(connection, TURNS, |row| {
        let number = |name: &str| row.get::<_, i64>(name);
        let mut fault = |problem, what| -> rusqlite::Result<()> {
            let place = format!("session {}", row.get::<_, String>("id")?);
            tell(Finding::new(problem, place, what));
            Ok(())
        };
        let (rows, first, last) = (number("rows")?, number("first")?, number("last")?);
        let wanted = number("history_seq")?;
        if (rows, first, last) != (wanted, 1, wanted) {
            let what = format!("{rows} rows of history from {first} to {last}, not 1 to {wanted}");
            fault(Problem::HistoryGap, what)?;
        }
        let (entries, oldest, newest) = (number("entries")?, number("oldest")?, number("newest")?);
        let (revision, hash) = (number("revision")?, row.get::<_, Option<String>>("turn_hash")?);
        // A program may keep no journal at all; then there is no hash of it either.
        let none = entries == 0 && hash.is_none();
        if !none && (entries, oldest, newest) != (revision, 1, revision) {
            let what =
                format!("{entries} journal entries from {oldest} to {newest}, not 1 to {revision}");
            fault(Problem::JournalGap, what)?;
        } else if !none && hash != row.get::<_, Option<String>>("chain")? && hash.is_some() {
            let what = "the hash of the last journal entry is not the session's".to_owned();
            fault(Problem::JournalChanged, what)?;
        }
        Ok(())
    })
}

pub(super) fn versions(connection: &Connection, tell: Tell<'_>) -> rusqlite::Result<()> {
    each(connection, VERSIONS, |row| {
        let (flow, seq): (String, i64) = (row.get("flow_id")?, row.get("flow_seq")?);
        let (sessions, one): (i64, String) = (row.get("sessions")?, row.get("one")?);
        let what = format!("is not stored, but {sessions} sessions are pinned to it, e.g. {one}");
        let problem =
            if row.get("known")? { Problem::VersionMissing } else { Problem::FlowUnknown };
        tell(Finding::new(problem, format!("flow {flow}, version {seq}"), what));
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
