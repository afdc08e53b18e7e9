//! Files: opening, migrating, and sharing one between handles and processes.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the lints spare test functions but not what they call"
)]

use std::path::Path;
use std::process::Command;

use chatflow::{FlowRef, Revision, SessionId, Timestamp};
use chatflow_sqlite::{Durability, OpenError, Options, SqliteStore};
use chatflow_storage::{
    AccessScope, CommitError, FlowStore, HistoryQuery, JournalEntry, LibraryStore, NewHistoryRow,
    NewSession, ReferenceStore, SearchQuery, SessionHead, SessionStatus, SessionStore, Snapshot,
    Turn,
};
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

const SESSION: SessionId = SessionId(Uuid::from_u128(1));
const CHILD: &str = "CHATFLOW_TEST_DATABASE";

fn snapshot() -> Snapshot {
    Snapshot {
        current_node_id: None,
        current_flow_id: None,
        state: "{}".into(),
        engine: "{}".into(),
        info: "{}".into(),
        status: SessionStatus::Active,
        state_hash: None,
        turn_hash: None,
        ended_at: None,
        ended_reason: None,
    }
}

fn turn() -> Turn {
    let row = NewHistoryRow {
        flow_id: None,
        node_id: "hello".into(),
        kind: chatflow_storage::InteractionType::Message,
        content: "{}".into(),
        created_at: Timestamp::default(),
        path: None,
    };
    let journal = JournalEntry { input: "1".into(), outcomes: "[]".into(), turn_hash: "h".into() };
    Turn { history: vec![row.clone(), row], journal: Some(journal), ..Turn::default() }
}

fn create(store: &SqliteStore) {
    let head = SessionHead {
        id: SESSION,
        user_id: None,
        flow: FlowRef { id: chatflow::FlowId(Uuid::from_u128(2)), seq: 1 },
        flow_version: None,
        token_digest: "d".into(),
        token_hint: "h".into(),
        csrf_digest: "c".into(),
        school_id: None,
        theme_id: None,
        trace_enabled: false,
        trace_level: None,
        started_at: Timestamp::default(),
    };
    store
        .create_session(&NewSession { head, snapshot: snapshot(), turn: turn(), preview: None })
        .unwrap();
}

