//! The session as text after every step: a host may stop anywhere and go on elsewhere.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;

use chatflow::{
    Catalog, Engine, Flow, FlowDefinition, Input, InputKind, InputType, NewSession, Next, Outcome,
    Seed, Session, SessionId, Timestamp,
};
use serde_json::{Value, json};

const FLOW: &str = r#"{
    "seed_key": "greet", "name": "Greet", "version": "1.0.0", "entry_node_id": "name",
    "nodes": [
        {"id": "name", "type": "question", "content": {
            "question": "What is your name?", "input_type": "text", "variable": "user.name"}},
        {"id": "look", "type": "action", "content": {"actions": [
            {"type": "api_call", "endpoint": "/visits", "method": "GET",
             "query_params": {"name": "{{user.name}}"}, "response_variable": "temp.visits"}]}},
        {"id": "hello", "type": "message", "content": {
            "text": "Hello {{user.name}}, visit {{temp.visits.count}}!"}}
    ],
    "connections": [{"source": "name", "target": "look"}, {"source": "look", "target": "hello"}]
}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (definition, _) = FlowDefinition::read_json(FLOW);
    let flow = Flow::compile(&definition.ok_or("not a flow")?, 1).flow.ok_or("it has errors")?;
    let mut stored = Session::new(NewSession {
        id: SessionId::derived("resume"),
        flow: flow.version(),
        pins: BTreeMap::new(),
        seed: Seed::from_text("resume"),
        user_id: None,
        tenant: None,
        trace: chatflow::TraceLevel::Off,
    })
    .texts();
    let catalog = Catalog::from_iter([flow]);

    let mut kind = InputKind::Start { state: serde_json::Map::new().into() };
    for step in 1.. {
        // Nothing but the two texts comes from the step before.
        let mut session = Session::restore(&stored.engine, &stored.state)?;
        session.verify_state(&stored.state_hash)?;
        let input = Input::new(Timestamp::from_millis(1_767_225_600_000), kind);
        let next = Engine::default().step(&catalog, &mut session, input)?.next;
        stored = session.texts();
        println!("step {step}: {}", stored.state);
        if let Next::Ask(prompt) = next {
            let question = prompt.question.get("text").and_then(Value::as_str);
            println!("  asks: {}", question.unwrap_or_default());
            kind = InputKind::Reply { value: json!("Ada"), hint: InputType::Text };
        } else if let Next::Resolve(effect) = next {
            println!("  needs: {}", json!(effect.kind));
            let outcome = Outcome::Done { value: json!({"count": 3}) };
            kind = InputKind::Resolved { effect: effect.id, outcome };
        } else {
            println!("  over");
            break;
        }
    }
    assert!(stored.state.contains("\"count\":3"));
    Ok(())
}
