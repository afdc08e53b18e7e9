//! What every request meets first: limits, other origins, slow clients, and those who watch.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::real::{Place, Visitor};

#[test]
fn who_calls_too_often_is_told_when_to_come_again() {
    // S4.40, F23
    let place = Place::with_flows();
    let server = place.serve_set(&[
        ("FLOW_RATE__ENABLED", "true"),
        ("FLOW_RATE__PER_SESSION", "4"),
        ("FLOW_RATE__FAILURES_PER_ADDRESS", "5"),
    ]);
    let client = server.client();
    let visitor = Visitor::start(&client, "counter", &json!({}));
    let body = json!({"input": "word", "input_type": "text"});
    assert_eq!(visitor.interact(&body).status, 200);
    let refused = visitor.interact(&body);
    refused.refuses(429, "rate_limited", "a second answer at once");
    let seconds: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&seconds), "{refused:?}");
    assert_eq!(refused.header("x-ratelimit-limit"), "4");
    assert_eq!(refused.header("x-ratelimit-remaining"), "0");
    // Another session of the same address goes on, and reading is no change.
    assert_eq!(Visitor::start(&client, "counter", &json!({})).interact(&body).status, 200);
    assert_eq!(visitor.session()["revision"], 2);
    // Guessing tokens ends in the same answer as any other haste.
    let guess = format!("/v1/chat/sessions/{}", "a".repeat(64));
    let guesses: Vec<u16> = (0..7).map(|_| client.get(&guess).status).collect();
    assert_eq!(guesses, [404, 404, 404, 404, 404, 429, 429]);
}

#[test]
fn pages_of_named_origins_may_call_and_others_may_not() {
    // S12.8
    let place = Place::with_flows();
    let server = place.serve_set(&[
        ("FLOW_CORS__ORIGINS", "[\"https://school.example\"]"),
        ("FLOW_CORS__ORIGIN_PATTERNS", "[\"https://*.library.example\"]"),
    ]);
    let client = server.client();
    let ask = |origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "x-csrf-token"),
        ];
        client.send(("OPTIONS", "/v1/chat/start"), &headers, b"")
    };
    for origin in ["https://school.example", "https://town.library.example"] {
        let answer = ask(origin);
        assert_eq!(answer.header("access-control-allow-origin"), origin, "{answer:?}");
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        assert_eq!(answer.header("access-control-max-age"), "600");
    }
    for origin in ["https://evil.example", "https://library.example", "null"] {
        assert_eq!(ask(origin).header("access-control-allow-origin"), "", "{origin}");
    }
}

#[test]
fn numbers_are_for_the_same_machine_or_for_the_token() {
    // S3.189, S12.7
    let place = Place::with_flows();
    let server = place.serve_signed();
    let client = server.client();
    let visitor = Visitor::start(&client, "counter", &json!({}));
    visitor.session();
    let numbers = client.get("/metrics");
    assert_eq!(numbers.status, 200, "{numbers:?}");
    let line = "chatflow_http_requests_total{method=\"GET\",route=\"/v1/chat/sessions/{session_token}\",status=\"200\"} 1";
    assert!(numbers.text.contains(line), "{}", numbers.text);
    assert!(!numbers.text.contains(&visitor.token));
    let server = place.serve_set(&[("FLOW_METRICS__TOKEN", "a token for watchers")]);
    let client = server.client();
    client.get("/metrics").refuses(403, "forbidden", "no token");
    let with = |token| client.send(("GET", "/metrics"), &[("authorization", token)], b"").status;
    assert_eq!((with("Bearer another"), with("Bearer a token for watchers")), (403, 200));
}

#[test]
fn the_service_tells_how_it_is() {
    // S3.186 to S3.188, S12.9
    let place = Place::with_flows();
    let server = place.serve_signed();
    let client = server.client();
    // This waits until the service is there.
    let version = client.get("/v1/version");
    assert!(
        version.body["schema_version"].as_u64().is_some_and(|number| number >= 9),
        "{version:?}"
    );
    for path in ["/healthz", "/health", "/readyz"] {
        let answer = client.get(path);
        assert_eq!((answer.status, &answer.body), (200, &json!({"status": "ok"})), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("strict-transport-security"), "", "development has no TLS");
    }
}

#[test]
fn a_client_that_sends_its_head_drop_by_drop_is_cut_off() {
    // S12.10
    let place = Place::with_flows();
    let server = place.serve_signed();
    let mut slow = TcpStream::connect(server.socket()).expect("a connection");
    slow.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").expect("half a head is sent");
    let began = Instant::now();
    let mut rest = Vec::new();
    // The end of the stream, or an answer that refuses: not an error of waiting too long.
    slow.read_to_end(&mut rest).expect("the server ends the connection");
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    assert!(!rest.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&rest));
    assert_eq!(server.client().get("/healthz").status, 200);
}

#[test]
fn a_head_without_end_is_refused() {
    // S12.1
    let place = Place::with_flows();
    let server = place.serve_signed();
    let client = server.client();
    let long = "x".repeat(64 * 1024);
    let answer = client.try_send(("GET", "/healthz"), &[("x-long", &long)], b"");
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 431));
    assert_eq!(client.get("/healthz").body, json!({"status": "ok"}));
}

#[test]
fn requests_are_logged_by_route_without_anything_personal() {
    // S12.7
    let place = Place::with_flows();
    let mut server = place.serve_set(&[("FLOW_LOG__REQUESTS", "true")]);
    let client = server.client();
    let visitor = Visitor::start(&client, "counter", &json!({"user": {"name": "MarkerInState"}}));
    let body = json!({"input": "MarkerInAnswer", "input_type": "text"});
    visitor.interact(&body);
    let cookies = [("authorization", "Bearer MarkerInToken"), ("cookie", "a=MarkerInCookie")];
    client.send(("GET", &visitor.path("")), &cookies, b"");
    let log = server.kill();
    let lines: Vec<Value> =
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let routes: Vec<&str> = lines.iter().filter_map(|line| line["route"].as_str()).collect();
    assert!(routes.contains(&"/v1/chat/sessions/{session_token}/interact"), "{log}");
    assert!(lines.iter().all(|line| line["status"].is_u64() && line["ms"].is_f64()), "{log}");
    assert!(!log.contains("Marker") && !log.contains(&visitor.token), "{log}");
}

#[test]
fn a_configuration_that_cannot_be_meant_is_refused_at_start() {
    // S12.14
    let place = Place::with_flows();
    for (name, variable, value, told) in [
        ("a short secret", "FLOW_AUTH__SECRET", "short", "at least 32"),
        ("an unknown key", "FLOW_AUTH__SECRETS", "x", "secrets"),
        ("everyone's origin", "FLOW_CORS__ORIGINS", "[\"*\"]", "is not an origin"),
        ("no identity in production", "FLOW_AUTH__IDENTITY", "none", "development only"),
        ("a missing key", "FLOW_AUTH__MODE", "rs256", "public_key_file"),
    ] {
        let mut command = crate::real::chatflow();
        let words = ["serve", "--listen", "127.0.0.1:0", "--db"];
        command.args(words).arg(place.database()).env(variable, value);
        let ran = crate::real::finish(&mut command);
        assert!(ran.code == 2 && ran.err.contains(told), "{name}: {ran:?}");
    }
}
