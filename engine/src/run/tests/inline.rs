//! Composites with nodes of their own.

use serde_json::{Value, json};

use super::routing::edge;
use super::{World, codes, failing, message, read};
use crate::preview::Library;

fn set(path: &str, value: &str) -> Value {
    json!({"type": "action", "content": {"actions": [
        {"type": "set_variable", "variable": path, "value": value}]}})
}

fn text(text: &str) -> Value {
    json!({"type": "message", "content": {"text": text}})
}

/// A node with an error in it.
fn broken() -> Value {
    json!({"type": "question", "content": {"question": "?", "variable": "a b"}})
}

fn inside(nodes: &Value, more: Value) -> Value {
    let mut content = more;
    content["nodes"] = nodes.clone();
    json!({"id": "c", "type": "composite", "content": content})
}

/// A flow of a composite that is left by `success`, and by `failure`.
fn around(composite: &Value) -> World {
    let nodes = json!([composite, message("end", "done"), message("bad", "bad")]);
    World::of(&nodes, &json!([edge("c", "end", "success"), edge("c", "bad", "failure")]))
}

/// R9.10, R9.11, R9.20: children run in order, in the frame of the composite.
#[test]
fn children_run_in_order() {
    let nodes = json!([set("output.tag", "★ {{input.n}}"), text("{{output.tag}} {{n}}")]);
    let more = json!({"inputs": {"n": "user.name"}, "outputs": {"tag": "temp.badge"}});
    let played = around(&inside(&nodes, more)).play(json!({"user": {"name": "Bo"}}), &[]);
    assert_eq!(played.said, ["★ Bo Bo", "done"]);
    assert_eq!(played.state["temp"], json!({"badge": "★ Bo"}));
    let places: Vec<_> = played.turns[0].events.iter().map(|event| json!(event)).collect();
    let entered = places.iter().filter(|event| event["type"] == "entered");
    let entered: Vec<_> = entered.map(|event| event["node"].as_str().unwrap()).collect();
    assert_eq!(entered, ["c", "c/child_0", "c/child_1", "end"]);
    assert_eq!(played.rows[0]["type"], "subflow_enter");
    assert_eq!(
        played.rows[3],
        json!({"type": "subflow_return", "success": true,
        "flow_id": played.rows[0]["flow_id"]})
    );
}

/// R9.12, R9.7: questions, pauses and scripts wait inside, at any depth.
#[test]
fn everything_that_waits_may_be_inside() {
    let ask = json!({"id": "ask", "type": "question", "content": {"question": "Who?", "variable": "who"}});
    let pause = json!({"id": "pause", "type": "message", "content": {"text": "wait", "wait_for_ack": true}});
    let script = json!({"id": "s", "type": "script", "content": {"code": "1", "outputs": ["sum"]}});
    let inner = json!({"id": "deep", "type": "composite", "content": {
        "nodes": [ask, pause], "outputs": {"who": "output.who"}}});
    let outer = inside(
        &json!([inner, script, text("{{who}} {{sum}}")]),
        json!({"outputs": {"who": "user.name"}}),
    );
    let result = json!({"outputs": {"sum": 5}});
    let played = around(&outer).play(json!({}), &[json!("Ada"), json!(null), result]);
    assert_eq!(played.said, ["wait", "Ada 5", "done"]);
    assert_eq!(played.ended, Some("completed"));
    assert_eq!(played.state, json!({"user": {"name": "Ada"}, "temp": {"sum": 5}}));
    let waited: Vec<_> = played.turns.iter().map(|turn| json!(turn.from)["node"].clone()).collect();
    assert_eq!(waited, [json!(null), json!("c/deep/ask"), json!("c/deep/pause"), json!("c/s")]);
    let asked = &played.turns[0].next;
    assert_eq!(
        json!(asked)["with"]["flow"],
        json!(played.turns[0].events[0])["flow"],
        "R0.8: the flow is the same"
    );
}

