//! The recorded answers of the service that this one replaces: the same requests, names and types.
//!
//! The recording lies outside the repository (`CHATFLOW_CORPUS`); without it there is nothing to compare.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::real::{Account, Answer, Client, HILLSIDE, Place};
use chatflow_tests::report::corpus;

/// Where this service answers otherwise, and the rule that says so: by the recording's name.
///
/// The status that it answers with, and the places of the recorded body that it leaves out or whose
/// type it changes.
const DEVIATIONS: &[(&str, Option<u16>, &[&str], &str)] = &[
    ("flow node get by node_id (422)", Some(200), &["*"], "S3.107: both spellings name a node"),
    ("flow node create duplicate", Some(409), &[], "S3.109: `node_exists`"),
    ("flow node create bad type (422)", Some(201), &["*"], "F34: a draft may hold any type"),
    ("flow connection bad type (422)", Some(201), &["*"], "F1: any token is a type"),
    ("flow create garbage token 403", Some(401), &[], "S2.9"),
    ("flow create as school admin 403", Some(201), &["*"], "S2.18: a school admin creates flows"),
    (
        "session get completed",
        None,
        &["/state/system"],
        "S4.21: the engine's own state is not shown",
    ),
    ("content create upper-case enums", Some(422), &[], "S3.39: an approved joke needs its text"),
    ("content create script tag 422", Some(201), &["*"], "F7: only rich text is markup"),
    ("variant duplicate key", Some(409), &[], "S3.57: `variant_key_exists`"),
    (
        "analytics flows/{flow}/analytics/funnel",
        None,
        &["/conversion_rates/orphan", "/drop_off_points"],
        "S5.10: what cannot be reached and nobody visited is no step",
    ),
    (
        "analytics flows/{flow}/nodes/q/analytics/responses",
        None,
        &["/response_breakdown"],
        "S5.19: what was answered here",
    ),
    (
        "analytics flows/{flow}/nodes/q/analytics/paths",
        None,
        &["/incoming_paths/path_percentages", "/outgoing_paths/path_percentages"],
        "S5.20: where the visits here came from and went",
    ),
    ("analytics flows/43063a18-cb77-4b27-a2e3-1a2ef01243d9/analytics", Some(404), &[], "S5.3"),
    ("content bulk post (placeholder)", Some(422), &[], "S3.49: at least one item"),
    ("analytics content/{content}/analytics", Some(404), &[], "S5.3: an unknown item"),
];

/// What was recorded under another id or token than the one that stands for it here.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn here(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (recorded, here)| text.replace(recorded, here))
    }

    /// The recorded flow has a message that says nothing, which keeps a flow from being published
    /// here (R12.2, `message.no_content`): it says something.
    fn here_in(&self, value: &Value) -> Value {
        let text = self.here(&value.to_string());
        let text =
            text.replace("\"messages\":[]", "\"messages\":[{\"type\":\"text\",\"text\":\"x\"}]");
        serde_json::from_str(&text).expect("names are plain text")
    }

    /// Takes down which id or token stands for which, on first sight.
    fn learn(&mut self, recorded: &Value, here: &Value) {
        match (recorded, here) {
            (Value::String(recorded), Value::String(here)) if is_name(recorded) => {
                self.0.entry(recorded.clone()).or_insert_with(|| here.clone());
            }
            (Value::Object(recorded), Value::Object(here)) => {
                for (key, value) in recorded {
                    self.learn(value, here.get(key).unwrap_or(&Value::Null));
                }
            }
            (Value::Array(recorded), Value::Array(here)) => {
                recorded.iter().zip(here).for_each(|(recorded, here)| self.learn(recorded, here));
            }
            _ => {}
        }
    }
}

/// An id, or a token of the old length.
fn is_name(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    text.parse::<uuid::Uuid>().is_ok() || (text.len() == 43 && text.bytes().all(is_token))
}

/// What of the recorded body is not there, or of another type.
fn missing(at: &str, recorded: &Value, here: &Value, found: &mut Vec<String>) {
    match (recorded, here) {
        // What was null, and what is, may be anything another time.
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(recorded), Value::Object(here)) => {
            for (key, value) in recorded {
                let at = format!("{at}/{key}");
                match here.get(key) {
                    Some(here) => missing(&at, value, here, found),
                    None => found.push(at),
                }
            }
        }
        (Value::Array(recorded), Value::Array(here)) => {
            recorded
                .iter()
                .zip(here)
                .for_each(|(recorded, here)| missing(at, recorded, here, found));
        }
        _ => {
            let kind = |value: &Value| match value {
                Value::Null => "null",
                Value::Bool(_) => "bool",
                Value::Number(_) => "number",
                Value::String(_) => "text",
                Value::Array(_) => "list",
                Value::Object(_) => "object",
            };
            if kind(recorded) != kind(here) {
                found.push(format!("{at}: {} is {}", kind(recorded), kind(here)));
            }
        }
    }
}

