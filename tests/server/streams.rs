//! Thousands of open streams of events: each hears of what happens, the service goes on answering,
//! and what they cost is told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use chatflow_tests::budget;
use chatflow_tests::report::figure;
use serde_json::{Value, json};

use crate::real::{Account, Place, Server, Visitor, program};

/// The client, a process of its own.
struct Streams {
    child: Child,
    printed: BufReader<ChildStdout>,
}

impl Streams {
    /// Opens so many streams.
    fn open(server: &Server, account: &Account, count: usize) -> Self {
        let client = program("chatflow-tests", ["--example", "streams"]);
        let mut child = Command::new(client)
            .args([server.socket(), &count.to_string(), &account.bearer])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the client starts");
        let printed = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let mut streams = Self { child, printed };
        streams.tells(&format!("open {count}"));
        streams
    }

    /// Waits for the next line, which must be this one.
    fn tells(&mut self, expected: &str) {
        let mut line = String::new();
        self.printed.read_line(&mut line).expect("stdout reads");
        assert_eq!(line.trim(), expected);
    }

    fn close(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().expect("a child can be waited for").success());
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// Makes something that the streams tell of.
fn make(server: &Server, account: &Account, path: &str, body: &Value) {
    let made = server.client().send_json(("POST", path), &[account.header()], body);
    assert_eq!(made.status, 201, "{made:?}");
}

fn flow() -> Value {
    json!({"name": "Another", "flow_data": {}})
}

/// `CHATFLOW_BATCH=1/1 cargo test --release -p chatflow-tests -- server::streams --nocapture` prints
/// what ten thousand cost.
#[test]
fn thousands_follow_what_happens() {
    // S3.181, S6.49
    let count = usize::try_from(budget::cases(500, 10_000)).expect("it fits");
    let place = Place::with_flows();
    let mut server = place.serve_signed();
    let account = place.user("wriveted", &[]);
    let client = server.client();
    let idle = server.memory();
    let began = Instant::now();
    let mut streams = Streams::open(&server, &account, count);
    let opened = began.elapsed();
    let held = server.memory();
    let began = Instant::now();
    make(&server, &account, "/v1/cms/flows", &flow());
    streams.tells(&format!("heard {count}"));
    let told = began.elapsed();
    // The service is there for everybody else.
    let began = Instant::now();
    assert_eq!(client.get("/healthz").status, 200);
    Visitor::start(&client, "counter", &json!({})).say("one");
    let turned = began.elapsed();
    assert!(turned < Duration::from_secs(5), "{turned:?}");
    let after = server.memory();
    println!(
        "{count} streams: open after {opened:?}, all told after {told:?}, a turn in {turned:?}"
    );
    if let (Some(idle), Some(held), Some(after)) = (idle, held, after) {
        let more = |memory: u64| usize::try_from(memory.saturating_sub(idle)).expect("it fits");
        println!(
            "memory: {} KiB idle, {} KiB more with {count} streams, {} KiB more once all were told",
            idle >> 10,
            more(held) >> 10,
            more(after) >> 10
        );
        figure("streams: bytes of memory for each", more(after) / count);
        assert!(more(after) / count < 64 * 1024, "{} bytes for each", more(after) / count);
    }
    figure("streams of events that were open at the same time", count);
    streams.close();
    assert_eq!(client.get("/healthz").status, 200);
    let (time, _) = server.stop();
    assert!(time < Duration::from_secs(10), "{time:?}");
}

#[test]
fn a_service_that_is_told_to_end_ends_its_streams() {
    // S12.10
    let place = Place::with_flows();
    let mut server = place.serve_signed();
    let account = place.user("wriveted", &[]);
    let mut stream = TcpStream::connect(server.socket()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    let ask = format!(
        "GET /v1/cms/events HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n\r\n",
        account.bearer
    );
    stream.write_all(ask.as_bytes()).expect("it is sent");
    let mut first = [0; 15];
    stream.read_exact(&mut first).expect("an answer begins");
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    // Somebody else is connected and says nothing.
    let idle = TcpStream::connect(server.socket()).expect("a connection");
    let (time, printed) = server.stop();
    assert!(time < Duration::from_secs(3), "{time:?}");
    assert!(!printed.contains("error"), "{printed}");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).expect("the stream ends");
    // Whole: the last chunk is there.
    assert!(rest.ends_with("0\r\n\r\n"), "{rest}");
    drop(idle);
}

#[test]
fn those_who_may_see_different_events_are_told_different_ones() {
    // S2.28, S6.49: reads are shared among those who ask the same, and among nobody else.
    let place = Place::with_flows();
    let server = place.serve_signed();
    let platform = place.user("wriveted", &[]);
    let principal = place.user("school_admin", &["--school", crate::real::HILLSIDE]);
    let follow = |account: &Account, query: &str| {
        let stream = TcpStream::connect(server.socket()).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        let ask = format!(
            "GET /v1/cms/events{query} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n\r\n",
            account.bearer
        );
        (&stream).write_all(ask.as_bytes()).expect("it is sent");
        let mut lines = BufReader::new(stream).lines().map(|line| line.expect("a line"));
        assert_eq!(lines.next().as_deref(), Some("HTTP/1.1 200 OK"));
        lines.filter_map(|line| line.strip_prefix("event: ").map(str::to_owned))
    };
    let everything = "?since=0.0.0";
    let mut all = [follow(&platform, everything), follow(&platform, everything)];
    let mut typed = follow(&platform, "?since=0.0.0&types=content_created");
    let mut own = follow(&principal, everything);
    make(&server, &platform, "/v1/cms/flows", &flow());
    let fact = json!({"type": "fact", "content": {"text": "x"}});
    make(&server, &principal, "/v1/cms/content", &fact);
    for stream in &mut all {
        let heard: Vec<String> = stream.take_while(|event| event != "content_created").collect();
        assert!(heard.iter().any(|event| event == "flow_created"), "{heard:?}");
    }
    assert_eq!(typed.next().as_deref(), Some("content_created"));
    // The platform's flow is none of the school's business.
    assert_eq!(own.next().as_deref(), Some("content_created"));
}
