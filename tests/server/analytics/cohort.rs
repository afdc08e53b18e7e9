//! The worked cohort (S5.17), told by every endpoint of flows and nodes.

use chatflow::{FlowId, Timestamp};
use chatflow_storage::{Day, SessionStatus};
use serde_json::{Value, json};

use super::talk::{HOUR, MINUTE, SECOND, Talk, talk};
use super::{ago, date, get, line, period};
use crate::real::{Managed, school};

/// The cohort, of sessions that started at this moment; two hours later the fourth was seen two minutes ago and the
/// fifth two hours ago.
pub(super) fn cohort(flow: FlowId, started: Timestamp, first: u128) -> Vec<Talk> {
    let new = |n: u128| talk(first + n, flow, started, &["hello", "arms"]);
    let pet = |pet: &str| json!({"value": pet, "label": pet.to_uppercase()});
    let done = |n: u128, chosen: &str, said: &str, end: i64| {
        new(n)
            .then(10 * SECOND, "arms", pet(chosen), &["again"])
            .then(end, "again", json!(said), &["bye"])
            .completes(end)
    };
    vec![
        done(1, "cats", "Yes please", 60 * SECOND),
        done(2, "dogs", " yes PLEASE", 120 * SECOND),
        new(3).ends(SessionStatus::Abandoned, "abandoned", 30 * SECOND),
        new(4).then(2 * HOUR - 2 * MINUTE, "arms", pet("cats"), &["again"]),
        new(5),
    ]
}

pub(super) fn hold_all(managed: &Managed, talks: &[Talk]) {
    for talk in talks {
        talk.hold(managed);
    }
}

/// What is told of the cohort's flow.
pub(super) fn of_flow(flow: FlowId, period: &Value) -> Value {
    json!({
        "flow_id": flow, "total_sessions": 5, "completion_rate": 0.4, "average_duration": 70.0,
        "bounce_rate": 0.4,
        "engagement_metrics": {
            "total_interactions": 5, "unique_users": 0, "completed_sessions": 2,
            "abandoned_sessions": 1, "active_sessions": 2, "terminated_sessions": 0,
            "failed_sessions": 0, "anonymous_sessions": 5, "engaged_sessions": 3,
            "engagement_rate": 0.6, "average_interactions": 1.0},
        "time_period": period, "average_duration_minutes": 1.166_667, "scope": null})
}

pub(super) fn funnel(flow: FlowId, period: &Value) -> Value {
    let step = |id: &str, kind: &str, visitors: u64, rate: f64| json!({"step": id, "node_type": kind, "visitors": visitors, "completion_rate": rate});
    json!({
        "flow_id": flow,
        "funnel_steps": [
            step("hello", "message", 5, 1.0), step("arms", "question", 5, 1.0),
            step("again", "question", 3, 0.6), step("bye", "message", 2, 0.4)],
        "conversion_rates": {"hello": 1.0, "arms": 1.0, "again": 0.6, "bye": 0.4},
        "drop_off_points": {"hello_to_arms": 0.0, "arms_to_again": 0.4, "again_to_bye": 0.333_333},
        "overall_conversion_rate": 0.4, "total_sessions": 5, "last_seen": {"arms": 2, "again": 1},
        "time_period": period, "scope": null})
}

pub(super) fn arms(period: &Value) -> Value {
    json!({
        "node_id": "arms", "visits": 5, "interactions": 3, "bounce_rate": 0.4,
        // 10 s twice, and two hours less two minutes, of which half an hour counts.
        "average_time_spent": 606.667,
        "response_distribution": {
            "responses": {"cats": 2, "dogs": 1}, "other": 0, "engagement_rate": 0.6,
            "total_views": 5,
            // (10 + 10 + 7080) / 3
            "avg_response_time_seconds": 2366.667},
        "time_period": period, "scope": null})
}

pub(crate) fn the_worked_cohort_is_told_field_by_field(managed: &Managed) {
    // S5.9 to S5.20
    let flow = line(managed, "platform", "Line");
    let started = ago(2 * HOUR);
    hold_all(managed, &cohort(flow, started, 0));
    // Previews count nowhere (S5.2).
    Talk { info: json!({"preview": true}), ..talk(9, flow, started, &["hello"]) }.hold(managed);
    let period = period(30);
    let read = |path: &str| get(managed, "platform", &format!("flows/{flow}/{path}"));
    assert_eq!(read("analytics"), of_flow(flow, &period));
    assert_eq!(read("analytics/funnel"), funnel(flow, &period));
    assert_eq!(read("analytics/funnel?all=true"), funnel(flow, &period));
    assert_eq!(read("nodes/arms/analytics"), arms(&period));
    nodes(&read, &period);
    days(&read, flow, started);
    versions(&read);
    let steps = read("analytics/funnel?steps=bye,arms,bye");
    assert_eq!(steps["drop_off_points"], json!({"bye_to_arms": 0.0}), "S5.11");
}

