//! The minimal program that goals 13 and 15 name: axum and sqlx, one transaction a request, no engine.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use chatflow_benches::std1;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, Row};
use tokio::net::TcpListener;

/// How many sessions it has.
pub(crate) const SESSIONS: usize = 10_000;

const TABLES: &str = "
CREATE SCHEMA floor;
CREATE TABLE floor.sessions (
  id bigint PRIMARY KEY, token text UNIQUE NOT NULL, node text, state jsonb NOT NULL,
  revision int NOT NULL DEFAULT 1, state_hash text, last_activity timestamptz DEFAULT now());
CREATE TABLE floor.history (
  id bigserial PRIMARY KEY, session_id bigint NOT NULL REFERENCES floor.sessions, node text NOT NULL,
  kind text NOT NULL, content jsonb NOT NULL, created timestamptz DEFAULT now());
CREATE INDEX ON floor.history (session_id, created)";

const LOAD: &str =
    "SELECT id, node, state::text AS state, revision FROM floor.sessions WHERE token = $1";
const UPDATE: &str = "UPDATE floor.sessions SET node = 'q2', state = $1::text::jsonb,
    revision = revision + 1, state_hash = $2, last_activity = now() WHERE id = $3 AND revision = $4";
const HISTORY: &str = "INSERT INTO floor.history (session_id, node, kind, content)
    VALUES ($1, 'q1', 'input', $2::text::jsonb), ($1, 'm1', 'message', $3::text::jsonb)";
const SAID: [&str; 2] = [
    r#"{"input":"b","type":"choice"}"#,
    r#"{"messages":[{"text":"Level advanced, score 7."},{"text":"Question 2: pick one","options":["a","b","c","d"]}]}"#,
];

/// The same transaction for pgbench (goal 14): five statements, five round trips.
pub(crate) fn pgbench_script() -> String {
    let [input, message] = SAID;
    format!(
        r"\set id random(1, {SESSIONS})
BEGIN;
SELECT id, node, state, revision FROM floor.sessions WHERE token = 'tok-' || :id \gset s_
UPDATE floor.sessions SET node='q2', state=:s_state, revision = revision + 1, state_hash = repeat('b',64), last_activity = now() WHERE id = :id AND revision = :s_revision;
INSERT INTO floor.history (session_id,node,kind,content) VALUES (:id,'q1','input','{input}'),(:id,'m1','message','{message}');
COMMIT;
"
    )
}

/// Makes its tables and fills them, in a schema of their own.
pub(crate) async fn prepare(url: &str) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(TABLES).execute(&mut connection).await?;
    let sql = format!(
        "INSERT INTO floor.sessions
         SELECT g, 'tok-' || g, 'q1', $1::text::jsonb, 1, repeat('a', 64) FROM generate_series(1, {SESSIONS}) g"
    );
    let state = std1::initial_state().to_string();
    sqlx::query(AssertSqlSafe(sql)).bind(state).execute(&mut connection).await?;
    sqlx::raw_sql("VACUUM ANALYZE").execute(&mut connection).await?;
    connection.close().await
}

#[derive(Deserialize)]
struct Which {
    t: String,
}

/// Serves until it is killed.
pub(crate) async fn serve(url: &str, connections: u32) {
    let pool = PgPoolOptions::new().max_connections(connections);
    let pool = pool.connect_lazy(url).expect("an address of a database");
    let app = Router::new()
        .route("/healthz", get(|| async { Json(json!({"status": "ok"})) }))
        .route("/turn", post(turn))
        .with_state(pool);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    println!("floor listens on http://{}/", listener.local_addr().expect("it is bound"));
    axum::serve(listener, app).await.expect("it serves");
}

async fn turn(
    State(pool): State<PgPool>,
    Query(which): Query<Which>,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    match write(&pool, &which.t).await {
        Ok(revision) => {
            let said: Value = serde_json::from_str(SAID[1]).expect("JSON");
            let answer =
                json!({"revision": revision, "echo": body["input"], "messages": said["messages"]});
            (StatusCode::OK, Json(answer))
        }
        Err(_) => (StatusCode::CONFLICT, Json(json!({"error": "conflict"}))),
    }
}

async fn write(pool: &PgPool, token: &str) -> sqlx::Result<i32> {
    let mut transaction = pool.begin().await?;
    let row = sqlx::query(LOAD).bind(token).fetch_one(&mut *transaction).await?;
    let (id, state, revision): (i64, String, i32) =
        (row.get("id"), row.get("state"), row.get("revision"));
    let hash = "b".repeat(64);
    let update = sqlx::query(UPDATE).bind(&state).bind(hash).bind(id).bind(revision);
    if update.execute(&mut *transaction).await?.rows_affected() != 1 {
        return Err(sqlx::Error::RowNotFound);
    }
    let history = sqlx::query(HISTORY).bind(id).bind(SAID[0]).bind(SAID[1]);
    history.execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(revision + 1)
}
