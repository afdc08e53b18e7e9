//! Traces over HTTP (S3.130 to S3.137, section 7.4).

use serde_json::{Value, json};

use crate::real::{Account, Answer, Client, HILLSIDE, Place, Visitor, run};

const NOBODY: &str = "00000000-0000-4000-8000-000000000009";

/// A flow of everyone's and one of a school; both ask for names until one is `stop`.
fn fill(place: Place) -> Place {
    let flow = |key: &str, more: Value| {
        let mut flow = json!({
            "seed_key": key, "name": key, "version": "1.0.0", "entry_node_id": "ask",
            "visibility": "wriveted", "trace_enabled": true, "trace_level": "verbose",
            "flow_data": {
                "nodes": [
                    {"id": "ask", "type": "question", "content": {
                        "question": {"text": "Who?"}, "input_type": "text", "variable": "temp.who"}},
                    {"id": "count", "type": "action", "content": {"actions": [
                        {"type": "increment", "variable": "temp.n"}]}}],
                "connections": [
                    {"source": "ask", "target": "count", "type": "default"},
                    {"source": "count", "target": "ask", "type": "default"}]}});
        flow.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        flow
    };
    let school = json!({"seed_key": "hillside", "name": "Hillside", "state": "active",
        "wriveted_identifier": HILLSIDE});
    let own = json!({"visibility": "school", "school_seed_key": "hillside"});
    let flows = [flow("open", json!({})), flow("own", own)];
    let seed = json!({"seed_key": "traces", "school": school, "flows": flows});
    let file = place.file("traces.json", seed.to_string());
    let words = [std::path::Path::new("import"), &file, "--db".as_ref(), &place.database()];
    let ran = run(words);
    assert_eq!(ran.code, 0, "{ran:?}");
    place
}

fn get(client: &Client, account: &Account, path: &str) -> Answer {
    client.send(("GET", path), &[account.header(), ("user-agent", "tests")], b"")
}

