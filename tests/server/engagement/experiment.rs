//! A/B tests over HTTP (S5.27 to S5.32).

use serde_json::{Value, json};

use super::talk::{Talk, hold_week, week};
use super::{count, flow, item, made, ok};
use crate::real::Managed;

/// Adds to the counters of a variant.
fn add(managed: &Managed, item: &str, variant: &Value, counters: &Value) {
    let id = variant["id"].as_str().expect("an id");
    let path = format!("/v1/cms/content/{item}/variants/{id}/performance");
    let answer = managed.send("backend", ("POST", &path), counters);
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn variants(managed: &Managed, item: &str) -> Vec<Value> {
    let page = managed.get("platform", &format!("/v1/cms/content/{item}/variants"));
    page.body["data"].as_array().expect("variants").clone()
}

fn variant(managed: &Managed, item: &str, key: &str) -> Value {
    let found = variants(managed, item).into_iter().find(|one| one["variant_key"] == key);
    found.expect("there is such a variant")
}

/// The numbers of the worked example have five decimals.
fn is_near(found: &Value, expected: f64) {
    let number = found.as_f64().unwrap_or_else(|| panic!("{found}"));
    assert!((number - expected).abs() < 5.1e-6, "{number} is not {expected}");
}

/// S5.32
pub(super) fn the_worked_example_is_answered_as_written(managed: &Managed) {
    let item = item(managed, &["control", "B"]);
    let counters = json!({"impressions": 400, "conversions": 48, "engagements": 160});
    add(managed, &item, &variant(managed, &item, "control"), &counters);
    let counters = json!({"impressions": 400, "conversions": 72, "engagements": 188});
    add(managed, &item, &variant(managed, &item, "B"), &counters);
    let path = format!("/v1/cms/content/{item}/analytics/ab-test");
    let found = ok(managed, "platform", &path);
    let expected = json!({
        "content_id": item, "test_status": "active",
        "test_results": {
            "control": {"traffic_percentage": 50.0, "conversion_rate": 0.12, "engagement_rate": 0.4,
                "sample_size": 400, "conversions": 48, "confidence_interval": [0.091_715, 0.155_514],
                "p_value": null, "lift": null},
            "B": {"traffic_percentage": 50.0, "conversion_rate": 0.18, "engagement_rate": 0.47,
                "sample_size": 400, "conversions": 72, "confidence_interval": [0.145_45, 0.220_638],
                "p_value": 0.017_485, "lift": 0.5},
        },
        "statistical_significance": {"confidence_level": 0.95, "p_value": 0.017_485,
            "is_significant": true, "method": "two-proportion-z", "correction": "none"},
        "winning_variant": "B", "confidence_level": 0.95,
        "time_period": null, "scope": null,
    });
    assert_eq!(found, expected);
    let results = &found["test_results"];
    is_near(&results["B"]["confidence_interval"][0], 0.14545);
    is_near(&results["B"]["confidence_interval"][1], 0.22064);
    is_near(&results["control"]["confidence_interval"][0], 0.09172);
    is_near(&results["control"]["confidence_interval"][1], 0.15551);
    is_near(&results["B"]["p_value"], 0.01748);
    assert_eq!(count(managed), 0);
    // Nobody was shown anything.
    let without = ok(managed, "platform", &format!("{path}?include_manual=false"));
    let nothing = json!({
        "content_id": item, "test_status": "active", "test_results": {},
        "statistical_significance": null, "winning_variant": null, "confidence_level": 0.0,
        "time_period": null, "scope": null,
    });
    assert_eq!(without, nothing);
    weights_say_what_runs(managed, &item, &path);
}

/// S5.27, S5.28: a test is over once one arm is left; what it showed stays.
fn weights_say_what_runs(managed: &Managed, item: &str, path: &str) {
    let set = |key: &str, change: &Value| {
        let id = variant(managed, item, key)["id"].as_str().expect("an id").to_owned();
        let path = format!("/v1/cms/content/{item}/variants/{id}");
        assert_eq!(managed.send("platform", ("PUT", &path), change).status, 200);
    };
    let told = || {
        let found = ok(managed, "platform", path);
        let of = |key: &str| found["test_results"][key]["traffic_percentage"].clone();
        (found["test_status"].clone(), of("control"), of("B"))
    };
    set("B", &json!({"weight": 300}));
    assert_eq!(told(), (json!("active"), json!(25.0), json!(75.0)));
    set("control", &json!({"is_active": false}));
    assert_eq!(told(), (json!("completed"), json!(0.0), json!(100.0)));
    set("B", &json!({"weight": 0}));
    assert_eq!(told(), (json!("completed"), json!(0.0), json!(0.0)));
    assert_eq!(ok(managed, "platform", path)["winning_variant"], "B");
    let id = variant(managed, item, "B")["id"].as_str().expect("an id").to_owned();
    let gone = format!("/v1/cms/content/{item}/variants/{id}");
    assert_eq!(managed.send("platform", ("DELETE", &gone), &Value::Null).status, 204);
    // A variant that was ever shown is told of though it is gone.
    assert_eq!(ok(managed, "platform", path)["test_results"]["B"]["sample_size"], 400);
}

/// S5.27, S5.30, S5.31
pub(super) fn sessions_stand_for_the_arms_that_they_were_shown(managed: &Managed) {
    let item = hold_week(managed);
    let path = format!("/v1/cms/content/{item}/analytics/ab-test");
    // Control: 1 took it up and ended, 2 and 6 did not; b: 3 and 4 did both, 4 on the next day. What 5 was shown is of
    // no arm. Wilson's interval of 1 of 3 is (0.061, 0.792), of 2 of 2 (0.342, 1).
    let expected = json!({
        "control": {"traffic_percentage": 50.0, "conversion_rate": 0.333_333,
            "engagement_rate": 0.333_333, "sample_size": 3, "conversions": 1,
            "confidence_interval": [0.061_492, 0.792_34], "p_value": null, "lift": null},
        // Fisher: of the tables with three ends among five, as likely as this or less: 3 of 10.
        "b": {"traffic_percentage": 50.0, "conversion_rate": 1.0, "engagement_rate": 1.0,
            "sample_size": 2, "conversions": 2, "confidence_interval": [0.342_38, 1.0],
            "p_value": 0.4, "lift": 2.0},
    });
    let significance = json!({"confidence_level": 0.95, "p_value": 0.4, "is_significant": false,
        "method": "fisher-exact", "correction": "none"});
    for _ in 0..2 {
        let found = ok(managed, "platform", &path);
        assert_eq!(found["test_results"], expected);
        assert_eq!(found["statistical_significance"], significance);
        assert_eq!(found["winning_variant"], json!(null));
        assert_eq!(found["test_status"], "active");
        count(managed);
    }
    let days = format!("{path}?start_date=2026-03-16&end_date=2026-03-16");
    let found = ok(managed, "platform", &days);
    let period = json!({"start_date": "2026-03-16", "end_date": "2026-03-16", "days": 0});
    assert_eq!(found["time_period"], period);
    let sizes = |found: &Value| {
        ["control", "b"].map(|key| found["test_results"][key]["sample_size"].clone())
    };
    assert_eq!(sizes(&found), [json!(2), json!(0)]);
    // A third arm, so that p-values are corrected.
    let variants = format!("/v1/cms/content/{item}/variants");
    made(managed, "platform", &variants, &json!({"variant_key": "c", "variant_data": {}}));
    let flow = flow(managed, "More");
    for n in 0..3 {
        let talks = week(&item, &flow, &flow);
        Talk { n: 80 + n, variant: Some("c"), ..talks[1].clone() }.hold(managed);
    }
    let found = ok(managed, "platform", &path);
    let results = &found["test_results"];
    assert_eq!([&results["b"]["p_value"], &results["c"]["p_value"]], [&json!(0.8), &json!(1.0)]);
    assert_eq!(found["statistical_significance"]["correction"], "holm");
    assert_eq!(results["c"]["traffic_percentage"], 33.333_333);
    assert_eq!(results["c"]["lift"], -1.0);
    // Added by hand, to what events say.
    add(
        managed,
        &item,
        &variant(managed, &item, "c"),
        &json!({"impressions": 7, "conversions": 9}),
    );
    let sizes = |found: &Value| {
        let arm = &found["test_results"]["c"];
        [&arm["sample_size"], &arm["conversions"]].map(|n| n.as_u64().expect("a count"))
    };
    // More than were shown it cannot end.
    assert_eq!(sizes(&ok(managed, "platform", &path)), [10, 9]);
    let path = format!("{path}?include_manual=false");
    assert_eq!(sizes(&ok(managed, "platform", &path)), [3, 0]);
}
