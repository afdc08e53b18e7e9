//! Requests that leave the service: the real program, a real receiver, and what stays of a secret.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::real::{Place, Server, Visitor, run};

const SECRET: &str = "planted-s3cr3t-value";
/// The same in base64, as it stands in the middle of something longer.
const ENCODED: [&str; 3] =
    ["cGxhbnRlZC1zM2NyM3QtdmFsdW", "BsYW50ZWQtczNjcjN0LXZhbHVl", "wbGFudGVkLXMzY3IzdC12YWx1Z"];

/// What a receiver heard: the headers, in lower case, and the body.
type Heard = (BTreeMap<String, String>, String);

/// Answers every request with what it said of itself.
pub(crate) struct Receiver {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &ear);
            }
        });
        Self { url, heard }
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, ear: &Mutex<Vec<Heard>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut headers = BTreeMap::new();
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let said = headers.get("authorization").cloned().unwrap_or_default();
    let echo = json!({"echo": said, "escaped": said.replace('-', "%2D"), "count": ear.lock().unwrap().len()});
    ear.lock().unwrap().push((headers, String::from_utf8(body).unwrap()));
    let echo = echo.to_string();
    let length = echo.len();
    // The visitor need not wait for who does not listen.
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n\
         set-cookie: a=1\r\ncontent-length: {length}\r\n\r\n{echo}"
    );
}

/// A flow that asks where to send something, sends it, and says what came back.
fn fixture() -> Value {
    let hook = json!({
        "url": "{{temp.url}}", "method": "POST", "body": {"word": "{{temp.url}}"},
        "headers": {"Authorization": "Bearer {{secret:planted}}"},
        "response_mapping": {"temp.echo": "$.echo", "temp.escaped": "$.escaped", "temp.count": "$.count"},
        "store_response": true, "timeout": 5,
    });
    let message = |text: &str| json!({"messages": [{"type": "text", "text": text}]});
    json!({
        "seed_key": "outgoing",
        "flows": [{
            "seed_key": "outside", "name": "Outside", "version": "1.0.0", "entry_node_id": "ask",
            "visibility": "wriveted", "trace_enabled": true, "trace_sample_rate": 100,
            "flow_data": {
                "nodes": [
                    {"id": "ask", "type": "question", "content": {"question": {"text": "Where?"}, "input_type": "text", "variable": "temp.url"}},
                    {"id": "hook", "type": "webhook", "content": hook},
                    {"id": "told", "type": "message", "content": message("It said {{temp.echo}} {{temp.escaped}}.")},
                    {"id": "sorry", "type": "message", "content": message("Failed: {{temp.webhook_error.error}}")},
                ],
                "connections": [
                    {"source": "ask", "target": "hook", "type": "default"},
                    {"source": "hook", "target": "told", "type": "success"},
                    {"source": "hook", "target": "sorry", "type": "failure"},
                    {"source": "told", "target": "ask", "type": "default"},
                    {"source": "sorry", "target": "ask", "type": "default"},
                ],
            },
        }],
    })
}

fn place() -> Place {
    let place = Place::new();
    import(&place);
    place
}

