//! Times that were written by hand, with microseconds.

use chatflow::{FlowId, Timestamp};
use chatflow_storage::{AccessScope, AsyncAnalyticsStore as _, BlockOn as _, FactQuery};
use uuid::Uuid;

use crate::place::template;

const INSERT: &str = "
INSERT INTO conversation_sessions (id, flow_id, flow_seq, session_token, token_hint, csrf_hash,
  trace_enabled, started_at, revision, history_seq, status, last_activity_at, info, state, engine)
SELECT lpad(n::text, 32, '0')::uuid, lpad('1', 32, '0')::uuid, 1, '', '', '', false, at, 1, 0,
  'active', at, '{}', '{}', '{}'
FROM unnest(ARRAY[1, 2, 3, 4, 5], ARRAY['1970-01-01T00:00:01.001Z', '1970-01-01T00:00:01.0025Z',
  '1970-01-01T00:00:01.002501Z', '1970-01-01T00:00:01.003Z', '1970-01-01T00:00:01.003999Z'
  ]::timestamptz[]) AS s (n, at)";

#[test]
fn pages_of_sessions_go_on_behind_times_with_microseconds() {
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let store = database.open();
    database.execute(INSERT);
    let (scope, flow) = (AccessScope::system(), FlowId(Uuid::from_u128(1)));
    let (from, to) = (Timestamp::default(), Timestamp::from_millis(9_000));
    for limit in [1, 2, 3, 5, 9] {
        let mut query = FactQuery { limit, ..FactQuery::of(flow, from, to) };
        let mut found = Vec::new();
        loop {
            let page = database.block_on(store.session_facts(&scope, &query)).unwrap();
            let Some(last) = page.last() else { break };
            query.after = Some(last.cursor());
            found.extend(page.iter().map(|session| session.id.0.as_u128()));
            assert!(found.len() <= 5, "{limit}: {found:?}");
        }
        assert_eq!(found, [1, 2, 3, 4, 5], "{limit}");
    }
}
