//! Requests of a flow (`api_call`), answered by closures of the host.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;

use chatflow::{
    Catalog, Engine, Flow, FlowDefinition, HandlerTable, Input, InputKind, InputType, NewSession,
    Next, Outcome, Resolver, Seed, Session, SessionId, Timestamp, drive,
};
use serde_json::{Value, json};

const FLOW: &str = r#"{
    "seed_key": "library", "name": "Library", "version": "1.0.0", "entry_node_id": "ask",
    "nodes": [
        {"id": "ask", "type": "question", "content": {
            "question": "Which book?", "input_type": "number", "variable": "temp.id"}},
        {"id": "find", "type": "action", "content": {"actions": [
            {"type": "api_call", "endpoint": "/books/{{temp.id}}", "method": "GET",
             "response_variable": "temp.book"}]}},
        {"id": "found", "type": "message", "content": {"text": "{{temp.book.title}}"}},
        {"id": "none", "type": "message", "content": {"text": "We do not have it."}}
    ],
    "connections": [
        {"source": "ask", "target": "find"},
        {"source": "find", "target": "found", "connection_type": "success"},
        {"source": "find", "target": "none", "connection_type": "failure"}
    ]
}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut handlers = HandlerTable::default();
    handlers.add("/books/:id", |parameters, request| {
        match (&*request.method, parameters.get("id").map(String::as_str)) {
            ("GET", Some("1")) => Outcome::Done { value: json!({"title": "Dune"}) },
            _ => Outcome::failed("not_found", "there is no such book"),
        }
    });
    // All that this host is: its handlers and a clock.
    let mut host = handlers.resolver(|| Timestamp::from_millis(1_767_225_600_000));
    let definition = FlowDefinition::read_json(FLOW).0.ok_or("not a flow")?;
    let flow = Flow::compile(&definition, 1).flow.ok_or("it has errors")?;
    let version = flow.version();
    let (engine, mut catalog) = (Engine::default(), Catalog::from_iter([flow]));

    for book in [1, 2] {
        let mut session = Session::new(NewSession {
            id: SessionId::derived(&format!("visitor {book}")),
            flow: version,
            pins: BTreeMap::new(),
            seed: Seed::from_text("handlers"),
            user_id: None,
            tenant: None,
            trace: chatflow::TraceLevel::Off,
        });
        let start = InputKind::Start { state: serde_json::Map::new().into() };
        let reply = InputKind::Reply { value: json!(book), hint: InputType::Number };
        for kind in [start, reply] {
            let input = Input::new(host.now(), kind);
            let turn = drive(&engine, &mut catalog, &mut session, input, &mut host)?.turn;
            if let Next::Ask(prompt) = &turn.next {
                println!(
                    "{} {book}",
                    prompt.question.get("text").and_then(Value::as_str).unwrap_or_default()
                );
            }
            for item in turn.messages() {
                println!("  {}", item.as_text().unwrap_or_default());
            }
        }
    }
    Ok(())
}
