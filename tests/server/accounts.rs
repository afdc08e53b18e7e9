//! Who calls: tokens, roles, and conversations of people who are signed in.

use std::time::{SystemTime, UNIX_EPOCH};

use chatflow::Timestamp;
use chatflow_server::{Subject, sign};
use serde_json::{Map, Value, json};

use crate::real::{Account, Client, HILLSIDE, Place, Visitor};

fn me(client: &Client, authorization: &str) -> crate::real::Answer {
    client.send(("GET", "/v1/auth/me"), &[("authorization", authorization)], b"")
}

#[test]
fn the_service_sees_an_account_as_its_row_says() {
    // S2.2, S2.5, S2.6, S2.14, S3.185
    let place = Place::with_flows();
    let server = place.serve_signed();
    let client = server.client();
    let school = ["--school", HILLSIDE];
    for (account, kind, of, schools, role) in [
        (place.user("wriveted", &[]), "wriveted", "user", json!([]), "platform"),
        (
            place.user("school_admin", &school),
            "school_admin",
            "user",
            json!([HILLSIDE]),
            "school_admin",
        ),
        (place.user("educator", &school), "educator", "user", json!([HILLSIDE]), "educator"),
        (place.user("educator", &[]), "educator", "user", json!([]), "learner"),
        (place.user("student", &school), "student", "user", json!([HILLSIDE]), "learner"),
        (place.service("backend", &[]), "backend", "service_account", json!([]), "platform"),
        (
            place.service("school", &school),
            "school",
            "service_account",
            json!([HILLSIDE]),
            "school_admin",
        ),
        (place.service("lms", &school), "lms", "service_account", json!([HILLSIDE]), "reader"),
        (place.service("kiosk", &school), "kiosk", "service_account", json!([HILLSIDE]), "learner"),
    ] {
        let answer = me(&client, &account.bearer);
        let expected = json!({
            "account_type": of, "id": account.id, "type": kind, "name": "Somebody",
            "school_ids": schools, "roles": [role],
        });
        assert_eq!((answer.status, &answer.body), (200, &expected), "{answer:?}");
    }
}

#[test]
fn a_token_that_proves_nothing_is_refused_with_a_challenge() {
    // S2.3, S2.6, S2.7, S2.9
    let place = Place::with_flows();
    let server = place.serve_signed();
    let client = server.client();
    let student = place.user("student", &[]);
    let inactive = place.user("student", &["--inactive"]);
    let nobody =
        format!("Bearer {}", place.token(&["--user", "00000000-0000-4000-8000-000000000001"]));
    let expired = place.token(&["--user", &student.id, "--days", "0"]);
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_millis();
    let present = Timestamp::from_millis(i64::try_from(seconds).expect("a time"));
    let past = Timestamp::from_millis(present.as_millis() - 3_600_000);
    let id = student.id.parse().expect("an id");
    let foreign = |at, more| {
        let secret = b"another secret of thirty-two bytes";
        sign(secret, "wriveted", Subject::User(id), at, 60, more).expect("a token")
    };
    let anonymous = client.get("/v1/auth/me");
    anonymous.refuses(401, "authentication_required", "no token");
    assert_eq!(anonymous.header("www-authenticate"), "Bearer");
    // `{"alg":"none"}`, with the claims of a good token and no signature.
    let claims = student.bearer.split('.').nth(1).expect("a token has claims");
    let unsigned = format!("Bearer eyJhbGciOiJub25lIn0.{claims}.");
    for (name, authorization, code) in [
        ("empty", "Bearer ".to_owned(), "invalid_token"),
        ("no token", "Bearer x.y.z".to_owned(), "invalid_token"),
        ("unsigned", unsigned, "invalid_token"),
        ("another secret", format!("Bearer {}", foreign(present, Map::new())), "invalid_token"),
        ("old, another secret", format!("Bearer {}", foreign(past, Map::new())), "invalid_token"),
        ("cut short", student.bearer[..student.bearer.len() - 4].to_owned(), "invalid_token"),
        ("inactive", inactive.bearer, "invalid_account"),
        ("nobody", nobody, "invalid_account"),
    ] {
        let answer = me(&client, &authorization);
        answer.refuses(401, code, name);
        assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"", "{name}");
    }
    // Within the leeway of clocks a token that has just run out is still good (S2.6).
    assert_eq!(me(&client, &format!("bearer {expired}")).status, 200);
}

