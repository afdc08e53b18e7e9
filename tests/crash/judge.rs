//! Looks at the database itself, beside the running server.

use std::path::Path;

use chatflow::{
    Catalog, Engine, Flow, FlowDefinition, Journal, Session, SessionId, StoredTurn, replay,
};
use chatflow_sqlite::SqliteStore;
use chatflow_storage::{AccessScope, Store, StoredSession};
use rusqlite::Connection;

/// The database, seen as a store and as tables.
pub(super) struct Judge {
    store: SqliteStore,
    tables: Connection,
}

/// What must hold for every session: one journal entry a revision, and history without a gap.
const WHOLE: &str = "
SELECT s.id, s.revision, s.history_seq, s.lease_token IS NULL,
  (SELECT count(*) FROM conversation_history h WHERE h.session_id = s.id),
  (SELECT coalesce(max(seq), 0) FROM conversation_history h WHERE h.session_id = s.id),
  (SELECT count(*) FROM session_journal j WHERE j.session_id = s.id),
  (SELECT coalesce(max(revision), 0) FROM session_journal j WHERE j.session_id = s.id)
FROM conversation_sessions s";

/// Rows that belong to no session.
const STRAY: &str = "
SELECT (SELECT count(*) FROM conversation_history
        WHERE session_id NOT IN (SELECT id FROM conversation_sessions))
     + (SELECT count(*) FROM session_journal
        WHERE session_id NOT IN (SELECT id FROM conversation_sessions))";

impl Judge {
    pub(super) fn open(database: &Path) -> Self {
        let store = SqliteStore::open(database).expect("the database opens");
        Self { store, tables: Connection::open(database).expect("the database opens") }
    }

    /// The file is sound, and every session in it is whole, known to a client or not.
    pub(super) fn counts(&self) {
        let text = |sql| self.tables.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(text("PRAGMA integrity_check"), "ok");
        let stray: i64 = self.tables.query_row(STRAY, [], |row| row.get(0)).unwrap();
        assert_eq!(stray, 0);
        let mut statement = self.tables.prepare(WHOLE).unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let id: String = row.get(0).unwrap();
            is_whole(&id, std::array::from_fn(|column| row.get(column + 1).unwrap()));
        }
    }

    /// Every session's journal, played again, leads to the session that is stored; how many.
    pub(super) fn replays(&self) -> usize {
        let mut statement = self.tables.prepare("SELECT id FROM conversation_sessions").unwrap();
        let ids = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        replays(&self.store, ids.map(|id| SessionId(id.unwrap().parse().unwrap())))
    }
}

/// Judges a session by its revision, the number of its last row, whether nobody holds it, and count
/// and maximum of its history rows and of its journal entries.
pub(crate) fn is_whole(id: &str, numbers: [i64; 7]) {
    let [revision, last, free, rows, last_row, entries, last_entry] = numbers;
    assert_eq!((rows, last_row), (last, last), "history of {id}");
    assert_eq!((entries, last_entry), (revision, revision), "journal of {id}");
    assert_eq!(last, 2 + 4 * (revision - 1), "rows of {id} at revision {revision}");
    assert_eq!(free, 1, "{id} is leased");
}

/// Every session's journal, played again, leads to the session that is stored; how many.
pub(crate) fn replays(store: &impl Store, ids: impl Iterator<Item = SessionId>) -> usize {
    let mut count = 0;
    for id in ids {
        let stored = store.load_session(id).unwrap().expect("a session");
        let session = replay_session(store, id, &stored);
        let kept = &stored.snapshot;
        assert_eq!(session.state_json(), kept.state, "{id}");
        assert_eq!(session.engine_json(), kept.engine, "{id}");
        assert_eq!(Some(session.state_hash()), kept.state_hash, "{id}");
        assert_eq!(session.revision(), stored.revision, "{id}");
        count += 1;
    }
    count
}

fn replay_session(store: &impl Store, id: SessionId, stored: &StoredSession) -> Session {
    let flow = stored.head.flow;
    let version = store.flow_version(&AccessScope::system(), flow).unwrap();
    let (definition, _) = FlowDefinition::read_json(&version.expect("a version").document);
    let mut definition = definition.expect("a flow");
    definition.id = Some(flow.id);
    let compiled = Flow::compile(&definition, flow.seq).flow.expect("a sound flow");
    let catalog: Catalog = std::iter::once(compiled).collect();
    let kept = &stored.snapshot;
    let end = Session::restore(&kept.engine, &kept.state).unwrap();
    let rows = store.journal(id).unwrap();
    let last = rows.last().map(|row| row.entry.turn_hash.clone());
    assert_eq!(last, kept.turn_hash, "{id}");
    let turns = rows.into_iter().map(|row| StoredTurn {
        input: row.entry.input,
        outcomes: row.entry.outcomes,
        turn_hash: row.entry.turn_hash,
    });
    let journal = Journal::from_stored(&end, &catalog, turns).unwrap();
    let replayed = replay(&Engine::default(), &catalog, &journal);
    assert_eq!(replayed.divergence, None, "{id}");
    replayed.session
}
