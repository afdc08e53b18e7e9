//! A node type of the host: checked, run, and failing like any other.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use chatflow::{
    Compiler, ConnectionType, ContentProblem, CustomNode, Extensions, FlowDefinition, Library,
    Performed, Preview, Timestamp,
};
use serde_json::{Map, Value, json};

/// `{"guess": …, "secret": …}`: goes on by `right`, `higher` or `lower`.
fn guess() -> CustomNode {
    CustomNode::new("x_guess")
        .check(|content| {
            let missing = ["guess", "secret"].into_iter().filter(|key| !content.contains_key(*key));
            let problem = |key: &str| ContentProblem {
                at: format!("/{key}"),
                message: format!("a guess needs `{key}`"),
                help: "write a number, or a reference to one".to_owned(),
            };
            missing.map(problem).collect()
        })
        .run(|content, view| {
            let (Some(guess), Some(secret)) =
                (content["guess"].as_i64(), content["secret"].as_i64())
            else {
                return Performed::failure("not_a_number", "`guess` and `secret` must be numbers");
            };
            let tries = view
                .get("temp.tries")
                .and_then(|tries| tries.as_i64())
                .unwrap_or(0)
                .saturating_add(1);
            let way = match guess.cmp(&secret) {
                std::cmp::Ordering::Less => "higher",
                std::cmp::Ordering::Equal => "right",
                std::cmp::Ordering::Greater => "lower",
            };
            let connection = ConnectionType::parse(way).unwrap_or(ConnectionType::Default);
            Performed::by(connection)
                .say(format!("{guess} is {}", if way == "right" { "right!" } else { "wrong." }))
                .write("temp.tries", json!(tries))
        })
}

fn flow(content: &Value) -> Option<FlowDefinition> {
    let document = json!({
        "seed_key": "game", "name": "Game", "version": "1.0.0", "entry_node_id": "ask",
        "nodes": [
            {"id": "ask", "type": "question", "content": {
                "question": "Your guess?", "input_type": "number", "variable": "temp.guess"}},
            {"id": "compare", "type": "x_guess", "content": content},
            {"id": "up", "type": "message", "content": {"text": "Higher."}},
            {"id": "down", "type": "message", "content": {"text": "Lower."}},
            {"id": "end", "type": "message", "content": {"text": "Tries: {{temp.tries}}"}}
        ],
        "connections": [
            {"source": "ask", "target": "compare"},
            {"source": "compare", "target": "up", "connection_type": "higher"},
            {"source": "compare", "target": "down", "connection_type": "lower"},
            {"source": "compare", "target": "end", "connection_type": "right"},
            {"source": "up", "target": "ask"}, {"source": "down", "target": "ask"}
        ]
    });
    FlowDefinition::read(&document).0
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut extensions = Extensions::default();
    extensions.add_node(guess())?;
    let compiler = Compiler { extensions, ..Compiler::default() };

    let broken = flow(&json!({"guess": "{{temp.guess}}"})).ok_or("not a flow")?;
    for found in &compiler.compile(&broken, 1).report {
        println!("{} at {}: {}", found.code, found.at, found.message);
    }

    let mut library = Library::with_compiler(Arc::new(compiler));
    let sound = flow(&json!({"guess": "{{temp.guess}}", "secret": 7})).ok_or("not a flow")?;
    assert!(!library.add_flow(&sound).has_errors());
    let game = library.find("game").ok_or("no such flow")?;
    let at = Timestamp::from_millis(1_767_225_600_000);
    let (mut preview, _) = Preview::start(&library, game, "seed", at, Map::new())?;
    for answer in [3, 9, 7] {
        println!("> {answer}");
        for item in preview.reply(json!(answer))?.messages() {
            println!("  {}", item.as_text().unwrap_or_default());
        }
    }
    assert_eq!(preview.ended(), Some("completed"));
    Ok(())
}
