//! Who sees and changes which flows: every account, every row, every kind of request.

use serde_json::{Value, json};

use super::{Case, create, path, put};
use crate::real::{Served, Who};

pub(super) fn cases() -> Vec<(&'static str, Case)> {
    vec![
        ("each account meets what the tables say", each_account_meets_what_the_tables_say),
        ("without a token nothing is told", nobody_is_told_anything),
        ("each account creates what the table says", creations),
        ("a flow is moved only by the platform", moves),
        ("a copy is its maker's own", copies),
        ("lists and learners see no more", lists),
    ]
}

const VISIBILITIES: [&str; 4] = ["private", "school", "public", "wriveted"];

/// Flows of the first school, created by its educator: for each visibility a published one, then a
/// draft.
fn rows(managed: &Served) -> Vec<(Value, &'static str, bool)> {
    let mut rows = Vec::new();
    for live in [true, false] {
        for visibility in VISIBILITIES {
            let flow = create(managed, Who::Educator(1), &json!({}));
            let body = json!({"visibility": visibility, "publish": live});
            let set = put(managed, Who::Platform, &flow, &body);
            assert_eq!(set.status, 200, "{set:?}");
            rows.push((flow, visibility, live));
        }
    }
    rows
}

/// S2.15
fn sees(who: Who, visibility: &str, live: bool) -> bool {
    let shared = ["public", "wriveted"].contains(&visibility);
    match who {
        Who::Nobody => false,
        Who::Platform | Who::Admin(1) | Who::Educator(1) | Who::Schools => true,
        Who::Colleague(1) | Who::Reader(1) => shared || visibility == "school",
        Who::Student(1) => live && (shared || visibility == "school"),
        Who::Student(_) => live && shared,
        _ => shared,
    }
}

/// S2.16
fn edits(who: Who, visibility: &str) -> bool {
    match who {
        Who::Platform => true,
        Who::Admin(1) | Who::Schools => visibility != "wriveted",
        Who::Educator(1) => ["private", "public"].contains(&visibility),
        _ => false,
    }
}

fn is_learner(who: Who) -> bool {
    matches!(who, Who::Student(_))
}

const READS: [&str; 7] =
    ["", "/validate", "/versions", "/export", "/nodes", "/nodes/arms", "/connections"];

fn writes(flow: &Value) -> Vec<(&'static str, String, Value)> {
    let positions = json!({"positions": {"arms": {"x": 1, "y": 2}}});
    vec![
        ("PUT", path(flow, ""), json!({"description": "changed"})),
        ("PUT", path(flow, "/nodes/arms"), json!({"template": "t"})),
        ("PUT", path(flow, "/nodes/positions"), positions),
        ("POST", path(flow, "/graph"), json!({"operations": []})),
        ("POST", path(flow, "/restore"), json!({})),
    ]
}

fn each_account_meets_what_the_tables_say(managed: &Served) {
    for (flow, visibility, live) in rows(managed) {
        for who in Who::ALL {
            let said = format!("{who:?}, {visibility}, {live}");
            let (seen, may_edit) = (sees(who, visibility, live), edits(who, visibility));
            for rest in READS {
                let answer = managed.get(who, &path(&flow, rest));
                let expected = match (is_learner(who) && !rest.is_empty(), seen) {
                    (true, _) => 403,
                    (false, true) => 200,
                    (false, false) => 404,
                };
                assert_eq!(answer.status, expected, "{said}, {rest}: {answer:?}");
                if expected == 404 {
                    assert_eq!(answer.body["code"], "flow_not_found", "{said}, {rest}");
                    assert_eq!(answer.body["detail"], "Flow not found");
                }
            }
            if is_learner(who) && seen {
                let card = managed.get(who, &path(&flow, "")).body;
                let keys: Vec<_> = card.as_object().unwrap().keys().collect();
                let expected = [
                    "description",
                    "id",
                    "is_active",
                    "is_published",
                    "name",
                    "version",
                    "visibility",
                ];
                assert_eq!(keys, expected, "{said}");
            }
            for (method, line, body) in writes(&flow) {
                let answer = managed.send(who, (method, &line), &body);
                let expected = match (is_learner(who) || seen, may_edit) {
                    (_, true) => 200,
                    (true, false) => 403,
                    (false, false) => 404,
                };
                assert_eq!(answer.status, expected, "{said}, {method} {line}: {answer:?}");
            }
        }
    }
}

