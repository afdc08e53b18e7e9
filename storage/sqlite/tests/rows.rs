//! What is stored beside what the roles show.

#![expect(clippy::unwrap_used, reason = "the lints spare test functions but not what they call")]

use chatflow::{ContentId, ExecutionContext, FlowId, SessionId, Timestamp, Visibility};
use chatflow_sqlite::SqliteStore;
use chatflow_storage::{
    AccessScope, Batch, Change, ConnectionRow, ContentRecord, ContentStatus, Departure, FlowChange,
    FlowRecord, FlowReference, FlowUser, FlowUserQuery, LibraryStore, NewVersion, NodeRow,
    ReadReferences, ReferenceKind, ReferenceStore, SessionAdminStore, TraceLevel, UserId,
};
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

fn node(id: &str, content: &str) -> NodeRow {
    NodeRow {
        node_id: id.into(),
        node_type: "message".into(),
        execution_context: ExecutionContext::Backend,
        template: None,
        content: content.into(),
        position: "{}".into(),
        info: "{}".into(),
    }
}

fn flow(nodes: Vec<NodeRow>, connections: Vec<ConnectionRow>) -> FlowRecord {
    FlowRecord {
        id: FlowId(Uuid::from_u128(1)),
        seed_key: None,
        name: "Flow".into(),
        description: None,
        version: "1.0.0".into(),
        entry_node_id: None,
        flow_data: "{}".into(),
        info: "{}".into(),
        visibility: Visibility::Wriveted,
        school_id: None,
        created_by: None,
        allow_anonymous: false,
        is_published: false,
        is_active: true,
        theme_id: None,
        retention_days: 30,
        trace_enabled: false,
        trace_level: TraceLevel::Standard,
        trace_sample_rate: 100,
        graph_hash: String::new(),
        nodes,
        connections,
        references: [].into(),
    }
}

fn content(body: &str, tags: &[&str]) -> ContentRecord {
    ContentRecord {
        id: ContentId(Uuid::from_u128(1)),
        seed_key: None,
        kind: "joke".into(),
        content: body.into(),
        info: "{}".into(),
        tags: tags.iter().map(ToString::to_string).collect(),
        is_active: true,
        status: ContentStatus::Draft,
        visibility: Visibility::Wriveted,
        school_id: None,
        created_by: None,
        variants: Vec::new(),
    }
}

fn rows(path: &std::path::Path, sql: &str) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn nodes_that_stay_keep_their_ids_and_birthdays() {
    // R1.24, R1.27, S1.48, S11.10
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("graph.db");
    let store = SqliteStore::open(&path).unwrap();
    let write = |second: i64, nodes| {
        let connection = ConnectionRow {
            source: "a".into(),
            target: "b".into(),
            connection_type: "default".into(),
            conditions: "{}".into(),
            info: "{}".into(),
        };
        let flow = Change { expected: None, record: flow(nodes, vec![connection]) };
        let at = Timestamp::from_millis(second * 1000);
        let flows = vec![FlowChange { flow, publish: None }];
        store.apply(&AccessScope::system(), &Batch { at, flows, ..Batch::default() }).unwrap();
    };
    write(1, vec![node("a", "{}"), node("b", "{}"), node("c", "{}")]);
    let ids = rows(&path, "SELECT id FROM flow_nodes WHERE node_id IN ('a', 'b') ORDER BY node_id");
    write(2, vec![node("a", "{}"), node("b", "{\"text\":\"new\"}"), node("d", "{}")]);
    let after =
        rows(&path, "SELECT id FROM flow_nodes WHERE node_id IN ('a', 'b') ORDER BY node_id");
    assert_eq!(ids, after);
    let times = rows(
        &path,
        "SELECT node_id || substr(created_at, 18, 2) || substr(updated_at, 18, 2)
         FROM flow_nodes ORDER BY ordinal",
    );
    assert_eq!(times, ["a0101", "b0102", "d0202"]);
    let kept = rows(&path, "SELECT substr(created_at, 18, 2) FROM flow_connections");
    assert_eq!(kept, ["01"]);
}

#[test]
fn a_contents_version_rises_when_its_body_differs() {
    // R13.9, S11.10
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("content.db");
    let store = SqliteStore::open(&path).unwrap();
    let mut seen = Vec::new();
    for (body, tags) in [
        ("{\"a\":1}", &["x", "y", "x"][..]),
        ("{\"a\":1}", &["y"]),
        ("{\"a\":2}", &["y"]),
        ("{\"a\":2}", &["y"]),
    ] {
        let contents = vec![Change { expected: None, record: content(body, tags) }];
        let batch = Batch { contents, ..Batch::default() };
        store.apply(&AccessScope::system(), &batch).unwrap();
        let versions = rows(&path, "SELECT version || '/' || row_version FROM cms_content");
        let tags = rows(&path, "SELECT tag FROM cms_content_tags ORDER BY tag");
        seen.push((versions.concat(), tags.concat()));
    }
    let seen: Vec<_> = seen.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(seen, [("1/1", "xy"), ("1/2", "y"), ("2/3", "y"), ("2/3", "y")]);
}

