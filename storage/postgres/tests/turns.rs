//! What a turn costs, and what becomes of one whose answer is lost.

use std::time::Duration;

use chatflow::{Revision, Timestamp};
use chatflow_postgres::{Options, PostgresStore};
use chatflow_storage::BlockOn;
use chatflow_storage::{
    AsyncSessionStore, Commit, CommitError, HistoryQuery, LeaseRequest, LeaseToken, StoreError,
};
use sqlx::{Connection, PgConnection, Row};
use tokio::sync::Barrier;
use uuid::Uuid;

use crate::place::{Database, template};
use crate::proxy::Proxy;
use crate::session::{SESSION, commit, full_commit, full_session, new_session};

/// A database with one session, behind a relay; every statement of a turn is prepared.
fn talk() -> Option<(Database, Proxy, PostgresStore)> {
    let database = template()?.clone_database();
    let proxy = Proxy::new(&database.url);
    let store = database.block_on(async {
        let options = Options { max_connections: 1, ..Options::default() };
        let store = PostgresStore::connect_with(&proxy.url, options).await.unwrap();
        store.create_session(&new_session()).await.unwrap();
        store.load_session(SESSION).await.unwrap();
        store.commit(&commit(Revision(1))).await.unwrap();
        store.commit(&commit(Revision(1))).await.unwrap_err();
        store
    });
    proxy.round_trips();
    Some((database, proxy, store))
}

/// Keeps every commit waiting until the transaction of this connection ends.
async fn hold_sessions(database: &Database) -> PgConnection {
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let hold = "BEGIN; SELECT id FROM conversation_sessions FOR UPDATE";
    sqlx::raw_sql(hold).execute(&mut connection).await.unwrap();
    connection
}

#[test]
fn a_turn_takes_two_round_trips_and_one_transaction() {
    // Ruling 3: a load and a commit, and nothing around them.
    let Some((database, proxy, store)) = talk() else { return };
    for n in 2..12 {
        let loaded = database.block_on(store.load_session(SESSION)).unwrap().unwrap();
        assert_eq!((loaded.revision, proxy.round_trips()), (Revision(n), 1));
        database.block_on(store.commit(&commit(loaded.revision))).unwrap();
        assert_eq!(proxy.round_trips(), 1);
    }
    // Row by row: the transaction that wrote it.
    let transactions = database.rows(
        "SELECT h.xmin::text = j.xmin::text AS same, h.seq, j.revision
         FROM conversation_history AS h
         JOIN session_journal AS j ON j.revision = (h.seq + 2) / 3
         WHERE h.session_id = j.session_id ORDER BY h.seq",
    );
    assert_eq!(transactions.len(), 12 * 3);
    assert!(transactions.iter().all(|row| row.get("same")));
    let last = database.rows(
        "SELECT s.xmin::text = j.xmin::text AS same FROM conversation_sessions AS s
         JOIN session_journal AS j ON j.session_id = s.id AND j.revision = s.revision",
    );
    assert!(last[0].get::<bool, _>("same"));
}

/// The tables that a turn may write beside the session's own.
const EXTRAS: [&str; 4] =
    ["content_events", "flow_execution_turns", "chat_request_log", "event_outbox"];

#[test]
fn a_turn_with_something_of_everything_takes_no_more() {
    // S4.33, S5.24, S6.30: one round trip and one transaction for all it writes.
    let Some((database, proxy, store)) = talk() else { return };
    database.block_on(store.commit(&full_commit(Revision(2)))).unwrap();
    // The first time it is prepared as well.
    assert_eq!(proxy.round_trips(), 2);
    for n in 3..8 {
        database.block_on(store.commit(&full_commit(Revision(n)))).unwrap();
        assert_eq!(proxy.round_trips(), 1);
    }
    // A plain turn between them is what it was.
    database.block_on(store.commit(&commit(Revision(8)))).unwrap();
    assert_eq!(proxy.round_trips(), 1);
    database.block_on(store.create_session(&full_session(2))).unwrap();
    assert_eq!(proxy.round_trips(), 2);
    database.block_on(store.create_session(&full_session(3))).unwrap();
    assert_eq!(proxy.round_trips(), 1);
    for (table, rows) in EXTRAS.into_iter().zip([6 * 2 + 1, 6, 6, 6 * 2]) {
        let counted = database.rows(&format!(
            "SELECT count(*), count(DISTINCT x.xmin::text), bool_and(EXISTS (
               SELECT 1 FROM session_journal AS j
               WHERE j.session_id = x.session_id AND j.xmin::text = x.xmin::text))
             FROM {table} AS x WHERE x.session_id = '00000000-0000-0000-0000-000000000001'",
        ));
        let (count, transactions) = (counted[0].get::<i64, _>(0), counted[0].get::<i64, _>(1));
        assert_eq!((count, transactions), (rows, 6), "{table}");
        assert!(counted[0].get::<bool, _>(2), "{table}");
    }
}

