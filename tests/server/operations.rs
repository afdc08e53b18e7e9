//! Every operation that the service describes, each asked by those who may and those who may not (appendix D 2).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::real::{Answer, Managed, school};

/// Who may call at least.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Caller {
    /// Anybody, with the token of the conversation where the path has one.
    Anybody,
    /// Whoever is signed in.
    Signed,
    /// Who manages something: not learners.
    Manager,
    /// Who runs the platform.
    Platform,
}

use Caller::{Anybody, Manager, Platform, Signed};

/// An operation, a body that it takes and the status of its success.
type Row = (Caller, &'static str, &'static str, Value, u16);

/// What is proven apart: numbers for the machine itself, books, a stream, a request that leaves, a delivery that has
/// failed, and a file that somebody has to make first.
const ELSEWHERE: u16 = 0;

/// In an order in which each finds what it needs.
#[expect(clippy::too_many_lines, reason = "one table, to be read as a whole")]
fn operations() -> Vec<Row> {
    let none = Value::Null;
    let item = json!({"type": "fact", "content": {"text": "Octopuses have three hearts."}});
    let flow = json!({"name": "Another", "flow_data": {}});
    let step = json!({"node_id": "late", "node_type": "message", "content": {"messages": [{"text": "x"}]}});
    let edge = json!({"source_node_id": "ask", "target_node_id": "bye", "connection_type": "$0"});
    let webhook = json!({"name": "Another", "url": "https://hooks.example/a"});
    let unsaved = json!({"flow_data": {"nodes": [], "connections": []}});
    vec![
        (Anybody, "GET", "/health", none.clone(), 200),
        (Anybody, "GET", "/healthz", none.clone(), 200),
        (Anybody, "GET", "/readyz", none.clone(), 200),
        (Anybody, "GET", "/metrics", none.clone(), ELSEWHERE),
        (Anybody, "GET", "/v1/version", none.clone(), 200),
        (Signed, "GET", "/v1/auth/me", none.clone(), 200),
        (Signed, "POST", "/v1/recommend", json!({}), ELSEWHERE),
        (Anybody, "GET", "/v1/chat/flows", none.clone(), 200),
        (Anybody, "GET", "/v1/chat/flows/{flow}", none.clone(), 200),
        (Anybody, "POST", "/v1/chat/start", json!({"flow_id": "{flow_id}"}), 201),
        (Anybody, "GET", "/v1/chat/sessions/{session_token}", none.clone(), 200),
        (Anybody, "GET", "/v1/chat/sessions/{session_token}/history", none.clone(), 200),
        (
            Anybody,
            "PATCH",
            "/v1/chat/sessions/{session_token}/state",
            json!({"updates": {"temp.x": 1}}),
            200,
        ),
        (
            Anybody,
            "POST",
            "/v1/chat/sessions/{session_token}/interact",
            json!({"input": "hi", "input_type": "text"}),
            200,
        ),
        (Anybody, "POST", "/v1/chat/sessions/{session_token}/end", json!({}), 200),
        (Manager, "GET", "/v1/chat/admin/sessions", none.clone(), 200),
        (Manager, "GET", "/v1/chat/admin/sessions/{session_id}", none.clone(), 200),
        (Manager, "GET", "/v1/cms/sessions/{session_id}/trace", none.clone(), 200),
        (Manager, "GET", "/v1/cms/content", none.clone(), 200),
        (Manager, "POST", "/v1/cms/content", item.clone(), 201),
        (Signed, "GET", "/v1/cms/content/random?type=fact", none.clone(), 200),
        (
            Manager,
            "POST",
            "/v1/cms/content/bulk",
            json!({"operation": "create", "items": [item]}),
            200,
        ),
        (
            Manager,
            "PATCH",
            "/v1/cms/content/bulk",
            json!({"content_ids": ["{content_id}"], "updates": {"tags": ["a"]}}),
            200,
        ),
        (Signed, "GET", "/v1/cms/content/{content_id}", none.clone(), 200),
        (Manager, "PUT", "/v1/cms/content/{content_id}", json!({"info": {}}), 200),
        (Manager, "POST", "/v1/cms/content/{content_id}/status", json!({"status": "draft"}), 200),
        (Manager, "GET", "/v1/cms/content/{content_id}/variants", none.clone(), 200),
        (
            Manager,
            "POST",
            "/v1/cms/content/{content_id}/variants",
            json!({"variant_key": "b", "variant_data": {}}),
            201,
        ),
        (
            Manager,
            "PUT",
            "/v1/cms/content/{content_id}/variants/{variant_id}",
            json!({"weight": 5}),
            200,
        ),
        (
            Manager,
            "PATCH",
            "/v1/cms/content/{content_id}/variants/{variant_id}",
            json!({"weight": 6}),
            200,
        ),
        (
            Manager,
            "POST",
            "/v1/cms/content/{content_id}/variants/{variant_id}/performance",
            json!({"impressions": 1}),
            200,
        ),
        (
            Manager,
            "DELETE",
            "/v1/cms/content/{content_id}/variants/{variant_id}",
            none.clone(),
            204,
        ),
        (Manager, "GET", "/v1/cms/content/{content_id}/analytics", none.clone(), 200),
        (Manager, "GET", "/v1/cms/content/{content_id}/analytics/ab-test", none.clone(), 200),
        (Manager, "GET", "/v1/cms/content/{content_id}/analytics/usage", none.clone(), 200),
        (Manager, "GET", "/v1/cms/analytics/content", none.clone(), 200),
        (Manager, "GET", "/v1/cms/analytics/content/top", none.clone(), 200),
        (Manager, "DELETE", "/v1/cms/content/{content_id}", none.clone(), 204),
        (Manager, "DELETE", "/v1/cms/content/bulk", json!({"content_ids": ["{content_id}"]}), 200),
        (Manager, "GET", "/v1/cms/flows", none.clone(), 200),
        (Manager, "POST", "/v1/cms/flows", flow, 201),
        (
            Manager,
            "POST",
            "/v1/cms/flows/evaluate-cel",
            json!({"expression": "1 + 1", "context": {}}),
            200,
        ),
        (Manager, "POST", "/v1/cms/flows/validate", unsaved, 200),
        (Manager, "POST", "/v1/cms/flows/import", json!({"name": "Brought", "flow_data": {}}), 201),
        (Platform, "POST", "/v1/cms/flows/regenerate-snapshots", json!({}), 200),
        (Signed, "GET", "/v1/cms/flows/{flow_id}", none.clone(), 200),
        (Manager, "PUT", "/v1/cms/flows/{flow_id}", json!({"description": "x"}), 200),
        (Manager, "GET", "/v1/cms/flows/{flow_id}/validate", none.clone(), 200),
        (Manager, "GET", "/v1/cms/flows/{flow_id}/export", none.clone(), 200),
        (Manager, "GET", "/v1/cms/flows/{flow_id}/versions", none.clone(), 200),
        (Manager, "GET", "/v1/cms/flows/{flow_id}/versions/{seq}", none.clone(), 200),
        (Manager, "POST", "/v1/cms/flows/{flow_id}/versions/{seq}/restore", none.clone(), 200),
        (Manager, "POST", "/v1/cms/flows/{flow_id}/clone", json!({}), 201),
        (Manager, "GET", "/v1/cms/flows/{flow_id}/nodes", none.clone(), 200),
        (Manager, "POST", "/v1/cms/flows/{flow_id}/nodes", step, 201),
        (Manager, "GET", "/v1/cms/flows/{flow_id}/nodes/{node_ref}", none.clone(), 200),
        (Manager, "PUT", "/v1/cms/flows/{flow_id}/nodes/{node_ref}", json!({"template": "t"}), 200),
        (
            Manager,
            "PUT",
            "/v1/cms/flows/{flow_id}/nodes/positions",
            json!({"positions": {"ask": {"x": 1, "y": 2}}}),
            200,
        ),
        (Manager, "POST", "/v1/cms/flows/{flow_id}/graph", json!({"operations": []}), 200),
        (Manager, "GET", "/v1/cms/flows/{flow_id}/connections", none.clone(), 200),
        (Manager, "POST", "/v1/cms/flows/{flow_id}/connections", edge, 201),
        (
            Manager,
            "PUT",
            "/v1/cms/flows/{flow_id}/connections/{connection_id}",
            json!({"info": {}}),
            200,
        ),
        (Manager, "GET", "/v1/cms/flows/{flow_id}/analytics", none.clone(), 200),
        (Manager, "GET", "/v1/cms/flows/{flow_id}/analytics/funnel", none.clone(), 200),
        (Manager, "GET", "/v1/cms/flows/{flow_id}/analytics/performance", none.clone(), 200),
        (Manager, "GET", "/v1/cms/flows/analytics/compare?flow_ids={flow_id}", none.clone(), 200),
        (Manager, "GET", "/v1/cms/flows/{flow_id}/nodes/{node_ref}/analytics", none.clone(), 200),
        (
            Manager,
            "GET",
            "/v1/cms/flows/{flow_id}/nodes/{node_ref}/analytics/responses",
            none.clone(),
            200,
        ),
        (
            Manager,
            "GET",
            "/v1/cms/flows/{flow_id}/nodes/{node_ref}/analytics/paths",
            none.clone(),
            200,
        ),
        (Manager, "GET", "/v1/cms/analytics/dashboard", none.clone(), 200),
        (Manager, "GET", "/v1/cms/analytics/real-time", none.clone(), 200),
        (Manager, "GET", "/v1/cms/analytics/flows/top", none.clone(), 200),
        (Manager, "GET", "/v1/cms/analytics/summary", none.clone(), 200),
        (Manager, "GET", "/v1/cms/analytics/sessions", none.clone(), 200),
        (
            Manager,
            "DELETE",
            "/v1/cms/flows/{flow_id}/connections/{connection_id}",
            none.clone(),
            204,
        ),
        (Manager, "DELETE", "/v1/cms/flows/{flow_id}/nodes/{node_ref}", none.clone(), 204),
        (Manager, "GET", "/v1/cms/flows/{flow_id}/sessions", none.clone(), 200),
        (Manager, "GET", "/v1/cms/flows/{flow_id}/trace-stats", none.clone(), 200),
        (Manager, "GET", "/v1/cms/flows/{flow_id}/tracing", none.clone(), 200),
        (Manager, "POST", "/v1/cms/flows/{flow_id}/tracing", json!({"enabled": true}), 200),
        (Manager, "DELETE", "/v1/cms/flows/{flow_id}", none.clone(), 204),
        (Manager, "POST", "/v1/cms/flows/{flow_id}/restore", none.clone(), 200),
        (Platform, "GET", "/v1/cms/trace-storage", none.clone(), 200),
        (Platform, "POST", "/v1/cms/traces/cleanup", none.clone(), 200),
        (Platform, "GET", "/v1/cms/trace-audit", none.clone(), 200),
        (Signed, "GET", "/v1/cms/themes", none.clone(), 200),
        (Manager, "POST", "/v1/cms/themes", json!({"name": "Another", "config": {}}), 201),
        (Signed, "GET", "/v1/cms/themes/{theme_id}", none.clone(), 200),
        (Manager, "PUT", "/v1/cms/themes/{theme_id}", json!({"description": "x"}), 200),
        (
            Manager,
            "PUT",
            "/v1/cms/schools/{school_id}/theme",
            json!({"theme_id": "{theme_id}"}),
            200,
        ),
        (Manager, "DELETE", "/v1/cms/themes/{theme_id}", none.clone(), 204),
        (Manager, "GET", "/v1/cms/analytics/export", none.clone(), 200),
        (Manager, "POST", "/v1/cms/analytics/export", json!({"format": "json"}), 200),
        (Manager, "POST", "/v1/cms/flows/{flow_id}/analytics/export", json!({}), 200),
        (Manager, "POST", "/v1/cms/content/analytics/export", json!({}), 200),
        (Manager, "GET", "/v1/cms/analytics/exports", none.clone(), 200),
        (Manager, "GET", "/v1/cms/analytics/exports/{export_id}/status", none.clone(), 200),
        (Manager, "GET", "/v1/cms/analytics/exports/{export_id}/download", none.clone(), ELSEWHERE),
        (Manager, "DELETE", "/v1/cms/analytics/exports/{export_id}", none.clone(), 204),
        (Manager, "GET", "/v1/cms/webhooks", none.clone(), 200),
        (Manager, "POST", "/v1/cms/webhooks", webhook, 201),
        (Manager, "GET", "/v1/cms/webhooks/{webhook_id}", none.clone(), 200),
        (Manager, "PUT", "/v1/cms/webhooks/{webhook_id}", json!({"name": "Renamed"}), 200),
        (Manager, "GET", "/v1/cms/webhooks/{webhook_id}/deliveries", none.clone(), 200),
        (Manager, "POST", "/v1/cms/webhooks/{webhook_id}/rotate-secret", none.clone(), 200),
        (Manager, "POST", "/v1/cms/webhooks/{webhook_id}/test", none.clone(), ELSEWHERE),
        (Manager, "DELETE", "/v1/cms/webhooks/{webhook_id}", none.clone(), 204),
        (Platform, "GET", "/v1/cms/outbox", none.clone(), 200),
        (Platform, "POST", "/v1/cms/outbox/{event_id}/retry", none.clone(), ELSEWHERE),
        (Manager, "GET", "/v1/cms/events", none.clone(), ELSEWHERE),
        (Manager, "DELETE", "/v1/chat/admin/sessions/{session_id}", none, 204),
    ]
}

