//! Turns end where the visitor is needed or nothing follows, on any graph.

use chatflow::{EndReason, FlowDefinition, Limits, Next};
use chatflow_sqlite::SqliteStore;
use chatflow_tests::conversation::{Opening, StoredHost, World, play_in_memory, publish};
use chatflow_tests::strategies::{replies, world};
use serde_json::Value;

use super::check;
use super::talk::{Talk, some_state};

#[test]
fn most_generated_flows_run() {
    let ran = std::cell::Cell::new((0, 0));
    check("flows generated", 20_000, &world(), |world| {
        let (runs, all) = ran.get();
        ran.set((runs + u32::from(world.library.find("main").is_some()), all + 1));
    });
    let (runs, all) = ran.get();
    assert!(runs * 10 > all * 6, "{runs} of {all}");
}

#[test]
fn a_turn_on_any_graph_ends_at_an_interaction_or_the_end() {
    // R2.1.
    check("turns on generated graphs", 100_000, &(world(), replies()), |(world, replies)| {
        let Some(mut talk) = Talk::new(&world, Limits::default()) else { return };
        talk.start(some_state()).unwrap();
        ends_well(&world, &talk);
        for reply in replies {
            if !talk.reply(reply) {
                break;
            }
            ends_well(&world, &talk);
        }
    });
}

fn ends_well(world: &World, talk: &Talk<'_>) {
    let place = talk.session.position().expect("a node was entered");
    let flow = world.definitions.iter().find(|flow| flow.id == Some(place.flow)).unwrap();
    let (kind, content) = node_of(flow, place.node.as_str());
    let node = &place.node;
    let leaves = flow.connections.iter().any(|edge| edge.source == *node);
    let last = &talk.steps.last().unwrap().next;
    match last {
        Next::Resolve(effect) => panic!("a turn ended with {effect:?}"),
        Next::Ask(prompt) => assert_eq!((&*kind, &prompt.node), ("question", node)),
        Next::Acknowledge(_) => {
            assert_eq!((&*kind, &content["wait_for_ack"]), ("message", &Value::Bool(true)));
        }
        Next::Script(request) => assert_eq!((&*kind, &request.node), ("script", node)),
        Next::Ended(ending) => match ending.reason {
            EndReason::Completed => assert!(!leaves, "`{node}` has connections out"),
            EndReason::DeadEnd => assert!(leaves, "`{node}` has no connection out"),
            EndReason::Error => {
                let codes = ["step_limit", "max_retries"];
                let code = ending.code.as_deref();
                let failed = talk.session.depth() == 1;
                assert!(failed || code.is_some_and(|code| codes.contains(&code)), "{ending:?}");
            }
            EndReason::Terminated | EndReason::Restarted => panic!("nobody ended it"),
        },
    }
}

/// The type and content of a node, which may be inside composites: `c/child_1`.
fn node_of(flow: &FlowDefinition, id: &str) -> (String, Value) {
    let mut parts = id.split('/');
    let top = parts.next().unwrap();
    let node = flow.nodes.iter().find(|node| node.id.as_str() == top).unwrap();
    let (mut kind, mut content) = (node.kind.as_str().to_owned(), node.content.clone());
    for part in parts {
        let index: usize = part.strip_prefix("child_").unwrap().parse().unwrap();
        let child = &content["nodes"][index];
        (kind, content) = (child["type"].as_str().unwrap().to_owned(), child["content"].clone());
    }
    (kind, content)
}

#[test]
fn any_flow_leaves_the_same_bytes_in_memory_and_in_sqlite() {
    check("conversations through SQLite", 5_000, &(world(), replies()), |(world, replies)| {
        if world.library.find("main").is_none() {
            return;
        }
        let opening = Opening::new("main", "any", some_state());
        let played = play_in_memory(&world, &opening, &mut replies.iter());
        let store = SqliteStore::open_in_memory().unwrap();
        publish(&world, &store, opening.at);
        let stored = StoredHost::new(&world, false).play(|| &store, &opening, &mut replies.iter());
        assert_eq!(stored.to_text(), played.to_text());
    });
}
