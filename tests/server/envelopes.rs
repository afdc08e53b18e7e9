//! What others hear of changes has one form, whatever was changed (S6.1, S6.22, S6.30), and so has what the audit
//! log keeps (S1.68).

use std::collections::BTreeSet;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::real::Place;

#[test]
fn events_and_the_audit_log_have_one_form_for_all_that_is_managed() {
    let place = Place::with_flows();
    let server = place.serve_signed();
    let client = server.client();
    let platform = place.user("wriveted", &[]);
    let headers = [platform.header(), ("x-request-id", "a-request")];
    let made: Vec<(&str, Value)> = [
        ("content", "/v1/cms/content", json!({"type": "fact", "content": {"text": "x"}})),
        ("flow", "/v1/cms/flows", json!({"name": "A flow", "flow_data": {}})),
        ("theme", "/v1/cms/themes", json!({"name": "A theme", "config": {}})),
    ]
    .into_iter()
    .map(|(kind, path, body)| {
        let answer = client.send_json(("POST", path), &headers, &body);
        assert_eq!(answer.status, 201, "{answer:?}");
        (kind, answer.body["id"].clone())
    })
    .collect();
    let database = Connection::open(place.database()).unwrap();
    for (kind, id) in made {
        let of = |column: &str| -> String {
            let sql = format!(
                "SELECT {column} FROM event_outbox WHERE event_type = ?1 AND destination = 'stream'"
            );
            database.query_row(&sql, [format!("{kind}_created")], |row| row.get(0)).unwrap()
        };
        let payload: Value = serde_json::from_str(&of("payload")).unwrap();
        let own = format!("{kind}_id");
        let expected = BTreeSet::from([
            "event_type",
            "timestamp",
            "event_id",
            "event_version",
            "school_id",
            "aggregate_id",
            "actor_id",
            "data",
            &own,
        ]);
        let keys: BTreeSet<&str> =
            payload.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, expected, "{kind}");
        assert_eq!((&payload[&own], &payload["aggregate_id"]), (&id, &id), "{kind}");
        assert_eq!(payload["actor_id"], json!(platform.id), "{kind}");
        assert_eq!(payload["event_id"], json!(of("id")), "{kind}");
        assert!(payload["timestamp"].as_f64().is_some_and(|at| at > 1.7e9), "{kind}: {payload}");
        assert_eq!((of("causation_id"), of("user_id")), ("a-request".into(), platform.id.clone()));
        let sql = "SELECT action, actor_id, request_id, ip FROM audit_log WHERE resource_id = ?1";
        let entry: [String; 4] = database
            .query_row(sql, [id.as_str().unwrap()], |row| {
                Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
            })
            .unwrap();
        let action = format!("{kind}.create");
        assert_eq!(entry, [action.as_str(), &platform.id, "a-request", "127.0.0.1"]);
    }
}
