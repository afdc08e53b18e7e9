//! Who may try a draft, and with what.

use serde_json::{Value, json};

use super::{asks, create, preview, put, start};
use crate::real::{Served, Who};

/// S4.14, S2.16: 404 for who may not see it, 403 for who may not change it.
pub(super) fn who_edits_a_flow_tries_it(served: &Served) {
    let of_school = |visibility: &str| {
        let more = json!({"visibility": visibility, "school_id": served_school(served)});
        create(served, Who::Platform, &asks("Well?"), &more)
    };
    let own = create(
        served,
        Who::Educator(1),
        &asks("Well?"),
        &json!({"visibility": "private", "school_id": served_school(served)}),
    );
    let everyones =
        create(served, Who::Platform, &asks("Well?"), &json!({"visibility": "wriveted"}));
    for (flow, edit, see) in [
        (
            of_school("school"),
            vec![Who::Admin(1)],
            vec![Who::Educator(1), Who::Colleague(1), Who::Reader(1)],
        ),
        (of_school("private"), vec![Who::Admin(1)], vec![]),
        (own, vec![Who::Admin(1), Who::Educator(1)], vec![]),
        (
            everyones.clone(),
            vec![],
            Who::ALL
                .into_iter()
                .filter(|who| !matches!(who, Who::Platform | Who::Student(_)))
                .collect(),
        ),
    ] {
        for who in Who::ALL.into_iter().chain([Who::Nobody]) {
            let started = preview(served, who, &flow, &json!(true));
            let what = format!("{who:?} {}", flow["visibility"]);
            if edit.contains(&who) || matches!(who, Who::Platform | Who::Schools) && may(who, &flow)
            {
                assert_eq!(started.status, 201, "{what}: {started:?}");
            } else if see.contains(&who)
                || (who == Who::Schools && flow["visibility"] == "wriveted")
            {
                started.refuses(403, "forbidden", &what);
            } else {
                started.refuses(404, "flow_not_found", &what);
            }
        }
    }
    // What a visitor may start they see, too.
    put(served, &everyones, &json!({"publish": true}));
    for who in [Who::Nobody, Who::Student(1)] {
        preview(served, who, &everyones, &json!(true)).refuses(403, "forbidden", "a visitor");
        assert_eq!(preview(served, who, &everyones, &json!(false)).status, 201);
    }
    let nothing = json!({"id": "0b6f2c52-94f3-4f2e-8f0e-3a1f0f5b7c99"});
    preview(served, Who::Platform, &nothing, &json!(true)).refuses(404, "flow_not_found", "none");
}

/// Whether a program that runs both schools, or the platform, changes it.
fn may(who: Who, flow: &Value) -> bool {
    who == Who::Platform || flow["visibility"] != "wriveted"
}

fn served_school(_: &Served) -> Value {
    json!("00000000-0000-0000-0000-000000000001")
}

pub(super) fn what_is_asked_for_is_checked(served: &Served) {
    let more = json!({"visibility": "school", "school_id": served_school(served)});
    let flow = create(served, Who::Platform, &asks("Well?"), &more);
    for wrong in [
        json!("yes"),
        json!(1),
        json!([]),
        json!({"mocks": 1}),
        json!({"mocks": {"ask": 7}}),
        json!({"mocks": {"ask": {"status": 20}}}),
        json!({"mocks": {"ask": {"answer": 1, "delay": 2}}}),
    ] {
        let refused = preview(served, Who::Platform, &flow, &wrong);
        refused.refuses(422, "validation_error", &wrong.to_string());
    }
    for right in [json!(true), json!({}), json!({"mocks": {}}), json!({"mocks": null})] {
        let started = preview(served, Who::Platform, &flow, &right);
        assert_eq!(started.status, 201, "{right}: {started:?}");
    }
    // It was never published.
    for none in [json!(false), Value::Null] {
        preview(served, Who::Platform, &flow, &none).refuses(404, "flow_not_found", "published");
    }
    // F69: requests go out for those who run the platform.
    let body = json!({"flow_id": flow["id"], "preview": true});
    for who in [Who::Admin(1), Who::Schools] {
        start(served, who, &body, "?effects=real").refuses(403, "forbidden", &format!("{who:?}"));
    }
    assert_eq!(start(served, Who::Platform, &body, "?effects=real").status, 201);
    start(served, Who::Platform, &body, "?effects=some").refuses(422, "validation_error", "some");
}