/// Gives a place that flow.
pub(crate) fn import(place: &Place) {
    let path = place.file("outgoing.json", fixture().to_string());
    let ran = run([Path::new("import"), &path, Path::new("--db"), &place.database()]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// A server that reaches the receiver.
pub(crate) fn serve(place: &Place) -> Server {
    let secrets = json!({"planted": {"hosts": ["127.0.0.1"], "value": SECRET}});
    let secrets = place.file("secrets.json", secrets.to_string());
    let words = ["--env", "development", "--egress-allow-loopback", "--secrets"].map(Path::new);
    Server::start(&place.database(), &[&words[..], &[&secrets]].concat())
}

#[test]
fn a_secret_reaches_its_receiver_and_stays_nowhere() {
    // R8.10, R8.33, R8.34, F12
    let receiver = Receiver::start();
    let place = place();
    let mut server = serve(&place);
    let mut visitor = Visitor::start(&server.client(), "outside", &json!({}));
    visitor.say(receiver.url.as_str());
    assert_eq!(visitor.heard(), ["It said Bearer [SECRET] Bearer [SECRET]."]);
    visitor.say(receiver.url.as_str());
    let heard = receiver.heard();
    assert_eq!(heard.len(), 2);
    let session = &visitor.id;
    for (revision, (headers, body)) in (1..).zip(&heard) {
        assert_eq!(headers["authorization"], format!("Bearer {SECRET}"));
        // R7.50, R7.52
        assert_eq!(headers["idempotency-key"], format!("{session}:hook:{revision}"));
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(*body, json!({"word": receiver.url}).to_string());
    }
    let shown = [visitor.session().to_string(), json!(visitor.history()).to_string()].concat();
    let logged = server.kill();
    let database = Connection::open(place.database()).unwrap();
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let records = "SELECT count(*) FROM task_idempotency_records WHERE status = 'completed'";
    let count: i64 = database.query_row(records, [], |row| row.get(0)).unwrap();
    assert_eq!(count, 2, "one record of each request");
    let traced = "SELECT count(*) FROM flow_execution_turns";
    assert!(database.query_row(traced, [], |row| row.get::<_, i64>(0)).unwrap() > 0);
    let stored = std::fs::read(place.database()).unwrap();
    let stored = String::from_utf8_lossy(&stored);
    assert!(stored.contains("Bearer [SECRET]"), "the answer is kept");
    let escaped = SECRET.replace('-', "%2D");
    for text in [&*shown, &*logged, &*stored] {
        for writing in [SECRET, &escaped].into_iter().chain(ENCODED) {
            assert!(!text.contains(writing), "{writing}");
        }
        assert!(!text.contains("set-cookie"), "a header that nobody may keep");
    }
}

#[test]
fn a_request_whose_turn_was_lost_is_not_sent_again() {
    // F11, R7.51: the record is committed before the turn.
    let receiver = Receiver::start();
    let place = place();
    let mut server = serve(&place);
    let mut visitor = Visitor::start(&server.client(), "outside", &json!({}));
    server.kill();
    let database = place.database();
    let checkpoint = |path: &Path| {
        let open = Connection::open(path).unwrap();
        open.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    };
    checkpoint(&database);
    let before = database.with_file_name("before.db");
    std::fs::copy(&database, &before).unwrap();
    let mut server = serve(&place);
    visitor.client = server.client();
    let first = visitor.say(receiver.url.as_str())["messages"].clone();
    server.kill();
    checkpoint(&database);
    // The turn is undone, as if the process had died before its commit.
    let open = Connection::open(&before).unwrap();
    let attach = format!(
        "ATTACH '{}' AS after;
         INSERT INTO task_idempotency_records SELECT * FROM after.task_idempotency_records",
        database.display()
    );
    open.execute_batch(&attach).unwrap();
    drop(open);
    checkpoint(&before);
    std::fs::rename(&before, &database).unwrap();
    let server = serve(&place);
    visitor.client = server.client();
    visitor.catch_up();
    assert_eq!(visitor.revision(), 1);
    let again = visitor.say(receiver.url.as_str())["messages"].clone();
    assert_eq!(again, first);
    assert_eq!(receiver.heard().len(), 1);
    assert_eq!(visitor.state()["temp"]["count"], 0);
    // The next turn is another request.
    visitor.say(receiver.url.as_str());
    assert_eq!(receiver.heard().len(), 2);
}

#[test]
fn nothing_leaves_for_where_it_may_not_go() {
    // R8.31, S12.4, S12.14, R8.25
    let receiver = Receiver::start();
    let place = place();
    let server = place.serve(&json!({}));
    let mut visitor = Visitor::start(&server.client(), "outside", &json!({}));
    for url in [
        receiver.url.clone(),
        receiver.url.replace("http", "https"),
        receiver.url.replace("127.0.0.1", "2130706433").replace("http", "https"),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://localhost/".to_owned(),
        "https://user:pw@example.com/".to_owned(),
    ] {
        visitor.say(url.as_str());
        let heard = visitor.heard().concat();
        assert!(heard.starts_with("Failed: "), "{url}: {heard}");
    }
    assert!(receiver.heard().is_empty());
    drop(server);
    let words = ["serve", "--listen", "127.0.0.1:0", "--egress-allow-loopback", "--db"];
    let ran = run(words.map(Path::new).into_iter().chain([&*place.database()]));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("--env development"), "{ran:?}");
}

#[test]
fn handlers_stand_for_what_would_leave() {
    // R7.41
    let receiver = Receiver::start();
    let place = place();
    let handlers = json!({&*receiver.url: {"answer": {"echo": "a handler"}}});
    let handlers = place.file("handlers.json", handlers.to_string());
    let words = ["--env", "development", "--egress-allow-loopback", "--handlers"].map(Path::new);
    let server = Server::start(&place.database(), &[&words[..], &[&handlers]].concat());
    let mut visitor = Visitor::start(&server.client(), "outside", &json!({}));
    visitor.say(receiver.url.as_str());
    assert_eq!(visitor.state()["temp"]["echo"], "a handler");
    assert!(receiver.heard().is_empty());
}
