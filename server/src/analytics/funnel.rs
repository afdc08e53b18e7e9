//! How far visitors get (S5.10, S5.11).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chatflow::NodeId;
use chatflow_storage::{FlowRecord, NodeMetrics};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::rate::rate;
use super::reporter::ScopeEcho;
use super::source::Counted;
use super::window::{TimePeriod, Window};

/// How many sessions came to each step of a flow.
#[expect(clippy::struct_field_names, reason = "they are the names on the wire")]
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Funnel {
    flow_id: Uuid,
    pub(crate) funnel_steps: Vec<FunnelStep>,
    /// The part of the sessions that came to each step.
    conversion_rates: BTreeMap<String, f64>,
    /// What part of those who came to a step did not come to the next one, by `a_to_b`.
    drop_off_points: BTreeMap<String, f64>,
    /// The part of the sessions that reached the end of the flow.
    overall_conversion_rate: f64,
    total_sessions: u64,
    /// How many sessions that did not reach the end were last seen at each node.
    last_seen: BTreeMap<String, u64>,
    time_period: TimePeriod,
    #[schema(required)]
    scope: Option<ScopeEcho>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct FunnelStep {
    /// The node's id.
    pub(crate) step: String,
    /// Null for a node that is not in the flow any more.
    #[schema(required)]
    node_type: Option<String>,
    /// How many sessions came to it.
    pub(crate) visitors: u64,
    /// The part of the sessions that came to it.
    pub(crate) completion_rate: f64,
}

/// Which nodes are steps.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Steps {
    /// Questions, messages, and where the flow is entered.
    Usual,
    /// All nodes.
    All,
    /// These, in this order.
    Chosen(Vec<NodeId>),
}

impl Funnel {
    /// What was counted of a flow and its nodes, step by step.
    pub(crate) fn of(
        flow: &FlowRecord,
        steps: &Steps,
        (window, counted): (Window, &Counted),
        scope: Option<ScopeEcho>,
    ) -> Self {
        let (sessions, nodes) = (counted.tally.flow.sessions, &counted.tally.nodes);
        let visitors = |id: &NodeId| nodes.get(id).map_or(0, |node| node.visitors);
        let step = |id: &NodeId| FunnelStep {
            step: id.to_string(),
            node_type: type_of(flow, id).map(str::to_owned),
            visitors: visitors(id),
            completion_rate: rate(visitors(id), sessions),
        };
        let funnel_steps: Vec<_> = order(flow, steps, nodes).iter().map(step).collect();
        let pairs = funnel_steps.iter().zip(funnel_steps.iter().skip(1));
        let drop_off = |(a, b): (&FunnelStep, &FunnelStep)| {
            let lost = a.visitors.saturating_sub(b.visitors);
            (format!("{}_to_{}", a.step, b.step), rate(lost, a.visitors))
        };
        let drop_off_points = pairs.map(drop_off).collect();
        let rates = funnel_steps.iter().map(|step| (step.step.clone(), step.completion_rate));
        let last_seen = nodes.iter().filter(|(_, node)| node.last_seen > 0);
        Self {
            flow_id: flow.id.0,
            conversion_rates: rates.collect(),
            drop_off_points,
            overall_conversion_rate: rate(counted.tally.flow.completed, sessions),
            total_sessions: sessions,
            last_seen: last_seen.map(|(id, node)| (id.to_string(), node.last_seen)).collect(),
            time_period: window.echo(),
            scope,
            funnel_steps,
        }
    }
}

/// The type of a node that is in the flow.
pub(crate) fn type_of<'a>(flow: &'a FlowRecord, id: &NodeId) -> Option<&'a str> {
    let node = flow.nodes.iter().find(|node| node.node_id == *id)?;
    Some(&node.node_type)
}

/// The steps in their order: breadth first from where the flow is entered, over connections by their type and then
/// as they stand in the document (F2); those that cannot be reached but were visited come last.
fn order(flow: &FlowRecord, steps: &Steps, visited: &BTreeMap<NodeId, NodeMetrics>) -> Vec<NodeId> {
    if let Steps::Chosen(chosen) = steps {
        return chosen.clone();
    }
    let is_step = |id: &NodeId| {
        let is_usual = || matches!(type_of(flow, id), Some("question" | "message"));
        *steps == Steps::All || flow.entry_node_id.as_ref() == Some(id) || is_usual()
    };
    let reached = breadth_first(flow);
    let known: BTreeSet<_> = reached.iter().collect();
    let others = flow.nodes.iter().map(|node| &node.node_id);
    let mut others: Vec<_> = others
        .filter(|id| !known.contains(id))
        .filter(|id| visited.get(*id).is_some_and(|node| node.visitors > 0))
        .collect();
    others.sort_unstable();
    let all = reached.iter().chain(others);
    all.filter(|id| is_step(id)).cloned().collect()
}

fn breadth_first(flow: &FlowRecord) -> Vec<NodeId> {
    let mut ways: BTreeMap<&NodeId, Vec<(&str, &NodeId)>> = BTreeMap::new();
    for connection in &flow.connections {
        let way = (connection.connection_type.as_str(), &connection.target);
        ways.entry(&connection.source).or_default().push(way);
    }
    for targets in ways.values_mut() {
        targets.sort_by_key(|(kind, _)| *kind);
    }
    let is_there = |id: &NodeId| flow.nodes.iter().any(|node| node.node_id == *id);
    let entry = flow.entry_node_id.as_ref().filter(|id| is_there(id));
    let mut order: Vec<NodeId> = entry.into_iter().cloned().collect();
    let mut seen: BTreeSet<&NodeId> = entry.into_iter().collect();
    let mut next: VecDeque<&NodeId> = entry.into_iter().collect();
    while let Some(id) = next.pop_front() {
        for (_, target) in ways.get(id).into_iter().flatten() {
            if is_there(target) && seen.insert(target) {
                order.push((*target).clone());
                next.push_back(target);
            }
        }
    }
    order
}
