use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::check::Severity;
use crate::extend::{CustomNode, Extensions, ValueType};
use crate::flow::{Compiler, Flow, FlowDefinition};

/// What is told about variables, as `severity code pointer`.
fn told(document: &Value) -> Vec<String> {
    let (definition, _) = FlowDefinition::read(document);
    let report = Flow::compile(&definition.expect("a flow"), 0).report;
    let codes = ["variable.", "condition.", "contract.", "composite.contract"];
    report
        .iter()
        .filter(|d| codes.iter().any(|code| d.id().starts_with(code)))
        .map(|d| {
            let severity = match d.severity {
                Severity::Error => "E",
                Severity::Warning => "W",
                Severity::Info => "I",
            };
            format!("{severity} {} {}", d.id(), d.at.as_str())
        })
        .collect()
}

/// Nodes one after the other.
fn chain(contents: &[(&str, Value)]) -> Value {
    let node = |(i, (kind, content)): (usize, &(&str, Value))| json!({"id": i.to_string(), "type": kind, "content": content});
    let nodes: Vec<_> = contents.iter().enumerate().map(node).collect();
    let pairs = (0..contents.len()).zip(1..contents.len());
    let connections: Vec<_> = pairs
        .map(|(from, to)| json!({"source": from.to_string(), "target": to.to_string()}))
        .collect();
    json!({"entry_node_id": "0", "nodes": nodes, "connections": connections})
}

fn set(variable: &str, value: i32) -> (&'static str, Value) {
    let action = json!({"type": "set_variable", "variable": variable, "value": value});
    ("action", json!({"actions": [action]}))
}

fn say(text: &str) -> (&'static str, Value) {
    ("message", json!({"text": text}))
}

fn used_at(at: &str) -> String {
    format!("W variable.used_before_set {at}")
}

#[test]
fn a_use_is_told_when_nothing_before_it_can_set_the_variable() {
    // R12.81, R12.90
    let text = "/nodes/0/content/text";
    assert_eq!(told(&chain(&[say("{{temp.x}} {{temp.x}}")])), [used_at(text)]);
    assert_eq!(told(&chain(&[say("{{x}}")])), [used_at(text)]);
    for given in ["user.x", "context.x", "session.locale", "env.x", "input.x", "game.x"] {
        assert!(told(&chain(&[say(&format!("{{{{{given}}}}}"))])).is_empty(), "{given}");
    }
    assert!(told(&chain(&[say("{{temp.x | default: 'y'}} \\{{temp.y}}")])).is_empty());

    // Prefixes and extensions of what is set count as set.
    for (written, read) in [
        ("temp.x", "temp.x"),
        ("x", "temp.x"),
        ("temp.x", "x"),
        ("temp.x", "temp.x.deep[0].er"),
        ("temp.x.y", "temp.x"),
        ("output.x", "x"),
    ] {
        let flow = chain(&[set(written, 1), say(&format!("{{{{{read}}}}}"))]);
        assert!(told(&flow).is_empty(), "{written} {read}");
    }
    let flow = chain(&[set("temp.xy", 1), say("{{temp.x}} {{temp.xy.z}}")]);
    assert_eq!(told(&flow), [used_at("/nodes/1/content/text")]);
    // What comes later is no help, unless it comes round.
    let mut flow = chain(&[say("{{temp.x}}"), set("temp.x", 1)]);
    assert_eq!(told(&flow), [used_at(text)]);
    flow["connections"] = json!([{"source": "0", "target": "1"}, {"source": "1", "target": "0"}]);
    assert!(told(&flow).is_empty());
}

