//! A service that is still opening its database (S3.187, S3.188).

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;

use axum::Router;
use axum::routing::get;
use chatflow_server::{Entrance, ListenOptions, serve};
use tokio::runtime::Runtime;

use crate::real::{Client, Server};

/// Asks for something, without waiting for the answer.
fn ask(address: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request is sent");
    stream
}

#[test]
fn a_service_without_its_database_lives_and_is_not_ready() {
    // It takes connections, and never says a word.
    let database = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = database.local_addr().expect("it is bound").port();
    let address = PathBuf::from(format!("postgres://nobody@127.0.0.1:{port}/nothing"));
    let mut server = Server::start_at("127.0.0.1:0", &address, &[], &[]);
    let client = server.client();
    for path in ["/healthz", "/health"] {
        let lives = client.get(path);
        assert_eq!((lives.status, lives.body["status"].as_str()), (200, Some("ok")), "{lives:?}");
        assert_eq!(lives.header("x-content-type-options"), "nosniff");
        assert_eq!(lives.header("cache-control"), "no-store");
        assert_ne!(lives.header("x-request-id"), "");
    }
    let ready = client.get("/readyz");
    assert_eq!(
        (ready.status, ready.body["code"].as_str()),
        (503, Some("unavailable")),
        "{ready:?}"
    );
    assert_ne!(ready.header("retry-after"), "");
    // Who waits does not keep the process from ending.
    let mut waiting = ask(server.socket(), "/v1/version");
    server.stop();
    let mut answer = String::new();
    drop(waiting.read_to_string(&mut answer));
    assert_eq!(answer, "");
}

#[test]
fn who_comes_early_is_answered_once_the_service_is_there() {
    let runtime = Runtime::new().expect("a runtime starts");
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let listener = runtime.block_on(listener).expect("a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    let entrance = Entrance::default();
    let never = std::future::pending();
    runtime.spawn(serve(listener, entrance.clone(), ListenOptions::default(), never));
    let mut early = ask(&address, "/word");
    assert_eq!(Client::new(&format!("http://{address}")).get("/healthz").status, 200);
    let service =
        |word: &'static str| Router::new().route("/word", get(move || async move { word }));
    entrance.open(service("first"));
    entrance.open(service("second"));
    let mut answer = String::new();
    early.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("first"), "{answer:?}");
    // From now on, it is the service that says how it is.
    assert_eq!(Client::new(&format!("http://{address}")).get("/healthz").status, 404);
}