#[test]
fn candidates_are_listed_by_index_without_sorting() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("plan.db");
    drop(SqliteStore::open(&path).unwrap());
    let plan = |sql: &str| {
        let connection = Connection::open(&path).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>("detail")).unwrap();
        rows.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    };
    let candidates = plan(
        "SELECT c.id FROM cms_content AS c WHERE c.type = 'joke'
         AND c.is_active = 1 AND c.status = 'published' ORDER BY c.id",
    );
    assert!(candidates.contains("ix_cms_content_candidates"), "{candidates}");
    assert!(!candidates.contains("TEMP B-TREE"), "{candidates}");
    let session = plan("SELECT state FROM conversation_sessions WHERE id = 'x'");
    assert!(session.contains("SEARCH"), "{session}");
}

#[test]
fn lists_of_sessions_are_found_by_index_without_sorting() {
    // S4.41, F43: as the store lists them, whatever they are looked for by.
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("plan.db");
    drop(SqliteStore::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    for (by, index) in [
        ("+status = status", "ix_conversation_sessions_started"),
        ("user_id = ?1", "ix_conversation_sessions_user"),
        ("flow_id = ?1", "ix_conversation_sessions_flow"),
        ("school_id IN (SELECT value FROM json_each(?1))", "ix_conversation_sessions_school"),
    ] {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT id, info FROM conversation_sessions WHERE {by}
             AND started_at >= ?2 AND (started_at, id) < (?3, ?4)
             ORDER BY started_at DESC, id DESC LIMIT ?5"
        );
        let mut statement = connection.prepare(&sql).unwrap();
        let rows = statement.raw_query().mapped(|row| row.get::<_, String>("detail"));
        let plan = rows.collect::<Result<Vec<_>, _>>().unwrap().join("\n");
        assert!(plan.contains(index) && !plan.contains("SCAN conv"), "{plan}");
        let sorts = plan.contains("TEMP B-TREE FOR ORDER BY");
        assert!(!sorts || !by.starts_with('+'), "{plan}");
    }
}

/// Runs statements past the store.
fn execute(path: &std::path::Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn what_refers_to_a_session_goes_with_it_and_events_stay() {
    // S4.42, F3: rows that no role of these shows.
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("gone.db");
    let store = SqliteStore::open(&path).unwrap();
    let id = |n: u128| Uuid::from_u128(n).to_string();
    let at = "2026-01-31T09:30:00.250000Z";
    for n in [1, 2, 3] {
        let (session, user, flow) = (id(n), id(9), id(5));
        execute(
            &path,
            &format!(
                "INSERT INTO conversation_sessions (
                   id, user_id, flow_id, flow_seq, session_token, token_hint, csrf_hash,
                   trace_enabled, started_at, revision, history_seq, status, last_activity_at,
                   info, state, engine)
                 VALUES ('{session}', '{user}', '{flow}', 1, '', '', '', 0, '{at}', 1, 0, 'active', '{at}',
                   '{{}}', '{{}}', '{{}}');
                 INSERT INTO chat_request_log VALUES (
                   '{session}', 'k', '', 200, '{{}}', '2026', '2026');
                 INSERT INTO flow_execution_turns VALUES (
                   '{session}', 1, 'f', '2026', 1, 0, 1, '[]', NULL);
                 INSERT INTO content_events (
                   id, event, content_id, session_id, user_id, value, created_at, revision, ordinal)
                 VALUES ('{session}', 'interaction', 'c', '{session}', '{user}', '1', '2026', 1, 1);
                 INSERT INTO event_outbox (
                   id, event_type, event_version, source_service, destination, payload, status,
                   priority, retry_count, max_retries, session_id, created_at)
                 VALUES ('{session}', 'e', '1', 's', 'd', '{{}}', 'pending', 1, 0, 1, '{session}',
                   '2026');"
            ),
        );
    }
    let scope = AccessScope::system();
    let seen = || {
        rows(
            &path,
            "SELECT 'log ' || session_id FROM chat_request_log
             UNION ALL SELECT 'trace ' || session_id FROM flow_execution_turns
             UNION ALL SELECT 'outbox ' || session_id FROM event_outbox
             UNION ALL SELECT 'event ' || coalesce(session_id, '-') || coalesce(user_id, ' -')
               || coalesce(value, ' -') FROM content_events
             ORDER BY 1",
        )
    };
    let one = SessionId(Uuid::from_u128(1));
    assert_eq!(store.delete_sessions(&scope, &[Departure::of(one)]).unwrap(), [one]);
    let (one, two, three, user) = (id(1), id(2), id(3), id(9));
    let of = |n: &str| format!("event {n}{user}1");
    let left = |what: &str, ids: [&str; 2]| ids.map(|id| format!("{what} {id}")).to_vec();
    let expected = [
        vec![of("-"), of(&two), of(&three)],
        left("log", [&two, &three]),
        vec![format!("outbox {one}")],
        left("outbox", [&two, &three]),
        left("trace", [&two, &three]),
    ]
    .concat();
    assert_eq!(seen(), expected);
    store.forget_user(&scope, UserId(Uuid::from_u128(9))).unwrap();
    let expected = vec!["event - - -".to_owned(); 3];
    assert_eq!(seen(), [expected, vec![format!("outbox {one}")]].concat());
}