/// What stands for each parameter of a path and for `{…}` in bodies.
type Ids = BTreeMap<&'static str, String>;

/// A school's own rows of every kind.
struct Fixture {
    ids: Ids,
    csrf: String,
}

fn made(managed: &Managed, line: (&str, &str), body: &Value) -> Value {
    let answer = managed.send("admin", line, body);
    assert!([200, 201].contains(&answer.status), "{line:?}: {answer:?}");
    answer.body
}

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
}

impl Fixture {
    fn new(managed: &Managed) -> Self {
        let content = made(
            managed,
            ("POST", "/v1/cms/content"),
            &json!({"type": "fact", "content": {"text": "x"}}),
        );
        let content = id(&content);
        let variants = format!("/v1/cms/content/{content}/variants");
        let variant = json!({"variant_key": "a", "variant_data": {}});
        let variant = id(&made(managed, ("POST", &variants), &variant));
        let graph = json!({
            "nodes": [
                {"id": "ask", "type": "question", "content": {"question": {"text": "Say a word."}, "input_type": "text", "variable": "temp.word"}},
                {"id": "bye", "type": "message", "content": {"messages": [{"text": "Bye."}]}},
            ],
            "connections": [
                {"source": "ask", "target": "bye", "type": "default"},
                {"source": "bye", "target": "ask", "type": "default"},
            ],
        });
        let flow = json!({"name": "Asks", "entry_node_id": "ask", "flow_data": graph});
        let flow = id(&made(managed, ("POST", "/v1/cms/flows"), &flow));
        let place = format!("/v1/cms/flows/{flow}");
        made(managed, ("PUT", &place), &json!({"publish": true, "visibility": "school"}));
        made(
            managed,
            ("POST", &format!("{place}/tracing")),
            &json!({"enabled": true, "sample_rate": 1}),
        );
        let links = made(managed, ("GET", &format!("{place}/connections")), &Value::Null);
        let link = links.as_array().or(links["data"].as_array()).and_then(|links| links.first());
        let theme = json!({"name": "Own", "config": {}});
        let theme = id(&made(managed, ("POST", "/v1/cms/themes"), &theme));
        let webhook = json!({"name": "Own", "url": "https://hooks.example/a"});
        let webhook = id(&made(managed, ("POST", "/v1/cms/webhooks"), &webhook));
        let export = made(managed, ("POST", "/v1/cms/analytics/export"), &json!({}));
        let export = export["export_id"].as_str().unwrap_or_else(|| panic!("{export}"));
        let started = made(managed, ("POST", "/v1/chat/start"), &json!({"flow_id": flow}));
        let text =
            |key: &str| started[key].as_str().unwrap_or_else(|| panic!("{started}")).to_owned();
        let ids = [
            ("content_id", content),
            ("variant_id", variant),
            ("flow", flow.clone()),
            ("flow_id", flow),
            ("node_ref", "ask".to_owned()),
            ("seq", "1".to_owned()),
            ("connection_id", id(link.unwrap_or_else(|| panic!("{links}")))),
            ("theme_id", theme),
            ("school_id", school(1).to_string()),
            ("webhook_id", webhook),
            ("export_id", export.to_owned()),
            ("session_id", text("session_id")),
            ("session_token", text("session_token")),
            ("event_id", uuid::Uuid::from_u128(5).to_string()),
        ];
        Self { ids: ids.into(), csrf: text("csrf_token") }
    }

