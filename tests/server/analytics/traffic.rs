//! What must hold of numbers, whatever the traffic (S5.2, S5.4, S5.8, S5.10).

use std::collections::BTreeMap;

use chatflow::FlowId;
use chatflow_storage::SessionStatus;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};

use super::talk::{DAY, HOUR, SECOND, Talk, talk};
use super::{ago, get, line, roll_up};
use crate::real::{Managed, account};

/// How many sessions there are.
const SESSIONS: usize = 120;

/// How far a session gets, how long its turns take, how it ends, when it started, whether it is a preview.
type Drawn = (usize, i64, usize, i64, bool);

fn drawn() -> Vec<Drawn> {
    let one = (0..4_usize, 1..4000_i64, 0..5_usize, 0..25_i64, prop::bool::weighted(0.1));
    let config = Config { rng_seed: RngSeed::Fixed(2026), ..Config::default() };
    let mut runner = TestRunner::new(config);
    let all = prop::collection::vec(one, SESSIONS).new_tree(&mut runner).unwrap();
    all.current()
}

/// A session that goes along the line, and comes back to a node where it is drawn so.
fn made(n: usize, flow: FlowId, (steps, length, end, day, is_preview): Drawn) -> Talk {
    let started = ago(day * DAY + 3 * HOUR);
    let mut made = talk(n as u128 + 1, flow, started, &["hello", "arms"]);
    let nodes = ["arms", "again", "bye"];
    for step in 0..steps.min(2) {
        let after = (step as i64 + 1) * length * SECOND / 3;
        made = made.then(after, nodes[step], json!("x"), &[nodes[step + 1]]);
    }
    if n % 3 == 0 {
        made.user = Some(account("learner"));
    }
    if is_preview {
        made.info = json!({"preview": true});
    }
    let length = length * SECOND;
    match end {
        0 => made.completes(length),
        1 => made.ends(SessionStatus::Completed, "terminated", length),
        2 => made.ends(SessionStatus::Completed, "error", length),
        3 => made.ends(SessionStatus::Abandoned, "abandoned", length),
        _ => made,
    }
}

/// Every number that is called a rate.
fn rates(at: &str, value: &Value, found: &mut Vec<(String, f64)>) {
    match value {
        Value::Object(map) => {
            let inner = |key: &String| format!("{at}/{key}");
            map.iter().for_each(|(key, value)| rates(&inner(key), value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| rates(at, value, found)),
        Value::Number(number) if at.contains("rate") || at.contains("drop_off") => {
            found.push((at.to_owned(), number.as_f64().unwrap()));
        }
        _ => {}
    }
}

fn everything(managed: &Managed, flow: FlowId) -> BTreeMap<String, Value> {
    let mut paths = vec![
        "analytics/dashboard".to_owned(),
        "analytics/flows/top".to_owned(),
        "analytics/summary".to_owned(),
        format!("flows/analytics/compare?flow_ids={flow}"),
    ];
    let own = ["analytics", "analytics/funnel", "analytics/performance?days=30"];
    paths.extend(own.iter().map(|path| format!("flows/{flow}/{path}")));
    for node in ["hello", "arms", "again", "bye"] {
        for rest in ["", "/responses", "/paths"] {
            paths.push(format!("flows/{flow}/nodes/{node}/analytics{rest}"));
        }
    }
    paths.into_iter().map(|path| (path.clone(), get(managed, "platform", &path))).collect()
}

pub(crate) fn numbers_agree_with_each_other(managed: &Managed) {
    let flow = line(managed, "platform", "Line");
    let drawn = drawn();
    let talks: Vec<_> = drawn.iter().enumerate().map(|(n, drawn)| made(n, flow, *drawn)).collect();
    talks.iter().for_each(|talk| talk.hold(managed));
    let live = everything(managed, flow);
    let of = |path: &str| &live[&format!("flows/{flow}/{path}")];
    // Previews count nowhere.
    let real: Vec<_> = talks.iter().filter(|talk| talk.info == json!({})).collect();
    assert!(real.len() < SESSIONS);
    assert_eq!(of("analytics")["total_sessions"], real.len());
    let mut found = Vec::new();
    live.iter().for_each(|(path, value)| rates(path, value, &mut found));
    assert!(found.len() > 60, "{}", found.len());
    let outside: Vec<_> = found.iter().filter(|(_, rate)| !(0.0..=1.0).contains(rate)).collect();
    assert!(outside.is_empty(), "{outside:?}");
    // Where the flow is a line the funnel never rises (S5.10).
    let steps = of("analytics/funnel")["funnel_steps"].as_array().unwrap();
    let visitors: Vec<_> = steps.iter().map(|step| step["visitors"].as_u64().unwrap()).collect();
    assert!(visitors.len() == 4 && visitors.is_sorted_by(|a, b| a >= b), "{visitors:?}");
    // A node's arrivals are its visits, which come along its edges or begin the session.
    for node in ["hello", "arms", "again", "bye"] {
        let visits = talks.iter().filter(|talk| talk.info == json!({}));
        let visits = visits.flat_map(|talk| talk.said.iter().flat_map(|said| &said.visits));
        let visits = visits.filter(|visited| *visited == node).count();
        assert_eq!(of(&format!("nodes/{node}/analytics"))["visits"], visits, "{node}");
        let paths = of(&format!("nodes/{node}/analytics/paths"));
        let parts = paths["incoming_paths"]["path_percentages"].as_object().unwrap();
        let sum: f64 = parts.values().map(|part| part.as_f64().unwrap()).sum();
        assert!(visits == 0 || (sum - 100.0).abs() < 0.2, "{node} {sum}");
    }
    // What is kept of closed days, and sessions of the others, give the same (S5.8), but for users.
    roll_up(managed);
    let mixed = everything(managed, flow);
    for (path, live) in live {
        let (mut live, mut mixed) = (live, mixed[&path].clone());
        for told in [&mut live, &mut mixed] {
            told.as_object_mut().unwrap().remove("approximate");
            if told["engagement_metrics"].is_object() {
                told["engagement_metrics"]["unique_users"] = Value::Null;
            }
            if told["summary"].is_object() {
                told["summary"]["unique_users"] = Value::Null;
            }
            if told["comparison"].is_array() {
                told["comparison"][0]["unique_users"] = Value::Null;
            }
        }
        assert_eq!(live, mixed, "{path}");
    }
}