/// Commits `count` turns, trying again whenever somebody else was faster.
fn commit_turns(store: &SqliteStore, count: usize) {
    let mut revision = Revision(1);
    let mut done = 0;
    while done < count {
        let commit = chatflow_storage::Commit {
            session: SESSION,
            expected: revision,
            lease: None,
            at: Timestamp::default(),
            snapshot: snapshot(),
            turn: turn(),
            mark: None,
        };
        match store.commit(&commit) {
            Ok(next) => (revision, done) = (next.revision, done + 1),
            Err(CommitError::Conflict { actual, .. }) => revision = actual,
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Sees that `turns` turns after the first are there, once each, in order.
fn assert_turns(store: &SqliteStore, turns: u64) {
    let stored = store.load_session(SESSION).unwrap().unwrap();
    assert_eq!(stored.revision, Revision(turns + 1));
    let journal = store.journal(SESSION).unwrap();
    let revisions: Vec<_> = journal.iter().map(|row| row.revision.0).collect();
    assert_eq!(revisions, (1..=turns + 1).collect::<Vec<_>>());
    let query =
        HistoryQuery { session: SESSION, after_seq: 0, kinds: None, skip: 0, limit: 10_000 };
    let seqs: Vec<_> = store.history(query).unwrap().rows.iter().map(|row| row.seq).collect();
    assert_eq!(seqs, (1..=2 * (turns + 1)).collect::<Vec<_>>());
}

fn pragma(store: &Path, name: &str) -> String {
    let connection = Connection::open(store).unwrap();
    connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
}

#[test]
fn a_file_is_created_and_opened_again() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("new.db");
    create(&SqliteStore::open(&path).unwrap());
    let store = SqliteStore::open(&path).unwrap();
    assert_turns(&store, 0);
    assert_eq!(pragma(&path, "journal_mode"), "wal");
    let connection = Connection::open(&path).unwrap();
    let (version, name, at): (u32, String, String) = connection
        .query_row("SELECT version, name, applied_at FROM schema_migrations LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!((version, name.as_str(), at.len()), (1, "initial", 27));
}

#[test]
fn a_changed_migration_stops_the_start() {
    // S1.10
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("changed.db");
    drop(SqliteStore::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    let sum = "0".repeat(64);
    connection.execute("UPDATE schema_migrations SET checksum = ?1", [sum]).unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(error, OpenError::ChangedMigration { version: 1, .. }), "{error:?}");
}

/// The statements that make a database, and what its tables hold of content.
fn looks(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        .unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// The numbers and texts of the migrations, the first one first.
fn migrations() -> Vec<(u32, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let number = |file: &Path| {
        let name = file.file_name().unwrap().to_str().unwrap();
        name.split('_').next().unwrap().parse().unwrap()
    };
    files.iter().map(|file| (number(file), std::fs::read_to_string(file).unwrap())).collect()
}

#[test]
fn a_file_of_every_earlier_version_is_brought_up_to_date() {
    // S1.10, with what is found of items that were there before there was a search.
    let directory = TempDir::new().unwrap();
    let new = directory.path().join("new.db");
    drop(SqliteStore::open(&new).unwrap());
    let migrations = migrations();
    for count in 1..migrations.len() {
        let version = migrations[count - 1].0;
        let old = directory.path().join(format!("{version}.db"));
        let connection = Connection::open(&old).unwrap();
        for (_, sql) in migrations.iter().take(count) {
            connection.execute_batch(sql).unwrap();
        }
        // The table of migrations as this version left it.
        let attach = format!("ATTACH '{}' AS new", new.display());
        connection.execute_batch(&attach).unwrap();
        let table: String = connection
            .query_row(
                "SELECT sql FROM new.sqlite_schema WHERE name = 'schema_migrations'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        connection.execute_batch(&table).unwrap();
        connection
            .execute(
                "INSERT INTO schema_migrations SELECT * FROM new.schema_migrations WHERE version <= ?1",
                [version],
            )
            .unwrap();
        if version == 1 {
            connection
                .execute_batch(
                    r#"INSERT INTO cms_content (id, type, content, info, tags, is_active, status,
                         visibility, row_version, created_at, updated_at)
                       SELECT '00000000-0000-0000-0000-00000000000' || value, 'joke',
                         '{"text": "Whales dive ' || value || '"}', '{}', '["sea"]', 1, 'draft',
                         'wriveted', 1, '2026-01-31T09:30:00.250000Z', '2026-01-31T09:30:00.250000Z'
                       FROM json_each('[1,2,3]');
                       INSERT INTO flow_definitions (id, name, version, flow_data, info,
                         allow_anonymous, is_published, is_active, visibility, retention_days,
                         trace_enabled, trace_level, trace_sample_rate, graph_hash, row_version,
                         created_at, updated_at)
                       VALUES ('00000000-0000-0000-0000-000000000009', 'Old', '1', '{}', '{}', 0, 0,
                         1, 'wriveted', 30, 0, 'standard', 100, '', 1, '2026-01-31T09:30:00.250000Z',
                         '2026-01-31T09:30:00.250000Z')"#,
                )
                .unwrap();
        }
        drop(connection);
        let store = SqliteStore::open(&old).unwrap();
        let found = |text: &str| {
            let query = SearchQuery::parse(text);
            store.search_contents(&AccessScope::system(), &query, 10).unwrap().len()
        };
        let expected = if version == 1 { (3, 1, 0) } else { (0, 0, 0) };
        assert_eq!((found("diving whale"), found("sea 2"), found("ship")), expected);
        // F43: what its flow refers to is not known.
        let unread = store.unread_flows(10).unwrap();
        assert_eq!(unread.len(), usize::from(version == 1));
        assert_eq!(looks(&old), looks(&new), "from version {version}");
    }
}

#[test]
fn a_newer_database_stops_the_start() {
    // S1.10
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("newer.db");
    drop(SqliteStore::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    connection
        .execute("INSERT INTO schema_migrations VALUES (9000, 'later', ?1, '')", ["0".repeat(64)])
        .unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 9000, .. }), "{error:?}");
}

#[test]
fn what_is_no_database_of_ours_is_refused_and_left_alone() {
    let directory = TempDir::new().unwrap();
    let text = directory.path().join("text.db");
    let words = "This is a shopping list: eggs, flour, butter. ".repeat(100);
    std::fs::write(&text, &words).unwrap();
    let error = SqliteStore::open(&text).unwrap_err();
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error:?}");
    assert!(error.to_string().contains("text.db"), "{error}");
    assert_eq!(std::fs::read_to_string(&text).unwrap(), words);

    let other = directory.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE eggs (n INTEGER)").unwrap();
    let error = SqliteStore::open(&other).unwrap_err();
    assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");

    let error = SqliteStore::open(directory.path().join("no/such/directory.db")).unwrap_err();
    assert!(matches!(error, OpenError::NoFolder { .. }), "{error:?}");
}

#[test]
fn every_table_is_strict_and_sessions_stand_alone() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("strict.db");
    drop(SqliteStore::open_with(
        &path,
        Options { durability: Durability::Normal, readers: 0, ..Options::default() },
    ));
    let connection = Connection::open(&path).unwrap();
    let loose: Vec<String> = connection
        .prepare("SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    // S1.2; SQLite's own tables are as they are.
    assert!(loose.iter().all(|name| name.starts_with("sqlite_")), "{loose:?}");
    // F44: no runtime table refers to a table of the library, nor has a unique token.
    let references: Vec<(String, String)> = connection
        .prepare(
            "SELECT t.name, f.\"table\" FROM pragma_table_list AS t
             JOIN pragma_foreign_key_list(t.name) AS f
             WHERE t.name LIKE 'conversation%' OR t.name = 'session_journal'",
        )
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(!references.is_empty());
    assert!(references.iter().all(|(_, to)| to == "conversation_sessions"), "{references:?}");
}

#[test]
fn many_handles_open_and_share_a_new_file_at_once() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("shared.db");
    std::thread::scope(|threads| {
        for _ in 0..6 {
            threads.spawn(|| {
                let store = SqliteStore::open(&path).unwrap();
                assert!(store.startable_flows(&AccessScope::system()).unwrap().is_empty());
            });
        }
    });
    let (one, two) = (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap());
    create(&one);
    std::thread::scope(|threads| {
        threads.spawn(|| commit_turns(&one, 15));
        threads.spawn(|| commit_turns(&two, 15));
    });
    assert_turns(&one, 30);
    assert_turns(&two, 30);
}