    fn filled(&self, text: &str) -> String {
        let fill =
            |text: String, (name, id): (&&str, &String)| text.replace(&format!("{{{name}}}"), id);
        self.ids.iter().fold(text.to_owned(), fill)
    }

    fn send(&self, managed: &Managed, who: &str, (_, method, path, body, _): &Row) -> Answer {
        let body: Value = serde_json::from_str(&self.filled(&body.to_string())).unwrap();
        self.send_to(managed, who, (method, &self.filled(path)), &body)
    }

    fn send_to(&self, managed: &Managed, who: &str, line: (&str, &str), body: &Value) -> Answer {
        let csrf = [("x-csrf-token", self.csrf.as_str())];
        managed.send_with(who, line, &csrf, body)
    }
}

/// The parameters of a path.
fn parameters(path: &str) -> impl Iterator<Item = &str> {
    let path = path.split('?').next().unwrap_or_default();
    path.split('{').skip(1).filter_map(|part| part.split('}').next())
}

/// Runs everything on one service.
pub(crate) fn run(managed: &Managed) {
    let rows = operations();
    each_is_in_the_table(managed, &rows);
    let fixture = Fixture::new(managed);
    for row in &rows {
        callers_are_asked(managed, &fixture, row);
        ids_are_checked(managed, &fixture, row);
        bodies_are_checked(managed, &fixture, row);
    }
    lists_have_limits(managed);
    let succeeds = |row: &&Row| {
        let who = match row.0 {
            // A conversation is gone on with by who started it, and its flow is its school's.
            Anybody if row.2.contains("/chat/s") || row.2.contains("{flow}") => "admin",
            Anybody => "",
            Signed | Manager => "admin",
            Platform => "platform",
        };
        let answer = fixture.send(managed, who, row);
        (answer.status != row.4).then(|| format!("{} {}: {answer:?}", row.1, row.2))
    };
    let rows = rows.iter().filter(|(.., status)| *status != ELSEWHERE);
    let failed: Vec<_> = rows.filter_map(|row| succeeds(&row)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn each_is_in_the_table(managed: &Managed, rows: &[Row]) {
    let document = managed.get("", "/v1/openapi.json").body;
    let paths = document["paths"].as_object().unwrap();
    let described: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, operations)| {
            let methods = operations.as_object().unwrap().keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let without_query = |path: &str| path.split('?').next().unwrap_or_default().to_owned();
    let tried: BTreeSet<String> =
        rows.iter().map(|row| format!("{} {}", row.1, without_query(row.2))).collect();
    let missing: Vec<_> = described.symmetric_difference(&tried).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// S2.2, S2.9, S2.20.
fn callers_are_asked(managed: &Managed, fixture: &Fixture, row: &Row) {
    let (caller, method, path, ..) = row;
    let said = format!("{method} {path}");
    if *caller == Anybody {
        return;
    }
    let nobody = fixture.send(managed, "", row);
    nobody.refuses(401, "authentication_required", &said);
    let line = (*method, fixture.filled(path));
    let nonsense = [("authorization", "Bearer nonsense")];
    let nobody = managed.send_with("", (line.0, &line.1), &nonsense, &row.3);
    nobody.refuses(401, "invalid_token", &said);
    if *caller == Signed {
        return;
    }
    let learner = fixture.send(managed, "learner", row);
    assert!([403, 404].contains(&learner.status), "{said}: {learner:?}");
    if *caller == Platform {
        fixture.send(managed, "admin", row).refuses(403, "forbidden", &said);
    } else if parameters(path).next().is_some() {
        // What belongs to another school is not there (S2.19).
        let other = fixture.send(managed, "other admin", row);
        assert_eq!(other.status, 404, "{said}: {other:?}");
    }
}

/// S3.2, S3.3.
fn ids_are_checked(managed: &Managed, fixture: &Fixture, (caller, method, path, body, _): &Row) {
    let body: Value = serde_json::from_str(&fixture.filled(&body.to_string())).unwrap();
    let who = if *caller == Anybody { "" } else { "platform" };
    for name in parameters(path) {
        let with = |id: &str| {
            let path = fixture.filled(&path.replace(&format!("{{{name}}}"), id));
            (path.clone(), fixture.send_to(managed, who, (method, &path), &body))
        };
        let unknown = uuid::Uuid::from_u128(99).to_string();
        let (unknown, malformed) = match name {
            "seq" => ("99", Some("x")),
            // Any text may be one.
            "flow" | "node_ref" | "session_token" | "export_id" => ("nowhere", None),
            _ => (unknown.as_str(), Some("x")),
        };
        let (line, answer) = with(unknown);
        assert_eq!(answer.status, 404, "{method} {line}: {answer:?}");
        if let Some(malformed) = malformed {
            let (line, answer) = with(malformed);
            assert_eq!(answer.status, 422, "{method} {line}: {answer:?}");
        }
    }
}

/// S3.5
fn bodies_are_checked(managed: &Managed, fixture: &Fixture, (_, method, path, body, _): &Row) {
    if body.is_null() {
        return;
    }
    let path = fixture.filled(path);
    for wrong in [json!("x"), json!([1])] {
        let answer = fixture.send_to(managed, "platform", (method, &path), &wrong);
        answer.refuses(422, "validation_error", &format!("{method} {path} {wrong}"));
    }
}

/// S3.13: the limits that each list describes are those that it keeps to.
fn lists_have_limits(managed: &Managed) {
    let document = managed.get("", "/v1/openapi.json").body;
    let mut tried = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        if path.contains('{') {
            continue;
        }
        let parameters = operations["get"]["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in parameters.iter().filter(|each| each["name"] == "limit") {
            let most = parameter["schema"]["maximum"].as_i64();
            let most = most.unwrap_or_else(|| panic!("{path}: {parameter}"));
            let least = parameter["schema"]["minimum"].as_i64().unwrap_or(0);
            for beyond in [most + 1, least - 1] {
                let line = format!("{path}?limit={beyond}");
                managed.get("platform", &line).refuses(422, "validation_error", &line);
            }
            tried += 1;
        }
    }
    assert!(tried > 5, "{tried} lists");
}

#[test]
fn each_operation_is_what_the_description_says_on_a_file() {
    run(&Managed::on_file());
}
