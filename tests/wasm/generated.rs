//! Conversations that nobody wrote: generated flows, answers and seeds.
//!
//! The generator is judged as well: flows that do not compile, or conversations that end at once,
//! would prove nothing.

use std::collections::{BTreeMap, BTreeSet};

use chatflow::{Case, Event, FlowDefinition, Library, Preview, Timestamp};
use chatflow_tests::strategies::{content, documents, handlers};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

use crate::{rehearsal, walk};

/// How many conversations are recorded.
const CASES: usize = 1000;

/// The answers of each conversation, unless it ends before.
const ANSWERS: usize = 9;

/// The node types that must all be visited in at least a twentieth of the conversations.
const TYPES: [&str; 7] =
    ["message", "question", "condition", "action", "webhook", "composite", "script"];

/// Records all of them, and fails unless they are worth comparing.
pub(crate) fn record_all() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut compiled = 0;
    let mut turns = Vec::new();
    let mut visited: BTreeMap<String, usize> = BTreeMap::new();
    for number in 0..CASES {
        let mut documents = documents().new_tree(&mut runner).expect("a value").current();
        go_round(&mut documents[0]);
        let mut case = Case {
            documents,
            content: serde_json::from_value(json!(content())).expect("items"),
            handlers: handlers().as_object().expect("handlers are an object").clone(),
            flow: Some("main".to_owned()),
            seed: format!("generated {number}"),
            at: Timestamp::from_millis(1_767_225_600_000),
            state: some_state(),
            answers: Vec::new(),
        };
        let (library, _) = case.library().expect("the case is well-formed");
        if library.find("main").is_some() {
            compiled += 1;
            case.answers = walk::answers(&case, number % 4, ANSWERS);
            turns.push(case.answers.len() + 1);
            for kind in types_visited(&case, &library) {
                *visited.entry(kind).or_default() += 1;
            }
            rehearsal::record_case(&format!("generated {number}"), &case);
        }
        crate::play(&format!("generated {number}"), &case, &json!([]));
    }
    turns.sort_unstable();
    let median = turns[turns.len() / 2];
    crate::note(&format!(
        "{CASES} generated conversations: {compiled} compile, {median} turns in the median, visits {visited:?}"
    ));
    assert!(compiled * 10 >= CASES * 9, "{compiled} of {CASES} compile");
    assert!(median >= 6, "{median} turns in the median");
    for kind in TYPES {
        let count = visited.get(kind).copied().unwrap_or_default();
        assert!(count * 20 >= CASES, "{kind} is visited in {count} of {CASES}");
    }
}

/// Leads every end of a flow to a question, and that back to the entry.
fn go_round(document: &mut Value) {
    let left: BTreeSet<String> = document["connections"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|connection| connection["source"].as_str().map(str::to_owned))
        .collect();
    let nodes = document["nodes"].as_array_mut().expect("a list of nodes");
    let ends: Vec<Value> = nodes
        .iter()
        .map(|node| node["id"].clone())
        .filter(|id| !left.contains(id.as_str().expect("an id is a text")))
        .collect();
    nodes.push(json!({"id": "again", "type": "question",
        "content": {"question": "Again?", "variable": "temp.again"}}));
    let connections = document["connections"].as_array_mut().expect("a list of connections");
    connections.extend(ends.iter().map(|end| json!({"source": end, "target": "again"})));
    connections.push(json!({"source": "again", "target": "n0"}));
}

fn some_state() -> Map<String, Value> {
    let state = json!({
        "user": {"age": 9, "name": "Ada"},
        "temp": {"n": 1, "list": ["a"], "map": {"a": 1.5}, "shown": []},
    });
    state.as_object().expect("an object").clone()
}

/// The types of the nodes that a conversation enters.
fn types_visited(case: &Case, library: &Library) -> BTreeSet<String> {
    let mut types = BTreeMap::new();
    for document in &case.documents {
        let (definition, _) = FlowDefinition::read(document);
        let Some(definition) = definition else { continue };
        let flow = definition.seed_key.as_deref().and_then(|key| library.find(key));
        for node in &definition.nodes {
            types.insert((flow, node.id.clone()), node.kind.as_str().to_owned());
        }
    }
    let flow = library.find("main").expect("it compiles");
    let started = Preview::start(library, flow, &case.seed, case.at, case.state.clone());
    let Ok((mut preview, turn)) = started else { return BTreeSet::new() };
    let mut events = turn.events;
    for answer in &case.answers {
        let Ok(turn) = preview.reply(answer.clone()) else { break };
        events.extend(turn.events);
    }
    let entered = |event: &Event| match event {
        Event::Entered(at) => types.get(&(Some(at.flow), at.node.clone())).cloned(),
        _ => None,
    };
    events.iter().filter_map(entered).collect()
}