fn ok(client: &Client, account: &Account, path: &str) -> Value {
    let answer = get(client, account, path);
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

/// The flow of everyone's, talked to by somebody nobody knows; and a school's, by its pupil.
fn talk(place: &Place, client: &Client) -> [(String, Visitor); 2] {
    let pupil = place.user("student", &["--school", HILLSIDE]);
    let listed = client.send(("GET", "/v1/chat/flows"), &[pupil.header()], b"");
    let flows = listed.body["data"].as_array().expect("flows").clone();
    let id = |key: &str| {
        let flow = flows.iter().find(|flow| flow["seed_key"] == key);
        flow.unwrap_or_else(|| panic!("{listed:?}"))["id"].as_str().expect("an id").to_owned()
    };
    let open = Visitor::start(client, "open", &json!({"user": {"first_name": "Zoë"}}));
    let body = json!({"flow_id": id("own")});
    let own = Visitor::of(
        client,
        &client.send_json(("POST", "/v1/chat/start"), &[pupil.header()], &body),
    );
    let mut both = [(id("open"), open), (id("own"), own)];
    for (_, visitor) in &mut both {
        for n in 1..=25 {
            visitor.say(format!("word {n}"));
        }
    }
    both
}

#[test]
fn a_trace_is_read_step_by_step() {
    a_trace_is_read_step_by_step_in(&fill(Place::new()));
}

fn a_trace_is_read_step_by_step_in(place: &Place) {
    // S7.20, S7.21, F18
    let server = place.serve_signed();
    let client = server.client();
    let [(open, visitor), _] = talk(place, &client);
    let platform = place.user("wriveted", &[]);

    let list = ok(&client, &platform, &format!("/v1/cms/flows/{open}/sessions?has_errors=false"));
    assert_eq!(
        (&list["total"], &list["limit"], &list["offset"]),
        (&json!(1), &json!(100), &json!(0))
    );
    let item = &list["items"][0];
    assert_eq!((&item["id"], &item["status"]), (&json!(visitor.id), &json!("active")));
    let path = ["ask", "count"].repeat(5);
    assert_eq!(item["path_summary"], json!(path));
    assert!(!list.to_string().contains(&visitor.token), "{list}");
    let steps = item["total_steps"].as_u64().expect("a count");
    for (query, count) in [
        ("?has_errors=true", 0),
        ("?traced=false", 0),
        ("?version=1.0.0&status=active", 1),
        ("?from_date=2100-01-01T00:00:00", 0),
        ("?to_date=2100-01-01T00:00:00Z", 1),
        ("?skip=1", 0),
    ] {
        let list = ok(&client, &platform, &format!("/v1/cms/flows/{open}/sessions{query}"));
        assert_eq!(list["items"].as_array().map(Vec::len), Some(count), "{query}: {list}");
    }

    let trace_of = |id: &str| format!("/v1/cms/sessions/{id}/trace");
    let trace = ok(&client, &platform, &trace_of(&visitor.id));
    assert_eq!(
        (trace["total_steps"].as_u64(), &trace["session"]["id"]),
        (Some(steps), &json!(visitor.id))
    );
    let all = trace["steps"].as_array().expect("steps");
    assert_eq!(u64::try_from(all.len()).ok(), Some(steps));
    for (n, step) in all.iter().enumerate() {
        assert_eq!(step["step_number"], n + 1);
        if let Some(next) = all.get(n + 1) {
            assert_eq!(step["state_after"], next["state_before"], "step {}", n + 1);
        }
    }
    let end = all.last().expect("a step");
    assert_eq!(end["state_after"]["temp"], json!({"n": 25, "who": "word 25"}));
    assert!(
        end["state_after"]["user"]["first_name"]
            .as_str()
            .is_some_and(|name| name.starts_with("[MASKED"))
    );
    let page = ok(&client, &platform, &format!("{}?skip=40&limit=2", trace_of(&visitor.id)));
    assert_eq!(page["steps"], json!(all[40..42]));
}

#[test]
fn a_school_sees_what_its_people_did_and_whoever_looks_is_written_down() {
    a_school_sees_what_its_people_did_and_whoever_looks_is_written_down_in(&fill(Place::new()));
}

fn a_school_sees_what_its_people_did_and_whoever_looks_is_written_down_in(place: &Place) {
    // S2.30, S7.23 to S7.25
    let server = place.serve_signed();
    let client = server.client();
    let [(open, visitor), (own, pupils)] = talk(place, &client);
    let platform = place.user("wriveted", &[]);
    let admin = place.user("school_admin", &["--school", HILLSIDE]);
    let trace_of = |id: &str| format!("/v1/cms/sessions/{id}/trace");
    assert_eq!(ok(&client, &admin, &trace_of(&pupils.id))["session"]["id"], pupils.id);
    let list = ok(&client, &admin, &format!("/v1/cms/flows/{own}/sessions"));
    assert_eq!(list["total"], 1);
    get(&client, &admin, &trace_of(&visitor.id)).refuses(
        404,
        "session_not_found",
        "not its school's",
    );
    let foreign = get(&client, &admin, &format!("/v1/cms/flows/{open}/sessions"));
    foreign.refuses(403, "forbidden", "not its school's flow");

    let audit = ok(&client, &platform, &format!("/v1/cms/trace-audit?session_id={}", pupils.id));
    assert_eq!(audit["pagination"]["total"], 1);
    let look = &audit["data"][0];
    assert_eq!(
        (&look["accessed_by"], &look["access_type"]),
        (&json!(admin.id), &json!("view_trace"))
    );
    assert_eq!((&look["ip_address"], &look["user_agent"]), (&json!("127.0.0.1"), &json!("tests")));
    assert!(look["data_accessed"]["steps_viewed"].as_u64() > Some(50), "{look}");
    // What was refused is no look.
    let audit = ok(&client, &platform, "/v1/cms/trace-audit");
    assert_eq!(audit["pagination"]["total"], 2);

    let stats = ok(&client, &admin, &format!("/v1/cms/flows/{own}/trace-stats"));
    assert_eq!((&stats["traced_sessions"], &stats["error_steps"]), (&json!(1), &json!(0)));
    assert!(stats["oldest_trace"].is_string() && stats["avg_step_duration_ms"].is_number());
    let usage = ok(&client, &platform, "/v1/cms/trace-storage");
    assert_eq!(usage["total_traces"], 52);
    assert!(usage["table_bytes"].as_u64() > Some(0), "{usage}");
    let cleaned =
        client.send_json(("POST", "/v1/cms/traces/cleanup"), &[platform.header()], &json!({}));
    assert_eq!(
        (cleaned.status, cleaned.body),
        (200, json!({"deleted_steps": 0, "deleted_audit": 0}))
    );
}

#[test]
fn tracing_is_set_by_those_who_edit_the_flow() {
    tracing_is_set_by_those_who_edit_the_flow_in(&fill(Place::new()));
}

fn tracing_is_set_by_those_who_edit_the_flow_in(place: &Place) {
    // S7.22
    let server = place.serve_signed();
    let client = server.client();
    let [(open, _), (own, _)] = talk(place, &client);
    let school = ["--school", HILLSIDE];
    let (platform, admin) = (place.user("wriveted", &[]), place.user("school_admin", &school));
    let educator = place.user("educator", &school);
    let place_of = |flow: &str| format!("/v1/cms/flows/{flow}/tracing");
    let set = |account: &Account, flow: &str, body: &Value| {
        client.send_json(("POST", &place_of(flow)), &[account.header()], body)
    };
    let first = ok(&client, &educator, &place_of(&own));
    let expected = json!({"flow_id": own, "enabled": true, "level": "verbose",
        "sample_rate": 1.0, "retention_days": first["retention_days"]});
    assert_eq!(first, expected);
    let body =
        json!({"enabled": true, "level": "minimal", "sample_rate": 0.001, "retention_days": 7});
    let changed = set(&admin, &own, &body);
    let expected = json!({"flow_id": own, "enabled": true, "level": "minimal",
        "sample_rate": 0.01, "retention_days": 7});
    assert_eq!((changed.status, &changed.body), (200, &expected));
    assert_eq!(ok(&client, &educator, &place_of(&own)), expected);
    let usual = set(&admin, &own, &json!({"enabled": false}));
    let expected = json!({"flow_id": own, "enabled": false, "level": "standard",
        "sample_rate": 1.0, "retention_days": 7});
    assert_eq!(usual.body, expected);
    set(&educator, &own, &body).refuses(403, "forbidden", "an educator");
    set(&admin, &open, &body).refuses(403, "forbidden", "everyone's");
    set(&platform, NOBODY, &body).refuses(404, "flow_not_found", "no such flow");
    for body in [
        json!({}),
        json!({"enabled": null}),
        json!({"enabled": true, "level": "all"}),
        json!({"enabled": true, "sample_rate": 1.1}),
        json!({"enabled": true, "sample_rate": null}),
        json!({"enabled": true, "retention_days": 0}),
    ] {
        set(&platform, &own, &body).refuses(422, "validation_error", &body.to_string());
    }
}

#[test]
fn traces_are_not_for_others() {
    let place = fill(Place::new());
    let server = place.serve_signed();
    let client = server.client();
    let school = ["--school", HILLSIDE];
    let (platform, admin) = (place.user("wriveted", &[]), place.user("school_admin", &school));
    let others = [
        place.user("educator", &school),
        place.service("lms", &school),
        place.user("student", &school),
    ];
    let of_flow = |rest: &str| format!("/v1/cms/flows/{NOBODY}/{rest}");
    let trace = format!("/v1/cms/sessions/{NOBODY}/trace");
    for (method, path, code) in [
        ("GET", of_flow("sessions"), "flow_not_found"),
        ("GET", of_flow("trace-stats"), "flow_not_found"),
        ("GET", trace, "session_not_found"),
        ("GET", "/v1/cms/trace-storage".to_owned(), ""),
        ("GET", "/v1/cms/trace-audit".to_owned(), ""),
        ("POST", "/v1/cms/traces/cleanup".to_owned(), ""),
    ] {
        client.send((method, &path), &[], b"").refuses(401, "authentication_required", &path);
        for account in &others {
            client.send((method, &path), &[account.header()], b"").refuses(403, "forbidden", &path);
        }
        if code.is_empty() {
            client.send((method, &path), &[admin.header()], b"").refuses(403, "forbidden", &path);
        } else {
            let answer = client.send((method, &path), &[platform.header()], b"");
            answer.refuses(404, code, &path);
        }
    }
    for path in ["/v1/cms/sessions/7/trace", "/v1/cms/flows/7/sessions", "/v1/cms/flows/7/tracing"]
    {
        get(&client, &platform, path).refuses(422, "invalid_uuid", path);
    }
    for query in ["limit=1001", "skip=-1", "status=odd", "has_errors=maybe", "from_date=soon"] {
        let path = format!("{}?{query}", of_flow("sessions"));
        let status = get(&client, &platform, &path).status;
        // The flow is looked for before dates are read.
        assert!(status == 422 || (query == "from_date=soon" && status == 404), "{query}: {status}");
    }
}

/// The same where the records are elsewhere; each in a database of its own.
pub(crate) fn on_another_store(make: impl Fn() -> Place) {
    a_trace_is_read_step_by_step_in(&fill(make()));
    a_school_sees_what_its_people_did_and_whoever_looks_is_written_down_in(&fill(make()));
    tracing_is_set_by_those_who_edit_the_flow_in(&fill(make()));
}