fn start(client: &Client, account: Option<&Account>, body: &Value) -> crate::real::Answer {
    let headers: Vec<(&str, &str)> = account.map(Account::header).into_iter().collect();
    client.send_json(("POST", "/v1/chat/start"), &headers, body)
}

#[test]
fn a_conversation_belongs_to_who_started_it() {
    // S4.7, S4.9, S4.12
    let place = Place::with_flows();
    let server = place.serve_signed();
    let client = server.client();
    let school = ["--school", HILLSIDE];
    let (one, other) = (place.user("student", &school), place.user("student", &school));
    let (platform, program) = (place.user("wriveted", &[]), place.service("school", &school));
    let flow = client.flow("counter");
    let started = start(&client, Some(&one), &json!({"flow_id": flow}));
    let visitor = Visitor::of(&client, &started);
    assert_eq!(visitor.session()["user_id"], json!(one.id));
    let read =
        |account: &Account| client.send(("GET", &visitor.path("")), &[account.header()], b"");
    read(&other).refuses(403, "session_of_other_user", "another user's token");
    for account in [&one, &platform, &program] {
        assert_eq!(read(account).status, 200, "{account:?}");
    }
    // An account needs no CSRF header, unless cookies come along.
    let body = json!({"input": "word", "input_type": "text"});
    let path = visitor.path("/interact");
    let signed = client.send_json(("POST", &path), &[one.header()], &body);
    assert_eq!(signed.status, 200, "{signed:?}");
    let with_cookies = [one.header(), ("cookie", "a=b")];
    client.send_json(("POST", &path), &with_cookies, &body).refuses(403, "csrf_missing", "cookies");
    for (name, account, named, code) in [
        ("another user", &one, &other, "user_mismatch"),
        ("a learner's program", &place.service("kiosk", &school), &one, "user_not_allowed"),
        ("a user of no school", &program, &platform, "user_not_allowed"),
    ] {
        let body = json!({"flow_id": flow, "user_id": named.id});
        start(&client, Some(account), &body).refuses(403, code, name);
    }
    for account in [&program, &place.service("backend", &[])] {
        let body = json!({"flow_id": flow, "user_id": one.id});
        let visitor = Visitor::of(&client, &start(&client, Some(account), &body));
        assert_eq!(visitor.session()["user_id"], json!(one.id));
    }
}

#[test]
fn a_school_starts_its_own_flows() {
    // S2.25, S4.16
    let place = Place::with_flows();
    let server = place.serve_signed();
    let client = server.client();
    let flow = json!({"flow_id": chatflow::FlowId::derived("hillside-only").to_string()});
    start(&client, None, &flow).refuses(404, "flow_not_found", "anonymous");
    let stranger = place.user("student", &[]);
    start(&client, Some(&stranger), &flow).refuses(404, "flow_not_found", "another school");
    let pupil = place.user("student", &["--school", HILLSIDE]);
    let started = start(&client, Some(&pupil), &flow);
    assert_eq!(started.status, 201, "{started:?}");
}

#[test]
fn a_chat_goes_on_when_a_token_has_run_out() {
    // S2.10
    let place = Place::with_flows();
    let server = place.serve_signed();
    let client = server.client();
    let flow = client.flow("counter");
    let stale = [("authorization", "Bearer x.y.z")];
    let body = json!({"flow_id": flow});
    let started = client.send_json(("POST", "/v1/chat/start"), &stale, &body);
    assert_eq!(started.header("x-auth-warning"), "invalid-token-ignored");
    let visitor = Visitor::of(&client, &started);
    let read = client.send(("GET", &visitor.path("")), &stale, b"");
    assert_eq!((read.status, read.header("x-auth-warning")), (200, "invalid-token-ignored"));
    assert_eq!(client.get(&visitor.path("")).header("x-auth-warning"), "");
}
