//! How long numbers take with many sessions on Postgres: `load analytics CHATFLOW [SESSIONS]`.
//!
//! Sessions of twenty flows are filled in by statements, over four hundred days until now; the program's own job takes
//! the numbers of the days, and then the program is asked, without repeating an answer. In the end everything is
//! exported, beside a tenth of it: an export of ten times as much must not need much more memory.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use axum::http::{Method, StatusCode};
use chatflow_benches::clock::median;
use chatflow_throwaway::Server;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::runtime::Runtime;

use crate::program::{self, Program};
use crate::visitors::Client;

/// How many flows there are.
const FLOWS: usize = 20;

/// How often each question is asked.
const ASKED: usize = 5;

/// An answer must not take longer, in milliseconds.
const MOST: f64 = 200.0;

/// How much more memory may an export of all days need than one of a tenth of them.
const GROWTH: f64 = 1.25;

/// How many days the sessions are spread over.
const DAYS: u32 = 400;

/// How many sessions are filled in by one statement.
const BATCH: usize = 50_000;

/// The columns of a session that are copied from the one that was begun.
const COPIED: &str = "session_token, token_hint, csrf_hash, trace_enabled, trace_level, flow_seq, flow_version, \
                      last_activity_at, current_node_id, state_hash, turn_hash, info, state, engine";

/// Fills, takes the numbers of the days, and asks; whether every answer came in time.
pub(crate) fn measure(runtime: &Runtime, chatflow: &Path, sessions: usize) -> bool {
    let server = match Server::start_durable() {
        Ok(server) => server,
        Err(why) => {
            println!("numbers of many sessions: not measured: {why}");
            return true;
        }
    };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let command = |verb: &str| {
        let mut command = Command::new(chatflow);
        command.arg(verb).env("CHATFLOW_DB", server.url());
        command
    };
    let seed = folder.path().join("seed.json");
    std::fs::write(&seed, fixture().to_string()).expect("a file can be written");
    let done = command("import").arg(&seed).stdout(Stdio::null()).status();
    assert!(done.expect("chatflow starts").success(), "the flows cannot be imported");
    let serve = || {
        let mut serve = command("serve");
        serve.args(["--listen", "127.0.0.1:0", "--env", "development"]);
        serve.env("FLOW_AUTH__IDENTITY", "none").env("FLOW_RATE__ENABLED", "false");
        serve.env("FLOW_ANALYTICS__CACHE_SECONDS", "0").env("FLOW_JOBS__ENABLED", "false");
        Program::start(&mut serve)
    };
    let flows = runtime.block_on(fill(&serve(), server.url(), sessions));
    let begun = Instant::now();
    let job = command("job").arg("analytics-rollup").status();
    assert!(job.expect("chatflow starts").success(), "the job fails");
    println!(
        "numbers of {sessions} sessions: the days took {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    let program = serve();
    let all = flows.join(",");
    let first_day = |ago| runtime.block_on(day(server.url(), ago));
    let (tenth, whole) = (first_day(DAYS / 10), first_day(DAYS));
    let funnel = format!("/v1/cms/flows/{}/analytics/funnel", flows[0]);
    let compare = format!("/v1/cms/flows/analytics/compare?flow_ids={all}");
    let questions = [
        ("dashboard", "/v1/cms/analytics/dashboard".to_owned()),
        ("funnel of all days", format!("{funnel}?start_date={whole}")),
        ("compare of all days", format!("{compare}&start_date={whole}")),
        ("funnel", funnel),
        ("compare", compare),
        ("summary", "/v1/cms/analytics/summary".to_owned()),
        ("best flows", "/v1/cms/analytics/flows/top".to_owned()),
    ];
    let mut passes = true;
    for (name, path) in questions {
        let took = runtime.block_on(ask(&program, &path));
        let is_goal = !matches!(name, "summary" | "best flows");
        let verdict = match (is_goal, took < MOST) {
            (false, _) => "no goal",
            (true, true) => "met",
            (true, false) => "missed",
        };
        println!(
            "numbers of {sessions} sessions, {name}: {took:.1} ms, median of {ASKED} (below {MOST}): {verdict}"
        );
        passes &= !is_goal || took < MOST;
    }
    drop(program);
    let export = |from: &str| {
        let mut command = command("export");
        command.args(["--format", "ndjson", "--include", EVERYTHING, "--from", from]);
        Export::run(command, &folder.path().join("all.ndjson"))
    };
    let (few, many) = (export(&tenth), export(&whole));
    let growth = many.memory / few.memory;
    let verdict = if growth < GROWTH { "met" } else { "missed" };
    println!(
        "export of {sessions} sessions: {:.1} s, {:.1} MB of file, {:.1} MB of memory at most; of a tenth of the days \
         {:.1} s, {:.1} MB, {:.1} MB; {growth:.2} times the memory (below {GROWTH}): {verdict}",
        many.seconds, many.length, many.memory, few.seconds, few.length, few.memory,
    );
    passes && growth < GROWTH
}

/// All that is told of sessions.
const EVERYTHING: &str = "flows,daily,nodes,sessions,responses";

/// What an export took.
struct Export {
    seconds: f64,
    /// How long the file is, in megabytes.
    length: f64,
    /// The most memory that it held, in megabytes.
    memory: f64,
}

impl Export {
    fn run(mut command: Command, file: &Path) -> Self {
        let begun = Instant::now();
        command.arg("--out").arg(file).stdout(Stdio::null());
        let mut child = command.spawn().expect("chatflow starts");
        let mut memory = 0;
        let done = loop {
            // The last look comes at most that much before the end.
            std::thread::sleep(Duration::from_millis(20));
            memory = memory.max(program::most_resident(child.id()).unwrap_or_default());
            if let Some(done) = child.try_wait().expect("a child can be waited for") {
                break done;
            }
        };
        let seconds = begun.elapsed().as_secs_f64();
        assert!(done.success(), "the export fails");
        let length = std::fs::metadata(file).expect("the file is there").len();
        std::fs::remove_file(file).expect("the file can be removed");
        let megabytes = |bytes: u64| {
            f64::from(u32::try_from(bytes / 1024).expect("less than four terabytes")) / 1024.0
        };
        Self { seconds, length: megabytes(length), memory: megabytes(memory) }
    }
}

/// The day that was so many days ago.
async fn day(url: &str, ago: u32) -> String {
    let mut database = PgConnection::connect(url).await.expect("it connects");
    let ago = i32::try_from(ago).expect("some days");
    let asked = "SELECT ((now() AT TIME ZONE 'UTC')::date - $1)::text";
    sqlx::query_scalar(asked).bind(ago).fetch_one(&mut database).await.expect("a day")
}

/// Twenty flows: a greeting, two questions, a farewell.
fn fixture() -> Value {
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
async fn fill(program: &Program, url: &str, sessions: usize) -> Vec<String> {
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

/// The median of so many answers, in milliseconds, behind one that nobody counts.
async fn ask(program: &Program, path: &str) -> f64 {
    let mut client = Client::connect(program.address).await.expect("the service listens");
    let mut times = Vec::new();
    for _ in 0..=ASKED {
        let begun = Instant::now();
        let (status, _) = client.ask(Method::GET, path, None, "").await.expect("an answer");
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        assert_eq!(status, StatusCode::OK, "{path}");
    }
    median(times.split_off(1))
}
