//! Nothing exceeds its limit, and what is counted is what is there (R11.25 to R11.28).

use chatflow::{Event, Limits, Next};
use chatflow_tests::conversation::World;
use chatflow_tests::strategies::{action, handlers, replies, world};
use proptest::collection::vec;
use serde_json::{Value, json};

use super::check;
use super::talk::{Talk, some_state};

#[test]
fn every_turn_ends_within_its_limits() {
    // R9.38, R11.25, R11.26, R11.28.
    let limits = Limits {
        nodes_per_turn: 7,
        effects_per_turn: 4,
        items_per_turn: 5,
        subflow_depth: 3,
        state_bytes: 400,
        ..Limits::default()
    };
    check("turns under tight limits", 20_000, &(world(), replies()), |(world, replies)| {
        let Some(mut talk) = Talk::new(&world, limits) else { return };
        talk.start(some_state()).unwrap();
        is_within(&talk, limits);
        for reply in replies {
            talk.steps.clear();
            if !talk.reply(reply) {
                break;
            }
            is_within(&talk, limits);
        }
    });
}

/// `talk.steps` are the steps of one turn.
fn is_within(talk: &Talk<'_>, limits: Limits) {
    let events = || talk.steps.iter().flat_map(|step| &step.events);
    let entered = events().filter(|event| matches!(event, Event::Entered(_))).count();
    assert!(entered <= limits.nodes_per_turn as usize, "{entered} nodes");
    let effects = talk.steps.iter().filter(|step| matches!(step.next, Next::Resolve(_))).count();
    assert!(effects <= limits.effects_per_turn as usize, "{effects} effects");
    let said = |event: &Event| if let Event::Said { items, .. } = event { items.len() } else { 0 };
    let items: usize = events().map(said).sum();
    assert!(items <= limits.items_per_turn as usize, "{items} items");
    assert!(talk.session.depth() <= limits.subflow_depth, "{} flows", talk.session.depth());
    let bytes = talk.session.state_json().len();
    assert!(bytes <= limits.state_bytes, "{bytes} bytes of state");
}

#[test]
fn a_limit_reached_before_a_subflow_ends_at_the_composite() {
    // R11.26; the sub-flow was not entered, so it is not where the session stands.
    let flow = |key: &str, kind: &str, content: Value| {
        json!({"seed_key": key, "name": key, "version": "1.0.0", "entry_node_id": key,
            "nodes": [{"id": key, "type": kind, "content": content}], "connections": []})
    };
    let main = flow("main", "composite", json!({"composite_flow_seed_key": "sub"}));
    let sub = flow("sub", "message", json!({"text": "not said"}));
    let world = World::of_documents(&[main, sub], &[], chatflow::Handlers::default());
    let limits = Limits { nodes_per_turn: 1, ..Limits::default() };
    let mut talk = Talk::new(&world, limits).unwrap();
    talk.start(some_state()).unwrap();
    let place = talk.session.position().unwrap();
    assert_eq!((place.flow, place.node.as_str()), (world.library.find("main").unwrap(), "main"));
    let Next::Ended(ending) = &talk.steps.last().unwrap().next else { panic!("it goes on") };
    assert_eq!((ending.flow, &ending.node), (place.flow, &place.node));
    assert_eq!(ending.code.as_deref(), Some("step_limit"));
    let refused = talk.feed(chatflow::InputKind::End).unwrap_err();
    assert_eq!(refused, chatflow::StepError::SessionEnded);
}

/// Actions, then a question whose answer is the largest thing there is.
fn actions_then_a_question(actions: &[Value]) -> World {
    let flow = json!({
        "seed_key": "main", "name": "Main", "entry_node_id": "first",
        "nodes": [
            {"id": "first", "type": "question",
                "content": {"question": "?", "input_type": "text", "variable": "temp.first"}},
            {"id": "act", "type": "action", "content": {"actions": actions}},
            {"id": "last", "type": "question",
                "content": {"question": "?", "input_type": "text", "variable": "temp.last",
                    "validation": {"max_length": 30000}}},
        ],
        "connections": [
            {"source": "first", "target": "act"}, {"source": "act", "target": "last"},
        ],
    });
    let handlers = chatflow::Handlers::read(&handlers()).unwrap();
    World::of_documents(&[flow], &[], handlers)
}

fn play(world: &World, state_bytes: usize) -> Talk<'_> {
    let limits = Limits { state_bytes, ..Limits::default() };
    let mut talk = Talk::new(world, limits).unwrap_or_else(|| panic!("{:?}", world.reports));
    talk.start(some_state()).unwrap();
    assert!(talk.reply(json!("small")));
    talk.reply(json!("x".repeat(30_000)));
    talk
}

#[test]
fn the_size_of_a_state_is_counted_to_the_byte() {
    // R11.25.
    check("states grown to their limit", 20_000, &vec(action(), 1..9), |actions| {
        let world = actions_then_a_question(&actions);
        if world.definitions.is_empty() {
            return;
        }
        let free = play(&world, 1024 * 1024);
        // The last answer is far larger than anything before it, so the end is the maximum.
        let bytes = free.session.state_json().len();
        assert!(bytes > 30_000, "{:?}", free.session.state());
        assert_eq!(play(&world, bytes).session.state(), free.session.state());
        let tight = play(&world, bytes - 1);
        assert_eq!(tight.session.state()["temp"].get("last"), None);
    });
}