fn nodes(read: &dyn Fn(&str) -> Value, period: &Value) {
    // S5.18: 50 s and 110 s; who is last seen here has answered nothing since.
    let again = json!({
        "node_id": "again", "visits": 3, "interactions": 2, "bounce_rate": 0.333_333,
        "average_time_spent": 80.0,
        "response_distribution": {
            "responses": {"Yes please": 2}, "other": 0, "engagement_rate": 0.666_667,
            "total_views": 3, "avg_response_time_seconds": 80.0},
        "time_period": period, "scope": null});
    // Both spellings are as frequent; the first in order stands for both.
    assert_eq!(read("nodes/again/analytics"), again);
    let hello = json!({
        "node_id": "hello", "visits": 5, "interactions": 0, "bounce_rate": 0.0,
        "average_time_spent": 0.0,
        "response_distribution": {
            "responses": {}, "other": 0, "engagement_rate": 0.0, "total_views": 5,
            "avg_response_time_seconds": 0.0},
        "time_period": period, "scope": null});
    assert_eq!(read("nodes/hello/analytics"), hello);
    // S5.19: an option that nobody chose is there.
    let responses = json!({
        "node_id": "arms", "total_responses": 3,
        "response_breakdown": {
            "cats": {"count": 2, "percentage": 66.7}, "dogs": {"count": 1, "percentage": 33.3},
            "birds": {"count": 0, "percentage": 0.0}},
        "most_popular_response": "cats",
        "response_trends": {"trending_up": [], "trending_down": []},
        "unique_respondents": 3, "numeric_summary": null, "time_period": period, "scope": null});
    assert_eq!(read("nodes/arms/analytics/responses"), responses);
    let one = read("nodes/arms/analytics/responses?limit=1");
    assert_eq!(one["response_breakdown"], json!({"cats": {"count": 2, "percentage": 66.7}}));
    // S5.20
    let path = |path: &[&str], sessions: u64, rate: f64| json!({"path": path, "sessions": sessions, "completion_rate": rate});
    let paths = json!({
        "node_id": "arms",
        "incoming_paths": {"previous_nodes": ["hello"], "path_percentages": {"hello": 100.0}},
        "outgoing_paths": {
            "next_nodes": ["again"], "path_percentages": {"again": 60.0}, "exit_percentage": 40.0},
        "path_distribution": {
            "most_common_path": ["hello", "arms"], "completion_rate": 0.4,
            "top_paths": [
                path(&["hello", "arms"], 2, 0.0), path(&["hello", "arms", "again", "bye"], 2, 1.0),
                path(&["hello", "arms", "again"], 1, 0.0)]},
        "time_period": period, "scope": null});
    assert_eq!(read("nodes/arms/analytics/paths"), paths);
    let start = read("nodes/hello/analytics/paths");
    let expected = json!({"previous_nodes": ["(start)"], "path_percentages": {"(start)": 100.0}});
    assert_eq!(start["incoming_paths"], expected);
}

fn days(read: &dyn Fn(&str) -> Value, flow: FlowId, started: Timestamp) {
    // S5.12 to S5.15
    let bucket = |date: String| json!({"date": date, "sessions": 5, "completion_rate": 0.4, "avg_duration": 70.0});
    let performance = |granularity: &str, bucket: Value, days: i64| {
        json!({
            "flow_id": flow, "granularity": granularity, "time_series": [bucket],
            "summary": {
                "total_sessions": 5, "avg_completion_rate": 0.4, "avg_duration": 70.0,
                "trend": "stable", "trend_slope": 0.0},
            "time_period": period(days), "scope": null})
    };
    let day = Day::of(started);
    let daily = performance("daily", bucket(date(day)), 7);
    assert_eq!(read("analytics/performance"), daily);
    let hour = started.to_string();
    let hourly = bucket(format!("{} {}:00:00", date(day), &hour[11..13]));
    let hourly = performance("hourly", hourly, 3);
    assert_eq!(read("analytics/performance?granularity=hourly&days=3"), hourly);
    let monday = Day(day.0 - (day.0 + 3).rem_euclid(7));
    let weekly = performance("weekly", bucket(date(monday)), 90);
    assert_eq!(read("analytics/performance?granularity=weekly&days=90"), weekly);
    let filled = read("analytics/performance?fill=true");
    assert_eq!(filled["time_series"].as_array().unwrap().len(), 8);
    assert_eq!(filled["summary"], daily["summary"]);
}

