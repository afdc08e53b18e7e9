//! Variants and their counters.

use serde_json::{Value, json};

use super::{made, place};
use crate::real::Managed;

/// S3.57, S3.58, S3.62, F31.
#[expect(clippy::too_many_lines, reason = "one story, and cases that are data")]
pub(super) fn variants_live_and_die(managed: &Managed) {
    let item = made(managed, "admin", &json!({}));
    let path = format!("{}/variants", place(&item));
    let create = |body: &Value| managed.send("admin", ("POST", &path), body);
    let body = json!({"variant_key": "short", "variant_data": {"text": "Three hearts."}});
    let answer = create(&body);
    assert_eq!(answer.status, 201, "{answer:?}");
    let variant = answer.body.clone();
    let one = format!("{path}/{}", variant["id"].as_str().unwrap());
    assert_eq!(answer.header("location"), one);
    let expected = json!({
        "id": variant["id"], "content_id": item["id"], "variant_key": "short",
        "variant_data": {"text": "Three hearts."}, "weight": 100, "conditions": {},
        "performance_data": {}, "is_active": true, "created_at": variant["created_at"],
        "updated_at": variant["created_at"],
    });
    assert_eq!(variant, expected);
    create(&body).refuses(409, "variant_key_exists", "the same key");
    let odd = json!({"variant_key": "b", "variant_data": {"rich_text": "<marquee>x</marquee>"},
        "weight": 0, "is_active": false, "conditions": {"moon": "full", "min_age": 5}});
    let odd = create(&odd).body;
    assert_eq!(odd["warnings"].as_array().unwrap().len(), 2, "{odd}");
    for body in [
        json!({}),
        json!({"variant_key": "x"}),
        json!({"variant_key": "", "variant_data": {}}),
        json!({"variant_key": "x".repeat(101), "variant_data": {}}),
        json!({"variant_key": "x", "variant_data": []}),
        json!({"variant_key": "x", "variant_data": {}, "weight": -1}),
        json!({"variant_key": "x", "variant_data": {}, "weight": 10_001}),
        json!({"variant_key": "x", "variant_data": {}, "conditions": null}),
        json!({"variant_key": "x", "variant_data": {"rich_text": "<script>1</script>"}}),
    ] {
        create(&body).refuses(422, "validation_error", &body.to_string());
    }
    let page = managed.get("colleague", &path);
    page.refuses(404, "content_not_found", "a private item");
    let page = managed.get("admin", &format!("{path}?limit=1"));
    assert_eq!(page.body["pagination"], json!({"skip": 0, "limit": 1, "total": 2, "page": 1}));
    assert_eq!(page.body["data"][0]["variant_key"], "b");
    for (method, body, performance) in [
        (
            "PUT",
            json!({"performance_data": {"impressions": 5, "note": "a"}}),
            json!({"impressions": 5, "note": "a"}),
        ),
        (
            "PATCH",
            json!({"performance_data": {"engagements": 2}}),
            json!({"impressions": 5, "engagements": 2, "note": "a"}),
        ),
        (
            "PATCH",
            json!({"performance_data": {"note": "b", "impressions": 6}}),
            json!({"impressions": 6, "engagements": 2, "note": "b"}),
        ),
        ("PUT", json!({"weight": 7}), json!({"impressions": 6, "engagements": 2, "note": "b"})),
        ("PUT", json!({"performance_data": {}}), json!({})),
        ("PUT", json!({"variant_key": "short"}), json!({})),
        ("PATCH", json!({}), json!({})),
    ] {
        let answer = managed.send("admin", (method, &one), &body);
        assert_eq!(answer.status, 200, "{body}: {answer:?}");
        assert_eq!(answer.body["performance_data"], performance, "{method} {body}");
    }
    for body in [
        json!({"variant_key": "long"}),
        json!({"weight": null}),
        json!({"weight": 10_001}),
        json!({"variant_data": null}),
        json!({"conditions": 5}),
        json!({"is_active": "yes"}),
        json!({"performance_data": {"impressions": -1}}),
        json!({"variant_data": {"rich_text": "<p onclick='x()'>y</p>"}}),
    ] {
        let refused = managed.send("admin", ("PUT", &one), &body);
        refused.refuses(422, "validation_error", &body.to_string());
    }
    let all =
        json!({"variant_data": {"text": null}, "conditions": {"flow_ids": []}, "is_active": false});
    let answer = managed.send("admin", ("PUT", &one), &all).body;
    assert_eq!((&answer["weight"], &answer["variant_data"]), (&json!(7), &json!({"text": null})));
    // S3.58: a variant of another item is none of this one.
    let other = made(managed, "admin", &json!({}));
    let elsewhere = format!("{}/variants/{}", place(&other), variant["id"].as_str().unwrap());
    let refused = managed.send("admin", ("DELETE", &elsewhere), &Value::Null);
    refused.refuses(404, "variant_not_found", "another item");
    assert_eq!(managed.send("admin", ("DELETE", &one), &Value::Null).status, 204);
    let gone = managed.send("admin", ("DELETE", &one), &Value::Null);
    gone.refuses(404, "variant_not_found", "a second time");
}

/// S3.35, S3.59.
pub(super) fn counters_are_added_to(managed: &Managed) {
    let item = made(managed, "platform", &json!({"status": "published"}));
    let path = format!("{}/variants", place(&item));
    let body = json!({"variant_key": "a", "variant_data": {}});
    let variant = managed.send("platform", ("POST", &path), &body).body;
    let path = format!("{path}/{}/performance", variant["id"].as_str().unwrap());
    let count = |who: &str, body: &Value| managed.send(who, ("POST", &path), body);
    for (who, body, expected) in [
        (
            "platform",
            json!({"impressions": 40, "engagements": 16}),
            json!({"impressions": 40, "engagements": 16}),
        ),
        (
            "schools",
            json!({"impressions": 1, "engagements": 1}),
            json!({"impressions": 41, "engagements": 17}),
        ),
        ("backend", json!({"conversions": 0}), json!({"impressions": 41, "engagements": 17})),
    ] {
        let answer = count(who, &body);
        assert_eq!(answer.status, 200, "{who}: {answer:?}");
        let expected = json!({"message": "Performance data updated", "performance_data": expected});
        assert_eq!(answer.body, expected);
    }
    for who in ["admin", "educator", "reader", "learner", "kiosk"] {
        count(who, &json!({"impressions": 1})).refuses(403, "forbidden", who);
    }
    for body in [
        json!({}),
        json!({"impressions": null}),
        json!({"impressions": -1}),
        json!({"engagements": 1_000_001}),
        json!({"conversions": "1"}),
        json!({"impressions": 1.5}),
    ] {
        count("platform", &body).refuses(422, "validation_error", &body.to_string());
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    assert_eq!(count("backend", &json!({"impressions": 1})).status, 200);
                }
            });
        }
    });
    let total = count("backend", &json!({"conversions": 0})).body;
    assert_eq!(total["performance_data"]["impressions"], 61);
}
