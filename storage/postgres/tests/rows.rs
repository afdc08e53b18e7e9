//! What is stored beside what the roles show, and by which way it is found.

use chatflow::{ContentId, ExecutionContext, FlowId, SessionId, Timestamp, Visibility};
use chatflow_postgres::PostgresStore;
use chatflow_storage::BlockOn;
use chatflow_storage::{
    AccessScope, AsyncLibraryStore, AsyncReferenceStore, AsyncSessionAdminStore, Batch, Change,
    ConnectionRow, ContentRecord, ContentStatus, Departure, FlowChange, FlowRecord, FlowReference,
    FlowUser, FlowUserQuery, NewVersion, NodeRow, ReadReferences, ReferenceKind, TraceLevel,
    UserId,
};
use sqlx::Row;
use uuid::Uuid;

use crate::place::{Database, template};

pub(crate) fn node(id: &str, content: &str) -> NodeRow {
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

pub(crate) fn flow(nodes: Vec<NodeRow>) -> FlowRecord {
    let connection = ConnectionRow {
        source: "a".into(),
        target: "b".into(),
        connection_type: "default".into(),
        conditions: "{}".into(),
        info: "{}".into(),
    };
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
        connections: vec![connection],
        references: [].into(),
    }
}

fn content(body: &str) -> ContentRecord {
    ContentRecord {
        id: ContentId(Uuid::from_u128(1)),
        seed_key: None,
        kind: "joke".into(),
        content: body.into(),
        info: "{}".into(),
        tags: Vec::new(),
        is_active: true,
        status: ContentStatus::Draft,
        visibility: Visibility::Wriveted,
        school_id: None,
        created_by: None,
        variants: Vec::new(),
    }
}

fn texts(database: &Database, sql: &str) -> Vec<String> {
    database.rows(sql).iter().map(|row| row.get(0)).collect()
}

async fn import(store: &PostgresStore, body: &str) {
    let contents = vec![Change { expected: None, record: content(body) }];
    let batch = Batch { contents, ..Batch::default() };
    store.apply(&AccessScope::system(), &batch).await.unwrap();
}

#[test]
fn nodes_that_stay_keep_their_ids_and_birthdays() {
    // R1.24, R1.27, S1.48, S11.10
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let store = database.open();
    let write = |second: i64, nodes| {
        let flow = Change { expected: None, record: flow(nodes) };
        let at = Timestamp::from_millis(second * 1000);
        let flows = vec![FlowChange { flow, publish: None }];
        let batch = Batch { at, flows, ..Batch::default() };
        database.block_on(store.apply(&AccessScope::system(), &batch)).unwrap();
    };
    write(1, vec![node("a", "{}"), node("b", "{}"), node("c", "{}")]);
    let ids = "SELECT id::text FROM flow_nodes WHERE node_id IN ('a', 'b') ORDER BY node_id";
    let before = texts(&database, ids);
    write(2, vec![node("a", "{}"), node("b", "{\"text\":\"new\"}"), node("d", "{}")]);
    assert_eq!(texts(&database, ids), before);
    let times = texts(
        &database,
        "SELECT node_id || to_char(created_at, 'SS') || to_char(updated_at, 'SS')
         FROM flow_nodes ORDER BY ordinal",
    );
    assert_eq!(times, ["a0101", "b0102", "d0202"]);
    let kept = texts(&database, "SELECT to_char(created_at, 'SS') FROM flow_connections");
    assert_eq!(kept, ["01"]);
}

#[test]
fn a_contents_version_rises_when_its_body_differs() {
    // R13.9, S11.10
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let store = database.open();
    let mut seen = Vec::new();
    for body in ["{\"a\":1}", "{\"a\": 1}", "{\"a\":2}", "{\"a\":2}"] {
        database.block_on(import(&store, body));
        seen.extend(texts(&database, "SELECT version || '/' || row_version FROM cms_content"));
    }
    assert_eq!(seen, ["1/1", "2/2", "3/3", "3/3"]);
}

