//! Statements over facts of sessions and the numbers of days.

use chatflow::{FlowId, Timestamp};
use chatflow_postgres::PostgresStore;
use chatflow_storage::{
    AccessScope, AsyncAnalyticsStore as _, Day, FactQuery, FlowDayQuery, LiveQuery, Measured,
    RollupQuery,
};
use uuid::Uuid;

use super::Sent;
use crate::proxy::Proxy;

pub(super) async fn call_analytics(store: &PostgresStore, proxy: &Proxy) -> Sent {
    let scope = AccessScope::system();
    let flow = FlowId(Uuid::from_u128(2));
    let (at, until) = (Timestamp::default(), Timestamp::from_millis(10));
    let mut sent = Vec::new();
    let mut sends = |call| sent.push((call, proxy.prepared()));
    store.session_facts(&scope, &FactQuery::of(flow, at, until)).await.unwrap();
    sends("session_facts");
    let (from, to) = (Day(0), Day(30));
    store.flow_days(&FlowDayQuery { from, to, after: None, limit: 10 }).await.unwrap();
    sends("flow_days");
    let query = RollupQuery {
        flows: vec![flow],
        school: None,
        measured: Measured::Flows,
        from,
        to,
        after: None,
        limit: 10,
    };
    store.rollups(&scope, &query).await.unwrap();
    sends("rollups of flows");
    let all = RollupQuery { measured: Measured::All, ..query };
    store.rollups(&scope, &all).await.unwrap();
    sends("rollups of flows and nodes");
    let live = LiveQuery {
        flows: vec![flow],
        school: None,
        from: at,
        active_since: at,
        inputs_since: at,
        started_since: at,
    };
    store.live_flows(&scope, &live).await.unwrap();
    sends("live_flows");
    sent
}
