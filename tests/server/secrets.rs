//! Tokens are given out once: neither the database nor the log has them (S4.1, S4.3, S12.7).

use rusqlite::Connection;
use serde_json::json;

use crate::real::{Place, Visitor};

#[test]
fn tokens_and_answers_are_neither_stored_in_plain_nor_logged() {
    const ANSWER: &str = "a secret only Zoë knows";
    let place = Place::with_flows();
    let mut server = place.serve(&json!({}));
    let client = server.client();
    let mut visitors = Vec::new();
    for _ in 0..3 {
        let mut visitor = Visitor::start(&client, "counter", &json!({}));
        visitor.say(ANSWER);
        let altered = Visitor { token: visitor.token.replace('a', "b"), ..visitor.clone() };
        let wrong = altered.interact(&json!({"input": ANSWER, "input_type": "nonsense"}));
        assert!((400..500).contains(&wrong.status), "{wrong:?}");
        visitors.push(visitor);
    }
    let database = Connection::open(place.database()).unwrap();
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let stored = std::fs::read(place.database()).unwrap();
    let logged = server.kill();
    assert!(contains(&stored, ANSWER.as_bytes()), "the answer is in the history");
    assert!(!logged.contains(ANSWER), "{logged}");
    for visitor in &visitors {
        assert!(contains(&stored, visitor.id.as_bytes()), "the session is in the file");
        // The session's own part of a token is no secret; half of the secret part would be.
        for secret in [&visitor.token[..], &visitor.token[32..], &visitor.csrf, &visitor.csrf[..20]]
        {
            assert!(!contains(&stored, secret.as_bytes()), "stored in plain");
            assert!(!logged.contains(secret), "{logged}");
        }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