#[test]
fn a_refused_turn_writes_nothing_of_what_came_with_it() {
    // R2.3, S4.37
    let Some((database, _, store)) = talk() else { return };
    database.block_on(async {
        store.commit(&full_commit(Revision(1))).await.unwrap_err();
        store.create_session(&full_session(1)).await.unwrap_err();
        let mut other = hold_sessions(&database).await;
        // It waits for a turn that commits first, and then finds that it is late.
        let late = async { store.commit(&full_commit(Revision(2))).await };
        let first = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let first = "UPDATE conversation_sessions SET revision = 3; COMMIT";
            sqlx::raw_sql(first).execute(&mut other).await.unwrap();
        };
        let (late, ()) = tokio::join!(late, first);
        assert!(matches!(late.unwrap_err(), CommitError::Conflict { actual: Revision(3), .. }));
    });
    for table in EXTRAS {
        assert_eq!(database.rows(&format!("SELECT 1 FROM {table}")).len(), 0, "{table}");
    }
    // Of two turns of one key the second is refused, whoever they are of.
    database.block_on(store.commit(&full_commit(Revision(3)))).unwrap();
    let mut again = full_commit(Revision(3));
    again.expected = Revision(4);
    let error = database.block_on(store.commit(&again)).unwrap_err();
    assert!(matches!(error, CommitError::Answered { session: SESSION }), "{error:?}");
    assert_eq!(database.rows("SELECT 1 FROM flow_execution_turns").len(), 1);
}

#[test]
fn the_events_of_a_turn_are_its_sessions_and_in_order() {
    // S6.30, S6.33
    let Some((database, _, store)) = talk() else { return };
    database.block_on(store.commit(&full_commit(Revision(2)))).unwrap();
    let rows = database.rows(
        "SELECT concat_ws('|', destination, subscription_id, status, priority, retry_count,
           max_retries, payload, headers, routing_key, correlation_id, session_id,
           created_at = '1969-12-31 23:59:59.999+00', processed_at = created_at) AS row
         FROM event_outbox ORDER BY seq",
    );
    let rows: Vec<String> = rows.iter().map(|row| row.get("row")).collect();
    let session = "key|c|00000000-0000-0000-0000-000000000001|t";
    assert_eq!(
        rows,
        [
            format!("stream|published|2|0|5|{{ \"n\" : 1 }}|{{}}|{session}|t"),
            format!(
                "webhook|00000000-0000-0000-0000-000000000004|pending|2|0|5|{{ \"n\" : 1 }}|{session}"
            ),
        ]
    );
    let mut bad = full_commit(Revision(3));
    bad.turn.events[1].event_type = String::new();
    let error = database.block_on(store.commit(&bad)).unwrap_err();
    assert!(matches!(error, CommitError::Store(_)), "{error:?}");
    assert_eq!(database.rows("SELECT 1 FROM flow_execution_turns").len(), 1);
}

#[test]
fn other_calls_of_a_conversation_cost_one_round_trip_and_a_refusal_one_more() {
    let Some((database, proxy, store)) = talk() else { return };
    let stale = database.block_on(store.commit(&commit(Revision(1)))).unwrap_err();
    assert!(matches!(stale, CommitError::Conflict { actual: Revision(2), .. }), "{stale:?}");
    assert_eq!(proxy.round_trips(), 2);
    let mut second = new_session();
    second.head.id.0 = Uuid::from_u128(2);
    database.block_on(store.create_session(&second)).unwrap();
    assert_eq!(proxy.round_trips(), 1);
    let token = LeaseToken(Uuid::from_u128(3));
    let lease = LeaseRequest {
        session: SESSION,
        expected: Revision(2),
        token,
        until: Timestamp::from_millis(10),
        at: Timestamp::default(),
        mark: None,
    };
    let all = HistoryQuery { session: SESSION, after_seq: 0, kinds: None, skip: 0, limit: 10 };
    database.block_on(async {
        for first in [true, false] {
            store.take_lease(&lease).await.unwrap();
            store.release_lease(SESSION, token).await.unwrap();
            assert_eq!(store.history(all).await.unwrap().total, 6);
            assert_eq!(store.journal(SESSION).await.unwrap().len(), 2);
            // The first time each is prepared as well.
            assert_eq!(proxy.round_trips(), if first { 8 } else { 4 });
        }
    });
}