fn nobody_is_told_anything(managed: &Served) {
    // S2.9
    let flow = create(managed, Who::Platform, &json!({"is_published": true}));
    let mut requests = writes(&flow);
    requests.extend(READS.map(|rest| ("GET", path(&flow, rest), Value::Null)));
    for (method, rest) in [
        ("GET", ""),
        ("POST", ""),
        ("POST", "/validate"),
        ("POST", "/evaluate-cel"),
        ("POST", "/import"),
        ("POST", "/regenerate-snapshots"),
    ] {
        requests.push((method, format!("/v1/cms/flows{rest}"), Value::Null));
    }
    for rest in ["", "/nodes/arms", "/connections/00000000-0000-4000-8000-000000000000"] {
        requests.push(("DELETE", path(&flow, rest), Value::Null));
    }
    for rest in ["/clone", "/nodes", "/connections", "/versions/1/restore"] {
        requests.push(("POST", path(&flow, rest), json!({})));
    }
    for (method, line, body) in requests {
        let answer = managed.send(Who::Nobody, (method, &line), &body);
        answer.refuses(401, "authentication_required", &line);
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{line}");
        let bearer = [("authorization", "Bearer nonsense")];
        let answer = managed.send_with(Who::Nobody, (method, &line), &bearer, &body);
        answer.refuses(401, "invalid_token", &line);
    }
}

fn school(n: u128) -> String {
    uuid::Uuid::from_u128(n).to_string()
}

fn creations(managed: &Served) {
    // S2.18: what is sent, the status and code, and what comes of it.
    let made = |visibility: &str, n: u128| (201, json!([visibility, school(n)]));
    let no = |status: u16, code: &str| (status, json!(code));
    for (who, more, expected) in [
        (Who::Platform, json!({}), (201, json!(["wriveted", null]))),
        (Who::Platform, json!({"school_id": school(2), "visibility": "School"}), made("school", 2)),
        (Who::Platform, json!({"school_id": school(3)}), no(422, "validation_error")),
        (Who::Admin(1), json!({}), made("private", 1)),
        (Who::Admin(1), json!({"visibility": "public"}), made("public", 1)),
        (Who::Admin(1), json!({"visibility": "wriveted"}), no(403, "visibility_not_allowed")),
        (Who::Admin(1), json!({"school_id": school(2)}), no(403, "wrong_school")),
        (Who::Educator(1), json!({"school_id": school(1)}), made("private", 1)),
        (Who::Educator(1), json!({"visibility": "school"}), no(403, "visibility_not_allowed")),
        (Who::Educator(1), json!({"school_id": school(2)}), no(403, "wrong_school")),
        (Who::Schools, json!({"school_id": school(2), "visibility": "school"}), made("school", 2)),
        (Who::Schools, json!({}), no(422, "school_required")),
        (Who::Reader(1), json!({}), no(403, "forbidden")),
        (Who::Student(1), json!({}), no(403, "forbidden")),
    ] {
        let mut body = json!({"name": "New", "flow_data": {}});
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        let answer = managed.send(who, ("POST", "/v1/cms/flows"), &body);
        let found = if answer.status == 201 {
            json!([answer.body["visibility"], answer.body["school_id"]])
        } else {
            answer.body["code"].clone()
        };
        assert_eq!((answer.status, found), expected, "{who:?} {more}: {answer:?}");
        if answer.status == 201 {
            let is_user = who != Who::Schools;
            let creator = if is_user { json!(who.id()) } else { Value::Null };
            assert_eq!(answer.body["created_by"], creator);
        }
    }
}

fn moves(managed: &Served) {
    // S2.19
    let flow = create(managed, Who::Admin(1), &json!({}));
    let to = |n: u128| json!({"school_id": school(n)});
    put(managed, Who::Admin(1), &flow, &to(2)).refuses(403, "wrong_school", "another school");
    assert_eq!(put(managed, Who::Admin(1), &flow, &to(1)).status, 200);
    let wide = json!({"visibility": "wriveted"});
    put(managed, Who::Admin(1), &flow, &wide).refuses(403, "visibility_not_allowed", "wriveted");
    assert_eq!(put(managed, Who::Platform, &flow, &to(2)).status, 200);
    put(managed, Who::Admin(1), &flow, &json!({})).refuses(404, "flow_not_found", "moved away");
    let own = create(managed, Who::Educator(1), &json!({}));
    let wider = json!({"visibility": "school"});
    put(managed, Who::Educator(1), &own, &wider).refuses(403, "visibility_not_allowed", "wider");
}