/// R5.4, R9.15: names without a scope stay inside; `temp` is the session's.
#[test]
fn bare_names_are_outputs_or_local() {
    let nodes = json!([
        set("tag", "out"), set("note", "in"), set("temp.seen", "{{note}}"),
        {"type": "action", "content": {"actions": [
            {"type": "append", "variable": "list", "value": 1}, {"type": "append", "variable": "list", "value": 2},
            {"type": "set_variable", "variable": "temp.list", "value": "{{local.list}}"},
            {"type": "delete_variable", "variable": "note"},
            {"type": "calculate", "variable": "temp.gone", "expression": "has(local.note)"}]}},
    ]);
    let played =
        around(&inside(&nodes, json!({"outputs": {"tag": "temp.tag"}}))).play(json!({}), &[]);
    assert_eq!(
        played.state["temp"],
        json!({"tag": "out", "seen": "in", "list": [1, 2], "gone": false})
    );
    let wrote: Vec<_> = played.rows.iter().filter_map(|row| row.get("variables_updated")).collect();
    assert_eq!(wrote[0], &json!(["output.tag"]));
    assert_eq!(wrote[1], &json!(["local.note"]));
    // R9.9: the frame's scopes are gone afterwards.
    let nodes = json!([
        inside(&json!([set("note", "in")]), json!({})),
        message("end", "<{{note}}{{local.note}}>")
    ]);
    let world = World::of(&nodes, &json!([edge("c", "end", "default")]));
    assert_eq!(world.play(json!({}), &[]).said, ["<>"]);
}

/// R9.13: in sequence a condition names a child or the end; else the next child follows.
#[test]
fn a_condition_inside_jumps_or_ends() {
    let condition = json!({"type": "condition", "content": {"conditions": [
        {"if": "temp.go == 'last'", "then": "last"}, {"if": "temp.go == 'end'", "then": "end"}]}});
    let last = json!({"id": "last", "type": "message", "content": {"text": "last"}});
    let world = around(&inside(&json!([condition, text("next"), last]), json!({})));
    let said = |go: &str| world.play(json!({"temp": {"go": go}}), &[]).said;
    assert_eq!(said("last"), ["last", "done"]);
    assert_eq!(said("end"), ["done"]);
    assert_eq!(said("on"), ["next", "last", "done"]);
    // At top level `end` is a name like any other.
    let nodes = json!([
        {"id": "a", "type": "condition", "content": {"conditions": [{"if": "true", "then": "end"}]}},
        message("b", "b"), message("end", "the end")
    ]);
    let world = World::of(&nodes, &json!([edge("a", "b", "default"), edge("b", "end", "default")]));
    assert_eq!(world.play(json!({}), &[]).said, ["b", "the end"]);
}

/// R9.10, R9.2: with connections the children are a graph, with an entry of its own.
#[test]
fn children_may_be_a_graph() {
    let condition = json!({"id": "if", "type": "condition", "content": {"conditions": [
        {"if": "input.n > 1", "then": "$0"}, {"if": "input.n == 1", "then": "one"}]}});
    let nodes =
        json!([message("many", "many"), message("one", "one"), condition, message("none", "none")]);
    let more = json!({"inputs": {"n": "temp.n"}, "entry_node_id": "if", "connections": [
        edge("if", "many", "$0"), edge("if", "one", "single"), edge("if", "none", "default")]});
    let world = around(&inside(&nodes, more));
    for (n, said) in [(2, "many"), (1, "one"), (0, "none")] {
        assert_eq!(world.play(json!({"temp": {"n": n}}), &[]).said, [said, "done"]);
    }
    // Without `entry_node_id` it begins where no connection leads.
    let nodes = json!([message("b", "b"), message("a", "a")]);
    let world = around(&inside(&nodes, json!({"connections": [edge("a", "b", "default")]})));
    assert_eq!(world.play(json!({}), &[]).said, ["a", "b", "done"]);
}

/// R9.20, R2.13: a failure that nothing inside catches is the composite's.
#[test]
fn a_failure_inside_fails_the_composite() {
    let state = json!({"temp": {"text": "no list"}});
    let nodes = json!([text("first"), failing("x")]);
    let played = around(&inside(&nodes, json!({}))).play(state.clone(), &[]);
    assert_eq!(played.said, ["first", "bad"]);
    // R2.11: with a next child that follows.
    let nodes = json!([failing("x"), text("on")]);
    assert_eq!(around(&inside(&nodes, json!({}))).play(state, &[]).said, ["on", "done"]);
}

/// R9.14: a composite without nodes completes at once.
#[test]
fn an_empty_composite_completes() {
    let composite = inside(&json!([]), json!({"outputs": {"x": "temp.x"}}));
    assert_eq!(around(&composite).play(json!({}), &[]).said, ["done"]);
    assert!(codes("composite", &composite["content"]).contains(&"composite.empty"));
}

