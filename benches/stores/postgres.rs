//! The Postgres store beside a minimal program on the same server.

use std::error::Error;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chatflow::SessionId;
use chatflow_benches::clock;
use chatflow_postgres::{Options, PostgresStore};
use chatflow_storage::{
    AccessScope, AsyncSessionAdminStore, AsyncSessionStore, HistoryQuery, NewSession, SessionQuery,
};
use chatflow_throwaway::Server;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool, Row};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::grow::{BATCH, COLUMNS, Filled, ROWS};
use crate::side::{Rounds, Sample};
use crate::{CLIENTS, ROUNDS, turn};

const SAMPLE: Duration = Duration::from_millis(1500);

/// The store's tables once more, with their keys alone.
const TABLES: &str = "
CREATE SCHEMA bound;
CREATE TABLE bound.sessions (LIKE public.conversation_sessions, PRIMARY KEY (id))
  WITH (fillfactor = 75);
CREATE TABLE bound.history (
  LIKE public.conversation_history, PRIMARY KEY (session_id, seq),
  FOREIGN KEY (session_id) REFERENCES bound.sessions (id));
CREATE TABLE bound.journal (
  LIKE public.session_journal, PRIMARY KEY (session_id, revision),
  FOREIGN KEY (session_id) REFERENCES bound.sessions (id));
INSERT INTO bound.sessions SELECT * FROM public.conversation_sessions;
INSERT INTO bound.history SELECT * FROM public.conversation_history;
INSERT INTO bound.journal SELECT * FROM public.session_journal;
ANALYZE";

/// A server and the runtime that talks to it.
struct Place {
    runtime: Arc<Runtime>,
    url: String,
    /// Stopped when it is dropped.
    _server: Option<Server>,
}

/// A database that is dropped when it is.
struct Database {
    runtime: Arc<Runtime>,
    at: String,
    name: String,
    url: String,
}

impl Place {
    /// The server of `DATABASE_URL`, or one that waits for its disk as Postgres does when nobody says otherwise; or why
    /// there is none.
    fn find() -> Result<Self, String> {
        let given = std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty());
        let server = if given.is_none() { Some(Server::start_durable()?) } else { None };
        let url = given.or_else(|| server.as_ref().map(|server| server.url().to_owned()));
        let url = url.ok_or("there is no server")?;
        let runtime = Runtime::new().map_err(told)?;
        Ok(Self { runtime: Arc::new(runtime), url, _server: server })
    }

    fn database(&self, of: &str) -> Result<Database, String> {
        let name = format!("chatflow_bench_{}_{of}", std::process::id());
        let runtime = Arc::clone(&self.runtime);
        runtime.block_on(run(&self.url, format!("CREATE DATABASE {name}"))).map_err(told)?;
        let url = PgConnectOptions::from_str(&self.url).map_err(told)?.database(&name);
        let url = url.to_url_lossy().to_string();
        Ok(Database { runtime, at: self.url.clone(), name, url })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // What is left behind when this fails can be seen by its name.
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let _ = self.runtime.block_on(run(&self.at, drop));
    }
}

/// Both sides with each number of clients; or why not.
pub(crate) fn measure() -> Result<Vec<(usize, Rounds)>, String> {
    let place = Place::find()?;
    let database = place.database("turns")?;
    in_database(&place.runtime, &database.url)
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn told(error: impl ToString) -> String {
    error.to_string()
}

async fn run(url: &str, sql: String) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    connection.close().await
}

fn in_database(runtime: &Runtime, url: &str) -> Result<Vec<(usize, Rounds)>, String> {
    let ids = turn::ids();
    let (store, bound) = runtime.block_on(set_up(url, &ids)).map_err(told)?;
    let with = |clients| {
        let sample = |side: &Side| runtime.block_on(sample(side, &ids, clients));
        // Every connection makes its statements ready before any is measured.
        let _ = (sample(&store), sample(&bound));
        (clients, Rounds::run(ROUNDS, || sample(&store), || sample(&bound)))
    };
    Ok(CLIENTS.into_iter().map(with).collect())
}

/// What takes turns.
#[derive(Clone)]
enum Side {
    Store(Arc<PostgresStore>),
    Bound(PgPool),
}

