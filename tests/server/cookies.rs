//! Cookies, CSRF tokens, and where tokens never are (S4.1 to S4.10, F16, appendix D 9).

use serde_json::{Value, json};

use crate::real::{Answer, Client, Place, Visitor};

fn cookies(client: &Client) -> Vec<String> {
    let started = client.start(&json!({"flow_id": client.flow("counter")}));
    assert_eq!(started.status, 201, "{started:?}");
    let (csrf, token) = (&started.body["csrf_token"], &started.body["session_token"]);
    let texts = started.headers.get_all("set-cookie").iter().map(|text| text.to_str().unwrap());
    // What is secret in them is told by name.
    let named = |text: &str| {
        text.replace(csrf.as_str().unwrap(), "CSRF").replace(token.as_str().unwrap(), "TOKEN")
    };
    texts.map(named).collect()
}

#[test]
fn cookies_are_sent_as_they_are_set() {
    let place = Place::with_flows();
    let both = |rest: &str| {
        vec![
            format!("csrf_token=CSRF; Path=/; Max-Age=86400; {rest}"),
            format!("chat_session=TOKEN; Path=/; Max-Age=28800; HttpOnly; {rest}"),
        ]
    };
    let (site, own) = ("FLOW_CHAT__COOKIE_SAMESITE", "FLOW_CHAT__COOKIE_PARTITIONED");
    for (settings, expected) in [
        (vec![], both("SameSite=Lax")),
        (vec![(site, "none")], both("Secure; SameSite=None")),
        (vec![(site, "strict")], both("SameSite=Strict")),
        (vec![(site, "none"), (own, "true")], both("Secure; SameSite=None; Partitioned")),
        (vec![("FLOW_CHAT__SET_COOKIES", "false"), (own, "true")], vec![]),
    ] {
        let server = place.serve_set(&settings);
        assert_eq!(cookies(&server.client()), expected, "{settings:?}");
    }
}

/// S4.6, S4.7, F16: every header with every cookie, session and bearer.
#[test]
fn a_change_is_let_through_by_its_header_or_by_a_bearer_alone() {
    let place = Place::with_flows();
    let bearer = place.user("wriveted", &[]).bearer;
    for header_only in ["false", "true"] {
        let server = place.serve_set(&[("FLOW_CHAT__CSRF_HEADER_ONLY", header_only)]);
        let client = server.client();
        let own = Visitor::start(&client, "counter", &json!({}));
        let other = Visitor::start(&client, "counter", &json!({}));
        let pair = |visitor: &Visitor| {
            format!("csrf_token={}; chat_session={}", visitor.csrf, visitor.token)
        };
        let unknown = format!("{}{}", &own.token[..60], "AAAA");
        for header in ["", "wrong", &other.csrf, &own.csrf] {
            for cookie in [String::new(), "csrf_token=wrong".to_owned(), pair(&own), pair(&other)] {
                for session in [&own.token, &unknown, "me"] {
                    for authorization in ["", "Bearer wrong", &bearer] {
                        let sent = [
                            ("x-csrf-token", header),
                            ("cookie", &cookie),
                            ("authorization", authorization),
                        ];
                        let sent: Vec<_> =
                            sent.into_iter().filter(|(_, text)| !text.is_empty()).collect();
                        let found = match session {
                            "me" if cookie == pair(&own) => Some(&own),
                            "me" if cookie == pair(&other) => Some(&other),
                            token if token == own.token => Some(&own),
                            _ => None,
                        };
                        let is_program = authorization == bearer && cookie.is_empty();
                        let expected = match found {
                            _ if header.is_empty() && !is_program => Err((403, "csrf_missing")),
                            None => Err((404, "session_not_found")),
                            Some(found) if is_program || header == found.csrf => Ok(()),
                            Some(_) => Err((403, "csrf_mismatch")),
                        };
                        check(
                            &patch(&client, session, &sent),
                            expected,
                            &format!("{session} {sent:?}"),
                        );
                    }
                }
            }
        }
    }
}

fn patch(client: &Client, session: &str, headers: &[(&str, &str)]) -> Answer {
    let path = format!("/v1/chat/sessions/{session}/state");
    client.send_json(("PATCH", &path), headers, &json!({"updates": {}}))
}

fn check(answer: &Answer, expected: Result<(), (u16, &str)>, what: &str) {
    match expected {
        Ok(()) => assert_eq!(answer.status, 200, "{what}: {answer:?}"),
        Err((status, code)) => answer.refuses(status, code, what),
    }
}

/// S4.1, S4.3, S12.7
#[test]
fn tokens_are_neither_in_the_log_nor_in_the_database() {
    let place = Place::with_flows();
    let mut server = place.serve_set(&[("FLOW_LOG__REQUESTS", "true")]);
    let client = server.client();
    let mut visitor = Visitor::start(&client, "counter", &json!({}));
    visitor.say("one");
    let cookie = format!("csrf_token={}; chat_session={}", visitor.csrf, visitor.token);
    let headers = [("cookie", cookie.as_str()), ("x-csrf-token", &visitor.csrf)];
    assert_eq!(patch(&client, "me", &headers).status, 200);
    assert_eq!(visitor.history().len(), 7);
    let lost = format!("{}AAAA", &visitor.token[..60]);
    assert_eq!(patch(&client, &lost, &[("x-csrf-token", &visitor.csrf)]).status, 404);
    assert_eq!(visitor.change("POST", "/end", &Value::Null).status, 422);
    let printed = server.kill();
    assert!(printed.contains("/v1/chat/sessions/{session_token}"), "{printed}");
    // What of the token names the session is its id; the rest is the secret.
    let secrets = [&visitor.token[22..], &lost[22..], &visitor.csrf];
    let database = place.database();
    let mut kept = Vec::new();
    for file in std::fs::read_dir(database.parent().unwrap()).unwrap() {
        kept.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    assert!(kept.windows(6).any(|part| part == &visitor.token.as_bytes()[..6]), "the hint is kept");
    for secret in secrets {
        assert!(!printed.contains(secret), "{printed}");
        let secret = secret.as_bytes();
        assert!(!kept.windows(secret.len()).any(|part| part == secret));
    }
}
