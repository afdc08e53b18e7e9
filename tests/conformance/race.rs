//! Two answers to one question at once: one is taken, the other finds the session moved on.

use chatflow::{
    Catalog, Effect, Engine, Flow, FlowDefinition, FlowRef, Handlers, Input, InputKind, InputType,
    NewSession, Outcome, Resolver, Revision, Seed, Session, SessionId, Timestamp, TraceLevel, Turn,
    drive,
};
use chatflow_sqlite::SqliteStore;
use chatflow_storage::{
    AccessScope, Commit, CommitError, HistoryQuery, InteractionType, MemoryStore, Store,
};
use chatflow_tests::conversation::{World, publish, records};
use serde_json::json;

use super::open_file;

/// The flow needs nothing.
struct Nobody;

impl Resolver for Nobody {
    fn now(&mut self) -> Timestamp {
        Timestamp::default()
    }

    fn resolve(&mut self, effect: &Effect) -> Outcome {
        panic!("{effect:?}")
    }
}

fn turn(catalog: &mut Catalog, session: &mut Session, kind: InputKind) -> Turn {
    let input = Input::new(Timestamp::default(), kind);
    drive(&Engine::default(), catalog, session, input, &mut Nobody).unwrap().turn
}

fn new_session(id: SessionId, flow: FlowRef) -> Session {
    let (pins, seed, trace) = (std::collections::BTreeMap::new(), Seed(0), TraceLevel::Off);
    Session::new(NewSession { id, flow, pins, seed, user_id: None, tenant: None, trace })
}

fn race(store: &impl Store) {
    let document = json!({
        "seed_key": "main", "name": "Main", "version": "1.0.0", "entry_node_id": "q",
        "nodes": [
            {"id": "q", "type": "question",
                "content": {"question": "?", "input_type": "text", "variable": "temp.x"}},
            {"id": "bye", "type": "message", "content": {"text": "{{temp.x}}"}},
        ],
        "connections": [{"source": "q", "target": "bye"}],
    });
    let world = World::of_documents(&[document], &[], Handlers::default());
    publish(&world, store, Timestamp::default());
    let flow = world.definitions[0].id.unwrap();
    let scope = AccessScope::system();
    let root = store.newest_version(&scope, flow).unwrap().unwrap().version;
    let definition = FlowDefinition::read_json(&root.document).0.unwrap();
    let definition = FlowDefinition { id: Some(flow), ..definition };
    let mut catalog = Catalog::default();
    catalog.insert(Flow::compile(&definition, root.flow.seq).flow.unwrap());

    let id = SessionId::derived("race");
    let mut session = new_session(id, root.flow);
    let start = InputKind::Start { state: serde_json::Map::new().into() };
    let started = turn(&mut catalog, &mut session, start);
    store
        .create_session(&chatflow_storage::NewSession {
            head: records::head(id, &root, Timestamp::default()),
            snapshot: records::snapshot(&session, &started),
            turn: records::rows(flow, &started),
            preview: None,
        })
        .unwrap();

    // Both load revision 1 before either commits.
    let results = ["first", "second"]
        .map(|answer| (answer, store.load_session(id).unwrap().unwrap()))
        .map(|(answer, stored)| {
            let snapshot = &stored.snapshot;
            let mut session = Session::restore(&snapshot.engine, &snapshot.state).unwrap();
            let kind = InputKind::Reply { value: json!(answer), hint: InputType::Text };
            let turn = turn(&mut catalog, &mut session, kind);
            store.commit(&Commit {
                session: id,
                expected: stored.revision,
                lease: None,
                at: Timestamp::default(),
                snapshot: records::snapshot(&session, &turn),
                turn: records::rows(flow, &turn),
                mark: None,
            })
        });
    let [Ok(won), Err(CommitError::Conflict { expected, actual })] = results else {
        panic!("{results:?}")
    };
    assert_eq!(won.revision, Revision(2));
    assert_eq!((expected, actual), (Revision(1), Revision(2)));
    let stored = store.load_session(id).unwrap().unwrap();
    assert_eq!(stored.snapshot.state, r#"{"temp":{"x":"first"}}"#);
    let query = HistoryQuery { session: id, after_seq: 0, kinds: None, skip: 0, limit: 100 };
    let rows = store.history(query).unwrap().rows;
    let inputs = rows.iter().filter(|row| row.row.kind == InteractionType::Input).count();
    assert_eq!((rows.len(), inputs), (3, 1));
}

#[test]
fn of_two_answers_at_once_one_is_stored_and_the_other_conflicts() {
    // R11.12, R11.20, G10, F9.
    race(&MemoryStore::new());
    race(&SqliteStore::open_in_memory().unwrap());
    race(&open_file(&tempfile::tempdir().unwrap()));
}
