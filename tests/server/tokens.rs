//! Who may touch a session: its token, its CSRF token, its cookie.

use serde_json::json;

use crate::real::{Answer, Place, Visitor};

const REQUESTS: [(&str, &str, &str); 5] = [
    ("GET", "", ""),
    ("GET", "/history", ""),
    ("POST", "/interact", "{\"input\": \"x\", \"input_type\": \"text\"}"),
    ("PATCH", "/state", "{\"updates\": {}}"),
    ("POST", "/end", "{}"),
];

fn send(
    visitor: &Visitor,
    (method, rest, body): (&str, &str, &str),
    headers: &[(&str, &str)],
) -> Answer {
    let path = visitor.path(rest);
    let headers = [headers, &[("content-type", "application/json")]].concat();
    visitor.client.send((method, &path), &headers, body.as_bytes())
}

#[test]
fn a_token_that_is_not_a_sessions_finds_nothing() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let client = server.client();
    let one = Visitor::start(&client, "counter", &json!({}));
    let other = Visitor::start(&client, "counter", &json!({}));
    // The first 22 characters and part of the next name the session, the rest proves the right.
    let mixed = format!("{}{}", &one.token[..24], &other.token[24..]);
    let flipped = if one.token.ends_with('A') { "B" } else { "A" };
    let altered = format!("{}{flipped}", &one.token[..63]);
    let tokens = [
        "x".to_owned(),
        "a".repeat(63),
        "a".repeat(64),
        "a".repeat(65),
        "a".repeat(300),
        "%F0%9F%98%80".repeat(16),
        "%FF".to_owned(),
        "%00".to_owned(),
        "..%2F..%2Fetc".to_owned(),
        "'%20OR%201=1".to_owned(),
        one.id.clone(),
        one.csrf.clone(),
        format!("{}=", one.token),
        one.token.to_lowercase(),
        "me".to_owned(),
        mixed,
        altered,
    ];
    for token in tokens {
        let stranger = Visitor { token: token.clone(), ..one.clone() };
        for request in REQUESTS {
            let answer = send(&stranger, request, &[("x-csrf-token", &one.csrf)]);
            answer.refuses(404, "session_not_found", &format!("{} {token}", request.1));
        }
    }
    assert_eq!(one.session()["revision"], 1);
    assert_eq!(other.session()["revision"], 1);
}

/// A request that is refused before its body matters is read all the same: a client that sends
/// head and body apart goes on with the same connection.
#[test]
fn a_refused_request_leaves_its_connection_in_order() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let visitor = Visitor::start(&server.client(), "counter", &json!({}));
    let body = "x".repeat(300 * 1024);
    for _ in 0..50 {
        for path in [visitor.path("/interact"), visitor.path("/nothing"), visitor.path("")] {
            let answer = visitor.client.send(("POST", &path), &[], body.as_bytes());
            assert!([403, 404, 405].contains(&answer.status), "{answer:?}");
        }
    }
    assert_eq!(visitor.session()["revision"], 1);
}

#[test]
fn a_change_needs_the_sessions_own_csrf_token() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let client = server.client();
    let visitor = Visitor::start(&client, "counter", &json!({}));
    let other = Visitor::start(&client, "counter", &json!({}));
    let cookie = format!("csrf_token={}", visitor.csrf);
    for request in REQUESTS.into_iter().filter(|(method, ..)| *method != "GET") {
        let refuse = |headers: &[(&str, &str)], code: &str| {
            send(&visitor, request, headers).refuses(
                403,
                code,
                &format!("{request:?} {headers:?}"),
            );
        };
        refuse(&[], "csrf_missing");
        refuse(&[("x-csrf-token", "")], "csrf_missing");
        refuse(&[("cookie", &cookie)], "csrf_missing");
        refuse(&[("x-csrf-token", "wrong")], "csrf_mismatch");
        refuse(&[("x-csrf-token", &visitor.token)], "csrf_mismatch");
        refuse(&[("x-csrf-token", &other.csrf)], "csrf_mismatch");
        refuse(&[("x-csrf-token", &other.csrf), ("cookie", &cookie)], "csrf_mismatch");
    }
    assert_eq!(visitor.session()["revision"], 1);
}

/// F16: the cookies are those of the tab that started last.
#[test]
fn a_tab_goes_on_with_the_cookies_of_another() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let client = server.client();
    let first = Visitor::start(&client, "counter", &json!({}));
    let second = Visitor::start(&client, "counter", &json!({}));
    let cookies = format!("csrf_token={}; chat_session={}", second.csrf, second.token);
    let headers = [("x-csrf-token", first.csrf.as_str()), ("cookie", cookies.as_str())];
    let answer = send(&first, REQUESTS[2], &headers);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(first.session()["revision"], 2);
    assert_eq!(second.session()["revision"], 1);
}

/// S4.10: the token may stay out of addresses.
#[test]
fn a_session_can_be_named_by_its_cookie() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let visitor = Visitor::start(&server.client(), "counter", &json!({}));
    let me = Visitor { token: "me".to_owned(), ..visitor.clone() };
    let cookie = format!("other=1; chat_session={}; csrf_token=x", visitor.token);
    let cookie = ("cookie", cookie.as_str());
    let read = send(&me, REQUESTS[0], &[cookie]);
    assert_eq!((read.status, &read.body["session_id"]), (200, &json!(visitor.id)));
    assert_eq!(send(&me, REQUESTS[1], &[cookie]).status, 200);
    send(&me, REQUESTS[2], &[cookie]).refuses(403, "csrf_missing", "the cookie is no CSRF token");
    let spoken = send(&me, REQUESTS[2], &[cookie, ("x-csrf-token", &visitor.csrf)]);
    assert_eq!(spoken.status, 200, "{spoken:?}");
    send(&me, REQUESTS[0], &[("cookie", "chat_session=")]).refuses(
        404,
        "session_not_found",
        "empty",
    );
    assert_eq!(visitor.session()["revision"], 2);
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let client = server.client();
    let visitor = Visitor::start(&client, "counter", &json!({}));
    for (method, path, allowed) in [
        ("DELETE", visitor.path(""), "GET,HEAD"),
        ("GET", visitor.path("/interact"), "POST"),
        ("PUT", visitor.path("/state"), "PATCH"),
        ("POST", visitor.path("/history"), "GET,HEAD"),
        ("GET", "/v1/chat/start".to_owned(), "POST"),
        ("POST", "/v1/chat/flows".to_owned(), "GET,HEAD"),
    ] {
        let answer = client.send((method, &path), &[], b"");
        answer.refuses(405, "method_not_allowed", &path);
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
    }
    for path in [
        "/v1",
        "/v1/chat",
        "/v1/chat/start/",
        "/v1/chat/sessions",
        "/v1/chat/sessions//",
        "/favicon.ico",
    ] {
        client.get(path).refuses(404, "not_found", path);
    }
    let head = client.send(("HEAD", &visitor.path("")), &[], b"");
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}