#[test]
fn a_turn_rewrites_its_row_in_place() {
    // F17: no index is touched.
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let store = database.open();
    database.block_on(async {
        store.create_session(&new_session()).await.unwrap();
        for n in 1..41 {
            let commit = if n % 2 == 0 { full_commit } else { commit };
            store.commit(&commit(Revision(n))).await.unwrap();
        }
    });
    // A connection reports what it did when it ends, at the latest.
    drop(store);
    let figures = || {
        let rows = database.rows(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables
             WHERE relname = 'conversation_sessions'",
        );
        (rows[0].get::<i64, _>("n_tup_upd"), rows[0].get::<i64, _>("n_tup_hot_upd"))
    };
    for _ in 0..100 {
        if figures().0 == 40 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(figures(), (40, 40));
}

#[test]
fn a_session_that_was_kept_goes_on_in_one_round_trip() {
    let Some((database, proxy, store)) = talk() else { return };
    let (token, until) = (LeaseToken(Uuid::from_u128(3)), Timestamp::from_millis(10));
    let commit_kept = |n, mark| {
        let is_full = n == 3 || n == 5;
        let turn = if is_full { full_commit(Revision(n)) } else { commit(Revision(n)) };
        database.block_on(store.commit(&Commit { mark, ..turn }))
    };
    let lease = |n, mark| {
        let (expected, at) = (Revision(n), Timestamp::default());
        let lease = LeaseRequest { session: SESSION, expected, token, until, at, mark };
        database.block_on(store.take_lease(&lease))
    };
    // Both statements are prepared.
    let mark = commit_kept(2, None).unwrap().mark;
    let mut mark = commit_kept(3, mark).unwrap().mark;
    proxy.round_trips();
    for n in 4..7 {
        let next = commit_kept(n, mark).unwrap();
        assert_eq!((next.revision, proxy.round_trips()), (Revision(n + 1), 1));
        assert!(mark.is_some() && next.mark != mark);
        mark = next.mark;
    }
    // By another process, in each way that there is.
    let elsewhere = commit_kept(7, None).unwrap().mark;
    for refused in [commit_kept(7, mark).map(drop), lease(7, mark)] {
        assert!(matches!(refused, Err(CommitError::Conflict { .. })), "{refused:?}");
    }
    lease(8, elsewhere).unwrap();
    let refused = commit_kept(8, elsewhere);
    assert!(matches!(refused, Err(CommitError::Busy { .. })), "{refused:?}");
    database.block_on(store.release_lease(SESSION, token)).unwrap();
    for refused in [commit_kept(8, elsewhere).map(drop), lease(8, elsewhere)] {
        assert!(matches!(refused, Err(CommitError::Changed { .. })), "{refused:?}");
    }
    let mark = commit_kept(8, None).unwrap().mark;
    database.execute("UPDATE conversation_sessions SET status = 'abandoned'");
    for refused in [commit_kept(9, mark).map(drop), lease(9, mark)] {
        assert!(matches!(refused, Err(CommitError::Changed { .. })), "{refused:?}");
    }
    database.execute("DELETE FROM conversation_sessions");
    for refused in [commit_kept(9, mark).map(drop), lease(9, mark)] {
        assert!(matches!(refused, Err(CommitError::NotFound { .. })), "{refused:?}");
    }
}

#[test]
fn a_commit_whose_answer_is_lost_says_so() {
    let Some((database, proxy, store)) = talk() else { return };
    proxy.cut();
    let error = database.block_on(store.commit(&commit(Revision(2)))).unwrap_err();
    let CommitError::Store(source) = error else { panic!("{error:?}") };
    assert!(source.to_string().contains("cannot tell whether"), "{source}");
    // Here it was stored; the next call gets a new connection and finds out.
    let loaded = database.block_on(store.load_session(SESSION)).unwrap().unwrap();
    assert_eq!(loaded.revision, Revision(3));
    // A read that is lost is only a read that failed.
    proxy.cut();
    let error = database.block_on(store.load_session(SESSION)).unwrap_err();
    let StoreError::Store(source) = error else { panic!("{error:?}") };
    assert_eq!(source.to_string(), "cannot read a session");
    assert!(source.source().is_some());
}

#[test]
fn a_commit_that_the_server_ends_half_way_leaves_the_turn_before() {
    // R2.3, R11.20
    let Some((database, _, store)) = talk() else { return };
    let error = database.block_on(async {
        let mut other = hold_sessions(&database).await;
        let commit = commit(Revision(2));
        let end = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE application_name = 'chatflow' AND datname = current_database();
                       ROLLBACK";
            sqlx::raw_sql(end).execute(&mut other).await.unwrap();
        };
        tokio::join!(store.commit(&commit), end).0.unwrap_err()
    });
    let CommitError::Store(source) = error else { panic!("{error:?}") };
    assert!(source.to_string().contains("cannot tell whether"), "{source}");
    assert!(source.source().unwrap().to_string().contains("terminating connection"));
    database.block_on(async {
        let loaded = store.load_session(SESSION).await.unwrap().unwrap();
        assert_eq!(loaded.revision, Revision(2));
        assert_eq!(store.journal(SESSION).await.unwrap().len(), 2);
        store.commit(&commit(Revision(2))).await.unwrap();
    });
}