fn versions(read: &dyn Fn(&str) -> Value) {
    // S5.9: all ran version 1.0.0.
    assert_eq!(read("analytics?version=1.0.0")["total_sessions"], 5);
    assert_eq!(read("analytics?version=2.0.0")["total_sessions"], 0);
}

pub(crate) fn nothing_is_zeros(managed: &Managed) {
    // S5.3
    let flow = line(managed, "platform", "Line");
    let read = |path: &str| get(managed, "platform", &format!("flows/{flow}/{path}"));
    let analytics = read("analytics");
    assert_eq!(analytics["total_sessions"], 0);
    assert_eq!(
        (&analytics["completion_rate"], &analytics["bounce_rate"]),
        (&json!(0.0), &json!(0.0))
    );
    let funnel = read("analytics/funnel");
    assert_eq!(funnel["drop_off_points"]["hello_to_arms"], 0.0);
    assert_eq!((&funnel["last_seen"], &funnel["total_sessions"]), (&json!({}), &json!(0)));
    let performance = read("analytics/performance");
    assert_eq!(performance["time_series"], json!([]));
    assert_eq!(performance["summary"]["trend"], "stable");
    assert_eq!(read("nodes/bye/analytics")["response_distribution"]["responses"], json!({}));
    let responses = read("nodes/arms/analytics/responses");
    assert_eq!(responses["most_popular_response"], Value::Null);
    assert_eq!(responses["response_breakdown"].as_object().unwrap().len(), 3);
    let paths = read("nodes/arms/analytics/paths");
    assert_eq!(paths["path_distribution"]["most_common_path"], json!([]));
    let compared = get(managed, "platform", &format!("flows/analytics/compare?flow_ids={flow}"));
    for key in ["winner", "performance_delta", "significance"] {
        assert_eq!(compared[key], Value::Null, "{key}");
    }
}

pub(crate) fn queries_are_checked(managed: &Managed) {
    // S5.1, S5.3, S5.12, S5.16
    let flow = line(managed, "platform", "Line");
    let own = format!("/v1/cms/flows/{flow}");
    let unknown = school(77);
    let many: Vec<String> = (0..21).map(|n| school(n).to_string()).collect();
    let many = format!("flow_ids={}", many.join(","));
    let compare = "/v1/cms/flows/analytics/compare";
    for (path, status, code) in [
        (format!("{own}/analytics?start_date=nope"), 422, "validation_error"),
        (format!("{own}/analytics?end_date=2026-02-30"), 422, "validation_error"),
        (
            format!("{own}/analytics?start_date=2026-03-02&end_date=2026-03-01"),
            400,
            "invalid_date_range",
        ),
        (
            format!("{own}/analytics?start_date=2020-01-01&end_date=2026-03-01"),
            400,
            "invalid_date_range",
        ),
        (format!("{own}/analytics/performance?days=0"), 422, "validation_error"),
        (format!("{own}/analytics/performance?days=91"), 422, "validation_error"),
        (format!("{own}/analytics/performance?granularity=yearly"), 422, "validation_error"),
        (format!("{own}/analytics/funnel?steps=nowhere"), 422, "validation_error"),
        (format!("{own}/nodes/nowhere/analytics"), 404, "node_not_found"),
        (format!("{own}/nodes/arms/analytics/responses?limit=201"), 422, "validation_error"),
        (format!("/v1/cms/flows/{unknown}/analytics"), 404, "flow_not_found"),
        ("/v1/cms/flows/x/analytics".to_owned(), 422, "invalid_uuid"),
        (compare.to_owned(), 422, "validation_error"),
        (format!("{compare}?flow_ids=,,"), 400, "no_flow_ids"),
        (format!("{compare}?flow_ids=x"), 422, "invalid_uuid"),
        (format!("{compare}?{many}"), 422, "validation_error"),
        (format!("{compare}?flow_ids={flow},{unknown}"), 404, "flow_not_found"),
        ("/v1/cms/analytics/summary?age_range=9-7".to_owned(), 422, "validation_error"),
        ("/v1/cms/analytics/summary?age_range=old".to_owned(), 422, "validation_error"),
        ("/v1/cms/analytics/flows/top?metric=luck".to_owned(), 422, "validation_error"),
        ("/v1/cms/analytics/sessions?offset=-1".to_owned(), 422, "validation_error"),
    ] {
        managed.get("platform", &path).refuses(status, code, &path);
    }
    let named = managed.get("platform", &format!("{compare}?flow_ids={unknown}"));
    assert!(named.text.contains(&unknown.to_string()), "{named:?}");
    let row = chatflow_storage::node_row_id(flow, &"arms".into());
    let by_row = get(managed, "platform", &format!("flows/{flow}/nodes/{row}/analytics"));
    assert_eq!(by_row["node_id"], "arms");
}
