//! What an author is told about a flow that is not sound.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use chatflow::{Flow, FlowDefinition, Severity};

const BROKEN: &str = r#"{
    "name": "Broken", "version": "1.0.0", "entry_node_id": "ask",
    "nodes": [
        {"id": "ask", "type": "question", "content": {
            "question": "How old are you?", "input_type": "number", "variable": "user.age"}},
        {"id": "old", "type": "condition", "content": {"conditions": [
            {"if": "user.age >= ", "then": "$0"},
            {"if": "oldEnough(user.age)", "then": "$1"}]}},
        {"id": "set", "type": "action", "content": {"actions": [
            {"type": "set_variable", "variable": "session.id", "value": 1},
            {"type": "explode"}]}},
        {"id": "lost", "type": "message", "content": {"text": "Nobody comes here."}}
    ],
    "connections": [
        {"source": "ask", "target": "old"},
        {"source": "old", "target": "set", "connection_type": "$0"},
        {"source": "old", "target": "nowhere", "connection_type": "$1"}
    ]
}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (definition, mut report) = FlowDefinition::read_json(BROKEN);
    let compiled = Flow::compile(&definition.ok_or("not a flow")?, 1);
    report.append(compiled.report);
    for found in &report {
        let severity = match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        println!("{severity} {} at {}", found.code, found.at);
        println!("  {}", found.message);
        if let Some(help) = &found.help {
            println!("  {help}");
        }
    }
    assert!(compiled.flow.is_none(), "a flow with an error never runs");
    Ok(())
}
