//! No author and no visitor can make a session large, deep or slow without end.

use serde_json::{Value, json};

use super::{World, message};
use crate::session::Session;

fn action(actions: &[Value]) -> Value {
    json!({"id": "a", "type": "action", "content": {"actions": actions}})
}

/// A state nested deeper than JSON readers go could be stored but never read again.
#[test]
fn a_variable_cannot_grow_around_itself() {
    for variable in ["temp.a", "output.a", "local.a"] {
        let wrap = json!({"type": "set_variable", "variable": variable,
            "value": {"inner": format!("{{{{{variable}}}}}")}});
        let played = World::of(&json!([action(&vec![wrap; 300])]), &json!([])).play(json!({}), &[]);
        let row = &played.rows[0];
        assert_eq!(row["success"], false, "{variable}");
        assert!(row["errors"][0].as_str().unwrap().contains("too deeply"), "{row}");
        let text = played.state.to_string();
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "{variable}");
    }
}

/// The scopes of a frame count too (R11.25).
#[test]
fn the_scopes_of_a_frame_have_a_limit() {
    let mut actions =
        vec![json!({"type": "set_variable", "variable": "temp.big", "value": "x".repeat(300_000)})];
    actions.extend((0..20).map(|i| {
        json!({"type": "set_variable", "variable": format!("local.v{i}"), "value": "{{temp.big}}"})
    }));
    let ask = json!({"id": "q", "type": "question", "content": {"question": "?"}});
    let world =
        World::of(&json!([action(&actions), ask]), &json!([{"source": "a", "target": "q"}]));
    let flow = world.library.find("main").unwrap();
    let at = crate::time::Timestamp::from_millis(0);
    let (preview, _) =
        crate::preview::Preview::start(&world.library, flow, "0", at, serde_json::Map::new())
            .unwrap();
    let texts = preview.session().texts();
    assert!(texts.engine.len() < 2 << 20, "{}", texts.engine.len());
    assert!(Session::restore(&texts.engine, &texts.state).is_ok());
}

#[test]
fn the_inputs_of_a_subflow_have_a_limit() {
    let inputs: serde_json::Map<String, Value> =
        (0..10).map(|i| (format!("i{i}"), json!("user.big"))).collect();
    let enter = json!({"id": "c", "type": "composite", "content": {
        "composite_flow_seed_key": "sub", "inputs": inputs}});
    let world = World::of(&json!([enter]), &json!([])).with(
        "sub",
        &json!([message("s", "in")]),
        &json!([]),
    );
    assert_eq!(world.play(json!({"user": {"big": "x".repeat(1000)}}), &[]).said, ["in"]);
    let played = world.play(json!({"user": {"big": "x".repeat(300_000)}}), &[]);
    assert_eq!(played.ended, Some("error"));
}

#[test]
fn a_turn_runs_a_limited_number_of_actions() {
    let add = json!({"type": "increment", "variable": "temp.n"});
    let played = World::of(&json!([action(&vec![add; 12_000])]), &json!([])).play(json!({}), &[]);
    assert_eq!((played.ended, &played.state["temp"]["n"]), (Some("error"), &json!(10_000)));
}

#[test]
fn messages_beyond_the_limit_are_not_even_made() {
    // R11.28.
    let text = json!("{{user.big}}");
    let nodes =
        json!([{"id": "m", "type": "message", "content": {"messages": vec![text; 20_000]}}]);
    let played =
        World::of(&nodes, &json!([])).play(json!({"user": {"big": "x".repeat(100_000)}}), &[]);
    assert_eq!(played.said.len(), 200);
    assert!(played.said.iter().map(String::len).sum::<usize>() <= 2 << 20);
    assert!(played.warnings.contains(&"substitution_too_large".to_owned()));
}
