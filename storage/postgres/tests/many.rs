//! What reading many costs.

use chatflow::{FlowId, Timestamp};
use chatflow_postgres::{Options, PostgresStore};
use chatflow_storage::{
    AccessScope, AsyncFlowCatalog as _, AsyncLibraryStore as _, Batch, BlockOn, Change, FlowChange,
    FlowRecord,
};
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