/// R9.38: composites inside composites count as entered flows.
#[test]
fn nested_composites_have_a_depth() {
    let deep = |levels: usize| {
        let leaf = json!({"nodes": [text("leaf")]});
        let around = |content, _| json!({"nodes": [{"type": "composite", "content": content}]});
        (1..levels).fold(leaf, around)
    };
    let play = |levels| {
        let composite = json!({"id": "c", "type": "composite", "content": deep(levels)});
        around(&composite).play(json!({}), &[])
    };
    assert_eq!(play(10).said, ["leaf", "done"]);
    assert_eq!(play(15).said, ["leaf", "done"]);
    // The root is the first of sixteen. R2.11: the failed composite has nothing to follow.
    assert_eq!(play(16).said, ["bad"]);
}

/// R12.26, R12.20: composites and what they hold are checked, each at its place.
#[test]
fn composites_are_checked() {
    let id = "00000000-0000-4000-8000-000000000009";
    for (content, code) in [
        (json!({"composite_name": "x"}), "composite.nothing"),
        (json!({"flow_id": "x"}), "composite.ref_format"),
        (json!({"flow_id": 7}), "composite.ref_format"),
        (json!({"flow_id": id, "inputs": ["a"]}), "composite.inputs"),
        (json!({"flow_id": id, "inputs": {"a b": 1}}), "composite.inputs"),
        (json!({"flow_id": id, "outputs": "x"}), "composite.outputs"),
        (json!({"flow_id": id, "outputs": {"a": 7}}), "composite.outputs"),
        (json!({"flow_id": id, "outputs": {"a.b": "temp.x"}}), "composite.outputs"),
        (json!({"flow_id": id, "version": 2}), "composite.version_constraint"),
        (json!({"flow_id": id, "version": "a:b"}), "composite.version_constraint"),
        (json!({"flow_id": id, "isolate": true}), "node.not_built"),
        (json!({"flow_id": id, "inputs": null}), "node.null_field"),
        (json!({"nodes": [broken()]}), "composite.child_invalid"),
        (json!({"nodes": [text("x")], "entry_node_id": "y"}), "flow.entry_not_found"),
        (json!({"nodes": [text("x")], "outputs": {"a": "temp.a"}}), "composite.output_never_set"),
        (
            json!({"nodes": [{"type": "composite", "content": {"nodes": [set("a", "1")]}}],
            "outputs": {"a": "temp.a"}}),
            "composite.output_never_set",
        ),
    ] {
        assert!(codes("composite", &content).contains(&code), "{code}: {content}");
    }
    assert!(codes("composite", &json!({})).contains(&"node.content_empty"));
    for content in [
        json!({"nodes": [set("a", "1")], "outputs": {"a": "temp.a"}}),
        json!({"nodes": [set("output.a.b", "1")], "outputs": {"a": "temp.a"}}),
        json!({"nodes": [{"type": "composite", "content": {"nodes": [set("x", "1")], "outputs": {"x": "a"}}}],
            "outputs": {"a": "temp.a"}}),
        json!({"flow_id": id, "outputs": ["a", "b"], "version": "1.0.0"}),
    ] {
        assert_eq!(codes("composite", &content), [""; 0], "{content}");
    }
    // Ranges and snapshots are passed over, with a word.
    for (key, value) in [
        ("version_constraint", json!("^1.2")),
        ("version", json!("1.x")),
        ("snapshot", json!({"nodes": []})),
    ] {
        let mut content = json!({"flow_id": id});
        content[key] = value;
        let (definition, _) =
            read(&json!({"nodes": [{"id": "n", "type": "composite", "content": content}]}));
        let report = Library::default().add_flow(&definition);
        let told: Vec<_> =
            report.iter().filter(|found| found.code == crate::Code::NodeNotBuilt).collect();
        assert_eq!(told.len(), 1, "{key}");
        assert_eq!(told[0].severity, crate::Severity::Warning, "{key}");
    }
}

/// R12.26: the place of a diagnostic is that of the child.
#[test]
fn a_childs_diagnostics_are_where_it_stands() {
    let nodes = json!([text("x"), {"type": "composite", "content": {"nodes": [broken()]}}]);
    let (definition, _) = read(&json!({"nodes": [inside(&nodes, json!({}))]}));
    let report = Library::default().add_flow(&definition);
    let at: Vec<_> =
        report.errors().map(|found| (found.code.as_str(), found.at.as_str())).collect();
    let child = "/nodes/0/content/nodes/1";
    assert!(at.contains(&("composite.child_invalid", child)), "{at:?}");
    let inner = format!("{child}/content/nodes/0");
    assert!(at.contains(&("composite.child_invalid", inner.as_str())), "{at:?}");
    assert!(
        at.iter().any(|(code, at)| *code == "question.variable" && at.starts_with(&inner)),
        "{at:?}"
    );
}
