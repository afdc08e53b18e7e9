//! The SQLite store beside a loop over one connection.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use chatflow::SessionId;
use chatflow_benches::clock;
pub(crate) use chatflow_sqlite::Durability;
use chatflow_sqlite::{Options, SqliteStore};
use chatflow_storage::{
    AccessScope, HistoryQuery, NewSession, SessionAdminStore, SessionQuery, SessionStore,
};
use rusqlite::{Connection, TransactionBehavior, params};
use uuid::Uuid;

use crate::grow::{BATCH, COLUMNS, Filled, ROWS};
use crate::side::{Rounds, Sample};
use crate::{CLIENTS, ROUNDS, turn};

const SAMPLE: Duration = Duration::from_millis(700);

/// The tables that a turn writes as somebody would make them for a loop: the same columns and keys, no checks, no
/// index that a turn does not need.
const TABLES: &str = "
CREATE TABLE conversation_sessions (
  id TEXT PRIMARY KEY NOT NULL, user_id TEXT, flow_id TEXT NOT NULL, flow_seq INTEGER NOT NULL,
  flow_version TEXT, session_token TEXT NOT NULL, token_hint TEXT NOT NULL,
  csrf_hash TEXT NOT NULL, school_id TEXT, theme_id TEXT, trace_enabled INTEGER NOT NULL,
  trace_level TEXT, started_at TEXT NOT NULL, revision INTEGER NOT NULL,
  history_seq INTEGER NOT NULL, status TEXT NOT NULL, last_activity_at TEXT NOT NULL,
  ended_at TEXT, ended_reason TEXT, lease_token TEXT, lease_expires_at TEXT,
  current_node_id TEXT, current_flow_id TEXT, state_hash TEXT, turn_hash TEXT,
  info TEXT NOT NULL, state TEXT NOT NULL, engine TEXT NOT NULL) STRICT;
CREATE TABLE conversation_history (
  session_id TEXT NOT NULL REFERENCES conversation_sessions (id), seq INTEGER NOT NULL,
  flow_id TEXT, node_id TEXT NOT NULL, interaction_type TEXT NOT NULL, content TEXT NOT NULL,
  created_at TEXT NOT NULL, path TEXT, PRIMARY KEY (session_id, seq)) STRICT;
CREATE TABLE session_journal (
  session_id TEXT NOT NULL REFERENCES conversation_sessions (id), revision INTEGER NOT NULL,
  at TEXT NOT NULL, input TEXT NOT NULL, outcomes TEXT NOT NULL, turn_hash TEXT NOT NULL,
  PRIMARY KEY (session_id, revision)) STRICT;";

/// What the turns of the loop write for a time.
const NOW: &str = "2026-11-23T00:00:00.000Z";

/// The loop that goal 11 names, with `synchronous = FULL`.
#[derive(Debug)]
pub struct RawLoop {
    connection: Mutex<Connection>,
    names: Vec<String>,
    _folder: tempfile::TempDir,
}

impl RawLoop {
    /// A file of its own.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ids = turn::ids();
        let path = filled(folder.path(), &ids);
        let raw = copy(&path, &folder.path().join("raw.db"), Durability::Full);
        let names = ids.iter().map(Uuid::to_string).collect();
        Self { connection: Mutex::new(raw), names, _folder: folder }
    }

    /// Turns a second of so many clients.
    pub fn per_second(&self, clients: usize) -> f64 {
        let Self { connection, names, .. } = self;
        let turn = |n: usize| raw_turn(&mut connection.lock().expect("no panic"), &names[n]);
        sample(clients, turn).per_second()
    }
}

impl Default for RawLoop {
    fn default() -> Self {
        Self::new()
    }
}

/// A store's file with all sessions.
fn filled(folder: &Path, ids: &[Uuid]) -> PathBuf {
    let path = folder.join("store.db");
    let fast = Options { durability: Durability::Normal, ..Options::default() };
    let filled = SqliteStore::open_with(&path, fast).expect("the store opens");
    for session in turn::sessions(ids) {
        filled.create_session(&session).expect("a session is created");
    }
    path
}

