//! What arrives at the socket and is no honest request: slow bodies, readers that do not read, odd
//! lines, and bytes that two servers would read in two ways.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::real::{Place, Server};

/// How long the servers of these tests wait for a client, in seconds.
const PATIENCE: &str = "1";

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.socket()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    stream
}

/// All that comes until the server ends the connection, which it must.
fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        // It need not read what it refuses.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&bytes)),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The statuses of the answers to these bytes, after which nothing more is sent.
fn statuses(server: &Server, bytes: &[u8]) -> Vec<u16> {
    let mut stream = connect(server);
    // Who refuses the first bytes may end before the last.
    let _ = stream.write_all(bytes);
    let text = rest(stream);
    let lines = text.split("HTTP/1.1 ").skip(1);
    lines.map(|line| line.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0)).collect()
}

#[test]
fn a_body_that_comes_drop_by_drop_is_cut_off() {
    // S12.10
    let place = Place::with_flows();
    let server = place.serve_set(&[("FLOW_SERVER__CLIENT_PATIENCE_SECONDS", PATIENCE)]);
    let mut slow = connect(&server);
    let request = "POST /v1/chat/start HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                content-length: 1000\r\n\r\n{";
    slow.write_all(request.as_bytes()).expect("a head is sent");
    slow.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout");
    let began = Instant::now();
    let mut answer = Vec::new();
    let mut part = [0; 1024];
    loop {
        match slow.read(&mut part) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&part[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                // Each drop is progress, but not enough of it.
                let _ = slow.write_all(b" ");
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{error}"),
        }
        assert!(began.elapsed() < Duration::from_secs(20), "nobody cuts it off");
    }
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(
        answer.contains("\"request_timeout\"") && answer.contains("connection: close"),
        "{answer}"
    );
    assert_eq!(server.client().get("/healthz").status, 200);
}

#[test]
fn a_client_that_asks_and_never_reads_is_cut_off() {
    // S12.10
    let place = Place::with_flows();
    let server = place.serve_set(&[("FLOW_SERVER__CLIENT_PATIENCE_SECONDS", PATIENCE)]);
    let mut greedy = connect(&server);
    greedy.set_write_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let ask = "GET /v1/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
    // Until nothing fits anywhere any more, and then until the server has had enough.
    let error = loop {
        if let Err(error) = greedy.write_all(ask.as_bytes()) {
            break error;
        }
    };
    let is_cut = matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
    assert!(is_cut, "the server never ends it: {error}");
    assert_eq!(server.client().get("/healthz").status, 200);
}

#[test]
fn who_finds_no_room_is_let_in_when_somebody_leaves() {
    // S12.10
    let place = Place::with_flows();
    let server = place.serve_set(&[
        ("FLOW_SERVER__MAX_CONNECTIONS", "2"),
        ("FLOW_SERVER__CLIENT_PATIENCE_SECONDS", PATIENCE),
    ]);
    let began = Instant::now();
    let idle = [connect(&server), connect(&server)];
    // Those who say nothing lose their places.
    assert_eq!(server.client().get("/healthz").status, 200);
    assert!(began.elapsed() >= Duration::from_millis(900), "{:?}", began.elapsed());
    drop(idle);
}

#[test]
fn bytes_that_can_be_read_in_two_ways_are_no_request() {
    // RFC 9112, sections 5.1, 6.1 and 6.3
    let place = Place::with_flows();
    let server = place.serve_set(&[("FLOW_SERVER__CLIENT_PATIENCE_SECONDS", PATIENCE)]);
    let hidden = "GET /v1/version HTTP/1.1\r\nhost: x\r\n\r\n";
    let chunked = format!("0\r\n\r\n{hidden}");
    let post = |headers: &str, body: &str| {
        let head = "POST /v1/chat/start HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
        format!("{head}{headers}\r\n{body}")
    };
    let length = |more: usize| format!("content-length: {}\r\n", 2 + more);
    let cases = [
        (
            "two lengths",
            post(&[length(0), length(hidden.len())].concat(), &format!("{{}}{hidden}")),
        ),
        ("a list of lengths", post("content-length: 2, 40\r\n", &format!("{{}}{hidden}"))),
        ("a length with a sign", post("content-length: +2\r\n", &format!("{{}}{hidden}"))),
        ("a negative length", post("content-length: -1\r\n", hidden)),
        ("a length in hexadecimal", post("content-length: 0x2\r\n", &format!("{{}}{hidden}"))),
        ("an endless length", post("content-length: 99999999999999999999\r\n", hidden)),
        (
            "length, then chunks",
            post("content-length: 4\r\ntransfer-encoding: chunked\r\n", &chunked),
        ),
        (
            "chunks, then length",
            post("transfer-encoding: chunked\r\ncontent-length: 4\r\n", &chunked),
        ),
        (
            "two codings",
            post("transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n", &chunked),
        ),
        ("an unknown coding", post("transfer-encoding: xchunked\r\n", &chunked)),
        ("chunks with a vertical tab", post("transfer-encoding: \x0bchunked\r\n", &chunked)),
        ("a space before the colon", post("transfer-encoding : chunked\r\n", &chunked)),
        ("a folded header", post("x: a\r\n transfer-encoding: chunked\r\n", &chunked)),
        ("a bare return", post("x: a\rtransfer-encoding: chunked\r\n", &chunked)),
        (
            "a chunk of no number",
            post("transfer-encoding: chunked\r\n", &format!("zz\r\n{chunked}")),
        ),
        ("a chunk too large", post("transfer-encoding: chunked\r\n", "fffffffffffffffff\r\n{}")),
    ];
    for (what, bytes) in &cases {
        let statuses = statuses(&server, bytes.as_bytes());
        let first = statuses.first().copied().unwrap_or(400);
        assert!((400..500).contains(&first), "{what}: {statuses:?}");
        assert!(statuses.len() <= 1, "what is hidden is answered: {what}: {statuses:?}");
    }
    // An old server in front, which knows no chunks, does not hide anything either.
    let old = "POST /v1/chat/start HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n";
    assert!(statuses(&server, format!("{old}{chunked}").as_bytes()).len() <= 1);
}

