//! The same visitor sees the same variant, wherever the conversation is held.
//!
//! That WebAssembly chooses as this machine does is shown by `tests/transcripts/variants.json`, which is played there.

#![expect(clippy::unwrap_used, reason = "the lints spare test functions but not what they call")]

use chatflow::{FlowDefinition, FlowId, Library, LibraryItem, SessionId};
use chatflow_host::Talk;
use chatflow_sqlite::SqliteStore;
use chatflow_storage::{MemoryStore, SessionEventQuery, Store};
use serde_json::json;

const FACT: &str = "00000000-0000-4000-8000-0000000000f1";

/// What sessions 00000000-0000-4000-8000-000000000001 and following see of [`FACT`], where the control and b weigh 100
/// each and c weighs 200: computed apart from R13.20's formula, with Python's hashlib.
const SEEN: [&str; 12] = ["c", "c", "b", "b", "b", "control", "c", "c", "c", "control", "b", "c"];

fn library() -> (Library, FlowId) {
    let flow = json!({
        "seed_key": "tour",
        "nodes": [
            {"id": "tell", "type": "message", "content": {"messages": [{"content_id": FACT}]}},
            {"id": "ask", "type": "question", "content": {
                "text": "Another?", "input_type": "text", "variable": "temp.more"}},
            {"id": "again", "type": "message", "content": {"messages": [{"content_id": FACT}]}}],
        "connections": [
            {"source": "tell", "target": "ask"}, {"source": "ask", "target": "again"}]});
    let item = json!({"id": FACT, "type": "fact", "content": {"text": "Owls."}, "variants": [
        {"variant_key": "c", "variant_data": {"text": "Owls?"}, "weight": 200},
        {"variant_key": "b", "variant_data": {"text": "Owls!"}}]});
    let mut library = Library::default();
    library.add_flow(&FlowDefinition::read_json(&flow.to_string()).0.unwrap());
    let item = serde_json::from_value(item).unwrap();
    library.add_item(LibraryItem { item, tags: Vec::new(), owner: None });
    let flow = library.find("tour").unwrap();
    (library, flow)
}

/// Holds each conversation as programs of their own would, and says what was seen.
fn variants_are_those_of_the_table(store: &impl Store) {
    let (library, flow) = library();
    for (n, expected) in (1_u64..).zip(SEEN) {
        let id = SessionId(format!("00000000-0000-4000-8000-{n:012x}").parse().unwrap());
        drop(Talk::open(store, &library, flow, id).unwrap());
        let (mut talk, _) = Talk::open(store, &library, flow, id).unwrap();
        assert!(talk.reply("yes".into()).unwrap().commits());
        let all = SessionEventQuery { session: id, skip: 0, limit: 9 };
        let rows = store.session_content_events(all).unwrap().rows;
        let seen: Vec<_> = rows.iter().filter_map(|row| row.event.variant_key.as_deref()).collect();
        // Shown, taken up, shown again and ended.
        assert_eq!(seen, [expected; 4], "{n}");
    }
}

#[test]
fn a_visitor_sees_the_same_variant_on_every_store() {
    // R13.20, R13.21, S3.60
    variants_are_those_of_the_table(&MemoryStore::new());
    variants_are_those_of_the_table(&SqliteStore::open_in_memory().unwrap());
}