/// Both sides with each number of clients, at one durability.
pub(crate) fn measure(durability: Durability) -> Vec<(usize, Rounds)> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ids = turn::ids();
    let path = filled(folder.path(), &ids);
    let raw = Mutex::new(copy(&path, &folder.path().join("raw.db"), durability));
    let options = Options { durability, ..Options::default() };
    let store = SqliteStore::open_with(&path, options).expect("the store opens");
    let names: Vec<_> = ids.iter().map(Uuid::to_string).collect();
    let with = |clients| {
        let rounds = Rounds::run(
            ROUNDS,
            || sample(clients, |n| store_turn(&store, ids[n])),
            || sample(clients, |n| raw_turn(&mut raw.lock().expect("no panic"), &names[n])),
        );
        (clients, rounds)
    };
    CLIENTS.into_iter().map(with).collect()
}

/// A file with the rows of the store's and the store's settings.
fn copy(from: &Path, to: &Path, durability: Durability) -> Connection {
    let raw = Connection::open(to).expect("a file is made");
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
    };
    let settings = format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON;"
    );
    raw.execute_batch(&settings).and_then(|()| raw.execute_batch(TABLES)).expect("it is set up");
    raw.execute("ATTACH ? AS store", [from.to_str()]).expect("the store's file opens");
    for table in ["conversation_sessions", "conversation_history", "session_journal"] {
        // Column by column: the order of the store's columns is its own affair.
        let columns: String = raw
            .prepare("SELECT group_concat(name) FROM pragma_table_info(?)")
            .and_then(|mut statement| statement.query_row([table], |row| row.get(0)))
            .expect("the table has columns");
        let sql = format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM store.{table}");
        raw.execute(&sql, []).expect("rows are copied");
    }
    raw.execute_batch("DETACH store; PRAGMA wal_checkpoint(TRUNCATE)").expect("the copy ends");
    raw
}

fn store_turn(store: &SqliteStore, id: Uuid) {
    let stored = store.load_session(SessionId(id)).expect("the store reads");
    store.commit(&turn::commit(stored.expect("a session"))).expect("a turn is committed");
}

/// One transaction, as few statements as there are rows to write.
fn raw_turn(connection: &mut Connection, id: &str) {
    let mut turn = || -> rusqlite::Result<usize> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut load = transaction.prepare_cached(
            "SELECT revision, history_seq, info, state, engine FROM conversation_sessions WHERE id = ?1",
        )?;
        let (revision, seq, info, state, engine) = load.query_row([id], |row| {
            let texts: (String, String, String) = (row.get(2)?, row.get(3)?, row.get(4)?);
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, texts.0, texts.1, texts.2))
        })?;
        drop(load);
        let hash = turn::hash();
        let mut update = transaction.prepare_cached(
            "UPDATE conversation_sessions SET revision = revision + 1, history_seq = history_seq + 2,
               last_activity_at = ?3, status = ?4, current_node_id = ?5, state_hash = ?6,
               turn_hash = ?6, info = ?7, state = ?8, engine = ?9
             WHERE id = ?1 AND revision = ?2",
        )?;
        let updated = update.execute(params![
            id,
            revision,
            NOW,
            turn::STATUS,
            turn::NODE,
            hash,
            info,
            state,
            engine
        ])?;
        drop(update);
        let mut history = transaction.prepare_cached(
            "INSERT INTO conversation_history VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        let flow = turn::FLOW.to_string();
        for (n, (node, kind, content)) in (1..).zip(turn::SAID) {
            let path = (n == 1).then_some(turn::PATH);
            history.execute(params![id, seq + n, flow, node, kind, content, NOW, path])?;
        }
        drop(history);
        let mut journal = transaction
            .prepare_cached("INSERT INTO session_journal VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        journal.execute(params![id, revision + 1, NOW, turn::INPUT, turn::OUTCOMES, hash])?;
        drop(journal);
        transaction.commit()?;
        Ok(updated)
    };
    assert_eq!(turn().expect("a turn is written"), 1);
}

