//! Relative endpoints of flows that are forwarded to a service of the operator's own (F13).

use std::path::Path;

use serde_json::{Value, json};

use crate::real::{HILLSIDE, Place, Reply, Server, Site, Visitor, run};

/// A flow that calls an endpoint when it starts, and says what came of it.
fn flow(key: &str, endpoint: &str, more: &Value) -> Value {
    let call = json!({"type": "api_call", "config": {
        "endpoint": endpoint, "method": "POST", "query_params": {"age": 7}, "body": {"hue": "calm"},
        "response_mapping": {"title": "temp.title", "echo": "temp.echo"}, "error_variable": "temp.problem",
    }});
    let text = "{{temp.title}}{{temp.echo}}{{temp.problem.error}}";
    let told = json!({"messages": [{"type": "text", "text": text}]});
    let mut flow = json!({
        "seed_key": key, "name": key, "version": "1.0.0", "entry_node_id": "call",
        "visibility": "wriveted", "trace_enabled": true,
        "flow_data": {
            "nodes": [
                {"id": "call", "type": "action", "content": {"actions": [call]}},
                {"id": "told", "type": "message", "content": told},
            ],
            "connections": [{"source": "call", "target": "told", "type": "default"}],
        },
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        flow[key] = value.clone();
    }
    flow
}

/// A flow that asks for a word, and then runs another.
fn around(key: &str, inner: &str, more: &Value) -> Value {
    let mut flow = flow(key, "", more);
    let question =
        json!({"question": {"text": "Ready?"}, "input_type": "text", "variable": "temp.word"});
    flow["flow_data"] = json!({
        "nodes": [
            {"id": "call", "type": "question", "content": question},
            {"id": "inner", "type": "composite", "content": {"composite_flow_seed_key": inner}},
        ],
        "connections": [{"source": "call", "target": "inner", "type": "default"}],
    });
    flow
}

fn place() -> Place {
    let place = Place::new();
    let none = json!({});
    let of_school = json!({"school_seed_key": "hill"});
    let seed = json!({
        "seed_key": "forwarded",
        "school": {"seed_key": "hill", "name": "Hill", "wriveted_identifier": HILLSIDE},
        "users": [
            {"label": "boss", "type": "wriveted", "id": BOSS},
            {"label": "teacher", "type": "educator", "id": TEACHER, "school_seed_key": "hill"},
        ],
        "flows": [
            flow("listed", "/v1/books/7/", &none),
            flow("unlisted", "/v1/people", &none),
            flow("near", "/v1/bookshelf", &none),
            flow("cms", "/v1/cms/flows", &none),
            flow("encoded", "/v1/books/%2e%2e/cms", &none),
            flow("lost", "/v1/books/lost", &none),
            flow("handled", "/v1/books/handled", &none),
            flow("hill", "/v1/books/7", &of_school),
            around("hill-around", "listed", &of_school),
            around("around", "listed", &none),
        ],
    });
    let file = place.file("forwarded.json", seed.to_string());
    let ran = run([Path::new("import"), &file, Path::new("--db"), &place.database()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    place
}

const BOSS: &str = "11111111-1111-4111-8111-111111111111";
const TEACHER: &str = "22222222-2222-4222-8222-222222222222";

fn site() -> Site {
    Site::start(|heard| {
        if heard.path.starts_with("/api/v1/books/lost") {
            return Reply::json(404, &json!({"title": "never"}));
        }
        let said = heard.header("authorization").to_owned();
        Reply::json(200, &json!({"title": "Tide ", "echo": said}))
    })
}

fn serve(place: &Place, settings: &[(&str, &str)]) -> Server {
    let handlers = json!({"/v1/books/handled": {"answer": {"title": "a handler"}}});
    let handlers = place.file("handlers.json", handlers.to_string());
    let words = ["--env", "development", "--handlers", handlers.to_str().unwrap()];
    Server::start_as(&place.database(), &words, settings)
}

fn heard_by(server: &Server, flow: &str) -> String {
    Visitor::start(&server.client(), flow, &json!({})).heard().concat()
}

#[test]
fn listed_endpoints_are_forwarded_with_a_credential_for_nothing_else() {
    let (site, place) = (site(), place());
    let base = site.url("/api");
    let settings = [
        ("FLOW_INTERNAL__API_BASE", base.as_str()),
        ("FLOW_INTERNAL__ALLOW_PATHS", "[\"/v1/books\"]"),
    ];
    let server = serve(&place, &settings);
    let mut visitor = Visitor::start(&server.client(), "listed", &json!({}));
    // What comes back holds no credential.
    assert_eq!(visitor.heard(), ["Tide Bearer [SECRET]"]);
    let heard = site.heard();
    assert_eq!(heard.len(), 1);
    let asked = &heard[0];
    assert_eq!(asked.path, "/api/v1/books/7?age=7");
    assert_eq!(asked.body(), json!({"hue": "calm"}));
    assert_eq!(asked.header("content-type"), "application/json");
    assert!(asked.header("idempotency-key").starts_with(&visitor.id), "{asked:?}");
    let bearer = asked.header("authorization").to_owned();
    let claims = claims(&bearer);
    assert_eq!(claims["aud"], "flow-call");
    assert_eq!(claims["session_id"], visitor.id);
    assert_eq!(claims["sub"], format!("wriveted:session:{}", visitor.id));
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert!((1..=300).contains(&life), "{claims}");
    // Our own doors stay shut, though the signature is ours.
    let client = server.client();
    let boss = format!("Bearer {}", place.token(&["--user", BOSS]));
    for (bearer, status) in [(&boss, 200), (&bearer, 401)] {
        for path in ["/v1/cms/flows", "/v1/auth/me"] {
            let answer = client.send(("GET", path), &[("authorization", bearer)], b"");
            assert_eq!(answer.status, status, "{path}: {answer:?}");
        }
    }
    // Everything else is answered as without forwarding, and nobody hears of it.
    for flow in ["unlisted", "near", "cms", "encoded", "hill"] {
        assert_eq!(heard_by(&server, flow), "no handler answers this request", "{flow}");
    }
    assert_eq!(heard_by(&server, "handled"), "a handler");
    assert_eq!(site.heard().len(), 1);
    assert_eq!(heard_by(&server, "lost"), "the answer had status 404");
    let path = visitor.path("");
    visitor.turn = client.get(&path).body;
    assert!(!visitor.turn.to_string().contains(bearer.trim_start_matches("Bearer ")));
}

#[test]
fn it_is_the_outermost_flow_whose_school_counts_in_every_turn() {
    // F13, F14: neither the school of the visitor nor whose the embedded flow is.
    let (site, place) = (site(), place());
    let base = site.url("/api");
    let settings = [
        ("FLOW_INTERNAL__API_BASE", base.as_str()),
        ("FLOW_INTERNAL__ALLOW_PATHS", "[\"/v1/books\"]"),
    ];
    let server = serve(&place, &settings);
    let client = server.client();
    let teacher = format!("Bearer {}", place.token(&["--user", TEACHER]));
    let headers = [("authorization", teacher.as_str()), ("content-type", "application/json")];
    for (flow, told) in
        [("hill-around", "no handler answers this request"), ("around", "Tide Bearer [SECRET]")]
    {
        let body = json!({"flow_id": client.flow(flow)}).to_string();
        let started = client.send(("POST", "/v1/chat/start"), &headers, body.as_bytes());
        let visitor = Visitor::of(&client, &started);
        let body = json!({"input": "yes", "input_type": "text"}).to_string();
        let path = visitor.path("/interact");
        let answer = client.send(("POST", &path), &headers, body.as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
        let visitor = Visitor { turn: answer.body, ..visitor };
        assert_eq!(visitor.heard(), [told], "{flow}");
    }
    assert_eq!(site.heard().len(), 1);
}

#[test]
fn nothing_is_forwarded_unless_paths_are_listed() {
    let (site, place) = (site(), place());
    let base = site.url("");
    let server = serve(&place, &[("FLOW_INTERNAL__API_BASE", base.as_str())]);
    assert_eq!(heard_by(&server, "listed"), "no handler answers this request");
    assert!(site.heard().is_empty());
    drop(server);
    // A slip is told at the start.
    let set = format!("internal.api_base = \"{base}\"\n");
    for (settings, told) in [
        (format!("{set}internal.allow_paths = [\"/v1/cms\"]"), "never forwarded"),
        (format!("{set}internal.allow_paths = [\"/v1/../x\"]"), "plain path"),
        ("internal.allow_paths = [\"/v1/books\"]".to_owned(), "internal.api_base"),
        ("internal.allow_path = []".to_owned(), "allow_path"),
    ] {
        let file = place.file("internal.toml", settings);
        let words = ["serve", "--env", "development", "--listen", "127.0.0.1:0", "--config"];
        let more = [&*file, Path::new("--db"), &*place.database()];
        let ran = run(words.map(Path::new).into_iter().chain(more));
        assert!(ran.code == 2 && ran.err.contains(told), "{ran:?}");
    }
}

/// What a token says.
fn claims(bearer: &str) -> Value {
    let token = bearer.strip_prefix("Bearer ").expect("a bearer token");
    let part = token.split('.').nth(1).expect("three parts");
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_u32, 0);
    for letter in part.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            _ => 63,
        };
        held = (held << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(((held >> bits) & 0xff) as u8);
        }
    }
    serde_json::from_slice(&bytes).expect("claims are JSON")
}
