//! A database that fails under the service: clients are told to try again, or that it is not
//! their fault, and learn nothing of files; the session is as it was.

use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::real::{Answer, Place, Visitor};

/// Demands an error that is not the request's, in the form of S3.4 and S3.7.
fn fails(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.body["code"].as_str()), (status, Some(code)), "{answer:?}");
    assert!(answer.body["detail"].is_string(), "{answer:?}");
    for internal in [".db", "SQLite", "sqlite", "database", "help", "lock", "disk"] {
        assert!(!answer.text.contains(internal), "{internal} is in {answer:?}");
    }
    assert_eq!(answer.body["request_id"], answer.header("x-request-id"), "{answer:?}");
}

fn word(text: &str) -> Value {
    json!({"input": text, "input_type": "text"})
}

#[test]
fn a_locked_database_is_a_503_and_the_session_goes_on_afterwards() {
    // S3.8.
    let place = Place::with_flows();
    let mut server = place.serve(&json!({}));
    let mut visitor = Visitor::start(&server.client(), "counter", &json!({}));
    visitor.say("one");
    let before = visitor.session();
    let other = Connection::open(place.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = visitor.interact(&word("two"));
    fails(&answer, 503, "unavailable");
    assert_eq!(answer.header("retry-after"), "2", "{answer:?}");
    assert_eq!(visitor.session(), before);
    other.execute_batch("ROLLBACK").unwrap();
    visitor.say("two");
    let printed = server.kill();
    for part in ["unavailable", "commit a turn", "chatflow.db", "another program holds the lock"] {
        assert!(printed.contains(part), "{part} is not in the log: {printed}");
    }
}

#[test]
fn a_damaged_database_is_a_500_and_no_crash() {
    let place = Place::with_flows();
    let mut server = place.serve(&json!({}));
    let mut visitor = Visitor::start(&server.client(), "counter", &json!({}));
    for number in 0..40 {
        visitor.say(format!("{number} {}", "long ".repeat(300)));
    }
    drop(server.kill());
    // The next opening puts the log into the file.
    drop(Connection::open(place.database()).unwrap().query_row(
        "SELECT 1 FROM schools",
        [],
        |_| Ok(()),
    ));
    let length = std::fs::metadata(place.database()).unwrap().len();
    let mut file = OpenOptions::new().write(true).open(place.database()).unwrap();
    // The first pages are those of the schema, without which nothing can be opened.
    file.seek(SeekFrom::Start(length - length / 4)).unwrap();
    file.write_all(&vec![0x5a; usize::try_from(length / 4).unwrap()]).unwrap();
    drop(file);
    let mut server = place.serve(&json!({}));
    visitor.client = server.client();
    let answer = visitor.client.get(&visitor.path("/history"));
    fails(&answer, 500, "internal_error");
    // It goes on answering.
    assert_eq!(visitor.client.get("/").status, 200);
    let printed = server.kill();
    assert!(printed.contains("damaged") && printed.contains("restore a backup"), "{printed}");
    assert!(!printed.contains("panicked"), "{printed}");
}