#[test]
fn a_call_that_is_given_up_leaves_the_store_usable() {
    let Some((database, _, store)) = talk() else { return };
    database.block_on(async {
        let mut other = hold_sessions(&database).await;
        let commit = commit(Revision(2));
        let late = tokio::time::timeout(Duration::from_millis(100), store.commit(&commit)).await;
        assert!(late.is_err());
        // There is one connection only, and the one that waits is not it.
        let loaded = store.load_session(SESSION).await.unwrap().unwrap();
        assert_eq!(loaded.revision, Revision(2));
        sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    });
}

#[test]
fn whoever_finds_no_connection_is_told_in_time() {
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let acquire_timeout = Duration::from_millis(300);
    let options = Options { max_connections: 1, acquire_timeout, ..Options::default() };
    let store = database.block_on(PostgresStore::connect_with(&database.url, options)).unwrap();
    database.block_on(store.create_session(&new_session())).unwrap();
    // Somebody holds the row, so the first commit keeps the only connection.
    let error = database.block_on(async {
        let mut other = hold_sessions(&database).await;
        let commit = commit(Revision(1));
        let load = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let error = store.load_session(SESSION).await.unwrap_err();
            sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
            error
        };
        let (committed, error) = tokio::join!(store.commit(&commit), load);
        assert_eq!(committed.unwrap().revision, Revision(2));
        error
    });
    let StoreError::Store(source) = error else { panic!("{error:?}") };
    assert!(source.to_string().contains("no connection to Postgres within 300ms"), "{source}");
}

#[test]
fn servers_on_one_database_lose_no_turn() {
    // R2.3, F9: each store stands for a process, with connections of its own.
    let Some(template) = template() else { return };
    let database = template.clone_database();
    let stores = [database.open(), database.open(), database.open()];
    database.block_on(stores[0].create_session(&new_session())).unwrap();
    let meet = Barrier::new(stores.len());
    let talk = async |store: &PostgresStore| {
        let (mut won, mut lost) = (0, 0);
        while won < 20 {
            let loaded = store.load_session(SESSION).await.unwrap().unwrap();
            if (won, lost) == (0, 0) {
                // Nobody commits before all have loaded.
                meet.wait().await;
            }
            match store.commit(&commit(loaded.revision)).await {
                Ok(committed) => {
                    assert_eq!(committed.revision, loaded.revision.next());
                    won += 1;
                }
                Err(CommitError::Conflict { expected, actual }) => {
                    assert!(expected < actual);
                    lost += 1;
                }
                Err(error) => panic!("{error:?}"),
            }
        }
        lost
    };
    let [one, two, three] = &stores;
    let (a, b, c) = database.block_on(async { tokio::join!(talk(one), talk(two), talk(three)) });
    let lost: i32 = [a, b, c].iter().sum();
    assert!(lost >= 2, "of the first three, two must lose: {lost}");
    let loaded = database.block_on(one.load_session(SESSION)).unwrap().unwrap();
    assert_eq!(loaded.revision, Revision(61));
    let all = HistoryQuery { session: SESSION, after_seq: 0, kinds: None, skip: 0, limit: 1000 };
    let seqs: Vec<_> =
        database.block_on(two.history(all)).unwrap().rows.iter().map(|row| row.seq).collect();
    assert_eq!(seqs, (1..=61 * 3).collect::<Vec<_>>());
    assert_eq!(database.block_on(three.journal(SESSION)).unwrap().len(), 61);
}
