//! What a conversation does, through a preview.

mod actions;
mod bounds;
mod content;
mod fields;
mod inline;
mod options;
mod questions;
mod request_fields;
mod requests;
mod routing;
mod say;
mod script;
mod secrets;
mod turns;
mod variants;

use serde_json::{Map, Value, json};

use crate::check::Report;
use crate::flow::FlowDefinition;
use crate::preview::{Handlers, Library, LibraryItem, Preview};
use crate::protocol::Turn;
use crate::time::Timestamp;

const ID: &str = "00000000-0000-4000-8000-000000000001";
const OTHER: &str = "00000000-0000-4000-8000-000000000002";

/// What a conversation runs on.
#[derive(Default)]
struct World {
    library: Library,
}

/// A conversation that was played.
struct Played {
    turns: Vec<Turn>,
    /// The last turn on the wire.
    last: Value,
    /// All texts that were said, in order.
    said: Vec<String>,
    state: Value,
    ended: Option<&'static str>,
    warnings: Vec<String>,
    /// The history rows' contents, without time and number.
    rows: Vec<Value>,
}

fn read(document: &Value) -> (FlowDefinition, Report) {
    let (definition, report) = FlowDefinition::read(document);
    (definition.unwrap_or_else(|| panic!("{report:?}")), report)
}

/// The codes of what is wrong with a flow of one node.
fn codes(kind: &str, content: &Value) -> Vec<&'static str> {
    problems(kind, content).iter().map(|diagnostic| diagnostic.code.as_str()).collect()
}

/// What is wrong with a flow of one node.
fn problems(kind: &str, content: &Value) -> Report {
    let (definition, _) = read(&json!({
        "nodes": [{"id": "n", "type": kind, "content": content}, {"id": "end", "type": "message", "content": {"text": "."}}],
        "connections": [{"source": "n", "target": "end"}],
    }));
    Library::default().add_flow(&definition)
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("not an object") };
    map
}

impl World {
    /// With a flow `main`.
    fn of(nodes: &Value, connections: &Value) -> Self {
        Self::default().with("main", nodes, connections)
    }

    fn with(mut self, key: &str, nodes: &Value, connections: &Value) -> Self {
        let (definition, _) = read(&json!({
            "seed_key": key, "name": key, "version": "1.0.0", "entry_node_id": nodes[0]["id"],
            "nodes": nodes, "connections": connections,
        }));
        let report = self.library.add_flow(&definition);
        assert!(!report.has_errors(), "{report:?}");
        self
    }

    fn with_item(mut self, item: &Value, tags: &[&str]) -> Self {
        let item = serde_json::from_value(item.clone()).unwrap();
        let tags = tags.iter().map(ToString::to_string).collect();
        self.library.add_item(LibraryItem { item, tags, owner: None });
        self
    }

    fn with_handlers(mut self, rules: &Value) -> Self {
        self.library.handlers = Handlers::read(rules).unwrap();
        self
    }

    fn play(&self, state: Value, answers: &[Value]) -> Played {
        let flow = self.library.find("main").unwrap();
        let at = Timestamp::from_millis(1_767_225_600_000);
        let started = Preview::start(&self.library, flow, "0", at, object(state));
        let (mut preview, turn) = started.unwrap();
        let mut turns = vec![turn];
        for answer in answers {
            turns.push(preview.reply(answer.clone()).unwrap());
        }
        let text = |item: &crate::protocol::Item| item.as_text().unwrap_or_default().to_owned();
        let events = || turns.iter().flat_map(|turn| &turn.events);
        let warning = |event: &crate::protocol::Event| {
            let event = json!(event);
            let is_warning = event["type"] == "warned";
            is_warning.then(|| event["code"].as_str().unwrap().to_owned())
        };
        Played {
            last: turns.last().unwrap().to_value(preview.session()),
            said: turns.iter().flat_map(Turn::messages).map(|item| text(&item)).collect(),
            state: json!(preview.session().state()),
            ended: preview.ended(),
            warnings: events().filter_map(warning).collect(),
            rows: turns
                .iter()
                .flat_map(|turn| turn.history(flow))
                .map(|mut row| {
                    row.content.retain(|key, _| !matches!(key.as_str(), "timestamp" | "turn"));
                    json!(row.content)
                })
                .collect(),
            turns,
        }
    }
}

fn message(id: &str, text: &str) -> Value {
    json!({"id": id, "type": "message", "content": {"text": text}})
}

/// An action node that fails.
fn failing(id: &str) -> Value {
    json!({"id": id, "type": "action", "content": {"actions": [
        {"type": "append", "variable": "temp.text", "value": 1}
    ]}})
}
