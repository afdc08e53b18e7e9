//! A whole conversation in memory: a quiz with choices, a score and a condition.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use chatflow::{FlowDefinition, Library, Preview, Timestamp, Turn};
use serde_json::{Map, Value, json};

const QUIZ: &str = r#"{
    "seed_key": "quiz", "name": "Quiz", "version": "1.0.0", "entry_node_id": "planet",
    "nodes": [
        {"id": "planet", "type": "question", "content": {
            "question": "Which planet has rings you can see?", "input_type": "choice",
            "options": ["Mars", "Saturn"], "variable": "temp.planet"}},
        {"id": "legs", "type": "question", "content": {
            "question": "How many legs has a spider?", "input_type": "number",
            "variable": "temp.legs"}},
        {"id": "count", "type": "action", "content": {"actions": [
            {"type": "set_variable", "variable": "temp.score", "value": 0},
            {"type": "increment", "variable": "temp.score", "if": "temp.planet == 'Saturn'"},
            {"type": "increment", "variable": "temp.score", "if": "temp.legs == 8"}]}},
        {"id": "enough", "type": "condition", "content": {
            "conditions": [{"if": "temp.score == 2", "then": "$0"}], "default_path": "$1"}},
        {"id": "won", "type": "message", "content": {"text": "Both right!"}},
        {"id": "lost", "type": "message", "content": {"text": "{{temp.score}} of 2."}}
    ],
    "connections": [
        {"source": "planet", "target": "legs"}, {"source": "legs", "target": "count"},
        {"source": "count", "target": "enough"},
        {"source": "enough", "target": "won", "connection_type": "$0"},
        {"source": "enough", "target": "lost", "connection_type": "$1"}
    ]
}"#;

fn show(turn: &Turn, preview: &Preview<'_>) {
    for item in turn.messages() {
        println!("  {}", item.as_text().unwrap_or_default());
    }
    if let Some(prompt) = preview.prompt() {
        println!("  {}", prompt.question.get("text").and_then(Value::as_str).unwrap_or_default());
        for option in &*prompt.options {
            println!("  - {}", option.label());
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (definition, report) = FlowDefinition::read_json(QUIZ);
    assert!(report.is_empty(), "{report:?}");
    let mut library = Library::default();
    let report = library.add_flow(&definition.ok_or("not a flow")?);
    assert!(!report.has_errors(), "{report:?}");
    let flow = library.find("quiz").ok_or("no such flow")?;

    for answers in [[json!("Saturn"), json!(8)], [json!("Mars"), json!("eight")]] {
        println!("A visitor:");
        let at = Timestamp::from_millis(1_767_225_600_000);
        let (mut preview, turn) = Preview::start(&library, flow, "seed", at, Map::new())?;
        show(&turn, &preview);
        for answer in answers {
            println!("> {answer}");
            let turn = preview.reply(answer)?;
            show(&turn, &preview);
        }
        // `eight` is no number: the question stays open, and the session waits.
        println!("  ({})", preview.ended().unwrap_or("waiting"));
    }
    Ok(())
}
