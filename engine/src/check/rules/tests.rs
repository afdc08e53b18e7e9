use serde_json::{Value, json};

use super::{RuleError, Rules, defaults};
use crate::check::{Report, Severity};
use crate::flow::FlowDefinition;

/// What the rules tell of a flow with this one node, as `severity id pointer`.
fn told(rules: &Rules, kind: &str, content: &Value) -> Vec<String> {
    let node = json!({"id": "a", "type": kind, "content": content});
    told_of(rules, &json!({"name": "One", "nodes": [node]}))
}

fn told_of(rules: &Rules, flow: &Value) -> Vec<String> {
    let (definition, _) = FlowDefinition::read(flow);
    let mut report = Report::default();
    rules.check(&definition.expect("a flow"), &mut report);
    let line = |d: &crate::check::Diagnostic| {
        format!("{} {} {}", json!(d.severity).as_str().unwrap(), d.id(), d.at.as_str())
    };
    report.iter().map(line).collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_default_rule_finds_what_it_is_for_and_nothing_else() {
    // R12.44
    let many = |count: usize| (0..count).map(|n| json!(n.to_string())).collect::<Vec<_>>();
    let long = "x".repeat(641);
    let get = |url: &str| json!({"url": url, "auth": {"type": "none"}});
    let ask =
        |options: usize| json!({"question": "?", "input_type": "choice", "options": many(options)});
    let act = |action: Value| json!({"actions": [{"type": "clear", "variable": "temp.a"}, action]});
    let calc = |source: &str| act(json!({"type": "calculate", "params": {"expression": source}}));
    let test = |first: Value| json!({"conditions": [{"if": "a", "then": "b"}, {"if": first, "then": "b"}, {"if": "c", "then": "d"}]});
    let picture =
        |option: Value| json!({"input_type": "image_choice", "options": [option, {"label": "x"}]});
    for (id, kind, severity, bad, good) in [
        (
            "webhook_no_credentials_in_url",
            "webhook",
            "error",
            get("https://a:b@c.example"),
            get("https://c.example/@b"),
        ),
        (
            "webhook_no_localhost",
            "webhook",
            "warning",
            get("https://localhost/x"),
            get("https://a.example/localhost"),
        ),
        ("question_max_choices", "question", "warning", ask(11), ask(10)),
        (
            "question_min_choices",
            "question",
            "error",
            ask(0),
            json!({"input_type": "choice", "options_source": "temp.x"}),
        ),
        ("question_min_choices", "question", "warning", ask(1), ask(2)),
        (
            "condition_always_true_unreachable",
            "condition",
            "warning",
            test(json!("true")),
            test(json!("user.a")),
        ),
        (
            "condition_always_true_unreachable",
            "condition",
            "warning",
            test(json!(1)),
            json!({"conditions": [{"if": true, "then": "a"}]}),
        ),
        (
            "action_unsafe_calculation",
            "action",
            "warning",
            calc("__import__('os')"),
            calc("temp.a + 1"),
        ),
        (
            "action_variable_naming",
            "action",
            "error",
            act(json!({"type": "clear", "variable": "temp.a b"})),
            act(json!({"type": "clear", "variable": "temp.a_b"})),
        ),
        (
            "webhook_reasonable_timeout",
            "webhook",
            "warning",
            json!({"auth": 1, "timeout": 121}),
            json!({"auth": 1, "timeout": 120}),
        ),
        (
            "webhook_reasonable_timeout",
            "webhook",
            "warning",
            json!({"auth": 1, "timeout_ms": 999}),
            json!({"auth": 1, "timeout": "1s"}),
        ),
        (
            "message_empty_content",
            "message",
            "warning",
            json!({"messages": []}),
            json!({"messages": ["x"]}),
        ),
        (
            "webhook_secure_headers",
            "webhook",
            "info",
            json!({"headers": {"x-a": "b"}}),
            json!({"headers": {"AUTHORIZATION": "b"}}),
        ),
        (
            "question_accessible_images",
            "question",
            "info",
            picture(json!({"value": 1, "image": "/x.png"})),
            picture(json!({"alt": "a fox"})),
        ),
        (
            "question_options_long",
            "question",
            "info",
            json!({"options": ["a", "x".repeat(61)]}),
            json!({"options": ["a", "x".repeat(60)]}),
        ),
        (
            "message_long_text",
            "message",
            "info",
            json!({"messages": [{"content": {"text": long}}]}),
            json!({"text": "x".repeat(640)}),
        ),
        (
            "node_content_large",
            "script",
            "warning",
            json!({"code": "x".repeat(65_536)}),
            json!({"code": "x".repeat(65_000)}),
        ),
        (
            "image_alt_text",
            "message",
            "info",
            json!({"messages": [{"type": "image", "url": "/x"}]}),
            json!({"messages": [{"type": "image", "content": {"url": "/x", "alt": "y"}}]}),
        ),
    ] {
        let rules = Rules::default();
        assert_eq!(told(&rules, kind, &bad), [format!("{severity} {id} /nodes/0")], "{bad}");
        assert!(
            told(&rules, kind, &good).is_empty(),
            "{id} {good}: {:?}",
            told(&rules, kind, &good)
        );
        assert_eq!(rules.test_rule(id, &json!({"content": bad})), Ok(json!(true)));
        assert_eq!(rules.test_rule(id, &json!({"content": good})), Ok(json!(false)));
        assert!(rules.test_rule(id, &json!(null)).is_ok());
    }
    assert_eq!(defaults::rules().len(), 15);
}

fn rule(id: &str, expression: &str) -> Value {
    json!({"id": id, "name": "N", "expression": expression, "severity": "info", "message": "m"})
}

#[test]
fn an_expression_sees_the_node_its_flow_and_its_connections() {
    // R12.40, R12.41
    let flow = json!({
        "name": "F", "entry_node_id": "a",
        "nodes": [
            {"id": "a", "type": "message", "content": {"text": "x"}},
            {"id": "b", "type": "composite", "content": {"nodes": [{"type": "message", "content": {"text": "inner"}}]}}
        ],
        "connections": [{"source": "a", "target": "b", "type": "success", "condition": "user.a"}]
    });
    for (expression, want) in [
        ("node_id == 'a' && node_type == 'message'", vec!["/nodes/0"]),
        ("has(content.text) && content.text == 'inner'", vec!["/nodes/1/content/nodes/0"]),
        ("content_size == 12", vec!["/nodes/0"]),
        (
            "flow.name == 'F' && flow.node_count == 2 && flow.entry_node_id == node_id",
            vec!["/nodes/0"],
        ),
        (
            "connections.exists(c, c.type == 'success' && c.target == 'b' && c.conditional)",
            vec!["/nodes/0"],
        ),
        ("connections", vec!["/nodes/0"]),
        ("false", vec![]),
    ] {
        let mut rules = Rules::empty();
        rules.add_rule(&rule("mine", expression)).unwrap();
        let want: Vec<_> = want.iter().map(|at| format!("info mine {at}")).collect();
        assert_eq!(told_of(&rules, &flow), want, "{expression}");
    }
    let mut rules = Rules::empty();
    rules.add_rule(&json!({"id": "r", "name": "Tone", "expression": "true", "message": "Shouting", "suggested_fix": "whisper"})).unwrap();
    let (definition, _) =
        FlowDefinition::read(&json!({"nodes": [{"id": "a", "type": "message", "content": {}}]}));
    let mut report = Report::default();
    rules.check(&definition.unwrap(), &mut report);
    let found = report.iter().next().unwrap();
    assert_eq!(
        serde_json::to_value(found).unwrap(),
        json!({"code": "r", "severity": "warning", "at": "/nodes/0", "message": "Tone: Shouting", "help": "whisper"})
    );
    assert!(found.to_string().starts_with("warning[r] at /nodes/0"));
}

#[test]
fn an_expression_without_a_value_is_a_warning() {
    // R12.42
    let mut rules = Rules::empty();
    rules.add_rule(&rule("mine", "content.a.b == 1")).unwrap();
    let found = told(&rules, "message", &json!({"text": "x"}));
    assert_eq!(found, ["warning rule.evaluation_failed /nodes/0"]);
    assert!(matches!(
        rules.test_rule("mine", &json!({"content": {}})),
        Err(RuleError::Evaluation(_))
    ));
    assert_eq!(rules.test_rule("mine", &json!({"content": {"a": {"b": 1}}})), Ok(json!(true)));
    assert_eq!(rules.test_rule("none", &json!({})), Err(RuleError::Unknown("none".into())));
}

#[test]
fn a_set_of_rules_can_be_changed() {
    // R12.43
    let mut rules = Rules::default();
    assert_eq!(rules.rules_for("message").count(), 4);
    assert!(rules.add_rule(&rule("mine", "1 +")).is_err());
    assert!(rules.get_rule("mine").is_none());
    rules.add_rule(&rule("mine", "true")).unwrap();
    rules.add_rule(&rule("mine", "false")).unwrap();
    assert_eq!(rules.rules_for("message").filter(|rule| rule.id() == "mine").count(), 1);
    assert!(told(&rules, "message", &json!({"text": "x"})).is_empty());

    let empty = json!({"messages": []});
    let id = "message_empty_content";
    assert_eq!(told(&rules, "message", &empty), [format!("warning {id} /nodes/0")]);
    rules.set_severity(id, Severity::Error);
    assert_eq!(told(&rules, "message", &empty), [format!("error {id} /nodes/0")]);
    rules.set_enabled(id, false);
    assert!(told(&rules, "message", &empty).is_empty());
    assert!(!rules.get_rule(id).unwrap().is_enabled());
    rules.remove_rule(id);
    rules.remove_rule("no such");
    assert!(rules.get_rule(id).is_none());
    assert!(Rules::validate_expression("content.x > 1") && !Rules::validate_expression("1 +"));

    let mut only = rule("typed", "true");
    only["node_types"] = json!(["Question"]);
    let mut rules = Rules::empty();
    rules.add_rule(&only).unwrap();
    assert!(told(&rules, "message", &empty).is_empty());
    assert_eq!(told(&rules, "question", &empty), ["info typed /nodes/0"]);
}

#[test]
fn a_set_of_rules_goes_through_json() {
    // R12.43
    let form = json!({
        "base": "default", "disable": ["image_alt_text"], "severity": {"question_max_choices": "info"},
        "rules": [{"id": "mine", "name": "N", "description": "d", "expression": "true", "severity": "warning",
                   "message": "m", "suggested_fix": null, "node_types": ["message"], "enabled": false}],
    });
    let rules = Rules::from_json(&form).unwrap();
    assert_eq!(rules.to_json(), form);
    assert!(!rules.get_rule("image_alt_text").unwrap().is_enabled());
    assert_eq!(rules.get_rule("question_max_choices").unwrap().severity(), Severity::Info);
    assert_eq!(Rules::from_json(&json!({})).unwrap().to_json(), Rules::default().to_json());
    let empty = Rules::from_json(&json!({"base": "empty"})).unwrap();
    assert_eq!(empty.to_json(), Rules::empty().to_json());
    for bad in [
        json!([]),
        json!({"base": "all"}),
        json!({"disable": ["none"]}),
        json!({"severity": {"image_alt_text": "bad"}}),
        json!({"rules": [{"id": "x"}]}),
        json!({"rules": [{"id": "x", "expression": "1 +"}]}),
    ] {
        assert!(Rules::from_json(&bad).is_err(), "{bad}");
    }
}