#[test]
fn requests_one_after_the_other_are_answered_in_order() {
    let place = Place::with_flows();
    let server = place.serve_set(&[("FLOW_SERVER__CLIENT_PATIENCE_SECONDS", PATIENCE)]);
    let get = |path: &str, id: usize| {
        format!("GET {path} HTTP/1.1\r\nhost: x\r\nx-request-id: {id}\r\n\r\n")
    };
    let paths = ["/healthz", "/v1/nowhere", "/v1/chat/flows"];
    let all: String = (0..30).map(|id| get(paths[id % 3], id)).collect();
    let mut stream = connect(&server);
    stream.write_all(all.as_bytes()).expect("it is sent");
    let text = rest(stream);
    let ids: Vec<usize> =
        text.lines().filter_map(|line| line.strip_prefix("x-request-id: ")?.parse().ok()).collect();
    assert_eq!(ids, (0..30).collect::<Vec<_>>());
}

#[test]
fn lines_and_heads_that_nobody_means_are_refused() {
    // S12.1, S3.2, S3.3
    let place = Place::with_flows();
    let server = place.serve_set(&[("FLOW_SERVER__CLIENT_PATIENCE_SECONDS", PATIENCE)]);
    let line = |line: &str| format!("{line}\r\nhost: x\r\nconnection: close\r\n\r\n");
    let get = |path: &str| line(&format!("GET {path} HTTP/1.1"));
    let with = |headers: &str| {
        format!("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n")
    };
    let token = "a".repeat(64);
    for (what, bytes) in [
        ("no line", "\0\x01\x02\r\n\r\n".to_owned()),
        ("no path", line("GET HTTP/1.1")),
        ("a path that does not begin", line("GET healthz HTTP/1.1")),
        ("another version", line("GET /healthz HTTP/3.7")),
        ("TLS", "\x16\x03\x01\x02\x00\x01\x00".to_owned() + &"\0".repeat(60) + "\r\n\r\n"),
        ("an odd method", line("GE\0T /healthz HTTP/1.1")),
        ("an unknown method", line("PROPFIND /healthz HTTP/1.1")),
        ("a tunnel", line("CONNECT 127.0.0.1:22 HTTP/1.1")),
        ("a method that echoes", line("TRACE /healthz HTTP/1.1")),
        ("two slashes", get("//healthz")),
        ("two slashes within", get("/v1//version")),
        ("a slash at the end", get("/v1/version/")),
        ("up", get("/v1/../healthz")),
        ("up, written otherwise", get("/v1/%2e%2e/healthz")),
        ("out of the root", get("/../../../../etc/passwd")),
        ("out, written otherwise", get("/%2e%2e%2f%2e%2e%2fetc%2fpasswd")),
        ("a backslash", get("/v1\\version")),
        ("a NUL", get("/v1/version%00")),
        ("a NUL in an id", get(&format!("/v1/chat/sessions/{token}%00"))),
        ("a broken escape", get("/v1/chat/sessions/%zz")),
        ("no UTF-8", get("/v1/chat/sessions/%ff%fe")),
        ("a slash in an id", get("/v1/cms/flows/a%2fb")),
        ("a long path", get(&format!("/{}", "a".repeat(29_000)))),
        ("a long query", get(&format!("/v1/chat/flows?q={}", "a".repeat(29_000)))),
        ("a very long path", get(&format!("/{}", "a".repeat(60_000)))),
        ("many headers", with(&"x: 1\r\n".repeat(500))),
        ("large headers", with(&format!("x: {}\r\n", "a".repeat(35_000)))),
        ("a very large header", with(&format!("x: {}\r\n", "a".repeat(300_000)))),
        ("a NUL in a header", with("x: a\0b\r\n")),
        ("a name with a space", with("x y: 1\r\n")),
        ("no name", with(": 1\r\n")),
    ] {
        let statuses = statuses(&server, bytes.as_bytes());
        let first = statuses.first().copied().unwrap_or(400);
        assert!((400..500).contains(&first), "{what}: {statuses:?}");
        assert!(statuses.len() <= 1, "{what}: {statuses:?}");
    }
    // What is merely unusual is fine.
    for bytes in [get("/healthz?"), line("HEAD /healthz HTTP/1.1"), with("")] {
        assert_eq!(statuses(&server, bytes.as_bytes()), [200], "{bytes}");
    }
    assert_eq!(server.client().get("/healthz").body, json!({"status": "ok"}));
}
