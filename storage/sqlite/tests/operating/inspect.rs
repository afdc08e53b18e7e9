//! Checks find what is wrong, and write nothing.

use std::path::Path;

use chatflow::SessionId;
use chatflow_sqlite::{Inspector, SqliteStore};
use chatflow_storage::{Inspect, Problem};
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use crate::talk::{SESSION, commit, start};

/// The kinds of findings, each once.
pub(crate) fn problems(path: &Path) -> Vec<Problem> {
    let mut found = Vec::new();
    let inspector = Inspector::open(path).unwrap();
    inspector.inspect(&mut |finding| found.push(finding)).unwrap();
    for finding in &found {
        let text = finding.to_string();
        assert!(text.starts_with(finding.problem.code()) && text.contains("(help: "), "{text}");
    }
    let mut problems: Vec<_> = found.into_iter().map(|finding| finding.problem).collect();
    problems.sort();
    problems.dedup();
    problems
}

/// A database with a session of ten turns.
pub(crate) fn filled(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    start(&store, SESSION);
    for number in 2..=10 {
        commit(&store, number, 100).unwrap();
    }
}

#[test]
fn a_sound_database_is_found_sound_and_not_written_to() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("sound.db");
    filled(&path);
    let bytes = std::fs::read(&path).unwrap();
    // The session's flow is the program's own, which is a note and not a fault.
    assert_eq!(problems(&path), [Problem::FlowUnknown]);
    assert!(Problem::FlowUnknown.is_note());
    assert!(std::fs::read(&path).unwrap() == bytes);
    let inspector = Inspector::open(&path).unwrap();
    let revisions = || {
        let page = inspector.sessions(None, 10).unwrap();
        page.sessions.into_iter().map(|found| found.unwrap().revision.0).collect::<Vec<_>>()
    };
    assert_eq!(revisions(), [10]);
    assert_eq!(inspector.versions().unwrap().missing, []);
    // One moment is what it sees, whatever is written meanwhile.
    let store = SqliteStore::open(&path).unwrap();
    commit(&store, 11, 0).unwrap();
    assert_eq!(revisions(), [10]);
}

#[test]
fn every_kind_of_disorder_is_found() {
    use Problem::{
        HistoryGap, JournalChanged, JournalGap, ReferenceMissing, SchemaChanged, SchemaForeign,
        SessionMissing,
    };
    let disorders: [(&str, &[Problem]); 15] = [
        ("DELETE FROM conversation_history WHERE seq = 3", &[HistoryGap]),
        ("DELETE FROM conversation_history WHERE seq = 20", &[HistoryGap]),
        ("DELETE FROM conversation_history", &[HistoryGap]),
        ("UPDATE conversation_sessions SET history_seq = 22", &[HistoryGap]),
        ("DELETE FROM session_journal WHERE revision = 4", &[JournalGap]),
        ("DELETE FROM session_journal", &[JournalGap]),
        ("UPDATE conversation_sessions SET turn_hash = 'other'", &[JournalChanged]),
        ("DELETE FROM conversation_sessions", &[SessionMissing]),
        (
            "INSERT INTO chat_request_log VALUES ('nobody', 'key', '', 200, '{}', '', '')",
            &[SessionMissing],
        ),
        (
            "INSERT INTO content_events (id, event, content_id, session_id, created_at, revision, ordinal)
             VALUES (printf('%036d', 1), 'impression', printf('%036d', 1), 'nobody', '', 1, 1)",
            &[SessionMissing],
        ),
        (
            "INSERT INTO flow_execution_turns
             VALUES ('nobody', 1, 'flow', '', 1, 0, 1, '[]', NULL)",
            &[SessionMissing],
        ),
        (
            "INSERT INTO trace_access_audit (id, session_id, actor_label, access_type, accessed_at)
             VALUES (printf('%036d', 1), 'nobody', 'me', 'export', '')",
            &[SessionMissing],
        ),
        ("INSERT INTO cms_content_tags VALUES ('sea', 'nothing')", &[ReferenceMissing]),
        ("DROP INDEX ix_schools_name", &[SchemaChanged]),
        (
            "UPDATE schema_migrations SET checksum = replace(hex(zeroblob(32)), '0', '1')",
            &[SchemaForeign],
        ),
    ];
    for (sql, expected) in disorders {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("disorder.db");
        filled(&path);
        let hand = Connection::open(&path).unwrap();
        hand.pragma_update(None, "foreign_keys", false).unwrap();
        hand.execute_batch(sql).unwrap();
        let mut found = problems(&path);
        found.retain(|problem| !problem.is_note());
        assert_eq!(found, expected, "{sql}");
    }
}

#[test]
fn a_session_that_cannot_be_read_is_named_and_the_others_are_handed_over() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("odd.db");
    filled(&path);
    start(&SqliteStore::open(&path).unwrap(), SessionId(Uuid::from_u128(2)));
    let sql = "PRAGMA ignore_check_constraints = ON;
               UPDATE conversation_sessions SET status = 'odd' WHERE revision = 10";
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let inspector = Inspector::open(&path).unwrap();
    let page = inspector.sessions(None, 10).unwrap();
    let [Err(finding), Ok(other)] = page.sessions.as_slice() else { panic!("{page:?}") };
    assert_eq!((finding.problem, other.revision.0), (Problem::SessionUnreadable, 1));
    assert_eq!(finding.place, format!("session {SESSION}"));
    assert!(finding.what.contains("odd.db"), "{finding}");
    assert_eq!(page.next, None);
    // A page that is full says where to go on.
    let first = inspector.sessions(None, 1).unwrap();
    assert_eq!((first.sessions.len(), first.next), (1, Some(SESSION.to_string())));
    let second = inspector.sessions(Some(&SESSION.to_string()), 1).unwrap();
    let third = inspector.sessions(second.next.as_deref(), 1).unwrap();
    assert_eq!((second.sessions.len(), third.sessions.len(), third.next), (1, 0, None));
}

#[test]
fn an_empty_file_is_a_database_of_version_zero() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("empty.db");
    std::fs::write(&path, "").unwrap();
    let versions = Inspector::open(&path).unwrap().versions().unwrap();
    assert_eq!(versions.found, 0);
    assert_eq!(versions.missing.first(), Some(&(1, "initial")));
    assert_eq!(versions.missing.last().map(|(version, _)| *version), Some(versions.known));
    assert_eq!(problems(&path), [Problem::SchemaOlder]);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
}