async fn set_up(url: &str, ids: &[Uuid]) -> Result<(Side, Side), Box<dyn Error>> {
    let options = Options { max_connections: 16, ..Options::default() };
    let store = Arc::new(PostgresStore::connect_with(url, options).await?);
    let mut fill = JoinSet::new();
    let sessions = turn::sessions(ids);
    for share in sessions.chunks(sessions.len() / 16) {
        let (store, share) = (Arc::clone(&store), share.to_vec());
        fill.spawn(async move {
            for session in share {
                store.create_session(&session).await.expect("a session is created");
            }
        });
    }
    fill.join_all().await;
    run(url, TABLES.to_owned()).await?;
    let pool = PgPoolOptions::new().max_connections(16).connect(url).await?;
    let settings = sqlx::query(
        "SELECT concat_ws(', ', 'Postgres ' || current_setting('server_version'),
           'fsync ' || current_setting('fsync'),
           'synchronous_commit ' || current_setting('synchronous_commit'))",
    );
    println!("  {}", settings.fetch_one(&pool).await?.get::<String, _>(0));
    Ok((Side::Store(store), Side::Bound(pool)))
}

impl Side {
    async fn turn(&self, id: Uuid) {
        match self {
            Self::Store(store) => {
                let stored = store.load_session(SessionId(id)).await.expect("the store reads");
                let commit = turn::commit(stored.expect("a session"));
                store.commit(&commit).await.expect("a turn is committed");
            }
            Self::Bound(pool) => bound_turn(pool, id).await.expect("a turn is written"),
        }
    }
}

/// What a program without a store does: a transaction with a statement for each table.
async fn bound_turn(pool: &PgPool, id: Uuid) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    let load =
        "SELECT revision, history_seq, info::text, state::text, engine::text FROM bound.sessions
                WHERE id = $1";
    let row = sqlx::query(load).bind(id).fetch_one(&mut *transaction).await?;
    let (revision, seq): (i64, i64) = (row.get(0), row.get(1));
    let hash = turn::hash();
    let update = "UPDATE bound.sessions SET revision = revision + 1, history_seq = history_seq + 2,
                    last_activity_at = now(), status = $3::text::enum_conversation_session_status,
                    current_node_id = $4, state_hash = $5, turn_hash = $5, info = $6::json,
                    state = $7::json, engine = $8::json
                  WHERE id = $1 AND revision = $2";
    let updated = sqlx::query(update)
        .bind(id)
        .bind(revision)
        .bind(turn::STATUS)
        .bind(turn::NODE)
        .bind(&hash)
        .bind(row.get::<String, _>(2))
        .bind(row.get::<String, _>(3))
        .bind(row.get::<String, _>(4))
        .execute(&mut *transaction)
        .await?;
    assert_eq!(updated.rows_affected(), 1);
    let [(node, kind, content), (next_node, next_kind, next_content)] = turn::SAID;
    let history = "INSERT INTO bound.history VALUES
                     ($1, $2, $3, $4, $5::text::enum_interaction_type, $6::json, now(), $7::json),
                     ($1, $2 + 1, $3, $8, $9::text::enum_interaction_type, $10::json, now(), NULL)";
    sqlx::query(history)
        .bind(id)
        .bind(seq + 1)
        .bind(turn::FLOW)
        .bind(node)
        .bind(kind)
        .bind(content)
        .bind(turn::PATH)
        .bind(next_node)
        .bind(next_kind)
        .bind(next_content)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("INSERT INTO bound.journal VALUES ($1, $2, now(), $3::json, $4::json, $5)")
        .bind(id)
        .bind(revision + 1)
        .bind(turn::INPUT)
        .bind(turn::OUTCOMES)
        .bind(&hash)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// Runs turns of as many clients as fast as they go.
async fn sample(side: &Side, ids: &[Uuid], clients: usize) -> Sample {
    let (began, cpu) = (Instant::now(), clock::process());
    let mut running = JoinSet::new();
    for client in 0..clients {
        let (side, share) = (side.clone(), turn::share(ids, client, clients));
        running.spawn(async move {
            let mut turns = 0;
            for id in share.into_iter().cycle() {
                if began.elapsed() >= SAMPLE {
                    break;
                }
                side.turn(id).await;
                turns += 1;
            }
            turns
        });
    }
    let turns: u32 = running.join_all().await.into_iter().sum();
    Sample::new(turns, began.elapsed(), clock::process().saturating_sub(cpu))
}

/// A store with few sessions and one with many, on one server.
pub(crate) struct Grown {
    few: Stored,
    many: Stored,
    _place: Place,
}

