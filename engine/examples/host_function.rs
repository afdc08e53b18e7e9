//! A function of the host in the conditions and calculations of a flow.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use chatflow::{Compiler, Extensions, FlowDefinition, Library, Preview, Timestamp, ValueType};
use serde_json::json;

const FLOW: &str = r#"{
    "seed_key": "post", "name": "Post", "version": "1.0.0", "entry_node_id": "measure",
    "nodes": [
        {"id": "measure", "type": "action", "content": {"actions": [
            {"type": "calculate", "target": "temp.far",
             "expression": "host.distance(user.home, context.shop)"}]}},
        {"id": "near", "type": "condition", "content": {
            "conditions": [{"if": "host.distance(user.home, context.shop) <= 5.0", "then": "$0"}],
            "default_path": "$1"}},
        {"id": "bike", "type": "message", "content": {"text": "{{temp.far}} km: by bike."}},
        {"id": "van", "type": "message", "content": {"text": "{{temp.far}} km: by van."}}
    ],
    "connections": [
        {"source": "measure", "target": "near"},
        {"source": "near", "target": "bike", "connection_type": "$0"},
        {"source": "near", "target": "van", "connection_type": "$1"}
    ]
}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut extensions = Extensions::default();
    // Of two places on a plane, in km. The same arguments always give the same result.
    extensions.add_function(
        "distance",
        &[ValueType::Map, ValueType::Map],
        Arc::new(|args| {
            let number = |at: usize, axis: &str| {
                args.get(at).and_then(|place| place[axis].as_f64()).ok_or("not a place")
            };
            let (x, y) = (number(0, "x")? - number(1, "x")?, number(0, "y")? - number(1, "y")?);
            Ok(json!((x * x + y * y).sqrt()))
        }),
    )?;
    let compiler = Compiler { extensions, ..Compiler::default() };
    let mut library = Library::with_compiler(Arc::new(compiler));
    let definition = FlowDefinition::read_json(FLOW).0.ok_or("not a flow")?;
    assert!(!library.add_flow(&definition).has_errors());
    let flow = library.find("post").ok_or("no such flow")?;

    for (x, y) in [(3, 4), (6, 8)] {
        let state =
            json!({"user": {"home": {"x": x, "y": y}}, "context": {"shop": {"x": 0, "y": 0}}});
        let state = state.as_object().cloned().unwrap_or_default();
        let at = Timestamp::from_millis(1_767_225_600_000);
        let (_, turn) = Preview::start(&library, flow, "seed", at, state)?;
        for item in turn.messages() {
            println!("{}", item.as_text().unwrap_or_default());
        }
    }

    // Without it the flow does not compile.
    let report = Library::default().add_flow(&definition);
    for found in &report {
        println!("{} at {}: {}", found.code, found.at, found.message);
    }
    assert!(report.has_errors());
    Ok(())
}