#[test]
fn two_processes_on_one_file_lose_no_turn() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("processes.db");
    let store = SqliteStore::open(&path).unwrap();
    create(&store);
    let child = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "a_process_commits_ten_turns", "--ignored"]).env(CHILD, &path);
        command.stdout(std::process::Stdio::null()).spawn().unwrap()
    };
    let children = [child(), child()];
    commit_turns(&store, 10);
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_turns(&store, 30);
}

#[test]
#[ignore = "run by `two_processes_on_one_file_lose_no_turn` as the other processes"]
fn a_process_commits_ten_turns() {
    let directory = TempDir::new().unwrap();
    let alone = directory.path().join("alone.db");
    let shared = std::env::var_os(CHILD);
    let store = SqliteStore::open(shared.as_deref().map_or(alone.as_path(), Path::new)).unwrap();
    if shared.is_none() {
        create(&store);
    }
    commit_turns(&store, 10);
    assert!(store.load_session(SESSION).unwrap().unwrap().revision >= Revision(11));
}

#[test]
fn a_process_that_dies_in_a_commit_leaves_the_turn_before() {
    // R2.3, R11.20.
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("dies.db");
    let store = SqliteStore::open(&path).unwrap();
    create(&store);
    // What a commit has written when its process ends half-way: the session but not its rows.
    let half = Connection::open(&path).unwrap();
    half.execute_batch("BEGIN IMMEDIATE; UPDATE conversation_sessions SET revision = 2").unwrap();
    assert_turns(&store, 0);
    drop(half);
    commit_turns(&store, 1);
    assert_turns(&store, 1);
}

#[test]
fn readers_are_opened_when_they_are_needed_and_make_no_file() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("read.db");
    let store = SqliteStore::open(&path).unwrap();
    // Many at once need all the readers there may be.
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(store.unread_flows(10).unwrap(), []);
                }
            });
        }
    });

    let moved = directory.path().join("moved.db");
    let store = SqliteStore::open(&moved).unwrap();
    std::fs::rename(&moved, directory.path().join("elsewhere.db")).unwrap();
    assert_eq!(store.unread_flows(10).unwrap(), [], "the writer reads");
    assert!(!moved.exists());
}
