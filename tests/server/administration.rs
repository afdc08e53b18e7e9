//! Conversations as those who look after them see them (S3.145 to S3.147, S4.41, S4.42).

use serde_json::{Value, json};

use crate::real::{Account, Answer, Client, HILLSIDE, Place, Visitor};

const LIST: &str = "/v1/chat/admin/sessions";

fn get(client: &Client, account: &Account, path: &str) -> Answer {
    client.send(("GET", path), &[account.header()], b"")
}

#[test]
fn sessions_are_listed_read_and_deleted_by_those_who_run_their_school() {
    let place = Place::with_flows();
    let server = place.serve_signed();
    let client = server.client();
    let school = ["--school", HILLSIDE];
    let (platform, admin) = (place.user("wriveted", &[]), place.user("school_admin", &school));
    let pupil = place.user("student", &school);
    let body = json!({"flow_id": client.flow("counter")});
    let started = client.send_json(("POST", "/v1/chat/start"), &[pupil.header()], &body);
    let mine = Visitor::of(&client, &started);
    let anonymous = Visitor::start(&client, "counter", &json!({}));
    let ids = |account: &Account, query: &str| -> Vec<Value> {
        let answer = get(&client, account, &format!("{LIST}{query}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        let rows = answer.body["data"].as_array().expect("rows").clone();
        rows.iter().map(|row| row["session_id"].clone()).collect()
    };
    assert_eq!(ids(&platform, ""), [json!(anonymous.id), json!(mine.id)]);
    assert_eq!(ids(&admin, ""), [json!(mine.id)]);
    assert_eq!(ids(&platform, &format!("?user_id={}", pupil.id)), [json!(mine.id)]);
    assert_eq!(ids(&platform, "?status=completed"), Vec::<Value>::new());
    assert_eq!(ids(&platform, "?skip=1&limit=1"), [json!(mine.id)]);
    assert_eq!(ids(&platform, "?to_date=2020-01-01"), Vec::<Value>::new());
    let page = get(&client, &platform, &format!("{LIST}?limit=1"));
    let expected = json!({"skip": 0, "limit": 1, "total": 2, "page": 1});
    assert_eq!(page.body["pagination"], expected);
    assert_eq!(page.body["data"][0]["session_token"], Value::Null);
    assert!(!page.text.contains(&anonymous.token), "{page:?}");

    let path = |visitor: &Visitor| format!("{LIST}/{}", visitor.id);
    let one = get(&client, &admin, &path(&mine));
    assert_eq!((one.status, &one.body["status"]), (200, &json!("active")), "{one:?}");
    get(&client, &admin, &path(&anonymous)).refuses(404, "session_not_found", "not its school's");
    let delete =
        |account: &Account, path: &str| client.send(("DELETE", path), &[account.header()], b"");
    delete(&admin, &path(&anonymous)).refuses(404, "session_not_found", "not its school's");
    // R11.17
    assert_eq!(delete(&admin, &path(&mine)).status, 204);
    delete(&admin, &path(&mine)).refuses(404, "session_not_found", "deleted before");
    assert_eq!(client.get(&mine.path("")).status, 404);
}

#[test]
fn others_do_not_look_after_sessions() {
    let place = Place::with_flows();
    let server = place.serve_signed();
    let client = server.client();
    let school = ["--school", HILLSIDE];
    let unknown = format!("{LIST}/00000000-0000-4000-8000-000000000009");
    for (method, path) in [("GET", LIST), ("GET", &unknown), ("DELETE", &unknown)] {
        client.send((method, path), &[], b"").refuses(401, "authentication_required", path);
        for account in [
            place.user("educator", &school),
            place.user("student", &school),
            place.service("lms", &school),
        ] {
            let answer = client.send((method, path), &[account.header()], b"");
            answer.refuses(403, "forbidden", path);
        }
    }
    let platform = place.user("wriveted", &[]);
    for (query, place) in [
        ("?limit=1001", "limit"),
        ("?limit=-1", "limit"),
        ("?skip=x", "skip"),
        ("?skip=10001", "skip"),
        ("?status=odd", "status"),
        ("?user_id=7", "user_id"),
        ("?preview=maybe", "preview"),
        ("?from_date=2026-02-31", "from_date"),
    ] {
        let answer = get(&client, &platform, &format!("{LIST}{query}"));
        answer.refuses(422, "validation_error", query);
        assert_eq!(answer.body["detail"][0]["loc"], json!(["query", place]), "{answer:?}");
    }
    let malformed = get(&client, &platform, &format!("{LIST}/7"));
    malformed.refuses(422, "invalid_uuid", "a malformed id");
}
