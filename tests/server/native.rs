//! The server says what the engine says: one conversation over HTTP and the same one in memory.

use chatflow::{
    Effect, Engine, FlowId, FlowRef, Handlers, Input, InputKind, InputType, Library, NewSession,
    Outcome, Resolver, Seed, Session, SessionId, Timestamp, TraceLevel, drive,
};
use chatflow_server::Fixture;
use chatflow_sqlite::SqliteStore;
use chatflow_storage::SessionStore as _;
use serde_json::{Map, Value, json};

use super::demo::{folder, read};
use crate::real::{Place, Visitor};

/// What only the answer to a start has.
const START_ONLY: [&str; 8] = [
    "session_id",
    "session_token",
    "csrf_token",
    "next_node",
    "theme_id",
    "theme",
    "flow_name",
    "revision",
];

/// A host in memory, at an hour of its own.
struct Memory<'a>(&'a Library);

impl Resolver for Memory<'_> {
    fn now(&mut self) -> Timestamp {
        Timestamp::from_millis(0)
    }

    fn resolve(&mut self, effect: &Effect) -> Outcome {
        self.0.resolve(&effect.kind, None)
    }
}

/// Answers to whatever is asked, slips included.
fn answers() -> Vec<Value> {
    let mut answers = vec![json!("hello"), json!(" "), json!("Zoë 🦉"), json!("old"), json!(8)];
    answers.extend([json!("hour"), json!(false)]);
    for _ in 0..4 {
        // A picture is named by its place, by text that is none of them, and by its place again.
        answers.extend([json!(null), json!("neither"), json!(null), json!(null)]);
        answers.extend([json!("curious"), json!(""), json!("again")]);
    }
    answers
}

#[test]
fn an_answer_over_http_equals_the_engines_turn() {
    // R0.5.
    let place = Place::with(&folder());
    let server = place.serve(&read("handlers.json"));
    let state = json!({"context": {"group_name": "Room 7"}, "user": {"pets": ["owl", 2.5]}});
    let mut visitor = Visitor::start(&server.client(), "museum-guide", &state);
    let mut opening = visitor.turn.clone();
    for key in START_ONLY {
        assert!(opening.as_object_mut().unwrap().remove(key).is_some(), "{key}");
    }
    let mut said = Vec::new();
    for answer in answers() {
        let first = || visitor.pending()["options"][0]["value"].clone();
        let input = if answer.is_null() { first() } else { answer };
        let kind = visitor.pending()["input_type"].as_str().unwrap().to_owned();
        let answered = visitor.interact(&json!({"input": input, "input_type": kind}));
        assert_eq!(answered.status, 200, "{input} {answered:?}");
        visitor.turn = answered.body.clone();
        said.push((input, kind, answered.body));
    }
    let (library, mut session) = twin(&place, &visitor.id);
    let mut feed = |kind: InputKind| {
        let input = Input::new(Timestamp::from_millis(0), kind);
        let mut catalog = library.catalog();
        let driven =
            drive(&Engine::default(), &mut catalog, &mut session, input, &mut Memory(&library));
        driven.unwrap().turn.to_value(&session)
    };
    let start: Map<String, Value> = state.as_object().unwrap().clone();
    assert_eq!(feed(InputKind::Start { state: start.into() }), opening);
    for (input, kind, turn) in &said {
        let hint = InputType::parse(kind).unwrap();
        assert_eq!(feed(InputKind::Reply { value: input.clone(), hint }), *turn, "after {input}");
    }
    assert_eq!(session.state_hash(), visitor.session()["state_hash"]);
    let refused = said.iter().filter(|(.., turn)| !turn["validation_error"].is_null()).count();
    assert!(refused > 3 && said.len() > 30, "{refused} of {}", said.len());
}

/// A new session in memory that draws as a stored one, and the library that it needs.
fn twin(place: &Place, id: &str) -> (Library, Session) {
    let (mut library, reports) = Fixture::read(&folder()).unwrap().library();
    assert!(reports.iter().all(|(_, report)| !report.has_errors()));
    library.handlers = Handlers::read(&read("handlers.json")).unwrap();
    let id = SessionId(id.parse().unwrap());
    let store = SqliteStore::open(place.database()).unwrap();
    let stored = store.load_session(id).unwrap().expect("the session is stored");
    let engine: Value = serde_json::from_str(&stored.snapshot.engine).unwrap();
    let seed: Seed = serde_json::from_value(engine["seed"].clone()).unwrap();
    let root: FlowId = stored.head.flow.id;
    let session = Session::new(NewSession {
        id,
        // Flows of a library are drafts.
        flow: FlowRef { id: root, seq: 0 },
        pins: library.pins(root),
        seed,
        user_id: None,
        tenant: None,
        trace: TraceLevel::Off,
    });
    (library, session)
}
