//! Checks find what is wrong, and write nothing.

use std::fmt::Write as _;

use chatflow::{FlowId, FlowRef, Revision};
use chatflow_postgres::{Inspector, OpenError};
use chatflow_storage::{
    AsyncInspect, AsyncSessionStore, BlockOn, Finding, InspectError, InspectedPage, Problem,
    Problem as P,
};
use sqlx::Row;
use uuid::Uuid;

use crate::place::{Database, place, template};
use crate::plans::compare;
use crate::session::{SESSION, commit, new_session};

/// What holds whatever the library is: the sessions' flow is the program's own, and databases that
/// are made for a test have no extensions.
const NOTES: [Problem; 2] = [Problem::PagesUnchecked, Problem::FlowUnknown];

fn open(database: &Database) -> Inspector {
    database.block_on(Inspector::open(&database.url)).unwrap()
}

fn findings(database: &Database) -> Vec<Finding> {
    let mut found = Vec::new();
    let inspector = open(database);
    database.block_on(inspector.inspect(&mut |finding| found.push(finding))).unwrap();
    for finding in &found {
        let text = finding.to_string();
        assert!(text.starts_with(finding.problem.code()) && text.contains("(help: "), "{text}");
    }
    found
}

/// The kinds of findings, each once.
fn problems(database: &Database) -> Vec<Problem> {
    let mut problems: Vec<_> = findings(database).iter().map(|finding| finding.problem).collect();
    problems.sort();
    problems.dedup();
    problems
}

/// Those that are no notes.
fn faults(database: &Database) -> Vec<Problem> {
    let mut problems = problems(database);
    problems.retain(|problem| !problem.is_note());
    problems
}

/// A database with a session of ten turns.
fn filled() -> Option<Database> {
    let database = template()?.clone_database();
    let store = database.open();
    database.block_on(async {
        store.create_session(&new_session()).await.unwrap();
        for revision in 1..10 {
            store.commit(&commit(Revision(revision))).await.unwrap();
        }
    });
    drop(store);
    database.execute("UPDATE conversation_sessions SET turn_hash = 'h'");
    Some(database)
}

/// Whole pages of sessions, one after the other.
fn pages(inspector: &Inspector, database: &Database, limit: u32) -> Vec<InspectedPage> {
    let (mut pages, mut last) = (Vec::new(), None);
    loop {
        let page = database.block_on(inspector.sessions(last.as_deref(), limit)).unwrap();
        last.clone_from(&page.next);
        pages.push(page);
        if last.is_none() {
            return pages;
        }
    }
}

/// Adds copies of the session under these ids.
fn copies(database: &Database, from: u32, to: u32) {
    database.execute(&format!(
        "INSERT INTO conversation_sessions
         SELECT (r.s).* FROM (
           SELECT jsonb_populate_record(
             s, jsonb_build_object('id', lpad(to_hex(n), 32, '0')::uuid)) AS s
           FROM conversation_sessions AS s, generate_series({from}, {to}) AS n
           WHERE s.id = '{SESSION}') AS r"
    ));
    for table in ["conversation_history", "session_journal"] {
        database.execute(&format!(
            "INSERT INTO {table} SELECT (r.t).* FROM (
               SELECT jsonb_populate_record(
                 t, jsonb_build_object('session_id', lpad(to_hex(n), 32, '0')::uuid)) AS t
               FROM {table} AS t, generate_series({from}, {to}) AS n
               WHERE t.session_id = '{SESSION}') AS r"
        ));
    }
}

#[test]
fn the_parts_of_the_tables_are_those_that_the_check_knows() {
    let Some(place) = place() else { return };
    let database = place.new_database();
    drop(database.open());
    let mut found = String::new();
    for row in database.rows(include_str!("../src/inspect/parts.sql")) {
        let text = |column| row.get::<String, _>(column);
        let (kind, of, name) = (text("kind"), text("of"), text("name"));
        writeln!(found, "{kind}\t{of}\t{name}\t{}", text("definition")).unwrap();
    }
    compare("src/inspect/parts.txt", &found);
}

#[test]
fn a_sound_database_is_found_sound_and_seen_as_it_was_at_one_moment() {
    let Some(database) = filled() else { return };
    assert_eq!(problems(&database), NOTES);
    let inspector = open(&database);
    let revisions = || {
        let page = database.block_on(inspector.sessions(None, 10)).unwrap();
        page.sessions.into_iter().map(|found| found.unwrap().revision.0).collect::<Vec<_>>()
    };
    let store = database.open();
    database.block_on(store.commit(&commit(Revision(10)))).unwrap();
    assert_eq!(revisions(), [10]);
    database.block_on(store.commit(&commit(Revision(11)))).unwrap();
    assert_eq!(revisions(), [10]);
    let versions = database.block_on(inspector.versions()).unwrap();
    assert_eq!((versions.found, versions.missing), (versions.known, vec![]));
    let flow = FlowRef { id: FlowId(Uuid::from_u128(1)), seq: 1 };
    assert!(!database.block_on(inspector.has_version(flow)).unwrap());
    assert!(inspector.server().ends_with(&database.name) && format!("{inspector:?}").len() < 200);
}

