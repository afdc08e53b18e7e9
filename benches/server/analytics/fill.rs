//! Sessions of twenty flows over many days, filled in by statements.

use std::time::Instant;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::program::Program;
use crate::visitors::Client;

/// How many flows there are.
const FLOWS: usize = 20;

/// How many days the sessions are spread over.
pub(super) const DAYS: u32 = 400;

/// How many sessions are filled in by one statement.
const BATCH: usize = 50_000;

/// The columns of a session that are copied from the one that was begun.
const COPIED: &str = "session_token, token_hint, csrf_hash, trace_enabled, trace_level, flow_seq, flow_version, \
                      last_activity_at, current_node_id, state_hash, turn_hash, info, state, engine";

/// Twenty flows: a greeting, two questions, a farewell.
pub(super) fn fixture() -> Value {
    let say = |id: &str| json!({"id": id, "type": "message", "content": {"messages": [{"type": "text", "text": "x"}]}});
    let ask = |id: &str| {
        json!({"id": id, "type": "question", "content": {
            "question": {"text": "?"}, "input_type": "text", "variable": format!("temp.{id}")}})
    };
    let link = |a: &str, b: &str| json!({"source": a, "target": b, "type": "default"});
    let flow = |n: usize| {
        json!({
            "seed_key": format!("line-{n}"), "name": format!("Line {n}"), "version": "1.0.0",
            "entry_node_id": "hello", "visibility": "wriveted",
            "flow_data": {
                "nodes": [say("hello"), ask("arms"), ask("again"), say("bye")],
                "connections": [link("hello", "arms"), link("arms", "again"), link("again", "bye")]}})
    };
    json!({"seed_key": "load", "flows": (0..FLOWS).map(flow).collect::<Vec<_>>()})
}

/// Begins one session and copies it; answers with the flows.
pub(super) async fn fill(program: &Program, url: &str, sessions: usize) -> Vec<String> {
    let mut client = Client::connect(program.address).await.expect("the service listens");
    let (_, listed) = client.ask(Method::GET, "/v1/chat/flows", None, "").await.expect("an answer");
    let listed: Value = serde_json::from_slice(&listed).expect("JSON");
    let id = |flow: &Value| flow["id"].as_str().expect("an id").to_owned();
    let flows: Vec<_> = listed["data"].as_array().expect("a list").iter().map(id).collect();
    let start = json!({"flow_id": flows[0]}).to_string();
    let (status, started) =
        client.ask(Method::POST, "/v1/chat/start", None, start).await.expect("an answer");
    assert_eq!(status, StatusCode::CREATED);
    let started: Value = serde_json::from_slice(&started).expect("JSON");
    let first = started["session_id"].as_str().expect("an id");
    let mut database = PgConnection::connect(url).await.expect("it connects");
    let begun = Instant::now();
    for begin in (0..sessions).step_by(BATCH) {
        let end = sessions.min(begin + BATCH);
        for statement in statements(first, &flows, (begin, end), sessions) {
            let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut database).await;
            done.expect("sessions are filled in");
        }
    }
    sqlx::raw_sql("VACUUM ANALYZE").execute(&mut database).await.expect("it is analysed");
    println!("numbers of {sessions} sessions: filled in {:.0} s", begun.elapsed().as_secs_f64());
    flows
}

/// Six history rows a session; seven of ten reach the end, the others leave at the second question.
fn statements(
    first: &str,
    flows: &[String],
    (begin, end): (usize, usize),
    all: usize,
) -> [String; 2] {
    let names = flows.iter().map(|flow| format!("'{flow}'")).collect::<Vec<_>>().join(",");
    let sessions = format!(
        "INSERT INTO conversation_sessions (id, flow_id, revision, history_seq, started_at, ended_at, status,
           ended_reason, {COPIED})
         SELECT md5('session ' || n)::uuid, (ARRAY[{names}]::uuid[])[1 + n % {count}], 3, 6,
           date_trunc('milliseconds', now() - (n + 1.0) / {all} * interval '{DAYS} days'),
           date_trunc('milliseconds', now() - (n + 1.0) / {all} * interval '{DAYS} days') + interval '90 seconds',
           (CASE WHEN n / {count} % 10 < 7 THEN 'completed' ELSE 'abandoned' END)::enum_conversation_session_status,
           CASE WHEN n / {count} % 10 < 7 THEN 'completed' ELSE 'abandoned' END, {COPIED}
         FROM generate_series({begin}, {end} - 1) AS n CROSS JOIN conversation_sessions AS s WHERE s.id = '{first}'",
        count = flows.len(),
    );
    let history = format!(
        "INSERT INTO conversation_history (session_id, seq, flow_id, node_id, interaction_type, content, created_at, path)
         SELECT md5('session ' || n)::uuid, r.seq, f.id, r.node, r.kind::enum_interaction_type, r.content::json, now(),
           replace(r.path, 'F', f.id::text)::json
         FROM generate_series({begin}, {end} - 1) AS n
         CROSS JOIN LATERAL (SELECT (ARRAY[{names}]::uuid[])[1 + n % {count}] AS id) AS f
         CROSS JOIN (VALUES
           (1, 'hello', 'message', '{{}}', '[[\"F\",\"hello\",\"default\"],[\"F\",\"arms\",null]]'),
           (2, 'arms', 'message', '{{}}', NULL),
           (3, 'arms', 'input', '{{\"value\":\"x\"}}', '[[\"F\",\"arms\",\"default\",\"left\"],[\"F\",\"again\",null]]'),
           (4, 'again', 'message', '{{}}', NULL),
           (5, 'again', 'input', '{{\"value\":\"y\"}}', '[[\"F\",\"again\",\"default\",\"left\"],[\"F\",\"bye\",null]]'),
           (6, 'bye', 'message', '{{}}', NULL)) AS r (seq, node, kind, content, path)
         WHERE n / {count} % 10 < 7 OR r.seq < 5",
        count = flows.len(),
    );
    [sessions, history]
}

/// The day that was so many days ago.
pub(super) async fn day(url: &str, ago: u32) -> String {
    let mut database = PgConnection::connect(url).await.expect("it connects");
    let ago = i32::try_from(ago).expect("some days");
    let asked = "SELECT ((now() AT TIME ZONE 'UTC')::date - $1)::text";
    sqlx::query_scalar(asked).bind(ago).fetch_one(&mut database).await.expect("a day")
}
