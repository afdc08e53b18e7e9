//! What fails leaves a talk, and what is stored of it, as it was.

#![expect(clippy::expect_used, reason = "the lints spare test functions but not what they call")]

use chatflow::{FlowDefinition, FlowId, Library, SessionId};
use chatflow_host::{Talk, TalkError};
use chatflow_sqlite::SqliteStore;
use chatflow_storage::{CommitError, SessionStore as _};
use serde_json::json;

const FLOW: &str = r#"{"seed_key": "word", "nodes": [
    {"id": "ask", "type": "question", "content": {"text": "A word?", "input_type": "text", "variable": "temp.word"}},
    {"id": "more", "type": "question", "content": {"text": "More?", "input_type": "text", "variable": "temp.more"}}],
    "connections": [{"source": "ask", "target": "more"}]}"#;

fn library() -> (Library, FlowId) {
    let mut library = Library::default();
    library.add_flow(&FlowDefinition::read_json(FLOW).0.expect("it is a flow"));
    let flow = library.find("word").expect("it has no errors");
    (library, flow)
}

#[test]
fn of_two_programs_in_one_conversation_one_is_refused_and_may_open_it_again() {
    let (library, flow) = library();
    let store = SqliteStore::open_in_memory().unwrap();
    let id = SessionId::derived("both");
    let (mut one, _) = Talk::open(&store, &library, flow, id).unwrap();
    let (mut two, opening) = Talk::open(&store, &library, flow, id).unwrap();
    assert_eq!(opening, None);
    let _ = one.reply("first".into()).unwrap();
    let before = two.session().clone();
    let error = two.reply("second".into()).unwrap_err();
    assert!(matches!(error, TalkError::Commit(CommitError::Conflict { .. })), "{error:?}");
    assert_eq!(*two.session(), before);
    let (mut two, _) = Talk::open(&store, &library, flow, id).unwrap();
    assert_eq!(two.session().state()["temp"]["word"], "first");
    let _ = two.reply("second".into()).unwrap();
    assert_eq!(two.session().state()["temp"], json!({"word": "first", "more": "second"}));
    assert!(two.prompt().is_none());
    assert!(matches!(two.reply("late".into()), Err(TalkError::Step(_))));
    assert_eq!(store.journal(id).unwrap().len(), 3);
}

#[test]
fn a_flow_that_is_not_there_starts_nothing() {
    let (library, _) = library();
    let store = SqliteStore::open_in_memory().unwrap();
    let id = SessionId::derived("none");
    let error = Talk::open(&store, &library, FlowId::derived("other"), id).unwrap_err();
    assert!(matches!(error, TalkError::NoFlow { .. }), "{error:?}");
    assert_eq!(store.load_session(id).unwrap(), None);
}