struct Replay {
    client: Client,
    accounts: BTreeMap<&'static str, Account>,
    names: Names,
    /// The CSRF token of each session token.
    csrf: BTreeMap<String, String>,
}

impl Replay {
    fn send(&mut self, name: &str, request: &Map<String, Value>) -> Answer {
        let text = |key: &str| request.get(key).and_then(Value::as_str);
        let (method, path) = (text("method").unwrap_or_default(), text("path").unwrap_or_default());
        let path = self.names.here(path);
        let mut headers: Vec<(&str, &str)> = Vec::new();
        if let Some(role) = text("role") {
            headers.push(self.accounts[role].header());
        } else if name.contains("garbage token") {
            headers.push(("authorization", "Bearer garbage"));
        }
        let token = path.strip_prefix("/v1/chat/sessions/").and_then(|rest| rest.split('/').next());
        let csrf = token.and_then(|token| self.csrf.get(token)).cloned();
        if let Some(csrf) = csrf.as_deref().filter(|_| !name.contains("without CSRF")) {
            headers.push(("x-csrf-token", csrf));
        }
        match (request.get("json"), text("content")) {
            (Some(body), _) => {
                self.client.send_json((method, &path), &headers, &self.names.here_in(body))
            }
            (None, Some(text)) => {
                headers.push(("content-type", "application/json"));
                self.client.send((method, &path), &headers, text.as_bytes())
            }
            (None, None) => self.client.send((method, &path), &headers, b""),
        }
    }
}

#[test]
fn a_client_of_the_replaced_service_finds_the_names_and_types_it_knows() {
    let Some(corpus) = corpus() else {
        println!("CHATFLOW_CORPUS is not set: there is no recording to compare with");
        return;
    };
    let path = corpus.join("replaced-service/api_examples.json");
    let recorded = std::fs::read_to_string(&path).expect("the recording can be read");
    let recorded: Vec<Value> = serde_json::from_str(&recorded).expect("the recording is JSON");
    assert!(recorded.len() >= 100, "{} recorded requests", recorded.len());
    let place = Place::with_flows();
    let server = place.serve_signed();
    let school = ["--school", HILLSIDE];
    let accounts = BTreeMap::from([
        ("wriveted_admin", place.user("wriveted", &[])),
        ("school_admin", place.user("school_admin", &school)),
        ("student", place.user("student", &school)),
        ("public_reader", place.user("public", &[])),
    ]);
    let (names, csrf) = (Names::default(), BTreeMap::new());
    let mut replay = Replay { client: server.client(), accounts, names, csrf };
    let (mut faults, mut compared) = (Vec::new(), 0);
    for example in &recorded {
        let name = example["name"].as_str().expect("a name");
        let request = example["request"].as_object().expect("a request");
        compared += 1;
        let answer = replay.send(name, request);
        let (_, status, left_out, _) = DEVIATIONS
            .iter()
            .find(|(deviating, ..)| *deviating == name)
            .copied()
            .unwrap_or((name, None, &[], ""));
        let expected = status.map_or_else(|| example["status"].clone(), |status| json!(status));
        if json!(answer.status) != expected {
            faults
                .push(format!("{name}: {} instead of {expected}: {}", answer.status, answer.text));
            continue;
        }
        // Of a refusal, `detail` is a text or a list as before; its words are ours.
        let mut found = Vec::new();
        if answer.status < 300 {
            missing("", &example["body"], &answer.body, &mut found);
        } else if answer.body["detail"].is_null() {
            found.push("/detail".to_owned());
        }
        found.retain(|place| !left_out.iter().any(|out| *out == "*" || place.starts_with(out)));
        faults.extend(found.iter().map(|place| format!("{name}: {place}")));
        replay.names.learn(&example["body"], &answer.body);
        if let (Some(token), Some(csrf)) =
            (answer.body["session_token"].as_str(), answer.body["csrf_token"].as_str())
        {
            replay.csrf.insert(token.to_owned(), csrf.to_owned());
        }
    }
    println!("{compared} of {} compared", recorded.len());
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(compared >= 80, "{compared}");
}
