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

const NODES: [&str; 4] = ["hello", "arms", "again", "bye"];

/// How a session may go on from `arms`: where it answers, and where that leads.
const WAYS: [&[(&str, &str)]; 4] = [
    &[],
    &[("arms", "again")],
    &[("arms", "again"), ("again", "bye")],
    &[("arms", "again"), ("again", "arms"), ("arms", "again"), ("again", "bye")],
];

/// How many sessions there are.
const SESSIONS: usize = 120;

/// Which way a session goes, how long its turns take, how it ends, when it started, whether it is a preview.
type Drawn = (usize, i64, usize, i64, bool);

fn drawn() -> Vec<Drawn> {
    let one = (0..4_usize, 1..4000_i64, 0..5_usize, 0..25_i64, prop::bool::weighted(0.1));
    let config = Config { rng_seed: RngSeed::Fixed(2026), ..Config::default() };
    let mut runner = TestRunner::new(config);
    let all = prop::collection::vec(one, SESSIONS).new_tree(&mut runner).unwrap();
    all.current()
}

/// A session that goes along the line, and comes back to a node where it is drawn so.
fn made(n: usize, flow: FlowId, (way, length, end, day, is_preview): Drawn) -> Talk {
    let started = ago(day * DAY + 3 * HOUR);
    let mut made = talk(n as u128 + 1, flow, started, &["hello", "arms"]);
    for ((from, to), fifths) in WAYS[way].iter().zip(1..) {
        made = made.then(fifths * length * SECOND / 5, from, json!("x"), &[to]);
    }
    if n.is_multiple_of(3) {
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
    for node in NODES {
        for rest in ["", "/responses", "/paths"] {
            paths.push(format!("flows/{flow}/nodes/{node}/analytics{rest}"));
        }
    }
    paths.into_iter().map(|path| (path.clone(), get(managed, "platform", &path))).collect()
}

/// A node's arrivals are the departures along the edges that lead to it, and the entries; its departures are those along
/// the edges that leave it, and the exits. Nothing comes from nowhere, nothing goes nowhere.
fn visits_are_conserved<'a>(of: &impl Fn(&str) -> &'a Value) {
    let visits = |node: &str| of(&format!("nodes/{node}/analytics"))["visits"].as_f64().unwrap();
    // A part of fewer than five hundred visits, to a tenth of a percent at least, is a whole number of them.
    let times = |part: &Value, node: &str| {
        let times = part.as_f64().unwrap_or_default() / 100.0 * visits(node);
        assert!(visits(node) < 500.0 && (times - times.round()).abs() < 0.3, "{node} {part}");
        times.round()
    };
    let paths = |node: &str| of(&format!("nodes/{node}/analytics/paths"));
    let along = |from: &str, to: &str| {
        let left = times(&paths(from)["outgoing_paths"]["path_percentages"][to], from);
        let came = times(&paths(to)["incoming_paths"]["path_percentages"][from], to);
        assert!((left - came).abs() < f64::EPSILON, "{from} to {to}: {left} left, {came} came");
        left
    };
    let (mut entries, mut exits) = (0.0, 0.0);
    for node in NODES {
        let entered = times(&paths(node)["incoming_paths"]["path_percentages"]["(start)"], node);
        let left = times(&paths(node)["outgoing_paths"]["exit_percentage"], node);
        let arrivals = entered + NODES.iter().map(|from| along(from, node)).sum::<f64>();
        let departures = left + NODES.iter().map(|to| along(node, to)).sum::<f64>();
        assert!((arrivals - visits(node)).abs() < f64::EPSILON, "{node}: {arrivals} arrivals");
        assert!(
            (departures - visits(node)).abs() < f64::EPSILON,
            "{node}: {departures} departures"
        );
        entries += entered;
        exits += left;
    }
    let sessions = of("analytics")["total_sessions"].as_f64().unwrap();
    assert!(
        (entries, exits) == (sessions, sessions),
        "{entries} entries, {exits} exits, {sessions} sessions"
    );
}

pub(crate) fn numbers_agree_with_each_other(managed: &Managed) {
    let flow = line(managed, "platform", "Line");
    let drawn = drawn();
    let talks: Vec<_> = drawn.iter().enumerate().map(|(n, drawn)| made(n, flow, *drawn)).collect();
    for talk in &talks {
        talk.hold(managed);
    }
    let live = everything(managed, flow);
    let of = |path: &str| &live[&format!("flows/{flow}/{path}")];
    // Previews count nowhere.
    let real: Vec<_> = talks.iter().filter(|talk| talk.info == json!({})).collect();
    assert!(real.len() < SESSIONS);
    assert_eq!(of("analytics")["total_sessions"], real.len());
    let mut found = Vec::new();
    for (path, value) in &live {
        rates(path, value, &mut found);
    }
    assert!(found.len() > 60, "{}", found.len());
    let outside: Vec<_> = found.iter().filter(|(_, rate)| !(0.0..=1.0).contains(rate)).collect();
    assert!(outside.is_empty(), "{outside:?}");
    // Where the flow is a line the funnel never rises (S5.10).
    let steps = of("analytics/funnel")["funnel_steps"].as_array().unwrap();
    let visitors: Vec<_> = steps.iter().map(|step| step["visitors"].as_u64().unwrap()).collect();
    assert!(visitors.len() == 4 && visitors.is_sorted_by(|a, b| a >= b), "{visitors:?}");
    for node in NODES {
        let visits = real.iter().flat_map(|talk| talk.said.iter().flat_map(|said| &said.visits));
        let visits = visits.filter(|visited| *visited == node).count();
        assert_eq!(of(&format!("nodes/{node}/analytics"))["visits"], visits, "{node}");
    }
    visits_are_conserved(&of);
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
