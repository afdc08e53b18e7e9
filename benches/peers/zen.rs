//! STD-1 as decision graphs, one per round: `zen in-memory|persisted` prints CPU nanoseconds per turn.
//!
//! The engine is stateless and asks nothing: the host stores the answer, one graph decides and words the message.

#[path = "../clock.rs"]
#[expect(dead_code, reason = "it is shared with the benches, which use all of it")]
mod clock;
mod sample;
#[path = "../std1.rs"]
#[expect(dead_code, reason = "it is shared with the benches, which use all of it")]
mod std1;

use serde_json::{Value, json};
use zen_engine::model::GraphContent;
use zen_engine::{Decision, Variable};

use std1::{ANSWERS, LIMITS, initial_state};

struct Host {
    runtime: tokio::runtime::Runtime,
    rounds: Vec<Decision>,
}

fn main() {
    let host = Host::new();
    let (begun, text) = (initial_state(), initial_state().to_string());
    let ended = host.converse(&begun).to_value();
    assert_eq!(ended["message"], "Level advanced, score 7.");
    sample::print(
        || drop(std::hint::black_box(host.converse(&begun))),
        || {
            || {
                let mut stored = text.clone();
                for round in 0..ANSWERS.len() {
                    let state: Variable = serde_json::from_str(&stored).expect("it was written so");
                    stored = serde_json::to_string(&host.turn(&state, round)).expect("JSON");
                }
                drop(std::hint::black_box(stored));
            }
        },
    );
}

impl Host {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let rounds = LIMITS.map(|limit| {
            let graph: GraphContent = serde_json::from_value(graph(limit)).expect("a graph");
            let mut decision = Decision::from(graph);
            decision.compile();
            decision
        });
        Self { runtime, rounds: rounds.into() }
    }

    fn converse(&self, begun: &Value) -> Variable {
        let begun: Variable = begun.clone().into();
        (0..ANSWERS.len()).fold(begun, |state, round| self.turn(&state, round))
    }

    fn turn(&self, state: &Variable, round: usize) -> Variable {
        let path = format!("temp.answer{}", round + 1);
        let _ = state.dot_insert(&path, Variable::String(ANSWERS[round].into()));
        let decided = self.runtime.block_on(self.rounds[round].evaluate(state.clone()));
        decided.expect("a decision").result
    }
}

/// One round: a switch, one of two pairs of assignments, a message.
fn graph(limit: i64) -> Value {
    let assign = |id: &str, level: &str, points: u8| {
        json!({"id": id, "name": id, "type": "expressionNode", "content": {"passThrough": true, "expressions": [
            {"id": "level", "key": "user.reading_level", "value": format!("'{level}'")},
            {"id": "score", "key": "temp.score", "value": format!("temp.score + {points}")},
        ]}})
    };
    let edge = |from: &str, to: &str, handle: Option<&str>| {
        let id = format!("{from}-{to}");
        json!({"id": id, "sourceId": from, "targetId": to, "sourceHandle": handle})
    };
    json!({
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode", "content": {}},
            {"id": "test", "name": "test", "type": "switchNode", "content": {"statements": [
                {"id": "yes", "condition": format!("temp.score >= {limit}")},
                {"id": "no", "condition": ""},
            ]}},
            assign("high", "advanced", 1),
            assign("low", "basic", 2),
            {"id": "tell", "name": "tell", "type": "expressionNode", "content": {
                "passThrough": true,
                "expressions": [{"id": "text", "key": "message",
                    "value": "`Level ${user.reading_level}, score ${temp.score}.`"}],
            }},
            {"id": "out", "name": "out", "type": "outputNode", "content": {}},
        ],
        "edges": [
            edge("in", "test", None),
            edge("test", "high", Some("yes")),
            edge("test", "low", Some("no")),
            edge("high", "tell", None),
            edge("low", "tell", None),
            edge("tell", "out", None),
        ],
    })
}