#[test]
fn two_handles_apply_batches_at_once() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("imports.db");
    let (one, two) = (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap());
    let import = |store: &SqliteStore| {
        for n in 0..150 {
            let contents =
                vec![Change { expected: None, record: content(&format!("{{\"n\":{n}}}"), &[]) }];
            let batch = Batch { contents, ..Batch::default() };
            store.apply(&AccessScope::system(), &batch).unwrap();
        }
    };
    std::thread::scope(|threads| {
        threads.spawn(|| import(&one));
        threads.spawn(|| import(&two));
    });
    assert_eq!(rows(&path, "SELECT content FROM cms_content"), ["{\"n\":149}"]);
}

#[test]
fn references_of_flows_that_were_there_before_are_filled_in() {
    // F43: as the migration leaves them, with a draft that has gone on since it was published.
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("references.db");
    let store = SqliteStore::open(&path).unwrap();
    let forget = || {
        let sql =
            "DELETE FROM flow_refs; INSERT INTO flow_refs_unread SELECT id FROM flow_definitions";
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    };
    let mut record = flow(vec![node("a", "{}"), node("b", "{}")], Vec::new());
    record.is_published = true;
    let shows = |node: &str, n: u128| FlowReference {
        node_id: node.into(),
        kind: ReferenceKind::Content,
        ref_id: Uuid::from_u128(n).to_string(),
    };
    let save = |row_version, record: &FlowRecord, publish: Option<NewVersion>| {
        let flow = Change { expected: Some(row_version), record: record.clone() };
        let flows = vec![FlowChange { flow, publish }];
        let batch = Batch { flows, ..Batch::default() };
        store.apply(&AccessScope::system(), &batch).unwrap();
    };
    let version = || {
        Some(NewVersion { label: "1".into(), document: "{}".into(), links: Vec::new(), note: None })
    };
    let users = |n| {
        let id = Uuid::from_u128(n);
        let kind = ReferenceKind::Content;
        let query = FlowUserQuery { kind, id, live_only: false, after: None, limit: 9 };
        let page = store.flow_users(&AccessScope::system(), &query).unwrap();
        let user = |user: &FlowUser| (user.in_draft, user.in_version);
        (page.is_complete, page.users.iter().map(user).collect::<Vec<_>>())
    };
    save(0, &record, version());
    forget();
    assert_eq!(users(7), (false, vec![]));
    // Saving a draft tells what the draft refers to, not what is published.
    record.references = [shows("a", 7)].into();
    save(1, &record, None);
    assert_eq!(users(7), (false, vec![(true, false)]));
    let read = |row_version| ReadReferences {
        flow_id: record.id,
        row_version,
        draft: record.references.clone(),
        version: [shows("a", 8), shows("b", 7)].into(),
    };
    let fill = |row_version| store.fill_references(&read(row_version)).unwrap();
    let unread = || store.unread_flows(9).unwrap();
    assert_eq!(unread(), [record.id]);
    assert!(!fill(1), "it was saved meanwhile");
    assert!(fill(2));
    assert_eq!(unread(), []);
    assert_eq!(users(7), (true, vec![(true, false), (false, true)]));
    assert_eq!(users(8), (true, vec![(false, true)]));
    assert!(!fill(2), "it is known");
    // Publishing tells all, too.
    forget();
    save(2, &record, version());
    assert_eq!((unread(), users(7)), (vec![], (true, vec![(true, true)])));
    assert_eq!(users(8), (true, vec![]));
}
