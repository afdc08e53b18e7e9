//! All flows together, field by field (S5.16, S5.36 to S5.40).

use chatflow::FlowId;
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, Batch, Day, Destination, EventId, NewEvent, Priority};
use serde_json::{Value, json};
use uuid::Uuid;

use super::cohort::{cohort, hold_all};
use super::talk::{HOUR, SECOND, Talk, talk};
use super::{ago, get, line, now, period};
use crate::real::{Managed, account};

/// The cohort, and a session of a learner in another flow.
fn fill(managed: &Managed) -> (FlowId, FlowId, Vec<Talk>) {
    let (first, second) = (line(managed, "platform", "Line"), line(managed, "platform", "Other"));
    let started = ago(2 * HOUR);
    let mut talks = cohort(first, started, 0);
    let mut own = talk(6, second, ago(2 * HOUR - SECOND), &["hello"]).completes(30 * SECOND);
    own.user = Some(account("learner"));
    own.state = json!({"user": {"age": "9", "segment": "gold"}});
    talks.push(own);
    hold_all(managed, &talks);
    Talk { info: json!({"preview": true}), ..talk(9, first, started, &["hello"]) }.hold(managed);
    (first, second, talks)
}

pub(crate) fn all_flows_are_told_field_by_field(managed: &Managed) {
    let (first, second, talks) = fill(managed);
    let read = |path: &str| get(managed, "platform", path);
    // S5.36
    let today = |talk: &&Talk| Day::of(talk.started) == Day::of(now());
    let best = |flow: FlowId, name: &str, rate: f64, sessions: u64| json!({"flow_id": flow, "name": name, "completion_rate": rate, "sessions": sessions});
    let dashboard = json!({
        "overview": {
            "total_flows": 2, "total_content": 0, "active_sessions": 2, "engagement_rate": 0.5},
        "top_performing": [best(second, "Other", 1.0, 1), best(first, "Line", 0.4, 5)],
        "recent_activity": {
            "new_sessions_today": talks.iter().filter(today).count(),
            "content_created_this_week": 0, "flows_published_this_week": 2},
        "scope": null});
    assert_eq!(read("analytics/dashboard"), dashboard);
    top(&read, first, second);
    compared(&read, first, second);
    sessions(&read, (first, second), &talks);
    real_time(&read, first);
    events_of_one_moment(managed, &read);
}

fn top(read: &dyn Fn(&str) -> Value, first: FlowId, second: FlowId) {
    // S5.38
    let top = |flow: FlowId, name: &str, rate: f64, sessions: u64, completed: u64| {
        json!({"flow_id": flow, "name": name, "version": "1.1.0", "completion_rate": rate,
            "total_sessions": sessions, "completed_sessions": completed})
    };
    let (one, two) = (top(first, "Line", 0.4, 5, 2), top(second, "Other", 1.0, 1, 1));
    let expected = json!({"top_flows": [two, one], "metric": "completion_rate",
        "time_period": period(30), "scope": null});
    assert_eq!(read("analytics/flows/top"), expected);
    let by_sessions = read("analytics/flows/top?metric=sessions&days=7&limit=1");
    assert_eq!(by_sessions["top_flows"], json!([one]));
    assert_eq!(by_sessions["time_period"], period(7));
    assert_eq!(read("analytics/flows/top?min_sessions=2")["top_flows"], json!([one]));
}

fn compared(read: &dyn Fn(&str) -> Value, first: FlowId, second: FlowId) {
    // S5.16: two of five beside one of one: most were completed in the first, whose rate is 60 % lower.
    let one = |flow: FlowId, name: &str, numbers: (u64, f64, f64, u64)| {
        json!({"flow_id": flow, "name": name, "version": "1.1.0", "sessions": numbers.0,
            "completion_rate": numbers.1, "avg_duration": numbers.2, "unique_users": numbers.3})
    };
    let found = read(&format!("flows/analytics/compare?flow_ids={second},{first},{second}"));
    // Three of six were completed. With five drawn there are two tables, 2 of 5 beside 1 of 1 and 3 of 5 beside 0 of 1,
    // each with a half of the probability: as great a difference is always there.
    let lead = json!({"p_value": 1.0, "is_significant": false, "method": "fisher-exact"});
    let expected = json!({
        "comparison": [one(second, "Other", (1, 1.0, 30.0, 1)), one(first, "Line", (5, 0.4, 70.0, 0))],
        "winner": first,
        "performance_delta": {"best_performing": first, "improvement_percentage": -60.0},
        "significance": lead, "time_period": period(30), "scope": null});
    assert_eq!(found, expected);
}