/// What is done past the store, and what is found then.
const DISORDERS: [(&str, &[Problem]); 25] = [
    ("DELETE FROM conversation_history WHERE seq = 3", &[P::HistoryGap]),
    (
        "DELETE FROM conversation_history
         WHERE seq = (SELECT max(seq) FROM conversation_history)",
        &[P::HistoryGap],
    ),
    ("DELETE FROM conversation_history", &[P::HistoryGap]),
    ("UPDATE conversation_sessions SET history_seq = history_seq + 1", &[P::HistoryGap]),
    ("DELETE FROM session_journal WHERE revision = 4", &[P::JournalGap]),
    ("DELETE FROM session_journal", &[P::JournalGap]),
    ("UPDATE conversation_sessions SET turn_hash = 'other'", &[P::JournalChanged]),
    ("DELETE FROM conversation_sessions", &[P::SessionMissing]),
    (
        "INSERT INTO chat_request_log
         VALUES (gen_random_uuid(), 'key', '', 200, '{}', now(), now())",
        &[P::SessionMissing],
    ),
    (
        "INSERT INTO content_events (id, event, content_id, session_id, created_at, revision, ordinal)
         VALUES (gen_random_uuid(), 'impression', gen_random_uuid(), gen_random_uuid(), now(), 1, 1)",
        &[P::SessionMissing],
    ),
    (
        "INSERT INTO flow_execution_turns
         VALUES (gen_random_uuid(), 1, gen_random_uuid(), now(), 1, 0, 1, '[]', NULL)",
        &[P::SessionMissing],
    ),
    (
        "INSERT INTO trace_access_audit (id, session_id, actor_label, access_type, accessed_at)
         VALUES (gen_random_uuid(), gen_random_uuid(), 'me', 'export', now())",
        &[P::SessionMissing],
    ),
    ("INSERT INTO cms_content_search VALUES (gen_random_uuid(), '{}', '')", &[P::ReferenceMissing]),
    (
        "INSERT INTO flow_connections VALUES (gen_random_uuid(), gen_random_uuid(), 'a', 'b', 1,
           'default', '{}', '{}', now())",
        &[P::ReferenceMissing],
    ),
    (
        "INSERT INTO flow_definitions
         SELECT s.flow_id, NULL, 'Flow', NULL, '1', '{}', NULL, '{}', true, true, true, now(),
           NULL, NULL, NULL, 'public', NULL, 30, false, 'standard', 100, '', 1, now(), now()
         FROM conversation_sessions AS s;
         UPDATE conversation_sessions SET flow_seq = 3",
        &[P::VersionMissing],
    ),
    ("DROP INDEX ix_schools_name", &[P::SchemaChanged]),
    ("ALTER TABLE schools ALTER COLUMN name TYPE varchar(200) COLLATE \"C\"", &[P::SchemaChanged]),
    ("ALTER TABLE schools ALTER COLUMN name DROP NOT NULL", &[P::SchemaChanged]),
    (
        "ALTER TABLE chat_request_log
         DROP CONSTRAINT chat_request_log_session_id_fkey",
        &[P::SchemaChanged],
    ),
    ("ALTER TYPE enum_school_state RENAME VALUE 'pending' TO 'waiting'", &[P::SchemaChanged]),
    ("DROP TABLE flow_execution_turns", &[P::SchemaChanged]),
    ("DROP TABLE session_journal", &[P::FileDamaged, P::SchemaChanged]),
    ("UPDATE schema_migrations SET checksum = repeat('1', 64)", &[P::SchemaForeign]),
    (
        "INSERT INTO schema_migrations VALUES (9000, 'later', repeat('0', 64), now())",
        &[P::SchemaForeign],
    ),
    (
        "DELETE FROM schema_migrations WHERE version > 5;
         DROP TABLE content_events, flow_execution_turns, trace_access_audit",
        &[P::SchemaOlder],
    ),
];

#[test]
fn every_kind_of_disorder_is_found() {
    let Some(_) = place() else { return };
    for (sql, expected) in DISORDERS {
        let database = filled().unwrap();
        database.execute(&format!("SET session_replication_role = replica; {sql}"));
        assert_eq!(faults(&database), expected, "{sql}");
    }
}

#[test]
fn more_rows_than_a_page_has_are_all_looked_at() {
    let Some(database) = filled() else { return };
    copies(&database, 1000, 3499);
    assert_eq!(problems(&database), NOTES);
    database.execute(
        "SET session_replication_role = replica;
         UPDATE conversation_sessions SET history_seq = 1
           WHERE id IN (SELECT id FROM conversation_sessions ORDER BY id OFFSET 998 LIMIT 1503);
         INSERT INTO session_journal
           SELECT gen_random_uuid(), 1, now(), '1', '[]', '' FROM generate_series(1, 2001)",
    );
    let found = findings(&database);
    let count = |problem| found.iter().filter(|finding| finding.problem == problem).count();
    assert_eq!((count(Problem::HistoryGap), count(Problem::SessionMissing)), (1503, 2001));
    let pages = pages(&open(&database), &database, 500);
    assert_eq!(
        pages.iter().map(|page| page.sessions.len()).collect::<Vec<_>>(),
        [500, 500, 500, 500, 500, 1]
    );
    let ids =
        pages.iter().flat_map(|page| &page.sessions).map(|found| found.as_ref().unwrap().head.id.0);
    assert!(ids.is_sorted_by(|one, other| one < other));
}

