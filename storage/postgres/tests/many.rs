//! What reading many costs.

use chatflow::{FlowId, Timestamp};
use chatflow_postgres::{Options, PostgresStore};
use chatflow_storage::{
    AccessScope, AsyncAnalyticsStore as _, AsyncFlowCatalog as _, AsyncLibraryStore as _, Batch,
    BlockOn, Change, FactQuery, FlowChange, FlowRecord,
};
use sqlx::Row as _;
use uuid::Uuid;

use crate::place::template;
use crate::proxy::Proxy;
use crate::rows::{flow, node};

#[test]
fn many_flows_are_read_with_as_many_statements_as_one() {
    // S3.100: snapshots of 10,000 flows may be asked for at once.
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let proxy = Proxy::new(&database.url);
    let options = Options { max_connections: 1, ..Options::default() };
    let store = database.block_on(PostgresStore::connect_with(&proxy.url, options)).unwrap();
    let scope = AccessScope::system();
    let record =
        |id| FlowRecord { id, seed_key: None, ..flow(vec![node("a", "{}"), node("b", "{}")]) };
    let ids: Vec<_> = (1..=50).map(|n| FlowId(Uuid::from_u128(n))).collect();
    let flows = ids.iter().map(|id| FlowChange {
        flow: Change { expected: None, record: record(*id) },
        publish: None,
    });
    let batch = Batch { at: Timestamp::default(), flows: flows.collect(), ..Batch::default() };
    database.block_on(store.apply(&scope, &batch)).unwrap();
    let read = |ids: &[FlowId]| {
        let found = database.block_on(store.flow_drafts(&scope, ids)).unwrap();
        (found.len(), proxy.round_trips())
    };
    // The first time each statement is prepared as well.
    read(&ids);
    let (one, cost) = read(&ids[..1]);
    assert_eq!((one, read(&ids)), (1, (50, cost)));
    assert!(cost <= 6, "{cost}");
    let unknown: Vec<_> = (1_000..11_000).map(|n| FlowId(Uuid::from_u128(n))).collect();
    let (none, cost) = read(&unknown);
    assert!(none == 0 && cost <= 3, "{cost}");
}

/// Sessions of one flow, a minute apart, as they would be among those of many flows: they lie in any order, and the
/// planner does not know that there are no others.
const SESSIONS: &str = "
INSERT INTO conversation_sessions (id, flow_id, flow_seq, session_token, token_hint, csrf_hash, trace_enabled,
  started_at, revision, history_seq, status, last_activity_at, info, state, engine)
SELECT gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 1, repeat('d', 64), 'abcdef', repeat('c', 64),
  false, timestamptz '2026-01-01Z' + n * interval '1 minute', 1, 0, 'active', now(), '{}', '{}', '{}'
FROM generate_series(1, 20000) AS n ORDER BY md5(n::text);
ALTER TABLE conversation_sessions ALTER COLUMN flow_id SET STATISTICS 0;
ANALYZE conversation_sessions";

/// Sessions that were looked up by an index, whatever came of it.
const LOOKED_UP: &str =
    "SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'conversation_sessions'";

#[test]
fn each_of_many_sessions_is_looked_up_for_its_page() {
    // S5.51: an export of everything takes its time by the session, however many there are.
    let Some(template) = template() else { return };
    let database = template.clone_database();
    database.execute(SESSIONS);
    let options = Options { max_connections: 1, ..Options::default() };
    let store = database.block_on(PostgresStore::connect_with(&database.url, options)).unwrap();
    let flow = FlowId(Uuid::from_u128(1));
    let mut query =
        FactQuery::of(flow, Timestamp::from_millis(0), Timestamp::from_millis(4_000_000_000_000));
    let (mut found, mut pages) = (0, 0);
    loop {
        let page = database.block_on(store.session_facts(&AccessScope::system(), &query)).unwrap();
        let Some(last) = page.last() else { break };
        query.after = Some(last.cursor());
        (found, pages) = (found + page.len(), pages + 1);
    }
    assert!((found, pages > 20) == (20_000, true), "{found} in {pages}");
    // A connection tells of what it did when it ends.
    drop(store);
    let others = "SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    while !database.rows(others).is_empty() {}
    let looked_up: i64 = database.rows(LOOKED_UP)[0].get(0);
    assert!((20_000..21_000).contains(&looked_up), "{looked_up} in {pages} pages");
}