fn sessions(read: &dyn Fn(&str) -> Value, flows: (FlowId, FlowId), talks: &[Talk]) {
    // S5.40: the newest first, then by id.
    let ids = |page: &Value| -> Vec<u128> {
        let id = |row: &Value| row["session_id"].as_str().unwrap().parse::<Uuid>().unwrap();
        page["data"].as_array().unwrap().iter().map(|row| id(row).as_u128()).collect()
    };
    let all = read("analytics/sessions");
    assert_eq!(ids(&all), [6, 5, 4, 3, 2, 1]);
    assert_eq!(all["pagination"], json!({"limit": 10, "offset": 0, "total": 6}));
    assert_eq!(all["scope"], Value::Null);
    let row = |n: usize, rest: Value| {
        let mut row = json!({"session_id": talks[n].id(), "flow_id": talks[n].flow,
            "started_at": talks[n].started});
        row.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        row
    };
    let newest = row(
        5,
        json!({"flow_name": "Other", "status": "completed", "duration": 30.0, "completed": true,
            "interactions": 0, "last_node_id": "hello"}),
    );
    let active = row(
        3,
        json!({"flow_name": "Line", "status": "active", "duration": null, "completed": false,
            "interactions": 1, "last_node_id": "again"}),
    );
    assert_eq!(all["data"][0], newest);
    assert_eq!(all["data"][2], active);
    assert_eq!(all["data"][5]["interactions"], 2);
    let page =
        read(&format!("analytics/sessions?flow_id={}&limit=2&offset=1&status=active", flows.0));
    assert_eq!(ids(&page), [4]);
    assert_eq!(page["pagination"], json!({"limit": 2, "offset": 1, "total": 2}));
    assert_eq!(ids(&read("analytics/sessions?end_date=2020-01-01&start_date=2020-01-01")), []);
}

fn real_time(read: &dyn Fn(&str) -> Value, first: FlowId) {
    // S5.37: one was seen two minutes ago; nobody has talked to this process.
    let mut found = read("analytics/real-time");
    let events = found.as_object_mut().unwrap().remove("real_time_events").unwrap();
    let timestamp = found.as_object_mut().unwrap().remove("timestamp").unwrap();
    assert!(chatflow::Timestamp::parse(timestamp.as_str().unwrap()).is_some());
    let expected = json!({
        "active_sessions": 1, "current_interactions": 1, "response_time": null, "error_rate": 0.0,
        "sessions_last_hour": 0,
        "top_active_flows": [{"flow_id": first, "name": "Line", "active_sessions": 1}],
        "scope": null});
    assert_eq!(found, expected);
    let events = events.as_array().unwrap();
    let keys: Vec<_> = events[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["event", "flow_id", "session_id", "timestamp"]);
    assert!(events.iter().any(|event| event["event"] == "flow_published"), "{events:?}");
    let times: Vec<_> = events.iter().map(|event| event["timestamp"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
}

/// S5.37: items that changed at once are told each, and each once however many are told of it.
fn events_of_one_moment(managed: &Managed, read: &dyn Fn(&str) -> Value) {
    let at = now();
    let event = |(id, item): (u128, &str)| NewEvent {
        id: EventId(Uuid::from_u128(id)),
        event_type: "content_updated".to_owned(),
        event_version: "1.0".to_owned(),
        source_service: "chatflow".to_owned(),
        destination: Destination::Stream,
        routing_key: None,
        payload: json!({"content_id": item}).to_string(),
        headers: None,
        priority: Priority::Normal,
        max_retries: 0,
        correlation_id: None,
        causation_id: None,
        user_id: None,
        session_id: None,
        flow_id: None,
        school_id: None,
        created_at: at,
    };
    let events = [(1, "one"), (2, "other"), (3, "one")].map(event).into();
    let batch = Batch { events, ..Batch::default() };
    managed.wait(managed.store.apply(&AccessScope::system(), &batch)).unwrap();
    let found = read("analytics/real-time");
    let events = found["real_time_events"].as_array().unwrap();
    let told = events.iter().filter(|event| event["event"] == "content_updated");
    assert_eq!(told.count(), 2, "{events:?}");
}

pub(crate) fn summaries_are_of_a_segment(managed: &Managed) {
    // S5.39
    let (_, second, _) = fill(managed);
    let read = |query: &str| get(managed, "platform", &format!("analytics/summary{query}"));
    let period = period(30);
    let mut expected = json!({
        "date_range": {"start": period["start_date"], "end": period["end_date"]},
        "filters": {"user_segment": null, "age_range": null},
        "summary": {
            "total_sessions": 6, "completion_rate": 0.5, "engagement_rate": 0.5,
            "bounce_rate": 0.333_333, "average_duration": 60.0, "unique_users": 1,
            "total_interactions": 5},
        "time_period": period, "scope": null});
    assert_eq!(read(""), expected);
    expected["filters"] = json!({"user_segment": "gold", "age_range": "7-9"});
    expected["summary"] = json!({
        "total_sessions": 1, "completion_rate": 1.0, "engagement_rate": 0.0, "bounce_rate": 0.0,
        "average_duration": 30.0, "unique_users": 1, "total_interactions": 0});
    assert_eq!(read("?user_segment=gold&age_range=7-9"), expected);
    for (query, sessions) in [
        ("user_segment=all", 6),
        ("user_segment=anonymous", 5),
        ("user_segment=registered", 1),
        ("user_segment=new", 1),
        ("user_segment=returning", 0),
        ("user_segment=children", 1),
        ("user_segment=teens", 0),
        ("user_segment=adults", 0),
        ("user_segment=silver", 0),
        ("age_range=9%2B", 1),
        ("age_range=10%2B", 0),
    ] {
        assert_eq!(read(&format!("?{query}"))["summary"]["total_sessions"], sessions, "{query}");
    }
    let mut again = talk(7, second, ago(HOUR), &["hello"]);
    again.user = Some(account("learner"));
    again.hold(managed);
    let returning = read("?user_segment=returning");
    assert_eq!(returning["summary"]["total_sessions"], 1);
}