#[test]
fn a_session_that_cannot_be_read_is_named_and_the_others_are_handed_over() {
    let Some(database) = filled() else { return };
    copies(&database, 2, 2);
    let odd = |sql: &str, what: &str| {
        database.execute(&format!("{sql} WHERE id = '{SESSION}'"));
        let inspector = open(&database);
        for limit in [1, 10] {
            let pages = pages(&inspector, &database, limit);
            let found: Vec<_> = pages.into_iter().flat_map(|page| page.sessions).collect();
            let [one, other] = found.as_slice() else { panic!("{found:?}") };
            let (Ok(whole), Err(finding)) = (if one.is_ok() { (one, other) } else { (other, one) })
            else {
                panic!("{found:?}")
            };
            assert_eq!((finding.problem, whole.revision.0), (Problem::SessionUnreadable, 10));
            assert_eq!(finding.place, format!("session {SESSION}"));
            assert!(finding.what.contains(what), "{finding}");
        }
    };
    // What this program cannot read of what Postgres hands over.
    odd("UPDATE conversation_sessions SET flow_seq = 5000000000", "out of range");
    database.execute("ALTER TYPE enum_conversation_session_status ADD VALUE 'odd'");
    odd("UPDATE conversation_sessions SET flow_seq = 0, status = 'odd'", "unknown label");
    // What Postgres cannot read itself, and refuses the whole page for.
    odd(
        "DELETE FROM pg_enum WHERE enumlabel = 'odd'; UPDATE conversation_sessions SET flow_seq = 0",
        "enum",
    );
}

#[test]
fn the_order_of_indexes_is_checked_where_amcheck_is_installed() {
    let Some(database) = filled() else { return };
    copies(&database, 2, 21);
    let available = "SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'";
    if database.rows(available).is_empty() {
        return;
    }
    let notes = |database: &Database| {
        let found = findings(database);
        let unchecked = found.iter().find(|finding| finding.problem == Problem::PagesUnchecked);
        unchecked.map(|finding| finding.what.clone()).unwrap_or_default()
    };
    assert!(notes(&database).contains("not installed"));
    database.execute("CREATE SCHEMA \"Extra\"; CREATE EXTENSION amcheck SCHEMA \"Extra\"");
    assert_eq!(problems(&database), [Problem::FlowUnknown]);
    // An index whose order is no longer that of its comparison.
    database.execute(
        "CREATE FUNCTION turned(uuid, uuid) RETURNS int IMMUTABLE LANGUAGE sql
           AS 'SELECT CASE WHEN $1 < $2 THEN -1 WHEN $1 > $2 THEN 1 ELSE 0 END';
         CREATE OPERATOR CLASS turned_ops FOR TYPE uuid USING btree AS
           OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
           FUNCTION 1 turned(uuid, uuid);
         CREATE INDEX ix_turned ON conversation_sessions (id turned_ops);
         CREATE OR REPLACE FUNCTION turned(uuid, uuid) RETURNS int IMMUTABLE LANGUAGE sql
           AS 'SELECT CASE WHEN $1 < $2 THEN 1 WHEN $1 > $2 THEN -1 ELSE 0 END'",
    );
    let found = findings(&database);
    let damaged: Vec<_> =
        found.iter().filter(|finding| finding.problem == Problem::FileDamaged).collect();
    let [damaged] = damaged.as_slice() else { panic!("{found:?}") };
    assert_eq!(damaged.place, "index ix_turned");
    assert!(damaged.what.contains("item order invariant violated"), "{damaged}");
    // The rest was looked at all the same.
    assert!(found.iter().any(|finding| finding.problem == Problem::FlowUnknown));
}

#[test]
fn partitioned_tables_have_keys_of_their_own() {
    let Some(database) = filled() else { return };
    crate::partitions::partition(&database);
    assert_eq!(problems(&database), NOTES);
}

#[test]
fn an_empty_database_is_of_version_zero_and_stays_so() {
    let Some(place) = place() else { return };
    let database = place.new_database();
    let versions = database.block_on(open(&database).versions()).unwrap();
    assert_eq!((versions.found, versions.missing.first()), (0, Some(&(1, "initial"))));
    assert_eq!(versions.missing.last().map(|(version, _)| *version), Some(versions.known));
    assert_eq!(faults(&database), [Problem::SchemaOlder]);
    assert!(pages(&open(&database), &database, 10)[0].sessions.is_empty());
    assert!(database.rows("SELECT 1 FROM pg_class WHERE relname = 'schema_migrations'").is_empty());
    database.execute("CREATE TABLE eggs (n integer)");
    let InspectError(why) = database.block_on(open(&database).versions()).unwrap_err();
    assert!(matches!(why.downcast_ref(), Some(OpenError::Foreign { .. })), "{why:?}");
}
