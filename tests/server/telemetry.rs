//! Traces of requests, as a collector gets them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value as Any};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
use prost::Message as _;
use serde_json::json;

use crate::real::{Place, Visitor, run};

/// A collector on a socket of its own, which keeps the bodies of what it gets.
struct Collector {
    address: SocketAddr,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bodies);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let body = receive(stream.expect("somebody connects"));
                kept.lock().expect("nobody panicked").push(body);
            }
        });
        Self { address, bodies }
    }

    fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// All spans, and the bytes in which they came.
    fn got(&self) -> (Vec<Span>, Vec<u8>) {
        let bodies = self.bodies.lock().unwrap();
        let mut spans = Vec::new();
        for body in bodies.iter() {
            let read = ExportTraceServiceRequest::decode(body.as_slice()).expect("it is OTLP");
            for resource in read.resource_spans {
                let of = resource.resource.expect("there is a resource").attributes;
                assert_eq!(text(&of, "service.name"), Some("library".to_owned()));
                spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
            }
        }
        (spans, bodies.concat())
    }
}

fn receive(mut stream: TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(stream.try_clone().expect("a socket can be shared"));
    let mut line = String::new();
    reader.read_line(&mut line).expect("there is a request");
    assert_eq!(line.trim(), "POST /v1/traces HTTP/1.1");
    let (mut length, mut kind) = (0, String::new());
    loop {
        line.clear();
        reader.read_line(&mut line).expect("there are headers");
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().expect("a length is a number"),
            "content-type" => value.clone_into(&mut kind),
            _ => {}
        }
    }
    assert_eq!(kind, "application/x-protobuf");
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("there is a body");
    let _ = write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    body
}

fn text(attributes: &[KeyValue], name: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        Any::StringValue(text) => Some(text.clone()),
        Any::IntValue(number) => Some(number.to_string()),
        other => panic!("{other:?}"),
    }
}

/// The span of an answer of a visitor.
fn check_span(interact: &Span) {
    let attribute = |name: &str| text(&interact.attributes, name).unwrap_or_default();
    assert_eq!(attribute("http.request.method"), "POST");
    assert_eq!(attribute("http.route"), "/v1/chat/sessions/{session_token}/interact");
    assert_eq!(attribute("http.response.status_code"), "200");
    assert_eq!(attribute("chatflow.request_id"), "call-7");
    assert_eq!(interact.attributes.len(), 4, "{interact:?}");
    assert_eq!(interact.kind, SpanKind::Server as i32);
    assert!(interact.start_time_unix_nano < interact.end_time_unix_nano);
    let trace = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128;
    assert_eq!(interact.trace_id, trace.to_be_bytes());
    assert_eq!(interact.parent_span_id, 0xb7ad_6b71_6920_3331_u64.to_be_bytes());
}

#[test]
fn a_collector_is_told_of_requests_and_of_nobody_who_sent_them() {
    let place = Place::with_flows();
    let collector = Collector::start();
    let url = collector.url();
    let settings = [("FLOW_OTEL__ENDPOINT", url.as_str()), ("FLOW_SERVICE_NAME", "library")];
    let mut server = place.serve_set(&settings);
    let client = server.client();
    let account = place.user("wriveted", &["--email", "ada@example.org"]);
    let visitor = Visitor::start(&client, "counter", &json!({"user": {"name": "Grace"}}));
    let said = json!({"input": "my secret", "input_type": "text"});
    let headers = [
        ("x-csrf-token", visitor.csrf.as_str()),
        ("x-request-id", "call-7"),
        ("user-agent", "a browser of somebody"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"),
        ("tracestate", "vendor=planted"),
    ];
    let answer = client.send_json(("POST", &visitor.path("/interact")), &headers, &said);
    assert_eq!(answer.status, 200, "{answer:?}");
    client.send(("GET", "/v1/auth/me?name=asked"), &[account.header()], b"");
    client.get("/nothing/of-this-name");
    client.send(("PLANT", "/healthz"), &[], b"");
    // What is under way is told of before the process ends.
    let (_, printed) = server.stop();
    assert!(!printed.contains("otel"), "{printed}");

    let (spans, bytes) = collector.got();
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    let expected = [
        "GET /v1/chat/flows",
        "POST /v1/chat/start",
        "POST /v1/chat/sessions/{session_token}/interact",
        "GET /v1/auth/me",
        "GET (none)",
        "_OTHER /healthz",
    ];
    assert_eq!(names, expected);
    let interact = &spans[2];
    check_span(interact);
    assert_ne!(spans[3].trace_id, interact.trace_id);
    assert_eq!(text(&spans[4].attributes, "http.response.status_code").as_deref(), Some("404"));
    let bearer = account.bearer.trim_start_matches("Bearer ");
    let private = [
        visitor.token.as_str(),
        &visitor.csrf,
        &visitor.id,
        &account.id,
        bearer,
        "127.0.0.1",
        "secret",
        "Grace",
        "ada",
        "browser",
        "planted",
        "PLANT",
        "asked",
        "of-this-name",
    ];
    for planted in private {
        let found = bytes.windows(planted.len()).any(|part| part == planted.as_bytes());
        assert!(!found, "{planted}");
    }
}

#[test]
fn a_collector_that_is_away_holds_nobody_up() {
    let place = Place::with_flows();
    // A port that nobody listens on.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let url = format!("http://{}", free.expect("there is a free port"));
    let mut server = place.serve_set(&[("FLOW_OTEL__ENDPOINT", &url)]);
    assert_eq!(server.client().get("/v1/version").status, 200);
    let (_, printed) = server.stop();
    assert!(printed.contains("error: otel.endpoint: the host could not be reached"), "{printed}");
}

#[test]
fn a_collector_has_an_address() {
    let place = Place::new();
    let config = place.file("chatflow.toml", "otel.endpoint = \"collector:4318\"\n");
    let (config, database) = (config.to_str().unwrap(), place.database());
    let ran = run([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--config",
        config,
        "--db",
        database.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.starts_with("error: otel.endpoint: "), "{ran:?}");
}