/// Runs turns of as many clients as fast as they go; `turn` gets the number of a session.
fn sample(clients: usize, turn: impl Fn(usize) + Sync) -> Sample {
    let (turns, begin) = (AtomicU32::new(0), Barrier::new(clients + 1));
    let (since, cpu) = thread::scope(|threads| {
        for client in 0..clients {
            let (turn, turns, begin) = (&turn, &turns, &begin);
            threads.spawn(move || {
                begin.wait();
                let end = Instant::now() + SAMPLE;
                let mut own = 0;
                for n in (client..turn::SESSIONS).step_by(clients).cycle() {
                    if Instant::now() >= end {
                        break;
                    }
                    turn(n);
                    own += 1;
                }
                turns.fetch_add(own, Ordering::Relaxed);
            });
        }
        let cpu = clock::process();
        begin.wait();
        (Instant::now(), cpu)
    });
    Sample::new(turns.into_inner(), since.elapsed(), clock::process().saturating_sub(cpu))
}

/// A database with many sessions, in a folder that goes with it.
pub(crate) struct Grown {
    store: SqliteStore,
    _folder: tempfile::TempDir,
}

impl Grown {
    /// Copies a session as often as there are ids.
    pub(crate) fn fill(ids: &[Uuid]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("grown.db");
        let store = SqliteStore::open(&path).expect("the store opens");
        let first = Uuid::nil();
        for session in turn::sessions(&[first]) {
            store.create_session(&session).expect("a session is created");
        }
        // In the order of the keys, which fills pages one after the other.
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        let filler = Connection::open(&path).expect("the file opens");
        let settings = "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF";
        filler.execute_batch(settings).expect("it is set up");
        for batch in ids.chunks(BATCH) {
            let names: Vec<_> = batch.iter().map(|id| format!("\"{id}\"")).collect();
            let names = format!("[{}]", names.join(","));
            // A batch at a time, or the log would be as large as the database.
            filler.execute_batch("BEGIN").expect("a transaction begins");
            for sql in copies() {
                let mut copy = filler.prepare_cached(&sql).expect("the statement is sound");
                copy.execute([&names, &first.to_string()]).expect("rows are copied");
            }
            filler.execute_batch("COMMIT").expect("a transaction ends");
        }
        filler.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("it is filled");
        Self { store, _folder: folder }
    }
}

/// One statement for each table.
fn copies() -> [String; 3] {
    let turns = ROWS / 2;
    let numbers: Vec<_> = (0..turns).map(|n| n.to_string()).collect();
    let each = format!("json_each('[{}]') AS g", numbers.join(","));
    [
        format!(
            "INSERT INTO conversation_sessions (id, revision, history_seq, started_at, {COLUMNS})
             SELECT n.value, {turns}, {ROWS}, strftime('%Y-%m-%dT%H:%M:%S.000000Z',
               1690000000 + abs(random()) % 10000000, 'unixepoch'), {COLUMNS}
             FROM json_each(?1) AS n CROSS JOIN conversation_sessions AS s WHERE s.id = ?2"
        ),
        format!(
            "INSERT INTO conversation_history (
               session_id, seq, flow_id, node_id, interaction_type, content, created_at, path)
             SELECT n.value, h.seq + 2 * g.value, h.flow_id, h.node_id, h.interaction_type, h.content,
               h.created_at, h.path
             FROM json_each(?1) AS n CROSS JOIN {each} CROSS JOIN conversation_history AS h
             WHERE h.session_id = ?2"
        ),
        format!(
            "INSERT INTO session_journal (session_id, revision, at, input, outcomes, turn_hash)
             SELECT n.value, g.value + 1, j.at, j.input, j.outcomes, j.turn_hash
             FROM json_each(?1) AS n CROSS JOIN {each} CROSS JOIN session_journal AS j
             WHERE j.session_id = ?2"
        ),
    ]
}

impl Filled for Grown {
    fn turn(&self, id: SessionId) -> (Duration, Duration) {
        let begun = Instant::now();
        let stored = self.store.load_session(id).expect("the store reads").expect("a session");
        let load = begun.elapsed();
        let commit = turn::commit(stored);
        let begun = Instant::now();
        self.store.commit(&commit).expect("a turn is committed");
        (load, begun.elapsed())
    }

    fn history(&self, query: HistoryQuery) {
        let page = self.store.history(query).expect("the store reads");
        assert!(page.rows.len() > 10, "a turn was just written");
    }

    fn start(&self, session: &NewSession) {
        self.store.create_session(session).expect("a session is created");
    }

    fn list(&self, query: &SessionQuery) {
        let page = self.store.list_sessions(&AccessScope::system(), query);
        assert_eq!(page.expect("the store reads").sessions.len(), 50);
    }
}
