//! A service whose disk is full answers so, and loses nothing.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "the lints spare test functions but not what they call"
)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use chatflow::FlowId;
use chatflow_server::{ServiceOptions, router};
use chatflow_sqlite::{Options, SqliteStore};
use chatflow_storage::{AnyStore, Blocking, SessionStore as _};
use serde_json::{Value, json};

/// What was answered: the head as text, and the body.
type Answer = (String, Value);

fn send(address: SocketAddr, line: &str, csrf: &str, body: &Value) -> Answer {
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-csrf-token: {csrf}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap())
}

/// Serves a database that may grow by `more` pages.
fn serve(path: &Path, more: u64) -> SocketAddr {
    let pages = std::fs::metadata(path).unwrap().len() / 4096 + more;
    let options = Options { max_pages: u32::try_from(pages).ok(), ..Options::default() };
    let store = SqliteStore::open_with(path, options).unwrap();
    let (sender, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(
                listener,
                router(AnyStore::new(Blocking(store)), ServiceOptions::default()),
            )
            .await
            .unwrap();
        });
    });
    address.recv().unwrap()
}

#[test]
fn a_turn_that_finds_no_room_is_a_503_and_the_session_stays() {
    // S3.8.
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("full.db");
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/real/seed.json");
    let mut import = Command::new(env!("CARGO_BIN_EXE_chatflow"));
    assert!(
        import.arg("import").arg(seed).arg("--db").arg(&path).output().unwrap().status.success()
    );
    let address = serve(&path, 20);
    let flow = json!({"flow_id": FlowId::derived("counter").to_string()});
    let (_, started) = send(address, "POST /v1/chat/start", "", &flow);
    let text = |key: &str| started[key].as_str().unwrap().to_owned();
    let (csrf, path_of) =
        (text("csrf_token"), format!("/v1/chat/sessions/{}", text("session_token")));
    let word = json!({"input": "word ".repeat(200), "input_type": "text"});
    let mut turns = 1;
    let (head, refused) = loop {
        let (head, answer) = send(address, &format!("POST {path_of}/interact"), &csrf, &word);
        if !head.starts_with("HTTP/1.1 200") {
            break (head, answer);
        }
        turns += 1;
        assert!(turns < 1_000, "the disk never was full");
    };
    assert!(head.starts_with("HTTP/1.1 503") && head.contains("retry-after: 2"), "{head}");
    assert_eq!(refused["code"], "unavailable", "{refused}");
    for internal in ["full", "disk", ".db", "help"] {
        assert!(!refused.to_string().contains(internal), "{refused}");
    }
    let (_, session) = send(address, &format!("GET {path_of}"), &csrf, &Value::Null);
    assert_eq!(
        (&session["revision"], &session["state"]["temp"]["count"]),
        (&json!(turns), &json!(turns - 1))
    );

    let store = SqliteStore::open(&path).unwrap();
    let id = chatflow::SessionId(text("session_id").parse().unwrap());
    assert_eq!(store.journal(id).unwrap().len(), turns);
    let address = serve(&path, 1_000);
    let (head, answer) = send(address, &format!("POST {path_of}/interact"), &csrf, &word);
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(answer["session_updated"]["revision"], turns + 1);
}
