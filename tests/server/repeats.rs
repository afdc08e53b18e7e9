//! Requests that are sent again because their answer was lost (S4.37, F15).

use serde_json::json;

use crate::real::{Place, Visitor};

#[test]
fn a_request_that_is_sent_again_is_answered_again_and_done_once() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let visitor = Visitor::start(&server.client(), "counter", &json!({}));
    let say = |key: &str, body: &serde_json::Value| {
        let headers = [("x-csrf-token", visitor.csrf.as_str()), ("idempotency-key", key)];
        visitor.client.send_json(("POST", &visitor.path("/interact")), &headers, body)
    };
    let body = json!({"input": "one", "input_type": "text"});
    let (first, second) = (say("a key", &body), say("a key", &body));
    assert_eq!((first.status, first.header("idempotency-replayed")), (200, ""), "{first:?}");
    assert_eq!((second.status, second.header("idempotency-replayed")), (200, "true"));
    assert_eq!(first.body, second.body);
    assert_eq!(visitor.session()["revision"], 2);
    let other = json!({"input": "two", "input_type": "text"});
    say("a key", &other).refuses(422, "idempotency_key_reused", "another body");
    say("", &body).refuses(422, "validation_error", "an empty key");
    say(&"k".repeat(129), &body).refuses(422, "validation_error", "a long key");
    assert_eq!(visitor.session()["revision"], 2);
    // The same name for an end is another request.
    let headers = [("x-csrf-token", visitor.csrf.as_str()), ("idempotency-key", "a key")];
    let end = |headers: &[(&str, &str)]| {
        visitor.client.send_json(("POST", &visitor.path("/end")), headers, &json!({}))
    };
    end(&headers).refuses(422, "idempotency_key_reused", "another route");
    // What is repeated stays repeatable when the session is over.
    let headers = [("x-csrf-token", visitor.csrf.as_str()), ("idempotency-key", "the end")];
    assert_eq!(end(&headers).status, 200);
    assert_eq!(end(&headers).header("idempotency-replayed"), "true");
    assert_eq!(say("a key", &body).body, first.body);
}

#[test]
fn a_message_may_be_named_in_the_body() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let visitor = Visitor::start(&server.client(), "counter", &json!({}));
    let body = json!({"input": "one", "input_type": "text", "client_message_id": "m1"});
    let (first, second) = (visitor.interact(&body), visitor.interact(&body));
    assert_eq!((first.status, &first.body), (second.status, &second.body), "{first:?}");
    assert_eq!(second.header("idempotency-replayed"), "true");
    let rows = visitor.history();
    let inputs = rows.iter().filter(|row| row["interaction_type"] == "input").count();
    assert_eq!(inputs, 1, "{rows:?}");
}

#[test]
fn of_many_repeats_at_once_one_is_done_and_all_hear_of_it() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let visitor = Visitor::start(&server.client(), "counter", &json!({}));
    let body = json!({"input": "one", "input_type": "text", "client_message_id": "m1"});
    let answers: Vec<_> = std::thread::scope(|threads| {
        let threads: Vec<_> = (0..8).map(|_| threads.spawn(|| visitor.interact(&body))).collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    for answer in &answers {
        // Who loads the session after the turn and asks before it is told has another revision.
        assert!(matches!(answer.status, 200 | 409), "{answer:?}");
        if answer.status == 200 {
            assert_eq!(answer.body, answers.iter().find(|a| a.status == 200).unwrap().body);
        }
    }
    assert_eq!(visitor.session()["revision"], 2);
    assert_eq!(visitor.interact(&body).header("idempotency-replayed"), "true");
}
