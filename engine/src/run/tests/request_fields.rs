//! What authors are told about the fields of actions and webhooks (R12.24, R12.25).

use std::sync::Arc;

use serde_json::{Value, json};

use crate::check::Severity::{self, Error, Info, Warning};
use crate::flow::Compiler;
use crate::request::AddressRules;

/// What is found in a node's content: code, severity, and where below the content.
fn found(kind: &str, content: &Value, rules: &AddressRules) -> Vec<(String, Severity, String)> {
    let (definition, _) = super::read(&json!({
        "nodes": [{"id": "n", "type": kind, "content": content}],
    }));
    let compiler = Compiler { addresses: Arc::new(rules.clone()), ..Compiler::default() };
    let report = compiler.compile(&definition, 0).report;
    let tell = |diagnostic: &crate::check::Diagnostic| {
        let at = diagnostic.at.as_str().strip_prefix("/nodes/0/content")?;
        Some((diagnostic.code.to_string(), diagnostic.severity, at.to_owned()))
    };
    let of_field = |diagnostic: &&crate::check::Diagnostic| {
        super::fields::is_of_field(diagnostic.code.as_str())
    };
    report.iter().filter(of_field).filter_map(tell).collect()
}

/// Each content has just this one fault.
fn check(kind: &str, cases: Vec<(Value, &str, Severity, &str)>) {
    for (content, code, severity, at) in cases {
        let found = found(kind, &content, &AddressRules::default());
        let want = (code.to_owned(), severity, at.to_owned());
        assert_eq!(found, [want], "{content}");
    }
}

fn webhook(with: &Value) -> Value {
    let mut content = json!({"url": "https://a.example/x"});
    content.as_object_mut().unwrap().append(&mut with.as_object().unwrap().clone());
    content
}

fn call(with: &Value) -> Value {
    let mut config = json!({"endpoint": "/v1/x"});
    config.as_object_mut().unwrap().append(&mut with.as_object().unwrap().clone());
    json!({"actions": [{"type": "api_call", "config": config}]})
}