/// A store with sessions.
pub(crate) struct Stored {
    runtime: Arc<Runtime>,
    store: PostgresStore,
    _database: Database,
}

impl Grown {
    /// Copies a session as often as there are ids, in two databases.
    pub(crate) fn fill(few: &[Uuid], many: &[Uuid]) -> Result<Self, String> {
        let place = Place::find()?;
        let filled = |of, ids| {
            let database = place.database(of)?;
            let store = place.runtime.block_on(filled(&database.url, ids)).map_err(told)?;
            let runtime = Arc::clone(&place.runtime);
            Ok::<_, String>(Stored { runtime, store, _database: database })
        };
        let (few, many) = (filled("few", few)?, filled("many", many)?);
        Ok(Self { few, many, _place: place })
    }

    pub(crate) fn both(&self) -> (&Stored, &Stored) {
        (&self.few, &self.many)
    }
}

async fn filled(url: &str, ids: &[Uuid]) -> Result<PostgresStore, Box<dyn Error>> {
    let store = PostgresStore::connect(url).await?;
    let first = Uuid::nil();
    for session in turn::sessions(&[first]) {
        store.create_session(&session).await?;
    }
    // In the order of the keys, which fills pages one after the other.
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    let mut filler = PgConnection::connect(url).await?;
    // Copies of sound rows refer to sound rows; only a superuser may skip the look.
    let _ = sqlx::raw_sql("SET session_replication_role = replica").execute(&mut filler).await;
    sqlx::raw_sql("SET synchronous_commit = off").execute(&mut filler).await?;
    for batch in ids.chunks(BATCH) {
        for sql in copies() {
            sqlx::query(AssertSqlSafe(sql)).bind(batch).bind(first).execute(&mut filler).await?;
        }
    }
    sqlx::raw_sql("VACUUM ANALYZE").execute(&mut filler).await?;
    let _ = sqlx::raw_sql("CHECKPOINT").execute(&mut filler).await;
    Ok(store)
}

/// One statement for each table.
fn copies() -> [String; 3] {
    let turns = ROWS / 2;
    let each = format!("generate_series(0, {turns} - 1) AS g");
    [
        format!(
            "INSERT INTO conversation_sessions (id, revision, history_seq, started_at, {COLUMNS})
             SELECT n, {turns}, {ROWS}, to_timestamp(1690000000 + floor(random() * 10000000)), {COLUMNS}
             FROM unnest($1) AS n CROSS JOIN conversation_sessions AS s WHERE s.id = $2"
        ),
        format!(
            "INSERT INTO conversation_history (
               session_id, seq, flow_id, node_id, interaction_type, content, created_at, path)
             SELECT n, h.seq + 2 * g, h.flow_id, h.node_id, h.interaction_type, h.content,
               h.created_at, h.path
             FROM unnest($1) AS n CROSS JOIN {each} CROSS JOIN conversation_history AS h
             WHERE h.session_id = $2"
        ),
        format!(
            "INSERT INTO session_journal (session_id, revision, at, input, outcomes, turn_hash)
             SELECT n, g + 1, j.at, j.input, j.outcomes, j.turn_hash
             FROM unnest($1) AS n CROSS JOIN {each} CROSS JOIN session_journal AS j
             WHERE j.session_id = $2"
        ),
    ]
}

impl Filled for Stored {
    fn turn(&self, id: SessionId) -> (Duration, Duration) {
        self.runtime.block_on(async {
            let begun = Instant::now();
            let stored = self.store.load_session(id).await.expect("the store reads");
            let load = begun.elapsed();
            let commit = turn::commit(stored.expect("a session"));
            let begun = Instant::now();
            self.store.commit(&commit).await.expect("a turn is committed");
            (load, begun.elapsed())
        })
    }

    fn history(&self, query: HistoryQuery) {
        let page = self.runtime.block_on(self.store.history(query)).expect("the store reads");
        assert!(page.rows.len() > 10, "a turn was just written");
    }

    fn start(&self, session: &NewSession) {
        self.runtime.block_on(self.store.create_session(session)).expect("a session is created");
    }

    fn list(&self, query: &SessionQuery) {
        let scope = AccessScope::system();
        let page = self.runtime.block_on(self.store.list_sessions(&scope, query));
        assert_eq!(page.expect("the store reads").sessions.len(), 50);
    }
}