/// What a flow of one node uses before it is set.
fn only(node: (&'static str, Value)) -> Vec<String> {
    let found = told(&chain(&[node]));
    found.into_iter().filter(|line| line.contains("used_before_set")).collect()
}

/// What [`only`] tells of a use at this place of the content.
fn at(rest: &str) -> Vec<String> {
    vec![used_at(&format!("/nodes/0/content/{rest}"))]
}

#[test]
fn every_kind_of_use_is_seen_where_it_stands() {
    // R12.90
    let branch = |test: Value| {
        ("condition", json!({"conditions": [{"if": test, "then": "$0"}], "default_path": "$0"}))
    };
    assert_eq!(only(branch(json!("temp.x > 1"))), at("conditions/0/if"));
    assert_eq!(only(branch(json!({"var": "temp.x", "gt": 1}))), at("conditions/0/if/var"));
    assert_eq!(
        only(branch(json!({"and": [true, {"not": {"var": "user.x", "eq": {"var": "temp.x"}}}]}))),
        at("conditions/0/if/and/1/not/eq/var")
    );
    for guarded in [
        json!("has(temp.x) && temp.x.y > 1"),
        json!({"var": "temp.x", "exists": true}),
        json!({"var": "temp.x", "missing": true, "eq": 1}),
        json!(true),
    ] {
        assert!(only(branch(guarded.clone())).is_empty(), "{guarded}");
    }
    assert_eq!(
        only((
            "action",
            json!({"actions": [
            {"type": "calculate", "result_variable": "temp.y", "expression": "temp.x + 1"}]})
        )),
        at("actions/0/expression")
    );
    assert_eq!(
        only((
            "action",
            json!({"actions": [
            {"type": "aggregate", "target": "user.y", "source": "temp.x", "operation": "sum"}]})
        )),
        at("actions/0/source")
    );
    assert_eq!(
        only(("question", json!({"question": "?", "options_source": "temp.x"}))),
        at("options_source")
    );
    assert_eq!(only(("script", json!({"code": "0", "inputs": {"a": "temp.x"}}))), at("inputs/a"));
    let mut flow = chain(&[say("a"), say("b")]);
    flow["connections"][0]["conditions"] = json!("temp.x > 1");
    assert_eq!(told(&flow), [used_at("/connections/0/conditions")]);
}

#[test]
fn uses_in_requests_and_messages_are_seen_where_they_stand() {
    // R12.90, R2.31, R4.16
    assert_eq!(
        only((
            "webhook",
            json!({"url": "https://a.example/{{temp.x}}", "body": {"a": "{temp.z}"}})
        )),
        [used_at("/nodes/0/content/body/a"), used_at("/nodes/0/content/url")]
    );
    assert_eq!(
        only(("message", json!({"messages": [{"type": "item_list", "source": "temp.x"}]}))),
        at("messages/0/source")
    );
    let draw = json!({"source": "random", "source_config": {"tags": "${temp.x}"}});
    assert_eq!(only(("message", json!({"messages": [draw]}))), at("messages/0/source_config/tags"));
    assert_eq!(
        only(("message", json!({"text": "?", "quick_replies": [{"label": "{{temp.x}}"}]}))),
        at("quick_replies/0/label")
    );
    let auth = json!({"type": "bearer", "token": "{{temp.x}}"});
    assert_eq!(
        only(("webhook", json!({"url": "https://a.example", "auth": auth}))),
        at("auth/token")
    );
    let call = json!({"type": "api_call", "config": {"endpoint": "/x", "auth_config": {"key": "{temp.x}"}}});
    assert_eq!(
        only(("action", json!({"actions": [call]}))),
        at("actions/0/config/auth_config/key")
    );
}

#[test]
fn every_kind_of_source_is_seen() {
    // R12.90, F65
    let x = || say("{{temp.x}}");
    for node in [
        ("question", json!({"question": "?", "variable": "x"})),
        ("question", json!({"question": "?", "variable": "temp.a", "append_to": "temp.x"})),
        ("action", json!({"actions": [{"type": "increment", "variable": "temp.x"}]})),
        ("action", json!({"actions": [{"type": "append", "params": {"variable": "temp.x"}}]})),
        (
            "action",
            json!({"actions": [
            {"type": "api_call", "config": {"endpoint": "/x", "response_mapping": {"a": "temp.x"}}}]}),
        ),
        ("webhook", json!({"url": "https://a.example", "response_mapping": {"temp.x": "$.a"}})),
        ("webhook", json!({"url": "https://a.example", "error_variable": "temp.x"})),
        ("webhook", json!({"url": "https://a.example", "fallback_response": {"temp.x": 1}})),
        ("message", json!({"text": "?", "quick_replies": ["Yes"], "variable": "temp.x"})),
        ("message", json!({"messages": [{"source": "random", "track_shown_in": "temp.x"}]})),
        ("script", json!({"code": "0", "outputs": ["x"]})),
        ("composite", json!({"composite_flow_seed_key": "other"})),
        (
            "composite",
            json!({"outputs": {"y": "temp.x"}, "nodes": [
            {"type": "action", "content": {"actions": [
                {"type": "set_variable", "variable": "output.y", "value": 1}]}}]}),
        ),
    ] {
        let flow = chain(&[node.clone(), x()]);
        assert!(!told(&flow).iter().any(|line| line.contains("used_before")), "{node:?}");
    }
    let both = chain(&[("script", json!({"code": "0", "outputs": ["x"]})), say("{{output.x}}")]);
    assert!(told(&both).is_empty());
    for given in [
        json!({"variables": {"temp": {"x": 1}}}),
        json!({"variables": [{"name": "temp.x"}]}),
        json!({"contract": {"entry_requirements": {"variables": ["temp.x"]}}}),
        json!({"info": {"contract": {"entry_requirements": {"variables": ["temp.x"]}}}}),
    ] {
        let mut flow = chain(&[x()]);
        flow.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        assert!(told(&flow).is_empty(), "{given}");
    }
}

#[test]
fn what_functions_and_nodes_of_the_host_are_given_is_seen() {
    // R12.81, R12.82, R12.90
    let mut extensions = Extensions::default();
    let body = |args: &[Value]| Ok(Value::from(args.len()));
    extensions.add_function("count", &[ValueType::Any], Arc::new(body)).unwrap();
    extensions.add_node(CustomNode::new("x_any")).unwrap();
    let compiler = Compiler { extensions, ..Compiler::default() };
    let told = |document: &Value| {
        let (definition, _) = FlowDefinition::read(document);
        let report = compiler.compile(&definition.expect("a flow"), 0).report;
        let codes = ["variable.used_before_set", "variable.never_used"];
        let found = report.iter().filter(|d| codes.contains(&d.id()));
        found.map(|d| format!("{} {}", d.id(), d.at.as_str())).collect::<Vec<_>>()
    };
    let counts =
        json!({"type": "calculate", "target": "user.n", "expression": "host.count(temp.x)"});
    let counts = || ("action", json!({"actions": [counts]}));
    let at = "variable.used_before_set /nodes/0/content/actions/0/expression";
    assert_eq!(told(&chain(&[counts()])), [at]);
    assert!(told(&chain(&[set("temp.x", 1), counts()])).is_empty());
    // A node of the host may set and read anything, but its own content comes first.
    let own = || ("x_any", json!({"text": "{{temp.y}}"}));
    let at = "variable.used_before_set /nodes/1/content/text";
    assert_eq!(told(&chain(&[set("temp.z", 1), own(), say("{{temp.x}}")])), [at]);
}

#[test]
fn the_order_within_a_node_counts() {
    // R12.90, R2.71
    let step = |variable: &str, value: &str| json!({"type": "set_variable", "variable": variable, "value": value});
    let flow = chain(&[(
        "action",
        json!({"actions": [
            step("user.a", "{{temp.x}}"), step("temp.x", "1"), step("user.b", "{{temp.x}}")]}),
    )]);
    assert_eq!(told(&flow), [used_at("/nodes/0/content/actions/0/value")]);
    let asks = json!({"question": "{{temp.x}}?", "variable": "temp.x"});
    let mut flow = chain(&[("question", asks), say("")]);
    flow["connections"][0]["conditions"] = json!("temp.x == 'a'");
    assert_eq!(told(&flow), [used_at("/nodes/0/content/question")]);
}

#[test]
fn a_quick_reply_comes_after_what_was_said() {
    // R12.90, R2.31
    let says = json!({"text": "{{temp.x}}?", "quick_replies": ["Yes"], "variable": "temp.x"});
    assert_eq!(only(("message", says)), at("text"));
}

#[test]
fn children_of_a_composite_have_scopes_of_their_own() {
    // R9.9, R5.4, R12.90
    let inline = |nodes: Value| ("composite", json!({"inputs": {"n": "user.n"}, "nodes": nodes}));
    let action = |variable: &str| {
        json!({"type": "action", "content": {"actions": [
            {"type": "set_variable", "variable": variable, "value": 1}]}})
    };
    let text = |text: &str| json!({"type": "message", "content": {"text": text}});
    // A child sees what was set before it, in the flow and inside.
    let flow = chain(&[
        set("temp.x", 1),
        inline(json!([
            text("{{temp.x}} {{input.n}} {{local.y}}"),
            action("local.y"),
            text("{{local.y}} {{y}}")
        ])),
        say("{{local.y}}"),
    ]);
    assert_eq!(
        told(&flow),
        [used_at("/nodes/1/content/nodes/0/content/text"), used_at("/nodes/2/content/text")]
    );
    // What a child sets in `temp` stays.
    let flow = chain(&[inline(json!([action("temp.x")])), say("{{temp.x}}")]);
    assert!(told(&flow).is_empty());
    let branch = json!({"type": "condition", "content":
        {"conditions": [{"if": "user.a", "then": "last"}], "default_path": "last"}});
    let mut last = text("{{temp.x}}");
    last["id"] = json!("last");
    assert_eq!(
        told(&chain(&[inline(json!([branch, text("-"), last]))]))
            .into_iter()
            .filter(|line| line.contains("used_before"))
            .collect::<Vec<_>>(),
        [used_at("/nodes/0/content/nodes/2/content/text")]
    );
}

#[test]
fn what_is_set_and_never_read_is_noted() {
    // R12.82
    let never = |at: &str| vec![format!("I variable.never_used {at}")];
    let at = "/nodes/0/content/actions/0/variable";
    assert_eq!(told(&chain(&[set("temp.x", 1)])), never(at));
    assert_eq!(told(&chain(&[set("x", 1)])), never(at));
    for variable in ["user.x", "output.x", "game.x", "session.x"] {
        assert!(told(&chain(&[set(variable, 1)])).is_empty(), "{variable}");
    }
    for reader in [
        say("{{temp.x.y}}"),
        say("{{temp}}"),
        say("{{temp.x | default: 1}}"),
        ("composite", json!({"composite_flow_seed_key": "other"})),
    ] {
        assert!(told(&chain(&[set("temp.x", 1), reader])).is_empty());
    }
    let mut flow = chain(&[set("temp.x", 1)]);
    flow["contract"] = json!({"return_state": ["temp.x"]});
    assert!(told(&flow).is_empty());
}

#[test]
fn writing_to_the_hosts_scope_is_told() {
    // R12.83
    assert_eq!(
        told(&chain(&[set("context.x", 1)])),
        ["W variable.write_context /nodes/0/content/actions/0/variable"]
    );
    assert_eq!(
        told(&chain(&[("question", json!({"question": "?", "variable": "context.x"}))])),
        ["W variable.write_context /nodes/0/content/variable"]
    );
}

#[test]
fn contracts_name_variables_that_nodes_set() {
    // R12.86, R12.87
    let mut flow = chain(&[set("user.a", 1)]);
    flow["contract"] = json!({
        "entry_requirements": {"variables": ["user.n", "a b", 5]},
        "return_state": ["user.a", "user.b", "", "user.a.deep"],
    });
    assert_eq!(
        told(&flow),
        [
            "E contract.path_invalid /contract/entry_requirements/variables/1",
            "E contract.path_invalid /contract/entry_requirements/variables/2",
            "E contract.path_invalid /contract/return_state/2",
            "W composite.contract_output /contract/return_state/1",
        ]
    );
    let place = |info: Value| {
        let mut flow = chain(&[set("user.a", 1)]);
        flow["info"] = info;
        told(&json!({"flow": {"name": "x", "info": flow["info"], "flow_data": flow}}))
    };
    assert_eq!(
        place(json!({"contract": {"return_state": ["user.b"]}})),
        ["W composite.contract_output /flow/info/contract/return_state/0"]
    );
    assert_eq!(
        place(json!({"return_state": ["user.b"]})),
        ["W composite.contract_output /flow/info/return_state/0"]
    );
}

#[test]
fn conditions_hint_at_what_is_probably_not_meant() {
    // F42, R12.23
    let hint = |test: Value| {
        told(&chain(&[("condition", json!({"conditions": [{"if": test, "then": "0"}]}))]))
            .into_iter()
            .filter(|line| line.ends_with("/if") || line.ends_with("/var") || line.ends_with("/eq"))
            .collect::<Vec<_>>()
    };
    let at = "/nodes/0/content/conditions/0/if";
    let null = format!("I condition.null_passes {at}");
    assert_eq!(hint(json!("has(user.x) && user.x != ''")), [null]);
    assert!(hint(json!("has(user.x) && user.x != null && user.x != ''")).is_empty());
    assert!(hint(json!("has(user.x)")).is_empty());
    let own = format!("I condition.self_comparison {at}");
    assert_eq!(hint(json!("user.x == user.x")), [own]);
    assert_eq!(
        hint(json!({"var": "user.x", "eq": {"var": "user.x"}})),
        [format!("I condition.self_comparison {at}/eq")]
    );
    assert!(hint(json!("score > 1")).contains(&format!("W condition.unscoped_variable {at}")));
    assert!(
        hint(json!({"var": "score", "gt": 1}))
            .contains(&format!("W condition.unscoped_variable {at}/var"))
    );
}

#[test]
fn the_largest_graph_is_analysed_in_no_time() {
    // R12.90
    let nodes: Vec<_> = (0..2_000)
        .map(|n| {
            json!({"id": n.to_string(), "type": "action", "content": {"actions": [
                {"type": "set_variable", "variable": format!("temp.a{n}"), "value": format!("{{{{temp.a{}}}}}", (n + 1_999) % 2_000)},
                {"type": "set_variable", "variable": format!("temp.b{n}"), "value": format!("{{{{temp.c{n}}}}}")}]}})
        })
        .collect();
    let connections: Vec<_> = (0..10_000)
        .map(|n: usize| {
            let (from, to) = (n % 2_000, (n % 2_000 + 1 + n / 2_000 * 37) % 2_000);
            json!({"source": from.to_string(), "target": to.to_string(), "type": format!("n{}", n / 2_000)})
        })
        .collect();
    let flow = json!({"entry_node_id": "0", "nodes": nodes, "connections": connections});
    let found = told(&flow);
    let used: Vec<_> = found.iter().filter(|line| line.contains("used_before")).collect();
    assert_eq!(used.len(), 2_000);
    assert_eq!(*used[7], used_at("/nodes/7/content/actions/1/value"));
}

/// A small flow: what each node reads and writes, and where it leads.
fn small() -> impl Strategy<Value = Vec<(Vec<u8>, Vec<u8>, Vec<usize>)>> {
    let names = || proptest::collection::vec(0_u8..4, 0..3);
    let targets = proptest::collection::vec(0_usize..6, 0..3);
    proptest::collection::vec((names(), names(), targets), 1..7)
}

proptest! {
    /// The analysis agrees with walking all ways (R12.90).
    #[test]
    fn a_use_is_told_exactly_when_no_way_sets_it(nodes in small()) {
        let list: Vec<_> = nodes.iter().enumerate().map(|(n, (reads, writes, _))| {
            let reads = reads.iter().map(|r| json!({"type": "set_variable", "variable": "user.r", "value": format!("{{{{temp.v{r}}}}}")}));
            let writes = writes.iter().map(|w| json!({"type": "set_variable", "variable": format!("temp.v{w}"), "value": 1}));
            json!({"id": n.to_string(), "type": "action", "content": {"actions": reads.chain(writes).collect::<Vec<_>>()}})
        }).collect();
        let connections: Vec<_> = nodes.iter().enumerate().flat_map(|(n, (_, _, to))| {
            to.iter().enumerate().map(move |(i, to)| json!({"source": n.to_string(), "target": to.to_string(), "type": format!("n{i}")}))
        }).collect();
        let flow = json!({"entry_node_id": "0", "nodes": list, "connections": connections});
        let found: std::collections::BTreeSet<_> =
            told(&flow).into_iter().filter(|line| line.contains("used_before")).collect();

        // All pairs of a node and what was set on some way to it.
        let mut seen = std::collections::BTreeSet::from([(0_usize, 0_u8)]);
        let mut rest = vec![(0_usize, 0_u8)];
        while let Some((n, set)) = rest.pop() {
            let (_, writes, to) = &nodes[n];
            let set = writes.iter().fold(set, |set, w| set | 1 << w);
            for to in to.iter().filter(|to| **to < nodes.len()) {
                if seen.insert((*to, set)) {
                    rest.push((*to, set));
                }
            }
        }
        let mut expected = std::collections::BTreeSet::new();
        for (n, (reads, _, _)) in nodes.iter().enumerate() {
            let ways: Vec<_> = seen.iter().filter(|(at, _)| *at == n).map(|(_, set)| *set).collect();
            for (i, read) in reads.iter().enumerate() {
                if !ways.is_empty() && ways.iter().all(|set| set & (1 << read) == 0) {
                    expected.insert(used_at(&format!("/nodes/{n}/content/actions/{i}/value")));
                }
            }
        }
        prop_assert_eq!(found, expected);
    }
}
