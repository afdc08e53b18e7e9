//! What accounts of schools may not do is written down (S12.13), with the address of who tried (S1.68,
//! S4.40).

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::real::{HILLSIDE, Place};

/// The entries of refusals, the oldest first: actor, kind and id of the resource, school, changes,
/// request, address.
fn entries(place: &Place) -> Vec<[String; 7]> {
    let database = Connection::open(place.database()).unwrap();
    let sql = "SELECT actor_id, resource_type, resource_id, school_id, changes, request_id, ip
               FROM audit_log WHERE action = 'permission.refused' ORDER BY at, rowid";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        let text = |n| row.get::<_, String>(n);
        Ok([text(0)?, text(1)?, text(2)?, text(3)?, text(4)?, text(5)?, text(6)?])
    });
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_refused_account_of_a_school_is_written_down() {
    let place = Place::with_flows();
    let server = place.serve_set(&[("FLOW_SERVER__TRUSTED_PROXIES", "[\"127.0.0.1\"]")]);
    let client = server.client();
    let school = ["--school", HILLSIDE];
    let educator = place.user("educator", &school);
    let flow = client.flow("counter");
    let path = format!("/v1/cms/flows/{flow}");
    let headers = [
        educator.header(),
        ("x-request-id", "call-7"),
        // A visitor's own word stands before what the proxy has seen.
        ("x-forwarded-for", "10.9.8.7, 192.0.2.7"),
    ];
    let refused = client.send_json(("PUT", &path), &headers, &json!({"description": "x"}));
    refused.refuses(403, "forbidden", "everybody's flow");
    let found = entries(&place);
    let [[actor, kind, id, of, changes, request, ip]] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!([actor, kind, id, of], [&educator.id, "flow", &flow, HILLSIDE]);
    assert_eq!([request.as_str(), ip], ["call-7", "192.0.2.7"]);
    let expected = json!({"method": "PUT", "route": "/v1/cms/flows/{flow_id}", "code": "forbidden",
                          "left_out": null});
    assert_eq!(serde_json::from_str::<Value>(changes).unwrap(), expected);

    // What is no refusal of this kind: success, what is not there, no account, one without a school.
    client.send(("GET", &path), &[educator.header()], b"");
    client.send(("GET", "/v1/cms/flows/00000000-0000-4000-8000-000000000001"), &headers, b"");
    client.get(&path).refuses(401, "authentication_required", "nobody");
    let stranger = place.user("public", &[]);
    let webhooks = ("GET", "/v1/cms/webhooks");
    client.send(webhooks, &[stranger.header()], b"").refuses(403, "forbidden", "no manager");
    assert_eq!(entries(&place).len(), 1);

    // In a loop it gets a few entries more.
    for _ in 0..50 {
        let again = client.send(("GET", "/v1/cms/webhooks"), &[educator.header()], b"");
        again.refuses(403, "forbidden", "educators have no subscriptions");
    }
    assert!((10..=20).contains(&entries(&place).len()), "{:?}", entries(&place).len());
    let other = place.user("school_admin", &school);
    let body = json!({"name": "x", "flow_data": {}, "visibility": "wriveted"});
    let refused = client.send_json(("POST", "/v1/cms/flows"), &[other.header()], &body);
    refused.refuses(403, "visibility_not_allowed", "only the platform has such");
    let last = entries(&place).pop().expect("an entry");
    assert_eq!([&last[0], &last[1], &last[2]], [&other.id, "flow", ""]);
}

#[test]
fn items_that_are_refused_among_others_are_written_down_together() {
    let place = Place::with_flows();
    let server = place.serve_set(&[]);
    let client = server.client();
    let [admin, platform] =
        [place.user("school_admin", &["--school", HILLSIDE]), place.user("wriveted", &[])];
    let item = |visibility: &str| json!({"type": "message", "content": {"text": "Hi"}, "visibility": visibility});
    let made = |who: &str, visibility: &str| {
        let headers = [("authorization", who)];
        let made = client.send_json(("POST", "/v1/cms/content"), &headers, &item(visibility));
        assert_eq!(made.status, 201, "{made:?}");
        made.body["id"].as_str().expect("an id").to_owned()
    };
    let everybodys = made(platform.header().1, "wriveted");
    let own = made(admin.header().1, "school");
    let body = json!({"content_ids": [own, everybodys], "updates": {"tags": ["seen"]}});
    let bulk = ("PATCH", "/v1/cms/content/bulk");
    let done = client.send_json(bulk, &[admin.header()], &body);
    assert_eq!((done.status, &done.body["updated_count"]), (200, &json!(1)), "{done:?}");
    let found = entries(&place);
    let [entry] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!([&entry[0], &entry[1], &entry[2]], [&admin.id, "content", ""]);
    let expected = json!({"method": "PATCH", "route": "/v1/cms/content/bulk", "code": "forbidden",
                          "left_out": null, "items": {"count": 1, "ids": [everybodys]}});
    assert_eq!(serde_json::from_str::<Value>(&entry[4]).unwrap(), expected);
}