fn copies(managed: &Served) {
    // S3.93, S3.94, F54
    let more = json!({"info": {"seed_key": "sea", "colour": "blue"}, "trace_enabled": true,
        "is_published": true, "contract": {"notes": "n"}});
    let source = create(managed, Who::Platform, &more);
    let clone =
        |who: Who, body: Value| managed.send(who, ("POST", &path(&source, "/clone")), &body);
    let copy = clone(Who::Educator(1), json!({}));
    assert_eq!(copy.status, 201, "{copy:?}");
    let copy = copy.body;
    assert_eq!((&copy["name"], &copy["version"]), (&json!("Quiz (copy)"), &json!("1.0.0")));
    assert_eq!((&copy["visibility"], &copy["school_id"]), (&json!("private"), &json!(school(1))));
    assert_eq!((&copy["is_published"], &copy["is_active"]), (&json!(false), &json!(true)));
    assert_eq!(copy["flow_data"], source["flow_data"]);
    let contract = json!({"entry_requirements": null, "return_state": [], "notes": "n"});
    assert_eq!((&copy["contract"], &copy["trace_enabled"]), (&contract, &json!(true)));
    assert_eq!(copy["info"]["seed_key"], Value::Null);
    assert_eq!(
        (&copy["info"]["colour"], &copy["entry_node_id"]),
        (&json!("blue"), &json!("hello"))
    );
    assert_eq!(copy["created_by"], json!(Who::Educator(1).id()));
    let told = super::events(managed, &copy);
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].0.as_str(), &told[0].1["source_flow_id"]), ("flow_cloned", &source["id"]));
    assert_eq!(super::actions(managed, &copy), ["flow.clone"]);
    assert_eq!(put(managed, Who::Educator(1), &copy, &json!({"publish": true})).status, 200);
    let theirs = clone(Who::Platform, json!({"name": "Mine", "school_id": school(2)})).body;
    assert_eq!(
        (&theirs["visibility"], &theirs["school_id"]),
        (&json!("wriveted"), &json!(school(2)))
    );
    let empty = clone(Who::Educator(1), json!({"clone_nodes": false})).body;
    assert_eq!(empty["flow_data"]["nodes"], json!([]));
    let bare = clone(Who::Educator(1), json!({"clone_connections": false})).body;
    assert_eq!(bare["flow_data"]["connections"], json!([]));
    assert_eq!(bare["flow_data"]["nodes"], source["flow_data"]["nodes"]);
    let odd = clone(Who::Educator(1), json!({"clone_nodes": false, "clone_connections": true}));
    odd.refuses(422, "validation_error", "connections of no nodes");
    clone(Who::Reader(1), json!({})).refuses(403, "forbidden", "a reader");
    let hidden = create(managed, Who::Educator(2), &json!({}));
    let line = path(&hidden, "/clone");
    let answer = managed.send(Who::Educator(1), ("POST", &line), &json!({}));
    answer.refuses(404, "flow_not_found", "another school's");
}

fn lists(managed: &Served) {
    // S2.22, S3.13, S3.80
    let rows = rows(managed);
    for who in Who::ALL {
        let listed = managed.get(who, "/v1/cms/flows?limit=1000");
        if is_learner(who) {
            listed.refuses(403, "forbidden", "a learner's list");
            continue;
        }
        let found: Vec<_> =
            listed.body["data"].as_array().unwrap().iter().map(|flow| &flow["id"]).collect();
        let expected: Vec<_> = rows
            .iter()
            .rev()
            .filter(|(_, visibility, live)| sees(who, visibility, *live))
            .map(|(flow, _, _)| &flow["id"])
            .collect();
        assert_eq!(found.len(), expected.len(), "{who:?}");
        assert!(expected.iter().all(|id| found.contains(id)), "{who:?}");
        assert_eq!(listed.body["pagination"]["total"], expected.len());
    }
    for (query, expected) in [
        ("published=true", 4),
        ("is_published=no", 4),
        ("published=1&is_published=false", 4),
        ("visibility=PUBLIC", 2),
        ("include_public=false", 6),
        ("search=quI", 8),
        ("search=%25", 0),
        ("version=1.1.0", 4),
        ("embeddable=true", 0),
        (&format!("school_id={}", school(1)), 8),
        (&format!("school_id={}", school(2)), 0),
        (&format!("created_by={}", Who::Educator(1).id()), 8),
        ("skip=7", 8),
        ("limit=0", 8),
    ] {
        let listed = managed.get(Who::Platform, &format!("/v1/cms/flows?{query}"));
        assert_eq!(listed.body["pagination"]["total"], expected, "{query}: {listed:?}");
    }
    let page = managed.get(Who::Platform, "/v1/cms/flows?skip=6&limit=3&fields=brief").body;
    assert_eq!(page["pagination"], json!({"skip": 6, "limit": 3, "total": 8, "page": 3}));
    assert_eq!(page["data"].as_array().unwrap().len(), 2);
    for key in ["flow_data", "info", "contract"] {
        assert!(page["data"][0].get(key).is_none(), "{key}");
    }
    for query in
        ["published=maybe", "limit=1001", "skip=-1", "visibility=secret", "active=2", "school_id=x"]
    {
        let refused = managed.get(Who::Platform, &format!("/v1/cms/flows?{query}"));
        refused.refuses(422, "validation_error", query);
    }
    let long = format!("/v1/cms/flows?search={}", "x".repeat(201));
    managed.get(Who::Platform, &long).refuses(422, "validation_error", "a long search");
}
