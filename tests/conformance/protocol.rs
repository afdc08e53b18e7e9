//! The examples of `docs/protocol.md` are what the engine says; `UPDATE=1` writes them anew.
//!
//! An example is a fenced block whose first line is ```` ```json NAME ````.

use std::collections::BTreeMap;

use chatflow::{
    Catalog, Effect, Engine, Flow, FlowDefinition, Input, InputKind, InputType, NewSession, Next,
    Outcome, Seed, Session, SessionId, Timestamp, TraceLevel,
};
use serde_json::{Value, json};

use super::root;

const PAGE: &str = "docs/protocol.md";

#[test]
fn the_examples_of_the_protocol_are_what_the_engine_says() {
    let examples = examples();
    let path = root().join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let (mut written, mut used) = (String::new(), Vec::new());
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        written.push_str(line);
        written.push('\n');
        let Some(name) = line.strip_prefix("```json ") else { continue };
        let example = examples.get(name).unwrap_or_else(|| panic!("no example `{name}`"));
        used.push(name.to_owned());
        written.push_str(&serde_json::to_string_pretty(example).unwrap());
        written.push_str("\n```\n");
        assert!(lines.by_ref().any(|line| line == "```"), "the block `{name}` is not closed");
    }
    assert_eq!(used.len(), examples.len(), "shown: {used:?}, there are: {:?}", examples.keys());
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(&path, written).unwrap();
    } else {
        assert!(written == page, "{PAGE} is stale: UPDATE=1 cargo test -p chatflow-tests protocol");
    }
}

/// What a host stores reads back as what it was.
#[test]
fn inputs_and_effects_read_back_as_they_were_written() {
    for (name, example) in examples() {
        if name.starts_with("input") {
            let input: Input = serde_json::from_value(example.clone()).unwrap();
            assert_eq!(json!(input), example, "{name}");
        } else if name.starts_with("effect") {
            let effect: Effect = serde_json::from_value(example.clone()).unwrap();
            assert_eq!(json!(effect), example, "{name}");
        }
    }
}

/// A conversation that needs every kind of effect, with what was fed and said on the way.
fn examples() -> BTreeMap<String, Value> {
    let [flow, bill] = documents().map(|document| {
        let definition = FlowDefinition::read(&document).0.unwrap();
        let compiled = Flow::compile(&definition, 3);
        compiled.flow.unwrap_or_else(|| panic!("{:?}", compiled.report))
    });
    let pins = flow.links().map(|link| (link.clone(), bill.version())).collect();
    let mut session = Session::new(NewSession {
        id: SessionId::derived("protocol"),
        flow: flow.version(),
        pins,
        seed: Seed::from_text("protocol"),
        user_id: None,
        tenant: None,
        trace: TraceLevel::Off,
    });
    let mut catalog = Catalog::from_iter([flow]);
    let mut examples = BTreeMap::new();
    let state = json!({"user": {"name": "Ada"}});
    let start = InputKind::Start { state: state.as_object().unwrap().clone().into() };
    let reply = |text: &str| InputKind::Reply { value: text.into(), hint: InputType::Choice };
    let result = InputKind::ScriptResult {
        result: json!({"outputs": {"total": 4.5}, "execution_time_ms": 3}),
    };
    for (turn, kind) in [start, reply("Tea"), reply("an echo"), result].into_iter().enumerate() {
        let at = Timestamp::from_millis(1_767_225_600_000 + 1000 * i64::try_from(turn).unwrap());
        let mut input = Input::new(at, kind);
        loop {
            put(&mut examples, &name_of_input(&input), json!(input));
            let step = Engine::default().step(&catalog, &mut session, input).unwrap();
            put(&mut examples, &format!("step {}", name_of_next(&step.next)), json!(step));
            let Next::Resolve(effect) = step.next else { break };
            put(&mut examples, &format!("effect {}", kind_of(&effect)), json!(effect));
            if kind_of(&effect) == "load_flow" {
                catalog.insert(bill.clone());
            }
            let value = answer(&effect, bill.digest());
            let outcome = Outcome::Done { value };
            input = Input::new(at, InputKind::Resolved { effect: effect.id, outcome });
        }
        if turn == 0 {
            let engine: Value = serde_json::from_str(&session.engine_json()).unwrap();
            put(&mut examples, "session engine", engine);
            put(&mut examples, "session state", json!(session.state()));
        }
    }
    examples
}

/// A flow with a node for every kind of effect, and the flow that it enters.
fn documents() -> [Value; 2] {
    let tea = json!({
        "id": "00000000-0000-4000-8000-000000000001", "name": "Tea", "version": "1.0.0",
        "entry_node_id": "ask",
        "nodes": [
            {"id": "ask", "type": "question", "content": {
                "question": {"content_id": "00000000-0000-4000-8000-00000000000a"},
                "input_type": "choice", "options": ["tea", "coffee"], "variable": "temp.drink"}},
            {"id": "order", "type": "action", "content": {"actions": [{
                "type": "api_call", "endpoint": "/v1/order", "method": "POST",
                "body": {"drink": "{{temp.drink}}"}, "response_mapping": {"number": "temp.number"}}]}},
            {"id": "tell", "type": "webhook", "content": {
                "url": "https://kitchen.example/orders", "body": {"number": "{{temp.number}}"}}},
            {"id": "joke", "type": "question", "content": {
                "source": "random", "source_config": {"type": "question", "tags": ["riddle"]},
                "variable": "temp.guess"}},
            {"id": "bill", "type": "composite", "content": {
                "composite_flow_id": "00000000-0000-4000-8000-000000000002"}},
        ],
        "connections": [
            {"source": "ask", "target": "order"}, {"source": "order", "target": "tell"},
            {"source": "tell", "target": "joke"}, {"source": "joke", "target": "bill"},
        ],
    });
    let bill = json!({
        "id": "00000000-0000-4000-8000-000000000002", "name": "Bill", "version": "1.0.0",
        "entry_node_id": "sum",
        "nodes": [
            {"id": "sum", "type": "script", "content": {
                "code": "return {total: prices[inputs.drink]}", "language": "javascript",
                "inputs": {"drink": "temp.drink.value"}, "outputs": ["total"]}},
            {"id": "bye", "type": "message", "content": {
                "text": "One {{temp.drink}}, number {{temp.number}}: {{temp.total}}."}},
        ],
        "connections": [{"source": "sum", "target": "bye"}],
    });
    [tea, bill]
}

/// What the host of the examples finds.
fn answer(effect: &Effect, digest: &str) -> Value {
    match kind_of(effect).as_str() {
        "fetch_content" => json!([{
            "id": json!(effect)["ids"][0], "type": "question",
            "content": {"text": "What does the kettle say, {{user.name}}?"}, "info": {},
        }]),
        "list_candidates" => json!(["00000000-0000-4000-8000-00000000000b"]),
        "call_handler" => json!({"number": 7}),
        "call_webhook" => json!({"status": 200, "headers": {}, "body": {"ok": true}}),
        _ => json!(digest),
    }
}

/// The first of a kind is the example.
fn put(examples: &mut BTreeMap<String, Value>, name: &str, value: Value) {
    examples.entry(name.to_owned()).or_insert(value);
}

fn name_of_input(input: &Input) -> String {
    format!("input {}", json!(input)["type"].as_str().unwrap())
}

fn name_of_next(next: &Next) -> String {
    json!(next)["type"].as_str().unwrap().to_owned()
}

fn kind_of(effect: &Effect) -> String {
    json!(effect)["type"].as_str().unwrap().to_owned()
}