fn one(action: &Value) -> Value {
    json!({"actions": [action]})
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of faults")]
fn faults_of_actions_are_told_where_they_are() {
    // R12.24, R7.1, R7.2, R7.60.
    let at = "/actions/0";
    check(
        "action",
        vec![
            (json!({"actions": []}), "action.actions_missing", Error, "/actions"),
            (json!({"actions": ["x"]}), "action.item_type", Error, at),
            (one(&json!({"variable": "temp.a"})), "action.type_missing", Error, "/actions/0/type"),
            (
                one(&json!({"type": "external_service"})),
                "action.type_unknown",
                Error,
                "/actions/0/type",
            ),
            (one(&json!({"type": 7})), "action.type_unknown", Error, "/actions/0/type"),
            (
                one(&json!({"type": "set_variable", "value": 1})),
                "action.field_missing",
                Error,
                "/actions/0/variable",
            ),
            (
                one(&json!({"type": "append", "variable": "a"})),
                "action.field_missing",
                Error,
                "/actions/0/value",
            ),
            (
                one(&json!({"type": "calculate", "variable": "a"})),
                "action.field_missing",
                Error,
                "/actions/0/expression",
            ),
            (
                one(&json!({"type": "aggregate", "expression": "1"})),
                "action.field_missing",
                Error,
                "/actions/0/target",
            ),
            (
                one(&json!({"type": "aggregate", "target": "a"})),
                "action.field_missing",
                Error,
                "/actions/0/expression",
            ),
            (
                one(
                    &json!({"type": "aggregate", "target": "a", "source": "b", "operation": "weighted_average"}),
                ),
                "action.field_missing",
                Error,
                "/actions/0/weight_field",
            ),
            (
                one(&json!({"type": "api_call", "config": {"method": "GET"}})),
                "action.field_missing",
                Error,
                "/actions/0/config/endpoint",
            ),
            (
                one(&json!({"type": "clear", "variable": "system.x"})),
                "action.variable",
                Error,
                "/actions/0/variable",
            ),
            (
                one(&json!({"type": "clear", "variable": 7})),
                "action.variable",
                Error,
                "/actions/0/variable",
            ),
            (
                one(&json!({"type": "clear", "params": {"variable": "a b"}})),
                "action.variable",
                Error,
                "/actions/0/params/variable",
            ),
            (
                one(&json!({"type": "calculate", "variable": "a", "expression": "1 +"})),
                "action.expression_syntax",
                Error,
                "/actions/0/expression",
            ),
            (
                one(
                    &json!({"type": "aggregate", "target": "a", "source": "b", "operation": "guess"}),
                ),
                "action.operation",
                Error,
                "/actions/0/operation",
            ),
            (
                one(
                    &json!({"type": "aggregate", "target": "a", "params": {"source": "b", "operation": "merge", "merge_strategy": "x"}}),
                ),
                "action.operation",
                Error,
                "/actions/0/params/merge_strategy",
            ),
            (
                one(&json!({"type": "increment", "variable": "a", "by": "few"})),
                "action.amount",
                Error,
                "/actions/0/by",
            ),
            (
                one(&json!({"type": "increment", "variable": "a", "amount": [1]})),
                "action.amount",
                Error,
                "/actions/0/amount",
            ),
            (
                one(&json!({"type": "clear", "variable": "a", "async": true})),
                "action.async_ignored",
                Info,
                "/actions/0/async",
            ),
            (
                json!({"async": true, "actions": [{"type": "clear", "variable": "a"}]}),
                "action.async_ignored",
                Info,
                "/async",
            ),
        ],
    );
    for fine in [
        json!({"type": "clear", "variable": "temp.a"}),
        one(&json!({"type": "increment", "variable": "a", "amount": "2.5"})),
        one(&json!({"type": "decrement", "variable": "a", "params": {"by": "{{temp.n}}"}})),
        one(&json!({"type": "set_variable", "params": {"variable": "a"}, "value": null})),
    ] {
        assert_eq!(found("action", &fine, &AddressRules::default()), [], "{fine}");
    }
}

#[test]
fn faults_of_api_calls_are_told_where_they_are() {
    // R12.24, R7.40, R7.42, R8.12, F25.
    let at = |field: &str| format!("/actions/0/config/{field}");
    for (with, code, severity, field) in [
        (json!({"endpoint": "v1/x"}), "action.api_endpoint", Error, "endpoint"),
        (json!({"endpoint": "/v1/../x"}), "action.api_endpoint", Error, "endpoint"),
        (json!({"endpoint": "//a.example/x"}), "action.api_endpoint", Error, "endpoint"),
        (json!({"endpoint": "http://a.example/x"}), "action.api_endpoint", Error, "endpoint"),
        (json!({"endpoint": "https://localhost/x"}), "action.api_endpoint", Error, "endpoint"),
        (json!({"endpoint": "/v1/{{secret:k}}"}), "action.api_endpoint", Error, "endpoint"),
        (json!({"method": "FETCH"}), "action.api_method", Error, "method"),
        (json!({"timeout": 500}), "action.timeout_range", Error, "timeout"),
        (json!({"timeout": "4m"}), "action.timeout_range", Warning, "timeout"),
        (json!({"response_mapping": ["x"]}), "action.response_mapping", Error, "response_mapping"),
        (
            json!({"response_mapping": {"x": 1}}),
            "action.response_mapping",
            Error,
            "response_mapping/x",
        ),
        (
            json!({"response_mapping": {"x": "y"}}),
            "action.mapping_direction",
            Warning,
            "response_mapping/x",
        ),
        (
            json!({"response_mapping": {"$.x": "input.y"}}),
            "action.variable",
            Error,
            "response_mapping/$.x",
        ),
        (json!({"auth_type": "magic"}), "node.field", Error, "auth_type"),
        (
            json!({"auth_type": "bearer", "auth_config": {}}),
            "node.field",
            Error,
            "auth_config/token",
        ),
        (
            json!({"auth_type": "api_key", "auth_config": {"key": "0123456789"}}),
            "webhook.plain_secret",
            Warning,
            "auth_config/key",
        ),
    ] {
        let found = found("action", &call(&with), &AddressRules::default());
        assert_eq!(found, [(code.to_owned(), severity, at(field))], "{with}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of faults")]
fn faults_of_webhooks_are_told_where_they_are() {
    // R12.25, R8.1, R8.2, R8.12, R8.13, R8.18, R8.30, R8.31, F25, F48.
    let headers: serde_json::Map<String, Value> =
        (0..51).map(|i| (format!("x-{i}"), json!("1"))).collect();
    let url = |url: &str| json!({"url": url});
    let cases: Vec<(Value, &str, Severity, &str)> = vec![
        (json!({"method": "GET"}), "webhook.url_missing", Error, "/url"),
        (url("  "), "webhook.url_missing", Error, "/url"),
        (url("/v1/x"), "webhook.url_format", Error, "/url"),
        (url("https://ana@a.example/"), "webhook.url_format", Error, "/url"),
        (url("https://ana@{{temp.host}}/"), "webhook.url_format", Error, "/url"),
        (url("https://127.1/{{temp.x}}"), "webhook.url_format", Error, "/url"),
        (url("https://localhost/"), "webhook.url_format", Error, "/url"),
        (url("https://{{secret:host}}/"), "webhook.url_format", Error, "/url"),
        (url("http://a.example/"), "webhook.https_only", Error, "/url"),
        (url("https://a.example/{{secret:k}}"), "webhook.secret_in_url", Warning, "/url"),
        (webhook(&json!({"method": "HEAD"})), "webhook.method", Error, "/method"),
        (webhook(&json!({"headers": "x"})), "webhook.headers", Error, "/headers"),
        (webhook(&json!({"headers": headers})), "webhook.headers", Error, "/headers"),
        (webhook(&json!({"headers": {"a b": "x"}})), "webhook.headers", Error, "/headers/a b"),
        (webhook(&json!({"headers": {"x": ["y"]}})), "webhook.headers", Error, "/headers/x"),
        (
            webhook(&json!({"headers": {"x": "y".repeat(8193)}})),
            "webhook.headers",
            Error,
            "/headers/x",
        ),
        (webhook(&json!({"headers": {"Host": "x"}})), "webhook.headers", Warning, "/headers/Host"),
        (
            webhook(&json!({"headers": {"Authorization": "Bearer 0123456789"}})),
            "webhook.plain_secret",
            Warning,
            "/headers/Authorization",
        ),
        (webhook(&json!({"body": "x".repeat(262_144)})), "webhook.body_size", Error, "/body"),
        (webhook(&json!({"timeout": 0.5})), "webhook.timeout_range", Error, "/timeout"),
        (webhook(&json!({"timeout": 301})), "webhook.timeout_range", Error, "/timeout"),
        (webhook(&json!({"timeout": 300_001})), "webhook.timeout_range", Error, "/timeout"),
        (webhook(&json!({"timeout": "30"})), "webhook.timeout_range", Error, "/timeout"),
        (webhook(&json!({"timeout_ms": 30})), "webhook.timeout_range", Error, "/timeout_ms"),
        (webhook(&json!({"timeout": 121})), "webhook.timeout_range", Warning, "/timeout"),
        (webhook(&json!({"timeout": "1m"})), "webhook.timeout_range", Info, "/timeout"),
        (webhook(&json!({"timeout": 5000})), "webhook.timeout_ms_assumed", Info, "/timeout"),
        (webhook(&json!({"retry": 3})), "webhook.retry", Error, "/retry"),
        (webhook(&json!({"retry": {"attempts": 11}})), "webhook.retry", Error, "/retry/attempts"),
        (
            webhook(&json!({"retry": {"max_retries": 10}})),
            "webhook.retry",
            Error,
            "/retry/max_retries",
        ),
        (webhook(&json!({"retry": {"delay": 60_001}})), "webhook.retry", Error, "/retry/delay"),
        (webhook(&json!({"retry": {"backoff": "x"}})), "webhook.retry", Error, "/retry/backoff"),
        (
            webhook(&json!({"circuit_breaker": {"failure_threshold": 0}})),
            "webhook.retry",
            Error,
            "/circuit_breaker/failure_threshold",
        ),
        (webhook(&json!({"response_key": "a.b"})), "webhook.response_key", Error, "/response_key"),
        (
            webhook(&json!({"response_mapping": 1})),
            "webhook.response_mapping",
            Error,
            "/response_mapping",
        ),
        (
            webhook(&json!({"response_mapping": {"system.x": "$.x"}})),
            "webhook.response_mapping",
            Error,
            "/response_mapping/system.x",
        ),
        (
            webhook(&json!({"fallback_response": [1]})),
            "webhook.fallback",
            Error,
            "/fallback_response",
        ),
        (
            webhook(&json!({"body": {}, "payload": {}})),
            "webhook.body_and_payload",
            Warning,
            "/payload",
        ),
        (webhook(&json!({"body": "{{secret:a b}}"})), "secret.misplaced", Error, "/body"),
    ];
    check("webhook", cases);
    for fine in [
        url("https://{{temp.host}}/x"),
        url("{temp.url}"),
        webhook(&json!({"timeout": 30, "retry": {}, "headers": {"x": "{secret:k}"}})),
        webhook(&json!({"auth": {"type": "basic", "username": "ana", "password": "{{secret:k}}"}})),
    ] {
        assert_eq!(found("webhook", &fine, &AddressRules::default()), [], "{fine}");
    }
    let local = url("http://localhost:8080/");
    assert_eq!(found("webhook", &local, &AddressRules::development()), []);
}

#[test]
fn a_secret_stands_in_requests_only() {
    // R5.29.
    let says = found("message", &json!({"text": "{{secret:k}}"}), &AddressRules::default());
    assert!(
        says.iter().any(|(code, severity, _)| code == "secret.misplaced" && *severity == Error)
    );
    let sets = one(&json!({"type": "set_variable", "variable": "a", "value": "{{secret:k}}"}));
    let sets = found("action", &sets, &AddressRules::default());
    assert_eq!(sets, [("secret.misplaced".to_owned(), Error, "/actions/0/value".to_owned())]);
}