#[test]
fn what_refers_to_a_session_goes_with_it_and_events_stay() {
    // S4.42, F3: rows that no role of these shows.
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let store = database.open();
    let id = |n: u128| Uuid::from_u128(n).to_string();
    let (flow, user) = (id(5), id(9));
    for n in [1, 2, 3] {
        let session = id(n);
        database.execute(&format!(
            "INSERT INTO conversation_sessions (
               id, user_id, flow_id, flow_seq, session_token, token_hint, csrf_hash, trace_enabled,
               started_at, revision, history_seq, status, last_activity_at, info, state, engine)
             VALUES ('{session}', '{user}', '{flow}', 1, '', '', '', false, now(), 1, 0, 'active',
               now(), '{{}}', '{{}}', '{{}}');
             INSERT INTO chat_request_log VALUES ('{session}', 'k', '', 200, '{{}}', now(), now());
             INSERT INTO flow_execution_turns VALUES (
               '{session}', 1, '{flow}', now(), 1, 0, 1, '[]', NULL);
             INSERT INTO content_events (
               id, event, content_id, session_id, user_id, value, created_at, revision, ordinal)
             VALUES ('{session}', 'interaction', '{flow}', '{session}', '{user}', '1', now(), 1, 1);
             INSERT INTO event_outbox (
               id, event_type, event_version, source_service, destination, payload, status,
               priority, retry_count, max_retries, session_id, created_at)
             VALUES ('{session}', 'e', '1', 's', 'd', '{{}}', 'pending', 1, 0, 1, '{session}',
               now())"
        ));
    }
    let scope = AccessScope::system();
    let seen = || {
        texts(
            &database,
            "SELECT 'log ' || session_id FROM chat_request_log
             UNION ALL SELECT 'trace ' || session_id FROM flow_execution_turns
             UNION ALL SELECT 'outbox ' || session_id FROM event_outbox
             UNION ALL SELECT 'event ' || coalesce(session_id::text, '-')
               || coalesce(user_id::text, ' -') || coalesce(value::text, ' -') FROM content_events
             ORDER BY 1",
        )
    };
    let one = SessionId(Uuid::from_u128(1));
    let gone = database.block_on(store.delete_sessions(&scope, &[Departure::of(one)])).unwrap();
    assert_eq!(gone, [one]);
    let (one, two, three) = (id(1), id(2), id(3));
    let of = |n: &str| format!("event {n}{user}1");
    let left = |what: &str, ids: [&str; 2]| ids.map(|id| format!("{what} {id}")).to_vec();
    let mut expected = vec![of("-"), of(&two), of(&three), format!("outbox {one}")];
    expected
        .extend(["log", "outbox", "trace"].into_iter().flat_map(|what| left(what, [&two, &three])));
    let sorted = |mut texts: Vec<String>| {
        texts.sort();
        texts
    };
    expected.sort();
    assert_eq!(sorted(seen()), expected);
    database.block_on(store.forget_user(&scope, UserId(Uuid::from_u128(9)))).unwrap();
    let expected = vec!["event - - -".to_owned(); 3];
    assert_eq!(sorted(seen()), [expected, vec![format!("outbox {one}")]].concat());
}

#[test]
fn two_servers_apply_batches_at_once() {
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let (one, two) = (database.open(), database.open());
    database.block_on(async {
        let import_all = async |store: &PostgresStore| {
            for n in 0..50 {
                import(store, &format!("{{\"n\":{n}}}")).await;
            }
        };
        tokio::join!(import_all(&one), import_all(&two));
    });
    assert_eq!(texts(&database, "SELECT content::text FROM cms_content"), ["{\"n\":49}"]);
}

#[test]
fn candidates_are_listed_by_index_without_sorting() {
    let Some(template) = template() else { return };
    let database = template.clone_database();
    database.execute(
        "ALTER DATABASE {name} SET enable_seqscan = off".replace("{name}", &database.name).as_str(),
    );
    let plan = |sql: &str| texts(&database, &format!("EXPLAIN {sql}")).join("\n");
    let candidates = plan(
        "SELECT c.id FROM cms_content AS c WHERE c.type = 'joke'
         AND c.is_active AND c.status = 'published' ORDER BY c.id LIMIT 1000",
    );
    assert!(candidates.contains("ix_cms_content_candidates"), "{candidates}");
    assert!(!candidates.contains("Sort"), "{candidates}");
    let startable = plan(
        "SELECT f.id FROM flow_definitions AS f WHERE f.is_active AND f.is_published
         ORDER BY f.name, f.id",
    );
    assert!(startable.contains("ix_flow_definitions_startable"), "{startable}");
}

#[test]
fn references_of_flows_that_were_there_before_are_filled_in() {
    // F43: as the migration leaves them, with a draft that has gone on since it was published.
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let store = database.open();
    let forget = || {
        database.execute("DELETE FROM flow_refs");
        database.execute("INSERT INTO flow_refs_unread SELECT id FROM flow_definitions");
    };
    let mut record = flow(vec![node("a", "{}"), node("b", "{}")]);
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
        database.block_on(store.apply(&AccessScope::system(), &batch)).unwrap();
    };
    let version = || {
        Some(NewVersion { label: "1".into(), document: "{}".into(), links: Vec::new(), note: None })
    };
    let users = |n| {
        let id = Uuid::from_u128(n);
        let kind = ReferenceKind::Content;
        let query = FlowUserQuery { kind, id, live_only: false, after: None, limit: 9 };
        let page = database.block_on(store.flow_users(&AccessScope::system(), &query)).unwrap();
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
    let fill = |row_version| database.block_on(store.fill_references(&read(row_version))).unwrap();
    let unread = || database.block_on(store.unread_flows(9)).unwrap();
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
